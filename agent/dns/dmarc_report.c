/*
 * dmarc_report.c - do those who are to get reports want them?
 *
 * Purpose  of another organization, they must say so in their own zone
 * Input    TXT records: hostile; domains of rua and ruf: checked names
 * Errors   none: what is not known is said
 * Runs as  observer
 * Source   RFC 9990 section 4 (rua), RFC 9991 (ruf)
 */
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/dns/dmarc.h"
#include "agent/dns/dns_paste.h"

struct report {
	struct arena *arena;
	struct dns_book *book;
	const struct dmarc_step *step;
	const char *unknown;
	struct buf refused;
	const char *paste;
};

/* Of the same organization it needs no word. */
static bool
outside_look(struct report *report, const char *target, enum dns_truth *ret)
{
	struct dmarc_walk own, other;
	const bool is_own = dmarc_walk_look(
	    report->arena, report->book, report->step->domain, &own);

	if (!dmarc_walk_look(report->arena, report->book, target, &other) ||
	    !is_own)
		return false;
	*ret = DNS_NOT_TOLD;
	if (own.unknown != NULL || other.unknown != NULL)
		report->unknown =
		    own.unknown != NULL ? own.unknown : other.unknown;
	else
		*ret = strcasecmp(dmarc_walk_organization(&own),
		           dmarc_walk_organization(&other)) == 0
		           ? DNS_NO
		           : DNS_YES;
	return true;
}

static bool
is_word(struct arena *arena, const struct dns_result *result)
{
	struct dmarc_record record;

	for (size_t i = 0; result->outcome == DNS_ANSWER && i < result->count;
	     i++) {
		dmarc_record_read(arena, result->records[i].data,
		    result->records[i].length, &record);
		if (record.kind == DMARC_RECORD_GOOD)
			return true;
	}
	return false;
}

static bool
target_look(struct report *report, const char *target)
{
	enum dns_truth is_outside = DNS_NO;
	const struct dns_result *result;
	const char *name;

	if (strcasecmp(target, report->step->domain) == 0)
		return true;
	if (!outside_look(report, target, &is_outside))
		return false;
	if (is_outside != DNS_YES)
		return true;
	name = arena_printf(report->arena, "%s._report._dmarc.%s",
	    report->step->domain, target);
	result = dns_book_look(report->book, name, DNS_TXT);
	if (result == NULL)
		return false;
	if (!dns_is_known(result)) {
		report->unknown =
		    dns_unknown_text(report->arena, name, DNS_TXT, result);
	} else if (!is_word(report->arena, result)) {
		buf_addf(&report->refused, "%s%s",
		    report->refused.length > 0 ? ", " : "", target);
		if (report->paste == NULL)
			report->paste =
			    dns_paste_txt(report->arena, name, "v=DMARC1");
	}
	return true;
}

bool
dmarc_report_judge(struct arena *arena, struct dns_book *book,
    const struct dmarc_step *step, struct dmarc_verdict *ret)
{
	struct report report = {.arena = arena, .book = book, .step = step};
	const char *targets[DMARC_TARGETS_MAX];
	size_t count = dmarc_targets(arena, step->record.rua, targets, 0);
	bool is_done = true;

	count = dmarc_targets(arena, step->record.ruf, targets, count);
	for (size_t i = 0; i < count; i++)
		is_done = target_look(&report, targets[i]) && is_done;
	if (report.refused.length > 0) {
		ret->refused = arena_dup(arena, buf_text(&report.refused));
		ret->refused_paste = report.paste;
	} else {
		ret->refused_unknown = report.unknown;
	}
	buf_done(&report.refused);
	return is_done;
}
