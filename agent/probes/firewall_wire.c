/*
 * firewall_wire.c - numbers and texts from the observer of the rule set
 *
 * Purpose  write and read an answer of explain, an opening
 * Input    bytes of an observer: hostile
 * Errors   -EPROTO: a bound is passed, a text cannot be printed, a rule is not
 *          about the port that was asked about
 * Runs as  wire_put_* in an observer, wire_get_* in the actor
 * Source   -
 */
#include "agent/probes/firewall_wire.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

static void
verdict_put(struct buf *out, const struct firewall_verdict *verdict)
{
	wire_put_number(out, verdict->family);
	wire_put_text(out, verdict->interface);
	wire_put_text(out, verdict->from);
	wire_put_text(out, verdict->to);
	wire_put_number(out, verdict->outcome);
	wire_put_number(out, verdict->has_chain);
	wire_put_number(out, verdict->has_rule);
	wire_put_text(out, verdict->rule_family);
	wire_put_text(out, verdict->rule_table);
	wire_put_text(out, verdict->rule_chain);
	wire_put_text(out, verdict->rule_text);
	wire_put_number(out, verdict->rule_handle);
	wire_put_text(out, verdict->reason);
	wire_put_text(out, verdict->others);
	wire_put_text(out, verdict->shadowed);
	wire_put_lines(out, verdict->path);
	wire_put_lines(out, verdict->tree);
}

static void
verdict_get(struct wire_in *in, struct firewall_verdict *ret)
{
	*ret = (struct firewall_verdict){0};
	ret->family = (uint8_t)wire_get_number(in, UINT8_MAX);
	ret->interface = wire_get_text(in);
	ret->from = wire_get_text(in);
	ret->to = wire_get_text(in);
	ret->outcome = (enum nf_outcome)wire_get_number(in, NF_NOT_KNOWN);
	ret->has_chain = wire_get_number(in, 1) != 0;
	ret->has_rule = wire_get_number(in, 1) != 0;
	ret->rule_family = wire_get_text(in);
	ret->rule_table = wire_get_text(in);
	ret->rule_chain = wire_get_text(in);
	ret->rule_text = wire_get_text(in);
	ret->rule_handle = wire_get_number(in, UINT64_MAX);
	ret->reason = wire_get_text(in);
	ret->others = wire_get_text(in);
	ret->shadowed = wire_get_text(in);
	ret->path = wire_get_lines(in);
	ret->tree = wire_get_lines(in);
	in->is_bad |= ret->family != AF_INET && ret->family != AF_INET6;
	in->is_bad |= ret->has_rule && !ret->has_chain;
	in->is_bad |= ret->has_chain &&
	              (ret->rule_family == NULL || ret->rule_table == NULL ||
	                  ret->rule_chain == NULL || ret->rule_text == NULL);
}

void
firewall_answer_put(struct buf *out, const struct firewall_answer *answer)
{
	wire_put_number(out, answer->count);
	for (size_t i = 0; i < answer->count; i++)
		verdict_put(out, &answer->verdicts[i]);
	wire_put_text(out, answer->note);
}

static int
end_check(const struct wire_in *in, struct why *why)
{
	return in->is_bad || in->left != 0
	           ? why_set(why, -EPROTO,
	                 "the observer of the rule set broke the protocol")
	           : 0;
}

int
firewall_answer_get(
    struct wire_in *in, struct firewall_answer *ret, struct why *why)
{
	struct firewall_answer answer = {0};
	int r;

	answer.count = wire_get_number(in, FIREWALL_VERDICTS_MAX);
	answer.verdicts =
	    arena_alloc(in->arena, answer.count + 1, sizeof(*answer.verdicts));
	for (size_t i = 0; i < answer.count; i++)
		verdict_get(in, &answer.verdicts[i]);
	answer.note = wire_get_text(in);
	if ((r = end_check(in, why)) == 0)
		*ret = answer;
	return r;
}

static void
accept_put(struct buf *out, const struct nf_accept *accept)
{
	wire_put_number(out, accept->family);
	wire_put_text(out, accept->table);
	wire_put_text(out, accept->chain);
	wire_put_number(out, accept->before);
	wire_put_number(out, accept->port);
	wire_put_number(out, accept->only_family);
	wire_put_text(out, accept->only_interface);
}

/* A name that was cut or made printable would be another one: see put. */
static void
name_get(struct wire_in *in, char *ret, size_t size, bool may_be_empty)
{
	const char *text = wire_get_text(in);

	if (text == NULL || strlen(text) >= size ||
	    (text[0] == '\0' && !may_be_empty)) {
		in->is_bad = true;
		return;
	}
	(void)memcpy(ret, text, strlen(text) + 1);
}

static void
accept_get(struct wire_in *in, uint16_t port, struct nf_accept *ret)
{
	*ret = (struct nf_accept){0};
	ret->family = (uint8_t)wire_get_number(in, UINT8_MAX);
	name_get(in, ret->table, sizeof(ret->table), false);
	name_get(in, ret->chain, sizeof(ret->chain), false);
	ret->before = wire_get_number(in, UINT64_MAX);
	ret->port = (uint16_t)wire_get_number(in, UINT16_MAX);
	ret->only_family = (uint8_t)wire_get_number(in, UINT8_MAX);
	name_get(in, ret->only_interface, sizeof(ret->only_interface), true);
	in->is_bad |= ret->port != port;
	in->is_bad |= ret->family != NF_FAMILY_INET &&
	              ret->family != NF_FAMILY_IPV4 &&
	              ret->family != NF_FAMILY_IPV6;
	in->is_bad |= ret->only_family != 0 && ret->only_family != AF_INET &&
	              ret->only_family != AF_INET6;
}

void
firewall_opening_put(struct buf *out, const struct nf_opening *opening)
{
	wire_put_number(out, opening->manager);
	wire_put_number(out, opening->count);
	for (size_t i = 0; i < opening->count; i++)
		accept_put(out, &opening->accepts[i]);
	wire_put_text(out, opening->place);
	wire_put_text(out, opening->families);
}

int
firewall_opening_get(
    struct wire_in *in, uint16_t port, struct nf_opening *ret, struct why *why)
{
	struct nf_opening opening = {0};
	int r;

	opening.manager =
	    (enum nf_manager)wire_get_number(in, NF_MANAGER_OTHER);
	opening.count = wire_get_number(in, NF_OPENING_MAX);
	for (size_t i = 0; i < opening.count; i++)
		accept_get(in, port, &opening.accepts[i]);
	opening.place = wire_get_text(in);
	opening.families = wire_get_text(in);
	if ((r = end_check(in, why)) == 0)
		*ret = opening;
	return r;
}
