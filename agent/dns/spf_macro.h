/*
 * spf_macro.h - macros of SPF: their grammar, and what they come to
 *
 * RFC 7208, section 7.
 */
#ifndef MAILFIX_DNS_SPF_MACRO_H
#define MAILFIX_DNS_SPF_MACRO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"

/* Without the last dot: RFC 1035, section 2.3.4, less lengths of labels. */
#define SPF_NAME_MAX 253

/* A client, as SPF sees it: what is mapped into IPv6 is IPv4. */
struct spf_client {
	int family; /* AF_INET, AF_INET6 */
	uint8_t bytes[16];
	char text[INET6_ADDRSTRLEN];
};

/* spf_client_parse - false: it is no address */
bool spf_client_parse(const char *text, struct spf_client *ret);

enum spf_where {
	SPF_IN_DOMAIN, /* %{c} %{r} %{t} are wrong */
	SPF_IN_OTHER,  /* a modifier that nobody knows */
	SPF_IN_TEXT,   /* an explanation: spaces are right, too */
};

/* spf_macro_ok - text keeps to the grammar of macro-string */
bool spf_macro_ok(const char *text, size_t length, enum spf_where where);

/* spf_domain_spec_ok - the same, and its end is a top label or a macro */
bool spf_domain_spec_ok(const char *text, size_t length);

/* spf_macro_has - the letter stands in it, small or capital */
bool spf_macro_has(const char *text, char letter);

/* What letters stand for. */
struct spf_macros {
	const struct spf_client *client;   /* i, c, v */
	const char *local, *sender_domain; /* l, o; s is both */
	const char *domain;                /* d */
	const char *helo;                  /* h */
	const char *valid;                 /* p: a name that PTR confirms */
	const char *receiver;              /* r */
	int64_t now_s;                     /* t */
};

/*
 * spf_macro_expand - text is spf_macro_ok; appended to out
 * Returns false when it comes to more than anybody means.
 */
bool spf_macro_expand(
    struct buf *out, const char *text, const struct spf_macros *macros);

/*
 * spf_name - octets as a name to ask for
 *
 * A last dot goes; what is longer than a name can be loses labels from the
 * left (section 7.3). What is no letter, digit, "-" or "_" becomes \DDD.
 *
 * Returns NULL when it can be no name: a label that is empty or too long.
 */
const char *spf_name(struct arena *arena, const char *octets);

/*
 * spf_domain_ok - check_host may begin with it: two labels or more of ASCII
 * (section 4.3)
 */
bool spf_domain_ok(const char *domain);

#endif
