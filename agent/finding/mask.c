/*
 * mask.c - causes before symptoms
 *
 * Purpose  mark the findings that are the consequence of another one, and those
 *          whose fix must wait because a possible cause could not be ruled out
 * Input    the findings at hand, and what could not be judged
 * Errors   none
 * Runs as  actor; pure
 * Source   SPEC section 3, masked-by; DESIGN "Safety" 3
 *
 * The rules, as the manual of playbooks tells them:
 *
 * - `masked-by = X` masks all findings of this playbook while X has a finding.
 *   A full disk masks a stopped service wherever both are: on this host.
 * - When both are for-each the same table, X masks item by item: a flapping
 *   unit masks the restart of that unit, not of its neighbours.
 * - Masks chain. disk-full > config-broken > service-down: both others name
 *   disk-full as their cause, the one place where work is needed.
 * - The first name in masked-by that holds wins: name causes first.
 * - X seen but not yet confirmed (its `for`), or X that could not be judged,
 *   masks nothing, since the finding is true and must be told. But its fix
 *   waits: the finding gets a `doubt`.
 * - A ring of masks would hide everything. The links that would close it are
 *   not followed, in the order of the playbooks' names.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/finding/judging.h"

/* covers - does a finding of X for that item speak about this one? */
static bool
covers(const struct playbook *cause, const char *item,
    const struct finding *finding)
{
	if (item == NULL || cause->for_each != finding->playbook->for_each)
		return true;
	return text_equal(item, finding->item);
}

/*
 * order_playbooks - each after those that mask it; rank[i] is the place of the
 * i-th playbook. In a ring the first by name goes first.
 */
static void
order_playbooks(const struct playbook_set *set, size_t *order, size_t *rank)
{
	for (size_t i = 0; i < set->count; i++)
		rank[i] = JUDGING_NONE;
	for (size_t done = 0; done < set->count; done++) {
		size_t first = JUDGING_NONE, ready = JUDGING_NONE;

		for (size_t i = 0; i < set->count && ready == JUDGING_NONE;
		     i++) {
			const struct playbook *playbook = &set->playbooks[i];
			size_t waits = 0;

			if (rank[i] != JUDGING_NONE)
				continue;
			if (first == JUDGING_NONE)
				first = i;
			for (size_t k = 0; k < playbook->masked_count; k++)
				if (rank[playbook->masked_by[k] -
				         set->playbooks] == JUDGING_NONE)
					waits++;
			if (waits == 0)
				ready = i;
		}
		if (ready == JUDGING_NONE)
			ready = first;
		rank[ready] = done;
		order[done] = ready;
	}
}

static void
doubt_unconfirmed(const struct judging *judging, const struct finding *cause,
    struct finding *finding)
{
	if (finding->doubt == NULL)
		finding->doubt = arena_printf(judging->arena,
		    "%s may be the cause and is not yet confirmed (%s)",
		    cause->playbook->name, cause->note);
}

static void
doubt_unknown(const struct judging *judging, const struct playbook *cause,
    struct finding *finding)
{
	for (size_t i = 0; i < judging->unjudged_count; i++) {
		const struct unjudged *unjudged = &judging->unjudged[i];

		if (unjudged->playbook != cause || finding->doubt != NULL ||
		    !covers(cause, unjudged->item, finding))
			continue;
		finding->doubt = arena_printf(judging->arena,
		    "not known: %s (%s), so %s cannot be ruled out",
		    unjudged->fact, unjudged->reason, cause->name);
	}
}

/* mask_by - try one possible cause; true when it masks */
static bool
mask_by(struct judging *judging, size_t index, const struct playbook *cause)
{
	struct finding *finding = &judging->findings[index];

	for (size_t i = 0; i < judging->count; i++) {
		const struct finding *other = &judging->findings[i];

		if (other->playbook != cause ||
		    !covers(cause, other->item, finding))
			continue;
		if (other->state == FINDING_SUPPRESSED) {
			doubt_unconfirmed(judging, other, finding);
			continue;
		}
		finding->state = FINDING_MASKED;
		finding->doubt = NULL;
		judging->roots[index] =
		    judging->roots[i] != JUDGING_NONE ? judging->roots[i] : i;
		return true;
	}
	doubt_unknown(judging, cause, finding);
	return false;
}

void
judging_mask(struct judging *judging)
{
	const struct playbook_set *set = judging->playbooks;
	AUTO_FREE size_t *order = mem_alloc(set->count, sizeof(*order));
	AUTO_FREE size_t *rank = mem_alloc(set->count, sizeof(*rank));

	judging->roots = mem_alloc(judging->count, sizeof(*judging->roots));
	for (size_t i = 0; i < judging->count; i++)
		judging->roots[i] = JUDGING_NONE;
	order_playbooks(set, order, rank);
	for (size_t done = 0; done < set->count; done++) {
		const struct playbook *playbook = &set->playbooks[order[done]];

		for (size_t i = 0; i < judging->count; i++) {
			if (judging->findings[i].playbook != playbook ||
			    judging->findings[i].state != FINDING_FOUND)
				continue;
			for (size_t k = 0; k < playbook->masked_count; k++) {
				const struct playbook *cause =
				    playbook->masked_by[k];

				if (rank[cause - set->playbooks] < done &&
				    mask_by(judging, i, cause))
					break;
			}
		}
	}
}
