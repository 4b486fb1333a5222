/*
 * test_fact.c - the fact set, and what a probe may say
 *
 * Purpose  values are found by key, what is missing says why, and whatever a
 *          probe passes on arrives harmless
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   -
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/fact/fact_out.h"
#include "agent/fact/join.h"
#include "agent/fact/wire.h"
#include "tests/unit/unit.h"

struct fixture {
	struct arena *arena;
	struct fact_set *set;
	struct fact_out *out;
};

static int
setup(void **state)
{
	static struct fixture f;

	f.arena = arena_new();
	f.set = fact_set_new(f.arena);
	f.out = fact_out_to_set(f.set);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fact_out_free(f->out);
	arena_free(f->arena);
	return 0;
}

static struct value
cell(const struct fixture *f, const char *table, const char *key,
    const char *column)
{
	const struct table *schema = schema_table_find(table, NULL);
	int index;

	assert_non_null(schema);
	index = schema_column_find(schema, column);
	assert_true(index >= 0);
	return fact_cell(f->set, schema, key, (size_t)index);
}

static const struct fact_table *
table_of(const struct fixture *f, const char *name)
{
	return fact_table_get(f->set, schema_table_find(name, NULL));
}

static void
check_unknown(struct value got, const char *want)
{
	assert_int_equal(got.kind, VALUE_UNKNOWN);
	assert_string_equal(got.text, want);
}

static void
test_values(void **state)
{
	struct fixture *f = *state;

	fact_out_row(f->out, "disk", "/var");
	fact_out_number(f->out, "free", 1234);
	fact_out_bool(f->out, "read_only", true);
	fact_out_text(f->out, "role", "queue");
	fact_out_unknown(f->out, "inodes_used", "no %s here", "inodes");
	fact_out_row(f->out, "disk", "/");
	fact_out_number(f->out, "free", 0);
	check_unknown(cell(f, "disk", "/var", "free"), "was not looked at");
	fact_out_table_end(f->out, "disk");
	assert_int_equal(table_of(f, "disk")->count, 2);
	assert_true(cell(f, "disk", "/var", "free").number > 1233);
	assert_true(cell(f, "disk", "/var", "read_only").is_true);
	assert_string_equal(cell(f, "disk", "/var", "role").text, "queue");
	check_unknown(cell(f, "disk", "/var", "inodes_used"), "no inodes here");
	check_unknown(cell(f, "disk", "/var", "total"), "not told");
	assert_int_equal(cell(f, "disk", "/", "free").kind, VALUE_NUMBER);
	check_unknown(
	    cell(f, "disk", "/srv", "free"), "there is no mount /srv");
	check_unknown(cell(f, "host", NULL, "cpus"), "was not looked at");
}

static void
test_single_row(void **state)
{
	struct fixture *f = *state;

	fact_out_row(f->out, "host", "");
	fact_out_number(f->out, "cpus", 4);
	fact_out_table_end(f->out, "host");
	assert_int_equal(cell(f, "host", NULL, "cpus").kind, VALUE_NUMBER);
	assert_int_equal(cell(f, "host", "", "cpus").kind, VALUE_NUMBER);
	/* without its row such a table is not known */
	fact_out_table_end(f->out, "mta");
	check_unknown(cell(f, "mta", NULL, "pid"), "nothing was told");
}

static void
test_unknown_table(void **state)
{
	struct fixture *f = *state;

	fact_out_row(f->out, "unit", "a.service");
	fact_out_table_unknown(f->out, "unit", "D-Bus: %s", "\033[2Jno\n");
	assert_int_equal(table_of(f, "unit")->state, FACT_UNKNOWN);
	assert_int_equal(table_of(f, "unit")->count, 0);
	check_unknown(
	    cell(f, "unit", "a.service", "sub"), "D-Bus: \\x1b[2Jno\\x0a");
	/* the first word counts */
	fact_out_row(f->out, "unit", "a.service");
	fact_out_table_end(f->out, "unit");
	assert_int_equal(table_of(f, "unit")->state, FACT_UNKNOWN);
}

