/*
 * entries.h - the inside of struct state; for this folder only
 */
#ifndef MAILFIX_STATE_ENTRIES_H
#define MAILFIX_STATE_ENTRIES_H

#include "agent/state/state.h"

/* Raised when an older mailfix could misread the file. */
#define STATE_VERSION 1

/* Forgetting how long one of so many findings has held only delays its fix. */
#define STATE_FINDINGS_MAX 1024
/* One a playbook; nobody has more. */
#define STATE_BREAKERS_MAX 1024
/* Rates of the few single-row tables. */
#define STATE_COUNTERS_MAX 64
/* As many destinations as the log's table tells, and those of a day. */
#define STATE_THROTTLES_MAX 1024
/* All of the above with names as long as a row's key may be, and room. */
#define STATE_BYTES_MAX (8U * 1024U * 1024U)

/*
 * born_ms is a point on this boot's clock, below 0 for what came before the
 * boot: age = clock_boot_ms() - born_ms, whatever the wall clock does.
 */
struct state_finding {
	const char *playbook, *item; /* in the arena; item may be NULL */
	unsigned runs;
	int64_t born_ms;
	bool is_noted; /* in this run */
};

struct state_fix {
	const char *playbook, *item, *fix;
	bool is_disruptive;
	int64_t born_ms;
	int64_t at_s; /* wall time, for people who read the file */
};

struct state_breaker {
	const char *playbook;
	unsigned failures; /* in a row */
	int64_t born_ms;   /* of the last one */
};

struct state_counter {
	const char *name;
	double value;
	int64_t born_ms;
};

struct state_throttle {
	const char *domain, *step, *too_much, *worked, *group;
	int64_t since_us, born_ms; /* of the last step */
	double rise_wait_s, pause_s, taken, taken_s;
	unsigned rise_fails;
};

struct state {
	struct arena *arena;
	bool is_closed;
	char reason[WHY_TEXT_MAX];
	struct state_finding *findings; /* heap, as the others */
	size_t finding_count, finding_size;
	struct state_fix *fixes;
	size_t fix_count, fix_size;
	struct state_breaker *breakers;
	size_t breaker_count, breaker_size;
	struct state_counter *counters;
	size_t counter_count, counter_size;
	struct state_throttle *throttles;
	size_t throttle_count, throttle_size;
	const char *refused[STATE_REFUSED_MAX]; /* in the arena */
	size_t refused_count;
	bool is_paused;
	int64_t pause_end_ms; /* on this boot's clock */
	const char *pause_reason;
	unsigned observers_killed;
};

/* state_new - empty and open */
struct state *state_new(void);

/* state_age_ms - how old is what was born then */
int64_t state_age_ms(int64_t born_ms);

/* Append a zeroed entry; the caller keeps to the bounds. */
struct state_finding *state_add_finding(struct state *state);
struct state_fix *state_add_fix(struct state *state);
struct state_breaker *state_add_breaker(struct state *state);
struct state_counter *state_add_counter(struct state *state);
struct state_throttle *state_add_throttle(struct state *state);

/* state_dup - a text that lives as long as the state; NULL stays NULL */
const char *state_dup(struct state *state, const char *text);

#endif
