/*
 * eval_nat.c - other addresses and ports, refusals, targets of xtables
 *
 * Purpose  nat, masquerade, redirect, reject; the way back for the answer
 * Input    expressions of a rule set; the packet of the branch
 * Errors   an address that is not known: the rule is not understood
 * Runs as  observer, planner, tests
 * Source   nft_nat.c, nf_nat_core.c, nf_nat_redirect.c of Linux
 */
#include <sys/socket.h>

#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

/* linux/netfilter/nf_nat.h, which netinet/in.h does not stand beside */
enum { NF_NAT_RANGE_NETMAP = 1 << 6 };

static bool
is_hook_of_destination(const struct nf_packet *packet)
{
	return packet->hook == NF_HOOK_PREROUTING ||
	       packet->hook == NF_HOOK_OUTPUT;
}

/* A mapping is set up: it is the verdict of the chain, and the last of nat. */
static enum eval_result
mapped(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;

	if (is_hook_of_destination(&state->packet))
		state->is_dst_done = true;
	else
		state->is_src_done = true;
	eval->verdict = (struct nf_verdict){.code = NF_VERDICT_ACCEPT};
	eval->verdict_text = NULL;
	eval->is_reject = false;
	return EVAL_VERDICT;
}

static const char *
end_text(struct nf_eval *eval, const struct nf_address *address, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	(void)net_address_format(address, text);
	if (port == 0)
		return arena_dup(eval->context.arena, text);
	return arena_printf(eval->context.arena,
	    address->family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

static enum eval_result
destination_set(
    struct nf_eval *eval, const struct nf_address *to, uint16_t port)
{
	struct nf_packet *packet = &eval->branch->state.packet;
	struct nf_address before;
	uint16_t port_after = port != 0 ? port : packet->port;

	nf_packet_to(packet, &before);
	if (!net_address_equal(&before, to) || packet->port != port_after)
		packet->is_dnat = true;
	eval_packet_address(packet, false, to);
	packet->port = port_after;
	packet->reply_from = *to;
	packet->reply_port = port_after;
	eval_packet_ports(packet);
	eval_path_add(eval, "dnat to", end_text(eval, to, port_after));
	return mapped(eval);
}

static enum eval_result
source_set(struct nf_eval *eval, const struct nf_address *from)
{
	struct nf_packet *packet = &eval->branch->state.packet;
	struct nf_address before;

	nf_packet_from(packet, &before);
	if (!net_address_equal(&before, from))
		packet->is_snat = true;
	eval_packet_address(packet, true, from);
	packet->reply_to = *from;
	eval_path_add(eval, "snat to", end_text(eval, from, 0));
	return mapped(eval);
}

/* Is there such a register, and is it known? */
static bool
register_get(struct nf_eval *eval, uint8_t slot, size_t length, void *ret)
{
	if (!eval_span(slot, length) ||
	    !eval_is_known(eval->registers, slot, length))
		return false;
	(void)memcpy(
	    ret, eval->registers->bytes + slot * (size_t)NF_SLOT_BYTES, length);
	return true;
}

/* The bits in which the ends of the range are the same are the network's. */
static void
netmap(struct nf_address *address, const struct nf_address *min,
    const struct nf_address *max)
{
	for (size_t i = 0; i < sizeof(address->bytes); i++) {
		uint8_t host = min->bytes[i] ^ max->bytes[i];

		address->bytes[i] = (address->bytes[i] & host) |
		                    (min->bytes[i] & (uint8_t) ~(unsigned)host);
	}
}

/* false: not known, or one of many */
static bool
nat_address(struct nf_eval *eval, const struct nf_expr *expr,
    struct nf_address *address)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	size_t length = packet->family == AF_INET ? 4 : 16;
	struct nf_address min = {.family = packet->family}, max = min;

	if (expr->nat.address_min == NF_SLOT_NONE)
		return true;
	if (!register_get(eval, expr->nat.address_min, length, min.bytes))
		return false;
	max = min;
	if (expr->nat.address_max != NF_SLOT_NONE &&
	    !register_get(eval, expr->nat.address_max, length, max.bytes))
		return false;
	if ((expr->nat.flags & NF_NAT_RANGE_NETMAP) != 0) {
		netmap(address, &min, &max);
		return true;
	}
	*address = min;
	return net_address_equal(&min, &max);
}

/* A port in the range stays; else one of the range is taken. */
static bool
nat_port(struct nf_eval *eval, const struct nf_expr *expr, uint16_t *port)
{
	uint16_t min, max, now = eval->branch->state.packet.port;

	*port = 0;
	if (expr->nat.port_min == NF_SLOT_NONE)
		return true;
	if (!register_get(eval, expr->nat.port_min, sizeof(min), &min))
		return false;
	max = min;
	if (expr->nat.port_max != NF_SLOT_NONE &&
	    !register_get(eval, expr->nat.port_max, sizeof(max), &max))
		return false;
	min = be16toh(min);
	max = be16toh(max);
	*port = now >= min && now <= max ? now : min;
	return min == max || *port == now;
}

enum eval_result
eval_nat(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	uint32_t family = expr->nat.family;
	struct nf_address address;
	uint16_t port;

	/* in an inet chain: for the packets of that family only */
	if (family != NF_FAMILY_INET && family != 0 &&
	    (family == NF_FAMILY_IPV4) != (packet->family == AF_INET))
		return EVAL_NEXT;
	if (expr->nat.type == NFT_NAT_DNAT) {
		nf_packet_to(packet, &address);
		if (!nat_address(eval, expr, &address) ||
		    !nat_port(eval, expr, &port))
			return eval_not_understood(
			    eval, "dnat to one of several");
		return destination_set(eval, &address, port);
	}
	if (expr->nat.type != NFT_NAT_SNAT)
		return eval_not_understood(eval, "nat");
	nf_packet_from(packet, &address);
	if (!nat_address(eval, expr, &address))
		return eval_not_understood(eval, "snat to one of several");
	return source_set(eval, &address);
}

static enum eval_result
masquerade(struct nf_eval *eval)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct nf_address *address = NULL;
	const struct net *net = eval->context.net;
	struct net_route_query query = {0};
	struct net_route route = {0};
	struct nf_address from;

	nf_packet_from(packet, &from);
	nf_packet_to(packet, &query.to);
	if (packet->out == NULL || packet->out->is_loopback)
		return source_set(eval, &from);
	query.oif = packet->out->index;
	if (net->route != NULL &&
	    net->route(net->user, &query, &route, NULL) == 0 &&
	    route.source.family == packet->family)
		address = &route.source;
	else
		address =
		    net_address_on(net, packet->out->index, packet->family);
	return source_set(eval, address != NULL ? address : &from);
}