static void
test_nonsense_is_unknown(void **state)
{
	struct fixture *f = *state;

	fact_out_row(f->out, "disk", "/");
	fact_out_number(f->out, "free", -3);
	fact_out_number(f->out, "total", (double)NAN);
	fact_out_number(f->out, "used", 1000000);
	fact_out_number(f->out, "inodes_total", 1e30);
	fact_out_unknown(f->out, "device", "%s", "");
	fact_out_table_end(f->out, "disk");
	check_unknown(cell(f, "disk", "/", "free"), "-3 makes no sense");
	assert_int_equal(cell(f, "disk", "/", "total").kind, VALUE_UNKNOWN);
	check_unknown(cell(f, "disk", "/", "used"), "1e+06 makes no sense");
	check_unknown(
	    cell(f, "disk", "/", "inodes_total"), "1e+30 makes no sense");
	check_unknown(cell(f, "disk", "/", "device"), "no reason");
	fact_out_row(f->out, "unit", "x.service");
	fact_out_text(f->out, "active", "levitating\033");
	fact_out_text(f->out, "load", "loaded");
	fact_out_table_end(f->out, "unit");
	check_unknown(cell(f, "unit", "x.service", "active"),
	    "a new word: levitating\\x1b");
	assert_string_equal(
	    cell(f, "unit", "x.service", "load").text, "loaded");
}

static void
test_hostile_texts(void **state)
{
	struct fixture *f = *state;
	char big[4 * WIRE_TEXT_MAX];
	const char *text;

	fact_out_row(f->out, "disk", "/\033]0;x\007\xff");
	fact_out_text(f->out, "role", "a\xe2\x80\xae\n");
	/* two bytes a character, so that a cut may fall between them */
	for (size_t i = 0; i + 1 < sizeof(big); i += 2)
		(void)memcpy(big + i, "\xc3\xa9", 2);
	big[sizeof(big) - 2] = '\0';
	fact_out_text(f->out, "device", big);
	fact_out_text(f->out, "type", big + 1);
	fact_out_table_end(f->out, "disk");
	text = "/\\x1b]0;x\\x07\\xff";
	assert_string_equal(table_of(f, "disk")->rows[0].key, text);
	assert_string_equal(
	    cell(f, "disk", text, "role").text, "a\\xe2\\x80\\xae\\x0a");
	assert_true(
	    strlen(cell(f, "disk", text, "device").text) >= WIRE_TEXT_MAX - 2);
	text = cell(f, "disk", text, "type").text;
	assert_true(text_is_printable(text, strlen(text)));
}

/* In a column for that a text has parts, whole characters in each. */
static void
test_long_text(void **state)
{
	struct fixture *f = *state;
	char big[8 * WIRE_TEXT_MAX];
	const char *text;

	for (size_t i = 0; i + 1 < sizeof(big); i += 2)
		(void)memcpy(big + i, "\xc3\xa9", 2);
	big[1000] = '\0';
	fact_out_row(f->out, "egress", "");
	fact_out_text(f->out, "remedy", big);
	fact_out_table_end(f->out, "egress");
	assert_string_equal(table_of(f, "egress")
	                        ->rows[0]
	                        .cells[schema_column_find(
	                            table_of(f, "egress")->schema, "remedy")]
	                        .text,
	    big);
	big[1000] = '\xc3';
	big[sizeof(big) - 2] = '\0';
	fact_out_row(f->out, "disk", "/");
	fact_out_text(f->out, "device", big);
	fact_out_table_end(f->out, "disk");
	text = cell(f, "disk", "/", "device").text;
	assert_true(strlen(text) < WIRE_TEXT_MAX);
}

