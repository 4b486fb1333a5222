/*
 * sockdiag.h - which sockets listen, asked from the kernel
 */
#ifndef MAILFIX_SYS_SOCKDIAG_H
#define MAILFIX_SYS_SOCKDIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"

/* One TCP socket that listens. */
struct sockdiag_listener {
	unsigned port;
	bool is_v6;       /* its family */
	bool is_v6_only;  /* of a v6 one: it does not serve IPv4 */
	bool is_any;      /* all addresses */
	bool is_loopback; /* 127.0.0.0/8 or ::1 only */
	uint64_t inode;
	uint32_t uid;
};

/* A host with more listening sockets than this tells no more of them. */
#define SOCKDIAG_LISTENERS_MAX 4096U

/*
 * sockdiag_tcp_listeners - all of both families
 * Returns 0 or a negative errno with why; *ret is in arena.
 */
int sockdiag_tcp_listeners(struct arena *arena, struct sockdiag_listener **ret,
    size_t *ret_count, struct why *why);

/*
 * sockdiag_unix_inode - the listening unix socket bound to this file
 *
 * Returns 1 with the socket's inode, 0 when no such socket listens there, or a
 * negative errno.
 */
int sockdiag_unix_inode(const char *path, uint64_t *ret, struct why *why);

#endif
