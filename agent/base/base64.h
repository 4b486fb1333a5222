/*
 * base64.h - octets as letters, and back (RFC 4648, section 4)
 */
#ifndef MAILFIX_BASE_BASE64_H
#define MAILFIX_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"

/* base64_add - with its padding, on one line */
void base64_add(struct buf *out, const void *bytes, size_t length);

/* As many octets as that many letters may hold. */
#define BASE64_OCTETS(length) ((length) / 4 * 3 + 3)

/*
 * base64_read - white space between letters is nothing; padding may be missing
 *
 * ret      room for BASE64_OCTETS(length)
 * ret_bad  where the first octet stands that does not belong there
 * Returns 0, -EINVAL with *ret_bad at an octet that is no letter, or -EBADMSG
 * when the last letter holds less than an octet: it was cut.
 */
int base64_read(const char *text, size_t length, uint8_t *ret,
    size_t *ret_length, size_t *ret_bad);

#endif
