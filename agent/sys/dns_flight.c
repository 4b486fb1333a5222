/*
 * dns_flight.c - one question on its way: its sockets and its tries
 *
 * Purpose  ask a server by UDP, by TCP when the answer is cut, and then the
 *          next server, until one has told something
 * Input    replies: hostile
 * Errors   the outcome of the last try that told anything
 * Runs as  observer
 * Source   RFC 5452 sections 4.5, 9.2; RFC 7766; RFC 6891 section 6.2.2;
 *          RFC 4035 section 3.2.2 (CD)
 */
#include "agent/sys/dns_flight.h"

#include <sys/random.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/sys/dns_health.h"

/* What one turn takes from a socket at most: others wait too. */
#define DATAGRAMS_MAX 16

/* Some servers send more than was asked for. */
#define DATAGRAM_BYTES 4096

static struct dns_server *
server_of(const struct dns_flight *flight)
{
	return &flight->servers->servers[flight->server];
}

static void
socket_close(struct dns_flight *flight)
{
	if (flight->fd >= 0)
		(void)close(flight->fd);
	flight->fd = -1;
	free(flight->tcp);
	flight->tcp = NULL;
}

/* A new id for each; without random numbers nothing is asked at all. */
static bool
id_draw(struct dns_question *question)
{
	return getrandom(&question->id, sizeof(question->id), GRND_NONBLOCK) ==
	       (ssize_t)sizeof(question->id);
}

