/*
 * postfix_log_own.c - what is wrong with us: warnings, the main process
 *
 * Purpose  milters, tables, policy services, storage, process limits
 * Input    log lines: hostile in parts
 * Errors   what is not known tells nothing
 * Runs as  observer
 * Source   Postfix 2.11 to 3.11: master_avail.c, master.c, milter8.c,
 *          attr_clnt.c, dict_*.c, smtpd_check.c, xsasl_dovecot_server.c
 */
#include "agent/base/auto.h"
#include "agent/mta/postfix_log.h"

/*
 * peer_reason - "inet:localhost:8891: reason", "unix:/x: reason"
 * An endpoint may have colons, but no space.
 */
static bool
peer_reason(struct span text, struct log_event *ret)
{
	if (!LOG_UNTIL(&text, ": ", &ret->service))
		return false;
	ret->detail = text;
	return true;
}

/* "connect to Milter service inet:127.0.0.1:8891: Connection refused" */
static enum log_event_kind
milter(struct span text, struct log_event *ret)
{
	if (!LOG_EAT(&text, "connect to Milter service ") &&
	    !LOG_EAT(&text, "milter "))
		return LOG_EVENT_NONE;
	if (!peer_reason(text, ret) ||
	    memchr(ret->service.text, ' ', ret->service.length) != NULL)
		return LOG_EVENT_NONE;
	ret->why = LOG_WHY_MILTER;
	return LOG_EVENT_MILTER_DOWN;
}

/* "problem talking to server private/policy: Connection refused" */
static enum log_event_kind
service(struct span text, struct log_event *ret)
{
	if (!LOG_EAT(&text, "problem talking to server ") &&
	    !LOG_EAT(&text, "problem talking to service ") &&
	    !LOG_EAT(&text, "SASL: Connect to Dovecot auth socket ") &&
	    !LOG_EAT(&text, "SASL: Connect to "))
		return LOG_EVENT_NONE;
	ret->why = LOG_WHY_LOOKUP;
	if (LOG_EAT(&text, "'") &&
	    LOG_UNTIL(&text, "' failed: ", &ret->service))
		ret->detail = text;
	else if (LOG_UNTIL(&text, " failed: ", &ret->service))
		ret->detail = text;
	else if (!peer_reason(text, ret))
		return LOG_EVENT_NONE;
	return LOG_EVENT_LOOKUP_FAILED;
}

/*
 * table - "hash:/etc/postfix/x is unavailable. open database ...",
 * "proxy:mysql:/etc/x.cf lookup error for "y"", "hash:/x: table lookup problem"
 */
static enum log_event_kind
table(struct span text, struct log_event *ret)
{
	struct span name, rest;

	(void)LOG_EAT(&text, "table ");
	rest = text;
	if (!LOG_UNTIL(&rest, " ", &name) || name.length < 3 ||
	    memchr(name.text, ':', name.length) == NULL)
		return LOG_EVENT_NONE;
	if (name.text[name.length - 1] == ':') {
		name.length--;
		if (!LOG_EAT(&rest, "table lookup problem") &&
		    !LOG_EAT(&rest, "lookup error"))
			return LOG_EVENT_NONE;
	} else if (!LOG_EAT(&rest, "is unavailable. ") &&
	           !LOG_EAT(&rest, "lookup error") &&
	           !LOG_EAT(&rest, "map lookup problem")) {
		return LOG_EVENT_NONE;
	}
	ret->service = name;
	ret->detail = rest.length != 0 ? rest : text;
	ret->why = LOG_WHY_LOOKUP;
	return LOG_EVENT_LOOKUP_FAILED;
}

/* "not enough free space in mail queue: 1234 bytes < ..." */
static enum log_event_kind
storage(struct span text, struct log_event *ret)
{
	if (!LOG_EAT(&text, "not enough free space in mail queue"))
		return LOG_EVENT_NONE;
	ret->code = 452; /* that the client is answered; a reject follows */
	ret->detail = text;
	ret->why = LOG_WHY_STORAGE;
	return LOG_EVENT_STORAGE;
}

/*
 * postfix_log_disk - a file could not be written
 * Only at the very end, and not from smtpd, whose warnings end with what a
 * client said.
 */
enum log_event_kind
postfix_log_disk(struct span text, struct log_event *ret)
{
	static const char *const ends[] = {
	    ": No space left on device", ": Disk quota exceeded"};

	for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
		const size_t length = strlen(ends[i]);

		if (text.length <= length ||
		    memcmp(text.text + text.length - length, ends[i], length) !=
		        0)
			continue;
		ret->detail = text;
		ret->why = LOG_WHY_STORAGE;
		return LOG_EVENT_STORAGE;
	}
	return LOG_EVENT_NONE;
}

/* databases say more in words of their own, before the table's line */
static const char *const databases[] = {"connect to mysql server ",
    "mysql query failed: ", "connect to pgsql server ",
    "dict_pgsql: ", "dict_ldap_connect: ", "dict_ldap_lookup: "};

static enum log_event_kind
database(struct span text, struct log_event *ret)
{
	for (size_t i = 0; i < ARRAY_COUNT(databases); i++) {
		const size_t length = strlen(databases[i]);

		if (!log_starts(text, databases[i], length))
			continue;
		ret->service = (struct span){text.text,
		    (uint32_t)(databases[i][length - 2] == ':' ? length - 2
		                                               : length - 1)};
		ret->detail = text;
		ret->why = LOG_WHY_LOOKUP;
		return LOG_EVENT_LOOKUP_FAILED;
	}
	return LOG_EVENT_NONE;
}

enum log_event_kind
postfix_log_warning(struct span text, struct log_event *ret)
{
	static enum log_event_kind (*const rules[])(
	    struct span text, struct log_event * ret) = {
	    milter, service, database, table, storage};
	enum log_event_kind kind = LOG_EVENT_NONE;

	for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
		kind = rules[i](text, ret);
		if (kind != LOG_EVENT_NONE)
			break;
	}
	return kind;
}

enum log_event_kind
postfix_log_master(struct span text, struct log_event *ret)
{
	if (LOG_EAT(&text, "daemon started") || LOG_EAT(&text, "reload ") ||
	    LOG_EAT(&text, "terminating on signal")) {
		ret->why = LOG_WHY_SHUTDOWN;
		return LOG_EVENT_SHUTDOWN;
	}
	if (!LOG_EAT(&text, "warning: service \"") ||
	    !LOG_UNTIL(&text, "\" (", &ret->service) ||
	    LOG_FIND(text, ") has reached its process limit \"") == NULL)
		return LOG_EVENT_NONE;
	(void)LOG_UNTIL(&text, "process limit \"", &ret->detail);
	(void)log_number(&text, &ret->count);
	ret->detail = (struct span){NULL, 0};
	ret->why = LOG_WHY_PROCESSES;
	return LOG_EVENT_PROCESS_LIMIT;
}
