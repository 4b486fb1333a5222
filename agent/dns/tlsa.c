/*
 * tlsa.c - do senders with DANE find the certificate that they were told of?
 *
 * Purpose  one verdict for each mail server's name that leads here
 * Input    TLSA records: hostile; digests of the certificates here
 * Errors   none: what is not known is said
 * Runs as  observer
 * Source   RFC 7672 sections 2.2 and 3; RFC 7671 sections 5 and 8. Which of two
 *          certificates a server shows, RSA or ECDSA, its client decides: each
 *          of them needs a record
 */
#include "agent/dns/tlsa.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/text.h"
#include "agent/dns/dns_paste.h"

/* A name that is signed for all, to see whether "authentic" is ever said. */
#define SIGNED_NAME "."

/* Of the octets of a record, so many are enough to know it by. */
#define OCTETS_TOLD 4

const char *const tlsa_state_names[TLSA_STATE_MAX + 1] = {
    [TLSA_NONE] = "none",
    [TLSA_OK] = "ok",
    [TLSA_MISMATCH] = "mismatch",
    [TLSA_PARTIAL] = "partial",
    [TLSA_UNUSABLE] = "unusable",
    [TLSA_INSECURE] = "insecure",
};

enum tlsa_state
tlsa_worst(enum tlsa_state a, enum tlsa_state b)
{
	/* from mail that is lost to mail that is only not protected */
	static const unsigned badness[TLSA_STATE_MAX] = {
	    [TLSA_MISMATCH] = 5,
	    [TLSA_PARTIAL] = 4,
	    [TLSA_UNUSABLE] = 3,
	    [TLSA_INSECURE] = 2,
	    [TLSA_NONE] = 1,
	    [TLSA_OK] = 0,
	};

	return badness[a] >= badness[b] ? a : b;
}

/* "*.example.com" is for "mx.example.com", and not for what is below that. */
static bool
names_have(const char *names, const char *host)
{
	const char *below = strchr(host, '.');

	while (names != NULL && *names != '\0') {
		const size_t length = strcspn(names, " ");

		if (length == strlen(host) &&
		    strncasecmp(names, host, length) == 0)
			return true;
		if (below != NULL && *names == '*' &&
		    length == strlen(below) + 1 &&
		    strncasecmp(names + 1, below, length - 1) == 0)
			return true;
		names += length + (names[length] == ' ' ? 1 : 0);
	}
	return false;
}

/* The best of all records for one leaf. */
static enum tlsa_match
leaf_match(const struct dns_result *result, const struct tlsa_query *query,
    const struct tlsa_certificate *leaf)
{
	enum tlsa_match best = TLSA_MATCH_UNUSABLE;

	for (size_t i = 0; i < result->count; i++) {
		const enum tlsa_match one =
		    tlsa_record_match(result->records[i].data,
		        result->records[i].length, query, leaf);

		if (one == TLSA_MATCH_YES)
			return one;
		if (one == TLSA_MATCH_MAYBE || best == TLSA_MATCH_UNUSABLE)
			best = one;
	}
	return best;
}

static const char *
records_text(struct arena *arena, const struct dns_result *result)
{
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < result->count; i++) {
		const struct dns_record *record = &result->records[i];

		if (record->length < 3)
			continue;
		buf_addf(&out, "%s%u %u %u ", out.length > 0 ? ", " : "",
		    record->data[0], record->data[1], record->data[2]);
		for (size_t k = 3; k < record->length && k < 3 + OCTETS_TOLD;
		     k++)
			buf_addf(&out, "%02x", record->data[k]);
		buf_add(&out, record->length > 3 + OCTETS_TOLD ? "..." : "");
	}
	return arena_dup(arena, buf_text(&out));
}

struct coverage {
	size_t leaves, covered;              /* all that are shown at port 25 */
	const struct tlsa_certificate *bare; /* that names the host, without */
	const struct tlsa_certificate *proposed;
	bool may; /* an issuer that is not in the chain may cover it */
	bool is_usable;
};

