/*
 * postfix.c - the row of Postfix
 *
 * Purpose  find Postfix and its effective configuration
 * Input    the admin's configuration, through Postfix's own postconf(1)
 * Errors   a configuration that Postfix refuses is a result, not an error:
 *          has_settings is false and settings_error says why
 * Runs as  the actor, or any user
 * Source   postconf(5), postconf(1), postfix(1), master(5), postmulti(1)
 */
#include "agent/mta/postfix.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/mta/config_cache.h"
#include "agent/mta/postfix_advice.h"
#include "agent/mta/postfix_log.h"
#include "agent/mta/postfix_queue.h"
#include "agent/mta/postfix_queue_scan.h"
#include "agent/mta/postfix_way.h"
#include "agent/sys/answer.h"

#define POSTCONF  "/usr/sbin/postconf"
#define CONFIG_AT "/etc/postfix"
#define QUEUE_AT  "/var/spool/postfix"

/* A disk that spins up, or a busy file server, needs some seconds. */
#define QUEUE_ANSWER_MS 5000

/* Two thousand services of a few lines each, or as many parameters. */
#define CONFIG_FILE_BYTES_MAX (2U * 1024U * 1024U)

/* Built-in defaults: Debian's, then those of RHEL and of the source. */
static const char *const program_dirs[] = {
    "/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/lib/postfix"};

static const char *
program_dir_find(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(program_dirs); i++) {
		char path[128];

		(void)snprintf(
		    path, sizeof(path), "%s/master", program_dirs[i]);
		if (access(path, F_OK) == 0)
			return program_dirs[i];
	}
	return program_dirs[0];
}

/* What the answers rest on; a change of any of these empties the cache. */
static const char *
cache_key(struct arena *arena, const char *program_dir)
{
	const char *const contents[] = {CONFIG_AT "/main.cf",
	    CONFIG_AT "/master.cf", CONFIG_AT, CONFIG_AT "/dynamicmaps.cf",
	    CONFIG_AT "/dynamicmaps.cf.d", CONFIG_AT "/postfix-files", POSTCONF,
	    "/usr/sbin/postfix", "/etc/mailname", "/etc/passwd", "/etc/hosts",
	    NULL};
	const char *const directories[] = {
	    program_dir, QUEUE_AT, "/var/lib/postfix", NULL};

	return config_cache_key(arena, MAILFIX_VERSION, contents, directories);
}

static void
settings_get(
    struct arena *arena, struct mta *mta, struct postfix_settings *settings)
{
	struct why why = {0};
	const char *text = NULL;
	AUTO_BUF struct buf written = {0};
	int found;

	mta->cache_key = cache_key(arena, mta->program_dir);
	found =
	    config_cache_load(arena, CONFIG_STATE, mta->cache_key, &text, NULL);
	if (found > 0) {
		postfix_settings_parse(arena, text, strlen(text), settings);
		mta->is_cached = true;
		mta->has_settings = true;
		return;
	}
	if (postfix_settings_read(arena, settings, &why) == 0) {
		mta->has_settings = true;
		postfix_settings_write(settings, &written);
		mta->cache_text = arena_dup(arena, buf_text(&written));
		return;
	}
	mta->settings_error = arena_dup(arena, why.text);
	mta->is_refused = why.code == -EINVAL;
	/* directories of the last good configuration: better than a guess */
	if (found == 0)
		postfix_settings_parse(arena, text, strlen(text), settings);
}

static void
paths_set(const struct postfix_settings *settings, struct mta *mta)
{
	const struct passwd *owner;

	mta->config_dir =
	    postfix_setting_text(settings, "config_directory", CONFIG_AT);
	mta->meta_dir =
	    postfix_setting_text(settings, "meta_directory", mta->config_dir);
	mta->queue_dir =
	    postfix_setting_text(settings, "queue_directory", QUEUE_AT);
	mta->data_dir = postfix_setting_text(
	    settings, "data_directory", "/var/lib/postfix");
	mta->program_dir = postfix_setting_text(
	    settings, "daemon_directory", mta->program_dir);
	mta->owner = postfix_setting_text(settings, "mail_owner", "postfix");
	mta->setgid_group =
	    postfix_setting_text(settings, "setgid_group", "postdrop");
	owner = getpwnam(mta->owner);
	mta->owner_uid = owner != NULL ? owner->pw_uid : (uid_t)-1;
	mta->owner_gid = owner != NULL ? owner->pw_gid : (gid_t)-1;
}

