/*
 * expr_eval.c - expressions: their value, in three-valued logic
 *
 * Purpose  facts in, value or unknown-and-why out; pure
 * Input    checked expressions; facts from the wire, typed
 * Errors   none: what cannot be told is unknown
 * Runs as  actor
 * Source   SPEC section 3; Kleene's strong logic of indeterminacy
 */
#include <math.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/playbook/expr_node.h"

struct eval {
	struct arena *arena;
	const struct fact_set *facts;
	const char *row;
	const struct fact_row *each; /* that an aggregate has come to */
};

static struct value eval_node(struct eval *eval, const struct expr *node);

/* "table[key].column: reason", or "table: reason" when all of it is missing */
static struct value
fact_missing(struct eval *eval, const struct expr *node, const char *key,
    const char *reason)
{
	const struct fact_table *table =
	    fact_table_get(eval->facts, node->table);
	const char *column = node->table->columns[node->column].name;

	if (table->state != FACT_KNOWN)
		return VALUE_UNKNOWN_OF(arena_printf(
		    eval->arena, "%s: %s", node->table->name, reason));
	if (key == NULL)
		return VALUE_UNKNOWN_OF(arena_printf(eval->arena, "%s.%s: %s",
		    node->table->name, column, reason));
	return VALUE_UNKNOWN_OF(arena_printf(eval->arena, "%s[%s].%s: %s",
	    node->table->name, key, column, reason));
}

static struct value
eval_fact(struct eval *eval, const struct expr *node)
{
	const char *key = NULL;
	struct value value;

	if (node->where == EXPR_WHERE_EACH) {
		key = eval->each->key;
		value = eval->each->cells[node->column];
	} else {
		if (node->where == EXPR_WHERE_AT)
			key = node->key;
		else if (node->where == EXPR_WHERE_ROW)
			key = eval->row != NULL ? eval->row : "";
		value = fact_cell(
		    eval->facts, node->table, key, (size_t)node->column);
	}
	if (value.kind == VALUE_UNKNOWN)
		return fact_missing(eval, node, key,
		    value.text != NULL ? value.text : "not told");
	return value;
}

static struct value
eval_key(struct eval *eval, const struct expr *node)
{
	if (eval->row == NULL)
		return VALUE_UNKNOWN_OF(arena_printf(eval->arena,
		    "%s: there is no row at hand", node->table->name));
	return VALUE_TEXT_OF(eval->row);
}

/* A table as a whole: yes, or unknown and why. */
static struct value
eval_table(struct eval *eval, const struct expr *node)
{
	const struct fact_table *table =
	    fact_table_get(eval->facts, node->table);

	if (table->state == FACT_KNOWN)
		return VALUE_BOOL_OF(true);
	return VALUE_UNKNOWN_OF(
	    arena_printf(eval->arena, "%s: %s", node->table->name,
	        table->state == FACT_UNKNOWN && table->reason != NULL
	            ? table->reason
	            : "was not looked at"));
}

static struct value
eval_literal(struct eval *eval, const struct expr *node)
{
	(void)eval;
	return node->value;
}

static struct value
eval_not(struct eval *eval, const struct expr *node)
{
	struct value value = eval_node(eval, node->args[0]);

	if (value.kind == VALUE_BOOL)
		value.is_true = !value.is_true;
	return value;
}

/* One false decides `and`, one true decides `or`, whatever is unknown. */
static struct value
eval_and_or(struct eval *eval, const struct expr *node)
{
	bool decides = node->op == EXPR_OP_OR;
	struct value a = eval_node(eval, node->args[0]), b;

	if (a.kind == VALUE_BOOL && a.is_true == decides)
		return a;
	b = eval_node(eval, node->args[1]);
	if (b.kind == VALUE_BOOL && b.is_true == decides)
		return b;
	return a.kind == VALUE_UNKNOWN ? a : b;
}

/* Both known and of one type. */
static bool
is_equal(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_BOOL)
		return a->is_true == b->is_true;
	if (a->kind == VALUE_NUMBER)
		return a->number == b->number;
	return strcmp(a->text, b->text) == 0;
}

