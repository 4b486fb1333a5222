/*
 * reach.c - can a TCP connection be made? to a few servers at once
 *
 * Purpose  connect(2) without blocking, and one poll loop
 * Input    addresses: whatever they are
 * Errors   none: an outcome for each
 * Runs as  reach_socket: the actor; reach_try: an observer
 * Source   connect(2), tcp(7), ip(7); xt_owner and nft "meta skuid" look at
 *          the fsuid of whoever made the socket (net/netfilter/nft_meta.c)
 */
#include "agent/sys/reach.h"

#include <sys/fsuid.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"

/* More are never asked at once: this is no scanner. */
#define REACH_MAX 16

int
reach_socket(int family, uid_t uid, gid_t gid)
{
	int fd, error;

	(void)setfsgid(gid);
	(void)setfsuid(uid);
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	error = errno;
	/* back to the effective ones, and with them what root may do */
	(void)setfsuid(geteuid());
	(void)setfsgid(getegid());
	return fd < 0 ? -error : fd;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t
address_make(const struct reach *to, union address *ret)
{
	*ret = (union address){.any.sa_family = (sa_family_t)to->family};
	if (to->family == AF_INET) {
		ret->v4.sin_port = htons(to->port);
		(void)memcpy(&ret->v4.sin_addr, to->address, 4);
		return sizeof(ret->v4);
	}
	ret->v6.sin6_port = htons(to->port);
	(void)memcpy(&ret->v6.sin6_addr, to->address, 16);
	return sizeof(ret->v6);
}

static bool
is_self(const struct reach *to)
{
	union address own = {.any.sa_family = AF_UNSPEC};
	socklen_t length = sizeof(own);

	if (getsockname(to->fd, &own.any, &length) < 0 ||
	    own.any.sa_family != to->family)
		return false;
	return to->family == AF_INET
	           ? memcmp(&own.v4.sin_addr, to->address, 4) == 0
	           : memcmp(&own.v6.sin6_addr, to->address, 16) == 0;
}

static enum reach_outcome
outcome_of(const struct reach *to, int error)
{
	if (is_self(to))
		return REACH_SELF;
	switch (error) {
	case 0:
		return REACH_OPEN;
	case EINPROGRESS:
	case ETIMEDOUT:
		return REACH_SILENT;
	case ENETUNREACH:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
	case ENETDOWN:
		return REACH_NO_ROUTE;
	default: /* ECONNREFUSED, EHOSTUNREACH, EACCES, EPERM, ... */
		return REACH_REFUSED;
	}
}

/* begin - true: it is under way */
static bool
begin(struct reach *to)
{
	union address address;
	socklen_t length = address_make(to, &address);
	int error = 0;

	if (connect(to->fd, &address.any, length) < 0)
		error = errno;
	to->outcome = outcome_of(to, error);
	return to->outcome == REACH_SILENT && error == EINPROGRESS;
}

static void
take(struct reach *to)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(to->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		error = errno;
	to->outcome = outcome_of(to, error);
}

static bool
is_open(const struct reach *all, size_t count, int family)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].family == family && all[i].outcome == REACH_OPEN)
			return true;
	return false;
}

/* What is still under way though its family is open: nobody waits for it. */
static size_t
waiting(const struct reach *all, size_t count, struct pollfd *fds)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		if (fds[i].fd >= 0 && is_open(all, count, all[i].family))
			fds[i].fd = -1;
		left += fds[i].fd >= 0;
	}
	return left;
}

void
reach_try(struct reach *all, size_t count, int wait_ms)
{
	const int64_t until_ms = clock_boot_ms() + wait_ms;
	struct pollfd fds[REACH_MAX];

	if (count > REACH_MAX)
		count = REACH_MAX;
	for (size_t i = 0; i < count; i++) {
		all[i].outcome = REACH_NOT_TRIED;
		fds[i] = (struct pollfd){.fd = -1, .events = POLLOUT};
		if (all[i].fd >= 0 && begin(&all[i]))
			fds[i].fd = all[i].fd;
	}
	while (waiting(all, count, fds) > 0) {
		const int64_t left_ms = until_ms - clock_boot_ms();

		if (left_ms <= 0 ||
		    (poll(fds, count, (int)left_ms) < 0 && errno != EINTR))
			break;
		for (size_t i = 0; i < count; i++) {
			if (fds[i].fd < 0 || fds[i].revents == 0)
				continue;
			take(&all[i]);
			fds[i].fd = -1;
		}
	}
	/* given up on for another one's sake: it tells nothing */
	for (size_t i = 0; i < count; i++)
		if (all[i].outcome == REACH_SILENT &&
		    is_open(all, count, all[i].family))
			all[i].outcome = REACH_NOT_TRIED;
}
