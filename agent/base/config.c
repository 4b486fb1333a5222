/*
 * config.c - /etc/mailfix/mailfix.conf: every setting, typed
 *
 * Purpose  defaults, then the file, then the files of its folder over it
 * Input    files of root's; all errors of all files are told
 * Errors   to lint, with file and line
 * Runs as  actor; before the roles part
 * Source   SPEC section 5
 */
#include "agent/base/config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/dir.h"
#include "agent/base/ini.h"
#include "agent/base/text.h"
#include "agent/base/units.h"

/* Counts of a run, an hour, a day: more is no limit any more. */
#define CONFIG_COUNT_MAX 10000

/* An IPv6 address by nibbles stands before it: RFC 1035 section 2.3.4. */
#define ZONE_MAX (253 - 64)

#define KEY(s, k, t, member, o, d)                                             \
	{                                                                      \
		.section = (s), .key = (k), .type = (t),                       \
		.offset = offsetof(struct config, member), .otherwise = (o),   \
		.doc = (d)                                                     \
	}

const struct config_key config_keys[] = {
    KEY("host", "mta", CONFIG_TYPE_MTA, mta, "auto",
        "the mail system: auto, postfix, exim"),
    KEY("host", "domains", CONFIG_TYPE_LIST, domains, "auto",
        "the domains this host sends for"),
    KEY("host", "addresses", CONFIG_TYPE_ADDRESSES, addresses, "auto",
        "where its mail leaves, as the world sees it; cannot be told behind "
        "NAT unless given"),
    KEY("host", "helo", CONFIG_TYPE_TEXT, helo, "auto",
        "the name it gives in HELO"),
    KEY("host", "wanted-ports", CONFIG_TYPE_PORTS, wanted_ports, "auto",
        "ports that must answer"),
    KEY("host", "units", CONFIG_TYPE_LIST, units, "auto",
        "more systemd units that belong to mail"),
    KEY("dns", "resolver", CONFIG_TYPE_LIST, resolver, "system",
        "name servers to ask: ADDR[@PORT], ..."),
    KEY("dns", "blocklists", CONFIG_TYPE_ZONES, blocklists, "default",
        "zones to ask: default, ZONE, ...; or none"),
    KEY("dns", "dkim-selectors", CONFIG_TYPE_LIST, dkim_selectors, "auto",
        "selector:domain[:private key file], ..."),
    KEY("policy", "auto", CONFIG_TYPE_RISK, auto_risk, "none",
        "the highest risk that --auto may apply: none, safe, disruptive, "
        "destructive"),
    KEY("policy", "changes-per-run", CONFIG_TYPE_COUNT, changes_per_run, "10",
        "most changes of one run"),
    KEY("policy", "disruptive-per-hour", CONFIG_TYPE_COUNT, disruptive_per_hour,
        "2", "most disruptive fixes in an hour"),
    KEY("policy", "disruptive-per-day", CONFIG_TYPE_COUNT, disruptive_per_day,
        "6", "most disruptive fixes in a day"),
    KEY("policy", "quiet-hours", CONFIG_TYPE_HOURS, quiet_from_min, "",
        "HH:MM-HH:MM, local time: no disruptive or destructive fix"),
    {NULL, NULL, NULL, NULL, CONFIG_TYPE_MAX, 0},
};

static const char *const risks[] = {
    [RISK_NONE] = "none",
    [RISK_SAFE] = "safe",
    [RISK_DISRUPTIVE] = "disruptive",
    [RISK_DESTRUCTIVE] = "destructive",
    [RISK_MAX] = NULL,
};

static const char *const mtas[] = {"auto", "postfix", "exim", NULL};

const char *
risk_to_text(enum risk risk)
{
	return risk < RISK_MAX ? risks[risk] : "?";
}

static int
word_find(const char *word, const char *const *words, struct why *why)
{
	AUTO_BUF struct buf known = {0};
	const char *near;

	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
		buf_addf(&known, "%s%s", i != 0 ? ", " : "", words[i]);
	}
	near = text_nearest(word, words);
	if (near != NULL)
		return why_set(why, -EINVAL,
		    "'%s' is not known, did you mean '%s'?", word, near);
	return why_set(
	    why, -EINVAL, "'%s' is none of: %s", word, buf_text(&known));
}

