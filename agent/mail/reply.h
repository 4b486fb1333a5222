/*
 * reply.h - what an SMTP reply means: cause, side, scope, remedy
 *
 * The knowledge is data: replies.ini, a catalogue of patterns, and what sites
 * add to it. What no pattern knows is told from the enhanced code, the code and
 * the stage, and says so. Source: RFC 5321 section 4.2, RFC 3463, the IANA
 * registry of enhanced status codes.
 */
#ifndef MAILFIX_MAIL_REPLY_H
#define MAILFIX_MAIL_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/lint.h"
#include "agent/base/mem.h"
#include "agent/base/why.h"

enum reply_cause {
	REPLY_CAUSE_UNKNOWN,
	REPLY_CAUSE_CONCURRENCY,             /* too many sessions at a time */
	REPLY_CAUSE_RATE,                    /* too many messages a time */
	REPLY_CAUSE_MESSAGES_PER_CONNECTION, /* too many in one session */
	REPLY_CAUSE_REPUTATION,     /* what they think of address or domain */
	REPLY_CAUSE_AUTHENTICATION, /* SPF, DKIM, DMARC */
	REPLY_CAUSE_PTR,            /* reverse DNS, or the HELO name */
	REPLY_CAUSE_TLS,
	REPLY_CAUSE_CREDENTIALS,     /* login refused: SASL, account */
	REPLY_CAUSE_RECIPIENT_QUOTA, /* one mailbox gets mail too quickly */
	REPLY_CAUSE_MAILBOX_FULL,
	REPLY_CAUSE_RECIPIENT, /* no such mailbox, or not reachable */
	REPLY_CAUSE_GREYLISTING,
	REPLY_CAUSE_REMOTE_OVERLOAD,
	REPLY_CAUSE_REMOTE_FAULT,      /* their disk, lookup, configuration */
	REPLY_CAUSE_OUR_OVERLOAD,      /* this host is the overloaded one */
	REPLY_CAUSE_OUR_CONFIGURATION, /* this host's configuration */
	REPLY_CAUSE_MILTER,
	REPLY_CAUSE_POLICY,  /* contents, size, a rule of theirs */
	REPLY_CAUSE_NETWORK, /* no connection, or it broke */
	REPLY_CAUSE_BLOCKED, /* refused for good, or on a list, whatever the code */
	REPLY_CAUSE_MAX
};

enum reply_side {
	REPLY_SIDE_UNKNOWN,
	REPLY_SIDE_SENDER, /* must act: whoever sends */
	REPLY_SIDE_RECEIVER,
	REPLY_SIDE_NETWORK,
	REPLY_SIDE_MAX
};

enum reply_scope {
	REPLY_SCOPE_UNKNOWN,
	REPLY_SCOPE_ADDRESS, /* all mail from this IP address */
	REPLY_SCOPE_DOMAIN,  /* all mail of this sending domain */
	REPLY_SCOPE_RECIPIENT,
	REPLY_SCOPE_MESSAGE,
	REPLY_SCOPE_ACCOUNT, /* the account at a relay */
	REPLY_SCOPE_MAX
};

/* Where in the dialogue; RFC 5321 section 4.1.1. */
enum reply_stage {
	REPLY_STAGE_UNKNOWN,
	REPLY_STAGE_CONNECT,
	REPLY_STAGE_GREETING,
	REPLY_STAGE_EHLO,
	REPLY_STAGE_STARTTLS,
	REPLY_STAGE_AUTH,
	REPLY_STAGE_MAIL,
	REPLY_STAGE_RCPT,
	REPLY_STAGE_DATA,
	REPLY_STAGE_END_OF_DATA,
	REPLY_STAGE_QUIT,
	REPLY_STAGE_MAX
};

enum reply_match {
	REPLY_MATCH_NONE,
	REPLY_MATCH_GENERAL,
	REPLY_MATCH_EXACT,
	REPLY_MATCH_MAX
};

/*
 * Words as replies.ini, facts, playbooks and JSON spell them ("concurrency",
 * "messages-per-connection", "end-of-data"); NULL-terminated, in enum order.
 */
extern const char *const reply_cause_names[],
    *const reply_side_names[], *const reply_scope_names[],
                                   *const reply_stage_names[],
                                       *const reply_match_names[];

