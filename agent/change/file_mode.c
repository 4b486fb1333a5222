/*
 * file_mode.c - verb "mode": owner, group and mode of a directory of the queue
 *
 * Purpose  one verb of kind "file"
 * Input    target: a directory below the mail system's own; before, after:
 *          "owner group mode", which an observer may have told: judged here
 * Errors   -EPERM: not such a directory, or rights that open it to others;
 *          -ESTALE: it is not as planned by now
 * Runs as  actor
 * Source   postfix-files, set-permissions of post-install(1)
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/change/change_store.h"
#include "agent/change/file_verb.h"
#include "agent/change/file_walk.h"

/* Groups of the system, not of people: SYS_GID_MAX of login.defs(5). */
#define GROUP_SYSTEM_MAX 999U
#define MODE_WORD_MAX    64 /* longest user name (32), and room */

struct file_rights {
	uid_t uid;
	gid_t gid;
	mode_t mode; /* 07777 */
};

/* "postfix root 0700", names or numbers */
static int
rights_parse(const char *text, struct file_rights *ret, struct why *why)
{
	char user[MODE_WORD_MAX], group[MODE_WORD_MAX];
	const struct passwd *passwd;
	const struct group *found;
	unsigned mode, uid, gid;
	char end;

	if (text == NULL ||
	    sscanf(text, "%63s %63s %o%c", user, group, &mode, &end) != 3 ||
	    mode > 07777)
		return why_set(why, -EINVAL,
		    "not an owner, a group and a mode: %s",
		    text != NULL ? text : "nothing");
	passwd = getpwnam(user);
	found = getgrnam(group);
	if (passwd == NULL && sscanf(user, "%u%c", &uid, &end) != 1)
		return why_set(why, -EPERM, "there is no user %s", user);
	if (found == NULL && sscanf(group, "%u%c", &gid, &end) != 1)
		return why_set(why, -EPERM, "there is no group %s", group);
	ret->uid = passwd != NULL ? passwd->pw_uid : (uid_t)uid;
	ret->gid = found != NULL ? found->gr_gid : (gid_t)gid;
	ret->mode = (mode_t)mode;
	return 0;
}

static int
rights_get(const char *target, int dir, const char *leaf,
    struct file_rights *ret, struct why *why)
{
	struct stat st;

	if (fstatat(dir, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return why_errno(why, "stat %s", target);
	if (!S_ISDIR(st.st_mode))
		return why_set(why, -EPERM, "%s is not a directory", target);
	*ret = (struct file_rights){
	    .uid = st.st_uid,
	    .gid = st.st_gid,
	    .mode = st.st_mode & 07777U,
	};
	return 0;
}

static bool
rights_equal(const struct file_rights *a, const struct file_rights *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode;
}

/* Whatever an observer tells, the queue is never opened to others. */
static int
rights_judge(const struct change *change, const struct mta *mta,
    const struct file_rights *after, struct why *why)
{
	if (!file_is_below(change->target, mta->queue_dir) &&
	    !file_is_below(change->target, mta->data_dir))
		return why_set(why, -EPERM,
		    "%s is not below a directory of the mail system",
		    change->target);
	if (after->uid != 0 && after->uid != geteuid() &&
	    (mta->owner == NULL || after->uid != mta->owner_uid))
		return why_set(why, -EPERM,
		    "%s would belong neither to root nor to the mail system",
		    change->target);
	if (after->gid > GROUP_SYSTEM_MAX && after->gid != getegid())
		return why_set(why, -EPERM,
		    "%s would belong to a group of people", change->target);
	if ((after->mode & (S_IWOTH | S_ISUID)) != 0)
		return why_set(why, -EPERM, "mode %04o would open %s to others",
		    (unsigned)after->mode, change->target);
	return 0;
}

/* Bits beyond these differ between packages; they are left as they are. */
#define MODE_LISTED 0777U

/* "leave the group as it is", as struct mta_path has it */
#define GROUP_ANY ((gid_t)-1)

/* The mail system's own list says what may be set, not an observer. */
static int
rights_listed(const struct change *change, struct change_host *host,
    const struct file_rights *now, const struct file_rights *after,
    struct why *why)
{
	const struct mta *mta = host->mta;
	const struct mta_path *paths = NULL;
	size_t count = 0;
	int r;

	if (mta->ops == NULL || mta->ops->queue_paths == NULL)
		return why_set(why, -EPERM,
		    "this mail system does not say who must own %s",
		    change->target);
	r = mta->ops->queue_paths(host->arena, mta, &paths, &count, why);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		gid_t gid = paths[i].gid == GROUP_ANY ? now->gid : paths[i].gid;

		if (strcmp(paths[i].path, change->target) == 0 &&
		    after->uid == paths[i].uid && after->gid == gid &&
		    (after->mode & MODE_LISTED) ==
		        (paths[i].mode & MODE_LISTED) &&
		    (after->mode & ~(now->mode | paths[i].mode) &
		        ~MODE_LISTED) == 0)
			return 0;
	}
	return why_set(why, -EPERM,
	    "the mail system's own list does not ask for %s on %s",
	    change->after, change->target);
}

static int
mode_check(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	struct file_rights before, now, after;
	int r = rights_parse(change->after, &after, why);

	if (r == 0)
		r = rights_judge(change, host->mta, &after, why);
	if (r == 0)
		r = rights_parse(change->before, &before, why);
	if (r == 0)
		r = rights_get(change->target, dir, leaf, &now, why);
	if (r < 0)
		return r;
	if (!rights_equal(&now, &before))
		return why_set(
		    why, -ESTALE, "%s has other rights by now", change->target);
	return rights_listed(change, host, &now, &after, why);
}

static int
mode_capture(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	struct file_rights now;
	char text[64];
	int r = rights_get(change->target, dir, leaf, &now, why);

	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "%u %u %04o", (unsigned)now.uid,
	    (unsigned)now.gid, (unsigned)now.mode);
	return change_store_put(host, "before", text, why);
}

