/*
 * log_account.c - who submitted a message, and what became of it
 *
 * Purpose  from the line that takes a message to those that deliver it
 * Input    events: hostile; logins, addresses and replies are strangers' words
 * Errors   none; a message that was forgotten counts for nobody
 * Runs as  observer
 * Source   smtpd(8) client=, pickup(8) uid=, qmgr(8) from=, smtp(8) to=;
 *          FILTER_README, XFORWARD_README for messages that come back
 *
 * A content filter takes a message and gives it back under another id: by
 * XFORWARD it says which one it was, or its answer says which one it is now.
 * What comes back is not counted again, and not for the filter. A filter that
 * tells neither is known by the mail system's settings, or by the Message-ID:
 * a message that has passed here before is not of who submits it now.
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/log_part.h"

enum { OWN_NOT_ASKED, OWN_NO, OWN_YES, OWN_FILTER };

/*
 * Of an account that sent to more than this in the window, one message of
 * eight tells to whom and by which address: as many are different as a rule
 * needs, and reading a log of such a host must not take longer for it.
 */
#define BUSY_RECIPIENTS 2000
#define BUSY_SHARE      8

static uint64_t
text_hash(const struct log_tally *tally, struct span text)
{
	return text.text == NULL
	           ? 0
	           : tally_hash(tally->seed, text.text, text.length);
}

static struct tally_message *
message_set(struct log_tally *tally, uint64_t id)
{
	return &tally->accounts.messages[(id >> 32) %
	                                 (TALLY_MESSAGES / TALLY_MESSAGE_WAYS) *
	                                 TALLY_MESSAGE_WAYS];
}

void
tally_outcome_soon(const struct tally_line *line)
{
	__builtin_prefetch(message_set(line->tally, line->id));
}

struct tally_message *
tally_message_find(struct log_tally *tally, uint64_t id)
{
	struct tally_message *set = message_set(tally, id);

	for (size_t i = 0; id != 0 && i < TALLY_MESSAGE_WAYS; i++)
		if (set[i].id == id)
			return &set[i];
	return NULL;
}

/* message_make - the place of the same id, else of the one longest ago */
static struct tally_message *
message_make(struct log_tally *tally, uint64_t id, uint64_t account)
{
	struct tally_message *set = message_set(tally, id), *place = set;

	for (size_t i = 0; i < TALLY_MESSAGE_WAYS; i++) {
		if (set[i].id == id) {
			place = &set[i];
			break;
		}
		/* a free one is of minute 0 */
		if (set[i].minute < place->minute)
			place = &set[i];
	}
	*place = (struct tally_message){
	    .id = id, .account = account, .minute = tally->minute};
	return place;
}

static void
message_drop(struct log_tally *tally, uint64_t id)
{
	struct tally_message *message = tally_message_find(tally, id);

	if (message != NULL)
		*message = (struct tally_message){0};
}

/* account_advance - the counts and sketches of what has gone by */
static void
account_advance(struct tally_account *account, uint32_t minute)
{
	const uint32_t epoch = minute / TALLY_EPOCH;

	tally_advance(&account->minute, minute, account->counts,
	    sizeof(account->counts[0]));
	if (epoch <= account->epoch)
		return;
	if (epoch - account->epoch >= TALLY_GENERATIONS)
		memset(account->sketches, 0, sizeof(account->sketches));
	else
		memset(account->sketches[epoch % TALLY_GENERATIONS], 0,
		    sizeof(account->sketches[0]));
	account->epoch = epoch;
}

uint32_t
tally_account_weigh(const struct tally_account *account, uint32_t minute)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < TALLY_MINUTES; i++)
		if (tally_has(account->minute, minute, i))
			sum += account->counts[i][ACCOUNT_RECIPIENTS] +
			       account->counts[i][ACCOUNT_BOUNCED];
	return sum;
}

