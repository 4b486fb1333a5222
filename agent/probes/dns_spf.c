/*
 * dns_spf.c - SPF of the domains that this host sends for: spf, spf_record
 *
 * Purpose  one check; row CHECK(spf) in dns_check_table.def
 * Input    domains and addresses of the identity; replies: hostile
 * Errors   a question without an answer makes its cells unknown; so do a relay
 *          and NAT, unless the configuration says what is behind
 * Runs as  observer
 * Source   agent/dns/spf_domain.h; RFC 7208 sections 2.3 (HELO) and 2.4
 */
#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/dns/dns_host.h"
#include "agent/dns/spf_domain.h"
#include "agent/probes/dns_look.h"
#include "agent/probes/dns_ours.h"

struct row {
	const char *name;
	bool is_sender, is_helo;
	bool is_elsewhere; /* what leaves in its name is not from here */
	struct spf_domain spf;
};

struct spf_look {
	struct dns_self self;
	struct row *rows;
	size_t count;
	bool is_relayed;
};

static const char *const spf_tables[] = {"spf", "spf_record", NULL};

static struct row *
row_get(struct spf_look *spf, const char *name)
{
	for (size_t i = 0; i < spf->count; i++)
		if (text_equal(spf->rows[i].name, name))
			return &spf->rows[i];
	spf->rows[spf->count].name = name;
	return &spf->rows[spf->count++];
}

static void
row_add(struct spf_look *spf, const struct identity_domain *domain)
{
	struct row *row = row_get(spf, domain->name);

	row->is_sender = true;
	row->is_elsewhere = domain->has_relay_of_its_own;
}

/* Bounces and other mail go out by this name, whatever domains do. */
static void
row_add_helo(struct spf_look *spf, const char *name)
{
	struct row *row = row_get(spf, name);

	row->is_helo = true;
	row->is_elsewhere = false;
}

static size_t
address_count(const struct spf_look *spf, const struct row *row)
{
	return row->is_elsewhere ? 0 : spf->self.address_count;
}

static void *
spf_begin(struct dns_look *look)
{
	const struct identity *identity = look->identity;
	struct spf_look *spf = arena_alloc(look->arena, 1, sizeof(*spf));
	const char *helo = identity->helo;

	spf->self = dns_ours(look->arena, identity);
	spf->is_relayed = identity->relay != NULL;
	spf->rows = arena_alloc(
	    look->arena, identity->domain_count + 1, sizeof(*spf->rows));
	for (size_t i = 0; i < identity->domain_count; i++)
		if (identity->domains[i].is_sender &&
		    dns_name_is_public(identity->domains[i].name))
			row_add(spf, &identity->domains[i]);
	/* whoever takes mail from a relay hears the relay's name */
	if (helo != NULL && dns_name_is_public(helo) && !identity->is_silent &&
	    (identity->relay == NULL || identity->address_count > 0))
		row_add_helo(spf, helo);
	return spf;
}

static bool
spf_run(struct dns_look *look, void *state)
{
	struct spf_look *spf = state;
	bool is_done = true;

	for (size_t i = 0; i < spf->count; i++) {
		/* later than the deadline no fix of any probe is made */
		if (dns_book_is_over(look->book))
			return false;
		is_done =
		    spf_domain_judge(look->book, look->arena, spf->rows[i].name,
		        look->identity->helo, spf->self.addresses,
		        address_count(spf, &spf->rows[i]), &spf->rows[i].spf) &&
		    is_done;
	}
	return is_done;
}

/* Where it is needed; else there is nothing to paste. */
static void
paste_tell(const struct spf_domain *domain, size_t addresses, bool is_needed,
    struct fact_out *out)
{
	if (!is_needed && domain->unknown == NULL)
		fact_out_text(out, "paste", "");
	else if (domain->paste != NULL)
		fact_out_text(out, "paste", domain->paste);
	else if (domain->unknown != NULL)
		fact_out_unknown(out, "paste", "%s", domain->unknown);
	else if (addresses == 0)
		fact_out_unknown(
		    out, "paste", "no address of this host is known");
	else
		fact_out_unknown(out, "paste",
		    "no record was found that keeps what is there");
}

/* Which term, in whose record; or why nobody got so far. */
static const char *
why_text(struct arena *arena, const struct spf_answer *answer)
{
	if (answer->problem != NULL)
		return answer->problem;
	if (answer->term == NULL)
		return answer->result == SPF_NONE ? "no record"
		                                  : "no term matches";
	return arena_printf(
	    arena, "%s in the record of %s", answer->term, answer->term_domain);
}

