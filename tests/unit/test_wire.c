/*
 * test_wire.c - the receiving end refuses whatever is not exactly right
 *
 * Purpose  every check of wire.c, one deviation from a good record at a time
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   wire.h
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/fact/wire.h"
#include "tests/unit/unit.h"

struct fixture {
	struct arena *arena;
	struct fact_set *set;
	struct wire_reader reader;
	bool allowed[64];
};

static struct fixture fixture;

static size_t
number_of(const char *table)
{
	size_t index = 0;

	assert_non_null(schema_table_find(table, &index));
	return index;
}

static int
setup(void **state)
{
	fixture = (struct fixture){.arena = arena_new()};
	fixture.set = fact_set_new(fixture.arena);
	fixture.allowed[number_of("disk")] = true;
	fixture.allowed[number_of("host")] = true;
	fixture.allowed[number_of("unit")] = true;
	fixture.allowed[number_of("egress")] = true;
	wire_reader_init(&fixture.reader, fixture.set, fixture.allowed);
	*state = &fixture;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(fixture.arena);
	return 0;
}

static struct wire_record
record_of(enum wire_type type, const char *table, const char *text)
{
	struct wire_record record = {.magic = WIRE_MAGIC,
	    .version = WIRE_VERSION,
	    .seq = fixture.reader.seq,
	    .type = (uint8_t)type,
	    .table = (uint16_t)number_of(table),
	    .length = (uint16_t)strlen(text)};

	(void)strcpy(record.text, text);
	return record;
}

static struct wire_record
cell_of(const char *table, const char *column, enum value_kind kind,
    double number, const char *text)
{
	struct wire_record record = record_of(WIRE_CELL, table, text);
	int index = schema_column_find(schema_table_find(table, NULL), column);

	assert_true(index >= 0);
	record.column = (uint16_t)index;
	record.kind = (uint8_t)kind;
	record.number = number;
	return record;
}

static void
good(struct wire_record record)
{
	struct why why = {0};
	int r = wire_feed(&fixture.reader, &record, sizeof(record), &why);

	if (r != (record.type == WIRE_END ? 1 : 0))
		fail_msg("%d %s", r, why.text);
}

static void
bad(struct wire_record record, const char *want)
{
	struct why why = {0};
	int r = wire_feed(&fixture.reader, &record, sizeof(record), &why);

	if (r != -EPROTO || strstr(why.text, want) == NULL)
		fail_msg("%d \"%s\", not \"%s\"", r, why.text, want);
}

static const struct fact_table *
table_of(const char *name)
{
	return &fixture.set->tables[number_of(name)];
}

static void
test_good(void **state)
{
	struct wire_record end = record_of(WIRE_END, "host", "");

	(void)state;
	good(record_of(WIRE_ROW, "disk", "/"));
	good(cell_of("disk", "free", VALUE_NUMBER, 7, ""));
	good(cell_of("disk", "read_only", VALUE_BOOL, 1, ""));
	good(cell_of("disk", "role", VALUE_TEXT, 0, "queue, log"));
	good(cell_of("disk", "total", VALUE_UNKNOWN, 0, "why"));
	good(cell_of("disk", "total", VALUE_NUMBER, 9, "")); /* corrected */
	assert_int_equal(table_of("disk")->state, FACT_ABSENT);
	good(record_of(WIRE_TABLE_END, "disk", ""));
	assert_int_equal(table_of("disk")->state, FACT_KNOWN);
	good(record_of(WIRE_TABLE_UNKNOWN, "unit", "no bus"));
	assert_int_equal(table_of("unit")->state, FACT_UNKNOWN);
	good(record_of(WIRE_ROW, "host", ""));
	end.seq = fixture.reader.seq;
	end.table = 0;
	good(end);
	wire_finish(&fixture.reader, "stopped");
	assert_string_equal(table_of("host")->reason, "stopped");
	assert_int_equal(table_of("disk")->state, FACT_KNOWN);
	assert_int_equal(table_of("mta")->state, FACT_ABSENT);
}

