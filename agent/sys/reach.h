/*
 * reach.h - can a TCP connection be made? to a few servers at once
 *
 * Not a byte is sent on it: the handshake, and the end.
 */
#ifndef MAILFIX_SYS_REACH_H
#define MAILFIX_SYS_REACH_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reach_outcome {
	REACH_NOT_TRIED, /* no socket, or another one of its family was open */
	REACH_OPEN,
	REACH_REFUSED, /* by whoever: a reset, or an ICMP message that says so */
	REACH_SILENT,  /* nobody said a word in time */
	REACH_NO_ROUTE, /* this host has no way to that family */
	REACH_SELF      /* it is an address of this host */
};

struct reach {
	int fd;     /* of reach_socket; stays the caller's; -1: not tried */
	int family; /* AF_INET, AF_INET6 */
	uint8_t address[16];
	uint16_t port;
	enum reach_outcome outcome;
};

/*
 * reach_socket - a socket that belongs to a user
 *
 * Packet filters tell the users of connections apart by who made the socket.
 * As root only. Returns the socket, or a negative errno.
 */
int reach_socket(int family, uid_t uid, gid_t gid);

/*
 * reach_try - connect all of them, until each family has one that is open, or
 * so many milliseconds have passed
 * Fit for a sandbox with sockets of the internet.
 */
void reach_try(struct reach *all, size_t count, int wait_ms);

#endif
