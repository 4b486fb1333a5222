/*
 * blocklist_filter.c - sets of addresses that a blocklist answers with
 *
 * Purpose  read "127.0.0.[2..11]", and ask whether an address is in it
 * Input    blocklists.ini and the mail server's settings: root's
 * Errors   false: it is no such set
 * Runs as  both roles
 * Source   postconf(5), postscreen_dnsbl_sites
 */
#include "agent/dns/blocklist_filter.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define OCTETS    4
#define OCTET_MAX 255

/* A number of an octet; returns what follows, or NULL. */
static const char *
number_read(const char *text, unsigned *ret)
{
	unsigned number = 0, digits = 0;

	for (; isdigit((unsigned char)*text) && digits < 4; text++, digits++)
		number = number * 10 + (unsigned)(*text - '0');
	if (digits == 0 || number > OCTET_MAX)
		return NULL;
	*ret = number;
	return text;
}

/* "7" or "2..11" */
static const char *
range_read(const char *text, uint8_t *bits)
{
	unsigned first = 0, last = 0;

	text = number_read(text, &first);
	last = first;
	if (text != NULL && text[0] == '.' && text[1] == '.')
		text = number_read(text + 2, &last);
	if (text == NULL || last < first)
		return NULL;
	for (unsigned i = first; i <= last; i++)
		bits[i / 8] = (uint8_t)(bits[i / 8] | 1U << i % 8);
	return text;
}

static const char *
octet_read(const char *text, uint8_t *bits)
{
	unsigned number = 0;

	if (*text != '[') {
		text = number_read(text, &number);
		if (text != NULL)
			bits[number / 8] = (uint8_t)(1U << number % 8);
		return text;
	}
	do
		text = range_read(text + 1, bits);
	while (text != NULL && *text == ';');
	return text != NULL && *text == ']' ? text + 1 : NULL;
}

bool
blocklist_filter_read(const char *text, struct blocklist_filter *ret)
{
	(void)memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < OCTETS; i++) {
		if (i > 0 && *text++ != '.')
			return false;
		text = octet_read(text, ret->octets[i]);
		if (text == NULL)
			return false;
	}
	return *text == '\0';
}

bool
blocklist_filter_has(
    const struct blocklist_filter *filter, const uint8_t address[static 4])
{
	for (size_t i = 0; i < OCTETS; i++)
		if ((filter->octets[i][address[i] / 8] >> address[i] % 8 &
		        1U) == 0)
			return false;
	return true;
}