static struct tally_account *
account_of(struct tally_line *line, struct tally_message *message)
{
	struct tally_accounts *all = &line->tally->accounts;
	long found = message->account_at;

	if (message->account == 0)
		return NULL;
	if (found >= TALLY_ACCOUNTS ||
	    all->slots[found].hash != message->account)
		found = tally_slot_find(
		    all->slots, TALLY_ACCOUNTS, message->account);
	if (found < 0)
		return NULL;
	message->account_at = (uint16_t)found;
	if (all->rows[found].minute != line->tally->minute)
		account_advance(&all->rows[found], line->tally->minute);
	return &all->rows[found];
}

static struct tally_norm *
norm_of(struct tally_line *line, struct tally_message *message)
{
	return tally_norm_get(
	    line->tally, message->account, &message->norm_at, line->time_us);
}

static void
account_count(struct tally_line *line, struct tally_account *account,
    enum tally_account_count of, uint32_t count)
{
	struct tally_accounts *all = &line->tally->accounts;

	account->counts[line->slot][of] += count;
	if (of == ACCOUNT_RECIPIENTS || of == ACCOUNT_BOUNCED)
		all->slots[account - all->rows].weight += count;
}

/* is_passed_over - is this message of a busy account one of the seven? */
static bool
is_passed_over(const struct tally_line *line,
    const struct tally_account *account, uint64_t id)
{
	const struct tally_accounts *all = &line->tally->accounts;

	return all->slots[account - all->rows].weight > BUSY_RECIPIENTS &&
	       (id >> 20) % BUSY_SHARE != 0;
}

static uint64_t
account_hash(const struct log_tally *tally, enum tally_account_kind kind,
    struct span name)
{
	return tally_mix(text_hash(tally, name), (uint64_t)kind + 1);
}

/* account_get - 0: a name that cannot be followed */
static uint64_t
account_get(
    struct tally_line *line, enum tally_account_kind kind, struct span name)
{
	struct log_tally *tally = line->tally;
	struct tally_accounts *all = &tally->accounts;
	uint64_t hash;
	bool had_weight;
	long found;

	if (name.text == NULL || name.length == 0 ||
	    name.length >= TALLY_ACCOUNT_MAX)
		return 0;
	hash = account_hash(tally, kind, name);
	found = all->last_at % TALLY_ACCOUNTS;
	if (all->slots[found].hash != hash)
		found = tally_slot_find(all->slots, TALLY_ACCOUNTS, hash);
	if (found < 0) {
		found = (long)tally_slot_make(
		    all->slots, TALLY_ACCOUNTS, hash, &had_weight);
		memset(&all->rows[found], 0, sizeof(all->rows[found]));
		all->rows[found].minute = tally->minute;
		all->rows[found].epoch = tally->minute / TALLY_EPOCH;
		all->rows[found].kind = (uint8_t)kind;
		tally_copy(all->rows[found].name, TALLY_ACCOUNT_MAX, name);
	}
	all->slots[found].last_s = (uint32_t)(line->time_us / US_PER_S);
	all->last_at = (uint32_t)found;
	return hash;
}

/* is_loopback - a client of this host: maybe a filter that gives mail back */
static bool
is_loopback(struct span address)
{
	return (address.length > 4 && memcmp(address.text, "127.", 4) == 0) ||
	       span_is(address, "::1");
}

/* own_of - of our networks, and not by what it says of itself? */
static int
own_of(const struct tally_line *line, struct tally_client *client)
{
	const char *networks = line->with->networks;

	if (client->own == OWN_NOT_ASKED) {
		const bool is_listed =
		    is_loopback(line->event->address) ||
		    (networks != NULL &&
		        tally_client_listed(
		            networks, client->address, client->name) > 0);

		client->own = is_listed ? OWN_YES : OWN_NO;
		if (tally_is_filter_host(
		        line->with->filters, client->address, client->name))
			client->own = OWN_FILTER;
	}
	return client->own;
}

