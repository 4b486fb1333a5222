/*
 * dns_policy.c - what domains announce about TLS: mtasts, tlsrpt
 *
 * Purpose  one check; row CHECK(policy) in dns_check_table.def
 * Input    domains of the identity; replies: hostile
 * Errors   a question without an answer makes its row unknown
 * Runs as  observer
 * Source   agent/dns/mtasts.h, agent/dns/tlsrpt.h
 */
#include "agent/base/auto.h"
#include "agent/dns/dns_host.h"
#include "agent/dns/mtasts.h"
#include "agent/dns/tlsrpt.h"
#include "agent/probes/dns_look.h"

struct row {
	const char *domain;
	struct mtasts mtasts;
	struct tlsrpt tlsrpt;
};

struct policy_check {
	struct row *rows;
	size_t count;
};

static const char *const policy_tables[] = {"mtasts", "tlsrpt", NULL};

static void *
policy_begin(struct dns_look *look)
{
	const struct identity *identity = look->identity;
	struct policy_check *check =
	    arena_alloc(look->arena, 1, sizeof(*check));

	check->rows = arena_alloc(
	    look->arena, identity->domain_count + 1, sizeof(*check->rows));
	for (size_t i = 0; i < identity->domain_count; i++)
		if (identity->domains[i].is_hosted &&
		    dns_name_is_public(identity->domains[i].name))
			check->rows[check->count++].domain =
			    identity->domains[i].name;
	return check;
}

static bool
policy_run(struct dns_look *look, void *state)
{
	struct policy_check *check = state;
	bool is_done = true;

	for (size_t i = 0; i < check->count; i++) {
		struct row *row = &check->rows[i];

		is_done = mtasts_judge(look->book, look->arena, row->domain,
		              &row->mtasts) &&
		          is_done;
		is_done = tlsrpt_judge(look->book, look->arena, row->domain,
		              &row->tlsrpt) &&
		          is_done;
	}
	return is_done;
}

/* One cell of a row; unknown says why there is none. */
static void
cell_tell(struct fact_out *out, const char *column, const char *value,
    const char *unknown)
{
	if (unknown != NULL)
		fact_out_unknown(out, column, "%s", unknown);
	else
		fact_out_text(out, column, value);
}

static void
mtasts_tell(const struct row *row, struct fact_out *out)
{
	const struct mtasts *mtasts = &row->mtasts;
	const char *unknown =
	    mtasts->state == MTASTS_UNKNOWN ? mtasts->unknown : NULL;

	fact_out_row(out, "mtasts", row->domain);
	cell_tell(out, "state",
	    unknown == NULL ? mtasts_state_names[mtasts->state] : NULL,
	    unknown);
	cell_tell(out, "record", mtasts->record, unknown);
	cell_tell(out, "id", mtasts->id, unknown);
	cell_tell(out, "problem", mtasts->problem, unknown);
	if (mtasts->paste != NULL && mtasts->problem[0] != '\0')
		fact_out_text(out, "paste", mtasts->paste);
	else
		fact_out_unknown(out, "paste", "no other record is needed");
}

static void
tlsrpt_tell(const struct row *row, struct fact_out *out)
{
	const struct tlsrpt *tlsrpt = &row->tlsrpt;
	const char *unknown =
	    tlsrpt->state == TLSRPT_UNKNOWN ? tlsrpt->unknown : NULL;

	fact_out_row(out, "tlsrpt", row->domain);
	cell_tell(out, "state",
	    unknown == NULL ? tlsrpt_state_names[tlsrpt->state] : NULL,
	    unknown);
	cell_tell(out, "record", tlsrpt->record, unknown);
	cell_tell(out, "rua", tlsrpt->rua, unknown);
	cell_tell(out, "problem", tlsrpt->problem, unknown);
	if (tlsrpt->problem[0] != '\0')
		fact_out_text(out, "paste", tlsrpt->paste);
	else
		fact_out_unknown(out, "paste", "no other record is needed");
}

static void
policy_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	const struct policy_check *check = state;
	const char *unknown = look->identity->domains_unknown;

	if (look->identity->domain_count == 0 && unknown != NULL) {
		fact_out_table_unknown(out, "mtasts", "%s", unknown);
		fact_out_table_unknown(out, "tlsrpt", "%s", unknown);
		return;
	}
	for (size_t i = 0; i < check->count; i++)
		mtasts_tell(&check->rows[i], out);
	fact_out_table_end(out, "mtasts");
	for (size_t i = 0; i < check->count; i++)
		tlsrpt_tell(&check->rows[i], out);
	fact_out_table_end(out, "tlsrpt");
}

const struct dns_check dns_check_policy = {
    .tables = policy_tables,
    .begin = policy_begin,
    .run = policy_run,
    .tell = policy_tell,
};