static void
test_frame(void **state)
{
	struct wire_record record = record_of(WIRE_ROW, "disk", "/");
	struct wire_record wrong;

	(void)state;
	wrong = record;
	wrong.magic ^= 1;
	bad(wrong, "not a record");
	wrong = record;
	wrong.version++;
	bad(wrong, "not a record");
	wrong = record;
	wrong.seq = 1;
	bad(wrong, "sequence");
	wrong = record;
	wrong.type = WIRE_TYPE_MAX;
	bad(wrong, "type");
	wrong.type = 255;
	bad(wrong, "type");
	wrong = record;
	wrong.reserved[5] = 1;
	bad(wrong, "reserved");
	good(record);
	bad(record, "sequence"); /* replayed */
}

static void
test_text(void **state)
{
	struct wire_record record = record_of(WIRE_ROW, "disk", "/var");
	struct wire_record wrong = record;

	(void)state;
	wrong.length = 3; /* says less than there is */
	bad(wrong, "does not end");
	wrong.length = 5; /* more */
	bad(wrong, "does not end");
	wrong.length = 65535;
	bad(wrong, "does not end");
	(void)memset(wrong.text, 'x', sizeof(wrong.text));
	wrong.length = WIRE_TEXT_MAX - 1;
	bad(wrong, "does not end");
	wrong.length = WIRE_TEXT_MAX;
	bad(wrong, "does not end");
	bad(record_of(WIRE_ROW, "disk", "a\033[2J"), "printable");
	bad(record_of(WIRE_ROW, "disk", "a\n"), "printable");
	bad(record_of(WIRE_ROW, "disk", "\xff"), "printable");
	bad(record_of(WIRE_ROW, "disk", "\xe2\x80\xae"), "printable");
	wrong.text[WIRE_TEXT_MAX - 1] = '\0';
	wrong.length = WIRE_TEXT_MAX - 1;
	good(wrong); /* the longest */
}

static void
test_size(void **state)
{
	struct wire_record records[WIRE_BATCH + 1];
	struct why why;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(records); i++) {
		char key[48];

		(void)snprintf(key, sizeof(key), "/%zu", i);
		records[i] = record_of(WIRE_ROW, "disk", key);
		records[i].seq = (uint32_t)i;
	}
	assert_int_equal(wire_feed(&fixture.reader, records, 0, &why), -EPROTO);
	assert_int_equal(
	    wire_feed(&fixture.reader, records, sizeof(records[0]) - 1, &why),
	    -EPROTO);
	assert_int_equal(
	    wire_feed(&fixture.reader, records, sizeof(records[0]) + 1, &why),
	    -EPROTO);
	assert_int_equal(
	    wire_feed(&fixture.reader, records, sizeof(records), &why),
	    -EPROTO);
	assert_int_equal(table_of("disk")->count, 0);
	assert_int_equal(wire_feed(&fixture.reader, records,
	                     WIRE_BATCH * sizeof(records[0]), &why),
	    0);
	assert_int_equal(table_of("disk")->count, WIRE_BATCH);
}

static void
test_row(void **state)
{
	struct wire_record wrong = record_of(WIRE_ROW, "disk", "/");

	(void)state;
	bad(record_of(WIRE_ROW, "mta", ""), "not a table of this probe");
	wrong.table = 60000;
	bad(wrong, "not a table of this probe");
	bad(record_of(WIRE_ROW, "disk", ""), "wrong key");
	bad(record_of(WIRE_ROW, "host", "x"), "wrong key");
	wrong = record_of(WIRE_ROW, "disk", "/");
	wrong.column = 1;
	bad(wrong, "unused");
	wrong = record_of(WIRE_ROW, "disk", "/");
	wrong.kind = VALUE_TEXT;
	bad(wrong, "unused");
	wrong = record_of(WIRE_ROW, "disk", "/");
	wrong.number = 1;
	bad(wrong, "unused");
	good(record_of(WIRE_ROW, "disk", "/"));
	bad(record_of(WIRE_ROW, "disk", "/"), "twice");
	good(record_of(WIRE_ROW, "host", ""));
	bad(record_of(WIRE_ROW, "host", ""), "too many rows");
	for (size_t i = 1; i < table_of("disk")->schema->row_max; i++) {
		char key[48];

		(void)snprintf(key, sizeof(key), "/%zu", i);
		good(record_of(WIRE_ROW, "disk", key));
	}
	bad(record_of(WIRE_ROW, "disk", "/more"), "too many rows");
}

