/*
 * postfix_queue.c - messages of Postfix by their ids: names, places, commands
 *
 * Purpose  where they lie, and what postsuper does with them
 * Input    ids that an observer chose: hostile, only letters and digits pass
 * Errors   -EINVAL for a bad id; a command that could not run. Its exit status
 *          says nothing: postsuper(1) ends with 1 when it cannot log, half-way
 * Runs as  the actor, as root; postsuper itself becomes user postfix
 * Source   postsuper(1), postqueue(1); Postfix global/mail_queue.h (long ids),
 *          global/mail_queue.c, global/dir_forest.c (hashed folders)
 */
#include "agent/mta/postfix_queue.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/sys/program.h"

#define ID_LENGTH_MIN 6
#define ID_LENGTH_MAX 20

/* A long id: 6 digits of seconds or more, 4 of microseconds, 'z', the inode. */
#define LONG_SECONDS      6
#define LONG_MICROSECONDS 4

#define HASH_DEPTH_MAX 4
#define HASH_DIGITS    5

/* postsuper needs 0.1 ms a message; a disk that is busy needs far more. */
#define COMMAND_MS      30000U
#define COMMAND_MS_EACH 20U

/* What a command says is for the reason of a failure only. */
#define OUTPUT_MAX 4096

const char *const postfix_queue_logs[] = {"defer", "bounce", "trace", NULL};

bool
postfix_queue_id_ok(const char *id)
{
	size_t length = 0;

	for (; id[length] != '\0'; length++) {
		char c = id[length];

		if (length == ID_LENGTH_MAX ||
		    !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		        (c >= 'a' && c <= 'z')))
			return false;
	}
	return length >= ID_LENGTH_MIN;
}

/* Digits of which the hashed folders are made. */
static void
hash_digits(const char *id, char ret[static HASH_DIGITS + 1])
{
	static const char base52[] =
	    "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	const char *end = strrchr(id, 'z'), *digit;
	unsigned microseconds = 0;

	(void)snprintf(ret, HASH_DIGITS + 1, "%.*s", HASH_DIGITS, id);
	if (end == NULL || end[1] == '\0' ||
	    end - id < LONG_SECONDS + LONG_MICROSECONDS)
		return;
	for (const char *p = end - LONG_MICROSECONDS; p < end; p++) {
		digit = strchr(base52, *p);
		if (digit == NULL)
			return;
		microseconds = microseconds * 52 + (unsigned)(digit - base52);
	}
	(void)snprintf(ret, HASH_DIGITS + 1, "%05X", microseconds & 0xfffff);
}

/* The first folder of one character in a folder; '\0' when there is none. */
static char
subfolder(int fd)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	char name = '\0';

	if (dir == NULL) {
		(void)close(fd);
		return name;
	}
	while (name == '\0' && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && entry->d_name[1] == '\0')
			name = entry->d_name[0];
	(void)closedir(dir);
	return name;
}

unsigned
postfix_queue_depth(int queue_fd, const char *folder)
{
	char path[MTA_QUEUE_PATH_MAX];
	size_t at = (size_t)snprintf(path, sizeof(path), "%s", folder);
	unsigned depth = 0;

	for (; depth < HASH_DEPTH_MAX && at + 3 < sizeof(path); depth++) {
		int fd = openat(queue_fd, path,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		char name = fd < 0 ? '\0' : subfolder(fd);

		if (name == '\0')
			break;
		path[at++] = '/';
		path[at++] = name;
		path[at] = '\0';
	}
	return depth < 1 ? 1 : depth;
}

int
postfix_queue_find(int queue_fd, const char *folder, unsigned depth,
    const char *id, char ret_path[static MTA_QUEUE_PATH_MAX],
    struct stat *ret_st)
{
	char digits[HASH_DIGITS + 1], path[MTA_QUEUE_PATH_MAX];
	struct stat st;
	size_t at;

	if (!postfix_queue_id_ok(id))
		return -EINVAL;
	hash_digits(id, digits);
	at = (size_t)snprintf(path, sizeof(path), "%s/", folder);
	for (unsigned i = 0; i <= depth && i < HASH_DIGITS; i++) {
		if (at + 2 + ID_LENGTH_MAX >= sizeof(path))
			return -ENAMETOOLONG;
		memcpy(path + at, id, strlen(id) + 1);
		if (fstatat(queue_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			memcpy(ret_path, path, sizeof(path));
			if (ret_st != NULL)
				*ret_st = st;
			return 1;
		}
		if (errno != ENOENT && errno != ENOTDIR)
			return -errno;
		path[at++] = digits[i];
		path[at++] = '/';
	}
	return 0;
}

/* The last line that a command wrote: where it says why it gave up. */
static void
last_line(const struct program_result *result, struct buf *ret)
{
	const struct buf *output = &result->output;
	size_t end = output->length, begin;

	if (result->is_cut) /* then we do not have it */
		return;
	while (end > 0 && output->text[end - 1] == '\n')
		end--;
	for (begin = end; begin > 0 && output->text[begin - 1] != '\n';)
		begin--;
	if (end > begin)
		text_escape(ret, output->text + begin, end - begin);
}

static int
run(const struct program *program, struct why *why)
{
	struct program_result result = {0};
	AUTO_BUF struct buf line = {0};
	int r = program_run(program, &result, why);

	if (r == 0 && result.is_late)
		r = why_set(why, -ETIMEDOUT, "%s did not end in time",
		    program->argv[0]);
	if (r == 0 && result.status != 0) {
		last_line(&result, &line);
		r = why_set(why, -EIO, "%s ended with status %d: %s",
		    program->argv[0], result.status, buf_text(&line));
	}
	buf_done(&result.output);
	buf_done(&result.errors);
	return r;
}

static const char *
option(int verb)
{
	switch (verb) {
	case MTA_QUEUE_HOLD:
		return "-h";
	case MTA_QUEUE_RELEASE:
		return "-H";
	case MTA_QUEUE_DELETE:
		return "-d";
	default:
		return NULL;
	}
}

int
postfix_queue_command(const struct mta *mta, int verb, const char *queue,
    const char *const *ids, size_t count, struct why *why)
{
	const char *const argv[] = {"/usr/sbin/postsuper", "-c",
	    mta->config_dir, option(verb), "-", queue, NULL};
	AUTO_BUF struct buf input = {0};
	struct program program = {
	    .argv = argv,
	    .output_max = OUTPUT_MAX,
	    .is_joined = true,
	};

	for (size_t i = 0; i < count; i++) {
		if (!postfix_queue_id_ok(ids[i]))
			return why_set(why, -EINVAL, "an id that is none");
		buf_add(&input, ids[i]);
		buf_add_char(&input, '\n');
	}
	if (count == 0)
		return 0;
	if (verb == MTA_QUEUE_FLUSH)
		return postfix_flush(mta, ids, count, why);
	if (verb == MTA_QUEUE_FLUSH_ALL)
		return postfix_flush_all(mta, why);
	program.input = input.text;
	program.input_length = input.length;
	program.deadline_ms = COMMAND_MS + (uint32_t)(count * COMMAND_MS_EACH);
	return run(&program, why);
}
