/*
 * session_apply.c - approve, apply, report
 *
 * Purpose  who says yes to each fix; the change engine before and after; the
 *          end of a run in state and audit log
 * Input    the plan; answers of a person at the terminal
 * Errors   what the change engine cannot record or verify ends its work
 * Runs as  the actor
 * Source   SPEC sections 2 and 5
 */
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/main/ask.h"
#include "agent/main/output.h"
#include "agent/main/session.h"
#include "agent/main/stop.h"
#include "agent/mta/config_cache.h"
#include "agent/report/count.h"

int
session_settle(struct session *session)
{
	struct why why = {0};
	int r;

	session_host(session);
	if (session->audit == NULL || session->bar != NULL)
		return 0;
	r = apply_settle(&session->host, &why);
	progress_end(&session->progress);
	if (r < 0)
		session_bar(session, true,
		    "what an earlier run left open could not be settled: %s",
		    why.text);
	else if (r > 0)
		session_note(session,
		    "%d change%s that an interrupted run left open %s settled: "
		    "see mailfix history %s.",
		    r, r == 1 ? "" : "s", r == 1 ? "was" : "were",
		    session->run);
	return 0;
}

static void
refuse(struct planned_fix *planned, const char *reason)
{
	planned->is_approved = false;
	if (reason == NULL)
		return;
	planned->state = PLANNED_SKIPPED;
	planned->reason = reason;
}

/* What stands in the way of every fix, whoever approves; NULL: nothing. */
static const char *
common_reason(const struct session *session)
{
	if (session->bar != NULL)
		return session->bar;
	if (stop_is_asked(NULL))
		return "the run was told to end";
	return NULL;
}

static void
approve_one(
    struct session *session, struct asker *asker, struct planned_fix *planned)
{
	const char *reason = common_reason(session);

	if (reason == NULL)
		reason = plan_approve(planned, &session->config, session->state,
		    session->options->is_auto, session->started_s);
	if (reason == NULL && asker != NULL && !asker_wants(asker, planned))
		reason = "not approved";
	if (reason != NULL)
		refuse(planned, reason);
	else
		planned->is_approved = true;
}

/*
 * A dry run goes the same way, with effects that stop at the last step; what
 * the checks before it refuse is then in the plan. They need root.
 */
static void
show_all(struct session *session)
{
	for (size_t i = 0; session->is_root && i < session->plan.count; i++)
		session->plan.fixes[i].is_approved =
		    session->plan.fixes[i].state == PLANNED_PLANNED;
}

int
session_approve(struct session *session)
{
	bool is_ask = strcmp(session->mode, "ask") == 0;
	struct asker asker =
	    asker_begin(session->terminal.columns, session->terminal.is_colour);
	size_t planned = 0;

	for (size_t i = 0; i < session->plan.count; i++)
		planned += session->plan.fixes[i].state == PLANNED_PLANNED;
	if (planned == 0)
		return 0;
	if (session->options->is_dry_run) {
		show_all(session);
		return 0;
	}
	if (!session->is_root) {
		session_note(session, "Only root can apply a fix.");
		return 0;
	}
	if (is_ask && !session->terminal.has_person) {
		session_note(session,
		    "There is no terminal to ask at, so nothing was applied: "
		    "--yes approves every fix, --auto what the policy allows.");
		return 0;
	}
	for (size_t i = 0; i < session->plan.count; i++)
		if (session->plan.fixes[i].state == PLANNED_PLANNED)
			approve_one(session, is_ask ? &asker : NULL,
			    &session->plan.fixes[i]);
	return 0;
}

static void
findings_record(struct session *session)
{
	for (size_t i = 0; i < session->judgement.count; i++) {
		const struct finding *finding = &session->judgement.findings[i];
		struct json *ev;

		if (finding->state == FINDING_SUPPRESSED)
			continue;
		ev = json_object_new();
		json_set_text(ev, "playbook", finding->playbook->name);
		json_set_text(ev, "item", finding->item);
		json_set_text(ev, "severity",
		    severity_to_text(finding->playbook->severity));
		json_set_text(ev, "title", finding->title);
		json_set_text(
		    ev, "state", finding_state_to_text(finding->state));
		session_record(session, "finding", ev);
	}
}

/* What is no longer needed, as a note; the steps are in the report. */
static void
release(struct session *session)
{
	struct why why = {0};
	int r = apply_release(
	    &session->host, session->facts, &session->eased, &why);

	/* without root the records cannot be read, and nothing is changed */
	if (r < 0 && !session->is_root)
		return;
	if (r < 0)
		session_bar(session, true, "%s", why.text);
	else if (r > 0 && session->options->is_dry_run)
		session_note(session,
		    "%d earlier change%s no longer needed and would be undone.",
		    r, r == 1 ? " is" : "s are");
	else if (r > 0)
		session_note(session,
		    "%d earlier change%s no longer needed and %s undone: see "
		    "mailfix history %s.",
		    r, r == 1 ? " was" : "s were", r == 1 ? "was" : "were",
		    session->run);
}

