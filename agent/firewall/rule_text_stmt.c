/*
 * rule_text_stmt.c - what a rule does, in nft's words
 *
 * Purpose  verdicts, limits, reject, log, nat, marks, sets that packets fill
 * Input    expressions of any program: hostile; names are escaped
 * Errors   none; what has no words is named in brackets
 * Runs as  observer
 * Source   nft(8), statements
 */
#include <inttypes.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/rule_words.h"
#include "agent/firewall/words.h"

/* What nft gives a limit that says nothing of it. */
#define BURST_USUAL 5U

void
text_verdict(struct buf *out, const struct nf_verdict *verdict)
{
	static const char *const names[] = {
	    [NF_VERDICT_CONTINUE] = "continue",
	    [NF_VERDICT_BREAK] = "break",
	    [NF_VERDICT_JUMP] = "jump",
	    [NF_VERDICT_GOTO] = "goto",
	    [NF_VERDICT_RETURN] = "return",
	    [NF_VERDICT_ACCEPT] = "accept",
	    [NF_VERDICT_DROP] = "drop",
	    [NF_VERDICT_QUEUE] = "queue",
	    [NF_VERDICT_STOLEN] = "stolen",
	    [NF_VERDICT_UNKNOWN] = "[unknown verdict]",
	};
	_Static_assert(
	    ARRAY_COUNT(names) == NF_VERDICT_UNKNOWN + 1, "a verdict");

	buf_add(out,
	    names[verdict->code <= NF_VERDICT_UNKNOWN ? verdict->code
	                                              : NF_VERDICT_UNKNOWN]);
	if (verdict->code == NF_VERDICT_JUMP ||
	    verdict->code == NF_VERDICT_GOTO) {
		buf_add_char(out, ' ');
		nf_words_add(out, verdict->chain);
	}
}

static const char *
time_unit(uint64_t seconds)
{
	switch (seconds) {
	case 1:
		return "second";
	case 60:
		return "minute";
	case 3600:
		return "hour";
	case 86400:
		return "day";
	case 604800:
		return "week";
	default:
		return NULL;
	}
}

static void
add_bytes(struct buf *out, uint64_t bytes)
{
	static const char *const units[] = {"bytes", "kbytes", "mbytes"};
	size_t unit = 0;

	while (bytes >= 1024 && bytes % 1024 == 0 &&
	       unit + 1 < ARRAY_COUNT(units)) {
		bytes /= 1024;
		unit++;
	}
	buf_addf(out, "%" PRIu64 " %s", bytes, units[unit]);
}

static void
add_limit(struct buf *out, const struct nf_expr *expr)
{
	const char *unit = time_unit(expr->limit.per_s);

	buf_addf(out, "limit rate %s", expr->is_inverted ? "over " : "");
	if (expr->limit.type == NFT_LIMIT_PKT_BYTES)
		add_bytes(out, expr->limit.rate);
	else
		buf_addf(out, "%" PRIu64, expr->limit.rate);
	if (unit)
		buf_addf(out, "/%s", unit);
	else
		buf_addf(out, "/%" PRIu64 " seconds", expr->limit.per_s);
	if (expr->limit.type == NFT_LIMIT_PKT_BYTES && expr->limit.burst) {
		buf_add(out, " burst ");
		add_bytes(out, expr->limit.burst);
	} else if (expr->limit.burst && expr->limit.burst != BURST_USUAL) {
		buf_addf(out, " burst %u packets", expr->limit.burst);
	}
}

static void
add_reject(struct text *text, const struct nf_expr *expr)
{
	const char *name = NULL;
	const char *family = "icmp";
	uint32_t code = expr->reject.code;

	static const char *const icmp[] = {"net-unreachable",
	    "host-unreachable", "prot-unreachable", "port-unreachable", NULL,
	    NULL, NULL, NULL, NULL, "net-prohibited", "host-prohibited", NULL,
	    NULL, "admin-prohibited"};
	static const char *const icmp6[] = {"no-route", "admin-prohibited",
	    NULL, "addr-unreachable", "port-unreachable", "policy-fail",
	    "reject-route"};
	static const char *const icmpx[] = {"no-route", "port-unreachable",
	    "host-unreachable", "admin-prohibited"};

	if (expr->reject.type == NFT_REJECT_TCP_RST) {
		text_add(text, "reject with tcp reset");
		return;
	}
	if (expr->reject.type == NFT_REJECT_ICMPX_UNREACH) {
		family = "icmpx";
		name = code < ARRAY_COUNT(icmpx) ? icmpx[code] : NULL;
	} else if (text->nfproto == NF_FAMILY_IPV6) {
		family = "icmpv6";
		name = code < ARRAY_COUNT(icmp6) ? icmp6[code] : NULL;
	} else {
		name = code < ARRAY_COUNT(icmp) ? icmp[code] : NULL;
	}
	if (!name)
		text_add(text, "reject with %s %u", family, code);
	else if (strcmp(name, "port-unreachable") == 0 &&
	         (expr->reject.type == NFT_REJECT_ICMPX_UNREACH ||
	             text->chain->table->family != NF_FAMILY_INET))
		text_add(text, "reject"); /* what nft means without a word */
	else
		text_add(text, "reject with %s %s", family, name);
}

