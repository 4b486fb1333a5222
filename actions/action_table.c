/*
 * action_table.c - the list of all actions, and what they share
 *
 * Purpose  find an action by its name; hand out parameters and changes
 * Input    names from playbooks; parameters that the loader has checked
 * Errors   none: NULL when there is no such action
 * Runs as  actor
 * Source   SPEC section 5
 */
#include <string.h>

#include "actions/action.h"
#include "agent/base/auto.h"

#define ACTION(name) extern const struct action action_##name;
#include "actions/action_table.def"
#undef ACTION

const struct action *const action_table[] = {
#define ACTION(name) &action_##name,
#include "actions/action_table.def"
#undef ACTION
    NULL,
};

const struct action_spec *const *
action_specs(void)
{
	static const struct action_spec *specs[ARRAY_COUNT(action_table)];

	for (size_t i = 0; action_table[i] != NULL; i++)
		specs[i] = &action_table[i]->spec;
	return specs;
}

const struct action *
action_find(const char *name)
{
	for (size_t i = 0; action_table[i] != NULL; i++)
		if (strcmp(action_table[i]->spec.name, name) == 0)
			return action_table[i];
	return NULL;
}

bool
action_has_steps(const char *name)
{
	const struct action *action = action_find(name);

	return action != NULL && action->ease != NULL;
}

static const struct fix_param *
param_find(const struct action_input *input, const char *name)
{
	for (size_t i = 0; i < input->fix->param_count; i++)
		if (strcmp(input->fix->params[i].spec->name, name) == 0)
			return &input->fix->params[i];
	return NULL;
}

const char *
action_text(const struct action_input *input, const char *name)
{
	const struct fix_param *param = param_find(input, name);

	if (param == NULL || param->text == NULL)
		return NULL;
	return template_text(
	    input->arena, param->text, input->facts, input->finding->item);
}

double
action_number(
    const struct action_input *input, const char *name, double otherwise)
{
	const struct fix_param *param = param_find(input, name);

	return param == NULL ? otherwise : param->number;
}

bool
action_is_planned(
    const struct action_input *input, const char *kind, const char *target)
{
	for (size_t i = 0; i < input->planned_count; i++)
		if (strcmp(input->planned[i]->kind->name, kind) == 0 &&
		    strcmp(input->planned[i]->target, target) == 0)
			return true;
	return false;
}

struct change *
action_change(const struct action_input *input, struct action_output *ret)
{
	struct change *grown =
	    arena_alloc(input->arena, ret->count + 1, sizeof(*grown));

	if (ret->count != 0)
		(void)memcpy(grown, ret->changes, ret->count * sizeof(*grown));
	ret->changes = grown;
	return &ret->changes[ret->count++];
}
