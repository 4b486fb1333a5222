/*
 * dns_paste.h - records of DNS in the form that is pasted into a zone
 *
 * One line of a master file (RFC 1035, section 5): owner, TTL, class, type,
 * value. Forms of providers want the same parts apart.
 */
#ifndef MAILFIX_DNS_DNS_PASTE_H
#define MAILFIX_DNS_DNS_PASTE_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/mem.h"

/* An hour: a mistake is soon gone, and resolvers still keep it. */
#define DNS_PASTE_TTL_S 3600

/*
 * dns_paste_txt - "example.com. 3600 IN TXT "v=spf1 ...""
 * The value in strings of at most 255 octets; what is not printable, and the
 * backquote, escaped.
 */
const char *dns_paste_txt(
    struct arena *arena, const char *owner, const char *value);

/*
 * dns_paste_octets - what stands in a record, for people
 * As in a zone, an octet that is not printable ASCII is \DDD, so that what cannot
 * be seen is (a space without width); backslash and quotes stay as they are.
 */
const char *dns_paste_octets(
    struct arena *arena, const void *octets, size_t length);

/* dns_paste - any other type; value as it stands in a zone */
const char *dns_paste(struct arena *arena, const char *owner, const char *type,
    const char *value);

/*
 * dns_reverse_name - "10.2.0.192.in-addr.arpa", of an address as text
 * suffix  instead of in-addr.arpa and ip6.arpa: a blocklist's zone; or NULL
 * Returns NULL when it is no address.
 */
const char *dns_reverse_name(
    struct arena *arena, const char *address, const char *suffix);

#endif
