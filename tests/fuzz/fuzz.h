/*
 * fuzz.h - one fuzzer a file: fuzz_NAME.c, its corpus in corpus/NAME/
 *
 * The function eats any bytes, leaks nothing, reads no clock and no file. It
 * aborts when a promise of the code under test does not hold.
 */
#ifndef MAILFIX_TESTS_FUZZ_FUZZ_H
#define MAILFIX_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_PROMISE(condition)                                                \
	do {                                                                   \
		if (!(condition)) {                                            \
			(void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, \
			    __LINE__, #condition);                             \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
