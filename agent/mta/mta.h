/*
 * mta.h - what differs between mail systems, behind one table of functions
 *
 * Nothing above this folder says "postfix" or "exim". The actor calls
 * mta_detect() once a run; everything in struct mta is then plain data.
 */
#ifndef MAILFIX_MTA_MTA_H
#define MAILFIX_MTA_MTA_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/config.h"
#include "agent/base/mem.h"
#include "agent/base/why.h"
#include "agent/mail/log_event.h"
#include "agent/mta/mta_config.h"
#include "agent/mta/mta_throttle.h"

struct mta_ops;
struct mta_own;

struct mta {
	const struct mta_ops *ops; /* NULL: no mail system was found */
	const struct mta_own *own; /* what its functions keep for themselves */
	const char *kind;          /* "postfix", "exim", "none" */
	const char *version;       /* NULL: not told */
	const char *config_dir, *queue_dir, *data_dir, *program_dir;
	const char *meta_dir;     /* what its package says about itself */
	const char *owner;        /* "postfix" */
	const char *setgid_group; /* "postdrop" */
	uid_t owner_uid;
	gid_t owner_gid;
	bool has_settings;          /* the settings below could be read */
	const char *settings_error; /* why not */
	bool is_refused; /* because the mail system refuses the configuration */
	double process_limit, message_size_limit, queue_minfree;
	struct mta_client_limits clients;
	const char *milter_action; /* when a milter is away: "tempfail" */
	const char *hostname;
	bool
	    is_chrooted; /* some delivery or server process runs in queue_dir */
	const struct mta_listener *listeners;
	size_t listener_count;
	const struct mta_map *maps;
	size_t map_count;
	const char *map_type; /* of a new lookup table: "hash", "lmdb" */
	const struct mta_peer *peers;
	size_t peer_count;
	struct mta_filters filters;
	const struct mta_service *services;
	size_t service_count;
	const struct mta_param *params; /* in the order of the file */
	size_t param_count;
	const struct mta_advice *advice;
	size_t advice_count;
	const struct mta_throttle *throttle; /* NULL: not with this one */
	const char *const *mailbox_dirs;     /* NULL-terminated; may be empty */
	const char *const
	    *instances; /* other instances, not looked at; as above */
	const char *services_error; /* its service table cannot be read */
	/* config_cache.h: this very configuration has passed its check before */
	bool is_cached;
	const char *cache_key, *cache_text;
};

/* A message as the queue names it, and a path of it below queue_dir. */
#define MTA_QUEUE_ID_MAX   32
#define MTA_QUEUE_PATH_MAX 64

/* mta_param_find - what the admin's file sets it to, last; NULL: nothing */
const struct mta_param *mta_param_find(const struct mta *mta, const char *name);

/*
 * mta_service_find - by name, of any of these types; NULL: there is none
 * types  NULL-terminated, in order of preference
 */
const struct mta_service *mta_service_find(
    const struct mta *mta, const char *name, const char *const *types);

/*
 * mta_detect - find the mail system of this host
 *
 * Returns 0 with *ret set (kind "none" when there is none), or a negative
 * errno with why when that could not be told.
 */
int mta_detect(struct arena *arena, const struct config *config,
    struct mta *ret, struct why *why);

#include "agent/mta/mta_ops.h"

#endif
