/*
 * dns_dnsbl.c - the blocklists that our own server asks: table dnsbl
 *
 * Purpose  one check; row CHECK(dnsbl) in dns_check_table.def: one that refuses,
 *          lists the world or is gone refuses good mail, or will
 * Input    settings of the mail system; replies: hostile
 * Errors   what cannot be told is unknown; so is everything where the mail
 *          server asks other name servers than we do
 * Runs as  observer; prepare in the actor
 * Source   postconf(5): reject_rbl_client, postscreen_dnsbl_sites; RFC 5782
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/dns/blocklist_judge.h"
#include "agent/dns/dns_paste.h"
#include "agent/probes/dns_look.h"
#include "agent/sys/dns.h"

#define RESOLV_CONF "/etc/resolv.conf"

/* What a list that nobody told of may answer: no refusal is in it. */
#define FILTER_OTHER "127.0.0.[2..254]"

struct prepared {
	const struct blocklist_catalogue *catalogue;
	bool
	    is_elsewhere; /* we ask name servers that the mail server does not */
};

struct own {
	const struct mta_dnsbl *list;
	struct blocklist_use use;
	enum blocklist_family family;
	struct blocklist_health health;
	/* of what it answers whoever is asked about: */
	bool has_fault, counts, refuses_mail;
};

struct dnsbl_check {
	struct own *all;
	size_t count;
};

static const char *const dnsbl_tables[] = {"dnsbl", NULL};

/* Is each name server that we were told to ask one of the system's? */
static bool
is_elsewhere(const struct config *config)
{
	struct dns_servers ours = {.count = 0}, system = {.count = 0};
	struct why why;

	if (strcmp(config->resolver, "system") == 0)
		return false;
	if (dns_servers_find(config->resolver, RESOLV_CONF, &ours, &why) < 0 ||
	    dns_servers_find("system", RESOLV_CONF, &system, &why) < 0)
		return true;
	for (size_t i = 0; i < ours.count; i++) {
		bool is_there = false;

		for (size_t j = 0; j < system.count; j++)
			is_there |= ours.servers[i].length ==
			                system.servers[j].length &&
			            memcmp(&ours.servers[i].address,
			                &system.servers[j].address,
			                ours.servers[i].length) == 0;
		if (!is_there)
			return true;
	}
	return false;
}

static void *
dnsbl_prepare(struct probe_job *job)
{
	struct prepared *prepared =
	    arena_alloc(job->arena, 1, sizeof(*prepared));

	prepared->catalogue = job->blocklists;
	prepared->is_elsewhere = is_elsewhere(job->config);
	return prepared;
}

static void *
dnsbl_begin(struct dns_look *look)
{
	const struct prepared *prepared = look->prepared;
	const struct mta_identity *mta = look->identity->mta;
	struct dnsbl_check *check = arena_alloc(look->arena, 1, sizeof(*check));

	if (mta == NULL || prepared == NULL || prepared->catalogue == NULL ||
	    prepared->is_elsewhere)
		return check;
	check->count = mta->dnsbl_count;
	check->all =
	    arena_alloc(look->arena, check->count + 1, sizeof(*check->all));
	for (size_t i = 0; i < check->count; i++) {
		struct own *own = &check->all[i];

		own->list = &mta->dnsbls[i];
		blocklist_use(look->arena, prepared->catalogue, own->list->zone,
		    &own->use);
		own->family = BLOCKLIST_IPV4;
		if (own->list->is_domains)
			own->family = BLOCKLIST_DOMAIN;
		else if (own->use.list->families[BLOCKLIST_IPV6] &&
		         !own->use.list->families[BLOCKLIST_IPV4])
			own->family = BLOCKLIST_IPV6;
	}
	return check;
}

/* A zone of this site's own needs no test entries; nor has a list of good ones. */
static bool
is_private(const struct dns_look *look, const struct own *own)
{
	const struct identity *identity = look->identity;
	const char *zone = own->use.zone;

	if (blocklist_is_told(own->use.list))
		return false;
	for (size_t i = 0; i < identity->domain_count; i++) {
		const char *name = identity->domains[i].name;
		const size_t length = strlen(name), all = strlen(zone);

		if (all > length && zone[all - length - 1] == '.' &&
		    strcmp(zone + all - length, name) == 0)
			return true;
	}
	return false;
}

