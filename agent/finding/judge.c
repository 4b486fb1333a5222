/*
 * judge.c - rules x facts -> findings
 *
 * Purpose  evaluate the `when` of each playbook, for each row where it has a
 *          for-each; note what could not be told; order causes first
 * Input    typed facts and checked playbooks; the memory of earlier runs
 * Errors   none: what cannot be judged is an entry in `unknown`
 * Runs as  actor; pure
 * Source   Kleene's strong three-valued logic; SPEC section 3
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/finding/judging.h"

static const char *const state_texts[] = {
    [FINDING_FOUND] = "found",
    [FINDING_MASKED] = "masked",
    [FINDING_FIXED] = "fixed",
    [FINDING_FAILED] = "failed",
    [FINDING_SUPPRESSED] = "suppressed",
};
_Static_assert(
    ARRAY_COUNT(state_texts) == FINDING_STATE_MAX, "one text a state");

const char *
finding_state_to_text(enum finding_state state)
{
	return state_texts[state];
}

/* persistence - has it held for as long as `for` asks? */
static void
persistence(const struct judging *judging, struct finding *finding)
{
	const struct playbook *playbook = finding->playbook;
	const struct finding_memory *memory = judging->memory;
	char seen[UNIT_TEXT_MAX], wanted[UNIT_TEXT_MAX];
	int64_t since_s = judging->facts->taken_s;
	double held_s;

	finding->held_runs = 1;
	finding->since_s = judging->facts->taken_s;
	if (memory != NULL && memory->held != NULL)
		finding->held_runs += memory->held(
		    memory->user, playbook->name, finding->item, &since_s);
	if (finding->held_runs > 1)
		finding->since_s = since_s;
	/* memory counts by another clock: it may be a second ahead */
	held_s = finding->since_s < judging->facts->taken_s
	             ? (double)(judging->facts->taken_s - finding->since_s)
	             : 0;
	if (finding->held_runs < playbook->for_runs) {
		finding->state = FINDING_SUPPRESSED;
		finding->note = arena_printf(judging->arena,
		    "seen in %u of %u runs in a row", finding->held_runs,
		    playbook->for_runs);
	} else if (held_s < playbook->for_s) {
		finding->state = FINDING_SUPPRESSED;
		finding->note =
		    arena_printf(judging->arena, "seen for %s of %s",
		        unit_format(UNIT_SECONDS, held_s, seen),
		        unit_format(UNIT_SECONDS, playbook->for_s, wanted));
	}
}

static void
add_finding(
    struct judging *judging, const struct playbook *playbook, const char *row)
{
	struct finding *finding;

	if (judging->count == judging->size) {
		judging->size = judging->size * 2 + 16;
		judging->findings = mem_grow(judging->findings, judging->size,
		    sizeof(*judging->findings));
	}
	finding = &judging->findings[judging->count++];
	*finding = (struct finding){
	    .playbook = playbook,
	    .item = row,
	    .state = FINDING_FOUND,
	    .title = template_text(
	        judging->arena, playbook->title, judging->facts, row),
	};
	if (playbook->evidence != NULL)
		finding->told = template_known(
		    judging->arena, playbook->evidence, judging->facts, row);
	if (playbook->advice != NULL)
		finding->advice = template_advice(
		    judging->arena, playbook->advice, judging->facts, row);
	judging_evidence(judging, finding);
	persistence(judging, finding);
}

static void
add_unjudged(struct judging *judging, const struct playbook *playbook,
    const char *row, struct unknown missing)
{
	if (judging->unjudged_count == judging->unjudged_size) {
		judging->unjudged_size = judging->unjudged_size * 2 + 16;
		judging->unjudged = mem_grow(judging->unjudged,
		    judging->unjudged_size, sizeof(*judging->unjudged));
	}
	judging->unjudged[judging->unjudged_count++] = (struct unjudged){
	    .playbook = playbook,
	    .item = row,
	    .fact = missing.fact,
	    .reason = missing.reason,
	};
}

static void
judge_row(
    struct judging *judging, const struct playbook *playbook, const char *row)
{
	struct value value =
	    expr_eval(judging->arena, playbook->when, judging->facts, row);

	if (value.kind == VALUE_BOOL) {
		if (value.is_true)
			add_finding(judging, playbook, row);
		return;
	}
	add_unjudged(judging, playbook, row,
	    judging_unknown(judging, playbook, row, value));
}

