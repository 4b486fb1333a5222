/*
 * wire.c - the receiving end of the wire
 *
 * Purpose  turn an observer's messages into facts, or refuse them all
 * Input    messages: as hostile as what the observer has read
 * Errors   -EPROTO at the first thing that is not exactly right
 * Runs as  actor
 * Source   wire.h; chrony's privops.c and OpenSSH's monitor.c for the habit to
 *          check on the privileged side whatever was checked before
 */
#include "agent/fact/wire.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "agent/base/text.h"

/* An exabyte, 30 billion years: no host has more of anything. */
#define NUMBER_MAX 1e18

/* A hundred times too much may be measured; more is a lie or a bug. */
#define SHARE_MAX 100.0

/* Of a whole row's cells, once. */
static size_t
records_of(const struct table *schema)
{
	size_t count = 0;

	for (size_t i = 0; i < schema->column_count; i++)
		count += schema->columns[i].is_long ? WIRE_PARTS : 1;
	return count;
}

void
wire_reader_init(
    struct wire_reader *reader, struct fact_set *set, const bool *allowed)
{
	uint32_t max = 1; /* WIRE_END */

	for (size_t i = 0; i < set->table_count; i++) {
		const struct table *schema = schema_tables[i];

		/* a cell may be corrected once; and the end */
		if (allowed[i])
			max += (uint32_t)(schema->row_max *
			                      (1 + 2 * records_of(schema)) +
			                  1);
	}
	*reader = (struct wire_reader){
	    .set = set,
	    .allowed = allowed,
	    .record_max = max,
	};
}

bool
wire_number_ok(const struct column *column, double number)
{
	double max = NUMBER_MAX;

	if (column->unit == UNIT_SHARE)
		max = SHARE_MAX;
	return isfinite(number) && number >= 0 && number <= max;
}

bool
wire_name_ok(const struct column *column, const char *name)
{
	for (size_t i = 0; column->names[i] != NULL; i++)
		if (strcmp(column->names[i], name) == 0)
			return true;
	return false;
}

static int
refuse(const struct wire_record *record, struct why *why, const char *text)
{
	return why_set(why, -EPROTO, "record %u: %s", record->seq, text);
}

/* What must be so in a record of any type. */
static int
check_frame(const struct wire_reader *reader, const struct wire_record *record,
    struct why *why)
{
	static const uint8_t zero[sizeof(record->reserved)];

	if (record->magic != WIRE_MAGIC || record->version != WIRE_VERSION)
		return refuse(record, why, "not a record");
	if (record->seq != reader->seq)
		return refuse(record, why, "out of sequence");
	if (record->seq >= reader->record_max)
		return refuse(record, why, "too many records");
	if (record->type >= WIRE_TYPE_MAX)
		return refuse(record, why, "unknown type");
	if (memcmp(record->reserved, zero, sizeof(zero)) != 0)
		return refuse(record, why, "reserved bytes are used");
	if (record->length >= WIRE_TEXT_MAX ||
	    record->text[record->length] != '\0' ||
	    memchr(record->text, '\0', record->length) != NULL)
		return refuse(record, why, "text does not end where it says");
	if (!text_is_printable(record->text, record->length))
		return refuse(record, why, "text is not printable");
	return 0;
}

/* Members that this type does not use must be zero. */
static int
check_unused(const struct wire_record *record, bool has_text, struct why *why)
{
	if (record->column != 0 || record->kind != 0 || record->number != 0 ||
	    (!has_text && record->length != 0))
		return refuse(record, why, "unused members are used");
	return 0;
}

static int
check_table(const struct wire_reader *reader, const struct wire_record *record,
    struct why *why)
{
	if (record->table >= reader->set->table_count ||
	    !reader->allowed[record->table])
		return refuse(record, why, "not a table of this probe");
	if (reader->set->tables[record->table].state != FACT_ABSENT)
		return refuse(record, why, "its table has ended");
	return 0;
}

static int
take_row(struct wire_reader *reader, const struct wire_record *record,
    struct why *why)
{
	struct fact_table *table;
	int r = check_table(reader, record, why);

	if (r == 0)
		r = check_unused(record, true, why);
	if (r < 0)
		return r;
	table = &reader->set->tables[record->table];
	if ((table->schema->key == NULL) != (record->length == 0))
		return refuse(record, why, "wrong key");
	if (table->count >= table->schema->row_max)
		return refuse(record, why, "too many rows");
	if (fact_row_find(table, record->text) != NULL)
		return refuse(record, why, "a row twice");
	reader->row = fact_row_add(reader->set, table, record->text);
	reader->table = record->table;
	return 0;
}

static int
check_kind(const struct wire_record *record, const struct column *column,
    struct why *why)
{
	bool has_text = false, is_ok = false;

	switch ((enum value_kind)record->kind) {
	case VALUE_UNKNOWN:
		has_text = true;
		is_ok = record->length > 0 && record->number == 0;
		break;
	case VALUE_BOOL:
		is_ok = column->type == COLUMN_BOOL &&
		        (record->number == 0 || record->number == 1);
		break;
	case VALUE_NUMBER:
		is_ok = column->type == COLUMN_NUMBER &&
		        wire_number_ok(column, record->number);
		break;
	case VALUE_TEXT:
		has_text = true;
		is_ok = record->number == 0 &&
		        (column->type == COLUMN_TEXT ||
		            (column->type == COLUMN_ENUM &&
		                wire_name_ok(column, record->text)));
		break;
	}
	if (!is_ok || (!has_text && record->length != 0))
		return refuse(record, why, "not a value for its column");
	return 0;
}

