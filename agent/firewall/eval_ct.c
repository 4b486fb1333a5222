/*
 * eval_ct.c - the connection that conntrack has made of the packet
 *
 * Purpose  the expression ct: state, mark, tuples
 * Input    expressions of a rule set; the packet of the branch
 * Errors   a key that is not known: its value is not
 * Runs as  observer, planner, tests
 * Source   nft_ct.c, nf_conntrack_common.h of Linux
 */
#include <sys/socket.h>

#include <endian.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

enum {
	STATE_INVALID = 1,
	STATE_ESTABLISHED = 2,
	STATE_NEW = 8,
	STATE_UNTRACKED = 0x40,
	LABELS_BYTES = 16,
};

static const struct eval_note note_counted = {
    NF_MAYBE, "what conntrack has counted", false};
static const struct eval_note note_mark = {
    NF_UNKNOWN, "a mark of the connection that could not be followed", false};
static const struct eval_note note_unread = {NF_UNKNOWN,
    "something of the connection that this program cannot read", false};
static const struct eval_note note_port = {NF_MAYBE, "the source port", true};

/* There is always a state, also when there is no connection. */
static enum eval_result
state_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;

	return eval_store_number(eval, expr,
	    packet->is_untracked                   ? STATE_UNTRACKED
	    : !packet->is_tracked                  ? STATE_INVALID
	    : packet->is_reply || packet->is_later ? STATE_ESTABLISHED
	                                           : STATE_NEW);
}

static enum eval_result
status_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	/* whether nat is over depends on whether the kernel has nat at all */
	uint32_t unknown = IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;
	uint32_t known = ~unknown, status = 0;
	uint8_t data[sizeof(status)], mask[sizeof(known)];

	status |= packet->is_reply || packet->is_later ? IPS_SEEN_REPLY : 0;
	status |= packet->is_later ? IPS_ASSURED : 0;
	status |= packet->is_confirmed ? IPS_CONFIRMED : 0;
	status |= packet->is_snat ? IPS_SRC_NAT : 0;
	status |= packet->is_dnat ? IPS_DST_NAT : 0;
	(void)memcpy(data, &status, sizeof(data));
	(void)memcpy(mask, &known, sizeof(mask));
	return eval_store_doubt(
	    eval, expr->dreg, data, mask, sizeof(data), &note_unread);
}

/* One end of the connection, as one of its two tuples has it. */
struct end {
	struct nf_address address;
	uint16_t port;
	bool is_client; /* whose port may not be known */
};

static void
end_of(const struct nf_packet *packet, bool is_reply_tuple, bool is_source,
    struct end *ret)
{
	*ret = (struct end){.is_client = is_source != is_reply_tuple};
	if (!is_reply_tuple) {
		ret->address =
		    is_source ? packet->original_from : packet->original_to;
		ret->port = packet->original_port;
	} else {
		ret->address =
		    is_source ? packet->reply_from : packet->reply_to;
		ret->port = packet->reply_port;
	}
}

static enum eval_result
port_load(
    struct nf_eval *eval, const struct nf_expr *expr, const struct end *end)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	uint16_t port = htobe16(end->port);

	if (!end->is_client)
		return eval_store(eval, expr->dreg, &port, sizeof(port));
	if (packet->source_port_min != packet->source_port_max)
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, sizeof(port), &note_port);
	port = htobe16(packet->source_port_min);
	return eval_store(eval, expr->dreg, &port, sizeof(port));
}

static enum eval_result
tuple_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	bool is_v4 = packet->family == AF_INET;

	bool is_reply = expr->key.direction == 1;
	uint32_t key = expr->key.key;
	struct end end;

	if (((key == NFT_CT_SRC_IP || key == NFT_CT_DST_IP) && !is_v4) ||
	    ((key == NFT_CT_SRC_IP6 || key == NFT_CT_DST_IP6) && is_v4))
		return EVAL_BREAK;
	end_of(packet, is_reply,
	    key == NFT_CT_SRC || key == NFT_CT_SRC_IP ||
	        key == NFT_CT_SRC_IP6 || key == NFT_CT_PROTO_SRC,
	    &end);
	if (key == NFT_CT_PROTO_SRC || key == NFT_CT_PROTO_DST)
		return port_load(eval, expr, &end);
	return eval_store(eval, expr->dreg, end.address.bytes, is_v4 ? 4 : 16);
}

