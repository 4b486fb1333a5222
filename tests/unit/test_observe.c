/*
 * test_observe.c - observers that behave
 *
 * Purpose  what an observer is, has, and tells; what is said when it cannot
 * Input    probes of its own, in real observers with the real sandbox
 * Errors   a failed assertion
 * Runs as  observe_look.h says
 * Source   -
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "agent/base/text.h"
#include "agent/sys/landlock.h"
#include "tests/unit/observe_look.h"

/* Text that a probe wrote into disk[/].role. */
static const char *
told(const struct outcome *outcome)
{
	const struct table *disk = schema_table_find("disk", NULL);
	struct value value = fact_cell(outcome->set, disk, "/", 0);

	return value.text;
}

static void
tell(struct fact_out *out, const char *text)
{
	fact_out_row(out, "disk", "/");
	fact_out_text(out, "role", text);
	fact_out_table_end(out, "disk");
}

/* What it reads was told by another observer, and it starts after that. */
static void
last_collect(struct probe_job *job, struct fact_out *out)
{
	const struct table *host = schema_table_find("host", NULL);
	const struct value cpus = fact_cell(
	    job->facts, host, NULL, (size_t)schema_column_find(host, "cpus"));

	tell(out, cpus.kind == VALUE_NUMBER && cpus.number == 2 ? "2 cpus"
	                                                        : "too early");
}

static void
slow_collect(struct probe_job *job, struct fact_out *out)
{
	static const struct timespec pause = {.tv_nsec = 50000000};

	(void)nanosleep(&pause, NULL);
	host_collect(job, out);
}

static void
test_last(void **state)
{
	static const struct probe first = {
	    .name = "first",
	    .tables = host_tables,
	    .deadline_ms = 20000,
	    .collect = slow_collect,
	};
	static const struct probe last = {
	    .name = "last",
	    .tables = disk_tables,
	    .deadline_ms = 20000,
	    .is_last = true,
	    .collect = last_collect,
	};
	struct outcome outcome = look_at(&last, &first);

	(void)state;
	assert_int_equal(outcome.r, 0);
	assert_string_equal(told(&outcome), "2 cpus");
	assert_int_equal(outcome.started, 2);
	assert_int_equal(outcome.ended, 2);
	arena_free(outcome.arena);
}

static char entered[256];

static int
enter_asks(struct probe_job *job, struct why *why)
{
	(void)job, (void)why;
	(void)snprintf(entered, sizeof(entered),
	    "root %d groups %d nnp %d back %d",
	    getuid() == 0 || geteuid() == 0 || getgid() == 0,
	    getuid() == 0 ? 0 : getgroups(0, NULL) > 0 && job->is_root,
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), setuid(0) == 0);
	return 0;
}

static void
collect_entered(struct probe_job *job, struct fact_out *out)
{
	(void)job;
	tell(out, entered);
}

static void
test_identity(void **state)
{
	const struct probe probe = {
	    .name = "identity",
	    .tables = disk_tables,
	    .deadline_ms = 20000,
	    .enter = enter_asks,
	    .collect = collect_entered,
	};
	struct outcome outcome = look(&probe);

	(void)state;
	assert_int_equal(outcome.r, 0);
	assert_string_equal(told(&outcome), "root 0 groups 0 nnp 1 back 0");
	assert_false(outcome.result.is_tainted);
	assert_null(outcome.result.text);
	assert_int_equal(table_of(&outcome, "host")->state, FACT_KNOWN);
	assert_int_equal(outcome.started, 2);
	assert_int_equal(outcome.ended, 2);
	arena_free(outcome.arena);
}

static int secret_fd = -1;

static int
prepare_opens(struct probe_job *job, struct why *why)
{
	int ends[2];

	(void)why;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	(void)!write(ends[1], "passed on", 9);
	(void)close(ends[1]);
	job->fds[3] = ends[0];
	return 0;
}

