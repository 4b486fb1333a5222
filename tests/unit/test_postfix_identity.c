/*
 * test_postfix_identity.c - who Postfix says it is
 *
 * Purpose  unit tests of agent/mta/postfix_identity*.c
 * Input    settings and services in this file, and tables in a folder of its
 *          own; no Postfix is needed
 * Errors   a failing assertion
 * Runs as  any user
 * Source   postconf(5), master(5)
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_identity.h"
#include "tests/unit/unit.h"

static int
setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	*state = arena_free(*state);
	return 0;
}

static const char plain_master[] =
    "smtp inet n - y - - smtpd\nsmtp unix - - y - - smtp\n";

static struct mta_identity
identity_of(struct arena *arena, const char *settings, const char *master)
{
	struct mta_own own = {0};
	struct mta mta = {.has_settings = true, .own = &own};
	struct mta_identity got;
	struct why why = {0};

	postfix_settings_parse(
	    arena, settings, strlen(settings), &own.settings);
	assert_int_equal(postfix_master_parse(arena, "master.cf", master,
	                     strlen(master), &own.services, &why),
	    0);
	mta.hostname =
	    postfix_setting_text(&own.settings, "myhostname", "mx.a.test");
	postfix_peers_find(arena, &own.settings, &own.services, &mta);
	postfix_throttle_find(arena, &own.settings, &own.services, &mta);
	assert_int_equal(postfix_identity(arena, &mta, &got, &why), 0);
	return got;
}

static struct mta_domain
domain_of(const struct mta_identity *identity, const char *name)
{
	for (size_t i = 0; i < identity->domain_count; i++)
		if (strcmp(identity->domains[i].name, name) == 0)
			return identity->domains[i];
	return (struct mta_domain){.name = NULL};
}

static void
test_names_and_binds(void **state)
{
	struct mta_identity got = identity_of(*state,
	    "smtp_helo_name = mx1.a.test\ninet_protocols = all\n"
	    "smtp_bind_address = 192.0.2.10\n"
	    "inet_interfaces = 127.0.0.1, [::1]\n",
	    plain_master);

	assert_string_equal(got.helo, "mx1.a.test");
	assert_true(got.uses_v4 && got.uses_v6);
	assert_string_equal(got.bind_v4, "192.0.2.10");
	assert_string_equal(got.bind_setting_v4, "smtp_bind_address");
	/* loopback alone is never bound */
	assert_string_equal(got.bind_v6, "");
	assert_null(got.relay);
	assert_false(got.prefers_v4);

	got = identity_of(*state,
	    "smtp_helo_name = a\ninet_protocols = ipv4\n"
	    "inet_interfaces = 192.0.2.11\n"
	    "smtp_address_preference = any\n",
	    "smtp inet n - y - - smtpd\nsmtp unix - - y - - smtp\n"
	    "  -o smtp_helo_name=out.a.test -o smtp_address_preference=IPv4\n");
	assert_string_equal(got.helo, "out.a.test");
	assert_false(got.uses_v6);
	assert_string_equal(got.bind_v4, "192.0.2.11");
	assert_string_equal(got.bind_setting_v4, "inet_interfaces");
	assert_true(got.prefers_v4);

	/* two of a family, or a name: the system chooses */
	got = identity_of(*state,
	    "inet_interfaces = 192.0.2.11, 127.0.0.1, 2001:db8::1\n",
	    plain_master);
	assert_string_equal(got.bind_v4, "");
	assert_string_equal(got.bind_v6, "2001:db8::1");
	got = identity_of(
	    *state, "inet_interfaces = mx.a.test 192.0.2.11\n", plain_master);
	assert_string_equal(got.bind_v4, "");
	/* as said outright */
	got = identity_of(*state,
	    "inet_interfaces = 192.0.2.11\nsmtp_bind_address = 0.0.0.0\n"
	    "smtp_bind_address6 = ::\n",
	    plain_master);
	assert_string_equal(got.bind_v4, "");
	assert_string_equal(got.bind_v6, "");
}

