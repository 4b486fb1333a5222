/*
 * test_set_lookup.c - which element of a set a key hits, known or in part
 *
 * Purpose  exact keys, intervals, concatenations, guards, the catch-all
 * Input    sets made here, with up to 100,000 elements
 * Errors   a failed assertion
 * Runs as  any user
 * Source   answers of a kernel 6.18 to the same sets; a plain walk for the big
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/auto.h"
#include "agent/firewall/packet.h"
#include "tests/unit/unit.h"

static uint8_t all[64]; /* every bit is known */

struct world {
	struct arena *arena;
	struct nf_ruleset ruleset;
	struct nf_source source;
	struct nf_context context;
	struct why why;
	int load_result;
};

static int
load_elements(void *user, struct nf_set *set, struct why *why)
{
	struct world *world = user;

	if (world->load_result < 0)
		return why_set(why, world->load_result, "told to fail");
	set->is_loaded = true;
	return 0;
}

static int
setup(void **state)
{
	struct world *world = mem_alloc(1, sizeof(*world));

	memset(all, 0xff, sizeof(all));
	world->arena = arena_new();
	world->source.load_elements = load_elements;
	world->source.user = world;
	world->ruleset.arena = world->arena;
	world->ruleset.source = &world->source;
	world->context.arena = world->arena;
	world->context.ruleset = &world->ruleset;
	world->context.why = &world->why;
	*state = world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	arena_free(world->arena);
	free(world);
	return 0;
}

#define KEY(...) ((const uint8_t[]){__VA_ARGS__})

static enum nf_truth
ask(struct world *world, struct nf_set *set, const uint8_t *key,
    const uint8_t *known, const struct nf_element **ret)
{
	return nf_set_lookup(&world->context, set, key, known, ret).truth;
}

static void
test_exact(void **state)
{
	struct world *world = *state;
	struct nf_element elements[] = {
	    {.key = KEY(0, 25)},
	    {.key = KEY(1, 209)},
	    {.key = KEY(2, 75)},
	};
	struct nf_set set = {.name = "mail",
	    .key_length = 2,
	    .elements = elements,
	    .element_count = ARRAY_COUNT(elements)};
	const struct nf_element *element;

	assert_int_equal(ask(world, &set, KEY(1, 209), all, &element), NF_YES);
	assert_ptr_equal(element, &elements[1]);
	assert_int_equal(ask(world, &set, KEY(1, 208), all, &element), NF_NO);
	assert_null(element);
	/* the low byte is not known: 0x01.. may be 465; 0x03.. is none */
	assert_int_equal(
	    ask(world, &set, KEY(1, 0), KEY(0xff, 0), &element), NF_MAYBE);
	assert_ptr_equal(element, &elements[1]);
	assert_int_equal(
	    ask(world, &set, KEY(3, 0), KEY(0xff, 0), &element), NF_NO);
}

static void
test_catch_all(void **state)
{
	struct world *world = *state;
	struct nf_element elements[] = {
	    {.key = KEY(0, 25), .verdict = {.code = NF_VERDICT_DROP}},
	};
	struct nf_element star = {.verdict = {.code = NF_VERDICT_ACCEPT}};
	struct nf_set set = {.name = "m",
	    .flags = NFT_SET_MAP,
	    .is_verdict_map = true,
	    .key_length = 2,
	    .elements = elements,
	    .element_count = 1,
	    .catch_all = &star};
	const struct nf_element *element;
	struct nf_hits hits;

	assert_int_equal(ask(world, &set, KEY(0, 25), all, &element), NF_YES);
	assert_ptr_equal(element, &elements[0]);
	assert_int_equal(ask(world, &set, KEY(0, 26), all, &element), NF_YES);
	assert_ptr_equal(element, &star);
	/* either: a map that cannot be decided, but both are told */
	assert_int_equal(
	    ask(world, &set, KEY(0, 0), KEY(0, 0), &element), NF_UNKNOWN);
	assert_null(element);
	assert_int_equal(
	    nf_set_hits(&world->context, &set, KEY(0, 0), KEY(0, 0), &hits)
	        .truth,
	    NF_MAYBE);
	assert_int_equal(hits.count, 2);
	assert_false(hits.may_miss);
	/* both do the same: it is decided */
	star.verdict.code = NF_VERDICT_DROP;
	assert_int_equal(
	    ask(world, &set, KEY(0, 0), KEY(0, 0), &element), NF_YES);
	assert_ptr_equal(element, &elements[0]);
	/* chains count too */
	star.verdict = (struct nf_verdict){NF_VERDICT_JUMP, "a"};
	elements[0].verdict = (struct nf_verdict){NF_VERDICT_JUMP, "b"};
	assert_int_equal(
	    ask(world, &set, KEY(0, 0), KEY(0, 0), &element), NF_UNKNOWN);
}

