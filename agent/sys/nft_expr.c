/*
 * nft_expr.c - one expression of a rule from its attributes
 *
 * Purpose  names, attributes and registers of the kernel's expressions
 * Input    messages of the kernel, newer ones too
 * Errors   none: what is not understood becomes NF_OP_UNKNOWN
 * Runs as  observer
 * Source   linux/netfilter/nf_tables.h; net/netfilter/nft_*.c for what each dumps
 */
#include "agent/sys/nft_expr.h"

#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "agent/base/auto.h"
#include "agent/sys/nft_decode.h"

/* NFT_RULE_MAXEXPRS of the kernel; what is more is not understood. */
#define EXPRS_MAX 128U

/* A guard of a dynset is in it; the kernel has no guards of guards. */
#define DEPTH_MAX 2U

/* Frequent ones first: they are compared in this order. */
static const struct nft_expr_row rows[] = {
    {"payload",      NF_OP_PAYLOAD,      "44444444",   nft_payload_read  },
    {"cmp",          NF_OP_CMP,          "44n",        nft_cmp_read      },
    {"immediate",    NF_OP_IMMEDIATE,    "4n",         nft_immediate_read},
    {"meta",         NF_OP_META,         "444",        nft_meta_read     },
    {"counter",      NF_OP_COUNTER,      "88.",        NULL              },
    {"lookup",       NF_OP_LOOKUP,       "s4444",      nft_lookup_read   },
    {"match",        NF_OP_XT_MATCH,     "s4b",        nft_xt_read       },
    {"target",       NF_OP_XT_TARGET,    "s4b",        nft_xt_read       },
    {"ct",           NF_OP_CT,           "4414",       nft_ct_read       },
    {"bitwise",      NF_OP_BITWISE,      "444nn4n4",   nft_bitwise_read  },
    {"range",        NF_OP_RANGE,        "44nn",       nft_range_read    },
    {"byteorder",    NF_OP_BYTEORDER,    "44444",      nft_byteorder_read},
    {"limit",        NF_OP_LIMIT,        "88444.",     nft_limit_read    },
    {"log",          NF_OP_LOG,          "2s4244",     nft_log_read      },
    {"reject",       NF_OP_REJECT,       "41",         nft_reject_read   },
    {"fib",          NF_OP_FIB,          "444",        nft_fib_read      },
    {"nat",          NF_OP_NAT,          "4444444",    nft_nat_read      },
    {"masq",         NF_OP_MASQ,         "444",        nft_masq_read     },
    {"redir",        NF_OP_REDIR,        "444",        nft_redir_read    },
    {"tproxy",       NF_OP_TPROXY,       "444",        nft_tproxy_read   },
    {"exthdr",       NF_OP_EXTHDR,       "4144444",    nft_exthdr_read   },
    {"rt",           NF_OP_RT,           "44",         nft_rt_read       },
    {"socket",       NF_OP_SOCKET,       "444",        nft_socket_read   },
    {"osf",          NF_OP_OSF,          "414",        nft_dreg_read     },
    {"tunnel",       NF_OP_TUNNEL,       "44",         nft_tunnel_read   },
    {"xfrm",         NF_OP_XFRM,         "4414",       nft_rt_read       },
    {"numgen",       NF_OP_NUMGEN,       "4444",       nft_numgen_read   },
    {"hash",         NF_OP_HASH,         "4444444s4",  nft_hash_read     },
    {"dynset",       NF_OP_DYNSET,       "s44448n.4n", nft_dynset_read   },
    {"connlimit",    NF_OP_CONNLIMIT,    "44",         nft_connlimit_read},
    {"quota",        NF_OP_QUOTA,        "84.8",       nft_quota_read    },
    {"last",         NF_OP_LAST,         "48.",        NULL              },
    {"objref",       NF_OP_OBJREF,       "4s4s4",      nft_objref_read   },
    {"queue",        NF_OP_QUEUE,        "2224",       nft_queue_read    },
    {"dup",          NF_OP_DUP,          "44",         NULL              },
    {"fwd",          NF_OP_FWD,          "444",        NULL              },
    {"notrack",      NF_OP_NOTRACK,      "",           NULL              },
    {"synproxy",     NF_OP_SYNPROXY,     "214",        NULL              },
    {"flow_offload", NF_OP_FLOW_OFFLOAD, "s",          NULL              },
    {"inner",        NF_OP_INNER,        "4444n",      nft_inner_read    },
};

