/*
 * world.c - the facts of a scenario
 *
 * Purpose  read FACT and TABLE lines, and make a fact set of them at each look
 * Input    scenario files: ours
 * Errors   scenario_fail
 * Runs as  the test
 * Source   scenario.h
 */
#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/fact/join.h"
#include "tests/scenario/scenario.h"

void
world_add(struct world *world, const struct world_entry *entry)
{
	if (world->count == world->size) {
		world->size = world->size * 2 + 64;
		world->entries = mem_grow(
		    world->entries, world->size, sizeof(*world->entries));
	}
	world->entries[world->count++] = *entry;
}

/* unquote - 'text' without its quotes; others as they are */
static const char *
unquote(struct scenario *scenario, const char *text)
{
	size_t length = strlen(text);

	if (length >= 2 && text[0] == '\'' && text[length - 1] == '\'')
		return arena_dup_n(scenario->arena, text + 1, length - 2);
	return arena_dup(scenario->arena, text);
}

static bool
read_number(struct scenario *scenario, const struct column *column,
    const char *text, struct value *ret)
{
	struct why why;
	enum unit unit;
	double number;

	if (unit_parse(text, &unit, &number, &why) < 0) {
		scenario_fail(scenario, "%s", why.text);
		return false;
	}
	if (unit != column->unit) {
		scenario_fail(scenario, "%s is %s, not %s: %s", column->name,
		    unit_name(column->unit), unit_name(unit), text);
		return false;
	}
	*ret = VALUE_NUMBER_OF(number);
	return true;
}

static bool
is_among(const char *const *names, const char *text)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, text) == 0)
			return true;
	return false;
}

static bool
read_value(struct scenario *scenario, const struct column *column,
    const char *text, struct value *ret)
{
	if (text_starts(text, "unknown ")) {
		*ret = VALUE_UNKNOWN_OF(unquote(scenario, text + 8));
		return true;
	}
	switch (column->type) {
	case COLUMN_NUMBER:
		return read_number(scenario, column, text, ret);
	case COLUMN_BOOL:
		*ret = VALUE_BOOL_OF(strcmp(text, "true") == 0);
		if (ret->is_true || strcmp(text, "false") == 0)
			return true;
		break;
	case COLUMN_ENUM:
		*ret = VALUE_TEXT_OF(arena_dup(scenario->arena, text));
		if (is_among(column->names, text))
			return true;
		break;
	case COLUMN_TEXT:
		*ret = VALUE_TEXT_OF(unquote(scenario, text));
		return true;
	}
	scenario_fail(scenario, "%s cannot be %s", column->name, text);
	return false;
}

static const struct table *
find_table(struct scenario *scenario, const char *name)
{
	const struct table *table = schema_table_find(name, NULL);

	if (table == NULL)
		scenario_fail(scenario, "there is no table %s", name);
	return table;
}

bool
world_fact(struct scenario *scenario, struct world *world, const char *text)
{
	struct arena *arena = scenario->arena;
	struct world_entry entry = {.key = ""};
	const char *equals = strstr(text, " = ");
	const char *open, *close, *dot;

	if (equals == NULL) {
		scenario_fail(scenario, "a fact is table[key].column = value");
		return false;
	}
	text = arena_dup(arena, text);
	equals = strstr(text, " = ");
	open = memchr(text, '[', (size_t)(equals - text));
	dot = memrchr(text, '.', (size_t)(equals - text));
	close =
	    open != NULL ? memrchr(text, ']', (size_t)(equals - text)) : NULL;
	if (dot == NULL || (open != NULL && close != dot - 1)) {
		scenario_fail(scenario, "a fact is table[key].column = value");
		return false;
	}
	if (open != NULL)
		entry.key =
		    arena_dup_n(arena, open + 1, (size_t)(close - open - 1));
	entry.table = find_table(
	    scenario, arena_dup_n(arena, text,
	                  (size_t)((open != NULL ? open : dot) - text)));
	if (entry.table == NULL)
		return false;
	entry.column = schema_column_find(entry.table,
	    arena_dup_n(arena, dot + 1, (size_t)(equals - dot - 1)));
	if (entry.column < 0 || (entry.table->key != NULL) != (open != NULL)) {
		scenario_fail(scenario, "there is no such fact: %s", text);
		return false;
	}
	if (!read_value(scenario, &entry.table->columns[entry.column],
	        equals + 3, &entry.value))
		return false;
	world_add(world, &entry);
	return true;
}

/* forget - what was said of a table before */
static void
forget(struct world *world, const struct table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < world->count; i++)
		if (world->entries[i].table != table)
			world->entries[kept++] = world->entries[i];
	world->count = kept;
}

bool
world_table(struct scenario *scenario, const char *text)
{
	const char *space = strchr(text, ' ');
	struct world_entry entry = {.column = -1};

	if (space == NULL) {
		scenario_fail(scenario, "TABLE name known|unknown 'reason'");
		return false;
	}
	entry.table = find_table(scenario,
	    arena_dup_n(scenario->arena, text, (size_t)(space - text)));
	if (entry.table == NULL)
		return false;
	entry.is_known = strcmp(space, " known") == 0;
	if (text_starts(space, " unknown "))
		entry.value.text = unquote(scenario, space + 9);
	if (!entry.is_known && entry.value.text == NULL) {
		scenario_fail(scenario, "TABLE name known|unknown 'reason'");
		return false;
	}
	forget(&scenario->world, entry.table);
	world_add(&scenario->world, &entry);
	return true;
}

static void
set_fact(struct fact_set *set, const struct world_entry *entry)
{
	struct fact_table *table = fact_table_get(set, entry->table);
	const struct fact_row *found;
	struct fact_row *row;

	if (entry->column < 0) {
		if (entry->is_known)
			fact_table_set_known(table);
		else
			fact_table_set_unknown(set, table, entry->value.text);
		return;
	}
	fact_table_set_known(table);
	found = fact_row_find(table, entry->key);
	row = found != NULL ? &table->rows[found - table->rows]
	                    : fact_row_add(set, table, entry->key);
	row->cells[entry->column] = entry->value;
}

struct fact_set *
world_look(struct scenario *scenario)
{
	struct fact_set *set = fact_set_new(scenario->arena);
	const struct mta_throttle *throttle = scenario->mta.throttle;
	const struct mta_relay *relay =
	    throttle != NULL ? throttle->relay : NULL;

	set->taken_s = scenario->now_s;
	for (size_t i = 0; i < scenario->world.count; i++)
		set_fact(set, &scenario->world.entries[i]);
	fact_join(set, relay != NULL ? relay->name : NULL);
	return set;
}
