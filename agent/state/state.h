/*
 * state.h - what one run remembers for the next: flat files, replaced by rename
 *
 * One file, DIR/state, JSON with a version and a checksum in its last line,
 * the generation before it kept as state.bak. A file that is damaged, empty,
 * or of a later version is never guessed at: state_load says so, and then all
 * cooldowns are running and nothing may be fixed.
 */
#ifndef MAILFIX_STATE_STATE_H
#define MAILFIX_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"

struct state; /* heap */

/*
 * state_load - read DIR/state
 *
 * An absent file is an empty state (first run). Returns 0, or a negative errno
 * with why; *ret is then a closed state (state_is_closed) that can be asked
 * and answers "no" to everything, and that state_save refuses to write.
 */
int state_load(const char *dir, struct state **ret, struct why *why);
struct state *state_free(struct state *state);
bool state_is_closed(const struct state *state);
int state_save(struct state *state, const char *dir, struct why *why);

/* Persistence of findings. */
unsigned state_finding_held(
    void *state, const char *playbook, const char *item, int64_t *ret_since_s);
void state_finding_note(struct state *state, const char *playbook,
    const char *item, int64_t now_s);         /* holds in this run */
void state_findings_end(struct state *state); /* forget those not noted */

/* Fixes: counted when they begin. */
void state_fix_note(struct state *state, const char *playbook, const char *item,
    const char *fix, bool is_disruptive, int64_t now_s);
void state_fix_result(struct state *state, const char *playbook,
    const char *item, const char *fix, bool is_effective, int64_t now_s);
unsigned state_fix_count(const struct state *state, const char *playbook,
    const char *item, const char *fix, double window_s, int64_t now_s);
double state_fix_age_s(const struct state *state, const char *playbook,
    const char *item, const char *fix, int64_t now_s); /* -1: never */
unsigned state_disruptive_count(
    const struct state *state, double window_s, int64_t now_s);

/* Breaker: after STATE_BREAKER_FAILURES fixes without effect in a row the
 * playbook only reports, until quiet for STATE_BREAKER_QUIET_S. */
#define STATE_BREAKER_FAILURES 3
#define STATE_BREAKER_QUIET_S  86400
bool state_breaker_open(
    const struct state *state, const char *playbook, int64_t now_s);

/* Pause. */
void state_pause(struct state *state, int64_t until_s, const char *reason);
bool state_is_paused(const struct state *state, int64_t now_s,
    int64_t *ret_until_s, const char **ret_reason);

/* Observers that broke their sandbox in a row; reset by a good look. */
unsigned state_observer_killed(struct state *state, bool is_killed);

/* Numbers of the run before, for rates: NULL name ends. -1 when absent. */
void state_counter_set(
    struct state *state, const char *name, double value, int64_t now_s);
bool state_counter_get(const struct state *state, const char *name,
    double *ret_value, int64_t *ret_at_s);

#endif
