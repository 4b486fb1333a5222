/*
 * xt_count.c - matches of the compatibility layer that count or tell the time
 *
 * Purpose  limit, hashlimit, recent, connlimit, statistic, quota, string, time,
 *          cpu, connbytes: either way, with the usual one named; comment
 * Input    info of the right size, hostile in content
 * Unknown  nothing; what cannot be foreseen is NF_MAYBE
 * Errors   none
 * Runs as  observer
 * Source   the files of these names in net/netfilter of the kernel
 */
#include <sys/socket.h>

#include <linux/netfilter/xt_connbytes.h>
#include <linux/netfilter/xt_connlimit.h>
#include <linux/netfilter/xt_cpu.h>
#include <linux/netfilter/xt_hashlimit.h>
#include <linux/netfilter/xt_quota.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter/xt_statistic.h>
#include <linux/netfilter/xt_string.h>
#include <linux/netfilter/xt_time.h>
#include <string.h>

#include "agent/firewall/xt.h"

/* What stands for the probability 1 (xt_statistic.c). */
#define PROBABILITY_ONE 0x80000000U

struct nf_match
nf_xt_comment(const struct nf_xt_call *call)
{
	(void)call;
	return nf_xt_is(true);
}

struct nf_match
nf_xt_limit(const struct nf_xt_call *call)
{
	(void)call;
	return nf_xt_maybe(true, "a rate limit");
}

static struct nf_match
hashlimit(uint32_t mode)
{
	/* inverted: what is above the limit */
	return nf_xt_maybe(
	    !(mode & XT_HASHLIMIT_INVERT), "a rate limit for each address");
}

struct nf_match
nf_xt_hashlimit_v1(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_hashlimit_mtinfo1, info, call);

	return hashlimit(info.cfg.mode);
}

struct nf_match
nf_xt_hashlimit_v2(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_hashlimit_mtinfo2, info, call);

	return hashlimit(info.cfg.mode);
}

struct nf_match
nf_xt_hashlimit(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_hashlimit_mtinfo3, info, call);

	return hashlimit(info.cfg.mode);
}

/* The second revision only adds a mask at the end. */
struct nf_match
nf_xt_recent(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_recent_mtinfo, info, call);

	/* noting an address always succeeds */
	if (info.check_set & XT_RECENT_SET)
		return nf_xt_is(!info.invert);
	return nf_xt_maybe(info.invert, "addresses that came recently");
}

struct nf_match
nf_xt_connlimit(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_connlimit_info, info, call);
	bool is_inverted = info.flags & XT_CONNLIMIT_INVERT;

	/* the connection itself is counted */
	if (info.limit == 0)
		return nf_xt_is(!is_inverted);
	return nf_xt_maybe(is_inverted, "how many connections there are");
}

struct nf_match
nf_xt_statistic(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_statistic_info, info, call);
	bool is_inverted = info.flags & XT_STATISTIC_INVERT;
	bool is_usual;

	if (info.mode == XT_STATISTIC_MODE_RANDOM)
		is_usual = info.u.random.probability >= PROBABILITY_ONE / 2;
	else if (info.mode == XT_STATISTIC_MODE_NTH)
		is_usual = info.u.nth.every == 0;
	else
		return nf_xt_unknown("statistic in a mode that is not known");
	return nf_xt_maybe(is_usual != is_inverted, "chance");
}

struct nf_match
nf_xt_string(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_string_info, info, call);

	return nf_xt_maybe(info.u.v1.flags & XT_STRING_FLAG_INVERT,
	    "what the packet has in it");
}

struct nf_match
nf_xt_time(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_time_info, info, call);
	/* as long as it is more often so than not */
	bool is_long =
	    info.daytime_stop >= info.daytime_start &&
	    info.daytime_stop - info.daytime_start > XT_TIME_MAX_DAYTIME / 2;

	return nf_xt_maybe(is_long, "the time of day");
}

struct nf_match
nf_xt_quota(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_quota_info, info, call);

	return nf_xt_maybe(
	    !(info.flags & XT_QUOTA_INVERT), "how much of a quota is used");
}

struct nf_match
nf_xt_cpu(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_cpu_info, info, call);

	return nf_xt_maybe(info.invert, "the processor that has the packet");
}

struct nf_match
nf_xt_connbytes(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_connbytes_info, info, call);

	/* a new connection has next to none */
	return nf_xt_maybe(info.count.from == 0, "how much was transferred");
}
