/*
 * log_tell_account.c - the tables account and sender_domain, from the tally
 *
 * Purpose  who sends from here, whose mail is refused most first
 * Input    the tally: hostile in its numbers and texts
 * Errors   none; what is not known is told so
 * Runs as  observer
 * Source   schema_account.c; Flajolet et al., HyperLogLog, 2007
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "agent/probes/log_part.h"

/* As many as the tables take; schema_account.c. */
#define ROWS_MAX        100
#define DOMAIN_ROWS_MAX 64

/* A domain that was not used for so long is told no more. */
#define DOMAIN_S (30 * 86400)

/*
 * Named as who harms the reputation: so many refused, and 5 % of those that
 * were decided: where Amazon SES begins to look at an account.
 */
#define FLOOD_LEAST 20
#define FLOOD_SHARE 0.05

static const char *const kinds[ACCOUNT_KIND_MAX] = {
    [ACCOUNT_LOGIN] = "login",
    [ACCOUNT_UID] = "uid",
    [ACCOUNT_CLIENT] = "client",
};

struct candidate {
	const struct tally_account *account;
	uint64_t hash;
	double counts[ACCOUNT_COUNT_MAX];
};

static double
harm(const struct candidate *row)
{
	return row->counts[ACCOUNT_BOUNCED] + row->counts[ACCOUNT_BLOCKED];
}

static double
decided(const struct candidate *row)
{
	return row->counts[ACCOUNT_SENT] + harm(row);
}

static int
compare(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;
	const double l = harm(left), r = harm(right),
	             more = left->counts[ACCOUNT_RECIPIENTS] -
	                    right->counts[ACCOUNT_RECIPIENTS];

	if (l < r || l > r)
		return l > r ? -1 : 1;
	if (more < 0 || more > 0)
		return more > 0 ? -1 : 1;
	return strcmp(left->account->name, right->account->name);
}

static bool
candidate_set(
    struct candidate *row, const struct tally_account *account, uint32_t now)
{
	double all = 0;

	*row = (struct candidate){.account = account};
	for (uint32_t at = 0; at < TALLY_MINUTES; at++) {
		if (!tally_has(account->minute, now, at))
			continue;
		for (size_t i = 0; i < ACCOUNT_COUNT_MAX; i++)
			row->counts[i] += account->counts[at][i];
	}
	for (size_t i = 0; i < ACCOUNT_COUNT_MAX; i++)
		all += row->counts[i];
	return all > 0;
}

/* is_filter - as of the settings of now: it may have been an account before */
static bool
is_filter(
    const struct tally_account *account, const struct mta_filters *filters)
{
	switch (account->kind) {
	case ACCOUNT_UID:
		return tally_is_filter_uid(
		    filters, account->name, strlen(account->name));
	case ACCOUNT_CLIENT:
		return tally_is_filter_host(filters, account->name, "");
	default:
		return false;
	}
}

/* candidates - those that did anything, in order; heap */
static struct candidate *
candidates(const struct log_tally *tally, const struct log_tally_with *with,
    uint32_t now, size_t *ret_count)
{
	const struct tally_accounts *all = &tally->accounts;
	struct candidate *rows = mem_alloc(TALLY_ACCOUNTS, sizeof(*rows));
	size_t count = 0;

	for (size_t i = 0; i < TALLY_ACCOUNTS; i++) {
		if (all->slots[i].hash == 0 ||
		    all->rows[i].kind >= ACCOUNT_KIND_MAX ||
		    is_filter(&all->rows[i], with->filters) ||
		    !candidate_set(&rows[count], &all->rows[i], now))
			continue;
		rows[count++].hash = all->slots[i].hash;
	}
	qsort(rows, count, sizeof(*rows), compare);
	*ret_count = count;
	return rows;
}

/* distinct - as tally_distinct, of an account */
static double
distinct(
    const struct tally_account *account, uint32_t now, enum tally_sketch_of of)
{
	const double m = TALLY_FEW, alpha = 0.709;
	const uint32_t epoch = now / TALLY_EPOCH;
	double sum = 0;
	size_t zeros = 0;

	for (size_t i = 0; i < TALLY_FEW; i++) {
		uint8_t most = 0;

		for (uint32_t back = 0; back < TALLY_GENERATIONS; back++) {
			const uint32_t is = account->epoch - back;

			if (epoch - is < TALLY_GENERATIONS &&
			    account->sketches[is % TALLY_GENERATIONS][of][i] >
			        most)
				most = account->sketches[is % TALLY_GENERATIONS]
				                        [of][i];
		}
		sum += ldexp(1, -(int)most);
		zeros += most == 0;
	}
	if (zeros != 0 && m * log(m / (double)zeros) < 2.5 * m)
		return floor(m * log(m / (double)zeros) + 0.5);
	return floor(alpha * m * m / sum + 0.5);
}

