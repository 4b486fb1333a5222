/*
 * base64.c - octets as letters, and back
 *
 * Purpose  keys in DNS records and in files
 * Input    any text: hostile
 * Errors   -EINVAL, -EBADMSG; see base64.h
 * Runs as  both roles
 * Source   RFC 4648 section 4; RFC 6376 section 2.10 (white space, padding)
 */
#include "agent/base/base64.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_add(struct buf *out, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < length; i += 3) {
		const size_t left = length - i;
		const uint32_t bits = (uint32_t)at[i] << 16 |
		                      (uint32_t)(left > 1 ? at[i + 1] : 0)
		                          << 8 |
		                      (uint32_t)(left > 2 ? at[i + 2] : 0);

		buf_add_char(out, letters[bits >> 18]);
		buf_add_char(out, letters[bits >> 12 & 63]);
		buf_add_char(out, left > 1 ? letters[bits >> 6 & 63] : '=');
		buf_add_char(out, left > 2 ? letters[bits & 63] : '=');
	}
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What is left must be padding for that many letters of the last four. */
static int
padding_check(
    const char *text, size_t length, size_t at, size_t used, size_t *ret_bad)
{
	size_t room = used < 2 ? 0 : 4 - used;

	for (; at < length; at++) {
		if (is_space(text[at]))
			continue;
		if (text[at] != '=' || room == 0) {
			*ret_bad = at;
			return -EINVAL;
		}
		room--;
	}
	return used == 1 ? -EBADMSG : 0;
}

int
base64_read(const char *text, size_t length, uint8_t *ret, size_t *ret_length,
    size_t *ret_bad)
{
	uint32_t bits = 0;
	size_t used = 0, count = 0, at = 0;
	int r;

	for (; at < length && text[at] != '='; at++) {
		const char *letter =
		    text[at] != '\0' ? strchr(letters, text[at]) : NULL;

		if (is_space(text[at]))
			continue;
		if (letter == NULL) {
			*ret_bad = at;
			return -EINVAL;
		}
		bits = bits << 6 | (uint32_t)(letter - letters);
		used = (used + 1) % 4;
		if (used != 1)
			ret[count++] =
			    (uint8_t)(bits >> (used == 0 ? 0 : 8 - 2 * used));
	}
	r = padding_check(text, length, at, used, ret_bad);
	if (r == 0)
		*ret_length = count;
	return r;
}
