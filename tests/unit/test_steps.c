/*
 * test_steps.c - changes by steps: eased off, taken over, undone from any run
 *
 * Purpose  one kept record a target; undo leads back to the beginning; what
 *          others stand on goes last; `release` takes a step and not all
 * Input    a small host of rows below /tmp
 * Errors   a failed assertion
 * Runs as  any user
 * Source   -
 */
#include <stdlib.h>

#include "tests/unit/step_world.h"
#include "tests/unit/unit.h"

#define RUN1 "20261122T101500-0001"
#define RUN2 "20261122T101505-0002"
#define RUN3 "20261122T101510-0003"

static char root[64];
static char lines[4096];

static int
setup(void **state)
{
	struct why why = {0};

	(void)state;
	(void)strcpy(root, "/tmp/test-steps-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	step_world_init(root);
	return world_open(&world, &why);
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	world_done(&world);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command) == 0 ? 0 : -1;
}

static void
fix(const char *run, const char *target, const char *before, const char *after)
{
	struct change change = row_change(target, before, after);
	struct why why = {0};

	assert_int_equal(step_fix(run, &change, 1, &why), 0);
	if (world.planned.state != PLANNED_VERIFIED)
		fail_msg("%s", world.planned.reason);
}

/* As the first run of a fix: what the row stands on, and the row. */
static void
fix_with_base(const char *run, const char *base, const char *target)
{
	struct change changes[2] = {
	    row_change(base, NULL, "made"), row_change(target, NULL, "c2")};
	struct why why = {0};

	changes[0].is_base = true;
	assert_int_equal(step_fix(run, changes, 2, &why), 0);
	if (world.planned.state != PLANNED_VERIFIED)
		fail_msg("%s", world.planned.reason);
}

static void
row_is(const char *target, const char *want)
{
	const char *value = row_get(target);

	if (!text_equal(value, want))
		fail_msg("%s is %s, not %s", target,
		    value != NULL ? value : "gone",
		    want != NULL ? want : "gone");
}

static struct record_list
records(enum record_place place)
{
	struct record_list list = {0};
	struct why why = {0};

	if (record_list_load(
	        world.arena, world.host.state_dir, place, &list, &why) < 0)
		fail_msg("%s", why.text);
	return list;
}

static void
line_add(void *user, const char *line)
{
	(void)user;
	(void)strncat(lines, line, sizeof(lines) - strlen(lines) - 2);
	(void)strcat(lines, "\n");
}

static int
undo(const char *which, const char *want)
{
	struct why why = {0};
	int r;

	lines[0] = '\0';
	world.host.run = "20261122T120000-ffff";
	r = apply_undo(&world.host, which, line_add, NULL, &why);
	if (strstr(r < 0 ? why.text : lines, want) == NULL)
		fail_msg("want %s, got %d %s %s", want, r, why.text, lines);
	return r;
}

static struct fact_set *
facts_now(enum world_look look)
{
	struct fact_set *facts = NULL;
	struct why why = {0};

	world.before = world.after = look;
	assert_int_equal(world_look(&world, NULL, &facts, &why), 0);
	return facts;
}

/* A later run in which the destination is content; the steps it made. */
static struct plan
release(const char *run, int want)
{
	struct plan eased = {0};
	struct why why = {0};

	world.host.run = run;
	world.host.changes = 0;
	world.host.looked_s = clock_now_s();
	assert_int_equal(apply_release(&world.host, facts_now(WORLD_LOOK_CURED),
	                     &eased, &why),
	    want);
	return eased;
}

/* Whatever step it is on, one record is kept, and any run leads back. */
static void
undone_by(const char *which)
{
	struct record_list kept;

	fix(RUN1, "big", NULL, "c3");
	fix(RUN2, "big", "c3", "c2");
	fix(RUN3, "big", "c2", "c1");
	row_is("big", "c1");
	kept = records(RECORD_KEPT);
	assert_int_equal(kept.count, 1);
	assert_string_equal(kept.records[0].run, RUN3);
	assert_null(kept.records[0].change.before);
	assert_string_equal(kept.records[0].took, RUN2 "/1");
	assert_int_equal(records(RECORD_CLOSED).count, 2);
	assert_int_equal(
	    records(RECORD_CLOSED).records[0].state, RECORD_SUPERSEDED);
	assert_int_equal(undo(which, "undone: big -> c1"), 0);
	row_is("big", NULL);
	assert_int_equal(records(RECORD_KEPT).count, 0);
}

static void
test_undo_first_run(void **state)
{
	(void)state;
	undone_by(RUN1);
	assert_int_equal(undo(RUN2, "undone already"), 0);
	assert_int_equal(undo(RUN3, "undone already"), 0);
}

static void
test_undo_middle_run(void **state)
{
	(void)state;
	undone_by(RUN2 "/1");
}

static void
test_undo_last_run(void **state)
{
	(void)state;
	undone_by("--last");
	assert_int_equal(undo(RUN1, "undone already"), 0);
}

