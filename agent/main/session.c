/*
 * session.c - the order of a run
 *
 * Purpose  options, configuration, playbooks, mail system, lock, state, audit,
 *          settle, look, judge, plan, approve, apply, report: in that order
 * Input    none of its own
 * Errors   a step that ends the run gives its exit status
 * Runs as  the actor
 * Source   the flow in agent/DESIGN.md; SPEC section 2
 */
#include "agent/main/session.h"

#include <sys/random.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/main/stop.h"

/* Two runs in one second still differ; not a secret. */
static void
run_name(struct session *session)
{
	time_t now = (time_t)session->started_s;
	unsigned short random = 0;
	struct tm tm;
	char stamp[16] = "";

	(void)!getrandom(&random, sizeof(random), 0);
	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	(void)snprintf(session->run, sizeof(session->run), "%s-%04x", stamp,
	    (unsigned)random);
}

static const char *
mode_name(const struct options *options)
{
	if (options->is_dry_run)
		return "dry-run";
	if (options->is_yes)
		return "yes";
	return options->is_auto ? "auto" : "ask";
}

void
session_begin(struct session *session, const struct options *options)
{
	*session = (struct session){.options = options, .lock_fd = -1};
	session->arena = arena_new();
	session->lint.arena = session->arena;
	session->started_s = clock_now_s();
	session->started_ms = clock_boot_ms();
	session->mode = mode_name(options);
	session->is_root = geteuid() == 0;
	session->may_change = session->is_root && !options->is_dry_run;
	session->notes = mem_alloc(1, sizeof(*session->notes));
	terminal_look(&session->terminal, options);
	progress_begin(&session->progress,
	    session->terminal.has_stderr && !options->is_quiet);
	if (options->is_verbose)
		log_level_set(LOG_LEVEL_INFO);
	run_name(session);
	stop_watch();
}

void
session_end(struct session *session)
{
	progress_end(&session->progress);
	session->audit = audit_free(session->audit);
	session->state = state_free(session->state);
	auto_close(&session->lock_fd);
	session->replies = reply_catalogue_free(session->replies);
	lint_done(&session->lint);
	free(session->notes);
	session->arena = arena_free(session->arena);
}

void
session_note(struct session *session, const char *format, ...)
{
	char text[WHY_TEXT_MAX * 2];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	session->notes = mem_grow(
	    session->notes, session->note_count + 2, sizeof(*session->notes));
	session->notes[session->note_count++] = arena_dup(session->arena, text);
	session->notes[session->note_count] = NULL;
}

void
session_bar(struct session *session, bool is_fault, const char *format, ...)
{
	char text[WHY_TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	session->is_untrusted |= is_fault;
	if (session->bar == NULL)
		session->bar = arena_dup(session->arena, text);
	session_note(session, "No fix in this run: %s.", text);
}

/*
 * A record that cannot be written forbids every later change, and the change
 * engine notices by itself: it writes its intent first.
 */
void
session_record(struct session *session, const char *event, struct json *ev)
{
	struct why why = {0};

	if (session->audit == NULL) {
		(void)json_free(ev);
		return;
	}
	if (audit_append(session->audit, event, ev, &why) < 0)
		session_bar(session, true,
		    "the audit log cannot be written: %s", why.text);
}

void
session_done(struct session *session)
{
	struct json *ev = json_object_new();

	json_set_text(ev, "status", "done");
	session_record(session, "run-end", ev);
}

static int
session_load(struct session *session)
{
	int status = session_config(session);

	if (status == 0)
		status = session_playbooks(session,
		    session->options->arg_count > 0 ? session->options->args
		                                    : NULL);
	if (status == 0)
		session_catalogues_for(session, session->playbooks.tables);
	return status == 0 ? session_errors(session) : status;
}

static int
session_look_for_playbooks(struct session *session)
{
	return session_look(session, session->playbooks.tables);
}

int
session_run(struct session *session)
{
	static int (*const steps[])(struct session *) = {
	    session_load,
	    session_mta,
	    session_lock,
	    session_state,
	    session_pause,
	    session_audit,
	    session_settle,
	    session_look_for_playbooks,
	    session_judge,
	    session_plan,
	    session_approve,
	    session_apply,
	    session_report,
	};
	int status = 0;

	for (size_t i = 0; status == 0 && i < ARRAY_COUNT(steps); i++)
		status = steps[i](session);
	return status;
}
