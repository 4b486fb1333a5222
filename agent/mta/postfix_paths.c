/*
 * postfix_paths.c - who must own the directories of the queue
 *
 * Purpose  Postfix's own list of installed files says it
 * Input    postfix-files of the package: root's own
 * Errors   negative errno with the path, or the user that is not there
 * Runs as  the actor
 * Source   postfix-files, its comment at the top; post-install
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/mta/postfix.h"

#define POSTFIX_FILES_BYTES_MAX (1024U * 1024U)

/* As many as the table of facts may have rows. */
#define PATHS_MAX 64U

/* The group that stands for "leave it as it is". */
#define GROUP_ANY ((gid_t)-1)

enum { FIELD_PATH, FIELD_TYPE, FIELD_OWNER, FIELD_GROUP, FIELD_MODE, FIELDS };

struct files_names {
	const char *queue_dir, *mail_owner, *setgid_group;
};

static const char *
name_expand(const struct files_names *names, const char *field)
{
	if (strcmp(field, "$mail_owner") == 0)
		return names->mail_owner;
	if (strcmp(field, "$setgid_group") == 0)
		return names->setgid_group;
	return field;
}

static int
ids_find(struct mta_path *path, struct why *why)
{
	const struct passwd *user = getpwnam(path->owner);
	const struct group *group = NULL;

	if (user == NULL)
		return why_set(
		    why, -ENOENT, "there is no user %s", path->owner);
	path->uid = user->pw_uid;
	path->gid = GROUP_ANY;
	if (path->group == NULL)
		return 0;
	group = getgrnam(path->group);
	if (group == NULL)
		return why_set(
		    why, -ENOENT, "there is no group %s", path->group);
	path->gid = group->gr_gid;
	return 0;
}

/* Returns 1 with *ret set, 0 when the line is about something else. */
static int
line_parse(struct arena *arena, const struct files_names *names, char *line,
    struct mta_path *ret, struct why *why)
{
	static const char queue[] = "$queue_directory";
	char *fields[FIELDS];
	char *end;
	unsigned long mode;

	for (size_t i = 0; i < FIELDS; i++) {
		fields[i] = strsep(&line, ":");
		if (fields[i] == NULL)
			return 0;
	}
	if (strncmp(fields[FIELD_PATH], queue, sizeof(queue) - 1) != 0 ||
	    strcmp(fields[FIELD_TYPE], "d") != 0)
		return 0;
	mode = strtoul(fields[FIELD_MODE], &end, 8);
	if (end == fields[FIELD_MODE] || *end != '\0' || mode > 07777)
		return 0;
	*ret = (struct mta_path){
	    .path = arena_printf(arena, "%s%s", names->queue_dir,
	        fields[FIELD_PATH] + sizeof(queue) - 1),
	    .owner = arena_dup(arena, name_expand(names, fields[FIELD_OWNER])),
	    .mode = (mode_t)mode};
	if (strcmp(fields[FIELD_GROUP], "-") != 0)
		ret->group =
		    arena_dup(arena, name_expand(names, fields[FIELD_GROUP]));
	return ids_find(ret, why) < 0 ? -ENOENT : 1;
}

int
postfix_files_parse(struct arena *arena, const char *text,
    const char *queue_dir, const char *mail_owner, const char *setgid_group,
    const struct mta_path **ret, size_t *ret_count, struct why *why)
{
	struct files_names names = {queue_dir, mail_owner, setgid_group};
	struct mta_path *paths = arena_alloc(arena, PATHS_MAX, sizeof(*paths));
	AUTO_FREE char *copy = mem_dup(text);
	char *at = copy, *line;
	size_t count = 0;

	while ((line = strsep(&at, "\n")) != NULL && count < PATHS_MAX) {
		int code;

		if (line[0] != '$')
			continue;
		code = line_parse(arena, &names, line, &paths[count], why);
		if (code < 0)
			return code;
		count += (size_t)code;
	}
	*ret = paths;
	*ret_count = count;
	return 0;
}

int
postfix_queue_paths(struct arena *arena, const struct mta *mta,
    const struct mta_path **ret, size_t *ret_count, struct why *why)
{
	AUTO_BUF struct buf text = {0};
	int code;

	if (mta->meta_dir == NULL || mta->setgid_group == NULL)
		return why_set(why, -ENODATA, "the settings are not known");
	code = file_read(AT_FDCWD,
	    arena_printf(arena, "%s/postfix-files", mta->meta_dir),
	    POSTFIX_FILES_BYTES_MAX, &text, why);
	if (code < 0)
		return code;
	return postfix_files_parse(arena, buf_text(&text), mta->queue_dir,
	    mta->owner, mta->setgid_group, ret, ret_count, why);
}
