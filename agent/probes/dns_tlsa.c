/*
 * dns_tlsa.c - DANE of the mail servers that are this host
 *
 * Purpose  one check; row CHECK(tlsa) in dns_check_table.def; fills tlsa, dane
 * Input    identity, table certificate; replies: hostile
 * Errors   a question without an answer makes the cells of its row unknown
 * Runs as  observer
 * Cost     MX, their addresses, then one question for each name
 * Source   SPEC section 4; RFC 7672 section 2.2
 */
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/dns/domain_mx.h"
#include "agent/dns/tlsa.h"
#include "agent/fact/fact.h"
#include "agent/probes/dns_look.h"
#include "agent/probes/dns_ours.h"

/* As the tables certificate and tlsa. */
#define CERTIFICATES_MAX 64
#define HOSTS_MAX        64

struct host {
	const char *name;
	const char *canonical; /* it is an alias of this one; or NULL */
	struct tlsa_verdict verdict;
};

/* A domain whose mail ends here. */
struct domain {
	const char *name;
	const char *unknown; /* why its servers are not known; or NULL */
	uint64_t hosts;      /* a bit for each of them that is this host */
};

struct tlsa_check {
	struct dns_self self;
	struct tlsa_query query; /* all but the host */
	struct tlsa_certificate certificates[CERTIFICATES_MAX];
	struct host hosts[HOSTS_MAX];
	size_t count;
	struct domain domains[IDENTITY_DOMAINS_MAX];
	size_t domain_count;
};

_Static_assert(HOSTS_MAX <= 64, "a bit for each host");

static const char *
text_of(const struct fact_set *facts, const char *row, const char *column)
{
	const struct value value =
	    fact_cell_named(facts, "certificate", row, column);

	return value.kind == VALUE_TEXT ? value.text : "";
}

static bool
is_set(const struct fact_set *facts, const char *row, const char *column)
{
	const struct value value =
	    fact_cell_named(facts, "certificate", row, column);

	return value.kind == VALUE_BOOL && value.is_true;
}

static void
certificate_add(
    struct tlsa_check *check, struct dns_look *look, const char *row)
{
	const struct fact_set *facts = look->facts;
	const char *problem = text_of(facts, row, "problem");
	struct tlsa_certificate *one =
	    &check->certificates[check->query.certificate_count];

	if (!is_set(facts, row, "is_mx") ||
	    check->query.certificate_count == CERTIFICATES_MAX)
		return;
	if (problem[0] != '\0') {
		check->query.certificates_unknown = arena_printf(look->arena,
		    "%s: %s", text_of(facts, row, "file"), problem);
		return;
	}
	*one = (struct tlsa_certificate){
	    .file = text_of(facts, row, "file"),
	    .names = text_of(facts, row, "names"),
	    .is_leaf = is_set(facts, row, "is_leaf"),
	    .sha256 = text_of(facts, row, "sha256"),
	    .sha512 = text_of(facts, row, "sha512"),
	    .spki_sha256 = text_of(facts, row, "spki_sha256"),
	    .spki_sha512 = text_of(facts, row, "spki_sha512"),
	};
	check->query.certificate_count++;
}

static void
certificates_read(struct tlsa_check *check, struct dns_look *look)
{
	const struct fact_table *table =
	    fact_table_get(look->facts, schema_table_find("certificate", NULL));
	const struct mta_identity *mta = look->identity->mta;

	check->query.certificates = check->certificates;
	/* senders with DANE call the server by its name: RFC 7672, 8.1 */
	if (mta != NULL)
		check->query.certificates_unknown = mta->certificates_unread;
	if (table->state != FACT_KNOWN)
		check->query.certificates_unknown =
		    table->state == FACT_UNKNOWN
		        ? table->reason
		        : "the certificates here were not looked at";
	/* a full table may have been cut */
	if (table->count >= CERTIFICATES_MAX)
		check->query.certificates_unknown =
		    "there are more certificates than are looked at";
	for (size_t i = 0; i < table->count; i++)
		certificate_add(check, look, table->rows[i].key);
}

static void *
tlsa_begin(struct dns_look *look)
{
	struct tlsa_check *check = arena_alloc(look->arena, 1, sizeof(*check));

	check->self = dns_ours(look->arena, look->identity);
	certificates_read(check, look);
	return check;
}

static void
host_add(struct tlsa_check *check, struct domain *domain, const char *name,
    const char *canonical)
{
	size_t i = 0;

	while (i < check->count && strcasecmp(check->hosts[i].name, name) != 0)
		i++;
	if (i == HOSTS_MAX) {
		domain->unknown =
		    "there are more mail servers than are looked at";
		return;
	}
	if (i == check->count)
		check->hosts[check->count++] =
		    (struct host){.name = name, .canonical = canonical};
	domain->hosts |= (uint64_t)1 << i;
}

