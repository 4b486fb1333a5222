/*
 * test_audit.c - the chained log: written, recovered, verified, walked
 *
 * Purpose  every tampering is told; every crash is mended; nothing is forged
 * Input    a directory of its own below /tmp
 * Errors   a failed assertion
 * Runs as  any user
 * Source   -
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/audit/audit.h"
#include "agent/audit/audit_line.h"
#include "agent/audit/audit_log.h"
#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/mem.h"
#include "agent/sys/journal_send.h"
#include "tests/unit/unit.h"

#define RECORDS 9

static char place[64], path[96], anchors[96];

static int
setup(void **state)
{
	(void)state;
	(void)strcpy(place, "/tmp/test-audit-XXXXXX");
	if (mkdtemp(place) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/audit.jsonl", place);
	(void)snprintf(anchors, sizeof(anchors), "%s/anchors", place);
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", place);
	return system(command) == 0 ? 0 : -1;
}

static const char *
beside(const char *name)
{
	static char text[128];

	(void)snprintf(text, sizeof(text), "%s/%s", place, name);
	return text;
}

static struct audit *
log_open(void)
{
	struct audit *audit = NULL;
	struct why why = {0};

	if (audit_open(path, "20261122T101500-4f2a", &audit, &why) != 0)
		fail_msg("open: %s", why.text);
	return audit;
}

static void
log_append(struct audit *audit, const char *event, int64_t n)
{
	struct json *ev = json_object_new();
	struct why why = {0};

	json_set_int(ev, "n", n);
	json_set_text(ev, "text", "a \"quoted\" line, \n and more");
	if (audit_append(audit, event, ev, &why) != 0)
		fail_msg("append: %s", why.text);
}

static void
log_fill(int count)
{
	struct audit *audit = log_open();

	for (int i = 0; i < count; i++)
		log_append(audit, "finding", i);
	(void)audit_free(audit);
}

/* Lines of the log, for cutting and pasting. */
struct lines {
	char *text[128];
	int count;
};

static void
lines_read(struct lines *lines)
{
	AUTO_BUF struct buf all = {0};

	lines->count = 0;
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &all, NULL), 0);
	for (char *p = strtok(all.text, "\n"); p != NULL;
	     p = strtok(NULL, "\n"))
		lines->text[lines->count++] = strdup(p);
}

static void
lines_write(struct lines *lines)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	for (int i = 0; i < lines->count; i++) {
		(void)fprintf(file, "%s\n", lines->text[i]);
		free(lines->text[i]);
	}
	assert_int_equal(fclose(file), 0);
}

/* Makes a line true again by itself, as a forger would. */
static void
line_forge(struct lines *lines, int i, const char *from, const char *to)
{
	char *at = strstr(lines->text[i], from), *tail;
	struct hash hash;
	char hex[HASH_HEX_MAX];

	assert_non_null(at);
	(void)memcpy(at, to, strlen(to));
	tail = strstr(lines->text[i], ",\"h\":\"");
	hash_init(&hash);
	hash_add(&hash, lines->text[i], (size_t)(tail - lines->text[i]));
	hash_end(&hash, hex);
	(void)memcpy(tail + 6, hex, HASH_HEX_MAX - 1);
}

struct told {
	int count;
	char all[4096];
};

static void
tell(void *user, const struct audit_problem *problem)
{
	struct told *told = user;

	told->count++;
	(void)strncat(told->all, problem->text,
	    sizeof(told->all) - strlen(told->all) - 2);
	(void)strncat(
	    told->all, "\n", sizeof(told->all) - strlen(told->all) - 1);
}

static int
verify(const char *want, const char *with_anchors)
{
	struct told told = {0};
	int64_t records = -1;
	struct why why = {0};
	int r = audit_verify(path, with_anchors, tell, &told, &records, &why);

	if (r < 0)
		fail_msg("verify: %s", why.text);
	assert_int_equal(r, told.count);
	if (want != NULL && strstr(told.all, want) == NULL)
		fail_msg("want: %s, got: %s", want, told.all);
	if (want == NULL && r != 0)
		fail_msg("got: %s", told.all);
	return (int)records;
}

static void
refuses(const char *want)
{
	struct audit *audit = NULL;
	struct why why = {0};

	assert_int_equal(audit_open(path, "r", &audit, &why), -EBADMSG);
	assert_null(audit);
	if (strstr(why.text, want) == NULL)
		fail_msg("want: %s, got: %s", want, why.text);
}

