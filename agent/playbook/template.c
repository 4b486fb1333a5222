/*
 * template.c - texts with facts in them
 *
 * Purpose  titles, advice, parameters of fixes: "{domain} answers 421"
 * Input    values of playbooks (root's); facts from the wire, printable
 * Errors   to lint, with the place
 * Runs as  actor
 * Source   SPEC section 3
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/playbook/expr_node.h"

/* A title or an advice that names more facts is not read by anybody. */
#define TEMPLATE_PARTS_MAX 64

struct part {
	const char *text;        /* as it is, or NULL */
	const struct expr *expr; /* its value */
};

struct template
{
	const char *source;
	struct part *parts;
	size_t count;
};

/* The '}' that closes a '{'; a quote or a [key] may hold one. */
static const char *
brace_end(const char *text)
{
	char until = '\0';

	for (; *text != '\0'; text++) {
		if (until != '\0') {
			if (*text == until)
				until = '\0';
		} else if (*text == '}') {
			return text;
		} else if (*text == '\'' || *text == '"') {
			until = *text;
		} else if (*text == '[') {
			until = ']';
		}
	}
	return NULL;
}

static struct part *
part_add(struct template *template)
{
	return &template->parts[template->count++];
}

/* Plain text up to a brace; "{{" and "}}" are one. Returns what follows. */
static const char *
plain_parse(struct arena *arena, struct template *template, const char *text)
{
	AUTO_BUF struct buf plain = {0};

	while (*text != '\0' && !(text[0] == '{' && text[1] != '{')) {
		bool is_double =
		    (text[0] == '{' || text[0] == '}') && text[1] == text[0];

		buf_add_char(&plain, *text);
		text += is_double ? 2 : 1;
	}
	part_add(template)->text = arena_dup(arena, buf_text(&plain));
	return text;
}

struct template *
template_parse(struct arena *arena, const char *text, const struct table *row,
    struct expr_place place, struct lint *lint)
{
	struct template *template = arena_alloc(arena, 1, sizeof(*template));
	struct expr_reader reader = {
	    .arena = arena, .lint = lint, .place = place};
	bool is_ok = true;

	template->source = arena_dup(arena, text);
	template->parts = arena_alloc(
	    arena, TEMPLATE_PARTS_MAX + 2, sizeof(*template->parts));
	while (*text != '\0' && template->count < TEMPLATE_PARTS_MAX) {
		const char *end, *inside;

		text = plain_parse(arena, template, text);
		if (*text == '\0')
			break;
		end = brace_end(text + 1);
		if (end == NULL) {
			(void)expr_error(&reader,
			    "'{' without its '}': %.24s (write {{ for a "
			    "brace)",
			    text);
			return NULL;
		}
		inside = arena_dup_n(arena, text + 1, (size_t)(end - text) - 1);
		part_add(template)->expr = expr_parse_tail(
		    arena, inside, row, NULL, place, lint, NULL, NULL);
		is_ok =
		    template->parts[template->count - 1].expr != NULL && is_ok;
		text = end + 1;
	}
	if (*text != '\0') {
		(void)expr_error(&reader, "more than %d names in braces",
		    TEMPLATE_PARTS_MAX / 2);
		return NULL;
	}
	return is_ok ? template : NULL;
}

/* An advice has commands between backquotes: no fact begins or ends one. */
static void
text_add(struct buf *out, const char *text, bool has_commands)
{
	for (; *text != '\0'; text++)
		buf_add_char(out, has_commands && *text == '`' ? '\'' : *text);
}

static void
value_add(struct buf *out, const struct expr *expr, struct value value,
    bool has_commands)
{
	char text[UNIT_TEXT_MAX];

	switch (value.kind) {
	case VALUE_UNKNOWN:
		buf_add_char(out, '?');
		return;
	case VALUE_BOOL:
		buf_add(out, value.is_true ? "yes" : "no");
		return;
	case VALUE_NUMBER:
		buf_add(out, unit_format(expr->unit, value.number, text));
		return;
	case VALUE_TEXT:
		text_add(out, value.text, has_commands);
		return;
	}
}

