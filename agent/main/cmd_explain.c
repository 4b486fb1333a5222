/*
 * cmd_explain.c - mailfix explain playbook NAME, and what else it explains
 *
 * Purpose  what a playbook checks and does, in words, with its thresholds here
 * Input    playbooks, overlaid as a run would see them
 * Errors   64 for a wrong name, with the nearest right one; 78 for errors in
 *          any playbook
 * Runs as  the actor, or any user
 * Source   SPEC section 2
 */
#include <string.h>

#include "agent/base/log.h"
#include "agent/base/text.h"
#include "agent/main/command.h"
#include "agent/main/output.h"
#include "agent/main/session.h"
#include "agent/report/page.h"

static const struct playbook *
playbook_choose(struct session *session, const char *name)
{
	const struct playbook_set *set = &session->playbooks;
	const struct playbook *playbook = playbook_find(set, name);
	const char **names, *nearest;

	if (playbook != NULL)
		return playbook;
	names = arena_alloc(session->arena, set->count + 1, sizeof(*names));
	for (size_t i = 0; i < set->count; i++)
		names[i] = set->playbooks[i].name;
	nearest = text_nearest(name, names);
	log_error("there is no playbook \"%s\"%s%s%s", name,
	    nearest != NULL ? "; did you mean " : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
	return NULL;
}

/* Wrapped for the terminal: what stands before column 14 is a label. */
#define LABEL_COLUMNS 14

static void
words_wrap(struct page *page, const char *words)
{
	bool is_advice = false;

	while (*words != '\0') {
		AUTO_BUF struct buf head = {0}, line = {0};
		size_t length = strcspn(words, "\n");
		size_t label = words[0] == ' ' && length > LABEL_COLUMNS
		                   ? LABEL_COLUMNS
		                   : 0;

		buf_add_n(&head, words, label);
		buf_add_n(&line, words + label, length - label);
		is_advice = text_starts(buf_text(&head), "  advice");
		if (is_advice)
			page_advice(page, buf_text(&head), buf_text(&line));
		else
			page_line(page, PAGE_PLAIN, buf_text(&head),
			    buf_text(&line), NULL);
		words += length + (words[length] == '\n' ? 1 : 0);
	}
}

static int
playbook_print(struct session *session, const struct playbook *playbook)
{
	AUTO_BUF struct buf words = {0}, text = {0};
	AUTO_JSON struct json *json = NULL;

	playbook_words(&words, playbook);
	if (!output_is_json(session->options)) {
		struct page page =
		    page_begin(&text, session->terminal.columns, false);

		words_wrap(&page, buf_text(&words));
		return output_write(session->options, &text, EXIT_HEALTHY);
	}
	json = json_object_new();
	json_set_text(json, "explain", "playbook");
	json_set_text(json, "playbook", playbook->name);
	json_set_text(json, "file", playbook->file);
	json_set_text(json, "severity", severity_to_text(playbook->severity));
	json_set_text(json, "see", playbook->see);
	json_set_text(json, "text", buf_text(&words));
	return output_json(session->options, json, EXIT_HEALTHY);
}

static int
explain_playbook(const struct options *options)
{
	const struct playbook *playbook;
	struct session session;
	int status;

	session_begin(&session, options);
	session.may_change = false;
	(void)session_config(&session);
	(void)session_playbooks(&session, NULL);
	status = session_errors(&session);
	if (status == 0) {
		playbook = playbook_choose(&session, options->args[1]);
		status = playbook != NULL ? playbook_print(&session, playbook)
		                          : EXIT_USAGE;
	}
	session_end(&session);
	return status;
}

int
cmd_explain(const struct options *options)
{
	if (options->arg_count == 2 &&
	    strcmp(options->args[0], "playbook") == 0)
		return explain_playbook(options);
	if (options->arg_count >= 2 && strcmp(options->args[0], "reply") == 0)
		return explain_reply(options);
	if (options->arg_count >= 1 && strcmp(options->args[0], "port") == 0)
		return explain_port(options);
	if (options->arg_count >= 1 && strcmp(options->args[0], "spf") == 0)
		return explain_spf(options);
	log_error("what should be explained? mailfix explain playbook NAME, "
	          "mailfix explain reply TEXT, mailfix explain port in|out "
	          "PORT, or mailfix explain spf DOMAIN from ADDR");
	return EXIT_USAGE;
}
