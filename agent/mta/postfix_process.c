/*
 * postfix_process.c - does Postfix run?
 *
 * Purpose  the pid of master(8), believed only when that process is a master
 * Input    the pid file of the queue directory; /proc
 * Errors   -EACCES when it takes root to tell
 * Runs as  the actor
 * Source   master(8): pid file; after a crash it stays and the pid may be
 *          another program's by now
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "agent/mta/postfix.h"
#include "agent/sys/proc.h"

/* Is this process the main process of this very installation? */
static bool
is_master(const struct mta *mta, pid_t pid)
{
	char path[512], comm[PROC_COMM_MAX];
	struct proc_stat stat;
	int is_exe;

	if (proc_comm(pid, comm) < 0 || strcmp(comm, "master") != 0 ||
	    proc_stat(pid, &stat) < 0 || stat.state == 'Z' || stat.state == 'X')
		return false;
	(void)snprintf(path, sizeof(path), "%s/master", mta->program_dir);
	is_exe = proc_exe_is(pid, path);
	/* a small set of capabilities may not look at it: its name has to do */
	return is_exe == 1 || is_exe == -EACCES || is_exe == -EPERM;
}

/* Without root the pid file is closed; command lines are for everybody. */
static pid_t
master_search(const struct mta *mta)
{
	AUTO_FREE pid_t *all = mem_alloc(PROC_PIDS_MAX, sizeof(*all));
	ssize_t count = proc_pids(all, PROC_PIDS_MAX);
	char wanted[512], command[512];

	(void)snprintf(wanted, sizeof(wanted), "%s/master", mta->program_dir);
	for (ssize_t i = 0; i < count; i++)
		if (proc_command(all[i], command, sizeof(command)) == 0 &&
		    strcmp(command, wanted) == 0 && is_master(mta, all[i]) &&
		    !proc_is_nested(all[i]))
			return all[i];
	return 0;
}

/* Not found is not gone where processes of others are hidden. */
static int
master_take(pid_t pid, pid_t *ret, struct why *why)
{
	if (pid == 0 && proc_is_hidden())
		return why_set(
		    why, -EACCES, "/proc does not show all processes");
	*ret = pid;
	return 0;
}

int
postfix_master_pid(const struct mta *mta, pid_t *ret, struct why *why)
{
	char path[512], text[64];
	char *end;
	ssize_t n;
	long pid;

	(void)snprintf(path, sizeof(path), "%s/pid/master.pid", mta->queue_dir);
	n = proc_read(path, text, sizeof(text));
	if (n == -ENOENT) {
		*ret = 0;
		return 0;
	}
	if (n == -EACCES && geteuid() != 0)
		return master_take(master_search(mta), ret, why);
	if (n < 0)
		return why_set(
		    why, (int)n, "read %s: %s", path, strerror((int)-n));
	pid = strtol(text, &end, 10);
	if (end == text || pid <= 1 || pid >= 0x7fffffff ||
	    !is_master(mta, (pid_t)pid))
		pid = 0;
	return master_take((pid_t)pid, ret, why);
}
