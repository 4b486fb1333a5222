/*
 * sandbox_seccomp.c - the system calls that a sandboxed process may make
 *
 * Purpose  the allow-list, by topic; all else kills the process
 * Input    none: data
 * Errors   negative errno
 * Runs as  built in the actor (once for each set of needs, so that a child only
 *          loads it), entered in the observer
 * Source   seccomp(2), libseccomp; the idea of arrays by topic from chrony's
 *          sys_linux.c; glibc 2.36 for what its functions call
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "agent/sys/sandbox.h"

/* The kernel's BPF_MAXINSNS. */
#define FILTER_CODE_MAX 4096

static const int memory_calls[] = {
    SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap)};

static const int file_calls[] = {SCMP_SYS(access), SCMP_SYS(close),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(fadvise64),
    SCMP_SYS(fstat), SCMP_SYS(fstatfs), SCMP_SYS(getcwd), SCMP_SYS(getdents64),
    SCMP_SYS(lseek), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(pread64),
    SCMP_SYS(read), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(readv),
    SCMP_SYS(stat), SCMP_SYS(statfs), SCMP_SYS(statx)};

/* write: to sockets and to /dev/null, no other descriptor can be written to */
static const int wire_calls[] = {SCMP_SYS(sendto), SCMP_SYS(write)};

static const int time_calls[] = {SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime),
    SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep), SCMP_SYS(time)};

static const int wait_calls[] = {SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_wait), SCMP_SYS(poll),
    SCMP_SYS(ppoll), SCMP_SYS(pselect6), SCMP_SYS(restart_syscall),
    SCMP_SYS(select)};

/* sysinfo: qsort(3) asks for the memory of the host */
static const int process_calls[] = {SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(futex), SCMP_SYS(getegid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
    SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getrandom),
    SCMP_SYS(getrlimit), SCMP_SYS(gettid), SCMP_SYS(getuid),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(sigaltstack),
    SCMP_SYS(sysinfo), SCMP_SYS(uname)};

static const int message_calls[] = {SCMP_SYS(getpeername),
    SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(shutdown)};

static const int inet_calls[] = {SCMP_SYS(bind), SCMP_SYS(connect),
    SCMP_SYS(recvmmsg), SCMP_SYS(sendmmsg), SCMP_SYS(setsockopt)};

static const int thread_calls[] = {SCMP_SYS(eventfd2), SCMP_SYS(pipe2),
    SCMP_SYS(rseq), SCMP_SYS(set_robust_list)};

struct topic {
	unsigned needs; /* any of them; 0: always */
	const int *calls;
	size_t count;
};

#define TOPIC(n, list)                                                         \
	{                                                                      \
		.needs = (n), .calls = (list), .count = ARRAY_COUNT(list)      \
	}

static const struct topic topics[] = {
    TOPIC(0, memory_calls),
    TOPIC(0, file_calls),
    TOPIC(0, wire_calls),
    TOPIC(0, time_calls),
    TOPIC(0, wait_calls),
    TOPIC(0, process_calls),
    TOPIC(SANDBOX_UNIX | SANDBOX_INET | SANDBOX_NETLINK, message_calls),
    TOPIC(SANDBOX_INET, inet_calls),
    TOPIC(SANDBOX_THREADS, thread_calls),
};

/* Calls allowed only when (argument & mask) == value. */
struct narrow {
	int call;
	unsigned needs; /* 0: always */
	unsigned argument;
	scmp_datum_t mask, value;
};

#define NARROW(c, n, a, m, v)                                                  \
	{                                                                      \
		.call = SCMP_SYS(c), .needs = (n), .argument = (a),            \
		.mask = (m), .value = (v)                                      \
	}
#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC)
#define WHOLE   UINT32_MAX

static const struct narrow narrows[] = {
    NARROW(open, 0, 1, WRITING, O_RDONLY),
    NARROW(openat, 0, 2, WRITING, O_RDONLY),
    NARROW(mmap, 0, 2, PROT_EXEC, 0),
    NARROW(mprotect, 0, 2, PROT_EXEC, 0),
    /* reading a limit, not setting one */
    NARROW(prlimit64, 0, 2, UINT64_MAX, 0),
    NARROW(fcntl, 0, 1, WHOLE, F_GETFD),
    NARROW(fcntl, 0, 1, WHOLE, F_SETFD),
    NARROW(fcntl, 0, 1, WHOLE, F_GETFL),
    NARROW(fcntl, 0, 1, WHOLE, F_SETFL),
    NARROW(fcntl, 0, 1, WHOLE, F_DUPFD),
    NARROW(fcntl, 0, 1, WHOLE, F_DUPFD_CLOEXEC),
    NARROW(socket, SANDBOX_INET, 0, WHOLE, AF_INET),
    NARROW(socket, SANDBOX_INET, 0, WHOLE, AF_INET6),
    NARROW(clone, SANDBOX_THREADS, 0, CLONE_THREAD, CLONE_THREAD),
};

