/*
 * postfix_identity_lists.c - blocklists and certificates of Postfix's servers
 *
 * Purpose  which lists refuse clients here, and which certificates are shown
 * Input    settings and services: trusted, but not correct
 * Errors   none: what is no name of a zone is left out
 * Runs as  the actor
 * Source   postconf(5): reject_rbl_client, reject_rhsbl_*, permit_dnswl_client,
 *          warn_if_reject, smtpd_restriction_classes, postscreen_dnsbl_*,
 *          smtpd_tls_chain_files, tls_server_sni_maps; smtpd_check.c:
 *          warn_if_reject holds for what a class calls, too; access(5): tables
 *          may name a class
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mail/mail_name.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_identity.h"

/* Classes that call classes: Postfix itself stops at 100. */
#define CLASS_DEPTH_MAX 8U

/* RSA and ECDSA for each of some services. */
#define CERTIFICATES_MAX 16U

static const char *const restrictions[] = {"smtpd_client_restrictions",
    "smtpd_helo_restrictions", "smtpd_sender_restrictions",
    "smtpd_relay_restrictions", "smtpd_recipient_restrictions",
    "smtpd_data_restrictions", "smtpd_end_of_data_restrictions",
    "smtpd_etrn_restrictions"};

struct lists {
	struct arena *arena;
	const struct postfix_settings *settings;
	const char *const *classes; /* of restrictions; NULL-terminated */
	bool *is_walked;            /* one for each class */
	const char *setting;        /* at hand */
	struct mta_identity *identity;
};

