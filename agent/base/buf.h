/*
 * buf.h - text that grows
 *
 * struct buf b = {0}; ... buf_done(&b). `text` is NUL-terminated once anything
 * was added (buf_text never returns NULL). Bytes may contain NUL: use length.
 */
#ifndef MAILFIX_BASE_BUF_H
#define MAILFIX_BASE_BUF_H

#include <stddef.h>

struct buf {
	char *text;
	size_t length, size;
};

#define AUTO_BUF __attribute__((cleanup(buf_done)))

void buf_add(struct buf *buf, const char *text);
void buf_add_n(struct buf *buf, const void *bytes, size_t length);
void buf_add_char(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *buf); /* empties, keeps the memory */
void buf_done(struct buf *buf);
const char *buf_text(const struct buf *buf);
char *buf_take(struct buf *buf); /* heap, caller owns, never NULL */

#endif
