/*
 * rule_text_field.c - what nft calls the thing that a rule looks at
 *
 * Purpose  "tcp dport", "ip saddr", "meta mark", "ct state", "fib daddr type"
 * Input    loads of any program: hostile; what has no name is told by its place
 * Errors   none
 * Runs as  observer
 * Source   nft(8), payload, meta, ct, rt, fib and socket expressions
 */
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/rule_words.h"

struct header_field {
	const char *name;
	uint8_t offset, length;
	uint8_t kind;
};

static const struct header_field ipv4_fields[] = {
    {"ip saddr",    12, 4, TEXT_ADDRESS },
    {"ip daddr",    16, 4, TEXT_ADDRESS },
    {"ip protocol", 9,  1, TEXT_PROTOCOL},
    {"ip dscp",     1,  1, TEXT_DSCP    },
    {"ip length",   2,  2, TEXT_NUMBER  },
    {"ip id",       4,  2, TEXT_NUMBER  },
    {"ip frag-off", 6,  2, TEXT_HEX     },
    {"ip ttl",      8,  1, TEXT_NUMBER  },
    {"ip version",  0,  1, TEXT_HEX     },
    {"ip checksum", 10, 2, TEXT_NUMBER  },
    {NULL,          0,  0, 0            },
};

static const struct header_field ipv6_fields[] = {
    {"ip6 saddr",    8,  16, TEXT_ADDRESS },
    {"ip6 daddr",    24, 16, TEXT_ADDRESS },
    {"ip6 nexthdr",  6,  1,  TEXT_PROTOCOL},
    {"ip6 length",   4,  2,  TEXT_NUMBER  },
    {"ip6 hoplimit", 7,  1,  TEXT_NUMBER  },
    {"ip6 dscp",     0,  2,  TEXT_HEX     },
    {NULL,           0,  0,  0            },
};

/* The rest after the protocol's name; ports stand in all at the same place. */
static const struct header_field port_fields[] = {
    {"sport", 0, 2, TEXT_NUMBER},
    {"dport", 2, 2, TEXT_NUMBER},
    {NULL,    0, 0, 0          },
};

static const struct header_field tcp_fields[] = {
    {"sequence", 4,  4, TEXT_NUMBER   },
    {"ackseq",   8,  4, TEXT_NUMBER   },
    {"doff",     12, 1, TEXT_HEX      },
    {"flags",    13, 1, TEXT_TCP_FLAGS},
    {"window",   14, 2, TEXT_NUMBER   },
    {"checksum", 16, 2, TEXT_NUMBER   },
    {"urgptr",   18, 2, TEXT_NUMBER   },
    {NULL,       0,  0, 0             },
};

static const struct header_field icmp_fields[] = {
    {"icmp type", 0, 1, TEXT_ICMP  },
    {"icmp code", 1, 1, TEXT_NUMBER},
    {"icmp id",   4, 2, TEXT_NUMBER},
    {NULL,        0, 0, 0          },
};

static const struct header_field icmp6_fields[] = {
    {"icmpv6 type", 0, 1, TEXT_ICMP6 },
    {"icmpv6 code", 1, 1, TEXT_NUMBER},
    {"icmpv6 id",   4, 2, TEXT_NUMBER},
    {NULL,          0, 0, 0          },
};

static const struct header_field link_fields[] = {
    {"ether saddr", 6,  6, TEXT_MAC      },
    {"ether daddr", 0,  6, TEXT_MAC      },
    {"ether type",  12, 2, TEXT_ETHERTYPE},
    {NULL,          0,  0, 0             },
};

struct key_field {
	const char *name;
	uint8_t kind, length;
};