const char *
template_text(struct arena *arena, const struct template *template,
    const struct fact_set *facts, const char *row)
{
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < template->count; i++) {
		const struct part *part = &template->parts[i];

		if (part->text != NULL)
			buf_add(&out, part->text);
		else
			value_add(&out, part->expr,
			    expr_eval(arena, part->expr, facts, row), false);
	}
	return arena_dup(arena, buf_text(&out));
}

/*
 * The end of a sentence in a plain part, or of the part: "; ", ". " and "\n" (a
 * backslash, an n) end one, and none of them in a value does.
 */
static size_t
sentence_length(const char *text, bool *ret_is_end)
{
	for (size_t i = 0; text[i] != '\0'; i++)
		if (((text[i] == ';' || text[i] == '.') &&
		        text[i + 1] == ' ') ||
		    (text[i] == '\\' && text[i + 1] == 'n')) {
			*ret_is_end = true;
			return i + 2;
		}
	*ret_is_end = false;
	return strlen(text);
}

static bool
sentence_breaks(const char *text, size_t length)
{
	return length >= 2 && strcmp(text + length - 2, "\\n") == 0;
}

static bool
is_after_line(const struct buf *out)
{
	return out->length > 0 && buf_text(out)[out->length - 1] == '\n';
}

/* One sentence is said when all in it is known; "\n" ends its line, too. */
static void
sentence_end(struct buf *out, struct buf *sentence, bool *is_known)
{
	const char *text = buf_text(sentence);
	size_t length = sentence->length;
	bool is_line = sentence_breaks(text, length);

	text += strspn(text, out->length == 0 || is_after_line(out) ? " " : "");
	length = strlen(text) - (is_line ? 2 : 0);
	if (*is_known)
		buf_add_n(out, text, length);
	if (is_line && out->length > 0 && !is_after_line(out))
		buf_add(out, "\n");
	buf_clear(sentence);
	*is_known = true;
}

static const char *
known_text(struct arena *arena, const struct template *template,
    const struct fact_set *facts, const char *row, bool has_commands)
{
	AUTO_BUF struct buf out = {0}, sentence = {0};
	bool is_known = true, is_end;
	size_t length;

	for (size_t i = 0; i < template->count; i++) {
		const struct part *part = &template->parts[i];
		const char *text = part->text != NULL ? part->text : "";

		if (part->expr != NULL) {
			struct value value =
			    expr_eval(arena, part->expr, facts, row);

			is_known = is_known && value.kind != VALUE_UNKNOWN;
			value_add(&sentence, part->expr, value, has_commands);
		}
		for (; *text != '\0'; text += length) {
			length = sentence_length(text, &is_end);
			buf_add_n(&sentence, text, length);
			if (is_end)
				sentence_end(&out, &sentence, &is_known);
		}
	}
	sentence_end(&out, &sentence, &is_known);
	length = out.length;
	while (length > 0 && strchr(" ;\n", buf_text(&out)[length - 1]) != NULL)
		length--;
	return length == 0 ? NULL : arena_dup_n(arena, buf_text(&out), length);
}

const char *
template_known(struct arena *arena, const struct template *template,
    const struct fact_set *facts, const char *row)
{
	return known_text(arena, template, facts, row, false);
}

const char *
template_advice(struct arena *arena, const struct template *template,
    const struct fact_set *facts, const char *row)
{
	return known_text(arena, template, facts, row, true);
}

const char *
template_source(const struct template *template)
{
	return template->source;
}

bool
template_is_fixed(const struct template *template)
{
	for (size_t i = 0; i < template->count; i++)
		if (template->parts[i].expr != NULL)
			return false;
	return true;
}

void
template_tables(const struct template *template, bool *wanted)
{
	for (size_t i = 0; i < template->count; i++)
		if (template->parts[i].expr != NULL)
			expr_tables(template->parts[i].expr, wanted);
}

void
template_facts(const struct template *template,
    void (*visit)(
        void *user, const struct table *table, const char *key, int column),
    void *user)
{
	for (size_t i = 0; i < template->count; i++)
		if (template->parts[i].expr != NULL)
			expr_facts(template->parts[i].expr, visit, user);
}
