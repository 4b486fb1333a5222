/*
 * log_tell.c - the table log, from the tally
 *
 * Purpose  totals of the window
 * Input    the tally: hostile in its numbers
 * Errors   none
 * Runs as  observer
 * Source   schema_log.c
 */
#include <math.h>

#include "agent/base/auto.h"
#include "agent/probes/log_part.h"

/* master_avail.c: stress lasts so long after the last time it was full. */
#define STRESS_US (1000 * US_PER_S)

static const char *const totals[TOTAL_MAX] = {
    [TOTAL_LINES] = "lines",
    [TOTAL_SENT] = "sent",
    [TOTAL_DEFERRED] = "deferred",
    [TOTAL_BOUNCED] = "bounced",
    [TOTAL_REJECTED] = "rejected",
    [TOTAL_R421_OUT] = "r421_out",
    [TOTAL_R421_IN] = "r421_in",
    [TOTAL_TIMEOUTS] = "timeouts",
    [TOTAL_REFUSED] = "refused",
    [TOTAL_LOST] = "lost",
    [TOTAL_AUTH_FAILURES] = "auth_failures",
    [TOTAL_RELAY_AUTH] = "relay_auth_failures",
    [TOTAL_TLS_ERRORS] = "tls_errors",
    [TOTAL_CONNECTIONS] = "connections",
    [TOTAL_IN_CLIENTS] = "in_clients",
    [TOTAL_IN_PROCESSES] = "in_processes",
    [TOTAL_IN_MILTER] = "in_milter",
    [TOTAL_IN_STORAGE] = "in_storage",
    [TOTAL_IN_LOOKUP] = "in_lookup",
    [TOTAL_IN_SHUTDOWN] = "in_shutdown",
    [TOTAL_REACHED_V4] = "reached_v4",
    [TOTAL_REACHED_V6] = "reached_v6",
    [TOTAL_UNREACHED_V4] = "unreached_v4",
    [TOTAL_UNREACHED_V6] = "unreached_v6",
};

static const char *const texts[TEXT_MAX] = {
    [TEXT_RELAY_AUTH_REPLY] = "relay_auth_reply",
    [TEXT_RELAY_AUTH_HOST] = "relay_auth_host",
    [TEXT_FULL_SERVICE] = "full_service",
    [TEXT_MILTER] = "milter",
    [TEXT_MILTER_ERROR] = "milter_error",
    [TEXT_LOOKUP] = "lookup",
    [TEXT_LOOKUP_ERROR] = "lookup_error",
};

double
tally_distinct(const struct log_tally *tally, uint32_t now,
    const uint8_t (*sketch)[TALLY_SKETCH])
{
	const double m = TALLY_SKETCH;
	double sum = 0;
	size_t zeros = 0;

	for (size_t i = 0; i < TALLY_SKETCH; i++) {
		uint8_t most = 0;

		for (uint32_t at = 0; at < TALLY_MINUTES; at++)
			if (tally_has(tally->minute, now, at) &&
			    sketch[at][i] > most)
				most = sketch[at][i];
		sum += ldexp(1, -(int)most);
		zeros += most == 0;
	}
	/* few: by the empty buckets (linear counting) */
	if (zeros != 0 && m * log(m / (double)zeros) < 2.5 * m)
		return m * log(m / (double)zeros);
	return 0.7213 / (1 + 1.079 / m) * m * m / sum;
}

