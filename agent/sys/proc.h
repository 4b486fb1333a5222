/*
 * proc.h - processes, as /proc shows them
 *
 * Names of processes are chosen by anybody: they are compared and passed on,
 * never believed.
 */
#ifndef MAILFIX_SYS_PROC_H
#define MAILFIX_SYS_PROC_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROC_COMM_MAX 64 /* 16 for programs; threads of the kernel more */

/* More processes than this are not searched through. */
#define PROC_PIDS_MAX 8192U

struct proc_stat {
	char state; /* 'R', 'S', 'Z', ... */
	pid_t parent;
	uint64_t start_ticks; /* since boot */
};

/*
 * proc_read - a small file whole, NUL-terminated
 * Returns its length, at most size - 1, or a negative errno.
 */
ssize_t proc_read(const char *path, char *text, size_t size);

/* proc_stat_parse - text of /proc/PID/stat; false when it is not one */
bool proc_stat_parse(const char *text, struct proc_stat *ret);

/* These return 0 or a negative errno: -ENOENT, -ESRCH: no such process. */
int proc_stat(pid_t pid, struct proc_stat *ret);
int proc_comm(pid_t pid, char ret[static PROC_COMM_MAX]);

/* proc_age_s - how long a process runs */
int proc_age_s(pid_t pid, double *ret);

/*
 * proc_exe_is - does it run this program (also when that was replaced since)?
 * Returns 1, 0, or a negative errno: -EACCES without the right to look.
 */
int proc_exe_is(pid_t pid, const char *path);

/* proc_children - pids of its children, at most max; how many, or -errno */
ssize_t proc_children(pid_t pid, pid_t *ret, size_t max);

/* proc_pids - all pids, at most max; how many, or -errno */
ssize_t proc_pids(pid_t *ret, size_t max);

/*
 * proc_is_hidden - are there processes that /proc does not show us?
 * So it is with its option hidepid=2, and where it is not mounted at all.
 */
bool proc_is_hidden(void);

/* proc_command - first word of the command line; 0 or a negative errno */
int proc_command(pid_t pid, char *ret, size_t size);

/* proc_is_nested - does it live in a process namespace below ours? */
bool proc_is_nested(pid_t pid);

/*
 * proc_sockets - inodes of the sockets that a process has open
 * Returns how many, at most max, or a negative errno: -EACCES.
 */
ssize_t proc_sockets(pid_t pid, uint64_t *ret, size_t max);

#endif
