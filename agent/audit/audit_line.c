/*
 * audit_line.c - one line of the log: sealed with its hash, and checked
 *
 * Purpose  write and check one record
 * Input    lines of the log: hostile when they are read back
 * Errors   -EBADMSG, -E2BIG
 * Runs as  actor
 * Source   -
 */
#include "agent/audit/audit_line.h"

#include <errno.h>
#include <string.h>

#define LINE_BEGIN "{\"seq\":"
#define LINE_PREV  ",\"prev\":\""
#define LINE_HASH  ",\"h\":\""
#define LINE_END   "\"}"
#define HEX_COUNT  (HASH_HEX_MAX - 1)
#define TAIL_COUNT (sizeof(LINE_HASH) - 1 + HEX_COUNT + sizeof(LINE_END) - 1)

/* Digits of a number that an int64_t holds whatever they are. */
#define SEQ_DIGITS_MAX 18

static bool
take(const char **p, const char *end, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(end - *p) < length || memcmp(*p, word, length) != 0)
		return false;
	*p += length;
	return true;
}

static bool
take_seq(const char **p, const char *end, int64_t *ret)
{
	int digits = 0;

	*ret = 0;
	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		if (++digits > SEQ_DIGITS_MAX)
			return false;
		*ret = *ret * 10 + (**p - '0');
	}
	return digits > 0 && *ret > 0;
}

static bool
take_hex(const char **p, const char *end, char ret[static HASH_HEX_MAX])
{
	if ((size_t)(end - *p) < HEX_COUNT)
		return false;
	(void)memcpy(ret, *p, HEX_COUNT);
	ret[HEX_COUNT] = '\0';
	*p += HEX_COUNT;
	return strspn(ret, "0123456789abcdef") == HEX_COUNT;
}

int
audit_line_parse(
    const char *text, size_t length, struct audit_line *ret, struct why *why)
{
	const char *end = text + length, *p = text, *tail;
	struct audit_line line;
	struct hash hash;

	if (length < TAIL_COUNT || length > AUDIT_LINE_MAX)
		return why_set(why, -EBADMSG, "not a record");
	tail = end - TAIL_COUNT;
	if (!take(&p, tail, LINE_BEGIN) || !take_seq(&p, tail, &line.seq) ||
	    !take(&p, tail, LINE_PREV) || !take_hex(&p, tail, line.prev) ||
	    !take(&p, tail, "\","))
		return why_set(why, -EBADMSG, "not a record");
	p = tail;
	if (!take(&p, end, LINE_HASH) || !take_hex(&p, end, line.hash) ||
	    !take(&p, end, LINE_END))
		return why_set(
		    why, -EBADMSG, "not a record: no hash at its end");
	hash_init(&hash);
	hash_add(&hash, text, (size_t)(tail - text));
	hash_end(&hash, line.real);
	*ret = line;
	return strcmp(line.real, line.hash) == 0 ? 0 : 1;
}

int
audit_line_make(const struct json *begin, const struct json *ev,
    struct buf *ret, char ret_hash[static HASH_HEX_MAX], struct why *why)
{
	AUTO_BUF struct buf line = {0}, more = {0};
	struct hash hash;

	json_write(&line, begin, false);
	json_write(&more, ev, false);
	/* both are objects: {"a":1} and {"b":2} become {"a":1,"b":2 */
	line.length--;
	if (more.length > 2) {
		buf_add_char(&line, ',');
		buf_add_n(&line, more.text + 1, more.length - 2);
	}
	if (line.length + TAIL_COUNT > AUDIT_LINE_MAX)
		return why_set(why, -E2BIG, "a record of %zu bytes is too long",
		    line.length);
	hash_init(&hash);
	hash_add(&hash, line.text, line.length);
	hash_end(&hash, ret_hash);
	buf_add_n(ret, line.text, line.length);
	buf_addf(ret, LINE_HASH "%s" LINE_END "\n", ret_hash);
	return 0;
}
