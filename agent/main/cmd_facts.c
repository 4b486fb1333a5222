/*
 * cmd_facts.c - mailfix facts [TABLE]
 *
 * Purpose  what was observed, with unit and source; what is unknown, and why
 * Input    facts from observers: typed, but their texts are hostile
 * Errors   64 for a table that does not exist; 2 when the look cannot be
 *          trusted; 78 for a wrong configuration
 * Runs as  the actor
 * Source   SPEC sections 2 and 4
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/base/text.h"
#include "agent/fact/join.h"
#include "agent/main/command.h"
#include "agent/main/facts_out.h"
#include "agent/main/output.h"
#include "agent/main/session.h"

static int
tables_choose(const struct options *options, bool *wanted)
{
	const char *names[SCHEMA_TABLES_MAX + 1];
	const char *nearest;
	size_t n = schema_table_count(), index;

	for (size_t i = 0; i < n; i++) {
		wanted[i] = options->arg_count == 0;
		names[i] = schema_tables[i]->name;
	}
	names[n] = NULL;
	for (size_t i = 0; i < options->arg_count; i++) {
		if (schema_table_find(options->args[i], &index) != NULL) {
			wanted[index] = true;
			continue;
		}
		nearest = text_nearest(options->args[i], names);
		log_error("there is no table \"%s\"%s%s%s", options->args[i],
		    nearest != NULL ? "; did you mean " : "",
		    nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
		return EXIT_USAGE;
	}
	return 0;
}

static int
facts_print(struct session *session, const bool *wanted)
{
	const struct options *options = session->options;
	int status = session->is_untrusted ? EXIT_UNKNOWN : EXIT_HEALTHY;
	AUTO_BUF struct buf text = {0};
	struct page page;

	if (output_is_json(options)) {
		AUTO_JSON struct json *json =
		    facts_json(session->facts, wanted);

		return output_json(options, json, status);
	}
	page = page_begin(
	    &text, session->terminal.columns, session->terminal.is_colour);
	facts_lines(&page, session->facts, wanted, options->is_verbose);
	for (size_t i = 0; i < session->note_count; i++)
		page_line(&page, PAGE_PLAIN, "", session->notes[i], NULL);
	return output_write(options, &text, status);
}

int
cmd_facts(const struct options *options)
{
	bool wanted[SCHEMA_TABLES_MAX] = {false};
	bool looked[SCHEMA_TABLES_MAX];
	struct session session;
	int status = tables_choose(options, wanted);

	if (status != 0)
		return status;
	/* what a column is joined from is looked at, and not shown */
	(void)memcpy(looked, wanted, sizeof(looked));
	for (size_t i = 0; i < schema_table_count(); i++)
		if (wanted[i])
			fact_join_tables(schema_tables[i], -1, looked);
	session_begin(&session, options);
	session.may_change = false;
	status = session_config(&session);
	session_catalogues_for(&session, wanted);
	if (status == 0)
		status = session_errors(&session);
	if (status == 0)
		status = session_mta(&session);
	if (status == 0)
		status = session_look(&session, looked);
	if (status == 0)
		status = facts_print(&session, wanted);
	session_end(&session);
	return status;
}
