/*
 * test_hoststat.c - numbers out of the kernel's texts
 *
 * Purpose  unit tests of agent/sys/hoststat.c
 * Input    texts in this file
 * Errors   a failed assertion
 * Runs as  any user
 * Source   proc(5)
 */
#include "agent/sys/hoststat.h"
#include "tests/unit/unit.h"

static void
test_load(void **state)
{
	struct hoststat_load load;

	(void)state;
	assert_true(hoststat_load_parse("0.50 1.25 2.00 3/412 9999\n", &load));
	assert_true(
	    load.load1 == 0.5 && load.load5 == 1.25 && load.load15 == 2);
	assert_false(hoststat_load_parse("0.50 1.25", &load));
	assert_false(hoststat_load_parse("", &load));
}

static void
test_memory(void **state)
{
	struct hoststat_memory memory;

	(void)state;
	assert_true(hoststat_memory_parse(
	    "MemTotal:        1000 kB\nMemFree: 1 kB\n"
	    "MemAvailable:     250 kB\nSwapTotal: 8 kB\nSwapFree: 6 kB\n",
	    &memory));
	assert_true(memory.total == 1024000 && memory.available == 256000);
	assert_true(memory.swap_total == 8192 && memory.swap_free == 6144);
	/* an old kernel without MemAvailable; a machine without memory */
	assert_false(hoststat_memory_parse(
	    "MemTotal: 1000 kB\nSwapTotal: 8 kB\nSwapFree: 6 kB\n", &memory));
	assert_false(hoststat_memory_parse(
	    "MemTotal: 0 kB\nMemAvailable: 0 kB\nSwapTotal: 0 kB\n"
	    "SwapFree: 0 kB\n",
	    &memory));
}

static void
test_named(void **state)
{
	double got = -1;

	(void)state;
	assert_true(hoststat_named_parse(
	    "my_oom_kill 7\noom_kill_x 8\noom_kill 3\n", "oom_kill", &got));
	assert_true(got == 3);
	assert_false(hoststat_named_parse("oom_kills 3\n", "oom_kill", &got));
	assert_false(hoststat_named_parse("oom_kill x\n", "oom_kill", &got));
}

static void
test_pressure(void **state)
{
	double got = -1;

	(void)state;
	assert_true(hoststat_pressure_parse(
	    "some avg10=1.00 avg60=12.50 avg300=0.00 total=1\nfull avg10=0\n",
	    &got));
	assert_true(got == 0.125);
	assert_false(hoststat_pressure_parse(
	    "some avg10=1.00 avg60=101.00 avg300=0.00 total=1\n", &got));
	assert_false(hoststat_pressure_parse("full avg10=1 avg60=2\n", &got));
}

static void
test_files(void **state)
{
	double open = -1, max = -1;

	(void)state;
	assert_true(hoststat_files_parse("1184\t10\t2466180\n", &open, &max));
	assert_true(open == 1174 && max == 2466180);
	assert_false(hoststat_files_parse("1184\t0\n", &open, &max));
	assert_false(hoststat_files_parse("1\t0\t0\n", &open, &max));
}

static void
test_limits(void **state)
{
	double got = -1;

	(void)state;
	assert_true(hoststat_cpu_max_parse("150000 100000\n", &got));
	assert_true(got == 1.5);
	assert_false(hoststat_cpu_max_parse("max 100000\n", &got));
	assert_true(hoststat_number_parse("1048576\n", &got));
	assert_true(got == 1048576);
	assert_false(hoststat_number_parse("max\n", &got));
	assert_false(hoststat_number_parse("12 34\n", &got));
	assert_false(hoststat_number_parse("", &got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_load),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_named),
	    cmocka_unit_test(test_pressure),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
