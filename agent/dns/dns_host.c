/*
 * dns_host.c - the addresses of a name
 *
 * Purpose  A and AAAA as one answer; what kind of name it is
 * Input    names and replies: hostile
 * Errors   what is not known is said in words
 * Runs as  observer
 * Source   RFC 6761 (localhost, invalid), RFC 6762 (local), RFC 8375
 *          (home.arpa), ICANN resolution 2024.07.29.06 (internal)
 */
#include "agent/dns/dns_host.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/mail/outside.h"

static const enum dns_type types[DNS_FAMILIES] = {DNS_A, DNS_AAAA};

/* An address that only a host's own network reaches, told to one in it. */
static const char *
inside_address(const struct dns_self *self, const struct dns_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		const char *text = result->records[i].name;
		const int family = dns_self_family(text);
		const struct span span = {text, (uint32_t)strlen(text)};

		if (family >= 0 && self->is_inside[family] &&
		    outside_family(span) == 0)
			return text;
	}
	return NULL;
}

const char *
dns_local_text(struct arena *arena, const char *name, enum dns_type type,
    const struct dns_result *result)
{
	return arena_printf(arena,
	    "%s of %s: %s says so from data of its own, the world may see "
	    "another",
	    dns_type_name(type), name,
	    result->server != NULL ? result->server : "the name server");
}

const char *
dns_inside_text(struct arena *arena, const struct dns_self *self,
    const char *name, const struct dns_result *result)
{
	const char *inside = inside_address(self, result);

	return inside == NULL
	           ? NULL
	           : arena_printf(arena,
	                 "%s has %s here, which the world may see differently",
	                 name, inside);
}

bool
dns_host_look(struct dns_book *book, struct arena *arena, const char *name,
    struct dns_host *ret)
{
	struct dns_host host = {.state = DNS_HOST_MISSING};

	for (size_t i = 0; i < DNS_FAMILIES; i++)
		host.results[i] = dns_book_look(book, name, types[i]);
	if (host.results[DNS_V4] == NULL || host.results[DNS_V6] == NULL)
		return false;
	for (size_t i = 0; i < DNS_FAMILIES; i++) {
		const struct dns_result *result = host.results[i];

		if (result->outcome == DNS_ANSWER)
			host.state = DNS_HOST_FOUND;
		else if (!dns_is_known(result))
			host.unknown =
			    dns_unknown_text(arena, name, types[i], result);
		else if (result->is_local)
			host.unknown =
			    dns_local_text(arena, name, types[i], result);
		if (dns_is_known(result) && result->canonical != NULL)
			host.canonical = result->canonical;
	}
	if (host.state == DNS_HOST_MISSING && host.unknown != NULL)
		host.state = DNS_HOST_UNKNOWN;
	*ret = host;
	return true;
}

bool
dns_host_has(const struct dns_host *host, const char *address)
{
	for (size_t i = 0; i < DNS_FAMILIES; i++)
		for (size_t k = 0; k < host->results[i]->count; k++)
			if (dns_address_same(
			        host->results[i]->records[k].name, address))
				return true;
	return false;
}

enum dns_truth
dns_host_is_ours(const struct dns_host *host, const struct dns_self *self)
{
	bool is_whole = host->unknown == NULL && self->address_count > 0;

	for (size_t i = 0; i < self->address_count; i++)
		if (dns_host_has(host, self->addresses[i]))
			return DNS_YES;
	for (size_t i = 0; i < DNS_FAMILIES; i++)
		/* what a resolver makes itself may stand for one of ours */
		if (host->results[i]->count > 0 &&
		    (self->unknown[i] != NULL || host->results[i]->is_local ||
		        inside_address(self, host->results[i]) != NULL))
			is_whole = false;
	return is_whole ? DNS_NO : DNS_NOT_TOLD;
}

const char *
dns_host_text(struct arena *arena, const struct dns_host *host)
{
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < DNS_FAMILIES; i++)
		for (size_t k = 0; k < host->results[i]->count; k++)
			buf_addf(&out, "%s%s", out.length > 0 ? ", " : "",
			    host->results[i]->records[k].name);
	return arena_dup(arena, buf_text(&out));
}

const char *
dns_name_address(struct arena *arena, const char *name)
{
	AUTO_BUF struct buf out = {0};

	for (const char *c = name; *c != '\0'; c++) {
		/* \058 is the colon of an IPv6 address */
		if (strncmp(c, "\\058", 4) == 0) {
			buf_add_char(&out, ':');
			c += 3;
		} else {
			buf_add_char(&out, *c);
		}
	}
	if (dns_self_family(buf_text(&out)) < 0)
		return NULL;
	return arena_dup(arena, buf_text(&out));
}

bool
dns_name_is_below(const char *name, const char *of)
{
	const size_t length = strlen(name), end = strlen(of);

	return length > end + 1 && name[length - end - 1] == '.' &&
	       strcasecmp(name + length - end, of) == 0;
}

bool
dns_name_is_public(const char *name)
{
	/* some are set aside, and the others are used by networks as if */
	static const char *const endings[] = {"localhost", "localdomain",
	    "intranet", "private", "onion", "local", "internal", "home.arpa",
	    "invalid", "lan", "home", "corp"};

	if (strchr(name, '.') == NULL ||
	    strncasecmp(name, "localhost.", strlen("localhost.")) == 0)
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(endings); i++)
		if (dns_name_is_below(name, endings[i]))
			return false;
	return true;
}
