/*
 * postfix_log.c - what one line of Postfix's log tells
 *
 * Purpose  the name of the program, the queue id, and who reads the rest
 * Input    log lines: hostile
 * Errors   LOG_EVENT_NONE: nothing that counts, or nothing that is sure
 * Runs as  observer
 * Source   postconf(5) syslog_name; mail_queue(3) for ids; the daemons' files
 */
#include "agent/mta/postfix_log.h"

#include <limits.h>
#include <string.h>

/*
 * mail_queue.h: the short form is hexadecimal, the long one has no vowels, so
 * that "warning: " is none. Microseconds and an inode, or seconds as well: both
 * are shorter than this, and not as short.
 */
#define ID_LONGEST  32
#define ID_SHORTEST 5

/* "<>": no name at all, as of very many. */
#define NAME_SHORTEST 3

/* Which bytes an id may have: digits, capitals and the small consonants. */
static const bool is_id[UCHAR_MAX + 1] = {
#define IDS(a, b, c, d, e)                                                     \
	[a] = true, [b] = true, [c] = true, [d] = true, [e] = true
    IDS('0', '1', '2', '3', '4'),
    IDS('5', '6', '7', '8', '9'),
    IDS('A', 'B', 'C', 'D', 'E'),
    IDS('F', 'G', 'H', 'I', 'J'),
    IDS('K', 'L', 'M', 'N', 'O'),
    IDS('P', 'Q', 'R', 'S', 'T'),
    IDS('U', 'V', 'W', 'X', 'Y'),
    IDS('Z', 'b', 'c', 'd', 'f'),
    IDS('g', 'h', 'j', 'k', 'l'),
    IDS('m', 'n', 'p', 'q', 'r'),
    IDS('s', 't', 'v', 'w', 'x'),
    ['y'] = true,
    ['z'] = true,
#undef IDS
};

/* queue_id - take "4F2A1B2C3D: " or "NOQUEUE: " (which is no id) */
static bool
queue_id(struct span *text, struct span *ret)
{
	uint32_t i = 0;

	while (i < text->length && i < ID_LONGEST &&
	       is_id[(unsigned char)text->text[i]])
		i++;
	if (i < ID_SHORTEST || i + 2 > text->length || text->text[i] != ':' ||
	    text->text[i + 1] != ' ')
		return false;
	*ret = (struct span){text->text, i};
	*text = log_from(*text, i + 2);
	if (LOG_IS(*ret, "NOQUEUE"))
		*ret = (struct span){NULL, 0};
	return true;
}

/*
 * program - "postfix/smtp" is smtp; "postfix/mailfix-c2/smtp" is smtp of the
 * service mailfix-c2; the first part is anything (several instances)
 */
static bool
program(struct span name, struct span *ret_daemon, struct span *ret_service)
{
	const char *first = memchr(name.text, '/', name.length), *last = first,
	           *end = name.text + name.length, *next;

	if (first == NULL)
		return false;
	while ((next = memchr(last + 1, '/', (size_t)(end - last - 1))) != NULL)
		last = next;
	*ret_daemon = log_from(name, (size_t)(last - name.text) + 1);
	*ret_service = *ret_daemon;
	if (first != last)
		*ret_service =
		    (struct span){first + 1, (uint32_t)(last - first - 1)};
	return ret_daemon->length != 0 && ret_service->length != 0;
}

/* What any daemon may find wrong; not smtpd, postscreen, master. */
static enum log_event_kind
warning(struct span text, struct log_event *ret)
{
	enum log_event_kind kind;

	if (!LOG_EAT(&text, "warning: ") && !LOG_EAT(&text, "error: ") &&
	    !LOG_EAT(&text, "fatal: "))
		return LOG_EVENT_NONE;
	kind = postfix_log_warning(text, ret);
	return kind != LOG_EVENT_NONE ? kind : postfix_log_disk(text, ret);
}

/*
 * begin - nothing is told yet
 * Only where a line may tell something: most do not, and an event is large.
 */
static void
begin(const struct log_line *line, struct log_event *ret)
{
	*ret = (struct log_event){.time_us = line->time_us,
	    .pid = line->pid,
	    .setup_s = -1,
	    .transfer_s = -1};
}

/* is_named - "message-id=<A>", of cleanup; one without a name has none */
static bool
is_named(struct span text, struct log_event *ret)
{
	if (!LOG_EAT(&text, "message-id=") || text.length < NAME_SHORTEST)
		return false;
	ret->message_id = text;
	return true;
}

/* is_by - "postfix/NAME", of any instance */
static bool
is_by(struct span program, const char *name, size_t length)
{
	return program.length > length &&
	       memcmp(program.text + program.length - length, name, length) ==
	           0;
}

