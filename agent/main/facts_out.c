/*
 * facts_out.c - facts for people and for programs
 *
 * Purpose  a set of facts as lines for a terminal and as JSON
 * Input    typed facts; keys and texts are hostile, escaped by page and json
 * Errors   none
 * Runs as  the actor
 * Source   SPEC section 4
 */
#include "agent/main/facts_out.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/report/words.h"

/* Rows of one table for people, unless all are asked for; qshape prints 20. */
#define FACTS_ROWS_SHOWN 20
/* Where values begin: holds the longest name of a column. */
#define FACTS_NAME_COLUMNS 24

static void
cell_line(struct page *page, const struct column *column,
    const struct value *value, bool is_all)
{
	AUTO_BUF struct buf text = {0};
	char head[64];

	(void)snprintf(
	    head, sizeof(head), "    %-*s", FACTS_NAME_COLUMNS, column->name);
	words_value(&text, column, value);
	page_line(page, value->kind == VALUE_UNKNOWN ? PAGE_WARN : PAGE_PLAIN,
	    head, buf_text(&text), column->source);
	if (is_all)
		page_line(page, PAGE_DIM, "      ", column->doc, NULL);
}

static void
row_lines(struct page *page, const struct table *schema,
    const struct fact_row *row, bool is_all)
{
	if (schema->key != NULL)
		page_line(page, PAGE_BOLD, "  ", row->key, schema->key);
	for (size_t i = 0; i < schema->column_count; i++)
		cell_line(page, &schema->columns[i], &row->cells[i], is_all);
}

/* Without rows the columns are still worth knowing. */
static void
schema_lines(struct page *page, const struct table *schema)
{
	for (size_t i = 0; i < schema->column_count; i++) {
		char head[64];

		(void)snprintf(head, sizeof(head), "    %-*s",
		    FACTS_NAME_COLUMNS, schema->columns[i].name);
		page_line(page, PAGE_DIM, head, schema->columns[i].doc,
		    schema->columns[i].source);
	}
}

static void
table_lines(struct page *page, const struct fact_table *table, bool is_all)
{
	const struct table *schema = table->schema;
	size_t shown = table->count;
	AUTO_BUF struct buf line = {0};
	char head[64];

	(void)snprintf(head, sizeof(head), "%s: ", schema->name);
	page_line(page, PAGE_BOLD, head, schema->doc, NULL);
	if (table->state != FACT_KNOWN) {
		buf_addf(&line, "not known: %s",
		    table->reason != NULL ? table->reason
		                          : "nothing observes it here");
		page_line(page, PAGE_WARN, "  ", buf_text(&line), NULL);
		if (is_all)
			schema_lines(page, schema);
		page_gap(page);
		return;
	}
	if (!is_all && shown > FACTS_ROWS_SHOWN)
		shown = FACTS_ROWS_SHOWN;
	for (size_t i = 0; i < shown; i++)
		row_lines(page, schema, &table->rows[i], is_all);
	if (table->count == 0)
		page_line(page, PAGE_PLAIN, "  ", "none", NULL);
	if (shown < table->count) {
		words_plural(&line, table->count - shown, "more row");
		buf_add(&line, " (--verbose shows them)");
		page_line(page, PAGE_DIM, "  ", buf_text(&line), NULL);
	}
	page_gap(page);
}

void
facts_lines(struct page *page, const struct fact_set *set, const bool *wanted,
    bool is_all)
{
	assert(set->table_count <= SCHEMA_TABLES_MAX);
	for (size_t i = 0; i < set->table_count; i++)
		if (wanted[i])
			table_lines(page, &set->tables[i], is_all);
}

static void
cell_json(struct json *values, struct json *unknown, const char *name,
    const struct value *value)
{
	switch (value->kind) {
	case VALUE_UNKNOWN:
		json_set_text(values, name, NULL);
		json_set_text(unknown, name, value->text);
		break;
	case VALUE_BOOL:
		json_set_bool(values, name, value->is_true);
		break;
	case VALUE_NUMBER:
		json_set_real(values, name, value->number);
		break;
	case VALUE_TEXT:
		json_set_text(values, name, value->text);
		break;
	}
}

static struct json *
row_json(const struct table *schema, const struct fact_row *row)
{
	struct json *object = json_object_new();
	struct json *values = json_object_new(), *unknown = json_object_new();

	json_set_text(object, "key", schema->key != NULL ? row->key : NULL);
	for (size_t i = 0; i < schema->column_count; i++)
		cell_json(
		    values, unknown, schema->columns[i].name, &row->cells[i]);
	json_set(object, "values", values);
	json_set(object, "unknown", unknown);
	return object;
}

static struct json *
columns_json(const struct table *schema)
{
	static const char *const types[] = {
	    [COLUMN_BOOL] = "bool",
	    [COLUMN_NUMBER] = "number",
	    [COLUMN_TEXT] = "text",
	    [COLUMN_ENUM] = "word",
	};
	struct json *array = json_array_new();

	for (size_t i = 0; i < schema->column_count; i++) {
		const struct column *column = &schema->columns[i];
		struct json *object = json_object_new();

		json_set_text(object, "name", column->name);
		json_set_text(object, "type", types[column->type]);
		json_set_text(object, "unit",
		    column->type == COLUMN_NUMBER ? unit_name(column->unit)
		                                  : NULL);
		json_set_text(object, "doc", column->doc);
		json_set_text(object, "source", column->source);
		json_push(array, object);
	}
	return array;
}

static struct json *
table_json(const struct fact_table *table)
{
	struct json *object = json_object_new(), *rows = json_array_new();

	json_set_text(object, "table", table->schema->name);
	json_set_text(object, "key", table->schema->key);
	json_set_bool(object, "known", table->state == FACT_KNOWN);
	json_set_text(object, "reason",
	    table->state == FACT_KNOWN ? NULL : table->reason);
	json_set(object, "columns", columns_json(table->schema));
	for (size_t i = 0; i < table->count; i++)
		json_push(rows, row_json(table->schema, &table->rows[i]));
	json_set(object, "rows", rows);
	return object;
}

struct json *
facts_json(const struct fact_set *set, const bool *wanted)
{
	struct json *root = json_object_new(), *tables = json_array_new();
	char taken[CLOCK_ISO_MAX];

	json_set_text(root, "taken", clock_iso(set->taken_s, taken));
	for (size_t i = 0; i < set->table_count; i++)
		if (wanted[i])
			json_push(tables, table_json(&set->tables[i]));
	json_set(root, "facts", tables);
	return root;
}
