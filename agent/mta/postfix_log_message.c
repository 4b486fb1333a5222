/*
 * postfix_log_message.c - who submitted a message, and what it is called
 *
 * Purpose  the grammar of smtpd's client=, pickup's uid=, qmgr's from=
 * Input    log lines: hostile; clients choose their addresses, and the value
 *          of AUTH= in MAIL FROM, which stands last but for what XFORWARD told
 * Errors   what could be read in two ways tells nothing
 * Runs as  observer
 * Source   Postfix 2.11 to 3.11: smtpd.c (smtpd_check_queue, "client="),
 *          pickup.c, qmgr_message.c; XFORWARD_README
 *
 *   ID: client=NAME[ADDRESS][, sasl_method=M][, sasl_username=U]
 *       [, sasl_sender=S][, orig_queue_id=ID][, orig_client=NAME[ADDRESS]]
 *   ID: uid=N from=<A>[ orig_id=ID]
 *   ID: from=<A>, size=N, nrcpt=N (queue active)
 */
#include "agent/base/auto.h"
#include "agent/mta/postfix_log.h"

/* find_last - where a literal last stands, or NULL */
static const char *
find_last(struct span text, const char *literal, size_t length)
{
	const char *found = NULL, *at;

	while ((at = log_find(text, literal, length)) != NULL) {
		found = at;
		text = log_from(text, (size_t)(at - text.text) + length);
	}
	return found;
}

#define FIND_LAST(text, literal) find_last(text, literal, sizeof(literal) - 1)

/* id_take - a queue id: letters and digits, to the end or a comma */
static struct span
id_take(struct span text)
{
	uint32_t i = 0;

	while (i < text.length &&
	       ((text.text[i] >= '0' && text.text[i] <= '9') ||
	           (text.text[i] >= 'A' && text.text[i] <= 'Z') ||
	           (text.text[i] >= 'a' && text.text[i] <= 'z')))
		i++;
	if (i == 0 || (i < text.length && text.text[i] != ','))
		return (struct span){NULL, 0};
	return (struct span){text.text, i};
}

void
postfix_log_login(struct span text, struct log_event *ret)
{
	struct span rest = text, name;
	const char *comma;

	if (text.length == 0)
		return;
	/* a mechanism has no comma in its name: RFC 4422 section 3.1 */
	if (LOG_EAT(&rest, ", sasl_method=") &&
	    (comma = memchr(rest.text, ',', rest.length)) != NULL) {
		rest = log_from(rest, (size_t)(comma - rest.text));
		if (!LOG_EAT(&rest, ", sasl_username="))
			return;
		name = rest;
		/* the first of these: what follows may be a client's words */
		if (memchr(rest.text, ',', rest.length) != NULL &&
		    !LOG_UNTIL(&rest, ", sasl_sender=", &name) &&
		    !LOG_UNTIL(&rest, ", orig_queue_id=", &name))
			(void)LOG_UNTIL(&rest, ", orig_client=", &name);
		ret->account = name;
		return;
	}
	if (LOG_EAT(&text, ", orig_queue_id=")) {
		ret->again = id_take(text);
		ret->is_forwarded = true;
	} else if (LOG_EAT(&text, ", orig_client=")) {
		ret->is_forwarded = true;
	}
}

enum log_event_kind
postfix_log_pickup(struct span text, struct log_event *ret)
{
	const char *digits;
	uint32_t uid;

	if (!LOG_EAT(&text, "uid="))
		return LOG_EVENT_NONE;
	digits = text.text;
	/* one that was requeued ends with "> orig_id=ID": it is not new */
	if (!log_number(&text, &uid) || !LOG_STARTS(text, " from=<") ||
	    text.text[text.length - 1] != '>')
		return LOG_EVENT_NONE;
	ret->account = (struct span){digits, (uint32_t)(text.text - digits)};
	return LOG_EVENT_SUBMIT;
}

/*
 * postfix_log_queued - read from the end, where nothing is a client's: an
 * address may hold what looks like the rest of the line
 */
bool
postfix_log_queued(struct span text, struct log_event *ret)
{
	static const char tail[] = " (queue active)", head[] = ">, size=";
	const size_t length = sizeof(tail) - 1;
	uint32_t end, at;
	struct span count;

	if (text.length <= length ||
	    memcmp(text.text + text.length - length, tail, length) != 0)
		return false;
	end = (uint32_t)(text.length - length);
	for (at = end;
	     at > 0 && text.text[at - 1] >= '0' && text.text[at - 1] <= '9';
	     at--)
		;
	count = (struct span){text.text + at, end - at};
	if (at < 8 || memcmp(text.text + at - 8, ", nrcpt=", 8) != 0 ||
	    !log_number(&count, &ret->count) || count.length != 0)
		return false;
	for (at -= 8;
	     at > 0 && text.text[at - 1] >= '0' && text.text[at - 1] <= '9';
	     at--)
		;
	if (at < sizeof(head) - 1 || memcmp(text.text + at - (sizeof(head) - 1),
	                                 head, sizeof(head) - 1) != 0)
		return false;
	ret->sender =
	    (struct span){text.text, (uint32_t)(at - (sizeof(head) - 1))};
	return true;
}

/* postfix_log_given - "250 2.0.0 Ok: queued as ID", of a filter of this host */
struct span
postfix_log_given(struct span reply)
{
	const char *at = FIND_LAST(reply, "queued as ");

	if (at == NULL)
		return (struct span){NULL, 0};
	return id_take(log_from(
	    reply, (size_t)(at - reply.text) + sizeof("queued as ") - 1));
}
