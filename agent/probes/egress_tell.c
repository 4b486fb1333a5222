/*
 * egress_tell.c - is the way out open? what it all comes to
 *
 * Purpose  the state of each family and of the whole, with the evidence
 * Input    numbers and words of this look
 * Errors   none: unknown, and why
 * Runs as  observer
 * Source   SPEC section 4: egress
 */
#include <stdarg.h>
#include <stdio.h>

#include "agent/base/buf.h"
#include "agent/probes/egress_part.h"

/* One server that does not answer is down; two in two networks are not. */
#define SERVERS_MIN 2

enum state {
	STATE_UNKNOWN,
	STATE_OPEN,
	STATE_RULE,
	STATE_PATH,
	STATE_REFUSED,
	STATE_NONE,
};

static const char *const state_names[] = {[STATE_OPEN] = "open",
    [STATE_RULE] = "rule",
    [STATE_PATH] = "path",
    [STATE_REFUSED] = "refused",
    [STATE_NONE] = "none"};

/* The whole is the first of these that some family is. */
static const enum state order[] = {STATE_OPEN, STATE_RULE, STATE_PATH,
    STATE_REFUSED, STATE_UNKNOWN, STATE_NONE};

static const char *const names[PROBE_FAMILIES] = {"IPv4", "IPv6"};

struct judged {
	enum state state;
	char reason[200]; /* STATE_UNKNOWN */
	/* servers in several networks do not answer: that it is unknown matters */
	bool is_serious;
};

static void __attribute__((format(printf, 2, 3)))
unknown(struct judged *judged, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)vsnprintf(judged->reason, sizeof(judged->reason), format, list);
	va_end(list);
}

/* Nobody answers, and enough were asked. */
static void
judge_silence(const struct egress_family *family,
    const struct probe_asked *asked, size_t at, struct judged *ret)
{
	ret->is_serious = true;
	if (family->local == EGRESS_LOCAL_UNKNOWN)
		unknown(ret,
		    "no mail server answers; whether a rule of this host does "
		    "it is not known: %s",
		    family->local_reason);
	else if (asked->outside <= 0)
		unknown(ret, "no mail server answers, and nobody else outside "
		             "was heard: the network itself may be down");
	else
		ret->state = asked->refused[at] >= asked->tried[at]
		                 ? STATE_REFUSED
		                 : STATE_PATH;
}

static void
judge(const struct egress *egress, const struct probe_asked *asked,
    const char *reason, size_t at, struct judged *ret)
{
	const struct egress_family *family = &egress->families[at];

	*ret = (struct judged){.state = STATE_UNKNOWN};
	if (!family->is_used || family->local == EGRESS_LOCAL_NONE)
		ret->state = STATE_NONE;
	else if (asked->reached[at] > 0)
		ret->state = STATE_OPEN;
	else if (family->local == EGRESS_LOCAL_REFUSE &&
	         (family->reached <= 0 || asked->tried[at] > 0))
		ret->state = STATE_RULE;
	else if (family->local == EGRESS_LOCAL_REFUSE)
		unknown(ret, "a rule of this host refuses it, and yet servers "
		             "were reached in the last 15 minutes");
	else if (family->reached > 0)
		ret->state = STATE_OPEN;
	else if (!egress_is_open_question(egress, (enum probe_family)at))
		unknown(ret, "nothing was to be sent over %s", names[at]);
	else if (asked->tried[at] <= 0)
		unknown(ret, "no mail server could be asked over %s: %s",
		    names[at], reason);
	else if (asked->tried[at] < SERVERS_MIN)
		unknown(ret, "only one mail server could be asked, and it "
		             "does not answer");
	else
		judge_silence(family, asked, at, ret);
}

/* The rule that is told is of the first family that is refused. */
static const char *
rule_of(const struct egress *egress, size_t at)
{
	if (at > 0 && egress->families[0].local == EGRESS_LOCAL_REFUSE)
		return "a rule of this host, too";
	return *egress->rule != '\0' ? egress->rule : "a rule of this host";
}

static void
evidence_add(const struct egress *egress, const struct probe_asked *asked,
    size_t at, const struct judged *judged, struct buf *out)
{
	const struct egress_family *family = &egress->families[at];

	if (judged->state == STATE_NONE || judged->state == STATE_UNKNOWN)
		return;
	buf_addf(out, "%s%s: ", out->length > 0 ? "; " : "", names[at]);
	if (judged->state == STATE_RULE)
		buf_addf(out, "refused by %s", rule_of(egress, at));
	else if (judged->state == STATE_OPEN && asked->reached[at] > 0)
		buf_add(out, "a mail server that was asked answers");
	else if (judged->state == STATE_OPEN)
		buf_addf(out, "servers were reached %.0f times in 15 min",
		    family->reached);
	else
		buf_addf(out,
		    "%.0f of %.0f mail servers in different networks %s",
		    asked->tried[at], asked->tried[at],
		    judged->state == STATE_PATH ? "do not answer"
		                                : "refuse at once");
	if (judged->state != STATE_OPEN && family->unreached > 0)
		buf_addf(
		    out, ", %.0f tries in 15 min failed", family->unreached);
}

