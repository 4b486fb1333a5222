/*
 * dns_flight.c - one question on its way: its sockets and its tries
 *
 * Purpose  ask a server by UDP, by TCP when the answer is cut, and then the
 *          next server, until one has told something
 * Input    replies: hostile
 * Errors   the outcome of the last try that told anything
 * Runs as  observer
 * Source   RFC 5452 sections 4.5, 9.2; RFC 7766; RFC 6891 section 6.2.2
 */
#include "agent/sys/dns_flight.h"

#include <sys/random.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* What one turn takes from a socket at most: others wait too. */
#define DATAGRAMS_MAX 16

/* Some servers send more than was asked for. */
#define DATAGRAM_BYTES 4096

static const struct dns_server *
server_of(const struct dns_flight *flight)
{
	size_t next = flight->tries > 0 ? flight->tries - 1 : 0;

	return &flight->servers->servers[next % flight->servers->count];
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

	flight->question.has_edns = !flight->is_plain;
	length = dns_wire_write(&flight->question, query);
	return send(flight->fd, query, length, MSG_NOSIGNAL) == (ssize_t)length;
}

/* The next server, until one can be sent to; false: all have had their turns. */
static bool
try_next(struct dns_flight *flight, int64_t now_ms)
{
	size_t most = flight->servers->count * flight->limits->rounds;

	while (flight->tries < most) {
		socket_close(flight);
		flight->tries++;
		flight->try_end_ms = now_ms + flight->limits->try_ms;
		if (socket_open(flight, SOCK_DGRAM) && udp_send(flight))
			return true;
	}
	socket_close(flight);
	return false;
}

/* The same server once more, on a new socket. */
static bool
try_again(struct dns_flight *flight, int64_t now_ms)
{
	socket_close(flight);
	flight->tries--;
	return try_next(flight, now_ms);
}

static bool
tcp_begin(struct dns_flight *flight, int64_t now_ms)
{
	size_t length;

	socket_close(flight);
	flight->try_end_ms = now_ms + flight->limits->try_ms;
	if (!socket_open(flight, SOCK_STREAM))
		return try_next(flight, now_ms);
	flight->tcp = mem_alloc(1, sizeof(*flight->tcp));
	length = dns_wire_write(&flight->question, flight->tcp->bytes + 2);
	flight->tcp->bytes[0] = (uint8_t)(length >> 8);
	flight->tcp->bytes[1] = (uint8_t)length;
	return true;
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
	return told->outcome <= DNS_NXDOMAIN;
}

/* A message has come. Returns false when the flight is over. */
static bool
message_take(struct dns_flight *flight, const uint8_t *bytes, size_t length,
    int64_t now_ms)
{
	struct dns_result told;

	switch (dns_wire_read(
	    &flight->question, bytes, length, flight->arena, &told)) {
	case DNS_REPLY_FOREIGN:
		/* a stream is this server's alone: nothing else will come */
		return flight->tcp == NULL || try_next(flight, now_ms);
	case DNS_REPLY_PLAIN:
		flight->is_plain = true;
		return try_again(flight, now_ms);
	case DNS_REPLY_CUT:
		if (flight->tcp == NULL)
			return tcp_begin(flight, now_ms);
		told.outcome = DNS_BOGUS;
		break;
	case DNS_REPLY_DONE:
		break;
	}
	return !result_take(flight, &told) && try_next(flight, now_ms);
}

static bool
udp_turn(struct dns_flight *flight, int64_t now_ms)
{
	uint8_t bytes[DATAGRAM_BYTES];

	for (int i = 0; i < DATAGRAMS_MAX; i++) {
		int fd = flight->fd;
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n < 0) /* nobody listens there */
			return try_next(flight, now_ms);
		if (!message_take(flight, bytes, (size_t)n, now_ms))
			return false;
		if (flight->fd != fd || flight->tcp != NULL)
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
		return try_next(flight, now_ms);
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
	flight->result = result;
	flight->tries = 0;
	flight->is_plain = false;
	flight->fd = -1;
	flight->tcp = NULL;
	*result = (struct dns_result){.outcome = DNS_TIMEOUT};
	if (!dns_wire_name(query->name, &flight->question)) {
		/* no server could know it */
		result->outcome = DNS_NXDOMAIN;
		return false;
	}
	flight->question.type = (uint16_t)query->type;
	return try_next(flight, now_ms);
}

short
dns_flight_events(const struct dns_flight *flight)
{
	return flight->tcp != NULL && !flight->tcp->is_sent ? POLLOUT : POLLIN;
}

bool
dns_flight_turn(struct dns_flight *flight, bool is_ready, int64_t now_ms)
{
	if (is_ready && !(flight->tcp != NULL ? tcp_turn(flight, now_ms)
	                                      : udp_turn(flight, now_ms)))
		return false;
	/* however much comes that is not to the question */
	return now_ms < flight->try_end_ms || try_next(flight, now_ms);
}

void
dns_flight_end(struct dns_flight *flight)
{
	if (flight->result != NULL)
		socket_close(flight);
	flight->result = NULL;
}
