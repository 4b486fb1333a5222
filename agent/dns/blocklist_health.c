/*
 * blocklist_health.c - does a blocklist live, and does it tell us the truth?
 *
 * Purpose  its test entries: one must be listed, one must not
 * Input    replies, by way of the book: hostile
 * Errors   what cannot be told is BLOCKLIST_UNKNOWN, with the reason
 * Runs as  observer
 * Source   RFC 5782 section 5; RFC 6471 section 3.4
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/dns/blocklist_judge.h"
#include "agent/dns/dns_paste.h"

const char *const blocklist_health_names[] = {
    [BLOCKLIST_ALIVE] = "alive",
    [BLOCKLIST_DEAD] = "dead",
    [BLOCKLIST_LISTS_ALL] = "lists-all",
    [BLOCKLIST_REFUSES] = "refuses",
    [BLOCKLIST_PARKED] = "parked",
    [BLOCKLIST_UNTESTED] = "untested",
    [BLOCKLIST_UNKNOWN] = NULL,
};

_Static_assert(
    ARRAY_COUNT(blocklist_health_names) == BLOCKLIST_HEALTHS, "one each");

/* RFC 5782 section 5: what is listed everywhere, and what nowhere. */
static const char *const listed_names[] = {
    [BLOCKLIST_IPV4] = "127.0.0.2",
    [BLOCKLIST_IPV6] = "::ffff:7f00:2",
    [BLOCKLIST_DOMAIN] = "TEST",
};

static const char *const free_names[] = {
    [BLOCKLIST_IPV4] = "127.0.0.1",
    [BLOCKLIST_IPV6] = "::ffff:7f00:1",
    [BLOCKLIST_DOMAIN] = "INVALID",
};

/*
 * Root servers a and k: in different networks, of different owners, and on no
 * list that lists anything by a rule. A list of addresses that are not in use
 * has 127.0.0.1 too, and does not list the world.
 */
static const char *const witnesses[][2] = {
    [BLOCKLIST_IPV4] = {"198.41.0.4",          "193.0.14.129"},
    [BLOCKLIST_IPV6] = {"2001:503:ba3e::2:30", "2001:7fd::1" },
    [BLOCKLIST_DOMAIN] = {"iana.org",            "ripe.net"    },
};

/* As many names as may stand for "listed": TEST, and its own. */
#define TESTS_MAX (1 + BLOCKLIST_TESTS_MAX)

/* The answers about the test entries. */
struct tests {
	const struct blocklist *list;
	const struct dns_result *listed[TESTS_MAX], *free;
	const char *names[TESTS_MAX];
	size_t count;
};

const char *
blocklist_address_text(
    const uint8_t address[static 4], char ret[static BLOCKLIST_ADDRESS_MAX])
{
	(void)snprintf(ret, BLOCKLIST_ADDRESS_MAX, "%u.%u.%u.%u", address[0],
	    address[1], address[2], address[3]);
	return ret;
}

const char *
blocklist_server(const struct dns_result *result)
{
	return result->server != NULL ? result->server : "of this host";
}

void
blocklist_answer_read(const struct blocklist *list,
    const struct dns_result *result, struct blocklist_answer *ret)
{
	*ret = (struct blocklist_answer){.count = 0};
	for (size_t i = 0; i < result->count; i++) {
		const struct dns_record *record = &result->records[i];
		const struct blocklist_code *code;

		if (record->data == NULL || record->length != 4)
			continue;
		if (ret->count++ == 0)
			(void)memcpy(ret->first, record->data, 4);
		code = blocklist_code_of(list, record->data);
		if (code != NULL && code->kind == BLOCKLIST_REFUSAL &&
		    ret->refusal == NULL) {
			ret->refusal = code;
			(void)memcpy(ret->refusal_address, record->data, 4);
		}
		if (record->data[0] != 127 && ret->foreign++ == 0)
			(void)memcpy(ret->foreign_first, record->data, 4);
	}
}

static const char *
entry_name(struct arena *arena, const struct blocklist_use *use,
    enum blocklist_family family, const char *subject)
{
	if (family == BLOCKLIST_DOMAIN)
		return arena_printf(arena, "%s.%s", subject, use->zone);
	return dns_reverse_name(arena, subject, use->zone);
}

/*
 * Both test entries; false: not yet. Nobody rests on the one that is not there
 * where that is as it must be, so no second name server is asked about it.
 */