static struct coverage
cover(const struct dns_result *result, const struct tlsa_query *query)
{
	struct coverage coverage = {
	    .is_usable =
	        leaf_match(result, query, NULL) != TLSA_MATCH_UNUSABLE};
	bool is_named = false;

	for (size_t i = 0; i < query->certificate_count; i++) {
		const struct tlsa_certificate *leaf = &query->certificates[i];
		const bool names_host = names_have(leaf->names, query->host);
		enum tlsa_match match;

		if (!leaf->is_leaf)
			continue;
		match = leaf_match(result, query, leaf);
		coverage.leaves++;
		coverage.covered += match == TLSA_MATCH_YES ? 1 : 0;
		coverage.may = coverage.may || match == TLSA_MATCH_MAYBE;
		if (coverage.proposed == NULL || (names_host && !is_named))
			coverage.proposed = leaf;
		is_named = is_named || names_host;
		if (names_host && match == TLSA_MATCH_NO &&
		    coverage.bare == NULL)
			coverage.bare = leaf;
	}
	return coverage;
}

static void
cover_judge(struct arena *arena, const struct tlsa_query *query,
    const struct coverage *coverage, struct tlsa_verdict *ret)
{
	const bool is_partial = coverage->covered > 0 && coverage->bare != NULL;

	if (is_partial && query->certificates_unknown == NULL) {
		ret->state = TLSA_PARTIAL;
		ret->problem = arena_printf(arena,
		    "none of them is of the certificate in %s, which some "
		    "clients are shown",
		    coverage->bare->file);
	} else if (coverage->covered > 0 && !is_partial) {
		ret->state = TLSA_OK;
	} else if (query->certificates_unknown != NULL) {
		ret->unknown = query->certificates_unknown;
	} else if (coverage->leaves == 0) {
		ret->unknown =
		    "no certificate is known that is shown at port 25";
	} else if (coverage->may) {
		ret->unknown = "whether the issuer that it names is that of "
		               "the certificate here is not known";
	} else {
		ret->state = TLSA_MISMATCH;
		ret->problem = arena_printf(arena,
		    "none of them is of the certificate in %s",
		    coverage->proposed->file);
	}
}

/*
 * Records that are there, and DNSSEC does not vouch for them. A name server
 * that has the zone itself never does: it checks no signatures of its own data.
 */
static bool
insecure_judge(struct dns_book *book, const struct dns_result *result,
    struct tlsa_verdict *ret)
{
	if (result->is_local) {
		ret->unknown = "this host's name server has the zone itself, "
		               "and does not say whether it is signed";
		return true;
	}
	if (dns_book_look(book, SIGNED_NAME, DNS_NS) == NULL)
		return false;
	if (dns_book_is_validated(book)) {
		ret->state = TLSA_INSECURE;
		ret->problem =
		    "the zone is not signed, so nobody believes them";
	} else {
		ret->unknown = "this host's name server does not check DNSSEC, "
		               "or may not be believed about it";
	}
	return true;
}

static void
records_judge(struct arena *arena, const struct tlsa_query *query,
    const struct dns_result *result, struct tlsa_verdict *ret)
{
	const struct coverage coverage = cover(result, query);
	const char *right = coverage.bare != NULL ? coverage.bare->spki_sha256
	                    : coverage.proposed != NULL
	                        ? coverage.proposed->spki_sha256
	                        : NULL;

	if (right != NULL && right[0] != '\0')
		ret->paste = dns_paste(arena,
		    result->canonical != NULL ? result->canonical : ret->name,
		    "TLSA", arena_printf(arena, "3 1 1 %s", right));
	if (coverage.is_usable) {
		cover_judge(arena, query, &coverage, ret);
		return;
	}
	ret->state = TLSA_UNUSABLE;
	ret->problem = "none of them is of a kind that is for mail, so that "
	               "senders check no certificate";
}

bool
tlsa_judge(struct arena *arena, struct dns_book *book,
    const struct tlsa_query *query, struct tlsa_verdict *ret)
{
	const char *name = arena_printf(arena, "_25._tcp.%s", query->host);
	const struct dns_result *result = dns_book_look(book, name, DNS_TLSA);

	if (result == NULL)
		return false;
	*ret = (struct tlsa_verdict){
	    .state = TLSA_NONE, .name = name, .records = "", .problem = ""};
	if (!dns_is_known(result)) {
		ret->unknown = dns_unknown_text(arena, name, DNS_TLSA, result);
		return true;
	}
	if (result->outcome != DNS_ANSWER)
		return true;
	ret->records = records_text(arena, result);
	records_judge(arena, query, result, ret);
	if (result->is_authentic)
		return true;
	ret->state = TLSA_NONE;
	ret->unknown = NULL;
	return insecure_judge(book, result, ret);
}
