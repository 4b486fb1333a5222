/*
 * report_fix.c - one fix in the text report
 *
 * Purpose  what a fix does, how risky it is, its changes as a diff, and what
 *          became of it
 * Input    a planned fix; targets and values come from the host
 * Errors   none
 * Runs as  the actor
 * Source   SPEC section 2, the model of the text report
 */
#include <string.h>

#include "agent/base/text.h"
#include "agent/report/report_parts.h"
#include "agent/report/words.h"

/* More changes than this are counted, not listed, unless asked for. */
#define FIX_CHANGES_SHOWN 6
/* And more lines of one value. */
#define FIX_VALUE_LINES 8

bool
report_is_hint(const struct finding *finding)
{
	const struct playbook *playbook = finding->playbook;

	return playbook->severity == SEVERITY_INFO ||
	       (playbook->severity == SEVERITY_WARNING &&
	           playbook->fix_count == 0);
}

bool
report_has_fix(const struct plan *plan, const struct finding *finding)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->fixes[i].finding == finding &&
		    plan->fixes[i].state != PLANNED_SKIPPED &&
		    plan->fixes[i].state != PLANNED_LIMITED)
			return true;
	return false;
}

/* A value of several lines is one diff line each, up to a limit. */
static void
value_lines(struct page *page, const char *sign, const char *target,
    const char *value, enum page_look look)
{
	AUTO_BUF struct buf line = {0};
	int n = 0;

	for (const char *at = value; *at != '\0' && n < FIX_VALUE_LINES; n++) {
		size_t length = strcspn(at, "\n");

		buf_clear(&line);
		if (n == 0)
			buf_addf(&line, "%s: ", target);
		buf_add_n(&line, at, length);
		page_line(page, look, sign, buf_text(&line), NULL);
		at += length;
		at += *at == '\n' ? 1 : 0;
	}
}

/*
 * One of several that hang together tells in its own words what it comes to:
 * "mailfix_transport: big.test -> mailfix-c2".
 */
static void
part_line(struct page *page, const struct change *change)
{
	AUTO_BUF struct buf line = {0};
	bool is_gone = change->after == NULL;

	buf_add(&line, change->text);
	if (!is_gone && change->before != NULL)
		buf_addf(&line, " (was %s)", change->before);
	page_line(page, is_gone ? PAGE_BAD : PAGE_GOOD,
	    is_gone ? "        - " : "        + ", buf_text(&line), NULL);
}

void
report_change_lines(struct page *page, const struct change *change)
{
	if (change->base != NULL && !change_is_traceless(change)) {
		part_line(page, change);
		return;
	}
	if (change_is_traceless(change))
		return; /* it leaves all as it is */
	if (change->before != NULL)
		value_lines(page, "        - ", change->target, change->before,
		    PAGE_BAD);
	if (change->after != NULL)
		value_lines(page, "        + ", change->target, change->after,
		    PAGE_GOOD);
}

static void
items_lines(struct page *page, const struct change *change)
{
	for (size_t i = 0; i < change->item_count; i++)
		page_line(
		    page, PAGE_DIM, "            ", change->items[i], NULL);
}

/* What is made once, for all that will stand on it: in a line or two. */
static void
base_lines(struct page *page, const struct planned_fix *planned, int verbosity)
{
	AUTO_BUF struct buf line = {0};

	for (size_t i = 0; i < planned->change_count; i++) {
		const struct change *change = &planned->changes[i];

		if (!change->is_base)
			continue;
		if (verbosity > 0) {
			part_line(page, change);
			items_lines(page, change);
			continue;
		}
		buf_addf(&line, "%s%s",
		    line.length > 0 ? "; " : "once: ", change->text);
	}
	if (line.length > 0)
		page_line(page, PAGE_GOOD, "        + ", buf_text(&line), NULL);
}

