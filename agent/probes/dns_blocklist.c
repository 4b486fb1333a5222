/*
 * dns_blocklist.c - are we on a blocklist: table blocklist
 *
 * Purpose  one check; row CHECK(blocklist) in dns_check_table.def: each address
 *          that mail leaves from, and each sender domain, at each list that
 *          takes it. The HELO name is not asked for: lists of domains are about
 *          what mail names as its sender
 * Input    identity; replies: hostile; a list's text above all
 * Errors   a list that cannot be believed makes its cells unknown
 * Runs as  observer; prepare in the actor
 * Source   agent/dns/blocklist_judge.h
 */
#include <sys/socket.h>

#include "agent/base/auto.h"
#include "agent/dns/blocklist_judge.h"
#include "agent/probes/dns_look.h"

/* An address or a domain, at one list. */
struct entry {
	const struct blocklist_use *use;
	enum blocklist_family family;
	const char *subject;
	struct blocklist_verdict verdict;
};

struct blocklist_check {
	struct blocklist_use uses[BLOCKLIST_USES_MAX];
	size_t use_count;
	struct entry *entries;
	size_t count;
	bool asks[BLOCKLIST_FAMILIES]; /* some list takes such */
};

static const char *const blocklist_tables[] = {"blocklist", NULL};

static void *
blocklist_prepare(struct probe_job *job)
{
	const struct blocklist_catalogue **keep =
	    arena_alloc(job->arena, 1, sizeof(struct blocklist_catalogue *));

	*keep = job->blocklists;
	return keep;
}

/* A list that nobody told of is one of addresses. */
static bool
takes(const struct blocklist *list, enum blocklist_family family)
{
	return list->families[family] &&
	       (family != BLOCKLIST_DOMAIN || blocklist_is_told(list));
}

static void
entries_add(struct blocklist_check *check, enum blocklist_family family,
    const char *subject)
{
	for (size_t i = 0; i < check->use_count; i++)
		if (takes(check->uses[i].list, family))
			check->entries[check->count++] =
			    (struct entry){.use = &check->uses[i],
			        .family = family,
			        .subject = subject};
}

static void *
blocklist_begin(struct dns_look *look)
{
	const struct blocklist_catalogue *const *catalogue = look->prepared;
	const struct identity *identity = look->identity;
	struct blocklist_check *check =
	    arena_alloc(look->arena, 1, sizeof(*check));
	size_t left_out = 0;

	if (catalogue == NULL || *catalogue == NULL)
		return check;
	check->use_count = blocklist_choose(look->arena, *catalogue,
	    look->config->blocklists, check->uses, &left_out);
	check->entries = arena_alloc(look->arena,
	    (identity->address_count + identity->domain_count + 1) *
	        (check->use_count + 1),
	    sizeof(*check->entries));
	for (int f = 0; f < BLOCKLIST_FAMILIES; f++)
		for (size_t i = 0; i < check->use_count; i++)
			check->asks[f] |= takes(
			    check->uses[i].list, (enum blocklist_family)f);
	for (size_t i = 0; i < identity->address_count; i++)
		entries_add(check,
		    identity->addresses[i].family == AF_INET ? BLOCKLIST_IPV4
		                                             : BLOCKLIST_IPV6,
		    identity->addresses[i].text);
	for (size_t i = 0; i < identity->domain_count; i++)
		if (identity->domains[i].is_sender)
			entries_add(
			    check, BLOCKLIST_DOMAIN, identity->domains[i].name);
	return check;
}

static bool
blocklist_run(struct dns_look *look, void *state)
{
	struct blocklist_check *check = state;
	bool is_done = true;

	for (size_t i = 0; i < check->count; i++) {
		struct entry *entry = &check->entries[i];

		is_done = blocklist_ask(look->book, look->arena, entry->use,
		              entry->family, entry->subject, &entry->verdict) &&
		          is_done;
	}
	return is_done;
}

static const char *
list_name(const struct blocklist_use *use)
{
	return use->list->name != NULL ? use->list->name : use->shown;
}

/* What to do, by what the list means with it. */
static const char *
remedy(struct arena *arena, const struct blocklist_use *use,
    enum blocklist_kind kind)
{
	const struct blocklist *list = use->list;
	const char *at = list->delist != NULL ? list->delist : "its own site";
	const char *advice = list->advice != NULL ? list->advice : "";
	const char *space = list->advice != NULL ? " " : "";