static struct value
eval_compare(struct eval *eval, const struct expr *node)
{
	struct value a = eval_node(eval, node->args[0]);
	struct value b = eval_node(eval, node->args[1]);
	bool is_true = false;

	if (a.kind == VALUE_UNKNOWN || b.kind == VALUE_UNKNOWN)
		return a.kind == VALUE_UNKNOWN ? a : b;
	if (node->op == EXPR_OP_EQ)
		is_true = is_equal(&a, &b);
	else if (node->op == EXPR_OP_NE)
		is_true = !is_equal(&a, &b);
	else if (node->op == EXPR_OP_LT)
		is_true = a.number < b.number;
	else if (node->op == EXPR_OP_LE)
		is_true = a.number <= b.number;
	else if (node->op == EXPR_OP_GT)
		is_true = a.number > b.number;
	else
		is_true = a.number >= b.number;
	return VALUE_BOOL_OF(is_true);
}

static struct value
eval_in(struct eval *eval, const struct expr *node)
{
	struct value a = eval_node(eval, node->args[0]);
	struct value result = VALUE_BOOL_OF(false);

	if (a.kind == VALUE_UNKNOWN)
		return a;
	for (size_t i = 0; i < node->list_count; i++) {
		struct value item = eval_node(eval, node->list[i]);

		if (item.kind == VALUE_UNKNOWN) {
			if (result.kind != VALUE_UNKNOWN)
				result = item;
		} else if (is_equal(&a, &item)) {
			return VALUE_BOOL_OF(true);
		}
	}
	return result;
}

static struct value
eval_matches(struct eval *eval, const struct expr *node)
{
	struct value a = eval_node(eval, node->args[0]);
	struct why why = {0};
	int rc;

	if (a.kind == VALUE_UNKNOWN)
		return a;
	rc = pattern_match(node->pattern, a.text, strlen(a.text), &why);
	if (rc < 0)
		return VALUE_UNKNOWN_OF(arena_printf(
		    eval->arena, "%s: %s", node->source, why.text));
	return VALUE_BOOL_OF(rc == 1);
}

static struct value
eval_arithmetic(struct eval *eval, const struct expr *node)
{
	struct value a = eval_node(eval, node->args[0]);
	struct value b = eval_node(eval, node->args[1]);
	double number;

	if (a.kind == VALUE_UNKNOWN || b.kind == VALUE_UNKNOWN)
		return a.kind == VALUE_UNKNOWN ? a : b;
	if (node->op == EXPR_OP_ADD) {
		number = a.number + b.number;
	} else if (node->op == EXPR_OP_SUB) {
		number = a.number - b.number;
	} else if (node->op == EXPR_OP_MUL) {
		number = a.number * b.number;
	} else {
		if (b.number == 0)
			return VALUE_UNKNOWN_OF(arena_printf(
			    eval->arena, "%s: division by zero", node->source));
		number = a.number / b.number;
	}
	if (!isfinite(number))
		return VALUE_UNKNOWN_OF(arena_printf(
		    eval->arena, "%s: the result is too large", node->source));
	return VALUE_NUMBER_OF(number);
}

static struct value
eval_negate(struct eval *eval, const struct expr *node)
{
	struct value a = eval_node(eval, node->args[0]);

	a.number = -a.number;
	return a;
}

static struct value
eval_known(struct eval *eval, const struct expr *node)
{
	return VALUE_BOOL_OF(
	    eval_node(eval, node->list[0]).kind != VALUE_UNKNOWN);
}

/* What an aggregate has gathered so far. */
struct gathered {
	struct value unknown; /* of the first row that is */
	bool is_unknown;
	size_t count, true_count;
	double sum, least, most;
};

static void
gather(struct gathered *all, struct value value)
{
	if (value.kind == VALUE_UNKNOWN) {
		if (!all->is_unknown)
			all->unknown = value;
		all->is_unknown = true;
		return;
	}
	all->true_count += value.kind == VALUE_BOOL && value.is_true;
	if (all->count == 0 || value.number < all->least)
		all->least = value.number;
	if (all->count == 0 || value.number > all->most)
		all->most = value.number;
	all->sum += value.number;
	all->count++;
}