static void
collect_reads(struct probe_job *job, struct fact_out *out)
{
	char text[64] = "";

	(void)!read(job->fds[3], text, sizeof(text) - 1);
	if (fcntl(secret_fd, F_GETFD) >= 0)
		(void)strcat(text, ", and the secret");
	/* goes nowhere */
	(void)!write(STDERR_FILENO, "\033[31mhostile\n", 13);
	tell(out, text);
}

static void
test_descriptors(void **state)
{
	const struct probe probe = {
	    .name = "descriptors",
	    .tables = disk_tables,
	    .deadline_ms = 20000,
	    .prepare = prepare_opens,
	    .collect = collect_reads,
	};
	struct outcome outcome;

	(void)state;
	secret_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	outcome = look(&probe);
	(void)close(secret_fd);
	assert_int_equal(outcome.r, 0);
	assert_string_equal(told(&outcome), "passed on");
	arena_free(outcome.arena);
}

static int
fail_why(struct probe_job *job, struct why *why)
{
	(void)job;
	return why_set(why, -ENOENT, "there is no such thing");
}

static void
test_prepare_and_enter_fail(void **state)
{
	struct probe probe = {
	    .name = "failing",
	    .tables = disk_tables,
	    .deadline_ms = 20000,
	    .prepare = fail_why,
	    .collect = host_collect,
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct outcome outcome = look(&probe);

		assert_int_equal(outcome.r, 0);
		assert_false(outcome.result.is_tainted);
		assert_string_equal(table_of(&outcome, "disk")->reason,
		    "there is no such thing");
		arena_free(outcome.arena);
		probe.enter = probe.prepare;
		probe.prepare = NULL;
	}
}

static void
collect_nothing(struct probe_job *job, struct fact_out *out)
{
	(void)job, (void)out;
}

static void
test_not_told(void **state)
{
	const struct probe probe = {
	    .name = "lazy",
	    .tables = disk_tables,
	    .deadline_ms = 20000,
	    .collect = collect_nothing,
	};
	struct outcome outcome = look(&probe);

	(void)state;
	assert_int_equal(outcome.r, 0);
	assert_false(outcome.result.is_tainted);
	assert_string_equal(
	    table_of(&outcome, "disk")->reason, "the probe did not tell");
	arena_free(outcome.arena);
	outcome = look(&honest); /* nobody tells about disk */
	assert_string_equal(
	    table_of(&outcome, "disk")->reason, "no probe tells about it");
	arena_free(outcome.arena);
}

/* As many as a whole run has, one after the other without a leak. */
static void
test_many_looks(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct outcome outcome = look(&honest);

		assert_int_equal(outcome.r, 0);
		assert_int_equal(table_of(&outcome, "host")->state, FACT_KNOWN);
		arena_free(outcome.arena);
	}
}

/* What is missing here is said, and nothing else is. */
static void
test_notes(void **state)
{
	struct outcome outcome = look(&honest);
	const char *const *notes = outcome.result.notes;
	bool has_landlock = landlock_abi() > 0;
	bool has_seccomp = sandbox_has_seccomp();

	(void)state;
	for (; *notes != NULL; notes++) {
		if (strstr(*notes, "no Landlock") != NULL)
			assert_false(has_landlock);
		else if (strstr(*notes, "no seccomp") != NULL)
			assert_false(has_seccomp);
		else
			assert_non_null(strstr(*notes, "_mailfix"));
		assert_true(text_starts(*notes, "Sandbox: "));
		has_landlock |= strstr(*notes, "no Landlock") != NULL;
		has_seccomp |= strstr(*notes, "no seccomp") != NULL;
	}
	assert_true(has_landlock && has_seccomp);
	arena_free(outcome.arena);
}

static const struct CMUnitTest observe_tests[] = {
    cmocka_unit_test(test_identity),
    cmocka_unit_test(test_last),
    cmocka_unit_test(test_descriptors),
    cmocka_unit_test(test_prepare_and_enter_fail),
    cmocka_unit_test(test_not_told),
    cmocka_unit_test(test_many_looks),
    cmocka_unit_test(test_notes),
};

int
main(void)
{
	return rounds_run(observe_tests, ARRAY_COUNT(observe_tests));
}
