/*
 * socket_owner.h - which process has a socket open
 */
#ifndef MAILFIX_SYS_SOCKET_OWNER_H
#define MAILFIX_SYS_SOCKET_OWNER_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

/* A process with more sockets than this is searched no further. */
#define SOCKET_OWNER_SOCKETS_MAX 4096U

/*
 * socket_owners_find - a process for each socket
 *
 * inodes     what to look for
 * ret_pids   as many; 0 where nobody was found
 * first      processes to ask before all others: mostly that is enough
 *
 * Returns 0, or -EACCES when processes of others could not be asked and
 * something was not found.
 */
int socket_owners_find(const uint64_t *inodes, pid_t *ret_pids, size_t count,
    const pid_t *first, size_t first_count);

/*
 * socket_owner_unit - the unit of a process by its cgroup, without a bus
 * "postfix@-.service"; "" when it is in none. Text of at most size bytes.
 */
int socket_owner_unit(pid_t pid, char *ret, size_t size);

/* socket_owner_unit_parse - the same from the text of /proc/PID/cgroup */
void socket_owner_unit_parse(char *text, char *ret, size_t size);

#endif
