/*
 * expr_name.c - expressions: what a name stands for
 *
 * Purpose  find columns, keys, tables and values of enumerations by the names
 *          in the schema; guess what was meant
 * Input    names of playbooks (root's)
 * Errors   to lint, with the place and the nearest right name
 * Runs as  actor; before the roles part
 * Source   SPEC sections 3 and 4
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/playbook/expr_node.h"

/* Room for the names that an error may choose the nearest of. */
#define CANDIDATES_MAX (SCHEMA_COLUMNS_MAX + 128)

struct candidates {
	const char *names[CANDIDATES_MAX + 1];
	size_t count;
};

static void
candidate_add(struct candidates *candidates, const char *name)
{
	if (candidates->count < CANDIDATES_MAX)
		candidates->names[candidates->count++] = name;
}

static void
candidates_columns(struct candidates *candidates, const struct table *table)
{
	for (size_t i = 0; i < table->column_count; i++)
		candidate_add(candidates, table->columns[i].name);
}

static void
candidates_tables(struct candidates *candidates)
{
	for (size_t i = 0; schema_tables[i] != NULL; i++)
		candidate_add(candidates, schema_tables[i]->name);
}

/* ", did you mean 'x'?", or nothing */
static const char *
guess(struct expr_reader *reader, const char *name,
    const struct candidates *candidates)
{
	const char *near = text_nearest(name, candidates->names);

	if (near == NULL)
		return "";
	return arena_printf(reader->arena, ", did you mean '%s'?", near);
}

static bool
is_bare(const struct expr *node)
{
	return node->key == NULL && node->second == NULL;
}

static bool
is_key_name(const struct table *table, const char *name)
{
	return table != NULL && table->key != NULL &&
	       (strcmp(table->key, name) == 0 ||
	           strcmp(table->name, name) == 0);
}

/* From here on the node is a column. */
static bool
node_fact(struct expr *node, const struct table *table, int column,
    enum expr_where where)
{
	static const enum expr_type types[] = {
	    [COLUMN_BOOL] = EXPR_TYPE_BOOL,
	    [COLUMN_NUMBER] = EXPR_TYPE_NUMBER,
	    [COLUMN_TEXT] = EXPR_TYPE_TEXT,
	    [COLUMN_ENUM] = EXPR_TYPE_TEXT,
	};
	const struct column *schema = &table->columns[column];

	node->op = EXPR_OP_FACT;
	node->table = table;
	node->column = column;
	node->where = where;
	node->type = types[schema->type];
	node->unit = schema->unit;
	node->names = schema->type == COLUMN_ENUM ? schema->names : NULL;
	return true;
}

bool
expr_name_is_known(const struct expr_reader *reader, const struct expr *node)
{
	if (!is_bare(node))
		return true;
	return reader->row != NULL &&
	       (schema_column_find(reader->row, node->first) >= 0 ||
	           is_key_name(reader->row, node->first));
}

/* A column of another table with one row, for the hint "write host.load1". */
static const struct table *
owner_find(const char *column)
{
	for (size_t i = 0; schema_tables[i] != NULL; i++)
		if (schema_column_find(schema_tables[i], column) >= 0)
			return schema_tables[i];
	return NULL;
}

/* "queued-1": the names of both sides are known, the spaces are missing. */
static bool
minus_error(struct expr_reader *reader, const struct expr *node)
{
	const char *minus = strchr(node->first, '-');
	struct expr left = *node;

	if (minus == NULL)
		return false;
	left.first = arena_dup_n(
	    reader->arena, node->first, (size_t)(minus - node->first));
	if (!expr_name_is_known(reader, &left))
		return false;
	(void)expr_error(reader,
	    "unknown name '%s': to subtract, put spaces around '-'",
	    node->first);
	return true;
}

