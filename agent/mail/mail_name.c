/*
 * mail_name.c - names that may stand in a table of the mail system
 *
 * Purpose  no text from outside becomes a row's key or its nexthop but a name
 * Input    domains from the log, names from DNS: hostile
 * Errors   false
 * Runs as  both roles
 * Source   RFC 1035 section 2.3.4; RFC 3696 section 2: no last label of digits
 *          only, so that no address is taken for a name
 */
#include "agent/mail/mail_name.h"

#include <stddef.h>
#include <string.h>

#define NAME_MAX_BYTES 253

static const char digits[] = "0123456789";
static const char letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

static bool
name_ok(const char *text, size_t length)
{
	size_t last = length;

	for (size_t i = 0; i < length; i++)
		if (strchr(letters, text[i]) == NULL ||
		    (text[i] == '.' && (i == 0 || text[i - 1] == '.')))
			return false;
	while (last > 0 && text[last - 1] != '.')
		last--;
	/* a dot within, a label behind it, and no address */
	return length <= NAME_MAX_BYTES && last > 0 && last < length &&
	       text[0] != '-' && last + strspn(text + last, digits) < length;
}

bool
mail_domain_ok(const char *text)
{
	return name_ok(text, strlen(text));
}

bool
mail_servers_ok(const char *text, unsigned *ret_count)
{
	unsigned count = 0;

	for (;;) {
		size_t length;

		if (*text++ != '[')
			return false;
		length = strcspn(text, "]");
		if (text[length] != ']' || !name_ok(text, length))
			return false;
		count++;
		text += length + 1;
		if (*text == '\0')
			break;
		if (*text++ != ',')
			return false;
	}
	*ret_count = count;
	return true;
}
