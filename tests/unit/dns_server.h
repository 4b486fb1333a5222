/*
 * dns_server.h - a name server on loopback that answers what a test tells it
 *
 * A thread with one UDP and one TCP socket of the same port. `answer` is called
 * for each question, in the thread, and sends what it likes.
 */
#ifndef MAILFIX_TESTS_UNIT_DNS_SERVER_H
#define MAILFIX_TESTS_UNIT_DNS_SERVER_H

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/sys/dns_wire.h"
#include "tests/unit/unit.h"

#define DNS_SERVER_BYTES 4096

struct dns_server_asked {
	struct dns_fake *fake;
	uint8_t bytes[DNS_SERVER_BYTES];
	size_t length;
	unsigned nth; /* from 0 */
	bool is_tcp;
	struct sockaddr_in from; /* of UDP */
	int stream;              /* of TCP */
};

struct dns_fake {
	void (*answer)(const struct dns_server_asked *asked);
	pthread_t thread;
	int udp, tcp, stop[2];
	uint16_t port;
	unsigned udp_count, tcp_count;
	uint16_t ids[2], ports[2];  /* of the first two questions by UDP */
	struct dns_servers servers; /* this one alone */
};

/* Sends to whoever asked, from the server's own socket. */
static inline void
dns_fake_send(
    const struct dns_server_asked *asked, const uint8_t *bytes, size_t length)
{
	if (asked->is_tcp) {
		uint8_t size[2] = {(uint8_t)(length >> 8), (uint8_t)length};

		assert_int_equal(write(asked->stream, size, 2), 2);
		assert_int_equal(
		    write(asked->stream, bytes, length), (ssize_t)length);
		return;
	}
	(void)sendto(asked->fake->udp, bytes, length, 0,
	    (const struct sockaddr *)&asked->from, sizeof(asked->from));
}

/* The header and question as they came, with a code; how long it is. */
static inline size_t
dns_fake_reply(
    const struct dns_server_asked *asked, unsigned rcode, uint8_t *to)
{
	size_t at = DNS_HEADER;

	while (asked->bytes[at] != 0)
		at += 1U + asked->bytes[at];
	at += 5;
	(void)memcpy(to, asked->bytes, at);
	to[2] = 0x81;
	to[3] = (uint8_t)(0x80 | rcode);
	(void)memset(to + 6, 0, 6);
	return at;
}

/* One more record to the asked name; data as given. */
static inline size_t
dns_fake_record(
    uint8_t *to, size_t at, unsigned type, const void *data, size_t length)
{
	uint8_t fixed[12] = {0xc0, 12, (uint8_t)(type >> 8), (uint8_t)type, 0,
	    1, 0, 0, 1, 44, (uint8_t)(length >> 8), (uint8_t)length};

	(void)memcpy(to + at, fixed, sizeof(fixed));
	(void)memcpy(to + at + sizeof(fixed), data, length);
	to[7]++;
	return at + sizeof(fixed) + length;
}

static inline void
dns_fake_tcp(struct dns_fake *fake, struct dns_server_asked *asked)
{
	uint8_t size[2];

	asked->stream = accept(fake->tcp, NULL, NULL);
	asked->is_tcp = true;
	asked->nth = fake->tcp_count++;
	if (recv(asked->stream, size, 2, MSG_WAITALL) == 2) {
		size_t want = ((size_t)size[0] << 8) | size[1];
		ssize_t n =
		    recv(asked->stream, asked->bytes, want, MSG_WAITALL);

		asked->length = n > 0 ? (size_t)n : 0;
		fake->answer(asked);
	}
	close(asked->stream);
}

static inline void *
dns_fake_run(void *user)
{
	struct dns_fake *fake = user;

	for (;;) {
		struct pollfd fds[] = {
		    {fake->udp,     POLLIN, 0},
                    {fake->tcp,     POLLIN, 0},
		    {fake->stop[0], POLLIN, 0}
                };
		struct dns_server_asked asked = {.fake = fake};
		socklen_t size = sizeof(asked.from);

		(void)poll(fds, 3, -1);
		if (fds[2].revents != 0)
			return NULL;
		if (fds[1].revents != 0) {
			dns_fake_tcp(fake, &asked);
		} else if (fds[0].revents != 0) {
			ssize_t n = recvfrom(fake->udp, asked.bytes,
			    sizeof(asked.bytes), 0,
			    (struct sockaddr *)&asked.from, &size);

			asked.length = n > 0 ? (size_t)n : 0;
			asked.nth = fake->udp_count++;
			if (asked.nth < 2) {
				fake->ids[asked.nth] =
				    (uint16_t)(asked.bytes[0] << 8 |
				               asked.bytes[1]);
				fake->ports[asked.nth] = asked.from.sin_port;
			}
			fake->answer(&asked);
		}
	}
}

static inline void
dns_fake_start(
    struct dns_fake *fake, void (*answer)(const struct dns_server_asked *asked))
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(at);
	char list[32];
	struct why why;

	assert_int_equal(dns_open(&why), 0);
	*fake = (struct dns_fake){.answer = answer};
	fake->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fake->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(fake->udp, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(
	    getsockname(fake->udp, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(
	    bind(fake->tcp, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fake->tcp, 8), 0);
	assert_int_equal(pipe(fake->stop), 0);
	fake->port = ntohs(at.sin_port);
	(void)snprintf(list, sizeof(list), "127.0.0.1@%u", fake->port);
	assert_int_equal(dns_servers_list(list, &fake->servers, &why), 0);
	assert_int_equal(
	    pthread_create(&fake->thread, NULL, dns_fake_run, fake), 0);
}

static inline void
dns_fake_stop(struct dns_fake *fake)
{
	assert_int_equal(write(fake->stop[1], "", 1), 1);
	assert_int_equal(pthread_join(fake->thread, NULL), 0);
	close(fake->udp);
	close(fake->tcp);
	close(fake->stop[0]);
	close(fake->stop[1]);
}

#endif
