/*
 * eval_socket.c - what the sockets of this host say of a packet
 *
 * Purpose  the expressions socket and tproxy
 * Input    expressions of a rule set; the host's listeners
 * Errors   none: what could not be read is not known
 * Runs as  observer, planner, tests
 * Source   nft_socket.c, nft_tproxy.c, nf_tproxy_ipv4.c of Linux
 */
#include <sys/socket.h>

#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

static const struct eval_note note_socket = {
    NF_UNKNOWN, "the sockets of this host, which could not be read", false};

static size_t
address_bytes(const struct nf_packet *packet)
{
	return packet->family == AF_INET ? 4 : 16;
}

/* Who would take the packet, as an address and a port have it. */
static const struct net_listener *
listener_of(const struct net *net, const struct nf_address *to, uint16_t port)
{
	static const struct nf_address any;
	const struct net_listener *found = NULL;

	for (size_t i = 0; i < net->listener_count; i++) {
		const struct net_listener *one = &net->listeners[i];
		bool is_any = memcmp(one->address.bytes, any.bytes,
		                  sizeof(any.bytes)) == 0;

		if (one->port != port)
			continue;
		if (net_address_equal(&one->address, to))
			return one;
		if (is_any && (one->address.family == to->family ||
		                  (to->family == AF_INET && !one->is_v6_only)))
			found = one;
	}
	return found;
}

static bool
is_leaving(const struct nf_packet *packet)
{
	return packet->hook == NF_HOOK_OUTPUT ||
	       packet->hook == NF_HOOK_POSTROUTING;
}

/* false: there is none, as far as a packet of that kind can have one */
static bool
client_is_found(const struct nf_eval *eval)
{
	const struct eval_state *state = &eval->branch->state;
	const struct nf_packet *packet = &state->packet;

	if (!packet->is_reply)
		return packet->has_socket;
	/* looked for by the addresses that the answer has here: as sent by the
	 * one it really comes from */
	return !is_leaving(packet) && !packet->is_dnat &&
	       (state->is_loopback || eval->question->direction == NF_OUT);
}

/* The socket of the client that connects: bound, and nothing unusual. */
static enum eval_result
client_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const uint8_t no = 0;

	switch (expr->key.key) {
	case NFT_SOCKET_WILDCARD:
	case NFT_SOCKET_TRANSPARENT:
		return eval_store(eval, expr->dreg, &no, 1);
	case NFT_SOCKET_MARK:
		return eval_store_number(eval, expr, 0);
	default:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 8, &note_socket);
	}
}

static enum eval_result
listener_load(struct nf_eval *eval, const struct nf_expr *expr,
    const struct net_listener *listener)
{
	static const struct nf_address any;
	uint8_t value = listener->is_transparent;

	switch (expr->key.key) {
	case NFT_SOCKET_WILDCARD:
		value = memcmp(listener->address.bytes, any.bytes,
		            sizeof(any.bytes)) == 0;
		return eval_store(eval, expr->dreg, &value, 1);
	case NFT_SOCKET_TRANSPARENT:
		return eval_store(eval, expr->dreg, &value, 1);
	case NFT_SOCKET_MARK:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 4, &note_socket);
	default:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 8, &note_socket);
	}
}

/* The socket of a packet that comes in is looked for; what leaves has one. */
enum eval_result
eval_socket(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct net *net = eval->context.net;
	const struct net_listener *listener;
	bool is_answer = packet->is_reply && is_leaving(packet);

	struct nf_address to;

	if (expr->key.key > NFT_SOCKET_CGROUPV2)
		return eval_not_understood(eval, "socket");
	if (client_is_found(eval))
		return client_load(eval, expr);
	/* of a connection that is not made yet only this is known */
	if (is_answer && expr->key.key != NFT_SOCKET_TRANSPARENT)
		return EVAL_BREAK;
	if (packet->is_reply && !is_answer)
		return EVAL_BREAK;
	if (!net->has_listeners) {
		(void)eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 4, &note_socket);
		return eval_doubt(eval, NF_UNKNOWN, note_socket.reason, true);
	}
	nf_packet_to(packet, &to);
	listener = listener_of(net, is_answer ? &packet->reply_from : &to,
	    is_answer ? packet->reply_port : packet->port);
	if (listener == NULL)
		return EVAL_BREAK;
	return listener_load(eval, expr, listener);
}

/* Where the kernel looks when the rule has no address: the first there. */
static void
tproxy_address(const struct nf_eval *eval, struct nf_address *to)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct net *net = eval->context.net;

	for (size_t i = 0; i < net->address_count; i++)
		if (packet->in != NULL &&
		    net->addresses[i].index == packet->in->index &&
		    net->addresses[i].address.family == to->family) {
			*to = net->addresses[i].address;
			return;
		}
}

/* Goes on only when there is a transparent listener that takes it. */
enum eval_result
eval_tproxy(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct net *net = eval->context.net;
	const struct net_listener *listener;
	struct nf_address to;
	uint16_t port = packet->port;
	size_t at;

	/* an address of one family says nothing of a packet of the other */
	if ((expr->nat.family == NF_FAMILY_IPV4 && packet->family != AF_INET) ||
	    (expr->nat.family == NF_FAMILY_IPV6 && packet->family != AF_INET6))
		return EVAL_BREAK;
	nf_packet_to(packet, &to);
	if (!net->has_listeners)
		return eval_doubt(eval, NF_UNKNOWN, note_socket.reason, true);
	tproxy_address(eval, &to);
	at = expr->nat.address_min * (size_t)NF_SLOT_BYTES;
	if (expr->nat.address_min != NF_SLOT_NONE &&
	    eval_span(expr->nat.address_min, address_bytes(packet)))
		(void)memcpy(to.bytes, eval->registers->bytes + at,
		    address_bytes(packet));
	at = expr->nat.port_min * (size_t)NF_SLOT_BYTES;
	if (expr->nat.port_min != NF_SLOT_NONE &&
	    eval_span(expr->nat.port_min, sizeof(port))) {
		(void)memcpy(&port, eval->registers->bytes + at, sizeof(port));
		port = be16toh(port);
	}
	listener = listener_of(net, &to, port);
	return listener != NULL && listener->is_transparent ? EVAL_NEXT
	                                                    : EVAL_BREAK;
}
