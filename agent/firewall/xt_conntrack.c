/*
 * xt_conntrack.c - matches of the compatibility layer about the connection
 *
 * Purpose  conntrack of three revisions, state, connmark, helper
 * Input    info of the right size, hostile in content
 * Unknown  what nat chose for the answers; when it expires
 * Errors   none
 * Runs as  observer
 * Source   conntrack_mt() in net/netfilter/xt_conntrack.c of the kernel
 */
#include <sys/socket.h>

#include <endian.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_helper.h>
#include <linux/netfilter/xt_state.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/xt.h"

/* Status bits that a connection's first two packets have or have not. */
#define STATUS_KNOWN                                                           \
	(IPS_EXPECTED | IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED |         \
	    IPS_SRC_NAT | IPS_DST_NAT)

static unsigned
state_bit(const struct nf_packet *packet)
{
	if (packet->is_tracked)
		return XT_CONNTRACK_STATE_BIT(
		    packet->is_reply || packet->is_later ? IP_CT_ESTABLISHED
		                                         : IP_CT_NEW);
	return packet->is_untracked ? XT_CONNTRACK_STATE_UNTRACKED
	                            : XT_CONNTRACK_STATE_INVALID;
}

struct nf_match
nf_xt_state(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_state_info, info, call);
	unsigned bit = state_bit(call->packet);

	if (bit == XT_CONNTRACK_STATE_UNTRACKED)
		bit = XT_STATE_UNTRACKED;
	return nf_xt_is(info.statemask & bit);
}

static bool
state_match(const struct nf_packet *packet, unsigned mask)
{
	unsigned bits = state_bit(packet);

	if (packet->is_tracked && packet->is_snat)
		bits |= XT_CONNTRACK_STATE_SNAT;
	if (packet->is_tracked && packet->is_dnat)
		bits |= XT_CONNTRACK_STATE_DNAT;
	return mask & bits;
}

static struct nf_match
status_match(const struct nf_packet *packet, unsigned mask)
{
	unsigned status = 0;

	if (packet->is_reply || packet->is_later)
		status |= IPS_SEEN_REPLY;
	if (packet->is_later)
		status |= IPS_ASSURED;
	if (packet->is_confirmed)
		status |= IPS_CONFIRMED;
	if (packet->is_snat)
		status |= IPS_SRC_NAT;
	if (packet->is_dnat)
		status |= IPS_DST_NAT;
	if (mask & status)
		return nf_xt_is(true);
	if (mask & ~(unsigned)STATUS_KNOWN)
		return nf_xt_unknown("a status of the connection");
	return nf_xt_is(false);
}

static struct nf_match
address_match(const struct nf_address *address, const union nf_inet_addr *want,
    const union nf_inet_addr *mask)
{
	size_t length = nf_xt_address_length(address->family);
	const uint8_t *w = (const uint8_t *)want, *m = (const uint8_t *)mask;

	for (size_t i = 0; i < length; i++) {
		if ((address->bytes[i] ^ w[i]) & m[i])
			return nf_xt_is(false);
	}
	return nf_xt_is(true);
}

static struct nf_match
addresses_match(
    const struct nf_packet *packet, const struct xt_conntrack_mtinfo3 *info)
{
	struct nf_match match = nf_xt_is(true);
	unsigned flags = info->match_flags, inverted = info->invert_flags;

	if (flags & XT_CONNTRACK_ORIGSRC)
		match = nf_xt_and(match,
		    nf_xt_invert(address_match(&packet->original_from,
		                     &info->origsrc_addr, &info->origsrc_mask),
		        inverted & XT_CONNTRACK_ORIGSRC));
	if (flags & XT_CONNTRACK_ORIGDST)
		match = nf_xt_and(match,
		    nf_xt_invert(address_match(&packet->original_to,
		                     &info->origdst_addr, &info->origdst_mask),
		        inverted & XT_CONNTRACK_ORIGDST));
	if (flags & XT_CONNTRACK_REPLSRC)
		match = nf_xt_and(match,
		    nf_xt_invert(address_match(&packet->reply_from,
		                     &info->replsrc_addr, &info->replsrc_mask),
		        inverted & XT_CONNTRACK_REPLSRC));
	if (flags & XT_CONNTRACK_REPLDST)
		match = nf_xt_and(match,
		    nf_xt_invert(address_match(&packet->reply_to,
		                     &info->repldst_addr, &info->repldst_mask),
		        inverted & XT_CONNTRACK_REPLDST));
	return match;
}

/* Port 0: not known; then it is one that the client chose. */
static struct nf_match
port_match(unsigned port, unsigned from, unsigned to)
{
	if (port == 0)
		return nf_xt_maybe(
		    false, "the port that the client comes from");
	return nf_xt_is(port >= from && port <= to);
}

