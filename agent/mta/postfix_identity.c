/*
 * postfix_identity.c - who Postfix says it is, and where its mail leaves
 *
 * Purpose  the HELO name, the addresses it binds, the relay, the families
 * Input    settings and services: trusted, but not correct
 * Errors   without settings nothing is told
 * Runs as  the actor
 * Source   postconf(5): smtp_helo_name, smtp_bind_address, inet_interfaces,
 *          inet_protocols, smtp_address_preference, default_transport;
 *          error(8), discard(8); smtp_connect.c: with one
 *          address of a family in inet_interfaces that one is bound
 */
#include "agent/mta/postfix_identity.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_way.h"

/* Names in "$name", "${name}" and "$(name)"; what has more in it is no name. */
static const char name_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/* main.cf's values have no $ left; those of master.cf may. */
static const char *
expand(struct arena *arena, const struct postfix_settings *settings,
    const char *text)
{
	AUTO_BUF struct buf out = {0};

	if (strchr(text, '$') == NULL)
		return text;
	while (*text != '\0') {
		size_t plain = strcspn(text, "$"), length;
		bool has_brace;

		buf_add_n(&out, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		has_brace = text[1] == '{' || text[1] == '(';
		text += has_brace ? 2 : 1;
		length = strspn(text, name_letters);
		buf_add(&out, postfix_setting_text(settings,
		                  arena_dup_n(arena, text, length), ""));
		text += length;
		if (has_brace) {
			text += strcspn(text, "})");
			text += *text != '\0';
		}
	}
	return arena_dup(arena, buf_text(&out));
}

const char *
postfix_service_value(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_service *service, const char *name,
    const char *otherwise)
{
	size_t length = strlen(name);
	const char *found = NULL;

	/* the last one counts, as with main.cf */
	for (size_t i = 0; service != NULL && service->overrides[i] != NULL;
	     i++)
		if (strncmp(service->overrides[i], name, length) == 0 &&
		    service->overrides[i][length] == '=')
			found = service->overrides[i] + length + 1;
	return found != NULL ? expand(arena, settings, found)
	                     : postfix_setting_text(settings, name, otherwise);
}

/* The service of "transport:nexthop". */
static const struct postfix_service *
sender_find(
    struct arena *arena, const struct mta_own *own, const char *transport)
{
	const char *name =
	    arena_dup_n(arena, transport, strcspn(transport, ":"));

	for (size_t i = 0; i < own->services.count; i++) {
		const struct postfix_service *service =
		    &own->services.services[i];

		if (strcmp(service->name, name) == 0 &&
		    strcmp(service->type, "inet") != 0)
			return service;
	}
	return NULL;
}

/* "[2001:db8::1]" or bare; canonical, or NULL: it is none of that family. */
static const char *
address_read(struct arena *arena, const char *word, int family)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char bytes[sizeof(struct in6_addr)];
	size_t length = strlen(word);

	if (length >= 2 && word[0] == '[' && word[length - 1] == ']')
		word = arena_dup_n(arena, word + 1, length - 2);
	if (inet_pton(family, word, bytes) != 1 ||
	    inet_ntop(family, bytes, text, sizeof(text)) == NULL)
		return NULL;
	return arena_dup(arena, text);
}

static bool
is_loopback(const char *address)
{
	return text_starts(address, "127.") || strcmp(address, "::1") == 0;
}

/*
 * The only address of a family in inet_interfaces is bound too; a name there
 * may stand for several, so then it is the system that tells.
 */
static const char *
interface_only(struct arena *arena, const char *interfaces, int family)
{
	const char *const *words = postfix_words(arena, interfaces);
	const char *only = NULL;
	size_t count = 0;

	for (size_t i = 0; words[i] != NULL; i++) {
		const char *v4 = address_read(arena, words[i], AF_INET);
		const char *v6 = address_read(arena, words[i], AF_INET6);

		if (v4 == NULL && v6 == NULL)
			return NULL;
		if ((family == AF_INET ? v4 : v6) != NULL) {
			only = family == AF_INET ? v4 : v6;
			count++;
		}
	}
	return count == 1 && !is_loopback(only) ? only : NULL;
}

static void
bind_set(struct arena *arena, const struct postfix_settings *settings,
    const struct postfix_service *service, int family, const char **ret,
    const char **ret_setting)
{
	const char *setting =
	    family == AF_INET ? "smtp_bind_address" : "smtp_bind_address6";
	const char *value =
	    postfix_service_value(arena, settings, service, setting, "");
	const char *found = address_read(arena, value, family);

	if (found != NULL &&
	    (strcmp(found, "0.0.0.0") == 0 || strcmp(found, "::") == 0)) {
		/* what undoes inet_interfaces: the system chooses */
		found = NULL;
	} else if (found == NULL) {
		setting = "inet_interfaces";
		found = interface_only(arena,
		    postfix_service_value(
		        arena, settings, service, setting, "all"),
		    family);
	}
	*ret = found != NULL ? found : "";
	*ret_setting = setting;
}

/* The service that ordinary mail leaves by. */
static const struct postfix_service *
usual_sender(struct arena *arena, const struct mta_own *own)
{
	return sender_find(arena, own,
	    postfix_setting_text(&own->settings, "default_transport", "smtp"));
}

bool
postfix_leaves_otherwise(
    struct arena *arena, const struct mta_own *own, const char *transport)
{
	const struct postfix_service *services[] = {
	    usual_sender(arena, own), sender_find(arena, own, transport)};
	const char *seen[2][3], *setting;

