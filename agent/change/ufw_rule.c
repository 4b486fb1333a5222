/*
 * ufw_rule.c - changes of kind "ufw-rule": a port allowed by ufw's own command
 *
 * Purpose  one kind of change; row CHANGE(ufw_rule) in change_table.def
 * Input    "allow": target "587/tcp", detail "IPv4", "IPv6", "IPv4 and IPv6"
 * Errors   -ESTALE: it is no longer as planned; -EIO: ufw did not do it; else
 *          negative errno
 * Runs as  actor
 * Source   ufw(8); tried with ufw 0.36.2: a rule about the same port that denies
 *          is replaced by one that allows, at its place, and back
 *
 * Our rules have the run and the change in their comment. One command a family,
 * so that no more is opened than was closed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/change/rule_mark.h"
#include "agent/change/ufw_host.h"
#include "agent/probes/firewall_ask.h"

#define PORT_SUFFIX "/tcp"

/* One change at work. */
struct rule_work {
	struct change_host *host;
	const char *mark;
	uint16_t port;
	bool wanted[UFW_FAMILY_MAX];
	struct ufw_tuples now[UFW_FAMILY_MAX]; /* as the files say */
};

static int
work_take(const struct change *change, struct change_host *host,
    struct rule_work *ret, struct why *why)
{
	struct rule_work work = {.host = host, .mark = rule_mark(host)};
	char *end = NULL;
	unsigned long port = strtoul(change->target, &end, 10);

	if (change->target[0] < '1' || change->target[0] > '9' ||
	    port > UINT16_MAX || strcmp(end, PORT_SUFFIX) != 0 ||
	    change->detail == NULL)
		return why_set(why, -EINVAL, "that is no port of ufw's");
	work.port = (uint16_t)port;
	if (strcmp(change->detail, "IPv4 and IPv6") == 0)
		work.wanted[UFW_IPV4] = work.wanted[UFW_IPV6] = true;
	else if (strcmp(change->detail, "IPv4") == 0)
		work.wanted[UFW_IPV4] = true;
	else if (strcmp(change->detail, "IPv6") == 0)
		work.wanted[UFW_IPV6] = true;
	else
		return why_set(why, -EINVAL, "that is no port of ufw's");
	*ret = work;
	return 0;
}

static int
work_read(struct rule_work *work, struct why *why)
{
	int r = 0;

	for (int i = 0; r == 0 && i < UFW_FAMILY_MAX; i++)
		r = ufw_rules_read(
		    work->host->arena, (enum ufw_family)i, &work->now[i], why);
	return r;
}

static int
work_begin(const struct change *change, struct change_host *host,
    struct rule_work *ret, struct why *why)
{
	int r = work_take(change, host, ret, why);

	return r < 0 ? r : work_read(ret, why);
}

/* Does ufw refuse it still, and only ufw? */
static int
plan_again(const struct rule_work *work, struct why *why)
{
	struct nf_opening now = {0};
	int r = firewall_plan(work->host->arena, work->port, &now, why);

	if (r == -EALREADY)
		return why_set(why, -ESTALE, "port %u is open by now",
		    (unsigned)work->port);
	if (r == 0 && now.manager != NF_MANAGER_UFW)
		r = why_set(why, -ESTALE,
		    "it is no longer ufw that refuses port %u",
		    (unsigned)work->port);
	return r;
}

/* Also by "limit": ours would take its place, and let more in. */
static bool
port_is_let_in(const struct ufw_tuple *tuple, uint16_t port)
{
	return ufw_tuple_is_port(tuple, port) &&
	       !ufw_tuple_refuses(tuple, port);
}

static int
rule_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct rule_work work;
	int r = work_begin(change, host, &work, why);

	if (r == 0)
		r = rule_mark_check(host, why);
	if (r == 0)
		r = ufw_is_enabled(why);
	if (r < 0)
		return r;
	for (int i = 0; i < UFW_FAMILY_MAX; i++)
		for (size_t k = 0; work.wanted[i] && k < work.now[i].count; k++)
			if (port_is_let_in(&work.now[i].tuples[k], work.port))
				return why_set(why, -EPERM,
				    "ufw has a rule that lets port %u in (%s), "
				    "and it is refused all the same",
				    (unsigned)work.port,
				    work.now[i].tuples[k].action);
	return plan_again(&work, why);
}

static int
rule_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct rule_work work;
	int r = work_begin(change, host, &work, why);

	for (int i = 0; r == 0 && i < UFW_FAMILY_MAX; i++)
		r = ufw_rules_keep(host, (enum ufw_family)i, why);
	return r;
}

/* Our rule in that family; -ESTALE: its mark is on another one. */
static int
mark_find(const struct rule_work *work, enum ufw_family family,
    bool *ret_is_there, struct why *why)
{
	const struct ufw_tuples *now = &work->now[family];

	*ret_is_there = false;
	for (size_t i = 0; i < now->count; i++) {
		const struct ufw_tuple *tuple = &now->tuples[i];

		if (!text_equal(tuple->comment, work->mark))
			continue;
		if (*ret_is_there || !ufw_tuple_is_port(tuple, work->port) ||
		    strcmp(tuple->action, "allow") != 0)
			return why_set(why, -ESTALE,
			    "the rule of ufw with the comment \"%s\" is no "
			    "longer as it was made",
			    work->mark);
		*ret_is_there = true;
	}
	return 0;
}

