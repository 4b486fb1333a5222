/*
 * facts_out.h - facts for people and for programs
 */
#ifndef MAILFIX_MAIN_FACTS_OUT_H
#define MAILFIX_MAIN_FACTS_OUT_H

#include "agent/base/json.h"
#include "agent/fact/fact.h"
#include "agent/report/page.h"

/* Twice the tables that the contract names. */
#define SCHEMA_TABLES_MAX 64

/* facts_lines - the tables that were wanted; is_all: every row, every source */
void facts_lines(struct page *page, const struct fact_set *set,
    const bool *wanted, bool is_all);

/* facts_json - the same as a document; the caller's */
struct json *facts_json(const struct fact_set *set, const bool *wanted);

#endif
