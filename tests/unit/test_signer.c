/*
 * test_signer.c - which keys the signers of a host use
 *
 * Purpose  unit tests of agent/probes/signer*.c, ucl.c and of the probe `keys`
 * Input    a tree of configuration files of its own
 * Errors   a failing assertion
 * Runs as  any user
 * Source   opendkim.conf(5), rspamd's dkim_signing module
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/probes/ucl.h"
#include "tests/unit/pem_samples.h"
#include "tests/unit/probe_run.h"
#include "tests/unit/signer_tree.h"

extern const struct probe probe_keys;

static void
test_opendkim_single(void **state)
{
	(void)state;
	runs("opendkim");
	put("/etc/opendkim.conf",
	    "# x\nDomain\t\tA.test,b.test\nSelector  2026 # mine\n"
	    "KeyFile /etc/dkimkeys/2026.private\nInclude /etc/more\n");
	put("/etc/more", "Mode sv\n");
	signers_find(&signers);
	assert_int_equal(signers.count, 1);
	assert_true(signers.all[0].in_use);
	assert_null(signers.all[0].unknown);
	assert_int_equal(signers.key_count, 2);
	key_is(0, "2026/a.test /etc/dkimkeys/2026.private");
	key_is(1, "2026/b.test /etc/dkimkeys/2026.private");
	put("/etc/more", "mode v\n");
	signers.count = signers.key_count = 0;
	signers_find(&signers);
	assert_int_equal(signers.key_count, 0);
}

/*
 * A hundred thousand; a sanitizer reads each text to its end for each look at
 * its beginning (strict_string_checks), which would take minutes.
 */
#ifdef __SANITIZE_ADDRESS__
#define MANY_ROWS 2000
#else
#define MANY_ROWS 100000
#endif

/* Of rows with one name the first counts; very many take no minute. */
static void
test_opendkim_many(void **state)
{
	AUTO_BUF struct buf keys = {0}, signing = {0};

	(void)state;
	runs("opendkim");
	put("/etc/opendkim.conf", "KeyTable /K\nSigningTable /S\n");
	for (unsigned i = 0; i < MANY_ROWS; i++) {
		buf_add(&keys, "a b\n");
		buf_add(&signing, "a c\n");
	}
	buf_add(&keys, "k a.test:s1:/1\nk a.test:s2:/2\n");
	buf_add(&signing, "a.test k\n");
	put("/K", buf_text(&keys));
	put("/S", buf_text(&signing));
	signers_find(&signers);
	assert_int_equal(signers.key_count, 1);
	key_is(0, "s1/a.test /1");
	assert_non_null(signers.all[0].unknown);
}

/* Sixty-four files in all, and a reason for what is not read. */
static void
test_opendkim_includes(void **state)
{
	AUTO_BUF struct buf conf = {0};

	(void)state;
	runs("opendkim");
	put("/I", "Mode s\n");
	for (unsigned i = 0; i < 63; i++)
		buf_add(&conf, "Include /I\n");
	put("/etc/opendkim.conf", buf_text(&conf));
	look_again();
	assert_null(signers.all[0].unknown);
	buf_add(&conf, "Include /I\n");
	put("/etc/opendkim.conf", buf_text(&conf));
	look_again();
	assert_non_null(signers.all[0].unknown);
	assert_non_null(strstr(signers.all[0].unknown, "more than 64 files"));
}