/* Long keys that differ only past the cut stay two rows. */
static void
test_long_keys(void **state)
{
	struct fixture *f = *state;
	char key[2 * WIRE_TEXT_MAX];

	(void)memset(key, 'k', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	fact_out_row(f->out, "queue_sender", key);
	key[sizeof(key) - 2] = 'x';
	fact_out_row(f->out, "queue_sender", key);
	fact_out_number(f->out, "messages", 2);
	fact_out_table_end(f->out, "queue_sender");
	assert_int_equal(table_of(f, "queue_sender")->count, 2);
	assert_true(
	    strlen(table_of(f, "queue_sender")->rows[1].key) < WIRE_TEXT_MAX);
}

static void
test_rows_left_out(void **state)
{
	struct fixture *f = *state;
	size_t max = table_of(f, "queue_sender")->schema->row_max;

	for (size_t i = 0; i < max + 5; i++) {
		char key[48];

		(void)snprintf(key, sizeof(key), "u%zu@example.com", i);
		fact_out_row(f->out, "queue_sender", key);
		fact_out_number(f->out, "messages", (double)i);
		fact_out_row(f->out, "queue_sender", "u0@example.com");
		fact_out_number(f->out, "messages", 7);
		fact_out_row(f->out, "queue_sender", "");
	}
	fact_out_table_end(f->out, "queue_sender");
	assert_int_equal(table_of(f, "queue_sender")->count, max);
	assert_true(
	    cell(f, "queue_sender", "u0@example.com", "messages").number < 1);
	assert_true(
	    cell(f, "queue_sender", "u499@example.com", "messages").number >
	    498);
	check_unknown(cell(f, "queue_sender", "u500@example.com", "messages"),
	    "there is no address u500@example.com");
}

static void
test_find_collides(void **state)
{
	struct fixture *f = *state;
	struct fact_table *table =
	    fact_table_get(f->set, schema_table_find("port", NULL));
	char key[48];

	for (size_t i = 0; i < table->schema->row_max; i++) {
		(void)snprintf(key, sizeof(key), "%zu", i);
		(void)fact_row_add(f->set, table, key);
	}
	fact_table_set_known(table);
	for (size_t i = 0; i < table->schema->row_max; i++) {
		(void)snprintf(key, sizeof(key), "%zu", i);
		assert_ptr_equal(fact_row_find(table, key), &table->rows[i]);
	}
	assert_null(fact_row_find(table, "none"));
}

static struct fact_row *
row_add(struct fixture *f, const char *table, const char *key)
{
	struct fact_table *facts =
	    fact_table_get(f->set, schema_table_find(table, NULL));

	fact_table_set_known(facts);
	return fact_row_add(f->set, facts, key);
}

static void
set_number(
    const char *table, struct fact_row *row, const char *column, double number)
{
	const struct table *schema = schema_table_find(table, NULL);

	row->cells[schema_column_find(schema, column)] =
	    VALUE_NUMBER_OF(number);
}

static void
test_joined(void **state)
{
	struct fixture *f = *state;
	struct fact_row *row;

	row_add(f, "destination", "big.test");
	row_add(f, "destination", "small.test");
	row = row_add(f, "queue_destination", "big.test");
	set_number("queue_destination", row, "messages", 1204);
	set_number("queue_destination", row, "active", 4);
	fact_join(f->set, NULL);
	assert_true(
	    cell(f, "destination", "big.test", "queued").number == 1204);
	assert_true(cell(f, "destination", "big.test", "active").number == 4);
	/* what the other table could not tell is not known here, too */
	assert_int_equal(
	    cell(f, "destination", "big.test", "oldest").kind, VALUE_UNKNOWN);
	assert_int_equal(
	    cell(f, "destination", "small.test", "queued").kind, VALUE_NUMBER);
	assert_true(cell(f, "destination", "small.test", "queued").number == 0);
}

/* A word of another table; where it has no such row it is not told. */
static void
test_joined_word(void **state)
{
	static const char *const from[][2] = {
	    {"dkim", "dkim_domain"},
            {"dane", "dane"       }
        };
	struct fixture *f = *state;

	row_add(f, "domain", "a.test");
	row_add(f, "domain", "b.test");
	for (size_t i = 0; i < ARRAY_COUNT(from); i++)
		row_add(f, from[i][1], "a.test")->cells[0] =
		    VALUE_TEXT_OF("mismatch");
	fact_join(f->set, NULL);
	for (size_t i = 0; i < ARRAY_COUNT(from); i++) {
		assert_string_equal(
		    cell(f, "domain", "a.test", from[i][0]).text, "mismatch");
		assert_int_equal(cell(f, "domain", "b.test", from[i][0]).kind,
		    VALUE_UNKNOWN);
	}
}

/* What goes by way of a relay is what no other row is for. */
static void
test_joined_rest(void **state)
{
	struct fixture *f = *state;
	struct fact_row *row;

	row_add(f, "destination", "relay.test");
	row_add(f, "destination", "big.test");
	row = row_add(f, "queue_destination", "big.test");
	set_number("queue_destination", row, "messages", 1000);
	set_number("queue_destination", row, "active", 9);
	row = row_add(f, "queue", "");
	set_number("queue", row, "messages", 1204);
	set_number("queue", row, "active", 4);
	set_number("queue", row, "oldest", 60);
	fact_join(f->set, "relay.test");
	assert_true(
	    cell(f, "destination", "big.test", "queued").number == 1000);
	assert_true(
	    cell(f, "destination", "relay.test", "queued").number == 204);
	assert_true(
	    cell(f, "destination", "relay.test", "oldest").number == 60);
	/* a message for several domains counts in each */
	assert_true(cell(f, "destination", "relay.test", "active").number == 0);
}

static void
test_joined_rest_unknown(void **state)
{
	struct fixture *f = *state;
	struct fact_table *table =
	    fact_table_get(f->set, schema_table_find("queue", NULL));

	row_add(f, "destination", "relay.test");
	fact_table_set_unknown(f->set, table, "the queue hangs");
	fact_join(f->set, "relay.test");
	assert_string_equal(cell(f, "destination", "relay.test", "queued").text,
	    "the queue hangs");
}

static void
test_joined_unknown(void **state)
{
	struct fixture *f = *state;
	const struct table *schema =
	    schema_table_find("queue_destination", NULL);
	struct fact_table *table = fact_table_get(f->set, schema);
	char key[32];

	row_add(f, "destination", "big.test");
	fact_join(f->set, NULL);
	assert_string_equal(cell(f, "destination", "big.test", "queued").text,
	    "was not looked at");
	fact_table_set_unknown(f->set, table, "the queue hangs");
	fact_join(f->set, NULL);
	assert_string_equal(cell(f, "destination", "big.test", "queued").text,
	    "the queue hangs");
	for (size_t i = 0; i < schema->row_max; i++) {
		(void)snprintf(key, sizeof(key), "%zu.test", i);
		row_add(f, "queue_destination", key);
	}
	/* the row may be one of those that were left out */
	fact_join(f->set, NULL);
	assert_string_equal(cell(f, "destination", "big.test", "queued").text,
	    "queue_destination tells of the 500 largest only");
}

/* What a firewall does is never taken from the number of the port. */
static void
test_joined_words(void **state)
{
	const struct fixture *f = *state;
	struct fact_table *port =
	    fact_table_get(f->set, schema_table_find("port", NULL));

	fact_table_set_known(port);
	(void)fact_row_add(f->set, port, "25");
	(void)fact_row_add(f->set, port, "587");
	fact_out_row(f->out, "firewall", "25");
	fact_out_text(f->out, "inbound_v4", "drop");
	fact_out_text(f->out, "closed_for", "IPv4");
	fact_out_table_end(f->out, "firewall");
	fact_join(f->set, NULL);
	assert_string_equal(cell(f, "port", "25", "inbound_v4").text, "drop");
	assert_string_equal(cell(f, "port", "25", "closed_for").text, "IPv4");
	assert_int_equal(
	    cell(f, "port", "587", "inbound_v4").kind, VALUE_UNKNOWN);
	assert_int_equal(
	    cell(f, "port", "587", "closed_for").kind, VALUE_UNKNOWN);
}

static void
test_joined_tables(void **state)
{
	const struct table *schema = schema_table_find("destination", NULL);
	bool wanted[64] = {false};
	size_t index;

	(void)state;
	(void)schema_table_find("queue_destination", &index);
	fact_join_tables(schema, schema_column_find(schema, "r421"), wanted);
	assert_false(wanted[index]);
	fact_join_tables(schema, schema_column_find(schema, "queued"), wanted);
	assert_true(wanted[index]);
	(void)schema_table_find("queue", &index);
	assert_true(wanted[index]);
	/* what its probe reads */
	(void)schema_table_find("log", &index);
	assert_false(wanted[index]);
	schema = schema_table_find("egress", NULL);
	fact_join_tables(schema, schema_column_find(schema, "state"), wanted);
	assert_true(wanted[index]);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(test_values),
	    TEST(test_single_row),
	    TEST(test_unknown_table),
	    TEST(test_nonsense_is_unknown),
	    TEST(test_hostile_texts),
	    TEST(test_long_text),
	    TEST(test_long_keys),
	    TEST(test_rows_left_out),
	    TEST(test_find_collides),
	    TEST(test_joined),
	    TEST(test_joined_word),
	    TEST(test_joined_rest),
	    TEST(test_joined_rest_unknown),
	    TEST(test_joined_unknown),
	    TEST(test_joined_words),
	    TEST(test_joined_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