static void
test_cell(void **state)
{
	struct wire_record wrong;

	(void)state;
	bad(cell_of("disk", "free", VALUE_NUMBER, 1, ""), "without its row");
	good(record_of(WIRE_ROW, "disk", "/"));
	bad(cell_of("unit", "since", VALUE_NUMBER, 1, ""), "without its row");
	bad(cell_of("mta", "pid", VALUE_NUMBER, 1, ""), "not a table");
	wrong = cell_of("disk", "free", VALUE_NUMBER, 1, "");
	wrong.column = (uint16_t)schema_table_find("disk", NULL)->column_count;
	bad(wrong, "no such column");
	wrong.column = 65535;
	bad(wrong, "no such column");
	good(record_of(WIRE_ROW, "unit", "a.service"));
	bad(cell_of("disk", "free", VALUE_NUMBER, 1, ""), "without its row");
}

static void
test_cell_value(void **state)
{
	struct wire_record wrong;

	(void)state;
	good(record_of(WIRE_ROW, "disk", "/"));
	bad(cell_of("disk", "free", VALUE_TEXT, 0, "x"), "value");
	bad(cell_of("disk", "free", VALUE_BOOL, 1, ""), "value");
	bad(cell_of("disk", "free", VALUE_NUMBER, 1, "x"), "value");
	bad(cell_of("disk", "free", VALUE_NUMBER, -1, ""), "value");
	bad(cell_of("disk", "free", VALUE_NUMBER, (double)NAN, ""), "value");
	bad(cell_of("disk", "free", VALUE_NUMBER, (double)INFINITY, ""),
	    "value");
	bad(cell_of("disk", "free", VALUE_NUMBER, 1e19, ""), "value");
	bad(cell_of("disk", "used", VALUE_NUMBER, 101, ""), "value");
	good(cell_of("disk", "used", VALUE_NUMBER, 1.5, ""));
	bad(cell_of("disk", "read_only", VALUE_NUMBER, 1, ""), "value");
	bad(cell_of("disk", "read_only", VALUE_BOOL, 2, ""), "value");
	bad(cell_of("disk", "read_only", VALUE_BOOL, (double)NAN, ""), "value");
	bad(cell_of("disk", "read_only", VALUE_BOOL, 1, "yes"), "value");
	bad(cell_of("disk", "role", VALUE_NUMBER, 1, ""), "value");
	bad(cell_of("disk", "role", VALUE_TEXT, 1, "x"), "value");
	bad(cell_of("disk", "role", VALUE_UNKNOWN, 0, ""), "value");
	bad(cell_of("disk", "role", VALUE_UNKNOWN, 1, "why"), "value");
	wrong = cell_of("disk", "role", VALUE_TEXT, 0, "x");
	wrong.kind = VALUE_TEXT + 1;
	bad(wrong, "value");
	wrong.kind = 255;
	bad(wrong, "value");
	good(record_of(WIRE_ROW, "unit", "a.service"));
	bad(cell_of("unit", "active", VALUE_TEXT, 0, "happy"), "value");
	bad(cell_of("unit", "active", VALUE_TEXT, 0, ""), "value");
	good(cell_of("unit", "active", VALUE_TEXT, 0, "failed"));
}

