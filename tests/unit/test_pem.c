/*
 * test_pem.c - private keys and certificates, and files in one bundle
 *
 * Purpose  unit tests of agent/sys/pem.c, bundle.c and of the probe
 *          `certificate`
 * Input    keys made for this test, of no use to anybody
 * Errors   a failing assertion
 * Runs as  any user
 * Source   openssl(1): genpkey, req -x509; RFC 8463 appendix A.2
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/base64.h"
#include "agent/sys/bundle.h"
#include "agent/sys/pem.h"
#include "tests/unit/pem_samples.h"
#include "tests/unit/probe_run.h"

extern const struct probe probe_certificate;

static int
setup(void **state)
{
	struct why why = {0};

	*state = arena_new();
	return pem_load(&why);
}

static int
teardown(void **state)
{
	*state = arena_free(*state);
	return 0;
}

/* base64 of its public half, or what is wrong with it. */
static const char *
public_of(struct arena *arena, const char *text, size_t length,
    enum pem_type type, unsigned bits)
{
	AUTO_BUF struct buf out = {0};
	struct pem_key key;
	struct why why = {0};

	if (pem_key_read(text, length, &key, &why) < 0)
		return arena_dup(arena, why.text);
	assert_int_equal(key.type, type);
	assert_int_equal(key.bits, bits);
	base64_add(&out, key.spki.text, key.spki.length);
	buf_done(&key.spki);
	return arena_dup(arena, buf_text(&out));
}

static const char *
public_of_text(
    struct arena *arena, const char *text, enum pem_type type, unsigned bits)
{
	return public_of(arena, text, strlen(text), type, bits);
}

