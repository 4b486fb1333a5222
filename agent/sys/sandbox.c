/*
 * sandbox.c - shut a process in: user, capabilities, descriptors, limits
 *
 * Purpose  give up everything that reading hostile bytes does not need
 * Input    none that is hostile: runs before any such byte was read
 * Errors   negative errno; the caller then ends without reading anything
 * Runs as  observer, from root or an ordinary user to a user without rights
 * Source   capabilities(7), prctl(2), setresuid(2), getrlimit(2), landlock(7);
 *          OpenSSH's sandbox-*.c and chrony's sys_linux.c for the order
 */
#include "agent/sys/sandbox.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/sys/landlock.h"

#define SANDBOX_USER       "_mailfix"
#define SANDBOX_SUBSTITUTE "nobody"
#define SANDBOX_NOBODY     65534 /* the kernel's overflowuid */

/*
 * Memory that is written to: a run may use 16 MiB; eight observers that take
 * all they can must not starve a small host.
 */
#define MEMORY_MAX (64UL * 1024 * 1024)

/*
 * Address space, read-only files and shared libraries included. A thread
 * reserves, for a moment, 128 MiB of it (glibc, HEAP_MAX_SIZE).
 */
#define SPACE_MAX        (256UL * 1024 * 1024)
#define SPACE_THREAD_MAX (1024UL * 1024 * 1024)

/*
 * Questions to the DNS have a socket each, 256 at a time; a census keeps one
 * directory open for each level. The rest is margin.
 */
#define FILES_MAX 320

void
sandbox_user_find(struct sandbox_user *ret)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *entry;

	*ret = (struct sandbox_user){.uid = SANDBOX_NOBODY,
	    .gid = SANDBOX_NOBODY,
	    .is_substitute = true};
	while (file != NULL && ret->is_substitute &&
	       (entry = fgetpwent(file)) != NULL) {
		bool is_ours = strcmp(entry->pw_name, SANDBOX_USER) == 0;

		/* a user that is root would be no sandbox */
		if (entry->pw_uid == 0 || entry->pw_gid == 0 ||
		    (!is_ours && strcmp(entry->pw_name, SANDBOX_SUBSTITUTE)))
			continue;
		ret->uid = entry->pw_uid;
		ret->gid = entry->pw_gid;
		ret->is_substitute = !is_ours;
	}
	if (file != NULL)
		(void)fclose(file);
}

