/*
 * buf.c - text that grows
 *
 * Purpose  build reports, records and messages without fixed sizes
 * Input    any bytes
 * Errors   none: memory is there or the process ends (mem.h)
 * Runs as  both roles
 * Source   -
 */
#include "agent/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

static void
buf_need(struct buf *buf, size_t more)
{
	size_t want = buf->length + more + 1;

	if (want <= buf->size)
		return;
	buf->size = want < 128 ? 128 : want + want / 2;
	buf->text = mem_grow(buf->text, buf->size, 1);
}

void
buf_add_n(struct buf *buf, const void *bytes, size_t length)
{
	buf_need(buf, length);
	if (length != 0)
		(void)memcpy(buf->text + buf->length, bytes, length);
	buf->length += length;
	buf->text[buf->length] = '\0';
}

void
buf_add(struct buf *buf, const char *text)
{
	buf_add_n(buf, text, strlen(text));
}

void
buf_add_char(struct buf *buf, char c)
{
	buf_add_n(buf, &c, 1);
}

void
buf_addf(struct buf *buf, const char *format, ...)
{
	va_list ap, again;
	int length;

	va_start(ap, format);
	va_copy(again, ap);
	length = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (length > 0) {
		buf_need(buf, (size_t)length);
		(void)vsnprintf(
		    buf->text + buf->length, (size_t)length + 1, format, again);
		buf->length += (size_t)length;
	}
	va_end(again);
}

void
buf_clear(struct buf *buf)
{
	buf->length = 0;
	if (buf->text != NULL)
		buf->text[0] = '\0';
}

void
buf_done(struct buf *buf)
{
	free(buf->text);
	*buf = (struct buf){0};
}

const char *
buf_text(const struct buf *buf)
{
	return buf->text != NULL ? buf->text : "";
}

char *
buf_take(struct buf *buf)
{
	char *text = buf->text != NULL ? buf->text : mem_dup("");

	*buf = (struct buf){0};
	return text;
}
