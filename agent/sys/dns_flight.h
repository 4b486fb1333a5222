/*
 * dns_flight.h - one question on its way: its sockets and its tries
 *
 * For dns.c only. A flight that has no descriptor is over, or not begun.
 */
#ifndef MAILFIX_SYS_DNS_FLIGHT_H
#define MAILFIX_SYS_DNS_FLIGHT_H

#include "agent/sys/dns_wire.h"

/* With the length before it, as in TCP: RFC 1035 section 4.2.2. */
#define DNS_TCP_BYTES (2 + 65535)

struct dns_tcp {
	bool is_sent;
	size_t sent, got;
	uint8_t bytes[DNS_TCP_BYTES];
};

struct dns_flight {
	struct dns_servers *servers;
	const struct dns_limits *limits;
	struct arena *arena;
	struct dns_question question;
	struct dns_result *result;       /* NULL: not in use */
	size_t server;                   /* that is asked now */
	unsigned tries[DNS_SERVERS_MAX]; /* of each server, begun so far */
	unsigned lost;                   /* the server's, when the try began */
	bool is_plain;                   /* without EDNS */
	bool is_cut;                     /* by TCP, as UDP's answer was cut */
	bool was_unchecked;              /* has been asked with CD */
	bool is_told_unchecked;          /* this server answered then */
	int fd;
	int64_t try_ms, try_end_ms; /* when the try began and ends */
	struct dns_tcp *tcp;        /* heap; NULL: by UDP */
};

/*
 * dns_flight_begin - the first try
 * Returns false when it is over already: the result says how.
 */
bool dns_flight_begin(struct dns_flight *flight, const struct dns_query *query,
    struct dns_result *result, int64_t now_ms);

/* dns_flight_events - what to poll for */
short dns_flight_events(const struct dns_flight *flight);

/*
 * dns_flight_until - when its turn is, if nothing comes
 * 0: now, as others have found that its server is silent.
 */
int64_t dns_flight_until(const struct dns_flight *flight);

/*
 * dns_flight_turn - its descriptor is ready, or the time of a try is over
 * Never blocks. Returns false when it is over.
 */
bool dns_flight_turn(struct dns_flight *flight, bool is_ready, int64_t now_ms);

/* dns_flight_end - let go; what is not known yet is a timeout */
void dns_flight_end(struct dns_flight *flight);

#endif
