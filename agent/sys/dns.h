/*
 * dns.h - many questions to the name servers of this host, at once
 *
 * A list of questions in, a list of results out, one poll loop in between: a
 * batch takes about as long as its slowest answer. Nothing is kept from batch
 * to batch, no name service is asked, no search domain is added.
 *
 * Against forged replies (RFC 5452): a connected socket, a random port and a
 * random id for each try, and the question must come back with the answer.
 * What does not fit is dropped, and the wait goes on.
 *
 * A server that lets a whole try go by while nothing else comes from it is
 * silent: what waits for it goes to the next one at once, and later questions,
 * of later batches too, begin elsewhere. So a dead one of two costs one try.
 *
 * What systemd-resolved says from data of its own is asked once more, of those
 * whom it asks.
 */
#ifndef MAILFIX_SYS_DNS_H
#define MAILFIX_SYS_DNS_H

#include <sys/socket.h>

#include "agent/dns/dns_data.h"

/* One resolv.conf has three at most, an admin may list some more. */
#define DNS_SERVERS_MAX 8

/* As many as a resolv.conf has. */
#define DNS_BEYOND_MAX 3

struct dns_server {
	struct sockaddr_storage address;
	socklen_t length;
	char text[64]; /* as it was written: "fe80::1%eth0", "192.0.2.1@5353" */
	/* what dns_ask has seen of it so far, for all batches of a process */
	int64_t heard_ms; /* when something came from it; 0: never */
	unsigned lost;    /* tries that ran out since */
};

struct dns_servers {
	struct dns_server servers[DNS_SERVERS_MAX];
	size_t count;
	bool is_trusted; /* all on loopback, or "options trust-ad" */
	bool is_tcp;     /* "options use-vc" */
	/* of resolv.conf; 0: not said */
	unsigned timeout_s, attempts;
	/* whom the only one, of this host, asks itself; 0: not known */
	struct dns_server beyond[DNS_BEYOND_MAX];
	size_t beyond_count;
};

/*
 * dns_open - load libldns, which reads and writes the messages
 * Before the sandbox closes, and once: what follows asks through it. Returns 0,
 * or a negative errno: no question can be asked.
 */
int dns_open(struct why *why);

/*
 * dns_servers_parse - the text of a resolv.conf
 * As the C library reads it: a keyword begins its line, three servers at most,
 * a bad line is skipped, and without any server it is 127.0.0.1.
 */
void dns_servers_parse(
    const char *text, size_t length, struct dns_servers *ret);

/*
 * dns_servers_beyond - whom systemd-resolved asks, by its own list
 * It answers for the name and the addresses of its host from what it sees
 * there, which the world does not. text: its resolv.conf. Does nothing when it
 * is not the one that is asked.
 */
void dns_servers_beyond(
    struct dns_servers *servers, const char *text, size_t length);

/*
 * dns_servers_list - ADDR[@PORT], ... of the configuration
 * Returns 0, or -EINVAL.
 */
int dns_servers_list(
    const char *list, struct dns_servers *ret, struct why *why);

/*
 * dns_servers_find - "system": those of path (/etc/resolv.conf); else the list
 * Returns 0, or a negative errno.
 */
int dns_servers_find(const char *resolver, const char *path,
    struct dns_servers *ret, struct why *why);

/* resolv.conf may make try_ms shorter, and says the rounds if it says any. */
struct dns_limits {
	uint32_t deadline_ms; /* of the whole batch */
	uint32_t try_ms; /* for one server to answer, before the next one */
	unsigned rounds; /* how often each server is asked */
};

/*
 * dns_ask - all answers, or what became of them
 *
 * servers  which of them is silent is remembered in it: keep it for the next
 * ret      as many results as queries, in their order; texts are in arena
 *
 * Returns 0 when each question has its result, be it a bad one; -EINVAL
 * without servers, -ENOENT without dns_open. A name that cannot be asked for is DNS_NXDOMAIN.
 * Opens sockets of AF_INET and AF_INET6 and no file: fit for a sandbox.
 */
int dns_ask(struct dns_servers *servers, struct arena *arena,
    const struct dns_query *queries, size_t count,
    const struct dns_limits *limits, struct dns_result *ret, struct why *why);

/* What asks: dns_ask, or a test's own. */
typedef int dns_ask_fn(struct dns_servers *servers, struct arena *arena,
    const struct dns_query *queries, size_t count,
    const struct dns_limits *limits, struct dns_result *ret, struct why *why);

#endif
