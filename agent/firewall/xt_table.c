/*
 * xt_table.c - the matches and targets of xtables that are known, one row each
 *
 * Purpose  from name, revision, size and family to the functions
 * Input    names, revisions and sizes of any program: hostile
 * Unknown  whatever has no row
 * Errors   none
 * Runs as  observer
 * Source   linux/netfilter/xt_*.h, netfilter_ipv4/ipt_*.h, netfilter_ipv6/
 *          ip6t_*.h for the layouts; the kernel pads them to XT_ALIGN
 */
#include <sys/socket.h>

#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_LOG.h>
#include <linux/netfilter/xt_NFLOG.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_TPROXY.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_connbytes.h>
#include <linux/netfilter/xt_connlimit.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_cpu.h>
#include <linux/netfilter/xt_devgroup.h>
#include <linux/netfilter/xt_dscp.h>
#include <linux/netfilter/xt_ecn.h>
#include <linux/netfilter/xt_hashlimit.h>
#include <linux/netfilter/xt_helper.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_physdev.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_policy.h>
#include <linux/netfilter/xt_quota.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter/xt_socket.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_statistic.h>
#include <linux/netfilter/xt_string.h>
#include <linux/netfilter/xt_tcpmss.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter/xt_time.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_hl.h>
#include <linux/netfilter_ipv6/ip6t_ipv6header.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/xt_text.h"

/* Nothing of it is looked at. */
#define ANY_SIZE UINT16_MAX

/* name, revisions, layout, functions */
#define MATCH(n, low, high, layout, function, words)                           \
	{                                                                      \
		.name = (n), .revision_min = (low), .revision_max = (high),    \
		.size = XT_SIZE(layout), .match = (function), .text = (words)  \
	}
/* one that looks at no byte of it */
#define MATCH_BARE(n, high, function)                                          \
	{                                                                      \
		.name = (n), .revision_max = (high), .size = ANY_SIZE,         \
		.match = (function)                                            \
	}

