/*
 * set_permissions.c - action set-permissions: owner, group and mode of the
 * queue
 *
 * Purpose  one action; row ACTION(set_permissions) in actions/action_table.def
 * Input    facts of table `queue_path`
 * Errors   -ENODATA: a fact is unknown; -EPERM: the path is not there;
 *          -EALREADY: it is as it must be
 * Runs as  actor; pure
 * Source   postfix-files, post-install(1)
 */
#include <errno.h>
#include <string.h>

#include "actions/action.h"

static int
set_permissions_plan(const struct action_input *input,
    struct action_output *ret, struct why *why)
{
	const char *path = action_text(input, "path");
	const char *mode, *wanted;
	bool exists;
	struct change *change;
	int r;

	if (path == NULL || path[0] != '/')
		return why_set(why, -ENODATA, "it is not known which path");
	r = action_cell_bool(input, "queue_path", path, "exists", &exists, why);
	if (r == 0 && !exists)
		return why_set(why, -EPERM, "%s is not there", path);
	if (r == 0)
		r = action_cell_text(
		    input, "queue_path", path, "mode", &mode, why);
	if (r == 0)
		r = action_cell_text(
		    input, "queue_path", path, "wanted", &wanted, why);
	if (r < 0)
		return r;
	if (strcmp(mode, wanted) == 0)
		return why_set(why, -EALREADY, "%s is %s already", path, mode);

	change = action_change(input, ret);
	change->kind = change_kind_find("file");
	change->verb = "mode";
	change->target = path;
	change->before = arena_dup(input->arena, mode);
	change->after = arena_dup(input->arena, wanted);
	change->text = arena_printf(input->arena, "set %s to %s", path, wanted);
	return 0;
}

static const struct action_param params[] = {
    {.name = "path",
     .type = EXPR_TYPE_TEXT,
     .is_required = true,
     .doc = "the path, as {path} of table queue_path"},
    {0},
};

static const char *const tables[] = {"queue_path", NULL};

const struct action action_set_permissions = {
    .spec =
        {
               .name = "set-permissions",
               .risk = RISK_SAFE,
               .doc = "give a directory of the queue the owner and mode it needs",
               .params = params,
               .tables = tables,
               },
    .plan = set_permissions_plan,
};
