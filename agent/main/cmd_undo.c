/*
 * cmd_undo.c - mailfix undo RUN | RUN/CHANGE | --last | --temporary
 *
 * Purpose  put back what a run changed, the last change first
 * Input    the name of a run or a change
 * Errors   64 for a wrong name, 75 while a run is at work, 77 without root; 1
 *          when something could not be undone, with what differs
 * Runs as  the actor
 * Source   SPEC sections 1 and 2; sysexits(3)
 */
#include <sysexits.h>

#include "agent/base/log.h"
#include "agent/main/command.h"
#include "agent/main/output.h"
#include "agent/main/session.h"
#include "agent/report/page.h"

struct undone {
	struct page page;
	struct json *lines; /* borrowed */
};

static void
line_note(void *user, const char *line)
{
	struct undone *undone = user;

	page_line(&undone->page, PAGE_PLAIN, "", line, NULL);
	json_push_text(undone->lines, line);
}

/*
 * A run that is paused, or a playbook with an error, does not stand in the way:
 * who undoes wants the old state back, now.
 */
static int
undo_open(struct session *session)
{
	int status = session_config(session);

	if (!session->is_root) {
		log_error("only root can undo a change");
		return EX_NOPERM;
	}
	if (status == 0)
		status = session_errors(session);
	if (status == 0)
		status = session_mta(session);
	if (status == 0)
		status = session_lock(session);
	if (status == 0)
		status = session_state(session);
	if (status == 0)
		status = session_audit(session);
	if (status == 0 && session->audit == NULL) {
		log_error("nothing can be undone: %s", session->bar);
		status = EXIT_PROBLEMS;
	}
	return status;
}

static int
undo_do(struct session *session, const char *which)
{
	const struct options *options = session->options;
	AUTO_BUF struct buf text = {0};
	AUTO_JSON struct json *root = json_object_new();
	struct undone undone = {
	    .page = page_begin(
	        &text, session->terminal.columns, session->terminal.is_colour),
	    .lines = json_array_new()};
	struct why why = {0};
	int r, status;

	json_set(root, "undone", undone.lines);
	session_host(session);
	r = apply_undo(&session->host, which, line_note, &undone, &why);
	progress_end(&session->progress);
	session_done(session);
	status = r < 0 ? EXIT_PROBLEMS : EXIT_HEALTHY;
	json_set_text(root, "error", r < 0 ? why.text : NULL);
	if (r < 0)
		log_error("%s", why.text);
	if (!state_is_closed(session->state) &&
	    state_save(session->state, CONFIG_STATE, &why) < 0)
		log_error("%s", why.text);
	if (output_is_json(options))
		return output_json(options, root, status);
	return output_write(options, &text, status);
}

int
cmd_undo(const struct options *options)
{
	const char *which = options->is_last        ? "--last"
	                    : options->is_temporary ? "--temporary"
	                                            : options->args[0];
	bool has_all = options->is_last || options->is_temporary;
	struct session session;
	int status;

	if (options->arg_count != (has_all ? 0 : 1) ||
	    (options->is_last && options->is_temporary)) {
		log_error("undo what? mailfix undo RUN, RUN/CHANGE, --last, or "
		          "--temporary");
		return EXIT_USAGE;
	}
	session_begin(&session, options);
	session.mode = "undo";
	status = undo_open(&session);
	if (status == 0)
		status = undo_do(&session, which);
	session_end(&session);
	return status;
}
