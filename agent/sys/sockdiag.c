/*
 * sockdiag.c - which sockets listen, asked from the kernel
 *
 * Purpose  dump listening TCP and unix sockets through NETLINK_SOCK_DIAG
 * Input    messages of the kernel; sizes are checked all the same
 * Errors   negative errno: the kernel lacks it, or a container forbids it
 * Runs as  the actor, in prepare of a probe
 * Source   sock_diag(7)
 */
#include "agent/sys/sockdiag.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"

/* As the kernel fills it at a time. */
#define REPLY_BYTES 32768U

/* The kernel answers at once, or something is wrong. */
#define REPLY_TIMEOUT_S 2

/* TCP_LISTEN as the bit of a mask; unix sockets use the same number. */
#define STATE_LISTEN (1U << 10)

struct dump {
	/* returns false to stop */
	bool (*each)(void *user, const struct nlmsghdr *message);
	void *user;
};

/* 1: go on reading, 0: done, negative: failed */
static int
messages_walk(const struct dump *dump, const char *bytes, size_t length)
{
	/* recv(2) fills a buffer that is aligned for it */
	const struct nlmsghdr *message =
	    (const struct nlmsghdr *)(const void *)bytes;

	while (NLMSG_OK(message, length)) {
		const char *next;
		size_t step = NLMSG_ALIGN(message->nlmsg_len);

		if (message->nlmsg_type == NLMSG_DONE)
			return 0;
		if (message->nlmsg_type == NLMSG_ERROR) {
			struct nlmsgerr error;

			if (message->nlmsg_len < NLMSG_LENGTH(sizeof(error)))
				return -EBADMSG;
			(void)memcpy(&error,
			    (const char *)message + NLMSG_HDRLEN,
			    sizeof(error));
			return error.error < 0 ? error.error : 0;
		}
		if (!dump->each(dump->user, message))
			return 0;
		if (step > length)
			break;
		next = (const char *)message + step;
		length -= step;
		message = (const struct nlmsghdr *)(const void *)next;
	}
	return 1;
}

