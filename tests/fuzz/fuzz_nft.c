/*
 * fuzz_nft.c - any bytes as messages about tables, chains, sets, rules, elements
 *
 * Purpose  whatever comes is decoded into what rule_expr.h and ruleset.h promise
 * Input    an octet for the kind of message, one for the kind of set, then the
 *          attributes
 * Errors   abort
 * Runs as  any user
 * Source   nft_decode.h
 */
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/sys/nft_decode.h"
#include "tests/fuzz/fuzz.h"

/* As much as one datagram of the kernel has. */
#define BYTES_MAX 65536U

struct world {
	struct nf_table table;
	struct nf_set set;
	struct nf_ruleset ruleset;
	struct nft_decoder decoder;
	_Alignas(struct nlmsghdr) char bytes[BYTES_MAX];
};

static void
is_text(const char *text)
{
	FUZZ_PROMISE(text == NULL || text_is_printable(text, strlen(text)));
}

static void
is_slot(uint8_t slot)
{
	FUZZ_PROMISE(slot < NF_SLOT_COUNT || slot == NF_SLOT_NONE ||
	             slot == NF_SLOT_VERDICT);
}

/* Reads all that is said to be there; the sanitizer looks on. */
static void
is_bytes(const uint8_t *bytes, size_t length)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; bytes != NULL && i < length; i++)
		sum = (uint8_t)(sum + bytes[i]);
}

static void exprs_check(const struct nf_expr *exprs, size_t count);

static void
operands_check(const struct nf_expr *expr)
{
	switch (expr->op) {
	case NF_OP_UNKNOWN:
		FUZZ_PROMISE(expr->unknown.name != NULL);
		is_text(expr->unknown.name);
		is_text(expr->unknown.text);
		break;
	case NF_OP_CMP:
		is_bytes(expr->cmp.data, expr->length);
		break;
	case NF_OP_RANGE:
		is_bytes(expr->range.from, expr->length);
		is_bytes(expr->range.to, expr->length);
		break;
	case NF_OP_BITWISE:
		is_bytes(expr->bitwise.mask, expr->length);
		is_bytes(expr->bitwise.xor, expr->length);
		break;
	case NF_OP_IMMEDIATE:
		is_bytes(expr->immediate.data, expr->length);
		is_text(expr->immediate.verdict.chain);
		break;
	case NF_OP_LOOKUP:
	case NF_OP_DYNSET:
		FUZZ_PROMISE(expr->lookup.name != NULL);
		is_text(expr->lookup.name);
		exprs_check(expr->lookup.exprs, expr->lookup.expr_count);
		break;
	case NF_OP_XT_MATCH:
	case NF_OP_XT_TARGET:
		FUZZ_PROMISE(expr->xt.name != NULL);
		is_text(expr->xt.name);
		is_bytes(expr->xt.info, expr->xt.info_length);
		break;
	case NF_OP_NAT:
		is_slot(expr->nat.address_min);
		is_slot(expr->nat.port_max);
		break;
	default:
		break;
	}
}

static void
exprs_check(const struct nf_expr *exprs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		FUZZ_PROMISE(exprs[i].op < NF_OP_MAX);
		is_slot(exprs[i].sreg);
		is_slot(exprs[i].dreg);
		is_slot(exprs[i].sreg2);
		FUZZ_PROMISE(exprs[i].length <= 64);
		operands_check(&exprs[i]);
	}
}

static void
elements_check(struct world *world, const struct nlmsghdr *message)
{
	struct nft_elements elements = {0};
	struct nf_set *set = &world->set;

	(void)nft_elements_read(&world->decoder, set, message, &elements);
	if (elements.odd != NULL) {
		nft_elements_done(&elements);
		return;
	}
	nft_elements_end(world->decoder.arena, &elements, set);
	for (size_t i = 0; i < set->element_count; i++) {
		const struct nf_element *element = &set->elements[i];

		FUZZ_PROMISE(element->key != NULL);
		is_bytes(element->key, set->key_length);
		is_bytes(element->key_end, set->key_length);
		is_bytes(element->data, set->data_length);
		is_text(element->verdict.chain);
		exprs_check(element->exprs, element->expr_count);
		FUZZ_PROMISE(i == 0 || set->field_count != 0 ||
		             memcmp(element[-1].key, element->key,
		                 set->key_length) <= 0);
	}
}

static void
message_check(struct world *world, uint8_t kind, const struct nlmsghdr *message)
{
	struct nf_table table;
	struct nf_chain chain;
	struct nf_set set;
	struct nf_rule rule;

	switch (kind) {
	case NFT_MSG_NEWTABLE:
		if (nft_table_read(&world->decoder, message, &table))
			is_text(table.name);
		break;
	case NFT_MSG_NEWCHAIN:
		if (!nft_chain_read(&world->decoder, message, &chain))
			break;
		is_text(chain.name);
		for (size_t i = 0;
		     chain.devices != NULL && chain.devices[i] != NULL; i++)
			is_text(chain.devices[i]);
		break;
	case NFT_MSG_NEWSET:
		if (nft_set_read(&world->decoder, message, &set)) {
			is_text(set.name);
			FUZZ_PROMISE(set.key_length <= 64);
			FUZZ_PROMISE(set.field_count <= NF_FIELDS_MAX);
		}
		break;
	case NFT_MSG_NEWRULE:
		if (!nft_rule_read(&world->decoder, message, &rule))
			break;
		is_text(rule.comment);
		exprs_check(rule.exprs, rule.expr_count);
		break;
	default:
		elements_check(world, message);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t kinds[] = {NFT_MSG_NEWTABLE, NFT_MSG_NEWCHAIN,
	    NFT_MSG_NEWSET, NFT_MSG_NEWRULE, NFT_MSG_NEWSETELEM};
	static struct world world;
	struct arena *arena;
	struct nlmsghdr *message = (void *)world.bytes;
	struct nfgenmsg body = {.nfgen_family = NF_FAMILY_INET};
	size_t head = NLMSG_LENGTH(sizeof(body));
	uint8_t kind;

	if (size < 2 || size - 2 > BYTES_MAX - head)
		return 0;
	arena = arena_new();
	kind = kinds[data[0] % sizeof(kinds)];
	world.table =
	    (struct nf_table){.family = NF_FAMILY_INET, .name = "filter"};
	world.set = (struct nf_set){.table = &world.table,
	    .name = "ports",
	    .flags = data[1] & 0x0fU,
	    .key_length = data[1] >> 4,
	    .data_length = 4,
	    .is_verdict_map = (data[1] & 8) != 0,
	    .field_count = data[1] & 1};
	world.ruleset = (struct nf_ruleset){.arena = arena,
	    .tables = &world.table,
	    .table_count = 1,
	    .sets = &world.set,
	    .set_count = 1};
	world.decoder = (struct nft_decoder){
	    .arena = arena, .ruleset = &world.ruleset, .table = &world.table};
	*message = (struct nlmsghdr){.nlmsg_len = (uint32_t)(head + size - 2),
	    .nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | kind)};
	(void)memcpy(world.bytes + NLMSG_HDRLEN, &body, sizeof(body));
	(void)memcpy(world.bytes + head, data + 2, size - 2);
	message_check(&world, kind, message);
	arena_free(arena);
	return 0;
}
