/*
 * rule_mark.c - the comment by which a rule of ours is known
 *
 * Purpose  one word for one change, the same before and after a crash
 * Input    the name of the change's directory, RUN-N
 * Errors   -EINVAL: a name that is no such thing
 * Runs as  actor
 * Source   agent/apply/record.h for the name
 */
#include "agent/change/rule_mark.h"

#include <errno.h>
#include <string.h>

/* nft(8) takes 128 bytes, ufw(8) any; what a run is called has 20. */
#define MARK_LENGTH_MAX 64U

static const char *
dir_name(const struct change_host *host)
{
	const char *slash = strrchr(host->store, '/');

	return slash != NULL ? slash + 1 : host->store;
}

static const char *
mark(const struct change_host *host, const char *id)
{
	const char *name = dir_name(host);
	const char *number = strrchr(name, '-');

	return arena_printf(host->arena, "mailfix %.*s/%s",
	    (int)(number != NULL ? (size_t)(number - name) : strlen(name)),
	    name, id);
}

const char *
rule_mark(const struct change_host *host)
{
	const char *number = strrchr(dir_name(host), '-');

	return mark(host, number != NULL ? number + 1 : "");
}

const char *
rule_mark_of(const struct change_host *host, unsigned id)
{
	return mark(host, arena_printf(host->arena, "%u", id));
}

int
rule_mark_check(const struct change_host *host, struct why *why)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
	                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789-/ ";
	const char *text = rule_mark(host);
	size_t length = strlen(text);

	if (length > MARK_LENGTH_MAX || strspn(text, allowed) != length)
		return why_set(
		    why, -EINVAL, "%s: no name of a change", host->store);
	return 0;
}