static void
test_opendkim_tables(void **state)
{
	AUTO_BUF struct buf inside = {0};

	(void)state;
	runs("opendkim");
	put("/etc/opendkim.conf",
	    "KeyTable file:/etc/opendkim/KeyTable\n"
	    "SigningTable refile:/etc/opendkim/SigningTable\n"
	    "Domain unused.test\nSelector x\nKeyFile /x\n");
	put("/etc/opendkim/KeyTable",
	    "k1 a.test:s1:/keys/a\nall %:s2:/keys/%/s2\n"
	    "unused c.test:s3:/keys/c\nhere e.test:s4:MIIB\n"
	    "as f.test:s5:/keys/f\n");
	put("/etc/opendkim/SigningTable",
	    "*@A.test k1\n*@b.test all\n.d.test all\nu@e.test here\n"
	    "*@f.test as:%\n");
	signers_find(&signers);
	assert_int_equal(signers.key_count, 5);
	key_is(0, "s1/a.test /keys/a");
	key_is(1, "s2/b.test /keys/b.test/s2");
	key_is(2, "s2/d.test /keys/d.test/s2");
	key_is(3, "s4/e.test -");
	key_is(4, "s5/f.test /keys/f");
	assert_true(signers.keys[3].is_inside);
	assert_int_equal(
	    bundle_read(signers.bundle, &signers.keys[3].file, &inside), 0);
	assert_string_equal(buf_text(&inside), "MIIB");
	assert_string_equal(signers.keys[0].source, "/etc/opendkim/KeyTable");
	assert_null(signers.all[0].unknown);

	put("/etc/opendkim/SigningTable", "* all\n*@x.test gone\n");
	signers.count = signers.key_count = 0;
	signers_find(&signers);
	assert_int_equal(signers.key_count, 0);
	assert_non_null(strstr(signers.all[0].unknown, "whatever domain"));
}

static void
test_opendkim_unknown(void **state)
{
	(void)state;
	runs("opendkim");
	put("/etc/opendkim.conf",
	    "KeyTable dsn:mysql://u:secret@h/d\nSigningTable csl:a.test=k\n");
	signers_find(&signers);
	assert_int_equal(signers.key_count, 0);
	assert_non_null(strstr(signers.all[0].unknown, "KeyTable is in dsn:"));
	assert_null(strstr(signers.all[0].unknown, "secret"));
	put("/etc/opendkim.conf",
	    "KeyTable csl:k=a.test:s:/k\nSigningTable ldap:x\n");
	signers.count = signers.key_count = 0;
	signers_find(&signers);
	key_is(0, "s/a.test /k");
	assert_non_null(signers.all[0].unknown);
}

static void
test_not_in_use(void **state)
{
	struct mta_peer peers[] = {
	    {MTA_PEER_MILTER, "unix:opendkim/opendkim.sock", "smtpd_milters"}
        };
	const struct mta mta = {.peers = peers, .peer_count = 1};

	(void)state;
	put("/etc/opendkim.conf", "Domain a.test\nSelector s\nKeyFile /k\n");
	signers_find(&signers);
	assert_int_equal(signers.count, 1);
	assert_false(signers.all[0].in_use);
	assert_int_equal(signers.key_count, 0);
	signers.mta = &mta;
	signers.count = 0;
	signers_find(&signers);
	assert_true(signers.all[0].in_use);
	assert_int_equal(signers.key_count, 1);
	peers[0].endpoint = "inet:127.0.0.1:11332";
	signers.count = signers.key_count = 0;
	signers_find(&signers);
	assert_false(signers.all[0].in_use);
}

static void
test_dkimpy(void **state)
{
	(void)state;
	runs("dkimpy-milter");
	put("/etc/dkimpy-milter/dkimpy-milter.conf",
	    "Domain a.test\nSelector r\nKeyFile /r\n"
	    "SelectorEd25519 e\nKeyFileEd25519 /e\n");
	signers_find(&signers);
	assert_string_equal(signers.all[0].name, "dkimpy-milter");
	assert_int_equal(signers.key_count, 2);
	key_is(0, "r/a.test /r");
	key_is(1, "e/a.test /e");
}