static bool
bare_error(struct expr_reader *reader, const struct expr *node)
{
	struct candidates near = {0};
	const struct table *owner = owner_find(node->first);
	const char *meant;

	if (minus_error(reader, node))
		return false;
	if (schema_table_find(node->first, NULL) != NULL)
		return expr_error(reader, "'%s' is a table: write %s.COLUMN",
		    node->first, node->first);
	if (reader->row != NULL) {
		candidates_columns(&near, reader->row);
		candidate_add(&near, reader->row->key);
	}
	meant = guess(reader, node->first, &near);
	if (meant[0] == '\0' && owner != NULL)
		return expr_error(reader, "unknown name '%s': write %s%s.%s",
		    node->first, owner->name, owner->key != NULL ? "[KEY]" : "",
		    node->first);
	if (meant[0] == '\0' && reader->row == NULL)
		return expr_error(reader,
		    "unknown name '%s': without for-each, write "
		    "TABLE.COLUMN, and a text in quotes",
		    node->first);
	return expr_error(reader, "unknown name '%s'%s", node->first,
	    meant[0] != '\0' ? meant : "; a text is written in quotes");
}

static bool
bare_find(struct expr_reader *reader, struct expr *node)
{
	int column = -1;

	if (reader->row != NULL)
		column = schema_column_find(reader->row, node->first);
	if (column >= 0)
		return node_fact(node, reader->row, column, EXPR_WHERE_ROW);
	if (!is_key_name(reader->row, node->first))
		return bare_error(reader, node);
	node->op = EXPR_OP_KEY;
	node->type = EXPR_TYPE_TEXT;
	node->table = reader->row;
	return true;
}

/* A column of a table with many rows, and no row is named. */
static bool
row_error(struct expr_reader *reader, const struct expr *node,
    const struct table *table)
{
	if (reader->is_inside && reader->over != NULL)
		return expr_error(reader,
		    "%s.%s: this goes over the rows of %s; write %s[KEY].%s",
		    table->name, node->second, reader->over->name, table->name,
		    node->second);
	return expr_error(reader,
	    "%s has many rows: write %s[%s].%s for one of them, or any(...), "
	    "all(...), max(%s.%s) for all",
	    table->name, table->name, table->key, node->second, table->name,
	    node->second);
}

static bool
column_find(struct expr_reader *reader, struct expr *node)
{
	const struct table *table = schema_table_find(node->first, NULL);
	struct candidates near = {0};
	int column;

	if (table == NULL) {
		candidates_tables(&near);
		return expr_error(reader, "unknown table '%s'%s", node->first,
		    guess(reader, node->first, &near));
	}
	column = schema_column_find(table, node->second);
	if (column < 0) {
		candidates_columns(&near, table);
		return expr_error(reader, "table %s has no column '%s'%s",
		    table->name, node->second,
		    guess(reader, node->second, &near));
	}
	if (table->key == NULL && node->key != NULL)
		return expr_error(reader, "%s has one row: write %s.%s",
		    table->name, table->name, node->second);
	if (table->key == NULL)
		return node_fact(node, table, column, EXPR_WHERE_ONE);
	if (node->key != NULL)
		return node_fact(node, table, column, EXPR_WHERE_AT);
	if (table == reader->over)
		return node_fact(node, table, column, EXPR_WHERE_EACH);
	if (table == reader->row)
		return node_fact(node, table, column, EXPR_WHERE_ROW);
	return row_error(reader, node, table);
}

/* A bare word where one of `names` is meant. */
static bool
value_find(
    struct expr_reader *reader, struct expr *node, const char *const *names)
{
	const char *near;

	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], node->first) == 0) {
			node->op = EXPR_OP_LITERAL;
			node->type = EXPR_TYPE_TEXT;
			node->value = VALUE_TEXT_OF(names[i]);
			return true;
		}
	if (expr_name_is_known(reader, node))
		return bare_find(reader, node);
	near = text_nearest(node->first, names);
	return expr_error(reader, "'%s' is none of the values here%s%s%s",
	    node->first, near != NULL ? ", did you mean '" : ": ",
	    near != NULL ? near : names[0], near != NULL ? "'?" : ", ...");
}

bool
expr_name_find(
    struct expr_reader *reader, struct expr *node, const char *const *names)
{
	if (!is_bare(node))
		return column_find(reader, node);
	if (names != NULL)
		return value_find(reader, node, names);
	return bare_find(reader, node);
}