static void
test_intervals(void **state)
{
	struct world *world = *state;
	/* 10.0.0.0/8, 192.0.2.1, 198.51.100.0-198.51.100.9 */
	struct nf_element elements[] = {
	    {.key = KEY(10,  0,  0,   0), .key_end = KEY(10,  255, 255, 255)},
	    {.key = KEY(192, 0,  2,   1), .key_end = KEY(192, 0,   2,   1)  },
	    {.key = KEY(198, 51, 100, 0), .key_end = KEY(198, 51,  100, 9)  },
	};
	struct nf_set set = {.name = "nets",
	    .flags = NFT_SET_INTERVAL,
	    .key_length = 4,
	    .elements = elements,
	    .element_count = ARRAY_COUNT(elements)};
	const struct nf_element *element;

	static const struct {
		uint8_t key[4];
		int element; /* -1: none */
	} cases[] = {
	    {{9, 255, 255, 255},  -1},
	    {{10, 0, 0, 0},       0 },
	    {{10, 255, 255, 255}, 0 },
	    {{11, 0, 0, 0},       -1},
	    {{192, 0, 2, 0},      -1},
	    {{192, 0, 2, 1},      1 },
	    {{192, 0, 2, 2},      -1},
	    {{198, 51, 100, 9},   2 },
	    {{198, 51, 100, 10},  -1},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		bool is_in = cases[i].element >= 0;

		assert_int_equal(ask(world, &set, cases[i].key, all, &element),
		    is_in ? NF_YES : NF_NO);
		assert_ptr_equal(
		    element, is_in ? &elements[cases[i].element] : NULL);
	}
	/* the first byte decides, whatever the others are */
	assert_int_equal(
	    ask(world, &set, KEY(10, 0, 0, 0), KEY(255, 0, 0, 0), &element),
	    NF_YES);
	assert_int_equal(
	    ask(world, &set, KEY(198, 0, 0, 0), KEY(255, 0, 0, 0), &element),
	    NF_MAYBE);
	assert_int_equal(
	    ask(world, &set, KEY(11, 0, 0, 0), KEY(255, 0, 0, 0), &element),
	    NF_NO);
}

static void
test_concatenation(void **state)
{
	struct world *world = *state;
	/* ip saddr . tcp dport: the port in a slot of its own */
	struct nf_element elements[] = {
	    {.key = KEY(10, 0, 0, 0, 0, 25, 0, 0),
             .key_end = KEY(10, 0, 0, 255, 2, 75, 0, 0)},
	    {.key = KEY(10,            0,            0,          7,          0,         22,          0,         0)          },
	};
	struct nf_set set = {
	    .name = "c",
	    .flags = NFT_SET_INTERVAL | NFT_SET_CONCAT,
	    .key_length = 8,
	    .fields = {4, 2},
	    .field_count = 2,
	    .elements = elements,
	    .element_count = ARRAY_COUNT(elements)
        };
	const struct nf_element *element;

	assert_int_equal(
	    ask(world, &set, KEY(10, 0, 0, 9, 1, 209, 0, 0), all, &element),
	    NF_YES);
	assert_ptr_equal(element, &elements[0]);
	/* between both ends as one number, but the port is not */
	assert_int_equal(
	    ask(world, &set, KEY(10, 0, 0, 9, 0, 24, 0, 0), all, &element),
	    NF_NO);
	assert_int_equal(
	    ask(world, &set, KEY(10, 0, 1, 0, 0, 25, 0, 0), all, &element),
	    NF_NO);
	assert_int_equal(
	    ask(world, &set, KEY(10, 0, 0, 7, 0, 22, 0, 0), all, &element),
	    NF_YES);
	assert_ptr_equal(element, &elements[1]);
	assert_int_equal(ask(world, &set, KEY(10, 0, 0, 9, 0, 0, 0, 0),
	                     KEY(255, 255, 255, 255, 0, 0, 0, 0), &element),
	    NF_MAYBE);
	/* fields that do not fit the key are not read beyond it */
	set.fields[1] = 9;
	assert_int_equal(
	    ask(world, &set, KEY(10, 0, 0, 9, 1, 209, 0, 0), all, &element),
	    NF_UNKNOWN);
	/* without ranges the key is compared whole */
	set.fields[1] = 2;
	set.flags = NFT_SET_CONCAT;
	assert_int_equal(
	    ask(world, &set, KEY(10, 0, 0, 7, 0, 22, 0, 0), all, &element),
	    NF_YES);
}