enum eval_result
eval_masq(struct nf_eval *eval, const struct nf_expr *expr)
{
	(void)expr;
	return masquerade(eval);
}

/* The kernel takes the first address there, whatever the packet had. */
static const struct nf_address *
first_address(
    const struct net *net, unsigned index, const struct nf_address *to)
{
	bool is_link_local = to->family == AF_INET6 && to->bytes[0] == 0xfe &&
	                     (to->bytes[1] & 0xc0) == 0x80;

	for (size_t i = 0; i < net->address_count; i++) {
		const struct net_own_address *own = &net->addresses[i];

		if (own->index != index || own->address.family != to->family)
			continue;
		if (to->family == AF_INET || own->is_global != is_link_local)
			return &own->address;
	}
	return NULL;
}

/* To this host: by its address there, or by the loopback's. */
static enum eval_result
redirect(struct nf_eval *eval, uint16_t port)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct nf_address *address = NULL;
	struct nf_address to;

	nf_packet_to(packet, &to);
	if (packet->hook == NF_HOOK_OUTPUT) {
		to = (struct nf_address){.family = packet->family};
		if (packet->family == AF_INET)
			to.bytes[0] = 127;
		to.bytes[packet->family == AF_INET ? 3 : 15] = 1;
	} else if (packet->in != NULL) {
		address =
		    first_address(eval->context.net, packet->in->index, &to);
	}
	return destination_set(eval, address != NULL ? address : &to, port);
}

