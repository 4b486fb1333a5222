/*
 * log_from.c - sender addresses of accounts, and the domains of all of them
 *
 * Purpose  the address that an account uses most, and sender domains
 * Input    addresses of messages: whatever the account liked
 * Errors   none; what is too long is not followed
 * Runs as  observer
 * Source   schema_account.c; Wong, "Sender Rewriting Scheme" (2004): SRS0, SRS1
 */
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/probes/log_part.h"

/* What an account used in its last 20 messages counts, not for all its life. */
#define FROM_MAX 20

void
tally_from_used(struct tally_account *account, struct span sender)
{
	struct tally_from *from = account->from, kept;
	const size_t count = ARRAY_COUNT(account->from);
	size_t i = 0;

	if (sender.length == 0 || sender.length >= TALLY_FROM_MAX)
		return;
	while (i < count && !span_is(sender, from[i].text))
		i++;
	if (i == count) {
		/* the place of the one that is used least */
		i = from[0].weight == 0 ? 0 : count - 1;
		from[i].weight = 0;
		tally_copy(from[i].text, sizeof(from[i].text), sender);
	}
	if (from[i].weight < FROM_MAX)
		from[i].weight++;
	if (i == 0)
		return;
	if (from[0].weight > 1)
		from[0].weight--;
	if (from[i].weight > from[0].weight) {
		kept = from[0];
		from[0] = from[i];
		from[i] = kept;
	}
}

/* domain_of - of an address, without a dot at the end; length 0: none */
static struct span
domain_of(struct span address)
{
	const char *at = address.length == 0
	                     ? NULL
	                     : memrchr(address.text, '@', address.length);
	struct span domain = {at, 0};

	if (at == NULL)
		return domain;
	domain.text++;
	domain.length = (uint32_t)(address.text + address.length - domain.text);
	if (domain.length != 0 && domain.text[domain.length - 1] == '.')
		domain.length--;
	return domain;
}

/* next_part - up to the next '=', which is eaten; length 0: there is none */
static struct span
next_part(struct span *rest)
{
	const char *end = memchr(rest->text, '=', rest->length);
	struct span part = {rest->text, 0};

	if (end == NULL)
		return part;
	part.length = (uint32_t)(end - rest->text);
	rest->text = end + 1;
	rest->length -= part.length + 1;
	return part;
}

/*
 * origin_of - the domain of an address before it was rewritten for a redirect
 *
 * SRS0=HASH=TIME=DOMAIN=LOCAL@ours, SRS1=HASH=DOMAIN==...@ours: all redirects
 * have one domain, ours, but are the mail of many. Who makes up such senders to
 * look like many gains no more than by making up their domains. Length 0: no
 * address of that kind.
 */
static struct span
origin_of(struct span address)
{
	struct span rest = address, part = {address.text, 0};
	bool is_first;

	if (address.length < 5 || strncasecmp(address.text, "SRS", 3) != 0 ||
	    (address.text[3] != '0' && address.text[3] != '1') ||
	    strchr("=+-", address.text[4]) == NULL)
		return part;
	is_first = address.text[3] == '0';
	rest.text += 5;
	rest.length -= 5;
	for (int i = 0; i < (is_first ? 3 : 2); i++)
		part = next_part(&rest);
	return part;
}

/* domain_make - a row for it; -1: no domain that can be */
static long
domain_make(struct tally_line *line, struct span domain, uint64_t hash)
{
	struct tally_accounts *all = &line->tally->accounts;
	char name[TALLY_NAME_MAX];
	const size_t length = tally_name(domain, name);
	bool had_weight;
	long found;

	if (length == 0 || length >= TALLY_FROM_MAX)
		return -1;
	found = (long)tally_slot_make(
	    all->domain_slots, TALLY_FROMS, hash, &had_weight);
	memset(&all->domains[found], 0, sizeof(all->domains[found]));
	all->domains[found].minute = line->tally->minute;
	memcpy(all->domains[found].name, name, length + 1);
	return found;
}

void
tally_domain_used(
    struct tally_line *line, struct tally_account *account, struct span sender)
{
	struct tally_accounts *all = &line->tally->accounts;
	const struct span name = domain_of(sender), origin = origin_of(sender);
	struct tally_domain *domain;
	uint64_t hash;
	long found;

	if (name.length == 0)
		return;
	hash = tally_hash_folded(line->tally->seed, name.text, name.length);
	tally_few_add(account, SKETCH_DOMAINS,
	    origin.length == 0 ? hash
	                       : tally_hash_folded(line->tally->seed,
	                             origin.text, origin.length));
	found = tally_slot_find(all->domain_slots, TALLY_FROMS, hash);
	if (found < 0)
		found = domain_make(line, name, hash);
	if (found < 0)
		return;
	domain = &all->domains[found];
	if (domain->minute != line->tally->minute)
		tally_advance(&domain->minute, line->tally->minute,
		    domain->counts, sizeof(domain->counts[0]));
	domain->counts[line->slot]++;
	domain->last_s = (uint32_t)(line->time_us / US_PER_S);
	/* all its life: one that was used once goes before it */
	if (all->domain_slots[found].weight < UINT32_MAX)
		all->domain_slots[found].weight++;
	all->domain_slots[found].last_s = domain->last_s;
}
