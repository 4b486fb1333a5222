/*
 * proc.c - processes, as /proc shows them
 *
 * Purpose  who runs, since when, whose child, with which sockets
 * Input    /proc: made by the kernel, but names in it are anybody's
 * Errors   negative errno; a process that ends meanwhile is -ENOENT or -ESRCH
 * Runs as  both roles
 * Source   proc(5)
 */
#include "agent/sys/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/auto.h"

/* "/proc/PID/" and a name below it: "task/PID/children" */
#define PROC_PATH_MAX 96
#define PROC_NAME_MAX 64

ssize_t
proc_read(const char *path, char *text, size_t size)
{
	AUTO_CLOSE int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t length = 0;

	if (fd < 0)
		return -errno;
	while (length < size - 1) {
		ssize_t n = read(fd, text + length, size - 1 - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	text[length] = '\0';
	return (ssize_t)length;
}

static ssize_t
pid_read(pid_t pid, const char *name, char *text, size_t size)
{
	char path[PROC_PATH_MAX];

	(void)snprintf(
	    path, sizeof(path), "/proc/%d/%.*s", (int)pid, PROC_NAME_MAX, name);
	return proc_read(path, text, size);
}

bool
proc_stat_parse(const char *text, struct proc_stat *ret)
{
	/* the name in brackets may hold brackets itself */
	const char *end = strrchr(text, ')');
	struct proc_stat stat = {0};
	int parent;
	unsigned long long start;

	if (end == NULL ||
	    sscanf(end + 1,
	        " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
	        "%*d %*d %*d %*d %llu",
	        &stat.state, &parent, &start) != 3)
		return false;
	stat.parent = parent;
	stat.start_ticks = start;
	*ret = stat;
	return true;
}

int
proc_stat(pid_t pid, struct proc_stat *ret)
{
	char text[1024];
	ssize_t n = pid_read(pid, "stat", text, sizeof(text));

	if (n < 0)
		return (int)n;
	return proc_stat_parse(text, ret) ? 0 : -EBADMSG;
}

int
proc_comm(pid_t pid, char ret[static PROC_COMM_MAX])
{
	ssize_t n = pid_read(pid, "comm", ret, PROC_COMM_MAX);

	if (n < 0)
		return (int)n;
	if (n > 0 && ret[n - 1] == '\n')
		ret[n - 1] = '\0';
	return 0;
}

int
proc_age_s(pid_t pid, double *ret)
{
	struct proc_stat stat;
	struct timespec now;
	long hertz = sysconf(_SC_CLK_TCK);
	int code = proc_stat(pid, &stat);
	double age;

	if (code < 0)
		return code;
	if (hertz <= 0 || clock_gettime(CLOCK_BOOTTIME, &now) < 0)
		return -EINVAL;
	age = (double)now.tv_sec - (double)stat.start_ticks / (double)hertz;
	*ret = age > 0 ? age : 0;
	return 0;
}

int
proc_exe_is(pid_t pid, const char *path)
{
	static const char gone[] = " (deleted)";
	char link[PROC_PATH_MAX], exe[4096];
	char *real = NULL;
	ssize_t n;
	int is_same;

	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, exe, sizeof(exe) - 1);
	if (n < 0)
		return -errno;
	exe[n] = '\0';
	if ((size_t)n >= sizeof(gone) &&
	    strcmp(exe + n - (ssize_t)sizeof(gone) + 1, gone) == 0)
		exe[n - (ssize_t)sizeof(gone) + 1] = '\0';
	/* /usr/sbin may be a link itself */
	real = realpath(path, NULL);
	is_same = strcmp(exe, real != NULL ? real : path) == 0;
	free(real);
	return is_same;
}

static bool
pid_parse(const char *text, pid_t *ret)
{
	char *end;
	long pid = strtol(text, &end, 10);

	if (end == text || pid <= 0 || pid > 0x7fffffffL)
		return false;
	*ret = (pid_t)pid;
	return *end == '\0' || *end == ' ';
}

ssize_t
proc_pids(pid_t *ret, size_t max)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	size_t count = 0;

	if (dir == NULL)
		return -errno;
	while (count < max && (entry = readdir(dir)) != NULL)
		if (pid_parse(entry->d_name, &ret[count]))
			count++;
	(void)closedir(dir);
	return (ssize_t)count;
}

/* In every namespace the process 1 lives as long as anything does. */
bool
proc_is_hidden(void)
{
	return access("/proc/1", F_OK) < 0;
}

/* For a kernel without CONFIG_PROC_CHILDREN: asks every process. */
static ssize_t
children_search(pid_t pid, pid_t *ret, size_t max)
{
	AUTO_FREE pid_t *all = calloc(PROC_PIDS_MAX, sizeof(*all));
	ssize_t count = all == NULL ? -ENOMEM : proc_pids(all, PROC_PIDS_MAX);
	size_t found = 0;

	for (ssize_t i = 0; i < count && found < max; i++) {
		struct proc_stat stat;

		if (proc_stat(all[i], &stat) == 0 && stat.parent == pid)
			ret[found++] = all[i];
	}
	return count < 0 ? count : (ssize_t)found;
}

ssize_t
proc_children(pid_t pid, pid_t *ret, size_t max)
{
	char name[PROC_NAME_MAX];
	size_t size = max * 12 + 1; /* digits of a pid, and the blank */
	AUTO_FREE char *text = malloc(size);
	size_t count = 0;
	ssize_t n;

	if (text == NULL)
		return -ENOMEM;
	(void)snprintf(name, sizeof(name), "task/%d/children", (int)pid);
	n = pid_read(pid, name, text, size);
	if (n == -ENOENT)
		return children_search(pid, ret, max);
	if (n < 0)
		return n;
	for (char *at = text, *word; (word = strsep(&at, " ")) != NULL;)
		if (count < max && pid_parse(word, &ret[count]))
			count++;
	return (ssize_t)count;
}

int
proc_command(pid_t pid, char *ret, size_t size)
{
	ssize_t n = pid_read(pid, "cmdline", ret, size);

	return n < 0 ? (int)n : 0; /* words end with a NUL */
}

bool
proc_is_nested(pid_t pid)
{
	char text[4096];
	const char *line;
	ssize_t n = pid_read(pid, "status", text, sizeof(text));

	if (n < 0)
		return false;
	line = strstr(text, "\nNSpid:");
	if (line == NULL)
		return false;
	line += strlen("\nNSpid:\t");
	return strcspn(line, "\t") < strcspn(line, "\n");
}

ssize_t
proc_sockets(pid_t pid, uint64_t *ret, size_t max)
{
	char path[PROC_PATH_MAX], link[64];
	const struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return -errno;
	while (count < max && (entry = readdir(dir)) != NULL) {
		unsigned long long inode;
		ssize_t n = readlinkat(
		    dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		if (n <= 0)
			continue;
		link[n] = '\0';
		if (sscanf(link, "socket:[%llu]", &inode) == 1)
			ret[count++] = inode;
	}
	(void)closedir(dir);
	return (ssize_t)count;
}
