/*
 * observe_look.h - one look with a probe of the test's own, in real observers
 *
 * For test_observe*.c: each includes it once. The tests run as root and once
 * more as nobody, or as any user; and once more with the system calls away
 * that old kernels and containers lack.
 */
#ifndef MAILFIX_TESTS_UNIT_OBSERVE_LOOK_H
#define MAILFIX_TESTS_UNIT_OBSERVE_LOOK_H

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/probes/observe.h"
#include "agent/sys/sandbox.h"
#include "tests/unit/unit.h"

static void
host_collect(struct probe_job *job, struct fact_out *out)
{
	(void)job;
	fact_out_row(out, "host", "");
	fact_out_number(out, "cpus", 2);
	fact_out_table_end(out, "host");
}

static const char *const host_tables[] = {"host", NULL};
static const char *const disk_tables[] = {"disk", NULL};

static const struct probe honest = {
    .name = "honest",
    .tables = host_tables,
    .deadline_ms = 20000,
    .collect = host_collect,
};

/* One look at the tables host and disk, at the first by an honest observer. */
struct outcome {
	struct arena *arena;
	struct fact_set *set;
	struct observe_result result;
	struct why why;
	int r;
	int started, ended;
};

static const struct fact_table *
table_of(const struct outcome *outcome, const char *name)
{
	return fact_table_get(outcome->set, schema_table_find(name, NULL));
}

static void
count_progress(void *user, const char *probe, bool is_done)
{
	struct outcome *outcome = user;

	(void)probe;
	*(is_done ? &outcome->ended : &outcome->started) += 1;
}

static struct outcome
look_at(const struct probe *one, const struct probe *other)
{
	const struct probe *const probes[] = {one, other, NULL};
	struct outcome outcome = {.arena = arena_new()};
	struct observe_request request = {
	    .progress = count_progress, .user = &outcome};
	bool wanted[64] = {false};
	size_t index = 0;

	assert_non_null(schema_table_find("host", &index));
	wanted[index] = true;
	assert_non_null(schema_table_find("disk", &index));
	wanted[index] = true;
	request.wanted = wanted;
	outcome.set = fact_set_new(outcome.arena);
	outcome.r = observe_with(
	    probes, &request, outcome.set, &outcome.result, &outcome.why);
	/* nobody is left behind */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return outcome;
}

static inline struct outcome
look(const struct probe *probe)
{
	return look_at(&honest, probe == &honest ? NULL : probe);
}

/* The first of the rounds that rounds_run makes: what takes long is tried here. */
static bool is_first_round = true;

/* As on a kernel before 5.3, or in a container that hides what is new. */
static int
old_kernel_enter(void)
{
	static const int missing[] = {SYS_landlock_create_ruleset,
	    SYS_pidfd_open, SYS_close_range, SYS_seccomp};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = 0;

	(void)seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
	for (size_t i = 0; i < ARRAY_COUNT(missing); i++)
		r |= seccomp_rule_add(
		    filter, SCMP_ACT_ERRNO(ENOSYS), missing[i], 0);
	r |= seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

static int
user_become(void)
{
	if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 65534) < 0)
		return -1;
	/* so that /proc/self/fd is ours */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int
round_run(const char *name, const struct CMUnitTest *tests, size_t count)
{
	return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

/* The same tests as root, as a user, and on an old kernel. */
static int
rounds_run(const struct CMUnitTest *tests, size_t count)
{
	int failed = round_run("observe", tests, count);

	is_first_round = false;
	if (geteuid() == 0) {
		if (user_become() < 0)
			return 1;
		failed += round_run("observe, user", tests, count);
	}
	if (!sandbox_has_seccomp())
		return failed;
	if (old_kernel_enter() < 0)
		return 1;
	return failed + round_run("observe, old kernel", tests, count);
}

#endif
