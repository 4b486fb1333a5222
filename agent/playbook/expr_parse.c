/*
 * expr_parse.c - expressions: tokens into nodes
 *
 * Purpose  the grammar of expr_words.def, by precedence of its operators
 * Input    tokens of a bounded text
 * Errors   to lint, with the place; the first one of a text ends its reading
 * Runs as  actor; before the roles part
 * Source   SPEC section 3; Python's operator precedence
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/playbook/expr_node.h"

#define LEVEL_NOT     3
#define LEVEL_COMPARE 4
#define LEVEL_VALUE   7 /* tighter than all operators with two sides */

const struct operator_word expr_operators[EXPR_WORDS_MAX] = {
#define EXPR_OPERATOR(name, t, l, w, d)                                        \
	[EXPR_OP_##name] = {                                                   \
	    .text = (t), .level = (l), .words = (w), .doc = (d)},
#define EXPR_FUNCTION(name, t, a, b, d)                                        \
	[EXPR_OP_##name] = {.text = (t), .least = (a), .most = (b), .doc = (d)},
#include "agent/playbook/expr_words.def"
};

static const struct {
	const char *text;
	bool is_true;
} constants[] = {

#define EXPR_CONSTANT(t, v) {(t), (v)},
#include "agent/playbook/expr_words.def"
};

static struct expr *level_parse(struct expr_reader *reader, int level);

bool
expr_error(struct expr_reader *reader, const char *format, ...)
{
	const struct expr_place *place = &reader->place;
	char *text = NULL;
	va_list ap;
	int length;

	va_start(ap, format);
	length = vasprintf(&text, format, ap);
	va_end(ap);
	if (length >= 0)
		lint_add(reader->lint, place->file, place->line, "%s%s%s",
		    place->what != NULL ? place->what : "",
		    place->what != NULL ? ": " : "", text);
	free(text);
	return false;
}

static const struct token *
peek(const struct expr_reader *reader)
{
	return &reader->tokens[reader->at];
}

static bool
is_symbol(const struct token *token, const char *text)
{
	return token->kind == TOKEN_SYMBOL && strcmp(token->text, text) == 0;
}

static bool
is_word(const struct token *token, const char *text)
{
	return token->kind == TOKEN_WORD && strcmp(token->text, text) == 0;
}

static bool
take_symbol(struct expr_reader *reader, const char *text)
{
	if (!is_symbol(peek(reader), text))
		return false;
	reader->at++;
	return true;
}

/* The operator that a token is, or EXPR_WORDS_MAX. */
static enum expr_op
operator_of(const struct token *token)
{
	for (size_t i = 0; i < EXPR_WORDS_MAX; i++)
		if (expr_operators[i].level != 0 &&
		    (is_symbol(token, expr_operators[i].text) ||
		        is_word(token, expr_operators[i].text)))
			return (enum expr_op)i;
	return EXPR_WORDS_MAX;
}

static int
level_of(const struct token *token)
{
	enum expr_op op = operator_of(token);

	return op != EXPR_WORDS_MAX ? expr_operators[op].level : 0;
}

/* "end of the text" or the token in quotes, for errors */
static const char *
token_words(const struct expr_reader *reader, const struct token *token)
{
	if (token->kind == TOKEN_END)
		return "the end";
	return arena_printf(reader->arena, "'%.*s'",
	    (int)(token->to - token->from), reader->text + token->from);
}

static struct expr *
node_new(struct expr_reader *reader, enum expr_op op)
{
	struct expr *node;

	if (++reader->node_count > EXPR_NODES_MAX) {
		(void)expr_error(reader,
		    "more than %d names, numbers and operators",
		    EXPR_NODES_MAX);
		return NULL;
	}
	node = arena_alloc(reader->arena, 1, sizeof(*node));
	node->op = op;
	return node;
}

/* Remember what was written: from this token to the last one taken. */
static struct expr *
node_span(struct expr_reader *reader, struct expr *node, size_t from)
{
	size_t start = reader->tokens[from].from;
	size_t end = reader->tokens[reader->at - 1].to;

	node->source =
	    arena_dup_n(reader->arena, reader->text + start, end - start);
	return node;
}

/* "(a, b, ...)", the bracket is next. */
static bool
list_parse(struct expr_reader *reader, struct expr *node)
{
	struct expr *items[EXPR_NODES_MAX];
	size_t count = 0;

	if (!take_symbol(reader, "("))
		return expr_error(reader, "'(' is missing before %s",
		    token_words(reader, peek(reader)));
	do {
		/* each item is a node: their limit is the list's too */
		items[count] = level_parse(reader, 1);
		if (items[count++] == NULL)
			return false;
	} while (take_symbol(reader, ",") && count < ARRAY_COUNT(items));
	if (!take_symbol(reader, ")"))
		return expr_error(reader, "')' is missing before %s",
		    token_words(reader, peek(reader)));
	node->list = arena_alloc(reader->arena, count, sizeof(*node->list));
	(void)memcpy(node->list, items, count * sizeof(*node->list));
	node->list_count = count;
	return true;
}

static struct expr *
name_parse(struct expr_reader *reader)
{
	size_t from = reader->at;
	struct expr *node = node_new(reader, EXPR_OP_NAME);

	if (node == NULL)
		return NULL;
	node->first = reader->tokens[reader->at++].text;
	if (peek(reader)->kind == TOKEN_KEY)
		node->key = reader->tokens[reader->at++].text;
	if (take_symbol(reader, ".")) {
		if (peek(reader)->kind != TOKEN_WORD) {
			(void)expr_error(reader,
			    "a column is missing after '%s.'", node->first);
			return NULL;
		}
		node->second = reader->tokens[reader->at++].text;
	} else if (node->key != NULL) {
		(void)expr_error(reader, "%s[%s] is a row: write %s[%s].COLUMN",
		    node->first, node->key, node->first, node->key);
		return NULL;
	}
	return node_span(reader, node, from);
}

static struct expr *
function_parse(struct expr_reader *reader, enum expr_op op)
{
	const struct operator_word *word = &expr_operators[op];
	size_t from = reader->at++;
	struct expr *node = node_new(reader, op);

	if (node == NULL || !list_parse(reader, node))
		return NULL;
	if (node->list_count < word->least || node->list_count > word->most) {
		(void)expr_error(reader, "%s() takes %zu %s, not %zu",
		    word->text, word->most,
		    word->least == word->most ? "argument" : "at most",
		    node->list_count);
		return NULL;
	}
	return node_span(reader, node, from);
}

/* A word: a function, a constant, or a name. */
static struct expr *
word_parse(struct expr_reader *reader)
{
	const struct token *token = peek(reader);

	if (operator_of(token) != EXPR_WORDS_MAX) {
		(void)expr_error(
		    reader, "a value is missing before '%s'", token->text);
		return NULL;
	}
	for (size_t i = 0; i < EXPR_WORDS_MAX; i++)
		if (expr_operators[i].level == 0 &&
		    is_word(token, expr_operators[i].text) &&
		    is_symbol(token + 1, "("))
			return function_parse(reader, (enum expr_op)i);
	for (size_t i = 0; i < ARRAY_COUNT(constants); i++) {
		struct expr *node;

		if (!is_word(token, constants[i].text))
			continue;
		node = node_new(reader, EXPR_OP_LITERAL);
		if (node == NULL)
			return NULL;
		node->type = EXPR_TYPE_BOOL;
		node->value = VALUE_BOOL_OF(constants[i].is_true);
		reader->at++;
		return node_span(reader, node, reader->at - 1);
	}
	return name_parse(reader);
}

static struct expr *
literal_parse(struct expr_reader *reader)
{
	const struct token *token = peek(reader);
	struct expr *node = node_new(reader, EXPR_OP_LITERAL);

	if (node == NULL)
		return NULL;
	if (token->kind == TOKEN_NUMBER) {
		node->type = EXPR_TYPE_NUMBER;
		node->unit = token->unit;
		node->value = VALUE_NUMBER_OF(token->number);
	} else {
		node->type = EXPR_TYPE_TEXT;
		node->value = VALUE_TEXT_OF(token->text);
	}
	reader->at++;
	return node_span(reader, node, reader->at - 1);
}

static struct expr *
bracket_parse(struct expr_reader *reader)
{
	struct expr *node;

	reader->at++;
	node = level_parse(reader, 1);
	if (node != NULL && !take_symbol(reader, ")")) {
		(void)expr_error(reader, "')' is missing before %s",
		    token_words(reader, peek(reader)));
		return NULL;
	}
	return node;
}

static struct expr *
prefix_parse(struct expr_reader *reader, enum expr_op op, int level)
{
	size_t from = reader->at++;
	struct expr *node = node_new(reader, op);

	if (node == NULL)
		return NULL;
	node->args[0] = level_parse(reader, level);
	return node->args[0] != NULL ? node_span(reader, node, from) : NULL;
}

static struct expr *
value_parse(struct expr_reader *reader)
{
	const struct token *token = peek(reader);

	if (token->kind == TOKEN_NUMBER || token->kind == TOKEN_TEXT)
		return literal_parse(reader);
	if (token->kind == TOKEN_WORD)
		return word_parse(reader);
	if (is_symbol(token, "("))
		return bracket_parse(reader);
	if (is_symbol(token, "-"))
		return prefix_parse(reader, EXPR_OP_NEGATE, LEVEL_VALUE);
	(void)expr_error(
	    reader, "a value is missing before %s", token_words(reader, token));
	return NULL;
}

/* After "matches". */
static bool
pattern_parse(struct expr_reader *reader, struct expr *node)
{
	const struct token *token = peek(reader);
	struct why why = {0};

	if (token->kind != TOKEN_TEXT)
		return expr_error(reader,
		    "after 'matches' stands a regular expression in quotes");
	node->value = VALUE_TEXT_OF(token->text);
	reader->at++;
	if (pattern_compile(reader->arena, token->text, &node->pattern, &why) <
	    0)
		return expr_error(reader, "%s", why.text);
	return true;
}

/* What follows an operator, whose left side is `left`. */
static struct expr *
right_parse(
    struct expr_reader *reader, enum expr_op op, struct expr *left, int level)
{
	struct expr *node = node_new(reader, op);
	bool is_ok;

	if (node == NULL)
		return NULL;
	node->args[0] = left;
	if (op == EXPR_OP_IN) {
		is_ok = list_parse(reader, node);
	} else if (op == EXPR_OP_MATCHES) {
		is_ok = pattern_parse(reader, node);
	} else {
		node->args[1] = level_parse(reader, level + 1);
		is_ok = node->args[1] != NULL;
	}
	return is_ok ? node : NULL;
}

static struct expr *
compare_parse(struct expr_reader *reader, struct expr *left, size_t from)
{
	const struct token *token = peek(reader);
	enum expr_op op = operator_of(token);
	bool is_not = op == EXPR_OP_NOT && (is_word(token + 1, "in") ||
	                                       is_word(token + 1, "matches"));
	struct expr *node = left, *outer;

	if (is_not)
		op = operator_of(++token);
	if (level_of(token) != LEVEL_COMPARE)
		return left;
	reader->at += is_not ? 2 : 1;
	node = right_parse(reader, op, left, LEVEL_COMPARE);
	if (node == NULL)
		return NULL;
	(void)node_span(reader, node, from);
	if (level_of(peek(reader)) == LEVEL_COMPARE) {
		(void)expr_error(reader,
		    "one comparison after another: join them with 'and', or "
		    "use brackets, before %s",
		    token_words(reader, peek(reader)));
		return NULL;
	}
	if (!is_not)
		return node;
	outer = node_new(reader, EXPR_OP_NOT);
	if (outer == NULL)
		return NULL;
	outer->args[0] = node;
	return node_span(reader, outer, from);
}

static struct expr *
operators_parse(struct expr_reader *reader, int level)
{
	size_t from = reader->at;
	struct expr *node = level_parse(reader, level + 1);

	if (node == NULL || level == LEVEL_COMPARE)
		return node != NULL ? compare_parse(reader, node, from) : NULL;
	while (node != NULL && level_of(peek(reader)) == level) {
		enum expr_op op = operator_of(peek(reader));

		reader->at++;
		node = right_parse(reader, op, node, level);
		if (node != NULL)
			(void)node_span(reader, node, from);
	}
	return node;
}

/* Each way of going round passes here, so that the depth is bounded. */
static struct expr *
level_parse(struct expr_reader *reader, int level)
{
	struct expr *node;

	if (level == LEVEL_NOT && operator_of(peek(reader)) == EXPR_OP_NOT)
		level = -LEVEL_NOT;
	if (level > 1 && level < LEVEL_VALUE)
		return operators_parse(reader, level);
	if (reader->depth == EXPR_DEPTH_MAX) {
		(void)expr_error(reader, "nested more deeply than %d levels",
		    EXPR_DEPTH_MAX);
		return NULL;
	}
	reader->depth++;
	if (level == -LEVEL_NOT)
		node = prefix_parse(reader, EXPR_OP_NOT, LEVEL_NOT);
	else if (level == LEVEL_VALUE)
		node = value_parse(reader);
	else
		node = operators_parse(reader, level);
	reader->depth--;
	return node;
}

struct expr *
expr_nodes(struct expr_reader *reader, size_t from, size_t to)
{
	struct token end = reader->tokens[to];
	struct expr *node;

	reader->tokens[to].kind = TOKEN_END;
	reader->at = from;
	node = level_parse(reader, 1);
	if (node != NULL && reader->at != to) {
		const struct token *last = &reader->tokens[reader->at - 1];

		(void)expr_error(reader, "%s after '%.*s' makes no sense%s",
		    token_words(reader, peek(reader)),
		    (int)(last->to - last->from), reader->text + last->from,
		    last->kind == TOKEN_NUMBER
		        ? ": no space between a number and its unit"
		        : "");
		node = NULL;
	}
	reader->tokens[to] = end;
	return node;
}
