/*
 * why.h - the reason of a failure, in words for the operator
 *
 * A fallible function takes `struct why *why` as its last argument and returns
 * a negative errno; the text says what was tried and what went wrong. No heap.
 */
#ifndef MAILFIX_BASE_WHY_H
#define MAILFIX_BASE_WHY_H

/* Long enough for a path of ordinary length and a sentence. */
#define WHY_TEXT_MAX 320

struct why {
	int code; /* negative errno, 0 when nothing failed */
	char text[WHY_TEXT_MAX];
};

/*
 * why_set - note a failure and return its code
 *
 * why   may be NULL: then only the code is returned
 * code  negative errno
 *
 * Returns code. Text that does not fit is cut.
 */
int why_set(struct why *why, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* why_errno - as why_set with -errno; appends ": " and the errno's own text */
int why_errno(struct why *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* why_prefix - put "prefix: " before the text that is already there */
void why_prefix(struct why *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