static struct value
gathered_value(
    struct eval *eval, const struct expr *node, const struct gathered *all)
{
	if (node->op == EXPR_OP_ANY && all->true_count > 0)
		return VALUE_BOOL_OF(true);
	if (node->op == EXPR_OP_ALL && all->true_count < all->count)
		return VALUE_BOOL_OF(false);
	if (all->is_unknown)
		return all->unknown;
	if (node->op == EXPR_OP_ANY || node->op == EXPR_OP_ALL)
		return VALUE_BOOL_OF(node->op == EXPR_OP_ALL);
	if (node->op == EXPR_OP_COUNT)
		return VALUE_NUMBER_OF((double)all->true_count);
	if (node->op == EXPR_OP_SUM && isfinite(all->sum))
		return VALUE_NUMBER_OF(all->sum);
	if (all->count == 0 || node->op == EXPR_OP_SUM)
		return VALUE_UNKNOWN_OF(
		    arena_printf(eval->arena, "%s: %s", node->source,
		        all->count == 0 ? "there is no row"
		                        : "the result is too large"));
	return VALUE_NUMBER_OF(
	    node->op == EXPR_OP_MIN ? all->least : all->most);
}

static struct value
eval_aggregate(struct eval *eval, const struct expr *node)
{
	const struct fact_table *table =
	    fact_table_get(eval->facts, node->over);
	const struct expr as_table = {.table = node->over};
	struct value whole = eval_table(eval, &as_table);
	struct gathered all = {0};

	if (whole.kind == VALUE_UNKNOWN)
		return whole;
	for (size_t i = 0; i < table->count; i++) {
		eval->each = &table->rows[i];
		gather(&all, eval_node(eval, node->list[0]));
	}
	eval->each = NULL;
	return gathered_value(eval, node, &all);
}

/* min() and max() of several arguments */
static struct value
eval_extreme(struct eval *eval, const struct expr *node)
{
	struct gathered all = {0};

	if (node->over != NULL)
		return eval_aggregate(eval, node);
	for (size_t i = 0; i < node->list_count; i++)
		gather(&all, eval_node(eval, node->list[i]));
	return gathered_value(eval, node, &all);
}

static struct value
eval_node(struct eval *eval, const struct expr *node)
{
	static struct value (*const evals[])(
	    struct eval *, const struct expr *) = {
	    [EXPR_OP_OR] = eval_and_or,
	    [EXPR_OP_AND] = eval_and_or,
	    [EXPR_OP_NOT] = eval_not,
	    [EXPR_OP_EQ] = eval_compare,
	    [EXPR_OP_NE] = eval_compare,
	    [EXPR_OP_LT] = eval_compare,
	    [EXPR_OP_LE] = eval_compare,
	    [EXPR_OP_GT] = eval_compare,
	    [EXPR_OP_GE] = eval_compare,
	    [EXPR_OP_IN] = eval_in,
	    [EXPR_OP_MATCHES] = eval_matches,
	    [EXPR_OP_ADD] = eval_arithmetic,
	    [EXPR_OP_SUB] = eval_arithmetic,
	    [EXPR_OP_MUL] = eval_arithmetic,
	    [EXPR_OP_DIV] = eval_arithmetic,
	    [EXPR_OP_MIN] = eval_extreme,
	    [EXPR_OP_MAX] = eval_extreme,
	    [EXPR_OP_COUNT] = eval_aggregate,
	    [EXPR_OP_SUM] = eval_aggregate,
	    [EXPR_OP_ANY] = eval_aggregate,
	    [EXPR_OP_ALL] = eval_aggregate,
	    [EXPR_OP_KNOWN] = eval_known,
	    [EXPR_OP_NEGATE] = eval_negate,
	    [EXPR_OP_LITERAL] = eval_literal,
	    [EXPR_OP_NAME] = eval_literal, /* none is left after the check */
	    [EXPR_OP_FACT] = eval_fact,
	    [EXPR_OP_KEY] = eval_key,
	    [EXPR_OP_TABLE] = eval_table,
	};
	_Static_assert(ARRAY_COUNT(evals) == EXPR_OP_END, "all have a value");

	return evals[node->op](eval, node);
}

struct value
expr_eval(struct arena *arena, const struct expr *expr,
    const struct fact_set *facts, const char *row)
{
	struct eval eval = {.arena = arena, .facts = facts, .row = row};

	return eval_node(&eval, expr);
}