static int
port_check(const char *item)
{
	enum unit unit;
	double port;

	if (unit_parse(item, &unit, &port, NULL) < 0 || unit != UNIT_COUNT)
		return -EINVAL;
	return port >= 1 && port <= 65535 && strchr(item, '.') == NULL
	           ? 0
	           : -EINVAL;
}

static int
address_check(const char *item)
{
	struct in6_addr address; /* the larger of the two */

	if (inet_pton(AF_INET, item, &address) == 1 ||
	    inet_pton(AF_INET6, item, &address) == 1)
		return 0;
	return -EINVAL;
}

/* A zone of the DNS has a dot; two words have a meaning of their own. */
static int
zone_check(const char *item)
{
	const size_t length = strlen(item);

	if (strcmp(item, "default") == 0 || strcmp(item, "none") == 0)
		return 0;
	for (const char *c = item; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL)
			return -EINVAL;
	return item[0] != '.' && strchr(item, '.') != NULL &&
	               strstr(item, "..") == NULL && length <= ZONE_MAX
	           ? 0
	           : -EINVAL;
}

/* Items of a list, each checked when it is not the word "auto" alone. */
static int
list_check(const char *list, int (*check)(const char *), const char *what,
    struct why *why)
{
	char item[256];
	const char *at = list;
	bool is_last;

	do {
		size_t length = strcspn(at, ","), from = 0, to = length;

		while (from < to && isspace((unsigned char)at[from]))
			from++;
		while (to > from && isspace((unsigned char)at[to - 1]))
			to--;
		if (from == to)
			return why_set(
			    why, -EINVAL, "an empty item in '%s'", list);
		if (to - from >= sizeof(item))
			return why_set(why, -EINVAL, "an item is too long");
		(void)memcpy(item, at + from, to - from);
		item[to - from] = '\0';
		if (check != NULL && check(item) < 0)
			return why_set(
			    why, -EINVAL, "'%s' is not %s", item, what);
		is_last = at[length] == '\0';
		at += length + 1;
	} while (!is_last);
	return 0;
}

static int
count_parse(const char *value, unsigned *ret, struct why *why)
{
	enum unit unit;
	double number;
	int rc = unit_parse(value, &unit, &number, why);

	if (rc < 0)
		return rc;
	if (unit != UNIT_COUNT || number != (unsigned)number ||
	    number > CONFIG_COUNT_MAX)
		return why_set(why, -EINVAL,
		    "'%s' is not a whole number up to %d", value,
		    CONFIG_COUNT_MAX);
	*ret = (unsigned)number;
	return 0;
}

/* "HH:MM" at the start of text; minutes of the day, or -1. */
static int
time_parse(const char *text)
{
	int hour, minute;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? text[i] != ':' : !isdigit((unsigned char)text[i]))
			return -1;
	hour = (text[0] - '0') * 10 + text[1] - '0';
	minute = (text[3] - '0') * 10 + text[4] - '0';
	return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

static int
hours_parse(const char *value, struct config *ret, struct why *why)
{
	int from = -1, to = -1;

	if (value[0] == '\0') {
		ret->quiet_from_min = ret->quiet_to_min = -1;
		return 0;
	}
	if (strlen(value) == strlen("22:00-06:00") && value[5] == '-') {
		from = time_parse(value);
		to = time_parse(value + 6);
	}
	if (from < 0 || to < 0 || from == to)
		return why_set(why, -EINVAL,
		    "'%s' is not HH:MM-HH:MM, such as 22:00-06:00", value);
	ret->quiet_from_min = from;
	ret->quiet_to_min = to;
	return 0;
}

static int
value_check(enum config_type type, const char *value, struct why *why)
{
	int (*check)(const char *) = NULL;
	const char *what = "";

	if (value[0] == '\0')
		return why_set(why, -EINVAL,
		    "it has no value; leave the line out for the default");
	if (type == CONFIG_TYPE_MTA)
		return word_find(value, mtas, why);
	if (type == CONFIG_TYPE_TEXT || strcmp(value, "auto") == 0)
		return 0;
	if (type == CONFIG_TYPE_PORTS) {
		check = port_check;
		what = "a port (1 to 65535)";
	} else if (type == CONFIG_TYPE_ZONES) {
		check = zone_check;
		what = "a zone, default or none";
	} else if (type == CONFIG_TYPE_ADDRESSES) {
		check = address_check;
		what = "an IP address";
	}
	return list_check(value, check, what, why);
}

