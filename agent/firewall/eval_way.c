/*
 * eval_way.c - from hook to hook: in, through, out, and the answer's way back
 *
 * Purpose  the way of a packet through the kernel's hooks
 * Input    a question; the host's interfaces and routes
 * Errors   in eval->context.code: an interface that is not there
 * Runs as  observer, planner, tests
 * Source   ip_rcv(), ip_forward(), __ip_local_out(), ip_output() and those of
 *          IPv6; loopback_xmit() keeps the connection of a packet
 */
#include <sys/socket.h>

#include <errno.h>

#include "agent/firewall/eval_parts.h"

static void
hook_enter(struct nf_eval *eval, uint8_t hook)
{
	struct eval_state *state = &eval->branch->state;
	const struct net_interface *device = NULL;

	if (hook == NF_HOOK_INGRESS)
		device = state->packet.in;
	if (hook == NF_HOOK_EGRESS)
		device = state->packet.out;
	state->packet.hook = hook;
	state->hook = eval_hook_get(eval,
	    state->packet.family == AF_INET ? NF_FAMILY_IPV4 : NF_FAMILY_IPV6,
	    hook, device);
	state->entry = 0;
	state->chain = NULL;
	eval->branch->may_meet = eval->fork_count > 0;
}

static const struct net_interface *
loopback(const struct net *net)
{
	for (size_t i = 0; i < net->interface_count; i++)
		if (net->interfaces[i].is_loopback)
			return &net->interfaces[i];
	return NULL;
}

/* The packet goes no further; no rule is to blame. */
static void
nowhere(struct nf_eval *eval, enum nf_outcome outcome, const char *text,
    const char *reason)
{
	eval->branch->state.chain = NULL;
	eval->context.rule = NULL;
	eval->branch->chain = NULL;
	eval->branch->rule = NULL;
	eval_path_add(eval, text, NULL);
	eval_end(eval, outcome, reason);
}

/* Where a packet goes as it is now; false: the branch has ended. */
static bool
route_ask(
    struct nf_eval *eval, unsigned iif, unsigned oif, struct net_route *ret)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct net *net = eval->context.net;
	struct net_route_query query = {.iif = iif,
	    .oif = oif,
	    .mark = packet->mark.value,
	    .uid = packet->uid.value,
	    .is_uid_known = packet->uid.is_known};

	nf_packet_to(packet, &query.to);
	nf_packet_from(packet, &query.from);
	if (!packet->mark.is_known && net->is_mark_routed) {
		nowhere(eval, NF_NOT_KNOWN, "route: not known",
		    "the route depends on a mark that is not known");
		return false;
	}
	if (net->route == NULL ||
	    net->route(net->user, &query, ret, NULL) < 0 ||
	    ret->type == NET_ROUTE_UNKNOWN) {
		nowhere(eval, NF_NOT_KNOWN, "route: not known",
		    "the kernel's routes could not be asked");
		return false;
	}
	return true;
}

/* Ends the branch unless the route leads somewhere. */
static bool
route_leads(struct nf_eval *eval, const struct net_route *route)
{
	switch (route->type) {
	case NET_ROUTE_LOCAL:
	case NET_ROUTE_UNICAST:
	case NET_ROUTE_ANYCAST:
		return true;
	case NET_ROUTE_UNREACHABLE:
	case NET_ROUTE_PROHIBIT:
	case NET_ROUTE_NONE:
		nowhere(eval, NF_REJECTED, "route: none",
		    "there is no route to that address");
		return false;
	case NET_ROUTE_BLACKHOLE:
	case NET_ROUTE_BROADCAST:
	case NET_ROUTE_MULTICAST:
		nowhere(eval, NF_DROPPED, "route: none",
		    "no connection can be made to that address");
		return false;
	case NET_ROUTE_FILTERED:
		nowhere(eval, NF_DROPPED, "route: filtered",
		    "the way back is by another interface: the kernel takes "
		    "nothing from there (rp_filter)");
		return false;
	case NET_ROUTE_UNKNOWN:
		break;
	}
	return false;
}

/*
 * The kernel looks where the answer would go before it takes a packet (rp_filter
 * of IPv4). Whatever else it says of an address of ours is not needed.
 */
