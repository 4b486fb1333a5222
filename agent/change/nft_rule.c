/*
 * nft_rule.c - changes of kind "nft-rule": one accept rule in the live rule set
 *
 * Purpose  one kind of change; row CHANGE(nft_rule) in change_table.def
 * Input    "accept": target the chain, "inet filter input"; after the rule as
 *          nf_accept_text writes it; detail its place, "before 12", "at the end"
 *          "keep": nft_keep.h
 * Errors   -ESTALE: the rule set is no longer as planned; -EPERM: refused; else
 *          negative errno
 * Runs as  actor; the rule set is read and evaluated by an observer
 * Source   nft(8); agent/sys/nft_write.h
 *
 * The rule has the run and the change in its comment. By that it is found after
 * a crash and by undo; handles begin anew when a rule set is loaded anew.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/change/change_store.h"
#include "agent/change/nft_keep.h"
#include "agent/change/rule_mark.h"
#include "agent/probes/firewall_ask.h"
#include "agent/sys/nft_write.h"

/* Somebody who changes rules at every one of so many tries is at work. */
#define INSERT_TRIES 3

#define PLACE_BEFORE "before "
#define PLACE_END    "at the end"

/* The rule's parts, out of the record: all of them are checked. */
static int
accept_take(const struct change *change, struct nf_accept *ret, struct why *why)
{
	static const struct {
		const char *name;
		uint8_t family;
	} families[] = {
	    {"inet ", NF_FAMILY_INET},
	    {"ip ",   NF_FAMILY_IPV4},
	    {"ip6 ",  NF_FAMILY_IPV6},
	};
	struct nf_accept accept = {0};
	const char *table = NULL, *chain = NULL;
	char *end;

	for (size_t i = 0; i < ARRAY_COUNT(families); i++)
		if (text_starts(change->target, families[i].name)) {
			accept.family = families[i].family;
			table = change->target + strlen(families[i].name);
		}
	chain = table != NULL ? strchr(table, ' ') : NULL;
	if (chain == NULL || change->after == NULL || change->detail == NULL ||
	    (size_t)(chain - table) >= sizeof(accept.table) ||
	    strlen(chain + 1) >= sizeof(accept.chain) ||
	    strchr(chain + 1, ' ') != NULL ||
	    nf_accept_parse(change->after, &accept) < 0)
		return why_set(why, -EINVAL, "that is no rule of ours");
	(void)memcpy(accept.table, table, (size_t)(chain - table));
	(void)strcpy(accept.chain, chain + 1);
	if (text_starts(change->detail, PLACE_BEFORE)) {
		const char *number = change->detail + strlen(PLACE_BEFORE);

		errno = 0;
		accept.before = strtoull(number, &end, 10);
		if (errno != 0 || *end != '\0' || accept.before == 0 ||
		    number[0] < '1' || number[0] > '9')
			return why_set(
			    why, -EINVAL, "that is no place for a rule");
	} else if (strcmp(change->detail, PLACE_END) != 0) {
		return why_set(why, -EINVAL, "that is no place for a rule");
	}
	if (!nf_accept_is_valid(&accept))
		return why_set(why, -EINVAL, "that is no rule of ours");
	*ret = accept;
	return 0;
}

static bool
accept_is(const struct nf_accept *a, const struct nf_accept *b)
{
	return a->family == b->family && strcmp(a->table, b->table) == 0 &&
	       strcmp(a->chain, b->chain) == 0 && a->port == b->port &&
	       a->only_family == b->only_family &&
	       strcmp(a->only_interface, b->only_interface) == 0;
}

/* The accept of this chain that is missing; NULL: none. */
static const struct nf_accept *
plan_find(const struct nf_opening *opening, const struct nf_accept *accept)
{
	for (size_t i = 0; i < opening->count; i++)
		if (accept_is(&opening->accepts[i], accept))
			return &opening->accepts[i];
	return NULL;
}

/* Plan anew; it must come to the same rule at the same place. */
static int
plan_again(
    struct change_host *host, const struct nf_accept *accept, struct why *why)
{
	struct nf_opening now = {0};
	const struct nf_accept *same;
	int r = firewall_plan(host->arena, accept->port, &now, why);

	if (r == -EALREADY)
		return why_set(why, -ESTALE, "port %u is open by now",
		    (unsigned)accept->port);
	if (r < 0)
		return r;
	same = plan_find(&now, accept);
	if (same == NULL || same->before != accept->before)
		return why_set(
		    why, -ESTALE, "the rule set is no longer as planned");
	return 0;
}

static int
rule_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct nf_accept accept;
	int r = accept_take(change, &accept, why);

	return r < 0 ? r : plan_again(host, &accept, why);
}

/* The comment is all that undo needs, and it follows from the record's name. */
static int
rule_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct nf_accept accept;
	int r = accept_take(change, &accept, why);

	if (r == 0)
		r = rule_mark_check(host, why);
	if (r == 0)
		r = change_store_put(host, "mark", rule_mark(host), why);
	return r;
}