static void
clients_set(
    const struct postfix_settings *settings, struct mta_client_limits *clients)
{
	double unit_s =
	    postfix_setting_seconds(settings, "anvil_rate_time_unit", 60);
	double rate = postfix_setting_number(
	    settings, "smtpd_client_connection_rate_limit", 0);

	clients->connections = postfix_setting_number(
	    settings, "smtpd_client_connection_count_limit", 0);
	clients->rate = unit_s > 0 ? rate / unit_s : 0;
	clients->exempt = postfix_setting_text(
	    settings, "smtpd_client_event_limit_exceptions", "");
	clients->networks = postfix_setting_text(settings, "mynetworks", NULL);
}

static void
values_set(struct arena *arena, const struct postfix_settings *settings,
    struct mta *mta)
{
	const char *dirs[] = {
	    postfix_setting_text(settings, "mail_spool_directory", ""),
	    postfix_setting_text(settings, "virtual_mailbox_base", ""),
	    postfix_setting_text(settings, "home_mailbox", "")};
	const char **mailboxes = arena_alloc(arena, 4, sizeof(*mailboxes));
	size_t count = 0;

	mta->version = postfix_setting_text(settings, "mail_version", NULL);
	mta->hostname = postfix_setting_text(settings, "myhostname", NULL);
	mta->map_type =
	    postfix_setting_text(settings, "default_database_type", "hash");
	mta->process_limit =
	    postfix_setting_number(settings, "default_process_limit", 0);
	mta->message_size_limit =
	    postfix_setting_number(settings, "message_size_limit", 0);
	mta->queue_minfree =
	    postfix_setting_number(settings, "queue_minfree", 0);
	for (size_t i = 0; i < 2; i++)
		if (dirs[i][0] == '/')
			mailboxes[count++] = dirs[i];
	if (dirs[2][0] != '\0')
		mailboxes[count++] = "/home";
	mta->milter_action =
	    postfix_setting_text(settings, "milter_default_action", NULL);
	clients_set(settings, &mta->clients);
	mta->mailbox_dirs = mailboxes;
	mta->instances = postfix_words(arena,
	    postfix_setting_text(settings, "multi_instance_directories", ""));
}

/* '-' means yes below compatibility level 1: master(5). */
static bool
some_is_chrooted(const struct postfix_settings *settings,
    const struct postfix_services *services)
{
	bool otherwise =
	    strtod(postfix_setting_text(settings, "compatibility_level", "0"),
	        NULL) < 1;

	for (size_t i = 0; i < services->count; i++) {
		char chroot = services->services[i].chroot;

		if (chroot == 'y' || (chroot == '-' && otherwise))
			return true;
	}
	return false;
}

/* The file may be a link of the admin's: who made the directory made it. */
static int
config_read(const char *path, struct buf *ret, struct why *why)
{
	return file_read_link(path, CONFIG_FILE_BYTES_MAX, ret, why);
}

static void
services_read(
    struct arena *arena, struct mta *mta, struct postfix_services *services)
{
	const char *path = arena_printf(arena, "%s/master.cf", mta->config_dir);
	AUTO_BUF struct buf text = {0};
	struct why why = {0};

	if (config_read(path, &text, &why) < 0 ||
	    postfix_master_parse(
	        arena, path, buf_text(&text), text.length, services, &why) < 0)
		mta->services_error = arena_dup(arena, why.text);
}

/* Without settings its values cannot be told: then nothing rests on it. */
static void
params_read(struct arena *arena, struct mta *mta)
{
	AUTO_BUF struct buf text = {0};

	if (mta->has_settings &&
	    config_read(arena_printf(arena, "%s/main.cf", mta->config_dir),
	        &text, NULL) == 0)
		postfix_params_parse(arena, buf_text(&text), text.length, mta);
}