static bool
is_taken_from(struct nf_eval *eval)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct net *net = eval->context.net;
	struct net_route_query query = {
	    .iif = packet->in->index, .mark = packet->mark.value};
	struct net_route route = {0};

	if (packet->family != AF_INET || net->route == NULL)
		return true;
	nf_packet_to(packet, &query.to);
	nf_packet_from(packet, &query.from);
	return net->route(net->user, &query, &route, NULL) < 0 ||
	       route.type != NET_ROUTE_FILTERED || route_leads(eval, &route);
}

static void
leave_by(struct nf_eval *eval, const struct net_route *route)
{
	struct eval_state *state = &eval->branch->state;
	const struct net *net = eval->context.net;

	state->is_loopback = route->type == NET_ROUTE_LOCAL;
	state->packet.out = state->is_loopback
	                        ? loopback(net)
	                        : net_interface_by_index(net, route->oif);
}

bool
eval_way_reroute(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;
	const struct net_interface *before;
	struct net_route route = {0};

	if (!route_ask(eval, 0, 0, &route) || !route_leads(eval, &route))
		return false;
	/* the hook that runs was told the device before, and keeps to it */
	before = state->packet.out;
	leave_by(eval, &route);
	state->leaves_by = state->packet.out;
	state->packet.out = before;
	if (state->leaves_by != NULL)
		eval_path_add(eval, "route: leaves by", state->leaves_by->name);
	return true;
}

static void
client_is_known(struct nf_eval *eval)
{
	const struct nf_question *question = eval->question;
	struct nf_packet *packet = &eval->branch->state.packet;

	packet->has_socket = true;
	packet->uid = (struct nf_number){
	    .value = question->uid, .is_known = question->is_user_known};
	packet->gid = (struct nf_number){
	    .value = question->gid, .is_known = question->is_user_known};
}

static void
begin_out(struct nf_eval *eval)
{
	const struct nf_question *question = eval->question;
	const struct net *net = eval->context.net;
	struct net_route route = {0};

	client_is_known(eval);
	if (net_is_own(net, &question->to)) {
		route.type = NET_ROUTE_LOCAL;
	} else if (net->route == NULL && question->interface != 0) {
		route = (struct net_route){
		    .type = NET_ROUTE_UNICAST, .oif = question->interface};
	} else if (!route_ask(eval, 0, question->interface, &route) ||
	           !route_leads(eval, &route)) {
		return;
	}
	leave_by(eval, &route);
	hook_enter(eval, NF_HOOK_OUTPUT);
}

void
eval_way_begin(struct nf_eval *eval)
{
	const struct nf_question *question = eval->question;
	struct eval_state *state = &eval->branch->state;
	const struct net *net = eval->context.net;

	eval_packet_first(&state->packet, question, eval->is_later);
	state->zone.is_known = true;
	if (question->direction == NF_OUT) {
		begin_out(eval);
		return;
	}
	if (net_is_own(net, &question->from)) {
		state->is_loopback = true;
		client_is_known(eval);
		state->packet.out = loopback(net);
		hook_enter(eval, NF_HOOK_OUTPUT);
		return;
	}
	state->packet.in = net_interface_by_index(net, question->interface);
	if (state->packet.in == NULL) {
		eval->context.code = why_set(eval->context.why, -EINVAL,
		    "no interface with the number %u", question->interface);
		return;
	}
	state->syn_in = state->packet.in;
	hook_enter(eval, NF_HOOK_INGRESS);
}

