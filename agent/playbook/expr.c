/*
 * expr.c - expressions: from text to a checked expression, and what it reads
 *
 * Purpose  the steps in their order; walking over an expression
 * Input    values of playbooks (root's)
 * Errors   to lint, with the place
 * Runs as  actor; before the roles part
 * Source   SPEC section 3
 */
#include "agent/playbook/expr.h"

#include <string.h>

#include "agent/fact/join.h"
#include "agent/playbook/expr_node.h"

void
expr_visit(const struct expr *node,
    void (*visit)(void *user, const struct expr *node), void *user)
{
	visit(user, node);
	for (size_t i = 0; i < 2; i++)
		if (node->args[i] != NULL)
			expr_visit(node->args[i], visit, user);
	for (size_t i = 0; i < node->list_count; i++)
		expr_visit(node->list[i], visit, user);
}

/* The last word `tail` outside of brackets, or the end. */
static size_t
tail_find(const struct expr_reader *reader, const char *tail)
{
	size_t end = reader->token_count - 1;
	int depth = 0;

	for (size_t i = end; tail != NULL && i-- > 0;) {
		const struct token *token = &reader->tokens[i];

		if (token->kind == TOKEN_SYMBOL && token->text[0] == ')')
			depth++;
		else if (token->kind == TOKEN_SYMBOL && token->text[0] == '(')
			depth--;
		else if (depth == 0 && token->kind == TOKEN_WORD &&
		         strcmp(token->text, tail) == 0)
			return i;
	}
	return end;
}

/* "within 60s": the word stands at `at`. */
static bool
tail_parse(struct expr_reader *reader, size_t at, double *ret_s)
{
	const struct token *tail = &reader->tokens[at], *time = tail + 1;

	if (tail->kind == TOKEN_END)
		return true;
	if (time->kind != TOKEN_NUMBER || time->unit != UNIT_SECONDS ||
	    time[1].kind != TOKEN_END)
		return expr_error(reader,
		    "after '%s' stands one duration, such as 60s", tail->text);
	*ret_s = time->number;
	return true;
}

struct expr *
expr_parse_tail(struct arena *arena, const char *text, const struct table *row,
    const enum expr_type *want, struct expr_place place, struct lint *lint,
    const char *tail, double *ret_s)
{
	struct expr_reader reader = {.arena = arena,
	    .lint = lint,
	    .place = place,
	    .row = row,
	    .text = text};
	struct expr *node;
	double tail_s = ret_s != NULL ? *ret_s : 0;
	size_t end;

	if (!expr_tokens(&reader))
		return NULL;
	end = tail_find(&reader, tail);
	if (!tail_parse(&reader, end, &tail_s))
		return NULL;
	node = expr_nodes(&reader, 0, end);
	if (node == NULL || !expr_check(&reader, node))
		return NULL;
	if (want != NULL && node->type != *want) {
		(void)expr_error(&reader, "'%s' is %s, and %s is needed",
		    node->source, expr_type_words(arena, node),
		    *want == EXPR_TYPE_BOOL     ? "yes or no"
		    : *want == EXPR_TYPE_NUMBER ? "a number"
		                                : "a text");
		return NULL;
	}
	if (ret_s != NULL)
		*ret_s = tail_s;
	return node;
}

struct expr *
expr_parse(struct arena *arena, const char *text, const struct table *row,
    enum expr_type want, struct expr_place place, struct lint *lint)
{
	return expr_parse_tail(
	    arena, text, row, &want, place, lint, NULL, NULL);
}

enum unit
expr_unit(const struct expr *expr)
{
	return expr->unit;
}

static void
tables_visit(void *user, const struct expr *node)
{
	bool *wanted = user;
	size_t index;

	if (node->table != NULL &&
	    schema_table_find(node->table->name, &index) != NULL)
		wanted[index] = true;
	if (node->op == EXPR_OP_FACT)
		fact_join_tables(node->table, node->column, wanted);
}

void
expr_tables(const struct expr *expr, bool *wanted)
{
	expr_visit(expr, tables_visit, wanted);
}

struct facts_user {
	void (*visit)(
	    void *user, const struct table *table, const char *key, int column);
	void *user;
};

static void
facts_visit(void *user, const struct expr *node)
{
	const struct facts_user *to = user;

	if (node->op == EXPR_OP_FACT)
		to->visit(to->user, node->table, node->key, node->column);
	else if (node->op == EXPR_OP_TABLE)
		to->visit(to->user, node->table, NULL, -1);
}

void
expr_facts(const struct expr *expr,
    void (*visit)(
        void *user, const struct table *table, const char *key, int column),
    void *user)
{
	struct facts_user to = {visit, user};

	expr_visit(expr, facts_visit, &to);
}
