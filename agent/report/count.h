/*
 * count.h - what a run comes to, in numbers; every format says the same ones
 */
#ifndef MAILFIX_REPORT_COUNT_H
#define MAILFIX_REPORT_COUNT_H

#include "agent/plan/plan.h"

struct report_count {
	size_t problems; /* causes that stand: found, or a fix of them failed */
	size_t fixable;  /* of these, with a fix that is planned */
	size_t fixed;    /* fixed and verified in this run */
	size_t symptoms; /* follow from another finding */
	size_t waiting;  /* seen, but their `for` is not yet reached */
	size_t hints;    /* severity info: worth knowing, nothing is wrong */
	size_t critical, warning; /* of problems */
	size_t applied;           /* fixes that were carried out and kept */
	size_t failed;            /* fixes that failed, undone or not */
	size_t undone;            /* of these, the undone ones */
	size_t unknown;
};

/* report_count - over the findings that were asked for */
/* report_eased_count - steps back toward normal that were made */
size_t report_eased_count(const struct plan *eased);

void report_count(const struct judgement *judgement, const struct plan *plan,
    struct report_count *ret);

#endif
