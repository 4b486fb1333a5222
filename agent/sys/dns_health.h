/*
 * dns_health.h - which name server is asked next, and which of them are silent
 *
 * For dns_flight.c only.
 */
#ifndef MAILFIX_SYS_DNS_HEALTH_H
#define MAILFIX_SYS_DNS_HEALTH_H

#include "agent/sys/dns.h"

/* dns_health_heard - something came from it that was meant for us */
void dns_health_heard(struct dns_server *server, int64_t now_ms);

/* dns_health_lost - a try ran out; it counts if nothing else came since then */
void dns_health_lost(struct dns_server *server, int64_t began_ms);

/* dns_health_gone - it cannot be sent to: nobody listens, no way there */
void dns_health_gone(struct dns_server *server);

/* dns_health_is_silent - others are asked before it */
bool dns_health_is_silent(const struct dns_server *server);

/* dns_health_has_other - is there one that is not silent? */
bool dns_health_has_other(const struct dns_servers *servers);

/*
 * dns_health_first - where a question begins
 * is_second  with the second server, if that is not silent for sure
 */
size_t dns_health_first(const struct dns_servers *servers, bool is_second);

/*
 * dns_health_next - whom to ask now: the one with the fewest tries, from `from`
 *
 * tries   of each server so far; rounds are the most
 *
 * One that is silent only when all are. Returns false when nobody is left.
 */
bool dns_health_next(const struct dns_servers *servers, const unsigned *tries,
    unsigned rounds, size_t from, size_t *ret);

#endif