static void
test_relay(void **state)
{
	struct mta_identity got =
	    identity_of(*state, "relayhost = [Smart.test]:587\n", plain_master);

	assert_string_equal(got.relay, "smart.test:587");
	got = identity_of(
	    *state, "relayhost = [127.0.0.1]:10024\n", plain_master);
	assert_string_equal(got.relay, "127.0.0.1:10024");
	got = identity_of(*state,
	    "relayhost = [mx.a.test]\nmyhostname = mx.a.test\n", plain_master);
	assert_null(got.relay);
	got = identity_of(
	    *state, "default_transport = smtp:[smart.test]\n", plain_master);
	assert_string_equal(got.relay, "smart.test");
	got = identity_of(*state, "default_transport = randmap:{out1:,out2:}\n",
	    plain_master);
	assert_null(got.relay);
	assert_non_null(got.way_unknown);
}

static void
test_silent(void **state)
{
	/* Debian's "Local only" */
	static const char local[] = "default_transport = error\n"
	                            "relay_transport = error\n"
	                            "inet_interfaces = loopback-only\n";
	static const char *const others[] = {
	    "default_transport = smtp\n",
	    "default_transport = error\nrelay_domains = a.test\n",
	    "default_transport = error\ntransport_maps = inline:{a=smtp}\n",
	    "default_transport = error\ncontent_filter = smtp:[a.test]\n",
	    "default_transport = errors\n",
	    "default_transport = retry:later\n",
	};

	assert_true(identity_of(*state, local, plain_master).is_silent);
	assert_true(identity_of(*state,
	    "default_transport = discard:\nrelay_domains = a.test\n"
	    "relay_transport = error:5.1.1 no\n",
	    plain_master)
	                .is_silent);
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		assert_false(
		    identity_of(*state, others[i], plain_master).is_silent);
}

static void
test_domains(void **state)
{
	static const char settings[] =
	    "myhostname = mx.a.test\n"
	    "myorigin = A.test\n"
	    "masquerade_domains = !x.b.test b.test\n"
	    "mydestination = mx.a.test, a.test, localhost.a.test, localhost,\n"
	    "virtual_mailbox_domains = inline:{ {c.test = x}, d.test=1 }, "
	    "mysql:/etc/postfix/m.cf, e.lan\n"
	    "virtual_alias_domains = f.test [192.0.2.1] .g.test "
	    "b\xc3\xbc"
	    "cher.test\n"
	    "relay_domains = r.test\n";
	struct mta_identity got = identity_of(*state, settings, plain_master);

	assert_true(domain_of(&got, "a.test").is_sender);
	assert_true(domain_of(&got, "a.test").is_hosted);
	assert_string_equal(domain_of(&got, "a.test").source, "myorigin");
	assert_true(domain_of(&got, "b.test").is_sender);
	assert_null(domain_of(&got, "x.b.test").name);
	assert_true(domain_of(&got, "mx.a.test").is_hosted);
	assert_false(domain_of(&got, "mx.a.test").is_sender);
	assert_true(domain_of(&got, "c.test").is_hosted);
	/* nobody logs in here */
	assert_false(domain_of(&got, "c.test").is_sender);
	assert_true(domain_of(&got, "d.test").is_hosted);
	assert_true(domain_of(&got, "f.test").is_hosted);
	assert_true(domain_of(&got, "r.test").is_relayed);
	assert_false(domain_of(&got, "r.test").is_hosted);
	assert_true(domain_of(&got, "xn--bcher-kva.test").is_hosted);
	assert_int_equal(got.domain_count, 8);
	assert_string_equal(
	    got.unread[0], "mysql:/etc/postfix/m.cf (virtual_mailbox_domains)");
	assert_null(got.unread[1]);
}

