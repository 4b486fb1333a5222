/*
 * observer_wire.c - numbers and texts that answer one question
 *
 * Purpose  write and read them
 * Input    bytes of an observer: hostile
 * Errors   is_bad: a bound is passed, a text cannot be printed
 * Runs as  wire_put_* in an observer, wire_get_* in the actor
 * Source   -
 */
#include "agent/probes/observer_wire.h"

#include <string.h>

#include "agent/base/text.h"

/* Stands for NULL; no text is that long. */
#define LENGTH_NULL UINT32_MAX

void
wire_put_number(struct buf *out, uint64_t number)
{
	buf_add_n(out, &number, sizeof(number));
}

void
wire_put_text(struct buf *out, const char *text)
{
	AUTO_BUF struct buf clean = {0};
	uint32_t length = LENGTH_NULL;

	if (text != NULL) {
		text_escape(&clean, text, strnlen(text, OBSERVER_TEXT_MAX));
		length = (uint32_t)clean.length;
		/* escapes are longer than what they stand for */
		while (length > OBSERVER_TEXT_MAX ||
		       !text_is_printable(buf_text(&clean), length))
			length--;
	}
	buf_add_n(out, &length, sizeof(length));
	if (text != NULL)
		buf_add_n(out, buf_text(&clean), length);
}

static void
take(struct wire_in *in, void *ret, size_t length)
{
	if (in->is_bad || in->left < length) {
		in->is_bad = true;
		(void)memset(ret, 0, length);
		return;
	}
	(void)memcpy(ret, in->at, length);
	in->at += length;
	in->left -= length;
}

uint64_t
wire_get_number(struct wire_in *in, uint64_t max)
{
	uint64_t number;

	take(in, &number, sizeof(number));
	if (number > max) {
		in->is_bad = true;
		return 0;
	}
	return number;
}

const char *
wire_get_text(struct wire_in *in)
{
	uint32_t length;
	const char *text = in->at;

	take(in, &length, sizeof(length));
	if (in->is_bad || length == LENGTH_NULL)
		return NULL;
	text = in->at;
	if (length > OBSERVER_TEXT_MAX || length > in->left ||
	    !text_is_printable(text, length)) {
		in->is_bad = true;
		return NULL;
	}
	in->at += length;
	in->left -= length;
	return arena_dup_n(in->arena, text, length);
}

void
wire_put_lines(struct buf *out, const char *const *lines)
{
	size_t count = 0;

	while (
	    lines != NULL && lines[count] != NULL && count < OBSERVER_LINES_MAX)
		count++;
	wire_put_number(out, count);
	for (size_t i = 0; i < count; i++)
		wire_put_text(out, lines[i]);
}

const char *const *
wire_get_lines(struct wire_in *in)
{
	size_t count = wire_get_number(in, OBSERVER_LINES_MAX);
	const char **lines = arena_alloc(in->arena, count + 1, sizeof(*lines));

	for (size_t i = 0; i < count && !in->is_bad; i++) {
		lines[i] = wire_get_text(in);
		in->is_bad |= lines[i] == NULL;
	}
	return lines;
}
