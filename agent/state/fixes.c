/*
 * fixes.c - which fixes were made: limits, cooldowns, budgets, the breaker
 *
 * Purpose  count what was tried, so that nothing is tried again and again
 * Input    names of playbooks, items and fixes; the boot clock
 * Errors   none; a closed state answers that everything was just tried
 * Runs as  actor
 * Source   state.h for the bounds
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/state/entries.h"

static bool
is_recent(int64_t born_ms, double window_s)
{
	return (double)state_age_ms(born_ms) < window_s * 1000;
}

static bool
is_same(const struct state_fix *entry, const char *playbook, const char *item,
    const char *fix)
{
	return strcmp(entry->playbook, playbook) == 0 &&
	       text_equal(entry->item, item) && strcmp(entry->fix, fix) == 0;
}

static struct state_breaker *
breaker_find(const struct state *state, const char *playbook)
{
	for (size_t i = 0; i < state->breaker_count; i++)
		if (strcmp(state->breakers[i].playbook, playbook) == 0)
			return &state->breakers[i];
	return NULL;
}

bool
state_is_full(const struct state *state)
{
	size_t count = 0;

	for (size_t i = 0; i < state->fix_count; i++)
		if (is_recent(state->fixes[i].born_ms, STATE_FIX_KEEP_S))
			count++;
	return state->is_closed || count >= STATE_FIXES_MAX ||
	       state->breaker_count >= STATE_BREAKERS_MAX;
}

/* drop_old - what no limit can ask for any more */
static void
drop_old(struct state *state)
{
	size_t kept = 0;

	for (size_t i = 0; i < state->fix_count; i++)
		if (is_recent(state->fixes[i].born_ms, STATE_FIX_KEEP_S))
			state->fixes[kept++] = state->fixes[i];
	state->fix_count = kept;
}

void
state_fix_note(struct state *state, const char *playbook, const char *item,
    const char *fix, bool is_disruptive, int64_t now_s)
{
	struct state_fix *entry;

	drop_old(state);
	entry = state_add_fix(state);
	entry->playbook = state_dup(state, playbook);
	entry->item = state_dup(state, item);
	entry->fix = state_dup(state, fix);
	entry->is_disruptive = is_disruptive;
	entry->born_ms = clock_boot_ms();
	entry->at_s = now_s;
}

void
state_fix_result(struct state *state, const char *playbook, bool is_effective)
{
	struct state_breaker *breaker = breaker_find(state, playbook);

	if (is_effective) {
		if (breaker != NULL)
			*breaker = state->breakers[--state->breaker_count];
		return;
	}
	if (breaker == NULL) {
		breaker = state_add_breaker(state);
		breaker->playbook = state_dup(state, playbook);
	}
	if (breaker->failures < STATE_BREAKER_FAILURES)
		breaker->failures++;
	breaker->born_ms = clock_boot_ms();
}

unsigned
state_fix_count(const struct state *state, const char *playbook,
    const char *item, const char *fix, double window_s)
{
	unsigned count = 0;

	if (state->is_closed)
		return UINT_MAX;
	for (size_t i = 0; i < state->fix_count; i++)
		if (is_same(&state->fixes[i], playbook, item, fix) &&
		    is_recent(state->fixes[i].born_ms, window_s))
			count++;
	return count;
}

double
state_fix_age_s(const struct state *state, const char *playbook,
    const char *item, const char *fix)
{
	double least_s = -1;

	if (state->is_closed)
		return 0;
	for (size_t i = 0; i < state->fix_count; i++) {
		double age_s =
		    (double)state_age_ms(state->fixes[i].born_ms) / 1000;

		if (is_same(&state->fixes[i], playbook, item, fix) &&
		    (least_s < 0 || age_s < least_s))
			least_s = age_s;
	}
	return least_s;
}

/* A fix of another name: no section of a playbook can be called so. */
#define UNDONE     "undone: "
#define UNDONE_MAX 256 /* names are cut alike, here and there */

void
state_undo_note(struct state *state, const char *playbook, const char *item,
    const char *fix, int64_t now_s)
{
	char name[UNDONE_MAX];

	(void)snprintf(name, sizeof(name), UNDONE "%s", fix);
	state_fix_note(state, playbook, item, name, false, now_s);
}

bool
state_undo_is_fresh(const struct state *state, const char *playbook,
    const char *item, const char *fix)
{
	char name[UNDONE_MAX];

	(void)snprintf(name, sizeof(name), UNDONE "%s", fix);
	return state_fix_count(state, playbook, item, name, STATE_UNDO_KEEP_S) >
	       0;
}

unsigned
state_disruptive_count(const struct state *state, double window_s)
{
	unsigned count = 0;

	if (state->is_closed)
		return UINT_MAX;
	for (size_t i = 0; i < state->fix_count; i++)
		if (state->fixes[i].is_disruptive &&
		    is_recent(state->fixes[i].born_ms, window_s))
			count++;
	return count;
}

bool
state_breaker_open(const struct state *state, const char *playbook)
{
	const struct state_breaker *breaker = breaker_find(state, playbook);

	if (state->is_closed)
		return true;
	return breaker != NULL && breaker->failures >= STATE_BREAKER_FAILURES &&
	       is_recent(breaker->born_ms, STATE_BREAKER_QUIET_S);
}