/* The kernel draws the port, and shows replies of this server only. */
static bool
socket_open(struct dns_flight *flight, int type)
{
	const struct dns_server *server = server_of(flight);

	flight->fd = socket(
	    server->address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (flight->fd >= 0 && id_draw(&flight->question) &&
	    (connect(flight->fd, (const struct sockaddr *)&server->address,
	         server->length) == 0 ||
	        errno == EINPROGRESS))
		return true;
	socket_close(flight);
	return false;
}

static bool
udp_send(struct dns_flight *flight)
{
	uint8_t query[DNS_QUERY_BYTES];
	size_t length;

	/* first the socket: it draws the id */
	if (!socket_open(flight, SOCK_DGRAM))
		return false;
	length = dns_wire_write(&flight->question, query);
	return length > 0 &&
	       send(flight->fd, query, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool
tcp_open(struct dns_flight *flight)
{
	size_t length;

	/* it is sent when the connection is there */
	if (!socket_open(flight, SOCK_STREAM))
		return false;
	flight->tcp = mem_alloc(1, sizeof(*flight->tcp));
	length = dns_wire_write(&flight->question, flight->tcp->bytes + 2);
	flight->tcp->bytes[0] = (uint8_t)(length >> 8);
	flight->tcp->bytes[1] = (uint8_t)length;
	return length > 0;
}

/* Asks the flight's server, on a new socket. */
static bool
try_begin(struct dns_flight *flight, int64_t now_ms)
{
	socket_close(flight);
	flight->lost = server_of(flight)->lost;
	flight->try_ms = now_ms;
	flight->try_end_ms = now_ms + flight->limits->try_ms;
	flight->question.has_edns = !flight->is_plain;
	if (flight->is_cut || flight->servers->is_tcp)
		return tcp_open(flight);
	return udp_send(flight);
}

/* The next server, until one can be sent to; false: all have had their turns. */
static bool
try_next(struct dns_flight *flight, size_t from, int64_t now_ms)
{
	flight->is_cut = false;
	flight->is_plain = false;
	flight->question.is_unchecked = false;
	flight->is_told_unchecked = false;
	while (dns_health_next(flight->servers, flight->tries,
	    flight->limits->rounds, from, &flight->server)) {
		flight->tries[flight->server]++;
		if (try_begin(flight, now_ms))
			return true;
		dns_health_gone(server_of(flight));
	}
	socket_close(flight);
	return false;
}

/* The server has failed this question for now. */
static bool
try_other(struct dns_flight *flight, int64_t now_ms)
{
	return try_next(flight, flight->server + 1, now_ms);
}

/* The same server once more, in another way. */
static bool
try_again(struct dns_flight *flight, int64_t now_ms)
{
	return try_begin(flight, now_ms) || try_other(flight, now_ms);
}

/* Nobody listens there, or it hangs up. */
static bool
try_broken(struct dns_flight *flight, int64_t now_ms)
{
	if (!flight->is_cut)
		dns_health_gone(server_of(flight));
	return try_other(flight, now_ms);
}

static size_t
tcp_length(const struct dns_tcp *tcp)
{
	return 2 + (((size_t)tcp->bytes[0] << 8) | tcp->bytes[1]);
}

/* What one server told; true: it is final. */
static bool
result_take(struct dns_flight *flight, const struct dns_result *told)
{
	*flight->result = *told;
	flight->result->server = server_of(flight)->text;
	if (!flight->servers->is_trusted)
		flight->result->is_authentic = false;
	/* it would say the same again */
	flight->tries[flight->server] = flight->limits->rounds;
	return dns_is_known(told);
}

/*
 * The answer to a question with CD. If that is told, DNSSEC is the cause, or a
 * failure that has passed: resolvers have those with what they do not know yet.
 * So the question is asked a last time as it was.
 */
static bool
unchecked_take(
    struct dns_flight *flight, const struct dns_result *told, int64_t now_ms)
{
	flight->is_told_unchecked = dns_is_known(told);
	flight->question.is_unchecked = false;
	return flight->is_told_unchecked ? try_again(flight, now_ms)
	                                 : try_other(flight, now_ms);
}

/* A reply that was read. Returns false when the flight is over. */
static bool
done_take(
    struct dns_flight *flight, const struct dns_result *told, int64_t now_ms)
{
	if (flight->question.is_unchecked)
		return unchecked_take(flight, told, now_ms);
	if (result_take(flight, told))
		return false;
	if (told->outcome == DNS_SERVFAIL && flight->is_told_unchecked) {
		flight->result->outcome = DNS_BOGUS;
		flight->result->detail =
		    "DNSSEC: its signatures do not hold, and the name server "
		    "answers only when told not to check them";
		return false;
	}
	/* is DNSSEC the cause? */
	if (told->outcome == DNS_SERVFAIL && !flight->was_unchecked) {
		flight->was_unchecked = true;
		flight->question.is_unchecked = true;
		return try_again(flight, now_ms);
	}
	return try_other(flight, now_ms);
}

/* A message has come. Returns false when the flight is over. */
static bool
message_take(struct dns_flight *flight, const uint8_t *bytes, size_t length,
    int64_t now_ms)
{
	struct dns_result told;
	const enum dns_reply reply = dns_wire_read(
	    &flight->question, bytes, length, flight->arena, &told);

	if (reply != DNS_REPLY_FOREIGN)
		dns_health_heard(server_of(flight), now_ms);
	switch (reply) {
	case DNS_REPLY_FOREIGN:
		/* a stream is this server's alone: nothing else will come */
		return flight->tcp == NULL || try_other(flight, now_ms);
	case DNS_REPLY_PLAIN:
		flight->is_plain = true;
		return try_again(flight, now_ms);
	case DNS_REPLY_CUT:
		if (flight->tcp == NULL) {
			flight->is_cut = true;
			flight->result->detail =
			    "the answer is cut, and does not come by TCP";
			return try_again(flight, now_ms);
		}
		told.outcome = DNS_BOGUS;
		break;
	case DNS_REPLY_DONE:
		break;
	}
	return done_take(flight, &told, now_ms);
}

static bool
udp_turn(struct dns_flight *flight, int64_t now_ms)
{
	uint8_t bytes[DATAGRAM_BYTES];

	for (int i = 0; i < DATAGRAMS_MAX; i++) {
		ssize_t n = recv(flight->fd, bytes, sizeof(bytes), 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n < 0)
			return try_broken(flight, now_ms);
		if (!message_take(flight, bytes, (size_t)n, now_ms))
			return false;
		if (flight->tcp != NULL)
			return true;
	}
	return true;
}

static bool
tcp_turn(struct dns_flight *flight, int64_t now_ms)
{
	struct dns_tcp *tcp = flight->tcp;
	size_t want = tcp->is_sent && tcp->got < 2 ? 2 : tcp_length(tcp);
	ssize_t n;

	n = tcp->is_sent
	        ? recv(flight->fd, tcp->bytes + tcp->got, want - tcp->got, 0)
	        : send(flight->fd, tcp->bytes + tcp->sent, want - tcp->sent,
	              MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return try_broken(flight, now_ms);
	if (!tcp->is_sent) {
		tcp->sent += (size_t)n;
		tcp->is_sent = tcp->sent == want;
		return true;
	}
	tcp->got += (size_t)n;
	if (tcp->got < 2 || tcp->got < tcp_length(tcp))
		return true;
	return message_take(flight, tcp->bytes + 2, tcp->got - 2, now_ms);
}

bool
dns_flight_begin(struct dns_flight *flight, const struct dns_query *query,
    struct dns_result *result, int64_t now_ms)
{
	*flight = (struct dns_flight){.servers = flight->servers,
	    .limits = flight->limits,
	    .arena = flight->arena,
	    .result = result,
	    .fd = -1};
	*result = (struct dns_result){.outcome = DNS_TIMEOUT};
	if (!dns_wire_name(query->name, &flight->question)) {
		/* no server could know it */
		result->outcome = DNS_NXDOMAIN;
		return false;
	}
	flight->question.type = (uint16_t)query->type;
	return try_next(flight,
	    dns_health_first(flight->servers, query->is_second), now_ms);
}

short
dns_flight_events(const struct dns_flight *flight)
{
	return flight->tcp != NULL && !flight->tcp->is_sent ? POLLOUT : POLLIN;
}

int64_t
dns_flight_until(const struct dns_flight *flight)
{
	const struct dns_server *server = server_of(flight);

	return dns_health_is_silent(server) && server->lost > flight->lost &&
	               dns_health_has_other(flight->servers)
	           ? 0
	           : flight->try_end_ms;
}

bool
dns_flight_turn(struct dns_flight *flight, bool is_ready, int64_t now_ms)
{
	if (is_ready && !(flight->tcp != NULL ? tcp_turn(flight, now_ms)
	                                      : udp_turn(flight, now_ms)))
		return false;
	/* however much comes that is not to the question */
	if (now_ms < dns_flight_until(flight))
		return true;
	if (now_ms >= flight->try_end_ms)
		dns_health_lost(server_of(flight), flight->try_ms);
	return try_other(flight, now_ms);
}

/* "192.0.2.53, 192.0.2.54": whom it was sent to. */
static const char *
asked_text(const struct dns_flight *flight)
{
	AUTO_BUF struct buf text = {0};

	for (size_t i = 0; i < flight->servers->count; i++)
		if (flight->tries[i] > 0)
			buf_addf(&text, "%s%s", text.length > 0 ? ", " : "",
			    flight->servers->servers[i].text);
	return text.length > 0 ? arena_dup(flight->arena, buf_text(&text))
	                       : NULL;
}

void
dns_flight_end(struct dns_flight *flight)
{
	if (flight->result == NULL)
		return;
	socket_close(flight);
	if (flight->result->outcome == DNS_TIMEOUT)
		flight->result->server = asked_text(flight);
	flight->result = NULL;
}
