/*
 * probe_table.c - the list of all probes
 *
 * Purpose  one row a probe; which probe fills a table
 * Input    none: data
 * Errors   none
 * Runs as  actor
 * Source   -
 */
#include <string.h>

#include "agent/probes/probe.h"

#define PROBE(name) extern const struct probe probe_##name;
#include "agent/probes/probe_table.def"
#undef PROBE

const struct probe *const probe_table[] = {
#define PROBE(name) &probe_##name,
#include "agent/probes/probe_table.def"
#undef PROBE
    NULL,
};

const struct probe *
probe_find_for(const struct table *table)
{
	for (size_t i = 0; probe_table[i] != NULL; i++)
		for (size_t j = 0; probe_table[i]->tables[j] != NULL; j++)
			if (strcmp(probe_table[i]->tables[j], table->name) == 0)
				return probe_table[i];
	return NULL;
}
