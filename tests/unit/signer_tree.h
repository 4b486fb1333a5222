/*
 * signer_tree.h - the files of a signer, in a tree of a test's own
 */
#ifndef MAILFIX_TESTS_UNIT_SIGNER_TREE_H
#define MAILFIX_TESTS_UNIT_SIGNER_TREE_H

#include <sys/stat.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/probes/signer.h"
#include "tests/unit/unit.h"

static char root[64];
static struct signers signers;

static inline int
setup(void **state)
{
	(void)snprintf(root, sizeof(root), "/tmp/mailfix-test-XXXXXX");
	assert_non_null(mkdtemp(root));
	*state = arena_new();
	signers = (struct signers){
	    .arena = *state, .root = root, .bundle = bundle_new(NULL)};
	assert_true(signers.bundle >= 0);
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

static inline int
teardown(void **state)
{
	*state = arena_free(*state);
	assert_int_equal(close(signers.bundle), 0);
	return nftw(root, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
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

static inline void
runs(const char *unit)
{
	put(arena_printf(signers.arena,
	        "/sys/fs/cgroup/system.slice/%s.service/cgroup.procs", unit),
	    "42\n");
}

/* "selector/domain path" */
static inline void
key_is(size_t at, const char *want)
{
	const struct signer_key *key = &signers.keys[at];

	assert_true(at < signers.key_count);
	assert_string_equal(
	    arena_printf(signers.arena, "%s/%s %s", key->selector, key->domain,
	        key->path != NULL ? key->path : "-"),
	    want);
}

static inline void
look_again(void)
{
	signers.count = signers.key_count = 0;
	signers_find(&signers);
}

#endif
