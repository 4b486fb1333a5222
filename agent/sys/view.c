/*
 * view.c - a folder seen read-only
 *
 * Purpose  let an observer read a folder and leave no trace in it
 * Input    the path of a folder that root owns
 * Errors   negative errno of the open; a mount that is refused is no error
 * Runs as  actor, as root; without root the plain folder
 * Source   open_tree(2), mount_setattr(2) (Linux 5.2, 5.12; a kernel without
 *          them answers ENOSYS); relatime in mount(8)
 */
#include "agent/sys/view.h"

#include <sys/syscall.h>

#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>

#include "agent/base/auto.h"

/* C libraries before glibc 2.36 have no names for these calls. */
static int
open_clone(const char *path)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, path,
	    (unsigned)(OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
	               AT_SYMLINK_NOFOLLOW));
}

static int
restrict_mount(int fd)
{
	struct mount_attr attr = {
	    .attr_clr = MOUNT_ATTR__ATIME,
	    .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME |
	                MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
	                MOUNT_ATTR_NOEXEC,
	};

	return (int)syscall(
	    SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

int
view_open(const char *path, int *ret_fd, struct why *why)
{
	AUTO_CLOSE int tree = open_clone(path);
	AUTO_CLOSE int fd = -1;

	/* What open_tree(2) gives is like O_PATH: open it for reading. */
	if (tree >= 0 && restrict_mount(tree) == 0)
		fd = openat(
		    tree, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fd =
		    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return why_errno(why, "open %s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