static const struct key_field meta_fields[] = {
    [NFT_META_LEN] = {"meta length",    TEXT_HOST_NUMBER, 4 },
    [NFT_META_PROTOCOL] = {"meta protocol",  TEXT_ETHERTYPE,   2 },
    [NFT_META_PRIORITY] = {"meta priority",  TEXT_PRIORITY,    4 },
    [NFT_META_MARK] = {"meta mark",      TEXT_MARK,        4 },
    [NFT_META_IIF] = {"iif",            TEXT_INDEX,       4 },
    [NFT_META_OIF] = {"oif",            TEXT_INDEX,       4 },
    [NFT_META_IIFNAME] = {"iifname",        TEXT_NAME,        16},
    [NFT_META_OIFNAME] = {"oifname",        TEXT_NAME,        16},
    [NFT_META_IIFTYPE] = {"iiftype",        TEXT_IFTYPE,      2 },
    [NFT_META_OIFTYPE] = {"oiftype",        TEXT_IFTYPE,      2 },
    [NFT_META_SKUID] = {"meta skuid",     TEXT_HOST_NUMBER, 4 },
    [NFT_META_SKGID] = {"meta skgid",     TEXT_HOST_NUMBER, 4 },
    [NFT_META_NFTRACE] = {"meta nftrace",   TEXT_NUMBER,      1 },
    [NFT_META_RTCLASSID] = {"meta rtclassid", TEXT_HOST_NUMBER, 4 },
    [NFT_META_SECMARK] = {"meta secmark",   TEXT_MARK,        4 },
    [NFT_META_NFPROTO] = {"meta nfproto",   TEXT_NFPROTO,     1 },
    [NFT_META_L4PROTO] = {"meta l4proto",   TEXT_PROTOCOL,    1 },
    [NFT_META_BRI_IIFNAME] = {"meta ibrname",   TEXT_NAME,        16},
    [NFT_META_BRI_OIFNAME] = {"meta obrname",   TEXT_NAME,        16},
    [NFT_META_PKTTYPE] = {"meta pkttype",   TEXT_PKTTYPE,     1 },
    [NFT_META_CPU] = {"meta cpu",       TEXT_HOST_NUMBER, 4 },
    [NFT_META_IIFGROUP] = {"iifgroup",       TEXT_HOST_NUMBER, 4 },
    [NFT_META_OIFGROUP] = {"oifgroup",       TEXT_HOST_NUMBER, 4 },
    [NFT_META_CGROUP] = {"meta cgroup",    TEXT_HOST_NUMBER, 4 },
    [NFT_META_PRANDOM] = {"meta random",    TEXT_HOST_NUMBER, 4 },
    [NFT_META_SECPATH] = {"meta ipsec",     TEXT_EXISTS,      1 },
    [NFT_META_IIFKIND] = {"meta iifkind",   TEXT_NAME,        16},
    [NFT_META_OIFKIND] = {"meta oifkind",   TEXT_NAME,        16},
    [NFT_META_TIME_NS] = {"meta time",      TEXT_HEX,         8 },
    [NFT_META_TIME_DAY] = {"meta day",       TEXT_NUMBER,      1 },
    [NFT_META_TIME_HOUR] = {"meta hour",      TEXT_HOST_NUMBER, 4 },
    [NFT_META_SDIF] = {"meta sdif",      TEXT_INDEX,       4 },
    [NFT_META_SDIFNAME] = {"meta sdifname",  TEXT_NAME,        16},
};

