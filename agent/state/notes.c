/*
 * notes.c - the smaller things that are remembered
 *
 * Purpose  pause, broken observers, numbers of the run before
 * Input    the admin's words; names of our own counters
 * Errors   none
 * Runs as  actor
 * Source   state.h
 */
#include <limits.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/state/entries.h"

void
state_pause(struct state *state, int64_t until_s, const char *reason)
{
	int64_t left_s = until_s - clock_now_s();

	/* longer than a century is a slip of the keyboard; keeps ms in range */
	if (left_s > INT64_C(3155760000))
		left_s = INT64_C(3155760000);
	state->is_paused = left_s > 0;
	state->pause_end_ms = clock_boot_ms() + left_s * 1000;
	state->pause_reason = state_dup(state, reason);
}

bool
state_is_paused(const struct state *state, int64_t now_s, int64_t *ret_until_s,
    const char **ret_reason)
{
	int64_t left_ms = state->pause_end_ms - clock_boot_ms();

	if (!state->is_paused || left_ms <= 0)
		return false;
	if (ret_until_s != NULL)
		*ret_until_s = now_s + (left_ms + 999) / 1000;
	if (ret_reason != NULL)
		*ret_reason = state->pause_reason;
	return true;
}

unsigned
state_observer_killed(struct state *state, bool is_killed)
{
	if (!is_killed)
		state->observers_killed = 0;
	else if (state->observers_killed < UINT_MAX)
		state->observers_killed++;
	return state->observers_killed;
}

static struct state_counter *
counter_find(const struct state *state, const char *name)
{
	for (size_t i = 0; i < state->counter_count; i++)
		if (strcmp(state->counters[i].name, name) == 0)
			return &state->counters[i];
	return NULL;
}

void
state_counter_set(struct state *state, const char *name, double value)
{
	struct state_counter *counter = counter_find(state, name);

	if (counter == NULL) {
		if (state->counter_count >= STATE_COUNTERS_MAX)
			return;
		counter = state_add_counter(state);
		counter->name = state_dup(state, name);
	}
	counter->value = value;
	counter->born_ms = clock_boot_ms();
}

bool
state_counter_get(const struct state *state, const char *name,
    double *ret_value, int64_t *ret_at_s)
{
	const struct state_counter *counter = counter_find(state, name);

	if (state->is_closed || counter == NULL)
		return false;
	*ret_value = counter->value;
	*ret_at_s = clock_now_s() - state_age_ms(counter->born_ms) / 1000;
	return true;
}
