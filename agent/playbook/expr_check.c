/*
 * expr_check.c - expressions: types and units of every part
 *
 * Purpose  what cannot be meant is an error when the playbook is loaded, not
 *          an answer when the host is sick
 * Input    nodes as read
 * Errors   to lint, with the place; all of one expression
 * Runs as  actor; before the roles part
 * Source   SPEC section 3
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/playbook/expr_node.h"

/* What a product is; both orders are looked for. */
static const struct {
	enum unit a, b, result;
} products[] = {
    {UNIT_COUNT,      UNIT_COUNT,      UNIT_COUNT     },
    {UNIT_COUNT,      UNIT_SHARE,      UNIT_COUNT     },
    {UNIT_COUNT,      UNIT_RATIO,      UNIT_COUNT     },
    {UNIT_COUNT,      UNIT_BYTES,      UNIT_BYTES     },
    {UNIT_COUNT,      UNIT_SECONDS,    UNIT_SECONDS   },
    {UNIT_COUNT,      UNIT_PER_SECOND, UNIT_PER_SECOND},
    {UNIT_SHARE,      UNIT_SHARE,      UNIT_SHARE     },
    {UNIT_SHARE,      UNIT_RATIO,      UNIT_RATIO     },
    {UNIT_SHARE,      UNIT_BYTES,      UNIT_BYTES     },
    {UNIT_SHARE,      UNIT_SECONDS,    UNIT_SECONDS   },
    {UNIT_SHARE,      UNIT_PER_SECOND, UNIT_PER_SECOND},
    {UNIT_RATIO,      UNIT_RATIO,      UNIT_RATIO     },
    {UNIT_RATIO,      UNIT_BYTES,      UNIT_BYTES     },
    {UNIT_RATIO,      UNIT_SECONDS,    UNIT_SECONDS   },
    {UNIT_RATIO,      UNIT_PER_SECOND, UNIT_PER_SECOND},
    {UNIT_PER_SECOND, UNIT_SECONDS,    UNIT_COUNT     },
};

static bool
is_plain(enum unit unit)
{
	return unit == UNIT_COUNT || unit == UNIT_SHARE || unit == UNIT_RATIO;
}

static bool
unit_product(enum unit a, enum unit b, enum unit *ret)
{
	for (size_t i = 0; i < ARRAY_COUNT(products); i++)
		if ((products[i].a == a && products[i].b == b) ||
		    (products[i].a == b && products[i].b == a)) {
			*ret = products[i].result;
			return true;
		}
	return false;
}

static bool
unit_quotient(enum unit a, enum unit b, enum unit *ret)
{
	bool is_number = a == UNIT_COUNT || a == UNIT_RATIO;

	if (a == b)
		*ret = UNIT_RATIO;
	else if (is_plain(b))
		*ret = a;
	else if (is_number && b == UNIT_SECONDS)
		*ret = UNIT_PER_SECOND;
	else if (is_number && b == UNIT_PER_SECOND)
		*ret = UNIT_SECONDS;
	else
		return false;
	return true;
}

/* Sums, differences, comparisons, min and max need units that fit. */
static bool
unit_join(enum unit a, enum unit b, enum unit *ret)
{
	if (a != b && !(is_plain(a) && is_plain(b) &&
	                  (a == UNIT_RATIO || b == UNIT_RATIO)))
		return false;
	*ret = a == b ? a : UNIT_RATIO;
	return true;
}

const char *
expr_type_words(struct arena *arena, const struct expr *node)
{
	if (node->type == EXPR_TYPE_BOOL)
		return "yes or no";
	if (node->type == EXPR_TYPE_TEXT)
		return "a text";
	return arena_printf(arena, "a number (%s)", unit_name(node->unit));
}

/* As it was written, in quotes when it has none of its own. */
static const char *
quoted(struct expr_reader *reader, const struct expr *node)
{
	if (node->source[0] == '\'' || node->source[0] == '"')
		return node->source;
	return arena_printf(reader->arena, "'%s'", node->source);
}