static bool
tests_look(struct dns_book *book, struct arena *arena,
    const struct blocklist_use *use, enum blocklist_family family,
    struct tests *ret)
{
	bool is_known;

	*ret = (struct tests){.list = use->list, .count = 1};
	ret->names[0] = entry_name(arena, use, family, listed_names[family]);
	for (size_t i = 0;
	     family == BLOCKLIST_DOMAIN && use->list->tests[i] != NULL; i++)
		ret->names[ret->count++] =
		    entry_name(arena, use, family, use->list->tests[i]);
	ret->free = dns_book_peek(
	    book, entry_name(arena, use, family, free_names[family]), DNS_A);
	is_known = ret->free != NULL;
	for (size_t i = 0; i < ret->count; i++) {
		ret->listed[i] = dns_book_peek(book, ret->names[i], DNS_A);
		is_known = is_known && ret->listed[i] != NULL;
	}
	return is_known;
}

static bool
is_absent(const struct dns_result *result)
{
	return result->outcome == DNS_NXDOMAIN || result->outcome == DNS_NODATA;
}

const char *
blocklist_refusal(struct arena *arena, const struct blocklist_use *use,
    const struct dns_result *result, const struct blocklist_answer *answer)
{
	char text[BLOCKLIST_ADDRESS_MAX];

	return arena_printf(arena, "%s refuses the name server %s (%s: %s)",
	    use->shown, blocklist_server(result),
	    blocklist_address_text(answer->refusal_address, text),
	    answer->refusal->meaning);
}

static void
refuses(struct arena *arena, const struct blocklist_use *use,
    const struct dns_result *result, const struct blocklist_answer *answer,
    struct blocklist_health *ret)
{
	ret->state = BLOCKLIST_REFUSES;
	(void)memcpy(ret->code, answer->refusal_address, 4);
	ret->reason = blocklist_refusal(arena, use, result, answer);
}

static void
parked(struct arena *arena, const struct blocklist_use *use,
    const struct dns_result *result, const struct blocklist_answer *answer,
    struct blocklist_health *ret)
{
	char text[BLOCKLIST_ADDRESS_MAX];

	ret->state = BLOCKLIST_PARKED;
	(void)memcpy(ret->code, answer->foreign_first, 4);
	ret->reason = arena_printf(arena,
	    "%s does not answer as a blocklist: %s, outside of 127.0.0.0/8; "
	    "the name server %s rewrites it, or the domain is no list any more",
	    use->shown, blocklist_address_text(answer->foreign_first, text),
	    blocklist_server(result));
}

/* One of the answers tells by itself that no other is worth anything. */
static bool
is_spoilt(struct arena *arena, const struct blocklist_use *use,
    const struct dns_result *result, struct blocklist_health *ret)
{
	struct blocklist_answer answer;

	if (result->outcome != DNS_ANSWER)
		return false;
	blocklist_answer_read(use->list, result, &answer);
	if (answer.refusal != NULL)
		refuses(arena, use, result, &answer, ret);
	else if (answer.foreign > 0)
		parked(arena, use, result, &answer, ret);
	else
		return false;
	return true;
}

static void
unknown(struct arena *arena, const struct blocklist_use *use,
    const struct dns_result *result, struct blocklist_health *ret)
{
	const bool is_refused =
	    result->outcome == DNS_SERVFAIL || result->outcome == DNS_REFUSED;

	ret->state = BLOCKLIST_UNKNOWN;
	ret->reason = arena_printf(arena, "the list's test entry: %s (%s)%s%s",
	    result->detail != NULL ? result->detail
	                           : dns_outcome_text(result->outcome),
	    blocklist_server(result),
	    is_refused && use->list->hint != NULL ? "; " : "",
	    is_refused && use->list->hint != NULL ? use->list->hint : "");
}

/* What must not be listed is. Is all the world? */
static bool
lists_all(struct dns_book *book, struct arena *arena,
    const struct blocklist_use *use, enum blocklist_family family,
    const struct tests *tests, struct blocklist_health *ret)
{
	struct blocklist_answer answer;
	char text[BLOCKLIST_ADDRESS_MAX];
	bool is_known = true;

	blocklist_answer_read(use->list, tests->free, &answer);
	ret->state = BLOCKLIST_LISTS_ALL;
	ret->is_wild = true;
	(void)memcpy(ret->code, answer.first, 4);
	for (size_t i = 0; i < ARRAY_COUNT(witnesses[family]); i++) {
		const struct dns_result *result = dns_book_peek(book,
		    entry_name(arena, use, family, witnesses[family][i]),
		    DNS_A);

		is_known = is_known && result != NULL;
		ret->is_wild = ret->is_wild && result != NULL &&
		               result->outcome == DNS_ANSWER;
	}
	ret->reason = arena_printf(arena,
	    "%s lists what no list may list (%s, answer %s, name server %s): "
	    "what it says means nothing",
	    use->shown, free_names[family],
	    blocklist_address_text(answer.first, text),
	    blocklist_server(tests->free));
	if (use->list->state == BLOCKLIST_IS_ODD && !ret->is_wild)
		ret->state = BLOCKLIST_UNTESTED;
	return is_known;
}

