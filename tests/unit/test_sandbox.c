/*
 * test_sandbox.c - what a process in the sandbox can and cannot do
 *
 * Purpose  each wall of the sandbox is tried from inside
 * Input    a directory of its own below /tmp
 * Errors   a failed assertion
 * Runs as  root and then once more as nobody; or as any user, once
 * Source   sandbox.h
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/sys/landlock.h"
#include "agent/sys/sandbox.h"
#include "tests/unit/unit.h"

static char place[64];
static char file_path[96], outside_path[96];

static int
setup(void **state)
{
	int fd;

	(void)state;
	(void)snprintf(place, sizeof(place), "/tmp/test-sandbox-XXXXXX");
	if (mkdtemp(place) == NULL)
		return -1;
	(void)snprintf(file_path, sizeof(file_path), "%s/in/file", place);
	(void)snprintf(outside_path, sizeof(outside_path), "%s/out", place);
	(void)snprintf(file_path, sizeof(file_path), "%s/in", place);
	if (mkdir(file_path, 0700) < 0)
		return -1;
	(void)snprintf(file_path, sizeof(file_path), "%s/in/file", place);
	fd = open(file_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	(void)close(fd);
	fd = open(outside_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	(void)close(fd);
	return fd < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	char command[96];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", place);
	return system(command) == 0 ? 0 : -1;
}

/* Results of act() that are not an errno. */
#define FAILED_TO_ENTER 200

/* Runs act in a sandbox; its result, or 1000 + the signal that ended it. */
static int
inside(unsigned needs, const char *const *roots, int (*act)(void))
{
	struct sandbox_filter filter = {0};
	struct sandbox_user user;
	struct sandbox sandbox = {
	    .needs = needs, .cpu_s = 5, .parent = getpid()};
	int status = 0;
	pid_t pid;

	sandbox_user_find(&user);
	if (geteuid() == 0)
		sandbox.user = &user;
	if (sandbox_has_seccomp()) {
		assert_int_equal(sandbox_filter_build(needs, &filter, NULL), 0);
		sandbox.filter = &filter;
	}
	pid = fork();
	if (pid == 0) {
		if (sandbox_drop(&sandbox, NULL, 0, NULL) < 0 ||
		    sandbox_seal(&sandbox, roots, NULL) < 0)
			_exit(FAILED_TO_ENTER);
		_exit(act());
	}
	sandbox_filter_done(&filter);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status)
	                           : WEXITSTATUS(status);
}

static int
open_result(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? errno : 0;
}

static int
act_open_inside(void)
{
	return open_result(file_path);
}

static int
act_open_outside(void)
{
	return open_result(outside_path);
}

static int
act_open_passwd(void)
{
	return open_result("/etc/passwd");
}

static int
act_list(void)
{
	char path[80];
	DIR *dir;
	int count = 0;

	(void)snprintf(path, sizeof(path), "%s/in", place);
	dir = opendir(path);
	if (dir == NULL)
		return errno;
	while (readdir(dir) != NULL)
		count++;
	return count == 3 ? 0 : 99;
}

static void
test_roots(void **state)
{
	char in[80];
	const char *const below[] = {in, "/does/not/exist", NULL};
	const char *const one[] = {file_path, NULL};
	const char *const passwd[] = {"/etc/passwd", NULL};
	unsigned all = SANDBOX_READ_ALL;
	bool is_root = geteuid() == 0;

	(void)state;
	(void)snprintf(in, sizeof(in), "%s/in", place);
	if (landlock_abi() == 0)
		skip();
	assert_int_equal(inside(all, NULL, act_open_passwd), EACCES);
	assert_int_equal(inside(0, NULL, act_open_passwd), EACCES);
	assert_int_equal(inside(0, passwd, act_open_passwd), 0);
	assert_int_equal(inside(0, passwd, act_open_outside), EACCES);
	/* closed to all but its owner, and to whom reads all, below a root */
	assert_int_equal(inside(all, below, act_open_inside), 0);
	assert_int_equal(inside(all, below, act_list), 0);
	assert_int_equal(inside(all, one, act_open_inside), 0);
	assert_int_equal(inside(all, one, act_list), EACCES);
	assert_int_equal(inside(all, below, act_open_outside), EACCES);
	assert_int_equal(inside(all, NULL, act_open_inside), EACCES);
	assert_int_equal(
	    inside(0, below, act_open_inside), is_root ? EACCES : 0);
}

static int
act_identity(void)
{
	struct rlimit limit = {0};

	if (getuid() == 0 || geteuid() == 0 || getgid() == 0)
		return 1;
	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_max != 0)
		return 2;
	if (getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_max != 0)
		return 3;
	if (getrlimit(RLIMIT_NPROC, &limit) < 0 || limit.rlim_max != 0)
		return 4;
	if (getrlimit(RLIMIT_CPU, &limit) < 0 || limit.rlim_max != 5)
		return 5;
