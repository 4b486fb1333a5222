/*
 * unit.h - what every unit test includes: cmocka, and before it the headers
 * that it wants but does not include
 */
#ifndef MAILFIX_TESTS_UNIT_UNIT_H
#define MAILFIX_TESTS_UNIT_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
