/*
 * queue_scan.h - walk the queue and tell of each message, whatever the mail
 * system
 *
 * Messages come and go while the walk lasts: one that moved from one state to
 * another may be told of twice or not at all, one that left is no error.
 */
#ifndef MAILFIX_MTA_QUEUE_SCAN_H
#define MAILFIX_MTA_QUEUE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/why.h"

enum queue_state {
	QUEUE_INCOMING,
	QUEUE_ACTIVE,
	QUEUE_DEFERRED,
	QUEUE_HOLD,
	QUEUE_STATE_MAX
};

/* "incoming", "active", "deferred", "hold" */
const char *queue_state_to_text(enum queue_state state);
int queue_state_from_text(const char *text, enum queue_state *ret);

/* Bytes from outside, not NUL-terminated, not yet printable. */
struct queue_text {
	const char *text;
	size_t length;
};

/*
 * One message, or a part of it: one with many recipients comes in parts, all
 * from the same thread, one after the other. Valid during the visit only.
 */
struct queue_message {
	enum queue_state state;
	const char *id; /* letters and digits only */
	int64_t arrival_s;
	int64_t bytes;                       /* of its content */
	struct queue_text sender;            /* length 0: the null sender */
	const struct queue_text *recipients; /* those that still wait */
	size_t recipient_count;
	/*
	 * Who submitted it; only when queue_scan.wants_account, and only in the
	 * last part. Each is absent (NULL) when the message does not tell. At
	 * most one is told.
	 */
	struct queue_text login;  /* by this SASL login */
	struct queue_text uid;    /* by sendmail(1), in digits */
	struct queue_text client; /* by this address, without a login */
	bool is_last;             /* the last part */
	bool is_whole; /* in the last part: the message is undamaged */
};

/* More threads than this gain nothing, even when each waits for the disk. */
#define QUEUE_SCAN_THREADS_MAX 8

struct queue_scan {
	int queue_fd;       /* of the queue directory; borrowed */
	unsigned states;    /* 1 << enum queue_state: which to read */
	unsigned threads;   /* 1 .. QUEUE_SCAN_THREADS_MAX */
	bool wants_account; /* tell who submitted a message: more to read */
	/* visit - called by several threads at once; thread < threads */
	void (*visit)(
	    void *user, unsigned thread, const struct queue_message *message);
	void *user;
};

struct queue_scan_result {
	uint64_t unfinished; /* incoming, still being written; not visited */
	uint64_t unreadable; /* no complete message; maybe visited in part */
	uint64_t maildrop, corrupt; /* counted only, whatever the states */
};

/* Longest domain name, RFC 1035 section 2.3.4, and the NUL. */
#define QUEUE_DOMAIN_MAX 256

/* What an address without a domain is counted as; no domain looks like it. */
#define QUEUE_DOMAIN_NONE "(no domain)"

/*
 * queue_domain - the domain of an address, lower case, without a final dot
 *
 * Bytes outside ASCII stay as they are (RFC 6531). Returns the length; one
 * that is too long is cut.
 */
size_t queue_domain(
    const struct queue_text *address, char ret[static QUEUE_DOMAIN_MAX]);

#endif