/* The mail servers of a domain that are this host. */
static bool
domain_look(struct dns_look *look, struct tlsa_check *check, const char *name)
{
	struct domain_mx mx = {.state = DOMAIN_MX_UNKNOWN};
	struct domain *domain = &check->domains[check->domain_count++];

	*domain = (struct domain){.name = name};
	if (!domain_mx_judge(
	        look->book, look->arena, &check->self, name, true, &mx))
		return false;
	if (mx.state == DOMAIN_MX_UNKNOWN)
		domain->unknown = mx.unknown;
	if (mx.state == DOMAIN_MX_IMPLICIT && mx.leads_here == DNS_YES)
		host_add(check, domain, name, NULL);
	if (mx.state != DOMAIN_MX_OK)
		return true;
	for (size_t i = 0; i < mx.count; i++)
		if (mx.hosts[i].is_ours == DNS_YES ||
		    (look->identity->helo != NULL &&
		        strcasecmp(mx.hosts[i].name, look->identity->helo) ==
		            0))
			host_add(check, domain, mx.hosts[i].name,
			    mx.hosts[i].canonical);
		else if (mx.hosts[i].is_ours == DNS_NOT_TOLD)
			domain->unknown = mx.hosts[i].unknown;
	return true;
}

/* Of an alias, what it stands for comes first: RFC 7672 section 2.2.2. */
static bool
host_judge(struct dns_look *look, struct tlsa_check *check, struct host *host)
{
	const bool is_alias =
	    host->canonical != NULL && host->canonical[0] != '\0';
	struct tlsa_query query = check->query;
	struct tlsa_verdict first;
	bool is_done = true;

	query.host = host->name;
	is_done = tlsa_judge(look->arena, look->book, &query, &host->verdict);
	if (!is_alias)
		return is_done;
	query.host = host->canonical;
	if (!tlsa_judge(look->arena, look->book, &query, &first) || !is_done)
		return false;
	if (first.unknown != NULL || first.state != TLSA_NONE)
		host->verdict = first;
	return true;
}

static bool
tlsa_run(struct dns_look *look, void *state)
{
	const struct identity *identity = look->identity;
	struct tlsa_check *check = state;
	bool is_done = true;

	check->count = check->domain_count = 0;
	for (size_t i = 0; i < identity->domain_count; i++)
		if (identity->domains[i].is_hosted &&
		    dns_name_is_public(identity->domains[i].name))
			is_done = domain_look(
			              look, check, identity->domains[i].name) &&
			          is_done;
	for (size_t i = 0; i < check->count; i++)
		is_done = host_judge(look, check, &check->hosts[i]) && is_done;
	return is_done;
}

static void
host_tell(const struct host *host, struct fact_out *out)
{
	const struct tlsa_verdict *verdict = &host->verdict;

	fact_out_row(out, "tlsa", host->name);
	fact_out_text(out, "name", verdict->name);
	fact_out_text(out, "records", verdict->records);
	if (verdict->unknown != NULL) {
		fact_out_unknown(out, "state", "%s", verdict->unknown);
		fact_out_unknown(out, "problem", "%s", verdict->unknown);
	} else {
		fact_out_text(out, "state", tlsa_state_names[verdict->state]);
		fact_out_text(out, "problem", verdict->problem);
	}
	if (verdict->paste != NULL)
		fact_out_text(out, "paste", verdict->paste);
	else
		fact_out_unknown(out, "paste", "there is nothing to propose");
}

/* Nothing to say of one whose mail servers are others. */
static void
domain_tell(const struct tlsa_check *check, const struct domain *domain,
    struct fact_out *out)
{
	enum tlsa_state state = TLSA_OK;
	const char *unknown = domain->unknown;

	if (unknown == NULL && domain->hosts == 0)
		return;
	for (size_t i = 0; i < check->count; i++) {
		const struct tlsa_verdict *verdict = &check->hosts[i].verdict;

		if ((domain->hosts >> i & 1U) == 0)
			continue;
		if (verdict->unknown != NULL)
			unknown = verdict->unknown;
		else
			state = tlsa_worst(state, verdict->state);
	}
	fact_out_row(out, "dane", domain->name);
	if (unknown != NULL)
		fact_out_unknown(out, "state", "%s", unknown);
	else
		fact_out_text(out, "state", tlsa_state_names[state]);
}

static void
tlsa_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	struct tlsa_check *check = state;

	(void)look;
	for (size_t i = 0; i < check->count; i++)
		host_tell(&check->hosts[i], out);
	fact_out_table_end(out, "tlsa");
	for (size_t i = 0; i < check->domain_count; i++)
		domain_tell(check, &check->domains[i], out);
	fact_out_table_end(out, "dane");
}

static const char *const tlsa_tables[] = {"tlsa", "dane", NULL};

const struct dns_check dns_check_tlsa = {
    .tables = tlsa_tables,
    .begin = tlsa_begin,
    .run = tlsa_run,
    .tell = tlsa_tell,
};
