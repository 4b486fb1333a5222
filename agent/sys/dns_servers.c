/*
 * dns_servers.c - which name servers this host asks
 *
 * Purpose  resolv.conf, or the list of the configuration, as addresses
 * Input    both are root's; still every line is checked by itself
 * Errors   -EINVAL for a list that cannot be read; a bad line of resolv.conf is
 *          skipped, as the C library does
 * Runs as  actor, or observer before its sandbox closes: the number of an
 *          interface is asked of the kernel
 * Source   resolv.conf(5); RFC 4007 section 11 for fe80::1%eth0
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/sys/dns.h"

#define PORT      53
#define PORT_MAX  65535
#define LOOPBACK4 0x7f000000U

/* A page, and then some for comments. */
#define FILE_MAX 16384

#define SPACE " \t\r"

static bool
scope_find(const char *name, uint32_t *ret)
{
	char *end;
	unsigned long number = strtoul(name, &end, 10);

	if (*name != '\0' && *end == '\0' && number <= UINT32_MAX)
		*ret = (uint32_t)number;
	else
		*ret = if_nametoindex(name);
	return *ret != 0;
}

/* text: "192.0.2.1", "2001:db8::1", "fe80::1%eth0" */
static bool
address_set(char *text, uint16_t port, struct dns_server *ret)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = port};
	char *scope = strchr(text, '%');

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		(void)memcpy(&ret->address, &v4, sizeof(v4));
		ret->length = sizeof(v4);
		return true;
	}
	if (scope != NULL) {
		*scope++ = '\0';
		if (!scope_find(scope, &v6.sin6_scope_id))
			return false;
	}
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
		return false;
	(void)memcpy(&ret->address, &v6, sizeof(v6));
	ret->length = sizeof(v6);
	return true;
}

static bool
is_loopback(const struct dns_server *server)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (server->address.ss_family == AF_INET) {
		(void)memcpy(&v4, &server->address, sizeof(v4));
		return (ntohl(v4.sin_addr.s_addr) >> 24) == LOOPBACK4 >> 24;
	}
	(void)memcpy(&v6, &server->address, sizeof(v6));
	return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

/* The first `length` bytes of text; has_port: "@PORT" may follow. */
static bool
server_add(
    const char *text, size_t length, bool has_port, struct dns_servers *servers)
{
	struct dns_server server = {0};
	char address[sizeof(server.text)];
	unsigned long port = PORT;
	char *at, *end;

	if (length >= sizeof(address))
		return false;
	(void)memcpy(address, text, length);
	address[length] = '\0';
	(void)memcpy(server.text, address, length + 1);
	at = has_port ? strchr(address, '@') : NULL;
	if (at != NULL) {
		*at++ = '\0';
		port = strtoul(at, &end, 10);
		if (*at < '0' || *at > '9' || *end != '\0' || port == 0 ||
		    port > PORT_MAX)
			return false;
	}
	if (!address_set(address, htons((uint16_t)port), &server))
		return false;
	if (servers->count < DNS_SERVERS_MAX)
		servers->servers[servers->count++] = server;
	return true;
}

static bool
is_trusted(const struct dns_servers *servers)
{
	for (size_t i = 0; i < servers->count; i++)
		if (!is_loopback(&servers->servers[i]))
			return false;
	return true;
}

/* The next word of a line, or 0. */
static size_t
word_next(const char **at, const char *end)
{
	const char *p = *at;

	while (p < end && strchr(SPACE, *p) != NULL && *p != '\0')
		p++;
	*at = p;
	while (p < end && (*p == '\0' || strchr(SPACE, *p) == NULL))
		p++;
	return (size_t)(p - *at);
}

static bool
word_is(const char *at, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(at, word, length) == 0;
}

static void
line_read(
    const char *at, const char *end, struct dns_servers *ret, bool *trusts)
{
	size_t length = word_next(&at, end);
	bool is_server = word_is(at, length, "nameserver"),
	     is_options = word_is(at, length, "options");

	at += length;
	while (
	    (is_server || is_options) && (length = word_next(&at, end)) != 0) {
		if (is_server) {
			(void)server_add(at, length, false, ret);
			return;
		}
		if (word_is(at, length, "trust-ad"))
			*trusts = true;
		at += length;
	}
}

void
dns_servers_parse(const char *text, size_t length, struct dns_servers *ret)
{
	const char *at = text, *end = text + length;
	bool trusts = false;

	*ret = (struct dns_servers){0};
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (stop == NULL)
			stop = end;
		line_read(at, stop, ret, &trusts);
		at = stop + 1;
	}
	if (ret->count == 0)
		(void)server_add("127.0.0.1", 9, false, ret);
	ret->is_trusted = trusts || is_trusted(ret);
}

int
dns_servers_list(const char *list, struct dns_servers *ret, struct why *why)
{
	*ret = (struct dns_servers){0};
	for (const char *at = list; *at != '\0';) {
		size_t skip = strspn(at, SPACE ","), length;

		at += skip;
		length = strcspn(at, SPACE ",");
		if (length > 0 && !server_add(at, length, true, ret))
			return why_set(why, -EINVAL,
			    "resolver: \"%.*s\" is no address of a name server",
			    (int)(length > 60 ? 60 : length), at);
		at += length;
	}
	if (ret->count == 0)
		return why_set(why, -EINVAL, "resolver: no name server");
	ret->is_trusted = is_trusted(ret);
	return 0;
}

int
dns_servers_find(const char *resolver, const char *path,
    struct dns_servers *ret, struct why *why)
{
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *text = NULL;
	ssize_t n;

	if (resolver != NULL && *resolver != '\0' &&
	    strcmp(resolver, "system") != 0)
		return dns_servers_list(resolver, ret, why);
	/* a link as a rule; none at all means 127.0.0.1 */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno != ENOENT)
		return why_errno(why, "open %s", path);
	text = mem_alloc(FILE_MAX, 1);
	n = fd < 0 ? 0 : read(fd, text, FILE_MAX);
	if (n < 0)
		return why_errno(why, "read %s", path);
	dns_servers_parse(text, (size_t)n, ret);
	return 0;
}
