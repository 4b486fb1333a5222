/*
 * spf_term.c - whether a mechanism of SPF matches the client
 *
 * Purpose  all, include, a, mx, ptr, ip4, ip6, exists
 * Input    terms and answers of others: hostile
 * Errors   temperror, permerror, as RFC 7208 has them
 * Runs as  both roles
 * Source   RFC 7208 section 5
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "agent/base/text.h"
#include "agent/dns/spf_run.h"

/* How many addresses of a name a line for people shows. */
#define SHOWN_MAX 4

/* The first `bits` of both are the same. */
static bool
prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	const unsigned whole = bits / 8, rest = bits % 8;
	const uint8_t mask = (uint8_t)(0xff00U >> rest);

	return memcmp(a, b, whole) == 0 &&
	       (rest == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

static bool
address_matches(const struct spf_run *run, const uint8_t *bytes, unsigned bits)
{
	if (run->query->is_stranger && bits > run->query->stranger_bits)
		return false;
	return prefix_equal(run->client.bytes, bytes, bits);
}

static unsigned
bits_of(const struct spf_run *run, const struct spf_term *term)
{
	return run->client.family == AF_INET ? term->cidr4 : term->cidr6;
}

static enum spf_verdict
address_match(struct spf_run *run, const struct spf_term *term)
{
	const int family = term->kind == SPF_IP4 ? AF_INET : AF_INET6;

	return family == run->client.family &&
	               address_matches(run, term->address, bits_of(run, term))
	           ? SPF_MATCH
	           : SPF_NO_MATCH;
}

/* Between those that are shown and the one that matches. */
static const char *
gap(size_t shown)
{
	if (shown > SHOWN_MAX)
		return ", ... ";
	return shown > 0 ? ", " : "";
}

/* One name's addresses; what they are is appended to `seen`. */
static enum spf_verdict
host_match(struct spf_run *run, const struct spf_term *term, const char *name,
    struct buf *seen)
{
	const int family = run->client.family;
	enum spf_verdict verdict = SPF_NO_MATCH;
	const struct dns_result *result =
	    spf_ask(run, name, family == AF_INET ? DNS_A : DNS_AAAA, &verdict);
	size_t shown = 0;

	buf_addf(seen, "%s%s: ", seen->length > 0 ? "; " : "", name);
	if (result == NULL)
		buf_addf(
		    seen, "no %s address", family == AF_INET ? "IPv4" : "IPv6");
	for (size_t i = 0; result != NULL && i < result->count; i++) {
		const char *text = result->records[i].name;
		uint8_t bytes[16] = {0};

		if (text == NULL || inet_pton(family, text, bytes) != 1)
			continue;
		if (address_matches(run, bytes, bits_of(run, term))) {
			buf_addf(seen, "%s%s", gap(shown), text);
			return SPF_MATCH;
		}
		if (shown++ < SHOWN_MAX)
			buf_addf(seen, "%s%s", shown > 1 ? ", " : "", text);
	}
	if (shown > SHOWN_MAX)
		buf_addf(seen, ", %zu more", shown - SHOWN_MAX);
	return verdict;
}

/* Names that RFC 7208 counts: past the tenth it is an error. */
static enum spf_verdict
mx_match(struct spf_run *run, const struct spf_term *term, const char *name,
    struct buf *seen)
{
	enum spf_verdict verdict = SPF_NO_MATCH, found = SPF_NO_MATCH;
	const struct dns_result *result = spf_ask(run, name, DNS_MX, &verdict);

	if (result == NULL)
		return verdict;
	if (result->count > SPF_NAMES_MAX) {
		spf_problem(run,
		    "\"%s\": %s has %zu MX records, and %d are "
		    "the limit",
		    term->text, name, result->count, SPF_NAMES_MAX);
		return SPF_ERROR_PERM;
	}
	/* all that is missing is asked for at once */
	for (size_t i = 0; i < result->count; i++) {
		const char *host = result->records[i].name;

		/* "." takes no mail: RFC 7505 */
		if (host == NULL || strcmp(host, ".") == 0)
			continue;
		verdict = host_match(run, term, host, seen);
		if (verdict != SPF_NO_MATCH && found == SPF_NO_MATCH)
			found = verdict;
		if (found != SPF_NO_MATCH && !run->is_missing)
			break;
	}
	return found;
}

static enum spf_verdict
exists_match(struct spf_run *run, const char *name)
{
	enum spf_verdict verdict = SPF_NO_MATCH;
	const struct dns_result *result = spf_ask(run, name, DNS_A, &verdict);

	if (result == NULL)
		return verdict;
	return run->query->is_stranger ? SPF_NO_MATCH : SPF_MATCH;
}

static bool
is_within(const char *name, const char *target)
{
	const size_t a = strlen(name), b = strlen(target);

	return a >= b && strcasecmp(name + a - b, target) == 0 &&
	       (a == b || name[a - b - 1] == '.');
}

static enum spf_verdict
ptr_match(struct spf_run *run, const char *name, struct buf *seen)
{
	enum spf_verdict verdict = SPF_NO_MATCH;
	const char *found;

	if (run->query->is_stranger)
		return SPF_NO_MATCH;
	found = spf_valid_name(run, is_within, name, &verdict);
	if (found == NULL) {
		buf_addf(
		    seen, "no name of %s within %s", run->client.text, name);
		return verdict;
	}
	buf_addf(seen, "%s", found);
	return SPF_MATCH;
}

static enum spf_verdict
asked_match(struct spf_run *run, const struct spf_term *term, const char *name,
    struct buf *seen)
{
	switch (term->kind) {
	case SPF_INCLUDE:
		return spf_include(run, term, name);
	case SPF_A:
		return host_match(run, term, name, seen);
	case SPF_MX:
		return mx_match(run, term, name, seen);
	case SPF_PTR:
		return ptr_match(run, name, seen);
	case SPF_EXISTS:
		return exists_match(run, name);
	case SPF_ALL:
	case SPF_IP4:
	case SPF_IP6:
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_OTHER:
	case SPF_KIND_MAX:
		break;
	}
	return SPF_NO_MATCH;
}

static const char *
verdict_text(enum spf_verdict verdict)
{
	static const char *const texts[] = {
	    [SPF_NO_MATCH] = "no match",
	    [SPF_MATCH] = "match",
	    [SPF_ERROR_TEMP] = "temperror",
	    [SPF_ERROR_PERM] = "permerror",
	};

	return texts[verdict];
}

static void
asked_say(struct spf_run *run, const struct spf_term *term, unsigned number,
    unsigned voids, const struct buf *seen, enum spf_verdict verdict)
{
	AUTO_BUF struct buf line = {0};

	buf_addf(&line, "lookup %u: %s", number, term->text);
	if (seen->length > 0)
		buf_addf(&line, " (%s)", buf_text(seen));
	buf_addf(&line, ": %s", verdict_text(verdict));
	if (run->answer.voids > voids)
		buf_addf(&line, ", void lookup %u", run->answer.voids);
	spf_say(run, "%s", buf_text(&line));
}

/* A name that can be none does not match; include has no record there. */
static enum spf_verdict
no_name(struct spf_run *run, const struct spf_term *term, unsigned number)
{
	spf_say(run, "lookup %u: %s: it is no name that can be asked for",
	    number, term->text);
	if (term->kind != SPF_INCLUDE)
		return SPF_NO_MATCH;
	spf_problem(
	    run, "\"%s\": it is no name that can be asked for", term->text);
	return SPF_ERROR_PERM;
}

enum spf_verdict
spf_term_match(
    struct spf_run *run, const struct spf_term *term, const char *domain)
{
	const unsigned number = run->answer.lookups, voids = run->answer.voids;
	enum spf_verdict verdict = SPF_NO_MATCH;
	AUTO_BUF struct buf seen = {0};
	const char *name;

	if (!spf_term_asks(term)) {
		verdict = term->kind == SPF_ALL ? SPF_MATCH
		                                : address_match(run, term);
		spf_say(run, "%s: %s", term->text, verdict_text(verdict));
		return verdict;
	}
	run->is_term_void = false;
	if (run->query->is_stranger && term->domain != NULL &&
	    !spf_is_fixed(term->domain)) {
		spf_say(run, "lookup %u: %s: depends on who sends", number,
		    term->text);
		return SPF_NO_MATCH;
	}
	name = spf_target(run, term->domain, domain, &verdict);
	if (verdict != SPF_NO_MATCH)
		return verdict;
	if (name == NULL)
		return no_name(run, term, number);
	verdict = asked_match(run, term, name, &seen);
	if (term->kind != SPF_INCLUDE)
		asked_say(run, term, number, voids, &seen, verdict);
	return verdict;
}
