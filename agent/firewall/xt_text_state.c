/*
 * xt_text_state.c - matches about connections and rates in iptables' words
 *
 * Purpose  "-m conntrack --ctstate NEW", "-m limit --limit 3/min"
 * Input    info of the right size, hostile in content
 * Errors   none
 * Runs as  observer
 * Source   iptables-extensions(8); a rate is stored as the time between two
 *          packets, in units of XT_LIMIT_SCALE and XT_HASHLIMIT_SCALE_v2
 */
#include <sys/socket.h>

#include <inttypes.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_connlimit.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_hashlimit.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_statistic.h>
#include <linux/netfilter/xt_string.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/xt_text.h"

static const char *const states[] = {"INVALID", "ESTABLISHED", "RELATED", "NEW",
    NULL, NULL, "SNAT", "DNAT", "UNTRACKED"};
static const char *const statuses[] = {
    "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"};

static void
add_network(struct buf *out, const struct nf_xt_call *call,
    const struct xt_conntrack_mtinfo3 *info, unsigned flag, const char *name,
    const union nf_inet_addr *address, const union nf_inet_addr *mask)
{
	if (!(info->match_flags & flag))
		return;
	nf_xt_words_option(out, info->invert_flags & flag, name);
	nf_xt_words_network(out, call->family, address, mask);
}

static void
add_ports(struct buf *out, const struct xt_conntrack_mtinfo3 *info,
    unsigned flag, const char *name, unsigned from, unsigned to)
{
	if (!(info->match_flags & flag))
		return;
	nf_xt_words_option(out, info->invert_flags & flag, name);
	nf_xt_words_range(out, from, to);
}

/* Of revision 3; in the older ones the ports stand otherwise. */
static void
add_connection(struct buf *out, const struct nf_xt_call *call,
    const struct xt_conntrack_mtinfo3 *info)
{
	if (info->match_flags & XT_CONNTRACK_PROTO) {
		nf_xt_words_option(
		    out, info->invert_flags & XT_CONNTRACK_PROTO, "ctproto");
		buf_addf(out, " %u", info->l4proto);
	}
	add_network(out, call, info, XT_CONNTRACK_ORIGSRC, "ctorigsrc ",
	    &info->origsrc_addr, &info->origsrc_mask);
	add_network(out, call, info, XT_CONNTRACK_ORIGDST, "ctorigdst ",
	    &info->origdst_addr, &info->origdst_mask);
	add_network(out, call, info, XT_CONNTRACK_REPLSRC, "ctreplsrc ",
	    &info->replsrc_addr, &info->replsrc_mask);
	add_network(out, call, info, XT_CONNTRACK_REPLDST, "ctrepldst ",
	    &info->repldst_addr, &info->repldst_mask);
	add_ports(out, info, XT_CONNTRACK_ORIGSRC_PORT, "ctorigsrcport ",
	    info->origsrc_port, info->origsrc_port_high);
	add_ports(out, info, XT_CONNTRACK_ORIGDST_PORT, "ctorigdstport ",
	    info->origdst_port, info->origdst_port_high);
	add_ports(out, info, XT_CONNTRACK_REPLSRC_PORT, "ctreplsrcport ",
	    info->replsrc_port, info->replsrc_port_high);
	add_ports(out, info, XT_CONNTRACK_REPLDST_PORT, "ctrepldstport ",
	    info->repldst_port, info->repldst_port_high);
	if (info->match_flags & XT_CONNTRACK_EXPIRES) {
		nf_xt_words_option(out,
		    info->invert_flags & XT_CONNTRACK_EXPIRES, "ctexpire ");
		nf_xt_words_range(out, info->expires_min, info->expires_max);
	}
	if (info->match_flags & XT_CONNTRACK_DIRECTION)
		buf_addf(out, " --ctdir %s",
		    info->invert_flags & XT_CONNTRACK_DIRECTION ? "REPLY"
		                                                : "ORIGINAL");
}

void
nf_xt_text_conntrack(struct buf *out, const struct nf_xt_call *call)
{
	struct xt_conntrack_mtinfo3 info = {0};
	bool is_old = call->expr->xt.revision < 3;
	bool is_oldest = call->expr->xt.revision < 2;
	uint8_t bytes[2];
	unsigned state, status;

	(void)memcpy(&info, call->expr->xt.info,
	    call->expr->xt.info_length < sizeof(info)
	        ? call->expr->xt.info_length
	        : sizeof(info));
	/* the first revision has one byte each */
	(void)memcpy(bytes, &info.state_mask, sizeof(bytes));
	state = is_oldest ? bytes[0] : info.state_mask;
	status = is_oldest ? bytes[1] : info.status_mask;
	buf_add(out, "-m conntrack");
	if (info.match_flags & XT_CONNTRACK_STATE) {
		nf_xt_words_option(
		    out, info.invert_flags & XT_CONNTRACK_STATE, "ctstate ");
		nf_xt_words_bits(out, state, states, ARRAY_COUNT(states));
	}
	if (info.match_flags & XT_CONNTRACK_STATUS) {
		nf_xt_words_option(
		    out, info.invert_flags & XT_CONNTRACK_STATUS, "ctstatus ");
		nf_xt_words_bits(out, status, statuses, ARRAY_COUNT(statuses));
	}
	if (!is_old)
		add_connection(out, call, &info);
	else if (info.match_flags &
	         ~(unsigned)(XT_CONNTRACK_STATE | XT_CONNTRACK_STATUS |
	                     XT_CONNTRACK_STATE_ALIAS))
		buf_add(out, " [more]");
}

