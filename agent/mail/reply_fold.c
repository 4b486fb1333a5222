/*
 * reply_fold.c - a text as patterns see it
 *
 * Purpose  small letters without accents, so that a rule is written once
 * Input    hostile bytes in UTF-8 or Latin-1
 * Errors   none
 * Runs as  both roles
 * Source   Unicode: Latin-1 Supplement, Latin Extended-A, Cyrillic, Greek,
 *          Halfwidth and Fullwidth Forms
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "agent/mail/reply_rule.h"

/* U+00C0 on; '*' has a case below, '?' is kept. */
static const char latin_1[] = "aaaaaa*ceeeeiiiidnooooo?ouuuuy**aaaaaa*ceeeeiiii"
                              "dnooooo?ouuuuy*y";

/* U+0100 on */
static const char latin_a[] = "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiii"
                              "iiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrr"
                              "ssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static_assert(sizeof(latin_1) == 64 + 1, "U+00C0 to U+00FF");
static_assert(sizeof(latin_a) == 128 + 1, "U+0100 to U+017F");

struct fold {
	char *into;
	size_t size, length;
};

static void
put(struct fold *fold, const char *text)
{
	size_t n = strlen(text);

	if (fold->length + n >= fold->size)
		return;
	(void)memcpy(fold->into + fold->length, text, n);
	fold->length += n;
}

static void
put_char(struct fold *fold, char c)
{
	const char text[2] = {c, '\0'};

	if (c == ' ' && fold->length > 0 && fold->into[fold->length - 1] == ' ')
		return;
	put(fold, text);
}

static void
put_code(struct fold *fold, uint32_t c)
{
	char text[5] = "";

	if (c < 0x800) {
		text[0] = (char)(0xC0 | (c >> 6));
		text[1] = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		text[0] = (char)(0xE0 | (c >> 12));
		text[1] = (char)(0x80 | ((c >> 6) & 0x3F));
		text[2] = (char)(0x80 | (c & 0x3F));
	} else {
		text[0] = (char)(0xF0 | (c >> 18));
		text[1] = (char)(0x80 | ((c >> 12) & 0x3F));
		text[2] = (char)(0x80 | ((c >> 6) & 0x3F));
		text[3] = (char)(0x80 | (c & 0x3F));
	}
	put(fold, text);
}

static void
put_latin(struct fold *fold, uint32_t c)
{
	if (c == 0xC6 || c == 0xE6)
		put(fold, "ae");
	else if (c == 0xDF)
		put(fold, "ss");
	else if (c == 0xDE || c == 0xFE)
		put(fold, "th");
	else if (c == 0x152 || c == 0x153)
		put(fold, "oe");
	else if (c == 0xD7 || c == 0xF7)
		put_char(fold, ' ');
	else
		put_char(
		    fold, c < 0x100 ? latin_1[c - 0xC0] : latin_a[c - 0x100]);
}

static void
put_folded(struct fold *fold, uint32_t c)
{
	if (c >= 0xFF01 && c <= 0xFF5E)
		c -= 0xFF01 - 0x21;
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (c <= ' ' || c == 0x7F || c == 0xA0 || c == 0x3000)
		put_char(fold, ' ');
	else if (c < 0x7F)
		put_char(fold, (char)c);
	else if (c >= 0xC0 && c < 0x180)
		put_latin(fold, c);
	else if (c >= 0x300 && c < 0x370)
		return; /* a combining accent */
	else if (c >= 0x410 && c <= 0x42F)
		put_code(fold, c + 0x20);
	else if (c == 0x401 || c == 0x451)
		put_code(fold, 0x435);
	else if (c >= 0x400 && c < 0x410)
		put_code(fold, c + 0x50);
	else if (c >= 0x391 && c <= 0x3A9)
		put_code(fold, c + 0x20);
	else
		put_code(fold, c);
}

/* One character; what is not UTF-8 is Latin-1. Returns its bytes. */
static size_t
decode(const unsigned char *text, size_t length, uint32_t *ret)
{
	size_t n = text[0] >= 0xF0   ? 4
	           : text[0] >= 0xE0 ? 3
	           : text[0] >= 0xC2 ? 2
	                             : 1;
	uint32_t c = text[0];

	*ret = c;
	if (n == 1 || n > length || text[0] > 0xF4)
		return 1;
	c &= 0xFFU >> (n + 1);
	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xC0) != 0x80)
			return 1;
		c = (c << 6) | (text[i] & 0x3FU);
	}
	*ret = c;
	return n;
}

size_t
reply_fold(const char *text, size_t length, char *into, size_t size)
{
	struct fold fold = {.into = into, .size = size};

	for (size_t i = 0; i < length && fold.length + 5 < size;) {
		uint32_t c;

		i += decode((const unsigned char *)text + i, length - i, &c);
		put_folded(&fold, c);
	}
	into[fold.length] = '\0';
	return fold.length;
}

size_t
reply_subject(const struct reply *reply, char into[static REPLY_SUBJECT_MAX])
{
	size_t n;

	/* without a code no number in the text may stand where codes do */
	if (reply->code != 0)
		n = (size_t)snprintf(
		    into, REPLY_SUBJECT_MAX, "%d ", reply->code % 1000);
	else
		n = (size_t)snprintf(into, REPLY_SUBJECT_MAX, "- ");
	if (reply->enhanced != NULL && strlen(reply->enhanced) < 16)
		n += (size_t)snprintf(
		    into + n, REPLY_SUBJECT_MAX - n, "%s ", reply->enhanced);
	return n + reply_fold(reply->text, strlen(reply->text), into + n,
	               REPLY_SUBJECT_MAX - n);
}
