/*
 * cmd_run.c - mailfix [PLAYBOOK]...
 *
 * Purpose  one run: look, diagnose, plan, apply what is approved
 * Input    the options
 * Errors   exit statuses of SPEC section 2
 * Runs as  the actor
 * Source   SPEC section 2
 */
#include <stdio.h>

#include "agent/main/command.h"

int
cmd_run(const struct options *options)
{
	(void)options;
	(void)fputs("mailfix: this build has no run yet\n", stderr);
	return EXIT_USAGE;
}
