/*
 * fact_out.h - how a probe says what it found
 *
 * The same calls write to the wire (in an observer) or into a fact_set (in a
 * unit test). Names are checked against the schema: a wrong one is a bug of
 * ours and asserted. Values may be anything: texts are escaped and cut here, a
 * number that is negative or not finite and a word that an enum does not have
 * become unknown, a row past the table's row_max or with a key that was there
 * before is left out with its cells.
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

#include "agent/base/auto.h"
#include "agent/fact/fact.h"

struct fact_out;

/*
 * fact_out_is_wanted - does anybody need this table?
 * What is said about other tables is dropped; a probe may skip the work.
 */
bool fact_out_is_wanted(const struct fact_out *out, const char *table);

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

/*
 * fact_out_to_set - over the wire's own checks into a set in the same process
 * A table is known once it ended. Heap.
 */
struct fact_out *fact_out_to_set(struct fact_set *set);

/*
 * fact_out_to_wire - in an observer
 * wanted  by schema index, borrowed; sends to fd, which stays the caller's
 */
struct fact_out *fact_out_to_wire(int fd, const bool *wanted);

/* fact_out_end - nothing more will be said; 0, or -EPIPE when nobody listens */
int fact_out_end(struct fact_out *out);

struct fact_out *fact_out_free(struct fact_out *out);
AUTO_DEFINE(struct fact_out, fact_out_free);

#endif
