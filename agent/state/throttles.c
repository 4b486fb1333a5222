/*
 * throttles.c - destinations that are slowed down, and those that were
 *
 * Purpose  what the control law must know from run to run
 * Input    domains, from the table and from the log; names of steps; ages
 * Errors   none: beyond the bound the oldest that runs at full speed is
 *          forgotten, then nothing more is kept (the next step is then chosen
 *          from evidence alone)
 * Runs as  actor
 * Source   state.h; throttle_law.h
 */
#include <string.h>
#include <strings.h>

#include "agent/base/clock.h"
#include "agent/state/entries.h"

static struct state_throttle *
entry_find(const struct state *state, const char *domain)
{
	for (size_t i = 0; i < state->throttle_count; i++)
		if (strcasecmp(state->throttles[i].domain, domain) == 0)
			return &state->throttles[i];
	return NULL;
}

static bool
is_old(const struct state_throttle *entry)
{
	return entry->step == NULL &&
	       state_age_ms(entry->born_ms) > STATE_THROTTLE_KEEP_S * 1000LL;
}

static void
drop_old(struct state *state)
{
	size_t kept = 0;

	for (size_t i = 0; i < state->throttle_count; i++)
		if (!is_old(&state->throttles[i]))
			state->throttles[kept++] = state->throttles[i];
	state->throttle_count = kept;
}

/* The one at full speed for the longest time; NULL: there is none. */
static struct state_throttle *
entry_least(const struct state *state)
{
	struct state_throttle *least = NULL;

	for (size_t i = 0; i < state->throttle_count; i++) {
		struct state_throttle *entry = &state->throttles[i];

		if (entry->step == NULL &&
		    (least == NULL || entry->born_ms < least->born_ms))
			least = entry;
	}
	return least;
}

void
state_throttle_set(struct state *state, const struct throttle *throttle)
{
	struct state_throttle *entry;

	if (state->is_closed)
		return;
	drop_old(state);
	entry = entry_find(state, throttle->domain);
	if (entry == NULL && state->throttle_count >= STATE_THROTTLES_MAX)
		entry = entry_least(state);
	else if (entry == NULL)
		entry = state_add_throttle(state);
	if (entry == NULL)
		return;
	*entry = (struct state_throttle){
	    .domain = state_dup(state, throttle->domain),
	    .step = state_dup(state, throttle->step),
	    .too_much = state_dup(state, throttle->too_much),
	    .worked = state_dup(state, throttle->worked),
	    .group = state_dup(state, throttle->group),
	    .since_us = throttle->since_us,
	    .rise_wait_s = throttle->rise_wait_s,
	    .rise_fails = throttle->rise_fails,
	    .pause_s = throttle->pause_s,
	    .taken = throttle->taken,
	    .taken_s = throttle->taken_s,
	    .born_ms = clock_boot_ms(),
	};
}

static void
entry_tell(const struct state_throttle *entry, struct arena *arena,
    struct throttle *ret)
{
	double age_s = (double)state_age_ms(entry->born_ms) / 1000;

	*ret = (struct throttle){
	    .domain = arena_dup(arena, entry->domain),
	    .step = entry->step,
	    .since_us = entry->since_us,
	    .age_s = age_s,
	    .too_much = entry->too_much,
	    .worked = entry->worked,
	    .rise_wait_s = entry->rise_wait_s,
	    .rise_fails = entry->rise_fails,
	    .pause_s = entry->pause_s > age_s ? entry->pause_s - age_s : 0,
	    .taken = entry->taken,
	    .taken_s = entry->taken_s,
	    .group = entry->group,
	};
}

size_t
state_throttles(
    const struct state *state, struct arena *arena, struct throttle **ret)
{
	struct throttle *all =
	    arena_alloc(arena, state->throttle_count + 1, sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; i < state->throttle_count; i++)
		if (!is_old(&state->throttles[i]))
			entry_tell(&state->throttles[i], arena, &all[count++]);
	*ret = all;
	return count;
}

void
state_refused_set(struct state *state, const char *const *domains, size_t count)
{
	if (state->is_closed)
		return;
	if (count > STATE_REFUSED_MAX)
		count = STATE_REFUSED_MAX;
	for (size_t i = 0; i < count; i++)
		state->refused[i] = state_dup(state, domains[i]);
	state->refused_count = count;
}

size_t
state_refused(
    const struct state *state, struct arena *arena, const char *const **ret)
{
	const char **all =
	    arena_alloc(arena, state->refused_count + 1, sizeof(*all));

	for (size_t i = 0; i < state->refused_count; i++)
		all[i] = state->refused[i];
	*ret = all;
	return state->refused_count;
}
