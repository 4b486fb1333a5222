/*
 * explain_port.c - mailfix explain port in|out PORT ...
 *
 * Purpose  what the live rule set does to such a connection, and which rule
 * Input    the command line; answers of an observer, checked
 * Errors   64 for words that make no question; 2 when it cannot be told
 * Runs as  the actor; without root nothing can be told
 * Source   SPEC section 2
 */
#include <sys/socket.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/main/command.h"
#include "agent/main/output.h"
#include "agent/main/port_words.h"
#include "agent/main/session.h"
#include "agent/probes/firewall_ask.h"
#include "agent/report/page.h"

/* For people; nf_outcome_name is for programs. */
static const struct outcome_words {
	const char *text;
	enum page_look look;
} outcomes[] = {
    [NF_ACCEPTED] = {"accept",     PAGE_GOOD},
    [NF_DROPPED] = {"drop",       PAGE_BAD },
    [NF_REJECTED] = {"reject",     PAGE_BAD },
    [NF_DEPENDS] = {"it depends", PAGE_WARN},
    [NF_NOT_KNOWN] = {"not known",  PAGE_WARN},
};

static const char *
family_name(uint8_t family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

static void
verdict_line(struct page *page, const struct nf_survey_query *query,
    const struct firewall_verdict *verdict)
{
	AUTO_BUF struct buf text = {0};

	buf_addf(&text, "%s%s%s: %s", family_name(verdict->family),
	    verdict->interface != NULL ? " on " : "",
	    verdict->interface != NULL ? verdict->interface : "",
	    outcomes[verdict->outcome].text);
	page_line(
	    page, outcomes[verdict->outcome].look, "", buf_text(&text), NULL);
	buf_clear(&text);
	buf_addf(&text, "from %s to %s, port %u",
	    verdict->from != NULL ? verdict->from : "anyone",
	    verdict->to != NULL ? verdict->to : "anyone", query->port);
	page_line(page, PAGE_PLAIN, "  who     ", buf_text(&text), NULL);
}

static void
rule_line(struct page *page, const struct firewall_verdict *verdict)
{
	AUTO_BUF struct buf text = {0};

	if (!verdict->has_chain && verdict->outcome != NF_ACCEPTED)
		return; /* "why" tells: a route, rules that were not read */
	if (!verdict->has_chain)
		buf_add(&text, "none: no rule is about it");
	else if (verdict->has_rule)
		buf_addf(&text, "%s %s %s, handle %" PRIu64 ": %s",
		    verdict->rule_family, verdict->rule_table,
		    verdict->rule_chain, verdict->rule_handle,
		    verdict->rule_text);
	else
		buf_addf(&text, "%s %s %s: %s", verdict->rule_family,
		    verdict->rule_table, verdict->rule_chain,
		    verdict->rule_text);
	page_line(page, PAGE_PLAIN, "  rule    ", buf_text(&text), NULL);
}

/* What stands before a line of the tree stays, and its rest is indented so. */
static void
tree_lines(struct page *page, const char *const *tree)
{
	for (size_t i = 0; tree[i] != NULL; i++) {
		size_t indent = strspn(tree[i], " ");
		AUTO_BUF struct buf head = {0};

		buf_addf(&head, "%s%*s", i == 0 ? "  path    " : "          ",
		    (int)indent, "");
		page_line(
		    page, PAGE_PLAIN, buf_text(&head), tree[i] + indent, NULL);
	}
}

static void
verdict_text(struct page *page, const struct nf_survey_query *query,
    const struct firewall_verdict *verdict)
{
	verdict_line(page, query, verdict);
	rule_line(page, verdict);
	tree_lines(page, verdict->tree);
	if (verdict->reason != NULL)
		page_line(
		    page, PAGE_PLAIN, "  why     ", verdict->reason, NULL);
	if (verdict->others != NULL)
		page_line(
		    page, PAGE_PLAIN, "  others  ", verdict->others, NULL);
	if (verdict->shadowed != NULL) {
		AUTO_BUF struct buf text = {0};

		buf_addf(&text, "%s (never reached)", verdict->shadowed);
		page_line(
		    page, PAGE_PLAIN, "  behind  ", buf_text(&text), NULL);
	}
}

static struct json *
rule_json(const struct firewall_verdict *verdict)
{
	struct json *json;

	if (!verdict->has_chain)
		return NULL;
	json = json_object_new();
	json_set_text(json, "family", verdict->rule_family);
	json_set_text(json, "table", verdict->rule_table);
	json_set_text(json, "chain", verdict->rule_chain);
	if (verdict->has_rule)
		json_set_int(json, "handle", (int64_t)verdict->rule_handle);
	else
		json_set_text(json, "handle", NULL);
	json_set_text(json, "text", verdict->rule_text);
	return json;
}

static void
reason_add(struct buf *reason, const char *label, const char *text)
{
	if (text != NULL)
		buf_addf(reason, "%s%s%s", reason->length > 0 ? "; " : "",
		    label, text);
}

static struct json *
verdict_json(const struct firewall_verdict *verdict)
{
	AUTO_BUF struct buf reason = {0};
	struct json *json = json_object_new(), *path = json_array_new();
	struct json *rule = rule_json(verdict);

	json_set_text(
	    json, "family", verdict->family == AF_INET ? "ipv4" : "ipv6");
	json_set_text(json, "interface", verdict->interface);
	json_set_text(json, "from", verdict->from);
	json_set_text(json, "to", verdict->to);
	json_set_text(json, "verdict", nf_outcome_name(verdict->outcome));
	if (rule != NULL)
		json_set(json, "rule", rule);
	else
		json_set_text(json, "rule", NULL);
	for (size_t i = 0; verdict->path[i] != NULL; i++)
		json_push_text(path, verdict->path[i]);
	json_set(json, "path", path);
	reason_add(&reason, "", verdict->reason);
	reason_add(&reason, "others: ", verdict->others);
	reason_add(&reason, "never reached: ", verdict->shadowed);
	json_set_text(
	    json, "reason", reason.length > 0 ? buf_text(&reason) : NULL);
	return json;
}

static struct json *
answer_json(
    const struct nf_survey_query *query, const struct firewall_answer *answer)
{
	struct json *json = json_object_new(), *verdicts = json_array_new();

	json_set_text(json, "explain", "port");
	json_set_text(
	    json, "direction", query->direction == NF_IN ? "in" : "out");
	json_set_int(json, "port", query->port);
	for (size_t i = 0; i < answer->count; i++)
		json_push(verdicts, verdict_json(&answer->verdicts[i]));
	json_set(json, "verdicts", verdicts);
	return json;
}

static int
answer_print(struct session *session, const struct nf_survey_query *query,
    const struct firewall_answer *answer)
{
	int status = answer->count == 0 ? EXIT_UNKNOWN : EXIT_HEALTHY;
	AUTO_BUF struct buf text = {0};
	AUTO_JSON struct json *json = NULL;
	struct page page;

	for (size_t i = 0; i < answer->count; i++)
		if (answer->verdicts[i].outcome == NF_NOT_KNOWN)
			status = EXIT_UNKNOWN;
	if (output_is_json(session->options)) {
		json = answer_json(query, answer);
		return output_json(session->options, json, status);
	}
	page = page_begin(
	    &text, session->terminal.columns, session->terminal.is_colour);
	for (size_t i = 0; i < answer->count; i++) {
		if (i > 0)
			page_gap(&page);
		verdict_text(&page, query, &answer->verdicts[i]);
	}
	if (answer->note != NULL) {
		if (answer->count > 0)
			page_gap(&page);
		page_line(&page, PAGE_DIM, "", answer->note, NULL);
	}
	return output_write(session->options, &text, status);
}

/* Whose connections go out: rules may ask for the user. */
static int
user_find(struct session *session, struct nf_survey_query *query)
{
	int status = session_config(session);

	if (status == 0)
		status = session_errors(session);
	if (status == 0)
		status = session_mta(session);
	if (status == 0 && session->mta.owner != NULL) {
		query->is_user_known = true;
		query->uid = session->mta.owner_uid;
		query->gid = session->mta.owner_gid;
	}
	return status;
}

int
explain_port(const struct options *options)
{
	struct firewall_answer answer;
	struct nf_survey_query query;
	struct session session;
	struct why why = {0};
	int status = 0, r;

	if (port_words_parse(options->args + 1, &query, &why) < 0) {
		log_error("%s", why.text);
		return EXIT_USAGE;
	}
	session_begin(&session, options);
	session.may_change = false;
	if (query.direction == NF_OUT)
		status = user_find(&session, &query);
	if (status == 0) {
		r = firewall_explain(session.arena, &query, &answer, &why);
		if (r == 0)
			status = answer_print(&session, &query, &answer);
		else
			status = r == -ENODEV ? EXIT_USAGE : EXIT_UNKNOWN;
		if (r < 0)
			log_error("%s", why.text);
	}
	session_end(&session);
	return status;
}