void
tally_submit(struct tally_line *line, struct tally_client *client)
{
	const struct log_event *event = line->event;
	struct log_tally *tally = line->tally;
	const uint64_t id = text_hash(tally, event->queue_id);
	const struct tally_message *before;
	struct tally_message *message;
	uint64_t account = 0;
	bool is_filter = false;

	__builtin_prefetch(message_set(tally, id), 1);
	if (event->again.text != NULL) {
		before =
		    tally_message_find(tally, text_hash(tally, event->again));
		account = before == NULL ? 0 : before->account;
	} else if (event->account.text != NULL) {
		account = account_get(line, ACCOUNT_LOGIN, event->account);
	} else if (!event->is_forwarded) {
		const int own = own_of(line, client);

		if (own == OWN_YES)
			account =
			    account_get(line, ACCOUNT_CLIENT, event->address);
		/* nobody's, until its answer says which one it was */
		is_filter = own == OWN_FILTER && is_loopback(event->address);
	}
	if (account == 0 && !is_filter) {
		/* an id that is used again, by a stranger's message */
		message_drop(tally, id);
		return;
	}
	message = message_make(tally, id, account);
	message->is_again = event->again.text != NULL || is_filter;
	message->is_login = event->account.text != NULL;
	message->is_here = event->again.text == NULL &&
	                   event->account.text == NULL &&
	                   is_loopback(event->address);
}

void
tally_submitted(struct tally_line *line)
{
	const uint64_t id = text_hash(line->tally, line->event->queue_id);
	const struct span uid = line->event->account;
	const uint64_t account =
	    tally_is_filter_uid(line->with->filters, uid.text, uid.length)
	        ? 0
	        : account_get(line, ACCOUNT_UID, uid);

	if (account == 0)
		message_drop(line->tally, id);
	else
		(void)message_make(line->tally, id, account);
}

void
tally_passed(struct tally_line *line, struct tally_message *message)
{
	struct tally_account *account = account_of(line, message);

	if (account != NULL)
		account_count(line, account, ACCOUNT_PASSED, 1);
	message->account = 0;
	message->is_again = true;
}

void
tally_queued(struct tally_line *line)
{
	const struct log_event *event = line->event;
	struct log_tally *tally = line->tally;
	struct tally_message *message =
	    tally_message_find(tally, text_hash(tally, event->queue_id));
	const uint32_t sender = (uint32_t)tally_hash(tally->seed,
	                            event->sender.text, event->sender.length) |
	                        1U;
	struct tally_account *account;
	struct tally_norm *norm;

	if (message == NULL || message->sender == sender)
		return;
	/*
	 * With the null sender it answers a stranger's message (a bounce, a
	 * vacation reply): no submission, as queue_pick.c says. A spammer can
	 * get past by it, and that is the lesser harm: such mail has one
	 * recipient each (RFC 5321 section 4.5.5), receivers refuse it with
	 * more and score a person's mail that has it, and none of it returns.
	 * Who counts it lets strangers choose whose mail is held.
	 */
	if (message->sender != 0 || event->sender.length == 0) {
		/* or a bounce, or a message of nobody's, under a used id */
		*message = (struct tally_message){0};
		return;
	}
	message->sender = sender;
	if (message->is_again)
		return;
	account = account_of(line, message);
	if (account == NULL)
		return;
	message->minute = line->minute;
	message->recipients =
	    (uint16_t)(event->count < UINT16_MAX ? event->count : UINT16_MAX);
	account->last_s = (uint32_t)(line->time_us / US_PER_S);
	account_count(line, account, ACCOUNT_MESSAGES, 1);
	account_count(line, account, ACCOUNT_RECIPIENTS, message->recipients);
	if (!is_passed_over(line, account, message->id))
		tally_from_used(account, event->sender);
	tally_domain_used(line, account, event->sender);
	norm = norm_of(line, message);
	norm->messages++;
	norm->recipients += message->recipients;
}

static void
take_back(uint32_t *count, uint32_t less)
{
	*count -= *count < less ? *count : less;
}

