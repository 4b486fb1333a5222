/*
 * cmd_run.c - mailfix [PLAYBOOK]...
 *
 * Purpose  one run: look, diagnose, plan, apply what is approved
 * Input    the options
 * Errors   exit statuses of SPEC section 2
 * Runs as  the actor
 * Source   SPEC section 2
 */
#include "agent/main/command.h"
#include "agent/main/session.h"

int
cmd_run(const struct options *options)
{
	struct session session;
	int status;

	session_begin(&session, options);
	status = session_run(&session);
	session_end(&session);
	return status;
}