/* Does the mail server take such an answer for a listing? */
static bool
counts(const struct own *own)
{
	struct blocklist_filter filter;

	return own->list->filter == NULL ||
	       (blocklist_filter_read(own->list->filter, &filter) &&
	           blocklist_filter_has(&filter, own->health.code));
}

static void
own_judge(const struct dns_look *look, struct own *own)
{
	struct blocklist_health *health = &own->health;
	const bool is_asked_wrongly = !own->use.list->families[own->family];

	/* 127.0.0.1 alone: it breaks RFC 5782, and does not list the world */
	if (health->state == BLOCKLIST_LISTS_ALL && !health->is_wild)
		health->state = BLOCKLIST_UNTESTED;
	if (health->state == BLOCKLIST_DEAD && !health->is_gone &&
	    (own->list->is_allow || is_asked_wrongly || is_private(look, own)))
		health->state = BLOCKLIST_UNTESTED;
	own->has_fault = health->state == BLOCKLIST_REFUSES ||
	                 health->state == BLOCKLIST_PARKED ||
	                 health->state == BLOCKLIST_LISTS_ALL;
	own->counts = own->has_fault && counts(own);
	own->refuses_mail =
	    own->counts && own->list->refuses && !own->list->is_allow;
}

static bool
dnsbl_run(struct dns_look *look, void *state)
{
	struct dnsbl_check *check = state;
	bool is_done = true;

	for (size_t i = 0; i < check->count; i++) {
		struct own *own = &check->all[i];

		if (blocklist_health(look->book, look->arena, &own->use,
		        own->family, &own->health))
			own_judge(look, own);
		else
			is_done = false;
	}
	return is_done;
}

/* It had better go: what it answers is nothing, or about anybody. */
static bool
is_useless(const struct own *own)
{
	return own->health.state == BLOCKLIST_DEAD ||
	       (own->has_fault && own->health.state != BLOCKLIST_REFUSES);
}

/* What must be taken for a listing only; NULL: take the list out. */
static const char *
filter_better(const struct own *own)
{
	const char *text = own->use.list->filter != NULL ? own->use.list->filter
	                                                 : FILTER_OTHER;
	struct blocklist_filter filter;

	if (is_useless(own) || own->list->is_allow ||
	    !blocklist_filter_read(text, &filter) ||
	    blocklist_filter_has(&filter, own->health.code))
		return NULL;
	return text;
}

static void
remedy_tell(struct dns_look *look, const struct own *own, struct fact_out *out)
{
	const struct mta_dnsbl *list = own->list;
	const struct mta_ops *ops = look->mta != NULL ? look->mta->ops : NULL;
	const char *filter = filter_better(own), *paste = NULL;
	const char *hint = own->use.list->hint;

	if (filter != NULL)
		fact_out_text(out, "remedy",
		    arena_printf(look->arena,
		        "Let nothing but a listing count: %s=%s in %s. That "
		        "ends the harm; it is of use again when it answers a "
		        "resolver of this host's own, which forwards to "
		        "nobody%s%s",
		        own->use.shown, filter, list->setting,
		        hint != NULL ? ", or " : "", hint != NULL ? hint : ""));
	else
		fact_out_text(out, "remedy",
		    arena_printf(look->arena,
		        "Take %s out of %s. If it is a list of your own, say "
		        "so in /etc/mailfix/blocklists.d: state = odd",
		        own->use.shown, list->setting));
	/* a key is in no report */
	if (ops != NULL && ops->dnsbl_paste != NULL &&
	    own->use.shown == own->use.zone)
		paste = ops->dnsbl_paste(look->arena, look->mta, list, filter);
	if (paste != NULL)
		fact_out_text(out, "paste", paste);
	else
		fact_out_unknown(
		    out, "paste", "it is not in main.cf in so many words");
}

