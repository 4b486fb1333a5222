/*
 * schema.h - which facts exist: tables, keys, typed columns, units, sources
 *
 * Data only. The playbook type-check, the wire, `mailfix facts` and the manual
 * all read these tables. schema.c lists them; a table's rows stand in the
 * schema_AREA.c file of its area.
 */
#ifndef MAILFIX_FACT_SCHEMA_H
#define MAILFIX_FACT_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/units.h"

enum column_type { COLUMN_BOOL, COLUMN_NUMBER, COLUMN_TEXT, COLUMN_ENUM };

struct column {
	const char *name;
	enum column_type type;
	enum unit unit;           /* of a number */
	const char *const *names; /* of an enum, NULL-terminated */
	const char *doc;          /* what it is, one line */
	const char *source; /* where it is read: "/proc/meminfo MemAvailable" */
	/*
	 * Filled by the actor from the row of the same key in another table, by
	 * fact_join; NULL: told by the table's own probe.
	 */
	const char *joined_table, *joined_column;
	/* a text: unknown without a row there; else the key itself stands */
	bool is_joined_only;
	/* a text of up to WIRE_PARTS records: something to paste */
	bool is_long;
	/*
	 * A table of one row with the same column for all of them; NULL: none.
	 * A row that stands for whatever has no row of its own gets the rest.
	 */
	const char *joined_whole;
};

struct table {
	const char *name;
	const char *key; /* name of the key, "domain"; NULL: exactly one row */
	const char *doc;
	const struct column *columns;
	size_t column_count;
	size_t row_max; /* 1 without a key; more rows are a protocol error */
	/* tables that its probe looks at; NULL-terminated, or NULL: none */
	const char *const *reads;
};

extern const struct table *const schema_tables[]; /* NULL-terminated */
size_t schema_table_count(void);

/* schema_table_find - by name; NULL when there is none; index in ret (or NULL) */
const struct table *schema_table_find(const char *name, size_t *ret_index);

/* schema_column_find - index of a column, or -1 */
int schema_column_find(const struct table *table, const char *name);

/* Most columns in one table: bounds the wire. */
#define SCHEMA_COLUMNS_MAX 48

#endif
