/*
 * missing.c - what a `when` needed and could not be told
 *
 * Purpose  name the missing facts as the report does: a table, a row, or one
 *          fact, each once
 * Input    facts, and the columns that an expression reads
 * Errors   none
 * Runs as  actor; pure
 * Source   SPEC section 2, `unknown`
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/finding/judging.h"

/*
 * More are not listed: a report of hundreds of missing facts says the same as
 * one of many, and the search for doubles stays short.
 */
#define UNKNOWN_MAX 256

struct search {
	struct judging *judging;
	const struct playbook *playbook;
	const char *row;
	struct unknown first;
};

static void
note(struct search *search, const char *fact, const char *reason)
{
	struct judging *judging = search->judging;

	if (reason == NULL)
		reason = "not told";
	if (search->first.fact == NULL)
		search->first =
		    (struct unknown){.fact = fact, .reason = reason};
	if (!search->playbook->is_chosen)
		return;
	for (size_t i = 0; i < judging->unknown_count; i++)
		if (strcmp(judging->unknown[i].fact, fact) == 0)
			return;
	if (judging->unknown_count == UNKNOWN_MAX)
		return;
	if (judging->unknown_count == judging->unknown_size) {
		judging->unknown_size = judging->unknown_size * 2 + 16;
		judging->unknown = mem_grow(judging->unknown,
		    judging->unknown_size, sizeof(*judging->unknown));
	}
	judging->unknown[judging->unknown_count++] =
	    (struct unknown){.fact = fact, .reason = reason};
}

static void
note_table(struct search *search, const struct fact_table *table)
{
	note(search, table->schema->name,
	    table->state == FACT_UNKNOWN ? table->reason
	                                 : "it was not looked at");
}

/* is_blank - nothing of this row could be told, all for one reason */
static bool
is_blank(const struct table *schema, const struct fact_row *row)
{
	for (size_t i = 0; i < schema->column_count; i++)
		if (row->cells[i].kind != VALUE_UNKNOWN ||
		    !text_equal(row->cells[i].text, row->cells[0].text))
			return false;
	return true;
}

static void
note_row(struct search *search, const struct table *schema, const char *key,
    const char *reason)
{
	note(search,
	    schema->key == NULL ? schema->name
	                        : arena_printf(search->judging->arena, "%s[%s]",
	                              schema->name, key),
	    reason);
}

/* is_elsewhere - the whole table that the cell comes from is not known */
static bool
is_elsewhere(struct search *search, const struct column *column)
{
	const struct table *from =
	    column->joined_table != NULL
	        ? schema_table_find(column->joined_table, NULL)
	        : NULL;
	const struct fact_table *table =
	    from != NULL ? fact_table_get(search->judging->facts, from) : NULL;

	if (table == NULL || table->state != FACT_UNKNOWN)
		return false;
	note_table(search, table);
	return true;
}

static void
note_cell(struct search *search, const struct table *schema,
    const struct fact_row *row, int column)
{
	const struct value *cell = &row->cells[column];
	struct arena *arena = search->judging->arena;
	const char *name = schema->columns[column].name;

	if (cell->kind != VALUE_UNKNOWN ||
	    is_elsewhere(search, &schema->columns[column]))
		return;
	if (is_blank(schema, row))
		note_row(search, schema, row->key, cell->text);
	else if (schema->key == NULL)
		note(search, arena_printf(arena, "%s.%s", schema->name, name),
		    cell->text);
	else
		note(search,
		    arena_printf(
		        arena, "%s[%s].%s", schema->name, row->key, name),
		    cell->text);
}

static void
visit(void *user, const struct table *schema, const char *key, int column)
{
	struct search *search = user;
	const struct fact_table *table =
	    fact_table_get(search->judging->facts, schema);
	const struct fact_row *row;

	if (table->state != FACT_KNOWN) {
		note_table(search, table);
		return;
	}
	if (column < 0)
		return;
	if (key == NULL && schema == search->playbook->for_each)
		key = search->row;
	if (key == NULL && schema->key == NULL)
		key = "";
	if (key == NULL) {
		for (size_t i = 0; i < table->count; i++)
			note_cell(search, schema, &table->rows[i], column);
		return;
	}
	row = fact_row_find(table, key);
	if (row != NULL)
		note_cell(search, schema, row, column);
	else
		note_row(search, schema, key, "there is no such row");
}

/* note_result - no cell is missing: say what the expression says */
static void
note_result(struct search *search, const char *text)
{
	const char *end = text != NULL ? strstr(text, ": ") : NULL;

	if (end == NULL)
		note(search,
		    arena_printf(search->judging->arena, "the `when` of %s",
		        search->playbook->name),
		    text);
	else
		note(search,
		    arena_dup_n(
		        search->judging->arena, text, (size_t)(end - text)),
		    end + 2);
}

struct unknown
judging_unknown(struct judging *judging, const struct playbook *playbook,
    const char *row, struct value result)
{
	struct search search = {
	    .judging = judging, .playbook = playbook, .row = row};
	const struct fact_table *table;

	if (playbook->for_each != NULL && row == NULL) {
		table = fact_table_get(judging->facts, playbook->for_each);
		note_table(&search, table);
		return search.first;
	}
	expr_facts(playbook->when, visit, &search);
	if (search.first.fact == NULL)
		note_result(&search, result.text);
	return search.first;
}
