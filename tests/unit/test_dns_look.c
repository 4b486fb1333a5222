/*
 * test_dns_look.c - resolvers that know everything, nothing, or the world
 *
 * Purpose  what a check found is told, unless its resolver is worth nothing
 * Input    a check and name servers of the test
 * Errors   a failed assertion
 * Runs as  any user
 * Source   dns_look.h
 */
#include <string.h>

#include "agent/base/clock.h"
#include "agent/probes/dns_look.h"
#include "tests/unit/probe_run.h"

/* What a name server says of all names, of the root, and of "a.test". */
struct server {
	enum dns_outcome all, root, name;
};

struct world {
	struct server first, second;
};

static int
ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	const struct world *world = state;

	(void)arena;
	(void)deadline_ms;
	(void)why;
	for (size_t i = 0; i < count; i++) {
		const struct server *server =
		    queries[i].is_second ? &world->second : &world->first;

		ret[i] = (struct dns_result){.server = "192.0.2.53"};
		ret[i].outcome =
		    strcmp(queries[i].name, ".") == 0        ? server->root
		    : strcmp(queries[i].name, "a.test") == 0 ? server->name
		                                             : server->all;
	}
	return 0;
}

static void *
check_begin(struct dns_look *look)
{
	return look;
}

static bool
check_run(struct dns_look *look, void *state)
{
	(void)state;
	return dns_book_look(look->book, "a.test", DNS_A) != NULL;
}

static void
check_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	(void)look;
	(void)state;
	fact_out_table_end(out, "address");
}

/* "": the check had its say; else why not. */
static const char *
look_at(struct arena *arena, struct world world, bool asks_twice)
{
	static const char *const tables[] = {"address", NULL};
	static const struct dns_check check = {.tables = tables,
	    .begin = check_begin,
	    .run = check_run,
	    .tell = check_tell};
	static const struct dns_check *const checks[] = {&check, NULL};
	struct fact_set *set = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(set);
	const struct dns_asker asker = {ask, &world};
	struct dns_look look = {.arena = arena,
	    .book = dns_book_new(arena, clock_boot_ms() + 60000)};
	const struct fact_table *told;

	dns_look_run(checks, &look, &asker, asks_twice, NULL, out);
	fact_out_end(out);
	fact_out_free(out);
	told = fact_table_get(set, schema_table_find("address", NULL));
	return told->state == FACT_UNKNOWN ? told->reason : "";
}

static const struct server honest = {DNS_NXDOMAIN, DNS_ANSWER, DNS_NXDOMAIN},
                           wild = {DNS_ANSWER, DNS_ANSWER, DNS_ANSWER},
                           empty = {DNS_NXDOMAIN, DNS_NXDOMAIN, DNS_NXDOMAIN},
                           shy = {DNS_NXDOMAIN, DNS_REFUSED, DNS_NXDOMAIN};

static void
servers(void **test)
{
	struct arena *arena = arena_new();

	(void)test;
	assert_string_equal(
	    look_at(arena, (struct world){honest, honest}, false), "");
	assert_string_equal(
	    look_at(arena, (struct world){honest, honest}, true), "");
	assert_non_null(
	    strstr(look_at(arena, (struct world){wild, wild}, false),
	        "makes up answers"));
	assert_non_null(
	    strstr(look_at(arena, (struct world){empty, honest}, false),
	        "knows of nothing"));
	assert_non_null(
	    strstr(look_at(arena, (struct world){empty, empty}, true),
	        "knows of nothing"));
	/* the other one knows of the world: they are compared name by name */
	assert_string_equal(
	    look_at(arena, (struct world){empty, honest}, true), "");
	/* some do not tell of the root; that is no fault */
	assert_string_equal(look_at(arena, (struct world){shy, shy}, true), "");
	arena_free(arena);
}

/* Wants one name more each time. */
static bool
endless_run(struct dns_look *look, void *state)
{
	(void)state;
	(void)dns_book_look(look->book,
	    arena_printf(look->arena, "%u.test", dns_book_waves(look->book)),
	    DNS_A);
	return false;
}

static void
disputed_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	(void)state;
	fact_out_table_unknown(out, "address", "%s",
	    dns_outcome_names[dns_book_look(look->book, "a.test", DNS_A)
	                          ->outcome]);
}

/* One check that has no end, and one that both name servers contradict. */
static void
without_end(void **test)
{
	static const char *const tables[] = {"address", NULL};
	static const char *const endless_tables[] = {"helo", NULL};
	static const struct dns_check check = {.tables = tables,
	    .begin = check_begin,
	    .run = check_run,
	    .tell = disputed_tell};
	static const struct dns_check endless = {.tables = endless_tables,
	    .begin = check_begin,
	    .run = endless_run,
	    .tell = check_tell};
	static const struct dns_check *const checks[] = {
	    &check, &endless, NULL};
	struct arena *arena = arena_new();
	struct world world = {
	    honest, {DNS_NXDOMAIN, DNS_ANSWER, DNS_ANSWER}
        };
	struct fact_set *set = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(set);
	const struct dns_asker asker = {ask, &world};
	struct dns_look look = {.arena = arena,
	    .book = dns_book_new(arena, clock_boot_ms() + 60000)};

	(void)test;
	dns_look_run(checks, &look, &asker, true, NULL, out);
	fact_out_end(out);
	fact_out_free(out);
	assert_string_equal(
	    fact_table_get(set, schema_table_find("address", NULL))->reason,
	    "disputed");
	assert_string_equal(
	    fact_table_get(set, schema_table_find("helo", NULL))->reason,
	    "its questions have no end");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(servers),
	    cmocka_unit_test(without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