/* Behind "ct ", and "original " or "reply ". */
static const struct key_field ct_fields[] = {
    [NFT_CT_STATE] = {"state",      TEXT_STATE,       4 },
    [NFT_CT_DIRECTION] = {"direction",  TEXT_DIRECTION,   1 },
    [NFT_CT_STATUS] = {"status",     TEXT_STATUS,      4 },
    [NFT_CT_MARK] = {"mark",       TEXT_MARK,        4 },
    [NFT_CT_SECMARK] = {"secmark",    TEXT_MARK,        4 },
    [NFT_CT_EXPIRATION] = {"expiration", TEXT_HOST_NUMBER, 4 },
    [NFT_CT_HELPER] = {"helper",     TEXT_NAME,        16},
    [NFT_CT_L3PROTOCOL] = {"l3proto",    TEXT_NFPROTO,     1 },
    [NFT_CT_SRC] = {"saddr",      TEXT_ADDRESS,     0 },
    [NFT_CT_DST] = {"daddr",      TEXT_ADDRESS,     0 },
    [NFT_CT_PROTOCOL] = {"protocol",   TEXT_PROTOCOL,    1 },
    [NFT_CT_PROTO_SRC] = {"proto-src",  TEXT_NUMBER,      2 },
    [NFT_CT_PROTO_DST] = {"proto-dst",  TEXT_NUMBER,      2 },
    [NFT_CT_LABELS] = {"label",      TEXT_HEX,         16},
    [NFT_CT_PKTS] = {"packets",    TEXT_HEX,         8 },
    [NFT_CT_BYTES] = {"bytes",      TEXT_HEX,         8 },
    [NFT_CT_AVGPKT] = {"avgpkt",     TEXT_HEX,         8 },
    [NFT_CT_ZONE] = {"zone",       TEXT_HOST_NUMBER, 2 },
    [NFT_CT_EVENTMASK] = {"event",      TEXT_MARK,        4 },
    [NFT_CT_SRC_IP] = {"ip saddr",   TEXT_ADDRESS,     4 },
    [NFT_CT_DST_IP] = {"ip daddr",   TEXT_ADDRESS,     4 },
    [NFT_CT_SRC_IP6] = {"ip6 saddr",  TEXT_ADDRESS,     16},
    [NFT_CT_DST_IP6] = {"ip6 daddr",  TEXT_ADDRESS,     16},
    [NFT_CT_ID] = {"id",         TEXT_HEX,         4 },
};

static const struct key_field rt_fields[] = {
    [NFT_RT_CLASSID] = {"rt classid",     TEXT_HOST_NUMBER, 4 },
    [NFT_RT_NEXTHOP4] = {"rt ip nexthop",  TEXT_ADDRESS,     4 },
    [NFT_RT_NEXTHOP6] = {"rt ip6 nexthop", TEXT_ADDRESS,     16},
    [NFT_RT_TCPMSS] = {"rt mtu",         TEXT_HOST_NUMBER, 2 },
    [NFT_RT_XFRM] = {"rt ipsec",       TEXT_EXISTS,      1 },
};

static const struct key_field socket_fields[] = {
    [NFT_SOCKET_TRANSPARENT] = {"socket transparent", TEXT_NUMBER, 1},
    [NFT_SOCKET_MARK] = {"socket mark",        TEXT_MARK,   4},
    [NFT_SOCKET_WILDCARD] = {"socket wildcard",    TEXT_NUMBER, 1},
    [NFT_SOCKET_CGROUPV2] = {"socket cgroupv2",    TEXT_HEX,    8},
};

static void
set(struct text_field *ret, const char *before, const char *name, unsigned kind,
    unsigned length)
{
	(void)snprintf(ret->name, sizeof(ret->name), "%s%s", before, name);
	ret->kind = kind;
	ret->length = (uint8_t)length;
}

/* An address's beginning is a prefix of it; else the length must be right. */
static bool
find_in(const struct header_field *fields, const char *before, unsigned offset,
    unsigned length, struct text_field *ret)
{
	for (size_t i = 0; fields[i].name; i++) {
		if (fields[i].offset != offset ||
		    (fields[i].kind == TEXT_ADDRESS
		            ? length > fields[i].length
		            : length != fields[i].length))
			continue;
		set(ret, before, fields[i].name, fields[i].kind,
		    fields[i].length);
		return true;
	}
	return false;
}

