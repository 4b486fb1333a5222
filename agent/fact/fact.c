/*
 * fact.c - what was observed in one look: tables of values
 *
 * Purpose  hold facts, find them by key, say why one is missing
 * Input    keys and texts that were checked by the wire, or come from scenarios
 * Errors   none: what is missing is a value, unknown with a reason
 * Runs as  actor; observers only through unit tests
 * Source   FNV-1a: draft-eastlake-fnv (a flood of colliding keys costs at most
 *          row_max comparisons a key)
 */
#include "agent/fact/fact.h"

#include <assert.h>
#include <string.h>

#include "agent/base/clock.h"

struct fact_set *
fact_set_new(struct arena *arena)
{
	struct fact_set *set = arena_alloc(arena, 1, sizeof(*set));

	set->arena = arena;
	set->table_count = schema_table_count();
	set->tables =
	    arena_alloc(arena, set->table_count, sizeof(*set->tables));
	for (size_t i = 0; i < set->table_count; i++)
		set->tables[i].schema = schema_tables[i];
	set->taken_s = clock_now_s();
	return set;
}

struct fact_table *
fact_table_get(const struct fact_set *set, const struct table *schema)
{
	for (size_t i = 0; i < set->table_count; i++)
		if (set->tables[i].schema == schema)
			return &set->tables[i];
	assert(!"a table that is not in the schema");
	return NULL;
}

/* Twice as many slots as rows may come: a free one is always near. */
static size_t
index_size(const struct fact_table *table)
{
	return 2 * table->schema->row_max;
}

/* The slot of this key: of its row, or the free one where it would be. */
static uint32_t *
index_slot(const struct fact_table *table, const char *key)
{
	uint32_t hash = 2166136261U;
	size_t i;

	for (const char *p = key; *p != '\0'; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619U;
	for (i = hash % index_size(table); table->index[i] != 0;
	     i = (i + 1) % index_size(table))
		if (strcmp(table->rows[table->index[i] - 1].key, key) == 0)
			break;
	return &table->index[i];
}

const struct fact_row *
fact_row_find(const struct fact_table *table, const char *key)
{
	uint32_t row;

	if (table->count == 0)
		return NULL;
	row = *index_slot(table, key != NULL ? key : "");
	return row != 0 ? &table->rows[row - 1] : NULL;
}

struct value
fact_cell(const struct fact_set *set, const struct table *schema,
    const char *key, size_t column)
{
	const struct fact_table *table = fact_table_get(set, schema);
	const struct fact_row *row;

	assert(column < schema->column_count);
	if (table->state == FACT_ABSENT)
		return VALUE_UNKNOWN_OF("was not looked at");
	if (table->state == FACT_UNKNOWN)
		return VALUE_UNKNOWN_OF(table->reason);
	row = fact_row_find(table, key);
	if (row == NULL)
		return VALUE_UNKNOWN_OF(
		    schema->key == NULL
		        ? "nothing was told"
		        : arena_printf(set->arena, "there is no %s %s",
		              schema->key, key != NULL ? key : "\"\""));
	return row->cells[column];
}

struct value
fact_cell_named(const struct fact_set *set, const char *table, const char *key,
    const char *column)
{
	const struct table *schema = schema_table_find(table, NULL);

	assert(schema != NULL);
	return fact_cell(
	    set, schema, key, (size_t)schema_column_find(schema, column));
}

void
fact_table_set_known(struct fact_table *table)
{
	table->state = FACT_KNOWN;
	table->reason = NULL;
}

void
fact_table_set_unknown(
    struct fact_set *set, struct fact_table *table, const char *reason)
{
	table->state = FACT_UNKNOWN;
	table->reason = arena_dup(set->arena, reason);
	table->rows = NULL;
	table->index = NULL;
	table->count = table->size = 0;
}

static void
rows_grow(struct fact_set *set, struct fact_table *table)
{
	size_t size = table->size != 0 ? 2 * table->size : 8;
	struct fact_row *rows;

	if (size > table->schema->row_max)
		size = table->schema->row_max;
	rows = arena_alloc(set->arena, size, sizeof(*rows));
	if (table->count != 0)
		(void)memcpy(rows, table->rows, table->count * sizeof(*rows));
	table->rows = rows;
	table->size = size;
}

struct fact_row *
fact_row_add(struct fact_set *set, struct fact_table *table, const char *key)
{
	const struct table *schema = table->schema;
	struct fact_row *row;

	assert(table->count < schema->row_max);
	assert(fact_row_find(table, key) == NULL);
	if (table->index == NULL)
		table->index = arena_alloc(
		    set->arena, index_size(table), sizeof(*table->index));
	if (table->count == table->size)
		rows_grow(set, table);
	row = &table->rows[table->count];
	row->key = arena_dup(set->arena, key);
	row->cells =
	    arena_alloc(set->arena, schema->column_count, sizeof(*row->cells));
	for (size_t i = 0; i < schema->column_count; i++)
		row->cells[i] = VALUE_UNKNOWN_OF("not told");
	*index_slot(table, key) = (uint32_t)++table->count;
	return row;
}