static bool
need_type(
    struct expr_reader *reader, const struct expr *node, enum expr_type type)
{
	if (node->type == type)
		return true;
	return expr_error(reader, "%s is %s, and %s is needed here",
	    quoted(reader, node), expr_type_words(reader->arena, node),
	    type == EXPR_TYPE_BOOL     ? "yes or no"
	    : type == EXPR_TYPE_NUMBER ? "a number"
	                               : "a text");
}

/* Check all, so that each has its errors told; then their type. */
static bool
need_all(struct expr_reader *reader, struct expr *const *nodes, size_t count,
    enum expr_type type)
{
	bool is_ok = true;

	for (size_t i = 0; i < count; i++)
		is_ok = expr_check(reader, nodes[i]) &&
		        need_type(reader, nodes[i], type) && is_ok;
	return is_ok;
}

static bool
pair_error(struct expr_reader *reader, const struct expr *a,
    const struct expr *b, const char *what)
{
	if (a->type == EXPR_TYPE_NUMBER && b->type == EXPR_TYPE_NUMBER) {
		const char *hint = "";

		if ((a->unit == UNIT_SHARE && b->op == EXPR_OP_LITERAL) ||
		    (b->unit == UNIT_SHARE && a->op == EXPR_OP_LITERAL))
			hint = "; a share is written as 90%";
		return expr_error(reader,
		    "%s %s (%s) and %s (%s) does not fit%s", what,
		    quoted(reader, a), unit_name(a->unit), quoted(reader, b),
		    unit_name(b->unit), hint);
	}
	return expr_error(reader, "%s %s, %s, and %s, %s, does not fit", what,
	    quoted(reader, a), expr_type_words(reader->arena, a),
	    quoted(reader, b), expr_type_words(reader->arena, b));
}

