/*
 * dmarc_walk.c - the way up the tree: whose policy, and which organization
 *
 * Purpose  DNS Tree Walk: receivers no longer have a list of public suffixes
 * Input    TXT records: hostile; domains: checked names
 * Errors   none: what is not known is said
 * Runs as  observer
 * Source   RFC 9989 section 4.10
 */
#include "agent/dns/dmarc_walk.h"

#include <string.h>

/* Of a longer name, only the end of so many labels is looked at above it. */
#define LABELS_ABOVE_MAX (DMARC_WALK_MAX - 1)

static size_t
labels_of(const char *domain)
{
	size_t count = 1;

	for (; *domain != '\0'; domain++)
		count += *domain == '.' ? 1 : 0;
	return count;
}

/* Without its first label; NULL: it was the last. */
static const char *
parent_of(const char *domain)
{
	const char *dot = strchr(domain, '.');

	return dot != NULL && dot[1] != '\0' ? dot + 1 : NULL;
}

static const char *
above(const char *domain)
{
	domain = parent_of(domain);
	while (domain != NULL && labels_of(domain) > LABELS_ABOVE_MAX)
		domain = parent_of(domain);
	return domain;
}

static void
step_read(struct arena *arena, const struct dns_result *result,
    struct dmarc_step *step)
{
	struct dmarc_record record;

	step->failed.kind = DMARC_RECORD_OTHER;
	step->canonical = result->canonical;
	if (!dns_is_known(result)) {
		step->unknown =
		    dns_unknown_text(arena, step->name, DNS_TXT, result);
		return;
	}
	for (size_t i = 0; result->outcome == DNS_ANSWER && i < result->count;
	     i++) {
		dmarc_record_read(arena, result->records[i].data,
		    result->records[i].length, &record);
		if (record.kind == DMARC_RECORD_FALSE)
			step->failed = record;
		if (record.kind != DMARC_RECORD_GOOD)
			continue;
		step->record = record;
		step->count++;
	}
}

static bool
is_end(const struct dmarc_step *step)
{
	return step->count == 1 && step->record.psd != DMARC_PSD_UNSET;
}

bool
dmarc_walk_look(struct arena *arena, struct dns_book *book, const char *domain,
    struct dmarc_walk *ret)
{
	const struct dns_result *results[DMARC_WALK_MAX];
	struct dmarc_walk walk = {.count = 0};
	size_t count = 0;
	bool is_known = true;

	for (; domain != NULL && count < DMARC_WALK_MAX;
	     domain = above(domain)) {
		struct dmarc_step *step = &walk.steps[count];

		step->domain = domain;
		step->name = arena_printf(arena, "_dmarc.%s", domain);
		results[count] = dns_book_look(book, step->name, DNS_TXT);
		is_known = is_known && results[count] != NULL;
		count++;
	}
	if (!is_known)
		return false;
	while (walk.count < count) {
		struct dmarc_step *step = &walk.steps[walk.count];

		step_read(arena, results[walk.count++], step);
		if (walk.unknown == NULL)
			walk.unknown = step->unknown;
		if (is_end(step))
			break;
	}
	*ret = walk;
	return true;
}

/* The end of `domain` that has one label more than `of`. */
static const char *
one_below(const char *domain, const char *of)
{
	const char *next = parent_of(domain);

	while (next != NULL && strlen(next) > strlen(of)) {
		domain = next;
		next = parent_of(domain);
	}
	return domain;
}

const char *
dmarc_walk_organization(const struct dmarc_walk *walk)
{
	const char *start = walk->steps[0].domain, *found = start;

	for (size_t i = 0; i < walk->count; i++) {
		const struct dmarc_step *step = &walk->steps[i];

		if (step->count != 1)
			continue;
		if (step->record.psd == DMARC_PSD_YES && i > 0)
			return one_below(start, step->domain);
		found = step->domain;
	}
	return found;
}

const struct dmarc_step *
dmarc_walk_policy(const struct dmarc_walk *walk)
{
	const struct dmarc_step *last = &walk->steps[walk->count - 1];
	const char *organization = dmarc_walk_organization(walk);

	if (walk->steps[0].count == 1)
		return &walk->steps[0];
	for (size_t i = 1; i < walk->count; i++)
		if (walk->steps[i].count == 1 &&
		    strcmp(walk->steps[i].domain, organization) == 0)
			return &walk->steps[i];
	/* that of the public suffix, for an organization that has none */
	return last->count == 1 && last->record.psd == DMARC_PSD_YES ? last
	                                                             : NULL;
}
