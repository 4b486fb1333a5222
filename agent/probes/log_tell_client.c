/*
 * log_tell_client.c - the table client, from the tally
 *
 * Purpose  those whom we refused for a limit or a fault of ours, and others
 * Input    the tally: hostile in its numbers and texts; our own settings
 * Errors   none; what is not known is told so
 * Runs as  observer
 * Source   schema_log.c; postconf(5) mynetworks (patterns)
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/probes/log_part.h"

/* As many as the table takes; schema_log.c. */
#define ROWS_MAX 200

/* Longer than any network: "[2001:db8:...]/128" */
#define PATTERN_MAX 64

struct candidate {
	const struct tally_client *client;
	uint64_t counts[CLIENT_COUNT_MAX];
	uint32_t at_once;
};

static int
compare(const void *a, const void *b)
{
	static const enum tally_client_count order[] = {CLIENT_R421,
	    CLIENT_AUTH_FAILURES, CLIENT_REJECTS, CLIENT_CONNECTIONS,
	    CLIENT_MESSAGES};
	const struct candidate *left = a, *right = b;

	for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
		const uint64_t l = left->counts[order[i]],
		               r = right->counts[order[i]];

		if (l != r)
			return l > r ? -1 : 1;
	}
	return strcmp(left->client->address, right->client->address);
}

static bool
candidate_set(struct candidate *row, uint32_t now)
{
	uint64_t all = 0;

	for (uint32_t at = 0; at < TALLY_MINUTES; at++) {
		if (!tally_has(row->client->minute, now, at))
			continue;
		for (size_t i = 0; i < CLIENT_COUNT_MAX; i++)
			row->counts[i] += row->client->counts[at][i];
		if (row->client->at_once[at] > row->at_once)
			row->at_once = row->client->at_once[at];
	}
	for (size_t i = 0; i < CLIENT_COUNT_MAX; i++)
		all += row->counts[i];
	return all != 0;
}

/* An address as bits; 0: it is none */
static unsigned
address_read(const char *text, unsigned char ret[static 16])
{
	if (inet_pton(AF_INET, text, ret) == 1)
		return 32;
	return inet_pton(AF_INET6, text, ret) == 1 ? 128 : 0;
}

/* pattern_in - "192.0.2.0/24", "[2001:db8::]/32"; -1: it is no network */
static int
pattern_in(const char *pattern, size_t length, const char *address)
{
	unsigned char network[16], host[16];
	char text[PATTERN_MAX], *slash, *close;
	unsigned bits, host_bits, length_bits;

	if (length >= sizeof(text))
		return -1;
	memcpy(text, pattern, length);
	text[length] = '\0';
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash++ = '\0';
	close = strchr(text, ']');
	if (text[0] == '[' && close != NULL)
		*close = '\0';
	bits = address_read(text[0] == '[' ? text + 1 : text, network);
	host_bits = address_read(address, host);
	if (bits == 0)
		return -1;
	length_bits = bits;
	if (slash != NULL)
		length_bits = (unsigned)strtoul(slash, NULL, 10);
	if (bits != host_bits || length_bits > bits)
		return 0;
	if (memcmp(network, host, length_bits / 8) != 0)
		return 0;
	if (length_bits % 8 == 0)
		return 1;
	return (network[length_bits / 8] ^ host[length_bits / 8]) >>
	           (8 - length_bits % 8) ==
	       0;
}

/* name_in - "mail.example.com", ".example.com"; a name that holds */
static bool
name_in(const char *pattern, size_t length, const char *name)
{
	const size_t name_length = strlen(name);

	if (length == 0 || name_length < length ||
	    strncasecmp(name + name_length - length, pattern, length) != 0)
		return false;
	return name_length == length || pattern[0] == '.';
}