/* Frequent ones first. */
static const struct nf_xt_row matches[] = {
    MATCH("tcp", 0, 0, struct xt_tcp, nf_xt_tcp, nf_xt_text_tcp),
    MATCH("conntrack", 3, 3, struct xt_conntrack_mtinfo3, nf_xt_conntrack,
        nf_xt_text_conntrack),
    MATCH("multiport", 1, 1, struct xt_multiport_v1, nf_xt_multiport,
        nf_xt_text_multiport),
    MATCH("comment", 0, 0, struct xt_comment_info, nf_xt_comment,
        nf_xt_text_comment),
    MATCH("addrtype", 1, 1, struct xt_addrtype_info_v1, nf_xt_addrtype,
        nf_xt_text_addrtype),
    MATCH(
        "set", 4, 4, struct xt_set_info_match_v4, nf_xt_set_v4, nf_xt_text_set),
    MATCH("limit", 0, 0, struct xt_rateinfo, nf_xt_limit, nf_xt_text_limit),
    MATCH("udp", 0, 0, struct xt_udp, nf_xt_udp, nf_xt_text_udp),
    MATCH("conntrack", 2, 2, struct xt_conntrack_mtinfo2, nf_xt_conntrack_v2,
        nf_xt_text_conntrack),
    MATCH("conntrack", 1, 1, struct xt_conntrack_mtinfo1, nf_xt_conntrack_v1,
        nf_xt_text_conntrack),
    MATCH("state", 0, 0, struct xt_state_info, nf_xt_state, nf_xt_text_state),
    MATCH("multiport", 0, 0, struct xt_multiport, nf_xt_multiport_v0,
        nf_xt_text_multiport_v0),
    MATCH("addrtype", 0, 0, struct xt_addrtype_info, nf_xt_addrtype_v0, NULL),
    MATCH("iprange", 1, 1, struct xt_iprange_mtinfo, nf_xt_iprange,
        nf_xt_text_iprange),
    MATCH("set", 0, 0, struct xt_set_info_match_v0, nf_xt_set_v0, NULL),
    MATCH("set", 1, 2, struct xt_set_info_match_v1, nf_xt_set, nf_xt_text_set),
    MATCH(
        "set", 3, 3, struct xt_set_info_match_v3, nf_xt_set_v3, nf_xt_text_set),
    MATCH("hashlimit", 1, 1, struct xt_hashlimit_mtinfo1, nf_xt_hashlimit_v1,
        NULL),
    MATCH("hashlimit", 2, 2, struct xt_hashlimit_mtinfo2, nf_xt_hashlimit_v2,
        NULL),
    MATCH("hashlimit", 3, 3, struct xt_hashlimit_mtinfo3, nf_xt_hashlimit,
        nf_xt_text_hashlimit),
    MATCH("recent", 0, 0, struct xt_recent_mtinfo, nf_xt_recent,
        nf_xt_text_recent),
    MATCH("recent", 1, 1, struct xt_recent_mtinfo_v1, nf_xt_recent,
        nf_xt_text_recent),
    MATCH("connlimit", 0, 1, struct xt_connlimit_info, nf_xt_connlimit,
        nf_xt_text_connlimit),
    MATCH("mark", 1, 1, struct xt_mark_mtinfo1, nf_xt_mark, nf_xt_text_mark),
    MATCH("connmark", 1, 1, struct xt_connmark_mtinfo1, nf_xt_connmark,
        nf_xt_text_mark),
    MATCH("owner", 1, 1, struct xt_owner_match_info, nf_xt_owner,
        nf_xt_text_owner),
    MATCH("physdev", 0, 0, struct xt_physdev_info, nf_xt_physdev,
        nf_xt_text_physdev),
    MATCH("pkttype", 0, 0, struct xt_pkttype_info, nf_xt_pkttype,
        nf_xt_text_pkttype),
    MATCH(
        "length", 0, 0, struct xt_length_info, nf_xt_length, nf_xt_text_length),
    MATCH("ttl", 0, 0, struct ipt_ttl_info, nf_xt_ttl, nf_xt_text_ttl),
    MATCH("hl", 0, 0, struct ip6t_hl_info, nf_xt_ttl, nf_xt_text_hl),
    MATCH("mac", 0, 0, struct xt_mac_info, nf_xt_mac, nf_xt_text_mac),
    MATCH("tcpmss", 0, 0, struct xt_tcpmss_match_info, nf_xt_tcpmss, NULL),
    MATCH("dscp", 0, 0, struct xt_dscp_info, nf_xt_dscp, NULL),
    MATCH("tos", 1, 1, struct xt_tos_match_info, nf_xt_tos, NULL),
    MATCH("ecn", 0, 0, struct xt_ecn_info, nf_xt_ecn, NULL),
    MATCH("statistic", 0, 0, struct xt_statistic_info, nf_xt_statistic,
        nf_xt_text_statistic),
    MATCH(
        "string", 1, 1, struct xt_string_info, nf_xt_string, nf_xt_text_string),
    MATCH("time", 0, 0, struct xt_time_info, nf_xt_time, NULL),
    MATCH("quota", 0, 0, struct xt_quota_info, nf_xt_quota, NULL),
    MATCH("connbytes", 0, 0, struct xt_connbytes_info, nf_xt_connbytes, NULL),
    MATCH("cpu", 0, 0, struct xt_cpu_info, nf_xt_cpu, NULL),
    MATCH("devgroup", 0, 0, struct xt_devgroup_info, nf_xt_devgroup, NULL),
    MATCH("helper", 0, 0, struct xt_helper_info, nf_xt_helper, NULL),
    MATCH("policy", 0, 0, struct xt_policy_info, nf_xt_policy, NULL),
    MATCH("rpfilter", 0, 0, struct xt_rpfilter_info, nf_xt_rpfilter, NULL),
    MATCH("socket", 1, 3, struct xt_socket_mtinfo1, nf_xt_socket, NULL),
    MATCH_BARE("socket", 0, nf_xt_socket),
    MATCH("ipv6header", 0, 0, struct ip6t_ipv6header_info, nf_xt_ipv6header,
        NULL),
    MATCH_BARE("rt", 0, nf_xt_absent),
    MATCH_BARE("ah", 0, nf_xt_absent),
    MATCH_BARE("frag", 0, nf_xt_absent),
    MATCH_BARE("hbh", 0, nf_xt_absent),
    MATCH_BARE("dst", 0, nf_xt_absent),
    MATCH_BARE("srh", 1, nf_xt_absent),
    MATCH("icmp", 0, 0, struct ipt_icmp, nf_xt_foreign, nf_xt_text_icmp),
    MATCH("icmp6", 0, 0, struct ipt_icmp, nf_xt_foreign, nf_xt_text_icmp),
    MATCH_BARE("sctp", 0, nf_xt_foreign),
    MATCH_BARE("dccp", 0, nf_xt_foreign),
    MATCH_BARE("esp", 0, nf_xt_foreign),
};

