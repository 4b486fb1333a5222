/*
 * test_signer_file.c - what root reads for a signer, and what it keeps of it
 *
 * Purpose  unit tests of agent/probes/signer_file.c, and that no secret stays
 * Input    a tree of configuration files of its own
 * Errors   a failing assertion
 * Runs as  any user; root has more cases
 * Source   agent/probes/signer.h
 */
#include <stdbool.h>

#include "tests/unit/signer_tree.h"

/* A secret that is nowhere in this program as it is. */
#define SECRET_BYTES 24U
static const char secret_masked[SECRET_BYTES + 1] = "Xk3pZ0qRt7LwYb2mNc8vHd5j";

static char
secret_at(size_t at)
{
	return (char)(secret_masked[at] ^ 1);
}

static void
put_secret(const char *path, const char *before, const char *after)
{
	int fd;

	put(path, before);
	fd = open(arena_printf(signers.arena, "%s%s", root, path),
	    O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	for (size_t i = 0; i < SECRET_BYTES; i++) {
		char c = secret_at(i);

		assert_int_equal(write(fd, &c, 1), 1);
	}
	assert_int_equal(write(fd, after, strlen(after)), strlen(after));
	assert_int_equal(close(fd), 0);
}

static bool
has_secret(const char *bytes, size_t length)
{
	for (size_t i = 0; i + SECRET_BYTES <= length; i++) {
		size_t same = 0;

		while (
		    same < SECRET_BYTES && bytes[i + same] == secret_at(same))
			same++;
		if (same == SECRET_BYTES)
			return true;
	}
	return false;
}

/*
 * In whatever this process can write to, freed or not: a child has it all. Needs
 * a program that is linked with -z now, as ours: the resolver of late symbols
 * leaves registers on the stack.
 */
static bool
is_in_memory(void)
{
	static char chunk[65536];
	FILE *maps = fopen("/proc/self/maps", "re");
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char line[512], mode[8];
	unsigned long from, to;
	bool is_found = false;

	assert_non_null(maps);
	assert_true(mem >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		assert_int_equal(
		    sscanf(line, "%lx-%lx %7s", &from, &to, mode), 3);
		if (mode[1] != 'w' || to - from > 1UL << 28)
			continue;
		for (; from < to; from += sizeof(chunk) - SECRET_BYTES) {
			size_t rest = to - from;
			ssize_t n = pread(mem, chunk,
			    rest < sizeof(chunk) ? rest : sizeof(chunk),
			    (off_t)from);

			if (n <= 0)
				break;
			if (has_secret(chunk, (size_t)n))
				is_found = true;
		}
	}
	explicit_bzero(chunk, sizeof(chunk));
	(void)fclose(maps);
	(void)close(mem);
	return is_found;
}

/* A sanitizer moves what is on the stack to places of its own, and keeps it. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_TELLS false
#else
#define MEMORY_TELLS true
#endif

/* What every later child inherits has no byte of a key, nor of a stranger. */
static void
test_no_secret_kept(void **state)
{
	AUTO_BUF struct buf text = {0};
	char *control;

	(void)state;
	if (!MEMORY_TELLS)
		skip();
	runs("opendkim");
	runs("rspamd");
	put("/etc/opendkim.conf", "KeyTable /K\nSigningTable /S\n");
	put_secret("/K", "in a.test:s:", "\nalso b.test:%:/k/%\n");
	put_secret("/S", "*@a.test in\nroot:$6$", ":1:0:9:7:::\n");
	put("/etc/rspamd/rspamd.conf", "");
	put("/etc/rspamd/local.d/dkim_signing.conf",
	    "selector_map = \"/M\"; path_map = \"/P\"\n");
	put_secret("/M", "c.test ", "!\n");
	put_secret("/P", "d.test ", "\n");
	signers_find(&signers);
	assert_false(is_in_memory());
	assert_int_equal(signers.key_count, 2);
	assert_true(signers.keys[0].is_inside);
	key_is(0, "s/a.test -");
	key_is(1, "dkim/d.test -");
	assert_int_equal(
	    bundle_read(signers.bundle, &signers.keys[0].file, &text), 0);
	assert_true(has_secret(buf_text(&text), text.length));
	assert_int_equal(text.length, SECRET_BYTES);
	/* and the search finds what is there */
	control = buf_take(&text);
	assert_true(is_in_memory());
	explicit_bzero(control, SECRET_BYTES);
	free(control);
}

static char *
below(const char *path)
{
	return arena_printf(signers.arena, "%s%s", root, path);
}

/* Who may change a folder does not choose what root reads. */
static void
test_folder_of_others(void **state)
{
	(void)state;
	runs("opendkim");
	put("/etc/opendkim.conf", "KeyTable /d/K\nSigningTable /d/S\n");
	put("/d/K", "k a.test:s:/k\n");
	put("/etc/shadow", "*@a.test k\n");
	assert_int_equal(symlink("/etc/shadow", below("/d/S")), 0);
	assert_int_equal(chmod(below("/d"), 0777), 0);
	look_again();
	assert_non_null(signers.all[0].unknown);
	assert_non_null(
	    strstr(signers.all[0].unknown, "is a link in a folder"));

	/* a step on the way, and a file that has another name */
	put("/etc/opendkim.conf", "KeyTable /d/K\nSigningTable /d/e/shadow\n");
	assert_int_equal(symlink("../etc", below("/d/e")), 0);
	look_again();
	assert_non_null(
	    strstr(signers.all[0].unknown, "is a link in a folder"));
	put("/etc/opendkim.conf", "KeyTable /d/K\nSigningTable /d/L\n");
	assert_int_equal(link(below("/etc/shadow"), below("/d/L")), 0);
	look_again();
	assert_non_null(strstr(signers.all[0].unknown, "another name"));
	assert_int_equal(remove(below("/d/L")), 0);
	put("/d/L", "*@a.test k\n");
	look_again();
	assert_null(signers.all[0].unknown);
	key_is(0, "s/a.test /k");
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(below("/d/L"), 12345, 12345), 0);
	look_again();
	assert_non_null(strstr(signers.all[0].unknown, "neither root's nor"));
	assert_int_equal(chown(below("/d"), 12345, 0), 0);
	look_again();
	assert_null(signers.all[0].unknown);
	/* links of root's own stay what they are, also to a folder of others */
	assert_int_equal(symlink("d", below("/r")), 0);
	put("/etc/opendkim.conf", "KeyTable /r/K\nSigningTable /link\n");
	assert_int_equal(symlink("etc/../etc/shadow", below("/link")), 0);
	assert_int_equal(remove(below("/d/S")), 0);
	look_again();
	assert_null(signers.all[0].unknown);
	assert_int_equal(signers.key_count, 1);
	assert_int_equal(symlink("/etc/shadow", below("/d/S")), 0);
	put("/etc/opendkim.conf", "KeyTable /r/K\nSigningTable /r/S\n");
	look_again();
	assert_non_null(
	    strstr(signers.all[0].unknown, "is a link in a folder"));
	assert_int_equal(symlink("/loop", below("/loop")), 0);
	put("/etc/opendkim.conf", "KeyTable /loop\n");
	look_again();
	assert_non_null(strstr(signers.all[0].unknown, "too many"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
    CASE(test_no_secret_kept),
    CASE(test_folder_of_others),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
