/*
 * open_port.c - action open-port: the one accept rule that is missing
 *
 * Purpose  one action; row ACTION(open_port) in actions/action_table.def
 * Input    facts of table `port`; a plan that an observer has made and tried on
 *          a model of the rule set
 * Errors   -ENODATA: a fact is unknown; -EPERM: nobody listens, nobody wants it,
 *          or it must not be done here; -EALREADY: it is open
 * Runs as  actor; pure but for open_plan
 * Source   nft(8), ufw(8), firewalld.dbus(5)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "actions/action.h"
#include "agent/base/auto.h"
#include "agent/base/text.h"

#define ZONE_CHAIN "filter_IN_"
#define ZONE_END   "_allow"

static int
port_get(const struct action_input *input, uint16_t *ret, struct why *why)
{
	const char *text = action_text(input, "port");
	char *end = NULL;
	unsigned long port = text != NULL && text[0] >= '1' && text[0] <= '9'
	                         ? strtoul(text, &end, 10)
	                         : 0;

	if (port == 0 || port > UINT16_MAX || *end != '\0')
		return why_set(why, -ENODATA, "it is not known which port");
	*ret = (uint16_t)port;
	return 0;
}

static int
port_bool(const struct action_input *input, uint16_t port, const char *column,
    bool *ret, struct why *why)
{
	return action_cell_bool(input, "port",
	    arena_printf(input->arena, "%u", (unsigned)port), column, ret, why);
}

/* Only for what serves outside, and was meant to. */
static int
port_refuse(const struct action_input *input, uint16_t port, struct why *why)
{
	bool is_wanted, is_listening, is_local;
	int r = port_bool(input, port, "wanted", &is_wanted, why);

	if (r == 0)
		r = port_bool(input, port, "listening", &is_listening, why);
	if (r == 0 && !is_listening)
		return why_set(
		    why, -EPERM, "nothing listens on port %u", (unsigned)port);
	if (r == 0)
		r = port_bool(input, port, "local_only", &is_local, why);
	if (r < 0)
		return r;
	if (!is_wanted)
		return why_set(why, -EPERM,
		    "the mail system's configuration does not want port %u",
		    (unsigned)port);
	if (is_local)
		return why_set(why, -EPERM,
		    "who listens on port %u does so on loopback only",
		    (unsigned)port);
	return 0;
}

static void
change_nft(const struct action_input *input, const struct nf_accept *accept,
    struct action_output *ret)
{
	struct change *change = action_change(input, ret);
	AUTO_BUF struct buf rule = {0};

	nf_accept_text(&rule, accept);
	change->kind = change_kind_find("nft-rule");
	change->verb = "accept";
	change->target = arena_printf(input->arena, "%s %s %s",
	    nf_family_name(accept->family), accept->table, accept->chain);
	change->after = arena_dup(input->arena, buf_text(&rule));
	change->text =
	    arena_printf(input->arena, "%s: %s", change->target, change->after);
	change->detail = accept->before != 0
	                     ? arena_printf(input->arena, "before %llu",
	                           (unsigned long long)accept->before)
	                     : "at the end";
}

static void
change_ufw(const struct action_input *input, const struct nf_opening *opening,
    uint16_t port, struct action_output *ret)
{
	struct change *change = action_change(input, ret);
	bool is_v4 = false, is_v6 = false;

	for (size_t i = 0; i < opening->count; i++) {
		is_v4 |= opening->accepts[i].family == NF_FAMILY_IPV4;
		is_v6 |= opening->accepts[i].family == NF_FAMILY_IPV6;
	}
	change->kind = change_kind_find("ufw-rule");
	change->verb = "allow";
	change->target = arena_printf(input->arena, "%u/tcp", (unsigned)port);
	change->after = "allow";
	change->detail = is_v4 && is_v6 ? "IPv4 and IPv6"
	                 : is_v6        ? "IPv6"
	                                : "IPv4";
	change->text = arena_printf(
	    input->arena, "ufw: allow %s, %s", change->target, change->detail);
}

static bool
has_target(const struct action_output *output, const char *target)
{
	for (size_t i = 0; i < output->count; i++)
		if (strcmp(output->changes[i].target, target) == 0)
			return true;
	return false;
}

/* The zone stands in the name of the chain where it was tried. */
static int
change_firewalld(const struct action_input *input,
    const struct nf_accept *accept, struct action_output *ret, struct why *why)
{
	struct change *change;
	const char *target;
	size_t length = strlen(accept->chain);

	if (!text_starts(accept->chain, ZONE_CHAIN) ||
	    !text_ends(accept->chain, ZONE_END) ||
	    length <= strlen(ZONE_CHAIN) + strlen(ZONE_END))
		return why_set(why, -EPERM,
		    "it cannot be told which zone of firewalld refuses it");
	target = arena_printf(input->arena, "zone %.*s",
	    (int)(length - strlen(ZONE_CHAIN) - strlen(ZONE_END)),
	    accept->chain + strlen(ZONE_CHAIN));
	if (has_target(ret, target))
		return 0;
	change = action_change(input, ret);
	change->kind = change_kind_find("firewalld-port");
	change->verb = "add";
	change->target = target;
	change->after =
	    arena_printf(input->arena, "%u/tcp", (unsigned)accept->port);
	change->text = arena_printf(input->arena, "firewalld: add %s to %s",
	    change->after, change->target);
	return 0;
}