static void
add_port(struct text *text, const struct nf_expr *expr)
{
	uint8_t min = expr->nat.port_min, max = expr->nat.port_max;

	if (min >= NF_SLOT_COUNT)
		return;
	buf_add_char(text->out, ':');
	text_operand(text->out, text, min, 2, TEXT_NUMBER);
	if (max < NF_SLOT_COUNT && max != min) {
		buf_add_char(text->out, '-');
		text_operand(text->out, text, max, 2, TEXT_NUMBER);
	}
}

static void
add_nat(struct text *text, const struct nf_expr *expr, const char *name)
{
	uint8_t min = expr->nat.address_min, max = expr->nat.address_max;
	size_t length = expr->nat.family == NF_FAMILY_IPV6 ? 16 : 4;
	bool has_address = min < NF_SLOT_COUNT;

	text_add(text, "%s", name);
	if (text->chain->table->family == NF_FAMILY_INET &&
	    (has_address || (expr->op == NF_OP_TPROXY && expr->nat.family)))
		buf_add(text->out, length == 16 ? " ip6" : " ip");
	if (has_address || expr->nat.port_min < NF_SLOT_COUNT)
		buf_add(text->out, " to ");
	if (has_address) {
		bool is_v6 = length == 16 && expr->nat.port_min < NF_SLOT_COUNT;

		buf_add(text->out, is_v6 ? "[" : "");
		text_operand(text->out, text, min, length, TEXT_ADDRESS);
		buf_add(text->out, is_v6 ? "]" : "");
		if (max < NF_SLOT_COUNT && max != min) {
			buf_add_char(text->out, '-');
			text_operand(
			    text->out, text, max, length, TEXT_ADDRESS);
		}
	}
	add_port(text, expr);
}

static void
add_object(struct text *text, const struct nf_expr *expr)
{
	static const char *const types[] = {
	    [NFT_OBJECT_COUNTER] = "counter name",
	    [NFT_OBJECT_QUOTA] = "quota name",
	    [NFT_OBJECT_CT_HELPER] = "ct helper set",
	    [NFT_OBJECT_LIMIT] = "limit name",
	    [NFT_OBJECT_CONNLIMIT] = "ct count name",
	    [NFT_OBJECT_TUNNEL] = "tunnel name",
	    [NFT_OBJECT_CT_TIMEOUT] = "ct timeout set",
	    [NFT_OBJECT_SECMARK] = "meta secmark set",
	    [NFT_OBJECT_CT_EXPECT] = "ct expectation set",
	    [NFT_OBJECT_SYNPROXY] = "synproxy name",
	};
	const char *type = expr->object.type < ARRAY_COUNT(types)
	                       ? types[expr->object.type]
	                       : NULL;

	text_add(text, "%s ", type ? type : "[object]");
	if (expr->object.name) {
		buf_add_char(text->out, '"');
		nf_words_add(text->out, expr->object.name);
		buf_add_char(text->out, '"');
		return;
	}
	if (expr->object.set) {
		text_key(
		    text->out, text, expr->sreg, expr->object.set->key_length);
		buf_add(text->out, " map ");
		text_set(text->out, text, expr->object.set, NULL, expr->sreg,
		    TEXT_HEX);
	}
}

