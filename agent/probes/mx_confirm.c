/*
 * mx_confirm.c - are these the mail servers of a domain? asked for it alone
 *
 * Purpose  the actor's second look before a row names servers
 * Input    a domain and names that an observer told: checked by its caller
 * Errors   none: in doubt they are not
 * Runs as  actor; the question in an observer of its own
 * Cost     a fork and a round trip for each domain of a group
 * Source   agent/DESIGN.md, Trust
 */
#include "agent/probes/mx_confirm.h"

#include "agent/base/text.h"
#include "agent/fact/fact.h"
#include "agent/probes/observe.h"

bool
mx_confirm(struct arena *arena, const struct config *config,
    const struct mta *mta, const char *domain, const char *servers)
{
	const struct table *table = schema_table_find("mx", NULL);
	const struct throttle_list list = {
	    .refused = &domain, .refused_count = 1};
	struct fact_set *set = fact_set_new(arena);
	bool *wanted =
	    arena_alloc(arena, schema_table_count(), sizeof(*wanted));
	const struct observe_request request = {
	    .config = config, .mta = mta, .wanted = wanted, .throttles = &list};
	struct observe_result result = {0};
	struct value told;
	struct why why = {0};
	size_t index = 0;

	(void)schema_table_find("mx", &index);
	wanted[index] = true;
	if (observe(&request, set, &result, &why) < 0 || result.is_tainted)
		return false;
	told = fact_cell(
	    set, table, domain, (size_t)schema_column_find(table, "servers"));
	return told.kind == VALUE_TEXT && text_equal(told.text, servers);
}
