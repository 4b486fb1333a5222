/*
 * spf.h - what a receiver says of mail from an address in a domain's name
 *
 * check_host() of RFC 7208, over the book of answers: strictly in order, so
 * that lookups are counted as receivers count them. What is not in the book yet
 * is wanted there, and what would follow if it did not match as well.
 */
#ifndef MAILFIX_DNS_SPF_H
#define MAILFIX_DNS_SPF_H

#include "agent/dns/dns_book.h"

/* RFC 7208, section 4.6.4. */
#define SPF_LOOKUPS_MAX 10
#define SPF_VOIDS_MAX   2 /* receivers SHOULD, and not all do */
#define SPF_NAMES_MAX   10

/*
 * Nobody has so many addresses: IANA gave /8 at most to one company, and /12 of
 * IPv6 to whole continents.
 */
#define SPF_WIDE4 7
#define SPF_WIDE6 12

/* Section 2.6. */
enum spf_result {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR,
	SPF_RESULT_MAX
};

extern const char *const spf_result_names[SPF_RESULT_MAX + 1];

struct spf_query {
	const char *address; /* IPv4 or IPv6, as text */
	/*
	 * Nobody in particular, of that address's family: no address matches but
	 * in a term that takes them all, and what depends on who sends is counted
	 * and not asked. So it is what a record says of strangers, and how long
	 * it is at most.
	 */
	bool is_stranger;
	/*
	 * A stranger at that address: ip4 and ip6 (a, mx) of at most so many bits
	 * match as well if they have it. 0: of none, wherever he is.
	 */
	unsigned stranger_bits;
	const char *domain;
	/* MAIL FROM; NULL, "" or without a local part: postmaster@ */
	const char *sender;
	const char *helo;     /* NULL: the domain */
	const char *receiver; /* %{r} of an explanation; NULL: "unknown" */
	int64_t now_s;        /* %{t} of an explanation */
	bool wants_explanation;
	bool wants_tree;
	/* what the domain's record would be; NULL: as the DNS says */
	const char *record;
};

struct spf_answer {
	enum spf_result result;
	const char
	    *explanation; /* US-ASCII and printable, of a fail; or NULL */
	unsigned lookups, voids;
	/*
	 * The term that decided, of the domain's record or of the one that it was
	 * redirected to; NULL: none did. Printable, as it stands there.
	 */
	const char *term, *term_domain;
	/* permerror, temperror: which term, name or limit; else NULL */
	const char *problem;
	/* names without an answer: "a.test A, b.test AAAA"; NULL: none */
	const char *void_names;
	/* a PTR or address that was not told, and that it does without; or NULL */
	const char *doubt;
	/* an address rests on the resolver's own data: the world may see another */
	const char *local_name;
	/*
	 * A name that has an address of a private network: to who is in such a
	 * one itself, the world may see another; or NULL
	 */
	const char *inside_name;
	/* a term that was tried for one local part only (%{l}, %{s}); or NULL */
	const char *by_sender;
	/* the domain's own records; one, as a rule */
	size_t record_count;
	const char *const *records; /* as they stand: any octets but NUL */
	const char *record; /* the first of them, printable; NULL: none */
	/* for people, indented by spaces; NULL-terminated; NULL: not wanted */
	const char *const *tree;
};

/*
 * spf_check - as far as the book goes
 *
 * address is one (spf_client_parse); the texts of the answer are in arena.
 *
 * Returns true with the answer, false: more must be known first.
 */
bool spf_check(struct dns_book *book, struct arena *arena,
    const struct spf_query *query, struct spf_answer *ret);

#endif
