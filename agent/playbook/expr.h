/*
 * expr.h - expressions of the playbook language: read, checked, evaluated
 *
 * Grammar and names are data (expr_words.def). Kleene's three values: unknown
 * and false is false; everything else with an unknown in it stays unknown,
 * unless known(x) asks.
 */
#ifndef MAILFIX_PLAYBOOK_EXPR_H
#define MAILFIX_PLAYBOOK_EXPR_H

#include <stdbool.h>

#include "agent/base/buf.h"
#include "agent/base/lint.h"
#include "agent/fact/fact.h"

struct expr; /* in an arena */

enum expr_type { EXPR_TYPE_BOOL, EXPR_TYPE_NUMBER, EXPR_TYPE_TEXT };

/* Where a text stands, for errors. */
struct expr_place {
	const char *file;
	int line;
	const char *what; /* the key, put before the text; or NULL */
};

/*
 * expr_parse - read and type-check
 *
 * row    the table whose row is at hand (for-each), or NULL
 * place  for errors, which go to lint with the nearest right name
 * want   the type that the place needs
 * Returns NULL when there were errors.
 */
struct expr *expr_parse(struct arena *arena, const char *text,
    const struct table *row, enum expr_type want, struct expr_place place,
    struct lint *lint);

/*
 * expr_eval - the value, pure
 *
 * row  key of the row at hand, or NULL
 * An unknown result's text is the reason of the first fact that was missing,
 * as "table[key].column: reason".
 */
struct value expr_eval(struct arena *arena, const struct expr *expr,
    const struct fact_set *facts, const char *row);

/* expr_unit - unit of a number expression */
enum unit expr_unit(const struct expr *expr);

/* expr_tables - mark, by index in schema_tables, the tables it reads */
void expr_tables(const struct expr *expr, bool *wanted);

/*
 * expr_facts - visit each column it reads: for evidence and for `unknown`
 * key is NULL for the row at hand or for a table read as a whole; column is -1
 * for the key of the row at hand and for the rows as such, as in count()
 */
void expr_facts(const struct expr *expr,
    void (*visit)(
        void *user, const struct table *table, const char *key, int column),
    void *user);

/* expr_words - append the expression in words, with its thresholds */
void expr_words(struct buf *out, const struct expr *expr);

/* expr_grammar - append the grammar, the operators and the functions */
void expr_grammar(struct buf *out);

/*
 * Templates: "{destination} answers 421: {cause_text}". {name} is a column of
 * the row at hand, the key, table.column, or any expression; a number is
 * written with its unit; an unknown as "?". "{{" and "}}" are a brace.
 */
struct template;

struct template *template_parse(struct arena *arena, const char *text,
    const struct table *row, struct expr_place place, struct lint *lint);
const char *template_text(struct arena *arena, const struct template *template,
    const struct fact_set *facts, const char *row);

/*
 * template_known - as template_text, without each sentence in which something
 * is unknown; "; " and ". " end a sentence, "\n" also its line (a newline in
 * the result, which no value has); NULL when none is left
 */
const char *template_known(struct arena *arena, const struct template *template,
    const struct fact_set *facts, const char *row);

/*
 * template_advice - as template_known, of a text with commands in backquotes
 * A fact may be a stranger's words: a backquote in it becomes an apostrophe.
 */
const char *template_advice(struct arena *arena,
    const struct template *template, const struct fact_set *facts,
    const char *row);
const char *template_source(const struct template *template);
bool template_is_fixed(const struct template *template); /* no fact in it */
void template_tables(const struct template *template, bool *wanted);

/* template_facts - as expr_facts, for the columns that a text names */
void template_facts(const struct template *template,
    void (*visit)(
        void *user, const struct table *table, const char *key, int column),
    void *user);

#endif
