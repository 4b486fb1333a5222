/*
 * postfix_throttle.c - can destinations be slowed down here, and which are?
 *
 * Purpose  what our transports are made after, what stands in the way, and the
 *          rows of our table
 * Input    settings, master.cf; the table, which an admin may have edited
 * Errors   what stands in the way is a text; a table that cannot be read
 * Runs as  the actor
 * Source   postconf(5): default_transport, sender_dependent_*;
 *          transport(5); trivial-rewrite(8), resolve.c for which one wins
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_edit.h"

/* A row for each of the destinations that refuse us: some hundred at most. */
#define TABLE_BYTES_MAX (1024U * 1024U)

/* Postfix before 3.0 has neither pipemap nor randmap. */
#define SHARDS_SINCE 3.0

#define SESSIONS_DEFAULT 20

/* Both take mail away from default_transport by the sender, and a row of ours
 * would take it away from them. */
static const char *const by_sender[] = {
    "sender_dependent_default_transport_maps",
    "sender_dependent_relayhost_maps"};

/* Domains may share the name that they are sent to from then on: postconf(5). */
#define LISTS_SINCE 3.5

/* These are looked up by that name, or compare it with a certificate. */
static const char *const by_name[] = {
    "smtp_tls_policy_maps", "smtp_tls_per_site"};
static const char *const by_name_if_yes[] = {"smtp_sasl_auth_enable",
    "smtp_sender_dependent_authentication", "smtp_enforce_tls"};
static const char *const by_name_levels[] = {
    "dane", "dane-only", "verify", "secure", "fingerprint"};
/* ... and so may options of the service in master.cf. */
static const char *const by_name_options[] = {
    "smtp_tls_", "smtp_sasl_", "smtp_enforce_tls", "smtp_sender_dependent_"};

static const struct postfix_service *
service_find(const struct postfix_services *services, const char *name)
{
	for (size_t i = 0; i < services->count; i++)
		if (strcmp(services->services[i].name, name) == 0 &&
		    strcmp(services->services[i].type, "unix") == 0)
			return &services->services[i];
	return NULL;
}

/* What the admin says by the sender, and what is left of ours. */
static const char *
refusal_by_sender(struct arena *arena, const struct postfix_settings *settings,
    const struct mta_relay *relay)
{
	for (size_t i = 0; i < ARRAY_COUNT(by_sender); i++) {
		const char *value =
		    postfix_setting_text(settings, by_sender[i], "");

		if (*value == '\0' ||
		    (relay != NULL && postfix_relay_is_ours(value)))
			continue;
		if (postfix_relay_is_ours(value))
			return arena_printf(arena,
			    "%s still has what mailfix set for a relay that "
			    "is not used any more: undo that (mailfix history)",
			    by_sender[i]);
		return arena_printf(arena,
		    "%s decides by the sender how mail goes, and mailfix would "
		    "go over it: set limits of the transports that it names, "
		    "such as NAME_destination_concurrency_limit",
		    by_sender[i]);
	}
	return NULL;
}

static const char *
refusal(struct arena *arena, const struct postfix_settings *settings,
    const struct mta *mta, const struct mta_relay *relay,
    const struct postfix_service *service, const char *transport)
{
	const char *text;

	if (!mta->has_settings || mta->services_error != NULL)
		return "the configuration of Postfix cannot be read";
	if (mta->instances != NULL && mta->instances[0] != NULL)
		return "several instances of Postfix run here, and only one "
		       "could be slowed down";
	text = refusal_by_sender(arena, settings, relay);
	if (text != NULL)
		return text;
	/* such a list could not stand in a list of our transports */
	if (relay != NULL && strpbrk(relay->nexthop, " \t,{}") != NULL)
		return "default_transport names several relays: relayhost may, "
		       "and then mailfix can slow down mail to them";
	if (service == NULL)
		return arena_printf(arena,
		    "default_transport is %s, and master.cf has no such "
		    "service",
		    transport);
	if (strcmp(service->command, "smtp") != 0)
		return arena_printf(arena,
		    "default_transport %s does not deliver by SMTP: it runs %s",
		    transport, service->command);
	return NULL;
}

/* What decides by the name that mail is sent to, or NULL. */
static const char *
by_nexthop(const struct postfix_settings *settings,
    const struct postfix_service *service)
{
	static const char level[] = "smtp_tls_security_level";
	const char *now = postfix_setting_text(settings, level, ""),
	           *args = service != NULL ? service->args : NULL;

	for (size_t i = 0; i < ARRAY_COUNT(by_name); i++)
		if (*postfix_setting_text(settings, by_name[i], "") != '\0')
			return by_name[i];
	for (size_t i = 0; i < ARRAY_COUNT(by_name_if_yes); i++)
		if (strcasecmp(
		        postfix_setting_text(settings, by_name_if_yes[i], "no"),
		        "no") != 0)
			return by_name_if_yes[i];
	for (size_t i = 0; i < ARRAY_COUNT(by_name_levels); i++)
		if (strcasecmp(now, by_name_levels[i]) == 0)
			return level;
	for (size_t i = 0; args != NULL && i < ARRAY_COUNT(by_name_options);
	     i++)
		if (strstr(args, by_name_options[i]) != NULL)
			return by_name_options[i];
	return NULL;
}

/* The limit of a transport: its own, or that of all. */
static double
limit_of(struct arena *arena, const struct postfix_settings *settings,
    const char *transport, const char *name, double otherwise)
{
	double all = postfix_setting_seconds(
	    settings, arena_printf(arena, "default_%s", name), otherwise);

	return postfix_setting_seconds(
	    settings, arena_printf(arena, "%s_%s", transport, name), all);
}