static void
judge_playbook(struct judging *judging, const struct playbook *playbook)
{
	const struct fact_table *table;

	if (playbook->for_each == NULL) {
		judge_row(judging, playbook, NULL);
		return;
	}
	table = fact_table_get(judging->facts, playbook->for_each);
	if (table->state != FACT_KNOWN) {
		add_unjudged(judging, playbook, NULL,
		    judging_unknown(
		        judging, playbook, NULL, VALUE_UNKNOWN_OF(NULL)));
		return;
	}
	for (size_t i = 0; i < table->count; i++)
		judge_row(judging, playbook, table->rows[i].key);
}

/* Where a finding stands in the report; the lower the sooner. */
static int
place(const struct judging *judging, size_t i)
{
	switch (judging->findings[i].state) {
	case FINDING_MASKED:
		return 2;
	case FINDING_SUPPRESSED:
		return 3;
	case FINDING_FOUND:
	case FINDING_FIXED:
	case FINDING_FAILED:
	case FINDING_STATE_MAX:
		break;
	}
	for (size_t k = 0; k < judging->count; k++)
		if (judging->roots[k] == i)
			return 0;
	return 1;
}

struct order {
	size_t index;
	int place;
	const struct finding *finding;
};

static int
order_compare(const void *a, const void *b)
{
	const struct order *x = a, *y = b;
	const struct playbook *p = x->finding->playbook,
	                      *q = y->finding->playbook;
	int by_name;

	if (x->place != y->place)
		return x->place - y->place;
	if (p->severity != q->severity)
		return (int)q->severity - (int)p->severity;
	by_name = strcmp(p->name, q->name);
	if (by_name != 0)
		return by_name;
	return x->index < y->index ? -1 : 1;
}

/* is_shown - chosen, or the cause of something chosen */
static bool
is_shown(const struct judging *judging, size_t i)
{
	if (judging->findings[i].playbook->is_chosen)
		return true;
	for (size_t k = 0; k < judging->count; k++)
		if (judging->roots[k] == i &&
		    judging->findings[k].playbook->is_chosen)
			return true;
	return false;
}

/* hand_over - into the arena, in order, with masked_by as pointers */
static void
hand_over(const struct judging *judging, struct judgement *ret)
{
	AUTO_FREE struct order *order =
	    mem_alloc(judging->count, sizeof(*order));
	AUTO_FREE size_t *new_index =
	    mem_alloc(judging->count, sizeof(*new_index));
	size_t count = 0;

	for (size_t i = 0; i < judging->count; i++)
		if (is_shown(judging, i))
			order[count++] = (struct order){
			    .index = i,
			    .place = place(judging, i),
			    .finding = &judging->findings[i],
			};
	qsort(order, count, sizeof(*order), order_compare);
	ret->findings =
	    arena_alloc(judging->arena, count, sizeof(*ret->findings));
	ret->count = count;
	for (size_t i = 0; i < count; i++) {
		ret->findings[i] = *order[i].finding;
		new_index[order[i].index] = i;
	}
	for (size_t i = 0; i < count; i++) {
		size_t root = judging->roots[order[i].index];

		if (root != JUDGING_NONE)
			ret->findings[i].masked_by =
			    &ret->findings[new_index[root]];
	}
}

void
finding_judge(struct arena *arena, const struct playbook_set *playbooks,
    const struct fact_set *facts, const struct finding_memory *memory,
    struct judgement *ret)
{
	struct judging judging = {
	    .arena = arena,
	    .playbooks = playbooks,
	    .facts = facts,
	    .memory = memory,
	};

	*ret = (struct judgement){0};
	for (size_t i = 0; i < playbooks->count; i++)
		judge_playbook(&judging, &playbooks->playbooks[i]);
	judging_mask(&judging);
	hand_over(&judging, ret);
	ret->unknown_count = judging.unknown_count;
	ret->unknown =
	    arena_alloc(arena, judging.unknown_count, sizeof(*ret->unknown));
	for (size_t i = 0; i < judging.unknown_count; i++)
		ret->unknown[i] = judging.unknown[i];
	free(judging.findings);
	free(judging.roots);
	free(judging.unjudged);
	free(judging.unknown);
}