static bool
transport_field(const struct text *text, unsigned offset, unsigned length,
    struct text_field *ret)
{
	switch (text->protocol) {
	case IPPROTO_TCP:
		return find_in(port_fields, "tcp ", offset, length, ret) ||
		       find_in(tcp_fields, "tcp ", offset, length, ret);
	case IPPROTO_UDP:
		return find_in(port_fields, "udp ", offset, length, ret);
	case IPPROTO_SCTP:
		return find_in(port_fields, "sctp ", offset, length, ret);
	case IPPROTO_DCCP:
		return find_in(port_fields, "dccp ", offset, length, ret);
	case IPPROTO_UDPLITE:
		return find_in(port_fields, "udplite ", offset, length, ret);
	case IPPROTO_ICMP:
		return find_in(icmp_fields, "", offset, length, ret);
	case IPPROTO_ICMPV6:
		return find_in(icmp6_fields, "", offset, length, ret);
	default:
		return find_in(port_fields, "th ", offset, length, ret);
	}
}

static void
payload_field(
    const struct text *text, const struct nf_expr *expr, struct text_field *ret)
{
	unsigned offset = expr->payload.offset, length = expr->length;
	static const char *const bases[] = {"ll", "nh", "th", "ih"};
	const char *base = expr->payload.base < ARRAY_COUNT(bases)
	                       ? bases[expr->payload.base]
	                       : "?";
	char place[48];

	switch (expr->payload.base) {
	case NFT_PAYLOAD_LL_HEADER:
		if (find_in(link_fields, "", offset, length, ret))
			return;
		break;
	case NFT_PAYLOAD_NETWORK_HEADER:
		if (text->nfproto == NF_FAMILY_IPV4 &&
		    find_in(ipv4_fields, "", offset, length, ret))
			return;
		if (text->nfproto == NF_FAMILY_IPV6 &&
		    find_in(ipv6_fields, "", offset, length, ret))
			return;
		break;
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		if (transport_field(text, offset, length, ret))
			return;
		break;
	default:
		break;
	}
	(void)snprintf(
	    place, sizeof(place), "@%s,%u,%u", base, offset * 8, length * 8);
	set(ret, "", place, TEXT_HEX, length);
}

static void
fib_field(const struct nf_expr *expr, struct text_field *ret)
{
	uint32_t flags = expr->fib.flags;
	char key[48] = "fib";

	static const struct {
		uint32_t flag;
		const char *name;
	} parts[] = {
	    {NFTA_FIB_F_SADDR, " saddr ."},
	    {NFTA_FIB_F_DADDR, " daddr ."},
	    {NFTA_FIB_F_MARK,  " mark ." },
	    {NFTA_FIB_F_IIF,   " iif ."  },
	    {NFTA_FIB_F_OIF,   " oif ."  },
	};

	for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
		if (flags & parts[i].flag)
			(void)strncat(
			    key, parts[i].name, sizeof(key) - strlen(key) - 1);
	}
	if (key[strlen(key) - 1] == '.')
		key[strlen(key) - 2] = '\0';
	if (expr->fib.result == NFT_FIB_RESULT_ADDRTYPE)
		set(ret, key, " type", TEXT_TYPE, 4);
	else if (flags & NFTA_FIB_F_PRESENT)
		set(ret, key,
		    expr->fib.result == NFT_FIB_RESULT_OIFNAME ? " oifname"
		                                               : " oif",
		    TEXT_EXISTS, 0);
	else if (expr->fib.result == NFT_FIB_RESULT_OIFNAME)
		set(ret, key, " oifname", TEXT_NAME, 16);
	else if (expr->fib.result == NFT_FIB_RESULT_OIF)
		set(ret, key, " oif", TEXT_INDEX, 4);
	else
		set(ret, key, " [unknown result]", TEXT_HEX, 0);
}

