/*
 * cmd_audit.c - mailfix audit verify|show [RUN]
 *
 * Purpose  check the chain of the audit log; print it for people
 * Input    the audit log, and a file of anchors that was kept elsewhere
 * Errors   64 usage; 1 when the chain has a problem, or the log cannot be read
 * Runs as  the actor; the log is root's
 * Source   SPEC sections 2 and 6
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/audit/audit.h"
#include "agent/base/config.h"
#include "agent/base/log.h"
#include "agent/main/command.h"
#include "agent/main/history.h"
#include "agent/main/output.h"
#include "agent/main/terminal.h"
#include "agent/report/page.h"
#include "agent/report/words.h"

struct printer {
	struct page page;
	struct json *list; /* borrowed */
	const char *run;   /* only this one, or NULL */
	size_t count;
};

static void
problem_note(void *user, const struct audit_problem *problem)
{
	struct printer *printer = user;
	struct json *object = json_object_new();
	AUTO_BUF struct buf text = {0};

	printer->count++;
	json_set_text(object, "file", problem->file);
	json_set_int(object, "seq", problem->seq);
	json_set_text(object, "text", problem->text);
	json_push(printer->list, object);
	if (problem->file != NULL)
		buf_addf(&text, "%s: ", problem->file);
	if (problem->seq > 0)
		buf_addf(&text, "record %lld: ", (long long)problem->seq);
	buf_add(&text, problem->text);
	page_line(&printer->page, PAGE_BAD, "x ", buf_text(&text), NULL);
}

static int
audit_print(const struct options *options, const struct json *root,
    const struct buf *text, int status)
{
	if (output_is_json(options))
		return output_json(options, root, status);
	return output_write(options, text, status);
}

/* A log that was tampered with must not be mended by the one who did it. */
static const char way_out[] =
    "No fix is made while the end of the log is damaged. Its records are in "
    "the journal too (journalctl SYSLOG_IDENTIFIER=mailfix). When you have "
    "looked, move all audit.* files to another folder: the log begins anew.";

static int
verify(const struct options *options, struct printer *printer,
    struct json *root, struct buf *text)
{
	AUTO_BUF struct buf line = {0};
	int64_t records = 0;
	struct why why = {0};
	int r, status;

	json_set(root, "problems", printer->list);
	r = audit_verify(CONFIG_AUDIT, options->anchors, problem_note, printer,
	    &records, &why);
	if (r < 0) {
		log_error("%s", why.text);
		return EXIT_PROBLEMS;
	}
	json_set_int(root, "records", records);
	status = r == 0 ? EXIT_HEALTHY : EXIT_PROBLEMS;
	words_plural(&line, (size_t)records, "record");
	if (r == 0)
		buf_add(&line, ", the chain is whole");
	else {
		buf_add(&line, ", ");
		words_plural(&line, (size_t)r, "problem");
	}
	if (!options->is_quiet || r != 0)
		page_line(
		    &printer->page, PAGE_PLAIN, "", buf_text(&line), NULL);
	if (r > 0)
		page_line(&printer->page, PAGE_PLAIN, "", way_out, NULL);
	return audit_print(options, root, text, status);
}

/* Callback of audit_walk: user is the printer. */
static bool
record_show(void *user, const struct json *record)
{
	struct printer *printer = user;
	const char *run = json_get_text(record, "run");
	const char *event = json_get_text(record, "event");
	const char *time = json_get_text(record, "time");
	AUTO_BUF struct buf text = {0};
	struct json *copy = NULL;
	char head[64];

	if (printer->run != NULL &&
	    (run == NULL || strcmp(printer->run, run) != 0))
		return true;
	printer->count++;
	(void)snprintf(head, sizeof(head), "%6lld  ",
	    (long long)json_get_int(record, "seq", 0));
	buf_addf(&text, "%s  %s  %s", time != NULL ? time : "?",
	    run != NULL ? run : "?", event != NULL ? event : "?");
	page_line(&printer->page, PAGE_BOLD, head, buf_text(&text), NULL);
	buf_clear(&text);
	history_words(&text, record);
	if (text.length > 0)
		page_line(&printer->page, PAGE_PLAIN, "        ",
		    buf_text(&text), NULL);
	buf_clear(&text);
	json_write(&text, record, false);
	if (json_parse(buf_text(&text), text.length, &copy, NULL) == 0)
		json_push(printer->list, copy);
	return true;
}

static int
show(const struct options *options, struct printer *printer, struct json *root,
    struct buf *text)
{
	struct why why = {0};
	size_t bad = 0;
	int r;

	json_set(root, "records", printer->list);
	printer->run = options->arg_count == 2 ? options->args[1] : NULL;
	r = audit_walk(CONFIG_AUDIT, record_show, printer, &bad, &why);
	if (r < 0 && r != -ENOENT) {
		log_error("%s", why.text);
		return EXIT_PROBLEMS;
	}
	if (printer->run != NULL && printer->count == 0) {
		log_error("there is no run %s in the audit log", printer->run);
		return EXIT_USAGE;
	}
	json_set_int(root, "unreadable", (int64_t)bad);
	if (bad > 0)
		log_warn("%zu lines cannot be read: mailfix audit verify", bad);
	return audit_print(options, root, text, EXIT_HEALTHY);
}

int
cmd_audit(const struct options *options)
{
	AUTO_BUF struct buf text = {0};
	AUTO_JSON struct json *root = NULL;
	struct printer printer = {0};
	struct terminal terminal;
	const char *what = options->arg_count > 0 ? options->args[0] : "";
	bool is_verify = strcmp(what, "verify") == 0;

	if ((!is_verify && strcmp(what, "show") != 0) ||
	    options->arg_count > (is_verify ? 1 : 2)) {
		log_error("mailfix audit verify, or mailfix audit show [RUN]");
		return EXIT_USAGE;
	}
	terminal_look(&terminal, options);
	printer.page = page_begin(&text, terminal.columns, terminal.is_colour);
	printer.list = json_array_new();
	root = json_object_new();
	return is_verify ? verify(options, &printer, root, &text)
	                 : show(options, &printer, root, &text);
}
