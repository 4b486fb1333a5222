/*
 * postfix_master.h - master.cf: which services Postfix runs, and how
 */
#ifndef MAILFIX_MTA_POSTFIX_MASTER_H
#define MAILFIX_MTA_POSTFIX_MASTER_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"

/* A service as one logical line of master.cf gives it. */
struct postfix_service {
	const char *name;    /* "smtp", "127.0.0.1:10025", "pickup" */
	const char *type;    /* "inet", "unix", "fifo", "pass", "unix-dgram" */
	const char *command; /* "smtpd" */
	char chroot;         /* 'y', 'n', or '-' for the default */
	long process_limit;  /* -1: the default */
	const char *const *overrides; /* "name=value" of each -o; NULL-ended */
	const char
	    *middle;      /* the fields between type and command: "- - y - -" */
	const char *args; /* all behind the command, as it stands; or "" */
	size_t line;      /* of the file, its first */
};

struct postfix_services {
	struct postfix_service *services;
	size_t count;
};

/* More lines than any real file has; a longer one is refused. */
#define POSTFIX_SERVICES_MAX 2000U

/*
 * postfix_master_parse - text of a master.cf into services
 *
 * path  for errors
 * ret   in arena; set only on success
 *
 * Returns 0, or -EINVAL with why "path: line N: ..." as Postfix itself would
 * refuse the file. Source: master(5).
 */
int postfix_master_parse(struct arena *arena, const char *path,
    const char *text, size_t length, struct postfix_services *ret,
    struct why *why);

#endif
