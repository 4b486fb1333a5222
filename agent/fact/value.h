/*
 * value.h - one typed value, or unknown and why
 */
#ifndef MAILFIX_FACT_VALUE_H
#define MAILFIX_FACT_VALUE_H

#include <stdbool.h>

#include "agent/base/units.h"

enum value_kind { VALUE_UNKNOWN, VALUE_BOOL, VALUE_NUMBER, VALUE_TEXT };

struct value {
	enum value_kind kind;
	bool is_true;     /* VALUE_BOOL */
	double number;    /* VALUE_NUMBER, in the base of its column's unit */
	const char *text; /* VALUE_TEXT; for VALUE_UNKNOWN the reason */
};

#define VALUE_BOOL_OF(b)    ((struct value){.kind = VALUE_BOOL, .is_true = (b)})
#define VALUE_NUMBER_OF(n)  ((struct value){.kind = VALUE_NUMBER, .number = (n)})
#define VALUE_TEXT_OF(t)    ((struct value){.kind = VALUE_TEXT, .text = (t)})
#define VALUE_UNKNOWN_OF(t) ((struct value){.kind = VALUE_UNKNOWN, .text = (t)})

#endif