#define SUBMISSION                                                             \
	"smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n"         \
	"  -o smtpd_sasl_auth_enable=yes -o smtpd_sasl_type=dovecot\n"         \
	"  -o smtpd_sasl_path=private/auth\n"

static int asked;

/* The first table has two of them, the second hangs, the third one. */
static int
table_tell(struct arena *arena, const char *table, const struct buf *keys,
    const char **ret, struct why *why)
{
	(void)arena;
	asked++;
	assert_string_equal(
	    buf_text(keys), "a.test\nmx.a.test\nb.test\nc.test\n");
	if (strcmp(table, "ldap:/l.cf") == 0)
		return why_set(why, -ETIME, "it hangs");
	*ret = strcmp(table, "mysql:/m.cf") == 0 ? "a.test\t1\nmx.a.test\tx\n"
	                                         : "b.test\tOK\n";
	return 0;
}

static void
test_tables_asked(void **state)
{
	static const char *const names[] = {
	    "a.test", "mx.a.test", "b.test", "c.test"};
	struct mta_identity got = identity_of(*state,
	    "myhostname = mx.a.test\n"
	    "virtual_mailbox_domains = proxy:mysql:/m.cf, ldap:/l.cf\n"
	    "relay_domains = regexp:/r\nmydestination = hash:/gone\n",
	    SUBMISSION);
	struct mta_domain found[4];

	assert_int_equal(got.table_count, 4);
	asked = 0;
	postfix_domains_ask_by(
	    *state, table_tell, &got, "MX.A.test", names, 0, found);
	assert_int_equal(asked, 0);
	got.tables++; /* of mydestination, which cannot be asked either */
	got.table_count--;
	postfix_domains_ask_by(
	    *state, table_tell, &got, "MX.A.test", names, 4, found);
	assert_int_equal(asked, 3);
	assert_true(found[0].is_hosted && found[0].is_sender);
	assert_false(found[0].is_own || found[0].is_relayed);
	assert_string_equal(found[0].source, "virtual_mailbox_domains");
	assert_true(found[1].is_own && found[1].is_hosted);
	assert_false(found[1].is_sender);
	assert_true(found[2].is_relayed);
	assert_false(found[2].is_hosted || found[2].is_sender);
	assert_null(found[3].name);
}

static void
test_users_send(void **state)
{
	struct mta_identity got = identity_of(*state,
	    "myhostname = mx.a.test\nmydestination = mx.a.test, a.test\n"
	    "virtual_alias_domains = f.test\n",
	    SUBMISSION);

	assert_true(domain_of(&got, "a.test").is_sender);
	assert_false(domain_of(&got, "f.test").is_sender);
	assert_false(domain_of(&got, "mx.a.test").is_sender);
	/* the host's name is all that its people have */
	got = identity_of(*state,
	    "myhostname = a.test\nmydestination = a.test, localhost\n",
	    SUBMISSION);
	assert_true(domain_of(&got, "a.test").is_sender);
	got = identity_of(*state,
	    "myhostname = a.test\nmydestination = a.test, localhost\n",
	    plain_master);
	assert_false(domain_of(&got, "a.test").is_sender);
	/* cron of a satellite: root@its-name is not sent for */
	got = identity_of(*state,
	    "myhostname = h.a.test\nmyorigin = h.a.test\n", plain_master);
	assert_int_equal(got.domain_count, 0);
}

static void
test_tables(void **state)
{
	char path[] = "/tmp/mailfix-test-XXXXXX";
	int fd = mkstemp(path);
	static const char text[] = "# comment\na.test OK\n\n b.test goes on\n"
	                           "C.test\tx\nuser@d.test y";
	const char *const *keys;
	struct mta_identity got;
	struct why why = {0};

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(
	    postfix_table_keys(*state,
	        arena_printf(*state, "proxy:texthash:%s", path), &keys, &why),
	    0);
	assert_string_equal(keys[0], "a.test");
	assert_string_equal(keys[1], "C.test");
	got = identity_of(*state,
	    arena_printf(*state, "virtual_mailbox_domains = %s\n", path),
	    plain_master);
	assert_int_equal(got.domain_count, 2);
	assert_non_null(domain_of(&got, "c.test").name);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(close(fd), 0);
	assert_true(postfix_table_keys(*state, "pcre:/x", &keys, &why) < 0);
	assert_true(
	    postfix_table_keys(*state, "texthash:/no/x", &keys, &why) < 0);
}

