/*
 * eval_meta.c - what is known of a packet beside its headers
 *
 * Purpose  the expression meta: interfaces, marks, owners, time
 * Input    expressions of a rule set; the packet of the branch
 * Errors   a key that is not known: its value is not
 * Runs as  observer, planner, tests
 * Source   nft_meta.c of Linux
 */
#include <sys/socket.h>

#include <endian.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

/* As in enum nft_meta_keys of kernels newer than the header may be. */
enum { META_SDIF = 33, META_SDIFNAME = 34 };

/* A power of two that no mail host comes near. */
#define CPUS_MAX 4096U

static const struct eval_note note_now = {
    NF_MAYBE, "the time, the processor or chance", false};
static const struct eval_note note_mark = {
    NF_UNKNOWN, "a mark that could not be followed", false};
static const struct eval_note note_owner = {
    NF_UNKNOWN, "the user of the socket, which is not known", false};
static const struct eval_note note_unread = {
    NF_UNKNOWN, "something that this program cannot read", false};

static enum eval_result
store_name(struct nf_eval *eval, const struct nf_expr *expr, const char *name)
{
	char text[16] = {0};

	(void)memcpy(text, name, strnlen(name, sizeof(text) - 1));
	return eval_store(eval, expr->dreg, text, sizeof(text));
}

static enum eval_result
store_or_doubt(struct nf_eval *eval, const struct nf_expr *expr,
    const struct nf_number *number, const struct eval_note *note)
{
	if (number->is_known)
		return eval_store_number(eval, expr, number->value);
	return eval_store_doubt(eval, expr->dreg, NULL, NULL, 4, note);
}

/* A device that is not there: index 0, an empty name, and no other datum. */
static enum eval_result
interface_load(struct nf_eval *eval, const struct nf_expr *expr,
    const struct net_interface *device)
{
	switch (expr->key.key) {
	case NFT_META_IIF:
	case NFT_META_OIF:
		return eval_store_number(
		    eval, expr, device != NULL ? device->index : 0);
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME:
		return store_name(
		    eval, expr, device != NULL ? device->name : "");
	default:
		break;
	}
	if (device == NULL)
		return EVAL_BREAK;
	switch (expr->key.key) {
	case NFT_META_IIFTYPE:
	case NFT_META_OIFTYPE:
		return eval_store(
		    eval, expr->dreg, &device->type, sizeof(device->type));
	case NFT_META_IIFGROUP:
	case NFT_META_OIFGROUP:
		return eval_store_number(eval, expr, device->group);
	default: /* the kind; hardware has none */
		if (device->kind[0] == '\0')
			return EVAL_BREAK;
		return store_name(eval, expr, device->kind);
	}
}

static enum eval_result
protocol_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;
	bool is_v4 = packet->family == AF_INET;
	uint16_t type = htobe16(is_v4 ? ETH_P_IP : ETH_P_IPV6);
	uint8_t family = is_v4 ? NF_FAMILY_IPV4 : NF_FAMILY_IPV6;
	uint8_t protocol = IPPROTO_TCP;
	const struct nf_chain *chain = eval->branch->state.chain;

	if (expr->key.key == NFT_META_PROTOCOL)
		return eval_store(eval, expr->dreg, &type, sizeof(type));
	if (expr->key.key == NFT_META_L4PROTO)
		return eval_store(eval, expr->dreg, &protocol, 1);
	if (chain->table->family == NF_FAMILY_NETDEV)
		family = NF_FAMILY_NETDEV;
	return eval_store(eval, expr->dreg, &family, 1);
}

/* Only a packet with a socket has an owner: before it leaves. */
static enum eval_result
owner_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;

	if (!packet->has_socket)
		return EVAL_BREAK;
	switch (expr->key.key) {
	case NFT_META_SKUID:
		return store_or_doubt(eval, expr, &packet->uid, &note_owner);
	case NFT_META_SKGID:
		return store_or_doubt(eval, expr, &packet->gid, &note_owner);
	default:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 4, &note_unread);
	}
}

/* The device behind a vrf; elsewhere there is none. */
static enum eval_result
slave_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct net_interface *in = eval->branch->state.packet.in;

	if (in != NULL && strcmp(in->kind, "vrf") == 0)
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 16, &note_unread);
	if (expr->key.key == META_SDIF)
		return eval_store_number(eval, expr, 0);
	return store_name(eval, expr, "");
}