#define IS_BY(program, name) is_by(program, name, sizeof(name) - 1)

/*
 * routine - what the queue manager and cleanup say of every message: half of
 * all lines, so nothing is set but what they tell, and what they call an id
 * is one
 * Returns false where others may have to look at the line.
 */
static bool
routine(const struct log_line *line, struct log_event *ret)
{
	const struct span text = line->text;
	const char *colon = memchr(text.text, ':',
	    text.length < ID_LONGEST ? text.length : ID_LONGEST);
	struct span rest;

	/* behind what begins as an id may and a warning does not */
	if (colon == NULL || text.text[0] > 'Z')
		return false;
	rest = log_from(text, (size_t)(colon - text.text) + 1);
	if (rest.length < 2)
		return false;
	ret->queue_id = (struct span){text.text, (uint32_t)(colon - text.text)};
	rest = log_from(rest, 1);
	switch (rest.text[0]) {
	case 'r':
		return LOG_IS(rest, "removed");
	case 'm':
		if (!LOG_STARTS(rest, "message-id="))
			return false;
		if (ret->queue_id.length >= ID_SHORTEST &&
		    IS_BY(line->program, "/cleanup") && is_named(rest, ret))
			ret->kind = LOG_EVENT_NAMED;
		return true;
	case 'f':
		if (ret->queue_id.length < ID_SHORTEST ||
		    !LOG_EAT(&rest, "from=<") ||
		    !IS_BY(line->program, "/qmgr") ||
		    !postfix_log_queued(rest, ret))
			return false;
		ret->kind = LOG_EVENT_QUEUED;
		return true;
	default:
		return false;
	}
}

/* Programs that deliver, or refuse to try. */
static enum log_event_kind
agent(const struct log_line *line, struct span daemon, struct span service,
    struct log_event *ret)
{
	struct span text = line->text, id = {NULL, 0};
	const bool has_id = queue_id(&text, &id);
	enum log_event_kind kind = LOG_EVENT_NONE;

	begin(line, ret);
	ret->transport = service;
	ret->queue_id = id;
	if (has_id && LOG_EAT(&text, "to=<"))
		return postfix_log_delivery(text, daemon, ret);
	if (LOG_IS(daemon, "smtp"))
		kind = postfix_log_smtp(text, ret);
	return kind != LOG_EVENT_NONE ? kind : warning(text, ret);
}

/* All but those that deliver. */
static enum log_event_kind
server(const struct log_line *line, struct span daemon, struct span service,
    struct log_event *ret)
{
	struct span text = line->text, id = {NULL, 0};
	const bool has_id = queue_id(&text, &id);

	begin(line, ret);
	ret->service = service;
	ret->queue_id = id;
	if (LOG_IS(daemon, "smtpd"))
		return postfix_log_smtpd(text, ret);
	if (LOG_IS(daemon, "postscreen"))
		return postfix_log_postscreen(text, ret);
	if (LOG_IS(daemon, "pickup") && has_id)
		return postfix_log_pickup(text, ret);
	if (LOG_IS(daemon, "cleanup") && has_id)
		return postfix_log_reject(text, ret);
	/* theirs are no messages' */
	ret->queue_id = (struct span){NULL, 0};
	return LOG_IS(daemon, "master") ? postfix_log_master(line->text, ret)
	                                : warning(line->text, ret);
}

/* is_agent - does this daemon log deliveries? */
static bool
is_agent(struct span daemon)
{
	switch (daemon.length) {
	case 4:
		return LOG_IS(daemon, "smtp") || LOG_IS(daemon, "lmtp") ||
		       LOG_IS(daemon, "pipe") || LOG_IS(daemon, "qmgr");
	case 5:
		return LOG_IS(daemon, "local") || LOG_IS(daemon, "error") ||
		       LOG_IS(daemon, "retry") || LOG_IS(daemon, "nqmgr") ||
		       LOG_IS(daemon, "oqmgr");
	case 7:
		return LOG_IS(daemon, "virtual") || LOG_IS(daemon, "discard");
	default:
		return false;
	}
}

enum log_event_kind
postfix_log_parse(const struct log_line *line, struct log_event *ret)
{
	struct span daemon, service;

	ret->kind = LOG_EVENT_NONE;
	ret->time_us = line->time_us;
	ret->pid = line->pid;
	if (line->text.length == 0 || line->program.length == 0)
		return LOG_EVENT_NONE;
	if (routine(line, ret))
		return ret->kind;
	if (!program(line->program, &daemon, &service))
		return LOG_EVENT_NONE;
	ret->kind = is_agent(daemon) ? agent(line, daemon, service, ret)
	                             : server(line, daemon, service, ret);
	return ret->kind;
}
