/*
 * test_spf_repair.c - records that are proposed, and those that are not
 *
 * Purpose  what does not look anything up: words, and how many of them
 * Input    records made here
 * Errors   a failed assertion
 * Runs as  any user
 * Source   spf_repair.h
 */
#include "agent/base/buf.h"
#include "agent/base/clock.h"
#include "agent/dns/spf_repair.h"
#include "tests/unit/unit.h"

/* "v=spf1 ip4:192.0.2.0/24", so many words that mean nothing, "-all" */
static const char *
repaired(struct arena *arena, size_t count)
{
	static const char *const addresses[] = {"198.51.100.1"};
	AUTO_BUF struct buf record = {0};
	const char *records[1], *ret = "";
	const struct spf_repair repair = {.domain = "a.test",
	    .records = records,
	    .record_count = 1,
	    .addresses = addresses,
	    .address_count = 1};

	buf_add(&record, "v=spf1 ip4:192.0.2.0/24");
	for (size_t i = 0; i < count; i++)
		buf_addf(&record, " nothing%zu", i);
	buf_add(&record, " -all");
	records[0] = arena_dup(arena, buf_text(&record));
	assert_true(
	    spf_repair_make(dns_book_new(arena, clock_boot_ms() + 10000), arena,
	        &repair, &ret));
	return ret;
}

static void
words(void **test)
{
	struct arena *arena = arena_new();

	(void)test;
	assert_string_equal(repaired(arena, 3),
	    "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.1 -all");
	assert_null(repaired(arena, 1000));
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
