/*
 * dns_dmarc.c - DMARC of the domains that this host sends for
 *
 * Purpose  one check; row CHECK(dmarc) in dns_check_table.def; fills dmarc
 * Input    identity, tables signing_key and signer; replies: hostile
 * Errors   a question without an answer makes cells of its row unknown
 * Runs as  observer
 * Cost     eight questions for each domain, and SPF's, in the first wave
 * Source   SPEC section 4
 */
#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/dns/dmarc.h"
#include "agent/dns/dns_host.h"
#include "agent/probes/dns_look.h"
#include "agent/probes/dns_sign.h"
#include "agent/probes/dns_tell.h"

struct row {
	const char *domain;
	bool is_elsewhere; /* what leaves in its name is not from here */
	struct dmarc_verdict verdict;
};

struct dmarc_check {
	struct dmarc_query query; /* all but the domain */
	struct row rows[IDENTITY_DOMAINS_MAX];
	size_t count;
};

/*
 * Without a key that is known: signers that are not known here are milters and
 * filters; a mail system without any signs nothing.
 */
static const char *
others_unknown(struct dns_look *look)
{
	const struct mta *mta = look->mta;

	if (mta == NULL || look->identity->mta == NULL)
		return "no key that mail is signed with is known";
	for (size_t i = 0; i < mta->peer_count; i++)
		if (mta->peers[i].role != MTA_PEER_AUTH)
			return arena_printf(look->arena,
			    "mail passes %s (%s), which may sign it",
			    mta->peers[i].endpoint, mta->peers[i].setting);
	return NULL;
}

/* Why it is not known that nobody else signs. */
static const char *
signers_unknown(struct dns_look *look, const struct dns_sign *sign)
{
	const struct table *schema = schema_table_find("signer", NULL);
	const struct fact_table *table = fact_table_get(look->facts, schema);

	if (sign->unknown != NULL)
		return sign->unknown;
	for (size_t i = 0; i < table->count; i++) {
		const struct value keys = fact_cell_named(
		    look->facts, "signer", table->rows[i].key, "keys");

		if (keys.kind == VALUE_UNKNOWN)
			return keys.text;
	}
	return sign->count == 0 ? others_unknown(look) : NULL;
}

static void
signers_read(struct dns_look *look, struct dmarc_query *query)
{
	const struct dns_sign *sign = dns_sign_read(look->arena, look->facts);
	struct dmarc_signer *signers =
	    arena_alloc(look->arena, sign->count + 1, sizeof(*signers));

	for (size_t i = 0; i < sign->count; i++) {
		const struct dns_sign_key *key = &sign->keys[i];

		signers[i] = (struct dmarc_signer){
		    .domain = key->key.domain,
		    .selector = key->key.selector,
		    .is_used = key->in_use.kind != VALUE_BOOL ? DNS_NOT_TOLD
		               : key->in_use.is_true          ? DNS_YES
		                                              : DNS_NO,
		};
	}
	query->signers = signers;
	query->signer_count = sign->count;
	query->signers_unknown = signers_unknown(look, sign);
}

static void
addresses_read(struct dns_look *look, struct dmarc_query *query)
{
	const struct identity *identity = look->identity;
	const char **addresses = arena_alloc(
	    look->arena, identity->address_count + 1, sizeof(*addresses));

	for (size_t i = 0; i < identity->address_count; i++)
		addresses[i] = identity->addresses[i].text;
	query->addresses = addresses;
	query->address_count = identity->address_count;
	for (size_t i = 0; i < PROBE_FAMILIES; i++)
		if (identity->address_unknown[i] != NULL)
			query->addresses_unknown = identity->address_unknown[i];
	query->helo = identity->helo;
}

static void *
dmarc_begin(struct dns_look *look)
{
	const struct identity *identity = look->identity;
	struct dmarc_check *check = arena_alloc(look->arena, 1, sizeof(*check));

	signers_read(look, &check->query);
	addresses_read(look, &check->query);
	for (size_t i = 0; i < identity->domain_count; i++)
		if (identity->domains[i].is_sender &&
		    dns_name_is_public(identity->domains[i].name))
			check->rows[check->count++] =
			    (struct row){.domain = identity->domains[i].name,
			        .is_elsewhere =
			            identity->domains[i].has_relay_of_its_own};
	return check;
}