/* A text in quotes must be a value of the column that it is compared with. */
static bool
check_value(struct expr_reader *reader, const struct expr *text,
    const struct expr *column)
{
	const char *near;

	if (text->op != EXPR_OP_LITERAL || column->names == NULL)
		return true;
	for (size_t i = 0; column->names[i] != NULL; i++)
		if (strcmp(column->names[i], text->value.text) == 0)
			return true;
	near = text_nearest(text->value.text, column->names);
	return expr_error(reader, "'%s' is never %s%s%s%s", column->source,
	    text->source, near != NULL ? ", did you mean '" : "",
	    near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* Both sides of a comparison, the one that gives the other its values first. */
static bool
check_sides(struct expr_reader *reader, struct expr *a, struct expr *b)
{
	bool is_swapped =
	    a->op == EXPR_OP_NAME && !expr_name_is_known(reader, a);
	struct expr *first = is_swapped ? b : a, *other = is_swapped ? a : b;
	bool is_ok = expr_check(reader, first);

	if (other->op == EXPR_OP_NAME && is_ok)
		return expr_name_find(reader, other, first->names);
	/* without the first's values, a bare word cannot be judged */
	if (other->op == EXPR_OP_NAME && !expr_name_is_known(reader, other))
		return false;
	return expr_check(reader, other) && is_ok;
}

static bool
check_equal(struct expr_reader *reader, struct expr *a, struct expr *b)
{
	enum unit unit;

	if (a->type != b->type || (a->type == EXPR_TYPE_NUMBER &&
	                              !unit_join(a->unit, b->unit, &unit)))
		return pair_error(reader, a, b, "comparing");
	if (a->type != EXPR_TYPE_TEXT)
		return true;
	return check_value(reader, a, b) && check_value(reader, b, a);
}

static bool
check_compare(struct expr_reader *reader, struct expr *node)
{
	struct expr *a = node->args[0], *b = node->args[1];

	node->type = EXPR_TYPE_BOOL;
	if (!check_sides(reader, a, b) || !check_equal(reader, a, b))
		return false;
	if (node->op == EXPR_OP_EQ || node->op == EXPR_OP_NE ||
	    a->type == EXPR_TYPE_NUMBER)
		return true;
	return expr_error(reader, "%s is %s: only == and != compare it",
	    quoted(reader, a), expr_type_words(reader->arena, a));
}

static bool
check_in(struct expr_reader *reader, struct expr *node)
{
	bool is_ok = true;

	node->type = EXPR_TYPE_BOOL;
	if (!expr_check(reader, node->args[0]))
		return false;
	for (size_t i = 0; i < node->list_count; i++) {
		struct expr *item = node->list[i];
		bool is_item_ok =
		    item->op == EXPR_OP_NAME
		        ? expr_name_find(reader, item, node->args[0]->names)
		        : expr_check(reader, item);

		is_ok = is_item_ok &&
		        check_equal(reader, node->args[0], item) && is_ok;
	}
	return is_ok;
}

static bool
check_matches(struct expr_reader *reader, struct expr *node)
{
	node->type = EXPR_TYPE_BOOL;
	return need_all(reader, node->args, 1, EXPR_TYPE_TEXT);
}

static bool
check_logic(struct expr_reader *reader, struct expr *node)
{
	node->type = EXPR_TYPE_BOOL;
	return need_all(reader, node->args, node->op == EXPR_OP_NOT ? 1 : 2,
	    EXPR_TYPE_BOOL);
}

static bool
check_arithmetic(struct expr_reader *reader, struct expr *node)
{
	struct expr *a = node->args[0], *b = node->args[1];
	const char *what = "adding";
	bool is_ok;

	node->type = EXPR_TYPE_NUMBER;
	if (!need_all(reader, node->args, 2, EXPR_TYPE_NUMBER))
		return false;
	if (node->op == EXPR_OP_MUL) {
		what = "multiplying";
		is_ok = unit_product(a->unit, b->unit, &node->unit);
	} else if (node->op == EXPR_OP_DIV) {
		what = "dividing";
		is_ok = unit_quotient(a->unit, b->unit, &node->unit);
	} else {
		if (node->op == EXPR_OP_SUB)
			what = "subtracting";
		is_ok = unit_join(a->unit, b->unit, &node->unit);
	}
	return is_ok || pair_error(reader, a, b, what);
}

static bool
check_negate(struct expr_reader *reader, struct expr *node)
{
	node->type = EXPR_TYPE_NUMBER;
	if (!need_all(reader, node->args, 1, EXPR_TYPE_NUMBER))
		return false;
	node->unit = node->args[0]->unit;
	return true;
}

struct over_search {
	const struct table *first, *other;
};

/* Tables with many rows that are named without a key. */
static void
over_visit(void *user, const struct expr *node)
{
	struct over_search *search = user;
	const struct table *table;

	if (node->op != EXPR_OP_NAME || node->key != NULL ||
	    node->second == NULL)
		return;
	table = schema_table_find(node->first, NULL);
	if (table == NULL || table->key == NULL)
		return;
	if (search->first == NULL)
		search->first = table;
	else if (search->first != table)
		search->other = table;
}

/* The table that an aggregate goes over: the one that it names. */
static bool
over_find(struct expr_reader *reader, struct expr *node)
{
	const char *word = expr_operators[node->op].text;
	struct over_search search = {0};

	if (reader->is_inside)
		return expr_error(reader,
		    "%s(...) inside of another function over rows", word);
	expr_visit(node->list[0], over_visit, &search);
	if (search.other != NULL)
		return expr_error(reader,
		    "%s(...) goes over the rows of one table, not of %s and "
		    "%s",
		    word, search.first->name, search.other->name);
	if (search.first == NULL)
		return expr_error(reader,
		    "%s(...) goes over the rows of a table: name a column of "
		    "it as TABLE.COLUMN",
		    word);
	node->over = search.first;
	return true;
}

/* count(TABLE) and known(TABLE) */
static bool
check_table(struct expr_reader *reader, struct expr *node)
{
	const struct table *table;

	if (node->op != EXPR_OP_NAME || node->key != NULL ||
	    node->second != NULL ||
	    (reader->row != NULL &&
	        schema_column_find(reader->row, node->first) >= 0))
		return false;
	table = schema_table_find(node->first, NULL);
	if (table == NULL)
		return false;
	node->op = EXPR_OP_TABLE;
	node->type = EXPR_TYPE_BOOL;
	node->table = table;
	return true;
}

static bool
check_aggregate(struct expr_reader *reader, struct expr *node)
{
	bool is_bool = node->op == EXPR_OP_ANY || node->op == EXPR_OP_ALL ||
	               node->op == EXPR_OP_COUNT;
	bool is_ok;

	node->type = node->op == EXPR_OP_ANY || node->op == EXPR_OP_ALL
	                 ? EXPR_TYPE_BOOL
	                 : EXPR_TYPE_NUMBER;
	node->unit = UNIT_COUNT;
	if (node->op == EXPR_OP_COUNT && !reader->is_inside &&
	    check_table(reader, node->list[0])) {
		node->over = node->list[0]->table;
		return true;
	}
	if (!over_find(reader, node))
		return false;
	reader->is_inside = true;
	reader->over = node->over;
	is_ok = need_all(
	    reader, node->list, 1, is_bool ? EXPR_TYPE_BOOL : EXPR_TYPE_NUMBER);
	reader->is_inside = false;
	reader->over = NULL;
	if (is_ok && !is_bool)
		node->unit = node->list[0]->unit;
	return is_ok;
}

/* min() and max(): of one argument over rows, of more among them. */
static bool
check_extreme(struct expr_reader *reader, struct expr *node)
{
	if (node->list_count == 1)
		return check_aggregate(reader, node);
	node->type = EXPR_TYPE_NUMBER;
	if (!need_all(reader, node->list, node->list_count, EXPR_TYPE_NUMBER))
		return false;
	node->unit = node->list[0]->unit;
	for (size_t i = 1; i < node->list_count; i++)
		if (!unit_join(node->unit, node->list[i]->unit, &node->unit))
			return pair_error(
			    reader, node->list[0], node->list[i], "comparing");
	return true;
}

static bool
check_known(struct expr_reader *reader, struct expr *node)
{
	node->type = EXPR_TYPE_BOOL;
	return check_table(reader, node->list[0]) ||
	       expr_check(reader, node->list[0]);
}

static bool
check_name(struct expr_reader *reader, struct expr *node)
{
	return expr_name_find(reader, node, NULL);
}

static bool
check_nothing(struct expr_reader *reader, struct expr *node)
{
	(void)reader;
	(void)node;
	return true;
}

bool
expr_check(struct expr_reader *reader, struct expr *node)
{
	static bool (*const checks[])(struct expr_reader *, struct expr *) = {
	    [EXPR_OP_OR] = check_logic,
	    [EXPR_OP_AND] = check_logic,
	    [EXPR_OP_NOT] = check_logic,
	    [EXPR_OP_EQ] = check_compare,
	    [EXPR_OP_NE] = check_compare,
	    [EXPR_OP_LT] = check_compare,
	    [EXPR_OP_LE] = check_compare,
	    [EXPR_OP_GT] = check_compare,
	    [EXPR_OP_GE] = check_compare,
	    [EXPR_OP_IN] = check_in,
	    [EXPR_OP_MATCHES] = check_matches,
	    [EXPR_OP_ADD] = check_arithmetic,
	    [EXPR_OP_SUB] = check_arithmetic,
	    [EXPR_OP_MUL] = check_arithmetic,
	    [EXPR_OP_DIV] = check_arithmetic,
	    [EXPR_OP_MIN] = check_extreme,
	    [EXPR_OP_MAX] = check_extreme,
	    [EXPR_OP_COUNT] = check_aggregate,
	    [EXPR_OP_SUM] = check_aggregate,
	    [EXPR_OP_ANY] = check_aggregate,
	    [EXPR_OP_ALL] = check_aggregate,
	    [EXPR_OP_KNOWN] = check_known,
	    [EXPR_OP_NEGATE] = check_negate,
	    [EXPR_OP_LITERAL] = check_nothing,
	    [EXPR_OP_NAME] = check_name,
	    [EXPR_OP_FACT] = check_nothing,
	    [EXPR_OP_KEY] = check_nothing,
	    [EXPR_OP_TABLE] = check_nothing,
	};
	_Static_assert(ARRAY_COUNT(checks) == EXPR_OP_END, "all checked");

	return checks[node->op](reader, node);
}