static const char *
question(struct arena *arena, const struct own *own)
{
	if (own->family == BLOCKLIST_DOMAIN)
		return arena_printf(arena, "INVALID.%s", own->use.shown);
	return dns_reverse_name(arena,
	    own->family == BLOCKLIST_IPV6 ? "::ffff:7f00:1" : "127.0.0.1",
	    own->use.shown);
}

static void
own_tell(struct dns_look *look, const struct own *own, struct fact_out *out)
{
	const struct blocklist_use *use = &own->use;
	const char *state = blocklist_health_names[own->health.state];
	const bool has_fault = is_useless(own) || own->has_fault;
	char code[BLOCKLIST_ADDRESS_MAX];

	fact_out_row(out, "dnsbl", use->shown);
	fact_out_text(out, "list",
	    use->list->name != NULL ? use->list->name : use->shown);
	fact_out_text(out, "setting", own->list->setting);
	fact_out_text(
	    out, "filter", own->list->filter != NULL ? own->list->filter : "");
	fact_out_bool(out, "refuses", own->list->refuses);
	fact_out_bool(out, "is_allow", own->list->is_allow);
	fact_out_text(out, "question", question(look->arena, own));
	if (state == NULL) {
		fact_out_unknown(out, "state", "%s", own->health.reason);
		fact_out_unknown(out, "refuses_mail", "%s", own->health.reason);
		fact_out_unknown(out, "useless", "%s", own->health.reason);
		return;
	}
	fact_out_text(out, "state", state);
	fact_out_text(out, "code",
	    own->has_fault ? blocklist_address_text(own->health.code, code)
	                   : "");
	fact_out_bool(out, "refuses_mail", own->refuses_mail);
	fact_out_bool(out, "useless", is_useless(own) && !own->refuses_mail);
	fact_out_text(out, "fault", has_fault ? own->health.reason : "");
	if (has_fault)
		remedy_tell(look, own, out);
}

/* Of one list with several filters the row that does harm is told. */
static bool
is_worse(const struct own *one, const struct own *other)
{
	return one->refuses_mail && !other->refuses_mail;
}

static bool
is_told_elsewhere(const struct dnsbl_check *check, size_t at)
{
	const struct own *own = &check->all[at];

	for (size_t i = 0; i < check->count; i++) {
		const struct own *other = &check->all[i];

		if (i != at && strcmp(own->use.shown, other->use.shown) == 0 &&
		    (is_worse(other, own) || (i < at && !is_worse(own, other))))
			return true;
	}
	return false;
}

static void
dnsbl_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	const struct prepared *prepared = look->prepared;
	const struct dnsbl_check *check = state;
	const struct identity *identity = look->identity;
	const struct mta_ops *ops = look->mta != NULL ? look->mta->ops : NULL;

	if (identity->mta == NULL && ops != NULL && ops->identity != NULL)
		fact_out_table_unknown(out, "dnsbl",
		    "which lists the mail server asks is not known%s%s",
		    identity->helo_unknown != NULL ? ": " : "",
		    identity->helo_unknown != NULL ? identity->helo_unknown
		                                   : "");
	else if (identity->mta != NULL && identity->mta->dnsbl_count > 0 &&
	         prepared->catalogue == NULL)
		fact_out_table_unknown(
		    out, "dnsbl", "what blocklists answer could not be read");
	else if (identity->mta != NULL && identity->mta->dnsbl_count > 0 &&
	         prepared->is_elsewhere)
		fact_out_table_unknown(out, "dnsbl",
		    "mailfix is told to ask other name servers than the mail "
		    "server does (%s)",
		    look->config->resolver);
	else {
		for (size_t i = 0; i < check->count; i++)
			if (!is_told_elsewhere(check, i))
				own_tell(look, &check->all[i], out);
		fact_out_table_end(out, "dnsbl");
	}
}

const struct dns_check dns_check_dnsbl = {
    .tables = dnsbl_tables,
    .prepare = dnsbl_prepare,
    .begin = dnsbl_begin,
    .run = dnsbl_run,
    .tell = dnsbl_tell,
};
