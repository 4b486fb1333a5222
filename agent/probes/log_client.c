/*
 * log_client.c - who talks to us, whom we refused, and what ails us
 *
 * Purpose  count clients, and the causes of our own refusals
 * Input    events of clients and of our own services: hostile
 * Errors   none
 * Runs as  observer
 * Source   Postfix: smtpd, anvil, master
 */
#include <math.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/log_part.h"

/* A warning explains the refusals that follow it for so long. */
#define EXPLAINS_US US_PER_MINUTE

static uint16_t
one_more(uint16_t value)
{
	return value == UINT16_MAX ? value : (uint16_t)(value + 1);
}

/* client_advance - the counts of minutes that have gone by */
static void
client_advance(struct tally_client *client, uint32_t minute)
{
	uint32_t was = client->minute, passed;

	if (minute <= client->minute)
		return;
	tally_advance(
	    &was, minute, client->at_once, sizeof(client->at_once[0]));
	/* causes have no minutes: they fade, by half in half a window */
	passed =
	    minute / (TALLY_MINUTES / 2) - client->minute / (TALLY_MINUTES / 2);
	for (size_t i = 0; i < LOG_WHY_MAX; i++)
		client->why[i] =
		    passed > 15 ? 0 : (uint16_t)(client->why[i] >> passed);
	tally_advance(
	    &client->minute, minute, client->counts, sizeof(client->counts[0]));
	client->at_once[minute & (TALLY_MINUTES - 1)] = client->open;
}

/* Refusals and failed logins before connections. */
static const uint32_t weights[CLIENT_COUNT_MAX] = {
    [CLIENT_CONNECTIONS] = 1,
    [CLIENT_MESSAGES] = 1,
    [CLIENT_R421] = 16,
    [CLIENT_AUTH_FAILURES] = 4,
    [CLIENT_REJECTS] = 4,
};

uint32_t
tally_client_weigh(const struct tally_client *client, uint32_t minute)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < TALLY_MINUTES; i++)
		for (size_t of = 0; of < CLIENT_COUNT_MAX; of++)
			if (tally_has(client->minute, minute, i))
				sum += weights[of] * client->counts[i][of];
	return sum;
}

static struct tally_client *
client_find(struct log_tally *tally, uint64_t hash)
{
	const long found =
	    tally_slot_find(tally->client_slots, TALLY_CLIENTS, hash);

	return found < 0 ? NULL : &tally->clients[found];
}

static void
client_count(struct tally_line *line, struct tally_client *client,
    enum tally_client_count of)
{
	struct log_tally *tally = line->tally;

	client->counts[line->slot][of]++;
	tally->client_slots[client - tally->clients].weight += weights[of];
}

/* is_address - what may stand in a row's key; a socket has none */
static bool
is_address(struct span address)
{
	if (address.length < 2 || address.length > 45)
		return false;
	for (uint32_t i = 0; i < address.length; i++) {
		const char c = address.text[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
		        (c >= 'A' && c <= 'F') || c == '.' || c == ':'))
			return false;
	}
	return true;
}

static struct tally_client *
client_get(struct tally_line *line)
{
	struct log_tally *tally = line->tally;
	const struct log_event *event = line->event;
	struct tally_client *client;
	bool had_weight = false;
	uint64_t hash;
	long found;

	if (event->address.text == NULL)
		return NULL;
	hash =
	    tally_hash(tally->seed, event->address.text, event->address.length);
	found = tally_slot_find(tally->client_slots, TALLY_CLIENTS, hash);
	/* one that is kept is an address */
	if (found < 0) {
		if (!is_address(event->address))
			return NULL;
		found = (long)tally_slot_make(
		    tally->client_slots, TALLY_CLIENTS, hash, &had_weight);
		client = &tally->clients[found];
		memset(client, 0, sizeof(*client));
		client->minute = tally->minute;
		tally_copy(
		    client->address, sizeof(client->address), event->address);
	}
	client = &tally->clients[found];
	client_advance(client, tally->minute);
	tally->client_slots[found].last_s =
	    (uint32_t)(line->time_us / US_PER_S);
	/* nearly always what it was called before, and where it came */
	if (event->client.text != NULL && !span_is(event->client, client->name))
		tally_copy(client->name, sizeof(client->name), event->client);
	if (client->service == 0 ||
	    !span_is(event->service, tally->transports[client->service]))
		client->service = tally_transport(tally, event->service);
	return client;
}

