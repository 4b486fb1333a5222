/*
 * audit_files.c - the files of one log, and its head
 *
 * Purpose  names, older files, the head
 * Input    a directory listing; the head file: hostile when it is read back
 * Errors   negative errno; -EBADMSG when the head is damaged
 * Runs as  actor
 * Source   -
 */
#include "agent/audit/audit_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/base/text.h"

#define HEAD_BYTES_MAX 512U

/* So many old files would be 8 TiB; also bounds the digits. */
#define FILES_MAX 1000000

int
audit_files_open(const char *path, struct audit_files *ret, struct why *why)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	struct audit_files files = {.dir = -1};
	AUTO_FREE char *parent = NULL;

	if (name[0] == '\0' || strlen(name) >= AUDIT_STEM_MAX)
		return why_set(why, -EINVAL, "%s: not a name for a log", path);
	parent = mem_dup(path);
	parent[slash != NULL ? slash - path : 0] = '\0';
	(void)snprintf(files.name, sizeof(files.name), "%s", name);
	(void)snprintf(files.stem, sizeof(files.stem), "%s", name);
	if (text_ends(files.stem, ".jsonl"))
		files.stem[strlen(files.stem) - strlen(".jsonl")] = '\0';
	files.dir = open(parent[0] != '\0' ? parent
	                 : slash != NULL   ? "/"
	                                   : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files.dir < 0)
		return why_errno(why, "open the directory of %s", path);
	*ret = files;
	return 0;
}

void
audit_files_done(struct audit_files *files)
{
	auto_close(&files->dir);
	files->dir = -1;
}

void
audit_files_name(const struct audit_files *files, int64_t number,
    char ret[static AUDIT_NAME_MAX])
{
	if (number == 0)
		(void)snprintf(ret, AUDIT_NAME_MAX, "%s", files->name);
	else
		(void)snprintf(
		    ret, AUDIT_NAME_MAX, "%s.%" PRId64, files->name, number);
}

void
audit_files_beside(const struct audit_files *files, const char *what,
    char ret[static AUDIT_NAME_MAX])
{
	(void)snprintf(ret, AUDIT_NAME_MAX, "%s.%.16s", files->stem, what);
}

/* The number in "audit.jsonl.3", 0 for any other name. */
static int64_t
files_number(const struct audit_files *files, const char *name)
{
	const char *digits = name + strlen(files->name) + 1;
	int64_t number = 0;

	if (!text_starts(name, files->name) || digits[-1] != '.' ||
	    *digits == '0' || *digits == '\0')
		return 0;
	for (; *digits >= '0' && *digits <= '9' && number <= FILES_MAX;
	     digits++)
		number = number * 10 + (*digits - '0');
	return *digits == '\0' && number <= FILES_MAX ? number : 0;
}

int
audit_files_last(const struct audit_files *files, int64_t *ret, struct why *why)
{
	int fd = openat(files->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int64_t last = 0;

	if (list == NULL) {
		auto_close(&fd);
		return why_errno(why, "list the directory of %s", files->name);
	}
	errno = 0;
	while ((entry = readdir(list)) != NULL) {
		int64_t number = files_number(files, entry->d_name);

		if (number > last)
			last = number;
	}
	if (errno != 0) {
		int r = why_errno(why, "list the directory of %s", files->name);

		(void)closedir(list);
		return r;
	}
	(void)closedir(list);
	*ret = last;
	return 0;
}

int
audit_head_load(
    const struct audit_files *files, struct audit_head *ret, struct why *why)
{
	AUTO_BUF struct buf text = {0};
	AUTO_JSON struct json *json = NULL;
	struct audit_head head = {0};
	char name[AUDIT_NAME_MAX];
	const char *hash;
	int r;

	audit_files_beside(files, "head", name);
	r = file_read(files->dir, name, HEAD_BYTES_MAX, &text, why);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = json_parse(buf_text(&text), text.length, &json, why);
	hash = r < 0 ? NULL : json_get_text(json, "hash");
	head.seq = r < 0 ? -1 : json_get_int(json, "seq", -1);
	head.size = r < 0 ? -1 : json_get_int(json, "size", -1);
	head.count = r < 0 ? -1 : json_get_int(json, "files", -1);
	if (hash == NULL || strlen(hash) != HASH_HEX_MAX - 1 || head.seq < 0 ||
	    head.size < 0 || head.count < 0 || head.count > FILES_MAX)
		return why_set(why, -EBADMSG, "%s is damaged", name);
	(void)memcpy(head.hash, hash, HASH_HEX_MAX);
	*ret = head;
	return 1;
}

int
audit_head_save(const struct audit_files *files, const struct audit_head *head,
    struct why *why)
{
	AUTO_JSON struct json *json = json_object_new();
	AUTO_BUF struct buf text = {0};
	char name[AUDIT_NAME_MAX];

	audit_files_beside(files, "head", name);
	json_set_int(json, "seq", head->seq);
	json_set_text(json, "hash", head->hash);
	json_set_int(json, "size", head->size);
	json_set_int(json, "files", head->count);
	json_write(&text, json, false);
	buf_add_char(&text, '\n');
	return file_replace(
	    files->dir, name, buf_text(&text), text.length, NULL, why);
}