/* forget - what was counted of a message that a filter gave back */
static void
forget(struct tally_line *line, struct tally_message *message)
{
	struct tally_account *account = account_of(line, message);
	const uint32_t slot = message->minute & (TALLY_MINUTES - 1);
	struct tally_norm *norm;

	if (account == NULL || message->is_again || message->sender == 0 ||
	    message->minute + TALLY_MINUTES <= account->minute)
		return;
	take_back(&account->counts[slot][ACCOUNT_MESSAGES], 1);
	take_back(
	    &account->counts[slot][ACCOUNT_RECIPIENTS], message->recipients);
	norm = norm_of(line, message);
	take_back(&norm->messages, 1);
	take_back(&norm->recipients, message->recipients);
}

/* tally_given - a filter of this host took a message, and said what it is now */
void
tally_given(struct tally_line *line)
{
	const struct log_event *event = line->event;
	struct log_tally *tally = line->tally;
	const struct tally_message *before;
	struct tally_message *after;

	if (event->again.text == NULL)
		return;
	after = tally_message_find(tally, text_hash(tally, event->again));
	if (after == NULL || !after->is_here)
		return;
	forget(line, after);
	before = tally_message_find(tally, text_hash(tally, event->queue_id));
	if (before == NULL || before == after) {
		*after = (struct tally_message){0};
		return;
	}
	after->account = before->account;
	after->is_again = true;
	after->is_here = false;
}

/* is_of_host - refused for what is thought of this host, not of the message */
static bool
is_of_host(enum reply_cause cause)
{
	switch (cause) {
	case REPLY_CAUSE_REPUTATION:
	case REPLY_CAUSE_AUTHENTICATION:
	case REPLY_CAUSE_PTR:
	case REPLY_CAUSE_TLS:
	case REPLY_CAUSE_CREDENTIALS:
	case REPLY_CAUSE_OUR_OVERLOAD:
	case REPLY_CAUSE_OUR_CONFIGURATION:
	case REPLY_CAUSE_BLOCKED:
	case REPLY_CAUSE_CONCURRENCY:
	case REPLY_CAUSE_RATE:
	case REPLY_CAUSE_MESSAGES_PER_CONNECTION:
		return true;
	case REPLY_CAUSE_UNKNOWN:
	case REPLY_CAUSE_RECIPIENT_QUOTA:
	case REPLY_CAUSE_MAILBOX_FULL:
	case REPLY_CAUSE_RECIPIENT:
	case REPLY_CAUSE_GREYLISTING:
	case REPLY_CAUSE_REMOTE_OVERLOAD:
	case REPLY_CAUSE_REMOTE_FAULT:
	case REPLY_CAUSE_MILTER:
	case REPLY_CAUSE_POLICY:
	case REPLY_CAUSE_NETWORK:
	case REPLY_CAUSE_MAX:
		break;
	}
	return false;
}

static void
recipient_add(struct tally_line *line, struct tally_account *account)
{
	const struct log_event *event = line->event;
	const uint64_t hash = text_hash(line->tally, event->recipient);

	if (hash == 0)
		return;
	tally_few_add(account, SKETCH_OUTSIDE, hash);
	if (tally_is_known(line->tally, hash))
		return;
	tally_few_add(account, SKETCH_FRESH, hash);
	if (event->status == LOG_STATUS_SENT)
		tally_known_add(line->tally, hash);
}

void
tally_outcome(struct tally_line *line)
{
	struct log_tally *tally = line->tally;
	const struct log_event *event = line->event;
	struct tally_message *message = tally_message_find(tally, line->id);
	struct tally_account *account;
	struct tally_norm *norm;

	if (message == NULL || (account = account_of(line, message)) == NULL)
		return;
	norm = norm_of(line, message);
	if (!is_passed_over(line, account, message->id))
		recipient_add(line, account);
	norm->tried++;
	if (event->status == LOG_STATUS_SENT) {
		account_count(line, account, ACCOUNT_SENT, 1);
	} else if (is_of_host(line->cause)) {
		account_count(line, account, ACCOUNT_BLOCKED, 1);
	} else if (event->status == LOG_STATUS_BOUNCED && event->code >= 500) {
		account_count(line, account, ACCOUNT_BOUNCED, 1);
		norm->bounced++;
	}
}