/* Labels are only added; in memory they are as in the register. */
static enum eval_result
labels_add(struct nf_eval *eval, const struct nf_expr *expr)
{
	struct eval_state *state = &eval->branch->state;
	const uint8_t *bytes =
	    eval->registers->bytes + expr->sreg * (size_t)NF_SLOT_BYTES;

	if (!eval_span(expr->sreg, LABELS_BYTES) ||
	    !eval_is_known(eval->registers, expr->sreg, LABELS_BYTES))
		return eval_not_understood(eval, "ct");
	for (size_t i = 0; state->packet.is_tracked && i < LABELS_BYTES; i++)
		state->labels[i] |= bytes[i];
	return EVAL_NEXT;
}

static enum eval_result
ct_write(struct nf_eval *eval, const struct nf_expr *expr)
{
	struct eval_state *state = &eval->branch->state;
	struct nf_number number = {0};

	if (!eval_span(expr->sreg, 1))
		return eval_not_understood(eval, "ct");
	(void)memcpy(&number.value,
	    eval->registers->bytes + expr->sreg * (size_t)NF_SLOT_BYTES,
	    sizeof(number.value));
	number.is_known =
	    eval_is_known(eval->registers, expr->sreg, sizeof(number.value));
	if (!number.is_known)
		number.value = 0;
	switch (expr->key.key) {
	case NFT_CT_MARK:
		if (state->packet.is_tracked)
			state->packet.ct_mark = number;
		return EVAL_NEXT;
	case NFT_CT_ZONE:
		if (expr->key.direction != UINT8_MAX)
			return eval_not_understood(
			    eval, "a zone of one direction");
		/* too late for what is tracked, or will not be */
		if (!state->packet.is_tracked && !state->packet.is_untracked)
			state->zone = number;
		return EVAL_NEXT;
	case NFT_CT_EVENTMASK:
	case NFT_CT_SECMARK:
		return EVAL_NEXT;
	case NFT_CT_LABELS:
		return labels_add(eval, expr);
	default:
		return eval_not_understood(eval, "ct");
	}
}

static enum eval_result
small_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct eval_state *state = &eval->branch->state;
	const struct nf_packet *packet = &state->packet;
	uint8_t small;

	switch (expr->key.key) {
	case NFT_CT_DIRECTION:
		small = packet->is_reply ? 1 : 0;
		break;
	case NFT_CT_L3PROTOCOL:
		small =
		    packet->family == AF_INET ? NF_FAMILY_IPV4 : NF_FAMILY_IPV6;
		break;
	case NFT_CT_PROTOCOL:
		small = IPPROTO_TCP;
		break;
	case NFT_CT_MARK:
		if (!packet->ct_mark.is_known)
			return eval_store_doubt(
			    eval, expr->dreg, NULL, NULL, 4, &note_mark);
		return eval_store_number(eval, expr, packet->ct_mark.value);
	case NFT_CT_ZONE:
		if (!state->zone.is_known)
			return eval_store_doubt(
			    eval, expr->dreg, NULL, NULL, 2, &note_unread);
		return eval_store_number(
		    eval, expr, state->zone.value & UINT16_MAX);
	default: /* none but what rules have set */
		return eval_store(
		    eval, expr->dreg, state->labels, LABELS_BYTES);
	}
	return eval_store(eval, expr->dreg, &small, sizeof(small));
}

enum eval_result
eval_ct(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;

	if (expr->is_write)
		return ct_write(eval, expr);
	if (expr->key.key == NFT_CT_STATE)
		return state_load(eval, expr);
	if (!packet->is_tracked)
		return EVAL_BREAK;
	switch (expr->key.key) {
	case NFT_CT_STATUS:
		return status_load(eval, expr);
	case NFT_CT_DIRECTION:
	case NFT_CT_L3PROTOCOL:
	case NFT_CT_PROTOCOL:
	case NFT_CT_MARK:
	case NFT_CT_ZONE:
	case NFT_CT_LABELS:
		return small_load(eval, expr);
	case NFT_CT_HELPER: /* mail has none */
		return EVAL_BREAK;
	case NFT_CT_SRC:
	case NFT_CT_DST:
	case NFT_CT_SRC_IP:
	case NFT_CT_DST_IP:
	case NFT_CT_SRC_IP6:
	case NFT_CT_DST_IP6:
	case NFT_CT_PROTO_SRC:
	case NFT_CT_PROTO_DST:
		return tuple_load(eval, expr);
	case NFT_CT_EXPIRATION:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 4, &note_counted);
	case NFT_CT_PKTS:
	case NFT_CT_BYTES:
	case NFT_CT_AVGPKT:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 8, &note_counted);
	default:
		return eval_store_doubt(eval, expr->dreg, NULL, NULL,
		    eval_span(expr->dreg, 16) ? 16 : 4, &note_unread);
	}
}
