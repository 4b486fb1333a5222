/*
 * main.c - mailfix: what is wrong with this mail host, and the safe fix
 *
 * Purpose  read the command line and hand over to the command
 * Input    argv, environment
 * Errors   a wrong command line: status 64 and the nearest right name
 * Runs as  the actor: root, or the user who started it
 * Source   SPEC section 2
 */
#include <stdio.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/main/command.h"
#include "agent/main/help.h"
#include "agent/main/hygiene.h"

/* A reader that went away is seen as a failed write, not as a signal. */
static int
print(const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	AUTO_BUF struct buf help = {0};
	struct options options;
	struct why why = {0};
	int status;

	hygiene();
	if (options_parse(argc, (const char *const *)argv, command_rows,
	        &options, &why) < 0) {
		(void)fprintf(
		    stderr, "mailfix: %s\nTry: mailfix --help\n", why.text);
		return EXIT_USAGE;
	}
	if (options.is_version) {
		status = print("mailfix " MAILFIX_VERSION "\n");
	} else if (options.is_help) {
		help_write(&help);
		status = print(buf_text(&help));
	} else {
		status = options.command->run(&options);
	}
	free(options.args);
	return status;
}
