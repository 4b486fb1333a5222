/*
 * mta_throttle.h - how a mail system sends more slowly to one destination
 */
#ifndef MAILFIX_MTA_MTA_THROTTLE_H
#define MAILFIX_MTA_MTA_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/mail/log_event.h"
#include "agent/mail/step.h"

/* The name by which changes of rows are known: "mailfix_transport: big.test". */
#define MTA_THROTTLE_TABLE "mailfix_transport"

/* A host that ordinary mail goes through, as the configuration names it. */
struct mta_relay {
	const char *name; /* lower case, without brackets and port */
	/* it, and others that stand in for it; NULL-terminated */
	const char *const *hosts;
	bool is_domain; /* the hosts of its MX records take the mail */
	unsigned port;  /* 0: the usual one */
	/* nothing sends mail elsewhere by the transport of ordinary mail */
	bool is_only;
	const char *nexthop; /* of ordinary mail's transport itself; or "" */
	const char *setting; /* that slows all of it down */
};

/* RFC 5321 section 4.5.4.2 */
#define MTA_PORT 25

/* mta_relay_port - that its mail goes to; relay may be NULL */
static inline unsigned
mta_relay_port(const struct mta_relay *relay)
{
	return relay != NULL && relay->port != 0 ? relay->port : MTA_PORT;
}

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
	bool has_lists; /* several servers may stand in a row */
	bool is_without_v4, is_without_v6; /* it never uses that family */
	double sessions; /* its own limit of sessions; 0: none */
	double rate;     /* its own messages a second; 0: no limit */
	/* the service that our own are made after: fields, and arguments */
	const char *fields, *program, *args;
	const char *type;              /* of lookup tables: "hash" */
	const struct mta_relay *relay; /* NULL: to each domain's own servers */
};

/*
 * mta_relay_takes - did this delivery go, or try to go, to the relay?
 * By the server that the log names: what the configuration sends elsewhere
 * does not count.
 */
bool mta_relay_takes(
    const struct mta_throttle *throttle, const struct log_event *event);

struct mta_throttle_row {
	const char *domain;      /* as it stands there, or the relay */
	const struct step *step; /* NULL: a row that we did not write */
	const char *value;
	/*
	 * no row: the setting of all that goes through the relay; domain is NULL
	 * where there is no relay any more
	 */
	bool is_relay;
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
	bool needs_table;
	struct mta_setting settings[MTA_PROVISION_SETTINGS_MAX];
	size_t setting_count;
	const char *value; /* of the row, or of the setting */
};

#endif
