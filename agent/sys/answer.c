/*
 * answer.c - does a file system answer at all?
 *
 * Purpose  keep the actor away from a mount that hangs (NFS, iSCSI)
 * Input    a path of the configuration
 * Errors   -ETIMEDOUT when there is no answer; a failed fork
 * Runs as  the actor; a child asks, for whoever asks such a mount hangs with it
 * Source   nfs(5), hard mounts; stat(2)
 */
#include "agent/sys/answer.h"

#include <sys/stat.h>

#include <errno.h>
#include <unistd.h>

#include "agent/sys/child.h"

int
path_answers(const char *path, int ms, struct why *why)
{
	struct stat st;
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return why_errno(why, "start a process");
	if (pid == 0) {
		(void)stat(path, &st);
		_exit(0);
	}
	if (child_wait(pid, ms, &status))
		return 0;
	(void)child_end(pid, &status);
	return why_set(
	    why, -ETIMEDOUT, "the file system of %s does not answer", path);
}