static void
test_rspamd(void **state)
{
	(void)state;
	runs("rspamd");
	put("/etc/rspamd/rspamd.conf", "");
	put("/etc/rspamd/modules.d/dkim_signing.conf",
	    "# Rspamd\ndkim_signing {\n  enabled = true;\n"
	    "  path = \"${DBDIR}/dkim/$domain.$selector.key\";\n"
	    "  selector = \"dkim\";\n  /* x { */\n"
	    "  .include(try=true; priority=5) \"${D}/dynamic/x.conf\"\n"
	    "  sign_networks = [\"192.0.2.0/24\", 10.0.0.0/8];\n}\n");
	put("/var/lib/rspamd/dkim/f.test.dkim.key", "");
	put("/var/lib/rspamd/dkim/f.test.other.key", "");
	put("/var/lib/rspamd/dkim/readme", "");
	put("/etc/rspamd/local.d/dkim_signing.conf",
	    "domain {\n  a.test {\n   path = \"/k/$domain.$selector\";\n"
	    "   selector = \"s1\";\n  }\n"
	    "  \"b.test\" { selectors [\n   { path: /k/b1; selector: b1 },\n"
	    "   { path: /k/b2, selector: b2 }\n  ] }\n}\n"
	    "selector_map = \"$LOCAL_CONFDIR/local.d/x\";\n");
	put("/etc/rspamd/override.d/dkim_signing.conf",
	    "selector_map = \"$LOCAL_CONFDIR/selectors.map\"\n");
	put("/etc/rspamd/selectors.map", "m.test  2026\n");
	signers_find(&signers);
	assert_null(signers.all[0].unknown);
	assert_int_equal(signers.key_count, 5);
	key_is(0, "s1/a.test /k/a.test.s1");
	key_is(1, "b1/b.test /k/b1");
	key_is(2, "b2/b.test /k/b2");
	key_is(3, "2026/m.test /var/lib/rspamd/dkim/m.test.2026.key");
	key_is(4, "dkim/f.test /var/lib/rspamd/dkim/f.test.dkim.key");
}

static int
domains_tell(struct arena *arena, const struct mta *mta,
    struct mta_identity *ret, struct why *why)
{
	static struct mta_domain domains[] = {
	    {.name = "a.test",    .is_sender = true},
	    {.name = "mx.a.test", .is_sender = true, .is_own = true},
	    {.name = "news.a.test",                   .is_sender = true               },
	    {.name = "b.test",                   .is_hosted = true     },
	};

	(void)arena;
	(void)mta;
	(void)why;
	*ret = (struct mta_identity){.domains = domains, .domain_count = 4};
	return 0;
}

/* One key for all that is sent: of what is known to be sent it is told. */
static void
test_rspamd_shared(void **state)
{
	static const struct mta_ops ops = {
	    .kind = "postfix", .identity = domains_tell};
	const struct mta mta = {.ops = &ops, .has_settings = true};

	(void)state;
	runs("rspamd");
	signers.mta = &mta;
	put("/etc/rspamd/rspamd.conf", "");
	put("/etc/rspamd/local.d/dkim_signing.conf",
	    "path = \"/k/$selector.key\";\nselector = \"s\";\n");
	look_again();
	assert_int_equal(signers.key_count, 0);
	assert_null(signers.all[0].unknown);
	put("/k/s.key", "");
	look_again();
	assert_int_equal(signers.key_count, 1);
	key_is(0, "s/a.test /k/s.key");
	assert_non_null(strstr(signers.all[0].unknown, "whatever domain"));
	put("/etc/rspamd/override.d/dkim_signing.conf", "use_esld = false;\n");
	look_again();
	assert_int_equal(signers.key_count, 2);
	key_is(1, "s/news.a.test /k/s.key");
	put("/etc/rspamd/override.d/dkim_signing.conf",
	    "try_fallback = false;\n");
	look_again();
	assert_int_equal(signers.key_count, 0);
}

static void
test_rspamd_unknown(void **state)
{
	static const char *const texts[] = {"use_redis = true;",
	    "use_vault = yes", "key_table = \"redis://x\";",
	    "selector_map = \"https://x/y\"", ".lua { x }", "path = <<EOD\nx",
	    "domain {", "}"};

	(void)state;
	runs("rspamd");
	put("/etc/rspamd/rspamd.conf", "");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put("/etc/rspamd/local.d/dkim_signing.conf", texts[i]);
		signers.count = signers.key_count = 0;
		signers_find(&signers);
		assert_int_equal(signers.count, 1);
		assert_non_null(signers.all[0].unknown);
	}
	put("/etc/rspamd/local.d/dkim_signing.conf",
	    "enabled = false; domain { a.test { selector = x } }");
	signers.count = signers.key_count = 0;
	signers_find(&signers);
	assert_null(signers.all[0].unknown);
	assert_int_equal(signers.key_count, 0);
}