enum eval_result
eval_redir(struct nf_eval *eval, const struct nf_expr *expr)
{
	uint16_t port;

	if (!nat_port(eval, expr, &port))
		return eval_not_understood(eval, "redirect to one of several");
	return redirect(eval, port);
}

/*
 * The destination of the SYN is undone where the answer leaves, its source
 * where the answer comes in (nf_nat_inet_fn(), nf_nat_packet()).
 */
static void
answer_undo(struct nf_packet *packet)
{
	if (is_hook_of_destination(packet)) {
		if (packet->is_snat)
			eval_packet_address(
			    packet, false, &packet->original_from);
	} else if (packet->is_dnat) {
		eval_packet_address(packet, true, &packet->original_to);
		packet->port = packet->original_port;
		eval_packet_ports(packet);
	}
}

void
eval_nat_done(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;
	struct nf_packet *packet = &state->packet;
	struct nf_address to;
	bool is_destination = is_hook_of_destination(packet);

	if (!packet->is_tracked)
		return;
	if (packet->is_reply) {
		answer_undo(packet);
		return;
	}
	nf_packet_to(packet, &to);
	if (packet->hook == NF_HOOK_OUTPUT && packet->is_dnat &&
	    !net_address_equal(&to, &packet->original_to) &&
	    !eval_way_reroute(eval))
		return;
	if (is_destination)
		state->is_dst_done = true;
	else
		state->is_src_done = true;
}

enum eval_result
eval_reject(struct nf_eval *eval, const struct nf_expr *expr)
{
	if (expr->reject.type > NFT_REJECT_ICMPX_UNREACH)
		return eval_not_understood(eval, "reject");
	eval->verdict = (struct nf_verdict){.code = NF_VERDICT_DROP};
	eval->verdict_text = NULL;
	eval->is_reject = true;
	return EVAL_VERDICT;
}

static enum eval_result
xt_nat(struct nf_eval *eval, const struct nf_xt_effect *effect)
{
	struct nf_address address;

	if (effect->action == NF_XT_SNAT) {
		if (effect->to.family == 0)
			return masquerade(eval);
		return source_set(eval, &effect->to);
	}
	if (effect->is_redirect)
		return redirect(eval, effect->port);
	nf_packet_to(&eval->branch->state.packet, &address);
	if (effect->to.family != 0)
		address = effect->to;
	return destination_set(eval, &address, effect->port);
}

enum eval_result
eval_xt_target(struct nf_eval *eval, const struct nf_expr *expr)
{
	struct nf_packet *packet = &eval->branch->state.packet;
	struct nf_xt_effect effect = nf_xt_target(&eval->context, packet, expr);

	switch (effect.action) {
	case NF_XT_CONTINUE:
		return EVAL_NEXT;
	case NF_XT_VERDICT:
	case NF_XT_REJECT:
		eval->verdict = effect.verdict;
		eval->verdict_text = NULL;
		eval->is_bypass = false;
		eval->is_reject = effect.action == NF_XT_REJECT;
		if (eval->is_reject)
			eval->verdict.code = NF_VERDICT_DROP;
		return EVAL_VERDICT;
	case NF_XT_DNAT:
	case NF_XT_SNAT:
		return xt_nat(eval, &effect);
	case NF_XT_MARK:
		packet->mark = effect.mark;
		return EVAL_NEXT;
	case NF_XT_CT_MARK:
		if (packet->is_tracked)
			packet->ct_mark = effect.mark;
		return EVAL_NEXT;
	case NF_XT_NOTRACK:
		if (!packet->is_tracked)
			packet->is_untracked = true;
		return EVAL_NEXT;
	case NF_XT_UNKNOWN:
		break;
	}
	return eval_not_understood(
	    eval, effect.reason != NULL ? effect.reason : "target");
}
