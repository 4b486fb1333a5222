/*
 * spf_near.c - a TXT record that was meant as one of SPF
 *
 * Purpose  what a slip of the hand made invisible to receivers is not lost in
 *          the record to publish
 * Input    TXT records: hostile
 * Errors   none
 * Runs as  observer
 * Source   RFC 7208 section 4.5: it begins with "v=spf1", at once
 */
#include "agent/dns/spf_near.h"

#include <ctype.h>

#include "agent/dns/dns_tags.h"
#include "agent/dns/spf_record.h"

/* What forms of providers and zone files leave within a text. */
static bool
is_litter(uint8_t c)
{
	return c == '"' || c == '\\';
}

/* As it would be read without its litter; NULL: then it is none either. */
static const char *
clean(struct arena *arena, const struct dns_record *txt)
{
	char *text = arena_alloc(arena, txt->length + 1, 1);
	size_t length = 0;

	for (size_t i = 0; i < txt->length; i++) {
		const uint8_t c = txt->data[i];

		if (is_litter(c) || (length == 0 && isspace(c)))
			continue;
		text[length++] = (char)c;
	}
	return spf_record_is((const uint8_t *)text, length) ? text : NULL;
}

const char *
spf_near_find(struct dns_book *book, struct arena *arena, const char *domain,
    const char **ret_found)
{
	const struct dns_result *result = dns_book_look(book, domain, DNS_TXT);
	const char *found = NULL;

	for (size_t i = 0; result != NULL && i < result->count; i++) {
		const struct dns_record *txt = &result->records[i];
		const char *text = clean(arena, txt);

		if (text == NULL)
			continue;
		if (found != NULL)
			return NULL;
		found = text;
		*ret_found = dns_quote(arena, txt->data, txt->length);
	}
	return found;
}
