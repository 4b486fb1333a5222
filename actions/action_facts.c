/*
 * action_facts.c - facts for actions: known, or the reason why not
 *
 * Purpose  an action never rests on a fact that is unknown
 * Input    facts as observed; names of our own
 * Errors   -ENODATA, with the fact and the reason it is unknown
 * Runs as  actor
 * Source   SPEC section 1, rule 1
 */
#include <assert.h>
#include <errno.h>

#include "actions/action.h"

struct value
action_cell(const struct action_input *input, const char *table,
    const char *key, const char *column)
{
	const struct table *schema = schema_table_find(table, NULL);
	int index = schema == NULL ? -1 : schema_column_find(schema, column);

	assert(schema != NULL && index >= 0);
	return fact_cell(input->facts, schema, key, (size_t)index);
}

static int
cell_unknown(const char *table, const char *key, const char *column,
    const struct value *value, struct why *why)
{
	const char *reason = value->kind == VALUE_UNKNOWN && value->text != NULL
	                         ? value->text
	                         : "not told";

	if (key == NULL)
		return why_set(why, -ENODATA, "%s.%s is not known: %s", table,
		    column, reason);
	return why_set(why, -ENODATA, "%s[%s].%s is not known: %s", table, key,
	    column, reason);
}

int
action_cell_text(const struct action_input *input, const char *table,
    const char *key, const char *column, const char **ret, struct why *why)
{
	struct value value = action_cell(input, table, key, column);

	if (value.kind != VALUE_TEXT)
		return cell_unknown(table, key, column, &value, why);
	*ret = value.text;
	return 0;
}

int
action_cell_bool(const struct action_input *input, const char *table,
    const char *key, const char *column, bool *ret, struct why *why)
{
	struct value value = action_cell(input, table, key, column);

	if (value.kind != VALUE_BOOL)
		return cell_unknown(table, key, column, &value, why);
	*ret = value.is_true;
	return 0;
}
