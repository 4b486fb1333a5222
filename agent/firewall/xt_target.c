/*
 * xt_target.c - targets of the compatibility layer, but for nat
 *
 * Purpose  REJECT, MARK, CONNMARK, CT, NFQUEUE, TPROXY, SET, and those without an
 *          effect on where a packet goes
 * Input    info of the right size, hostile in content
 * Unknown  what a program behind a queue or a proxy does
 * Errors   none
 * Runs as  observer
 * Source   xt_mark.c, xt_connmark.c, xt_CT.c, xt_set.c in net/netfilter of the
 *          kernel; ipt_REJECT.c
 */
#include <sys/socket.h>

#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_set.h>
#include <string.h>

#include "agent/firewall/xt.h"

#define MARK_BITS 32U

static struct nf_xt_effect
not_known(const char *reason)
{
	return (struct nf_xt_effect){.action = NF_XT_UNKNOWN, .reason = reason};
}

struct nf_xt_effect
nf_xt_continue(const struct nf_xt_call *call)
{
	(void)call;
	return (struct nf_xt_effect){.action = NF_XT_CONTINUE};
}

struct nf_xt_effect
nf_xt_reject(const struct nf_xt_call *call)
{
	(void)call;
	return (struct nf_xt_effect){
	    .action = NF_XT_REJECT, .verdict = {.code = NF_VERDICT_DROP}};
}

static struct nf_number
changed(struct nf_number old, uint32_t mask, uint32_t value)
{
	return (struct nf_number){
	    (old.value & ~mask) ^ value, old.is_known || mask == UINT32_MAX};
}

struct nf_xt_effect
nf_xt_mark_set(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_mark_tginfo2, info, call);

	return (struct nf_xt_effect){.action = NF_XT_MARK,
	    .mark = changed(call->packet->mark, info.mask, info.mark)};
}

struct nf_xt_effect
nf_xt_hmark(const struct nf_xt_call *call)
{
	(void)call;
	return (struct nf_xt_effect){.action = NF_XT_MARK};
}

static uint32_t
shifted(uint32_t value, const struct xt_connmark_tginfo2 *info)
{
	if (info->shift_bits >= MARK_BITS)
		return info->shift_bits == 0 ? value : 0;
	return info->shift_dir == D_SHIFT_RIGHT ? value >> info->shift_bits
	                                        : value << info->shift_bits;
}

static struct nf_xt_effect
connmark(const struct nf_xt_call *call, const struct xt_connmark_tginfo2 *info)
{
	const struct nf_packet *packet = call->packet;
	struct nf_xt_effect effect = {.action = NF_XT_CT_MARK};

	if (!packet->is_tracked)
		return (struct nf_xt_effect){.action = NF_XT_CONTINUE};
	switch (info->mode) {
	case XT_CONNMARK_SET:
		effect.mark =
		    changed(packet->ct_mark, info->ctmask, info->ctmark);
		effect.mark.value = shifted(effect.mark.value, info);
		return effect;
	case XT_CONNMARK_SAVE:
		effect.mark = changed(packet->ct_mark, info->ctmask,
		    shifted(packet->mark.value & info->nfmask, info));
		effect.mark.is_known &= packet->mark.is_known;
		return effect;
	case XT_CONNMARK_RESTORE:
		effect.action = NF_XT_MARK;
		effect.mark = changed(packet->mark, info->nfmask,
		    shifted(packet->ct_mark.value & info->ctmask, info));
		effect.mark.is_known &= packet->ct_mark.is_known;
		return effect;
	default:
		return not_known("CONNMARK in a mode that is not known");
	}
}

struct nf_xt_effect
nf_xt_connmark_v1(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_connmark_tginfo1, old, call);
	const struct xt_connmark_tginfo2 info = {.ctmark = old.ctmark,
	    .ctmask = old.ctmask,
	    .nfmask = old.nfmask,
	    .mode = old.mode};

	return connmark(call, &info);
}

struct nf_xt_effect
nf_xt_connmark_v2(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_connmark_tginfo2, info, call);

	return connmark(call, &info);
}

struct nf_xt_effect
nf_xt_notrack(const struct nf_xt_call *call)
{
	/* what is tracked already stays so */
	return (struct nf_xt_effect){.action = call->packet->is_tracked
	                                           ? NF_XT_CONTINUE
	                                           : NF_XT_NOTRACK};
}

/* The three revisions begin alike. */
struct nf_xt_effect
nf_xt_ct(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_ct_target_info, info, call);

	if (info.flags & XT_CT_NOTRACK)
		return nf_xt_notrack(call);
	if (info.zone != 0 || (info.flags & XT_CT_ZONE_MARK))
		return not_known("connections in a zone of their own");
	return nf_xt_continue(call);
}

struct nf_xt_effect
nf_xt_queue(const struct nf_xt_call *call)
{
	(void)call;
	return (struct nf_xt_effect){
	    .action = NF_XT_VERDICT, .verdict = {.code = NF_VERDICT_QUEUE}};
}

struct nf_xt_effect
nf_xt_tproxy(const struct nf_xt_call *call)
{
	(void)call;
	return not_known("a transparent proxy takes the connection");
}

struct nf_xt_effect
nf_xt_synproxy(const struct nf_xt_call *call)
{
	(void)call;
	return not_known("the kernel answers first for the server (SYNPROXY)");
}

struct nf_xt_effect
nf_xt_set_v3_target(const struct nf_xt_call *call)
{
	XT_INFO(struct xt_set_info_target_v3, info, call);

	if (info.map_set.index != IPSET_INVALID_ID &&
	    (info.flags & IPSET_FLAG_MAP_SKBMARK))
		return nf_xt_hmark(call);
	return nf_xt_continue(call);
}
