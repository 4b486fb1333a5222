/*
 * rule_words.h - what the parts of rule_text.c share
 */
#ifndef MAILFIX_FIREWALL_RULE_WORDS_H
#define MAILFIX_FIREWALL_RULE_WORDS_H

#include "agent/firewall/rule_text.h"

/* How bytes are to be read. */
enum text_kind {
	TEXT_HEX, /* not known: as they are */
	TEXT_NUMBER,
	TEXT_HOST_NUMBER, /* in host order, unless swapped before */
	TEXT_ADDRESS,     /* IPv4 or IPv6 by its length */
	TEXT_MAC,
	TEXT_PROTOCOL,
	TEXT_NFPROTO,
	TEXT_ETHERTYPE,
	TEXT_NAME, /* of an interface, a helper */
	TEXT_INDEX,
	TEXT_MARK,
	TEXT_PRIORITY,
	TEXT_STATE,
	TEXT_STATUS,
	TEXT_DIRECTION,
	TEXT_PKTTYPE,
	TEXT_TYPE, /* of an address */
	TEXT_IFTYPE,
	TEXT_EXISTS,
	TEXT_TCP_FLAGS,
	TEXT_DSCP,
	TEXT_ICMP,
	TEXT_ICMP6,
};

/* What is in a register: from where, and how it was changed. */
struct text_word {
	const struct nf_expr *load; /* NULL: nothing that is known */
	const struct nf_expr *mask; /* the last bitwise, or NULL */
	bool is_swapped;            /* into network order */
	bool is_changed;            /* in a way that is not told */
	bool is_map;                /* looked up: in text->maps */
};

struct text {
	struct buf *out;
	size_t start; /* of the rule in out */
	const struct nf_ruleset *ruleset;
	const struct nf_chain *chain;
	const struct nf_rule *rule;
	const struct net *net;
	/* one more than there are, so that a key may end behind them */
	struct text_word slots[NF_SLOT_COUNT + 1];
	struct buf maps[NF_SLOT_COUNT];
	int protocol;    /* what a compare told; -1: nothing */
	uint8_t nfproto; /* NF_FAMILY_IPV4, _IPV6; 0 */
};

struct text_field {
	char name[96];
	enum text_kind kind;
	uint8_t length; /* of the whole field; 0: any */
};

/* text_add - a word, with a space before it unless it is the first */
void text_add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* text_slot - what is in a register; never NULL */
const struct text_word *text_slot(const struct text *text, uint8_t slot);

/* rule_text_field.c: what a load is called */
void text_field_get(const struct text *text, const struct text_word *word,
    struct text_field *ret);

/* rule_text_value.c: bytes in words */
void text_value(struct buf *out, const struct text *text, enum text_kind kind,
    const uint8_t *bytes, size_t length, bool is_swapped);
/* an address of `full` bytes, of which the first bits are given */
void text_prefix(struct buf *out, const struct text *text, const uint8_t *bytes,
    size_t length, size_t full, unsigned bits);
/* bits at the beginning that are 1, and none behind; -1: not such a mask */
int text_mask_bits(const uint8_t *mask, size_t length);
/* names of bits that are set, with `between`; what has no name as a number */
void text_flags(
    struct buf *out, enum text_kind kind, uint32_t bits, const char *between);
/* a number of up to four bytes */
uint32_t text_number(const uint8_t *bytes, size_t length, bool is_network);
bool text_is_host_order(enum text_kind kind);

/* rule_text_match.c: compares; returns how many expressions are told */
size_t text_compare(struct text *text, size_t at);
/* what a register holds, as the right side of a statement */
void text_operand(struct buf *out, struct text *text, uint8_t slot,
    size_t length, enum text_kind kind);
/* "ip saddr . tcp dport" */
void text_key(struct buf *out, struct text *text, uint8_t slot, size_t length);

/* rule_text_set.c */
void text_lookup(struct text *text, size_t at);
/* "@blocked", "{ 25, 465 }"; kind of what a map gives */
void text_set(struct buf *out, struct text *text, struct nf_set *set,
    const char *name, uint8_t slot, enum text_kind kind);

/* rule_text_stmt.c: what does something */
void text_statement(struct text *text, const struct nf_expr *expr);
void text_verdict(struct buf *out, const struct nf_verdict *verdict);

/* rule_text_xt.c: iptables' words */
void text_xt(struct text *text, const struct nf_expr *expr);

#endif
