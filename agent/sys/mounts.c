/*
 * mounts.c - which mounted file system a path is on
 *
 * Purpose  parse mountinfo, find the mount of a path
 * Input    /proc/self/mountinfo: names in it are chosen by who mounted
 * Errors   negative errno when it cannot be read
 * Runs as  observer
 * Source   proc(5) mountinfo: octal escapes for blank, tab, newline, backslash
 */
#include "agent/sys/mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/sys/proc.h"

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=.. */
#define FIELD_NUMBER 2
#define FIELD_ROOT   3
#define FIELD_POINT  4

static char *
octal_decode(struct arena *arena, const char *text, size_t length)
{
	char *out = arena_alloc(arena, length + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\\' && i + 3 < length && text[i + 1] >= '0' &&
		    text[i + 1] <= '3' && text[i + 2] >= '0' &&
		    text[i + 2] <= '7' && text[i + 3] >= '0' &&
		    text[i + 3] <= '7') {
			out[n++] = (char)((text[i + 1] - '0') * 64 +
			                  (text[i + 2] - '0') * 8 +
			                  (text[i + 3] - '0'));
			i += 3;
			continue;
		}
		out[n++] = text[i];
	}
	return out;
}

/* The next word of a line, or NULL. */
static const char *
word_next(const char **at, const char *end, size_t *ret_length)
{
	const char *start = *at, *stop;

	if (start >= end)
		return NULL;
	stop = memchr(start, ' ', (size_t)(end - start));
	if (stop == NULL)
		stop = end;
	*at = stop + 1;
	*ret_length = (size_t)(stop - start);
	return start;
}

static bool
line_parse(
    struct arena *arena, const char *line, const char *end, struct mount *ret)
{
	struct mount mount = {0};
	const char *word;
	size_t length, field = 0;

	while ((word = word_next(&line, end, &length)) != NULL) {
		if (field == FIELD_NUMBER)
			mount.number = octal_decode(arena, word, length);
		if (field == FIELD_ROOT)
			mount.root = octal_decode(arena, word, length);
		if (field++ == FIELD_POINT)
			mount.point = octal_decode(arena, word, length);
		/* optional fields end with a single hyphen */
		if (field > FIELD_POINT + 2 && length == 1 && *word == '-')
			break;
	}
	word = word_next(&line, end, &length);
	if (word == NULL || mount.point == NULL || mount.point[0] != '/')
		return false;
	mount.type = octal_decode(arena, word, length);
	word = word_next(&line, end, &length);
	if (word == NULL)
		return false;
	mount.device = octal_decode(arena, word, length);
	word = word_next(&line, end, &length);
	mount.is_read_only = word != NULL && length >= 2 &&
	                     memcmp(word, "ro", 2) == 0 &&
	                     (length == 2 || word[2] == ',');
	*ret = mount;
	return true;
}

void
mounts_parse(
    struct arena *arena, const char *text, size_t length, struct mounts *ret)
{
	const char *end = text + length;
	size_t lines = 1;

	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	*ret = (struct mounts){0};
	if (lines > MOUNTS_MAX)
		lines = MOUNTS_MAX;
	ret->mounts = arena_alloc(arena, lines, sizeof(*ret->mounts));
	while (text < end && ret->count < lines) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		if (stop == NULL)
			stop = end;
		if (line_parse(arena, text, stop, &ret->mounts[ret->count]))
			ret->count++;
		text = stop + 1;
	}
}

int
mounts_read(struct arena *arena, struct mounts *ret, struct why *why)
{
	AUTO_FREE char *text = mem_alloc(1, MOUNTS_BYTES_MAX);
	ssize_t n = proc_read("/proc/self/mountinfo", text, MOUNTS_BYTES_MAX);

	if (n < 0)
		return why_set(why, (int)n, "read /proc/self/mountinfo: %s",
		    strerror((int)-n));
	mounts_parse(arena, text, (size_t)n, ret);
	return 0;
}

/* Is path at or below base? Both absolute. */
static bool
path_is_below(const char *path, const char *base)
{
	size_t length = strlen(base);

	if (length == 1)
		length = 0; /* "/" is a prefix of all */
	return strncmp(path, base, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

/* The first mount that shows the most of the same file system. */
static const struct mount *
whole_find(const struct mounts *mounts, const struct mount *part)
{
	const struct mount *best = part;

	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount *mount = &mounts->mounts[i];

		if (strcmp(mount->number, part->number) == 0 &&
		    path_is_below(best->root, mount->root) &&
		    strlen(mount->root) < strlen(best->root))
			best = mount;
	}
	return best;
}

const struct mount *
mounts_find(const struct mounts *mounts, const char *path)
{
	const struct mount *best = NULL;

	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount *mount = &mounts->mounts[i];

		if (path_is_below(path, mount->point) &&
		    (best == NULL ||
		        strlen(mount->point) >= strlen(best->point)))
			best = mount;
	}
	return best != NULL ? whole_find(mounts, best) : NULL;
}