/* inet_protocols: "all", "ipv4", "ipv4, ipv6" */
static void
families(const struct postfix_settings *settings, struct mta_throttle *throttle)
{
	const char *value =
	    postfix_setting_text(settings, "inet_protocols", "all");

	if (strcasestr(value, "all") != NULL)
		return;
	throttle->is_without_v4 = strcasestr(value, "ipv4") == NULL;
	throttle->is_without_v6 = strcasestr(value, "ipv6") == NULL;
}

void
postfix_throttle_find(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta)
{
	struct mta_throttle *throttle =
	    arena_alloc(arena, 1, sizeof(*throttle));
	const char *value =
	    postfix_setting_text(settings, "default_transport", "smtp");
	size_t length = strcspn(value, ":");
	const char *transport = arena_dup_n(arena, value, length);
	const char *nexthop = value[length] == ':' ? value + length + 1 : "";
	const struct postfix_service *service =
	    service_find(services, transport);
	double delay_s =
	    limit_of(arena, settings, transport, "destination_rate_delay", 0);

	throttle->transport = transport;
	throttle->relay = postfix_relay_find(arena, settings, nexthop);
	throttle->refusal =
	    refusal(arena, settings, mta, throttle->relay, service, transport);
	throttle->is_refusal_sure =
	    mta->has_settings && mta->services_error == NULL;
	throttle->table =
	    arena_printf(arena, "%s/%s", mta->config_dir, MTA_THROTTLE_TABLE);
	throttle->has_table = access(throttle->table, F_OK) == 0;
	throttle->type =
	    postfix_setting_text(settings, "default_database_type", "hash");
	throttle->has_shards = strtod(mta->version != NULL ? mta->version : "0",
	                           NULL) >= SHARDS_SINCE;
	throttle->by_nexthop = by_nexthop(settings, service);
	throttle->has_lists = strtod(mta->version != NULL ? mta->version : "0",
	                          NULL) >= LISTS_SINCE;
	families(settings, throttle);
	throttle->sessions = limit_of(arena, settings, transport,
	    "destination_concurrency_limit", SESSIONS_DEFAULT);
	throttle->rate = delay_s > 0 ? 1 / delay_s : 0;
	if (service != NULL) {
		throttle->fields = service->middle;
		throttle->program = service->command;
		throttle->args = service->args;
	}
	mta->throttle = throttle;
}

/* "mailfix-c2:" is c2, "mailfix-s1:" r1, "r8" itself; else NULL. */
static const struct step *
step_of(struct arena *arena, const char *value)
{
	static const char prefix[] = "mailfix-";
	const char *name;

	if (!text_starts(value, prefix))
		return value[0] == 'r' ? step_find(value) : NULL;
	value += sizeof(prefix) - 1;
	name = arena_dup_n(arena, value, strcspn(value, ":"));
	return step_find(strcmp(name, "s1") == 0 ? "r1" : name);
}

static void
row_read(struct arena *arena, const char *line, struct mta_throttle_row *ret)
{
	size_t length = strcspn(line, " \t");
	const char *value = line + length + strspn(line + length, " \t");
	size_t end = strlen(value);

	while (end > 0 && strchr(" \t\r", value[end - 1]) != NULL)
		end--;
	ret->domain = arena_dup_n(arena, line, length);
	ret->value = arena_dup_n(arena, value, end);
	ret->step = step_of(arena, ret->value);
}

static void
rows_parse(
    struct arena *arena, const struct buf *text, struct mta_throttle_rows *ret)
{
	const struct postfix_text all = {buf_text(text), text->length};
	AUTO_BUF struct buf joined = {0};
	struct postfix_line line;
	struct mta_throttle_row *rows = NULL;
	size_t count = 0, size = 0, at = 0;

	while (postfix_line_next(all, &at, &line)) {
		if (count == size) {
			struct mta_throttle_row *more =
			    arena_alloc(arena, size * 2 + 16, sizeof(*more));

			if (count != 0)
				(void)memcpy(more, rows, count * sizeof(*more));
			rows = more;
			size = size * 2 + 16;
		}
		buf_clear(&joined);
		postfix_line_join(all, &line, &joined);
		row_read(arena, buf_text(&joined), &rows[count++]);
	}
	ret->rows = rows;
	ret->count = count;
}

static void
row_add(struct arena *arena, const struct mta_throttle_row *row,
    struct mta_throttle_rows *rows)
{
	struct mta_throttle_row *more =
	    arena_alloc(arena, rows->count + 1, sizeof(*more));

	for (size_t i = 0; i < rows->count; i++)
		more[i] = rows->rows[i];
	more[rows->count++] = *row;
	rows->rows = more;
}

int
postfix_throttle_rows(struct arena *arena, const struct mta *mta,
    struct mta_throttle_rows *ret, struct why *why)
{
	AUTO_BUF struct buf text = {0};
	struct mta_throttle_row relay;
	int r;

	*ret = (struct mta_throttle_rows){0};
	if (mta->throttle == NULL)
		return 0;
	r = file_read(
	    AT_FDCWD, mta->throttle->table, TABLE_BYTES_MAX, &text, why);
	if (r == 0)
		rows_parse(arena, &text, ret);
	else if (r != -ENOENT)
		return r;
	r = postfix_relay_row(arena, mta, &relay, why);
	if (r > 0)
		row_add(arena, &relay, ret);
	return r < 0 ? r : 0;
}