static int
mode_set(const struct change *change, int dir, const char *leaf,
    const struct file_rights *rights, struct why *why)
{
	AUTO_CLOSE int fd =
	    openat(dir, leaf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return why_errno(why, "open %s", change->target);
	/* the owner first: a change of owner may clear bits of the mode */
	if (fchown(fd, rights->uid, rights->gid) < 0)
		return why_errno(why, "set the owner of %s", change->target);
	if (fchmod(fd, rights->mode) < 0)
		return why_errno(why, "set the mode of %s", change->target);
	if (fsync(fd) < 0)
		return why_errno(why, "sync %s", change->target);
	return 0;
}

static int
mode_perform(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	struct file_rights after;
	int r = rights_parse(change->after, &after, why);

	(void)host;
	if (r == 0)
		r = mode_set(change, dir, leaf, &after, why);
	return r;
}

static int
mode_before_get(
    struct change_host *host, struct file_rights *ret, struct why *why)
{
	const char *text;
	int r = change_store_get(host, "before", &text, why);

	if (r == 0)
		return why_set(why, -ENODATA, "no rights were kept");
	return r < 0 ? r : rights_parse(text, ret, why);
}

static bool
mode_is_between(const struct file_rights *now, const struct file_rights *before,
    const struct file_rights *after)
{
	return (now->uid == before->uid || now->uid == after->uid) &&
	       (now->gid == before->gid || now->gid == after->gid) &&
	       (now->mode == before->mode || now->mode == after->mode);
}

static int
mode_look(const struct change *change, struct change_host *host, int dir,
    const char *leaf, enum change_found *ret, struct why *why)
{
	struct file_rights before, now, after;
	int r = mode_before_get(host, &before, why);

	if (r == 0)
		r = rights_parse(change->after, &after, why);
	if (r == 0)
		r = rights_get(change->target, dir, leaf, &now, why);
	if (r < 0)
		return r;
	if (rights_equal(&now, &before))
		*ret = CHANGE_IS_BEFORE;
	else if (rights_equal(&now, &after))
		*ret = CHANGE_IS_AFTER;
	else if (mode_is_between(&now, &before, &after))
		*ret = CHANGE_IS_PARTIAL;
	else {
		*ret = CHANGE_IS_FOREIGN;
		(void)why_set(why, 0, "%s is uid %u, gid %u, mode %04o now",
		    change->target, (unsigned)now.uid, (unsigned)now.gid,
		    (unsigned)now.mode);
	}
	return 0;
}

static int
mode_undo(const struct change *change, struct change_host *host, int dir,
    const char *leaf, struct why *why)
{
	struct file_rights before;
	int r = mode_before_get(host, &before, why);

	if (r == 0)
		r = mode_set(change, dir, leaf, &before, why);
	return r;
}

const struct file_verb file_verb_mode = {
    .name = "mode",
    .check = mode_check,
    .capture = mode_capture,
    .perform = mode_perform,
    .look = mode_look,
    .undo = mode_undo,
};