static void
anchors_make(const struct lines *lines)
{
	FILE *file = fopen(anchors, "we");

	assert_non_null(file);
	for (int i = 0; i < lines->count; i++) {
		struct audit_line line;

		assert_int_equal(audit_line_parse(lines->text[i],
		                     strlen(lines->text[i]), &line, NULL),
		    0);
		(void)fprintf(file, "%" PRId64 " %s\n", line.seq, line.hash);
	}
	assert_int_equal(fclose(file), 0);
}

static void
test_chain(void **state)
{
	(void)state;
	log_fill(4);
	log_fill(5);
	assert_int_equal(verify(NULL, NULL), RECORDS);
}

static bool
count_visit(void *user, const struct json *record)
{
	int *count = user;

	assert_non_null(json_get_text(record, "event"));
	assert_string_equal(
	    json_get_text(record, "run"), "20261122T101500-4f2a");
	return ++*count < 4;
}

static void
test_walk(void **state)
{
	int count = 0;
	size_t bad = 1;

	(void)state;
	log_fill(RECORDS);
	assert_int_equal(audit_walk(path, count_visit, &count, &bad, NULL), 0);
	assert_int_equal(count, 4);
	assert_int_equal(bad, 0);
}

static void
test_edited_byte(void **state)
{
	struct lines lines;

	(void)state;
	log_fill(RECORDS);
	lines_read(&lines);
	*strstr(lines.text[1], "quoted") = 'Q';
	lines_write(&lines);
	(void)verify("the hash does not match the line (after record 1)", NULL);
	refuses("the hash does not match");
}

static void
test_forged_line(void **state)
{
	struct lines lines;

	(void)state;
	log_fill(RECORDS);
	lines_read(&lines);
	line_forge(&lines, 4, "quoted", "forged");
	lines_write(&lines);
	(void)verify("it does not follow the record before it", NULL);
	refuses("it does not follow the record before it");
}

/* Longer than what is checked at the begin of a run, which starts mid-line. */
static void
test_long_log(void **state)
{
	struct audit *audit = log_open();
	char text[4096] = "";
	struct lines lines;

	(void)state;
	(void)memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 70; i++) {
		struct json *ev = json_object_new();

		json_set_text(ev, "text", text);
		assert_int_equal(audit_append(audit, "finding", ev, NULL), 0);
	}
	(void)audit_free(audit);
	log_fill(3);
	assert_int_equal(verify(NULL, NULL), 73);
	lines_read(&lines);
	*strstr(lines.text[58], "xxx") = 'y';
	lines_write(&lines);
	refuses("near record 59: the hash does not match");
}

static void
test_deleted_line(void **state)
{
	struct lines lines;

	(void)state;
	log_fill(RECORDS);
	lines_read(&lines);
	free(lines.text[3]);
	lines.count--;
	for (int i = 3; i < lines.count; i++)
		lines.text[i] = lines.text[i + 1];
	lines_write(&lines);
	(void)verify("sequence gap: record 5 follows record 3", NULL);
}

static void
test_swapped_lines(void **state)
{
	struct lines lines;
	char *held;

	(void)state;
	log_fill(RECORDS);
	lines_read(&lines);
	held = lines.text[3];
	lines.text[3] = lines.text[4];
	lines.text[4] = held;
	lines_write(&lines);
	(void)verify("sequence gap: record 5 follows record 3", NULL);
}

static void
test_inserted_line(void **state)
{
	struct lines lines;

	(void)state;
	log_fill(RECORDS);
	lines_read(&lines);
	for (int i = lines.count; i > 4; i--)
		lines.text[i] = lines.text[i - 1];
	lines.count++;
	lines.text[4] = strdup(lines.text[3]);
	lines_write(&lines);
	(void)verify("sequence gap: record 4 follows record 4", NULL);
	lines_read(&lines);
	free(lines.text[4]);
	lines.text[4] = strdup("{\"seq\":5,\"event\":\"nothing\"}");
	lines_write(&lines);
	(void)verify("not a record (after record 4)", NULL);
}