static void
add_dynset(struct text *text, const struct nf_expr *expr)
{
	static const char *const names[] = {
	    [NFT_DYNSET_OP_ADD] = "add",
	    [NFT_DYNSET_OP_UPDATE] = "update",
	    [NFT_DYNSET_OP_DELETE] = "delete",
	};
	size_t length =
	    expr->lookup.set ? expr->lookup.set->key_length : NF_SLOT_BYTES;

	text_add(text, "%s @",
	    expr->lookup.op < ARRAY_COUNT(names) ? names[expr->lookup.op]
	                                         : "[change]");
	nf_words_add(text->out,
	    expr->lookup.set ? expr->lookup.set->name : expr->lookup.name);
	buf_add(text->out, " { ");
	text_key(text->out, text, expr->sreg, length);
	for (size_t i = 0; i < expr->lookup.expr_count; i++)
		text_statement(text, &expr->lookup.exprs[i]);
	buf_add(text->out, " }");
}

/* "meta mark set 0x1", "tcp option maxseg size set rt mtu" */
static void
add_write(struct text *text, const struct nf_expr *expr)
{
	struct text_word word = {.load = expr};
	struct text_field field;

	text_field_get(text, &word, &field);
	text_add(text, "%s set ", field.name);
	text_operand(text->out, text, expr->sreg,
	    expr->length > 0 ? expr->length : field.length, field.kind);
}

static void
add_log(struct text *text, const struct nf_expr *expr)
{
	text_add(text, "log");
	if (!expr->log.prefix || !*expr->log.prefix)
		return;
	buf_add(text->out, " prefix \"");
	nf_words_add(text->out, expr->log.prefix);
	buf_add_char(text->out, '"');
}

static void
add_amount(struct text *text, const struct nf_expr *expr)
{
	const char *over = expr->is_inverted ? "over " : "";

	if (expr->op == NF_OP_CONNLIMIT) {
		text_add(text, "ct count %s%" PRIu64, over, expr->amount.count);
		return;
	}
	text_add(text, "quota %s", over);
	add_bytes(text->out, expr->amount.count);
}

/* Those that are a word and no more. */
static const char *const bare[NF_OP_MAX] = {
    [NF_OP_QUEUE] = "queue",
    [NF_OP_DUP] = "dup",
    [NF_OP_FWD] = "fwd",
    [NF_OP_NOTRACK] = "notrack",
    [NF_OP_SYNPROXY] = "synproxy",
    [NF_OP_FLOW_OFFLOAD] = "flow add",
    [NF_OP_INNER] = "[inner]",
    [NF_OP_XFRM] = "[ipsec]",
    [NF_OP_TUNNEL] = "[tunnel]",
};

static void
add_unknown(struct text *text, const struct nf_expr *expr)
{
	text_add(text, "[unknown: ");
	nf_words_add(text->out, expr->unknown.name);
	if (expr->unknown.text && *expr->unknown.text) {
		buf_add(text->out, expr->unknown.name ? ", " : "");
		nf_words_add(text->out, expr->unknown.text);
	}
	buf_add_char(text->out, ']');
}

void
text_statement(struct text *text, const struct nf_expr *expr)
{
	enum nf_op op = expr->op;

	if (op == NF_OP_COUNTER || op == NF_OP_LAST)
		return; /* of no effect */
	if (op < NF_OP_MAX && bare[op]) {
		text_add(text, "%s", bare[op]);
	} else if (op == NF_OP_IMMEDIATE) {
		text_add(text, "%s", "");
		text_verdict(text->out, &expr->immediate.verdict);
	} else if (op == NF_OP_LIMIT) {
		text_add(text, "%s", "");
		add_limit(text->out, expr);
	} else if (op == NF_OP_REJECT) {
		add_reject(text, expr);
	} else if (op == NF_OP_LOG) {
		add_log(text, expr);
	} else if (op == NF_OP_NAT) {
		add_nat(text, expr,
		    expr->nat.type == NFT_NAT_DNAT ? "dnat" : "snat");
	} else if (op == NF_OP_MASQ) {
		add_nat(text, expr, "masquerade");
	} else if (op == NF_OP_REDIR) {
		add_nat(text, expr, "redirect");
	} else if (op == NF_OP_TPROXY) {
		add_nat(text, expr, "tproxy");
	} else if (op == NF_OP_OBJREF) {
		add_object(text, expr);
	} else if (op == NF_OP_DYNSET) {
		add_dynset(text, expr);
	} else if (op == NF_OP_CONNLIMIT || op == NF_OP_QUOTA) {
		add_amount(text, expr);
	} else if (op == NF_OP_XT_MATCH || op == NF_OP_XT_TARGET) {
		text_xt(text, expr);
	} else if (expr->is_write) {
		add_write(text, expr);
	} else {
		add_unknown(text, expr);
	}
}
