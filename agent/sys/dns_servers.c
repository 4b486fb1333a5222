/*
 * dns_servers.c - which name servers this host asks
 *
 * Purpose  resolv.conf, or the list of the configuration, as addresses
 * Input    both are root's; still every line is checked by itself
 * Errors   -EINVAL for a list that cannot be read; a bad line of resolv.conf is
 *          skipped, as the C library does
 * Runs as  actor, or observer before its sandbox closes: the number of an
 *          interface is asked of the kernel
 * Source   resolv.conf(5); RFC 4007 section 11 for fe80::1%eth0;
 *          systemd-resolved.service(8) for its stub, and whom that asks
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

/* What glibc takes from the file (resolv.h): MAXNS, RES_MAXRETRANS, _RETRY. */
#define FILE_SERVERS_MAX 3
#define TIMEOUT_S_MAX    30
#define ATTEMPTS_MAX     5

/*
 * systemd-resolved, and where it writes whom it asks itself:
 * systemd-resolved.service(8), "/ETC/RESOLV.CONF".
 */
#define STUB        0x7f000035U
#define STUB_BEYOND "/run/systemd/resolve/resolv.conf"

/* Between the addresses of the configuration's list. */
#define SPACE " \t\r"

/* In the file, and what ends the address of a server. */
#define BLANK       " \t"
#define ADDRESS_END "#; \t"

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

/* is_stub - 127.0.0.53, port 53 */
static bool
is_stub(const struct dns_server *server)
{
	struct sockaddr_in v4;

	if (server->address.ss_family != AF_INET)
		return false;
	(void)memcpy(&v4, &server->address, sizeof(v4));
	return ntohl(v4.sin_addr.s_addr) == STUB && ntohs(v4.sin_port) == PORT;
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

/* Does the line begin with this word and a blank? What is after it, or NULL. */
static const char *
after_word(const char *line, const char *word)
{
	const size_t length = strlen(word);

	if (strncmp(line, word, length) != 0 || line[length] == '\0' ||
	    strchr(BLANK, line[length]) == NULL)
		return NULL;
	return line + length + strspn(line + length, BLANK);
}

/* "timeout:3"; 0: it is another option, or no number that counts. */
static unsigned
option_number(const char *text, const char *name, unsigned most)
{
	const size_t length = strlen(name);
	unsigned long number;

	if (strncmp(text, name, length) != 0 || text[length] < '0' ||
	    text[length] > '9')
		return 0;
	number = strtoul(text + length, NULL, 10);
	return number < most ? (unsigned)number : most;
}

static bool
option_is(const char *text, size_t length, const char *name)
{
	return strlen(name) == length && memcmp(text, name, length) == 0;
}

/*
 * One word after another. What else there is (ndots, rotate, edns0, inet6) is
 * nothing to us: no search domain is added, EDNS is used anyway.
 */
static void
options_read(const char *at, struct dns_servers *ret, bool *trusts)
{
	for (; *at != '\0'; at += strspn(at, BLANK)) {
		const size_t length = strcspn(at, BLANK);
		const unsigned timeout_s =
		                   option_number(at, "timeout:", TIMEOUT_S_MAX),
		               attempts =
		                   option_number(at, "attempts:", ATTEMPTS_MAX);

		if (timeout_s > 0)
			ret->timeout_s = timeout_s;
		if (attempts > 0)
			ret->attempts = attempts;
		if (option_is(at, length, "trust-ad"))
			*trusts = true;
		if (option_is(at, length, "use-vc"))
			ret->is_tcp = true;
		at += length;
	}
}

/* A keyword stands at the beginning; all else, comments too, is skipped. */
static void
line_read(const char *line, struct dns_servers *ret, bool *trusts)
{
	const char *server = after_word(line, "nameserver"),
	           *options = after_word(line, "options");

	if (server != NULL && ret->count < FILE_SERVERS_MAX)
		(void)server_add(
		    server, strcspn(server, ADDRESS_END), false, ret);
	if (options != NULL)
		options_read(options, ret, trusts);
}

void
dns_servers_parse(const char *text, size_t length, struct dns_servers *ret)
{
	const char *at = text, *end = text + length;
	bool trusts = false;

	*ret = (struct dns_servers){0};
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		char line[LINE_MAX];
		size_t size;

		if (stop == NULL)
			stop = end;
		size = (size_t)(stop - at);
		/* what counts of a longer one stands at its beginning */
		if (size >= sizeof(line))
			size = sizeof(line) - 1;
		(void)memcpy(line, at, size);
		line[size] = '\0';
		line_read(line, ret, &trusts);
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

void
dns_servers_beyond(struct dns_servers *servers, const char *text, size_t length)
{
	struct dns_servers all;

	servers->beyond_count = 0;
	if (servers->count != 1 || !is_stub(&servers->servers[0]))
		return;
	dns_servers_parse(text, length, &all);
	for (size_t i = 0; i < all.count && i < DNS_BEYOND_MAX; i++)
		/* without any server it has this host, which is the stub's */
		if (!is_loopback(&all.servers[i]))
			servers->beyond[servers->beyond_count++] =
			    all.servers[i];
}

/* A link as a rule. Returns how much was read, 0 where there is none. */
static ssize_t
file_read(const char *path, char text[FILE_MAX], struct why *why)
{
	AUTO_CLOSE int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0 && errno != ENOENT)
		return why_errno(why, "open %s", path);
	n = fd < 0 ? 0 : read(fd, text, FILE_MAX);
	return n < 0 ? why_errno(why, "read %s", path) : n;
}

int
dns_servers_find(const char *resolver, const char *path,
    struct dns_servers *ret, struct why *why)
{
	AUTO_FREE char *text = NULL;
	ssize_t n;

	if (resolver != NULL && *resolver != '\0' &&
	    strcmp(resolver, "system") != 0)
		return dns_servers_list(resolver, ret, why);
	text = mem_alloc(FILE_MAX, 1);
	n = file_read(path, text, why);
	if (n < 0)
		return (int)n;
	/* none at all means 127.0.0.1 */
	dns_servers_parse(text, (size_t)n, ret);
	n = file_read(STUB_BEYOND, text, NULL);
	if (n > 0)
		dns_servers_beyond(ret, text, (size_t)n);
	return 0;
}
