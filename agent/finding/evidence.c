/*
 * evidence.c - the facts that a finding rests on
 *
 * Purpose  collect the known values that the `when` of the row at hand reads
 *          and that the title and `evidence` name, each once, in this order
 * Input    typed facts, checked expressions
 * Errors   none: what is unknown is no evidence and is left out
 * Runs as  actor; pure
 * Source   SPEC section 2, `evidence`
 */
#include <stdlib.h>
#include <string.h>

#include "agent/finding/judging.h"

struct gather {
	const struct judging *judging;
	const struct finding *finding;
	struct evidence *items; /* heap */
	size_t count, size;
};

static const char *
name_of(const struct gather *gather, const struct table *schema,
    const char *key, const char *column)
{
	struct arena *arena = gather->judging->arena;

	if (schema->key == NULL)
		return arena_printf(arena, "%s.%s", schema->name, column);
	if (key == NULL)
		return column;
	return arena_printf(arena, "%s[%s].%s", schema->name, key, column);
}

static void
visit(void *user, const struct table *schema, const char *key, int column)
{
	struct gather *gather = user;
	const struct finding *finding = gather->finding;
	bool is_row = key == NULL && schema == finding->playbook->for_each;
	struct value value;
	const char *name;

	/* A column of many rows is no single value. */
	if (column < 0 || (key == NULL && !is_row && schema->key != NULL))
		return;
	value = fact_cell(gather->judging->facts, schema,
	    is_row ? finding->item : key, (size_t)column);
	if (value.kind == VALUE_UNKNOWN)
		return;
	name = name_of(gather, schema, key, schema->columns[column].name);
	for (size_t i = 0; i < gather->count; i++)
		if (strcmp(gather->items[i].name, name) == 0)
			return;
	if (gather->count == gather->size) {
		gather->size = gather->size * 2 + 8;
		gather->items = mem_grow(
		    gather->items, gather->size, sizeof(*gather->items));
	}
	gather->items[gather->count++] = (struct evidence){
	    .name = name,
	    .column = &schema->columns[column],
	    .value = value,
	};
}

void
judging_evidence(const struct judging *judging, struct finding *finding)
{
	struct gather gather = {.judging = judging, .finding = finding};
	struct evidence *items;

	expr_facts(finding->playbook->when, visit, &gather);
	template_facts(finding->playbook->title, visit, &gather);
	if (finding->playbook->evidence != NULL)
		template_facts(finding->playbook->evidence, visit, &gather);
	items = arena_alloc(judging->arena, gather.count, sizeof(*items));
	for (size_t i = 0; i < gather.count; i++)
		items[i] = gather.items[i];
	free(gather.items);
	finding->evidence = items;
	finding->evidence_count = gather.count;
}
