/*
 * hygiene.c - what a process inherits, and must not
 *
 * Purpose  begin the same way whoever starts us: a timer, sudo, a web server
 * Input    descriptors, signals, environment of the caller: hostile, when an
 *          ordinary user may start us through sudo
 * Errors   no /dev/null: the process ends
 * Runs as  the actor
 * Source   execve(2) for what survives it; OpenSSH's sanitise_stdfd(); sudo(8)
 *          on the environment
 */
#include "agent/main/hygiene.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"

/*
 * Looks and time zone. Not: where libsystemd finds the bus, what the C library
 * loads, allocates or resolves.
 */
static const char *const kept[] = {
    "TERM", "COLUMNS", "NO_COLOR", "TZ", "LANG", "LC_ALL", "LC_CTYPE"};

/* Else the next file that is opened, as the log, would be our stdout. */
static void
descriptors_open(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		_exit(EX_OSERR);
	(void)close(fd);
}

/* SIGCHLD ignored would hide how an observer died. */
static void
signals_reset(void)
{
	sigset_t none;

	for (int number = 1; number < SIGRTMIN; number++)
		(void)signal(number, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
environment_clear(void)
{
	char *values[ARRAY_COUNT(kept)] = {NULL};

	for (size_t i = 0; i < ARRAY_COUNT(kept); i++) {
		const char *value = getenv(kept[i]);

		/* ":/path" has the C library read that file */
		if (value != NULL && strchr(value, '/') != value &&
		    value[0] != ':')
			values[i] = mem_dup(value);
	}
	(void)clearenv();
	for (size_t i = 0; i < ARRAY_COUNT(kept); i++) {
		if (values[i] != NULL)
			(void)setenv(kept[i], values[i], 1);
		free(values[i]);
	}
}

void
hygiene(void)
{
	descriptors_open();
	signals_reset();
	if (geteuid() == 0)
		environment_clear();
}