static int
dump_run(const void *request, size_t request_length, const struct dump *dump)
{
	AUTO_CLOSE int fd =
	    socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	AUTO_FREE char *bytes = mem_alloc(1, REPLY_BYTES);
	struct timeval timeout = {.tv_sec = REPLY_TIMEOUT_S};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int code = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) <
	        0 ||
	    sendto(fd, request, request_length, 0,
	        (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	while (code > 0) {
		struct sockaddr_nl from = {0};
		socklen_t from_length = sizeof(from);
		ssize_t n = recvfrom(fd, bytes, REPLY_BYTES, 0,
		    (struct sockaddr *)&from, &from_length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (from.nl_pid != 0)
			continue; /* not the kernel */
		code = messages_walk(dump, bytes, (size_t)n);
	}
	return code;
}

struct tcp_dump {
	struct arena *arena;
	struct sockdiag_listener *listeners;
	size_t count, size;
};

static bool
is_any_address(const struct inet_diag_msg *socket)
{
	static const uint32_t zero[4];

	return memcmp(socket->id.idiag_src, zero,
	           socket->idiag_family == AF_INET ? 4 : 16) == 0;
}

static bool
is_loopback_address(const struct inet_diag_msg *socket)
{
	const unsigned char *bytes =
	    (const unsigned char *)socket->id.idiag_src;
	static const unsigned char mapped[12] = {
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (socket->idiag_family == AF_INET)
		return bytes[0] == 127;
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return bytes[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(
	    (const struct in6_addr *)(const void *)bytes);
}

/* INET_DIAG_SKV6ONLY comes with a v6 socket; absent, assume the default. */
static bool
is_v6_only(const struct nlmsghdr *message)
{
	size_t at = NLMSG_SPACE(sizeof(struct inet_diag_msg));

	while (at + sizeof(struct rtattr) <= message->nlmsg_len) {
		struct rtattr attr;

		(void)memcpy(&attr, (const char *)message + at, sizeof(attr));
		if (attr.rta_len < sizeof(attr) ||
		    at + attr.rta_len > message->nlmsg_len)
			break;
		if (attr.rta_type == INET_DIAG_SKV6ONLY &&
		    attr.rta_len > sizeof(attr))
			return ((const char *)message)[at + RTA_LENGTH(0)] != 0;
		at += RTA_ALIGN(attr.rta_len);
	}
	return false;
}

static bool
tcp_each(void *user, const struct nlmsghdr *message)
{
	struct tcp_dump *dump = user;
	struct inet_diag_msg socket;
	struct sockdiag_listener *listener;

	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(socket)))
		return true;
	if (dump->count == SOCKDIAG_LISTENERS_MAX)
		return false;
	if (dump->count == dump->size) {
		size_t size = dump->size == 0 ? 32 : dump->size * 2;
		struct sockdiag_listener *more =
		    arena_alloc(dump->arena, size, sizeof(*more));

		if (dump->count != 0)
			(void)memcpy(
			    more, dump->listeners, dump->count * sizeof(*more));
		dump->listeners = more;
		dump->size = size;
	}
	(void)memcpy(
	    &socket, (const char *)message + NLMSG_HDRLEN, sizeof(socket));
	listener = &dump->listeners[dump->count++];
	*listener =
	    (struct sockdiag_listener){.port = ntohs(socket.id.idiag_sport),
	        .is_v6 = socket.idiag_family == AF_INET6,
	        .is_any = is_any_address(&socket),
	        .is_loopback = is_loopback_address(&socket),
	        .inode = socket.idiag_inode,
	        .uid = socket.idiag_uid};
	listener->is_v6_only = listener->is_v6 && is_v6_only(message);
	return true;
}

int
sockdiag_tcp_listeners(struct arena *arena, struct sockdiag_listener **ret,
    size_t *ret_count, struct why *why)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	struct tcp_dump tcp = {.arena = arena};
	struct dump dump = {.each = tcp_each, .user = &tcp};

	for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
		struct {
			struct nlmsghdr head;
			struct inet_diag_req_v2 body;
		} request = {
		    .head = {.nlmsg_len = sizeof(request),
		             .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		    .body = {.sdiag_family = families[i],
		             .sdiag_protocol = IPPROTO_TCP,
		             .idiag_states = STATE_LISTEN             }
                };

		int code = dump_run(&request, sizeof(request), &dump);

		/* a kernel without IPv6 has no such sockets */
		if (code < 0 && !(code == -ENOENT && families[i] == AF_INET6))
			return why_set(why, code,
			    "ask the kernel for listening sockets: %s",
			    strerror(-code));
	}
	*ret = tcp.listeners;
	*ret_count = tcp.count;
	return 0;
}

struct unix_dump {
	uint32_t inode; /* of the file */
	const char *path;
	uint64_t found;
};

/*
 * By the file's inode, or by the name it was bound to: on an overlay the two
 * sides do not agree about inodes, and in a chroot not about names.
 */
static bool
unix_attribute_matches(const struct unix_dump *dump, unsigned type,
    const char *bytes, size_t length)
{
	struct unix_diag_vfs file;

	if (type == UNIX_DIAG_VFS && length >= sizeof(file)) {
		(void)memcpy(&file, bytes, sizeof(file));
		return file.udiag_vfs_ino == dump->inode;
	}
	/* with or without the NUL at its end */
	if (type == UNIX_DIAG_NAME && length != 0)
		return strnlen(bytes, length) == strlen(dump->path) &&
		       strncmp(bytes, dump->path, length) == 0;
	return false;
}

static bool
unix_each(void *user, const struct nlmsghdr *message)
{
	struct unix_dump *dump = user;
	struct unix_diag_msg socket;
	size_t at = NLMSG_SPACE(sizeof(socket));

	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(socket)))
		return true;
	(void)memcpy(
	    &socket, (const char *)message + NLMSG_HDRLEN, sizeof(socket));
	while (at + sizeof(struct rtattr) <= message->nlmsg_len) {
		struct rtattr attr;

		(void)memcpy(&attr, (const char *)message + at, sizeof(attr));
		if (attr.rta_len < sizeof(attr) ||
		    at + attr.rta_len > message->nlmsg_len)
			break;
		if (unix_attribute_matches(dump, attr.rta_type,
		        (const char *)message + at + RTA_LENGTH(0),
		        attr.rta_len - sizeof(attr))) {
			dump->found = socket.udiag_ino;
			return false;
		}
		at += RTA_ALIGN(attr.rta_len);
	}
	return true;
}

int
sockdiag_unix_inode(const char *path, uint64_t *ret, struct why *why)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req body;
	} request = {
	    .head = {.nlmsg_len = sizeof(request),
	             .nlmsg_type = SOCK_DIAG_BY_FAMILY,
	             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	    .body = {.sdiag_family = AF_UNIX,
	             .udiag_states = STATE_LISTEN,
	             .udiag_show = UDIAG_SHOW_VFS             }
        };
	struct unix_dump found = {.path = path};
	struct dump dump = {.each = unix_each, .user = &found};
	struct stat st;
	int code;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : why_errno(why, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return 0;
	/* the kernel tells 32 bits of it */
	found.inode = (uint32_t)st.st_ino;
	code = dump_run(&request, sizeof(request), &dump);
	if (code < 0)
		return why_set(why, code, "ask the kernel for unix sockets: %s",
		    strerror(-code));
	*ret = found.found;
	return found.found != 0 ? 1 : 0;
}
