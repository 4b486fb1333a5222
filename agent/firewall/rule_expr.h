/*
 * rule_expr.h - one expression of a rule, as the kernel's virtual machine has it
 */
#ifndef MAILFIX_FIREWALL_RULE_EXPR_H
#define MAILFIX_FIREWALL_RULE_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/firewall/verdict.h"

struct nf_set;

enum nf_op {
	NF_OP_UNKNOWN, /* a name, an attribute or a value that we do not know */
	NF_OP_PAYLOAD, /* load; or write when is_write */
	NF_OP_EXTHDR,  /* load, presence or write of an option */
	NF_OP_META,
	NF_OP_CT,
	NF_OP_RT,
	NF_OP_FIB,
	NF_OP_SOCKET,
	NF_OP_OSF,
	NF_OP_TUNNEL,
	NF_OP_XFRM,
	NF_OP_NUMGEN,
	NF_OP_HASH,
	NF_OP_IMMEDIATE, /* a value into a register, or a verdict */
	NF_OP_CMP,
	NF_OP_RANGE,
	NF_OP_BITWISE,
	NF_OP_BYTEORDER,
	NF_OP_LOOKUP,
	NF_OP_DYNSET,
	NF_OP_LIMIT,
	NF_OP_CONNLIMIT,
	NF_OP_QUOTA,
	NF_OP_COUNTER,
	NF_OP_LAST,
	NF_OP_LOG,
	NF_OP_OBJREF, /* a named counter, quota, limit, ct helper, ... */
	NF_OP_REJECT,
	NF_OP_NAT, /* snat, dnat */
	NF_OP_MASQ,
	NF_OP_REDIR,
	NF_OP_TPROXY,
	NF_OP_QUEUE,
	NF_OP_DUP,
	NF_OP_FWD,
	NF_OP_NOTRACK,
	NF_OP_SYNPROXY,
	NF_OP_FLOW_OFFLOAD,
	NF_OP_INNER,
	NF_OP_XT_MATCH, /* of the xtables compatibility layer */
	NF_OP_XT_TARGET,
	NF_OP_MAX
};

/* Registers: 64 bytes, in slots of 4 (NFT_REG_2 and NFT_REG32_04: slot 4). */
#define NF_SLOT_COUNT   16U
#define NF_SLOT_BYTES   4U
#define NF_SLOT_NONE    0xffU /* the expression has no such register */
#define NF_SLOT_VERDICT 0xfeU

/*
 * One expression of a rule. Keys, operations, flags and numbers are those of the
 * attribute of that name in linux/netfilter/nf_tables.h, also ones that this
 * program does not know: whoever evaluates takes them for unknown.
 */
struct nf_expr {
	uint8_t op;         /* enum nf_op */
	uint8_t sreg, dreg; /* slots, or NF_SLOT_... */
	uint8_t sreg2;      /* bitwise with two registers; dynset: data */
	uint8_t length;     /* bytes that are loaded, compared, changed */
	bool is_write;      /* meta, ct, payload, exthdr: set, from sreg */
	bool is_inverted;   /* lookup, xt match, connlimit, quota, limit */

	union {
		struct {
			uint32_t base, offset; /* NFTA_PAYLOAD_BASE, _OFFSET */
		} payload;

		struct {
			uint32_t type, offset, op, flags; /* NFTA_EXTHDR_... */
		} exthdr;

		struct {
			uint32_t key;      /* META, CT, RT, SOCKET, OSF, XFRM */
			uint32_t level;    /* SOCKET: NFTA_SOCKET_LEVEL */
			uint8_t direction; /* CT: 1 reply, 0xff none */
		} key;

		struct {
			uint32_t result, flags; /* NFTA_FIB_RESULT, _FLAGS */
		} fib;

		struct {
			uint32_t type, modulus, offset, seed; /* NUMGEN, HASH */
		} number;

		struct {
			const uint8_t *data; /* NULL: it is a verdict */
			struct nf_verdict verdict;
		} immediate;

		struct {
			uint32_t op;         /* NFTA_CMP_OP */
			const uint8_t *data; /* [length] */
		} cmp;

		struct {
			uint32_t op; /* NFTA_RANGE_OP */
			const uint8_t *from, *to;
		} range;

		struct {
			uint32_t op; /* NFTA_BITWISE_OP */
			/* AND, OR, XOR: sreg2, or mask alone */
			const uint8_t *mask, *xor;
			uint32_t shift; /* LSHIFT, RSHIFT */
		} bitwise;

		struct {
			uint32_t op, size; /* NFTA_BYTEORDER_OP, _SIZE */
		} byteorder;

		struct {
			struct nf_set *set; /* NULL: it is not in the dump */
			const char *name;
			const struct nf_expr *exprs; /* DYNSET: guards */
			uint32_t op;                 /* NFTA_DYNSET_OP */
			uint16_t expr_count;
		} lookup; /* and DYNSET */

		struct {
			uint64_t rate, per_s; /* LIMIT */
			uint32_t burst, type;
		} limit;

		struct {
			uint64_t count; /* CONNLIMIT, QUOTA: bytes */
			uint64_t used;  /* QUOTA */
		} amount;

		struct {
			const char *prefix; /* LOG; NULL: none */
		} log;

		struct {
			uint32_t type;    /* OBJREF: NFT_OBJECT_... */
			const char *name; /* NULL: from a map, `set` */
			struct nf_set *set;
		} object;

		struct {
			uint32_t type, code; /* REJECT */
		} reject;

		struct {
			uint32_t flags; /* QUEUE: NFTA_QUEUE_FLAGS */
		} queue;

		struct {
			uint32_t type, family, flags;     /* NFTA_NAT_... */
			uint8_t address_min, address_max; /* slots */
			uint8_t port_min, port_max;
		} nat; /* MASQ, REDIR, TPROXY, too */

		struct {
			const char *name;
			uint32_t revision;
			const uint8_t *info; /* [info_length], host order */
			uint16_t info_length;
		} xt;

		struct {
			const char *name; /* as the kernel calls it */
			const char *text; /* what is not known of it */
		} unknown;
	};
};

#endif
