/*
 * drive_change.c - one step of one change, on a host, by hand
 *
 * Purpose  the host tests of kinds of change that need a real mail system:
 *          `drive_change STORE STEP KIND VERB TARGET BEFORE AFTER DETAIL ITEM...`
 * Input    STEP make, look, undo or tidy; the word NULL for a part that is not
 *          there; STORE is made when it is missing
 * Errors   status 1 and the reason on stdout
 * Runs as  root, on a host of the tests
 * Source   change.h
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/change/change.h"

/* Words of the command line before the items. */
#define WORDS 9

static const char *
part(const char *word)
{
	return strcmp(word, "NULL") == 0 ? NULL : word;
}

static int
make(const struct change *change, struct change_host *host, struct why *why)
{
	int r = change->kind->check(change, host, why);

	if (r == 0)
		r = change->kind->capture(change, host, why);
	return r == 0 ? change->kind->perform(change, host, why) : r;
}

static int
look(const struct change *change, struct change_host *host, struct why *why)
{
	static const char *const names[] = {
	    "before", "after", "partial", "foreign"};
	enum change_found found = CHANGE_IS_FOREIGN;
	int r = change->kind->look(change, host, &found, why);

	if (r == 0)
		(void)puts(names[found]);
	return r;
}

static int
tidy(const struct change *change, struct change_host *host, struct why *why)
{
	(void)why;
	change->kind->tidy(change, host);
	return 0;
}

static int
step(const char *name, const struct change *change, struct change_host *host,
    struct why *why)
{
	if (strcmp(name, "make") == 0)
		return make(change, host, why);
	if (strcmp(name, "look") == 0)
		return look(change, host, why);
	if (strcmp(name, "undo") == 0)
		return change->kind->undo(change, host, why);
	if (strcmp(name, "tidy") == 0)
		return tidy(change, host, why);
	return why_set(why, -EINVAL, "no such step");
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct config config = {0};
	struct mta mta = {0};
	struct change_host host = {
	    .arena = arena, .config = &config, .mta = &mta};
	struct change change = {.id = 1};
	struct why why = {0};
	int r;

	if (argc < WORDS) {
		(void)fputs("usage: see the file\n", stderr);
		return 64;
	}
	host.store = argv[1];
	change.kind = change_kind_find(argv[3]);
	change.verb = argv[4];
	change.target = argv[5];
	change.before = part(argv[6]);
	change.after = part(argv[7]);
	change.detail = part(argv[8]);
	change.items = (const char *const *)(argv + WORDS);
	change.item_count = (size_t)(argc - WORDS);
	r = file_mkdirs(host.store, 0700, &why);
	if (r == 0)
		r = mta_detect(arena, &config, &mta, &why);
	if (r == 0)
		r = step(argv[2], &change, &host, &why);
	if (r < 0)
		(void)printf("%s: %s\n", strerror(-r), why.text);
	arena_free(arena);
	return r < 0;
}
