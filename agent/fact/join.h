/*
 * join.h - columns that are filled from another table
 */
#ifndef MAILFIX_FACT_JOIN_H
#define MAILFIX_FACT_JOIN_H

#include "agent/fact/fact.h"

/*
 * fact_join - fill the joined columns of a look (schema.h)
 *
 * From the row of the same key. Without one a number is 0, a bool false and a
 * text the key itself when the other table has all its rows, and unknown when
 * it had more than it may tell. What
 * is known already stays.
 *
 * rest  key of the row that stands for whatever has no row of its own (a relay:
 *       all mail that goes through it), or NULL. It gets what the other rows
 *       leave of the whole, of times the whole.
 */
void fact_join(struct fact_set *set, const char *rest);

/*
 * fact_join_tables - mark the tables that a column is filled from, and those
 * that the table's probe reads
 * column  -1: all of the table's columns
 */
void fact_join_tables(const struct table *schema, int column, bool *wanted);

#endif
