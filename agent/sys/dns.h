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
 */
#ifndef MAILFIX_SYS_DNS_H
#define MAILFIX_SYS_DNS_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"

/* Types that are understood; others come as their bytes. RFC 1035, 3596, 6698 */
enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_TLSA = 52,
};

enum dns_outcome {
	DNS_ANSWER,
	DNS_NODATA,   /* the name is there, that type is not */
	DNS_NXDOMAIN, /* the name is not there */
	DNS_SERVFAIL, /* the name server could not find out */
	DNS_REFUSED,  /* the name server does not want to */
	DNS_TIMEOUT,  /* no name server answered in time */
	DNS_BOGUS,    /* what came back is no proper answer */
	DNS_OUTCOME_MAX
};

/* "nxdomain"; for people: dns_outcome_text "there is no such name" */
extern const char *const dns_outcome_names[DNS_OUTCOME_MAX + 1];
const char *dns_outcome_text(enum dns_outcome outcome);

struct dns_query {
	const char *name; /* absolute, with or without the last dot */
	enum dns_type type;
};

struct dns_record {
	uint32_t ttl_s;
	unsigned preference; /* of an MX */
	/*
	 * The name of an MX, PTR or CNAME: lower case, no last dot, "." for the
	 * root, what is no letter, digit, "-" or "_" as \DDD. An address as text.
	 * NULL for others.
	 */
	const char *name;
	/* the record's bytes; the strings of a TXT are joined; may hold NUL */
	const uint8_t *data;
	size_t length;
};

struct dns_result {
	enum dns_outcome outcome;
	const struct dns_record *records; /* of the asked type */
	size_t count;                     /* > 0 exactly with DNS_ANSWER */
	bool is_authentic;  /* DNSSEC, said by a server that may be believed */
	const char *server; /* that told it, as text; NULL: none */
};

/* One resolv.conf has three at most, an admin may list some more. */
#define DNS_SERVERS_MAX 8

struct dns_server {
	struct sockaddr_storage address;
	socklen_t length;
	char text[64]; /* as it was written: "fe80::1%eth0", "192.0.2.1@5353" */
};

struct dns_servers {
	struct dns_server servers[DNS_SERVERS_MAX];
	size_t count;
	bool is_trusted; /* all on loopback, or "options trust-ad" */
};

/*
 * dns_servers_parse - the text of a resolv.conf
 * Lines that are no "nameserver ADDRESS" are skipped; without any it is
 * 127.0.0.1, as in the C library.
 */
void dns_servers_parse(
    const char *text, size_t length, struct dns_servers *ret);

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

struct dns_limits {
	uint32_t deadline_ms; /* of the whole batch */
	uint32_t try_ms; /* for one server to answer, before the next one */
	unsigned rounds; /* how often each server is asked */
};

/*
 * dns_ask - all answers, or what became of them
 *
 * ret  as many results as queries, in their order; texts are in arena
 *
 * Returns 0 when each question has its result, be it a bad one; -EINVAL
 * without servers. A name that cannot be asked for is DNS_NXDOMAIN.
 * Opens sockets of AF_INET and AF_INET6 and no file: fit for a sandbox.
 */
int dns_ask(const struct dns_servers *servers, struct arena *arena,
    const struct dns_query *queries, size_t count,
    const struct dns_limits *limits, struct dns_result *ret, struct why *why);

/* What asks: dns_ask, or a test's own. */
typedef int dns_ask_fn(const struct dns_servers *servers, struct arena *arena,
    const struct dns_query *queries, size_t count,
    const struct dns_limits *limits, struct dns_result *ret, struct why *why);

#endif
