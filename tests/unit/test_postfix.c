/*
 * test_postfix.c - what Postfix's files and tools say, read right
 *
 * Purpose  unit tests of agent/mta/postfix_*.c and config_cache.c
 * Input    texts in this file; no Postfix is needed
 * Errors   a failing assertion
 * Runs as  any user
 * Source   master(5), postconf(1)
 */
#include <sys/stat.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/mta/config_cache.h"
#include "agent/mta/postfix.h"
#include "tests/unit/unit.h"

static int
arena_setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
arena_teardown(void **state)
{
	*state = arena_free(*state);
	return 0;
}

static struct postfix_services
services_of(struct arena *arena, const char *text)
{
	struct postfix_services services = {0};
	struct why why = {0};

	assert_int_equal(postfix_master_parse(arena, "master.cf", text,
	                     strlen(text), &services, &why),
	    0);
	return services;
}

static struct postfix_settings
settings_of(struct arena *arena, const char *text)
{
	struct postfix_settings settings;

	postfix_settings_parse(arena, text, strlen(text), &settings);
	return settings;
}

static void
test_master_lines(void **state)
{
	struct postfix_services got = services_of(*state,
	    "# comment\n"
	    "smtp      inet  n       -       y       -       -       smtpd\n"
	    "\n"
	    "submission inet n - n - 20 smtpd\n"
	    "  -o syslog_name=postfix/submission\n"
	    "# a comment in between\n"
	    "\n"
	    "\t-o { smtpd_milters = inet:localhost:1, unix:/x }\n"
	    "  -osmtpd_sasl_auth_enable=yes\n"
	    "maildrop  unix  -       n       n       -       -       pipe\n"
	    "  flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}");

	assert_int_equal(got.count, 3);
	assert_string_equal(got.services[0].name, "smtp");
	assert_int_equal(got.services[0].chroot, 'y');
	assert_int_equal(got.services[0].process_limit, -1);
	assert_null(got.services[0].overrides[0]);
	assert_int_equal(got.services[1].process_limit, 20);
	assert_string_equal(
	    got.services[1].overrides[0], "syslog_name=postfix/submission");
	assert_string_equal(got.services[1].overrides[1],
	    "smtpd_milters=inet:localhost:1, unix:/x");
	assert_string_equal(
	    got.services[1].overrides[2], "smtpd_sasl_auth_enable=yes");
	assert_string_equal(got.services[2].command, "pipe");
	assert_null(got.services[2].overrides[0]);
}

static void
test_master_errors(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"a unix n - y - - x\nsmtp inet n - y\n",
             "master.cf: line 2: bad field count"                   },
	    {"smtp tcp n - y - - smtpd\n",
             "master.cf: line 1: bad service type \"tcp\""          },
	    {"smtp inet n - y - many smtpd\n",
             "master.cf: line 1: bad process limit \"many\""        },
	    {"smtp inet n - maybe - - smtpd\n",
             "master.cf: line 1: field \"maybe\": must be y, n or -"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct postfix_services services;
		struct why why = {0};

		assert_int_equal(
		    postfix_master_parse(*state, "master.cf", cases[i].text,
		        strlen(cases[i].text), &services, &why),
		    -EINVAL);
		assert_string_equal(why.text, cases[i].want);
	}
}

