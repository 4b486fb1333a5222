/*
 * blocklist.h - the blocklists that are known: what they answer, and mean
 *
 * The knowledge is data: blocklists.ini and what a site adds. A list that is
 * not in it is understood by RFC 5782 alone.
 */
#ifndef MAILFIX_DNS_BLOCKLIST_H
#define MAILFIX_DNS_BLOCKLIST_H

#include "agent/base/ini.h"
#include "agent/base/why.h"
#include "agent/dns/blocklist_filter.h"

/* What a list is asked about. */
enum blocklist_family {
	BLOCKLIST_IPV4,
	BLOCKLIST_IPV6,
	BLOCKLIST_DOMAIN,
	BLOCKLIST_FAMILIES
};

/* What an answer means; of several the first in this order counts. */
enum blocklist_kind {
	BLOCKLIST_REFUSAL, /* it does not say: it does not want to be asked */
	BLOCKLIST_LISTING, /* mail from there is bad, it says */
	BLOCKLIST_POLICY,  /* no mail should come from there at all */
	BLOCKLIST_NOTE,    /* listed, but few refuse mail for it */
	BLOCKLIST_GOOD,    /* praise, or nothing to do with mail: not listed */
	BLOCKLIST_KINDS
};

/* How it is as a whole, as far as is known when this is written. */
enum blocklist_state {
	BLOCKLIST_IS_ALIVE,
	BLOCKLIST_IS_CLOSED, /* its owner ended it */
	BLOCKLIST_IS_DEAD,   /* gone, or answers rubbish */
	BLOCKLIST_IS_ODD,    /* has no test entries, or others: RFC 5782 */
	BLOCKLIST_IS_PAID,   /* answers only who has an account */
	BLOCKLIST_STATES
};

/* "ipv4", "refuse", "alive": as blocklists.ini spells them; end with NULL */
extern const char *const blocklist_family_names[],
    *const blocklist_kind_names[], *const blocklist_state_names[];

struct blocklist_code {
	enum blocklist_kind kind;
	struct blocklist_filter filter;
	unsigned bits; /* of the last octet, any of them; 0: see filter */
	const char *meaning;
};

/* Test entries of its own that a list of domains has. */
#define BLOCKLIST_TESTS_MAX 4

struct blocklist {
	const char *zone; /* "KEY.": any one label stands there */
	const char *file; /* where it is told; NULL: it is not */
	int line;
	const char *name; /* for people: "Spamhaus ZEN" */
	bool families[BLOCKLIST_FAMILIES];
	bool is_default;
	bool is_allow; /* of good ones: never evidence */
	enum blocklist_state state;
	const char *ended;  /* "closed on 5 June 2024"; or NULL */
	const char *delist; /* where to ask for removal, or NULL */
	const char *advice; /* what to do first, or NULL */
	const char *hint;   /* how it can be asked when it refuses, or NULL */
	const char *filter; /* for mail servers: what counts; or NULL */
	const char *see;    /* its own word about its answers */
	const char *tests[BLOCKLIST_TESTS_MAX + 1]; /* names it lists */
	struct blocklist_code *codes; /* the first that fits is meant */
	size_t code_count;
};

/* A list that somebody asks: the zone as asked, and what is known of it. */
struct blocklist_use {
	const char *zone;
	const char *shown; /* without the key of an account */
	const struct blocklist *list;
};

struct blocklist_catalogue {
	struct blocklist *lists;
	size_t count;
};

/*
 * blocklist_paths - blocklists.ini and what a site adds to it
 *
 * directory  of --playbooks: its blocklists.ini, if it has one, and nothing of
 *            the site's; NULL: what is installed
 * Returns paths for blocklist_load(), NULL-terminated, in the arena.
 */
const char *const *blocklist_paths(
    struct arena *arena, const char *directory, struct lint *lint);

/*
 * blocklist_load - read them; a later list of a zone replaces an earlier one
 *
 * lint  gets every error as file:line: text
 * Returns 0 with *ret in the arena, or a negative errno: -EINVAL when lint got
 * errors, else what could not be read, with why.
 */
int blocklist_load(struct arena *arena, const char *const *paths,
    struct lint *lint, struct blocklist_catalogue **ret, struct why *why);

/* blocklist_add - the lists of one file */
void blocklist_add(struct arena *arena, struct blocklist_catalogue *catalogue,
    const struct ini *ini, struct lint *lint);

/* blocklist_use - a zone, with or without its last dot; always one */
void blocklist_use(struct arena *arena,
    const struct blocklist_catalogue *catalogue, const char *zone,
    struct blocklist_use *ret);

/* blocklist_is_told - false: nothing is known of it but that it exists */
bool blocklist_is_told(const struct blocklist *list);

/* Lists that are asked in one run: more would only annoy them. */
#define BLOCKLIST_USES_MAX 16

/*
 * blocklist_choose - those of [dns] blocklists, each once
 *
 * words  "default", "none", zones; joined by ","
 * ret    room for BLOCKLIST_USES_MAX
 * Returns how many; what is more, or no zone, or a list of good ones, is left
 * out, and *ret_left_out says how many.
 */
size_t blocklist_choose(struct arena *arena,
    const struct blocklist_catalogue *catalogue, const char *words,
    struct blocklist_use *ret, size_t *ret_left_out);

/*
 * blocklist_code_of - what one address means; NULL: nobody knows it
 *
 * What no list uses for a listing is none here either: 127.0.0.1 and
 * 127.255.255.0/24 are refusals, unless the list says otherwise.
 */
const struct blocklist_code *blocklist_code_of(
    const struct blocklist *list, const uint8_t address[static 4]);

/* for blocklist_catalogue.c: one section made a list; false: it is wrong */
bool blocklist_read(struct arena *arena, const struct ini_section *section,
    const struct ini_entry *entries, size_t count, struct blocklist *ret,
    struct lint *lint);

#endif
