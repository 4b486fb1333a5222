/*
 * judging.h - the work at hand of finding_judge; for this folder only
 */
#ifndef MAILFIX_FINDING_JUDGING_H
#define MAILFIX_FINDING_JUDGING_H

#include "agent/finding/finding.h"

/* A playbook, or one row of it, whose `when` came out unknown. */
struct unjudged {
	const struct playbook *playbook;
	const char *item; /* NULL: the whole playbook */
	const char *fact; /* the first that was missing */
	const char *reason;
};

struct judging {
	struct arena *arena;
	const struct playbook_set *playbooks;
	const struct fact_set *facts;
	const struct finding_memory *memory; /* or NULL */
	/* heap, released by finding_judge; findings of a playbook are adjacent */
	struct finding *findings;
	size_t *roots; /* by finding: index of what masks it, or JUDGING_NONE */
	size_t count, size;
	struct unjudged *unjudged;
	size_t unjudged_count, unjudged_size;
	struct unknown *unknown;
	size_t unknown_count, unknown_size;
};

#define JUDGING_NONE ((size_t)-1)

/* judging_evidence - the known facts that `when` and the texts name */
void judging_evidence(const struct judging *judging, struct finding *finding);

/*
 * judging_unknown - note what was missing for this `when`
 *
 * row     key of the row at hand, or NULL
 * result  of the expression: says what was missing when no cell does
 * Returns the first missing fact. Those of playbooks that were not chosen are
 * told here but not listed in the judgement.
 */
struct unknown judging_unknown(struct judging *judging,
    const struct playbook *playbook, const char *row, struct value result);

/* judging_mask - causes before symptoms; mask.c says by which rules */
void judging_mask(struct judging *judging);

#endif