static void
test_settings_are_kept_and_found(void **state)
{
	struct postfix_settings got = settings_of(*state,
	    "virtual_alias_maps = hash:/etc/postfix/virtual\n"
	    "biff = no\n"
	    "message_size_limit = 10240000\n"
	    "queue_minfree = abc\n"
	    "content_filter = \n"
	    "mail_version = 3.7.11\n");
	AUTO_BUF struct buf text = {0};
	struct postfix_settings again;

	assert_int_equal(got.count, 5);
	assert_string_equal(
	    postfix_setting_text(&got, "mail_version", NULL), "3.7.11");
	assert_string_equal(
	    postfix_setting_text(&got, "content_filter", NULL), "");
	assert_string_equal(postfix_setting_text(&got, "biff", "gone"), "gone");
	assert_true(
	    postfix_setting_number(&got, "message_size_limit", 0) == 10240000);
	assert_true(postfix_setting_number(&got, "queue_minfree", 7) == 7);
	postfix_settings_write(&got, &text);
	postfix_settings_parse(*state, text.text, text.length, &again);
	assert_int_equal(again.count, got.count);
	for (size_t i = 0; i < got.count; i++)
		assert_string_equal(
		    again.settings[i].value, got.settings[i].value);
}

static void
test_error_line(void **state)
{
	assert_string_equal(
	    postfix_error_line(*state,
	        "postfix/postconf: warning: old\nx\n"
	        "postconf: fatal: main.cf, line 3: missing '='\nmore\n"),
	    "main.cf, line 3: missing '='");
	assert_string_equal(
	    postfix_error_line(*state,
	        "postmap: warning: truncated macro reference: \"$(foo\"\r\n"
	        "postmap: fatal: macro processing error\r\n"),
	    "macro processing error (truncated macro reference: \"$(foo\")");
	assert_string_equal(
	    postfix_error_line(*state, ""), "it gives no reason");
	assert_string_equal(
	    postfix_error_line(*state, "a\nlast words\n\n"), "last words");
}

static void
test_listeners(void **state)
{
	struct postfix_services services = services_of(*state,
	    "smtp inet n - y - - smtpd\n"
	    "127.0.0.1:10025 inet n - n - - smtpd\n"
	    "[::1]:submission inet n - n - - smtpd\n"
	    "465 inet n - n - 0 smtpd\n  -o inet_interfaces=192.0.2.1\n"
	    "nosuchservice inet n - n - - smtpd\n"
	    "pickup unix n - y 60 1 pickup\n");
	struct postfix_settings settings =
	    settings_of(*state, "inet_interfaces = all\n");
	struct mta mta = {0};

	postfix_listeners_find(*state, &settings, &services, &mta);
	assert_int_equal(mta.listener_count, 4);
	assert_int_equal(mta.listeners[0].port, 25);
	assert_null(mta.listeners[0].address);
	assert_int_equal(mta.listeners[1].port, 10025);
	assert_string_equal(mta.listeners[1].address, "127.0.0.1");
	assert_int_equal(mta.listeners[2].port, 587);
	assert_string_equal(mta.listeners[2].address, "::1");
	assert_int_equal(mta.listeners[3].port, 465);
	assert_string_equal(mta.listeners[3].address, "192.0.2.1");
	settings = settings_of(*state, "inet_interfaces = loopback-only\n");
	postfix_listeners_find(*state, &settings, &services, &mta);
	assert_string_equal(mta.listeners[0].address, "loopback-only");
}

static void
test_maps(void **state)
{
	struct postfix_services services = services_of(*state,
	    "smtp inet n - y - - smtpd\n"
	    "  -o smtpd_client_restrictions=check_client_access,lmdb:/c\n");
	struct postfix_settings settings = settings_of(*state,
	    "alias_database = hash:/etc/aliases\n"
	    "alias_maps = hash:/etc/aliases, nis:mail.aliases\n"
	    "transport_maps = proxy:btree:/t pcre:/not/built\n"
	    "virtual_alias_maps = pipemap:{cdb:/v1,dbm:/v2}\n"
	    "smtp_tls_session_cache_database = btree:/var/lib/postfix/x\n"
	    "address_verify_map = btree:/var/lib/postfix/y\n");

	static const struct {
		const char *type, *source, *built;
	} want[] = {
	    {"hash",  "/etc/aliases", "/etc/aliases.db"},
	    {"btree", "/t",           "/t.db"          },
	    {"cdb",   "/v1",          "/v1.cdb"        },
	    {"dbm",   "/v2",          "/v2.pag"        },
	    {"lmdb",  "/c",           "/c.lmdb"        },
	};
	struct mta mta = {0};
	const char *const *argv;

	postfix_maps_find(*state, &settings, &services, &mta);
	assert_int_equal(mta.map_count, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < mta.map_count; i++) {
		assert_string_equal(mta.maps[i].type, want[i].type);
		assert_string_equal(mta.maps[i].source, want[i].source);
		assert_string_equal(mta.maps[i].built, want[i].built);
	}
	argv = postfix_map_build(*state, &mta, &mta.maps[0]);
	assert_string_equal(argv[0], "/usr/sbin/postalias");
	argv = postfix_map_build(*state, &mta, &mta.maps[1]);
	assert_string_equal(argv[0], "/usr/sbin/postmap");
	assert_string_equal(argv[1], "btree:/t");
	assert_null(argv[2]);
}

