/*
 * expr_say.c - expressions in words, and the grammar for the manual
 *
 * Purpose  `mailfix explain playbook`, mailfix.playbook(5)
 * Input    checked expressions
 * Errors   none
 * Runs as  actor
 * Source   expr_words.def
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/playbook/expr_node.h"

/* Operators up to this one join conditions: and, or, not. */
#define LEVEL_LOGIC 3

/* How tightly a node binds: as its operator, or as a value. */
static int
node_level(const struct expr *node)
{
	if (node->op < EXPR_WORDS_MAX && expr_operators[node->op].level != 0)
		return expr_operators[node->op].level;
	return 9;
}

static void node_say(struct buf *out, const struct expr *node);

/* In brackets when it binds less tightly than what is around it. */
static void
part_say(struct buf *out, const struct expr *node, int level)
{
	bool is_loose = node_level(node) < level;

	if (is_loose)
		buf_add_char(out, '(');
	node_say(out, node);
	if (is_loose)
		buf_add_char(out, ')');
}

static void
literal_say(struct buf *out, const struct expr *node)
{
	char text[UNIT_TEXT_MAX];

	if (node->type == EXPR_TYPE_BOOL)
		buf_add(out, node->value.is_true ? "yes" : "no");
	else if (node->type == EXPR_TYPE_NUMBER)
		buf_add(out, unit_format(node->unit, node->value.number, text));
	else
		buf_addf(out, "\"%s\"", node->value.text);
}

static void
list_say(
    struct buf *out, struct expr *const *list, size_t count, const char *last)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add(out, i + 1 == count ? last : ", ");
		node_say(out, list[i]);
	}
}

static void
function_say(struct buf *out, const struct expr *node)
{
	buf_addf(out, "%s(", expr_operators[node->op].text);
	list_say(out, node->list, node->list_count, ", ");
	buf_add_char(out, ')');
}

/* "unit.running is no" reads better than "not unit.running" */
static void
not_say(struct buf *out, const struct expr *node)
{
	const struct expr *inner = node->args[0];

	if (inner->op == EXPR_OP_FACT) {
		node_say(out, inner);
		buf_add(out, " is no");
	} else if (inner->op == EXPR_OP_IN) {
		part_say(out, inner->args[0], 5);
		buf_add(out, " is not ");
		list_say(out, inner->list, inner->list_count, " nor ");
	} else {
		buf_add(out, "not ");
		part_say(out, inner, 9);
	}
}

static void
operator_say(struct buf *out, const struct expr *node)
{
	int level = expr_operators[node->op].level;

	/* a yes-or-no fact alone: "read_only", said as what it must be */
	part_say(out, node->args[0], level);
	if (node->op <= EXPR_OP_AND && node->args[0]->op == EXPR_OP_FACT)
		buf_add(out, " is yes");
	buf_addf(out, " %s ", expr_operators[node->op].words);
	if (node->op == EXPR_OP_IN) {
		list_say(out, node->list, node->list_count, " or ");
		return;
	}
	if (node->op == EXPR_OP_MATCHES) {
		buf_addf(out, "\"%s\"", node->value.text);
		return;
	}
	part_say(out, node->args[1], level + (level > LEVEL_LOGIC));
	if (node->op <= EXPR_OP_AND && node->args[1]->op == EXPR_OP_FACT)
		buf_add(out, " is yes");
}

static void
node_say(struct buf *out, const struct expr *node)
{
	if (node->op == EXPR_OP_LITERAL) {
		literal_say(out, node);
	} else if (node->op == EXPR_OP_NEGATE) {
		buf_add_char(out, '-');
		part_say(out, node->args[0], 9);
	} else if (node->op == EXPR_OP_NOT) {
		not_say(out, node);
	} else if (node->op >= EXPR_WORDS_MAX) {
		buf_add(out, node->source);
	} else if (expr_operators[node->op].level == 0) {
		function_say(out, node);
	} else {
		operator_say(out, node);
	}
}

void
expr_words(struct buf *out, const struct expr *expr)
{
	node_say(out, expr);
	if (expr->op == EXPR_OP_FACT && expr->type == EXPR_TYPE_BOOL)
		buf_add(out, " is yes");
}

void
expr_grammar(struct buf *out)
{
	static const char *const rules[][2] = {
#define EXPR_RULE(name, form) {(name), (form)},
#include "agent/playbook/expr_words.def"
	};

	for (size_t i = 0; i < ARRAY_COUNT(rules); i++)
		buf_addf(out, "%-12s %s %s\n", rules[i][0],
		    rules[i][0][0] != '\0' ? "=" : "|", rules[i][1]);
	buf_add(out, "\nOperators, from the loosest to the tightest:\n");
	for (size_t i = 0; i < EXPR_WORDS_MAX; i++)
		if (expr_operators[i].level != 0)
			buf_addf(out, "%-12s %s\n", expr_operators[i].text,
			    expr_operators[i].doc);
	buf_add(out, "\nFunctions:\n");
	for (size_t i = 0; i < EXPR_WORDS_MAX; i++)
		if (expr_operators[i].level == 0)
			buf_addf(out, "%-12s %s\n", expr_operators[i].text,
			    expr_operators[i].doc);
}
