/*
 * mta_throttle.h - how a mail system sends more slowly to one destination
 */
#ifndef MAILFIX_MTA_MTA_THROTTLE_H
#define MAILFIX_MTA_MTA_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/mail/step.h"

/* The name by which changes of rows are known: "mailfix_transport: big.test". */
#define MTA_THROTTLE_TABLE "mailfix_transport"

struct mta_throttle {
	/* why no destination can be slowed down here; NULL: it can */
	const char *refusal;
	/* the configuration says so; false: it could not be read */
	bool is_refusal_sure;
	const char *transport; /* what ordinary mail goes by: "smtp" */
	const char *table;     /* the source of our table, absolute */
	bool has_table;        /* it is there */
	bool has_shards;       /* more than one message a second can be had */
	/* a setting that chooses by the name mail is sent to; NULL: none does */
	const char *by_nexthop;
	bool has_lists;  /* several servers may stand in a row */
	double sessions; /* its own limit of sessions; 0: none */
	double rate;     /* its own messages a second; 0: no limit */
	/* the service that our own are made after: fields, and arguments */
	const char *fields, *program, *args;
	const char *type; /* of lookup tables: "hash" */
};

struct mta_throttle_row {
	const char *domain;      /* as it stands there */
	const struct step *step; /* NULL: a row that we did not write */
	const char *value;
};

struct mta_throttle_rows {
	const struct mta_throttle_row *rows;
	size_t count;
};

/* A setting that has another value then; before NULL: not set. */
struct mta_setting {
	const char *name, *before, *after;
};

/* At most these settings: the list of tables, and what is never tried. */
#define MTA_PROVISION_SETTINGS_MAX 2

/* What a step needs and is not there yet. */
struct mta_provision {
	const char *const *services; /* whole lines; NULL-terminated */
	size_t service_count;
	const char *const *params; /* "name = value"; NULL-terminated */
	size_t param_count;
	const char *words; /* of what: "mailfix-c1 ... mailfix-c12" */
	struct mta_setting settings[MTA_PROVISION_SETTINGS_MAX];
	size_t setting_count;
	const char *value; /* of the row */
};

#endif