/*
 * No test entry is there. A finding may rest on that: a second name server is
 * asked too (dns_book_look). One that nobody told of and that the resolver has
 * itself is a list of this site's own, and may never have had one.
 */
static bool
is_dead(struct dns_book *book, struct arena *arena,
    const struct blocklist_use *use, const struct tests *tests,
    struct blocklist_health *ret)
{
	const struct dns_result *zone = dns_book_look(book, use->zone, DNS_NS);
	const bool is_odd =
	    use->list->state == BLOCKLIST_IS_ODD ||
	    (!blocklist_is_told(use->list) && tests->listed[0]->is_local);

	if (zone == NULL)
		return false;
	for (size_t i = 0; i < tests->count; i++)
		(void)dns_book_look(book, tests->names[i], DNS_A);
	ret->is_gone = zone->outcome == DNS_NXDOMAIN;
	if (is_odd && !ret->is_gone) {
		ret->state = BLOCKLIST_UNTESTED;
		ret->reason = arena_printf(arena,
		    "%s has no test entries, as RFC 5782 demands: nothing says "
		    "that it works",
		    use->shown);
		return true;
	}
	ret->state = BLOCKLIST_DEAD;
	ret->reason = arena_printf(arena,
	    "%s lists nothing, not even its test entry%s%s (name server %s)%s",
	    use->shown, use->list->ended != NULL ? ": " : "",
	    use->list->ended != NULL ? use->list->ended : "",
	    blocklist_server(tests->listed[0]),
	    ret->is_gone ? "; its name is gone" : "");
	return true;
}

/* DEAD: no test entry is there, and is_dead() has to say what that means. */
static bool
family_health(struct dns_book *book, struct arena *arena,
    const struct blocklist_use *use, enum blocklist_family family,
    struct tests *tests, struct blocklist_health *ret)
{
	const struct dns_result *bad = NULL;
	bool is_listed = false;

	*ret = (struct blocklist_health){.state = BLOCKLIST_ALIVE};
	if (!tests_look(book, arena, use, family, tests))
		return false;
	if (is_spoilt(arena, use, tests->free, ret))
		return true;
	for (size_t i = 0; i < tests->count; i++) {
		const struct dns_result *result = tests->listed[i];

		if (is_spoilt(arena, use, result, ret))
			return true;
		is_listed = is_listed || result->outcome == DNS_ANSWER;
		if (result->outcome != DNS_ANSWER && !is_absent(result))
			bad = result;
	}
	if (tests->free->outcome == DNS_ANSWER)
		return lists_all(book, arena, use, family, tests, ret);
	if (!is_absent(tests->free))
		bad = tests->free;
	else if (is_listed)
		return true;
	ret->state = BLOCKLIST_DEAD;
	if (bad != NULL)
		unknown(arena, use, bad, ret);
	return true;
}

bool
blocklist_health(struct dns_book *book, struct arena *arena,
    const struct blocklist_use *use, enum blocklist_family family,
    struct blocklist_health *ret)
{
	const enum blocklist_family sibling =
	    family == BLOCKLIST_IPV4 ? BLOCKLIST_IPV6 : BLOCKLIST_IPV4;
	struct blocklist_health other = {.state = BLOCKLIST_DEAD};
	struct tests tests, other_tests;
	bool is_known = family_health(book, arena, use, family, &tests, ret);

	/* in the same wave, whatever the first comes to */
	if (family != BLOCKLIST_DOMAIN && use->list->families[sibling])
		is_known = family_health(book, arena, use, sibling,
		               &other_tests, &other) &&
		           is_known;
	if (!is_known)
		return false;
	if (ret->state == BLOCKLIST_DEAD && other.state == BLOCKLIST_ALIVE)
		*ret = other;
	return ret->state != BLOCKLIST_DEAD ||
	       is_dead(book, arena, use, &tests, ret);
}