/* reply_cause_text - for people: "too many connections from us" */
const char *reply_cause_text(enum reply_cause cause);

/* A reply taken apart. Texts point into the arena of reply_read(). */
struct reply {
	int code;             /* 421; 0: none told */
	const char *enhanced; /* "4.7.0", or NULL */
	enum reply_stage stage;
	const char *text;  /* joined, without repeated codes; never NULL */
	const char *relay; /* host name of who said it, or NULL */
	const char *relay_address;
	bool is_repeat; /* "delivery temporarily suspended": an old refusal */
	bool is_own;    /* our own throttle or suspension wrote it */
};

/*
 * reply_read - a bare reply, a log line of any MTA, or a bounce's diagnostic
 *
 * text   hostile; may have several lines, "421-4.7.0 ..." repeated inside, be
 *        wrapped, be quoted
 * stage  where it is known to be from; UNKNOWN: as the text itself tells
 *
 * A number in a queue id, a size, a port, an address or a host name is no
 * code. Never fails: what has no reply in it has code 0.
 */
void reply_read(struct arena *arena, const char *text, size_t length,
    enum reply_stage stage, struct reply *ret);

/* What it means. Texts live as long as the catalogue. */
struct reply_meaning {
	enum reply_cause cause;
	enum reply_side side;
	enum reply_scope scope;
	enum reply_stage stage; /* of the reply, else of the rule */
	enum reply_match match;
	const char *name;     /* of the rule: "gmail-421-rate"; NULL: none */
	const char *provider; /* "Gmail", "Postfix postscreen", or NULL */
	const char *meaning;  /* one sentence */
	const char *remedy;   /* what who must do */
	const char *advice;   /* for a playbook's `do`; may equal remedy */
	const char *source;   /* where it is known from */
	double wait_s;        /* it says when to come back; 0: it does not */
	double limit;         /* it says how many; 0: it does not */
	double per_s;         /* ... in how long; 0: it does not */
	double usual;         /* how many this provider is known to take; 0 */
	double usual_per_s;   /* ... in how long; 0: at a time, or a session */
};

struct reply_catalogue;

/*
 * reply_catalogue_paths - replies.ini and what a site adds to it
 *
 * directory  of --playbooks: its replies.ini, if it has one, and nothing of the
 *            site's; NULL: what is installed
 * Returns paths for reply_catalogue_load(), NULL-terminated, in the arena.
 */
const char *const *reply_catalogue_paths(
    struct arena *arena, const char *directory, struct lint *lint);

/*
 * reply_catalogue_load - read replies.ini and what a site adds over it
 *
 * paths   the shipped file, then the site's in order; a later rule of a name
 *         replaces an earlier one, and the site's are tried first
 * lint    gets every error as file:line: text
 *
 * Patterns of the shipped file are compiled when they are first tried.
 * Returns 0 with *ret (caller frees), or a negative errno: -EINVAL when lint
 * got errors, else what could not be read, with why.
 */
int reply_catalogue_load(struct arena *arena, const char *const *paths,
    struct lint *lint, struct reply_catalogue **ret, struct why *why);

/* reply_catalogue_count - how many rules there are */
size_t reply_catalogue_count(const struct reply_catalogue *catalogue);

/*
 * reply_catalogue_lint - compile every pattern and try each rule's own texts:
 * those that must match are given to this rule by the whole catalogue, those
 * that must not are not matched by its pattern
 */
void reply_catalogue_lint(
    const struct reply_catalogue *catalogue, struct lint *lint);

/* reply_catalogue_free - patterns are not in the arena; returns NULL */
struct reply_catalogue *reply_catalogue_free(struct reply_catalogue *catalogue);

/*
 * reply_classify - the meaning of one reply
 *
 * Bounded by the number of rules and PCRE2's match limit; a text takes some ten
 * microseconds. Always sets *ret, at worst with match NONE and a meaning that
 * says so. One thread at a time for one catalogue: it compiles patterns when
 * they are first tried, and they share the memory of a match.
 */
void reply_classify(const struct reply_catalogue *catalogue,
    const struct reply *reply, struct reply_meaning *ret);

#endif