/* What an admin made of the row in between is the admin's. */
static void
test_edited_between(void **state)
{
	struct why why = {0};

	(void)state;
	fix(RUN1, "big", NULL, "c3");
	assert_int_equal(row_put("big", "mine", &why), 0);
	fix(RUN2, "big", "mine", "c1");
	assert_int_equal(records(RECORD_KEPT).count, 2);
	assert_int_equal(undo(RUN2, "undone"), 0);
	row_is("big", "mine");
	assert_int_equal(undo(RUN1, "somebody else"), -ESTALE);
	row_is("big", "mine");
}

static void
test_step_reverted_keeps_the_one_before(void **state)
{
	struct change changes[2];
	struct why why = {0};

	(void)state;
	fix(RUN1, "big", NULL, "c3");
	changes[0] = row_change("big", "c3", "c2");
	changes[1] = row_change("other/none", NULL, "c2"); /* cannot be made */
	assert_int_equal(step_fix(RUN2, changes, 2, &why), 0);
	assert_int_equal(world.planned.state, PLANNED_REVERTED);
	row_is("big", "c3");
	assert_int_equal(records(RECORD_KEPT).count, 1);
	assert_int_equal(undo(RUN1, "undone"), 0);
	row_is("big", NULL);
}

static void
test_base_goes_with_the_last(void **state)
{
	(void)state;
	fix_with_base(RUN1, "services", "big");
	fix(RUN2, "other", NULL, "c3");
	assert_int_equal(
	    undo(RUN1, "stays, for it is in use: undo " RUN2 "/1"), 0);
	row_is("big", NULL);
	row_is("services", "made");
	assert_int_equal(undo(RUN1, "stays, for it is in use"), -EBUSY);
	assert_int_equal(undo(RUN2, "undone: services -> made"), 0);
	row_is("other", NULL);
	row_is("services", NULL);
	assert_int_equal(records(RECORD_KEPT).count, 0);
}

static void
test_backwards_run_by_run(void **state)
{
	(void)state;
	fix_with_base(RUN1, "services", "big");
	fix_with_base(RUN2, "shards", "other");
	fix(RUN3, "big", "c2", "c1");
	assert_int_equal(undo(RUN3, "undone"), 0);
	row_is("services", "made");
	assert_int_equal(undo(RUN2, "undone: shards"), 0);
	row_is("services", NULL);
	assert_int_equal(undo(RUN1, "undone already"), 0);
	assert_int_equal(records(RECORD_KEPT).count, 0);
}

/* Who removes mailfix: what it would have ended goes, what it cured stays. */
static void
test_undo_temporary(void **state)
{
	const struct expr *release_of = world.fix.release;
	struct change cure = row_change("cured", NULL, "c1");
	struct why why = {0};

	(void)state;
	cure.base = NULL;
	assert_int_equal(undo("--temporary", ""), 0);
	fix_with_base(RUN1, "services", "big");
	fix(RUN2, "other", NULL, "c3");
	world.fix.release = NULL;
	assert_int_equal(step_fix(RUN3, &cure, 1, &why), 0);
	world.fix.release = release_of;
	assert_int_equal(undo("--temporary", "undone: services -> made"), 0);
	row_is("big", NULL);
	row_is("other", NULL);
	row_is("services", NULL);
	row_is("cured", "c1");
	assert_int_equal(records(RECORD_KEPT).count, 1);
	assert_int_equal(undo("--temporary", ""), 0);
}

static void
test_base_asked_for_alone(void **state)
{
	(void)state;
	fix_with_base(RUN1, "services", "big");
	assert_int_equal(undo(RUN1 "/1", "stays, for it is in use"), -EBUSY);
	row_is("services", "made");
	assert_int_equal(undo(RUN1 "/2", "undone: services"), 0);
	row_is("services", NULL);
}

static void
test_eased_step_by_step(void **state)
{
	struct plan eased;

	(void)state;
	fix_with_base(RUN1, "services", "big");
	eased = release(RUN1, 0);
	assert_int_equal(eased.count, 0); /* not in the run that made it */
	eased = release(RUN2, 0);
	assert_int_equal(eased.count, 1);
	assert_int_equal(eased.fixes[0].state, PLANNED_VERIFIED);
	assert_string_equal(eased.fixes[0].changes[0].after, "c3");
	row_is("big", "c3");
	assert_int_equal(records(RECORD_KEPT).count, 2);
	/* normal is next: the row goes, what it stood on stays */
	assert_int_equal(release(RUN3, 1).count, 0);
	row_is("big", NULL);
	row_is("services", "made");
	assert_int_equal(records(RECORD_KEPT).count, 1);
	assert_int_equal(undo(RUN1, "undone: services"), 0);
	row_is("services", NULL);
}

static void
test_eased_then_undone(void **state)
{
	(void)state;
	fix(RUN1, "big", NULL, "c1");
	assert_int_equal(release(RUN2, 0).count, 1);
	row_is("big", "c2");
	assert_int_equal(undo(RUN2, "undone: big -> c2"), 0);
	row_is("big", NULL);
}

static void
test_ease_counts_for_no_limit(void **state)
{
	(void)state;
	fix(RUN1, "big", NULL, "c1");
	(void)release(RUN2, 0);
	assert_int_equal(state_fix_count(world.host.state, "chroot-stale",
	                     world.finding.item, "slow", 3600),
	    1);
}

