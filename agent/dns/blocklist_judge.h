/*
 * blocklist_judge.h - what a blocklist says, and whether that is worth anything
 *
 * Lists close, list the whole world, refuse who asks, and resolvers rewrite
 * what they say. So each is asked about its test entries (RFC 5782 section 5)
 * in the same wave, and a verdict has three states. Functions over the book
 * return false while an answer is missing, and have then asked for it.
 */
#ifndef MAILFIX_DNS_BLOCKLIST_JUDGE_H
#define MAILFIX_DNS_BLOCKLIST_JUDGE_H

#include "agent/dns/blocklist.h"
#include "agent/dns/dns_book.h"

enum blocklist_health_state {
	BLOCKLIST_ALIVE,
	BLOCKLIST_DEAD,      /* it lists nothing, not even its test entry */
	BLOCKLIST_LISTS_ALL, /* and what must never be listed */
	BLOCKLIST_REFUSES,   /* it says that it does not answer us */
	BLOCKLIST_PARKED,    /* what it answers is no answer of a blocklist */
	BLOCKLIST_UNTESTED, /* without test entries: RFC 5782 says it has them */
	BLOCKLIST_UNKNOWN,
	BLOCKLIST_HEALTHS
};

/* "alive", "dead", "lists-all", ...; ends with NULL; UNKNOWN has no word */
extern const char *const blocklist_health_names[];

struct blocklist_health {
	enum blocklist_health_state state;
	const char *reason; /* not ALIVE: why, for people, with the server */
	uint8_t code[4];    /* LISTS_ALL, REFUSES, PARKED: what it answers */
	bool is_gone;       /* DEAD: not even its own name is there */
	/* LISTS_ALL: addresses of root servers too, so it is no list at all */
	bool is_wild;
};

/*
 * blocklist_health - of one family, by its test entries
 * A list that a list of IPv4 lists too, but has no test entries for IPv6, is
 * what its entries for IPv4 say; and the other way round.
 */
bool blocklist_health(struct dns_book *book, struct arena *arena,
    const struct blocklist_use *use, enum blocklist_family family,
    struct blocklist_health *ret);

enum blocklist_listed { BLOCKLIST_NO, BLOCKLIST_YES, BLOCKLIST_CANNOT_SAY };

struct blocklist_verdict {
	enum blocklist_listed listed;
	const char *reason;   /* CANNOT_SAY */
	const char *question; /* "10.2.0.192.zen.spamhaus.org", no key in it */
	enum blocklist_kind kind; /* YES */
	const char *codes;        /* "127.0.0.2 127.0.0.9" */
	const char *meaning;
	const char *text; /* the list's own word: hostile; or NULL */
	struct blocklist_health health;
};

/*
 * blocklist_ask - is this address, or domain, listed?
 * subject  as inet_ntop has it, or a domain
 */
bool blocklist_ask(struct dns_book *book, struct arena *arena,
    const struct blocklist_use *use, enum blocklist_family family,
    const char *subject, struct blocklist_verdict *ret);

/* for blocklist_health.c: an answer's addresses, of those that count */
struct blocklist_answer {
	size_t count, foreign; /* foreign: not in 127.0.0.0/8 */
	uint8_t first[4], foreign_first[4], refusal_address[4];
	const struct blocklist_code *refusal; /* or NULL */
};

void blocklist_answer_read(const struct blocklist *list,
    const struct dns_result *result, struct blocklist_answer *ret);

/* "zen.spamhaus.org refuses the name server ..." */
const char *blocklist_refusal(struct arena *arena,
    const struct blocklist_use *use, const struct dns_result *result,
    const struct blocklist_answer *answer);

#define BLOCKLIST_ADDRESS_MAX 16
const char *blocklist_address_text(
    const uint8_t address[static 4], char ret[static BLOCKLIST_ADDRESS_MAX]);

/* the name server that said it, for a reason */
const char *blocklist_server(const struct dns_result *result);

#endif