static void
test_peers(void **state)
{
	struct postfix_services services = services_of(*state,
	    "submission inet n - y - - smtpd\n"
	    "  -o smtpd_sasl_auth_enable=yes\n"
	    "spf unix - n n - 0 spawn user=nobody argv=/usr/bin/spf\n");
	struct postfix_settings settings = settings_of(*state,
	    "smtpd_milters = inet:localhost:8891, { unix:/run/x.sock, "
	    "default_action=accept }\n"
	    "non_smtpd_milters = inet:localhost:8891\n"
	    "content_filter = smtp-amavis:[127.0.0.1]:10024\n"
	    "smtpd_recipient_restrictions = permit_mynetworks, "
	    "check_policy_service unix:private/spf, "
	    "check_policy_service inet:127.0.0.1:10023\n"
	    "smtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n");
	static const struct mta_peer want[] = {
	    {MTA_PEER_FILTER, "inet:[127.0.0.1]:10024", "content_filter"   },
	    {MTA_PEER_MILTER, "inet:localhost:8891",    "non_smtpd_milters"},
	    {MTA_PEER_MILTER, "unix:/run/x.sock",       "smtpd_milters"    },
	    {MTA_PEER_FILTER, "inet:127.0.0.1:10023",
             "smtpd_recipient_restrictions"                                },
	    {MTA_PEER_AUTH,   "unix:private/auth",      "smtpd_sasl_path"  },
	};
	struct mta mta = {0};

	postfix_peers_find(*state, &settings, &services, &mta);
	assert_int_equal(mta.peer_count, 5);
	for (size_t i = 0; i < 5; i++) {
		bool is_found = false;

		for (size_t j = 0; j < 5; j++)
			is_found |=
			    mta.peers[j].role == want[i].role &&
			    strcmp(mta.peers[j].endpoint, want[i].endpoint) ==
			        0 &&
			    strcmp(mta.peers[j].setting, want[i].setting) == 0;
		if (!is_found)
			fail_msg("not found: %s", want[i].endpoint);
	}
}

