/*
 * ask.h - a person at the terminal says yes or no to each fix
 */
#ifndef MAILFIX_MAIN_ASK_H
#define MAILFIX_MAIN_ASK_H

#include <stdbool.h>

#include "agent/plan/plan.h"

struct asker {
	int columns;
	bool is_colour;
	bool is_all, is_over; /* "all" or "quit" was answered */
};

struct asker asker_begin(int columns, bool is_colour);

/* asker_wants - show the fix on stderr and read the answer from stdin */
bool asker_wants(struct asker *asker, const struct planned_fix *planned);

#endif
