/*
 * socket_owner.c - which process has a socket open
 *
 * Purpose  from a listening socket to the process and its unit
 * Input    /proc: numbers by the kernel, names of cgroups by their owners
 * Errors   -EACCES without the right to look at the processes of others
 * Runs as  the actor, in prepare of a probe
 * Source   proc(5): /proc/PID/fd, /proc/PID/cgroup; systemd's cg_path_get_unit
 */
#include "agent/sys/socket_owner.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "agent/base/text.h"
#include "agent/sys/proc.h"

struct search {
	const uint64_t *inodes;
	pid_t *pids;
	size_t count, missing;
	uint64_t *sockets; /* room for those of one process */
	bool is_denied;
};

static void
process_ask(struct search *search, pid_t pid)
{
	ssize_t n =
	    proc_sockets(pid, search->sockets, SOCKET_OWNER_SOCKETS_MAX);

	if (n == -EACCES || n == -EPERM)
		search->is_denied = true;
	for (ssize_t i = 0; i < n; i++)
		for (size_t j = 0; j < search->count; j++)
			if (search->pids[j] == 0 &&
			    search->inodes[j] == search->sockets[i]) {
				search->pids[j] = pid;
				search->missing--;
			}
}

int
socket_owners_find(const uint64_t *inodes, pid_t *ret_pids, size_t count,
    const pid_t *first, size_t first_count)
{
	AUTO_FREE uint64_t *sockets =
	    mem_alloc(SOCKET_OWNER_SOCKETS_MAX, sizeof(*sockets));
	AUTO_FREE pid_t *all = NULL;
	struct search search = {inodes, ret_pids, count, count, sockets, false};
	ssize_t n;

	(void)memset(ret_pids, 0, count * sizeof(*ret_pids));
	for (size_t i = 0; i < first_count && search.missing != 0; i++)
		process_ask(&search, first[i]);
	if (search.missing == 0)
		return 0;
	all = mem_alloc(PROC_PIDS_MAX, sizeof(*all));
	n = proc_pids(all, PROC_PIDS_MAX);
	for (ssize_t i = 0; i < n && search.missing != 0; i++)
		process_ask(&search, all[i]);
	return search.missing != 0 && search.is_denied ? -EACCES : 0;
}

/* What is below a unit belongs to it, whatever it is called. */
static const char *
path_unit_find(char *path)
{
	char *part;

	while ((part = strsep(&path, "/")) != NULL)
		if (text_ends(part, ".service") || text_ends(part, ".scope"))
			return part;
	return NULL;
}

/* systemd's own hierarchy: "0::/...", or "N:name=systemd:/..." before v2 */
void
socket_owner_unit_parse(char *text, char *ret, size_t size)
{
	char *line;

	ret[0] = '\0';
	while ((line = strsep(&text, "\n")) != NULL && ret[0] == '\0') {
		char *name = strchr(line, ':');
		const char *unit = NULL;

		if (name != NULL && text_starts(name, ":name=systemd:"))
			unit = path_unit_find(name + strlen(":name=systemd:"));
		else if (name != NULL && text_starts(name, "::"))
			unit = path_unit_find(name + 2);
		if (unit != NULL)
			(void)snprintf(ret, size, "%s", unit);
	}
}

int
socket_owner_unit(pid_t pid, char *ret, size_t size)
{
	char path[64], text[4096];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	n = proc_read(path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	socket_owner_unit_parse(text, ret, size);
	return 0;
}
