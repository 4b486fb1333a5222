/*
 * postfix_filters.c - whom Postfix itself hands mail to, who gives it back
 *
 * Purpose  users of pipe(8) and spawn(8); hosts of content filters and proxies
 * Input    effective settings, and -o settings and arguments of master.cf
 * Errors   none; a host that stands in a lookup table alone is not found
 * Runs as  the actor
 * Source   FILTER_README, SMTPD_PROXY_README, pipe(8), spawn(8), access(5)
 */
#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"

/* A service is one line of master.cf: a dozen is a lot. */
#define UIDS_MAX 64U

/* Longer than any name of a host: RFC 1035 section 2.3.4. */
#define HOST_MAX 255

struct filter_list {
	struct buf hosts;
	uid_t *uids;
	size_t uid_count;
};

/* uid_add - of "NAME" or "NAME:GROUP" */
static void
uid_add(struct filter_list *list, const char *user, size_t length)
{
	char name[64];
	const struct passwd *entry;

	if (length == 0 || length >= sizeof(name) ||
	    list->uid_count == UIDS_MAX)
		return;
	(void)snprintf(name, sizeof(name), "%.*s", (int)length, user);
	entry = getpwnam(name);
	if (entry != NULL)
		list->uids[list->uid_count++] = entry->pw_uid;
}

/* service_user - "user=" of what stands before the command of the admin's */
static void
service_user(struct filter_list *list, const char *args)
{
	static const char user[] = "user=", argv[] = "argv=";

	while (*args != '\0') {
		const size_t length = strcspn(args, " \t");

		if (text_starts(args, argv))
			return;
		if (text_starts(args, user))
			uid_add(list, args + strlen(user),
			    strcspn(args + strlen(user), ": \t"));
		args += length;
		args += strspn(args, " \t");
	}
}

static bool
is_loopback(const char *host)
{
	return host[0] == '\0' || strcasecmp(host, "localhost") == 0 ||
	       text_starts(host, "127.") || strcmp(host, "::1") == 0;
}

/*
 * host_add - from "[HOST]:PORT", "HOST:PORT", "HOST", "inet:HOST:PORT", ":PORT"
 * A socket of this host, or a port alone, is on the loopback.
 */
static void
host_add(struct filter_list *list, const char *text, size_t length)
{
	char host[HOST_MAX + 1];
	char *at = host, *end;

	if (length > HOST_MAX || memchr(text, '$', length) != NULL)
		return;
	(void)snprintf(host, sizeof(host), "%.*s", (int)length, text);
	if (text_starts(at, "inet:"))
		at += strlen("inet:");
	if (text_starts(at, "unix:") || at[strspn(at, "0123456789")] == '\0')
		*at = '\0';
	end = *at == '[' ? strchr(at, ']') : strrchr(at, ':');
	if (*at == '[' && end != NULL)
		at++;
	if (end != NULL)
		*end = '\0';
	if (is_loopback(at))
		buf_addf(&list->hosts, "127.0.0.0/8 [::1]/128 localhost ");
	else if (strchr(at, ':') != NULL)
		buf_addf(&list->hosts, "[%s] ", at);
	else
		buf_addf(&list->hosts, "%s ", at);
}

/* nexthops_add - of "TRANSPORT:HOST, HOST"; a transport alone has none */
static void
nexthops_add(struct filter_list *list, const char *value, size_t length)
{
	static const char gaps[] = ", \t";
	const char *end = value + length, *at = memchr(value, ':', length);

	if (at == NULL)
		return;
	for (at++; at < end;) {
		const size_t left = (size_t)(end - at);
		size_t word = strcspn(at, gaps);

		word = word < left ? word : left;
		if (word != 0)
			host_add(list, at, word);
		at += word;
		at += at < end ? strspn(at, gaps) : 0;
	}
}

/* actions_add - FILTER of access(5) and header_checks(5), in the setting */
static void
actions_add(struct filter_list *list, const char *value)
{
	static const char action[] = "FILTER";

	for (const char *at = value; (at = strstr(at, action)) != NULL;) {
		const bool is_word =
		    at == value || strchr(" \t:,{", at[-1]) != NULL;

		at += strlen(action);
		if (!is_word || (*at != ' ' && *at != '\t'))
			continue;
		at += strspn(at, " \t");
		nexthops_add(list, at, strcspn(at, ", \t}"));
	}
}

static void
setting_add(struct filter_list *list, const char *name, const char *value)
{
	if (*value == '\0')
		return;
	if (strcmp(name, "content_filter") == 0)
		nexthops_add(list, value, strlen(value));
	else if (strcmp(name, "smtpd_proxy_filter") == 0)
		host_add(list, value, strlen(value));
	else
		actions_add(list, value);
}

static void
service_add(struct filter_list *list, const struct postfix_service *service)
{
	if (strcmp(service->command, "pipe") == 0 ||
	    strcmp(service->command, "spawn") == 0)
		service_user(list, service->args);
	for (size_t i = 0; service->overrides[i] != NULL; i++) {
		const char *text = service->overrides[i];
		const size_t length = strcspn(text, "=");
		AUTO_FREE char *name = strndup(text, length);

		if (name != NULL && text[length] == '=')
			setting_add(list, name, text + length + 1);
	}
}

void
postfix_filters_find(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta)
{
	struct filter_list list = {
	    .uids = arena_alloc(arena, UIDS_MAX, sizeof(*list.uids))};

	for (size_t i = 0; i < settings->count; i++)
		setting_add(&list, settings->settings[i].name,
		    settings->settings[i].value);
	for (size_t i = 0; i < services->count; i++)
		service_add(&list, &services->services[i]);
	mta->filters = (struct mta_filters){
	    .hosts = arena_dup(arena, buf_text(&list.hosts)),
	    .uids = list.uids,
	    .uid_count = list.uid_count};
	buf_done(&list.hosts);
}
