/*
 * change_store.c - short texts that a kind keeps beside its before-image
 *
 * Purpose  what undo needs to know, kept durably before the change is made
 * Input    files of the state directory, written by this program as root
 * Errors   negative errno; a file that was never written is not an error
 * Runs as  actor
 * Source   -
 */
#include "agent/change/change_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/file.h"

int
change_store_put(struct change_host *host, const char *name, const char *text,
    struct why *why)
{
	const char *path =
	    arena_printf(host->arena, "%s/%s", host->store, name);

	return file_replace(AT_FDCWD, path, text, strlen(text), NULL, why);
}

int
change_store_get(struct change_host *host, const char *name, const char **ret,
    struct why *why)
{
	const char *path =
	    arena_printf(host->arena, "%s/%s", host->store, name);
	AUTO_BUF struct buf text = {0};
	int r = file_read(AT_FDCWD, path, CHANGE_STORE_TEXT_MAX, &text, why);

	*ret = NULL;
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	*ret = arena_dup_n(host->arena, buf_text(&text), text.length);
	return 1;
}