/* Take it out, if it is there and ours; 0 also when there is none. */
static int
rule_remove(const struct nf_accept *accept, const char *mark, struct why *why)
{
	int r = -ESTALE;

	for (int i = 0; r == -ESTALE && i < INSERT_TRIES; i++) {
		uint64_t handle = 0, before = 0;
		uint32_t generation = 0;

		r = nft_write_generation(&generation, why);
		if (r == 0)
			r = nft_write_find(accept, mark, &handle, &before, why);
		if (r <= 0)
			break;
		r = nft_write_delete(accept, handle, generation, why);
	}
	/* another's now, or twice: it is left alone */
	return r == -EBADMSG || r == -EEXIST ? -ESTALE
	       : r == -ESTALE                ? -EAGAIN
	                                     : r;
}

/*
 * Did it help? Where several base chains refuse, each of their accepts does
 * when its own chain is no longer among those that need one.
 */
static int
rule_believe(
    const struct nf_accept *accept, struct change_host *host, struct why *why)
{
	struct nf_opening left = {0};
	int r = firewall_is_open(accept, why);

	if (r != 0)
		return r < 0 ? r : 0;
	r = firewall_plan(host->arena, accept->port, &left, why);
	if (r == -EALREADY)
		return 0;
	if (r == 0 && left.count > 0 && plan_find(&left, accept) == NULL)
		return 0;
	return why_set(why, -EIO, "the rule is there, and port %u is not open",
	    (unsigned)accept->port);
}

static int
rule_insert(const struct nf_accept *accept, struct change_host *host,
    const char *mark, struct why *why)
{
	int r = -ESTALE;

	for (int i = 0; r == -ESTALE && i < INSERT_TRIES; i++) {
		uint32_t generation = 0;
		uint64_t handle = 0;

		/* before the plan: a change after it is one that is not seen */
		r = nft_write_generation(&generation, why);
		if (r == 0)
			r = plan_again(host, accept, why);
		if (r < 0)
			return r;
		r = nft_write_insert(accept, mark, generation, &handle, why);
	}
	return r;
}

static int
rule_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct nf_accept accept;
	struct why second = {0};
	const char *mark = rule_mark(host);
	int r = accept_take(change, &accept, why);

	if (r == 0)
		r = rule_insert(&accept, host, mark, why);
	if (r < 0)
		return r;
	r = rule_believe(&accept, host, why);
	if (r < 0 && rule_remove(&accept, mark, &second) < 0)
		why_prefix(
		    why, "and it could not be taken out (%s)", second.text);
	return r;
}

static int
rule_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	struct nf_accept accept;
	uint64_t handle = 0, before = 0;
	int r = accept_take(change, &accept, why);

	if (r < 0)
		return r;
	r = nft_write_find(&accept, rule_mark(host), &handle, &before, why);
	if (r < 0 && r != -EBADMSG && r != -EEXIST)
		return r;
	*ret = r < 0    ? CHANGE_IS_FOREIGN
	       : r == 1 ? CHANGE_IS_AFTER
	                : CHANGE_IS_BEFORE;
	return 0;
}

static int
rule_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct nf_accept accept;
	int r = accept_take(change, &accept, why);

	return r < 0 ? r : rule_remove(&accept, rule_mark(host), why);
}

/* The verbs; each is the functions of a kind. */
static const struct rule_verb {
	const char *name;
	int (*check)(const struct change *, struct change_host *, struct why *);
	int (*capture)(
	    const struct change *, struct change_host *, struct why *);
	int (*perform)(
	    const struct change *, struct change_host *, struct why *);
	int (*look)(const struct change *, struct change_host *,
	    enum change_found *, struct why *);
	int (*undo)(const struct change *, struct change_host *, struct why *);
} rule_verbs[] = {
    {"accept", rule_check,     rule_capture,     rule_perform,     rule_look,     rule_undo},
    {"keep",   nft_keep_check, nft_keep_capture, nft_keep_perform, nft_keep_look,
     nft_keep_undo                                                                         },
};

/* The engine has checked that it is one of ours. */
static const struct rule_verb *
verb_of(const struct change *change)
{
	return &rule_verbs[strcmp(change->verb, rule_verbs[1].name) == 0];
}

static int
kind_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	return verb_of(change)->check(change, host, why);
}

static int
kind_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	return verb_of(change)->capture(change, host, why);
}

static int
kind_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	return verb_of(change)->perform(change, host, why);
}

static int
kind_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	return verb_of(change)->look(change, host, ret, why);
}

static int
kind_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	return verb_of(change)->undo(change, host, why);
}

static void
kind_tidy(const struct change *change, struct change_host *host)
{
	if (verb_of(change) == &rule_verbs[1])
		nft_keep_tidy(change, host);
}

static const char *const verbs[] = {"accept", "keep", NULL};

const struct change_kind change_nft_rule = {
    .name = "nft-rule",
    .verbs = verbs,
    .is_undoable = true,
    .is_beside = true,
    .check = kind_check,
    .capture = kind_capture,
    .perform = kind_perform,
    .look = kind_look,
    .undo = kind_undo,
    .tidy = kind_tidy,
};