static void
test_first_lines_gone(void **state)
{
	struct lines lines;

	(void)state;
	log_fill(RECORDS);
	lines_read(&lines);
	free(lines.text[0]);
	lines.count--;
	for (int i = 0; i < lines.count; i++)
		lines.text[i] = lines.text[i + 1];
	lines_write(&lines);
	(void)verify("the log begins with record 2", NULL);
}

static void
test_cut_tail(void **state)
{
	struct lines lines;

	(void)state;
	log_fill(RECORDS);
	lines_read(&lines);
	free(lines.text[--lines.count]);
	lines_write(&lines);
	(void)verify("cut: the log ends with record 8", NULL);
	refuses("its end was cut off");
}

static void
test_cut_tail_forged_head(void **state)
{
	struct lines lines;
	struct audit_files files = {.dir = -1};
	struct audit_head head = {.seq = RECORDS - 1};
	struct audit_line line;
	struct stat st;

	(void)state;
	log_fill(RECORDS);
	lines_read(&lines);
	anchors_make(&lines);
	free(lines.text[--lines.count]);
	assert_int_equal(audit_line_parse(lines.text[lines.count - 1],
	                     strlen(lines.text[lines.count - 1]), &line, NULL),
	    0);
	(void)strcpy(head.hash, line.hash);
	lines_write(&lines);
	assert_int_equal(stat(path, &st), 0);
	head.size = st.st_size;
	assert_int_equal(audit_files_open(path, &files, NULL), 0);
	assert_int_equal(audit_head_save(&files, &head, NULL), 0);
	audit_files_done(&files);
	assert_int_equal(verify(NULL, NULL), RECORDS - 1);
	(void)verify("record 9 was anchored", anchors);
	/* and a record put in its place */
	log_fill(1);
	(void)verify("record 9 differs from its anchor", anchors);
}

static void
test_log_begun_anew(void **state)
{
	struct lines lines;

	(void)state;
	log_fill(RECORDS);
	lines_read(&lines);
	anchors_make(&lines);
	lines_write(&lines);
	assert_int_equal(unlink(path), 0);
	(void)verify("audit.jsonl is missing", NULL);
	refuses("the log is gone");
	assert_int_equal(unlink(beside("audit.head")), 0);
	{
		struct audit *audit = log_open();

		log_append(audit, "run-begin", 0);
		(void)audit_free(audit);
	}
	assert_int_equal(verify(NULL, NULL), 1);
	(void)verify("record 1 differs from its anchor", anchors);
}

static void
test_head_lost_or_damaged(void **state)
{
	FILE *file;

	(void)state;
	log_fill(RECORDS);
	assert_int_equal(unlink(beside("audit.head")), 0);
	(void)verify("audit.head is missing", NULL);
	log_fill(1);
	/* the rebuilding stands in the log */
	assert_int_equal(verify(NULL, NULL), RECORDS + 2);
	file = fopen(beside("audit.head"), "we");
	assert_non_null(file);
	(void)fputs("{}", file);
	assert_int_equal(fclose(file), 0);
	(void)verify("the head is damaged", NULL);
	refuses("audit.head is damaged");
}

/* A process that dies at once leaves records that the head does not know. */
static void
log_fill_and_die(int count)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct audit *audit = log_open();

		for (int i = 0; i < count; i++)
			log_append(audit, "finding", i);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_cut_at_every_byte(void **state)
{
	AUTO_BUF struct buf all = {0};
	struct stat before, after;

	(void)state;
	log_fill(2);
	assert_int_equal(stat(path, &before), 0);
	log_fill_and_die(2);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &all, NULL), 0);
	for (off_t size = before.st_size; size < after.st_size; size++) {
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		assert_int_equal(fwrite(all.text, 1, (size_t)size, file), size);
		assert_int_equal(fclose(file), 0);
		(void)chmod(path, 0600);
		/* the head as it was when the power went */
		{
			struct audit *audit = log_open();

			log_append(audit, "finding", 1);
			audit->unsaved = 0;
			(void)audit_free(audit);
		}
		assert_true(verify(NULL, NULL) >= 3);
		assert_int_equal(unlink(beside("audit.head")), 0);
	}
	assert_int_equal(access(beside("audit.torn"), F_OK), 0);
}

static void
test_torn_is_told(void **state)
{
	FILE *file;

	(void)state;
	log_fill(2);
	file = fopen(path, "ae");
	assert_non_null(file);
	(void)fputs("{\"seq\":3,\"pre", file);
	assert_int_equal(fclose(file), 0);
	(void)verify("the last line is torn (13 bytes)", NULL);
	log_fill(1);
	assert_int_equal(verify(NULL, NULL), 4);
}

