/*
 * xt_text_match.c - matches about the packet in iptables' words
 *
 * Purpose  "-m multiport --dports 25,465", "-m addrtype --dst-type LOCAL"
 * Input    info of the right size, hostile in content
 * Errors   none
 * Runs as  observer
 * Source   iptables-extensions(8)
 */
#include <sys/socket.h>

#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_physdev.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/xt_text.h"

#define PORT_MAX 65535U

static void
add_ports(
    struct buf *out, const char *name, const uint16_t *ports, bool is_inverted)
{
	if (ports[0] == 0 && ports[1] == PORT_MAX && !is_inverted)
		return;
	nf_xt_words_option(out, is_inverted, name);
	buf_add_char(out, ' ');
	nf_xt_words_range(out, ports[0], ports[1]);
}

static const char *const tcp_flags[] = {
    "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};

void
nf_xt_text_tcp(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_tcp, info, call);

	buf_add(out, "-m tcp");
	add_ports(out, "sport", info.spts, info.invflags & XT_TCP_INV_SRCPT);
	add_ports(out, "dport", info.dpts, info.invflags & XT_TCP_INV_DSTPT);
	if (info.flg_mask) {
		nf_xt_words_option(
		    out, info.invflags & XT_TCP_INV_FLAGS, "tcp-flags ");
		nf_xt_words_bits(
		    out, info.flg_mask, tcp_flags, ARRAY_COUNT(tcp_flags));
		buf_add(out, info.flg_cmp ? " " : " NONE");
		nf_xt_words_bits(
		    out, info.flg_cmp, tcp_flags, ARRAY_COUNT(tcp_flags));
	}
	if (info.option) {
		nf_xt_words_option(
		    out, info.invflags & XT_TCP_INV_OPTION, "tcp-option");
		buf_addf(out, " %u", info.option);
	}
}

void
nf_xt_text_udp(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_udp, info, call);

	buf_add(out, "-m udp");
	add_ports(out, "sport", info.spts, info.invflags & XT_UDP_INV_SRCPT);
	add_ports(out, "dport", info.dpts, info.invflags & XT_UDP_INV_DSTPT);
}

static void
add_multiport(struct buf *out, const struct xt_multiport_v1 *info)
{
	static const char *const names[] = {
	    [XT_MULTIPORT_SOURCE] = "sports ",
	    [XT_MULTIPORT_DESTINATION] = "dports ",
	    [XT_MULTIPORT_EITHER] = "ports ",
	};

	buf_add(out, "-m multiport");
	nf_xt_words_option(out, info->invert,
	    info->flags < ARRAY_COUNT(names) ? names[info->flags] : "? ");
	for (size_t i = 0; i < info->count && i < XT_MULTI_PORTS; i++) {
		unsigned from = info->ports[i], to = from;

		buf_add(out, i > 0 ? "," : "");
		if (info->pflags[i] && i + 1 < XT_MULTI_PORTS)
			to = info->ports[++i];
		nf_xt_words_range(out, from, to);
	}
}

void
nf_xt_text_multiport(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_multiport_v1, info, call);

	add_multiport(out, &info);
}

void
nf_xt_text_multiport_v0(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_multiport, old, call);
	struct xt_multiport_v1 info = {0};

	(void)memcpy(&info, &old, sizeof(old));
	add_multiport(out, &info);
}

void
nf_xt_text_comment(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_comment_info, info, call);

	buf_add(out, "-m comment --comment ");
	nf_xt_words_quoted(out, info.comment, sizeof(info.comment));
}

static const char *const types[] = {"UNSPEC", "UNICAST", "LOCAL", "BROADCAST",
    "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW",
    "NAT", "XRESOLVE"};

void
nf_xt_text_addrtype(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_addrtype_info_v1, info, call);

	buf_add(out, "-m addrtype");
	if (info.source) {
		nf_xt_words_option(
		    out, info.flags & XT_ADDRTYPE_INVERT_SOURCE, "src-type ");
		nf_xt_words_bits(out, info.source, types, ARRAY_COUNT(types));
	}
	if (info.dest) {
		nf_xt_words_option(
		    out, info.flags & XT_ADDRTYPE_INVERT_DEST, "dst-type ");
		nf_xt_words_bits(out, info.dest, types, ARRAY_COUNT(types));
	}
	if (info.flags & XT_ADDRTYPE_LIMIT_IFACE_IN)
		buf_add(out, " --limit-iface-in");
	if (info.flags & XT_ADDRTYPE_LIMIT_IFACE_OUT)
		buf_add(out, " --limit-iface-out");
}

void
nf_xt_text_iprange(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_iprange_mtinfo, info, call);

	buf_add(out, "-m iprange");
	if (info.flags & IPRANGE_SRC) {
		nf_xt_words_option(
		    out, info.flags & IPRANGE_SRC_INV, "src-range ");
		nf_xt_words_address(out, call->family, &info.src_min);
		buf_add_char(out, '-');
		nf_xt_words_address(out, call->family, &info.src_max);
	}
	if (info.flags & IPRANGE_DST) {
		nf_xt_words_option(
		    out, info.flags & IPRANGE_DST_INV, "dst-range ");
		nf_xt_words_address(out, call->family, &info.dst_min);
		buf_add_char(out, '-');
		nf_xt_words_address(out, call->family, &info.dst_max);
	}
}

void
nf_xt_text_length(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_length_info, info, call);

	buf_add(out, "-m length");
	nf_xt_words_option(out, info.invert, "length ");
	nf_xt_words_range(out, info.min, info.max);
}