/*
 * May the rule be in a file of its own, loaded after all others? Only at the end
 * of a chain: there `add rule` puts it at the next boot, too.
 */
static bool
can_keep(const struct action_opening *opening)
{
	const struct nft_boot *boot = &opening->boot;

	return opening->rules.manager == NF_MANAGER_NFTABLES &&
	       opening->rules.count == 1 &&
	       opening->rules.accepts[0].before == 0 && boot->is_enabled &&
	       boot->is_from_nothing && boot->file != NULL &&
	       boot->folder != NULL;
}

/* It follows the change that makes the rule, whose mark it has. */
static void
change_keep(const struct action_input *input,
    const struct action_opening *opening, const struct change *made,
    struct action_output *ret)
{
	const char *target = made->target;
	const size_t length = strlen(made->after) - strlen(" accept");
	const char *rule =
	    arena_printf(input->arena, "add rule %s %.*s counter accept",
	        target, (int)length, made->after);
	struct change *change = action_change(input, ret);

	change->kind = change_kind_find("nft-rule");
	change->verb = "keep";
	change->target = arena_printf(input->arena, "%s/mailfix-%u.nft",
	    opening->boot.folder, (unsigned)opening->rules.accepts[0].port);
	change->after = rule;
	change->detail = opening->boot.file;
	change->text = arena_printf(
	    input->arena, "%s: the same rule at the next boot", change->target);
}

/* The line that makes it last over a boot; ufw and firewalld keep their own. */
static const char *
summary_of(const struct action_input *input,
    const struct action_opening *opening, const struct action_output *output)
{
	const struct nft_boot *boot = &opening->boot;
	const struct nf_accept *first = &opening->rules.accepts[0];
	bool is_iptables = opening->rules.manager == NF_MANAGER_IPTABLES;
	AUTO_BUF struct buf text = {0};

	buf_addf(&text, "accept tcp %u %s", (unsigned)first->port,
	    opening->rules.count > 1 ? "where it is refused"
	    : first->before != 0     ? "before that rule"
	                             : "at the end of that chain");
	if (can_keep(opening))
		return arena_dup(input->arena, buf_text(&text));
	if (!is_iptables && boot->file != NULL && boot->is_enabled)
		buf_addf(&text,
		    " (until the next boot; to keep it, write \"%s\" into %s, "
		    "chain %s of table %s, %s)",
		    output->changes[0].after, boot->file, first->chain,
		    first->table,
		    first->before != 0 ? "before what refuses it"
		                       : "at the end");
	else if (is_iptables && boot->iptables != NULL)
		buf_addf(&text,
		    " (until the next boot; to keep it, add it to the rules in "
		    "%s)",
		    boot->iptables);
	else
		buf_add(&text,
		    " (until the next boot; to keep it, add it where the "
		    "host's rules come from)");
	return arena_dup(input->arena, buf_text(&text));
}

static int
changes_make(const struct action_input *input,
    const struct action_opening *opening, uint16_t port,
    struct action_output *ret, struct why *why)
{
	const struct nf_opening *rules = &opening->rules;
	int r = 0;

	switch (rules->manager) {
	case NF_MANAGER_NFTABLES:
	case NF_MANAGER_IPTABLES:
		for (size_t i = 0; i < rules->count; i++)
			change_nft(input, &rules->accepts[i], ret);
		if (can_keep(opening))
			change_keep(input, opening, &ret->changes[0], ret);
		ret->summary = summary_of(input, opening, ret);
		break;
	case NF_MANAGER_UFW:
		change_ufw(input, rules, port, ret);
		break;
	case NF_MANAGER_FIREWALLD:
		for (size_t i = 0; r == 0 && i < rules->count; i++)
			r = change_firewalld(
			    input, &rules->accepts[i], ret, why);
		break;
	case NF_MANAGER_NONE:
	case NF_MANAGER_OTHER:
		return why_set(why, -EPERM,
		    "another program writes these rules: the port is to be "
		    "opened there");
	}
	return r;
}

static int
open_port_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	struct action_opening opening = {0};
	uint16_t port = 0;
	int r = port_get(input, &port, why);

	if (r == 0)
		r = port_refuse(input, port, why);
	if (r < 0)
		return r;
	if (input->open_plan == NULL)
		return why_set(
		    why, -ENODATA, "the rule set cannot be asked here");
	r = input->open_plan(input->user, port, &opening, why);
	if (r == 0)
		r = changes_make(input, &opening, port, ret, why);
	return r;
}

static const struct action_param params[] = {
    {.name = "port",
     .type = EXPR_TYPE_TEXT,
     .is_required = true,
     .doc = "the port, as {number} of table port"},
    {0},
};

static const char *const tables[] = {"port", NULL};

const struct action action_open_port = {
    .spec =
        {
               .name = "open-port",
               .risk = RISK_SAFE,
               .doc = "let connections to a port in, by one accept rule before "
                   "the rule that refuses them", .params = params,
               .tables = tables,
               },
    .plan = open_port_plan,
};