/* FILTER_README's simple and advanced filters, and a proxy before the queue. */
static void
test_filters(void **state)
{
	const struct postfix_services services = services_of(*state,
	    "smtp inet n - n - - smtpd -o content_filter=filter:dummy\n"
	    "filter unix - n n - 10 pipe\n"
	    "  flags=Rq user=root:mail null_sender=\n"
	    "  argv=/path/script user=bin -f ${sender} -- ${recipient}\n"
	    "nobodys unix - n n - - pipe user=no-such-user argv=/bin/x\n"
	    "spawned unix - n n - - spawn user=daemon argv=/bin/x\n"
	    "other unix - n n - - smtp -o user=bin\n"
	    "submission inet n - n - - smtpd\n"
	    "  -o smtpd_proxy_filter=inet:[2001:db8::5]:10025\n");
	const struct postfix_settings settings = settings_of(*state,
	    "content_filter = scan:[192.0.2.25]:10025, scan.here.test\n"
	    "smtpd_client_restrictions = check_client_access "
	    "static:{FILTER smtp:[192.0.2.26]}, permit\n"
	    "smtpd_proxy_filter = 10026\n"
	    "transport_maps = hash:/etc/NOFILTER x:192.0.2.9\n");
	const struct postfix_settings none = settings_of(*state, "");
	const struct postfix_services no_services = services_of(*state, "");
	struct mta mta = {0};

	postfix_filters_find(*state, &none, &no_services, &mta);
	assert_string_equal(mta.filters.hosts, "");
	assert_int_equal(mta.filters.uid_count, 0);
	postfix_filters_find(*state, &settings, &services, &mta);
	assert_string_equal(mta.filters.hosts,
	    "192.0.2.25 scan.here.test 192.0.2.26 127.0.0.0/8 [::1]/128 "
	    "localhost dummy [2001:db8::5] ");
	assert_int_equal(mta.filters.uid_count, 2);
	assert_int_equal(mta.filters.uids[0], 0);
	assert_int_equal(mta.filters.uids[1], getpwnam("daemon")->pw_uid);
}

static void
test_files(void **state)
{
	const struct mta_path *paths;
	struct why why = {0};
	size_t count = 0;

	assert_int_equal(
	    postfix_files_parse(*state,
	        "# comment\n$config_directory:d:root:-:755:u\n"
	        "$queue_directory:d:root:-:755:uc\n"
	        "$queue_directory/active:d:$mail_owner:-:700:ucr\n"
	        "$queue_directory/maildrop:d:$mail_owner:$setgid_group:730:uc\n"
	        "$daemon_directory/anvil:f:root:-:755\n$queue_directory/x:d\n",
	        "/q", "root", "root", &paths, &count, &why),
	    0);
	assert_int_equal(count, 3);
	assert_string_equal(paths[1].path, "/q/active");
	assert_int_equal(paths[1].mode, 0700);
	assert_null(paths[1].group);
	assert_string_equal(paths[2].group, "root");
	assert_int_equal(paths[2].gid, 0);
	assert_int_equal(paths[2].mode, 0730);
	assert_int_equal(
	    postfix_files_parse(*state,
	        "$queue_directory/active:d:$mail_owner:-:700:ucr\n", "/q",
	        "no such user", "root", &paths, &count, &why),
	    -ENOENT);
}

static void
test_cache(void **state)
{
	char dir[] = "/tmp/mailfix-test-XXXXXX";
	char path[64];
	const char *text = NULL;
	const char *const files[] = {dir, "/nonexistent", NULL};
	const char *const none[] = {NULL};
	const char *key, *other;
	struct why why = {0};

	assert_non_null(mkdtemp(dir));
	key = config_cache_key(*state, "1", files, none);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, CONFIG_CACHE_NAME);
	assert_int_equal(
	    config_cache_load(*state, dir, key, &text, &why), -ENOENT);
	assert_int_equal(config_cache_write(dir, key, "a = b\n", &why), 0);
	assert_int_equal(config_cache_load(*state, dir, key, &text, &why), 1);
	assert_string_equal(text, "a = b\n");
	other = config_cache_key(*state, "1", files, none);
	assert_string_not_equal(key, other); /* the directory has changed */
	assert_int_equal(config_cache_load(*state, dir, other, &text, &why), 0);
	/* cut short, or open to others: not believed */
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(
	    config_cache_load(*state, dir, key, &text, &why), -EPERM);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 40), 0);
	assert_int_equal(
	    config_cache_load(*state, dir, key, &text, &why), -EBADMSG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_master_lines),
	    cmocka_unit_test(test_master_errors),
	    cmocka_unit_test(test_settings_are_kept_and_found),
	    cmocka_unit_test(test_error_line),
	    cmocka_unit_test(test_listeners),
	    cmocka_unit_test(test_maps),
	    cmocka_unit_test(test_peers),
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_cache),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