static void
option_field(const struct nf_expr *expr, struct text_field *ret)
{
	char name[64];
	bool is_present = expr->exthdr.flags & NFT_EXTHDR_F_PRESENT;
	unsigned type = expr->exthdr.type;

	static const char *const tcp_options[] = {"eol", "nop", "maxseg",
	    "window", "sack-perm", "sack", NULL, NULL, "timestamp"};

	if (expr->exthdr.op == NFT_EXTHDR_OP_TCPOPT) {
		const char *option =
		    type < ARRAY_COUNT(tcp_options) ? tcp_options[type] : NULL;

		if (type == 2 && expr->exthdr.offset == 2 && !is_present)
			(void)snprintf(
			    name, sizeof(name), "tcp option maxseg size");
		else if (option)
			(void)snprintf(
			    name, sizeof(name), "tcp option %s", option);
		else
			(void)snprintf(
			    name, sizeof(name), "tcp option %u", type);
	} else {
		(void)snprintf(name, sizeof(name), "%s %u",
		    expr->exthdr.op == NFT_EXTHDR_OP_IPV6 ? "exthdr"
		                                          : "ip option",
		    type);
	}
	set(ret, "", name, is_present ? TEXT_EXISTS : TEXT_NUMBER, 0);
}

static void
key_field(const struct key_field *fields, size_t count, const char *before,
    const char *what, const struct nf_expr *expr, struct text_field *ret)
{
	char name[48];

	if (expr->key.key < count && fields[expr->key.key].name) {
		const struct key_field *field = &fields[expr->key.key];

		set(ret, before, field->name, field->kind, field->length);
		return;
	}
	(void)snprintf(
	    name, sizeof(name), "%s [unknown key %u]", what, expr->key.key);
	set(ret, "", name, TEXT_HEX, expr->length);
}

static void
number_field(
    const struct nf_expr *expr, const char *what, struct text_field *ret)
{
	char name[80];

	(void)snprintf(
	    name, sizeof(name), "%s mod %u", what, expr->number.modulus);
	if (expr->number.offset)
		(void)snprintf(name, sizeof(name), "%s mod %u offset %u", what,
		    expr->number.modulus, expr->number.offset);
	set(ret, "", name, TEXT_HOST_NUMBER, 4);
}

static void
ct_field(const struct nf_expr *expr, struct text_field *ret)
{
	const char *before = "ct ";

	if (expr->key.direction == 0)
		before = "ct original ";
	else if (expr->key.direction == 1)
		before = "ct reply ";
	key_field(ct_fields, ARRAY_COUNT(ct_fields), before, "ct", expr, ret);
}

void
text_field_get(const struct text *text, const struct text_word *word,
    struct text_field *ret)
{
	const struct nf_expr *expr = word->load;
	enum nf_op op = expr ? expr->op : NF_OP_UNKNOWN;

	*ret = (struct text_field){.name = "[a value]"};
	if (op == NF_OP_PAYLOAD)
		payload_field(text, expr, ret);
	else if (op == NF_OP_META)
		key_field(meta_fields, ARRAY_COUNT(meta_fields), "", "meta",
		    expr, ret);
	else if (op == NF_OP_CT)
		ct_field(expr, ret);
	else if (op == NF_OP_RT)
		key_field(
		    rt_fields, ARRAY_COUNT(rt_fields), "", "rt", expr, ret);
	else if (op == NF_OP_SOCKET)
		key_field(socket_fields, ARRAY_COUNT(socket_fields), "",
		    "socket", expr, ret);
	else if (op == NF_OP_FIB)
		fib_field(expr, ret);
	else if (op == NF_OP_EXTHDR)
		option_field(expr, ret);
	else if (op == NF_OP_NUMGEN)
		number_field(expr,
		    expr->number.type == NFT_NG_RANDOM ? "numgen random"
		                                       : "numgen inc",
		    ret);
	else if (op == NF_OP_HASH)
		number_field(expr,
		    expr->number.type == NFT_HASH_SYM ? "symhash" : "jhash",
		    ret);
	else if (op == NF_OP_OSF)
		set(ret, "", "osf name", TEXT_NAME, 16);
}
