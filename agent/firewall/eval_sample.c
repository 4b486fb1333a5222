/*
 * eval_sample.c - addresses that rules treat in another way
 *
 * Purpose  what the rules on the way compare the address with
 * Input    compares and lookups that the packet passes
 * Errors   none: more than NF_SAMPLES_MAX are not kept
 * Runs as  observer, planner, tests
 * Source   -
 */
#include <sys/socket.h>

#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/firewall/eval_parts.h"

/* Elements of one set: a ban list may have thousands, all treated alike. */
#define SAMPLES_OF_SET 2U

static void
sample_add(
    struct nf_eval *eval, const struct nf_address *address, const char *name)
{
	struct nf_samples *samples = eval->context.samples;
	struct nf_address asked;

	if (samples->count == NF_SAMPLES_MAX)
		return;
	asked = eval->question->direction == NF_IN ? eval->question->from
	                                           : eval->question->to;
	if (net_address_equal(&asked, address))
		return;
	for (size_t i = 0; i < samples->count; i++)
		if (net_address_equal(&samples->addresses[i], address))
			return;
	samples->addresses[samples->count] = *address;
	samples->names[samples->count++] = name;
}

static unsigned
prefix_length(const uint8_t *mask, size_t bytes)
{
	unsigned length = 0;

	for (size_t i = 0; i < bytes; i++)
		length += (unsigned)__builtin_popcount(mask[i]);
	return length;
}

/* The bytes of an expression, at their place in an address. */
static void
sample_bytes(struct nf_eval *eval, const uint8_t *data, size_t length)
{
	const struct eval_registers *registers = eval->registers;
	uint8_t family = eval->question->from.family;
	size_t bytes = family == AF_INET ? 4 : 16;
	size_t skip = registers->address_skip;
	struct nf_address address = {.family = family};
	char text[INET6_ADDRSTRLEN];
	unsigned prefix = (unsigned)length * 8;

	if (skip != 0 || length > bytes)
		return;
	(void)memcpy(address.bytes, data, length);
	if (registers->address_mask != NULL)
		prefix = prefix_length(registers->address_mask, length);
	(void)net_address_format(&address, text);
	if (prefix == bytes * 8) {
		sample_add(
		    eval, &address, arena_dup(eval->context.arena, text));
		return;
	}
	/* an address in the network, not the network's own */
	address.bytes[bytes - 1] |= 1;
	sample_add(eval, &address,
	    arena_printf(eval->context.arena, "%s/%u", text, prefix));
}

void
eval_sample_cmp(struct nf_eval *eval, const struct nf_expr *expr)
{
	if (eval->registers->address_slot != expr->sreg)
		return;
	if (expr->op == NF_OP_RANGE)
		sample_bytes(eval, expr->range.from, expr->length);
	else
		sample_bytes(eval, expr->cmp.data, expr->length);
}

/* A set whose only field is the address, or whose first is. */
void
eval_sample_lookup(struct nf_eval *eval, const struct nf_expr *expr)
{
	const struct nf_set *set = expr->lookup.set;
	uint8_t family = eval->question->from.family;
	size_t bytes = family == AF_INET ? 4 : 16;

	if (set == NULL || !set->is_loaded ||
	    eval->registers->address_slot != expr->sreg ||
	    eval->registers->address_skip != 0 || set->key_length < bytes)
		return;
	for (size_t i = 0; i < set->element_count && i < SAMPLES_OF_SET; i++) {
		struct nf_address address = {.family = family};

		if (set->elements[i].key == NULL)
			continue;
		(void)memcpy(address.bytes, set->elements[i].key, bytes);
		sample_add(eval, &address,
		    (set->flags & NFT_SET_ANONYMOUS) != 0
		        ? net_address_format(
		              &address, arena_alloc(eval->context.arena, 1,
		                            INET6_ADDRSTRLEN))
		        : arena_printf(eval->context.arena, "@%s", set->name));
	}
}
