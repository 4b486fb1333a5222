/*
 * netlink.c - read the answers of the kernel to one netlink question
 *
 * Purpose  sockets, datagrams, the end of an answer
 * Input    messages of the kernel; lengths are checked all the same
 * Errors   negative errno, the kernel's own too
 * Runs as  both roles
 * Source   netlink(7), Documentation/userspace-api/netlink/intro.rst
 */
#include "agent/sys/netlink.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "agent/base/auto.h"

/* For each datagram: the kernel answers at once, or something is wrong. */
#define ANSWER_TIMEOUT_S 10

int
netlink_open(int protocol, struct why *why)
{
	AUTO_CLOSE int fd =
	    socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	struct timeval timeout = {.tv_sec = ANSWER_TIMEOUT_S};
	struct sockaddr_nl own = {.nl_family = AF_NETLINK};
	int on = 1;

	if (fd < 0)
		return why_errno(why, "open a netlink socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) <
	        0 ||
	    bind(fd, (const struct sockaddr *)&own, sizeof(own)) < 0)
		return why_errno(why, "bind a netlink socket");
	/* errors without the question in them; before Linux 4.3 with it */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return TAKE_FD(fd);
}

int
netlink_send(int fd, const struct nlmsghdr *message)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	while (sendto(fd, message, message->nlmsg_len, 0,
	           (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* One message; 1: there are more to come. */
static int
message_take(
    struct netlink_walk *walk, const struct nlmsghdr *message, int *ret_code)
{
	struct nlmsgerr error;

	if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		walk->is_interrupted = true;
	switch (message->nlmsg_type) {
	case NLMSG_DONE:
		/* a dump that failed on its way says so at its end */
		if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(int))) {
			int code;

			(void)memcpy(&code, mnl_nlmsg_get_payload(message),
			    sizeof(code));
			if (code < 0 && *ret_code == 0)
				*ret_code = code;
		}
		return 0;
	case NLMSG_ERROR:
		if (message->nlmsg_len < NLMSG_LENGTH(sizeof(error.error)))
			return -EBADMSG;
		(void)memcpy(&error.error, mnl_nlmsg_get_payload(message),
		    sizeof(error.error));
		return error.error < 0 ? error.error : 0;
	case NLMSG_NOOP:
		return 1;
	case NLMSG_OVERRUN:
		return -ENOBUFS;
	default:
		break;
	}
	walk->count++;
	if (*ret_code == 0)
		*ret_code = walk->each(walk->user, message);
	return (message->nlmsg_flags & NLM_F_MULTI) != 0 ? 1 : 0;
}

/* 1: more to come; 0: complete; negative: failed */
static int
datagram_take(
    struct netlink_walk *walk, const void *bytes, size_t length, int *ret_code)
{
	const struct nlmsghdr *message = bytes;
	int left = (int)length;

	for (; mnl_nlmsg_ok(message, left);
	     message = mnl_nlmsg_next(message, &left)) {
		int r;

		if (message->nlmsg_seq != walk->seq)
			continue;
		r = message_take(walk, message, ret_code);
		if (r <= 0)
			return r;
	}
	return 1;
}

int
netlink_walk(int fd, void *buffer, struct netlink_walk *walk)
{
	int code = 0, r = 1;

	while (r > 0) {
		struct sockaddr_nl from = {0};
		socklen_t from_length = sizeof(from);
		ssize_t n = recvfrom(fd, buffer, NETLINK_BYTES, MSG_TRUNC,
		    (struct sockaddr *)&from, &from_length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (from.nl_pid != 0)
			continue; /* not the kernel */
		if ((size_t)n > NETLINK_BYTES)
			return -EMSGSIZE;
		r = datagram_take(walk, buffer, (size_t)n, &code);
	}
	return r < 0 ? r : code;
}

void
netlink_attributes(const struct nlmsghdr *message, size_t body,
    const struct nlattr **ret, size_t count)
{
	size_t at = NLMSG_LENGTH(NLMSG_ALIGN(body));

	(void)memset(ret, 0, count * sizeof(*ret));
	while (at + sizeof(struct nlattr) <= message->nlmsg_len) {
		const struct nlattr *attr =
		    (const void *)((const char *)message + at);
		unsigned type = mnl_attr_get_type(attr);

		if (attr->nla_len < sizeof(*attr) ||
		    attr->nla_len > message->nlmsg_len - at)
			break;
		if (type < count)
			ret[type] = attr;
		at += (size_t)NLA_ALIGN(attr->nla_len);
	}
}

uint32_t
netlink_u32(const struct nlattr *attr)
{
	uint32_t value = 0;

	if (attr != NULL && mnl_attr_get_payload_len(attr) == sizeof(value))
		(void)memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return value;
}
