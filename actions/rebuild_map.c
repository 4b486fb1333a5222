/*
 * rebuild_map.c - action rebuild-map: build a lookup table from its source
 *
 * Purpose  one action; row ACTION(rebuild_map) in actions/action_table.def
 * Input    facts of table `map`
 * Errors   -ENODATA: a fact is unknown; -EALREADY: it is not stale
 * Runs as  actor; pure
 * Source   postmap(1), postalias(1)
 */
#include <errno.h>
#include <string.h>

#include "actions/action.h"

static int
rebuild_map_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	const char *path = action_text(input, "path");
	const char *type, *built;
	bool exists, is_stale = true;
	struct change *change;
	int r;

	if (path == NULL || path[0] != '/')
		return why_set(why, -ENODATA, "it is not known which map");
	r = action_cell_text(input, "map", path, "type", &type, why);
	if (r == 0)
		r = action_cell_text(input, "map", path, "built", &built, why);
	if (r == 0)
		r = action_cell_bool(
		    input, "map", path, "exists", &exists, why);
	if (r == 0 && exists)
		r = action_cell_bool(
		    input, "map", path, "stale", &is_stale, why);
	if (r < 0)
		return r;
	if (exists && !is_stale)
		return why_set(
		    why, -EALREADY, "%s is not older than %s", built, path);

	change = action_change(input, ret);
	change->kind = change_kind_find("file");
	change->verb = "build";
	change->target = arena_dup(input->arena, built);
	change->before =
	    exists ? arena_printf(input->arena, "older than %s", path) : NULL;
	change->after = arena_printf(input->arena, "built from %s", path);
	change->text =
	    arena_printf(input->arena, "build %s from %s", built, path);
	change->detail = arena_printf(input->arena, "%s:%s", type, path);
	return 0;
}

static const struct action_param params[] = {
    {.name = "path",
     .type = EXPR_TYPE_TEXT,
     .is_required = true,
     .doc = "the source of the map, as {path} of table map"},
    {0},
};

static const char *const tables[] = {"map", NULL};

const struct action action_rebuild_map = {
    .spec =
        {
               .name = "rebuild-map",
               .risk = RISK_SAFE,
               .doc = "build a lookup table anew from its source",
               .params = params,
               .tables = tables,
               },
    .plan = rebuild_map_plan,
};
