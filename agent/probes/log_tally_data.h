/*
 * log_tally_data.h - what the log's tally is made of
 *
 * No pointers, fixed sizes. Everything in it may come from a hostile file:
 * log_tally_check() has looked at what could harm (indices, lengths, ends of
 * texts); a count may be any number.
 */
#ifndef MAILFIX_PROBES_LOG_TALLY_DATA_H
#define MAILFIX_PROBES_LOG_TALLY_DATA_H

#include "agent/probes/log_account.h"

/* Clients: 200 rows of facts; in sets as above. */
#define TALLY_CLIENTS 1024

/* Connections of clients that are open: as many as smtpd has processes. */
#define TALLY_OPEN 1024

#define TALLY_TRANSPORTS    64
#define TALLY_TRANSPORT_MAX 32
#define TALLY_SKETCH        1024 /* error 3 % (Flajolet et al., 2007) */

/* How long clients stay: half powers of two of 1/8 s, up to a day. */
#define TALLY_STAYS  40
#define TALLY_STAY_S 0.125

#define TALLY_MAGIC   0x4c464d54U
#define TALLY_VERSION 5U /* of the struct; another one is begun anew */

/* From then on stamps are of whole seconds: 1 in 1000 is so by chance. */
#define TALLY_WHOLE_LINES 8

enum tally_total {
	TOTAL_LINES,
	TOTAL_SENT,
	TOTAL_DEFERRED,
	TOTAL_BOUNCED,
	TOTAL_REJECTED,
	TOTAL_R421_OUT,
	TOTAL_R421_IN,
	TOTAL_TIMEOUTS,
	TOTAL_REFUSED,
	TOTAL_LOST,
	TOTAL_AUTH_FAILURES,
	TOTAL_RELAY_AUTH,
	TOTAL_TLS_ERRORS,
	TOTAL_CONNECTIONS,
	TOTAL_IN_CLIENTS,
	TOTAL_IN_PROCESSES,
	TOTAL_IN_MILTER,
	TOTAL_IN_STORAGE,
	TOTAL_IN_LOOKUP,
	TOTAL_IN_SHUTDOWN,
	TOTAL_REACHED_V4,
	TOTAL_REACHED_V6,
	TOTAL_UNREACHED_V4,
	TOTAL_UNREACHED_V6,
	TOTAL_MAX
};

/* The latest of each, told as long as it is within the window. */
enum tally_text_of {
	TEXT_RELAY_AUTH_REPLY,
	TEXT_RELAY_AUTH_HOST,
	TEXT_FULL_SERVICE,
	TEXT_MILTER,
	TEXT_MILTER_ERROR,
	TEXT_LOOKUP,
	TEXT_LOOKUP_ERROR,
	TEXT_MAX
};

struct tally_text {
	int64_t at_us;
	char text[200];
};

enum tally_client_count {
	CLIENT_CONNECTIONS,
	CLIENT_MESSAGES,
	CLIENT_R421,
	CLIENT_AUTH_FAILURES,
	CLIENT_REJECTS,
	CLIENT_COUNT_MAX
};

struct tally_client {
	uint32_t minute;
	uint32_t counts[TALLY_MINUTES][CLIENT_COUNT_MAX];
	uint16_t open, at_once[TALLY_MINUTES];
	uint16_t why[LOG_WHY_MAX]; /* halved as the window goes on */
	uint8_t service;           /* as transports */
	uint8_t own; /* of our networks: 0 not asked yet, 1 no, 2 yes */
	char address[48], name[64];
};

struct tally_open {
	int64_t at_us; /* 0: free */
	uint64_t client;
	int32_t pid;
};

struct log_tally {
	uint32_t magic, version;
	uint64_t size, seed;
	int64_t clock_us; /* of the run */
	uint32_t minute;  /* the latest of any line */
	uint32_t whole;   /* lines in a row with a stamp of whole seconds */
	uint8_t pins_are_due;
	uint32_t totals[TALLY_MINUTES][TOTAL_MAX];
	uint8_t tried[TALLY_MINUTES][TALLY_SKETCH];
	uint8_t connected[TALLY_MINUTES][TALLY_SKETCH];
	uint32_t stays[TALLY_MINUTES][TALLY_STAYS];
	struct tally_text texts[TEXT_MAX];
	int64_t milter_us, lookup_us, full_us, reload_us; /* when it was last */
	int64_t lost_us; /* when a destination was last dropped altogether */
	char transports[TALLY_TRANSPORTS][TALLY_TRANSPORT_MAX];
	struct tally_recent recent[TALLY_RECENT];
	struct tally_pending pending[TALLY_PENDING];
	struct tally_open open[TALLY_OPEN];
	uint16_t index[TALLY_INDEX]; /* detail + 1; 0: none */
	uint32_t weight[TALLY_DETAILS];
	struct tally_slot light_slots[TALLY_LIGHT];
	struct tally_slot client_slots[TALLY_CLIENTS];
	struct tally_light light[TALLY_LIGHT];
	struct tally_detail details[TALLY_DETAILS];
	struct tally_client clients[TALLY_CLIENTS];
	struct tally_accounts accounts;
} __attribute__((aligned(64)));

#endif
