/*
 * helo.c - the name by which a server greets others
 *
 * Purpose  what receivers refuse in HELO: its form, a name that is nowhere
 * Input    the name: from the configuration; replies: hostile
 * Errors   what is not known is said in words
 * Runs as  observer
 * Source   RFC 5321 sections 2.3.5 (a full name with an address), 4.1.1.1 and
 *          4.1.3 (an address in brackets); postconf(5)
 *          reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname and
 *          reject_unknown_helo_hostname take such an address; Exim
 *          helo_allow_chars: no "_" by default
 */
#include "agent/dns/helo.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

/* RFC 1035 section 2.3.4 */
#define LABEL_MAX 63
#define HOST_MAX  253

const char *const helo_state_names[HELO_STATE_MAX] = {
    [HELO_OK] = "ok",
    [HELO_LITERAL] = "literal",
    [HELO_INVALID] = "invalid",
    [HELO_UNRESOLVABLE] = "unresolvable",
};

/* The address in "[192.0.2.1]" or "[IPv6:2001:db8::1]", or NULL. */
static const char *
literal_address(struct arena *arena, const char *name)
{
	static const char tag[] = "IPv6:";
	const size_t length = strlen(name);
	const char *address;

	if (length < 2 || name[0] != '[' || name[length - 1] != ']')
		return NULL;
	address = arena_dup_n(arena, name + 1, length - 2);
	if (strncasecmp(address, tag, strlen(tag)) == 0) {
		address += strlen(tag);
		return dns_self_family(address) == DNS_V6 ? address : NULL;
	}
	return dns_self_family(address) == DNS_V4 ? address : NULL;
}

static const char *
label_problem(const char *label, size_t length)
{
	if (length == 0)
		return "it has a dot too many";
	if (length > LABEL_MAX)
		return "a part of it has more than 63 letters";
	if (label[0] == '-' || label[length - 1] == '-')
		return "a part of it begins or ends with \"-\"";
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = (unsigned char)label[i];

		if (c == '_')
			return "it has a \"_\", which no host name has";
		if (c > '~' || (!isalnum(c) && c != '-'))
			return "it has a character that no host name has";
	}
	return NULL;
}

const char *
helo_spelling(const char *name)
{
	const char *last = name, *problem = NULL;

	if (name[0] == '\0')
		return "it is empty";
	if (dns_self_family(name) >= 0)
		return "an address stands in brackets there";
	if (name[0] == '[')
		return "what is in brackets is no address";
	if (strlen(name) > HOST_MAX)
		return "it has more than 253 letters";
	for (const char *label = name; problem == NULL; label++) {
		const size_t length = strcspn(label, ".");

		problem = label_problem(label, length);
		last = label;
		label += length;
		if (*label == '\0')
			break;
	}
	if (problem != NULL)
		return problem;
	if (strchr(name, '.') == NULL)
		return "it is no full name: it has no domain";
	if (last[strspn(last, "0123456789")] == '\0')
		return "its last part is a number";
	if (!dns_name_is_public(name))
		return "nobody but this host and its network knows that name";
	return NULL;
}

/* The addresses that are known are none of its own: is that all of them? */
static void
literal_judge(
    const struct dns_self *self, const char *address, struct helo *ret)
{
	ret->state = HELO_LITERAL;
	ret->addresses = address;
	ret->matches = self->address_count > 0 ? DNS_NO : DNS_NOT_TOLD;
	if (dns_self_has(self, address))
		ret->matches = DNS_YES;
	for (size_t i = 0; i < DNS_FAMILIES && ret->matches == DNS_NO; i++)
		if (self->unknown[i] != NULL)
			ret->matches = DNS_NOT_TOLD;
}

/* Nobody but this host's own resolver says that it has an address. */
static bool
is_local_alone(const struct dns_host *host)
{
	for (size_t i = 0; i < DNS_FAMILIES; i++)
		if (host->results[i]->count > 0 && !host->results[i]->is_local)
			return false;
	return true;
}

bool
helo_judge(struct dns_book *book, struct arena *arena,
    const struct dns_self *self, const char *name, struct helo *ret)
{
	const char *address = literal_address(arena, name);
	const char *problem = address == NULL ? helo_spelling(name) : NULL;
	struct dns_host host;

	*ret = (struct helo){
	    .problem = "", .addresses = "", .matches = DNS_NOT_TOLD};
	if (address != NULL) {
		literal_judge(self, address, ret);
		return true;
	}
	if (problem != NULL) {
		ret->state = HELO_INVALID;
		ret->problem = problem;
		return true;
	}
	if (!dns_host_look(book, arena, name, &host))
		return false;
	ret->addresses = dns_host_text(arena, &host);
	ret->unknown = host.unknown;
	if (host.state == DNS_HOST_FOUND && is_local_alone(&host) &&
	    dns_host_is_ours(&host, self) != DNS_YES) {
		ret->unknown =
		    dns_local_text(arena, name, DNS_A, host.results[DNS_V4]);
		host.state = DNS_HOST_UNKNOWN;
	}
	switch (host.state) {
	case DNS_HOST_FOUND:
		ret->state = HELO_OK;
		ret->matches = dns_host_is_ours(&host, self);
		break;
	case DNS_HOST_MISSING:
		ret->state = HELO_UNRESOLVABLE;
		ret->problem = host.canonical != NULL
		                   ? arena_printf(arena,
		                         "it is an alias of %s, which has no "
		                         "address",
		                         host.canonical)
		                   : "it has no address";
		break;
	case DNS_HOST_UNKNOWN:
		ret->state = HELO_UNKNOWN;
		break;
	}
	return true;
}
