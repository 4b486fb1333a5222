/*
 * nft_link.c - the socket to the rules, and the process that asks over it
 *
 * Purpose  let a process without rights read rules: another one asks for it
 * Input    the asker: fixed-size records of a process that read hostile bytes
 * Errors   negative errno
 * Runs as  opened by the actor; the asker is _mailfix with CAP_NET_ADMIN only
 * Source   netlink_ns_capable in net/netlink/af_netlink.c: who opened the socket
 *          and who sends must both have the capability, who receives need not
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/sys/nft_ask.h"
#include "agent/sys/sandbox.h"

/* The kernel's first part of each dump; a question takes some microseconds. */
#define ASKER_CPU_S 60

static int
question_send(int fd, const struct nft_question *question)
{
	uint32_t buffer[NFT_QUESTION_BYTES / sizeof(uint32_t)] = {0};
	const struct nlmsghdr *message = nft_question_build(question, buffer);

	return message != NULL ? netlink_send(fd, message) : -EINVAL;
}

/* Until nobody holds the other end any more. */
static void
asker_run(int wire, int fd)
{
	for (;;) {
		struct nft_question question;
		int32_t code;
		ssize_t n = recv(wire, &question, sizeof(question), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(question))
			return;
		code = question_send(fd, &question);
		if (send(wire, &code, sizeof(code), MSG_NOSIGNAL) < 0)
			return;
	}
}

static void __attribute__((noreturn))
asker_begin(const struct sandbox *sandbox, int wire, int fd)
{
	int fds[] = {wire, fd};
	struct why why = {0};

	if (sandbox_drop(sandbox, fds, ARRAY_COUNT(fds), &why) < 0 ||
	    sandbox_seal(sandbox, NULL, &why) < 0)
		_exit(1);
	asker_run(fds[0], fds[1]);
	_exit(0);
}

static int
asker_start(struct nft_link *link, struct why *why)
{
	struct sandbox_user user;
	struct sandbox_filter filter = {0};
	struct sandbox sandbox = {.needs = SANDBOX_UNIX | SANDBOX_NETLINK |
	                                   SANDBOX_NET_ADMIN | SANDBOX_NO_OPEN,
	    .parent = getpid(),
	    .cpu_s = ASKER_CPU_S};
	int wires[2], r = 0;
	pid_t pid;

	if (sandbox_has_seccomp()) {
		r = sandbox_filter_build(sandbox.needs, &filter, why);
		sandbox.filter = &filter;
	}
	if (r < 0)
		return r;
	if (geteuid() == 0) {
		sandbox_user_find(&user);
		sandbox.user = &user;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wires) < 0) {
		sandbox_filter_done(&filter);
		return why_errno(why, "make a socket pair");
	}
	pid = fork();
	if (pid == 0)
		asker_begin(&sandbox, wires[1], link->fd);
	r = errno;
	sandbox_filter_done(&filter);
	(void)close(wires[1]);
	if (pid < 0) {
		(void)close(wires[0]);
		return why_set(why, -r, "start a process: %s", strerror(r));
	}
	link->asker = wires[0];
	link->helper = pid;
	return 0;
}

static int
nothing(void *user, const struct nlmsghdr *message)
{
	(void)user;
	(void)message;
	return 0;
}

/* The first question tells whether any will be answered. */
static int
link_try(struct nft_link *link, struct why *why)
{
	AUTO_FREE void *buffer = mem_alloc(1, NETLINK_BYTES);
	struct nft_question question = {
	    .ask = NFT_ASK_GENERATION, .seq = ++link->seq};
	struct netlink_walk walk = {.seq = question.seq, .each = nothing};
	int r = question_send(link->fd, &question);

	if (r == 0)
		r = netlink_walk(link->fd, buffer, &walk);
	/* EINVAL: nobody answers to that subsystem */
	if (r == -EINVAL || r == -EOPNOTSUPP)
		return why_set(
		    why, -EOPNOTSUPP, "this kernel has no nf_tables");
	if (r == -EPERM)
		return why_set(
		    why, r, "the firewall's rules can be read by root only");
	return r < 0 ? why_set(why, r, "ask for the firewall's rules: %s",
	                   strerror(-r))
	             : 0;
}

int
nft_link_open(bool is_apart, struct nft_link *ret, struct why *why)
{
	struct nft_link link = {.asker = -1};
	AUTO_CLOSE int fd = netlink_open(NETLINK_NETFILTER, why);
	int r;

	if (fd < 0)
		return fd == -EPROTONOSUPPORT ? -EOPNOTSUPP : fd;
	link.fd = fd;
	r = link_try(&link, why);
	if (r < 0)
		return r;
	nft_legacy_look(link.legacy_ipv4, link.legacy_ipv6);
	if (is_apart)
		r = asker_start(&link, why);
	if (r < 0)
		return r;
	(void)TAKE_FD(fd);
	*ret = link;
	return 0;
}

/* It has nothing to lose: killed, for somebody may still hold the other end. */
void
nft_link_close(struct nft_link *link)
{
	if (link->fd >= 0)
		(void)close(link->fd);
	if (link->asker >= 0)
		(void)close(link->asker);
	if (link->helper > 0) {
		(void)kill(link->helper, SIGKILL);
		while (waitpid(link->helper, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*link = (struct nft_link){.fd = -1, .asker = -1};
}

int
nft_link_ask(const struct nft_link *link, const struct nft_question *question)
{
	int32_t code;
	ssize_t n;

	if (link->asker < 0)
		return question_send(link->fd, question);
	if (send(link->asker, question, sizeof(*question), MSG_NOSIGNAL) < 0)
		return -errno;
	do
		n = recv(link->asker, &code, sizeof(code), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof(code) ? code : -EPIPE;
}
