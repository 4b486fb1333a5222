/*
 * nft_talk.c - one exchange with nf_tables
 *
 * Purpose  ask and hear all of the answer; send a batch and hear how it went
 * Input    messages of the kernel; sizes are checked all the same
 * Errors   negative errno
 * Runs as  actor
 * Source   nft_write.c; libmnl's mnl_cb_run does not fit a batch: it ends at
 *          the first ack, and an echo may come before or after it
 */
#include "agent/sys/nft_talk.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

/* The kernel answers at once; a commit waits for a grace period (some 10 ms). */
#define ANSWER_S 5

/* Answers to a batch: an echo, three acks, each at most twice. */
#define BATCH_MESSAGES_MAX 64

int
nft_talk_open(struct nft_talk *ret, struct why *why)
{
	const struct timeval limit = {.tv_sec = ANSWER_S};
	struct nft_talk talk = NFT_TALK_NONE;

	talk.socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (talk.socket == NULL)
		return why_errno(why, "netlink socket");
	if (mnl_socket_bind(talk.socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(talk.socket), SOL_SOCKET, SO_RCVTIMEO,
	        &limit, sizeof(limit)) < 0) {
		int r = why_errno(why, "netlink socket");

		nft_talk_close(&talk);
		return r;
	}
	talk.port_id = mnl_socket_get_portid(talk.socket);
	/* never 0, which the kernel uses for what nobody asked */
	talk.sequence = (uint32_t)time(NULL) | 1U;
	*ret = talk;
	return 0;
}

void
nft_talk_close(struct nft_talk *talk)
{
	if (talk->socket != NULL)
		(void)mnl_socket_close(talk->socket);
	talk->socket = NULL;
}

/* Bytes received, or a negative errno. */
static int
talk_receive(struct nft_talk *talk, char bytes[static NFT_TALK_BYTES])
{
	ssize_t length;

	do
		length =
		    mnl_socket_recvfrom(talk->socket, bytes, NFT_TALK_BYTES);
	while (length < 0 && errno == EINTR);
	if (length >= 0)
		return (int)length;
	return errno == EAGAIN ? -ETIMEDOUT : -errno;
}

static int
talk_send(struct nft_talk *talk, const void *bytes, size_t length)
{
	ssize_t sent = mnl_socket_sendto(talk->socket, bytes, length);

	if (sent < 0)
		return -errno;
	return (size_t)sent == length ? 0 : -EIO;
}

/* The number in an error message; 0 is an ack. */
static int
error_of(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(error->error))
		return -EBADMSG;
	error = mnl_nlmsg_get_payload(message);
	return error->error > 0 ? -EBADMSG : error->error;
}

struct dump {
	int (*each)(void *user, const struct nlmsghdr *message);
	void *user;
};

static int
dump_take(const struct nlmsghdr *message, void *user)
{
	struct dump *dump = user;
	int r = dump->each(dump->user, message);

	if (r < 0)
		errno = -r;
	return r < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

int
nft_talk_dump(struct nft_talk *talk, const struct nlmsghdr *request,
    int (*each)(void *user, const struct nlmsghdr *message), void *user)
{
	char bytes[NFT_TALK_BYTES];
	struct dump dump = {.each = each, .user = user};
	int r = talk_send(talk, request, request->nlmsg_len);

	for (int state = MNL_CB_OK; r >= 0 && state == MNL_CB_OK;) {
		r = talk_receive(talk, bytes);
		if (r < 0)
			break;
		/* EINTR: the kernel says that the dump is not whole */
		state = mnl_cb_run(bytes, (size_t)r, request->nlmsg_seq,
		    talk->port_id, dump_take, &dump);
		if (state == MNL_CB_ERROR)
			r = -errno;
	}
	return r < 0 ? r : 0;
}

const struct nlattr *
nft_talk_attr(const struct nlmsghdr *message, uint16_t type, size_t length)
{
	const size_t header = sizeof(struct nfgenmsg); /* 4: aligned */
	size_t size = mnl_nlmsg_get_payload_len(message);
	const struct nlattr *attr;
	int left;

	if (size < header || size > INT_MAX)
		return NULL;
	left = (int)(size - header);
	attr = mnl_nlmsg_get_payload_offset(message, header);
	while (mnl_attr_ok(attr, left)) {
		if (mnl_attr_get_type(attr) == type &&
		    (length == 0 || mnl_attr_get_payload_len(attr) == length))
			return attr;
		left -= (int)MNL_ALIGN(attr->nla_len);
		attr = mnl_attr_next(attr);
	}
	return NULL;
}

struct batch {
	uint32_t first;
	uint64_t handle;
	bool is_acked;
	unsigned messages;
};

/* 1: it is over; 0: more will come; negative: refused */
static int
batch_take(struct batch *batch, const struct nlmsghdr *message)
{
	uint32_t number = message->nlmsg_seq - batch->first;
	int r;

	batch->messages++;
	if (number > 2)
		return 0;
	if (message->nlmsg_type == NLMSG_ERROR) {
		r = error_of(message);
		if (r < 0)
			return r;
		batch->is_acked |= number == 1;
	} else if (message->nlmsg_type ==
	               (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE) &&
	           number == 1) {
		const struct nlattr *attr =
		    nft_talk_attr(message, NFTA_RULE_HANDLE, sizeof(uint64_t));

		if (attr != NULL)
			batch->handle = be64toh(mnl_attr_get_u64(attr));
	}
	return 0;
}

int
nft_talk_batch(struct nft_talk *talk, const void *bytes, size_t length,
    uint32_t first, uint64_t *ret_handle)
{
	char answer[NFT_TALK_BYTES];
	struct batch batch = {.first = first};
	int r = talk_send(talk, bytes, length);

	/* an echo is queued before the acks, for the commit makes it */
	while (r >= 0 && !batch.is_acked) {
		const struct nlmsghdr *message = (const void *)answer;
		int left;

		r = talk_receive(talk, answer);
		for (left = r; r >= 0 && mnl_nlmsg_ok(message, left);
		     message = mnl_nlmsg_next(message, &left)) {
			int taken = batch_take(&batch, message);

			if (taken < 0)
				r = taken;
		}
		if (r >= 0 && batch.messages > BATCH_MESSAGES_MAX)
			r = -EBADMSG;
	}
	if (r < 0)
		return r;
	*ret_handle = batch.handle;
	return 0;
}

/* libnftnl says NULL for want of memory only, as far as we ask it. */
static void
need(const void *object)
{
	if (object == NULL)
		_exit(EX_OSERR);
}

struct nftnl_expr *
nft_expr_new(const char *name)
{
	struct nftnl_expr *expr = nftnl_expr_alloc(name);

	need(expr);
	return expr;
}

struct nftnl_rule *
nft_rule_new(void)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	need(rule);
	return rule;
}
