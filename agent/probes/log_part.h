/*
 * log_part.h - what the parts of the tally need of each other
 */
#ifndef MAILFIX_PROBES_LOG_PART_H
#define MAILFIX_PROBES_LOG_PART_H

#include "agent/probes/log_hash.h"
#include "agent/probes/log_tally_data.h"

/* A line as the parts get it: its time is within the window. */
struct tally_line {
	struct log_tally *tally;
	const struct log_tally_with *with;
	const struct log_event *event;
	int64_t time_us;
	uint32_t minute, slot;
	uint64_t id;            /* of the queue id, of a delivery */
	enum reply_cause cause; /* why it was refused last */
	bool is_whole;          /* stamps are of whole seconds */
};

static inline bool
tally_is_whole(const struct log_tally *tally)
{
	return tally->whole >= TALLY_WHOLE_LINES;
}

static inline void
tally_total(struct tally_line *line, enum tally_total total)
{
	line->tally->totals[line->slot][total]++;
}

/*
 * tally_advance - empty the slots of minutes that have gone by
 * counts  TALLY_MINUTES rows of row_bytes
 */
void tally_advance(
    uint32_t *minute, uint32_t now, void *counts, size_t row_bytes);

/*
 * tally_has - is a slot of a record within the window that ends with `now`?
 * minute  until when the record was advanced
 */
static inline bool
tally_has(uint32_t minute, uint32_t now, uint32_t slot)
{
	const uint32_t is = minute - ((minute - slot) & (TALLY_MINUTES - 1));

	return now - is < TALLY_MINUTES;
}

/* tally_copy - cut to size, ended, without what is not printable */
void tally_copy(char *to, size_t size, struct span from);

void tally_text_set(
    struct tally_line *line, enum tally_text_of of, struct span text);

/* tally_transport - its number; 0: too many of them */
uint8_t tally_transport(struct log_tally *tally, struct span name);

/*
 * tally_slot_find - the number of a record, or -1
 * tally_slot_make - a new one: a free one, else the least goes
 * slots  count of them, in sets of TALLY_WAYS
 * ret_had_weight  what went was within the window
 */
long tally_slot_find(
    const struct tally_slot *slots, size_t count, uint64_t hash);
size_t tally_slot_make(struct tally_slot *slots, size_t count, uint64_t hash,
    bool *ret_had_weight);

/* tally_light_weigh, tally_client_weigh - of a window that ends then */
uint32_t tally_light_weigh(const struct tally_light *light, uint32_t minute);
uint32_t tally_client_weigh(const struct tally_client *client, uint32_t minute);

/* log_account.c: who submitted a message, and what became of it */
void tally_submit(struct tally_line *line, struct tally_client *client);
void tally_submitted(struct tally_line *line);
void tally_named(struct tally_line *line);
void tally_queued(struct tally_line *line);
void tally_given(struct tally_line *line);
void tally_outcome(struct tally_line *line);
/* tally_outcome_soon - have what it needs fetched while others count */
void tally_outcome_soon(const struct tally_line *line);
uint32_t tally_account_weigh(
    const struct tally_account *account, uint32_t minute);

/* tally_message_find - of the hash of a queue id; NULL: of no account */
struct tally_message *tally_message_find(struct log_tally *tally, uint64_t id);
/* tally_passed - it was another's before: of this account nothing is counted */
void tally_passed(struct tally_line *line, struct tally_message *message);

/* log_filter.c */
/* tally_is_filter - is it one to whom mail is handed, who gives it back? */
bool tally_is_filter_uid(
    const struct mta_filters *filters, const char *digits, size_t length);
bool tally_is_filter_host(
    const struct mta_filters *filters, const char *address, const char *name);

/* log_from.c: the address that is used most stands first; sender domains */
void tally_from_used(struct tally_account *account, struct span sender);
void tally_domain_used(
    struct tally_line *line, struct tally_account *account, struct span sender);

