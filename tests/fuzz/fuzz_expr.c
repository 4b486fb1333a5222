/*
 * fuzz_expr.c - any text as an expression and as a template
 *
 * Purpose  what is accepted has a value of its type, or unknown and why; what
 *          is not has an error
 * Input    one byte that chooses the row at hand, then the text
 * Errors   abort
 * Runs as  any user
 * Source   agent/playbook/expr.h
 */
#include <math.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/playbook/expr.h"
#include "tests/fuzz/fuzz.h"

/* An expression has a limit of 4096; a little more tries it. */
#define TEXT_MAX 5000

/* Every third table is unknown, not looked at, or has two rows. */
static struct fact_set *
facts_make(struct arena *arena)
{
	struct fact_set *set = fact_set_new(arena);

	for (size_t i = 0; schema_tables[i] != NULL; i++) {
		const struct table *schema = schema_tables[i];
		struct fact_table *table = fact_table_get(set, schema);
		struct fact_row *row;

		if (i % 4 == 3) {
			fact_table_set_unknown(set, table, "a reason");
			continue;
		}
		if (i % 7 == 6)
			continue;
		fact_table_set_known(table);
		row = fact_row_add(set, table, schema->key != NULL ? "/" : "");
		for (size_t c = 0; c < schema->column_count; c++) {
			const struct column *column = &schema->columns[c];

			if (column->type == COLUMN_BOOL)
				row->cells[c] = VALUE_BOOL_OF(c % 2 == 0);
			else if (column->type == COLUMN_NUMBER)
				row->cells[c] = VALUE_NUMBER_OF((double)c / 2);
			else if (column->type == COLUMN_ENUM)
				row->cells[c] = VALUE_TEXT_OF(column->names[0]);
			else
				row->cells[c] = VALUE_TEXT_OF("some text aaa");
		}
		if (schema->key != NULL)
			(void)fact_row_add(set, table, "/var");
	}
	return set;
}

static void
check_value(enum expr_type type, struct value value)
{
	switch (value.kind) {
	case VALUE_UNKNOWN:
		FUZZ_PROMISE(value.text != NULL && value.text[0] != '\0');
		break;
	case VALUE_BOOL:
		FUZZ_PROMISE(type == EXPR_TYPE_BOOL);
		break;
	case VALUE_NUMBER:
		FUZZ_PROMISE(type == EXPR_TYPE_NUMBER);
		FUZZ_PROMISE(isfinite(value.number));
		break;
	case VALUE_TEXT:
		FUZZ_PROMISE(type == EXPR_TYPE_TEXT && value.text != NULL);
		break;
	}
}

static void
count_visit(void *user, const struct table *table, const char *key, int column)
{
	size_t *count = user;

	(void)key;
	FUZZ_PROMISE(column >= -1 && column < (int)table->column_count);
	++*count;
}

static void
try_expr(struct arena *arena, const struct fact_set *facts, const char *text,
    const struct table *row)
{
	for (int type = EXPR_TYPE_BOOL; type <= EXPR_TYPE_TEXT; type++) {
		struct lint lint = {.arena = arena};
		AUTO_BUF struct buf words = {0};
		struct expr_place place = {"fuzz.ini", 1, "when"};
		struct expr *expr = expr_parse(
		    arena, text, row, (enum expr_type)type, place, &lint);
		size_t count = 0;
		bool wanted[64] = {false};

		FUZZ_PROMISE((expr == NULL) == (lint.count > 0));
		if (expr != NULL) {
			check_value((enum expr_type)type,
			    expr_eval(
			        arena, expr, facts, row != NULL ? "/" : NULL));
			expr_words(&words, expr);
			FUZZ_PROMISE(words.length > 0);
			expr_facts(expr, count_visit, &count);
			expr_tables(expr, wanted);
		}
		lint_done(&lint);
	}
}

static void
try_template(struct arena *arena, const struct fact_set *facts,
    const char *text, const struct table *row)
{
	struct lint lint = {.arena = arena};
	struct expr_place place = {"fuzz.ini", 1, "title"};
	struct template *template =
	    template_parse(arena, text, row, place, &lint);

	FUZZ_PROMISE((template == NULL) == (lint.count > 0));
	if (template != NULL)
		(void)template_text(
		    arena, template, facts, row != NULL ? "/" : NULL);
	lint_done(&lint);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct fact_set *facts = facts_make(arena);
	const struct table *row = NULL;

	if (size > 0 && size < TEXT_MAX &&
	    memchr(data + 1, '\0', size - 1) == NULL) {
		const char *text =
		    arena_dup_n(arena, (const char *)data + 1, size - 1);

		row = schema_tables[data[0] % schema_table_count()];
		if (row->key == NULL)
			row = NULL;
		try_expr(arena, facts, text, row);
		try_template(arena, facts, text, row);
	}
	arena_free(arena);
	return 0;
}
