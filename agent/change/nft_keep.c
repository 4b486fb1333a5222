/*
 * nft_keep.c - the verb "keep" of kind "nft-rule": the rule at the next boot
 *
 * Purpose  a file of one rule, where the host's own file includes it
 * Input    paths and a rule, of the action or of a record: all are checked
 * Errors   -ESTALE: it is no longer as planned; -EPERM: a way that others may
 *          change; -EIO: nft(8) does not take the file, which is gone again
 * Runs as  actor
 * Source   nft(8), INCLUDE FILES: the files of a pattern in alphabetical order
 *
 * A file that nft refuses would leave the host without any rule at its next
 * boot. So it is tried whole, from its `flush ruleset` on, and without that line
 * nothing is kept: what loads today might not load on an empty rule set.
 */
#include "agent/change/nft_keep.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/change/file_walk.h"
#include "agent/change/rule_mark.h"
#include "agent/firewall/opening.h"
#include "agent/sys/nft_boot.h"
#include "agent/sys/program.h"

#define NFT_PROGRAM "/usr/sbin/nft"

#define RULE_PREFIX "add rule "
#define LEAF_PREFIX "mailfix-"
#define LEAF_SUFFIX ".nft"

/* One line. */
#define KEPT_BYTES_MAX 4096U

/* Of what nft says, this much is shown. */
#define SAID_MAX 160

/* What every step needs. */
struct keep {
	const char *leaf; /* inside change->target */
	int dir;
	const char *bytes; /* what is to stand in it */
};

/* "add rule FAMILY TABLE CHAIN ", and a rule that only accepts one port. */
static int
rule_refuse(const char *rule, struct why *why)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
	                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789-_. \"";
	struct nf_accept accept = {0};
	AUTO_BUF struct buf text = {0};
	const char *at = rule, *counter;

	for (int i = 0; at != NULL && i < 5; i++)
		at = strchr(at + (i > 0), ' ');
	counter = strstr(rule, " counter accept");
	if (!text_starts(rule, RULE_PREFIX) || at == NULL || counter == NULL ||
	    counter <= at || strspn(rule, allowed) != strlen(rule))
		return why_set(why, -EINVAL, "that is no rule of ours");
	buf_add_n(&text, at + 1, (size_t)(counter - at - 1));
	buf_add(&text, " accept");
	if (strcmp(counter, " counter accept") != 0 ||
	    nf_accept_parse(buf_text(&text), &accept) < 0)
		return why_set(why, -EINVAL, "that is no rule of ours");
	return 0;
}

static void
keep_done(struct keep *keep)
{
	auto_close(&keep->dir);
}

static int
keep_open(const struct change *change, struct change_host *host,
    struct keep *ret, struct why *why)
{
	struct keep keep = {.dir = -1};
	int r;

	if (change->after == NULL || change->detail == NULL || change->id < 2)
		return why_set(why, -EINVAL, "that is no rule of ours");
	r = rule_refuse(change->after, why);
	if (r == 0)
		r = file_walk(change->target, NULL, &keep.dir, &keep.leaf, why);
	if (r == 0 && (!text_starts(keep.leaf, LEAF_PREFIX) ||
	                  !text_ends(keep.leaf, LEAF_SUFFIX)))
		r = why_set(
		    why, -EINVAL, "%s is no file of ours", change->target);
	if (r < 0) {
		keep_done(&keep);
		return r;
	}
	keep.bytes = arena_printf(host->arena, "%s comment \"%s\"\n",
	    change->after, rule_mark_of(host, change->id - 1));
	*ret = keep;
	return 0;
}

static int
look_at(const struct keep *keep, enum change_found *ret, struct why *why)
{
	AUTO_BUF struct buf bytes = {0};
	struct why reason = {0};
	int r =
	    file_read(keep->dir, keep->leaf, KEPT_BYTES_MAX, &bytes, &reason);

	if (r == -ENOENT) {
		*ret = CHANGE_IS_BEFORE;
		return 0;
	}
	if (r < 0 && r != -EFBIG && r != -ELOOP) {
		if (why != NULL)
			*why = reason;
		return r;
	}
	*ret = r == 0 && strcmp(buf_text(&bytes), keep->bytes) == 0
	           ? CHANGE_IS_AFTER
	           : CHANGE_IS_FOREIGN;
	if (*ret == CHANGE_IS_FOREIGN)
		(void)why_set(why, 0, "%s says something else", keep->leaf);
	return 0;
}