int
tally_client_listed(const char *patterns, const char *address, const char *name)
{
	static const char gaps[] = ", \t\r\n";
	bool has_table = false;
	size_t length;

	for (const char *at = patterns; *at != '\0'; at += length) {
		const char *pattern;
		bool is_not = false;
		int in;

		at += strspn(at, gaps);
		length = strcspn(at, gaps);
		pattern = at;
		while (length != 0 && *pattern == '!') {
			is_not = !is_not;
			pattern++;
			length--;
			at++;
		}
		in = pattern_in(pattern, length, address);
		if (in < 0 &&
		    (memchr(pattern, ':', length) != NULL || *pattern == '/')) {
			has_table = has_table || length != 0;
			continue;
		}
		if (in < 0)
			in = name_in(pattern, length, name);
		if (in > 0)
			return !is_not;
	}
	return has_table ? -1 : 0;
}

static int
is_listed(const char *patterns, const struct tally_client *client)
{
	return tally_client_listed(patterns, client->address, client->name);
}

static void
tell_own(const struct tally_client *client, const struct mta *mta,
    struct fact_out *out)
{
	static const char loopback[] = "127.0.0.0/8 [::1]/128";
	int own = is_listed(loopback, client);

	if (own == 0 && mta != NULL && mta->clients.networks != NULL)
		own = is_listed(mta->clients.networks, client);
	if (own <= 0 && mta != NULL && mta->clients.exempt != NULL) {
		const int exempt = is_listed(mta->clients.exempt, client);

		own = exempt != 0 ? exempt : own;
	}
	if (mta == NULL || (own == 0 && mta->clients.exempt == NULL))
		fact_out_unknown(out, "own", "the settings could not be read");
	else if (own < 0)
		fact_out_unknown(out, "own", "it may stand in a lookup table");
	else
		fact_out_bool(out, "own", own != 0);
}

static enum log_why
why_most(const struct tally_client *client)
{
	enum log_why most = LOG_WHY_NONE;

	for (int i = 1; i < LOG_WHY_MAX; i++)
		if (client->why[i] > client->why[most])
			most = (enum log_why)i;
	return most;
}

static void
tell_row(const struct candidate *row, const struct log_tally *tally,
    const struct log_tally_about *about, struct fact_out *out)
{
	const struct tally_client *client = row->client;

	fact_out_row(out, "client", client->address);
	fact_out_text(out, "name", client->name);
	fact_out_number(
	    out, "connections", (double)row->counts[CLIENT_CONNECTIONS]);
	fact_out_number(out, "at_once", row->at_once);
	fact_out_number(out, "messages", (double)row->counts[CLIENT_MESSAGES]);
	fact_out_number(out, "r421", (double)row->counts[CLIENT_R421]);
	fact_out_text(out, "why", log_why_names[why_most(client)]);
	fact_out_number(
	    out, "auth_failures", (double)row->counts[CLIENT_AUTH_FAILURES]);
	fact_out_number(out, "rejects", (double)row->counts[CLIENT_REJECTS]);
	tell_own(client, about->mta, out);
	fact_out_text(out, "service",
	    tally->transports[client->service % TALLY_TRANSPORTS]);
}

void
tally_tell_clients(const struct log_tally *tally,
    const struct log_tally_about *about, struct fact_out *out)
{
	const uint32_t now = (uint32_t)(about->now_us / US_PER_MINUTE);
	AUTO_FREE struct candidate *rows =
	    mem_alloc(TALLY_CLIENTS, sizeof(*rows));
	size_t count = 0;

	for (size_t i = 0; i < TALLY_CLIENTS; i++) {
		if (tally->client_slots[i].hash == 0)
			continue;
		rows[count] = (struct candidate){.client = &tally->clients[i]};
		count += candidate_set(&rows[count], now);
	}
	qsort(rows, count, sizeof(*rows), compare);
	for (size_t i = 0; i < count && i < ROWS_MAX; i++)
		tell_row(&rows[i], tally, about, out);
	fact_out_table_end(out, "client");
}
