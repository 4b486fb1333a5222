/*
 * test_queue_top.c - counts by key in bounded memory
 *
 * Purpose  exact while there are few keys; a stated error when there are many
 * Input    fixed, and a fixed pseudo-random sequence
 * Errors   a failed assertion
 * Runs as  any user
 * Source   queue_top.h
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/queue_top.h"
#include "tests/unit/unit.h"

static void
add(struct queue_top *top, const char *key)
{
	queue_top_at(top, key, strlen(key))->messages++;
}

static const struct queue_part *
find(struct queue_top *top, const char *key)
{
	for (size_t i = 0; i < queue_top_count(top); i++) {
		const struct queue_part *part = queue_top_part(top, i);

		if (strcmp(queue_top_key(top, part), key) == 0)
			return part;
	}
	return NULL;
}

static void
test_exact(void **state)
{
	struct queue_top *top = queue_top_new(1);
	char key[32];

	(void)state;
	for (unsigned i = 0; i < QUEUE_TOP_KEYS; i++) {
		(void)snprintf(key, sizeof(key), "d%u.test", i);
		add(top, key);
	}
	add(top, "d77.test");
	add(top, "d78.test");
	add(top, "d78.test");
	assert_int_equal(queue_top_error(top), 0);
	assert_int_equal(queue_top_sort(top), QUEUE_TOP_KEYS);
	assert_string_equal(
	    queue_top_key(top, queue_top_part(top, 0)), "d78.test");
	assert_int_equal(queue_top_part(top, 0)->messages, 3);
	assert_string_equal(
	    queue_top_key(top, queue_top_part(top, 1)), "d77.test");
	assert_string_equal(
	    queue_top_key(top, queue_top_part(top, 2)), "d0.test");
	queue_top_free(top);
}

/* Ten times as many keys as there is room for, among them some big ones. */
static void
test_bounded(void **state)
{
	struct queue_top *top = queue_top_new(2);
	char key[32];
	uint64_t error;

	(void)state;
	for (unsigned i = 0; i < 10 * QUEUE_TOP_KEYS; i++) {
		(void)snprintf(key, sizeof(key), "once-%u@spam.test", i);
		add(top, key);
		if (i % 10 == 0) {
			(void)snprintf(
			    key, sizeof(key), "often-%u@x.test", i / 10 % 20);
			add(top, key);
		}
	}
	error = queue_top_error(top);
	assert_true(error > 0 && error < 30);
	queue_top_sort(top);
	for (unsigned i = 0; i < 20; i++) {
		const struct queue_part *part;
		unsigned real = QUEUE_TOP_KEYS / 20;

		(void)snprintf(key, sizeof(key), "often-%u@x.test", i);
		part = find(top, key);
		if (part == NULL)
			fail_msg("%s was dropped", key);
		else
			assert_true(part->messages <= real + 1);
		assert_true(part != NULL && part->messages + error >= real);
	}
	queue_top_free(top);
}

static void
test_long_keys(void **state)
{
	struct queue_top *top = queue_top_new(3);
	char key[QUEUE_TOP_KEY_MAX + 40];

	(void)state;
	for (unsigned i = 0; i < QUEUE_TOP_KEYS; i++) {
		memset(key, 'x', sizeof(key));
		(void)snprintf(key, 9, "%08u", i);
		key[8] = 'x';
		queue_top_at(top, key, sizeof(key))->messages++;
	}
	assert_true(queue_top_count(top) > 0);
	assert_true(queue_top_error(top) > 0);
	queue_top_free(top);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exact),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_long_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
