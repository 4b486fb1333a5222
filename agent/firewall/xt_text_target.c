/*
 * xt_text_target.c - targets of xtables in iptables' words
 *
 * Purpose  "-j REJECT --reject-with tcp-reset", "-j DNAT --to-destination ..."
 * Input    info of the right size, hostile in content
 * Errors   none
 * Runs as  observer
 * Source   iptables-extensions(8)
 */
#include <sys/socket.h>

#include <endian.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_LOG.h>
#include <linux/netfilter/xt_NFLOG.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/xt_text.h"

void
nf_xt_text_reject(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct ipt_reject_info, info, call);
	bool is_ipv4 = call->family == AF_INET;

	static const char *const ipv4[] = {"icmp-net-unreachable",
	    "icmp-host-unreachable", "icmp-proto-unreachable",
	    "icmp-port-unreachable", "echo-reply", "icmp-net-prohibited",
	    "icmp-host-prohibited", "tcp-reset", "icmp-admin-prohibited"};
	static const char *const ipv6[] = {"icmp6-no-route",
	    "icmp6-adm-prohibited", "icmp6-not-neighbour",
	    "icmp6-addr-unreachable", "icmp6-port-unreachable", "echo-reply",
	    "tcp-reset", "icmp6-policy-fail", "icmp6-reject-route"};
	const char *const *names = is_ipv4 ? ipv4 : ipv6;
	unsigned with = info.with;

	_Static_assert(ARRAY_COUNT(ipv4) == ARRAY_COUNT(ipv6), "same number");
	buf_add(out, "-j REJECT --reject-with ");
	if (with < ARRAY_COUNT(ipv4))
		buf_add(out, names[with]);
	else
		buf_addf(out, "%u", with);
}

void
nf_xt_text_log(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_log_info, info, call);

	buf_add(out, "-j LOG");
	if (info.prefix[0]) {
		buf_add(out, " --log-prefix ");
		nf_xt_words_quoted(out, info.prefix, sizeof(info.prefix));
	}
}

void
nf_xt_text_nflog(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_nflog_info, info, call);

	buf_addf(out, "-j NFLOG --nflog-group %u", info.group);
	if (info.prefix[0]) {
		buf_add(out, " --nflog-prefix ");
		nf_xt_words_quoted(out, info.prefix, sizeof(info.prefix));
	}
}

static void
add_nat(struct buf *out, const struct nf_xt_call *call,
    const struct nf_nat_range2 *range)
{
	const char *name = call->expr->xt.name;
	bool is_ipv6 = call->family == AF_INET6;
	bool has_address = range->flags & NF_NAT_RANGE_MAP_IPS;
	bool has_port = range->flags & NF_NAT_RANGE_PROTO_SPECIFIED;
	unsigned min = be16toh(range->min_proto.all);
	unsigned max = be16toh(range->max_proto.all);

	buf_addf(out, "-j %s", name);
	if (strcmp(name, "REDIRECT") == 0 || strcmp(name, "MASQUERADE") == 0) {
		has_address = false;
		buf_add(out, has_port ? " --to-ports " : "");
	} else if (has_address || has_port) {
		buf_addf(out, " --to-%s ",
		    strcmp(name, "DNAT") == 0 ? "destination" : "source");
	}
	if (has_address) {
		bool is_range = memcmp(&range->min_addr, &range->max_addr,
		                    nf_xt_address_length(call->family)) != 0;

		buf_add(out, is_ipv6 && has_port ? "[" : "");
		nf_xt_words_address(out, call->family, &range->min_addr);
		if (is_range) {
			buf_add_char(out, '-');
			nf_xt_words_address(
			    out, call->family, &range->max_addr);
		}
		buf_add(out, is_ipv6 && has_port ? "]" : "");
		buf_add(out, has_port ? ":" : "");
	} else if (has_port && strncmp(name, "DNAT", 4) == 0) {
		buf_add_char(out, ':');
	}
	if (has_port && min == max)
		buf_addf(out, "%u", min);
	else if (has_port)
		buf_addf(out, "%u-%u", min, max);
}

void
nf_xt_text_nat_v0(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_ipv4_multi_range_compat, old, call);
	struct nf_nat_range2 range = {
	    .flags = old.range[0].flags,
	    .min_addr = {.ip = old.range[0].min_ip},
	    .max_addr = {.ip = old.range[0].max_ip},
	    .min_proto = old.range[0].min,
	    .max_proto = old.range[0].max,
	};

	add_nat(out, call, &range);
}

/* A later revision only adds a field at the end, which is not told. */
void
nf_xt_text_nat(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_range, old, call);
	struct nf_nat_range2 range = {
	    .flags = old.flags,
	    .min_addr = old.min_addr,
	    .max_addr = old.max_addr,
	    .min_proto = old.min_proto,
	    .max_proto = old.max_proto,
	};

	add_nat(out, call, &range);
}

void
nf_xt_text_mark_set(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_mark_tginfo2, info, call);

	buf_add(out, "-j MARK --set-xmark ");
	buf_addf(out, "0x%x/0x%x", info.mark, info.mask);
}

void
nf_xt_text_connmark_set(struct buf *out, const struct nf_xt_call *call)
{
	/* the second revision has the mode two bytes later */
	XT_INFO(struct xt_connmark_tginfo2, info, call);
	unsigned mode =
	    call->expr->xt.revision < 2 ? info.shift_dir : info.mode;

	buf_add(out, "-j CONNMARK");
	if (mode == XT_CONNMARK_SET)
		buf_addf(
		    out, " --set-xmark 0x%x/0x%x", info.ctmark, info.ctmask);
	else if (mode == XT_CONNMARK_SAVE)
		buf_addf(out, " --save-mark --nfmask 0x%x --ctmask 0x%x",
		    info.nfmask, info.ctmask);
	else if (mode == XT_CONNMARK_RESTORE)
		buf_addf(out, " --restore-mark --nfmask 0x%x --ctmask 0x%x",
		    info.nfmask, info.ctmask);
}

/* The revisions begin alike. */
void
nf_xt_text_ct(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_ct_target_info, info, call);

	buf_add(out, "-j CT");
	if (info.flags & XT_CT_NOTRACK)
		buf_add(out, " --notrack");
	if (info.helper[0]) {
		buf_add(out, " --helper ");
		nf_xt_words_quoted(out, info.helper, sizeof(info.helper));
	}
	if (info.flags & XT_CT_ZONE_MARK)
		buf_add(out, " --zone mark");
	else if (info.zone)
		buf_addf(out, " --zone %u", info.zone);
}

/* Later revisions add to it; all have the number first. */
void
nf_xt_text_queue(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_NFQ_info, info, call);

	buf_addf(out, "-j NFQUEUE --queue-num %u", info.queuenum);
}