/* stay_add - how long a client stayed */
static void
stay_add(struct tally_line *line, int64_t stay_us)
{
	double bound_us = TALLY_STAY_S * US_PER_S;
	size_t i = 0;

	while (i + 1 < TALLY_STAYS && (double)stay_us > bound_us) {
		bound_us *= M_SQRT2;
		i++;
	}
	line->tally->stays[line->slot][i]++;
}

static struct tally_open *
open_slot(struct log_tally *tally, int32_t pid)
{
	return &tally->open[(uint32_t)pid % TALLY_OPEN];
}

/* left - the connection of this process is over */
static void
left(struct tally_line *line)
{
	struct tally_open *open = open_slot(line->tally, line->event->pid);
	struct tally_client *client;

	if (open->at_us == 0)
		return;
	client = client_find(line->tally, open->client);
	if (client != NULL && client->open != 0)
		client->open--;
	if (open->pid == line->event->pid && line->time_us >= open->at_us)
		stay_add(line, line->time_us - open->at_us);
	open->at_us = 0;
}

static void
came(struct tally_line *line, struct tally_client *client)
{
	struct tally_open *open = open_slot(line->tally, line->event->pid);
	uint16_t *most = &client->at_once[line->slot];

	/* a process that ended without a word */
	if (open->at_us != 0) {
		struct tally_client *other =
		    client_find(line->tally, open->client);

		if (other != NULL && other->open != 0)
			other->open--;
	}
	*open = (struct tally_open){.at_us = line->time_us,
	    .client =
	        line->tally->client_slots[client - line->tally->clients].hash,
	    .pid = line->event->pid};
	client->open = one_more(client->open);
	if (client->open > *most)
		*most = client->open;
	client_count(line, client, CLIENT_CONNECTIONS);
	tally_total(line, TOTAL_CONNECTIONS);
}

/*
 * why_of - the cause, with what the log said just before
 * "try again later" comes from a milter that is away, or from one that is well
 * and says so; a configuration problem may be a policy service that is away.
 */
static enum log_why
why_of(const struct tally_line *line)
{
	const struct log_tally *tally = line->tally;
	const enum log_why why = line->event->why;

	if (why == LOG_WHY_MILTER &&
	    line->time_us - tally->milter_us > EXPLAINS_US)
		return LOG_WHY_POLICY;
	if (why == LOG_WHY_CONFIG &&
	    line->time_us - tally->lookup_us <= EXPLAINS_US)
		return LOG_WHY_LOOKUP;
	return why;
}

/* is_ours - did we refuse for a limit or a fault of ours? */
static bool
is_ours(enum log_why why, int code)
{
	switch (why) {
	case LOG_WHY_COUNT:
	case LOG_WHY_RATE:
	case LOG_WHY_MESSAGES:
	case LOG_WHY_AUTH:
	case LOG_WHY_TLS:
	case LOG_WHY_PROCESSES:
	case LOG_WHY_MILTER:
	case LOG_WHY_STORAGE:
	case LOG_WHY_LOOKUP:
	case LOG_WHY_SHUTDOWN:
	case LOG_WHY_CONFIG:
		return true;
	case LOG_WHY_NONE:
	case LOG_WHY_ERRORS:
	case LOG_WHY_TIMEOUT:
	case LOG_WHY_POLICY:
	case LOG_WHY_MAX:
		break;
	}
	return code == 421;
}