#ifndef __SANITIZE_ADDRESS__
	if (getrlimit(RLIMIT_DATA, &limit) < 0 || limit.rlim_max > 64U << 20)
		return 6;
#endif
	return 0;
}

static void
test_identity(void **state)
{
	(void)state;
	assert_int_equal(inside(0, NULL, act_identity), 0);
}

static void *
thread_main(void *argument)
{
	*(int *)argument = 7;
	return NULL;
}

static int
act_thread(void)
{
	pthread_t thread;
	int value = 0;

	if (pthread_create(&thread, NULL, thread_main, &value) != 0)
		return 1;
	(void)pthread_join(thread, NULL);
	return value == 7 ? 0 : 2;
}

static int
act_inet(void)
{
	return socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
}

static int
act_unix(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
}

static int
act_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
}

static void
test_needs(void **state)
{
	(void)state;
	if (!sandbox_has_seccomp())
		skip();
	assert_int_equal(inside(SANDBOX_THREADS, NULL, act_thread), 0);
	assert_int_equal(inside(0, NULL, act_thread), 1000 + SIGSYS);
	assert_int_equal(inside(SANDBOX_INET, NULL, act_inet), 0);
	assert_int_equal(inside(0, NULL, act_inet), 1000 + SIGSYS);
	assert_int_equal(inside(SANDBOX_INET, NULL, act_unix), 1000 + SIGSYS);
	assert_int_equal(inside(SANDBOX_UNIX, NULL, act_unix), 1000 + SIGSYS);
	assert_int_equal(inside(SANDBOX_INET, NULL, act_packet), 1000 + SIGSYS);
}

/* Never, whatever a probe needs. With these arguments all would fail anyway. */
static const struct {
	const char *name;
	long number;
} forbidden[] = {
    {"execve",            SYS_execve           },
    {"execveat",          SYS_execveat         },
    {"clone",             SYS_clone            },
    {"ptrace",            SYS_ptrace           },
    {"process_vm_readv",  SYS_process_vm_readv },
    {"kill",              SYS_kill             },
    {"tgkill",            SYS_tgkill           },
    {"pidfd_open",        SYS_pidfd_open       },
    {"setuid",            SYS_setuid           },
    {"setresuid",         SYS_setresuid        },
    {"capset",            SYS_capset           },
    {"unshare",           SYS_unshare          },
    {"setns",             SYS_setns            },
    {"mount",             SYS_mount            },
    {"chroot",            SYS_chroot           },
    {"pivot_root",        SYS_pivot_root       },
    {"init_module",       SYS_init_module      },
    {"bpf",               SYS_bpf              },
    {"perf_event_open",   SYS_perf_event_open  },
    {"io_uring_setup",    SYS_io_uring_setup   },
    {"userfaultfd",       SYS_userfaultfd      },
    {"keyctl",            SYS_keyctl           },
 /* CAP_DAC_READ_SEARCH would open any file by this one */
    {"open_by_handle_at", SYS_open_by_handle_at},
    {"openat2",           SYS_openat2          },
    {"memfd_create",      SYS_memfd_create     },
    {"renameat2",         SYS_renameat2        },
    {"unlinkat",          SYS_unlinkat         },
    {"mkdirat",           SYS_mkdirat          },
    {"symlinkat",         SYS_symlinkat        },
    {"linkat",            SYS_linkat           },
    {"fchmodat",          SYS_fchmodat         },
    {"fchownat",          SYS_fchownat         },
    {"ftruncate",         SYS_ftruncate        },
    {"setxattr",          SYS_setxattr         },
    {"socketpair",        SYS_socketpair       },
    {"listen",            SYS_listen           },
    {"accept4",           SYS_accept4          },
    {"setpriority",       SYS_setpriority      },
    {"reboot",            SYS_reboot           },
    {"settimeofday",      SYS_settimeofday     },
};

static long number_to_call;

static int
act_call(void)
{
	(void)syscall(number_to_call, -1L, -1L, -1L, -1L, -1L, -1L);
	return 0;
}

static void
test_forbidden(void **state)
{
	unsigned all =
	    SANDBOX_READ_ALL | SANDBOX_UNIX | SANDBOX_INET | SANDBOX_NETLINK;

	(void)state;
	if (!sandbox_has_seccomp())
		skip();
	for (size_t i = 0; i < ARRAY_COUNT(forbidden); i++) {
		number_to_call = forbidden[i].number;
		if (inside(all, NULL, act_call) != 1000 + SIGSYS)
			fail_msg("%s is not forbidden", forbidden[i].name);
	}
}