/* tally_few_add - one of those whose number a small sketch estimates */
static inline void
tally_few_add(
    struct tally_account *account, enum tally_sketch_of of, uint64_t hash)
{
	uint8_t *sketch =
	    account->sketches[account->epoch % TALLY_GENERATIONS][of];
	const uint64_t rest = (hash / TALLY_FEW) | (UINT64_C(1) << 54);
	const uint8_t rank = (uint8_t)(__builtin_ctzll(rest) + 1);

	if (rank > sketch[hash % TALLY_FEW])
		sketch[hash % TALLY_FEW] = rank;
}

/* log_norm.c: what accounts usually do, and whom they wrote to */
/* *at  where it was last: tried first, and set */
struct tally_norm *tally_norm_get(
    struct log_tally *tally, uint64_t account, uint16_t *at, int64_t time_us);
const struct tally_norm *tally_norm_find(
    const struct log_tally *tally, uint64_t account);
bool tally_norm_is_known(const struct tally_norm *norm, int64_t now_us);
bool tally_is_known(const struct log_tally *tally, uint64_t recipient);
void tally_known_add(struct log_tally *tally, uint64_t recipient);

/*
 * tally_client_listed - the first pattern that fits decides; "!" says no
 * Returns 1, 0, or -1: a table, which is not asked here, may list it.
 */
int tally_client_listed(
    const char *patterns, const char *address, const char *name);

/* The parts. */
void tally_delivery(struct tally_line *line);
void tally_refusal(struct tally_line *line);
void tally_peer(struct tally_line *line);
void tally_client(struct tally_line *line);
void tally_own(struct tally_line *line);

/* log_destination.c: where a destination is kept */

/*
 * tally_destination - of a delivery: the recipient's domain; the relay, if it
 * went there: limits are its own, whatever the domain
 */
struct span tally_destination(const struct tally_line *line);

/* tally_name - lower case, without a dot at the end; 0: none that can be */
size_t tally_name(struct span domain, char ret[static TALLY_NAME_MAX]);

struct tally_detail *tally_detail_find(struct log_tally *tally, uint64_t hash);
struct tally_detail *tally_detail_make(
    struct log_tally *tally, uint64_t hash, const char *name, int64_t time_us);
void tally_detail_count(struct tally_line *line, struct tally_detail *detail,
    enum tally_outcome outcome);
void tally_light_sent(
    struct tally_line *line, uint64_t hash, const char *name, size_t length);
void tally_pins(struct log_tally *tally, const struct throttle_list *throttles);
uint32_t tally_detail_sum(const struct tally_detail *detail, uint32_t minute,
    enum tally_outcome outcome);

/* log_step.c: is this a try by the step that holds now? NULL: it is not */
const struct throttle *tally_step(
    struct tally_line *line, struct tally_detail *detail);

/* The tables. */
void tally_tell_log(const struct log_tally *tally,
    const struct log_tally_with *with, const struct log_tally_about *about,
    struct fact_out *out);
void tally_tell_destinations(const struct log_tally *tally,
    const struct log_tally_with *with, const struct log_tally_about *about,
    struct fact_out *out);
void tally_tell_clients(const struct log_tally *tally,
    const struct log_tally_about *about, struct fact_out *out);

void tally_tell_accounts(const struct log_tally *tally,
    const struct log_tally_with *with, const struct log_tally_about *about,
    struct fact_out *out);
void tally_tell_domains(const struct log_tally *tally,
    const struct log_tally_about *about, struct fact_out *out);
void tally_tell_flood(const struct log_tally *tally,
    const struct log_tally_with *with, int64_t now_us, struct fact_out *out);

/* tally_distinct - how many different ones a sketch has seen in the window */
double tally_distinct(const struct log_tally *tally, uint32_t now,
    const uint8_t (*sketch)[TALLY_SKETCH]);

#endif