static struct nf_match
ports_match(
    const struct nf_packet *packet, const struct xt_conntrack_mtinfo3 *info)
{
	const struct {
		unsigned flag, port, from, to;
	} ports[] = {
	    {XT_CONNTRACK_ORIGSRC_PORT, packet->original_source_port,
             info->origsrc_port,	                                                  info->origsrc_port_high},
	    {XT_CONNTRACK_ORIGDST_PORT, packet->original_port,
             info->origdst_port,	                                                  info->origdst_port_high},
	    {XT_CONNTRACK_REPLSRC_PORT, packet->reply_port,           info->replsrc_port,
             info->replsrc_port_high	                                                                     },

	    {XT_CONNTRACK_REPLDST_PORT, packet->original_source_port,
             info->repldst_port,	                                                  info->repldst_port_high},
	};
	struct nf_match match = nf_xt_is(true);

	for (size_t i = 0; i < ARRAY_COUNT(ports); i++) {
		struct nf_match one;

		if (!(info->match_flags & ports[i].flag))
			continue;
		/* masquerading may take another source port */
		if (ports[i].flag == XT_CONNTRACK_REPLDST_PORT &&
		    packet->is_snat)
			one = nf_xt_maybe(false, "ports behind nat");

		else
			one = port_match(
			    ports[i].port, ports[i].from, ports[i].to);
		match = nf_xt_and(match,
		    nf_xt_invert(one, info->invert_flags & ports[i].flag));
	}
	return match;
}

static struct nf_match
conntrack(
    const struct nf_packet *packet, const struct xt_conntrack_mtinfo3 *info)
{
	unsigned flags = info->match_flags, inverted = info->invert_flags;
	struct nf_match match = nf_xt_is(true);

	if ((flags & XT_CONNTRACK_STATE) &&
	    state_match(packet, info->state_mask) ==
	        !!(inverted & XT_CONNTRACK_STATE))
		return nf_xt_is(false);
	if (!packet->is_tracked)
		return nf_xt_is(flags & XT_CONNTRACK_STATE);
	/* with the flag inverted, the direction is the reply's */
	if ((flags & XT_CONNTRACK_DIRECTION) &&
	    packet->is_reply != !!(inverted & XT_CONNTRACK_DIRECTION))
		return nf_xt_is(false);
	match = nf_xt_and(match, addresses_match(packet, info));
	if ((flags & XT_CONNTRACK_PROTO) &&
	    (info->l4proto == IPPROTO_TCP) == !!(inverted & XT_CONNTRACK_PROTO))
		return nf_xt_is(false);
	match = nf_xt_and(match, ports_match(packet, info));
	if (flags & XT_CONNTRACK_STATUS)
		match = nf_xt_and(
		    match, nf_xt_invert(status_match(packet, info->status_mask),
		               inverted & XT_CONNTRACK_STATUS));
	if (flags & XT_CONNTRACK_EXPIRES)
		match = nf_xt_and(
		    match, nf_xt_maybe(false, "when the connection expires"));
	return match;
}

struct nf_match
nf_xt_conntrack(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_conntrack_mtinfo3, info, call);

	return conntrack(call->packet, &info);
}

/* Before revision 3 a port is one, in network order. */
static void
ports_from_old(struct xt_conntrack_mtinfo3 *info)
{
	info->origsrc_port = be16toh(info->origsrc_port);
	info->origdst_port = be16toh(info->origdst_port);
	info->replsrc_port = be16toh(info->replsrc_port);
	info->repldst_port = be16toh(info->repldst_port);
	info->origsrc_port_high = info->origsrc_port;
	info->origdst_port_high = info->origdst_port;
	info->replsrc_port_high = info->replsrc_port;
	info->repldst_port_high = info->repldst_port;
}

struct nf_match
nf_xt_conntrack_v2(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_conntrack_mtinfo2, old, call);
	struct xt_conntrack_mtinfo3 info = {0};

	(void)memcpy(&info, &old, sizeof(old));
	ports_from_old(&info);
	return conntrack(call->packet, &info);
}

struct nf_match
nf_xt_conntrack_v1(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_conntrack_mtinfo1, old, call);
	struct xt_conntrack_mtinfo3 info = {0};

	(void)memcpy(
	    &info, &old, offsetof(struct xt_conntrack_mtinfo1, state_mask));
	info.state_mask = old.state_mask;
	info.status_mask = old.status_mask;
	ports_from_old(&info);
	return conntrack(call->packet, &info);
}

struct nf_match
nf_xt_connmark(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_connmark_mtinfo1, info, call);
	struct nf_number mark = call->packet->ct_mark;

	if (!call->packet->is_tracked)
		return nf_xt_is(false);
	if (!mark.is_known)
		return nf_xt_unknown("the mark of the connection");
	return nf_xt_invert(
	    nf_xt_is((mark.value & info.mask) == info.mark), info.invert);
}

/* A new connection that no helper expected has no master. */
struct nf_match
nf_xt_helper(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_helper_info, info, call);

	return nf_xt_is(info.invert);
}
