/*
 * dmarc_align.c - does mail of this host align with the domain it names?
 *
 * Purpose  a signature or an SPF pass of the same organization
 * Input    TXT records by way of the walks, results of SPF: hostile
 * Errors   none: what is not known is said
 * Runs as  observer
 * Source   RFC 9989 sections 4.4 and 4.10.2
 */
#include <string.h>
#include <strings.h>

#include "agent/dns/dmarc.h"
#include "agent/dns/spf_domain.h"

struct align {
	struct arena *arena;
	struct dns_book *book;
	const struct dmarc_query *query;
	const struct dmarc_walk *walk;
	const struct dmarc_record *record;
	struct dmarc_verdict *verdict;
	const char *unknown; /* the first reason; NULL: all is known */
};

static void
doubt(struct align *align, const char *reason)
{
	if (align->unknown == NULL)
		align->unknown = reason;
}

/* Of the same organization; false: more must be asked. */
static bool
relaxed_look(struct align *align, const char *domain, enum dns_truth *ret)
{
	struct dmarc_walk other;

	if (!dmarc_walk_look(align->arena, align->book, domain, &other))
		return false;
	*ret = DNS_NOT_TOLD;
	if (align->walk->unknown != NULL)
		doubt(align, align->walk->unknown);
	else if (other.unknown != NULL)
		doubt(align, other.unknown);
	else
		*ret = strcasecmp(dmarc_walk_organization(align->walk),
		           dmarc_walk_organization(&other)) == 0
		           ? DNS_YES
		           : DNS_NO;
	return true;
}

static bool
signer_look(
    struct align *align, const struct dmarc_signer *signer, enum dns_truth *ret)
{
	*ret = DNS_NO;
	if (signer->is_used == DNS_NO)
		return true;
	if (strcasecmp(signer->domain, align->query->domain) == 0)
		*ret = DNS_YES;
	else if (!align->record->is_dkim_strict &&
	         !relaxed_look(align, signer->domain, ret))
		return false;
	if (*ret == DNS_YES && signer->is_used == DNS_NOT_TOLD) {
		*ret = DNS_NOT_TOLD;
		doubt(align, "it is not known whether mail is signed");
	}
	return true;
}

/* The best of all signers. */
static bool
dkim_look(struct align *align, enum dns_truth *ret)
{
	const struct dmarc_query *query = align->query;
	bool is_done = true;
	enum dns_truth best = DNS_NO, one = DNS_NO;

	for (size_t i = 0; i < query->signer_count; i++) {
		const struct dmarc_signer *signer = &query->signers[i];

		if (!signer_look(align, signer, &one)) {
			is_done = false;
		} else if (one == DNS_YES && best != DNS_YES) {
			best = DNS_YES;
			align->verdict->aligned_by = arena_printf(align->arena,
			    "DKIM: %s of %s", signer->selector, signer->domain);
		} else if (one == DNS_NOT_TOLD && best == DNS_NO) {
			best = DNS_NOT_TOLD;
		}
	}
	if (best == DNS_NO && query->signers_unknown != NULL) {
		best = DNS_NOT_TOLD;
		doubt(align, query->signers_unknown);
	}
	*ret = best;
	return is_done;
}

/* Whether SPF passes from one address; MAIL FROM is of the domain itself. */
static bool
address_look(struct align *align, const char *address, enum dns_truth *ret)
{
	const struct spf_query query = {.address = address,
	    .domain = align->query->domain,
	    .helo = align->query->helo};
	struct spf_answer answer = {.result = SPF_NONE};
	const char *unknown;

	if (!spf_check(align->book, align->arena, &query, &answer))
		return false;
	unknown = spf_unknown_text(align->arena, &answer);
	if (unknown == NULL)
		unknown = spf_inside_text(align->arena, &answer);
	*ret = answer.result == SPF_PASS ? DNS_YES : DNS_NO;
	if (unknown != NULL) {
		*ret = DNS_NOT_TOLD;
		doubt(align, arena_printf(align->arena, "SPF of %s: %s",
		                 align->query->domain, unknown));
	}
	return true;
}

/* From every address: one that fails is enough to lose mail. */
static bool
spf_look(struct align *align, enum dns_truth *ret)
{
	const struct dmarc_query *query = align->query;
	enum dns_truth all = DNS_YES, one = DNS_NO;
	bool is_done = true;

	for (size_t i = 0; i < query->address_count; i++)
		if (!address_look(align, query->addresses[i], &one))
			is_done = false;
		else if (one == DNS_NO)
			all = DNS_NO;
		else if (one == DNS_NOT_TOLD && all == DNS_YES)
			all = DNS_NOT_TOLD;
	if (query->address_count == 0) {
		all = DNS_NOT_TOLD;
		doubt(align, query->addresses_unknown != NULL
		                 ? query->addresses_unknown
		                 : "no address is known that it sends from");
	}
	*ret = all;
	return is_done;
}

bool
dmarc_align_judge(struct arena *arena, struct dns_book *book,
    const struct dmarc_query *query, const struct dmarc_walk *walk,
    const struct dmarc_record *record, struct dmarc_verdict *ret)
{
	struct align align = {.arena = arena,
	    .book = book,
	    .query = query,
	    .walk = walk,
	    .record = record,
	    .verdict = ret};
	enum dns_truth dkim = DNS_NO, spf = DNS_NO;
	const bool is_dkim_done = dkim_look(&align, &dkim);

	if (!spf_look(&align, &spf) || !is_dkim_done)
		return false;
	ret->is_aligned = DNS_NO;
	if (dkim == DNS_YES || spf == DNS_YES) {
		ret->is_aligned = DNS_YES;
		if (dkim != DNS_YES)
			ret->aligned_by = "SPF";
	} else if (dkim == DNS_NOT_TOLD || spf == DNS_NOT_TOLD) {
		ret->is_aligned = DNS_NOT_TOLD;
		ret->aligned_by = align.unknown;
	} else {
		ret->aligned_by =
		    "no signature is of this domain, and SPF does not pass "
		    "from all addresses";
	}
	return true;
}