/* The families that are in one of these states. */
static void
tell_families(struct fact_out *out, const char *column,
    const struct judged *judged, enum state one, enum state other)
{
	AUTO_BUF struct buf text = {0};

	for (size_t at = 0; at < PROBE_FAMILIES; at++)
		if (judged[at].state == one || judged[at].state == other)
			buf_addf(&text, "%s%s", text.length > 0 ? " and " : "",
			    names[at]);
	for (size_t at = 0; at < PROBE_FAMILIES && text.length == 0; at++)
		if (judged[at].is_serious &&
		    judged[at].state == STATE_UNKNOWN) {
			fact_out_unknown(out, column, "%s", judged[at].reason);
			return;
		}
	fact_out_text(out, column, buf_text(&text));
}

static void
tell_state(
    struct fact_out *out, const char *column, const struct judged *judged)
{
	if (judged->state == STATE_UNKNOWN)
		fact_out_unknown(out, column, "%s", judged->reason);
	else
		fact_out_text(out, column, state_names[judged->state]);
}

static const struct judged *
whole(const struct judged *judged)
{
	for (size_t i = 0; i < ARRAY_COUNT(order); i++)
		for (size_t at = 0; at < PROBE_FAMILIES; at++)
			if (judged[at].state == order[i])
				return &judged[at];
	return &judged[0];
}

static void
tell_asked(struct fact_out *out, const struct probe_asked *asked,
    const char *reason, int64_t now_s)
{
	const struct {
		const char *column;
		double value;
	} counts[] = {
	    {"tried_v4",   asked->tried[PROBE_V4]  },
	    {"reached_v4", asked->reached[PROBE_V4]},
	    {"refused_v4", asked->refused[PROBE_V4]},
	    {"tried_v6",   asked->tried[PROBE_V6]  },
	    {"reached_v6", asked->reached[PROBE_V6]},
	    {"refused_v6", asked->refused[PROBE_V6]},
	    {"outside",    asked->outside          },
	};

	for (size_t i = 0; i < ARRAY_COUNT(counts); i++)
		if (asked->at_s == 0)
			fact_out_unknown(
			    out, counts[i].column, "none was asked");
		else
			fact_out_number(out, counts[i].column, counts[i].value);
	if (asked->at_s == 0)
		fact_out_unknown(out, "asked", "%s", reason);
	else
		fact_out_number(out, "asked",
		    now_s > asked->at_s ? (double)(now_s - asked->at_s) : 0);
}

static void
tell_remedy(struct fact_out *out, const char *remedy)
{
	if (*remedy != '\0')
		fact_out_text(out, "remedy", remedy);
	else
		fact_out_unknown(
		    out, "remedy", "no rule refuses it, or whose is not known");
}

void
egress_tell(struct arena *arena, const struct egress *egress,
    const struct probe_asked *asked, const char *reason, int64_t now_s,
    struct fact_out *out)
{
	struct judged judged[PROBE_FAMILIES];
	AUTO_BUF struct buf evidence = {0};

	for (size_t at = 0; at < PROBE_FAMILIES; at++) {
		judge(egress, asked, reason, at, &judged[at]);
		evidence_add(egress, asked, at, &judged[at], &evidence);
	}
	fact_out_row(out, "egress", "");
	fact_out_number(out, "port", egress->port);
	fact_out_text(
	    out, "relay", egress->relay != NULL ? egress->relay->name : "");
	tell_state(out, "state", whole(judged));
	tell_state(out, "state_v4", &judged[PROBE_V4]);
	tell_state(out, "state_v6", &judged[PROBE_V6]);
	tell_families(out, "blocked_for", judged, STATE_PATH, STATE_REFUSED);
	tell_families(out, "rule_for", judged, STATE_RULE, STATE_RULE);
	fact_out_text(out, "rule", egress->rule);
	tell_remedy(out, egress_remedy(arena, egress));
	fact_out_text(out, "evidence", buf_text(&evidence));
	tell_asked(out, asked, reason, now_s);
	fact_out_table_end(out, "egress");
}