static void
test_ends(void **state)
{
	struct wire_record wrong = record_of(WIRE_TABLE_END, "disk", "");

	(void)state;
	wrong.number = 1;
	bad(wrong, "unused");
	bad(record_of(WIRE_TABLE_END, "disk", "x"), "unused");
	bad(record_of(WIRE_TABLE_END, "host", ""), "no row");
	bad(record_of(WIRE_TABLE_END, "mta", ""), "not a table");
	bad(record_of(WIRE_TABLE_UNKNOWN, "disk", ""), "without a reason");
	bad(record_of(WIRE_TABLE_UNKNOWN, "mta", "x"), "not a table");
	good(record_of(WIRE_ROW, "disk", "/"));
	good(record_of(WIRE_TABLE_END, "disk", ""));
	bad(record_of(WIRE_TABLE_END, "disk", ""), "has ended");
	bad(record_of(WIRE_TABLE_UNKNOWN, "disk", "x"), "has ended");
	bad(record_of(WIRE_ROW, "disk", "/b"), "has ended");
	bad(cell_of("disk", "free", VALUE_NUMBER, 1, ""), "has ended");
	good(record_of(WIRE_TABLE_UNKNOWN, "unit", "x"));
	bad(record_of(WIRE_TABLE_END, "unit", ""), "has ended");
	wrong = record_of(WIRE_END, "disk", "");
	assert_int_not_equal(wrong.table, 0);
	bad(wrong, "unused");
	wrong.table = 0;
	good(wrong);
	wrong.seq++;
	bad(wrong, "after the end");
}

/* Whatever the records are, there is a last one. */
static void
test_bounded(void **state)
{
	size_t fed = 0;
	struct why why;
	int r;

	(void)state;
	good(record_of(WIRE_ROW, "disk", "/"));
	do {
		struct wire_record record =
		    cell_of("disk", "free", VALUE_NUMBER, 1, "");

		r = wire_feed(&fixture.reader, &record, sizeof(record), &why);
	} while (r == 0 && ++fed < 100000);
	assert_int_equal(r, -EPROTO);
	assert_non_null(strstr(why.text, "too many"));
}

static struct wire_record
more_of(const char *column, const char *text)
{
	struct wire_record record = cell_of("egress", column, 0, 0, text);

	record.type = WIRE_MORE;
	return record;
}

static void
test_long(void **state)
{
	struct wire_record wrong;

	(void)state;
	good(record_of(WIRE_ROW, "egress", ""));
	bad(more_of("remedy", "b"), "not there");
	good(cell_of("egress", "rule", VALUE_TEXT, 0, "a"));
	bad(more_of("rule", "b"), "not there"); /* is not long */
	good(cell_of("egress", "remedy", VALUE_UNKNOWN, 0, "why"));
	bad(more_of("remedy", "b"), "not there");
	good(cell_of("egress", "remedy", VALUE_TEXT, 0, "a"));
	bad(more_of("evidence", "b"), "not there");
	good(cell_of("egress", "remedy", VALUE_TEXT, 0, "a"));
	bad(more_of("remedy", ""), "unused");
	wrong = more_of("remedy", "b");
	wrong.kind = VALUE_TEXT;
	bad(wrong, "unused");
	for (size_t i = 1; i < WIRE_PARTS; i++)
		good(more_of("remedy", "b"));
	bad(more_of("remedy", "b"), "without an end");
	assert_string_equal(
	    table_of("egress")
	        ->rows[0]
	        .cells[schema_column_find(table_of("egress")->schema, "remedy")]
	        .text,
	    "abbbbb");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(test_good),
	    TEST(test_frame),
	    TEST(test_text),
	    TEST(test_size),
	    TEST(test_row),
	    TEST(test_cell),
	    TEST(test_cell_value),
	    TEST(test_ends),
	    TEST(test_long),
	    TEST(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
