/*
 * session_open.c - the steps before the first look
 *
 * Purpose  configuration, playbooks, the mail system, the lock, what earlier
 *          runs left: state, pause, audit log
 * Input    root-owned files; the options
 * Errors   78 wrong configuration or playbook; 75 lock held, or paused; what
 *          is damaged bars all fixes but not the look
 * Runs as  the actor
 * Source   SPEC sections 2, 5 and 6; sysexits(3)
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actions/action.h"
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/base/text.h"
#include "agent/main/command.h"
#include "agent/main/session.h"

/* More commands than anybody will remember. */
#define COMMANDS_MAX 32

#define LOCK_PATH CONFIG_RUN "/lock"
/* Only root takes it; the name and the time of a run are no secret. */
#define LOCK_DIR_MODE 0755

int
session_config(struct session *session)
{
	const char *path = session->options->config;

	if (path != NULL && access(path, R_OK) < 0)
		lint_add(&session->lint, path, 0, "it cannot be read");
	config_load(session->arena, path != NULL ? path : CONFIG_PATH,
	    &session->config, &session->lint);
	if (session->options->resolver != NULL)
		session->config.resolver = session->options->resolver;
	return 0;
}

int
session_playbooks(struct session *session, const char *const *patterns)
{
	const char *directory = session->options->playbooks;
	struct playbook_source source = {
	    .shipped = directory != NULL ? directory : CONFIG_PLAYBOOKS,
	    .site = directory != NULL ? NULL : CONFIG_SITE,
	    .patterns = patterns,
	    .actions = action_specs(),
	};

	playbook_load(
	    session->arena, &source, &session->playbooks, &session->lint);
	return 0;
}

void
session_replies(struct session *session)
{
	size_t before = session->lint.count;
	struct why why = {0};
	const char *const *paths = reply_catalogue_paths(
	    session->arena, session->options->playbooks, &session->lint);

	if (reply_catalogue_load(session->arena, paths, &session->lint,
	        &session->replies, &why) < 0 &&
	    session->lint.count == before)
		lint_add(&session->lint, paths[0], 0, "%s", why.text);
}

void
session_blocklists(struct session *session)
{
	size_t before = session->lint.count;
	struct why why = {0};
	const char *const *paths = blocklist_paths(
	    session->arena, session->options->playbooks, &session->lint);

	if (blocklist_load(session->arena, paths, &session->lint,
	        &session->blocklists, &why) < 0 &&
	    session->lint.count == before)
		lint_add(&session->lint, paths[0], 0, "%s", why.text);
}

static bool
is_wanted(const bool *wanted, const char *table)
{
	size_t index = 0;

	return schema_table_find(table, &index) != NULL && wanted[index];
}

/*
 * Only what refused is told by meaning. The log's other tables are counts; but
 * what is counted for them is kept for runs that tell more.
 */
void
session_catalogues_for(struct session *session, const bool *wanted)
{
	if (is_wanted(wanted, "destination") ||
	    (session->may_change &&
	        (is_wanted(wanted, "log") || is_wanted(wanted, "client") ||
	            is_wanted(wanted, "account"))))
		session_replies(session);
	if (is_wanted(wanted, "blocklist") || is_wanted(wanted, "dnsbl"))
		session_blocklists(session);
}

/* Is this error about a word of the command line, and about no file? */
static bool
is_usage(const struct session *session, const struct lint_error *error)
{
	const struct options *options = session->options;

	if (error->line != 0 || options->command->bit != FOR_RUN)
		return false;
	for (size_t i = 0; i < options->arg_count; i++)
		if (strcmp(options->args[i], error->file) == 0)
			return true;
	return false;
}

static void
error_print(const struct lint_error *error)
{
	(void)fprintf(stderr, "%s:", error->file);
	if (error->line > 0)
		(void)fprintf(stderr, "%d:", error->line);
	(void)fprintf(stderr, " %s\n", error->text);
}

