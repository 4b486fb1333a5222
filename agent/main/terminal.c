/*
 * terminal.c - what the output goes to
 *
 * Purpose  width and colour of the report, and whether somebody can be asked
 * Input    the descriptors 0 to 2; COLUMNS, NO_COLOR, TERM; --color
 * Errors   none: 80 columns without colour when nothing can be told
 * Runs as  the actor
 * Source   isatty(3), TIOCGWINSZ in ioctl_tty(2), https://no-color.org
 */
#include "agent/main/terminal.h"

#include <sys/ioctl.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What mail and logs were made for, when nobody says otherwise. */
#define TERMINAL_COLUMNS 80
/* More than any screen: a number beyond it is a mistake. */
#define TERMINAL_COLUMNS_MAX 1000

static int
columns_of_environment(void)
{
	const char *text = getenv("COLUMNS");
	char *end = NULL;
	long n;

	if (text == NULL || text[0] == '\0')
		return 0;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || *end != '\0' || n < 1 || n > TERMINAL_COLUMNS_MAX)
		return 0;
	return (int)n;
}

static int
columns_look(void)
{
	struct winsize size;
	int columns = columns_of_environment();

	if (columns > 0)
		return columns;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return TERMINAL_COLUMNS;
}

/* One that knows no escape sequences can neither colour nor rewrite a line. */
static bool
is_dumb(void)
{
	const char *term = getenv("TERM");

	return term == NULL || strcmp(term, "dumb") == 0;
}

static bool
colour_look(const struct options *options)
{
	const char *no_color = getenv("NO_COLOR");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	if (no_color != NULL && no_color[0] != '\0')
		return false;
	return options->output == NULL && isatty(STDOUT_FILENO) == 1 &&
	       !is_dumb();
}

void
terminal_look(struct terminal *ret, const struct options *options)
{
	*ret = (struct terminal){
	    .has_stderr = isatty(STDERR_FILENO) == 1 && !is_dumb(),
	    .has_person =
	        isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
	    .is_colour = colour_look(options),
	    .columns = columns_look(),
	};
}
