/*
 * sandbox.h - shut a process in, so that what it reads can do no harm
 *
 * The parent prepares once (sandbox_user_find, sandbox_filter_build); the
 * child calls sandbox_drop, connects to what it needs while it has not yet
 * read a hostile byte, and calls sandbox_seal. From then on it can read below
 * its roots and from the descriptors that it was given, and nothing else; any
 * system call that is not on the list kills it.
 */
#ifndef MAILFIX_SYS_SANDBOX_H
#define MAILFIX_SYS_SANDBOX_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/why.h"

/* What the sandboxed process keeps. */
enum {
	SANDBOX_READ_ALL = 1 << 0, /* CAP_DAC_READ_SEARCH */
	SANDBOX_UNIX = 1 << 1,     /* messages over an AF_UNIX socket it has */
	SANDBOX_INET = 1 << 2,     /* AF_INET and AF_INET6 sockets */
	SANDBOX_NETLINK = 1 << 3,  /* messages over a netlink socket it has */
	SANDBOX_THREADS = 1 << 4,
	/* fds[0] is a folder, and nothing is read but below it: where there is
	 * no Landlock it becomes the root */
	SANDBOX_BELOW = 1 << 5,
	/* opens nothing after the seal; set where there is no Landlock */
	SANDBOX_NO_OPEN = 1 << 6,
	SANDBOX_NET_ADMIN = 1 << 7, /* keeps CAP_NET_ADMIN */
};

struct sandbox_user {
	uid_t uid;
	gid_t gid;
	bool is_substitute; /* there is no _mailfix here, it is nobody */
};

/* The filter program of seccomp(2): struct sock_filter[count], heap. */
struct sandbox_filter {
	void *code;
	unsigned short count;
};

struct sandbox {
	unsigned needs;                      /* SANDBOX_... */
	pid_t parent;                        /* dies with it */
	unsigned cpu_s;                      /* may use that much CPU */
	const struct sandbox_user *user;     /* NULL: stay who we are */
	const struct sandbox_filter *filter; /* NULL: the kernel has none */
};

/*
 * sandbox_user_find - the user for observers: _mailfix, or nobody
 * Reads /etc/passwd itself: a name service would load code and ask the net.
 */
void sandbox_user_find(struct sandbox_user *ret);

/* What the running kernel, or the container around us, lets us use. */
bool sandbox_has_seccomp(void);

/* sandbox_filter_build - allow what these needs ask for, kill for all else */
int sandbox_filter_build(
    unsigned needs, struct sandbox_filter *ret, struct why *why);
void sandbox_filter_done(struct sandbox_filter *filter);

/*
 * sandbox_drop - become the user, close what is not in fds, set limits
 *
 * fds  to keep; -1 is skipped; one below 3 is moved, and its number changed
 *
 * stdin, stdout and stderr become /dev/null, signals do what they do by
 * default. Call it at once after the fork. Returns 0, or a negative errno:
 * then the caller must end without having read anything.
 */
int sandbox_drop(
    const struct sandbox *sandbox, int *fds, size_t fd_count, struct why *why);

/*
 * sandbox_seal - Landlock below the roots, then seccomp
 *
 * roots  directories and files that may be read; NULL-terminated, or NULL:
 *        none. One that is not there or may not be reached is left out.
 * Returns 0, or a negative errno: as sandbox_drop.
 */
int sandbox_seal(
    const struct sandbox *sandbox, const char *const *roots, struct why *why);

/* The second part of sandbox_seal, in sandbox_seccomp.c. */
int sandbox_filter_enter(const struct sandbox_filter *filter, struct why *why);

#endif
