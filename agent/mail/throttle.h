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
};

struct throttle_list {
	const struct throttle *rows;
	size_t count;
};

/* throttle_find - by domain, or NULL */
const struct throttle *throttle_find(
    const struct throttle_list *list, const char *domain);

#endif
