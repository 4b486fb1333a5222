/*
 * fuzz_postfix_edit.c - any bytes as main.cf, master.cf and a lookup table
 *
 * Purpose  every edit has its exact inverse; what was set is what is found
 * Input    the bytes of the file
 * Errors   abort
 * Runs as  any user
 * Source   postfix_edit.h
 */
#include <stdlib.h>
#include <string.h>

#include "agent/mta/postfix_edit.h"
#include "tests/fuzz/fuzz.h"

static struct postfix_text
text_of(const struct buf *buf)
{
	return (struct postfix_text){buf_text(buf), buf->length};
}

/* The same bytes; or those and the newline that was missing at their end. */
static void
promise_same(const struct buf *got, struct postfix_text want, bool may_end)
{
	bool is_open = want.length > 0 && want.bytes[want.length - 1] != '\n';
	size_t more = may_end && is_open ? 1 : 0;

	FUZZ_PROMISE(got->length == want.length + more);
	FUZZ_PROMISE(memcmp(buf_text(got), want.bytes, want.length) == 0);
	FUZZ_PROMISE(more == 0 || got->text[want.length] == '\n');
}

static void
try_set(struct postfix_text text, const char *name)
{
	AUTO_BUF struct buf edited = {0}, value = {0}, old = {0}, back = {0};
	struct postfix_line line = {0}, now = {0};
	size_t count = postfix_main_find(text, name, &line, NULL);

	if (count == 0)
		return;
	postfix_main_set(text, &line, "hash:/x, {y}", &edited);
	FUZZ_PROMISE(
	    postfix_main_find(text_of(&edited), name, &now, &value) == count);
	FUZZ_PROMISE(strcmp(buf_text(&value), "hash:/x, {y}") == 0);
	FUZZ_PROMISE(now.begin == line.begin);
	buf_add_n(&old, text.bytes + line.begin, line.end - line.begin);
	postfix_edit_splice(
	    text_of(&edited), now.begin, now.end, buf_text(&old), &back);
	promise_same(&back, text, false);
}

static void
try_add(struct postfix_text text)
{
	static const char name[] = "mailfix-probe_limit";
	AUTO_BUF struct buf edited = {0}, value = {0}, back = {0};
	struct postfix_line line = {0};
	size_t count = postfix_main_find(text, name, &line, NULL);

	postfix_edit_append(text, "mailfix-probe_limit = 7\n", &edited);
	FUZZ_PROMISE(postfix_main_find(text_of(&edited), name, &line, &value) ==
	             count + 1);
	FUZZ_PROMISE(strcmp(buf_text(&value), "7") == 0);
	postfix_edit_remove(text_of(&edited), &line, &back);
	promise_same(&back, text, true);
}

static void
try_limit(struct postfix_text text, const struct postfix_line *line)
{
	AUTO_BUF struct buf edited = {0}, old = {0}, back = {0};
	struct postfix_line now = {0};
	size_t begin, end, at = line->begin;

	if (!postfix_master_limit(text, line, &begin, &end))
		return;
	FUZZ_PROMISE(line->begin < begin && begin < end && end <= line->end);
	buf_add_n(&old, text.bytes + begin, end - begin);
	postfix_edit_splice(text, begin, end, "1234", &edited);
	FUZZ_PROMISE(postfix_line_next(text_of(&edited), &at, &now));
	FUZZ_PROMISE(postfix_master_limit(text_of(&edited), &now, &at, &end));
	FUZZ_PROMISE(at == begin && end == begin + 4);
	postfix_edit_splice(
	    text_of(&edited), begin, end, buf_text(&old), &back);
	promise_same(&back, text, false);
}

static void
try_row(struct postfix_text text, const char *key)
{
	AUTO_BUF struct buf edited = {0}, value = {0}, back = {0};
	struct postfix_line line = {0};
	bool was_there = postfix_table_find(text, key, &line, NULL);
	bool is_last = line.begin == text.length;

	postfix_table_set(text, key, "mailfix-c2:", &edited);
	FUZZ_PROMISE(postfix_table_find(text_of(&edited), key, &line, &value));
	FUZZ_PROMISE(strcmp(buf_text(&value), "mailfix-c2:") == 0);
	postfix_table_set(text_of(&edited), key, NULL, &back);
	if (!was_there)
		promise_same(&back, text, is_last);
}

/* What a logical line begins with: a parameter, a service, a key. */
static void
try_line(struct postfix_text text, const struct postfix_line *line)
{
	AUTO_BUF struct buf joined = {0};
	char name[64];
	size_t length;

	FUZZ_PROMISE(line->begin < line->end && line->end <= line->next);
	FUZZ_PROMISE(line->next <= text.length);
	postfix_line_join(text, line, &joined);
	FUZZ_PROMISE(joined.length > 0);
	FUZZ_PROMISE(strpbrk(joined.text, "\n") == NULL);
	length = strcspn(joined.text, " \t\v\f\r=");
	if (length == 0 || length >= sizeof(name))
		return;
	(void)memcpy(name, joined.text, length);
	name[length] = '\0';
	try_set(text, name);
	try_limit(text, line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct postfix_text text = {(const char *)data, size};
	struct postfix_line line = {0};
	size_t at = 0, before = 0, lines = 0;

	/* each line is edited in turn: long texts only take long */
	if (size > 4096 || (size > 0 && memchr(data, 0, size) != NULL))
		return 0;
	if (size == 0)
		text.bytes = "";
	while (postfix_line_next(text, &at, &line)) {
		FUZZ_PROMISE(line.begin >= before && at == line.next);
		before = at;
		if (lines++ < 64)
			try_line(text, &line);
	}
	try_add(text);
	try_row(text, "big.test");
	return 0;
}
