/*
 * state.h - what one run remembers for the next: flat files, replaced by rename
 *
 * One file, DIR/state: one line of JSON with a version, then a last line with
 * its SHA-256; the generation before it is kept as DIR/state.bak. A file that
 * is damaged, cut, empty, or of a later version is never guessed at, and the
 * older generation is never taken by itself (it would forget the latest fix):
 * state_load says so, and then all cooldowns are running and nothing may be
 * fixed until an admin has put state.bak in its place or moved state away.
 *
 * Ages are told by the boot clock, never by the wall clock: an entry keeps how
 * old it was when the file was written. In the same boot its age goes on from
 * there; after another boot at least the uptime has passed. Time spent
 * switched off is not counted, so that a clock set back, or a year ahead,
 * neither clears a limit nor makes it last for ever.
 *
 * All the members are bounded. What may be forgotten without harm (how long a
 * finding has held) is dropped when the bound is reached; where forgetting
 * would lift a limit, state_is_full() says no to further fixes instead.
 */
#ifndef MAILFIX_STATE_STATE_H
#define MAILFIX_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"
#include "agent/finding/finding.h"
#include "agent/mail/throttle.h"

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
/* state_reason - why it is closed and how to get out, or NULL */
const char *state_reason(const struct state *state);
/* state_save - durable on return; the file before it becomes state.bak */
int state_save(struct state *state, const char *dir, struct why *why);

/* Persistence of findings; `state` of held is void for finding_memory. */
unsigned state_finding_held(
    void *state, const char *playbook, const char *item, int64_t *ret_since_s);
void state_finding_note(struct state *state, const char *playbook,
    const char *item, int64_t now_s); /* holds in this run */
/*
 * state_findings_end - forget those not noted in this run
 * judged  the playbooks of this run: those of others are kept; NULL: all ran
 */
void state_findings_end(struct state *state, const struct playbook_set *judged);
/* state_findings_remember - both, for a whole judgement */
void state_findings_remember(struct state *state,
    const struct judgement *judgement, const struct playbook_set *judged,
    int64_t now_s);

/*
 * Fixes are counted when they begin and kept for a week: no limit or cooldown
 * may be longer. The bound allows 4096 fixes in a week: more is a machine gone
 * wild, and is stopped.
 */
#define STATE_FIX_KEEP_S 604800
#define STATE_FIXES_MAX  4096
bool state_is_full(const struct state *state);
void state_fix_note(struct state *state, const char *playbook, const char *item,
    const char *fix, bool is_disruptive, int64_t now_s);
/* state_fix_result - did it work? for the breaker of the playbook */
void state_fix_result(
    struct state *state, const char *playbook, bool is_effective);
unsigned state_fix_count(const struct state *state, const char *playbook,
    const char *item, const char *fix, double window_s);
double state_fix_age_s(const struct state *state, const char *playbook,
    const char *item, const char *fix); /* -1: never */
/*
 * state_undo_note - somebody undid it by hand: for a day it is not made again
 * by itself (state_undo_is_fresh), for who undid it wanted it so
 */
#define STATE_UNDO_KEEP_S 86400
void state_undo_note(struct state *state, const char *playbook,
    const char *item, const char *fix, int64_t now_s);
bool state_undo_is_fresh(const struct state *state, const char *playbook,
    const char *item, const char *fix);
unsigned state_disruptive_count(const struct state *state, double window_s);

/* Breaker: after STATE_BREAKER_FAILURES fixes without effect in a row the
 * playbook only reports, until quiet for STATE_BREAKER_QUIET_S; then it has
 * one more try. */
#define STATE_BREAKER_FAILURES 3
#define STATE_BREAKER_QUIET_S  86400
bool state_breaker_open(const struct state *state, const char *playbook);

/* Pause. */
void state_pause(struct state *state, int64_t until_s, const char *reason);
bool state_is_paused(const struct state *state, int64_t now_s,
    int64_t *ret_until_s, const char **ret_reason);

/* Observers that broke their sandbox in a row; reset by a good look. */
unsigned state_observer_killed(struct state *state, bool is_killed);

/*
 * Destinations that are slowed down, and those that were within a day: what
 * was too much for them is worth to be known when they refuse again.
 */
#define STATE_THROTTLE_KEEP_S 86400
/* state_throttle_set - a step was made, now; its age begins with 0 */
void state_throttle_set(struct state *state, const struct throttle *throttle);
/* state_throttles - all of them, in arena; texts as long as the state */
size_t state_throttles(
    const struct state *state, struct arena *arena, struct throttle **ret);

/*
 * Domains that refused in the run before, for probes that ask about them; the
 * first so many are kept. _set takes the place of those before.
 */
#define STATE_REFUSED_MAX 64
void state_refused_set(
    struct state *state, const char *const *domains, size_t count);
/* state_refused - in arena; texts as long as the state */
size_t state_refused(
    const struct state *state, struct arena *arena, const char *const **ret);

/* Numbers of the run before, for rates; false when absent or of another boot */
void state_counter_set(struct state *state, const char *name, double value);
bool state_counter_get(const struct state *state, const char *name,
    double *ret_value, int64_t *ret_at_s);

#endif
