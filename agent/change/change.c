/*
 * change.c - the list of all kinds of change
 *
 * Purpose  one place to find a kind by its name
 * Input    names from actions and from records of earlier runs
 * Errors   none: NULL when there is no such kind
 * Runs as  actor
 * Source   SPEC section 5
 */
#include "agent/change/change.h"

#include <string.h>

#define CHANGE(name) extern const struct change_kind change_##name;
#include "agent/change/change_table.def"
#undef CHANGE

const struct change_kind *const change_kinds[] = {
#define CHANGE(name) &change_##name,
#include "agent/change/change_table.def"
#undef CHANGE
    NULL,
};

const struct change_kind *
change_kind_find(const char *name)
{
	for (size_t i = 0; change_kinds[i] != NULL; i++)
		if (strcmp(change_kinds[i]->name, name) == 0)
			return change_kinds[i];
	return NULL;
}

static bool
is_among(const char *const *verbs, const char *verb)
{
	for (; verbs != NULL && *verbs != NULL; verbs++)
		if (strcmp(*verbs, verb) == 0)
			return true;
	return false;
}

bool
change_is_undoable(const struct change *change)
{
	return change->kind->is_undoable &&
	       !is_among(change->kind->lasting, change->verb);
}

bool
change_is_traceless(const struct change *change)
{
	return is_among(change->kind->traceless, change->verb);
}
