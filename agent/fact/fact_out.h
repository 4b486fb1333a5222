/*
 * fact_out.h - how a probe says what it found
 *
 * The same calls write to the wire (in an observer) or straight into a
 * fact_set (in a unit test). Names are checked against the schema: a wrong one
 * is a bug of ours and asserted. Texts may be anything: they are escaped here.
 *
 *   fact_out_row(out, "disk", "/var");
 *   fact_out_number(out, "free", 1234);
 *   fact_out_unknown(out, "inodes_used", "this file system has no inodes");
 *   fact_out_table_end(out, "disk");
 *
 * A table that the probe owns and never ends is unknown: "the probe stopped".
 */
#ifndef MAILFIX_FACT_FACT_OUT_H
#define MAILFIX_FACT_FACT_OUT_H

#include <stdbool.h>

#include "agent/fact/fact.h"

struct fact_out;

/* fact_out_row - start a row; key is "" for a table without a key */
void fact_out_row(struct fact_out *out, const char *table, const char *key);

/* Cells of the row at hand; a cell never set is unknown "not told". */
void fact_out_bool(struct fact_out *out, const char *column, bool value);
void fact_out_number(struct fact_out *out, const char *column, double value);
void fact_out_text(struct fact_out *out, const char *column, const char *value);
void fact_out_unknown(struct fact_out *out, const char *column,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

void fact_out_table_end(struct fact_out *out, const char *table);
void fact_out_table_unknown(struct fact_out *out, const char *table,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* fact_out_to_set - writes into a set in the same process; heap */
struct fact_out *fact_out_to_set(struct fact_set *set);
struct fact_out *fact_out_free(struct fact_out *out);

#endif
