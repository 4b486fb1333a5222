/*
 * test_state.c - memory between runs, and what becomes of a damaged one
 *
 * Purpose  what state.h promises: limits that no clock lifts, files that are
 *          believed whole or not at all
 * Input    fixed; a directory of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   state.h
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/hash.h"
#include "agent/state/state.h"
#include "tests/unit/unit.h"

#define T0 INT64_C(1767607200)

static char dir[] = "/tmp/test_state.XXXXXX";

static const char *
path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
empty_dir(void **state)
{
	(void)state;
	(void)unlink(path_of("state"));
	(void)unlink(path_of("state.bak"));
	clock_fix(T0);
	return 0;
}

static struct state *
load(int want)
{
	struct state *state;
	struct why why = {0};
	int got = state_load(dir, &state, &why);

	assert_int_equal(got, want);
	assert_int_equal(state_is_closed(state), want < 0);
	return state;
}

static struct state *
again(struct state *state)
{
	struct why why = {0};

	assert_int_equal(state_save(state, dir, &why), 0);
	(void)state_free(state);
	return load(0);
}

static void
put(const char *bytes, size_t length)
{
	int fd = open(
	    path_of("state"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	(void)close(fd);
}

/* rewrite - one text for another of the same file, with a right checksum */
static void
rewrite(const char *from, const char *to)
{
	AUTO_BUF struct buf old = {0}, new = {0};
	char hex[HASH_HEX_MAX];
	struct hash hash;
	const char *at;

	assert_int_equal(
	    file_read(AT_FDCWD, path_of("state"), 1 << 20, &old, NULL), 0);
	at = strstr(buf_text(&old), from);
	assert_non_null(at);
	buf_add_n(&new, old.text, (size_t)(at - old.text));
	buf_add(&new, to);
	buf_add(&new, at + strlen(from));
	new.length = (size_t)(strstr(new.text, "\nsha256 ") + 1 - new.text);
	hash_init(&hash);
	hash_add(&hash, new.text, new.length);
	hash_end(&hash, hex);
	buf_addf(&new, "sha256 %s\n", hex);
	put(new.text, new.length);
}

/* filled - a saved state with something of each kind */
static void
filled(void)
{
	struct state *state = load(0);
	struct why why = {0};

	state_finding_note(state, "disk-full", "/var", T0);
	state_finding_note(state, "service-down", NULL, T0);
	state_fix_note(state, "service-down", "a.service", "start", true, T0);
	state_fix_result(state, "service-down", false);
	state_counter_set(state, "queue.arrived", 412.5);
	state_pause(state, T0 + 3600, "a \"move\"\n of the host");
	assert_int_equal(state_observer_killed(state, true), 1);
	assert_int_equal(state_save(state, dir, &why), 0);
	(void)state_free(state);
}

static void
test_absent(void **user)
{
	struct state *state = load(0);
	int64_t since_s;

	(void)user;
	assert_int_equal(state_finding_held(state, "p", NULL, &since_s), 0);
	assert_int_equal(state_fix_count(state, "p", NULL, "f", 3600), 0);
	assert_true(state_fix_age_s(state, "p", NULL, "f") < 0);
	assert_false(state_breaker_open(state, "p"));
	assert_false(state_is_full(state));
	assert_null(state_reason(state));
	(void)state_free(state);
}