static void
add_ttl(struct buf *out, const struct nf_xt_call *call, const char *name)
{
	XT_INFO(struct ipt_ttl_info, info, call);

	static const char *const modes[] = {[IPT_TTL_EQ] = "eq",
	    [IPT_TTL_NE] = "eq",
	    [IPT_TTL_LT] = "lt",
	    [IPT_TTL_GT] = "gt"};

	buf_addf(out, "-m %s%s --%s-%s %u", name,
	    info.mode == IPT_TTL_NE ? " !" : "", name,
	    info.mode < ARRAY_COUNT(modes) ? modes[info.mode] : "?", info.ttl);
}

void
nf_xt_text_ttl(struct buf *out, const struct nf_xt_call *call)
{
	add_ttl(out, call, "ttl");
}

void
nf_xt_text_hl(struct buf *out, const struct nf_xt_call *call)
{
	add_ttl(out, call, "hl");
}

/* connmark has the same layout */
void
nf_xt_text_mark(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_mark_mtinfo1, info, call);

	buf_addf(out, "-m %s", call->expr->xt.name);
	nf_xt_words_option(out, info.invert, "mark ");
	nf_xt_words_mark(out, info.mark, info.mask);
}

static void
add_ids(struct buf *out, const char *name, bool is_inverted, uint32_t min,
    uint32_t max)
{
	nf_xt_words_option(out, is_inverted, name);
	if (min == max)
		buf_addf(out, " %u", min);
	else
		buf_addf(out, " %u-%u", min, max);
}

void
nf_xt_text_owner(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_owner_match_info, info, call);

	buf_add(out, "-m owner");
	if (info.match & XT_OWNER_SOCKET)
		nf_xt_words_option(
		    out, info.invert & XT_OWNER_SOCKET, "socket-exists");
	if (info.match & XT_OWNER_UID)
		add_ids(out, "uid-owner", info.invert & XT_OWNER_UID,
		    info.uid_min, info.uid_max);
	if (info.match & XT_OWNER_GID)
		add_ids(out, "gid-owner", info.invert & XT_OWNER_GID,
		    info.gid_min, info.gid_max);
	if (info.match & XT_OWNER_SUPPL_GROUPS)
		buf_add(out, " --suppl-groups");
}

/* The layouts of both families are alike. */
void
nf_xt_text_icmp(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct ipt_icmp, info, call);
	bool is_ipv6 = strcmp(call->expr->xt.name, "icmp6") == 0;

	buf_addf(out, "-m %s", call->expr->xt.name);
	nf_xt_words_option(out, info.invflags & IPT_ICMP_INV,
	    is_ipv6 ? "icmpv6-type" : "icmp-type");
	if (info.type == 0xff && !is_ipv6)
		buf_add(out, " any");
	else
		buf_addf(out, " %u", info.type);
	if (info.code[0] == info.code[1])
		buf_addf(out, "/%u", info.code[0]);
}

void
nf_xt_text_pkttype(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_pkttype_info, info, call);

	static const char *const names[] = {
	    "unicast", "broadcast", "multicast"};

	buf_add(out, "-m pkttype");
	nf_xt_words_option(out, info.invert, "pkt-type ");
	if (info.pkttype >= 0 && (size_t)info.pkttype < ARRAY_COUNT(names))
		buf_add(out, names[info.pkttype]);
	else
		buf_addf(out, "%d", info.pkttype);
}

/* The name of a set is not in the rule, but its number. */
void
nf_xt_text_set(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_set_info, info, call);

	buf_add(out, "-m set");
	nf_xt_words_option(out, info.flags & IPSET_INV_MATCH, "match-set ");
	buf_addf(out, "[number %u] ", info.index);
	for (unsigned i = 0; i < info.dim && i < IPSET_DIM_MAX; i++)
		buf_addf(out, "%s%s", i > 0 ? "," : "",
		    info.flags & 2U << i ? "src" : "dst");
}

void
nf_xt_text_mac(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_mac_info, info, call);

	buf_add(out, "-m mac");
	nf_xt_words_option(out, info.invert, "mac-source ");
	for (size_t i = 0; i < sizeof(info.srcaddr); i++)
		buf_addf(out, "%s%02x", i > 0 ? ":" : "", info.srcaddr[i]);
}

void
nf_xt_text_physdev(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_physdev_info, info, call);
	unsigned invert = info.invert;

	buf_add(out, "-m physdev");
	if (info.bitmask & XT_PHYSDEV_OP_ISIN)
		nf_xt_words_option(
		    out, invert & XT_PHYSDEV_OP_ISIN, "physdev-is-in");
	if (info.bitmask & XT_PHYSDEV_OP_IN) {
		nf_xt_words_option(
		    out, invert & XT_PHYSDEV_OP_IN, "physdev-in ");
		nf_xt_words_quoted(out, info.physindev, sizeof(info.physindev));
	}
	if (info.bitmask & XT_PHYSDEV_OP_ISOUT)
		nf_xt_words_option(
		    out, invert & XT_PHYSDEV_OP_ISOUT, "physdev-is-out");
	if (info.bitmask & XT_PHYSDEV_OP_OUT) {
		nf_xt_words_option(
		    out, invert & XT_PHYSDEV_OP_OUT, "physdev-out ");
		nf_xt_words_quoted(
		    out, info.physoutdev, sizeof(info.physoutdev));
	}
	if (info.bitmask & XT_PHYSDEV_OP_BRIDGED)
		nf_xt_words_option(
		    out, invert & XT_PHYSDEV_OP_BRIDGED, "physdev-is-bridged");
}
