/*
 * nft_decode.h - netlink's attributes of rules as agent/firewall has them
 *
 * Nothing that is not known is dropped: an expression with an unknown name, an
 * unknown attribute or a value of an odd length becomes NF_OP_UNKNOWN.
 */
#ifndef MAILFIX_SYS_NFT_DECODE_H
#define MAILFIX_SYS_NFT_DECODE_H

#include <linux/netlink.h>

#include "agent/firewall/ruleset.h"

/* Equal data is kept once, as far as one place for each hash goes. */
#define NFT_SHARED_COUNT 512U

struct nft_shared {
	const uint8_t *bytes;
	uint8_t length;
};

/* A name that had to be made printable, and what the kernel calls it. */
struct nft_odd_name {
	const char *name, *raw;
	struct nft_odd_name *next;
};

struct nft_decoder {
	struct arena *arena;
	const struct nf_ruleset *ruleset; /* sets and chains by name */
	const struct nf_table *table;     /* of what is decoded */
	unsigned depth;                   /* of expressions in expressions */
	struct nft_odd_name *odd_names;
	struct nft_shared shared[NFT_SHARED_COUNT];
};

/* More attributes than any object of the kernel has by far. */
#define NFT_ATTRS_MAX 24U

struct nft_attrs {
	const struct nlattr *at[NFT_ATTRS_MAX];
	unsigned odd; /* the first one that is unknown or odd; 0: none */
};

/*
 * nft_attrs_read, nft_attrs_read_message - attributes by type, lengths checked
 *
 * kinds  what each type, from 1 on, holds: '1', '2', '4', '8' a number of that
 *        many bytes, 's' text, 'n' others inside, 'b' bytes, '.' anything, which is
 *        left out; one that is not in it is odd
 */
void nft_attrs_read(
    const struct nlattr *nest, const char *kinds, struct nft_attrs *ret);
void nft_attrs_read_message(
    const struct nlmsghdr *message, const char *kinds, struct nft_attrs *ret);

/* The attributes inside of one; `left` counts the bytes, from 0 for none. */
const struct nlattr *nft_attr_first(const struct nlattr *nest, size_t *left);
const struct nlattr *nft_attr_next(const struct nlattr *attr, size_t *left);

/* Numbers come in network order; `otherwise` when there is none. */
uint32_t nft_attr_u32(
    const struct nft_attrs *attrs, unsigned type, uint32_t otherwise);
uint64_t nft_attr_u64(
    const struct nft_attrs *attrs, unsigned type, uint64_t otherwise);

/* nft_attr_text - as it is, NUL-terminated inside the attribute; NULL: none */
const char *nft_attr_text(const struct nft_attrs *attrs, unsigned type);

/* nft_text_dup - printable, in the arena; "" becomes "" */
const char *nft_text_dup(struct arena *arena, const char *text, size_t length);

/*
 * nft_name_keep - as nft_text_dup; nft_name_raw gives back what it was, for
 * questions to the kernel. name  the pointer that nft_name_keep returned
 */
const char *nft_name_keep(struct nft_decoder *decoder, const char *name);
const char *nft_name_raw(const struct nft_decoder *decoder, const char *name);

/* nft_data_keep - the bytes in the arena, shared with equal ones */
const uint8_t *nft_data_keep(
    struct nft_decoder *decoder, const void *bytes, size_t length);

/*
 * nft_data_read - an attribute of struct nft_data: bytes or a verdict
 * bytes NULL: it is a verdict. False when it is odd.
 */
struct nft_data {
	const void *bytes;
	uint8_t length;
	struct nf_verdict verdict;
};

bool nft_data_read(struct nft_decoder *decoder, const struct nlattr *attr,
    struct nft_data *ret);

/* nft_expr_read - NFTA_LIST_ELEM or the like with a name and its data */
void nft_expr_read(struct nft_decoder *decoder, const struct nlattr *nest,
    struct nf_expr *ret);

/* nft_exprs_read - a list of them, in the arena; returns how many */
uint16_t nft_exprs_read(struct nft_decoder *decoder, const struct nlattr *nest,
    const struct nf_expr **ret);

/* nft_*_read - one message; false: it is none, or lacks what it must have */
bool nft_table_read(struct nft_decoder *decoder, const struct nlmsghdr *message,
    struct nf_table *ret);
bool nft_chain_read(struct nft_decoder *decoder, const struct nlmsghdr *message,
    struct nf_chain *ret);
bool nft_set_read(struct nft_decoder *decoder, const struct nlmsghdr *message,
    struct nf_set *ret);
bool nft_rule_read(struct nft_decoder *decoder, const struct nlmsghdr *message,
    struct nf_rule *ret);

/* Elements as they come, on the heap, until nft_elements_end. */
struct nft_elements {
	struct nf_element *elements;
	uint32_t *flags; /* NFTA_SET_ELEM_FLAGS of each */
	size_t count, size;
	const char *odd; /* what is not understood; the set cannot be used */
};

bool nft_elements_read(struct nft_decoder *decoder, const struct nf_set *set,
    const struct nlmsghdr *message, struct nft_elements *elements);
/* nft_elements_end - into the set, sorted, intervals closed; frees elements */
void nft_elements_end(
    struct arena *arena, struct nft_elements *elements, struct nf_set *set);
void nft_elements_done(struct nft_elements *elements);

#endif
