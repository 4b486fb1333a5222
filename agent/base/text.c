/*
 * text.c - text from outside made harmless; small text helpers
 *
 * Purpose  decide what a terminal, a log or a report may be shown; guess the
 *          name that was meant
 * Input    any bytes, hostile
 * Errors   none
 * Runs as  both roles
 * Source   RFC 3629 section 4 (UTF-8); Unicode UAX #9 (bidirectional controls);
 *          ECMA-48 (C0 and C1 controls); wcwidth(3)
 */
#include "agent/base/text.h"

#include <ctype.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

/*
 * Names longer than this are not guessed at: the longest name of a column, a
 * key or an action is half of it.
 */
#define NEAREST_LENGTH_MAX 64

/* A range of code points and the least of a form that is not overlong. */
struct range {
	uint32_t from, to;
};

static const struct range unprintable[] = {
    {0x0000,   0x001f    }, /* C0 */
    {0x007f,   0x009f    }, /* DEL, C1 */
    {0x061c,   0x061c    }, /* Arabic letter mark */
    {0x200e,   0x200f    }, /* left-to-right mark, right-to-left mark */
    {0x2028,   0x202e    }, /* separators, embeddings and overrides */
    {0x2066,   0x2069    }, /* isolates */
    {0xd800,   0xdfff    }, /* surrogates */
    {0xfeff,   0xfeff    }, /* a byte order mark shows nothing */
    {0xfff9,   0xfffb    }, /* interlinear annotation */
    {0xfffe,   0xffff    }, /* not characters */
    {0xe0000,  0xe007f   }, /* tags: invisible text */
    {0x110000, UINT32_MAX}, /* outside of Unicode */
};

/*
 * One code point of at most `length` bytes. Returns its length in bytes with
 * *ret set, or 0 when the bytes are not the shortest form of a code point.
 */
static size_t
utf8_next(const char *text, size_t length, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)text[0];
	size_t need;
	uint32_t point;

	if (first < 0x80) {
		*ret = first;
		return 1;
	}
	need = first >= 0xf8   ? 0
	       : first >= 0xf0 ? 4
	       : first >= 0xe0 ? 3
	       : first >= 0xc0 ? 2
	                       : 0;
	if (need == 0 || need > length)
		return 0;
	point = first & (0x7fU >> need);
	for (size_t i = 1; i < need; i++) {
		unsigned char next = (unsigned char)text[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (next & 0x3fU);
	}
	if (point < least[need])
		return 0;
	*ret = point;
	return need;
}

static bool
is_printable_point(uint32_t point)
{
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]);
	     i++)
		if (point >= unprintable[i].from && point <= unprintable[i].to)
			return false;
	return true;
}

/* As utf8_next, and 0 for what must not be shown. */
static size_t
printable_next(const char *text, size_t length, uint32_t *ret)
{
	uint32_t point;
	size_t used = utf8_next(text, length, &point);

	if (used == 0 || !is_printable_point(point))
		return 0;
	*ret = point;
	return used;
}

bool
text_is_printable(const char *text, size_t length)
{
	uint32_t point;

	for (size_t at = 0, used; at < length; at += used) {
		/* nearly all of it; a fast run has hundreds of pages to read */
		used = 1;
		if (text[at] >= ' ' && text[at] <= '~')
			continue;
		used = printable_next(text + at, length - at, &point);
		if (used == 0)
			return false;
	}
	return true;
}

void
text_escape(struct buf *out, const char *text, size_t length)
{
	uint32_t point;
	size_t at = 0, plain = 0; /* text[plain..at) goes out as it is */

	buf_add_n(out, "", 0);
	while (at < length) {
		size_t used = printable_next(text + at, length - at, &point);

		if (used != 0) {
			at += used;
			continue;
		}
		buf_add_n(out, text + plain, at - plain);
		buf_addf(out, "\\x%02x", (unsigned)(unsigned char)text[at]);
		plain = ++at;
	}
	buf_add_n(out, text + plain, at - plain);
}

int
text_columns(const char *text)
{
	static locale_t utf8;
	locale_t before;
	size_t length = strlen(text);
	uint32_t point;
	int columns = 0;

	/* wcwidth(3) knows only what the locale knows: lend it one */
	if (utf8 == (locale_t)0)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
	for (size_t at = 0, used; at < length; at += used) {
		int width;

		used = utf8_next(text + at, length - at, &point);
		if (used == 0) {
			used = 1;
			point = '?';
		}
		width = wcwidth((wchar_t)point);
		columns += width >= 0 ? width : 1;
	}
	if (before != (locale_t)0)
		(void)uselocale(before);
	return columns;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static char
fold(char c)
{
	return (char)tolower((unsigned char)c);
}

/*
 * Edits from one name to another: insert, delete, replace, swap neighbours;
 * the case of letters does not count. Both at most NEAREST_LENGTH_MAX long.
 */
static unsigned
edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][NEAREST_LENGTH_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		last[j] = before[j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned *reuse = before;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			char x = fold(a[i - 1]), y = fold(b[j - 1]);

			now[j] = least(last[j - 1] + (x != y),
			    least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && x == fold(b[j - 2]) &&
			    fold(a[i - 2]) == y)
				now[j] = least(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = reuse;
	}
	return last[b_length];
}

const char *
text_nearest(const char *text, const char *const *names)
{
	size_t length = strlen(text);
	const char *nearest = NULL;
	unsigned nearest_edits = 0;

	if (length > NEAREST_LENGTH_MAX)
		return NULL;
	for (size_t i = 0; names[i] != NULL; i++) {
		size_t name_length = strlen(names[i]);
		unsigned edits, most = (unsigned)name_length / 3;

		if (name_length > NEAREST_LENGTH_MAX)
			continue;
		edits = edit_distance(text, length, names[i], name_length);
		if (edits > (most > 0 ? most : 1))
			continue;
		if (nearest == NULL || edits < nearest_edits) {
			nearest = names[i];
			nearest_edits = edits;
		}
	}
	return nearest;
}

bool
text_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool
text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
text_ends(const char *text, const char *suffix)
{
	size_t length = strlen(text), suffix_length = strlen(suffix);

	return length >= suffix_length &&
	       strcmp(text + length - suffix_length, suffix) == 0;
}
