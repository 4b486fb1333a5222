/*
 * dns_sign.c - what the checks of the DNS know of the keys that mail is signed
 * with
 *
 * Purpose  the tables signing_key and signer, as keys to judge
 * Input    facts of this look: texts are hostile, names checked
 * Errors   told in the result
 * Runs as  observer
 * Source   RFC 6376 section 3.1 (selectors)
 */
#include "agent/probes/dns_sign.h"

#include "agent/base/text.h"
#include "agent/mail/mail_name.h"

/* Mail goes through the signer; what mailfix.conf names is meant to be used. */
static struct value
in_use(const struct fact_set *facts, const char *signer)
{
	if (text_equal(signer, "mailfix.conf"))
		return VALUE_BOOL_OF(true);
	return fact_cell_named(facts, "signer", signer, "in_use");
}

static void
key_add(struct dns_sign *sign, const struct fact_set *facts, const char *row)
{
	const struct value selector =
	    fact_cell_named(facts, "signing_key", row, "selector");
	const struct value domain =
	    fact_cell_named(facts, "signing_key", row, "domain");
	const struct value public =
	    fact_cell_named(facts, "signing_key", row, "public");
	const struct value signer =
	    fact_cell_named(facts, "signing_key", row, "signer");
	const struct value problem =
	    fact_cell_named(facts, "signing_key", row, "problem");
	struct dns_sign_key *key = &sign->keys[sign->count];

	if (sign->count == DNS_SIGN_KEYS_MAX || selector.kind != VALUE_TEXT ||
	    domain.kind != VALUE_TEXT || !mail_domain_ok(domain.text))
		return;
	*key = (struct dns_sign_key){
	    .row = row,
	    .key = {.selector = selector.text, .domain = domain.text},
	    .in_use = VALUE_UNKNOWN_OF("its signer is not known")
        };
	if (public.kind == VALUE_TEXT && public.text[0] != '\0')
		key->key.letters = public.text;
	else
		key->public_unknown = public.kind == VALUE_UNKNOWN
		                          ? public.text
		                          : "the private key is not known";
	if (problem.kind == VALUE_TEXT && problem.text[0] != '\0')
		key->problem = problem.text;
	if (signer.kind == VALUE_TEXT)
		key->in_use = in_use(facts, signer.text);
	sign->count++;
}

struct dns_sign *
dns_sign_read(struct arena *arena, const struct fact_set *facts)
{
	struct dns_sign *sign = arena_alloc(arena, 1, sizeof(*sign));
	const struct table *schema = schema_table_find("signing_key", NULL);
	const struct fact_table *table =
	    schema != NULL ? fact_table_get(facts, schema) : NULL;

	if (table == NULL || table->state == FACT_ABSENT)
		sign->unknown = "the keys of this host were not looked at";
	else if (table->state == FACT_UNKNOWN)
		sign->unknown = table->reason;
	for (size_t i = 0; sign->unknown == NULL && i < table->count; i++)
		key_add(sign, facts, table->rows[i].key);
	return sign;
}