static struct mta_dnsbl
list_of(const struct mta_identity *identity, const char *zone)
{
	for (size_t i = 0; i < identity->dnsbl_count; i++)
		if (strcmp(identity->dnsbls[i].zone, zone) == 0)
			return identity->dnsbls[i];
	fail_msg("%s is not there", zone);
	return (struct mta_dnsbl){.zone = ""};
}

static void
test_restrictions(void **state)
{
	struct mta_identity got = identity_of(*state,
	    "smtpd_restriction_classes = strict, looped, by_table\n"
	    "by_table = reject_rbl_client table.test\n"
	    "smtpd_client_restrictions = permit_mynetworks,\n"
	    "smtpd_recipient_restrictions = "
	    "permit_dnswl_client list.dnswl.org=127.0.[0..255].[1..3], "
	    "reject_rbl_client Zen.spamhaus.org=127.0.0.[2..11], "
	    "warn_if_reject reject_rbl_client try.test, "
	    "reject_rhsbl_sender dbl.spamhaus.org, warn_if_reject strict, "
	    "looped, reject_rbl_client late.test, reject_rbl_client\n"
	    "strict = reject_rbl_client warned.test\n"
	    "looped = reject_rbl_client inner.test, looped\n",
	    "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n"
	    "  -o { smtpd_helo_restrictions=reject_rhsbl_helo h.test, $strict }\n");

	assert_string_equal(
	    list_of(&got, "zen.spamhaus.org").filter, "127.0.0.[2..11]");
	assert_true(list_of(&got, "zen.spamhaus.org").refuses);
	assert_string_equal(list_of(&got, "zen.spamhaus.org").setting,
	    "smtpd_recipient_restrictions");
	assert_true(list_of(&got, "list.dnswl.org").is_allow);
	assert_false(list_of(&got, "list.dnswl.org").refuses);
	assert_false(list_of(&got, "try.test").refuses);
	assert_true(list_of(&got, "dbl.spamhaus.org").is_domains);
	assert_true(list_of(&got, "dbl.spamhaus.org").refuses);
	assert_true(list_of(&got, "inner.test").refuses);
	assert_true(list_of(&got, "late.test").refuses);
	assert_true(list_of(&got, "h.test").is_domains);
	/* refuses by the one way, though not by the other */
	assert_true(list_of(&got, "warned.test").refuses);
	/* a table may call it */
	assert_true(list_of(&got, "table.test").refuses);
	assert_string_equal(list_of(&got, "table.test").setting, "by_table");
	assert_int_equal(got.dnsbl_count, 9);
}

static void
test_screen(void **state)
{
	static const char settings[] =
	    "postscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[2..11]*3 "
	    "b.test, wl.test=127.0.[0..255].[1;3]*-4\n"
	    "postscreen_dnsbl_threshold = 3\n"
	    "postscreen_dnsbl_action = enforce\n";
	struct mta_identity got = identity_of(*state, settings, plain_master);

	/* nothing screens here */
	assert_int_equal(got.dnsbl_count, 0);
	got = identity_of(*state, settings,
	    "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n");
	assert_int_equal(got.dnsbl_count, 3);
	assert_true(list_of(&got, "zen.spamhaus.org").refuses);
	assert_string_equal(
	    list_of(&got, "zen.spamhaus.org").filter, "127.0.0.[2..11]");
	assert_false(list_of(&got, "b.test").refuses);
	assert_null(list_of(&got, "b.test").filter);
	assert_true(list_of(&got, "wl.test").is_allow);
	got = identity_of(*state, settings,
	    "smtp inet n - y - 1 postscreen\n"
	    "  -o postscreen_dnsbl_action=ignore\n");
	assert_false(list_of(&got, "zen.spamhaus.org").refuses);
}

