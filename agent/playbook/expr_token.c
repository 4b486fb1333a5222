/*
 * expr_token.c - expressions: text into tokens
 *
 * Purpose  the first step of reading an expression
 * Input    values of playbooks (root's), of bounded length
 * Errors   to lint, with the place
 * Runs as  actor; before the roles part
 * Source   SPEC section 3
 */
#include <ctype.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/playbook/expr_node.h"

/* Longer ones first: "<=" is not "<". */
static const char *const symbols[] = {
    "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", ",", "."};

/* What other languages write, and what is written here. */
static const struct {
	const char *text, *instead;
} strangers[] = {
    {"=",  "'==' to compare"                 },
    {"&&", "'and'"                           },
    {"&",  "'and'"                           },
    {"||", "'or'"                            },
    {"|",  "'or'"                            },
    {"!",  "'not'"                           },
    {"%",  "a share without a space, as 90%" },
    {"[",  "TABLE[KEY].COLUMN without spaces"},
};

static bool
is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void
token_add(struct expr_reader *reader, enum token_kind kind, size_t from,
    size_t to, const char *text, size_t length)
{
	reader->tokens[reader->token_count++] = (struct token){
	    .kind = kind,
	    .text = arena_dup_n(reader->arena, text, length),
	    .from = from,
	    .to = to,
	};
}

/* Letters, digits and "_", and a "-" between two of them: "not-found". */
static size_t
word_length(const char *text)
{
	size_t length = 0;

	while (
	    is_word_char(text[length]) || (text[length] == '-' && length > 0 &&
	                                      is_word_char(text[length + 1])))
		length++;
	return length;
}

/* A number takes what follows without a space; "/" only as a rate's. */
static size_t
number_length(const char *text)
{
	static const char *const rates[] = {"/s", "/min", "/h", "/d"};
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '.' ||
	       text[length] == '%')
		length++;
	for (size_t i = 0; i < ARRAY_COUNT(rates); i++) {
		size_t rate = strlen(rates[i]);

		if (strncmp(text + length, rates[i], rate) == 0 &&
		    !is_word_char(text[length + rate]))
			return length + rate;
	}
	return length;
}

static bool
number_token(struct expr_reader *reader, size_t *at)
{
	const char *text = reader->text + *at;
	size_t length = number_length(text);
	struct token *token = &reader->tokens[reader->token_count];
	struct why why = {0};

	token_add(reader, TOKEN_NUMBER, *at, *at + length, text, length);
	*at += length;
	if (unit_parse(token->text, &token->unit, &token->number, &why) < 0)
		return expr_error(reader, "%s", why.text);
	return true;
}

static bool
text_token(struct expr_reader *reader, size_t *at)
{
	const char *text = reader->text + *at;
	const char *end = strchr(text + 1, text[0]);

	if (end == NULL)
		return expr_error(reader,
		    "a text without its closing quote: %.24s (in a line, ' ;' "
		    "begins a comment)",
		    text);
	token_add(reader, TOKEN_TEXT, *at, *at + (size_t)(end - text) + 1,
	    text + 1, (size_t)(end - text) - 1);
	*at += (size_t)(end - text) + 1;
	return true;
}

/* "[KEY]" after a table; the key as it is, or in quotes. */
static bool
key_token(struct expr_reader *reader, size_t *at)
{
	const char *text = reader->text + *at, *from = text + 1, *end;
	char quote = '\0';

	if (*from == '\'' || *from == '"')
		quote = *from++;
	end = strchr(from, quote != '\0' ? quote : ']');
	if (end == NULL || (quote != '\0' && end[1] != ']'))
		return expr_error(
		    reader, "a key without its closing ']': %.24s", text);
	if (end == from)
		return expr_error(reader, "a key is missing between [ and ]");
	token_add(reader, TOKEN_KEY, *at, 0, from, (size_t)(end - from));
	*at += (size_t)(end - text) + (quote != '\0' ? 2 : 1);
	reader->tokens[reader->token_count - 1].to = *at;
	return true;
}

static bool
stranger(struct expr_reader *reader, const char *text)
{
	for (size_t i = 0; i < ARRAY_COUNT(strangers); i++)
		if (strncmp(text, strangers[i].text,
		        strlen(strangers[i].text)) == 0)
			return expr_error(reader, "'%s': write %s",
			    strangers[i].text, strangers[i].instead);
	return expr_error(reader, "'%.8s' has no meaning here", text);
}

static bool
symbol_token(struct expr_reader *reader, size_t *at)
{
	const char *text = reader->text + *at;

	for (size_t i = 0; i < ARRAY_COUNT(symbols); i++) {
		size_t length = strlen(symbols[i]);

		if (strncmp(text, symbols[i], length) != 0)
			continue;
		token_add(
		    reader, TOKEN_SYMBOL, *at, *at + length, text, length);
		*at += length;
		return true;
	}
	return stranger(reader, text);
}

static bool
token_next(struct expr_reader *reader, size_t *at)
{
	const char *text = reader->text + *at;
	size_t length;

	if (isdigit((unsigned char)text[0]))
		return number_token(reader, at);
	if (text[0] == '\'' || text[0] == '"')
		return text_token(reader, at);
	if (text[0] == '[' && reader->token_count > 0 &&
	    reader->tokens[reader->token_count - 1].kind == TOKEN_WORD &&
	    reader->tokens[reader->token_count - 1].to == *at)
		return key_token(reader, at);
	if (!is_word_char(text[0]))
		return symbol_token(reader, at);
	length = word_length(text);
	token_add(reader, TOKEN_WORD, *at, *at + length, text, length);
	*at += length;
	return true;
}

bool
expr_tokens(struct expr_reader *reader)
{
	size_t length = strlen(reader->text), at = 0;

	if (length > EXPR_LENGTH_MAX)
		return expr_error(
		    reader, "longer than %d bytes", EXPR_LENGTH_MAX);
	/* each token takes a byte at least, and one more ends them */
	reader->tokens =
	    arena_alloc(reader->arena, length + 1, sizeof(struct token));
	for (;;) {
		while (isspace((unsigned char)reader->text[at]))
			at++;
		if (at == length)
			break;
		if (!token_next(reader, &at))
			return false;
	}
	token_add(reader, TOKEN_END, at, at, "", 0);
	return true;
}
