/*
 * cmd_history.c - mailfix history [RUN]
 *
 * Purpose  runs, findings, changes: one line each, or one run in full
 * Input    the audit log
 * Errors   64 for a run that is not there; 1 when the log cannot be read
 * Runs as  the actor; the log is root's
 * Source   SPEC section 2
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/config.h"
#include "agent/base/log.h"
#include "agent/main/command.h"
#include "agent/main/history.h"
#include "agent/main/output.h"
#include "agent/main/terminal.h"
#include "agent/report/page.h"
#include "agent/report/words.h"

/* The latest runs that did or found something. */
#define HISTORY_SHOWN 20

/* What became of the changes of earlier runs: ", 2 changes undone" */
static void
outcome_add(struct buf *text, const struct history_run *run)
{
	static const char *const outcomes[][2] = {
	    {"undone",     " undone"    },
	    {"left-alone", " left alone"},
	    {"not-undone", " not undone"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(outcomes); i++) {
		const char *of = NULL;
		size_t count = 0;

		for (size_t k = 0; k < run->event_count; k++)
			if (strcmp(run->events[k].event, outcomes[i][0]) == 0) {
				count++;
				of = run->events[k].of;
			}
		if (count == 0)
			continue;
		buf_add(text, ", ");
		words_plural(text, count, "change");
		if (of != NULL)
			buf_addf(text, " of %s", of);
		buf_add(text, outcomes[i][1]);
	}
}

static void
summary_line(struct page *page, const struct history_run *run)
{
	AUTO_BUF struct buf text = {0};
	char head[48];

	(void)snprintf(head, sizeof(head), "%-22s ", run->run);
	/* undo, pause, resume: nothing was looked for */
	if (run->status != NULL && strcmp(run->status, "done") == 0) {
		buf_add(&text, run->mode);
		outcome_add(&text, run);
		page_line(page, PAGE_PLAIN, head, buf_text(&text), NULL);
		return;
	}
	buf_addf(&text, "%s, %s: ", run->mode,
	    run->status != NULL ? run->status : "cut short");
	words_plural(&text, (size_t)run->problems, "problem");
	if (run->fixed > 0)
		buf_addf(&text, ", %lld fixed", (long long)run->fixed);
	if (run->applied > 0) {
		buf_add(&text, ", ");
		words_plural(&text, (size_t)run->applied, "fix");
		buf_add(&text, " applied");
	}
	if (run->eased > 0) {
		buf_add(&text, ", ");
		words_plural(&text, (size_t)run->eased, "step");
		buf_add(&text, " back toward normal");
	}
	if (run->failed > 0)
		buf_addf(&text, ", %lld failed%s", (long long)run->failed,
		    run->undone == run->failed ? " and undone" : "");
	page_line(page,
	    run->failed > 0 || run->status == NULL ? PAGE_BAD : PAGE_PLAIN,
	    head, buf_text(&text), NULL);
}

static void
list_lines(struct page *page, const struct history *history, bool is_all)
{
	size_t loud = 0, quiet = 0, skip;
	AUTO_BUF struct buf text = {0};

	for (size_t i = 0; i < history->count; i++)
		if (history_is_quiet(&history->runs[i]))
			quiet++;
		else
			loud++;
	skip = is_all || loud <= HISTORY_SHOWN ? 0 : loud - HISTORY_SHOWN;
	for (size_t i = 0; i < history->count; i++) {
		if (history_is_quiet(&history->runs[i]) && !is_all)
			continue;
		if (skip > 0)
			skip--;
		else
			summary_line(page, &history->runs[i]);
	}
	if (quiet > 0 && !is_all) {
		words_plural(&text, quiet, "more run");
		buf_add(&text, " found nothing (--verbose shows them)");
		page_line(page, PAGE_DIM, "", buf_text(&text), NULL);
	}
	if (history->count == 0)
		page_line(page, PAGE_PLAIN, "", "No run has been recorded yet.",
		    NULL);
}

static void
run_lines(struct page *page, const struct history_run *run)
{
	summary_line(page, run);
	page_gap(page);
	for (size_t i = 0; i < run->event_count; i++) {
		const struct history_event *event = &run->events[i];
		AUTO_BUF struct buf text = {0};
		bool is_own =
		    event->of == NULL || strcmp(event->of, run->run) == 0;
		char head[48], number[64] = "";

		if (event->change > 0)
			(void)snprintf(number, sizeof(number), "%s/%lld ",
			    is_own ? "" : event->of, (long long)event->change);
		(void)snprintf(head, sizeof(head), "  %.8s  %-10.20s ",
		    strlen(event->time) > 11 ? event->time + 11 : "",
		    event->event);
		buf_addf(&text, "%s%s", number, event->text);
		page_line(page, PAGE_PLAIN, head, buf_text(&text), NULL);
	}
	if (run->applied > 0 || run->eased > 0) {
		AUTO_BUF struct buf text = {0};

		page_gap(page);
		buf_addf(&text, "To undo all of it: mailfix undo %s", run->run);
		page_line(page, PAGE_PLAIN, "", buf_text(&text), NULL);
	}
}

static int
history_print(const struct options *options, const struct history *history)
{
	AUTO_BUF struct buf text = {0};
	struct terminal terminal;
	struct page page;

	if (output_is_json(options)) {
		AUTO_JSON struct json *json = history_json(history);

		return output_json(options, json, EXIT_HEALTHY);
	}
	terminal_look(&terminal, options);
	page = page_begin(&text, terminal.columns, terminal.is_colour);
	if (history->only != NULL)
		run_lines(&page, &history->runs[0]);
	else
		list_lines(&page, history, options->is_verbose);
	if (history->bad > 0) {
		page_line(&page, PAGE_WARN, "",
		    "Some lines of the audit log cannot be read: mailfix "
		    "audit verify",
		    NULL);
	}
	return output_write(options, &text, EXIT_HEALTHY);
}

int
cmd_history(const struct options *options)
{
	struct history history = {.arena = arena_new()};
	struct why why = {0};
	int status, r;

	if (options->arg_count > 1) {
		log_error("history takes one run at most");
		history.arena = arena_free(history.arena);
		return EXIT_USAGE;
	}
	history.only = options->arg_count == 1 ? options->args[0] : NULL;
	r = history_read(&history, CONFIG_AUDIT, &why);
	if (r < 0 && r != -ENOENT) {
		log_error("%s", why.text);
		status = EXIT_PROBLEMS;
	} else if (history.only != NULL && history.count == 0) {
		log_error("there is no run %s in the audit log", history.only);
		status = EXIT_USAGE;
	} else {
		status = history_print(options, &history);
	}
	history_done(&history);
	history.arena = arena_free(history.arena);
	return status;
}
