/*
 * fact_out.c - how a probe says what it found: the sending end of the wire
 *
 * Purpose  make records of facts; make harmless what a probe passes on
 * Input    names of our own (asserted); values and keys that others chose
 * Errors   -EPIPE when nobody listens any more; all else is made to fit
 * Runs as  observer
 * Source   wire.h
 */
#include "agent/fact/fact_out.h"

#include <sys/socket.h>

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/fact/wire.h"

/* A key that is too long ends with this many of its hash: "~0123abcd". */
#define KEY_TAIL 9

struct sent_table {
	bool has_ended;
	size_t count;
	uint64_t *keys; /* hashes of keys sent; 2 * row_max slots, 0 is free */
};

struct fact_out {
	int fd; /* -1: into reader */
	struct wire_reader reader;
	bool *wanted;
	struct sent_table *sent; /* by schema index */
	size_t table;            /* of the row at hand */
	bool has_row, is_row_left_out, is_ended, is_broken;
	uint32_t seq;
	size_t count;
	struct wire_record batch[WIRE_BATCH];
};

static struct fact_out *
out_new(int fd, const bool *wanted)
{
	struct fact_out *out = mem_alloc(1, sizeof(*out));
	size_t count = schema_table_count();

	out->fd = fd;
	out->wanted = mem_alloc(count, sizeof(*out->wanted));
	for (size_t i = 0; i < count; i++)
		out->wanted[i] = wanted == NULL || wanted[i];
	out->sent = mem_alloc(count, sizeof(*out->sent));
	return out;
}

struct fact_out *
fact_out_to_set(struct fact_set *set)
{
	struct fact_out *out = out_new(-1, NULL);

	wire_reader_init(&out->reader, set, out->wanted);
	return out;
}

struct fact_out *
fact_out_to_wire(int fd, const bool *wanted)
{
	return out_new(fd, wanted);
}

struct fact_out *
fact_out_free(struct fact_out *out)
{
	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < schema_table_count(); i++)
		free(out->sent[i].keys);
	free(out->sent);
	free(out->wanted);
	free(out);
	return NULL;
}

static void
flush(struct fact_out *out)
{
	size_t bytes = out->count * sizeof(out->batch[0]);
	struct why why;

	if (out->count == 0 || out->is_broken)
		return;
	out->count = 0;
	if (out->fd >= 0) {
		/* SEQPACKET: whole or not at all */
		if (send(out->fd, out->batch, bytes, MSG_NOSIGNAL) < 0)
			out->is_broken = true;
	} else if (wire_feed(&out->reader, out->batch, bytes, &why) < 0) {
		(void)fprintf(stderr, "fact_out: %s\n", why.text);
		abort(); /* the two ends of the wire do not agree */
	}
}

/* The next record, text empty; flushes when the message is full. */
static struct wire_record *
record_add(struct fact_out *out, enum wire_type type, size_t table)
{
	struct wire_record *record;

	if (out->count == WIRE_BATCH)
		flush(out);
	if (out->is_broken)
		out->count = 0;
	record = &out->batch[out->count++];
	(void)memset(record, 0, offsetof(struct wire_record, text) + 1);
	record->magic = WIRE_MAGIC;
	record->version = WIRE_VERSION;
	record->type = (uint8_t)type;
	record->seq = out->seq++;
	record->table = (uint16_t)table;
	return record;
}