static int
compare_uids(const void *key, const void *row)
{
	const uint32_t uid = *(const uint32_t *)key;
	const struct log_user *user = row;

	return uid < user->uid ? -1 : uid > user->uid;
}

/* user_of - the name of a uid; "" */
static const char *
user_of(const struct tally_account *account, const struct log_users *users)
{
	const uint32_t uid = (uint32_t)strtoul(account->name, NULL, 10);
	const struct log_user *user;

	if (account->kind != ACCOUNT_UID || users == NULL || users->count == 0)
		return "";
	user = bsearch(&uid, users->users, users->count, sizeof(*users->users),
	    compare_uids);
	return user == NULL ? "" : user->name;
}

static void
tell_norm(const struct candidate *row, const struct tally_norm *norm,
    int64_t now_us, struct fact_out *out)
{
	const double recipients = row->counts[ACCOUNT_RECIPIENTS];
	const bool is_known = norm != NULL && tally_norm_is_known(norm, now_us);
	double usual = ACCOUNT_NEW_NORM;

	fact_out_bool(out, "is_new", !is_known);
	if (is_known) {
		usual = (double)norm->recipients_norm;
		fact_out_number(out, "norm", round(usual));
		fact_out_number(
		    out, "norm_messages", round((double)norm->messages_norm));
	} else {
		fact_out_unknown(out, "norm", "it has not sent for long");
		fact_out_unknown(
		    out, "norm_messages", "it has not sent for long");
	}
	if (usual < ACCOUNT_LEAST_NORM)
		usual = ACCOUNT_LEAST_NORM;
	fact_out_number(out, "times", recipients / usual);
	if (norm == NULL)
		fact_out_unknown(out, "since", "it was forgotten");
	else
		fact_out_number(out, "since",
		    (double)now_us / US_PER_S - (double)norm->first_s);
}

static void
tell_sender(const struct tally_account *account, struct fact_out *out)
{
	const char *sender = account->from[0].text, *at = strrchr(sender, '@');
	char name[TALLY_NAME_MAX] = "";

	if (at != NULL)
		(void)tally_name(
		    (struct span){at + 1, (uint32_t)strlen(at + 1)}, name);
	fact_out_text(out, "sender", sender);
	fact_out_text(out, "sender_domain", name);
}

static void
tell_row(const struct candidate *row, const struct log_tally *tally,
    const struct log_tally_with *with, int64_t now_us, struct fact_out *out)
{
	const uint32_t now = (uint32_t)(now_us / US_PER_MINUTE);
	const struct tally_account *account = row->account;
	const double outside = distinct(account, now, SKETCH_OUTSIDE),
	             all = decided(row),
	             submitted = row->counts[ACCOUNT_MESSAGES] +
	                         row->counts[ACCOUNT_PASSED];
	double fresh = distinct(account, now, SKETCH_FRESH);
	char key[TALLY_ACCOUNT_MAX + 16];

	if (fresh > outside)
		fresh = outside;
	(void)snprintf(
	    key, sizeof(key), "%s:%s", kinds[account->kind], account->name);
	fact_out_row(out, "account", key);
	fact_out_text(out, "kind", kinds[account->kind]);
	fact_out_text(out, "name", account->name);
	fact_out_text(out, "user", user_of(account, with->users));
	fact_out_number(out, "messages", row->counts[ACCOUNT_MESSAGES]);
	fact_out_number(out, "recipients", row->counts[ACCOUNT_RECIPIENTS]);
	fact_out_number(out, "outside", outside);
	fact_out_number(out, "fresh", fresh);
	fact_out_number(out, "fresh_share", outside > 0 ? fresh / outside : 0);
	fact_out_number(out, "passed_on", row->counts[ACCOUNT_PASSED]);
	fact_out_number(out, "passed_share",
	    submitted > 0 ? row->counts[ACCOUNT_PASSED] / submitted : 0);
	fact_out_number(
	    out, "sender_domains", distinct(account, now, SKETCH_DOMAINS));
	fact_out_number(out, "sent", row->counts[ACCOUNT_SENT]);
	fact_out_number(out, "bounced", row->counts[ACCOUNT_BOUNCED]);
	fact_out_number(out, "blocked", row->counts[ACCOUNT_BLOCKED]);
	fact_out_number(out, "bounce_share",
	    all > 0 ? row->counts[ACCOUNT_BOUNCED] / all : 0);
	tell_norm(row, tally_norm_find(tally, row->hash), now_us, out);
	tell_sender(account, out);
	if (account->last_s == 0)
		fact_out_unknown(out, "last", "no message was seen");
	else
		fact_out_number(out, "last",
		    fmax((double)now_us / US_PER_S - (double)account->last_s,
		        0));
}

