/*
 * playbook_mask.c - which playbook masks which: all there, and no ring
 *
 * Purpose  a symptom names its causes; a cause that is its own symptom would
 *          never be told
 * Input    names in masked-by
 * Errors   to lint, with file and line
 * Runs as  actor; before the roles part
 * Source   SPEC section 3
 */
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/playbook/playbook_read.h"

enum { MASK_NEW, MASK_OPEN, MASK_DONE };

struct walk {
	struct playbook_draft *const *drafts;
	size_t count;
	struct lint *lint;
	char *states;  /* MASK_..., by index */
	size_t *stack; /* indexes from the first to the one at hand */
	size_t depth;
};

int
playbook_draft_find(
    struct playbook_draft *const *drafts, size_t count, const char *name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(drafts[middle]->playbook.name, name);

		if (order == 0)
			return (int)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

static void
names_check(const struct walk *walk, const struct playbook_draft *draft)
{
	for (size_t i = 0; i < draft->masked_count; i++) {
		const struct masked_name *masked = &draft->masked[i];
		const char **names;

		if (playbook_draft_find(
		        walk->drafts, walk->count, masked->name) >= 0)
			continue;
		names = arena_alloc(
		    walk->lint->arena, walk->count + 1, sizeof(*names));
		for (size_t j = 0; j < walk->count; j++)
			names[j] = walk->drafts[j]->playbook.name;
		lint_add(walk->lint, masked->file, masked->line,
		    "masked-by: there is no playbook '%s'%s", masked->name,
		    playbook_guess(walk->lint->arena, masked->name, names));
	}
}

static void
ring_tell(const struct walk *walk, size_t again)
{
	AUTO_BUF struct buf text = {0};
	size_t from = walk->depth;
	const struct masked_name *place;

	while (walk->stack[--from] != again)
		;
	for (size_t i = from; i < walk->depth; i++)
		buf_addf(&text, "%s by ",
		    walk->drafts[walk->stack[i]]->playbook.name);
	buf_add(&text, walk->drafts[again]->playbook.name);
	place = &walk->drafts[again]->masked[0];
	lint_add(walk->lint, place->file, place->line,
	    "masked-by goes round: %s", buf_text(&text));
}

/* Goes as deep as there are playbooks, whose number has a limit. */
static void
ring_find(struct walk *walk, size_t at)
{
	const struct playbook_draft *draft = walk->drafts[at];

	walk->states[at] = MASK_OPEN;
	walk->stack[walk->depth++] = at;
	for (size_t i = 0; i < draft->masked_count; i++) {
		int next = playbook_draft_find(
		    walk->drafts, walk->count, draft->masked[i].name);

		if (next < 0)
			continue;
		if (walk->states[next] == MASK_OPEN)
			ring_tell(walk, (size_t)next);
		else if (walk->states[next] == MASK_NEW)
			ring_find(walk, (size_t)next);
	}
	walk->depth--;
	walk->states[at] = MASK_DONE;
}

void
playbook_masks_check(
    struct playbook_draft *const *drafts, size_t count, struct lint *lint)
{
	AUTO_FREE char *states = mem_alloc(count, 1);
	AUTO_FREE size_t *stack = mem_alloc(count, sizeof(*stack));
	struct walk walk = {.drafts = drafts,
	    .count = count,
	    .lint = lint,
	    .states = states,
	    .stack = stack};

	for (size_t i = 0; i < count; i++) {
		names_check(&walk, drafts[i]);
		if (states[i] == MASK_NEW)
			ring_find(&walk, i);
	}
}