static void
test_keys(void **state)
{
	uint8_t der[4096];
	size_t length, bad;
	const char *body = strchr(sample_rsa_pkcs1, '\n') + 1;

	assert_string_equal(
	    public_of_text(*state, sample_rsa_pkcs1, PEM_RSA, 1024),
	    sample_rsa_public);
	assert_string_equal(
	    public_of_text(*state, sample_rsa_pkcs8, PEM_RSA, 1024),
	    sample_rsa_public);
	assert_int_equal(
	    base64_read(body, (size_t)(strstr(body, "-----END") - body), der,
	        &length, &bad),
	    0);
	assert_string_equal(
	    public_of(*state, (const char *)der, length, PEM_RSA, 1024),
	    sample_rsa_public);
	/* RFC 8463: the seed, and the public half in the last 32 octets */
	assert_non_null(
	    strstr(public_of_text(*state,
	               "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n",
	               PEM_ED25519, 256),
	        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="));
	assert_string_equal(public_of_text(*state, sample_ec, PEM_OTHER, 256),
	    sample_ec_public);
}

static void
test_no_keys(void **state)
{
	static const char *const none[] = {"x", "-----BEGIN PRIVATE KEY-----\n",
	    "AAAA",
	    "-----BEGIN PRIVATE KEY-----\nAAAA\n"
	    "-----END PRIVATE KEY-----\n"};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_string_equal(public_of_text(*state, none[i], PEM_RSA, 0),
		    "there is no private key in it");
	assert_string_equal(
	    public_of_text(*state, "", PEM_RSA, 0), "it is empty");
	assert_string_equal(public_of_text(*state, sample_phrase, PEM_RSA, 0),
	    "the key has a pass phrase");
}

/* The certificate with a letter in the date that it is good until. */
static const char *
dateless(struct arena *arena)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n",
	                  end[] = "-----END CERTIFICATE-----\n";
	const char *from = sample_leaf + sizeof(begin) - 1;
	const size_t length = (size_t)(strstr(sample_leaf, end) - from);
	uint8_t *der = arena_alloc(arena, BASE64_OCTETS(length), 1), *date;
	AUTO_BUF struct buf text = {0};
	const size_t line = 48; /* octets: RFC 7468 section 2 */
	size_t count = 0, bad;

	assert_int_equal(base64_read(from, length, der, &count, &bad), 0);
	date = memmem(der, count, "21250617021118Z", 15);
	assert_non_null(date);
	date[4] = 'X';
	for (size_t at = 0; at < count; at += line) {
		base64_add(
		    &text, der + at, count - at < line ? count - at : line);
		buf_add(&text, "\n");
	}
	return arena_printf(arena, "%s%s%s", begin, buf_text(&text), end);
}

static void
test_date(void **state)
{
	struct pem_certificate got[PEM_CERTIFICATES_MAX];
	const char *text = dateless(*state);
	struct why why = {0};
	size_t count;

	assert_int_equal(pem_certificates_read(
	                     *state, text, strlen(text), got, &count, &why),
	    0);
	assert_int_equal(got[0].not_after_s, 0);
}

static void
test_certificates(void **state)
{
	struct pem_certificate got[PEM_CERTIFICATES_MAX];
	const char *text = arena_printf(*state, "%s%s%s%s", sample_rsa_pkcs8,
	    sample_leaf, "text between\n", sample_issuer);
	struct why why = {0};
	size_t count;

	assert_int_equal(pem_certificates_read(
	                     *state, text, strlen(text), got, &count, &why),
	    0);
	assert_int_equal(count, 2);
	assert_string_equal(got[0].names, "mx1.example.com *.example.com");
	assert_int_equal(got[0].not_after_s, SAMPLE_LEAF_NOT_AFTER);
	assert_false(got[0].is_issuer);
	assert_string_equal(got[0].sha256, sample_leaf_sha256);
	assert_string_equal(got[0].sha512, sample_leaf_sha512);
	assert_string_equal(got[0].spki_sha256, sample_leaf_spki_sha256);
	assert_string_equal(got[0].spki_sha512, sample_leaf_spki_sha512);
	assert_true(got[1].is_issuer);
	assert_string_equal(got[1].names, "");
	assert_int_equal(pem_certificates_read(*state, sample_rsa_pkcs8,
	                     strlen(sample_rsa_pkcs8), got, &count, &why),
	    -EINVAL);
	assert_string_equal(why.text, "there is no certificate in it");
}

static void
write_at(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void
test_bundle(void **state)
{
	char dir[] = "/tmp/mailfix-test-XXXXXX";
	const char *a, *b, *fifo;
	struct bundle_file files[6];
	AUTO_BUF struct buf text = {0};
	struct why why = {0};
	AUTO_CLOSE int fd = bundle_new(&why);

	assert_true(fd >= 0);
	assert_non_null(mkdtemp(dir));
	a = arena_printf(*state, "%s/a", dir);
	b = arena_printf(*state, "%s/b", dir);
	fifo = arena_printf(*state, "%s/fifo", dir);
	write_at(a, "first");
	assert_int_equal(symlink("a", b), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	bundle_add(fd, a, 100, &files[0]);
	bundle_add(fd, fifo, 100, &files[1]);
	bundle_add(fd, "/dev/zero", 100, &files[2]);
	bundle_add(fd, arena_printf(*state, "%s/no", dir), 100, &files[3]);
	bundle_add(fd, a, 4, &files[4]);
	bundle_add(fd, b, 5, &files[5]);
	assert_int_equal(bundle_read(fd, &files[1], &text), -EINVAL);
	assert_int_equal(bundle_read(fd, &files[2], &text), -EINVAL);
	assert_int_equal(bundle_read(fd, &files[3], &text), -ENOENT);
	assert_int_equal(bundle_read(fd, &files[4], &text), -EFBIG);
	assert_int_equal(text.length, 0);
	assert_int_equal(bundle_read(fd, &files[5], &text), 0);
	assert_int_equal(bundle_read(fd, &files[0], &text), 0);
	assert_string_equal(buf_text(&text), "firstfirst");
	(void)unlink(a);
	(void)unlink(b);
	(void)unlink(fifo);
	(void)rmdir(dir);
}

static const char *chain_path, *rest_path;

static int
certificates_tell(struct arena *arena, const struct mta *mta,
    struct mta_identity *ret, struct why *why)
{
	(void)mta;
	(void)why;
	*ret = (struct mta_identity){.certificate_count = 2};
	ret->certificates = arena_alloc(arena, 3, sizeof(*ret->certificates));
	ret->certificates[0] =
	    (struct mta_certificate){chain_path, true, false};
	ret->certificates[1] =
	    (struct mta_certificate){"/no/such.pem", false, false};
	return 0;
}

/* A key, what certifies it, and who issued that: a file for each. */
static int
chain_tell(struct arena *arena, const struct mta *mta, struct mta_identity *ret,
    struct why *why)
{
	(void)certificates_tell(arena, mta, ret, why);
	ret->certificates[0].is_chain = true;
	ret->certificates[1] = (struct mta_certificate){rest_path, true, true};
	ret->certificates[2] =
	    (struct mta_certificate){"/no/such.pem", true, true};
	ret->certificate_count = 3;
	return 0;
}

static void
test_probe(void **state)
{
	static const struct mta_ops ops = {
	    .kind = "postfix", .certificates = certificates_tell};
	const struct mta mta = {.ops = &ops, .has_settings = true};
	char path[] = "/tmp/mailfix-test-XXXXXX";
	int fd = mkstemp(path);
	const struct fact_set *set;
	const char *key;

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	write_at(path, arena_printf(*state, "%s%s%s", sample_rsa_pkcs8,
	                   sample_leaf, sample_issuer));
	chain_path = path;
	set = probe_run(*state, &probe_certificate, &mta);
	key = arena_printf(*state, "%s#1", path);
	assert_fact_bool(set, "certificate", key, "is_leaf", true);
	assert_fact_bool(set, "certificate", key, "is_mx", true);
	assert_fact_text(set, "certificate", key, "sha256", sample_leaf_sha256);
	assert_fact_text(
	    set, "certificate", key, "not_after", SAMPLE_LEAF_NOT_AFTER_TEXT);
	assert_fact_text(set, "certificate", key, "problem", "");
	key = arena_printf(*state, "%s#2", path);
	assert_fact_bool(set, "certificate", key, "is_leaf", false);
	assert_fact_text(set, "certificate", "/no/such.pem#1", "problem",
	    "No such file or directory");
	assert_fact_unknown(set, "certificate", "/no/such.pem#1", "sha256",
	    "No such file or directory");
	(void)unlink(path);
}

static void
test_probe_chain(void **state)
{
	static const struct mta_ops ops = {
	    .kind = "postfix", .certificates = chain_tell};
	const struct mta mta = {.ops = &ops, .has_settings = true};
	char key_path[] = "/tmp/mailfix-test-XXXXXX";
	char path[] = "/tmp/mailfix-test-XXXXXX";
	int key_fd = mkstemp(key_path), fd = mkstemp(path);
	const struct fact_set *set;
	const char *key;

	assert_true(key_fd >= 0 && fd >= 0);
	assert_int_equal(close(key_fd) + close(fd), 0);
	/* the first of a list, and the last of the one before */
	chain_path = key_path;
	rest_path = path;
	write_at(key_path, sample_rsa_pkcs8);
	write_at(
	    path, arena_printf(*state, "%s%s", sample_leaf, sample_issuer));
	set = probe_run(*state, &probe_certificate, &mta);
	key = arena_printf(*state, "%s#1", path);
	assert_fact_bool(set, "certificate", key, "is_leaf", true);
	assert_fact_text(set, "certificate", key, "sha256", sample_leaf_sha256);
	/* a key alone is no certificate that is missing; no file is */
	assert_int_equal(
	    fact_table_get(set, schema_table_find("certificate", NULL))->count,
	    3);
	assert_fact_text(set, "certificate", "/no/such.pem#1", "problem",
	    "No such file or directory");
	/* the issuer in a file of its own is of the chain before it */
	write_at(key_path,
	    arena_printf(*state, "%s%s", sample_rsa_pkcs8, sample_leaf));
	write_at(path, sample_issuer);
	set = probe_run(*state, &probe_certificate, &mta);
	key = arena_printf(*state, "%s#2", key_path);
	assert_fact_bool(set, "certificate", key, "is_leaf", false);
	assert_fact_text(set, "certificate", key, "file", key_path);
	(void)unlink(key_path);
	(void)unlink(path);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
    cmocka_unit_test_setup_teardown(test_no_keys, setup, teardown),
    cmocka_unit_test_setup_teardown(test_date, setup, teardown),
    cmocka_unit_test_setup_teardown(test_certificates, setup, teardown),
    cmocka_unit_test_setup_teardown(test_bundle, setup, teardown),
    cmocka_unit_test_setup_teardown(test_probe, setup, teardown),
    cmocka_unit_test_setup_teardown(test_probe_chain, setup, teardown),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