static void
test_round_trip(void **user)
{
	struct state *state;
	const char *reason;
	int64_t until_s, at_s;
	double value;
	struct stat st;

	(void)user;
	filled();
	assert_int_equal(stat(path_of("state"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	clock_fix(T0 + 60);
	state = load(0);
	assert_int_equal(
	    state_finding_held(state, "disk-full", "/var", &at_s), 1);
	assert_int_equal(at_s, T0);
	assert_int_equal(state_finding_held(state, "disk-full", "/", &at_s), 0);
	assert_int_equal(
	    state_finding_held(state, "service-down", NULL, &at_s), 1);
	assert_int_equal(
	    state_fix_count(state, "service-down", "a.service", "start", 61),
	    1);
	assert_int_equal(
	    state_fix_count(state, "service-down", "a.service", "start", 60),
	    0);
	assert_int_equal(
	    state_fix_count(state, "service-down", NULL, "start", 61), 0);
	assert_int_equal(state_disruptive_count(state, 3600), 1);
	assert_true(state_counter_get(state, "queue.arrived", &value, &at_s));
	assert_true(value > 412.4 && value < 412.6);
	assert_int_equal(at_s, T0);
	assert_true(state_is_paused(state, T0 + 60, &until_s, &reason));
	assert_int_equal(until_s, T0 + 3600);
	assert_non_null(strstr(reason, "\"move\""));
	assert_int_equal(state_observer_killed(state, true), 2);
	assert_int_equal(state_observer_killed(state, false), 0);
	(void)state_free(state);
}

static void
test_findings_held(void **user)
{
	struct state *state = load(0);
	int64_t since_s;

	(void)user;
	for (int run = 0; run < 3; run++) {
		clock_fix(T0 + run * 120);
		state_finding_note(state, "p", "a", T0 + run * 120);
		state_finding_note(state, "p", "a", T0 + run * 120);
		if (run == 0)
			state_finding_note(state, "p", "b", T0);
		state_findings_end(state, NULL);
		state = again(state);
	}
	assert_int_equal(state_finding_held(state, "p", "a", &since_s), 3);
	assert_int_equal(since_s, T0);
	assert_int_equal(state_finding_held(state, "p", "b", &since_s), 0);
	state_findings_end(state, NULL);
	assert_int_equal(state_finding_held(state, "p", "a", &since_s), 0);
	(void)state_free(state);
}

static void
test_partial_run(void **user)
{
	struct state *state = load(0);
	struct playbook playbook[] = {
	    {.name = "asked", .is_chosen = true},
            {.name = "helper"              }
        };
	struct playbook_set set = {.playbooks = playbook, .count = 2};
	int64_t since_s;

	(void)user;
	state_finding_note(state, "asked", NULL, T0);
	state_finding_note(state, "helper", NULL, T0);
	state_finding_note(state, "other", NULL, T0);
	state_findings_end(state, &set);
	state_findings_end(state, &set);
	assert_int_equal(state_finding_held(state, "asked", NULL, &since_s), 0);
	assert_int_equal(
	    state_finding_held(state, "helper", NULL, &since_s), 1);
	assert_int_equal(state_finding_held(state, "other", NULL, &since_s), 1);
	(void)state_free(state);
}

static void
test_breaker(void **user)
{
	struct state *state = load(0);

	(void)user;
	for (int i = 0; i < STATE_BREAKER_FAILURES; i++) {
		assert_false(state_breaker_open(state, "p"));
		state_fix_result(state, "p", false);
	}
	assert_true(state_breaker_open(state, "p"));
	assert_false(state_breaker_open(state, "q"));
	clock_fix(T0 + STATE_BREAKER_QUIET_S - 1);
	state = again(state);
	assert_true(state_breaker_open(state, "p"));
	clock_fix(T0 + STATE_BREAKER_QUIET_S);
	state = again(state);
	assert_false(state_breaker_open(state, "p"));
	state_fix_result(state, "p", false); /* the one more try */
	assert_true(state_breaker_open(state, "p"));
	state_fix_result(state, "p", true);
	assert_false(state_breaker_open(state, "p"));
	(void)state_free(state);
}

/* The wall clock is no argument of any question: only its notes use it. */
static void
test_wall_clock_jumps(void **user)
{
	static const int64_t jumps[] = {-31536000, 31536000};

	(void)user;
	for (size_t i = 0; i < 2; i++) {
		struct state *state;
		int64_t now_s = T0 + jumps[i];

		(void)empty_dir(NULL);
		state = load(0);
		state_fix_note(state, "p", NULL, "f", true, now_s);
		state_finding_note(state, "p", NULL, now_s);
		state_pause(state, T0 + 100, NULL);
		state = again(state);
		assert_int_equal(state_fix_count(state, "p", NULL, "f", 60), 1);
		assert_true(state_is_paused(state, now_s, NULL, NULL));
		clock_fix(T0 + 61);
		state = again(state);
		assert_int_equal(state_fix_count(state, "p", NULL, "f", 60), 0);
		clock_fix(T0 + 101);
		assert_false(state_is_paused(state, now_s, NULL, NULL));
		(void)state_free(state);
	}
}

static void
test_other_boot(void **user)
{
	struct state *state;
	int64_t at_s;
	double value;

	(void)user;
	clock_fix(T0);
	filled();
	rewrite(clock_boot_id(), "00000000-0000-0000-0000-000000000000");
	clock_fix(100); /* up for 100 s */
	state = load(0);
	assert_int_equal(
	    state_fix_count(state, "service-down", "a.service", "start", 101),
	    1);
	assert_int_equal(
	    state_fix_count(state, "service-down", "a.service", "start", 100),
	    0);
	/* a rate over a reboot means nothing */
	assert_false(state_counter_get(state, "queue.arrived", &value, &at_s));
	assert_true(state_is_paused(state, 100, &at_s, NULL));
	assert_int_equal(at_s, 3600);
	(void)state_free(state);
}

static void
test_closed_answers(void **user)
{
	struct state *state;
	struct why why = {0};
	int64_t since_s = 0;
	double value;

	(void)user;
	put("", 0);
	state = load(-EBADMSG);
	assert_non_null(strstr(state_reason(state), "it is empty"));
	assert_non_null(strstr(state_reason(state), "state.bak"));
	assert_int_equal(state_finding_held(state, "p", NULL, &since_s), 0);
	assert_int_equal(state_fix_count(state, "p", NULL, "f", 1), UINT_MAX);
	assert_int_equal(state_disruptive_count(state, 1), UINT_MAX);
	assert_true(state_fix_age_s(state, "p", NULL, "f") >= 0);
	assert_true(state_breaker_open(state, "p"));
	assert_true(state_is_full(state));
	assert_false(state_counter_get(state, "x", &value, &since_s));
	assert_int_equal(state_save(state, dir, &why), -EBADMSG);
	(void)state_free(state);
}

static void
expect_closed(const char *bytes, size_t length)
{
	struct state *state;
	struct why why = {0};

	put(bytes, length);
	assert_true(state_load(dir, &state, &why) < 0);
	assert_true(state_is_closed(state));
	assert_string_not_equal(why.text, "");
	(void)state_free(state);
}

static void
test_every_cut(void **user)
{
	AUTO_BUF struct buf whole = {0};

	(void)user;
	filled();
	assert_int_equal(
	    file_read(AT_FDCWD, path_of("state"), 1 << 20, &whole, NULL), 0);
	for (size_t length = 0; length < whole.length; length++)
		expect_closed(whole.text, length);
	put(whole.text, whole.length);
	(void)state_free(load(0));
}

static void
test_every_flip(void **user)
{
	AUTO_BUF struct buf whole = {0};

	(void)user;
	filled();
	assert_int_equal(
	    file_read(AT_FDCWD, path_of("state"), 1 << 20, &whole, NULL), 0);
	for (size_t i = 0; i < whole.length; i++)
		for (int bit = 0; bit < 8; bit += 3) {
			whole.text[i] = (char)(whole.text[i] ^ (1 << bit));
			expect_closed(whole.text, whole.length);
			whole.text[i] = (char)(whole.text[i] ^ (1 << bit));
		}
	buf_add_char(&whole, '\n');
	expect_closed(whole.text, whole.length);
}

struct wrong {
	const char *from, *to, *why;
};

/* What has the right checksum and still is not what we write. */
static void
test_wrong_content(void **user)
{
	/* one text for another, and what is said of it */
	static const struct wrong cases[] = {
	    {"\"mailfix_state\":1", "\"mailfix_state\":2", "version 2"    },
	    {"\"fixes\":",          "\"fixed\":",          "no fixes"     },
	    {"\"age_ms\":0",        "\"age_ms\":-1",       "no such thing"},
	    {"\"runs\":1",          "\"runs\":null",       "no such thing"},
	    {"\"disk-full\"",       "0",                   "no such thing"},
	    {"\"boot\":",           "\"boot\";",           "state"        },
	};

	(void)user;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct state *state;
		struct why why = {0};

		(void)empty_dir(NULL);
		filled();
		rewrite(cases[i].from, cases[i].to);
		assert_true(state_load(dir, &state, &why) < 0);
		assert_true(state_is_closed(state));
		assert_non_null(strstr(why.text, cases[i].why));
		(void)state_free(state);
	}
}

static void
test_backup(void **user)
{
	struct state *state;
	int64_t since_s;

	(void)user;
	filled();
	state = load(0);
	state_finding_note(state, "p", "new", T0);
	state = again(state);
	(void)state_free(state);
	/* the way out that the message names */
	put("x", 1);
	(void)state_free(load(-EBADMSG));
	{
		char from[128];

		(void)snprintf(from, sizeof(from), "%s", path_of("state.bak"));
		assert_int_equal(rename(from, path_of("state")), 0);
	}
	state = load(0);
	assert_int_equal(state_finding_held(state, "p", "new", &since_s), 0);
	assert_int_equal(
	    state_finding_held(state, "disk-full", "/var", &since_s), 1);
	(void)state_free(state);
}

static void
test_not_ours(void **user)
{
	(void)user;
	filled();
	assert_int_equal(chmod(path_of("state"), 0620), 0);
	(void)state_free(load(-EPERM));
	assert_int_equal(unlink(path_of("state")), 0);
	assert_int_equal(symlink("/dev/null", path_of("state")), 0);
	{
		struct state *state;

		assert_true(state_load(dir, &state, NULL) < 0);
		assert_true(state_is_closed(state));
		(void)state_free(state);
	}
}

static void
test_full(void **user)
{
	struct state *state = load(0);
	int64_t since_s;

	(void)user;
	for (int i = 0; i < STATE_FIXES_MAX; i++) {
		assert_false(state_is_full(state));
		state_fix_note(state, "p", NULL, "f", false, T0);
	}
	assert_true(state_is_full(state));
	for (int i = 0; i < 5000; i++) {
		char item[16];

		(void)snprintf(item, sizeof(item), "%d", i);
		state_finding_note(state, "p", item, T0);
	}
	state = again(state);
	assert_true(state_is_full(state));
	assert_int_equal(state_finding_held(state, "p", "0", &since_s), 1);
	assert_int_equal(state_finding_held(state, "p", "4999", &since_s), 0);
	clock_fix(T0 + STATE_FIX_KEEP_S);
	assert_false(state_is_full(state));
	(void)state_free(state);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	(void)empty_dir(state);
	return rmdir(dir);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_absent, empty_dir),
	    cmocka_unit_test_setup(test_round_trip, empty_dir),
	    cmocka_unit_test_setup(test_findings_held, empty_dir),
	    cmocka_unit_test_setup(test_partial_run, empty_dir),
	    cmocka_unit_test_setup(test_breaker, empty_dir),
	    cmocka_unit_test_setup(test_wall_clock_jumps, empty_dir),
	    cmocka_unit_test_setup(test_other_boot, empty_dir),
	    cmocka_unit_test_setup(test_closed_answers, empty_dir),
	    cmocka_unit_test_setup(test_every_cut, empty_dir),
	    cmocka_unit_test_setup(test_every_flip, empty_dir),
	    cmocka_unit_test_setup(test_wrong_content, empty_dir),
	    cmocka_unit_test_setup(test_backup, empty_dir),
	    cmocka_unit_test_setup(test_not_ours, empty_dir),
	    cmocka_unit_test_setup(test_full, empty_dir),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
