/*
 * wire.h - facts on their way from an observer to the actor
 *
 * A message of the SOCK_SEQPACKET socket is one to WIRE_BATCH records of one
 * fixed size. The actor believes nothing: whatever is not exactly as told here
 * ends the look (-EPROTO). There is no message in the other direction.
 *
 *   WIRE_ROW            table, text = key          starts a row
 *   WIRE_CELL           table, column, kind, number or text    of the last row
 *   WIRE_MORE           table, column, text        more of the cell before it
 *   WIRE_TABLE_END      table                      the table is complete
 *   WIRE_TABLE_UNKNOWN  table, text = reason       instead of an end
 *   WIRE_END                                       nothing comes after it
 *
 * Members that a type does not name are zero. Both ends are one binary: the
 * version changes with the struct only to make a mistake visible.
 */
#ifndef MAILFIX_FACT_WIRE_H
#define MAILFIX_FACT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/why.h"
#include "agent/fact/fact.h"

#define WIRE_MAGIC   0x4d664163U
#define WIRE_VERSION 2

/*
 * With the NUL. An address has at most 320 bytes (RFC 5321, 4.5.3.1: 64 + 1 +
 * 255), a reason WHY_TEXT_MAX.
 */
#define WIRE_TEXT_MAX 360

/*
 * Records of a text in a column that is_long. A DNS record to paste: the key of
 * RSA with 4096 bits has 736 characters in base 64, an SPF record that a UDP
 * answer holds 1,232; both in strings of 255 with quotes between.
 */
#define WIRE_PARTS 6

/*
 * Records in one message. A census of 500 rows and 11 columns costs both sides
 * together 14.5 ms of CPU with 1, 3.0 with 8, 2.0 with 16, no less with 32; a
 * log with 400 rows and up to 45 columns 3 ms less with 64 than with 16.
 * Shorter texts would save nothing; of 488 bytes they would cost 3.2 ms.
 */
#define WIRE_BATCH 64

enum wire_type {
	WIRE_ROW,
	WIRE_CELL,
	WIRE_MORE,
	WIRE_TABLE_END,
	WIRE_TABLE_UNKNOWN,
	WIRE_END,
	WIRE_TYPE_MAX
};

struct wire_record {
	uint32_t magic;
	uint32_t seq; /* from 0, counted over all records of an observer */
	uint16_t version;
	uint16_t table;  /* index in schema_tables */
	uint16_t column; /* index in the table */
	uint16_t length; /* of text, without the NUL */
	uint8_t type;    /* enum wire_type */
	uint8_t kind;    /* enum value_kind */
	uint8_t reserved[6];
	double number; /* of VALUE_NUMBER; of VALUE_BOOL 0 or 1 */
	char text[WIRE_TEXT_MAX];
};

/* The receiving end, for one observer. */
struct wire_reader {
	struct fact_set *set;
	const bool *allowed; /* by schema index: wanted, and this probe's own */
	uint32_t seq, record_max;
	bool is_ended;
	size_t table; /* of the row at hand */
	struct fact_row *row;
	unsigned parts; /* of the long text at hand; 0: none is */
	size_t part_column;
};

/*
 * wire_reader_init - all allowed tables of the set are FACT_ABSENT, empty
 * allowed is borrowed; it has schema_table_count() elements.
 */
void wire_reader_init(
    struct wire_reader *reader, struct fact_set *set, const bool *allowed);

/*
 * wire_feed - check one message and take its facts
 *
 * bytes  the length of the message as received
 *
 * A table is FACT_KNOWN only after its end. Returns 0, 1 when the end was
 * reached, or -EPROTO with why; then facts of this message and of earlier ones
 * may stand in the set, and must not be used.
 */
int wire_feed(struct wire_reader *reader, const struct wire_record *records,
    size_t bytes, struct why *why);

/* wire_finish - allowed tables that did not end are unknown with this reason */
void wire_finish(struct wire_reader *reader, const char *reason);

/* wire_number_ok - may such a number stand in this column? */
bool wire_number_ok(const struct column *column, double number);

/* wire_name_ok - is this a word that the column's enum has? */
bool wire_name_ok(const struct column *column, const char *name);

#endif
