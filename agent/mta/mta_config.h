/*
 * mta_config.h - what the configuration of a mail system names, as plain data
 */
#ifndef MAILFIX_MTA_MTA_CONFIG_H
#define MAILFIX_MTA_MTA_CONFIG_H

#include <sys/types.h>

#include <stddef.h>

/* One listener that the configuration asks for. */
struct mta_listener {
	unsigned port;
	const char *service;  /* "smtp", "submission", "465" as configured */
	const char *program;  /* "smtpd", "postscreen" */
	const char *address;  /* NULL: all interfaces */
	double process_limit; /* of this service; 0: not limited */
};

/* One lookup table with a source file and a built one. */
struct mta_map {
	const char *type;    /* "hash", "lmdb", "cdb" */
	const char *source;  /* "/etc/aliases" */
	const char *built;   /* "/etc/aliases.db" */
	const char *setting; /* the parameter that names it */
};

/*
 * A service beside the mail system that its configuration names: where it is
 * to be found, as configured.
 */
enum mta_peer_role { MTA_PEER_MILTER, MTA_PEER_AUTH, MTA_PEER_FILTER };

struct mta_peer {
	enum mta_peer_role role;
	const char *endpoint; /* "inet:localhost:8891", "unix:/run/x.sock" */
	const char *setting;  /* the parameter that names it */
};

/*
 * To whom the mail system itself hands mail that comes back as new: what they
 * submit is others' mail.
 */
struct mta_filters {
	const char *hosts; /* patterns, as of networks; NULL: none */
	const uid_t *uids; /* of programs that it runs */
	size_t uid_count;
};

/* A directory of the queue and who may use it. */
struct mta_path {
	const char *path;
	const char *owner, *group; /* names, for people */
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* A service of the mail system, and how many processes it may have. */
struct mta_service {
	const char *name;     /* "smtp", "127.0.0.1:10025" */
	const char *type;     /* "inet", "unix", "pass" */
	const char *program;  /* "smtpd" */
	const char *limit;    /* as its line has it: "-", "200" */
	double process_limit; /* what that comes to; 0: not limited */
};

/* A parameter that the admin's own file sets. */
struct mta_param {
	const char *name;
	const char *value; /* as it stands there, without expansion */
	size_t line;
};

/* Limits on each client; 0: none. */
struct mta_client_limits {
	double connections;   /* at a time */
	double rate;          /* connections a second */
	const char *exempt;   /* whom they do not limit, expanded */
	const char *networks; /* our own, expanded; NULL: not told */
};

/* A setting that looks like a throttle and is none, or does harm. */
struct mta_advice {
	const char *setting; /* "soft_bounce", "smtp/unix:NAME" */
	const char *value;
	const char *place;   /* "/etc/postfix/main.cf:12" */
	const char *problem; /* one of mta_advice_problems */
	const char *effect;  /* one of mta_advice_effects */
	const char *does;    /* what it does, one sentence */
	const char *instead; /* what to write instead */
};

extern const char *const mta_advice_problems[]; /* NULL-terminated */
extern const char *const mta_advice_effects[];  /* NULL-terminated */

#endif