static void
rotate_fill(int count)
{
	struct audit *audit = log_open();

	for (int i = 0; i < count; i++) {
		audit->rotate_bytes = 700;
		log_append(audit, "finding", i);
	}
	(void)audit_free(audit);
}

static void
test_rotation(void **state)
{
	struct stat st;

	(void)state;
	rotate_fill(12);
	assert_int_equal(stat(beside("audit.jsonl.1"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_true(verify(NULL, NULL) > 12);
	rotate_fill(12);
	(void)verify(NULL, NULL);
	assert_int_equal(unlink(beside("audit.jsonl.2")), 0);
	(void)verify("audit.jsonl.2 is missing", NULL);
	(void)verify("sequence gap", NULL);
}

static void
head_put(const struct audit_head *head)
{
	struct audit_files files = {.dir = -1};

	assert_int_equal(audit_files_open(path, &files, NULL), 0);
	assert_int_equal(audit_head_save(&files, head, NULL), 0);
	audit_files_done(&files);
}

/* A new file is short: what was written last is then in the one before it. */
static void
test_rotation_edited(void **state)
{
	char name[32], command[256];
	int last = 1;

	(void)state;
	rotate_fill(12);
	do
		(void)snprintf(name, sizeof(name), "audit.jsonl.%d", last + 1);
	while (access(beside(name), F_OK) == 0 && ++last < 100);
	(void)snprintf(command, sizeof(command),
	    "chmod 600 %s/audit.jsonl.%d && sed -i 1s/quoted/forged/ "
	    "%s/audit.jsonl.%d",
	    place, last, place, last);
	assert_int_equal(system(command), 0);
	refuses("the hash does not match");
}

static void
test_rotation_interrupted(void **state)
{
	struct audit_head before, after;
	struct audit_files files = {.dir = -1};
	char older[128];
	int records;

	(void)state;
	rotate_fill(3);
	assert_int_equal(access(beside("audit.jsonl.1"), F_OK), -1);
	{
		struct audit *audit = log_open();
		struct json *ev = json_object_new();

		/* its last record is there; nothing else happened */
		assert_int_equal(audit_append(audit, "rotate", ev, NULL), 0);
		(void)audit_free(audit);
	}
	assert_int_equal(audit_files_open(path, &files, NULL), 0);
	assert_int_equal(audit_head_load(&files, &before, NULL), 1);
	log_fill(1);
	records = verify(NULL, NULL);
	assert_int_equal(records, 5);
	assert_int_equal(audit_head_load(&files, &after, NULL), 1);
	assert_int_equal(after.count, 1);
	/* renamed, a new file begun, the head not yet saved */
	head_put(&before);
	log_fill(1);
	assert_int_equal(verify(NULL, NULL), 6);
	/* renamed, no new file */
	head_put(&before);
	assert_int_equal(unlink(path), 0);
	log_fill(1);
	assert_int_equal(verify(NULL, NULL), 5);
	/* the older file taken away instead */
	(void)snprintf(older, sizeof(older), "%s", beside("audit.jsonl.1"));
	assert_int_equal(unlink(older), 0);
	refuses("older files are missing");
	audit_files_done(&files);
}

static void
test_one_writer(void **state)
{
	struct audit *audit = log_open(), *second = NULL;
	struct why why = {0};

	(void)state;
	assert_int_equal(audit_open(path, "r", &second, &why), -EBUSY);
	assert_null(second);
	(void)audit_free(audit);
}

static void
test_foreign_file(void **state)
{
	(void)state;
	log_fill(1);
	assert_int_equal(chmod(path, 0622), 0);
	refuses("only this user can write");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(rename(path, beside("real")), 0);
	assert_int_equal(symlink(beside("real"), path), 0);
	{
		struct audit *audit = NULL;

		assert_int_equal(audit_open(path, "r", &audit, NULL), -ELOOP);
	}
}

static void
test_too_long(void **state)
{
	struct audit *audit = log_open();
	AUTO_FREE char *text = mem_alloc(AUDIT_LINE_MAX + 1, 1);
	struct json *ev = json_object_new();

	(void)state;
	(void)memset(text, 'x', AUDIT_LINE_MAX);
	json_set_text(ev, "text", text);
	assert_int_equal(audit_append(audit, "intent", ev, NULL), -E2BIG);
	log_append(audit, "finding", 1);
	(void)audit_free(audit);
	assert_int_equal(verify(NULL, NULL), 1);
}

static void
test_disk_full(void **state)
{
	struct audit *audit = log_open();
	struct rlimit old, limit;
	struct json *ev = json_object_new();
	struct stat st;

	(void)state;
	log_append(audit, "finding", 1);
	assert_int_equal(access(beside("audit.reserve"), F_OK), 0);
	assert_int_equal(stat(path, &st), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = (rlim_t)st.st_size + 50; /* half a line fits */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_true(audit_append(audit, "intent", ev, NULL) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(access(beside("audit.reserve"), F_OK), -1);
	/* no further intent; but what is under way can be told */
	ev = json_object_new();
	assert_int_equal(audit_append(audit, "intent", ev, NULL), -ENOSPC);
	log_append(audit, "undone", 2);
	(void)audit_free(audit);
	assert_int_equal(verify(NULL, NULL), 2);
	/* the next run makes room again */
	log_fill(1);
	assert_int_equal(access(beside("audit.reserve"), F_OK), 0);
}

static void
test_line_forms(void **state)
{
	static const char *const bad[] = {"", "{", "{\"seq\":1}",
	    "{\"seq\":-1,\"prev\":\"" AUDIT_HASH_NONE
	    "\",\"a\":1,\"h\":\"" AUDIT_HASH_NONE "\"}",
	    "{\"seq\":99999999999999999999,\"prev\":\"" AUDIT_HASH_NONE
	    "\",\"a\":1,\"h\":\"" AUDIT_HASH_NONE "\"}",
	    "{\"seq\":0,\"prev\":\"" AUDIT_HASH_NONE
	    "\",\"a\":1,\"h\":\"" AUDIT_HASH_NONE "\"}",
	    " {\"seq\":1,\"prev\":\"" AUDIT_HASH_NONE
	    "\",\"a\":1,\"h\":\"" AUDIT_HASH_NONE "\"}"};
	struct audit_line line;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		assert_int_equal(
		    audit_line_parse(bad[i], strlen(bad[i]), &line, NULL),
		    -EBADMSG);
}

static void
test_anchors_bad(void **state)
{
	FILE *file = fopen(anchors, "we");
	struct why why = {0};
	int64_t records;

	(void)state;
	assert_non_null(file);
	(void)fprintf(file, "1 %s\n2 none\n", AUDIT_HASH_NONE);
	assert_int_equal(fclose(file), 0);
	log_fill(1);
	assert_int_equal(
	    audit_verify(path, anchors, NULL, NULL, &records, &why), -EBADMSG);
	assert_non_null(strstr(why.text, "anchors:2:"));
}

static void
test_journal(void **state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct journal_field fields[] = {
	    {"MESSAGE",     "one line\nPRIORITY=0"},
            {"MAILFIX_SEQ", "7"                   }
        };
	char got[128] = "";

	(void)state;
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s/journal", place);
	assert_true(journal_send(to.sun_path, fields, 2, NULL) < 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(journal_send(to.sun_path, fields, 2, NULL), 0);
	assert_true(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(got, "MESSAGE=one line\nMAILFIX_SEQ=7\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_chain),
	    CASE(test_walk),
	    CASE(test_edited_byte),
	    CASE(test_forged_line),
	    CASE(test_long_log),
	    CASE(test_deleted_line),
	    CASE(test_swapped_lines),
	    CASE(test_inserted_line),
	    CASE(test_first_lines_gone),
	    CASE(test_cut_tail),
	    CASE(test_cut_tail_forged_head),
	    CASE(test_log_begun_anew),
	    CASE(test_head_lost_or_damaged),
	    CASE(test_cut_at_every_byte),
	    CASE(test_torn_is_told),
	    CASE(test_rotation),
	    CASE(test_rotation_edited),
	    CASE(test_rotation_interrupted),
	    CASE(test_one_writer),
	    CASE(test_foreign_file),
	    CASE(test_too_long),
	    CASE(test_disk_full),
	    CASE(test_line_forms),
	    CASE(test_anchors_bad),
	    CASE(test_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