static void
test_certificates(void **state)
{
	struct mta_identity got = identity_of(*state,
	    "smtpd_tls_security_level = may\n"
	    "smtpd_tls_cert_file = /etc/ssl/rsa.pem\n"
	    "smtpd_tls_eccert_file = /etc/ssl/ec.pem\n"
	    "tls_dir = hash:/etc\n",
	    "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n"
	    "  -o smtpd_tls_cert_file=/etc/ssl/sub.pem\n"
	    "  -o smtpd_tls_eccert_file=none\n"
	    "[::1]:2525 inet n - y - - smtpd\n"
	    "  -o smtpd_tls_security_level=none -o smtpd_tls_cert_file=/x\n");

	assert_int_equal(got.certificate_count, 3);
	assert_string_equal(got.certificates[0].path, "/etc/ssl/rsa.pem");
	assert_true(got.certificates[0].is_mx);
	assert_string_equal(got.certificates[1].path, "/etc/ssl/ec.pem");
	assert_string_equal(got.certificates[2].path, "/etc/ssl/sub.pem");
	assert_false(got.certificates[2].is_mx);
	assert_null(got.certificates_unread);
	got = identity_of(*state,
	    "smtpd_tls_chain_files = /a.pem, /b.pem\n"
	    "smtpd_tls_cert_file = /etc/ssl/rsa.pem\n"
	    "smtpd_use_tls = yes\n",
	    "192.0.2.1:25 inet n - y - - smtpd\n");
	assert_int_equal(got.certificate_count, 2);
	assert_string_equal(got.certificates[1].path, "/b.pem");
	assert_true(got.certificates[1].is_mx);
	/* a table for names, at the port of the MX or elsewhere */
	got = identity_of(*state,
	    "smtpd_use_tls = yes\nsmtpd_tls_cert_file = /x.pem\n"
	    "tls_server_sni_maps = $config_directory/sni\n",
	    plain_master);
	assert_non_null(got.certificates_unread);
	got = identity_of(*state,
	    "smtpd_use_tls = yes\nsmtpd_tls_cert_file = /x.pem\n",
	    "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n"
	    "  -o tls_server_sni_maps=hash:/etc/postfix/sni\n");
	assert_null(got.certificates_unread);
	/* one too many */
	got = identity_of(*state,
	    "smtpd_use_tls = yes\nsmtpd_tls_chain_files = /1 /2 /3 /4 /5 /6 "
	    "/7 /8 /9 /10 /11 /12 /13 /14 /15 /16 /17\n",
	    plain_master);
	assert_int_equal(got.certificate_count, 16);
	assert_non_null(got.certificates_unread);
	/* TLS is not offered */
	got =
	    identity_of(*state, "smtpd_tls_cert_file = /x.pem\n", plain_master);
	assert_int_equal(got.certificate_count, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_names_and_binds, setup, teardown),
    cmocka_unit_test_setup_teardown(test_relay, setup, teardown),
    cmocka_unit_test_setup_teardown(test_silent, setup, teardown),
    cmocka_unit_test_setup_teardown(test_domains, setup, teardown),
    cmocka_unit_test_setup_teardown(test_tables_asked, setup, teardown),
    cmocka_unit_test_setup_teardown(test_users_send, setup, teardown),
    cmocka_unit_test_setup_teardown(test_tables, setup, teardown),
    cmocka_unit_test_setup_teardown(test_restrictions, setup, teardown),
    cmocka_unit_test_setup_teardown(test_screen, setup, teardown),
    cmocka_unit_test_setup_teardown(test_certificates, setup, teardown),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