static void
why_total(struct tally_line *line, enum log_why why)
{
	switch (why) {
	case LOG_WHY_COUNT:
	case LOG_WHY_RATE:
	case LOG_WHY_MESSAGES:
	case LOG_WHY_AUTH:
	case LOG_WHY_TLS:
		tally_total(line, TOTAL_IN_CLIENTS);
		break;
	case LOG_WHY_PROCESSES:
		tally_total(line, TOTAL_IN_PROCESSES);
		break;
	case LOG_WHY_MILTER:
		tally_total(line, TOTAL_IN_MILTER);
		break;
	case LOG_WHY_STORAGE:
		tally_total(line, TOTAL_IN_STORAGE);
		break;
	case LOG_WHY_LOOKUP:
		tally_total(line, TOTAL_IN_LOOKUP);
		break;
	case LOG_WHY_SHUTDOWN:
		tally_total(line, TOTAL_IN_SHUTDOWN);
		break;
	case LOG_WHY_NONE:
	case LOG_WHY_CONFIG:
	case LOG_WHY_ERRORS:
	case LOG_WHY_TIMEOUT:
	case LOG_WHY_POLICY:
	case LOG_WHY_MAX:
		break;
	}
}

/* refused - a client got a no from us */
static void
refused(struct tally_line *line, struct tally_client *client)
{
	const enum log_why why = why_of(line);

	why_total(line, why);
	if (is_ours(why, line->event->code)) {
		tally_total(line, TOTAL_R421_IN);
		client_count(line, client, CLIENT_R421);
	} else {
		client_count(line, client, CLIENT_REJECTS);
	}
	client->why[why] = one_more(client->why[why]);
}

void
tally_client(struct tally_line *line)
{
	const enum log_event_kind kind = line->event->kind;
	struct tally_client *client;

	if (kind == LOG_EVENT_CLIENT_DISCONNECT) {
		left(line);
		return;
	}
	client = client_get(line);
	if (client == NULL)
		return;
	if (kind == LOG_EVENT_CLIENT_CONNECT) {
		came(line, client);
	} else if (kind == LOG_EVENT_CLIENT_MESSAGE) {
		client_count(line, client, CLIENT_MESSAGES);
		tally_submit(line, client);
	} else if (kind == LOG_EVENT_CLIENT_AUTH_FAILED) {
		client_count(line, client, CLIENT_AUTH_FAILURES);
		tally_total(line, TOTAL_AUTH_FAILURES);
	} else if (kind == LOG_EVENT_CLIENT_REJECT) {
		tally_total(line, TOTAL_REJECTED);
		refused(line, client);
	} else if (kind == LOG_EVENT_CLIENT_LIMIT || line->event->code == 421) {
		refused(line, client);
	}
}

void
tally_own(struct tally_line *line)
{
	const struct log_event *event = line->event;
	struct log_tally *tally = line->tally;

	if (event->kind == LOG_EVENT_MILTER_DOWN) {
		tally->milter_us = line->time_us;
		tally_text_set(line, TEXT_MILTER, event->service);
		tally_text_set(line, TEXT_MILTER_ERROR, event->detail);
	} else if (event->kind == LOG_EVENT_LOOKUP_FAILED) {
		tally->lookup_us = line->time_us;
		tally_text_set(line, TEXT_LOOKUP, event->service);
		tally_text_set(line, TEXT_LOOKUP_ERROR, event->detail);
		/* a login that nobody could check: told by this line alone */
		if (event->code == 454) {
			tally_total(line, TOTAL_IN_LOOKUP);
			tally_total(line, TOTAL_R421_IN);
		}
	} else if (event->kind == LOG_EVENT_PROCESS_LIMIT) {
		tally->full_us = line->time_us;
		tally_total(line, TOTAL_IN_PROCESSES);
		tally_text_set(line, TEXT_FULL_SERVICE, event->service);
	} else if (event->kind == LOG_EVENT_STORAGE) {
		/* want of space before the mail: a reject follows and counts */
		if (event->code == 0)
			tally_total(line, TOTAL_IN_STORAGE);
	} else if (event->kind == LOG_EVENT_SHUTDOWN) {
		tally->reload_us = line->time_us;
	} else if (event->kind == LOG_EVENT_TLS_ERROR) {
		tally_total(line, TOTAL_TLS_ERRORS);
	}
}