/*
 * The number of the rule that it must stand before; 0: it goes to the end, or
 * takes the place of the rule about the same port.
 */
static size_t
place_find(const struct rule_work *work, enum ufw_family family)
{
	const struct ufw_tuples *now = &work->now[family];
	size_t before = family == UFW_IPV6 ? work->now[UFW_IPV4].count : 0;

	for (size_t i = 0; i < now->count; i++) {
		if (ufw_tuple_is_port(&now->tuples[i], work->port))
			return 0;
		if (ufw_tuple_refuses(&now->tuples[i], work->port))
			return before + i + 1;
	}
	return 0;
}

static int
family_allow(struct rule_work *work, enum ufw_family family, struct why *why)
{
	bool is_there = false;
	int r = ufw_allow(work->host->arena, family, place_find(work, family),
	    work->port, work->mark, why);

	if (r == 0)
		r = work_read(work, why);
	if (r == 0)
		r = mark_find(work, family, &is_there, why);
	if (r == 0 && !is_there)
		r = why_set(why, -EIO, "ufw did not add the rule");
	return r;
}

/* What our rule took the place of, in the file as it was; NULL: nothing. */
static const struct ufw_tuple *
replaced_find(const struct ufw_tuples *before, uint16_t port)
{
	for (size_t i = 0; i < before->count; i++)
		if (ufw_tuple_is_port(&before->tuples[i], port))
			return &before->tuples[i];
	return NULL;
}

static int
family_undo(struct rule_work *work, enum ufw_family family, struct why *why)
{
	struct ufw_tuples before;
	const struct ufw_tuple *replaced;
	bool is_there = false;
	int r = mark_find(work, family, &is_there, why);

	if (r < 0 || !is_there)
		return r;
	r = ufw_rules_kept(work->host, family, &before, why);
	if (r < 0)
		return r;
	replaced = replaced_find(&before, work->port);
	r = replaced != NULL
	        ? ufw_again(
	              work->host->arena, family, replaced, work->port, why)
	        : ufw_delete(work->host->arena, family, work->port, why);
	if (r == 0)
		r = work_read(work, why);
	/* to the byte, where nobody else has changed the rules meanwhile */
	if (r == 0 && ufw_tuples_are(&before, &work->now[family]))
		r = ufw_rules_put(work->host, family, why);
	return r;
}

static int
work_undo(struct rule_work *work, struct why *why)
{
	int r = 0;

	for (int i = 0; r == 0 && i < UFW_FAMILY_MAX; i++)
		if (work->wanted[i])
			r = family_undo(work, (enum ufw_family)i, why);
	return r;
}

static int
rule_believe(const struct rule_work *work, struct why *why)
{
	struct nf_opening left = {0};
	int r = firewall_plan(work->host->arena, work->port, &left, why);

	if (r == -EALREADY)
		return 0;
	return r < 0 ? r
	             : why_set(why, -EIO,
	                   "ufw has the rule, and port %u is not open",
	                   (unsigned)work->port);
}

static int
rule_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct rule_work work;
	struct why second = {0};
	int r = work_begin(change, host, &work, why);

	if (r == 0)
		r = plan_again(&work, why);
	if (r < 0)
		return r;
	for (int i = 0; r == 0 && i < UFW_FAMILY_MAX; i++)
		if (work.wanted[i])
			r = family_allow(&work, (enum ufw_family)i, why);
	if (r == 0)
		r = rule_believe(&work, why);
	if (r == 0)
		return 0;
	if (work_read(&work, &second) < 0 || work_undo(&work, &second) < 0)
		why_prefix(
		    why, "and it could not be taken out (%s)", second.text);
	return r;
}

static int
rule_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	struct rule_work work;
	unsigned wanted = 0, found = 0;
	int r = work_begin(change, host, &work, why);

	for (int i = 0; r == 0 && i < UFW_FAMILY_MAX; i++) {
		bool is_there = false;

		if (!work.wanted[i])
			continue;
		r = mark_find(&work, (enum ufw_family)i, &is_there, why);
		wanted++;
		found += is_there;
	}
	if (r < 0 && r != -ESTALE)
		return r;
	*ret = r == -ESTALE      ? CHANGE_IS_FOREIGN
	       : found == 0      ? CHANGE_IS_BEFORE
	       : found == wanted ? CHANGE_IS_AFTER
	                         : CHANGE_IS_PARTIAL;
	return 0;
}

static int
rule_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct rule_work work;
	int r = work_begin(change, host, &work, why);

	return r < 0 ? r : work_undo(&work, why);
}

static const char *const verbs[] = {"allow", NULL};

const struct change_kind change_ufw_rule = {
    .name = "ufw-rule",
    .verbs = verbs,
    .is_undoable = true,
    .check = rule_check,
    .capture = rule_capture,
    .perform = rule_perform,
    .look = rule_look,
    .undo = rule_undo,
};