/* The parent's handlers and mask are not ours. */
static void
signals_reset(void)
{
	sigset_t none;

	for (int number = 1; number < __SIGRTMIN; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
close_between(int first, int last)
{
	if (first > last)
		return;
	if (close_range((unsigned)first, (unsigned)last, 0) == 0)
		return;
	/* before Linux 5.9 */
	if (last > (int)sysconf(_SC_OPEN_MAX))
		last = (int)sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd <= last; fd++)
		(void)close(fd);
}

static int
compare_fds(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Keep these and nothing else; the first three lead nowhere. */
static int
descriptors_drop(int *fds, size_t count, struct why *why)
{
	int kept[32], next = STDERR_FILENO + 1, null;
	size_t kept_count = 0;

	for (size_t i = 0; i < count && kept_count < ARRAY_COUNT(kept); i++) {
		if (fds[i] < 0)
			continue;
		if (fds[i] <= STDERR_FILENO)
			fds[i] =
			    fcntl(fds[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (fds[i] < 0)
			return why_errno(why, "move a descriptor");
		kept[kept_count++] = fds[i];
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return why_errno(why, "open /dev/null");
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			return why_errno(why, "redirect to /dev/null");
	qsort(kept, kept_count, sizeof(kept[0]), compare_fds);
	for (size_t i = 0; i < kept_count; i++) {
		close_between(next, kept[i] - 1);
		next = kept[i] + 1;
	}
	close_between(next, INT_MAX);
	return 0;
}

static int
limit(__rlimit_resource_t resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) < 0)
		return -1;
	if (most > now.rlim_max)
		most = now.rlim_max;
	now = (struct rlimit){.rlim_cur = most, .rlim_max = most};
	return setrlimit(resource, &now);
}

static int
limits_set(const struct sandbox *sandbox, struct why *why)
{
	bool has_threads = (sandbox->needs & SANDBOX_THREADS) != 0;
	int r = 0;

	r |= limit(RLIMIT_FSIZE, 0);
	r |= limit(RLIMIT_CORE, 0);
	r |= limit(RLIMIT_NOFILE, FILES_MAX);
	r |= limit(RLIMIT_CPU, sandbox->cpu_s);
	/* with threads seccomp alone tells them from processes */
	if (!has_threads)
		r |= limit(RLIMIT_NPROC, 0);
#ifndef __SANITIZE_ADDRESS__ /* whose shadow takes terabytes of both */
	r |= limit(RLIMIT_DATA, MEMORY_MAX);
	r |= limit(RLIMIT_AS, has_threads ? SPACE_THREAD_MAX : SPACE_MAX);
#endif
	return r != 0 ? why_errno(why, "set limits") : 0;
}

static int
user_become(const struct sandbox_user *user, struct why *why)
{
	if (setgroups(0, NULL) < 0)
		return why_errno(why, "drop groups");
	/* to keep one capability for a moment; cleared below */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return why_errno(why, "keep capabilities");
	if (setresgid(user->gid, user->gid, user->gid) < 0)
		return why_errno(why, "become group %u", user->gid);
	if (setresuid(user->uid, user->uid, user->uid) < 0)
		return why_errno(why, "become user %u", user->uid);
	return 0;
}

/*
 * What Landlock would do, as far as chroot(2) can: whoever has
 * CAP_DAC_READ_SEARCH could else read every file of the host. Without the
 * capability for it (a unit, a container) there is nothing in its place.
 */
static int
root_narrow(const struct sandbox *sandbox, const int *fds, size_t fd_count,
    struct why *why)
{
	if ((sandbox->needs & SANDBOX_BELOW) == 0 || sandbox->user == NULL ||
	    fd_count == 0 || fds[0] < 0 || landlock_abi() > 0)
		return 0;
	if (fchdir(fds[0]) < 0)
		return why_errno(why, "go to the folder that is read");
	if (chroot(".") < 0)
		return errno == EPERM ? 0 : why_errno(why, "change the root");
	return chdir("/") < 0 ? why_errno(why, "go to the new root") : 0;
}

/* The bounding set first: it needs a capability that goes next. */
static void
bounding_drop(void)
{
	for (unsigned cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		/* may fail without CAP_SETPCAP; no_new_privs does as much */
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static int
capabilities_drop(unsigned needs, struct why *why)
{
	struct __user_cap_header_struct header = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	uint32_t keep = 0;

	if ((needs & SANDBOX_READ_ALL) != 0)
		keep |= 1U << CAP_DAC_READ_SEARCH;
	if ((needs & SANDBOX_NET_ADMIN) != 0)
		keep |= 1U << CAP_NET_ADMIN;
	if (syscall(SYS_capget, &header, data) < 0)
		return why_errno(why, "read capabilities");
	keep &= data[0].permitted;
	(void)memset(data, 0, sizeof(data));
	data[0].effective = data[0].permitted = keep;
	if (syscall(SYS_capset, &header, data) < 0)
		return why_errno(why, "drop capabilities");
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	(void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	return 0;
}

static int
process_close(const struct sandbox *sandbox, struct why *why)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return why_errno(why, "no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return why_errno(why, "set not dumpable");
	/* after the change of user, which clears it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return why_errno(why, "set parent death signal");
	if (getppid() != sandbox->parent)
		return why_set(why, -ESRCH, "the parent has ended");
	return 0;
}

int
sandbox_drop(
    const struct sandbox *sandbox, int *fds, size_t fd_count, struct why *why)
{
	int r;

	signals_reset();
	r = descriptors_drop(fds, fd_count, why);
	if (r == 0)
		r = limits_set(sandbox, why);
	if (r == 0)
		r = root_narrow(sandbox, fds, fd_count, why);
	if (r < 0)
		return r;
	bounding_drop();
	if (sandbox->user != NULL)
		r = user_become(sandbox->user, why);
	if (r == 0)
		r = capabilities_drop(sandbox->needs, why);
	if (r == 0)
		r = process_close(sandbox, why);
	if (r < 0)
		return r;
	if (sandbox->user != NULL && (setuid(0) == 0 || setgid(0) == 0))
		return why_set(why, -EPERM, "could become root again");
	return 0;
}

/* Read-only below its roots, nothing elsewhere, no TCP, no signals. */
static int
files_seal(unsigned needs, const char *const *roots, struct why *why)
{
	AUTO_CLOSE int ruleset = landlock_begin(LANDLOCK_FS_ALL,
	    (needs & SANDBOX_INET) != 0 ? 0 : LANDLOCK_NET_ALL,
	    LANDLOCK_SCOPED_ALL, why);
	int r = ruleset < 0 ? ruleset : 0;

	for (; r == 0 && roots != NULL && *roots != NULL; roots++)
		r = landlock_allow(ruleset, *roots,
		    LANDLOCK_READ_FILE | LANDLOCK_READ_DIR, why);
	return r < 0 ? r : landlock_restrict(ruleset, why);
}

int
sandbox_seal(
    const struct sandbox *sandbox, const char *const *roots, struct why *why)
{
	int r = 0;

	if (landlock_abi() > 0)
		r = files_seal(sandbox->needs, roots, why);
	if (r == 0 && sandbox->filter != NULL)
		r = sandbox_filter_enter(sandbox->filter, why);
	return r;
}
