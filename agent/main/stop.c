/*
 * stop.c - end a run without leaving a change half made
 *
 * Purpose  note that somebody wants the run to end
 * Input    SIGTERM (systemd), SIGINT (Ctrl-C), SIGHUP (the terminal went away)
 * Errors   none
 * Runs as  the actor
 * Source   sigaction(2); signal-safety(7). Without SA_RESTART, so that a
 *          question that waits for an answer ends too
 */
#include "agent/main/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t is_asked;

static void
stop_note(int signal)
{
	(void)signal;
	is_asked = 1;
}

void
stop_watch(void)
{
	struct sigaction action = {.sa_handler = stop_note};

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
}

bool
stop_is_asked(void *user)
{
	(void)user;
	return is_asked != 0;
}
