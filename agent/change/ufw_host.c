/*
 * ufw_host.c - ufw on this host: its files, its command
 *
 * Purpose  read what ufw keeps, and have ufw change it
 * Input    /etc/ufw, root's; what ufw prints
 * Errors   negative errno
 * Runs as  actor
 * Source   ufw(8); ufw_framework(8)
 */
#include "agent/change/ufw_host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/change/file_image.h"
#include "agent/change/file_walk.h"
#include "agent/sys/program.h"

#define UFW_CONF "/etc/ufw/ufw.conf"

/* A rule has four lines of 100 bytes: some 10,000 rules. */
#define RULES_BYTES_MAX (4U * 1024U * 1024U)
#define CONF_BYTES_MAX  65536U

/* It loads all its rules anew on an insert: seconds where it has thousands. */
#define UFW_DEADLINE_MS 120000U

/* Of what it says, this much is shown. */
#define SAID_MAX 160

/* ufw [insert N] ACTION [LOG] proto tcp from A to any port P comment C */
#define ARGV_MAX 18

static const struct {
	const char *path, *leaf, *from;
} families[] = {
    [UFW_IPV4] = {"/etc/ufw/user.rules",  "user.rules",  "0.0.0.0/0"},
    [UFW_IPV6] = {"/etc/ufw/user6.rules", "user6.rules", "::/0"     },
};

_Static_assert(ARRAY_COUNT(families) == UFW_FAMILY_MAX, "one row a family");