/* value is in the arena already */
static int
value_set(const struct config_key *key, const char *value, struct config *ret,
    struct why *why)
{
	void *target = (char *)ret + key->offset;
	int rc;

	switch (key->type) {
	case CONFIG_TYPE_RISK:
		rc = word_find(value, risks, why);
		if (rc >= 0)
			*(enum risk *)target = (enum risk)rc;
		return rc;
	case CONFIG_TYPE_COUNT:
		return count_parse(value, target, why);
	case CONFIG_TYPE_HOURS:
		return hours_parse(value, ret, why);
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_PORTS:
	case CONFIG_TYPE_ADDRESSES:
	case CONFIG_TYPE_ZONES:
	case CONFIG_TYPE_MTA:
	case CONFIG_TYPE_MAX:
		break;
	}
	rc = value_check(key->type, value, why);
	if (rc >= 0)
		*(const char **)target = value;
	return rc;
}

/* What was meant by a section, or by a key of a section that there is. */
static void
name_fail(const char *section, const char *key, const char *file, int line,
    struct lint *lint)
{
	const char *names[ARRAY_COUNT(config_keys) + 1] = {NULL}, *near;
	size_t count = 0;

	for (const struct config_key *k = config_keys; k->section; k++)
		if (key == NULL)
			names[count++] = k->section;
		else if (strcmp(k->section, section) == 0)
			names[count++] = k->key;
	near = text_nearest(key != NULL ? key : section, names);
	lint_add(lint, file, line, "unknown %s '%s'%s%s%s%s%s",
	    key != NULL ? "key" : "section", key != NULL ? key : section,
	    key != NULL ? " in section " : "", key != NULL ? section : "",
	    near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
	    near != NULL ? "'?" : "");
}

static bool
is_section(const char *section)
{
	for (const struct config_key *k = config_keys; k->section; k++)
		if (strcmp(k->section, section) == 0)
			return true;
	return false;
}

static const struct config_key *
key_find(const char *section, const char *key)
{
	for (const struct config_key *k = config_keys; k->section; k++)
		if (strcmp(k->section, section) == 0 &&
		    strcmp(k->key, key) == 0)
			return k;
	return NULL;
}

static void
file_apply(const struct ini *ini, struct config *ret, struct lint *lint)
{
	for (size_t i = 0; i < ini->section_count; i++) {
		const struct ini_section *s = &ini->sections[i];

		if (!is_section(s->name))
			name_fail(s->name, NULL, s->file, s->line, lint);
	}
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_entry *e = &ini->entries[i];
		const struct config_key *key = key_find(e->section, e->key);
		struct why why = {0};

		if (!is_section(e->section))
			continue; /* said above */
		if (key == NULL)
			name_fail(e->section, e->key, e->file, e->line, lint);
		else if (value_set(key, e->value, ret, &why) < 0)
			lint_add(
			    lint, e->file, e->line, "%s: %s", e->key, why.text);
	}
}

/* Returns false when there is no such file. */
static bool
file_load(struct arena *arena, const char *path, struct config *ret,
    struct lint *lint)
{
	struct why why = {0};
	bool is_masked;
	struct ini ini;
	int rc = ini_read(arena, AT_FDCWD, path, &ini, &is_masked, lint, &why);

	if (rc == -ENOENT)
		return false;
	if (rc < 0)
		lint_add(lint, path, 0, "%s", why.text);
	else
		file_apply(&ini, ret, lint);
	return true;
}

void
config_load(struct arena *arena, const char *path, struct config *ret,
    struct lint *lint)
{
	const char *folder = arena_printf(arena, "%s.d", path);
	struct dir_names over = {0};
	struct why why = {0};
	int rc;

	*ret = (struct config){0};
	for (const struct config_key *k = config_keys; k->section; k++)
		(void)value_set(k, k->otherwise, ret, NULL);
	(void)file_load(arena, path, ret, lint);
	rc = dir_names(arena, folder, ".ini", &over, lint, &why);
	if (rc < 0 && rc != -ENOENT)
		lint_add(lint, folder, 0, "%s", why.text);
	for (size_t i = 0; i < over.count; i++)
		(void)file_load(arena,
		    arena_printf(arena, "%s/%s", folder, over.names[i]), ret,
		    lint);
}
