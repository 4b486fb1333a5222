/*
 * eval_load.c - bytes of the packet into registers, and back
 *
 * Purpose  the expressions payload and exthdr
 * Input    expressions of a rule set; the packet of the branch
 * Errors   a header that is not known: the rule is not understood
 * Runs as  observer, planner, tests
 * Source   nft_payload.c, nft_exthdr.c of Linux
 */
#include <sys/socket.h>

#include <endian.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/tcp.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

enum {
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	TCP_BYTES = 20, /* without options */
	MAC_TYPE = 12,  /* where the type stands */
};

static const struct eval_note note_port = {NF_MAYBE, "the source port", true};

static size_t
network_bytes(const struct nf_packet *packet)
{
	return packet->family == AF_INET ? IPV4_BYTES : IPV6_BYTES;
}

/* Where bytes of a header come from; a run over its end is of the next one. */
static bool
header_at(struct nf_packet *packet, uint32_t base, size_t offset, uint8_t **ret,
    uint8_t **ret_known)
{
	size_t network = network_bytes(packet);

	if (base == NFT_PAYLOAD_NETWORK_HEADER && offset < network) {
		*ret = packet->network + offset;
		*ret_known = packet->network_known + offset;
		return true;
	}
	if (base == NFT_PAYLOAD_NETWORK_HEADER)
		offset -= network;
	if (offset >= NF_TRANSPORT_BYTES)
		return false;
	*ret = packet->transport + offset;
	*ret_known = packet->transport_known + offset;
	return true;
}

/* Samples are taken of the address that the question would vary. */
static void
address_note(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	bool is_in = eval->question->direction == NF_IN;
	uint32_t length = packet->family == AF_INET ? 4 : 16;
	uint32_t at =
	    packet->family == AF_INET ? (is_in ? 12 : 16) : (is_in ? 8 : 24);

	if (expr->payload.base != NFT_PAYLOAD_NETWORK_HEADER ||
	    packet->is_reply || expr->payload.offset < at ||
	    expr->payload.offset + expr->length > at + length)
		return;
	eval->registers->address_slot = expr->dreg;
	eval->registers->address_skip = (uint8_t)(expr->payload.offset - at);
	eval->registers->address_mask = NULL;
}

static bool
is_source_port(const struct nf_packet *packet, const struct nf_expr *expr)
{
	size_t offset = expr->payload.offset;

	if (expr->payload.base == NFT_PAYLOAD_NETWORK_HEADER)
		offset -= network_bytes(packet);
	return expr->length == 2 && offset == (packet->is_reply ? 2U : 0U);
}

/* The options may be there or not, and how many is the client's choice. */
static enum eval_result
options_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	enum eval_result result = eval_store_doubt(
	    eval, expr->dreg, NULL, NULL, expr->length, &eval_note_client);

	if (result != EVAL_NEXT)
		return result;
	return eval_doubt(
	    eval, NF_MAYBE, "how many TCP options a client sends", true);
}

static enum eval_result
header_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	struct nf_packet *packet = &eval->branch->state.packet;
	uint32_t base = expr->payload.base;
	size_t offset = expr->payload.offset;
	uint8_t data[EVAL_REGISTER_BYTES], known[EVAL_REGISTER_BYTES];
	size_t end = offset + expr->length;
	bool is_known = true;

	if (expr->length > sizeof(data))
		return eval_not_understood(eval, "payload");
	if (base == NFT_PAYLOAD_NETWORK_HEADER)
		end = end > network_bytes(packet) ? end - network_bytes(packet)
		                                  : 0;
	if (end > NF_TRANSPORT_BYTES)
		return EVAL_BREAK;
	for (size_t i = 0; i < expr->length; i++) {
		uint8_t *from, *from_known;

		if (!header_at(packet, base, offset + i, &from, &from_known))
			return EVAL_BREAK;
		data[i] = *from;
		known[i] = *from_known;
		is_known &= known[i] == 0xff;
	}
	if (end > TCP_BYTES)
		return options_load(eval, expr);
	if (is_known) {
		enum eval_result result =
		    eval_store(eval, expr->dreg, data, expr->length);

		if (eval->context.samples != NULL)
			address_note(eval, expr);
		return result;
	}
	return eval_store_doubt(eval, expr->dreg, data, known, expr->length,
	    is_source_port(packet, expr) ? &note_port : &eval_note_client);
}

/* What a local program sends has no link layer yet before it leaves. */
static enum eval_result
link_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const struct eval_note note = {
	    NF_MAYBE, "the neighbour that the packet comes from", false};
	const struct nf_packet *packet = &eval->branch->state.packet;
	const struct net_interface *device = packet->in;
	uint16_t type =
	    htobe16(packet->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	uint8_t data[ETH_HLEN] = {0}, known[ETH_HLEN] = {0};

	if (packet->hook == NF_HOOK_EGRESS)
		device = packet->out;
	if (device == NULL ||
	    (device->type != ARPHRD_ETHER && device->type != ARPHRD_LOOPBACK))
		return EVAL_BREAK;
	(void)memcpy(data + MAC_TYPE, &type, sizeof(type));
	known[MAC_TYPE] = known[MAC_TYPE + 1] = 0xff;
	if (device->is_loopback)
		(void)memset(known, 0xff, sizeof(known));
	if (expr->payload.offset + (size_t)expr->length > sizeof(data))
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, expr->length, &note);
	return eval_store_doubt(eval, expr->dreg, data + expr->payload.offset,
	    known + expr->payload.offset, expr->length, &note);
}

