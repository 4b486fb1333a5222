/*
 * postfix_settings.c - the effective settings of Postfix
 *
 * Purpose  one postconf(1) call gives all settings, with $names filled in
 * Input    what postconf prints from the admin's own configuration
 * Errors   -EINVAL with Postfix's own words when it refuses the configuration;
 *          any other: it gave no answer
 * Runs as  the actor
 * Source   postconf(1) -x; postconf(5)
 */
#include "agent/mta/postfix_settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/sys/program.h"

#define POSTCONF "/usr/sbin/postconf"

/* postconf answers in 8 ms; on a host that swaps it may take long. */
#define POSTCONF_DEADLINE_MS 10000U

/* All settings are about 40 kB; an admin's own may be long. */
#define POSTCONF_OUTPUT_MAX (4U * 1024U * 1024U)

/* Sorted: what mailfix asks for by name. */
static const char *const kept_names[] = {"alias_database",
    "anvil_rate_time_unit", "canonical_classes", "canonical_maps",
    "command_directory", "compatibility_level", "config_directory",
    "content_filter", "daemon_directory", "data_directory",
    "default_database_type", "default_process_limit", "default_transport",
    "defer_transports", "home_mailbox", "inet_interfaces", "inet_protocols",
    "mail_owner", "mail_spool_directory", "mail_version", "masquerade_domains",
    "message_size_limit", "meta_directory", "milter_default_action",
    "multi_instance_directories", "multi_instance_enable", "mydestination",
    "mydomain", "myhostname", "mynetworks", "myorigin", "non_smtpd_milters",
    "postscreen_dnsbl_action", "postscreen_dnsbl_sites",
    "postscreen_dnsbl_threshold", "queue_directory", "queue_minfree",
    "relay_domains", "relay_transport", "relayhost", "sender_canonical_classes",
    "sender_canonical_maps", "sender_dependent_default_transport_maps",
    "sender_dependent_relayhost_maps", "setgid_group",
    "smtp_address_preference", "smtp_bind_address", "smtp_bind_address6",
    "smtp_enforce_tls", "smtp_generic_maps", "smtp_helo_name",
    "smtp_sasl_auth_enable", "smtp_sender_dependent_authentication",
    "smtp_tls_per_site", "smtp_tls_policy_maps", "smtp_tls_security_level",
    "smtpd_client_auth_rate_limit", "smtpd_client_connection_count_limit",
    "smtpd_client_connection_rate_limit", "smtpd_client_event_limit_exceptions",
    "smtpd_client_message_rate_limit",
    "smtpd_client_new_tls_session_rate_limit",
    "smtpd_client_recipient_rate_limit", "smtpd_client_restrictions",
    "smtpd_data_restrictions", "smtpd_end_of_data_restrictions",
    "smtpd_enforce_tls", "smtpd_etrn_restrictions", "smtpd_helo_restrictions",
    "smtpd_milters", "smtpd_recipient_restrictions", "smtpd_relay_restrictions",
    "smtpd_restriction_classes", "smtpd_sasl_auth_enable", "smtpd_sasl_path",
    "smtpd_sasl_type", "smtpd_sender_restrictions", "smtpd_tls_cert_file",
    "smtpd_tls_chain_files", "smtpd_tls_dcert_file", "smtpd_tls_eccert_file",
    "smtpd_tls_security_level", "smtpd_use_tls", "soft_bounce",
    "tls_server_sni_maps", "transport_maps", "virtual_alias_domains",
    "virtual_mailbox_base", "virtual_mailbox_domains"};

static int
name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A class of restrictions, whatever it is called, that asks a blocklist. */
static bool
asks_list(const char *value)
{
	static const char *const words[] = {"reject_rbl_client",
	    "reject_rhsbl_", "permit_dnswl_client", "permit_rhswl_client"};

	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (strstr(value, words[i]) != NULL)
			return true;
	return false;
}

bool
postfix_settings_keeps(const char *name, const char *value)
{
	return bsearch(&name, kept_names, ARRAY_COUNT(kept_names),
	           sizeof(kept_names[0]), name_compare) != NULL ||
	       strstr(name, "_destination_") != NULL ||
	       text_ends(name, "_transport_rate_delay") ||
	       strstr(value, ":/") != NULL ||
	       strstr(value, "check_policy_service") != NULL ||
	       strcmp(name, "smtpd_proxy_filter") == 0 ||
	       strstr(value, "FILTER ") != NULL || asks_list(value);
}

static int
setting_compare(const void *a, const void *b)
{
	const struct postfix_setting *left = a, *right = b;

	return strcmp(left->name, right->name);
}

void
postfix_settings_parse(struct arena *arena, const char *text, size_t length,
    struct postfix_settings *ret)
{
	const char *end = text + length;
	size_t size = 64;

	*ret = (struct postfix_settings){0};
	ret->settings = arena_alloc(arena, size, sizeof(*ret->settings));
	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		char *line, *sign;
		const char *value;