/* Behind prerouting: for us, or through us. */
static void
route_in(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;
	struct nf_packet *packet = &state->packet;
	const struct net *net = eval->context.net;
	struct net_route route = {0};
	struct nf_address to;

	nf_packet_to(packet, &to);
	/* the kernel looks early for the socket of what is not a SYN */
	if (packet->is_reply && !state->is_loopback && !packet->is_dnat &&
	    eval->question->direction == NF_OUT)
		client_is_known(eval);
	if (!state->is_loopback && !is_taken_from(eval))
		return;
	if (state->is_loopback ||
	    (net_is_own(net, &to) &&
	        (net->route == NULL || !net->is_mark_routed ||
	            (packet->mark.is_known && packet->mark.value == 0)))) {
		hook_enter(eval, NF_HOOK_INPUT);
		return;
	}
	if (!route_ask(eval, packet->in->index, 0, &route) ||
	    !route_leads(eval, &route))
		return;
	if (route.type == NET_ROUTE_LOCAL) {
		hook_enter(eval, NF_HOOK_INPUT);
		return;
	}
	packet->out = net_interface_by_index(net, route.oif);
	if (packet->out == NULL) {
		nowhere(eval, NF_NOT_KNOWN, "route: not known",
		    "the route leads to an interface that is not known");
		return;
	}
	state->is_forwarded = true;
	eval_path_add(eval, "route: leaves by", packet->out->name);
	hook_enter(eval, NF_HOOK_FORWARD);
}

/* The SYN is where it belongs: what it became is what is answered. */
static void
answer_begin(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;

	state->has_entry = state->packet.is_tracked;
	/* the answer must be brought into the same zone again */
	state->entry_zone = state->zone;
	state->zone = (struct nf_number){.is_known = true};
	state->syn_out = state->packet.out;
	eval_packet_answer(&state->packet);
}

static void
answer_local(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;
	const struct net *net = eval->context.net;
	struct net_route route = {0};

	/* written by a rule and not by nat: nothing turns the answer back */
	if (state->packet.port != state->packet.reply_port) {
		nowhere(eval, NF_NOT_KNOWN, "another port",
		    "a rule writes another port into it, and what answers "
		    "there is not followed");
		return;
	}
	answer_begin(eval);
	state->packet.in = NULL;
	state->packet.has_socket = true;
	state->packet.uid = (struct nf_number){.value = eval->question->uid,
	    .is_known = eval->question->is_user_known &&
	                eval->question->direction == NF_IN &&
	                !state->is_loopback};

	state->packet.gid = (struct nf_number){.value = eval->question->gid,
	    .is_known = state->packet.uid.is_known};
	state->packet.out = state->syn_in;
	if (state->is_loopback) {
		state->packet.out = loopback(net);
	} else if (net->route != NULL) {
		if (!route_ask(eval, 0, 0, &route) ||
		    !route_leads(eval, &route))
			return;
		leave_by(eval, &route);
	}
	hook_enter(eval, NF_HOOK_OUTPUT);
}

/* The packet is on the wire, or in lo. */
static void
left(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;
	struct nf_packet *packet = &state->packet;

	if (state->is_loopback) {
		packet->in = packet->out;
	} else if (packet->is_reply || packet->is_later) {
		eval_end(eval, NF_ACCEPTED, NULL);
		return;
	} else {
		answer_begin(eval);
		/* where the SYN left: whoever answers sees where it came from */
		packet->in = state->syn_out;
	}
	packet->out = NULL;
	packet->has_socket = false;
	hook_enter(eval, NF_HOOK_INGRESS);
}

void
eval_way_next(struct nf_eval *eval)
{
	struct eval_state *state = &eval->branch->state;
	struct nf_packet *packet = &state->packet;

	switch ((enum nf_hook)packet->hook) {
	case NF_HOOK_INGRESS:
		hook_enter(eval, NF_HOOK_PREROUTING);
		return;
	case NF_HOOK_PREROUTING:
		route_in(eval);
		return;
	case NF_HOOK_INPUT:
		if (packet->is_reply || packet->is_later)
			eval_end(eval, NF_ACCEPTED, NULL);
		else
			answer_local(eval);
		return;
	case NF_HOOK_OUTPUT:
		if (state->leaves_by != NULL)
			packet->out = state->leaves_by;
		state->leaves_by = NULL;
		hook_enter(eval, NF_HOOK_POSTROUTING);
		return;
	case NF_HOOK_FORWARD:
		hook_enter(eval, NF_HOOK_POSTROUTING);
		return;
	case NF_HOOK_POSTROUTING:
		hook_enter(eval, NF_HOOK_EGRESS);
		return;
	case NF_HOOK_EGRESS:
	case NF_HOOK_UNKNOWN:
		left(eval);
		return;
	}
}