bool
nft_slot_read(const struct nft_attrs *attrs, unsigned type, uint8_t *ret)
{
	uint32_t number;

	*ret = NF_SLOT_NONE;
	if (attrs->at[type] == NULL)
		return true;
	number = nft_attr_u32(attrs, type, 0);
	if (number == NFT_REG_VERDICT)
		*ret = NF_SLOT_VERDICT;
	else if (number <= NFT_REG_4)
		*ret = (uint8_t)((number - NFT_REG_1) *
		                 (NFT_REG_SIZE / NFT_REG32_SIZE));
	else if (number >= NFT_REG32_00 && number <= NFT_REG32_15)
		*ret = (uint8_t)(number - NFT_REG32_00);
	else
		return false;
	return true;
}

static const struct nft_expr_row *
row_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

/* It stays in its place: whatever a rule does behind it is not known. */
static void
unknown_set(struct nft_decoder *decoder, const char *name, const char *text,
    struct nf_expr *ret)
{
	*ret = (struct nf_expr){.op = NF_OP_UNKNOWN,
	    .sreg = NF_SLOT_NONE,
	    .dreg = NF_SLOT_NONE,
	    .sreg2 = NF_SLOT_NONE};
	ret->unknown.name =
	    name != NULL ? nft_text_dup(decoder->arena, name, strlen(name))
	                 : "without a name";
	ret->unknown.text = text;
}

void
nft_expr_read(
    struct nft_decoder *decoder, const struct nlattr *nest, struct nf_expr *ret)
{
	static const struct nlattr empty = {.nla_len = sizeof(empty)};
	const struct nft_expr_row *row;
	const struct nlattr *data;
	struct nft_attrs attrs;
	const char *name;

	nft_attrs_read(nest, "sn", &attrs);
	name = nft_attr_text(&attrs, NFTA_EXPR_NAME);
	data = attrs.at[NFTA_EXPR_DATA];
	row = name != NULL ? row_find(name) : NULL;
	if (row == NULL || attrs.odd != 0 || decoder->depth == DEPTH_MAX) {
		unknown_set(decoder, name, "this expression", ret);
		return;
	}
	nft_attrs_read(data != NULL ? data : &empty, row->kinds, &attrs);
	*ret = (struct nf_expr){.op = (uint8_t)row->op,
	    .sreg = NF_SLOT_NONE,
	    .dreg = NF_SLOT_NONE,
	    .sreg2 = NF_SLOT_NONE};
	decoder->depth++;
	if (attrs.odd != 0)
		unknown_set(decoder, name,
		    arena_printf(decoder->arena, "attribute %u", attrs.odd),
		    ret);
	else if (row->read != NULL && !row->read(decoder, &attrs, ret))
		unknown_set(decoder, name, "a value or register of it", ret);
	decoder->depth--;
}

uint16_t
nft_exprs_read(struct nft_decoder *decoder, const struct nlattr *nest,
    const struct nf_expr **ret)
{
	struct nf_expr exprs[EXPRS_MAX + 1], *kept;
	const struct nlattr *attr;
	size_t left;
	uint16_t count = 0;

	for (attr = nft_attr_first(nest, &left); attr != NULL;
	     attr = nft_attr_next(attr, &left)) {
		if (count == EXPRS_MAX ||
		    mnl_attr_get_type(attr) != NFTA_LIST_ELEM) {
			unknown_set(
			    decoder, NULL, "a list like this", &exprs[count++]);
			break;
		}
		nft_expr_read(decoder, attr, &exprs[count++]);
	}
	if (count == 0) {
		*ret = NULL;
		return 0;
	}
	kept = arena_alloc(decoder->arena, count, sizeof(*kept));
	(void)memcpy(kept, exprs, count * sizeof(*kept));
	*ret = kept;
	return count;
}