static void
test_ease_not_now(void **state)
{
	struct plan eased;

	(void)state;
	fix(RUN1, "big", NULL, "c1");
	ease_answer = -EAGAIN;
	eased = release(RUN2, 0);
	assert_int_equal(eased.count, 1);
	assert_int_equal(eased.fixes[0].state, PLANNED_SKIPPED);
	assert_string_equal(eased.fixes[0].reason, "not now");
	row_is("big", "c1");
}

static void
test_ease_in_a_dry_run(void **state)
{
	struct plan eased;

	(void)state;
	fix(RUN1, "big", NULL, "c1");
	world_close(&world);
	eased = release(RUN2, 0);
	assert_int_equal(eased.count, 1);
	assert_int_equal(eased.fixes[0].state, PLANNED_PLANNED);
	assert_string_equal(eased.fixes[0].changes[0].after, "c2");
	row_is("big", "c1");
	assert_int_equal(records(RECORD_OPEN).count, 0);
}

static void
test_ease_past_the_budget(void **state)
{
	(void)state;
	fix(RUN1, "big", NULL, "c1");
	world.config.changes_per_run = 0;
	assert_non_null(
	    strstr(release(RUN2, 0).fixes[0].reason, "changes-per-run"));
	row_is("big", "c1");
}

static void
test_ease_stale(void **state)
{
	struct plan eased = {0};
	struct fact_set *facts;
	struct why why = {0};

	(void)state;
	fix(RUN1, "big", NULL, "c1");
	facts = facts_now(WORLD_LOOK_CURED);
	world.before = world.after = WORLD_LOOK_SICK;
	world.host.run = RUN2;
	world.host.looked_s = clock_now_s() - 60; /* a fix took its time */
	assert_int_equal(apply_release(&world.host, facts, &eased, &why), 0);
	assert_int_equal(eased.fixes[0].state, PLANNED_SKIPPED);
	assert_non_null(
	    strstr(eased.fixes[0].reason, "does not hold any more"));
	row_is("big", "c1");
}

static void
test_row_by_others_is_not_eased(void **state)
{
	struct why why = {0};

	(void)state;
	fix(RUN1, "big", NULL, "c1");
	assert_int_equal(row_put("big", "c2", &why), 0);
	ease_answer = 1;
	assert_int_equal(release(RUN2, 0).count, 0);
	row_is("big", "c2");
	assert_int_equal(records(RECORD_KEPT).count, 1);
}

static void
test_base_that_was_not_made(void **state)
{
	struct change base = row_change("no/such", NULL, "made");
	struct change row = row_change("big", NULL, "c2");
	struct planned_fix fixes[2];
	struct finding findings[2] = {world.finding, world.finding};
	struct plan plan = {.fixes = fixes, .count = 2};
	struct why why = {0};

	(void)state;
	base.id = 1;
	base.is_base = true;
	row.id = 2;
	for (size_t i = 0; i < 2; i++)
		fixes[i] = (struct planned_fix){.finding = &findings[i],
		    .fix = &world.fix,
		    .changes = i == 0 ? &base : &row,
		    .change_count = 1,
		    .is_approved = true};
	world.before = WORLD_LOOK_SICK;
	assert_int_equal(apply_plan(&world.host, &plan, &why), 0);
	assert_int_equal(fixes[0].state, PLANNED_REVERTED);
	assert_int_equal(fixes[1].state, PLANNED_SKIPPED);
	assert_non_null(strstr(fixes[1].reason, "was not made"));
	row_is("big", NULL);
}

static void
test_steps_and_breaker(void **state)
{
	(void)state;
	for (int i = 0; i < STATE_BREAKER_FAILURES - 1; i++)
		state_fix_result(world.host.state, "chroot-stale", false);
	fix(RUN1, "big", NULL, "c1");
	/* that it was made is no proof that it helps */
	state_fix_result(world.host.state, "chroot-stale", false);
	assert_true(state_breaker_open(world.host.state, "chroot-stale"));
	(void)release(RUN2, 0);
	assert_false(state_breaker_open(world.host.state, "chroot-stale"));
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
	    CASE(test_undo_first_run),
	    CASE(test_undo_middle_run),
	    CASE(test_undo_last_run),
	    CASE(test_edited_between),
	    CASE(test_step_reverted_keeps_the_one_before),
	    CASE(test_base_goes_with_the_last),
	    CASE(test_backwards_run_by_run),
	    CASE(test_undo_temporary),
	    CASE(test_base_asked_for_alone),
	    CASE(test_eased_step_by_step),
	    CASE(test_eased_then_undone),
	    CASE(test_ease_counts_for_no_limit),
	    CASE(test_ease_not_now),
	    CASE(test_ease_in_a_dry_run),
	    CASE(test_ease_past_the_budget),
	    CASE(test_ease_stale),
	    CASE(test_row_by_others_is_not_eased),
	    CASE(test_base_that_was_not_made),
	    CASE(test_steps_and_breaker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