static void
record_tell(
    const struct spf_look *spf, const struct row *row, struct fact_out *out)
{
	static const char *const columns[] = {"state", "problem", "record",
	    "lookups", "voids", "void_names", "passes_all"};
	const struct spf_domain *domain = &row->spf;

	fact_out_row(out, "spf_record", row->name);
	paste_tell(domain, address_count(spf, row),
	    domain->state != SPF_STATE_OK || domain->passes_all, out);
	if (domain->unknown != NULL) {
		for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
			fact_out_unknown(
			    out, columns[i], "%s", domain->unknown);
		return;
	}
	fact_out_text(out, "state", spf_state_names[domain->state]);
	fact_out_text(out, "problem", domain->problem);
	fact_out_text(out, "record", domain->record);
	fact_out_number(out, "lookups", domain->lookups);
	fact_out_number(out, "voids", domain->voids);
	fact_out_text(out, "void_names", domain->void_names);
	fact_out_bool(out, "passes_all", domain->passes_all);
}

/* key: an address, or the family of one that nobody can tell */
static void
row_begin(struct arena *arena, const struct row *row, const char *address,
    struct fact_out *out)
{
	fact_out_row(
	    out, "spf", arena_printf(arena, "%s/%s", row->name, address));
	fact_out_text(out, "domain", row->name);
	fact_out_text(out, "address", address);
	fact_out_bool(out, "is_sender", row->is_sender);
	fact_out_bool(out, "is_helo", row->is_helo);
}

static void
unknown_tell(const char *unknown, struct fact_out *out)
{
	static const char *const columns[] = {"result", "is_left_out",
	    "lookups", "voids", "term", "term_domain", "why", "problem",
	    "paste"};

	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		fact_out_unknown(out, columns[i], "%s", unknown);
}

static void
sender_tell(struct arena *arena, const struct spf_look *spf,
    const struct row *row, const struct spf_sender *sender,
    struct fact_out *out)
{
	const struct spf_answer *answer = &sender->answer;

	const char *inside = spf_inside_text(arena, answer);
	const int family = dns_self_family(sender->address);

	if (sender->unknown != NULL) {
		unknown_tell(sender->unknown, out);
		return;
	}
	if (inside != NULL && family >= 0 && spf->self.is_inside[family]) {
		unknown_tell(inside, out);
		return;
	}
	fact_out_text(out, "result", spf_result_names[answer->result]);
	fact_out_bool(out, "is_left_out", sender->is_left_out);
	fact_out_number(out, "lookups", answer->lookups);
	fact_out_number(out, "voids", answer->voids);
	fact_out_text(out, "term", answer->term != NULL ? answer->term : "");
	fact_out_text(out, "term_domain",
	    answer->term_domain != NULL ? answer->term_domain : "");
	fact_out_text(
	    out, "problem", answer->problem != NULL ? answer->problem : "");
	fact_out_text(out, "why", why_text(arena, answer));
	paste_tell(&row->spf, spf->self.address_count,
	    answer->result != SPF_PASS, out);
}

static void
row_tell(struct arena *arena, const struct spf_look *spf, const struct row *row,
    struct fact_out *out)
{
	static const char *const families[DNS_FAMILIES] = {"IPv4", "IPv6"};

	for (size_t i = 0; i < row->spf.sender_count; i++) {
		row_begin(arena, row, row->spf.senders[i].address, out);
		sender_tell(arena, spf, row, &row->spf.senders[i], out);
	}
	for (size_t i = 0; i < DNS_FAMILIES; i++) {
		/* from a relay it passes or not by what the relay is */
		if (row->is_elsewhere || spf->is_relayed ||
		    spf->self.unknown[i] == NULL)
			continue;
		row_begin(arena, row, families[i], out);
		unknown_tell(spf->self.unknown[i], out);
	}
}

static void
spf_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	const struct spf_look *spf = state;
	const char *unknown = look->identity->domains_unknown;

	if (spf->count == 0 && unknown != NULL) {
		fact_out_table_unknown(out, "spf", "%s", unknown);
		fact_out_table_unknown(out, "spf_record", "%s", unknown);
		return;
	}
	for (size_t i = 0; i < spf->count; i++)
		row_tell(look->arena, spf, &spf->rows[i], out);
	fact_out_table_end(out, "spf");
	for (size_t i = 0; i < spf->count; i++)
		if (spf->rows[i].is_sender)
			record_tell(spf, &spf->rows[i], out);
	fact_out_table_end(out, "spf_record");
}

const struct dns_check dns_check_spf = {
    .tables = spf_tables,
    .begin = spf_begin,
    .run = spf_run,
    .tell = spf_tell,
};
