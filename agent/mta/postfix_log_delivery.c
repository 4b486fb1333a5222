/*
 * postfix_log_delivery.c - one recipient was tried: to=<...>, status=...
 *
 * Purpose  the grammar of log_adhoc(3), and of servers that were skipped
 * Input    log lines: hostile; addresses and replies may hold anything
 * Errors   a line that could be read in two ways tells nothing
 * Runs as  observer
 * Source   Postfix 2.11 to 3.11: log_adhoc.c, smtp_trouble.c
 *
 *   to=<A>[, orig_to=<A>], relay=R[, conn_use=N], delay=D, delays=D/D/D/D,
 *   dsn=X.Y.Z, status=WORD (TEXT)
 *
 * Up to Postfix 3.4 addresses stand here without their quotes, so that ">, "
 * may be part of one. The line is believed only when ">, relay=" stands in it
 * once: neither in an address nor in a reply.
 */
#include "agent/base/auto.h"
#include "agent/mta/postfix_log.h"

/* domain_of - after the last @; a domain has no @, a local part may */
static struct span
domain_of(struct span address)
{
	const char *at = memrchr(address.text, '@', address.length);
	struct span none = {NULL, 0}, domain;

	if (at == NULL)
		return none;
	domain = log_from(address, (size_t)(at - address.text) + 1);
	return domain.length == 0 ? none : domain;
}

