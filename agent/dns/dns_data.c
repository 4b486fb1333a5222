/*
 * dns_data.c - words for types and outcomes of the DNS
 *
 * Purpose  names for machines, texts for people
 * Input    enums of our own
 * Errors   none
 * Runs as  both roles
 * Source   RFC 1035 section 3.2.2; RFC 2308 (nodata); RFC 4035 (bogus)
 */
#include "agent/dns/dns_data.h"

const char *const dns_outcome_names[DNS_OUTCOME_MAX + 1] = {
    [DNS_ANSWER] = "answer",
    [DNS_NODATA] = "nodata",
    [DNS_NXDOMAIN] = "nxdomain",
    [DNS_SERVFAIL] = "servfail",
    [DNS_REFUSED] = "refused",
    [DNS_TIMEOUT] = "timeout",
    [DNS_BOGUS] = "bogus",
    [DNS_DISPUTED] = "disputed",
};

const char *
dns_outcome_text(enum dns_outcome outcome)
{
	static const char *const texts[DNS_OUTCOME_MAX] = {
	    [DNS_ANSWER] = "it has an answer",
	    [DNS_NODATA] = "the name has no such record",
	    [DNS_NXDOMAIN] = "there is no such name",
	    [DNS_SERVFAIL] = "the name server could not find out",
	    [DNS_REFUSED] = "the name server refused to answer",
	    [DNS_TIMEOUT] = "no name server answered in time",
	    [DNS_BOGUS] = "the name server's answer cannot be believed",
	    [DNS_DISPUTED] = "this host's name servers contradict themselves",
	};

	return texts[outcome];
}

const char *
dns_type_name(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_NS:
		return "NS";
	case DNS_CNAME:
		return "CNAME";
	case DNS_PTR:
		return "PTR";
	case DNS_MX:
		return "MX";
	case DNS_TXT:
		return "TXT";
	case DNS_AAAA:
		return "AAAA";
	case DNS_TLSA:
		return "TLSA";
	}
	return "?";
}

const char *
dns_unknown_text(struct arena *arena, const char *name, enum dns_type type,
    const struct dns_result *result)
{
	const char *server = result->server;

	return arena_printf(arena, "%s of %s: %s%s%s%s", dns_type_name(type),
	    name,
	    result->detail != NULL ? result->detail
	                           : dns_outcome_text(result->outcome),
	    server != NULL ? " (" : "", server != NULL ? server : "",
	    server != NULL ? ")" : "");
}