		if (line_end == NULL)
			line_end = end;
		line = arena_dup_n(arena, text, (size_t)(line_end - text));
		text = line_end + 1;
		sign = strstr(line, " =");
		if (sign == NULL)
			continue;
		value = sign[2] == ' ' ? sign + 3 : sign + 2;
		*sign = '\0';
		if (!postfix_settings_keeps(line, value))
			continue;
		if (ret->count == size) {
			struct postfix_setting *more =
			    arena_alloc(arena, size * 2, sizeof(*more));

			(void)memcpy(more, ret->settings, size * sizeof(*more));
			ret->settings = more;
			size *= 2;
		}
		ret->settings[ret->count++] =
		    (struct postfix_setting){line, value};
	}
	qsort(
	    ret->settings, ret->count, sizeof(*ret->settings), setting_compare);
}

void
postfix_settings_write(const struct postfix_settings *settings, struct buf *out)
{
	for (size_t i = 0; i < settings->count; i++)
		buf_addf(out, "%s = %s\n", settings->settings[i].name,
		    settings->settings[i].value);
}

/* "postconf: fatal: text" or "postfix/postconf: fatal: text" -> "text" */
static const char *
severity_find(const char *line, const char *const *marks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *mark = strstr(line, marks[i]);

		if (mark != NULL)
			return mark + strlen(marks[i]);
	}
	return NULL;
}

const char *
postfix_error_line(struct arena *arena, const char *text)
{
	static const char *const marks[] = {"fatal: ", "panic: ", "error: "};
	static const char *const hints[] = {"warning: "};
	const char *last = NULL, *hint = NULL;
	AUTO_FREE char *copy = mem_dup(text);
	char *at = copy, *line;

	while ((line = strsep(&at, "\r\n")) != NULL) {
		const char *found =
		    severity_find(line, marks, ARRAY_COUNT(marks));

		/* "macro processing error" alone says nothing */
		if (found != NULL && *found != '\0' && hint != NULL)
			return arena_printf(arena, "%s (%s)", found, hint);
		if (found != NULL && *found != '\0')
			return arena_dup(arena, found);
		if (*line == '\0')
			continue;
		last = line;
		hint = severity_find(line, hints, ARRAY_COUNT(hints));
	}
	return arena_dup(arena, last != NULL ? last : "it gives no reason");
}

int
postfix_settings_read(
    struct arena *arena, struct postfix_settings *ret, struct why *why)
{
	static const char *const argv[] = {POSTCONF, "-x", NULL};
	struct program program = {.argv = argv,
	    .output_max = POSTCONF_OUTPUT_MAX,
	    .deadline_ms = POSTCONF_DEADLINE_MS};
	struct program_result result = {0};
	int code = program_run(&program, &result, why);

	if (code < 0)
		return code;
	if (result.is_late)
		code = why_set(why, -ETIMEDOUT, "postconf gives no answer");
	else if (result.is_cut)
		code = why_set(why, -EFBIG, "postconf prints too much");
	else if (result.status > 128)
		code = why_set(why, -EINTR, "postconf was ended by signal %d",
		    result.status - 128);
	else if (result.status != 0)
		code = why_set(why, -EINVAL, "%s",
		    postfix_error_line(arena, buf_text(&result.errors)));
	else
		postfix_settings_parse(
		    arena, buf_text(&result.output), result.output.length, ret);
	buf_done(&result.output);
	buf_done(&result.errors);
	return code;
}

const char *
postfix_setting_text(const struct postfix_settings *settings, const char *name,
    const char *otherwise)
{
	struct postfix_setting wanted = {.name = name};
	const struct postfix_setting *found =
	    settings->count != 0
	        ? bsearch(&wanted, settings->settings, settings->count,
	              sizeof(wanted), setting_compare)
	        : NULL;

	return found != NULL ? found->value : otherwise;
}

double
postfix_setting_number(
    const struct postfix_settings *settings, const char *name, double otherwise)
{
	const char *text = postfix_setting_text(settings, name, "");
	char *end;
	double number = strtod(text, &end);

	return end != text && *end == '\0' && number >= 0 ? number : otherwise;
}

double
postfix_setting_seconds(
    const struct postfix_settings *settings, const char *name, double otherwise)
{
	static const struct {
		char unit;
		double seconds;
	} units[] = {
	    {'s',  1     },
            {'m',  60    },
            {'h',  3600  },
            {'d',  86400 },
            {'w',  604800},
	    {'\0', 1     }
        };

	const char *text = postfix_setting_text(settings, name, "");
	char *end;
	double number = strtod(text, &end);

	for (size_t i = 0; end != text && i < ARRAY_COUNT(units); i++)
		if (*end == units[i].unit && (*end == '\0' || end[1] == '\0'))
			return number >= 0 ? number * units[i].seconds
			                   : otherwise;
	return otherwise;
}