/* A word that names no playbook may have been meant as a command. */
static void
command_hint(const char *word)
{
	const char *names[COMMANDS_MAX + 1] = {NULL}, *nearest;
	size_t n = 0;

	for (const struct command *c = command_rows; c->name != NULL; c++)
		if (n < COMMANDS_MAX && c->name[0] != '\0')
			names[n++] = c->name;
	nearest = text_nearest(word, names);
	if (nearest != NULL)
		(void)fprintf(
		    stderr, "mailfix: did you mean the command %s?\n", nearest);
}

int
session_errors(struct session *session)
{
	size_t usage = 0;

	for (size_t i = 0; i < session->lint.count; i++) {
		error_print(&session->lint.errors[i]);
		if (!is_usage(session, &session->lint.errors[i]))
			continue;
		usage++;
		command_hint(session->lint.errors[i].file);
	}
	if (session->lint.count == 0)
		return 0;
	(void)fprintf(stderr, "mailfix: %zu error%s; nothing was done\n",
	    session->lint.count, session->lint.count == 1 ? "" : "s");
	return usage == session->lint.count ? EXIT_USAGE : EXIT_CONFIG;
}

int
session_mta(struct session *session)
{
	struct why why = {0};

	if (mta_detect(session->arena, &session->config, &session->mta, &why) <
	    0) {
		session->mta = (struct mta){.kind = "none"};
		session->mta_error = arena_dup(session->arena, why.text);
		session_note(session,
		    "The mail system could not be looked at: %s.", why.text);
	} else if (session->mta.ops == NULL) {
		session_note(session,
		    "There is no mail system that mailfix knows on "
		    "this host.");
	}
	return 0;
}

/* The file stays when the run ends: a lock on a removed file locks nothing. */
int
session_lock(struct session *session)
{
	struct why why = {0};

	if (!session->may_change)
		return 0;
	if (file_mkdirs(CONFIG_RUN, LOCK_DIR_MODE, &why) < 0) {
		log_error("%s", why.text);
		return EXIT_BUSY;
	}
	session->lock_fd = open(LOCK_PATH,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (session->lock_fd < 0) {
		(void)why_errno(&why, "open %s", LOCK_PATH);
		log_error("%s", why.text);
		return EXIT_BUSY;
	}
	if (flock(session->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		log_error("another run holds %s; try again when it has ended",
		    LOCK_PATH);
		return EXIT_BUSY;
	}
	return 0;
}

/* Without root the state cannot be read, and nothing would be fixed anyway. */
int
session_state(struct session *session)
{
	struct why why = {0};
	int r = state_load(CONFIG_STATE, &session->state, &why);

	if (r == 0 || (!session->is_root && (r == -EACCES || r == -EPERM)))
		return 0;
	session_bar(session, true,
	    "what earlier runs remembered cannot be used: %s", why.text);
	return 0;
}

int
session_pause(struct session *session)
{
	const char *reason = NULL;
	char until[CLOCK_ISO_MAX];
	int64_t until_s = 0;

	if (!state_is_paused(
	        session->state, session->started_s, &until_s, &reason))
		return 0;
	(void)clock_iso(until_s, until);
	if (session->may_change) {
		log_error("runs are paused until %s%s%s; mailfix resume ends "
		          "that",
		    until, reason != NULL ? ": " : "",
		    reason != NULL ? reason : "");
		return EXIT_BUSY;
	}
	session_note(session, "Runs are paused until %s%s%s.", until,
	    reason != NULL ? ": " : "", reason != NULL ? reason : "");
	return 0;
}

int
session_audit(struct session *session)
{
	struct why why = {0};
	struct json *ev;

	if (!session->may_change)
		return 0;
	if (audit_open(CONFIG_AUDIT, session->run, &session->audit, &why) < 0) {
		session_bar(session, true, "%s", why.text);
		return 0;
	}
	ev = json_object_new();
	json_set_text(ev, "mailfix", MAILFIX_VERSION);
	json_set_text(ev, "mode", session->mode);
	json_set_text(ev, "mta", session->mta.kind);
	session_record(session, "run-begin", ev);
	return 0;
}