static void
test_ucl(void **state)
{
	struct ucl_node root_node = {.key = ""};
	const struct ucl_node *inner;
	struct why why = {0};
	char deep[64];

	assert_int_equal(ucl_read(*state, "f",
	                     "a = 1; a: two words ; 'q' = \"x\\\"y;\"\n"
	                     "s named { k v } s { k = w } e = [ ] b=2}",
	                     &root_node, &why),
	    -EINVAL);
	assert_non_null(strstr(why.text, "f: a brace too many"));
	assert_string_equal(ucl_text(&root_node, "a", ""), "two words");
	assert_string_equal(ucl_text(&root_node, "q", ""), "x\"y;");
	assert_string_equal(ucl_text(&root_node, "b", ""), "2");
	inner = ucl_find(&root_node, "s");
	assert_non_null(inner);
	assert_string_equal(ucl_text(inner, "k", ""), "w");
	assert_null(ucl_find(&root_node, "none"));
	(void)memset(deep, '{', sizeof(deep));
	for (size_t i = 0; i < sizeof(deep); i += 2)
		deep[i] = 'a';
	deep[sizeof(deep) - 1] = '\0';
	assert_true(ucl_read(*state, "f", deep, &root_node, &why) < 0);
	assert_non_null(strstr(why.text, "depth"));
}

static void
test_probe(void **state)
{
	char path[] = "/tmp/mailfix-test-XXXXXX";
	int fd = mkstemp(path);
	const char *list;
	struct config config = {0};
	struct fact_set *set = fact_set_new(*state);
	struct fact_out *out = fact_out_to_set(set);
	struct probe_job job = {
	    .probe = &probe_keys, .arena = *state, .config = &config};
	struct why why = {0};

	assert_true(fd >= 0);
	assert_int_equal(write(fd, sample_rsa_pkcs1, strlen(sample_rsa_pkcs1)),
	    strlen(sample_rsa_pkcs1));
	assert_int_equal(close(fd), 0);
	list = arena_printf(*state,
	    "S1:A.test:%s, s2:b.test,s3:c.test:/no/such,bad,..:d.test", path);
	config.dkim_selectors = list;
	assert_int_equal(probe_keys.prepare(&job, &why), 0);
	assert_int_equal(probe_keys.enter(&job, &why), 0);
	probe_keys.collect(&job, out);
	fact_out_end(out);
	fact_out_free(out);
	(void)close(job.fds[0]);
	(void)unlink(path);
	assert_fact_text(
	    set, "signing_key", "s1/a.test", "public", sample_rsa_public);
	assert_fact_text(set, "signing_key", "s1/a.test", "type", "rsa");
	assert_fact_text(set, "signing_key", "s1/a.test", "problem", "");
	assert_fact_text(set, "signing_key", "s2/b.test", "problem", "");
	assert_fact_unknown(set, "signing_key", "s2/b.test", "public",
	    "it is not told where the key is");
	assert_fact_text(set, "signing_key", "s3/c.test", "problem",
	    "No such file or directory");
	assert_true(
	    probe_cell(set, "signer", "mailfix.conf", "keys").number == 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
    CASE(test_opendkim_single),
    CASE(test_opendkim_many),
    CASE(test_opendkim_tables),
    CASE(test_opendkim_unknown),
    CASE(test_opendkim_includes),
    CASE(test_not_in_use),
    CASE(test_dkimpy),
    CASE(test_rspamd),
    CASE(test_rspamd_shared),
    CASE(test_rspamd_unknown),
    CASE(test_ucl),
    CASE(test_probe),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