static void
test_guards_and_changes(void **state)
{
	struct world *world = *state;
	const struct nf_expr counter = {.op = NF_OP_COUNTER};
	const struct nf_expr over = {.op = NF_OP_LIMIT, .is_inverted = true};
	struct nf_element elements[] = {
	    {.key = KEY(0, 25), .exprs = &counter, .expr_count = 1},
	    {.key = KEY(0, 26), .exprs = &over,    .expr_count = 1},
	};
	struct nf_set set = {.name = "s\033",
	    .key_length = 2,
	    .elements = elements,
	    .element_count = ARRAY_COUNT(elements)};
	const struct nf_element *element;
	struct nf_match match;

	assert_int_equal(ask(world, &set, KEY(0, 25), all, &element), NF_YES);
	match = nf_set_lookup(&world->context, &set, KEY(0, 26), all, &element);
	assert_int_equal(match.truth, NF_MAYBE);
	assert_false(match.is_usual);
	assert_string_equal(
	    match.reason, "@s\\x1b has a limit for each of its elements");
	set.is_changing = true;
	set.flags = NFT_SET_TIMEOUT;
	match = nf_set_lookup(&world->context, &set, KEY(0, 25), all, &element);
	assert_int_equal(match.truth, NF_MAYBE);
	assert_true(match.is_usual);
	assert_ptr_equal(element, &elements[0]);
	assert_int_equal(ask(world, &set, KEY(0, 27), all, &element), NF_NO);
	set.flags = NFT_SET_EVAL;
	match = nf_set_lookup(&world->context, &set, KEY(0, 27), all, &element);
	assert_int_equal(match.truth, NF_MAYBE);
	assert_false(match.is_usual);
	assert_null(element);
}

static void
test_load(void **state)
{
	struct world *world = *state;
	struct nf_set set = {.name = "s", .key_length = 2};
	const struct nf_element *element;
	struct nf_match match;

	world->load_result = -EIO;
	match = nf_set_lookup(&world->context, &set, KEY(0, 25), all, &element);
	assert_int_equal(match.truth, NF_UNKNOWN);
	assert_string_equal(match.reason, "the elements of @s: told to fail");
	assert_int_equal(world->context.code, 0);
	world->load_result = -ESTALE;
	assert_int_equal(
	    ask(world, &set, KEY(0, 25), all, &element), NF_UNKNOWN);
	assert_int_equal(world->context.code, -ESTALE);
	world->load_result = 0;
	assert_int_equal(ask(world, &set, KEY(0, 25), all, &element), NF_NO);
	assert_true(set.is_loaded);
	set.key_length = 65;
	assert_int_equal(ask(world, &set, all, all, &element), NF_UNKNOWN);
}

#define MANY 100000U

/* Big sets have an index: it must say what a walk says. */
static void
try_many(struct world *world, bool is_interval)
{
	struct nf_element *elements =
	    arena_alloc(world->arena, MANY, sizeof(*elements));
	uint8_t(*keys)[2][16] = arena_alloc(world->arena, MANY, sizeof(*keys));
	struct nf_set set = {.name = "many",
	    .key_length = 16,
	    .elements = elements,
	    .flags = is_interval ? NFT_SET_INTERVAL : 0,
	    .element_count = MANY};
	const struct nf_element *element;

	for (uint32_t i = 0; i < MANY; i++) {
		/* odd order; equal in the first eight bytes by groups */
		uint32_t n = (uint32_t)((uint64_t)i * 70001U % MANY) * 10;

		for (size_t end = 0; end < 2; end++) {
			uint32_t value = n + (end > 0 && is_interval ? 4 : 0);

			keys[i][end][0] = 0x20;
			keys[i][end][7] = (uint8_t)(value >> 16);
			keys[i][end][14] = (uint8_t)(value >> 8);
			keys[i][end][15] = (uint8_t)value;
		}
		elements[i].key = keys[i][0];
		elements[i].key_end = is_interval ? keys[i][1] : NULL;
	}
	for (uint32_t value = 0; value < MANY * 10 + 9; value += 7) {
		uint8_t key[16] = {[0] = 0x20,
		    [7] = (uint8_t)(value >> 16),
		    [14] = (uint8_t)(value >> 8),
		    [15] = (uint8_t)value};
		bool is_in =
		    value % 10 <= (is_interval ? 4 : 0) && value / 10 < MANY;

		assert_int_equal(ask(world, &set, key, all, &element),
		    is_in ? NF_YES : NF_NO);
		if (is_in)
			assert_int_equal(
			    element->key[15], (uint8_t)(value / 10 * 10));
	}
}

static void
test_many(void **state)
{
	struct timespec before, after;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before), 0);
	try_many(*state, false);
	try_many(*state, true);
	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after), 0);
	/* 286,000 look-ups; by walks they would take minutes */
	assert_in_range(after.tv_sec - before.tv_sec, 0, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_exact, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_catch_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_intervals, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        test_concatenation, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        test_guards_and_changes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_load, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
