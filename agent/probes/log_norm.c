/*
 * log_norm.c - what accounts usually do, and whom they wrote to
 *
 * Purpose  the norm of each account by the hour; recipients that took mail
 * Input    counts of accounts; hashes of addresses: hostile
 * Errors   none; what was pushed out is new again
 * Runs as  observer
 * Source   log_account.h; Bloom, Space/time trade-offs in hash coding, 1970
 *
 * The norm is of busy hours: who writes to a list once a week is not odd when
 * he does it again. An hour that was refused by many teaches nothing: the
 * second flood of an account must not be its norm.
 */
#include <math.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/log_part.h"

#define HOUR_S 3600

/* A norm that was not reached for 30 days is half of it. */
#define FADE_HOURS (30 * 24.0)

/*
 * From this share of recipients refused on an hour teaches nothing. Amazon SES
 * reviews accounts from 5 % on and stops them from 10 % on.
 */
#define TEACHES_SHARE 0.1

static float
blend(float norm, double faded, uint32_t seen)
{
	const double kept = (double)norm * faded;

	/* one busy hour makes half of the way */
	return (float)(seen > kept ? kept + ((double)seen - kept) / 2 : kept);
}

/* learn - from the hour that has ended */
static void
learn(struct tally_norm *norm)
{
	const double passed =
	    norm->hour > norm->learned_h ? norm->hour - norm->learned_h : 0;
	const double faded = exp2(-passed / FADE_HOURS);

	if (norm->messages == 0 ||
	    norm->bounced > TEACHES_SHARE * (double)norm->tried)
		return;
	if (norm->learned == 0) {
		norm->messages_norm = (float)norm->messages;
		norm->recipients_norm = (float)norm->recipients;
	} else {
		norm->messages_norm =
		    blend(norm->messages_norm, faded, norm->messages);
		norm->recipients_norm =
		    blend(norm->recipients_norm, faded, norm->recipients);
	}
	if (norm->learned < UINT32_MAX)
		norm->learned++;
	norm->learned_h = norm->hour;
}

static const size_t sets = TALLY_NORMS / TALLY_WAYS;

const struct tally_norm *
tally_norm_find(const struct log_tally *tally, uint64_t account)
{
	const struct tally_norm *set =
	    &tally->accounts.norms[(account >> 32) % sets * TALLY_WAYS];

	for (size_t i = 0; i < TALLY_WAYS; i++)
		if (set[i].hash == account)
			return &set[i];
	return NULL;
}

/* norm_make - a free one; else one that knows least, the longest ago */
static struct tally_norm *
norm_make(struct log_tally *tally, uint64_t account, uint32_t now_s)
{
	struct tally_norm *set =
	    &tally->accounts.norms[(account >> 32) % sets * TALLY_WAYS];
	struct tally_norm *least = set;

	for (size_t i = 0; i < TALLY_WAYS && least->hash != 0; i++)
		if (set[i].hash == 0 || set[i].hour < least->hour)
			least = &set[i];
	*least = (struct tally_norm){
	    .hash = account, .first_s = now_s, .hour = now_s / HOUR_S};
	return least;
}

struct tally_norm *
tally_norm_get(
    struct log_tally *tally, uint64_t account, uint16_t *at, int64_t time_us)
{
	const uint32_t now_s = (uint32_t)(time_us / US_PER_S);
	struct tally_norm *norms = tally->accounts.norms, *norm;
	const struct tally_norm *found =
	    *at < TALLY_NORMS && norms[*at].hash == account
	        ? &norms[*at]
	        : tally_norm_find(tally, account);

	norm = found == NULL ? norm_make(tally, account, now_s)
	                     : &norms[found - norms];
	*at = (uint16_t)(norm - norms);
	if (now_s / HOUR_S > norm->hour) {
		learn(norm);
		norm->hour = now_s / HOUR_S;
		norm->messages = norm->recipients = 0;
		norm->tried = norm->bounced = 0;
	}
	return norm;
}

bool
tally_norm_is_known(const struct tally_norm *norm, int64_t now_us)
{
	return norm->learned >= ACCOUNT_NORM_HOURS &&
	       isfinite(norm->recipients_norm) && norm->recipients_norm >= 0 &&
	       isfinite(norm->messages_norm) && norm->messages_norm >= 0 &&
	       now_us / US_PER_S - norm->first_s >= ACCOUNT_NORM_AGE_S;
}

/* Its bits in a generation: each from other bits of the hash. */
static size_t
bit_of(uint64_t recipient, unsigned which)
{
	return (recipient >> (which * 16)) * 2654435761U %
	       (TALLY_KNOWN_BYTES * 8ULL);
}

bool
tally_is_known(const struct log_tally *tally, uint64_t recipient)
{
	for (size_t of = 0; of < TALLY_GENERATIONS; of++) {
		const uint8_t *bits = tally->accounts.known[of];
		unsigned set = 0;

		for (unsigned i = 0; i < TALLY_KNOWN_BITS; i++) {
			const size_t bit = bit_of(recipient, i);

			if ((bits[bit / 8] >> (bit % 8) & 1) == 0)
				break;
			set++;
		}
		if (set == TALLY_KNOWN_BITS)
			return true;
	}
	return false;
}

void
tally_known_add(struct log_tally *tally, uint64_t recipient)
{
	struct tally_accounts *all = &tally->accounts;
	uint8_t *bits;

	if (all->known_count >= TALLY_KNOWN_MAX) {
		all->known_now++;
		all->known_count = 0;
		memset(all->known[all->known_now % TALLY_GENERATIONS], 0,
		    TALLY_KNOWN_BYTES);
	}
	bits = all->known[all->known_now % TALLY_GENERATIONS];
	for (unsigned i = 0; i < TALLY_KNOWN_BITS; i++) {
		const size_t bit = bit_of(recipient, i);

		bits[bit / 8] = (uint8_t)(bits[bit / 8] | 1U << (bit % 8));
	}
	all->known_count++;
}