#define TARGET(f, n, low, high, layout, function, words)                       \
	{                                                                      \
		.name = (n), .revision_min = (low), .revision_max = (high),    \
		.size = XT_SIZE(layout), .family = (f), .target = (function),  \
		.text = (words)                                                \
	}
#define TARGET_BARE(n, high, function)                                         \
	{                                                                      \
		.name = (n), .revision_max = (high), .size = ANY_SIZE,         \
		.target = (function)                                           \
	}

static const struct nf_xt_row targets[] = {
    TARGET(0, "REJECT", 0, 0, struct ipt_reject_info, nf_xt_reject,
        nf_xt_text_reject),
    TARGET(0, "LOG", 0, 0, struct xt_log_info, nf_xt_continue, nf_xt_text_log),
    TARGET(0, "NFLOG", 0, 0, struct xt_nflog_info, nf_xt_continue,
        nf_xt_text_nflog),
    TARGET(AF_INET, "MASQUERADE", 0, 0, struct nf_nat_ipv4_multi_range_compat,
        nf_xt_masquerade, nf_xt_text_nat_v0),
    TARGET(AF_INET6, "MASQUERADE", 0, 0, struct nf_nat_range, nf_xt_masquerade,
        nf_xt_text_nat),
    TARGET(
        0, "DNAT", 2, 2, struct nf_nat_range2, nf_xt_dnat_v2, nf_xt_text_nat),
    TARGET(0, "DNAT", 1, 1, struct nf_nat_range, nf_xt_dnat_v1, nf_xt_text_nat),
    TARGET(AF_INET, "DNAT", 0, 0, struct nf_nat_ipv4_multi_range_compat,
        nf_xt_dnat_v0, nf_xt_text_nat_v0),
    TARGET(
        0, "SNAT", 2, 2, struct nf_nat_range2, nf_xt_snat_v1, nf_xt_text_nat),
    TARGET(0, "SNAT", 1, 1, struct nf_nat_range, nf_xt_snat_v1, nf_xt_text_nat),
    TARGET(AF_INET, "SNAT", 0, 0, struct nf_nat_ipv4_multi_range_compat,
        nf_xt_snat_v0, nf_xt_text_nat_v0),
    TARGET(AF_INET, "REDIRECT", 0, 0, struct nf_nat_ipv4_multi_range_compat,
        nf_xt_redirect_v4, nf_xt_text_nat_v0),
    TARGET(AF_INET6, "REDIRECT", 0, 0, struct nf_nat_range, nf_xt_redirect_v6,
        nf_xt_text_nat),
    TARGET(AF_INET, "NETMAP", 0, 0, struct nf_nat_ipv4_multi_range_compat,
        nf_xt_netmap_v4, NULL),
    TARGET(
        AF_INET6, "NETMAP", 0, 0, struct nf_nat_range, nf_xt_netmap_v6, NULL),
    TARGET(0, "MARK", 2, 2, struct xt_mark_tginfo2, nf_xt_mark_set,
        nf_xt_text_mark_set),
    TARGET(0, "CONNMARK", 1, 1, struct xt_connmark_tginfo1, nf_xt_connmark_v1,
        nf_xt_text_connmark_set),
    TARGET(0, "CONNMARK", 2, 2, struct xt_connmark_tginfo2, nf_xt_connmark_v2,
        nf_xt_text_connmark_set),
    TARGET_BARE("HMARK", 0, nf_xt_hmark),
    TARGET(0, "CT", 0, 0, struct xt_ct_target_info, nf_xt_ct, nf_xt_text_ct),
    TARGET(0, "CT", 1, 2, struct xt_ct_target_info_v1, nf_xt_ct, nf_xt_text_ct),
    TARGET_BARE("NOTRACK", 0, nf_xt_notrack),
    TARGET(
        0, "NFQUEUE", 0, 0, struct xt_NFQ_info, nf_xt_queue, nf_xt_text_queue),
    TARGET(0, "NFQUEUE", 1, 1, struct xt_NFQ_info_v1, nf_xt_queue,
        nf_xt_text_queue),
    TARGET(0, "NFQUEUE", 2, 3, struct xt_NFQ_info_v3, nf_xt_queue,
        nf_xt_text_queue),
    TARGET(0, "TPROXY", 0, 0, struct xt_tproxy_target_info, nf_xt_tproxy, NULL),
    TARGET(
        0, "TPROXY", 1, 1, struct xt_tproxy_target_info_v1, nf_xt_tproxy, NULL),
    TARGET_BARE("SYNPROXY", 0, nf_xt_synproxy),
    TARGET_BARE("SET", 2, nf_xt_continue),
    TARGET(0, "SET", 3, 3, struct xt_set_info_target_v3, nf_xt_set_v3_target,
        NULL),
    TARGET_BARE("ULOG", 0, nf_xt_continue),
    TARGET_BARE("TRACE", 0, nf_xt_continue),
    TARGET_BARE("AUDIT", 0, nf_xt_continue),
    TARGET_BARE("CHECKSUM", 0, nf_xt_continue),
    TARGET_BARE("CLASSIFY", 0, nf_xt_continue),
    TARGET_BARE("DSCP", 0, nf_xt_continue),
    TARGET_BARE("TOS", 1, nf_xt_continue),
    TARGET_BARE("TTL", 0, nf_xt_continue),
    TARGET_BARE("HL", 0, nf_xt_continue),
    TARGET_BARE("ECN", 0, nf_xt_continue),
    TARGET_BARE("TCPMSS", 0, nf_xt_continue),
    TARGET_BARE("TCPOPTSTRIP", 0, nf_xt_continue),
    TARGET_BARE("SECMARK", 1, nf_xt_continue),
    TARGET_BARE("CONNSECMARK", 0, nf_xt_continue),
    TARGET_BARE("TEE", 1, nf_xt_continue),
    TARGET_BARE("LED", 0, nf_xt_continue),
    TARGET_BARE("IDLETIMER", 1, nf_xt_continue),
    TARGET_BARE("RATEEST", 0, nf_xt_continue),
};

const struct nf_xt_row *
nf_xt_find(const struct nf_expr *expr, uint8_t family)
{
	bool is_match = expr->op == NF_OP_XT_MATCH;
	const struct nf_xt_row *rows = is_match ? matches : targets;
	size_t count = is_match ? ARRAY_COUNT(matches) : ARRAY_COUNT(targets);

	for (size_t i = 0; expr->xt.name && i < count; i++) {
		const struct nf_xt_row *row = &rows[i];

		if (strcmp(row->name, expr->xt.name) != 0 ||
		    expr->xt.revision < row->revision_min ||
		    expr->xt.revision > row->revision_max ||
		    (row->family != 0 && row->family != family))
			continue;
		if (row->size == ANY_SIZE ||
		    (row->size == expr->xt.info_length && expr->xt.info))
			return row;
	}
	return NULL;
}
