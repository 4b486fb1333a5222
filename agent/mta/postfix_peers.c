/*
 * postfix_peers.c - services beside Postfix that its configuration names
 *
 * Purpose  milters, content filters, policy services, authentication
 * Input    effective settings, and -o settings of master.cf
 * Errors   none
 * Runs as  the actor
 * Source   MILTER_README, FILTER_README, SMTPD_POLICY_README, SASL_README
 */
#include <ctype.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"

/* A dozen is a lot; more are of no use in a table of units. */
#define PEERS_MAX 32U

struct peer_list {
	struct arena *arena;
	const struct postfix_services *services;
	struct mta_peer *peers;
	size_t count;
};

const char *const *
postfix_words(struct arena *arena, const char *text)
{
	const char **words =
	    arena_alloc(arena, strlen(text) / 2 + 2, sizeof(*words));
	size_t count = 0;

	for (;;) {
		const char *start;
		int depth = 0;

		while (*text == ',' || isspace((unsigned char)*text))
			text++;
		if (*text == '\0')
			return words;
		for (start = text; *text != '\0'; text++) {
			depth += *text == '{' ? 1 : *text == '}' ? -1 : 0;
			if (depth <= 0 &&
			    (*text == ',' || isspace((unsigned char)*text)))
				break;
		}
		words[count++] =
		    arena_dup_n(arena, start, (size_t)(text - start));
	}
}

/* Services of Postfix itself (spawn) are no units of their own. */
static bool
is_own_socket(const struct peer_list *list, const char *endpoint)
{
	const char *path = strchr(endpoint, ':');

	if (!text_starts(endpoint, "unix:") || path == NULL)
		return false;
	path++;
	if (text_starts(path, "private/"))
		path += strlen("private/");
	for (size_t i = 0; i < list->services->count; i++)
		if (strcmp(list->services->services[i].name, path) == 0 &&
		    strcmp(list->services->services[i].type, "inet") != 0)
			return true;
	return false;
}

static void
peer_add(struct peer_list *list, enum mta_peer_role role, const char *setting,
    const char *endpoint)
{
	if (strchr(endpoint, '$') != NULL || is_own_socket(list, endpoint))
		return;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->peers[i].endpoint, endpoint) == 0)
			return;
	if (list->count == PEERS_MAX)
		return;
	list->peers[list->count++] = (struct mta_peer){
	    .role = role, .endpoint = endpoint, .setting = setting};
}

/* "inet:host:port", "unix:path", or { inet:host:port, option=value } */
static void
milters_add(struct peer_list *list, const char *setting, const char *value)
{
	const char *const *words = postfix_words(list->arena, value);

	for (size_t i = 0; words[i] != NULL; i++) {
		const char *const *inner =
		    words[i][0] == '{'
		        ? postfix_words(list->arena, words[i] + 1)
		        : NULL;
		const char *endpoint = inner != NULL ? inner[0] : words[i];

		if (endpoint == NULL)
			continue;
		endpoint =
		    arena_dup_n(list->arena, endpoint, strcspn(endpoint, "}"));
		if (text_starts(endpoint, "inet:") ||
		    text_starts(endpoint, "unix:"))
			peer_add(list, MTA_PEER_MILTER, setting, endpoint);
		else if (text_starts(endpoint, "local:"))
			peer_add(list, MTA_PEER_MILTER, setting,
			    arena_printf(list->arena, "unix:%s",
			        endpoint + strlen("local:")));
	}
}

/* "smtp-amavis:[127.0.0.1]:10024": transport, then where it goes */
static void
filter_add(struct peer_list *list, const char *setting, const char *value)
{
	const char *host = strchr(value, ':');
	const char *port;

	if (host == NULL || host[1] == '\0')
		return;
	host++;
	if (text_starts(host, "unix:") || text_starts(host, "inet:")) {
		peer_add(list, MTA_PEER_FILTER, setting,
		    arena_dup(list->arena, host));
		return;
	}
	port = strrchr(host, ':');
	if (port == NULL || port[1] == '\0')
		return;
	peer_add(list, MTA_PEER_FILTER, setting,
	    arena_printf(list->arena, "inet:%.*s:%s", (int)(port - host), host,
	        port + 1));
}