static int
apply_shown(struct session *session)
{
	struct why why = {0};

	if (session->bar == NULL &&
	    apply_plan(&session->host, &session->plan, &why) < 0)
		session_bar(session, true, "%s", why.text);
	if (session->bar == NULL)
		release(session);
	progress_end(&session->progress);
	return 0;
}

int
session_apply(struct session *session)
{
	struct why why = {0};

	session->host.looked_s = session->facts->taken_s;
	if (session->options->is_dry_run)
		return apply_shown(session);
	if (session->audit == NULL || !session->may_change)
		return 0;
	findings_record(session);
	if (session->bar != NULL)
		return 0;
	if (apply_plan(&session->host, &session->plan, &why) < 0)
		session_bar(session, true, "%s", why.text);
	if (session->bar == NULL && !stop_is_asked(NULL)) {
		session_after(session);
		release(session);
		session_retry(session);
	}
	progress_end(&session->progress);
	if (stop_is_asked(NULL))
		session_note(session, "The run was told to end early.");
	return 0;
}

/* A configuration that passed its check need not be checked again. */
static void
config_remember(struct session *session)
{
	struct value valid =
	    fact_cell_named(session->facts, "mta", NULL, "config_valid");

	/* not kept: then the next run takes 20 ms longer */
	if (valid.kind == VALUE_BOOL && valid.is_true && !session->is_untrusted)
		(void)config_cache_store(&session->mta, CONFIG_STATE, NULL);
}

/* The last record and the memory of the next run. */
static void
run_end(struct session *session, const struct report *report)
{
	struct report_count count;
	struct why why = {0};
	struct json *ev;

	if (!session->may_change)
		return;
	report_count(&session->judgement, &session->plan, &count);
	ev = json_object_new();
	json_set_text(ev, "status", run_status_to_text(report->status));
	json_set_int(ev, "problems", (int64_t)count.problems);
	json_set_int(ev, "fixed", (int64_t)count.fixed);
	json_set_int(ev, "applied", (int64_t)count.applied);
	json_set_int(ev, "eased", (int64_t)report_eased_count(&session->eased));
	json_set_int(ev, "failed", (int64_t)count.failed);
	json_set_int(ev, "undone", (int64_t)count.undone);
	json_set_int(ev, "duration_ms", report->duration_ms);
	json_set_text(ev, "bar", session->bar);
	session_record(session, "run-end", ev);
	config_remember(session);
	if (state_is_closed(session->state))
		return;
	state_findings_remember(session->state, &session->judgement,
	    &session->playbooks, session->started_s);
	if (state_save(session->state, CONFIG_STATE, &why) < 0)
		session_bar(session, true,
		    "this run could not be remembered: %s", why.text);
}

static const struct report_format *
format_find(const char *name)
{
	for (size_t i = 0; report_formats[i] != NULL; i++)
		if (name != NULL && strcmp(report_formats[i]->name, name) == 0)
			return report_formats[i];
	return report_formats[0];
}

static struct report
report_of(struct session *session, const char *host)
{
	struct report report = {
	    .version = MAILFIX_VERSION,
	    .run = session->run,
	    .host = host,
	    .mode = session->mode,
	    .mta = &session->mta,
	    .started_s = session->started_s,
	    .judgement = &session->judgement,
	    .plan = &session->plan,
	    .eased = &session->eased,
	    .has_root = session->is_root,
	};

	report.duration_ms = clock_boot_ms() - session->started_ms;
	report.status = report_status(report.judgement, report.plan);
	/* a run that could not do its work does not call the host healthy */
	if (session->is_untrusted &&
	    (report.status == RUN_HEALTHY || report.status == RUN_FIXED))
		report.status = RUN_UNKNOWN;
	return report;
}

int
session_report(struct session *session)
{
	const struct report_format *format =
	    format_find(session->options->format);
	struct report_style style = {
	    .columns = session->terminal.columns,
	    .is_colour = session->terminal.is_colour,
	    .verbosity =
	        session->options->is_verbose - session->options->is_quiet,
	};
	AUTO_BUF struct buf text = {0};
	char host[256] = "localhost";
	struct report report;

	(void)gethostname(host, sizeof(host) - 1);
	report = report_of(session,
	    session->mta.hostname != NULL ? session->mta.hostname : host);
	run_end(session, &report);
	report = report_of(session, report.host);
	report.notes = session->notes;
	format->write(&text, &report, &style);
	return output_write(
	    session->options, &text, format->exit_code(&report));
}
