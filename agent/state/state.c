/*
 * state.c - the state as an object, and its findings
 *
 * Purpose  what a run remembers: made, asked, released; how long findings hold
 * Input    names of playbooks and keys of rows; the boot clock
 * Errors   none: a full memory of findings forgets the newest, which can only
 *          delay a fix
 * Runs as  actor
 * Source   state.h for the rules of time and bounds
 */
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/state/entries.h"

struct state *
state_new(void)
{
	struct state *state = mem_alloc(1, sizeof(*state));

	state->arena = arena_new();
	return state;
}

struct state *
state_free(struct state *state)
{
	if (state == NULL)
		return NULL;
	(void)arena_free(state->arena);
	free(state->findings);
	free(state->fixes);
	free(state->breakers);
	free(state->counters);
	free(state->throttles);
	free(state);
	return NULL;
}

bool
state_is_closed(const struct state *state)
{
	return state->is_closed;
}

const char *
state_reason(const struct state *state)
{
	return state->is_closed ? state->reason : NULL;
}

int64_t
state_age_ms(int64_t born_ms)
{
	int64_t age_ms = clock_boot_ms() - born_ms;

	return age_ms > 0 ? age_ms : 0;
}

const char *
state_dup(struct state *state, const char *text)
{
	return text != NULL ? arena_dup(state->arena, text) : NULL;
}

static void *
grow(void *old, size_t *count, size_t *size, size_t item_size)
{
	if (*count == *size) {
		*size = *size * 2 + 16;
		old = mem_grow(old, *size, item_size);
	}
	(void)memset((char *)old + *count * item_size, 0, item_size);
	(*count)++;
	return old;
}

struct state_finding *
state_add_finding(struct state *state)
{
	state->findings = grow(state->findings, &state->finding_count,
	    &state->finding_size, sizeof(*state->findings));
	return &state->findings[state->finding_count - 1];
}

struct state_fix *
state_add_fix(struct state *state)
{
	state->fixes = grow(state->fixes, &state->fix_count, &state->fix_size,
	    sizeof(*state->fixes));
	return &state->fixes[state->fix_count - 1];
}

struct state_breaker *
state_add_breaker(struct state *state)
{
	state->breakers = grow(state->breakers, &state->breaker_count,
	    &state->breaker_size, sizeof(*state->breakers));
	return &state->breakers[state->breaker_count - 1];
}

struct state_counter *
state_add_counter(struct state *state)
{
	state->counters = grow(state->counters, &state->counter_count,
	    &state->counter_size, sizeof(*state->counters));
	return &state->counters[state->counter_count - 1];
}

struct state_throttle *
state_add_throttle(struct state *state)
{
	state->throttles = grow(state->throttles, &state->throttle_count,
	    &state->throttle_size, sizeof(*state->throttles));
	return &state->throttles[state->throttle_count - 1];
}

static struct state_finding *
finding_find(const struct state *state, const char *playbook, const char *item)
{
	for (size_t i = 0; i < state->finding_count; i++)
		if (strcmp(state->findings[i].playbook, playbook) == 0 &&
		    text_equal(state->findings[i].item, item))
			return &state->findings[i];
	return NULL;
}

unsigned
state_finding_held(
    void *user, const char *playbook, const char *item, int64_t *ret_since_s)
{
	const struct state *state = user;
	const struct state_finding *finding;

	if (state->is_closed)
		return 0;
	finding = finding_find(state, playbook, item);
	if (finding == NULL)
		return 0;
	*ret_since_s = clock_now_s() - state_age_ms(finding->born_ms) / 1000;
	return finding->runs;
}

void
state_finding_note(
    struct state *state, const char *playbook, const char *item, int64_t now_s)
{
	struct state_finding *finding = finding_find(state, playbook, item);

	if (finding == NULL) {
		if (state->finding_count >= STATE_FINDINGS_MAX)
			return;
		finding = state_add_finding(state);
		finding->playbook = state_dup(state, playbook);
		finding->item = state_dup(state, item);
		/* the look began a little before now */
		finding->born_ms =
		    clock_boot_ms() - (clock_now_s() - now_s) * 1000;
		if (finding->born_ms > clock_boot_ms())
			finding->born_ms = clock_boot_ms();
	}
	if (!finding->is_noted && finding->runs < UINT32_MAX)
		finding->runs++;
	finding->is_noted = true;
}

/* was_judged - could this run have seen that it still holds? */
static bool
was_judged(const struct playbook_set *judged, const char *name)
{
	const struct playbook *playbook;

	if (judged == NULL)
		return true;
	playbook = playbook_find(judged, name);
	return playbook != NULL && playbook->is_chosen;
}

void
state_findings_end(struct state *state, const struct playbook_set *judged)
{
	size_t kept = 0;

	for (size_t i = 0; i < state->finding_count; i++) {
		struct state_finding *finding = &state->findings[i];

		if (!finding->is_noted && was_judged(judged, finding->playbook))
			continue;
		finding->is_noted = false;
		state->findings[kept++] = *finding;
	}
	state->finding_count = kept;
}

void
state_findings_remember(struct state *state, const struct judgement *judgement,
    const struct playbook_set *judged, int64_t now_s)
{
	for (size_t i = 0; i < judgement->count; i++)
		state_finding_note(state, judgement->findings[i].playbook->name,
		    judgement->findings[i].item, now_s);
	state_findings_end(state, judged);
}
