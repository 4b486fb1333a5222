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

#include <errno.h>
#include <poll.h>
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

/* The mark is looked at while the signals wait, and ppoll(2) lets them in. */
bool
stop_or_input(int fd)
{
	struct pollfd input = {.fd = fd, .events = POLLIN};
	sigset_t ours, before;
	int r = -1;

	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGINT);
	(void)sigaddset(&ours, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &ours, &before) < 0)
		return false;
	while (is_asked == 0 && r < 0) {
		r = ppoll(&input, 1, NULL, &before);
		if (r < 0 && errno != EINTR)
			break;
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r > 0;
}