static int
take_cell(struct wire_reader *reader, const struct wire_record *record,
    struct why *why)
{
	const struct table *schema;
	struct value *cell;
	int r = check_table(reader, record, why);

	if (r < 0)
		return r;
	if (reader->row == NULL || reader->table != record->table)
		return refuse(record, why, "a cell without its row");
	schema = schema_tables[record->table];
	if (record->column >= schema->column_count)
		return refuse(record, why, "no such column");
	r = check_kind(record, &schema->columns[record->column], why);
	if (r < 0)
		return r;
	reader->part_column = record->column;
	reader->parts = schema->columns[record->column].is_long &&
	                        record->kind == VALUE_TEXT
	                    ? 1
	                    : 0;
	cell = &reader->row->cells[record->column];
	*cell = (struct value){.kind = (enum value_kind)record->kind};
	if (cell->kind == VALUE_BOOL)
		cell->is_true = record->number != 0;
	else if (cell->kind == VALUE_NUMBER)
		cell->number = record->number;
	else
		cell->text = arena_dup_n(
		    reader->set->arena, record->text, record->length);
	return 0;
}

static int
take_more(struct wire_reader *reader, const struct wire_record *record,
    struct why *why)
{
	struct value *cell;

	if (reader->row == NULL || reader->parts == 0 ||
	    record->table != reader->table ||
	    record->column != reader->part_column)
		return refuse(record, why, "more of a text that is not there");
	if (reader->parts >= WIRE_PARTS)
		return refuse(record, why, "a text without an end");
	if (record->kind != 0 || record->number != 0 || record->length == 0)
		return refuse(record, why, "unused members are used");
	cell = &reader->row->cells[record->column];
	cell->text =
	    arena_printf(reader->set->arena, "%s%s", cell->text, record->text);
	reader->parts++;
	return 0;
}

static int
take_table_end(struct wire_reader *reader, const struct wire_record *record,
    struct why *why)
{
	struct fact_table *table;
	int r = check_table(reader, record, why);

	if (r == 0)
		r = check_unused(record, false, why);
	if (r < 0)
		return r;
	table = &reader->set->tables[record->table];
	if (table->schema->key == NULL && table->count != 1)
		return refuse(record, why, "its table has no row");
	fact_table_set_known(table);
	reader->row = NULL;
	return 0;
}

static int
take_table_unknown(struct wire_reader *reader, const struct wire_record *record,
    struct why *why)
{
	int r = check_table(reader, record, why);

	if (r == 0)
		r = check_unused(record, true, why);
	if (r < 0)
		return r;
	if (record->length == 0)
		return refuse(record, why, "unknown without a reason");
	fact_table_set_unknown(
	    reader->set, &reader->set->tables[record->table], record->text);
	reader->row = NULL;
	return 0;
}

static int
take_end(struct wire_reader *reader, const struct wire_record *record,
    struct why *why)
{
	int r = check_unused(record, false, why);

	if (r == 0 && record->table != 0)
		r = refuse(record, why, "unused members are used");
	if (r == 0)
		reader->is_ended = true;
	return r;
}

static int (*const takers[WIRE_TYPE_MAX])(
    struct wire_reader *, const struct wire_record *, struct why *) = {
    [WIRE_ROW] = take_row,
    [WIRE_CELL] = take_cell,
    [WIRE_MORE] = take_more,
    [WIRE_TABLE_END] = take_table_end,
    [WIRE_TABLE_UNKNOWN] = take_table_unknown,
    [WIRE_END] = take_end,
};

/* Only a cell, and more of it, leave a text that may go on. */
static int
take(struct wire_reader *reader, const struct wire_record *record,
    struct why *why)
{
	if (record->type != WIRE_MORE)
		reader->parts = 0;
	return takers[record->type](reader, record, why);
}

int
wire_feed(struct wire_reader *reader, const struct wire_record *records,
    size_t bytes, struct why *why)
{
	size_t count = bytes / sizeof(*records);

	if (count == 0 || count > WIRE_BATCH || bytes % sizeof(*records) != 0)
		return why_set(why, -EPROTO, "a message of %zu bytes", bytes);
	for (size_t i = 0; i < count; i++) {
		int r;

		if (reader->is_ended)
			return refuse(&records[i], why, "comes after the end");
		r = check_frame(reader, &records[i], why);
		if (r == 0)
			r = take(reader, &records[i], why);
		if (r < 0)
			return r;
		reader->seq++;
	}
	return reader->is_ended ? 1 : 0;
}

void
wire_finish(struct wire_reader *reader, const char *reason)
{
	for (size_t i = 0; i < reader->set->table_count; i++)
		if (reader->allowed[i] &&
		    reader->set->tables[i].state == FACT_ABSENT)
			fact_table_set_unknown(
			    reader->set, &reader->set->tables[i], reason);
}
