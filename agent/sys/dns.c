/*
 * dns.c - many questions to the name servers of this host, at once
 *
 * Purpose  one poll loop over the flights; a new one for each that is over
 * Input    replies: hostile; dns_wire.c reads them
 * Errors   each question has an outcome of its own
 * Runs as  observer
 * Source   dns.h
 */
#include "agent/sys/dns.h"

#include <sys/resource.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/sys/dns_flight.h"
#include "agent/sys/dns_ldns.h"

/*
 * The buffer of a resolver's socket, 208 KiB by default (net.core.rmem_default),
 * has room for some 270 small datagrams: more at once would be dropped.
 */
#define FLIGHTS_MAX 256

#define MS_PER_S 1000U

/* For what else is open here. */
#define FILES_SPARE 32

struct batch {
	const struct dns_query *queries;
	struct dns_result *results;
	size_t count, next; /* next: the first that is not begun */
	struct dns_flight flights[FLIGHTS_MAX];
	size_t slots;
};

/* Each has one descriptor; a host may allow fewer than its sandbox. */
static size_t
flights_max(size_t count)
{
	struct rlimit files;
	size_t most = FLIGHTS_MAX;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur < FLIGHTS_MAX + FILES_SPARE)
		most = files.rlim_cur > FILES_SPARE
		           ? (size_t)files.rlim_cur - FILES_SPARE
		           : 1;
	return count < most ? count : most;
}

/* What resolv.conf says of its own servers counts. */
static struct dns_limits
limits_of(const struct dns_servers *servers, const struct dns_limits *wanted)
{
	struct dns_limits limits = *wanted;

	if (servers->timeout_s > 0 &&
	    servers->timeout_s * MS_PER_S < limits.try_ms)
		limits.try_ms = servers->timeout_s * MS_PER_S;
	if (servers->attempts > 0)
		limits.rounds = servers->attempts;
	return limits;
}

/* A flight of this slot that has not ended at once; false: none is left. */
static bool
slot_fill(struct batch *batch, struct dns_flight *flight, int64_t now_ms)
{
	while (batch->next < batch->count) {
		size_t i = batch->next++;

		if (dns_flight_begin(
		        flight, &batch->queries[i], &batch->results[i], now_ms))
			return true;
		dns_flight_end(flight);
	}
	return false;
}

static nfds_t
wait_fill(const struct batch *batch, int64_t end_ms, struct pollfd *fds,
    int64_t *ret_until_ms)
{
	nfds_t busy = 0;

	*ret_until_ms = end_ms;
	for (size_t i = 0; i < batch->slots; i++) {
		const struct dns_flight *flight = &batch->flights[i];

		fds[i] = (struct pollfd){.fd = -1};
		if (flight->result == NULL)
			continue;
		busy++;
		fds[i].fd = flight->fd;
		fds[i].events = dns_flight_events(flight);
		if (dns_flight_until(flight) < *ret_until_ms)
			*ret_until_ms = dns_flight_until(flight);
	}
	return busy;
}

static void
batch_run(struct batch *batch, int64_t end_ms)
{
	struct pollfd fds[FLIGHTS_MAX];
	int64_t now_ms = clock_boot_ms(), until_ms;

	while (
	    wait_fill(batch, end_ms, fds, &until_ms) > 0 && now_ms < end_ms) {
		int wait_ms = until_ms > now_ms ? (int)(until_ms - now_ms) : 0;

		if (poll(fds, batch->slots, wait_ms) < 0 && errno != EINTR)
			return;
		now_ms = clock_boot_ms();
		for (size_t i = 0; i < batch->slots; i++) {
			struct dns_flight *flight = &batch->flights[i];

			if (flight->result == NULL ||
			    dns_flight_turn(
			        flight, fds[i].revents != 0, now_ms))
				continue;
			dns_flight_end(flight);
			(void)slot_fill(batch, flight, now_ms);
		}
	}
}

static void
all_ask(struct dns_servers *servers, struct arena *arena,
    const struct dns_query *queries, size_t count,
    const struct dns_limits *limits, struct dns_result *ret)
{
	const struct dns_limits own = limits_of(servers, limits);
	AUTO_FREE struct batch *batch = mem_alloc(1, sizeof(*batch));
	const int64_t now_ms = clock_boot_ms();

	batch->queries = queries;
	batch->results = ret;
	batch->count = count;
	batch->slots = flights_max(count);
	for (size_t i = 0; i < batch->slots; i++) {
		struct dns_flight *flight = &batch->flights[i];

		flight->servers = servers;
		flight->limits = &own;
		flight->arena = arena;
		(void)slot_fill(batch, flight, now_ms);
	}
	batch_run(batch, now_ms + limits->deadline_ms);
	for (size_t i = 0; i < batch->slots; i++)
		dns_flight_end(&batch->flights[i]);
}

/* is_own - said from data of its own, and maybe told otherwise beyond */
static bool
is_own(const struct dns_result *result)
{
	return dns_is_known(result) && result->is_local;
}

/* What the server's servers say of what it said itself; else it stays. */
static void
beyond_ask(struct dns_servers *servers, struct arena *arena,
    const struct dns_query *queries, size_t count,
    const struct dns_limits *limits, struct dns_result *ret)
{
	struct dns_servers beyond = {.count = servers->beyond_count,
	    .timeout_s = servers->timeout_s,
	    .attempts = servers->attempts};
	AUTO_FREE struct dns_query *again = mem_alloc(count, sizeof(*again));
	AUTO_FREE struct dns_result *told = mem_alloc(count, sizeof(*told));
	size_t wanted = 0, at = 0;

	for (size_t i = 0; i < count; i++)
		if (is_own(&ret[i]))
			again[wanted++] = queries[i];
	if (wanted == 0)
		return;
	(void)memcpy(beyond.servers, servers->beyond, sizeof(servers->beyond));
	all_ask(&beyond, arena, again, wanted, limits, told);
	(void)memcpy(servers->beyond, beyond.servers, sizeof(servers->beyond));
	for (size_t i = 0; i < count; i++) {
		if (!is_own(&ret[i]))
			continue;
		if (dns_is_known(&told[at]))
			ret[i] = told[at];
		at++;
	}
}

int
dns_ask(struct dns_servers *servers, struct arena *arena,
    const struct dns_query *queries, size_t count,
    const struct dns_limits *limits, struct dns_result *ret, struct why *why)
{
	const int64_t end_ms = clock_boot_ms() + limits->deadline_ms;
	struct dns_limits rest = *limits;
	int64_t left_ms;

	for (size_t i = 0; i < count; i++)
		ret[i] = (struct dns_result){.outcome = DNS_TIMEOUT};
	if (ldns.wire2pkt == NULL)
		return why_set(why, -ENOENT, "the DNS library is not loaded");
	if (servers->count == 0)
		return why_set(why, -EINVAL, "there is no name server to ask");
	all_ask(servers, arena, queries, count, limits, ret);
	left_ms = end_ms - clock_boot_ms();
	if (servers->beyond_count == 0 || count == 0 || left_ms <= 0)
		return 0;
	rest.deadline_ms = (uint32_t)left_ms;
	beyond_ask(servers, arena, queries, count, &rest, ret);
	return 0;
}
