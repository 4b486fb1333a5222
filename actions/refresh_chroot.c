/*
 * refresh_chroot.c - action refresh-chroot: copy a system file into the chroot
 *
 * Purpose  one action; row ACTION(refresh_chroot) in actions/action_table.def
 * Input    facts of table `chroot_file`
 * Errors   -ENODATA: a fact is unknown; -EALREADY: the copy is the same
 * Runs as  actor; pure
 * Source   postfix-script(1) of Debian, which makes these copies at start
 */
#include <errno.h>
#include <string.h>

#include "actions/action.h"

static int
refresh_chroot_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	const char *path = action_text(input, "path");
	const char *source;
	bool exists, is_stale = true;
	struct change *change;
	int r;

	if (path == NULL || path[0] != '/')
		return why_set(why, -ENODATA, "it is not known which file");
	r = action_cell_text(
	    input, "chroot_file", path, "source", &source, why);
	if (r == 0)
		r = action_cell_bool(
		    input, "chroot_file", path, "exists", &exists, why);
	if (r == 0 && exists)
		r = action_cell_bool(
		    input, "chroot_file", path, "stale", &is_stale, why);
	if (r < 0)
		return r;
	if (exists && !is_stale)
		return why_set(
		    why, -EALREADY, "%s is the same as %s", path, source);

	change = action_change(input, ret);
	change->kind = change_kind_find("file");
	change->verb = "copy";
	change->target = path;
	change->before =
	    exists ? arena_printf(input->arena, "differs from %s", source)
	           : NULL;
	change->after = arena_printf(input->arena, "as %s", source);
	change->text =
	    arena_printf(input->arena, "copy %s to %s", source, path);
	change->detail = arena_dup(input->arena, source);
	return 0;
}

static const struct action_param params[] = {
    {.name = "path",
     .type = EXPR_TYPE_TEXT,
     .is_required = true,
     .doc = "the copy, as {path} of table chroot_file"},
    {0},
};

static const char *const tables[] = {"chroot_file", NULL};

const struct action action_refresh_chroot = {
    .spec =
        {
               .name = "refresh-chroot",
               .risk = RISK_SAFE,
               .doc = "copy a system file into the mail system's chroot again",
               .params = params,
               .tables = tables,
               },
    .plan = refresh_chroot_plan,
};
