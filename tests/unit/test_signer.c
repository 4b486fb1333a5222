/*
 * test_signer.c - which keys the signers of a host use
 *
 * Purpose  unit tests of agent/probes/signer*.c, ucl.c and of the probe `keys`
 * Input    a tree of configuration files of its own
 * Errors   a failing assertion
 * Runs as  any user
 * Source   opendkim.conf(5), rspamd's dkim_signing module
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/probes/signer.h"
#include "agent/probes/ucl.h"
#include "tests/unit/pem_samples.h"
#include "tests/unit/probe_run.h"

extern const struct probe probe_keys;

static char root[64];
static struct signers signers;

static int
setup(void **state)
{
	(void)snprintf(root, sizeof(root), "/tmp/mailfix-test-XXXXXX");
	assert_non_null(mkdtemp(root));
	*state = arena_new();
	signers = (struct signers){.arena = *state, .root = root};
	return 0;
}

static int
entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	*state = arena_free(*state);
	return nftw(root, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void
put(const char *path, const char *text)
{
	char *whole = arena_printf(signers.arena, "%s%s", root, path);
	char *slash = strrchr(whole, '/');
	int fd;

	*slash = '\0';
	assert_int_equal(file_mkdirs(whole, 0700, NULL), 0);
	*slash = '/';
	fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void
runs(const char *unit)
{
	put(arena_printf(signers.arena,
	        "/sys/fs/cgroup/system.slice/%s.service/cgroup.procs", unit),
	    "42\n");
}

/* "selector/domain path" */
static void
key_is(size_t at, const char *want)
{
	const struct signer_key *key = &signers.keys[at];

	assert_true(at < signers.key_count);
	assert_string_equal(
	    arena_printf(signers.arena, "%s/%s %s", key->selector, key->domain,
	        key->path != NULL ? key->path : "-"),
	    want);
}

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

/* Of rows with one name the first counts; a hundred thousand take no minute. */
static void
test_opendkim_many(void **state)
{
	AUTO_BUF struct buf keys = {0}, signing = {0};

	(void)state;
	runs("opendkim");
	put("/etc/opendkim.conf", "KeyTable /K\nSigningTable /S\n");
	for (unsigned i = 0; i < 100000; i++) {
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

static void
test_opendkim_tables(void **state)
{
	(void)state;
	runs("opendkim");
	put("/etc/opendkim.conf",
	    "KeyTable file:/etc/opendkim/KeyTable\n"
	    "SigningTable refile:/etc/opendkim/SigningTable\n"
	    "Domain unused.test\nSelector x\nKeyFile /x\n");
	put("/etc/opendkim/KeyTable",
	    "k1 a.test:s1:/keys/a\nall %:s2:/keys/%/s2\n"
	    "unused c.test:s3:/keys/c\nhere e.test:s4:MIIB\n");
	put("/etc/opendkim/SigningTable",
	    "*@A.test k1\n*@b.test all\n.d.test all\nu@e.test here\n");
	signers_find(&signers);
	assert_int_equal(signers.key_count, 4);
	key_is(0, "s1/a.test /keys/a");
	key_is(1, "s2/b.test /keys/b.test/s2");
	key_is(2, "s2/d.test /keys/d.test/s2");
	key_is(3, "s4/e.test -");
	assert_string_equal(signers.keys[3].inside, "MIIB");
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
	    "selector_map = \"/etc/rspamd/selectors.map\"\n");
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
    CASE(test_not_in_use),
    CASE(test_dkimpy),
    CASE(test_rspamd),
    CASE(test_rspamd_unknown),
    CASE(test_ucl),
    CASE(test_probe),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