/* Debian has it in sbin, Arch in bin. */
static const char *
ufw_program(void)
{
	static const char *const paths[] = {"/usr/sbin/ufw", "/usr/bin/ufw"};

	for (size_t i = 0; i < ARRAY_COUNT(paths); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

int
ufw_is_enabled(struct why *why)
{
	AUTO_BUF struct buf text = {0};
	int r;

	if (ufw_program() == NULL)
		return why_set(why, -ESTALE, "ufw is not installed");
	r = file_read(AT_FDCWD, UFW_CONF, CONF_BYTES_MAX, &text, why);
	if (r < 0)
		return r;
	for (const char *line = buf_text(&text); line != NULL;
	     line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncasecmp(line, "ENABLED=yes", strlen("ENABLED=yes")) ==
		    0)
			return 0;
	}
	return why_set(why, -ESTALE, "ufw is not enabled (" UFW_CONF ")");
}

int
ufw_rules_read(struct arena *arena, enum ufw_family family,
    struct ufw_tuples *ret, struct why *why)
{
	AUTO_BUF struct buf text = {0};
	int r = file_read(
	    AT_FDCWD, families[family].path, RULES_BYTES_MAX, &text, why);

	if (r < 0 && r != -ENOENT)
		return r;
	ufw_tuples_read(arena, buf_text(&text), ret);
	return 0;
}

int
ufw_rules_keep(
    struct change_host *host, enum ufw_family family, struct why *why)
{
	AUTO_CLOSE int dir = -1;
	const char *leaf;
	int r = file_walk(families[family].path, NULL, &dir, &leaf, why);

	return r < 0 ? r
	             : file_image_keep(
	                   host, families[family].leaf, dir, leaf, why);
}

int
ufw_rules_kept(struct change_host *host, enum ufw_family family,
    struct ufw_tuples *ret, struct why *why)
{
	AUTO_BUF struct buf text = {0};
	struct file_image image;
	const char *name = families[family].leaf;
	int r = file_image_get(host, name, &image, why);

	if (r == 0 && !image.is_absent)
		r = file_read(AT_FDCWD,
		    arena_printf(host->arena, "%s/%s", host->store, name),
		    RULES_BYTES_MAX, &text, why);
	if (r < 0)
		return r;
	ufw_tuples_read(host->arena, buf_text(&text), ret);
	return 0;
}

int
ufw_rules_put(struct change_host *host, enum ufw_family family, struct why *why)
{
	AUTO_CLOSE int dir = -1;
	struct file_image image;
	const char *leaf, *name = families[family].leaf;
	int r = file_walk(families[family].path, NULL, &dir, &leaf, why);

	if (r == 0)
		r = file_image_get(host, name, &image, why);
	if (r == 0)
		r = file_image_is(&image, dir, leaf, why);
	/* the same bytes already: ufw has written it with the same owner */
	if (r != 0)
		return r < 0 ? r : 0;
	return file_image_put(host, name, dir, leaf, why);
}

/* One word after the other; NULL ends the vector. */
struct command {
	const char *argv[ARGV_MAX + 1];
	size_t count;
};

static void
word(struct command *command, const char *text)
{
	if (command->count < ARGV_MAX)
		command->argv[command->count++] = text;
}

static void
words_rule(struct arena *arena, struct command *command, enum ufw_family family,
    uint16_t port, const char *comment)
{
	word(command, "proto");
	word(command, "tcp");
	word(command, "from");
	word(command, families[family].from);
	word(command, "to");
	word(command, "any");
	word(command, "port");
	word(command, arena_printf(arena, "%u", (unsigned)port));
	if (comment != NULL && comment[0] != '\0') {
		word(command, "comment");
		word(command, comment);
	}
}

static int
command_run(struct command *command, struct why *why)
{
	const struct program program = {
	    .argv = command->argv,
	    .deadline_ms = UFW_DEADLINE_MS,
	    .is_joined = true,
	};
	AUTO_BUF struct buf said = {0};
	struct program_result result = {0};
	int r;

	command->argv[0] = ufw_program();
	if (command->argv[0] == NULL)
		return why_set(why, -ESTALE, "ufw is not installed");
	r = program_run(&program, &result, why);
	if (r < 0)
		return r;
	text_escape(&said, buf_text(&result.output), result.output.length);
	buf_done(&result.output);
	buf_done(&result.errors);
	if (result.is_late)
		return why_set(why, -ETIME, "ufw did not end");
	if (result.status != 0)
		return why_set(why, -EIO, "ufw ended with status %d: %.*s",
		    result.status, SAID_MAX, buf_text(&said));
	return 0;
}

int
ufw_allow(struct arena *arena, enum ufw_family family, size_t number,
    uint16_t port, const char *comment, struct why *why)
{
	struct command command = {.count = 1};

	if (number > 0) {
		word(&command, "insert");
		word(&command, arena_printf(arena, "%zu", number));
	}
	word(&command, "allow");
	words_rule(arena, &command, family, port, comment);
	return command_run(&command, why);
}

int
ufw_delete(
    struct arena *arena, enum ufw_family family, uint16_t port, struct why *why)
{
	struct command command = {.count = 1};

	word(&command, "delete");
	word(&command, "allow");
	words_rule(arena, &command, family, port, NULL);
	return command_run(&command, why);
}

int
ufw_again(struct arena *arena, enum ufw_family family,
    const struct ufw_tuple *tuple, uint16_t port, struct why *why)
{
	static const char *const actions[] = {
	    "allow", "deny", "reject", "limit", NULL};
	static const char *const logs[] = {"_log-all", "_log", NULL};
	struct command command = {.count = 1};
	const char *action = NULL, *rest = "";

	for (size_t i = 0; actions[i] != NULL; i++)
		if (text_starts(tuple->action, actions[i])) {
			action = actions[i];
			rest = tuple->action + strlen(action);
		}
	for (size_t i = 0; action != NULL && logs[i] != NULL; i++)
		if (strcmp(rest, logs[i]) == 0)
			rest = "";
	if (action == NULL || rest[0] != '\0')
		return why_set(why, -EIO,
		    "a rule of ufw was \"%s\", which cannot be made again",
		    tuple->action);
	word(&command, action);
	if (text_ends(tuple->action, "_log-all"))
		word(&command, "log-all");
	else if (text_ends(tuple->action, "_log"))
		word(&command, "log");
	words_rule(arena, &command, family, port, tuple->comment);
	return command_run(&command, why);
}