/*
 * Calls that fail instead: stdio asks whether its file is a terminal, and
 * glibc tries clone3, whose flags no filter can see, before clone.
 */
struct failing {
	int call;
	unsigned needs;
	uint16_t error;
};

#define FAILING(c, n, e)                                                       \
	{                                                                      \
		.call = SCMP_SYS(c), .needs = (n), .error = (e)                \
	}

/* Instead of the narrow rules for them, where nothing may be opened. */
static const int opening[] = {SCMP_SYS(open), SCMP_SYS(openat)};

static const struct failing failings[] = {
    FAILING(ioctl, 0, ENOTTY),
    FAILING(prctl, 0, EINVAL),
    FAILING(clone3, SANDBOX_THREADS, ENOSYS),
};

static bool
is_needed(unsigned wanted, unsigned needs)
{
	return wanted == 0 || (wanted & needs) != 0;
}

static bool
is_opening(int call)
{
	for (size_t i = 0; i < ARRAY_COUNT(opening); i++)
		if (opening[i] == call)
			return true;
	return false;
}

static int
topics_add(scmp_filter_ctx filter, unsigned needs)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_COUNT(topics); i++)
		for (size_t j = 0; j < topics[i].count && r == 0; j++)
			if (is_needed(topics[i].needs, needs))
				r = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
				    topics[i].calls[j], 0);
	return r;
}

static int
narrows_add(scmp_filter_ctx filter, unsigned needs)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_COUNT(narrows) && r == 0; i++) {
		const struct narrow *row = &narrows[i];

		if ((needs & SANDBOX_NO_OPEN) != 0 && is_opening(row->call))
			r = seccomp_rule_add(
			    filter, SCMP_ACT_ERRNO(EACCES), row->call, 0);
		else if (is_needed(row->needs, needs))
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, row->call,
			    1,
			    SCMP_CMP64(row->argument, SCMP_CMP_MASKED_EQ,
			        row->mask, row->value));
	}
	return r;
}

static int
failings_add(scmp_filter_ctx filter, unsigned needs)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_COUNT(failings) && r == 0; i++)
		if (is_needed(failings[i].needs, needs))
			r = seccomp_rule_add(filter,
			    SCMP_ACT_ERRNO(failings[i].error), failings[i].call,
			    0);
	return r;
}

/* libseccomp 2.5 gives its program away through a descriptor only. */
static int
filter_export(scmp_filter_ctx filter, struct sandbox_filter *ret)
{
	AUTO_CLOSE int fd = memfd_create("filter", MFD_CLOEXEC);
	AUTO_FREE struct sock_filter *code = NULL;
	ssize_t n;
	int r;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(filter, fd);
	if (r < 0)
		return r;
	code = mem_alloc(FILTER_CODE_MAX, sizeof(*code));
	n = pread(fd, code, FILTER_CODE_MAX * sizeof(*code), 0);
	if (n <= 0 || (size_t)n % sizeof(*code) != 0)
		return -EIO;
	ret->count = (unsigned short)((size_t)n / sizeof(*code));
	ret->code = TAKE(code);
	return 0;
}

int
sandbox_filter_build(
    unsigned needs, struct sandbox_filter *ret, struct why *why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (filter == NULL)
		return why_set(why, -ENOMEM, "seccomp");
	/* a tree, not a list: the census makes many calls */
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	r = seccomp_attr_set(
	    filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = topics_add(filter, needs);
	if (r == 0)
		r = narrows_add(filter, needs);
	if (r == 0)
		r = failings_add(filter, needs);
	if (r == 0)
		r = filter_export(filter, ret);
	seccomp_release(filter);
	return r < 0 ? why_set(why, r, "build the system call filter") : 0;
}

void
sandbox_filter_done(struct sandbox_filter *filter)
{
	free(filter->code);
	*filter = (struct sandbox_filter){0};
}

bool
sandbox_has_seccomp(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int
sandbox_filter_enter(const struct sandbox_filter *filter, struct why *why)
{
	struct sock_fprog program = {
	    .len = filter->count, .filter = filter->code};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return why_errno(why, "enter the system call filter");
	return 0;
}