/*
 * Bytes that can be written without a change of what the packet is: of IPv4 the
 * class, id, time to live, checksum, addresses; of IPv6 the class, hops and
 * addresses; of TCP the ports, window, checksum. Others make it another protocol
 * or another segment, which is not followed; nft writes two bytes where it
 * changes one, and the other one as it was.
 */
static bool
is_still_syn(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const uint64_t ipv4 = 0xffd32U, ipv6 = 0xffffffff8fU;
	static const uint64_t tcp = 0xfc00fU;
	struct nf_packet *packet = &eval->branch->state.packet;
	const struct eval_registers *registers = eval->registers;
	size_t from = expr->sreg * (size_t)NF_SLOT_BYTES;
	uint32_t base = expr->payload.base;
	uint64_t allowed = base != NFT_PAYLOAD_NETWORK_HEADER ? tcp
	                   : packet->family == AF_INET        ? ipv4
	                                                      : ipv6;

	for (size_t i = 0; i < expr->length; i++) {
		size_t at = (size_t)expr->payload.offset + i;
		uint8_t *old, *known;

		if (at < 64 && (allowed >> at & 1) != 0)
			continue;
		if (!header_at(packet, base, at, &old, &known) ||
		    *known != 0xff || registers->bytes[from + i] != *old ||
		    (registers->has_unknown &&
		        registers->known[from + i] != 0xff))
			return false;
	}
	return true;
}

/* Of what is written, addresses and ports mean something later. */
static enum eval_result
header_write(struct nf_eval *eval, const struct nf_expr *expr)
{
	struct nf_packet *packet = &eval->branch->state.packet;
	const struct eval_registers *registers = eval->registers;
	size_t at = expr->sreg * (size_t)NF_SLOT_BYTES;
	const uint8_t *port;

	if (!eval_span(expr->sreg, expr->length))
		return eval_not_understood(eval, "payload");
	if (expr->payload.base != NFT_PAYLOAD_NETWORK_HEADER &&
	    expr->payload.base != NFT_PAYLOAD_TRANSPORT_HEADER)
		return expr->payload.base == NFT_PAYLOAD_LL_HEADER
		           ? EVAL_NEXT
		           : eval_not_understood(eval, "payload");
	if (!is_still_syn(eval, expr))
		return eval_not_understood(
		    eval, "a header that is written over");
	for (size_t i = 0; i < expr->length; i++) {
		uint8_t *to, *to_known;

		if (!header_at(packet, expr->payload.base,
		        expr->payload.offset + i, &to, &to_known))
			return EVAL_BREAK;
		*to = registers->bytes[at + i];
		*to_known =
		    registers->has_unknown ? registers->known[at + i] : 0xff;
	}
	port = packet->transport + (packet->is_reply ? 0 : 2);
	packet->port = (uint16_t)(port[0] << 8 | port[1]);
	port = packet->transport + (packet->is_reply ? 2 : 0);
	if (packet->transport_known[packet->is_reply ? 2 : 0] == 0xff)
		packet->source_port_min = packet->source_port_max =
		    (uint16_t)(port[0] << 8 | port[1]);
	return EVAL_NEXT;
}

enum eval_result
eval_payload(struct nf_eval *eval, const struct nf_expr *expr)
{
	if (expr->is_write)
		return header_write(eval, expr);
	switch (expr->payload.base) {
	case NFT_PAYLOAD_LL_HEADER:
		return link_load(eval, expr);
	case NFT_PAYLOAD_NETWORK_HEADER:
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		return header_load(eval, expr);
	case NFT_PAYLOAD_INNER_HEADER:
		/* a SYN carries nothing */
		return EVAL_BREAK;
	default:
		return eval_not_understood(eval, "payload");
	}
}

/* Every client sends these; others are rare. */
static bool
option_is_usual(uint32_t type)
{
	return type == TCPOPT_MAXSEG || type == TCPOPT_WINDOW ||
	       type == TCPOPT_SACK_PERMITTED || type == TCPOPT_TIMESTAMP ||
	       type == TCPOPT_NOP;
}

static enum eval_result
tcp_option(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const struct eval_note note = {
	    NF_MAYBE, "which TCP options a client sends", false};
	bool is_usual = option_is_usual(expr->exthdr.type);
	enum eval_result result;
	static const uint8_t known[4] = {0xfe, 0xff, 0xff, 0xff};
	static const uint8_t absent[4];

	/* whether it is there: 0 or 1; else it is there, or the rule ends */
	if (expr->dreg != NF_SLOT_NONE && !expr->is_write) {
		bool is_flag = (expr->exthdr.flags & NFT_EXTHDR_F_PRESENT) != 0;

		result = is_flag ? eval_store_doubt(eval, expr->dreg, absent,
		                       known, 1, &note)
		                 : eval_store_doubt(eval, expr->dreg, NULL,
		                       NULL, expr->length, &note);
		if (is_flag || result != EVAL_NEXT)
			return result;
	}
	return eval_doubt(eval, NF_MAYBE, note.reason, is_usual);
}

enum eval_result
eval_exthdr(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const uint8_t absent = 0;

	switch (expr->exthdr.op) {
	case NFT_EXTHDR_OP_TCPOPT:
		return tcp_option(eval, expr);
	case NFT_EXTHDR_OP_IPV6:
	case NFT_EXTHDR_OP_IPV4:
	case NFT_EXTHDR_OP_SCTP:
	case NFT_EXTHDR_OP_DCCP:
		/* an ordinary connection has none of them */
		if ((expr->exthdr.flags & NFT_EXTHDR_F_PRESENT) == 0)
			return EVAL_BREAK;
		return eval_store(eval, expr->dreg, &absent, 1);
	default:
		return eval_not_understood(eval, "exthdr");
	}
}
