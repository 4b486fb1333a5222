/*
 * log_event.h - one line of a mail log, and what it tells
 *
 * A source (file or journal) yields lines; the mail system's own grammar
 * (mta_ops.log_parse) makes events of them; the tally counts events. Texts
 * point into the line and are not terminated: they live until the next line.
 */
#ifndef MAILFIX_MAIL_LOG_EVENT_H
#define MAILFIX_MAIL_LOG_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "agent/mail/reply.h"

struct span {
	const char *text; /* NULL: absent */
	uint32_t length;
};

struct log_line {
	int64_t time_us; /* wall clock, since the epoch */
	/*
	 * "postfix/smtp", "postfix/mailfix-c2/smtp", "postfix/submission/smtpd",
	 * "opendkim": SYSLOG_IDENTIFIER, without [pid]
	 */
	struct span program;
	int32_t pid;      /* 0: not told */
	struct span text; /* after "program[pid]: " */
};

enum log_event_kind {
	LOG_EVENT_NONE,     /* nothing that counts */
	LOG_EVENT_DELIVERY, /* a recipient: sent, deferred, bounced */
	LOG_EVENT_REFUSAL,  /* a server of several that said no; no status */
	LOG_EVENT_CLIENT_CONNECT,
	LOG_EVENT_CLIENT_DISCONNECT,
	LOG_EVENT_CLIENT_MESSAGE, /* a message taken from a client */
	LOG_EVENT_CLIENT_REJECT,  /* we said 4xx or 5xx */
	LOG_EVENT_CLIENT_LIMIT,   /* anvil: count or rate exceeded */
	LOG_EVENT_CLIENT_AUTH_FAILED,
	LOG_EVENT_CLIENT_LOST, /* connection lost, or timed out, from a client */
	LOG_EVENT_PROCESS_LIMIT, /* a service of ours is full; stress */
	LOG_EVENT_MILTER_DOWN,
	LOG_EVENT_LOOKUP_FAILED, /* a table or policy service of ours */
	LOG_EVENT_STORAGE,       /* our disk refuses mail */
	LOG_EVENT_SHUTDOWN,      /* ours stops, starts, or reloads */
	LOG_EVENT_TLS_ERROR,
	LOG_EVENT_SASL_OUT_FAILED, /* our login at a relay was refused */
	LOG_EVENT_SUBMIT, /* a message taken from a user of this host */
	LOG_EVENT_QUEUED, /* a message is about to be delivered */
	LOG_EVENT_NAMED,  /* what its sender named a message */
	LOG_EVENT_KIND_MAX
};

enum log_status {
	LOG_STATUS_NONE,
	LOG_STATUS_SENT,
	LOG_STATUS_DEFERRED,
	LOG_STATUS_BOUNCED
};

/* Why the other side could not be talked to at all. */
enum log_net {
	LOG_NET_OK,
	LOG_NET_TIMEOUT,
	LOG_NET_REFUSED,
	LOG_NET_LOST,
	LOG_NET_UNREACHABLE,
	LOG_NET_DNS
};

/* Why we said no to a client. */
enum log_why {
	LOG_WHY_NONE,
	LOG_WHY_COUNT,     /* anvil: connections at a time */
	LOG_WHY_RATE,      /* anvil: connections a time */
	LOG_WHY_MESSAGES,  /* anvil: messages, recipients a time */
	LOG_WHY_AUTH,      /* anvil: AUTH commands; or the login itself */
	LOG_WHY_TLS,       /* anvil: new TLS sessions */
	LOG_WHY_PROCESSES, /* process limit, stress, "all ports busy" */
	LOG_WHY_MILTER,
	LOG_WHY_STORAGE,
	LOG_WHY_LOOKUP, /* table, policy service, DNS of ours */
	LOG_WHY_SHUTDOWN,
	LOG_WHY_CONFIG,  /* server configuration error */
	LOG_WHY_ERRORS,  /* the client made too many */
	LOG_WHY_TIMEOUT, /* the client was silent */
	LOG_WHY_POLICY,  /* relay denied, greylisting, blocklists of ours */
	LOG_WHY_MAX
};

extern const char *const log_why_names[]; /* "count", ...; NULL-terminated */

struct log_event {
	enum log_event_kind kind;
	int64_t time_us;
	struct span transport; /* "smtp", "mailfix-c2", "relay": who delivers */
	int32_t pid;
	struct span queue_id;

	/* deliveries */
	struct span domain;  /* of the recipient; as it stands, any case */
	struct span relay;   /* host name */
	struct span address; /* of the relay, or of the client */
	uint16_t port;
	enum log_status status;
	enum log_net net;
	bool is_repeat; /* an old refusal, or our own throttle: never counts */
	bool is_local;  /* delivered here: local, virtual, pipe, lmtp */
	int16_t code;   /* of the reply; 0: none */
	enum reply_stage stage;
	struct span reply;          /* the whole text in brackets */
	double setup_s, transfer_s; /* delays=a/b/c/d: c, d; or -1 */
	uint32_t conn_use; /* the nth message of this connection; 0: not told */

	/* clients, and our own services */
	enum log_why why;
	struct span client;  /* name, "unknown" */
	struct span service; /* "smtp", "submission"; the milter's endpoint */
	struct span detail;  /* what failed, for people */
	uint32_t count;      /* "concurrency limit exceeded: 51"; recipients */

	/* messages, and who submitted them */
	struct span account; /* the login; the uid, in digits; absent: none */
	struct span sender, recipient; /* addresses as they stand */
	struct span message_id;        /* in its brackets, if it has any */
	/*
	 * the same message under another id: of one that a filter gives back,
	 * its id before; of one that a filter took, its id after
	 */
	struct span again;
	bool is_forwarded; /* the client is told by a proxy, not by TCP */
};

static inline bool
span_is(struct span span, const char *text)
{
	return span.text != NULL && strlen(text) == span.length &&
	       memcmp(span.text, text, span.length) == 0;
}

#endif
