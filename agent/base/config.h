/*
 * config.h - /etc/mailfix/mailfix.conf: every setting, typed, with its default
 *
 * The keys are one table (config.c); `mailfix lint` and the manual read it.
 */
#ifndef MAILFIX_BASE_CONFIG_H
#define MAILFIX_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/lint.h"
#include "agent/base/mem.h"

#define CONFIG_PATH            "/etc/mailfix/mailfix.conf"
#define CONFIG_PLAYBOOKS       "/usr/share/mailfix/playbooks"
#define CONFIG_SITE            "/etc/mailfix/playbooks"
#define CONFIG_REPLIES         "/usr/share/mailfix/replies.ini"
#define CONFIG_REPLIES_SITE    "/etc/mailfix/replies.d"
#define CONFIG_BLOCKLISTS      "/usr/share/mailfix/blocklists.ini"
#define CONFIG_BLOCKLISTS_SITE "/etc/mailfix/blocklists.d"
#define CONFIG_STATE           "/var/lib/mailfix"
#define CONFIG_AUDIT           "/var/log/mailfix/audit.jsonl"
#define CONFIG_RUN             "/run/mailfix"

enum risk { RISK_NONE, RISK_SAFE, RISK_DISRUPTIVE, RISK_DESTRUCTIVE, RISK_MAX };

const char *risk_to_text(enum risk risk);

struct config {
	/* [host]: "auto" stays "auto" here; who uses it resolves it */
	const char *mta;
	const char *domains, *addresses, *helo, *wanted_ports, *units;
	/* [dns] */
	const char *resolver, *blocklists, *dkim_selectors;
	/* [policy] */
	enum risk auto_risk; /* the highest that --auto may apply */
	unsigned changes_per_run;
	unsigned disruptive_per_hour, disruptive_per_day;
	int quiet_from_min, quiet_to_min; /* minutes of the day; -1: none */
};

enum config_type {
	CONFIG_TYPE_TEXT,
	CONFIG_TYPE_LIST,      /* words, joined by "," */
	CONFIG_TYPE_PORTS,     /* a list of 1 .. 65535, or auto */
	CONFIG_TYPE_ADDRESSES, /* a list of IP addresses, or auto */
	CONFIG_TYPE_ZONES,     /* a list of blocklists, default, or none */
	CONFIG_TYPE_MTA,
	CONFIG_TYPE_RISK,
	CONFIG_TYPE_COUNT,
	CONFIG_TYPE_HOURS,
	CONFIG_TYPE_MAX
};

struct config_key {
	const char *section, *key, *otherwise, *doc;
	enum config_type type;
	size_t offset; /* in struct config, of what it sets */
};

extern const struct config_key config_keys[]; /* ends with a NULL section */

/*
 * config_load - the file, and the .ini files of its folder PATH.d over it
 *
 * path  of the main file; when it does not exist the defaults hold (an absent
 *       file named by the user with --config is the caller's error to report)
 * Errors of the content go to lint; *ret then holds what could be read.
 */
void config_load(struct arena *arena, const char *path, struct config *ret,
    struct lint *lint);

#endif
