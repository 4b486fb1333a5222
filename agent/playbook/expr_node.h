/*
 * expr_node.h - expressions inside: tokens, nodes, the state of reading one
 *
 * text -> tokens (expr_token.c) -> nodes (expr_parse.c) -> names found
 * (expr_name.c), types and units known (expr_check.c) -> values (expr_eval.c).
 * Only agent/playbook/expr_*.c and template.c include this.
 */
#ifndef MAILFIX_PLAYBOOK_EXPR_NODE_H
#define MAILFIX_PLAYBOOK_EXPR_NODE_H

#include "agent/base/pattern.h"
#include "agent/playbook/expr.h"

/*
 * A condition that a person can check fits in a few lines. The limits bound
 * memory and the depth of every recursion over nodes.
 */
#define EXPR_LENGTH_MAX 4096
#define EXPR_NODES_MAX  256
#define EXPR_DEPTH_MAX  32

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_TEXT, /* in quotes */
	TOKEN_WORD,
	TOKEN_KEY,   /* what stands between [ and ] */
	TOKEN_SYMBOL /* an operator, or one of ( ) , . */
};

struct token {
	enum token_kind kind;
	const char *text; /* in the arena; without quotes or brackets */
	size_t from, to;  /* where it stands */
	double number;
	enum unit unit;
};

enum expr_op {

#define EXPR_OPERATOR(name, text, level, words, doc) EXPR_OP_##name,
#define EXPR_FUNCTION(name, text, least, most, doc)  EXPR_OP_##name,
#include "agent/playbook/expr_words.def"
	EXPR_OP_NEGATE,
	EXPR_OP_LITERAL,
	EXPR_OP_NAME, /* not yet found; none is left after the check */
	EXPR_OP_FACT,
	EXPR_OP_KEY,   /* the key of the row at hand */
	EXPR_OP_TABLE, /* a table as a whole, in count() and known() */
	EXPR_OP_END
};

/* Which row of its table a fact is read from. */
enum expr_where {
	EXPR_WHERE_ONE,  /* the table has only one */
	EXPR_WHERE_ROW,  /* the row at hand */
	EXPR_WHERE_AT,   /* the row with this key */
	EXPR_WHERE_EACH, /* the row that an aggregate has come to */
};

struct expr {
	enum expr_op op;
	enum expr_type type;
	enum unit unit;           /* of a number */
	const char *const *names; /* of a text that is one of these, or NULL */
	const char *source;       /* as it was written */
	struct value value;       /* EXPR_OP_LITERAL */
	/* EXPR_OP_NAME: first[key].second */
	const char *first, *key, *second;
	/* EXPR_OP_FACT, EXPR_OP_TABLE, EXPR_OP_KEY */
	enum expr_where where;
	const struct table *table;
	int column;
	/* of an aggregate: the table it goes over, else NULL */
	const struct table *over;
	struct pattern *pattern; /* EXPR_OP_MATCHES */
	struct expr *args[2];    /* of an operator */
	struct expr **list;      /* of a function, and the list of `in` */
	size_t list_count;
};

struct expr_reader {
	struct arena *arena;
	struct lint *lint;
	struct expr_place place;
	const struct table *row;
	const char *text;
	struct token *tokens;
	size_t token_count, at;
	size_t node_count;
	unsigned depth;
	const struct table *over; /* inside of an aggregate: its table */
	bool is_inside;           /* inside of an aggregate */
};

struct operator_word {
	const char *text;
	int level; /* 0: a function */
	size_t least, most;
	const char *words, *doc;
};

/* By enum expr_op, as far as expr_words.def goes. */
#define EXPR_WORDS_MAX EXPR_OP_NEGATE
extern const struct operator_word expr_operators[EXPR_WORDS_MAX];

/* expr_error - to lint, with the place and the key; returns false */
bool expr_error(struct expr_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* expr_tokens - fill reader->tokens from reader->text; false: an error */
bool expr_tokens(struct expr_reader *reader);

/* expr_nodes - read tokens from..to as one expression; NULL: an error */
struct expr *expr_nodes(struct expr_reader *reader, size_t from, size_t to);

/*
 * expr_name_find - what a name stands for; the node becomes what it is
 *
 * names  values that are meant first, or NULL
 */
bool expr_name_find(
    struct expr_reader *reader, struct expr *node, const char *const *names);

/* expr_name_is_known - it would be found without `names` */
bool expr_name_is_known(
    const struct expr_reader *reader, const struct expr *node);

bool expr_check(struct expr_reader *reader, struct expr *node);

/* expr_type_words - "a number (bytes)", "a text", "yes or no" */
const char *expr_type_words(struct arena *arena, const struct expr *node);

/* expr_visit - each node, parents first */
void expr_visit(const struct expr *node,
    void (*visit)(void *user, const struct expr *node), void *user);

/*
 * expr_parse_tail - as expr_parse, and after it perhaps "WORD DURATION"
 *
 * tail      the word: "within" or "for"; NULL: none is taken
 * ret_s     set to the seconds; untouched without a tail
 * any_type  want is not looked at
 */
struct expr *expr_parse_tail(struct arena *arena, const char *text,
    const struct table *row, const enum expr_type *want,
    struct expr_place place, struct lint *lint, const char *tail,
    double *ret_s);

#endif