/* destinations - how many were tried, and of these without any connection */
static void
destinations(const struct log_tally *tally, uint32_t now, struct fact_out *out)
{
	const bool is_exact =
	    tally->lost_us < ((int64_t)now - TALLY_MINUTES) * US_PER_MINUTE;
	double tried = 0, down = 0;

	for (size_t i = 0; i < TALLY_DETAILS; i++) {
		const struct tally_detail *detail = &tally->details[i];
		const uint32_t tries =
		    tally_detail_sum(detail, now, OUTCOME_ATTEMPT);

		tried += tries != 0;
		down += tries != 0 &&
		        tally_detail_sum(detail, now, OUTCOME_DOWN) >= tries;
	}
	for (size_t i = 0; i < TALLY_LIGHT; i++) {
		const struct tally_light *light = &tally->light[i];
		uint32_t sent = 0, other = 0;

		if (tally->light_slots[i].hash == 0)
			continue;
		for (uint32_t at = 0; at < TALLY_MINUTES; at++) {
			if (!tally_has(light->minute, now, at))
				continue;
			sent += light->sent[at] + light->r421[at];
			other += light->other[at];
		}
		tried += sent + other != 0;
	}
	if (!is_exact) {
		const double all = tally_distinct(tally, now, tally->tried);
		const double up = tally_distinct(tally, now, tally->connected);

		if (all > tried)
			tried = floor(all + 0.5);
		if (all - up > down)
			down = floor(all - up + 0.5);
	}
	fact_out_number(out, "destinations", tried);
	fact_out_number(out, "destinations_down", down > tried ? tried : down);
}

/* session_time - the median, as well as the buckets tell it */
static void
session_time(const struct log_tally *tally, uint32_t now, struct fact_out *out)
{
	uint64_t all = 0, sum = 0, stays[TALLY_STAYS] = {0};

	for (size_t i = 0; i < TALLY_STAYS; i++) {
		for (uint32_t at = 0; at < TALLY_MINUTES; at++)
			if (tally_has(tally->minute, now, at))
				stays[i] += tally->stays[at][i];
		all += stays[i];
	}
	for (size_t i = 0; all != 0 && i < TALLY_STAYS; i++) {
		sum += stays[i];
		if (sum * 2 < all)
			continue;
		fact_out_number(out, "session_time",
		    TALLY_STAY_S * pow(2, ((double)i - 0.5) / 2));
		return;
	}
	fact_out_unknown(out, "session_time", "no client has left yet");
}

static void
auth_clients(const struct log_tally *tally, uint32_t now, struct fact_out *out)
{
	double clients = 0;

	for (size_t i = 0; i < TALLY_CLIENTS; i++) {
		const struct tally_client *client = &tally->clients[i];
		bool is_one = false;

		if (tally->client_slots[i].hash == 0)
			continue;
		for (uint32_t at = 0; at < TALLY_MINUTES; at++)
			is_one = is_one ||
			         (tally_has(client->minute, now, at) &&
			             client->counts[at][CLIENT_AUTH_FAILURES]);
		clients += is_one;
	}
	fact_out_number(out, "auth_clients", clients);
}

static void
window(const struct log_tally_about *about, struct fact_out *out)
{
	double window_s = LOG_TALLY_WINDOW_S;

	if (about->since_us > 0 && about->since_us < about->now_us &&
	    about->now_us - about->since_us < LOG_TALLY_WINDOW_S * US_PER_S)
		window_s = (double)(about->now_us - about->since_us) / US_PER_S;
	fact_out_number(out, "window", window_s);
	fact_out_text(
	    out, "source", about->source != NULL ? about->source : "");
}

void
tally_tell_log(const struct log_tally *tally, const struct log_tally_with *with,
    const struct log_tally_about *about, struct fact_out *out)
{
	const uint32_t now = (uint32_t)(about->now_us / US_PER_MINUTE);
	const int64_t from_us = about->now_us - LOG_TALLY_WINDOW_S * US_PER_S;

	fact_out_row(out, "log", "");
	window(about, out);
	tally_tell_flood(tally, with, about->now_us, out);
	for (size_t i = 0; i < TOTAL_MAX; i++) {
		double sum = 0;

		for (uint32_t at = 0; at < TALLY_MINUTES; at++)
			if (tally_has(tally->minute, now, at))
				sum += tally->totals[at][i];
		fact_out_number(out, totals[i], sum);
	}
	for (size_t i = 0; i < TEXT_MAX; i++)
		fact_out_text(out, texts[i],
		    tally->texts[i].at_us >= from_us ? tally->texts[i].text
		                                     : "");
	destinations(tally, now, out);
	auth_clients(tally, now, out);
	session_time(tally, now, out);
	fact_out_bool(out, "stress",
	    tally->full_us != 0 && tally->full_us > tally->reload_us &&
	        about->now_us - tally->full_us < STRESS_US);
	fact_out_table_end(out, "log");
}
