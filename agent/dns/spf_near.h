/*
 * spf_near.h - a TXT record that was meant as one of SPF
 */
#ifndef MAILFIX_DNS_SPF_NEAR_H
#define MAILFIX_DNS_SPF_NEAR_H

#include "agent/dns/dns_book.h"

/*
 * spf_near_find - without white space before it, and without quote marks
 * within it, it would be one
 *
 * Of a domain whose TXT records are in the book.
 *
 * ret_found  the text as it stands, for people
 * Returns what was meant, in arena; NULL: there is none, or more than one.
 */
const char *spf_near_find(struct dns_book *book, struct arena *arena,
    const char *domain, const char **ret_found);

#endif
