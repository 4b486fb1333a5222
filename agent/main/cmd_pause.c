/*
 * cmd_pause.c - mailfix pause DURATION [REASON], mailfix resume
 *
 * Purpose  no run changes anything until then; a dry run still looks
 * Input    the duration and the reason that an admin gives
 * Errors   64 for a wrong duration, 75 while a run is at work, 77 without root
 * Runs as  the actor
 * Source   SPEC section 2; sysexits(3)
 */
#include <math.h>
#include <string.h>
#include <sysexits.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/main/command.h"
#include "agent/main/output.h"
#include "agent/main/session.h"

/* Longer is not a pause but a decision: disable the timer, or touch
 * /etc/mailfix/disabled. */
#define PAUSE_SECONDS_MAX (90.0 * 86400)

static int
pause_save(struct session *session, int64_t until_s, const char *reason)
{
	const char *event = until_s > session->started_s ? "paused" : "resumed";
	struct why why = {0};
	struct json *ev = json_object_new();
	char until[CLOCK_ISO_MAX];

	state_pause(session->state, until_s, reason);
	json_set_text(ev, "reason", reason);
	json_set_text(ev, "until", clock_iso(until_s, until));
	session_record(session, event, ev);
	session_done(session);
	if (state_save(session->state, CONFIG_STATE, &why) < 0) {
		log_error("%s", why.text);
		return EXIT_PROBLEMS;
	}
	return EXIT_HEALTHY;
}

static int
pause_print(const struct options *options, int64_t until_s, const char *reason)
{
	bool is_paused = until_s > clock_now_s();
	AUTO_BUF struct buf text = {0};
	AUTO_JSON struct json *json = json_object_new();
	char until[CLOCK_ISO_MAX];

	(void)clock_iso(until_s, until);
	json_set_bool(json, "paused", is_paused);
	json_set_text(json, "until", is_paused ? until : NULL);
	json_set_text(json, "reason", reason);
	if (output_is_json(options))
		return output_json(options, json, EXIT_HEALTHY);
	if (options->is_quiet)
		return EXIT_HEALTHY;
	if (is_paused)
		buf_addf(&text,
		    "No run changes anything until %s. To end that: mailfix "
		    "resume\n",
		    until);
	else
		buf_add(&text, "Runs go on.\n");
	return output_write(options, &text, EXIT_HEALTHY);
}

/* until_s 0: go on */
static int
pause_until(const struct options *options, int64_t until_s, const char *reason)
{
	struct session session;
	int status;

	session_begin(&session, options);
	session.mode = until_s > 0 ? "pause" : "resume";
	status = session_config(&session);
	if (!session.is_root) {
		log_error("only root can do that");
		status = EX_NOPERM;
	}
	if (status == 0)
		status = session_lock(&session);
	if (status == 0)
		status = session_state(&session);
	if (status == 0 && state_is_closed(session.state)) {
		log_error("%s", session.bar);
		status = EXIT_PROBLEMS;
	}
	if (status == 0)
		status = session_audit(&session);
	if (status == 0)
		status = pause_save(&session, until_s, reason);
	session_end(&session);
	return status == 0 ? pause_print(options, until_s, reason) : status;
}

int
cmd_pause(const struct options *options)
{
	AUTO_BUF struct buf reason = {0};
	struct why why = {0};
	enum unit unit;
	double seconds;

	if (options->arg_count == 0) {
		log_error("for how long? mailfix pause 2h disk is being moved");
		return EXIT_USAGE;
	}
	if (unit_parse(options->args[0], &unit, &seconds, &why) < 0) {
		log_error("%s", why.text);
		return EXIT_USAGE;
	}
	if (unit != UNIT_SECONDS || seconds < 1) {
		log_error("\"%s\" is not a duration; try 30min or 2h",
		    options->args[0]);
		return EXIT_USAGE;
	}
	if (seconds > PAUSE_SECONDS_MAX) {
		log_error("a pause of more than 90 days is a decision: "
		          "systemctl disable mailfix.timer");
		return EXIT_USAGE;
	}
	for (size_t i = 1; i < options->arg_count; i++)
		buf_addf(&reason, "%s%s", i > 1 ? " " : "", options->args[i]);
	return pause_until(options, clock_now_s() + (int64_t)ceil(seconds),
	    reason.length > 0 ? buf_text(&reason) : NULL);
}

int
cmd_resume(const struct options *options)
{
	if (options->arg_count > 0) {
		log_error("resume takes no argument");
		return EXIT_USAGE;
	}
	return pause_until(options, 0, NULL);
}