static const char *
lower(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_dup_n(arena, text, length);

	for (char *p = copy; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* "zen.spamhaus.org=127.0.0.[2..11]" */
static void
list_add(struct lists *lists, const char *word, struct mta_dnsbl list)
{
	struct mta_identity *identity = lists->identity;
	size_t length = strcspn(word, "=");

	list.zone = lower(lists->arena, word, length);
	list.filter = word[length] == '=' && word[length + 1] != '\0'
	                  ? arena_dup(lists->arena, word + length + 1)
	                  : NULL;
	list.setting = lists->setting;
	if (!mail_domain_ok(list.zone))
		return;
	for (size_t i = 0; i < identity->dnsbl_count; i++) {
		struct mta_dnsbl *old = &identity->dnsbls[i];

		if (strcmp(old->zone, list.zone) == 0 &&
		    text_equal(old->filter, list.filter) &&
		    old->is_domains == list.is_domains &&
		    old->is_allow == list.is_allow) {
			old->refuses |= list.refuses;
			return;
		}
	}
	if (identity->dnsbl_count < POSTFIX_DNSBLS_MAX)
		identity->dnsbls[identity->dnsbl_count++] = list;
}

/* Is it a restriction that asks a list? */
static bool
restriction_read(const char *word, struct mta_dnsbl *ret)
{
	*ret = (struct mta_dnsbl){.refuses = true};
	if (strcasecmp(word, "reject_rbl_client") == 0 ||
	    strcasecmp(word, "reject_rbl") == 0)
		return true;
	ret->is_domains = strncasecmp(word, "reject_rhsbl_", 13) == 0;
	if (ret->is_domains)
		return true;
	ret->is_domains = strcasecmp(word, "permit_rhswl_client") == 0;
	ret->is_allow =
	    ret->is_domains || strcasecmp(word, "permit_dnswl_client") == 0;
	ret->refuses = false;
	return ret->is_allow;
}

/* Its place among the classes, or -1. */
static int
class_find(const struct lists *lists, const char *word)
{
	for (int i = 0; lists->classes[i] != NULL; i++)
		if (strcmp(lists->classes[i], word) == 0)
			return i;
	return -1;
}

static void class_walk(
    struct lists *lists, int class, bool is_warned, unsigned depth);

static void
restrictions_walk(
    struct lists *lists, const char *value, bool is_warned, unsigned depth)
{
	const char *const *words = postfix_words(lists->arena, value);
	bool warns = is_warned;

	if (depth > CLASS_DEPTH_MAX)
		return;
	for (size_t i = 0; words[i] != NULL; i++) {
		const int class = class_find(lists, words[i]);
		struct mta_dnsbl list;

		if (strcasecmp(words[i], "warn_if_reject") == 0) {
			warns = true;
			continue;
		}
		if (restriction_read(words[i], &list)) {
			list.refuses = list.refuses && !warns;
			if (words[i + 1] == NULL)
				return;
			list_add(lists, words[++i], list);

		} else if (class >= 0) {
			class_walk(lists, class, warns, depth + 1);
		}

		warns = is_warned;
	}
}

/* What it asks stands in a setting of its own. */
static void
class_walk(struct lists *lists, int class, bool is_warned, unsigned depth)
{
	const char *setting = lists->setting;

	lists->setting = lists->classes[class];
	lists->is_walked[class] = true;
	restrictions_walk(lists,
	    postfix_setting_text(lists->settings, lists->classes[class], ""),
	    is_warned, depth);
	lists->setting = setting;
}

/* Access tables call classes, too: who names one has a use for it. */
static void
classes_lists(struct lists *lists)
{
	for (int i = 0; lists->classes[i] != NULL; i++)
		if (!lists->is_walked[i])
			class_walk(lists, i, false, 0);
}

static void
server_lists(struct lists *lists, const struct postfix_service *service)
{
	for (size_t i = 0; i < ARRAY_COUNT(restrictions); i++) {
		lists->setting = restrictions[i];
		restrictions_walk(lists,
		    postfix_service_value(lists->arena, lists->settings,
		        service, restrictions[i], ""),
		    false, 0);
	}
}

/* "zone=filter*weight": a client is refused when the sum is high enough. */
static void
screen_lists(struct lists *lists, const struct postfix_service *service)
{
	const char *const *sites = postfix_words(
	    lists->arena, postfix_service_value(lists->arena, lists->settings,
	                      service, "postscreen_dnsbl_sites", ""));
	const char *action = postfix_service_value(lists->arena,
	    lists->settings, service, "postscreen_dnsbl_action", "ignore");
	long threshold =
	    strtol(postfix_service_value(lists->arena, lists->settings, service,
	               "postscreen_dnsbl_threshold", "1"),
	        NULL, 10);

	lists->setting = "postscreen_dnsbl_sites";
	for (size_t i = 0; sites[i] != NULL; i++) {
		size_t length = strcspn(sites[i], "*");
		long weight = sites[i][length] == '*'
		                  ? strtol(sites[i] + length + 1, NULL, 10)
		                  : 1;

		list_add(lists, arena_dup_n(lists->arena, sites[i], length),
		    (struct mta_dnsbl){
		        .is_allow = weight<0, .refuses = weight> 0 &&
		                    weight >= threshold &&
		                    strcasecmp(action, "ignore") != 0,
		    });
	}
}

void
postfix_identity_lists(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta_identity *ret)
{
	struct lists lists = {
	    .arena = arena, .settings = settings, .identity = ret};
	size_t classes = 0;
	bool has_server = false;

	lists.classes = postfix_words(arena,
	    postfix_setting_text(settings, "smtpd_restriction_classes", ""));
	while (lists.classes[classes] != NULL)
		classes++;
	lists.is_walked =
	    arena_alloc(arena, classes + 1, sizeof(*lists.is_walked));
	ret->dnsbls =
	    arena_alloc(arena, POSTFIX_DNSBLS_MAX, sizeof(*ret->dnsbls));
	for (size_t i = 0; i < services->count; i++) {
		const struct postfix_service *service = &services->services[i];

		has_server |= strcmp(service->command, "smtpd") == 0;
		if (strcmp(service->command, "smtpd") == 0)
			server_lists(&lists, service);
		else if (strcmp(service->command, "postscreen") == 0)
			screen_lists(&lists, service);
	}
	if (has_server)
		classes_lists(&lists);
}

static void
certificate_add(struct arena *arena, struct mta_identity *ret, const char *path,
    bool is_mx, bool is_chain)
{
	/* "none", and what a name of main.cf left empty */
	if (path[0] != '/')
		return;
	for (size_t i = 0; i < ret->certificate_count; i++)
		if (strcmp(ret->certificates[i].path, path) == 0) {
			ret->certificates[i].is_mx |= is_mx;
			return;
		}
	if (ret->certificate_count == CERTIFICATES_MAX)
		ret->certificates_unread =
		    "there are more files of certificates than are read";
	else
		ret->certificates[ret->certificate_count++] =
		    (struct mta_certificate){
		        arena_dup(arena, path), is_mx, is_chain};
}

static void
service_certificates(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_service *service, struct mta_identity *ret)
{
	static const char *const files[] = {"smtpd_tls_cert_file",
	    "smtpd_tls_eccert_file", "smtpd_tls_dcert_file"};
	static const char *const switches[] = {
	    "smtpd_use_tls", "smtpd_enforce_tls", "smtpd_tls_wrappermode"};
	const char *level = postfix_service_value(
	    arena, settings, service, "smtpd_tls_security_level", "");
	const char *const *chain =
	    postfix_words(arena, postfix_service_value(arena, settings, service,
	                             "smtpd_tls_chain_files", ""));
	const char *name = strrchr(service->name, ':');
	bool is_mx, is_on = false;

	name = name != NULL ? name + 1 : service->name;
	is_mx = strcmp(name, "smtp") == 0 || strcmp(name, "25") == 0 ||
	        /* behind postscreen */
	        strcmp(service->type, "pass") == 0;
	if (strcasecmp(level, "none") == 0)
		return;
	for (size_t i = 0; level[0] == '\0' && i < ARRAY_COUNT(switches); i++)
		is_on |= strcmp(postfix_service_value(arena, settings, service,
		                    switches[i], "no"),
		             "yes") == 0;
	if (level[0] == '\0' && !is_on)
		return;
	/* it has keys and chains in base 64, by names: not read here */
	if (is_mx && postfix_service_value(arena, settings, service,
	                 "tls_server_sni_maps", "")[0] != '\0')
		ret->certificates_unread =
		    "certificates that tls_server_sni_maps has for names of "
		    "this server are not read";
	for (size_t i = 0; chain[i] != NULL; i++)
		certificate_add(arena, ret, chain[i], is_mx, true);
	for (size_t i = 0; chain[0] == NULL && i < ARRAY_COUNT(files); i++)
		certificate_add(arena, ret,
		    postfix_service_value(
		        arena, settings, service, files[i], ""),
		    is_mx, false);
}

void
postfix_identity_certificates(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta_identity *ret)
{
	ret->certificates =
	    arena_alloc(arena, CERTIFICATES_MAX, sizeof(*ret->certificates));
	for (size_t i = 0; i < services->count; i++)
		if (strcmp(services->services[i].command, "smtpd") == 0)
			service_certificates(
			    arena, settings, &services->services[i], ret);
}
