/*
 * postfix_log_text.c - small tools of the log's grammar
 *
 * Purpose  take a piece from the left of a line, or leave it
 * Input    log lines: hostile
 * Errors   false: it does not stand there
 * Runs as  observer
 * Source   Postfix: log_adhoc(3), smtp_session(3) (name[address]:port)
 */
#include "agent/base/bytes.h"
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

/* barred - which of eight bytes may not stand in the name of a host */
static uint64_t
barred(uint64_t word)
{
	/* "<" and ">", "(" and ")" differ in one bit each */
	return bytes_below(word, ' ' + 1) |
	       bytes_are(word | BYTES_EACH('<' ^ '>'), '>') |
	       bytes_are(word | BYTES_EACH('(' ^ ')'), ')') |
	       bytes_are(word, '"') | bytes_are(word, ',') |
	       bytes_are(word, ';');
}

/* name_take - the name of a host, or an address, and the byte that ends it */
static bool
name_take(struct span *text, char ends, struct span *ret)
{
	uint32_t i = 0;

	for (; i < text->length; i += 8) {
		const uint32_t left = text->length - i;
		char last[8] = {0};
		uint64_t word, end, bad;

		if (left < sizeof(last))
			(void)memcpy(last, text->text + i, left);
		word = bytes_load(left < sizeof(last) ? last : text->text + i);
		end = bytes_are(word, ends);
		bad = barred(word);
		/* the lowest bit is the first byte: none that is bad before */
		if (bad != 0 && (end == 0 || (bad & -bad) < (end & -end)))
			return false;
		if (end != 0) {
			i += (uint32_t)bytes_first(end);
			break;
		}
	}
	if (i == 0 || i >= text->length)
		return false;
	*ret = (struct span){text->text, i};
	*text = log_from(*text, i + 1);
	return true;
}

bool
log_peer(struct span *text, struct span *ret_name, struct span *ret_address,
    uint16_t *ret_port)
{
	struct span rest = *text, name, address;
	uint32_t port = 0;

	if (!name_take(&rest, '[', &name) || !name_take(&rest, ']', &address))
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
