/*
 * fuzz_wire.c - any bytes as an observer's messages
 *
 * Purpose  whatever arrives, the set holds only values that the schema allows
 * Input    one byte of options, then messages: two bytes of length each (little
 *          endian), and that many bytes
 * Errors   abort
 * Runs as  any user
 * Source   wire.h
 */
#include <errno.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/fact/wire.h"
#include "tests/fuzz/fuzz.h"

/* Option: put in what a random record never has, to get further. */
#define FIX_FRAME 1

/* One more record than a message may have. */
#define ROOM (WIRE_BATCH + 1)

static void
check_cell(const struct column *column, const struct value *cell)
{
	switch (cell->kind) {
	case VALUE_UNKNOWN:
		FUZZ_PROMISE(cell->text[0] != '\0');
		FUZZ_PROMISE(text_is_printable(cell->text, strlen(cell->text)));
		break;
	case VALUE_BOOL:
		FUZZ_PROMISE(column->type == COLUMN_BOOL);
		break;
	case VALUE_NUMBER:
		FUZZ_PROMISE(column->type == COLUMN_NUMBER);
		FUZZ_PROMISE(wire_number_ok(column, cell->number));
		break;
	case VALUE_TEXT:
		FUZZ_PROMISE(text_is_printable(cell->text, strlen(cell->text)));
		FUZZ_PROMISE(column->type == COLUMN_TEXT ||
		             (column->type == COLUMN_ENUM &&
		                 wire_name_ok(column, cell->text)));
		break;
	}
}

static void
check_table(const struct fact_table *table, bool is_allowed)
{
	const struct table *schema = table->schema;

	if (!is_allowed)
		FUZZ_PROMISE(table->state == FACT_ABSENT && table->count == 0);
	if (table->state == FACT_UNKNOWN)
		FUZZ_PROMISE(
		    text_is_printable(table->reason, strlen(table->reason)));
	FUZZ_PROMISE(table->count <= schema->row_max);
	for (size_t i = 0; i < table->count; i++) {
		const struct fact_row *row = &table->rows[i];

		FUZZ_PROMISE((schema->key == NULL) == (row->key[0] == '\0'));
		FUZZ_PROMISE(text_is_printable(row->key, strlen(row->key)));
		FUZZ_PROMISE(fact_row_find(table, row->key) == row);
		for (size_t j = 0; j < schema->column_count; j++)
			check_cell(&schema->columns[j], &row->cells[j]);
	}
}

static void
frame_fix(
    const struct wire_reader *reader, struct wire_record *records, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*records) && i < ROOM; i++) {
		records[i].magic = WIRE_MAGIC;
		records[i].version = WIRE_VERSION;
		records[i].seq = reader->seq + (uint32_t)i;
		records[i].table =
		    (uint16_t)(records[i].table % schema_table_count());
		records[i].text[WIRE_TEXT_MAX - 1] = '\0';
		records[i].length = (uint16_t)strlen(records[i].text);
		(void)memset(
		    records[i].reserved, 0, sizeof(records[i].reserved));
	}
}

static void
feed_all(struct wire_reader *reader, const uint8_t *data, size_t size)
{
	static struct wire_record records[ROOM];
	uint8_t options = *data++;

	for (size--; size >= 2;) {
		size_t bytes = (size_t)data[0] | (size_t)data[1] << 8;
		struct why why = {0};
		int r;

		data += 2;
		size -= 2;
		if (bytes > size)
			bytes = size;
		if (bytes > sizeof(records))
			bytes = sizeof(records);
		(void)memcpy(records, data, bytes);
		data += bytes;
		size -= bytes;
		if ((options & FIX_FRAME) != 0)
			frame_fix(reader, records, bytes);
		r = wire_feed(reader, records, bytes, &why);
		FUZZ_PROMISE(r == 0 || r == 1 || r == -EPROTO);
		if (r < 0)
			FUZZ_PROMISE(why.text[0] != '\0');
		if (r != 0)
			return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool allowed[64] = {false};
	struct wire_reader reader;
	struct fact_set *set;
	struct arena *arena;

	if (size == 0)
		return 0;
	arena = arena_new();
	set = fact_set_new(arena);
	for (size_t i = 0; i < set->table_count; i++)
		allowed[i] = i % 4 != 3;
	wire_reader_init(&reader, set, allowed);
	feed_all(&reader, data, size);
	for (size_t i = 0; i < set->table_count; i++)
		check_table(&set->tables[i], allowed[i]);
	wire_finish(&reader, "stopped");
	arena_free(arena);
	return 0;
}