static enum eval_result
mark_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	static const uint8_t zero = 0;
	const struct nf_packet *packet = &eval->branch->state.packet;

	switch (expr->key.key) {
	case NFT_META_MARK:
		return store_or_doubt(eval, expr, &packet->mark, &note_mark);
	case NFT_META_PRIORITY:
		return store_or_doubt(
		    eval, expr, &packet->priority, &note_unread);
	default: /* pkttype: for this host; secpath: no IPsec */
		return eval_store(eval, expr->dreg, &zero, 1);
	}
}

/* sreg may be unknown: then so is the mark. */
static enum eval_result
meta_write(struct nf_eval *eval, const struct nf_expr *expr)
{
	struct nf_packet *packet = &eval->branch->state.packet;
	struct nf_number number = {0};

	if (!eval_span(expr->sreg, 1))
		return eval_not_understood(eval, "meta");
	(void)memcpy(&number.value,
	    eval->registers->bytes + expr->sreg * (size_t)NF_SLOT_BYTES,
	    sizeof(number.value));
	number.is_known =
	    eval_is_known(eval->registers, expr->sreg, sizeof(number.value));
	if (!number.is_known && expr->key.key != NFT_META_PKTTYPE)
		number.value = 0;
	switch (expr->key.key) {
	case NFT_META_MARK:
		packet->mark = number;
		return EVAL_NEXT;
	case NFT_META_PRIORITY:
		packet->priority = number;
		return EVAL_NEXT;
	case NFT_META_NFTRACE:
	case NFT_META_SECMARK:
		return EVAL_NEXT;
	case NFT_META_PKTTYPE: /* one byte; it is for this host already */
		if (eval_is_known(eval->registers, expr->sreg, 1) &&
		    *(const uint8_t *)&number.value == PACKET_HOST)
			return EVAL_NEXT;
		break; /* TCP takes only what is for this host */
	default:
		break;
	}
	return eval_not_understood(eval, "meta");
}

static enum eval_result
cpu_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	uint32_t value = ~(uint32_t)(CPUS_MAX - 1);
	uint8_t known[sizeof(value)], data[sizeof(value)] = {0};

	(void)memcpy(known, &value, sizeof(known));
	return eval_store_doubt(
	    eval, expr->dreg, data, known, sizeof(data), &note_now);
}

static enum eval_result
other_load(struct nf_eval *eval, const struct nf_expr *expr)
{
	switch (expr->key.key) {
	case NFT_META_LEN:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 4, &eval_note_client);
	case NFT_META_CPU:
		return cpu_load(eval, expr);
	case NFT_META_RTCLASSID:
		return eval_realm(eval, expr);
	case NFT_META_PRANDOM:

	case NFT_META_TIME_DAY:
	case NFT_META_TIME_HOUR:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 4, &note_now);
	case NFT_META_TIME_NS:
		return eval_store_doubt(
		    eval, expr->dreg, NULL, NULL, 8, &note_now);
	case META_SDIF:
	case META_SDIFNAME:
		return slave_load(eval, expr);
	default: /* nftrace, secmark, what bridges have, newer ones */
		return eval_store_doubt(eval, expr->dreg, NULL, NULL,
		    eval_span(expr->dreg, 16) ? 16 : 4, &note_unread);
	}
}

enum eval_result
eval_meta(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_packet *packet = &eval->branch->state.packet;

	if (expr->is_write)
		return meta_write(eval, expr);
	switch (expr->key.key) {
	case NFT_META_IIFTYPE: /* not the hook's, but the packet's own */
		return interface_load(eval, expr,
		    packet->hook == NF_HOOK_POSTROUTING ||
		            packet->hook == NF_HOOK_EGRESS
		        ? packet->out
		        : packet->in);
	case NFT_META_IIF:
	case NFT_META_IIFNAME:
	case NFT_META_IIFGROUP:

	case NFT_META_IIFKIND:
		return interface_load(eval, expr, packet->in);
	case NFT_META_OIF:
	case NFT_META_OIFNAME:
	case NFT_META_OIFTYPE:
	case NFT_META_OIFGROUP:
	case NFT_META_OIFKIND:
		return interface_load(eval, expr, packet->out);
	case NFT_META_PROTOCOL:
	case NFT_META_NFPROTO:
	case NFT_META_L4PROTO:
		return protocol_load(eval, expr);
	case NFT_META_SKUID:
	case NFT_META_SKGID:
	case NFT_META_CGROUP:
		return owner_load(eval, expr);
	case NFT_META_MARK:
	case NFT_META_PRIORITY:
	case NFT_META_PKTTYPE:
	case NFT_META_SECPATH:
		return mark_load(eval, expr);
	default:
		return other_load(eval, expr);
	}
}