/* seconds - "0.03", "12", each part of 9 digits at most; -1 when it is none */
static double
seconds(struct span *text)
{
	static const double scale[] = {
	    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
	uint32_t whole, part;
	double value;

	if (!log_number(text, &whole))
		return -1;
	value = whole;
	if (text->length > 1 && text->text[0] == '.') {
		struct span rest = log_from(*text, 1);
		const uint32_t before = rest.length;

		if (log_number(&rest, &part)) {
			value += part / scale[before - rest.length];
			*text = rest;
		}
	}
	return value;
}

/* delays=a/b/c/d: before the queue manager, in it, connection, transmission */
static void
delays(struct span text, struct log_event *ret)
{
	double part[4];

	for (size_t i = 0; i < ARRAY_COUNT(part); i++) {
		part[i] = seconds(&text);
		if (part[i] < 0 || (i < 3 && !LOG_EAT(&text, "/")))
			return;
	}
	ret->setup_s = part[2];
	ret->transfer_s = part[3];
}

static bool
status(struct span text, struct log_event *ret)
{
	struct span word;

	/* the text's bracket closes at the end of the line, nowhere else */
	if (!LOG_UNTIL(&text, " (", &word) || text.length == 0 ||
	    text.text[text.length - 1] != ')')
		return false;
	text.length--;
	if (LOG_IS(word, "sent"))
		ret->status = LOG_STATUS_SENT;
	else if (LOG_IS(word, "deferred") || LOG_IS(word, "SOFTBOUNCE") ||
	         LOG_IS(word, "undeliverable"))
		ret->status = LOG_STATUS_DEFERRED;
	else if (LOG_IS(word, "bounced"))
		ret->status = LOG_STATUS_BOUNCED;
	else /* a probe of an address: "deliverable" */
		return false;
	ret->reply = text;
	return true;
}

/*
 * pairs - ", name=value" up to the status
 * Later versions may add some: what is not known is passed over.
 */
static bool
pairs(struct span text, struct log_event *ret)
{
	struct span value;

	while (!LOG_EAT(&text, "status=")) {
		if (LOG_EAT(&text, "conn_use=")) {
			(void)log_number(&text, &ret->conn_use);
		} else if (LOG_EAT(&text, "delays=")) {
			if (!LOG_UNTIL(&text, ", ", &value))
				return false;
			delays(value, ret);
			continue;
		}
		if (!LOG_UNTIL(&text, ", ", &value))
			return false;
	}
	return status(text, ret);
}

/*
 * is_here - is this server a part of this host?
 * A socket of the file system, or a filter or mailbox on a loopback address.
 * Port 25 there may be a tunnel to elsewhere.
 */
static bool
is_here(const struct log_event *event)
{
	struct span address = event->address;

	if (address.text == NULL)
		return false;
	if (memchr(address.text, '/', address.length) != NULL)
		return true;
	return event->port != 25 &&
	       (LOG_EAT(&address, "127.") || LOG_IS(address, "::1"));
}

/* What was not tried now: an old refusal, or a row of mailfix's own. */
static bool
is_repeat(struct span daemon, struct span reply)
{
	return LOG_IS(daemon, "error") || LOG_IS(daemon, "retry") ||
	       LOG_EAT(&reply, "delivery temporarily suspended: ") ||
	       LOG_EAT(&reply, "paused by mailfix");
}

/*
 * address_of - the recipient, of "A" or "A>, orig_to=<B"
 * A quoted local part may hold the words between the two as well: then it is
 * not told whose domain it is, and a sender could blame another one.
 */
static bool
address_of(struct span addresses, struct span *ret)
{
	if (!LOG_UNTIL(&addresses, ">, orig_to=<", ret)) {
		*ret = addresses;
		return true;
	}
	return memchr(ret->text, '"', ret->length) == NULL &&
	       LOG_FIND(addresses, ">, orig_to=<") == NULL;
}

/* answer - what the reason tells; the port stands after relay= only */
static void
answer(struct log_event *ret)
{
	const struct span address = ret->address;
	const uint16_t port = ret->port;

	(void)postfix_log_answer(ret->reply, ret);
	if (ret->port == 0 && address.text != NULL &&
	    ret->address.length == address.length &&
	    memcmp(ret->address.text, address.text, address.length) == 0)
		ret->port = port;
}

enum log_event_kind
postfix_log_delivery(
    struct span text, struct span daemon, struct log_event *ret)
{
	struct span addresses, address = {NULL, 0}, relay;

	if (!LOG_UNTIL(&text, ">, relay=", &addresses) ||
	    LOG_FIND(text, ">, relay=") != NULL ||
	    !LOG_UNTIL(&text, ", ", &relay) || !pairs(text, ret))
		return LOG_EVENT_NONE;
	if (!address_of(addresses, &address))
		return LOG_EVENT_NONE;
	ret->domain = domain_of(address);
	ret->recipient = address;
	(void)log_peer(&relay, &ret->relay, &ret->address, &ret->port);
	ret->is_local =
	    !(LOG_IS(daemon, "smtp") || LOG_IS(daemon, "lmtp")) || is_here(ret);
	ret->is_repeat = is_repeat(daemon, ret->reply);
	if (ret->status == LOG_STATUS_SENT) {
		/* a socket of this host alone: others say what they like */
		if (ret->is_local && is_here(ret))
			ret->again = postfix_log_given(ret->reply);
		return LOG_EVENT_DELIVERY;
	}
	answer(ret);
	return LOG_EVENT_DELIVERY;
}

enum log_event_kind
postfix_log_smtp(struct span text, struct log_event *ret)
{
	struct span word = text, reason;

	/* a server of several: "QUEUEID: host X said: 4...", or without an id */
	if (postfix_log_answer(text, ret)) {
		ret->reply = text;
		return LOG_EVENT_REFUSAL;
	}
	if (LOG_EAT(&word, "SSL_connect error to ") &&
	    log_peer(&word, &ret->relay, &ret->address, &ret->port)) {
		if (!LOG_EAT(&word, ": "))
			word.length = 0;
		ret->detail = word;
		return LOG_EVENT_TLS_ERROR;
	}
	if (LOG_EAT(&text, "warning: SASL authentication ") &&
	    LOG_UNTIL(&text, ": ", &reason)) {
		ret->detail = text;
		return LOG_EVENT_SASL_OUT_FAILED;
	}
	return LOG_EVENT_NONE;
}
