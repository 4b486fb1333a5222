/*
 * dns_dkim.c - are the keys that mail is signed with in the DNS?
 *
 * Purpose  one check; row CHECK(dkim) in dns_check_table.def; fills dkim,
 *          dkim_domain
 * Input    table signing_key; replies: hostile
 * Errors   a question without an answer makes the cells of its row unknown
 * Runs as  observer
 * Cost     a question for each key, all in the first wave
 * Source   SPEC section 4
 */
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/probes/dns_look.h"
#include "agent/probes/dns_sign.h"

struct dkim_check {
	struct dns_sign *sign;
	struct dkim_verdict verdicts[DNS_SIGN_KEYS_MAX];
};

static void *
dkim_begin(struct dns_look *look)
{
	struct dkim_check *check = arena_alloc(look->arena, 1, sizeof(*check));

	check->sign = dns_sign_read(look->arena, look->facts);
	return check;
}

static bool
dkim_run(struct dns_look *look, void *state)
{
	struct dkim_check *check = state;
	bool is_done = true;

	for (size_t i = 0; i < check->sign->count; i++)
		is_done = dkim_judge(look->arena, look->book,
		              &check->sign->keys[i].key, &check->verdicts[i]) &&
		          is_done;
	return is_done;
}

static const char *
own_unknown(const struct dns_sign_key *key)
{
	return key->public_unknown != NULL
	           ? key->public_unknown
	           : "the key here is no key of RSA or Ed25519";
}

/* What a signature needs of the record. */
static void
key_tell(const struct dns_sign_key *key, const struct dkim_verdict *verdict,
    struct fact_out *out)
{
	if (verdict->has_key) {
		fact_out_text(out, "type", public_key_names[verdict->type]);
		fact_out_number(out, "bits", verdict->bits);
	} else {
		fact_out_unknown(out, "type", "there is no key to be read");
		fact_out_unknown(out, "bits", "there is no key to be read");
	}
	if (verdict->is_compared)
		fact_out_bool(out, "matches", verdict->matches);
	else if (!verdict->has_key)
		fact_out_unknown(out, "matches", "there is no key to be read");
	else
		fact_out_unknown(out, "matches", "%s", own_unknown(key));
}

/* Why the state cannot be told; NULL: it can. */
static const char *
state_unknown(struct arena *arena, const struct dns_sign_key *key,
    const struct dkim_verdict *verdict)
{
	if (verdict->unknown != NULL)
		return verdict->unknown;
	/* it could be another key, and then mail is refused */
	if (key->problem != NULL && verdict->has_key && !verdict->is_compared)
		return arena_printf(arena,
		    "it cannot be compared with the key here: %s",
		    key->problem);
	return NULL;
}

static void
verdict_tell(struct arena *arena, const struct dns_sign_key *key,
    const struct dkim_verdict *verdict, struct fact_out *out)
{
	const char *unknown = state_unknown(arena, key, verdict);
	static const char *const columns[] = {
	    "state", "type", "bits", "matches", "problem"};

	if (verdict->unknown != NULL) {
		for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
			fact_out_unknown(
			    out, columns[i], "%s", verdict->unknown);
		return;
	}
	if (unknown != NULL)
		fact_out_unknown(out, "state", "%s", unknown);
	else
		fact_out_text(out, "state", dkim_state_names[verdict->state]);
	fact_out_text(out, "problem", verdict->problem);
	key_tell(key, verdict, out);
}

static void
row_tell(struct arena *arena, const struct dns_sign_key *key,
    const struct dkim_verdict *verdict, struct fact_out *out)
{
	fact_out_row(out, "dkim", key->row);
	fact_out_text(out, "selector", key->key.selector);
	fact_out_text(out, "domain", key->key.domain);
	fact_out_text(out, "name", verdict->name);
	if (key->in_use.kind == VALUE_BOOL)
		fact_out_bool(out, "in_use", key->in_use.is_true);
	else
		fact_out_unknown(out, "in_use", "%s", key->in_use.text);
	if (verdict->paste != NULL)
		fact_out_text(out, "paste", verdict->paste);
	else if (verdict->unknown != NULL)
		fact_out_unknown(out, "paste", "%s", verdict->unknown);
	else
		fact_out_unknown(out, "paste", "%s", own_unknown(key));
	verdict_tell(arena, key, verdict, out);
}

/* All keys of one domain; one that cannot be told may be the worst. */
static void
domain_tell(struct arena *arena, const struct dkim_check *check,
    const char *domain, struct fact_out *out)
{
	enum dkim_state state = DKIM_OK;
	const char *unknown = NULL;
	size_t count = 0;

	for (size_t i = 0; i < check->sign->count; i++) {
		const struct dns_sign_key *key = &check->sign->keys[i];
		const struct dkim_verdict *verdict = &check->verdicts[i];
		const char *why = state_unknown(arena, key, verdict);

		if (strcasecmp(key->key.domain, domain) != 0 ||
		    (key->in_use.kind == VALUE_BOOL && !key->in_use.is_true))
			continue;
		/* of a good key it does not matter whether it is used */
		if (why == NULL && key->in_use.kind != VALUE_BOOL &&
		    verdict->state != DKIM_OK)
			why = key->in_use.text;
		if (why != NULL)
			unknown = why;
		else
			state = dkim_worst(state, verdict->state);
		count++;
	}
	fact_out_row(out, "dkim_domain", domain);
	if (unknown != NULL)
		fact_out_unknown(out, "state", "%s", unknown);
	else
		fact_out_text(
		    out, "state", count > 0 ? dkim_state_names[state] : "none");
}

/* Before this one of the keys; all of them: at end. */
static bool
has_key(const struct dkim_check *check, size_t end, const char *domain)
{
	for (size_t i = 0; i < end; i++)
		if (strcasecmp(check->sign->keys[i].key.domain, domain) == 0)
			return true;
	return false;
}

static void
domains_tell(const struct dns_look *look, const struct dkim_check *check,
    struct fact_out *out)
{
	const struct identity *identity = look->identity;
	const struct dns_sign *sign = check->sign;

	for (size_t i = 0; i < sign->count; i++)
		if (!has_key(check, i, sign->keys[i].key.domain))
			domain_tell(
			    look->arena, check, sign->keys[i].key.domain, out);
	for (size_t i = 0; i < identity->domain_count; i++)
		if (identity->domains[i].is_sender &&
		    !has_key(check, sign->count, identity->domains[i].name))
			domain_tell(
			    look->arena, check, identity->domains[i].name, out);
	fact_out_table_end(out, "dkim_domain");
}

static void
dkim_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	struct dkim_check *check = state;

	if (check->sign->unknown != NULL) {
		fact_out_table_unknown(out, "dkim", "%s", check->sign->unknown);
		fact_out_table_unknown(
		    out, "dkim_domain", "%s", check->sign->unknown);
		return;
	}
	for (size_t i = 0; i < check->sign->count; i++)
		row_tell(look->arena, &check->sign->keys[i],
		    &check->verdicts[i], out);
	fact_out_table_end(out, "dkim");
	domains_tell(look, check, out);
}

static const char *const dkim_tables[] = {"dkim", "dkim_domain", NULL};

const struct dns_check dns_check_dkim = {
    .tables = dkim_tables,
    .begin = dkim_begin,
    .run = dkim_run,
    .tell = dkim_tell,
};
