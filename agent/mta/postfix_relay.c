/*
 * postfix_relay.c - a host that sends all mail through a relay
 *
 * Purpose  the relay's name, and the setting that slows all mail to it down
 * Input    settings; main.cf, which an admin may have edited
 * Errors   main.cf cannot be read
 * Runs as  the actor
 * Source   postconf(5): relayhost, default_transport, sender_dependent_default_-
 *          transport_maps, empty_address_default_transport_maps_lookup_key;
 *          trivial-rewrite(8), resolve.c: its answer takes the place of
 *          default_transport, and without a nexthop in it relayhost holds
 *
 * That setting and not default_transport: it is empty where we may use it, so
 * the admin's own default_transport stays, and says what ours are made after.
 * It is asked for ordinary mail only, with any sender: mail for domains of this
 * host and what transport_maps send elsewhere go on as ever.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_edit.h"

/* As much as an edit of it takes: conf_file.h. */
#define MAIN_BYTES_MAX (4U * 1024U * 1024U)

#define SETTING "sender_dependent_default_transport_maps"

static const char one[] = "static:mailfix-", many[] = "randmap:{mailfix-s1:";

/* "[Relay.test]:587", "relay.test:587", "[ipv6:2001:db8::1]" */
static const char *
host_of(struct arena *arena, const char *word, bool *ret_is_domain)
{
	static const char ipv6[] = "ipv6:";
	const char *colon = strchr(word, ':');
	size_t length = strlen(word);
	char *name;

	*ret_is_domain = word[0] != '[';
	if (word[0] == '[') {
		word++;
		length = strcspn(word, "]");
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		length = (size_t)(colon - word);
	}
	if (strncasecmp(word, ipv6, strlen(ipv6)) == 0 &&
	    length > strlen(ipv6)) {
		word += strlen(ipv6);
		length -= strlen(ipv6);
	}
	while (length > 0 && word[length - 1] == '.')
		length--;
	name = arena_dup_n(arena, word, length);
	for (char *p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return name;
}

/* port_of - after the name: a number or one of these; 0: the usual one */
static unsigned
port_of(const char *word)
{
	static const struct {
		const char *name;
		unsigned port;
	} services[] = {
	    {"smtp",        25 },
	    {"submission",  587},
	    {"submissions", 465},
	    {"smtps",       465},
	};

	const char *colon = strrchr(word, ':');
	const char *after = strchr(word, ']');
	unsigned long port;

	/* "2001:db8::1" has no port */
	if (colon == NULL || (after != NULL && colon < after) ||
	    (after == NULL && strchr(word, ':') != colon))
		return 0;
	for (size_t i = 0; i < ARRAY_COUNT(services); i++)
		if (strcasecmp(colon + 1, services[i].name) == 0)
			return services[i].port;
	port = strtoul(colon + 1, NULL, 10);
	return port <= UINT16_MAX ? (unsigned)port : 0;
}

/* Is there nothing but ours that says how mail goes? */
static bool
is_only(struct arena *arena, const struct postfix_settings *settings)
{
	const char *const *tables = postfix_words(
	    arena, postfix_setting_text(settings, "transport_maps", ""));

	for (size_t i = 0; tables[i] != NULL; i++)
		if (strstr(tables[i], MTA_THROTTLE_TABLE) == NULL)
			return false;
	return *postfix_setting_text(settings, "content_filter", "") == '\0';
}

const struct mta_relay *
postfix_relay_find(struct arena *arena, const struct postfix_settings *settings,
    const char *nexthop)
{
	const char *const *words = postfix_words(arena,
	    *nexthop != '\0' ? nexthop
	                     : postfix_setting_text(settings, "relayhost", ""));
	struct mta_relay *relay = arena_alloc(arena, 1, sizeof(*relay));
	const char **hosts;
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	hosts = arena_alloc(arena, count + 1, sizeof(*hosts));
	for (size_t i = count; i > 0; i--)
		hosts[i - 1] = host_of(arena, words[i - 1], &relay->is_domain);
	if (count == 0 || hosts[0][0] == '\0')
		return NULL;
	relay->name = hosts[0];
	relay->port = port_of(words[0]);
	relay->hosts = hosts;
	relay->is_only = is_only(arena, settings);
	relay->nexthop = nexthop;
	relay->setting = SETTING;
	return relay;
}

bool
postfix_relay_is_ours(const char *value)
{
	return text_starts(value, one) || text_starts(value, many);
}

const char *
postfix_relay_value(
    struct arena *arena, const struct mta_relay *relay, const struct step *step)
{
	AUTO_BUF struct buf out = {0};

	if (step->family != STEP_RATE || step->per_s < 1)
		return arena_printf(
		    arena, "static:mailfix-%s:%s", step->name, relay->nexthop);
	if (step->shards < 2)
		return arena_printf(
		    arena, "static:mailfix-s1:%s", relay->nexthop);
	for (unsigned i = 1; i <= step->shards; i++)
		buf_addf(&out, "%smailfix-s%u:%s", i > 1 ? "," : "randmap:{", i,
		    relay->nexthop);
	buf_add(&out, "}");
	return arena_dup(arena, buf_text(&out));
}

/* With whatever nexthop: the admin may have changed that since. */
static const struct step *
step_find_of(struct arena *arena, const char *value)
{
	unsigned count = 0;
	const char *name;

	if (text_starts(value, one)) {
		value += strlen(one);
		name = arena_dup_n(arena, value, strcspn(value, ":"));
		return step_find(strcmp(name, "s1") == 0 ? "r1" : name);
	}
	if (!text_starts(value, many))
		return NULL;
	while ((value = strstr(value, "mailfix-s")) != NULL) {
		value++;
		count++;
	}
	return step_find(arena_printf(arena, "r%u", count));
}

int
postfix_relay_row(struct arena *arena, const struct mta *mta,
    struct mta_throttle_row *ret, struct why *why)
{
	const struct mta_relay *relay = mta->throttle->relay;
	AUTO_BUF struct buf text = {0}, value = {0};
	struct postfix_line line;
	const char *path;
	int r;

	path = arena_printf(arena, "%s/main.cf", mta->config_dir);
	r = file_read(AT_FDCWD, path, MAIN_BYTES_MAX, &text, why);
	if (r < 0)
		return relay == NULL ? 0 : r;
	if (postfix_main_find(
	        (struct postfix_text){buf_text(&text), text.length}, SETTING,
	        &line, &value) == 0 ||
	    value.length == 0)
		return 0;
	*ret = (struct mta_throttle_row){
	    .domain = relay != NULL ? relay->name : NULL,
	    .value = arena_dup(arena, buf_text(&value)),
	    .is_relay = true,
	};
	ret->step = step_find_of(arena, ret->value);
	return 1;
}
