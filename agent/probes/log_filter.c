/*
 * log_filter.c - who gives back mail that the mail system handed to him
 *
 * Purpose  users and hosts that are no accounts, and messages that have passed
 *          here before: what they send is others'
 * Input    uids, addresses and Message-IDs of the log: hostile; the mail
 *          system's settings
 * Errors   none
 * Runs as  observer
 * Source   mta_config.h: struct mta_filters
 */
#include "agent/probes/log_part.h"

bool
tally_is_filter_uid(
    const struct mta_filters *filters, const char *digits, size_t length)
{
	uint64_t uid = 0;

	if (filters == NULL || filters->uid_count == 0)
		return false;
	for (size_t i = 0; i < length && uid <= UINT32_MAX; i++)
		uid = uid * 10 + (uint64_t)(digits[i] - '0');
	for (size_t i = 0; i < filters->uid_count; i++)
		if (filters->uids[i] == uid)
			return true;
	return false;
}

bool
tally_is_filter_host(
    const struct mta_filters *filters, const char *address, const char *name)
{
	return filters != NULL && filters->hosts != NULL &&
	       tally_client_listed(filters->hosts, address, name) > 0;
}

/* seen_get - where a name is kept; its tag tells whether it was there */
static struct tally_seen *
seen_get(struct log_tally *tally, uint64_t name)
{
	struct tally_seen *set =
	    &tally->accounts
	         .seen[(name >> 32) % (TALLY_SEEN / TALLY_WAYS) * TALLY_WAYS];
	struct tally_seen *oldest = set;

	for (size_t i = 0; i < TALLY_WAYS; i++) {
		if (set[i].tag == ((uint32_t)name | 1U))
			return &set[i];
		if (set[i].minute < oldest->minute)
			oldest = &set[i];
	}
	return oldest;
}

/*
 * tally_named - has this Message-ID passed before, as another's message?
 * One that an account itself sends again, to others, is its own.
 */
void
tally_named(struct tally_line *line)
{
	const struct log_event *event = line->event;
	struct log_tally *tally = line->tally;
	const uint64_t id = tally_hash(
	    tally->seed, event->queue_id.text, event->queue_id.length);
	const uint64_t name = tally_hash(
	    tally->seed, event->message_id.text, event->message_id.length);
	struct tally_message *message = tally_message_find(tally, id);
	struct tally_seen *seen = seen_get(tally, name);
	const uint32_t tag = (uint32_t)name | 1U,
	               account =
	                   message == NULL ? 0 : (uint32_t)message->account;

	if (seen->tag != tag || seen->minute + TALLY_MINUTES <= line->minute) {
		*seen = (struct tally_seen){.tag = tag,
		    .message = (uint32_t)id,
		    .account = account,
		    .minute = line->minute};
		return;
	}
	seen->minute = line->minute;
	if (message != NULL && !message->is_again && !message->is_login &&
	    seen->message != (uint32_t)id && seen->account != account)
		tally_passed(line, message);
}
