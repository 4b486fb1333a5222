/*
 * throttle.h - what is known of a destination that mailfix has slowed down
 *
 * Kept in the state from run to run, shown to the log's probe (which counts
 * what came since the last step), and told by it as facts.
 */
#ifndef MAILFIX_MAIL_THROTTLE_H
#define MAILFIX_MAIL_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct throttle {
	const char *domain; /* lower case */
	/* "c2", "r8", "d10", "m20", "pause"; step.h; NULL: at full speed again */
	const char *step;
	int64_t since_us;     /* wall clock of the last change of step */
	double age_s;         /* the same by the boot clock */
	const char *too_much; /* the step that was refused last, or NULL */
	const char *worked;   /* the step it rose from, which worked; or NULL */
	double rise_wait_s;   /* how long to wait before the next step up */
	unsigned rise_fails;  /* tries up that were refused, in a row */
	double pause_s;       /* what is left of a suspension; 0: none */
	double taken;         /* messages it took before the trickle began */
	double taken_s;       /* ... in how long, the trickle so far included */
	const char *group;    /* nexthop it shares; NULL: its own */
	const char *row;      /* its row as the table has it; NULL: none */
};

struct throttle_list {
	const struct throttle *rows;
	size_t count;
	/* domains that refused when mailfix looked before; a cure may be slower */
	const char *const *refused;
	size_t refused_count;
	double interval_s; /* since the run before; 0: not known */
	/* reloads that active messages needed: since the last one, and how many
	 * count still; throttle_may_reload */
	double reload_age_s, reloads;
};

/* throttle_find - by domain, or NULL */
const struct throttle *throttle_find(
    const struct throttle_list *list, const char *domain);

/*
 * throttle_may_reload - would one more reload of the mail system do no harm?
 * NULL: it would not; else why it must wait. Each costs all other destinations
 * about 0.7 s (their windows begin anew).
 */
const char *throttle_may_reload(const struct throttle_list *list);

#define THROTTLE_RELOAD_PAUSE_S 20.0
#define THROTTLE_RELOADS_MAX    10.0 /* in an hour */

#endif