void
nf_xt_text_state(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_state_info, info, call);

	static const char *const old[] = {"INVALID", "ESTABLISHED", "RELATED",
	    "NEW", NULL, NULL, "UNTRACKED"};

	buf_add(out, "-m state --state ");
	nf_xt_words_bits(out, info.statemask, old, ARRAY_COUNT(old));
}

/* Time between two packets as a rate. */
static void
add_rate(struct buf *out, uint64_t between, uint64_t scale)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {
	    {1,     "sec" },
            {60,    "min" },
            {3600,  "hour"},
            {86400, "day" }
        };

	for (size_t i = 0; i < ARRAY_COUNT(units) && between > 0; i++) {
		uint64_t all = units[i].seconds * scale;

		if (between > all && i + 1 < ARRAY_COUNT(units))
			continue;
		/* a rate that does not come out even is told in a longer unit */
		if (all % between != 0 && all / between < 10 &&
		    i + 1 < ARRAY_COUNT(units))
			continue;
		buf_addf(out, "%" PRIu64 "/%s", all / between, units[i].name);
		return;
	}
	buf_add(out, "?");
}

void
nf_xt_text_limit(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_rateinfo, info, call);

	buf_add(out, "-m limit --limit ");
	add_rate(out, info.avg, XT_LIMIT_SCALE);
	if (info.burst != 5)
		buf_addf(out, " --limit-burst %u", info.burst);
}

void
nf_xt_text_hashlimit(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_hashlimit_mtinfo3, info, call);

	static const char *const modes[] = {
	    "dstip", "dstport", "srcip", "srcport"};

	buf_addf(out, "-m hashlimit --hashlimit-%s ",
	    info.cfg.mode & XT_HASHLIMIT_INVERT ? "above" : "upto");
	if (info.cfg.mode & XT_HASHLIMIT_BYTES)
		buf_add(out, "[bytes]");
	else
		add_rate(out, info.cfg.avg, XT_HASHLIMIT_SCALE_v2);
	buf_addf(out, " --hashlimit-burst %" PRIu64, (uint64_t)info.cfg.burst);
	if (info.cfg.mode & 0xf) {
		buf_add(out, " --hashlimit-mode ");
		nf_xt_words_bits(
		    out, info.cfg.mode & 0xf, modes, ARRAY_COUNT(modes));
	}
	buf_add(out, " --hashlimit-name ");
	nf_xt_words_quoted(out, info.name, sizeof(info.name));
}

/* The second revision only adds a mask at the end. */
void
nf_xt_text_recent(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_recent_mtinfo, info, call);
	const char *what = "?";

	if (info.check_set & XT_RECENT_SET)
		what = "set";
	else if (info.check_set & XT_RECENT_CHECK)
		what = "rcheck";
	else if (info.check_set & XT_RECENT_UPDATE)
		what = "update";
	else if (info.check_set & XT_RECENT_REMOVE)
		what = "remove";
	buf_add(out, "-m recent");
	nf_xt_words_option(out, info.invert, what);
	if (info.seconds)
		buf_addf(out, " --seconds %u", info.seconds);
	if (info.hit_count)
		buf_addf(out, " --hitcount %u", info.hit_count);
	buf_add(out, " --name ");
	nf_xt_words_quoted(out, info.name, sizeof(info.name));
	buf_add(out, info.side == XT_RECENT_DEST ? " --rdest" : " --rsource");
}

void
nf_xt_text_connlimit(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_connlimit_info, info, call);

	buf_addf(out, "-m connlimit --connlimit-%s %u --connlimit-%s",
	    info.flags & XT_CONNLIMIT_INVERT ? "upto" : "above", info.limit,
	    info.flags & XT_CONNLIMIT_DADDR ? "daddr" : "saddr");
}

void
nf_xt_text_statistic(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_statistic_info, info, call);

	buf_add(out, "-m statistic --mode ");
	if (info.mode == XT_STATISTIC_MODE_NTH) {
		buf_add(out, "nth");
		nf_xt_words_option(
		    out, info.flags & XT_STATISTIC_INVERT, "every");
		buf_addf(out, " %u", info.u.nth.every + 1);
		return;
	}
	buf_add(out, "random");
	nf_xt_words_option(
	    out, info.flags & XT_STATISTIC_INVERT, "probability");
	buf_addf(out, " %.4f", info.u.random.probability / 2147483648.0);
}

void
nf_xt_text_string(struct buf *out, const struct nf_xt_call *call)
{
	XT_INFO(struct xt_string_info, info, call);
	size_t length = info.patlen < sizeof(info.pattern)
	                    ? info.patlen
	                    : sizeof(info.pattern);

	buf_add(out, "-m string");
	nf_xt_words_option(
	    out, info.u.v1.flags & XT_STRING_FLAG_INVERT, "string ");
	nf_xt_words_quoted(out, info.pattern, length);
}