static int
postfix_detect(struct arena *arena, const struct config *config,
    struct mta *mta, struct why *why)
{
	struct mta_own *own;

	(void)config;
	if (access(POSTCONF, F_OK) < 0 || access(CONFIG_AT, F_OK) < 0)
		return 0;
	if (path_answers(QUEUE_AT, QUEUE_ANSWER_MS, why) < 0)
		return -ETIMEDOUT;
	own = arena_alloc(arena, 1, sizeof(*own));
	*mta = (struct mta){.ops = &postfix_ops,
	    .own = own,
	    .kind = postfix_ops.kind,
	    .program_dir = program_dir_find()};
	settings_get(arena, mta, &own->settings);
	paths_set(&own->settings, mta);
	if (strcmp(mta->queue_dir, QUEUE_AT) != 0 &&
	    path_answers(mta->queue_dir, QUEUE_ANSWER_MS, why) < 0)
		return -ETIMEDOUT;
	values_set(arena, &own->settings, mta);
	services_read(arena, mta, &own->services);
	params_read(arena, mta);
	mta->is_chrooted = some_is_chrooted(&own->settings, &own->services);
	postfix_listeners_find(arena, &own->settings, &own->services, mta);
	postfix_maps_find(arena, &own->settings, &own->services, mta);
	postfix_peers_find(arena, &own->settings, &own->services, mta);
	postfix_filters_find(arena, &own->settings, &own->services, mta);
	postfix_services_list(arena, &own->services, mta);
	postfix_throttle_find(arena, &own->settings, &own->services, mta);
	if (mta->has_settings)
		postfix_advice_find(arena, &own->settings, &own->services, mta);
	return 1;
}

/* -c: this instance alone, not all of a host with several */
static const char *const check_argv[] = {
    "/usr/sbin/postfix", "-c", CONFIG_AT, "check", NULL};
static const char *const quick_argv[] = {
    "/usr/sbin/postmap", "-q", "x", "static:x", NULL};
static const char *const reload_argv[] = {
    "/usr/sbin/postfix", "-c", CONFIG_AT, "reload", NULL};
static const char *const unit_names[] = {
    "postfix@-.service", "postfix.service", NULL};
static const char *const start_programs[] = {"/usr/sbin/postmulti",
    "/usr/sbin/postfix", "/usr/lib/postfix/sbin/master",
    "/usr/libexec/postfix/master", NULL};

/* What Debian's configure-instance.sh copies; RHEL's chroot-update likewise. */
static const char *const chroot_files[] = {"etc/localtime", "etc/services",
    "etc/resolv.conf", "etc/hosts", "etc/host.conf", "etc/nsswitch.conf",
    "etc/nss_mdns.config", NULL};

const struct mta_ops postfix_ops = {
    .kind = "postfix",
    .detect = postfix_detect,
    .master_pid = postfix_master_pid,
    .config_check = check_argv,
    .config_quick = quick_argv,
    .reload = reload_argv,
    .unit_names = unit_names,
    .start_programs = start_programs,
    .chroot_files = chroot_files,
    .queue_paths = postfix_queue_paths,
    .queue_id_ok = postfix_queue_id_ok,
    .queue_command = postfix_queue_command,
    .queue_scan = postfix_queue_scan,
    .queue_depth = postfix_queue_depth,
    .queue_find = postfix_queue_find,
    .queue_logs = postfix_queue_logs,
    .log_parse = postfix_log_parse,
    .routed_by_hand = postfix_routed_by_hand,
    .tables_check = postfix_tables_check,
    .throttle_rows = postfix_throttle_rows,
    .throttle_provision = postfix_throttle_provision,
    .throttle_relay = postfix_throttle_relay,
    .identity = postfix_identity,
    .certificates = postfix_certificates,
    .sender_relays = postfix_sender_relays,
    .domains_ask = postfix_domains_ask,
    .dnsbl_paste = postfix_dnsbl_paste,
    .map_build = postfix_map_build,
};
