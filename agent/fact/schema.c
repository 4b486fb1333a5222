/*
 * schema.c - the list of all tables of facts
 *
 * Purpose  one place to find a table or a column by its name
 * Input    names from playbooks and from the wire
 * Errors   none: NULL or -1 when there is no such name
 * Runs as  both roles
 * Source   SPEC section 4
 */
#include "agent/fact/schema.h"

#include <string.h>

#include "agent/base/auto.h"

#define TABLE(name) extern const struct table schema_##name;
#include "agent/fact/schema_table.def"
#undef TABLE

const struct table *const schema_tables[] = {
#define TABLE(name) &schema_##name,
#include "agent/fact/schema_table.def"
#undef TABLE
    NULL,
};

size_t
schema_table_count(void)
{
	return ARRAY_COUNT(schema_tables) - 1;
}

const struct table *
schema_table_find(const char *name, size_t *ret_index)
{
	for (size_t i = 0; schema_tables[i] != NULL; i++)
		if (strcmp(schema_tables[i]->name, name) == 0) {
			if (ret_index != NULL)
				*ret_index = i;
			return schema_tables[i];
		}
	return NULL;
}

int
schema_column_find(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->column_count; i++)
		/* asked for each cell of thousands */
		if (table->columns[i].name[0] == name[0] &&
		    strcmp(table->columns[i].name, name) == 0)
			return (int)i;
	return -1;
}