void
tally_tell_accounts(const struct log_tally *tally,
    const struct log_tally_with *with, const struct log_tally_about *about,
    struct fact_out *out)
{
	const uint32_t now = (uint32_t)(about->now_us / US_PER_MINUTE);
	size_t count;
	AUTO_FREE struct candidate *rows = candidates(tally, with, now, &count);

	for (size_t i = 0; i < count && i < ROWS_MAX; i++)
		tell_row(&rows[i], tally, with, about->now_us, out);
	fact_out_table_end(out, "account");
}

void
tally_tell_flood(const struct log_tally *tally,
    const struct log_tally_with *with, int64_t now_us, struct fact_out *out)
{
	size_t count;
	AUTO_FREE struct candidate *rows =
	    candidates(tally, with, (uint32_t)(now_us / US_PER_MINUTE), &count);
	char text[TALLY_ACCOUNT_MAX + 160];
	const char *user;

	if (count == 0 || harm(&rows[0]) < FLOOD_LEAST ||
	    harm(&rows[0]) < FLOOD_SHARE * decided(&rows[0])) {
		fact_out_text(out, "flood_account", "none");
		return;
	}
	user = user_of(rows[0].account, with->users);
	(void)snprintf(text, sizeof(text),
	    "%s:%s%s%.32s%s: %.0f recipients in 15 min, %.0f refused",
	    kinds[rows[0].account->kind], rows[0].account->name,
	    user[0] != '\0' ? " (" : "", user, user[0] != '\0' ? ")" : "",
	    rows[0].counts[ACCOUNT_RECIPIENTS], harm(&rows[0]));
	fact_out_text(out, "flood_account", text);
}

struct domain_row {
	const struct tally_domain *domain;
	double messages;
};

static int
compare_domains(const void *a, const void *b)
{
	const struct domain_row *left = a, *right = b;

	if (left->messages < right->messages ||
	    left->messages > right->messages)
		return left->messages > right->messages ? -1 : 1;
	if (left->domain->last_s != right->domain->last_s)
		return left->domain->last_s > right->domain->last_s ? -1 : 1;
	return strcmp(left->domain->name, right->domain->name);
}

void
tally_tell_domains(const struct log_tally *tally,
    const struct log_tally_about *about, struct fact_out *out)
{
	const uint32_t now = (uint32_t)(about->now_us / US_PER_MINUTE);
	const double now_s = (double)about->now_us / US_PER_S;
	AUTO_FREE struct domain_row *rows =
	    mem_alloc(TALLY_FROMS, sizeof(*rows));
	size_t count = 0;

	for (size_t i = 0; i < TALLY_FROMS; i++) {
		const struct tally_domain *domain = &tally->accounts.domains[i];

		if (tally->accounts.domain_slots[i].hash == 0 ||
		    now_s - (double)domain->last_s > DOMAIN_S)
			continue;
		rows[count] = (struct domain_row){.domain = domain};
		for (uint32_t at = 0; at < TALLY_MINUTES; at++)
			if (tally_has(domain->minute, now, at))
				rows[count].messages += domain->counts[at];
		count++;
	}
	qsort(rows, count, sizeof(*rows), compare_domains);
	for (size_t i = 0; i < count && i < DOMAIN_ROWS_MAX; i++) {
		fact_out_row(out, "sender_domain", rows[i].domain->name);
		fact_out_number(out, "messages", rows[i].messages);
		fact_out_number(out, "last",
		    fmax(now_s - (double)rows[i].domain->last_s, 0));
	}
	fact_out_table_end(out, "sender_domain");
}
