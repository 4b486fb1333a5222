/*
 * rule_text_xt.c - matches and targets of the older iptables in its own words
 *
 * Purpose  "-m multiport --dports 25,465", "-j REJECT"
 * Input    info of any program: hostile; names are escaped
 * Errors   none; what is not known is named in brackets
 * Runs as  observer
 * Source   iptables-extensions(8)
 */
#include <sys/socket.h>

#include "agent/firewall/rule_words.h"
#include "agent/firewall/words.h"
#include "agent/firewall/xt.h"

void
text_xt(struct text *text, const struct nf_expr *expr)
{
	uint8_t family = text->nfproto == NF_FAMILY_IPV6 ? AF_INET6 : AF_INET;
	const struct nf_xt_row *row = nf_xt_find(expr, family);
	const struct nf_xt_call call = {.expr = expr, .family = family};

	if (row && row->text) {
		text_add(text, "%s", "");
		row->text(text->out, &call);
		return;
	}
	text_add(text, row ? "" : "[");
	buf_add(text->out, expr->op == NF_OP_XT_MATCH ? "-m " : "-j ");
	nf_words_add(text->out, expr->xt.name);
	/* dots: there is more to it */
	if (expr->xt.info_length > 0)
		buf_add(text->out, " ...");
	buf_add(text->out, row ? "" : "]");
}
