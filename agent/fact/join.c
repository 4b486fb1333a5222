/*
 * join.c - columns that are filled from another table
 *
 * Purpose  what two probes know of one thing, in one row: how many messages in
 *          the queue wait for a destination that the log tells about
 * Input    facts of one look; keys are hostile, and only compared
 * Errors   none: unknown with the reason of the other table
 * Runs as  actor
 * Source   the joined columns of schema_log.c
 */
#include "agent/fact/join.h"

#include <assert.h>
#include <string.h>

#include "agent/base/auto.h"

/* Of which the other table, which is complete, has no row. */
static struct value
joined_absent(const struct column *column, const char *key)
{
	switch (column->type) {
	case COLUMN_NUMBER:
		break;
	case COLUMN_BOOL:
		return VALUE_BOOL_OF(false);
	case COLUMN_TEXT:
		return column->is_joined_only
		           ? VALUE_UNKNOWN_OF("it is not told")
		           : VALUE_TEXT_OF(key);
	case COLUMN_ENUM:
		return VALUE_UNKNOWN_OF("it is not told");
	}
	return VALUE_NUMBER_OF(0);
}

static struct value
joined_value(const struct fact_set *set, const struct table *schema,
    size_t column, const struct column *to, const char *key)
{
	const struct fact_table *table = fact_table_get(set, schema);

	if (table->state == FACT_KNOWN && fact_row_find(table, key) == NULL) {
		/* the smallest rows are those that are not told */
		if (table->count >= schema->row_max)
			return VALUE_UNKNOWN_OF(arena_printf(set->arena,
			    "%s tells of the %zu largest only", schema->name,
			    schema->row_max));
		return joined_absent(to, key);
	}
	return fact_cell(set, schema, key, column);
}

/* What the other rows leave; one of theirs that is not known is too small. */
static struct value
rest_value(const struct fact_set *set, const struct fact_table *table,
    const struct column *column)
{
	const struct table *whole =
	    schema_table_find(column->joined_whole, NULL);
	size_t index = (size_t)(column - table->schema->columns);
	struct value value = fact_cell(set, whole, NULL,
	    (size_t)schema_column_find(whole, column->joined_column));

	if (value.kind != VALUE_NUMBER || column->unit != UNIT_COUNT)
		return value;
	for (size_t i = 0; i < table->count; i++) {
		const struct fact_row *row = &table->rows[i];

		if (row->cells[index].kind == VALUE_NUMBER)
			value.number -= row->cells[index].number;
	}
	/* a message for several domains counts in each */
	if (value.number < 0)
		value.number = 0;
	return value;
}

static void
column_join(struct fact_set *set, struct fact_table *table,
    const struct column *column, const char *rest)
{
	const struct table *from =
	    schema_table_find(column->joined_table, NULL);
	int index =
	    from == NULL ? -1 : schema_column_find(from, column->joined_column);
	size_t to = (size_t)(column - table->schema->columns);
	struct fact_row *last = NULL;

	assert(index >= 0);
	for (size_t i = 0; index >= 0 && i < table->count; i++) {
		struct fact_row *row = &table->rows[i];

		if (row->cells[to].kind != VALUE_UNKNOWN)
			continue;
		if (rest != NULL && column->joined_whole != NULL &&
		    strcmp(row->key, rest) == 0)
			last = row;
		else
			row->cells[to] = joined_value(
			    set, from, (size_t)index, column, row->key);
	}
	if (last != NULL)
		last->cells[to] = rest_value(set, table, column);
}

void
fact_join(struct fact_set *set, const char *rest)
{
	for (size_t i = 0; i < set->table_count; i++) {
		struct fact_table *table = &set->tables[i];
		const struct table *schema = table->schema;

		if (table->state != FACT_KNOWN)
			continue;
		for (size_t k = 0; k < schema->column_count; k++)
			if (schema->columns[k].joined_table != NULL)
				column_join(
				    set, table, &schema->columns[k], rest);
	}
}

void
fact_join_tables(const struct table *schema, int column, bool *wanted)
{
	size_t read;

	for (size_t i = 0; schema->reads != NULL && schema->reads[i]; i++)
		if (schema_table_find(schema->reads[i], &read) != NULL)
			wanted[read] = true;
	for (size_t i = 0; i < schema->column_count; i++) {
		const char *names[] = {schema->columns[i].joined_table,
		    schema->columns[i].joined_whole};
		size_t index;

		if (column >= 0 && (size_t)column != i)
			continue;
		for (size_t k = 0; k < ARRAY_COUNT(names); k++)
			if (names[k] != NULL &&
			    schema_table_find(names[k], &index) != NULL)
				wanted[index] = true;
	}
}
