/*
 * postfix_log_text.c - small tools of the log's grammar
 *
 * Purpose  take a piece from the left of a line, or leave it
 * Input    log lines: hostile
 * Errors   false: it does not stand there
 * Runs as  observer
 * Source   Postfix: log_adhoc(3), smtp_session(3) (name[address]:port)
 */
#include "agent/mta/postfix_log.h"

/*
 * Literals are short and begin with what is rare in a log: the first byte's
 * memchr(3) is quicker than what memmem(3) prepares for each search.
 */
const char *
log_find(struct span text, const char *literal, size_t length)
{
	const char *at = text.text, *end = text.text + text.length;

	while (at != NULL && (size_t)(end - at) >= length) {
		at = memchr(at, literal[0], (size_t)(end - at) - length + 1);
		if (at == NULL || memcmp(at, literal, length) == 0)
			return at;
		at++;
	}
	return NULL;
}

bool
log_until(
    struct span *text, const char *literal, size_t length, struct span *ret)
{
	const char *at = log_find(*text, literal, length);

	if (at == NULL)
		return false;
	*ret = (struct span){text->text, (uint32_t)(at - text->text)};
	*text = log_from(*text, ret->length + length);
	return true;
}

bool
log_number(struct span *text, uint32_t *ret)
{
	uint32_t number = 0, i = 0;

	for (; i < text->length && i < 9; i++) {
		if (text->text[i] < '0' || text->text[i] > '9')
			break;
		number = number * 10 + (uint32_t)(text->text[i] - '0');
	}
	if (i == 0)
		return false;
	*text = log_from(*text, i);
	*ret = number;
	return true;
}

/* is_name - may this stand in the name of a host? No bracket, no space. */
static bool
is_name(struct span name)
{
	/* all of them are below 64: this runs for each byte of each name */
	const uint64_t barred =
	    (((uint64_t)1 << ' ') * 2 - 1) | (uint64_t)1 << '<' |
	    (uint64_t)1 << '>' | (uint64_t)1 << '(' | (uint64_t)1 << ')' |
	    (uint64_t)1 << '"' | (uint64_t)1 << ',' | (uint64_t)1 << ';';

	for (uint32_t i = 0; i < name.length; i++) {
		const unsigned char c = (unsigned char)name.text[i];

		if (c < 64 && (barred >> c & 1) != 0)
			return false;
	}
	return name.length != 0;
}

bool
log_peer(struct span *text, struct span *ret_name, struct span *ret_address,
    uint16_t *ret_port)
{
	struct span rest = *text, name, address;
	uint32_t port = 0;

	if (!LOG_UNTIL(&rest, "[", &name) || !is_name(name) ||
	    !LOG_UNTIL(&rest, "]", &address) || !is_name(address))
		return false;
	if (rest.length > 1 && rest.text[0] == ':' && rest.text[1] >= '0' &&
	    rest.text[1] <= '9') {
		rest = log_from(rest, 1);
		if (!log_number(&rest, &port) || port > UINT16_MAX)
			return false;
	}
	*text = rest;
	*ret_name = name;
	*ret_address = address;
	*ret_port = (uint16_t)port;
	return true;
}

int
log_code(struct span text)
{
	if (text.length < 3 || text.text[0] < '2' || text.text[0] > '5' ||
	    text.text[1] < '0' || text.text[1] > '9' || text.text[2] < '0' ||
	    text.text[2] > '9')
		return 0;
	/* "421 ...", "421-4.7.0 ...", "421" alone: no longer number */
	if (text.length > 3 && text.text[3] != ' ' && text.text[3] != '-')
		return 0;
	return (text.text[0] - '0') * 100 + (text.text[1] - '0') * 10 +
	       (text.text[2] - '0');
}