/* Wherever in a list of restrictions. */
static void
policies_add(struct peer_list *list, const char *setting, const char *value)
{
	const char *const *words = postfix_words(list->arena, value);

	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], "check_policy_service") == 0 &&
		    words[i + 1] != NULL) {
			const char *endpoint = words[i + 1];

			if (endpoint[0] == '{') {
				const char *const *inner =
				    postfix_words(list->arena, endpoint + 1);

				endpoint = inner[0] != NULL ? inner[0] : "";
			}
			if (text_starts(endpoint, "inet:") ||
			    text_starts(endpoint, "unix:"))
				peer_add(list, MTA_PEER_FILTER, setting,
				    arena_dup_n(list->arena, endpoint,
				        strcspn(endpoint, "}")));
		}
}

static void
setting_add(struct peer_list *list, const char *name, const char *value)
{
	name = arena_dup(list->arena, name);
	if (text_ends(name, "smtpd_milters"))
		milters_add(list, name, value);
	else if (strcmp(name, "content_filter") == 0)
		filter_add(list, name, value);
	else
		policies_add(list, name, value);
}

/* The value of an -o setting of any service, or NULL. */
static const char *
override_find(const struct postfix_services *services, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < services->count; i++)
		for (size_t j = 0; services->services[i].overrides[j] != NULL;
		     j++) {
			const char *text = services->services[i].overrides[j];

			if (strncmp(text, name, length) == 0 &&
			    text[length] == '=')
				return text + length + 1;
		}
	return NULL;
}

static bool
auth_is_on(
    const struct peer_list *list, const struct postfix_settings *settings)
{
	const char *general =
	    postfix_setting_text(settings, "smtpd_sasl_auth_enable", "no");
	const char *special =
	    override_find(list->services, "smtpd_sasl_auth_enable");

	return strcmp(general, "yes") == 0 ||
	       (special != NULL && strcmp(special, "yes") == 0);
}

static void
auth_add(struct peer_list *list, const struct postfix_settings *settings)
{
	const char *type = override_find(list->services, "smtpd_sasl_type");
	const char *path = override_find(list->services, "smtpd_sasl_path");

	if (!auth_is_on(list, settings))
		return;
	if (type == NULL)
		type = postfix_setting_text(settings, "smtpd_sasl_type", "");
	if (path == NULL)
		path = postfix_setting_text(settings, "smtpd_sasl_path", "");
	if (strcmp(type, "dovecot") == 0 && text_starts(path, "inet:"))
		peer_add(list, MTA_PEER_AUTH, "smtpd_sasl_path", path);
	else if (strcmp(type, "dovecot") == 0 && *path != '\0')
		peer_add(list, MTA_PEER_AUTH, "smtpd_sasl_path",
		    arena_printf(list->arena, "unix:%s",
		        text_starts(path, "unix:") ? path + 5 : path));
}

void
postfix_peers_find(struct arena *arena, const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta)
{
	struct peer_list list = {.arena = arena,
	    .services = services,
	    .peers = arena_alloc(arena, PEERS_MAX, sizeof(*list.peers))};

	for (size_t i = 0; i < settings->count; i++)
		setting_add(&list, settings->settings[i].name,
		    settings->settings[i].value);
	for (size_t i = 0; i < services->count; i++)
		for (size_t j = 0; services->services[i].overrides[j] != NULL;
		     j++) {
			const char *text = services->services[i].overrides[j];
			size_t length = strcspn(text, "=");
			AUTO_FREE char *name = strndup(text, length);

			if (name != NULL && text[length] == '=')
				setting_add(&list, name, text + length + 1);
		}
	auth_add(&list, settings);
	mta->peers = list.peers;
	mta->peer_count = list.count;
}
