/*
 * log_account.h - what the tally keeps of those who send from here
 *
 * An account is who submitted a message: a login, a user of this host, or a
 * client of our own networks without a login. A message is followed by its
 * queue id from the line that takes it to those that deliver it. What an
 * account usually does is kept for longer than the window.
 */
#ifndef MAILFIX_PROBES_LOG_ACCOUNT_H
#define MAILFIX_PROBES_LOG_ACCOUNT_H

#include "agent/probes/log_destination.h"

/* In the order of account_kinds in schema_account.c. */
enum tally_account_kind {
	ACCOUNT_LOGIN,
	ACCOUNT_UID,
	ACCOUNT_CLIENT,
	ACCOUNT_KIND_MAX
};

/*
 * Accounts of a window: 100 rows of facts, and room. One that sends much is
 * not pushed out; in sets of TALLY_WAYS.
 */
#define TALLY_ACCOUNTS 192

/*
 * Messages on their way: those of the last 15 min of a host that takes five a
 * second. A flood has more: what is told of it is what the latest came to.
 */
#define TALLY_MESSAGES     4096
#define TALLY_MESSAGE_WAYS 4

/*
 * Names of messages that passed: a filter gives its mail back within seconds,
 * and one that takes minutes is of a host with little mail.
 */
#define TALLY_SEEN 4096

/* What accounts usually do: as many as a large host has that send mail. */
#define TALLY_NORMS 2048

/* Sender domains: 64 rows of facts, and room. */
#define TALLY_FROMS 128

/*
 * Recipients that took mail from here, two generations of a Bloom filter: with
 * 25,000 in each of 2^18 bits and 4 bits of each, one of 100 others passes for
 * known (Bloom, 1970).
 */
#define TALLY_KNOWN_BYTES 32768
#define TALLY_KNOWN_BITS  4
#define TALLY_KNOWN_MAX   25000

/* A login that is longer is not followed: half of it would be another's. */
#define TALLY_ACCOUNT_MAX 120
#define TALLY_FROM_MAX    80

/* Different recipients: 64 buckets, error 13 %; two generations of 8 min. */
#define TALLY_FEW         64
#define TALLY_GENERATIONS 2
#define TALLY_EPOCH       8

enum tally_account_count {
	ACCOUNT_MESSAGES,
	ACCOUNT_RECIPIENTS,
	ACCOUNT_SENT,
	ACCOUNT_BOUNCED, /* for what the recipient or the message is */
	ACCOUNT_BLOCKED, /* for what is thought of this host */
	ACCOUNT_PASSED,  /* messages that had passed here before: others' */
	ACCOUNT_COUNT_MAX
};

enum tally_sketch_of {
	SKETCH_OUTSIDE,
	SKETCH_FRESH,
	SKETCH_DOMAINS, /* of senders */
	SKETCH_MAX
};

struct tally_from {
	uint32_t weight; /* 0: free; fades when another is used */
	char text[TALLY_FROM_MAX];
};

struct tally_account {
	uint32_t minute;
	uint32_t epoch; /* of sketches[epoch % TALLY_GENERATIONS] */
	uint32_t last_s;
	uint8_t kind; /* enum tally_account_kind */
	uint32_t counts[TALLY_MINUTES][ACCOUNT_COUNT_MAX];
	uint8_t sketches[TALLY_GENERATIONS][SKETCH_MAX][TALLY_FEW];
	struct tally_from from[2];
	char name[TALLY_ACCOUNT_MAX];
};

/* One hour at a time; hours in which nothing was sent do not count. */
struct tally_norm {
	uint64_t hash;      /* of the account; 0: free */
	uint32_t first_s;   /* first seen */
	uint32_t hour;      /* that is being counted */
	uint32_t learned;   /* hours that the norm rests on */
	uint32_t learned_h; /* the last of them */
	uint32_t messages, recipients, tried, bounced; /* of this hour */
	float messages_norm, recipients_norm;
};

/* A message that an account submitted, until others need its place. */
struct tally_message {
	uint64_t id;      /* of the queue id; 0: free */
	uint64_t account; /* hash; 0: nobody's, so far */
	uint32_t sender;  /* of its address; 0: not queued yet */
	uint32_t minute;  /* when it was counted */
	uint16_t recipients;
	uint16_t account_at, norm_at; /* where they were last; may be wrong */
	uint8_t is_again; /* given back by a filter: what it comes to counts */
	uint8_t is_here;  /* from a loopback address: maybe given back */
	uint8_t is_login; /* submitted with a password: nobody's but his */
};

/* A Message-ID, and which message had it first. */
struct tally_seen {
	uint32_t tag; /* 0: free */
	uint32_t message, account;
	uint32_t minute; /* when it passed last */
};

struct tally_domain {
	uint32_t minute;
	uint32_t last_s;
	uint32_t counts[TALLY_MINUTES];
	char name[TALLY_FROM_MAX];
};

struct tally_accounts {
	struct tally_slot slots[TALLY_ACCOUNTS];
	struct tally_account rows[TALLY_ACCOUNTS];
	struct tally_message messages[TALLY_MESSAGES];
	struct tally_seen seen[TALLY_SEEN];
	struct tally_norm norms[TALLY_NORMS];
	struct tally_slot domain_slots[TALLY_FROMS];
	struct tally_domain domains[TALLY_FROMS];
	uint8_t known[TALLY_GENERATIONS][TALLY_KNOWN_BYTES];
	uint32_t last_at;     /* the account that was used last: tried first */
	uint32_t known_count; /* in the younger generation */
	uint32_t known_now;   /* which that is */
};

/*
 * What is usual of a new account, in 15 min: two of the largest lists of
 * recipients that a person writes by hand. Free mail services let new accounts
 * write to 100 to 500 in a day.
 */
#define ACCOUNT_NEW_NORM 50

/* A norm below that is one of few messages: ten times as many are no flood. */
#define ACCOUNT_LEAST_NORM 10

/* A norm rests on so many hours, and on a day at least. */
#define ACCOUNT_NORM_HOURS 3
#define ACCOUNT_NORM_AGE_S 86400

#endif
