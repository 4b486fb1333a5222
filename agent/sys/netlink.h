/*
 * netlink.h - read the answers of the kernel to one netlink question
 */
#ifndef MAILFIX_SYS_NETLINK_H
#define MAILFIX_SYS_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/why.h"

/*
 * The kernel fills 32 KiB at a time and no more, as far as it is given room
 * (netlink_recvmsg); with 4 KiB a dump takes two and a half times as long.
 */
#define NETLINK_BYTES 65536U

/* netlink_open - a socket bound to an address of its own; -errno */
int netlink_open(int protocol, struct why *why);

struct netlink_walk {
	uint32_t seq; /* of the question; others are leftovers */
	/* a message of the answer; not 0 ends the walk, once all is read */
	int (*each)(void *user, const struct nlmsghdr *message);
	void *user;
	bool is_interrupted; /* the dump is of no one moment */
	size_t count;        /* messages so far */
};

/*
 * netlink_walk - read until the answer is complete
 *
 * buffer  NETLINK_BYTES, aligned as heap is
 *
 * Returns 0, what `each` returned, or the kernel's negative errno.
 */
int netlink_walk(int fd, void *buffer, struct netlink_walk *walk);

/* netlink_send - to the kernel; -errno */
int netlink_send(int fd, const struct nlmsghdr *message);

/*
 * netlink_attributes - those behind the body of a message, by type
 *
 * body  bytes of the struct that comes first
 * ret   [count]; NULL where there is none. What does not fit into the message
 *       ends them, what is not below count is left out.
 */
void netlink_attributes(const struct nlmsghdr *message, size_t body,
    const struct nlattr **ret, size_t count);

/* netlink_u32 - in host order; 0 when there is none, or of another size */
uint32_t netlink_u32(const struct nlattr *attr);

#endif
