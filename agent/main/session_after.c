/*
 * session_after.c - look again at the symptoms of what was fixed
 *
 * Purpose  a symptom that is gone with its cause is no problem that remains;
 *          one that is not is left to the next run, which then plans its fix
 * Input    facts from observers: typed, but their texts are hostile
 * Errors   none: without a look that can be trusted they stay symptoms
 * Runs as  the actor
 * Source   SPEC section 2, exit status 0
 */
#include "agent/base/auto.h"
#include "agent/main/session.h"

static bool
is_symptom_of_fixed(const struct finding *finding)
{
	return finding->state == FINDING_MASKED && finding->masked_by != NULL &&
	       finding->masked_by->state == FINDING_FIXED;
}

/* Marks the tables that the symptoms are judged by; false: there are none. */
static bool
symptoms_tables(const struct judgement *judgement, bool *wanted)
{
	bool is_any = false;

	for (size_t i = 0; i < judgement->count; i++) {
		const struct finding *finding = &judgement->findings[i];
		size_t index;

		if (!is_symptom_of_fixed(finding))
			continue;
		is_any = true;
		expr_tables(finding->playbook->when, wanted);
		if (finding->playbook->for_each != NULL &&
		    schema_table_find(
		        finding->playbook->for_each->name, &index) != NULL)
			wanted[index] = true;
	}
	return is_any;
}

void
session_after(struct session *session)
{
	AUTO_FREE bool *wanted =
	    mem_alloc(schema_table_count(), sizeof(*wanted));
	struct judgement *judgement = &session->judgement;
	struct fact_set *facts = NULL;
	struct why why = {0};

	if (!symptoms_tables(judgement, wanted) ||
	    session->host.look(session->host.user, wanted, &facts, &why) < 0)
		return;
	for (size_t i = 0; i < judgement->count; i++) {
		struct finding *finding = &judgement->findings[i];
		struct value value;

		if (!is_symptom_of_fixed(finding))
			continue;
		value = expr_eval(session->arena, finding->playbook->when,
		    facts, finding->item);
		if (value.kind == VALUE_BOOL && !value.is_true) {
			finding->state = FINDING_FIXED;
			finding->note = "gone with its cause";
		}
	}
}
