/*
 * test_dns_book.c - the cache of answers, and records to paste
 *
 * Purpose  waves, names that are the same, bounds, name servers that differ
 * Input    an asker of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/dns/dns_book.h, agent/dns/dns_paste.h
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/dns/dns_book.h"
#include "agent/dns/dns_paste.h"
#include "tests/unit/unit.h"

struct world {
	size_t asked, calls, second;
	bool is_dead;
};

/* "yes..." has an answer, and only the second server knows "late...". */
static int
world_ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	static const struct dns_record record = {.name = "192.0.2.1"};
	struct world *world = state;

	(void)arena;
	assert_true(deadline_ms > 0);
	if (world->is_dead)
		return why_set(why, -EINVAL, "nobody to ask");
	world->calls++;
	for (size_t i = 0; i < count; i++) {
		const bool is_there =
		    strncmp(queries[i].name, "yes", 3) == 0 ||
		    (queries[i].is_second &&
		        strncmp(queries[i].name, "late", 4) == 0);

		world->asked++;
		world->second += queries[i].is_second ? 1 : 0;
		ret[i] = (struct dns_result){.outcome = DNS_NXDOMAIN};
		if (is_there)
			ret[i] = (struct dns_result){.outcome = DNS_ANSWER,
			    .records = &record,
			    .count = 1};
	}
	return (int)count;
}

static void
waves(void **state)
{
	struct world world = {0};
	const struct dns_asker asker = {world_ask, &world};
	struct arena *arena = arena_new();
	struct dns_book *book = dns_book_new(arena, clock_boot_ms() + 10000);
	struct why why = {0};

	(void)state;
	assert_int_equal(dns_book_wave(book, &asker, &why), 0);
	assert_null(dns_book_look(book, "yes.test", DNS_A));
	assert_null(dns_book_look(book, "YES.test.", DNS_A));
	assert_null(dns_book_look(book, "yes.test", DNS_AAAA));
	dns_book_want(book, "no.test", DNS_A);
	assert_int_equal(dns_book_wants(book), 3);
	assert_int_equal(dns_book_wave(book, &asker, &why), 3);
	assert_int_equal(dns_book_wants(book), 0);
	assert_int_equal(
	    dns_book_look(book, "Yes.Test", DNS_A)->outcome, DNS_ANSWER);
	assert_int_equal(
	    dns_book_look(book, "no.test.", DNS_A)->outcome, DNS_NXDOMAIN);
	assert_int_equal(dns_book_wave(book, &asker, &why), 0);
	assert_int_equal(dns_book_waves(book), 1);
	/* a last dot that is escaped belongs to the name */
	assert_null(dns_book_look(book, "yes.test\\.", DNS_A));
	world.is_dead = true;
	assert_int_equal(dns_book_wave(book, &asker, &why), -EINVAL);
	arena_free(arena);
}

static void
disputes(void **state)
{
	struct world world = {0};
	const struct dns_asker asker = {world_ask, &world};
	struct arena *arena = arena_new();
	struct dns_book *book = dns_book_new(arena, clock_boot_ms() + 10000);
	struct why why = {0};

	(void)state;
	(void)dns_book_look(book, "yes.test", DNS_A);
	(void)dns_book_look(book, "late.test", DNS_A);
	(void)dns_book_look(book, "no.test", DNS_A);
	dns_book_want(book, "late2.test", DNS_A); /* nobody looked */
	assert_int_equal(dns_book_wave(book, &asker, &why), 4);
	assert_int_equal(dns_book_dispute(book, &asker, &why), 1);
	assert_int_equal(world.second, 2);
	assert_int_equal(
	    dns_book_look(book, "late.test", DNS_A)->outcome, DNS_DISPUTED);
	assert_int_equal(
	    dns_book_look(book, "no.test", DNS_A)->outcome, DNS_NXDOMAIN);
	assert_int_equal(
	    dns_book_look(book, "late2.test", DNS_A)->outcome, DNS_NXDOMAIN);
	arena_free(arena);
}

static void
bounds(void **state)
{
	struct world world = {0};
	const struct dns_asker asker = {world_ask, &world};
	struct arena *arena = arena_new();
	struct dns_book *book = dns_book_new(arena, clock_boot_ms() - 1);
	struct why why = {0};

	(void)state;
	for (unsigned i = 0; i < DNS_BOOK_MAX; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "yes%u.test", i);
		assert_null(dns_book_look(book, name, DNS_A));
	}
	assert_int_equal(
	    dns_book_look(book, "yes.more", DNS_A)->outcome, DNS_TIMEOUT);
	assert_string_equal(dns_unknown_text(arena, "yes.more", DNS_A,
	                        dns_book_look(book, "yes.more", DNS_A)),
	    "A of yes.more: not asked: there are too many questions in this "
	    "run");
	/* too late to ask */
	assert_int_equal(dns_book_wave(book, &asker, &why), DNS_BOOK_MAX);
	assert_int_equal(world.calls, 0);
	assert_int_equal(
	    dns_book_look(book, "yes7.test", DNS_A)->outcome, DNS_TIMEOUT);
	arena_free(arena);
}

static void
pastes(void **state)
{
	struct arena *arena = arena_new();
	char value[300], want[400];

	(void)state;
	assert_string_equal(dns_paste_txt(arena, "a.test", "v=spf1 -all"),
	    "a.test. 3600 IN TXT \"v=spf1 -all\"");
	assert_string_equal(dns_paste_txt(arena, "a.test.", "a\"b\\c\xc3\xa9"),
	    "a.test. 3600 IN TXT \"a\\\"b\\\\c\\195\\169\"");
	assert_string_equal(dns_paste_txt(arena, "a.test", "x`id`"),
	    "a.test. 3600 IN TXT \"x\\096id\\096\"");
	assert_string_equal(
	    dns_paste_txt(arena, "a.test", ""), "a.test. 3600 IN TXT \"\"");
	(void)memset(value, 'x', sizeof(value));
	value[256] = '\0';
	(void)snprintf(
	    want, sizeof(want), "a. 3600 IN TXT \"%.255s\" \"x\"", value);
	assert_string_equal(dns_paste_txt(arena, "a", value), want);
	value[255] = '\0';
	(void)snprintf(want, sizeof(want), "a. 3600 IN TXT \"%s\"", value);
	assert_string_equal(dns_paste_txt(arena, "a", value), want);
	assert_string_equal(dns_reverse_name(arena, "192.0.2.10", NULL),
	    "10.2.0.192.in-addr.arpa");
	assert_string_equal(dns_reverse_name(arena, "192.0.2.10", "list.test"),
	    "10.2.0.192.list.test");
	assert_string_equal(dns_reverse_name(arena, "2001:db8::1", "l"),
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
	    "l");
	assert_null(dns_reverse_name(arena, "mx.test", NULL));
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(waves),
	    cmocka_unit_test(disputes),
	    cmocka_unit_test(bounds),
	    cmocka_unit_test(pastes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
