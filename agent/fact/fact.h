/*
 * fact.h - what was observed in one look: tables of values
 *
 * A table is absent (no loaded playbook needs it), known, or unknown as a
 * whole with a reason. A cell of a known table is a value or unknown with a
 * reason. Everything lives in the set's arena.
 */
#ifndef MAILFIX_FACT_FACT_H
#define MAILFIX_FACT_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/mem.h"
#include "agent/fact/schema.h"
#include "agent/fact/value.h"

enum fact_state { FACT_ABSENT, FACT_KNOWN, FACT_UNKNOWN };

struct fact_row {
	const char *key;     /* "" for a table without a key */
	struct value *cells; /* column_count of them */
};

struct fact_table {
	const struct table *schema;
	enum fact_state state;
	const char *reason; /* FACT_UNKNOWN */
	struct fact_row *rows;
	size_t count, size;
	uint32_t *index; /* rows by hash of their key; row + 1, 0 is free */
};

struct fact_set {
	struct arena *arena;       /* borrowed */
	struct fact_table *tables; /* as schema_tables */
	size_t table_count;
	int64_t taken_s; /* when the look began */
};

struct fact_set *fact_set_new(struct arena *arena);

struct fact_table *fact_table_get(
    const struct fact_set *set, const struct table *schema);

/* fact_row_find - by key; NULL when there is no such row */
const struct fact_row *fact_row_find(
    const struct fact_table *table, const char *key);

/*
 * fact_cell - one value, whatever is missing on the way
 *
 * key  NULL for a table without a key
 * Unknown with a reason when the table is absent or unknown, the row is not
 * there, or the cell is unknown.
 */
struct value fact_cell(const struct fact_set *set, const struct table *schema,
    const char *key, size_t column);

/* fact_cell_named - the same, by the names of table and column */
struct value fact_cell_named(const struct fact_set *set, const char *table,
    const char *key, const char *column);

/* Builders, for the receiving end of the wire and for scenarios. */
void fact_table_set_known(struct fact_table *table);
void fact_table_set_unknown(
    struct fact_set *set, struct fact_table *table, const char *reason);

/* fact_row_add - new row, all cells unknown "not told"; key is copied */
struct fact_row *fact_row_add(
    struct fact_set *set, struct fact_table *table, const char *key);

#endif
