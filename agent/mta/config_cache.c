/*
 * config_cache.c - what was learned from a configuration that has not changed
 *
 * Purpose  spare an unchanged configuration its expensive check
 * Input    a file of our own state directory; believed only when root alone
 *          can have written it and it is whole
 * Errors   negative errno; without a cache a run is slower, never wrong
 * Runs as  the actor
 * Source   stat(2); measured: postfix check 357 ms, postconf -x 8 ms of CPU
 */
#include "agent/mta/config_cache.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"

/* First line; another number when the format changes. */
#define CACHE_HEAD "mailfix config cache 1\n"
#define CACHE_BODY "--\n"
#define CACHE_END  "--end\n"

static void
key_add(struct buf *key, const char *path, bool is_content)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		buf_addf(key, "%s missing\n", path);
		return;
	}
	buf_addf(key, "%s %lu %lu %o %u %u", path, (unsigned long)st.st_dev,
	    (unsigned long)st.st_ino, st.st_mode, st.st_uid, st.st_gid);
	if (is_content)
		buf_addf(key, " %lld %lld.%09ld %lld.%09ld",
		    (long long)st.st_size, (long long)st.st_mtim.tv_sec,
		    st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec,
		    st.st_ctim.tv_nsec);
	buf_add(key, "\n");
}

const char *
config_cache_key(struct arena *arena, const char *version,
    const char *const *contents, const char *const *directories)
{
	AUTO_BUF struct buf key = {0};
	char host[256] = "";

	/* defaults of settings rest on the name of the host */
	(void)gethostname(host, sizeof(host) - 1);
	buf_addf(&key, "version %s\nhost %s\n", version, host);
	for (; *contents != NULL; contents++)
		key_add(&key, *contents, true);
	for (; *directories != NULL; directories++)
		key_add(&key, *directories, false);
	return arena_dup(arena, buf_text(&key));
}

/* Nobody but root, or who runs us, may have put words into it. */
static int
cache_trust(const char *path, struct why *why)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return why_errno(why, "%s", path);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 022) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()))
		return why_set(
		    why, -EPERM, "%s can be written by others", path);
	return 0;
}

int
config_cache_load(struct arena *arena, const char *dir, const char *key,
    const char **ret_text, struct why *why)
{
	const char *path = arena_printf(arena, "%s/%s", dir, CONFIG_CACHE_NAME);
	AUTO_BUF struct buf file = {0};
	char *body, *end;
	int code = cache_trust(path, why);

	if (code == 0)
		code = file_read(
		    AT_FDCWD, path, CONFIG_CACHE_BYTES_MAX, &file, why);
	if (code < 0)
		return code;
	if (file.length == 0 || strlen(file.text) != file.length ||
	    strncmp(file.text, CACHE_HEAD, strlen(CACHE_HEAD)) != 0)
		return why_set(why, -EBADMSG, "%s is damaged", path);
	body = strstr(file.text, "\n" CACHE_BODY);
	end = strstr(file.text, "\n" CACHE_END);
	if (body == NULL || end == NULL || end < body ||
	    end[strlen("\n" CACHE_END)] != '\0')
		return why_set(why, -EBADMSG, "%s is damaged", path);
	body[1] = '\0';
	end[1] = '\0';
	*ret_text = arena_dup(arena, body + 1 + strlen(CACHE_BODY));
	return strcmp(file.text + strlen(CACHE_HEAD), key) == 0 ? 1 : 0;
}

int
config_cache_write(
    const char *dir, const char *key, const char *text, struct why *why)
{
	AUTO_CLOSE int dirfd =
	    open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	AUTO_BUF struct buf file = {0};

	if (dirfd < 0)
		return why_errno(why, "open %s", dir);
	buf_addf(
	    &file, "%s%s%s%s%s", CACHE_HEAD, key, CACHE_BODY, text, CACHE_END);
	if (file.length > CONFIG_CACHE_BYTES_MAX)
		return why_set(why, -EFBIG, "the settings are too long");
	return file_replace(
	    dirfd, CONFIG_CACHE_NAME, file.text, file.length, NULL, why);
}

int
config_cache_store(const struct mta *mta, const char *dir, struct why *why)
{
	if (mta->cache_key == NULL || mta->cache_text == NULL || mta->is_cached)
		return 0;
	return config_cache_write(dir, mta->cache_key, mta->cache_text, why);
}
