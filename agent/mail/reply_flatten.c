/*
 * reply_flatten.c - one line of plain text out of whatever was pasted
 *
 * Purpose  undo wrapping, quoting, quoted-printable, HTML and escapes, so that
 *          what reads a reply sees one line
 * Input    hostile, at most REPLY_INPUT_MAX
 * Errors   none: what cannot be decoded stays as it is
 * Runs as  both roles
 * Source   RFC 2045 section 6.7; RFC 3676 section 4.5 for the quote marks
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/mail/reply_parts.h"

struct decoded {
	const char *from;
	const char *to;
};

static const struct decoded entities[] = {
    {"&lt;",         "<" },
    {"&gt;",         ">" },
    {"&amp;",        "&" },
    {"&quot;",       "\""},
    {"&#34;",        "\""},
    {"&#39;",        "'" },
    {"&apos;",       "'" },
    {"&nbsp;",       " " },
    {"\\r\\n",       " " }, /* as Exim and JSON write a line break */
    {"\\n",          " " },
    {"\\r",          " " },
    {"\\t",          " " },
    {"\\\"",         "\""},
    {"\xc2\xa0",     " " }, /* no-break space */
    {"\xe2\x80\x9c", "\""}, /* quotation marks of word processors */
    {"\xe2\x80\x9d", "\""},
    {"\xe2\x80\x9e", "\""},
    {"\xe2\x80\x98", "'" },
    {"\xe2\x80\x99", "'" },
    {"\xe2\x80\x8b", ""  }, /* zero width space */
    {"\xef\xbb\xbf", ""  }, /* byte order mark */
};

/* "<br/>" is one, "<user@example.com>" is not. */
static const char *const tags[] = {"a", "b", "body", "br", "code", "div", "em",
    "font", "html", "i", "li", "ol", "p", "pre", "span", "strong", "table",
    "tbody", "td", "th", "tr", "tt", "u", "ul", NULL};

static size_t
tag_length(const char *text, size_t length)
{
	size_t at = 1, start;

	if (at < length && text[at] == '/')
		at++;
	start = at;
	while (at < length && isalpha((unsigned char)text[at]))
		at++;
	for (size_t i = 0; tags[i] != NULL; i++) {
		const char *end;

		if (strlen(tags[i]) != at - start ||
		    strncasecmp(tags[i], text + start, at - start) != 0)
			continue;
		if (at < length && strchr("> /", text[at]) == NULL)
			return 0;
		end = memchr(text + at, '>', length - at);
		return end != NULL ? (size_t)(end - text) + 1 : 0;
	}
	return 0;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*
 * "size=20" is no quoted-printable space: decode only a text that quotes its
 * own equals signs, or bytes of UTF-8 in a row.
 */
static bool
is_quoted_printable(const char *text, size_t length)
{
	for (size_t i = 0; i + 3 <= length; i++) {
		if (text[i] != '=')
			continue;
		if (memcmp(text + i, "=3D", 3) == 0)
			return true;
		if (i + 6 <= length && hex_value(text[i + 1]) >= 0xC &&
		    hex_value(text[i + 2]) >= 0 && text[i + 3] == '=' &&
		    hex_value(text[i + 4]) >= 8 && hex_value(text[i + 5]) >= 0)
			return true;
	}
	return false;
}

static void
mime_decode(struct buf *out, const char *text, size_t length)
{
	bool is_quoted = is_quoted_printable(text, length);

	for (size_t i = 0; i < length; i++) {
		size_t rest = length - i;

		if (text[i] != '=') {
			buf_add_char(out, text[i]);
		} else if (rest > 1 && text[i + 1] == '\n') {
			i += 1;
		} else if (rest > 2 && memcmp(text + i + 1, "\r\n", 2) == 0) {
			i += 2;
		} else if (is_quoted && rest > 2 &&
		           hex_value(text[i + 1]) >= 0 &&
		           hex_value(text[i + 2]) >= 0) {
			buf_add_char(out, (char)(hex_value(text[i + 1]) * 16 +
			                         hex_value(text[i + 2])));
			i += 2;
		} else {
			buf_add_char(out, '=');
		}
	}
}

/* Any white space or control character is a space, and spaces are one. */
static void
space_add(struct buf *out)
{
	if (out->length > 0 && out->text[out->length - 1] != ' ')
		buf_add_char(out, ' ');
}

static size_t
entity_add(struct buf *out, const char *text, size_t length)
{
	if (memchr("&\\\xc2\xe2\xef", text[0], 5) == NULL)
		return 0;
	for (size_t i = 0; i < ARRAY_COUNT(entities); i++) {
		size_t n = strlen(entities[i].from);

		if (n > length || memcmp(entities[i].from, text, n) != 0)
			continue;
		if (entities[i].to[0] == ' ')
			space_add(out);
		else
			buf_add(out, entities[i].to);
		return n;
	}
	return 0;
}

/* How much of a line's start is quote marks: "> > ", "| ". */
static size_t
quote_length(const char *text, size_t length)
{
	size_t at = 0, end = 0;

	while (at < length && strchr("> |\t", text[at]) != NULL &&
	       text[at] != '\0') {
		if (text[at] == '>' || text[at] == '|')
			end = at + 1;
		at++;
	}
	return end;
}

static void
line_add(struct buf *out, const char *text, size_t length)
{
	for (size_t i = quote_length(text, length); i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		size_t used = entity_add(out, text + i, length - i);

		if (used == 0 && c == '<')
			used = tag_length(text + i, length - i);
		if (used > 0) {
			if (c == '<')
				space_add(out);
			i += used - 1;
		} else if (c <= ' ' || c == 0x7f) {
			space_add(out);
		} else {
			buf_add_char(out, (char)c);
		}
	}
	space_add(out);
}

/* qmail writes its log with underscores: "Remote_host_said:_421_..." */
static void
underscores_undo(struct buf *out)
{
	char *text = out->text;
	char *at = text != NULL ? strcasestr(text, "_said:_") : NULL;

	if (at == NULL)
		return;
	for (char *p = text; *p != '\0'; p++)
		if (*p == '_' || (*p == '/' && p > at && p[1] == '\0'))
			*p = ' ';
}

void
reply_flatten(struct buf *out, const char *text, size_t length)
{
	AUTO_BUF struct buf plain = {0};
	const char *line, *end;

	mime_decode(
	    &plain, text, length < REPLY_INPUT_MAX ? length : REPLY_INPUT_MAX);
	buf_clear(out);
	line = buf_text(&plain);
	end = line + plain.length;
	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		if (stop == NULL)
			stop = end;
		line_add(out, line, (size_t)(stop - line));
		line = stop + (stop < end ? 1 : 0);
	}
	while (out->length > 0 && out->text[out->length - 1] == ' ')
		out->text[--out->length] = '\0';
	underscores_undo(out);
}
