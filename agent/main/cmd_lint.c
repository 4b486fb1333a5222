/*
 * cmd_lint.c - mailfix lint [FILE...]
 *
 * Purpose  check playbooks and configuration; every error, file:line: text
 * Input    files that an admin or a package wrote
 * Errors   78 when there is one in any file
 * Runs as  the actor, or any user
 * Source   SPEC sections 2 and 3
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actions/action.h"
#include "agent/base/text.h"
#include "agent/main/command.h"
#include "agent/main/output.h"
#include "agent/main/session.h"
#include "agent/report/words.h"

/* A file about replies: by its name, or by the folder of a site's. */
static bool
replies_check(struct session *session, const char *path)
{
	const char *paths[] = {path, NULL};
	struct reply_catalogue *catalogue = NULL;
	struct why why = {0};

	if (!text_ends(path, "/replies.ini") &&
	    strcmp(path, "replies.ini") != 0 &&
	    strstr(path, "replies.d/") == NULL)
		return false;
	if (reply_catalogue_load(
	        session->arena, paths, &session->lint, &catalogue, &why) == 0)
		reply_catalogue_lint(catalogue, &session->lint);
	else if (session->lint.count == 0)
		lint_add(&session->lint, path, 0, "%s", why.text);
	(void)reply_catalogue_free(catalogue);
	return true;
}

/* The same of blocklists. */
static bool
blocklists_check(struct session *session, const char *path)
{
	const char *paths[] = {path, NULL};
	struct blocklist_catalogue *catalogue = NULL;
	struct why why = {0};

	if (!text_ends(path, "/blocklists.ini") &&
	    strcmp(path, "blocklists.ini") != 0 &&
	    strstr(path, "blocklists.d/") == NULL)
		return false;
	if (blocklist_load(
	        session->arena, paths, &session->lint, &catalogue, &why) < 0 &&
	    session->lint.count == 0)
		lint_add(&session->lint, path, 0, "%s", why.text);
	return true;
}

static void
file_check(struct session *session, const char *path)
{
	if (access(path, R_OK) < 0) {
		lint_add(&session->lint, path, 0, "it cannot be read");
		return;
	}
	if (replies_check(session, path) || blocklists_check(session, path))
		return;
	if (text_ends(path, ".conf"))
		config_load(
		    session->arena, path, &session->config, &session->lint);
	else
		playbook_lint_file(
		    session->arena, path, action_specs(), &session->lint);
}

static struct json *
lint_json(const struct session *session, size_t files)
{
	struct json *root = json_object_new(), *errors = json_array_new();

	json_set_int(root, "checked", (int64_t)files);
	for (size_t i = 0; i < session->lint.count; i++) {
		const struct lint_error *error = &session->lint.errors[i];
		struct json *object = json_object_new();

		json_set_text(object, "file", error->file);
		json_set_int(object, "line", error->line);
		json_set_text(object, "text", error->text);
		json_push(errors, object);
	}
	json_set(root, "errors", errors);
	return root;
}

static void
lint_text(struct buf *out, const struct session *session, size_t files)
{
	for (size_t i = 0; i < session->lint.count; i++) {
		const struct lint_error *error = &session->lint.errors[i];

		buf_addf(out, "%s:", error->file);
		if (error->line > 0)
			buf_addf(out, "%d:", error->line);
		buf_addf(out, " %s\n", error->text);
	}
	if (session->options->is_quiet && session->lint.count == 0)
		return;
	words_plural(out, files, "file");
	buf_add(out, " checked, ");
	words_plural(out, session->lint.count, "error");
	buf_add_char(out, '\n');
}

int
cmd_lint(const struct options *options)
{
	AUTO_BUF struct buf text = {0};
	struct session session;
	size_t files = options->arg_count;
	int status;

	session_begin(&session, options);
	session.may_change = false;
	if (options->arg_count == 0) {
		(void)session_config(&session);
		(void)session_playbooks(&session, NULL);
		session_replies(&session);
		if (session.replies != NULL)
			reply_catalogue_lint(session.replies, &session.lint);
		session_blocklists(&session);
		files = session.playbooks.count + 3;
	}
	for (size_t i = 0; i < options->arg_count; i++)
		file_check(&session, options->args[i]);
	status = session.lint.count > 0 ? EXIT_CONFIG : EXIT_HEALTHY;
	if (output_is_json(options)) {
		AUTO_JSON struct json *json = lint_json(&session, files);

		status = output_json(options, json, status);
	} else {
		lint_text(&text, &session, files);
		status = output_write(options, &text, status);
	}
	session_end(&session);
	return status;
}