static void
changes_lines(
    struct page *page, const struct planned_fix *planned, int verbosity)
{
	size_t shown = 0, hidden = 0;
	AUTO_BUF struct buf line = {0};

	base_lines(page, planned, verbosity);
	for (size_t i = 0; i < planned->change_count; i++) {
		const struct change *change = &planned->changes[i];

		if (change->is_base)
			continue;
		if (shown == FIX_CHANGES_SHOWN && verbosity <= 0) {
			hidden++;
			continue;
		}
		shown++;
		if (planned->change_count > 1 &&
		    (change->base == NULL || change_is_traceless(change)))
			page_line(
			    page, PAGE_PLAIN, "        ", change->text, NULL);
		report_change_lines(page, change);
	}
	if (hidden == 0)
		return;
	words_plural(&line, hidden, "more change");
	buf_add(&line, " (--verbose shows them)");
	page_line(page, PAGE_DIM, "        ", buf_text(&line), NULL);
}

static void
state_line(struct page *page, const struct planned_fix *planned)
{
	static const struct {
		const char *text;
		enum page_look look;
	} states[PLANNED_STATE_MAX] = {
	    [PLANNED_PLANNED] = {NULL,                 PAGE_PLAIN},
	    [PLANNED_SKIPPED] = {"not done",           PAGE_PLAIN},
	    [PLANNED_APPLIED] = {"done, not verified", PAGE_WARN },
	    [PLANNED_VERIFIED] = {"done and verified",  PAGE_GOOD },
	    [PLANNED_REVERTED] = {"failed and undone",  PAGE_BAD  },
	    [PLANNED_FAILED] = {"failed",             PAGE_BAD  },
	    [PLANNED_LIMITED] = {"not done",           PAGE_WARN },
	};
	AUTO_BUF struct buf line = {0};

	if (states[planned->state].text != NULL)
		buf_add(&line, states[planned->state].text);
	else if (planned->reason != NULL)
		buf_add(&line, "not done");
	else
		return;
	if (planned->reason != NULL)
		buf_addf(&line, ": %s", planned->reason);
	page_line(page, states[planned->state].look, "        ",
	    buf_text(&line), NULL);
}

void
report_fix_lines(
    struct page *page, const struct planned_fix *planned, int verbosity)
{
	AUTO_BUF struct buf line = {0}, risk = {0};

	if (planned->is_other_case && verbosity <= 0)
		return;
	buf_addf(&line, "%s: ", planned->fix->name);
	if (planned->summary != NULL)
		buf_add(&line, planned->summary);
	else if (planned->change_count == 1)
		buf_add(&line, planned->changes[0].text);
	else if (planned->change_count > 1)
		words_plural(&line, planned->change_count, "change");
	else
		buf_add(&line, planned->fix->action->doc);
	words_risk(&risk, planned);
	page_line(page, PAGE_PLAIN, "  fix   ", buf_text(&line),
	    planned->change_count > 0 ? buf_text(&risk) : NULL);
	changes_lines(page, planned, verbosity);
	state_line(page, planned);
}

void
report_eased_lines(struct page *page, const struct plan *eased, int verbosity)
{
	for (size_t i = 0; eased != NULL && i < eased->count; i++) {
		const struct planned_fix *step = &eased->fixes[i];
		AUTO_BUF struct buf line = {0}, tag = {0};

		if (step->state == PLANNED_SKIPPED && verbosity <= 0)
			continue;
		if (step->summary != NULL)
			buf_addf(&line, "Eased: %s", step->summary);
		else if (step->change_count > 0)
			buf_addf(&line, "Eased: %s", step->changes[0].text);
		else
			buf_addf(
			    &line, "Not yet eased: %s", step->finding->title);
		buf_addf(&tag, "[%s]", step->finding->playbook->name);
		page_line(
		    page, PAGE_PLAIN, "^ ", buf_text(&line), buf_text(&tag));
		changes_lines(page, step, verbosity);
		state_line(page, step);
		page_gap(page);
	}
}