static bool
dmarc_run(struct dns_look *look, void *state)
{
	struct dmarc_check *check = state;
	bool is_done = true;

	for (size_t i = 0; i < check->count; i++) {
		struct dmarc_query query = check->query;

		query.domain = check->rows[i].domain;
		if (check->rows[i].is_elsewhere) {
			query.address_count = 0;
			query.addresses_unknown =
			    "its mail leaves through a relay of its own";
		}
		is_done = dmarc_judge(look->arena, look->book, &query,
		              &check->rows[i].verdict) &&
		          is_done;
	}
	return is_done;
}

/* Whether another row says the same, of one record or of a domain above. */
static bool
is_told_above(const struct dmarc_check *check, size_t at)
{
	const struct row *row = &check->rows[at];

	for (size_t i = 0; i < check->count; i++) {
		const struct row *other = &check->rows[i];

		if (i == at || other->verdict.unknown != NULL ||
		    other->verdict.state != row->verdict.state)
			continue;
		if (row->verdict.state == DMARC_MISSING
		        ? dns_name_is_below(row->domain, other->domain)
		        : text_equal(row->verdict.name, other->verdict.name) &&
		              (dns_name_is_below(row->domain, other->domain) ||
		                  (i < at && !dns_name_is_below(
		                                 other->domain, row->domain))))
			return true;
	}
	return false;
}

static void
alignment_tell(const struct identity *identity, const struct row *row,
    struct fact_out *out)
{
	const struct dmarc_verdict *verdict = &row->verdict;
	const char *by =
	    verdict->aligned_by != NULL ? verdict->aligned_by : "not told";

	fact_out_bool(out, "relayed",
	    row->is_elsewhere ||
	        (identity->relay != NULL && identity->address_count == 0));
	if (verdict->is_aligned == DNS_NOT_TOLD) {
		fact_out_unknown(out, "aligned", "%s", by);
		fact_out_unknown(out, "aligned_by", "%s", by);
		return;
	}
	fact_out_bool(out, "aligned", verdict->is_aligned == DNS_YES);
	fact_out_text(out, "aligned_by", by);
}

static void
policy_tell(const struct dmarc_verdict *verdict, struct fact_out *out)
{
	if (verdict->policy_unknown != NULL) {
		fact_out_unknown(out, "policy", "%s", verdict->policy_unknown);
		fact_out_unknown(
		    out, "record_at", "%s", verdict->policy_unknown);
		return;
	}
	fact_out_text(out, "policy", dmarc_policy_names[verdict->policy]);
	fact_out_text(out, "record_at", verdict->record_at);
}

static void
row_tell(const struct identity *identity, const struct dmarc_check *check,
    size_t at, struct fact_out *out)
{
	const struct row *row = &check->rows[at];
	const struct dmarc_verdict *verdict = &row->verdict;
	const bool is_known = verdict->unknown == NULL;

	fact_out_row(out, "dmarc", row->domain);
	dns_tell_text(out, "state",
	    is_known ? dmarc_state_names[verdict->state] : NULL,
	    verdict->unknown);
	dns_tell_text(out, "problem", is_known ? verdict->problem : NULL,
	    verdict->unknown);
	fact_out_text(out, "name", verdict->name);
	fact_out_bool(out, "told_above", is_told_above(check, at));
	dns_tell_text(
	    out, "paste", verdict->paste, "there is nothing to propose");
	dns_tell_text(out, "refused",
	    verdict->refused_unknown == NULL ? verdict->refused : NULL,
	    verdict->refused_unknown);
	dns_tell_text(out, "refused_paste", verdict->refused_paste,
	    "there is nothing to propose");
	policy_tell(verdict, out);
	alignment_tell(identity, row, out);
}

static void
dmarc_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	struct dmarc_check *check = state;

	(void)look;
	for (size_t i = 0; i < check->count; i++)
		row_tell(look->identity, check, i, out);
	fact_out_table_end(out, "dmarc");
}

static const char *const dmarc_tables[] = {"dmarc", NULL};

const struct dns_check dns_check_dmarc = {
    .tables = dmarc_tables,
    .begin = dmarc_begin,
    .run = dmarc_run,
    .tell = dmarc_tell,
};
