/*
 * blocklist_filter.h - sets of addresses that a blocklist answers with
 *
 * Written as mail servers write them: four octets with dots between, each a
 * number or a set, "127.0.0.[2..11]", "127.0.0.[4;5;10..11]". Source:
 * postconf(5), postscreen_dnsbl_sites.
 */
#ifndef MAILFIX_DNS_BLOCKLIST_FILTER_H
#define MAILFIX_DNS_BLOCKLIST_FILTER_H

#include <stdbool.h>
#include <stdint.h>

struct blocklist_filter {
	uint8_t octets[4][32]; /* for each octet one bit a value */
};

/* blocklist_filter_read - false: that is no such set; *ret is then undefined */
bool blocklist_filter_read(const char *text, struct blocklist_filter *ret);

bool blocklist_filter_has(
    const struct blocklist_filter *filter, const uint8_t address[static 4]);

#endif