/* Is it still that file which the host loads, and does it include ours? */
static int
boot_refuse(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct nft_boot boot = {0};
	const char *slash = strrchr(change->target, '/');

	nft_boot_find(host->arena, &boot);
	if (!boot.is_enabled || !boot.is_from_nothing || boot.folder == NULL ||
	    !text_equal(boot.file, change->detail) ||
	    strlen(boot.folder) != (size_t)(slash - change->target) ||
	    !text_starts(change->target, boot.folder))
		return why_set(why, -ESTALE, "%s does not load %s at boot",
		    change->detail, change->target);
	return 0;
}

int
nft_keep_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct keep keep = {.dir = -1};
	enum change_found found;
	int r = keep_open(change, host, &keep, why);

	if (r == 0)
		r = boot_refuse(change, host, why);
	if (r == 0)
		r = look_at(&keep, &found, why);
	if (r == 0 && found != CHANGE_IS_BEFORE)
		r = why_set(
		    why, -ESTALE, "%s is there already", change->target);
	keep_done(&keep);
	return r;
}

/* Nothing was there: all that undo needs stands in the record. */
int
nft_keep_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	return nft_keep_check(change, host, why);
}

static int
keep_remove(const struct keep *keep, struct why *why)
{
	if (unlinkat(keep->dir, keep->leaf, 0) < 0 && errno != ENOENT)
		return why_errno(why, "remove %s", keep->leaf);
	return file_sync_dir(keep->dir, ".", why);
}

/* The whole file, by nft itself, which changes nothing with -c. */
static int
boot_try(const char *file, struct why *why)
{
	const char *const argv[] = {NFT_PROGRAM, "-c", "-f", file, NULL};
	const struct program program = {
	    .argv = argv, .is_joined = true, .is_read_only = true};
	struct program_result result = {0};
	AUTO_BUF struct buf said = {0};
	int r = program_run(&program, &result, why);

	if (r < 0)
		return r;
	text_escape(&said, buf_text(&result.output), result.output.length);
	buf_done(&result.output);
	buf_done(&result.errors);
	if (result.is_late || result.status != 0)
		return why_set(why, -EIO, "nft does not take %s with it: %.*s",
		    file, SAID_MAX, buf_text(&said));
	return 0;
}

int
nft_keep_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	/* as the files of a distribution: they are no secret */
	const struct stat like = {.st_mode = S_IFREG | 0644};
	struct keep keep = {.dir = -1};
	struct why second = {0};
	enum change_found found;
	int r = keep_open(change, host, &keep, why);

	if (r == 0)
		r = look_at(&keep, &found, why);
	if (r == 0 && found != CHANGE_IS_BEFORE)
		r = why_set(
		    why, -ESTALE, "%s is there already", change->target);
	if (r == 0)
		r = file_replace(keep.dir, keep.leaf, keep.bytes,
		    strlen(keep.bytes), &like, why);
	if (r == 0) {
		r = boot_try(change->detail, why);
		if (r < 0 && keep_remove(&keep, &second) < 0)
			why_prefix(
			    why, "and it is still there (%s)", second.text);
	}
	keep_done(&keep);
	return r;
}

int
nft_keep_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	struct keep keep = {.dir = -1};
	int r = keep_open(change, host, &keep, why);

	/* the folder is gone, and the file with it */
	if (r == -ENOENT) {
		*ret = CHANGE_IS_BEFORE;
		return 0;
	}
	if (r == 0)
		r = look_at(&keep, ret, why);
	keep_done(&keep);
	return r;
}

int
nft_keep_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct keep keep = {.dir = -1};
	enum change_found found = CHANGE_IS_BEFORE;
	int r = keep_open(change, host, &keep, why);

	if (r == 0)
		r = look_at(&keep, &found, why);
	if (r == 0 && found == CHANGE_IS_FOREIGN)
		r = -ESTALE;
	if (r == 0 && found == CHANGE_IS_AFTER)
		r = keep_remove(&keep, why);
	keep_done(&keep);
	return r;
}

/* file_replace() writes beside the target, with a name of this form. */
void
nft_keep_tidy(const struct change *change, struct change_host *host)
{
	struct keep keep = {.dir = -1};
	const struct dirent *entry;
	const char *prefix;
	DIR *list;
	int fd;

	if (keep_open(change, host, &keep, NULL) < 0)
		return;
	prefix = arena_printf(host->arena, ".%s.mailfix-", keep.leaf);
	fd = openat(keep.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = fd < 0 ? NULL : fdopendir(fd);
	while (list != NULL && (entry = readdir(list)) != NULL)
		if (text_starts(entry->d_name, prefix))
			(void)unlinkat(keep.dir, entry->d_name, 0);
	if (list != NULL)
		(void)closedir(list);
	else
		auto_close(&fd);
	keep_done(&keep);
}