/* What must work without any need: or honest probes die. */
static int
act_ordinary(void)
{
	int numbers[2000];
	char *text = malloc(1 << 20);
	FILE *file = fopen("/dev/null", "re");
	struct timespec now;

	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
		numbers[i] = (int)(i * 7919 % ARRAY_COUNT(numbers));
	(void)printf("to a terminal? %d\n", isatty(1));
	(void)fflush(stdout);
	text = realloc(text, 4 << 20);
	if (text == NULL || numbers[1] != 1919)
		return 1;
	free(text);
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	(void)nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
	if (file != NULL)
		(void)fclose(file);
	return 0;
}

static void
test_ordinary(void **state)
{
	const char *const null[] = {"/dev/null", NULL};

	(void)state;
	assert_int_equal(inside(0, NULL, act_ordinary), 0);
	assert_int_equal(inside(0, null, act_ordinary), 0);
}

static void
test_descriptors(void **state)
{
	int kept[] = {-1, dup(0), 0, dup(0)};
	struct sandbox sandbox = {.cpu_s = 5, .parent = getpid()};
	int status = 0, other = dup(0);
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		bool is_good;

		if (sandbox_drop(&sandbox, kept, ARRAY_COUNT(kept), NULL) < 0)
			_exit(1);
		is_good = kept[0] == -1 && kept[2] > 2 &&
		          fcntl(kept[1], F_GETFD) >= 0 &&
		          fcntl(kept[2], F_GETFD) >= 0 &&
		          fcntl(kept[3], F_GETFD) >= 0 &&
		          fcntl(other, F_GETFD) < 0 && fcntl(2, F_GETFD) >= 0;
		_exit(is_good ? 0 : 2);
	}
	(void)close(kept[1]);
	(void)close(kept[3]);
	(void)close(other);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Between fork and PR_SET_PDEATHSIG the parent may have died. */
static void
test_orphan(void **state)
{
	struct sandbox sandbox = {.cpu_s = 5, .parent = getpid() + 1};
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(sandbox_drop(&sandbox, NULL, 0, NULL) == -ESRCH ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_user(void **state)
{
	struct sandbox_user user = {0};

	(void)state;
	sandbox_user_find(&user);
	assert_int_not_equal(user.uid, 0);
	assert_int_not_equal(user.gid, 0);
}

/* As on RHEL 9, whose kernel has seccomp and no Landlock. */
static void
landlock_hide(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
	        SYS_landlock_create_ruleset, 0) < 0 ||
	    seccomp_load(filter) < 0)
		_exit(FAILED_TO_ENTER);
	seccomp_release(filter);
}

static int
open_below(int folder, const char *path)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? errno : 0;
}

static int
act_below(void)
{
	struct sandbox_user user;
	struct sandbox sandbox = {.needs = SANDBOX_READ_ALL | SANDBOX_BELOW,
	    .cpu_s = 5,
	    .parent = getppid(),
	    .user = &user};
	char in[80];
	int fds[1];

	landlock_hide();
	if (landlock_abi() != 0)
		return FAILED_TO_ENTER;
	sandbox_user_find(&user);
	(void)snprintf(in, sizeof(in), "%s/in", place);
	fds[0] = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sandbox_drop(&sandbox, fds, 1, NULL) < 0 ||
	    sandbox_seal(&sandbox, NULL, NULL) < 0)
		return FAILED_TO_ENTER;
	if (open_below(fds[0], "file") != 0)
		return 1;
	if (open_below(fds[0], "../out") != ENOENT)
		return 2;
	return open_result("/etc/passwd") == ENOENT ? 0 : 3;
}

static void
test_below(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	if (!sandbox_has_seccomp())
		skip();
	pid = fork();
	if (pid == 0)
		_exit(act_below());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_no_open(void **state)
{
	const char *const passwd[] = {"/etc/passwd", NULL};

	(void)state;
	if (!sandbox_has_seccomp())
		skip();
	assert_int_equal(inside(0, passwd, act_open_passwd), 0);
	assert_int_equal(
	    inside(SANDBOX_NO_OPEN, passwd, act_open_passwd), EACCES);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_user),
    cmocka_unit_test(test_identity),
    cmocka_unit_test(test_roots),
    cmocka_unit_test(test_no_open),
    cmocka_unit_test(test_needs),
    cmocka_unit_test(test_forbidden),
    cmocka_unit_test(test_ordinary),
    cmocka_unit_test(test_descriptors),
    cmocka_unit_test(test_orphan),
};

/* Only root has what they take away. */
static const struct CMUnitTest root_tests[] = {
    cmocka_unit_test(test_below),
};

int
main(void)
{
	int failed =
	    cmocka_run_group_tests_name("sandbox", tests, setup, teardown);

	if (geteuid() != 0)
		return failed;
	failed += cmocka_run_group_tests_name(
	    "sandbox, root", root_tests, setup, teardown);
	if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 65534) < 0)
		return 1;
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* /proc/self/fd is ours */
	return failed + cmocka_run_group_tests_name(
	                    "sandbox, user", tests, setup, teardown);
}