/* As much of a printable text as fits, up to the end of a character. */
static size_t
record_fill(struct wire_record *record, const char *text, size_t max)
{
	size_t length = strlen(text);
	const bool is_cut = length > max;

	if (is_cut)
		length = max;
	while (is_cut && length > 0 &&
	       ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	(void)memcpy(record->text, text, length);
	record->text[length] = '\0';
	record->length = (uint16_t)length;
	return length;
}

/* The text itself, or in clean what can be printed of it. */
static const char *
printable(const char *text, struct buf *clean)
{
	const size_t length = strlen(text);

	if (text_is_printable(text, length))
		return text;
	text_escape(clean, text, length);
	return buf_text(clean);
}

/* Escaped, and cut before a character that would not fit; was it cut? */
static bool
record_set_text(struct wire_record *record, const char *text, size_t max)
{
	AUTO_BUF struct buf clean = {0};

	text = printable(text, &clean);
	return text[record_fill(record, text, max)] != '\0';
}

static uint64_t
key_hash(const char *key)
{
	uint64_t hash = 14695981039346656037U;

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * 1099511628211U;
	return hash != 0 ? hash : 1;
}

/* Keys are told apart by hash: two that collide cost a row, never the look. */
static bool
key_is_new(struct sent_table *sent, size_t row_max, uint64_t hash)
{
	size_t size = 2 * row_max, i = hash % size;

	if (sent->keys == NULL)
		sent->keys = mem_alloc(size, sizeof(*sent->keys));
	for (; sent->keys[i] != 0; i = (i + 1) % size)
		if (sent->keys[i] == hash)
			return false;
	sent->keys[i] = hash;
	return true;
}

static size_t
table_index(const char *name)
{
	const struct table *schema;
	size_t index = 0;

	schema = schema_table_find(name, &index);
	assert(schema != NULL);
	(void)schema;
	return index;
}

bool
fact_out_is_wanted(const struct fact_out *out, const char *table)
{
	return out->wanted[table_index(table)];
}

void
fact_out_row(struct fact_out *out, const char *table, const char *key)
{
	size_t index = table_index(table);
	const struct table *schema = schema_tables[index];
	struct sent_table *sent = &out->sent[index];
	struct wire_record *record;
	uint64_t hash = key_hash(key);

	assert(schema->key != NULL || key[0] == '\0');
	out->table = index;
	out->has_row = true;
	out->is_row_left_out = !out->wanted[index] || sent->has_ended ||
	                       sent->count >= schema->row_max ||
	                       (schema->key != NULL && key[0] == '\0') ||
	                       !key_is_new(sent, schema->row_max, hash);
	if (out->is_row_left_out)
		return;
	sent->count++;
	record = record_add(out, WIRE_ROW, index);
	if (!record_set_text(record, key, WIRE_TEXT_MAX - 1))
		return;
	(void)record_set_text(record, key, WIRE_TEXT_MAX - 1 - KEY_TAIL);
	record->length = (uint16_t)(record->length +
	                            snprintf(record->text + record->length,
	                                KEY_TAIL + 1, "~%08x", (unsigned)hash));
}

/* NULL when the row at hand is left out; else its column of that type. */
static struct wire_record *
cell_add(struct fact_out *out, const char *name, const struct column **ret)
{
	const struct table *schema = schema_tables[out->table];
	int index = schema_column_find(schema, name);
	struct wire_record *record;

	assert(out->has_row && index >= 0);
	*ret = &schema->columns[index];
	if (out->is_row_left_out)
		return NULL;
	record = record_add(out, WIRE_CELL, out->table);
	record->column = (uint16_t)index;
	record->kind = VALUE_UNKNOWN;
	return record;
}

void
fact_out_bool(struct fact_out *out, const char *name, bool value)
{
	const struct column *column;
	struct wire_record *record = cell_add(out, name, &column);

	assert(column->type == COLUMN_BOOL);
	if (record == NULL)
		return;
	record->kind = VALUE_BOOL;
	record->number = value ? 1 : 0;
}

void
fact_out_number(struct fact_out *out, const char *name, double value)
{
	const struct column *column;
	struct wire_record *record = cell_add(out, name, &column);
	char text[64];

	assert(column->type == COLUMN_NUMBER);
	if (record == NULL)
		return;
	if (wire_number_ok(column, value)) {
		record->kind = VALUE_NUMBER;
		record->number = value;
		return;
	}
	(void)snprintf(text, sizeof(text), "%g makes no sense", value);
	(void)record_set_text(record, text, WIRE_TEXT_MAX - 1);
}

/* The cell, and as many records more as its column may have. */
static void
long_text(struct fact_out *out, struct wire_record *record, const char *value)
{
	const uint16_t column = record->column;
	AUTO_BUF struct buf clean = {0};

	value = printable(value, &clean);
	value += record_fill(record, value, WIRE_TEXT_MAX - 1);
	for (unsigned part = 1; part < WIRE_PARTS && *value != '\0'; part++) {
		record = record_add(out, WIRE_MORE, out->table);
		record->column = column;
		value += record_fill(record, value, WIRE_TEXT_MAX - 1);
	}
}

void
fact_out_text(struct fact_out *out, const char *name, const char *value)
{
	const struct column *column;
	struct wire_record *record = cell_add(out, name, &column);
	char text[64];

	assert(column->type == COLUMN_TEXT || column->type == COLUMN_ENUM);
	if (record == NULL)
		return;
	if (column->type == COLUMN_TEXT || wire_name_ok(column, value)) {
		record->kind = VALUE_TEXT;
		if (column->is_long)
			long_text(out, record, value);
		else
			(void)record_set_text(record, value, WIRE_TEXT_MAX - 1);
		return;
	}
	(void)snprintf(text, sizeof(text), "a new word: %.40s", value);
	(void)record_set_text(record, text, WIRE_TEXT_MAX - 1);
}

void
fact_out_unknown(
    struct fact_out *out, const char *name, const char *format, ...)
{
	const struct column *column;
	struct wire_record *record = cell_add(out, name, &column);
	char text[WIRE_TEXT_MAX];
	va_list ap;

	if (record == NULL)
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	(void)record_set_text(
	    record, text[0] != '\0' ? text : "no reason", WIRE_TEXT_MAX - 1);
}

/* False when there is nothing to say about this table, or nothing any more. */
static bool
table_end(struct fact_out *out, size_t index)
{
	struct sent_table *sent = &out->sent[index];
	bool is_first = out->wanted[index] && !sent->has_ended;

	sent->has_ended = true;
	if (out->table == index)
		out->is_row_left_out = true;
	return is_first;
}

void
fact_out_table_end(struct fact_out *out, const char *table)
{
	size_t index = table_index(table);
	const struct table *schema = schema_tables[index];

	if (schema->key == NULL && out->sent[index].count == 0) {
		fact_out_table_unknown(out, table, "nothing was told");
		return;
	}
	if (!table_end(out, index))
		return;
	(void)record_add(out, WIRE_TABLE_END, index);
	flush(out); /* told, whatever becomes of the next table */
}

void
fact_out_table_unknown(
    struct fact_out *out, const char *table, const char *format, ...)
{
	size_t index = table_index(table);
	struct wire_record *record;
	char text[WIRE_TEXT_MAX];
	va_list ap;

	if (!table_end(out, index))
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	record = record_add(out, WIRE_TABLE_UNKNOWN, index);
	(void)record_set_text(
	    record, text[0] != '\0' ? text : "no reason", WIRE_TEXT_MAX - 1);
	flush(out);
}

int
fact_out_end(struct fact_out *out)
{
	if (!out->is_ended)
		(void)record_add(out, WIRE_END, 0);
	out->is_ended = true;
	flush(out);
	return out->is_broken ? -EPIPE : 0;
}