	if (services[1] == NULL || services[0] == services[1])
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(services); i++) {
		bind_set(arena, &own->settings, services[i], AF_INET,
		    &seen[i][0], &setting);
		bind_set(arena, &own->settings, services[i], AF_INET6,
		    &seen[i][1], &setting);
		seen[i][2] = postfix_service_value(arena, &own->settings,
		    services[i], "inet_protocols", "all");
	}
	for (size_t i = 0; i < ARRAY_COUNT(seen[0]); i++)
		if (strcasecmp(seen[0][i], seen[1][i]) != 0)
			return true;
	return false;
}

/* What transport_maps say of all mail takes the place of relayhost. */
static void
relay_set(
    struct arena *arena, const struct mta *mta, struct mta_identity *identity)
{
	const struct postfix_settings *settings = &mta->own->settings;
	struct postfix_way way;
	struct why why = {0};

	if (postfix_way_find(arena, settings, postfix_table_ask, &way, &why) <
	    0)
		identity->way_unknown = arena_dup(arena, why.text);
	else if (way.is_told)
		identity->relay = way.relay;
	else if (text_starts(
	             postfix_setting_text(settings, "default_transport", ""),
	             "randmap:"))
		identity->way_unknown =
		    "default_transport is one of several at random";
	else if (mta->throttle != NULL)
		identity->relay =
		    postfix_way_relay(arena, settings, mta->throttle->relay);
}

static bool
is_dead_end(const char *transport)
{
	const char *name = transport + strspn(transport, " ");
	const size_t length = strcspn(name, ": ");

	return (length == strlen("error") && text_starts(name, "error")) ||
	       (length == strlen("discard") && text_starts(name, "discard"));
}

/*
 * As Debian sets a host up for "Local only". What routes mail by itself may
 * lead out. Not "retry": that mail waits until it may leave.
 */
static bool
is_silent(const struct postfix_settings *settings)
{
	static const char *const others[] = {"transport_maps",
	    "sender_dependent_default_transport_maps", "content_filter"};

	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		if (postfix_setting_text(settings, others[i], "")[0] != '\0')
			return false;
	return is_dead_end(postfix_setting_text(
	           settings, "default_transport", "smtp")) &&
	       (postfix_setting_text(settings, "relay_domains", "")[0] ==
	               '\0' ||
	           is_dead_end(postfix_setting_text(
	               settings, "relay_transport", "relay")));
}

static bool
has_users(const struct mta *mta)
{
	for (size_t i = 0; i < mta->peer_count; i++)
		if (mta->peers[i].role == MTA_PEER_AUTH)
			return true;
	return false;
}

static int
settings_check(const struct mta *mta, struct why *why)
{
	if (mta->has_settings && mta->own != NULL)
		return 0;
	return why_set(why, -ENODATA, "%s",
	    mta->settings_error != NULL ? mta->settings_error
	                                : "its settings are not known");
}

int
postfix_certificates(struct arena *arena, const struct mta *mta,
    struct mta_identity *ret, struct why *why)
{
	const int r = settings_check(mta, why);

	if (r < 0)
		return r;
	*ret = (struct mta_identity){.certificate_count = 0};
	postfix_identity_certificates(
	    arena, &mta->own->settings, &mta->own->services, ret);
	return 0;
}

int
postfix_identity(struct arena *arena, const struct mta *mta,
    struct mta_identity *ret, struct why *why)
{
	const struct postfix_settings *settings;
	const struct postfix_service *service;
	const char *protocols;
	const int r = settings_check(mta, why);

	if (r < 0)
		return r;
	settings = &mta->own->settings;
	service = usual_sender(arena, mta->own);
	*ret = (struct mta_identity){.is_silent = is_silent(settings)};
	relay_set(arena, mta, ret);
	protocols = postfix_service_value(
	    arena, settings, service, "inet_protocols", "all");
	ret->uses_v4 = strcasestr(protocols, "ipv4") != NULL ||
	               strcasestr(protocols, "all") != NULL;
	ret->uses_v6 = strcasestr(protocols, "ipv6") != NULL ||
	               strcasestr(protocols, "all") != NULL;
	ret->helo = postfix_service_value(arena, settings, service,
	    "smtp_helo_name", mta->hostname != NULL ? mta->hostname : "");
	if (ret->helo[0] == '\0') {
		ret->helo = NULL;
		ret->helo_error = "smtp_helo_name is empty";
	}
	ret->prefers_v4 =
	    strcasecmp(postfix_service_value(arena, settings, service,
	                   "smtp_address_preference", "any"),
	        "ipv4") == 0;
	bind_set(arena, settings, service, AF_INET, &ret->bind_v4,
	    &ret->bind_setting_v4);
	bind_set(arena, settings, service, AF_INET6, &ret->bind_v6,
	    &ret->bind_setting_v6);
	postfix_identity_domains(arena, settings, has_users(mta), ret);
	/* what cannot be asked may well write another */
	if (postfix_way_rewrite(arena, settings, postfix_table_ask, ret, NULL) <
	    0)
		for (size_t i = 0; i < ret->domain_count; i++)
			if (!ret->domains[i].is_hosted)
				ret->domains[i].is_sender = false;
	postfix_identity_lists(arena, settings, &mta->own->services, ret);
	postfix_identity_certificates(
	    arena, settings, &mta->own->services, ret);
	return 0;
}
