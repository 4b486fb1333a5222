/*
 * terminal.h - is there a person, how wide is the page, is it in colour?
 */
#ifndef MAILFIX_MAIN_TERMINAL_H
#define MAILFIX_MAIN_TERMINAL_H

#include <stdbool.h>

#include "agent/main/options.h"

struct terminal {
	bool has_stderr; /* stderr is a terminal: progress is shown */
	bool has_person; /* stdin and stderr are: there is somebody to ask */
	bool is_colour;  /* of what is written to stdout */
	int columns;
};

void terminal_look(struct terminal *ret, const struct options *options);

#endif
