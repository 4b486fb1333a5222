/*
 * audit_walk.c - the records in order, for history and undo
 *
 * Purpose  read the log without judging it; audit_verify judges
 * Input    the files of the log: hostile
 * Errors   negative errno when a file cannot be read; a line that is no record
 *          is skipped and counted
 * Runs as  actor, or any user who may read the log
 * Source   -
 */
#include <errno.h>

#include "agent/audit/audit.h"
#include "agent/audit/audit_files.h"
#include "agent/audit/audit_reader.h"
#include "agent/base/auto.h"
#include "agent/base/file.h"

struct walk {
	struct audit_files files;
	bool (*visit)(void *user, const struct json *record);
	void *user;
	size_t bad;
	bool is_over;
};

static int
walk_file(struct walk *walk, int64_t number, struct why *why)
{
	AUTO_READER struct audit_reader reader = {0};
	AUTO_CLOSE int fd = -1;
	char name[AUDIT_NAME_MAX];
	const char *text;
	size_t length;
	int r;

	audit_files_name(&walk->files, number, name);
	r = file_open(walk->files.dir, name, &fd, why);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	audit_reader_init(&reader, fd, 0);
	while (!walk->is_over &&
	       (r = audit_reader_next(&reader, &text, &length, why)) > 0) {
		AUTO_JSON struct json *record = NULL;

		if (reader.is_too_long ||
		    json_parse(text, length, &record, NULL) < 0)
			walk->bad++;
		else
			walk->is_over = !walk->visit(walk->user, record);
	}
	return r < 0 ? r : 0;
}

int
audit_walk(const char *path,
    bool (*visit)(void *user, const struct json *record), void *user,
    size_t *ret_bad, struct why *why)
{
	struct walk walk = {.files = {.dir = -1}, .visit = visit, .user = user};
	int64_t last = 0;
	int r = audit_files_open(path, &walk.files, why);

	if (r == 0)
		r = audit_files_last(&walk.files, &last, why);
	for (int64_t i = 1; r == 0 && !walk.is_over && i <= last; i++)
		r = walk_file(&walk, i, why);
	if (r == 0 && !walk.is_over)
		r = walk_file(&walk, 0, why);
	audit_files_done(&walk.files);
	if (r == 0)
		*ret_bad = walk.bad;
	return r;
}
