/*
 * firewall_tell.c - from what was found out about one port to a row of facts
 *
 * Purpose  several families and interfaces in a few words
 * Input    surveys of the port; their texts are printable
 * Errors   none: what is not known is told as that, with its reason
 * Runs as  observer
 * Source   SPEC section 4, table port
 */
#include "agent/probes/firewall_tell.h"

#include <sys/socket.h>

#include "agent/base/auto.h"
#include "agent/firewall/rule_text.h"

struct side {
	const struct nf_ruleset *ruleset;
	const struct net *net;
	const struct nf_survey *survey;
};

static const uint8_t families[] = {AF_INET, AF_INET6};

static const char *
family_name(uint8_t family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

static bool
is_closed(const struct nf_verdict_row *row)
{
	return row->answer.outcome == NF_DROPPED ||
	       row->answer.outcome == NF_REJECTED;
}

/* The worst of all interfaces of the family; NULL: it has none. */
static const struct nf_verdict_row *
row_worst(const struct nf_survey *survey, uint8_t family)
{
	static const int badness[] = {
	    [NF_ACCEPTED] = 0,
	    [NF_DEPENDS] = 1,
	    [NF_NOT_KNOWN] = 2,
	    [NF_DROPPED] = 3,
	    [NF_REJECTED] = 3,
	};
	const struct nf_verdict_row *worst = NULL;

	for (size_t i = 0; i < survey->count; i++) {
		const struct nf_verdict_row *row = &survey->rows[i];

		if (row->family == family &&
		    (worst == NULL || badness[row->answer.outcome] >
		                          badness[worst->answer.outcome]))
			worst = row;
	}
	return worst;
}

static const char *
reason_of(const struct nf_verdict_row *row)
{
	return row->answer.reason != NULL ? row->answer.reason
	                                  : "it is not understood";
}

static void
verdict_tell(const struct side *side, const char *column, uint8_t family,
    struct fact_out *out)
{
	const struct nf_verdict_row *row = row_worst(side->survey, family);

	if (row == NULL)
		fact_out_text(out, column, "none");
	else if (row->answer.outcome == NF_NOT_KNOWN)
		fact_out_unknown(out, column, "%s", reason_of(row));
	else
		fact_out_text(
		    out, column, nf_outcome_name(row->answer.outcome));
}

/* "IPv4", "IPv6 on eth1"; nothing when it is not refused there. */
static void
closed_add(struct buf *text, const struct side *side, uint8_t family)
{
	size_t count = 0, closed = 0;

	for (size_t i = 0; i < side->survey->count; i++)
		if (side->survey->rows[i].family == family &&
		    nf_row_is_served(side->net, &side->survey->rows[i])) {
			count++;
			closed += is_closed(&side->survey->rows[i]);
		}
	if (closed == 0)
		return;
	buf_addf(
	    text, "%s%s", text->length > 0 ? " and " : "", family_name(family));
	for (size_t i = 0, n = 0; closed < count && i < side->survey->count;
	     i++) {
		const struct nf_verdict_row *row = &side->survey->rows[i];

		if (row->family == family && is_closed(row) &&
		    nf_row_is_served(side->net, row))
			buf_addf(text, "%s %s", n++ == 0 ? " on" : ",",
			    row->interface->name);
	}
}

/* A served family that is not known leaves the whole open, if none is closed. */
static const struct nf_verdict_row *
row_unknown(const struct side *side)
{
	for (size_t i = 0; i < side->survey->count; i++)
		if (side->survey->rows[i].answer.outcome == NF_NOT_KNOWN &&
		    nf_row_is_served(side->net, &side->survey->rows[i]))
			return &side->survey->rows[i];
	return NULL;
}

static void
closed_tell(const struct side *side, const char *column, struct fact_out *out)
{
	const struct nf_verdict_row *unknown = row_unknown(side);
	AUTO_BUF struct buf text = {0};

	for (size_t i = 0; i < ARRAY_COUNT(families); i++)
		closed_add(&text, side, families[i]);
	if (text.length == 0 && unknown != NULL)
		fact_out_unknown(out, column, "%s", reason_of(unknown));
	else
		fact_out_text(out, column, buf_text(&text));
}

/* The first one that is closed, and missed. */
static const struct nf_verdict_row *
row_closed(const struct side *side)
{
	for (size_t i = 0; i < side->survey->count; i++)
		if (is_closed(&side->survey->rows[i]) &&
		    nf_row_is_served(side->net, &side->survey->rows[i]))
			return &side->survey->rows[i];
	return NULL;
}

/* "inet filter input, handle 12: drop" */
static void
place_tell(const struct side *side, const char *column,
    const struct nf_chain *chain, const struct nf_rule *rule, bool is_reply,
    struct fact_out *out)
{
	AUTO_BUF struct buf text = {0};

	if (chain != NULL)
		nf_place_text(&text, side->ruleset, chain, rule, side->net);
	if (chain != NULL && is_reply)
		buf_add(&text, " (it stops the answer)");
	fact_out_text(out, column, buf_text(&text));
}

static void
rule_tell(const struct side *side, const char *column, struct fact_out *out)
{
	const struct nf_verdict_row *row = row_closed(side);
	const struct nf_verdict_row *unknown = row_unknown(side);

	if (row == NULL && unknown != NULL)
		fact_out_unknown(out, column, "%s", reason_of(unknown));
	else if (row == NULL)
		fact_out_text(out, column, "");
	else if (row->answer.chain == NULL) {
		AUTO_BUF struct buf text = {0};

		buf_addf(&text, "no rule of the firewall: %s", reason_of(row));
		fact_out_text(out, column, buf_text(&text));
	} else
		place_tell(side, column, row->answer.chain, row->answer.rule,
		    row->answer.is_reply, out);
}

/* Refused for anyone, and not for these. */
static void
some_tell(const struct side *side, struct fact_out *out)
{
	AUTO_BUF struct buf text = {0};

	for (size_t i = 0; i < side->survey->count && text.length == 0; i++) {
		const struct nf_verdict_row *row = &side->survey->rows[i];

		if (!nf_answer_refuses(&row->answer) ||
		    !nf_row_is_served(side->net, row))
			continue;
		if (row->others != NULL && row->others_outcome == NF_ACCEPTED)
			buf_addf(&text, "%s: accept", row->others);
		else if (row->answer.outcome == NF_DEPENDS &&
		         row->answer.reason != NULL)
			buf_add(&text, row->answer.reason);
	}
	fact_out_text(out, "open_for_some", buf_text(&text));
}

static void
shadowed_tell(const struct side *side, struct fact_out *out)
{
	const struct nf_verdict_row *row = NULL;

	for (size_t i = 0; i < side->survey->count && row == NULL; i++)
		if (side->survey->rows[i].shadowed_chain != NULL &&
		    nf_row_is_served(side->net, &side->survey->rows[i]))
			row = &side->survey->rows[i];
	if (row == NULL) {
		fact_out_text(out, "shadowed", "");
		fact_out_text(out, "shadowed_by", "");
		return;
	}
	place_tell(side, "shadowed", row->shadowed_chain, row->shadowed_rule,
	    false, out);
	place_tell(side, "shadowed_by", row->answer.chain, row->answer.rule,
	    false, out);
}

/* Of the chain that decides, the one that refuses before others. */
static enum nf_manager
manager_of(const struct nf_ruleset *ruleset, const struct nf_survey *survey)
{
	const struct nf_chain *chain = NULL;

	for (size_t i = 0; i < survey->count; i++) {
		const struct nf_answer *answer = &survey->rows[i].answer;

		if (chain == NULL ||
		    (is_closed(&survey->rows[i]) && answer->chain != NULL))
			chain = answer->chain;
		if (is_closed(&survey->rows[i]) && chain != NULL)
			break;
	}
	return chain != NULL ? nf_manager_of(ruleset, chain) : NF_MANAGER_NONE;
}

void
firewall_tell(const struct nf_ruleset *ruleset, const struct net *net,
    const struct firewall_port *port, struct fact_out *out)
{
	struct side in = {ruleset, net, &port->in};
	struct side to = {ruleset, net, &port->out};

	fact_out_text(
	    out, "manager", nf_manager_name(manager_of(ruleset, &port->in)));
	verdict_tell(&in, "inbound_v4", AF_INET, out);
	verdict_tell(&in, "inbound_v6", AF_INET6, out);
	rule_tell(&in, "inbound_rule", out);
	closed_tell(&in, "closed_for", out);
	some_tell(&in, out);
	shadowed_tell(&in, out);
	verdict_tell(&to, "outbound_v4", AF_INET, out);
	verdict_tell(&to, "outbound_v6", AF_INET6, out);
	rule_tell(&to, "outbound_rule", out);
	closed_tell(&to, "blocked_for", out);
}