	if (kind == BLOCKLIST_POLICY)
		return arena_printf(arena,
		    "It is no complaint: no mail should come from there "
		    "directly. Where it is a server's own and static address, "
		    "have it taken out at %s (the provider may have to do it); "
		    "else send through the provider's relay.",
		    at);
	if (kind == BLOCKLIST_NOTE)
		return arena_printf(arena,
		    "Few refuse mail for it.%s%s To look it up: %s", space,
		    advice, at);
	return arena_printf(arena,
	    "Find and end what it is about: only then ask for removal, or it "
	    "comes back. %s%sTo look it up and ask: %s",
	    advice, space, at);
}

static void
listing_tell(
    struct dns_look *look, const struct entry *entry, struct fact_out *out)
{
	static const char *const kinds[] = {[BLOCKLIST_REFUSAL] = "refusal",
	    [BLOCKLIST_LISTING] = "listing",
	    [BLOCKLIST_POLICY] = "policy",
	    [BLOCKLIST_NOTE] = "note",
	    [BLOCKLIST_GOOD] = "good"};
	const struct blocklist_verdict *verdict = &entry->verdict;

	fact_out_text(out, "kind", kinds[verdict->kind]);
	fact_out_text(out, "code", verdict->codes);
	fact_out_text(out, "meaning", verdict->meaning);
	if (verdict->text != NULL)
		fact_out_text(out, "text", verdict->text);
	else
		fact_out_unknown(out, "text", "it gives no text");
	fact_out_text(
	    out, "remedy", remedy(look->arena, entry->use, verdict->kind));
}

static void
entry_tell(
    struct dns_look *look, const struct entry *entry, struct fact_out *out)
{
	const struct blocklist_verdict *verdict = &entry->verdict;
	const char *state = blocklist_health_names[verdict->health.state];

	fact_out_row(out, "blocklist",
	    arena_printf(
	        look->arena, "%s/%s", entry->subject, entry->use->shown));
	fact_out_text(out, "subject", entry->subject);
	fact_out_text(out, "zone", entry->use->shown);
	fact_out_text(out, "list", list_name(entry->use));
	fact_out_text(out, "family", blocklist_family_names[entry->family]);
	if (state != NULL)
		fact_out_text(out, "state", state);
	else
		fact_out_unknown(out, "state", "%s", verdict->health.reason);
	if (verdict->question != NULL)
		fact_out_text(out, "question", verdict->question);
	if (verdict->listed == BLOCKLIST_CANNOT_SAY) {
		fact_out_unknown(out, "listed", "%s", verdict->reason);
		fact_out_text(out, "kind", "listing");
		return;
	}
	fact_out_bool(out, "listed", verdict->listed == BLOCKLIST_YES);
	if (verdict->listed == BLOCKLIST_YES)
		listing_tell(look, entry, out);
	else
		fact_out_unknown(out, "kind", "it is not listed");
}

/* One row stands for the addresses of a family that nobody can tell. */
static void
family_tell(
    struct fact_out *out, const char *key, const char *family, const char *why)
{
	if (why == NULL)
		return;
	fact_out_row(out, "blocklist", key);
	fact_out_text(out, "family", family);
	fact_out_unknown(out, "listed", "%s", why);
	fact_out_text(out, "kind", "listing");
}

static void
blocklist_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	const struct blocklist_check *check = state;
	const struct blocklist_catalogue *const *catalogue = look->prepared;
	const char *const *unknown = look->identity->address_unknown;
	/* a relay's addresses are for the relay to look after */
	const bool is_relayed = look->identity->relay != NULL;

	if (catalogue == NULL || *catalogue == NULL) {
		fact_out_table_unknown(out, "blocklist",
		    "what blocklists answer could not be read");
		return;
	}
	for (size_t i = 0; i < check->count; i++)
		entry_tell(look, &check->entries[i], out);
	for (int i = 0; i < PROBE_FAMILIES; i++)
		if (check
		        ->asks[i == PROBE_V4 ? BLOCKLIST_IPV4 : BLOCKLIST_IPV6])
			family_tell(out, i == PROBE_V4 ? "IPv4" : "IPv6",
			    i == PROBE_V4 ? "ipv4" : "ipv6",
			    is_relayed ? NULL : unknown[i]);
	fact_out_table_end(out, "blocklist");
}

const struct dns_check dns_check_blocklist = {
    .tables = blocklist_tables,
    .prepare = blocklist_prepare,
    .begin = blocklist_begin,
    .run = blocklist_run,
    .tell = blocklist_tell,
};
