/*
 * postfix_log_client.c - who talks to us, and whom we refused
 *
 * Purpose  the grammar of smtpd, postscreen, and rejects of all daemons
 * Input    log lines: hostile; clients choose their names, HELO and addresses
 * Errors   what is not known tells nothing
 * Runs as  observer
 * Source   Postfix 2.11 to 3.11: smtpd.c, smtpd_check.c, smtpd_sasl_glue.c,
 *          postscreen.c, cleanup_milter.c
 */
#include "agent/base/auto.h"
#include "agent/mta/postfix_log.h"

static bool
client(struct span *text, struct log_event *ret)
{
	return log_peer(text, &ret->client, &ret->address, &ret->port);
}

/* What anvil's counters found: "LIMIT: 51 from NAME[ADDRESS] for service X" */
static const struct {
	const char *text;
	enum log_why why;
	int16_t code; /* that the client is answered */
} limits[] = {
    {"Connection concurrency limit exceeded: ",        LOG_WHY_COUNT,    421},
    {"Connection rate limit exceeded: ",               LOG_WHY_RATE,     421},
    {"Message delivery request rate limit exceeded: ", LOG_WHY_MESSAGES, 450},
    {"Recipient address rate limit exceeded: ",        LOG_WHY_MESSAGES, 450},
    {"AUTH command rate limit exceeded: ",             LOG_WHY_AUTH,     450},
    {"New TLS session rate limit exceeded: ",          LOG_WHY_TLS,      421},
};

static enum log_event_kind
limit(struct span text, struct log_event *ret)
{
	for (size_t i = 0; i < ARRAY_COUNT(limits); i++) {
		if (!log_eat(&text, limits[i].text, strlen(limits[i].text)))
			continue;
		if (!log_number(&text, &ret->count) ||
		    !LOG_EAT(&text, " from ") || !client(&text, ret))
			return LOG_EVENT_NONE;
		if (LOG_EAT(&text, " for service "))
			ret->service = text;
		ret->why = limits[i].why;
		ret->code = limits[i].code;
		return LOG_EVENT_CLIENT_LIMIT;
	}
	return LOG_EVENT_NONE;
}

/* "NAME[ADDRESS]: SASL LOGIN authentication failed: ..." */
static enum log_event_kind
login_failed(struct span text, struct log_event *ret)
{
	struct span mechanism;

	if (!client(&text, ret) || !LOG_EAT(&text, ": SASL ") ||
	    !LOG_UNTIL(&text, " ", &mechanism) ||
	    !LOG_EAT(&text, "authentication failed"))
		return LOG_EVENT_NONE;
	if (LOG_EAT(&text, ": "))
		ret->detail = text;
	if (LOG_EAT(&text, "Connection lost to authentication server")) {
		ret->service = mechanism;
		ret->why = LOG_WHY_LOOKUP;
		ret->code = 454;
		return LOG_EVENT_LOOKUP_FAILED;
	}
	ret->why = LOG_WHY_AUTH;
	ret->code = 535;
	return LOG_EVENT_CLIENT_AUTH_FAILED;
}

/* "lost connection after DATA (12 bytes) from NAME[ADDRESS]" */
static enum log_event_kind
ended(struct span text, struct log_event *ret)
{
	struct span command;
	enum log_event_kind kind = LOG_EVENT_CLIENT_LOST;

	if (LOG_EAT(&text, "lost connection after ")) {
		ret->net = LOG_NET_LOST;
	} else if (LOG_EAT(&text, "timeout after ")) {
		ret->net = LOG_NET_TIMEOUT;
		ret->why = LOG_WHY_TIMEOUT;
		ret->code = 421;
	} else if (LOG_EAT(&text, "too many errors after ")) {
		ret->why = LOG_WHY_ERRORS;
		ret->code = 421;
		kind = LOG_EVENT_CLIENT_REJECT;
	} else {
		return LOG_EVENT_NONE;
	}
	/* the command is one of a closed set and has no " from " in it */
	if (!LOG_UNTIL(&text, " from ", &command) || !client(&text, ret))
		return LOG_EVENT_NONE;
	return kind;
}

/*
 * reject_why - why did we say this?
 * text  behind the code: "4.3.1 Insufficient system storage"
 * A milter that says "tempfail" and one that cannot be asked give the same
 * text; the tally knows which of them it was.
 */
static enum log_why
reject_why(struct span text, int code, bool is_milter)
{
	if (LOG_EAT(&text, "4.3.1"))
		return LOG_WHY_STORAGE;
	if (LOG_EAT(&text, "4.3.5"))
		return LOG_WHY_CONFIG;
	if (is_milter)
		return LOG_EAT(
		           &text, "4.7.1 Service unavailable - try again") ||
		               code == 421
		           ? LOG_WHY_MILTER
		           : LOG_WHY_POLICY;
	if (!LOG_EAT(&text, "4.3.0"))
		return LOG_WHY_POLICY;
	return LOG_FIND(text, "queue file write error") != NULL
	           ? LOG_WHY_STORAGE
	           : LOG_WHY_LOOKUP;
}

