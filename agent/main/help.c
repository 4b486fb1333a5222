/*
 * help.c - the text of --help
 *
 * Purpose  commands and options as a page for the terminal, from their tables
 * Input    none but the tables
 * Errors   none
 * Runs as  the actor
 * Source   SPEC section 2
 */
#include "agent/main/help.h"

#include <stdio.h>
#include <string.h>

#include "agent/main/options.h"

/* Where the explanations begin: fits most of what is to the left. */
#define HELP_COLUMN 28

static void
line_add(struct buf *out, const char *left, const char *doc)
{
	size_t length = strlen(left);

	buf_addf(out, "  %s", left);
	if (length + 3 > HELP_COLUMN)
		buf_addf(out, "\n%*s", HELP_COLUMN, "");
	else
		buf_addf(out, "%*s", (int)(HELP_COLUMN - 2 - length), "");
	buf_addf(out, "%s\n", doc);
}

static void
command_line(struct buf *out, const struct command *command)
{
	char left[120];

	if (command->name[0] == '\0')
		(void)snprintf(left, sizeof(left), "%s", command->synopsis);
	else
		(void)snprintf(left, sizeof(left), "%s%s%s", command->name,
		    command->synopsis[0] != '\0' ? " " : "", command->synopsis);
	line_add(out, left, command->doc);
}

static void
option_line(struct buf *out, const struct option_row *row)
{
	char left[80], letter[8] = "    ";

	if (row->letter != 0)
		(void)snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	(void)snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name,
	    row->value != NULL ? " " : "",
	    row->value != NULL ? row->value : "");
	line_add(out, left, row->doc);
}

void
help_write(struct buf *out)
{
	buf_add(out,
	    "mailfix finds out why a mail host does not deliver, says so, and "
	    "fixes what is\nsafe to fix.\n\n"
	    "Usage: mailfix [OPTION]... [PLAYBOOK]...\n"
	    "       mailfix COMMAND [OPTION]... [ARGUMENT]...\n\nCommands:\n");
	for (const struct command *c = command_rows; c->name != NULL; c++)
		command_line(out, c);
	buf_add(out, "\nOptions:\n");
	for (const struct option_row *row = option_rows; row->name; row++)
		option_line(out, row);
	buf_add(out,
	    "\nExit status: 0 healthy or fixed, 1 problems remain, 2 something "
	    "is not known,\n3 a fix failed and was undone, 64 usage, 75 another "
	    "run or a pause, 78 a wrong\nplaybook or configuration. More: "
	    "mailfix(8)\n");
}