static enum log_event_kind
reject(struct span text, bool is_milter, struct log_event *ret)
{
	struct span stage, reply;

	/* the stage is one word: "RCPT", "END-OF-MESSAGE" */
	if (!LOG_UNTIL(&text, " ", &stage) || !LOG_EAT(&text, "from ") ||
	    !client(&text, ret) || !LOG_EAT(&text, ": ") || text.length < 4)
		return LOG_EVENT_NONE;
	reply = text;
	ret->code = (int16_t)log_code(text);
	if (ret->code != 0)
		text = log_from(text, 4);
	else if (text.text[1] == '.') /* cleanup leaves the code out */
		ret->code = text.text[0] == '4' ? 451 : 550;
	if (ret->code < 400)
		return LOG_EVENT_NONE;
	ret->why = reject_why(text, ret->code, is_milter);
	if (!LOG_UNTIL(&reply, "; from=<", &ret->reply) &&
	    !LOG_UNTIL(&reply, "; proto=", &ret->reply))
		ret->reply = reply;
	return LOG_EVENT_CLIENT_REJECT;
}

enum log_event_kind
postfix_log_reject(struct span text, struct log_event *ret)
{
	if (LOG_EAT(&text, "reject: "))
		return reject(text, false, ret);
	if (LOG_EAT(&text, "milter-reject: "))
		return reject(text, true, ret);
	return LOG_EVENT_NONE;
}

static enum log_event_kind
smtpd_warning(struct span text, struct log_event *ret)
{
	enum log_event_kind kind = limit(text, ret);

	if (kind == LOG_EVENT_NONE)
		kind = login_failed(text, ret);
	return kind != LOG_EVENT_NONE ? kind : postfix_log_warning(text, ret);
}

enum log_event_kind
postfix_log_smtpd(struct span text, struct log_event *ret)
{
	if (text.length == 0)
		return LOG_EVENT_NONE;
	switch (text.text[0]) {
	case 'c':
		if (LOG_EAT(&text, "connect from "))
			return client(&text, ret) ? LOG_EVENT_CLIENT_CONNECT
			                          : LOG_EVENT_NONE;
		/* after a queue id: the message was taken */
		if (ret->queue_id.text == NULL || !LOG_EAT(&text, "client=") ||
		    !client(&text, ret))
			return LOG_EVENT_NONE;
		postfix_log_login(text, ret);
		return LOG_EVENT_CLIENT_MESSAGE;
	case 'd':
		if (LOG_EAT(&text, "disconnect from ") && client(&text, ret))
			return LOG_EVENT_CLIENT_DISCONNECT;
		return LOG_EVENT_NONE;
	case 'l':
	case 't':
		return ended(text, ret);
	case 'r':
	case 'm':
		return postfix_log_reject(text, ret);
	case 'w':
		return LOG_EAT(&text, "warning: ") ? smtpd_warning(text, ret)
		                                   : LOG_EVENT_NONE;
	case 'S':
		if (LOG_EAT(&text, "SSL_accept error from ") &&
		    client(&text, ret)) {
			ret->detail = text;
			return LOG_EVENT_TLS_ERROR;
		}
		return LOG_EVENT_NONE;
	default:
		return LOG_EVENT_NONE;
	}
}

/* "[ADDRESS]:PORT", without a name */
static bool
screened(struct span *text, struct log_event *ret)
{
	struct span rest = *text;

	if (!LOG_EAT(&rest, "[") || !LOG_UNTIL(&rest, "]:", &ret->address))
		return false;
	*text = rest;
	return true;
}

enum log_event_kind
postfix_log_postscreen(struct span text, struct log_event *ret)
{
	struct span port;

	ret->service = (struct span){"postscreen", sizeof("postscreen") - 1};
	if (LOG_EAT(&text, "entering STRESS mode with ")) {
		(void)log_number(&text, &ret->count);
		ret->why = LOG_WHY_PROCESSES;
		return LOG_EVENT_PROCESS_LIMIT;
	}
	if (LOG_EAT(&text, "reject: RCPT from ")) {
		if (!screened(&text, ret) || !LOG_UNTIL(&text, ": ", &port))
			return LOG_EVENT_NONE;
		ret->code = (int16_t)log_code(text);
		ret->why = LOG_WHY_POLICY;
		ret->reply = text;
		return LOG_EVENT_CLIENT_REJECT;
	}
	if ((!LOG_EAT(&text, "reject: CONNECT from ") &&
	        !LOG_EAT(&text, "reject: connect from ")) ||
	    !screened(&text, ret) || !LOG_UNTIL(&text, ": ", &port))
		return LOG_EVENT_NONE;
	ret->code = 421;
	if (LOG_IS(text, "too many connections")) {
		ret->why = LOG_WHY_COUNT;
		return LOG_EVENT_CLIENT_LIMIT;
	}
	/* "all server ports busy", "all screening ports busy" */
	ret->why = LOG_WHY_PROCESSES;
	return LOG_EVENT_CLIENT_REJECT;
}
