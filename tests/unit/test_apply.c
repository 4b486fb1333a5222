/*
 * test_apply.c - a fix is a transaction; a crash is settled; undo is careful
 *
 * Purpose  every way through the table of states, and back
 * Input    a small host of files below /tmp
 * Errors   a failed assertion
 * Runs as  any user
 * Source   -
 */
#include <sys/wait.h>

#include <stdlib.h>

#include "agent/apply/journal.h"
#include "agent/apply/record.h"
#include "agent/audit/audit_log.h"
#include "tests/unit/apply_world.h"
#include "tests/unit/unit.h"

static char root[64];
static struct world world;

static int
setup(void **state)
{
	(void)state;
	(void)strcpy(root, "/tmp/test-apply-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	world_init(&world, root);
	world_files(&world);
	return 0;
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
open_real(void)
{
	struct why why = {0};

	if (world_open(&world, &why) < 0)
		fail_msg("%s", why.text);
}

static int
run(void)
{
	struct why why = {0};

	open_real();
	return apply_plan(&world.host, &world.plan, &why);
}

static void
copies_are(const char *a, const char *b)
{
	assert_int_equal(world_has(world_path(&world, "copy", "a"), a), 1);
	assert_int_equal(world_has(world_path(&world, "copy", "b"), b), 1);
}

static size_t
records_in(enum record_place place, enum record_state state)
{
	struct record_list list = {0};
	struct why why = {0};

	if (record_list_load(
	        world.arena, world.host.state_dir, place, &list, &why) < 0)
		fail_msg("%s", why.text);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(list.records[i].state, state);
	return list.count;
}

/* How often an event stands in the log, which verifies. */
struct events {
	const char *name;
	int count;
};

static bool
event_count(void *user, const struct json *record)
{
	struct events *events = user;

	events->count +=
	    text_equal(json_get_text(record, "event"), events->name);
	return true;
}

static int
logged(const char *name)
{
	struct events events = {.name = name};
	const char *path = world_path(&world, "", "log/audit.jsonl");
	int64_t records;
	size_t bad;

	world_close(&world);
	assert_int_equal(
	    audit_verify(path, NULL, NULL, NULL, &records, NULL), 0);
	assert_int_equal(audit_walk(path, event_count, &events, &bad, NULL), 0);
	return events.count;
}

static char lines[2048];

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

	world_close(&world);
	open_real();
	lines[0] = '\0';
	r = apply_undo(&world.host, which, line_add, NULL, &why);
	if (strstr(r < 0 ? why.text : lines, want) == NULL)
		fail_msg("want %s, got %d %s %s", want, r, why.text, lines);
	return r;
}

static void
test_verified_and_undone(void **state)
{
	struct stat before, after;

	(void)state;
	assert_int_equal(stat(world_path(&world, "copy", "a"), &before), 0);
	assert_int_equal(run(), 0);
	assert_int_equal(world.planned.state, PLANNED_VERIFIED);
	assert_int_equal(world.finding.state, FINDING_FIXED);
	copies_are(WORLD_NEW, WORLD_NEW);
	assert_int_equal(records_in(RECORD_KEPT, RECORD_VERIFIED), 2);
	assert_int_equal(undo("--last", "undone: copy b"), 0);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(stat(world_path(&world, "copy", "a"), &after), 0);
	assert_int_equal(before.st_mode, after.st_mode);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	assert_int_equal(records_in(RECORD_CLOSED, RECORD_UNDONE), 2);
	assert_int_equal(undo(WORLD_RUN "/2", "undone already"), 0);
	assert_int_equal(logged("undone"), 2);
	assert_int_equal(logged("intent"), 2);
}

static void
test_one_change_undone(void **state)
{
	(void)state;
	assert_int_equal(run(), 0);
	assert_int_equal(undo(WORLD_RUN "/2", "undone: copy b"), 0);
	copies_are(WORLD_NEW, WORLD_OLD);
	assert_int_equal(undo(WORLD_RUN, "undone: copy a"), 0);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(undo("nothing", "no change"), -ENOENT);
	assert_int_equal(undo(WORLD_RUN "/x", "not a run"), -EINVAL);
	assert_int_equal(undo("--last", "no change"), -ENOENT);
}

static void
test_foreign_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(run(), 0);
	world_write(world_path(&world, "copy", "a"), "the admin's\n");
	assert_int_equal(undo(WORLD_RUN, "somebody else"), -ESTALE);
	copies_are("the admin's\n", WORLD_OLD);
	assert_int_equal(records_in(RECORD_KEPT, RECORD_VERIFIED), 1);
	assert_int_equal(undo("--last", "was left alone"), -ENOENT);
	/* put back by the admin: then it can be undone */
	world_write(world_path(&world, "copy", "a"), WORLD_NEW);
	assert_int_equal(undo(WORLD_RUN, "undone: copy a"), 0);
	copies_are(WORLD_OLD, WORLD_OLD);
}

static void
test_damaged_image_is_refused(void **state)
{
	(void)state;
	assert_int_equal(run(), 0);
	world_write(
	    world_path(&world, "", "state/changes/kept/" WORLD_RUN "-1/before"),
	    "forged\n");
	assert_int_equal(undo(WORLD_RUN "/1", "not as it was kept"), -EBADMSG);
	copies_are(WORLD_NEW, WORLD_NEW);
}

static void
test_not_cured_is_reverted(void **state)
{
	(void)state;
	world.after = WORLD_LOOK_SICK;
	assert_int_equal(run(), 0);
	assert_int_equal(world.planned.state, PLANNED_REVERTED);
	assert_int_equal(world.finding.state, FINDING_FAILED);
	assert_non_null(strstr(world.planned.reason, "did not help within 5"));
	assert_true(world.looks > 2 && world.looks < 30);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(records_in(RECORD_CLOSED, RECORD_REVERTED), 2);
	assert_int_equal(records_in(RECORD_OPEN, RECORD_INTENT), 0);
	assert_int_equal(logged("reverted"), 2);
}

static void
test_unknown_after_is_reverted(void **state)
{
	(void)state;
	world.after = WORLD_LOOK_UNKNOWN;
	assert_int_equal(run(), 0);
	assert_int_equal(world.planned.state, PLANNED_REVERTED);
	assert_non_null(strstr(world.planned.reason, "not known"));
	copies_are(WORLD_OLD, WORLD_OLD);
}

static void
test_lie_after_ends_the_run(void **state)
{
	(void)state;
	world.after = WORLD_LOOK_LIES;
	assert_int_equal(run(), -EPROTO);
	copies_are(WORLD_OLD, WORLD_OLD);
}

static void
test_lie_before_ends_the_run(void **state)
{
	(void)state;
	world.before = WORLD_LOOK_LIES;
	assert_int_equal(run(), -EPROTO);
	assert_int_equal(world.planned.state, PLANNED_SKIPPED);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(logged("intent"), 0);
}

/* Two fixes of one finding; the first one makes copy a, the second one b. */
static struct planned_fix two[2];

static void
plan_two(void)
{
	two[0] = two[1] = world.planned;
	two[0].change_count = two[1].change_count = 1;
	two[1].changes = &world.changes[1];
	world.plan = (struct plan){.fixes = two, .count = 2};
	world.host.looked_s = world.now_s;
}

static void
test_after_a_fix_all_is_looked_at_again(void **state)
{
	(void)state;
	plan_two();
	assert_int_equal(run(), 0);
	assert_int_equal(two[0].state, PLANNED_VERIFIED);
	assert_int_equal(two[1].state, PLANNED_SKIPPED);
	copies_are(WORLD_NEW, WORLD_OLD);
}

static void
test_after_a_lie_nothing_is_done(void **state)
{
	(void)state;
	plan_two();
	world.after = WORLD_LOOK_LIES;
	assert_int_equal(run(), -EPROTO);
	assert_int_equal(two[0].state, PLANNED_REVERTED);
	assert_int_equal(two[1].state, PLANNED_SKIPPED);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(logged("intent"), 1);
}

static void
test_stale_is_skipped(void **state)
{
	(void)state;
	world.before = WORLD_LOOK_CURED;
	assert_int_equal(run(), 0);
	assert_int_equal(world.planned.state, PLANNED_SKIPPED);
	assert_non_null(strstr(world.planned.reason, "stale: "));
	/* gone is as good as fixed, whoever did it */
	assert_int_equal(world.finding.state, FINDING_FIXED);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(logged("intent"), 0);
	assert_int_equal(logged("skipped"), 1);
}

static void
test_unknown_before_is_skipped(void **state)
{
	(void)state;
	world.before = WORLD_LOOK_UNKNOWN;
	assert_int_equal(run(), 0);
	assert_int_equal(world.planned.state, PLANNED_SKIPPED);
	copies_are(WORLD_OLD, WORLD_OLD);
}

static void
test_fresh_plan_needs_no_look(void **state)
{
	(void)state;
	world.host.looked_s = world.now_s;
	assert_int_equal(run(), 0);
	assert_int_equal(world.looks, 1);
	assert_int_equal(world.planned.state, PLANNED_VERIFIED);
}

static void
test_old_plan_is_looked_at_again(void **state)
{
	(void)state;
	world.host.looked_s = world.now_s - 60;
	assert_int_equal(run(), 0);
	assert_int_equal(world.looks, 2);
}

static void
test_clock_set_back_is_looked_at_again(void **state)
{
	(void)state;
	world.host.looked_s = world.now_s + 60;
	assert_int_equal(run(), 0);
	assert_int_equal(world.looks, 2);
}

static void
test_refused_by_check(void **state)
{
	(void)state;
	world.changes[1].target = world_path(&world, "", "elsewhere");
	assert_int_equal(run(), 0);
	assert_int_equal(world.planned.state, PLANNED_SKIPPED);
	assert_non_null(strstr(world.planned.reason, "not the chroot's copy"));
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(records_in(RECORD_CLOSED, RECORD_DROPPED), 2);
	/* it does not count as a try */
	assert_int_equal(state_fix_count(world.host.state, "chroot-stale",
	                     world.finding.item, "refresh", 3600),
	    0);
}

static int
fail_second(
    const struct change *change, struct change_host *host, struct why *why)
{
	if (change->id == 2)
		return why_set(why, -EIO, "the second fails");
	return effects_real.perform(change, host, why);
}

static void
test_all_or_none(void **state)
{
	struct effects effects = effects_real;
	struct why why = {0};

	(void)state;
	effects.perform = fail_second;
	open_real();
	world.host.effects = &effects;
	assert_int_equal(apply_plan(&world.host, &world.plan, &why), 0);
	assert_int_equal(world.planned.state, PLANNED_REVERTED);
	assert_string_equal(world.planned.reason, "the second fails");
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(state_fix_count(world.host.state, "chroot-stale",
	                     world.finding.item, "refresh", 3600),
	    1);
}

static void
test_dry_run_writes_nothing(void **state)
{
	struct why why = {0};

	(void)state;
	assert_int_equal(apply_plan(&world.host, &world.plan, &why), 0);
	assert_int_equal(world.planned.state, PLANNED_PLANNED);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(access(world.host.state_dir, F_OK), -1);
	world.changes[1].target = world_path(&world, "", "elsewhere");
	assert_int_equal(apply_plan(&world.host, &world.plan, &why), 0);
	assert_int_equal(world.planned.state, PLANNED_SKIPPED);
	assert_int_equal(access(world.host.state_dir, F_OK), -1);
}

static int
fail_to_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	(void)change;
	(void)host;
	return why_set(why, -EIO, "the disk is gone");
}

static void
test_what_was_not_begun_is_dropped(void **state)
{
	struct effects effects = effects_real;
	struct record_list closed = {0};
	struct why why = {0};

	(void)state;
	effects.perform = fail_to_perform;
	open_real();
	world.host.effects = &effects;
	assert_int_equal(apply_plan(&world.host, &world.plan, &why), 0);
	assert_int_equal(world.planned.state, PLANNED_REVERTED);
	assert_int_equal(record_list_load(world.arena, world.host.state_dir,
	                     RECORD_CLOSED, &closed, &why),
	    0);
	assert_int_equal(closed.count, 2);
	assert_int_equal(closed.records[0].state, RECORD_REVERTED);
	assert_int_equal(closed.records[1].state, RECORD_DROPPED);
}

static void
test_a_cure_mends_the_breaker(void **state)
{
	struct why why = {0};

	(void)state;
	open_real();
	for (int i = 1; i < STATE_BREAKER_FAILURES; i++)
		state_fix_result(world.host.state, "chroot-stale", false);
	assert_int_equal(apply_plan(&world.host, &world.plan, &why), 0);
	state_fix_result(world.host.state, "chroot-stale", false);
	assert_false(state_breaker_open(world.host.state, "chroot-stale"));
}

static void
test_no_cure_moves_the_breaker(void **state)
{
	struct why why = {0};

	(void)state;
	world.after = WORLD_LOOK_SICK;
	open_real();
	for (int i = 1; i < STATE_BREAKER_FAILURES; i++)
		state_fix_result(world.host.state, "chroot-stale", false);
	assert_false(state_breaker_open(world.host.state, "chroot-stale"));
	assert_int_equal(apply_plan(&world.host, &world.plan, &why), 0);
	assert_true(state_breaker_open(world.host.state, "chroot-stale"));
}

static void
test_last_run_is_undone(void **state)
{
	(void)state;
	assert_int_equal(run(), 0);
	world_close(&world);
	world_write(world_path(&world, "copy", "a"), WORLD_OLD);
	world.planned.state = PLANNED_PLANNED;
	world.planned.change_count = 1;
	world.host.run = "20261122T101501-0000";
	assert_int_equal(run(), 0);
	assert_int_equal(undo(WORLD_RUN "/0", "is not a run"), -EINVAL);
	assert_int_equal(undo("--last", "20261122T101501-0000/1  undone"), 0);
	copies_are(WORLD_OLD, WORLD_NEW);
}

static void
test_log_that_cannot_be_written(void **state)
{
	struct why why = {0};

	(void)state;
	open_real();
	world.host.audit->is_broken = true;
	assert_int_equal(apply_plan(&world.host, &world.plan, &why), -EIO);
	assert_int_equal(world.planned.state, PLANNED_SKIPPED);
	copies_are(WORLD_OLD, WORLD_OLD);
}

static void
test_told_to_stop(void **state)
{
	(void)state;
	world.is_stopping = true;
	assert_int_equal(run(), 0);
	assert_int_equal(world.planned.state, PLANNED_SKIPPED);
	copies_are(WORLD_OLD, WORLD_OLD);
}

static void
stop_at_pause(void *user, int ms)
{
	(void)ms;
	((struct world *)user)->is_stopping = true;
}

static void
test_stop_while_verifying(void **state)
{
	(void)state;
	world.after = WORLD_LOOK_SICK;
	world.host.pause = stop_at_pause;
	assert_int_equal(run(), 0);
	assert_int_equal(world.planned.state, PLANNED_REVERTED);
	copies_are(WORLD_OLD, WORLD_OLD);
}

/* Crashes: a process that ends without a word at a certain step. */
static int
die_after_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	int r = effects_real.capture(change, host, why);

	if (change->id == 2)
		_exit(0);
	return r;
}

static int
die_before_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	if (change->id == 2)
		_exit(0);
	return effects_real.perform(change, host, why);
}

static int
die_after_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	int r = effects_real.perform(change, host, why);

	if (change->id == 2)
		_exit(0);
	return r;
}

static int
die_at_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	(void)change;
	(void)host;
	(void)why;
	_exit(0);
}

static void
die_at_pause(void *user, int ms)
{
	(void)user;
	(void)ms;
	_exit(0);
}

static void
crash(const struct effects *effects)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct why why = {0};

		if (world_open(&world, &why) < 0)
			_exit(1);
		world.host.effects = effects;
		(void)apply_plan(&world.host, &world.plan, &why);
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
settle(void)
{
	struct why why = {0};
	int r;

	open_real();
	r = apply_settle(&world.host, &why);
	if (r < 0)
		fail_msg("%s", why.text);
	/* once more: nothing is left to do */
	assert_int_equal(apply_settle(&world.host, &why), 0);
	return r;
}

static void
test_crash_at_intent(void **state)
{
	struct effects effects = effects_real;

	(void)state;
	effects.check = die_at_check;
	crash(&effects);
	assert_int_equal(settle(), 2);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(records_in(RECORD_CLOSED, RECORD_DROPPED), 2);
	assert_int_equal(logged("settled"), 2);
}

static void
test_crash_at_capture(void **state)
{
	struct effects effects = effects_real;

	(void)state;
	effects.capture = die_after_capture;
	crash(&effects);
	assert_int_equal(settle(), 2);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(records_in(RECORD_OPEN, RECORD_INTENT), 0);
}

static void
test_crash_between_changes(void **state)
{
	struct effects effects = effects_real;

	(void)state;
	effects.perform = die_before_perform;
	crash(&effects);
	copies_are(WORLD_NEW, WORLD_OLD);
	assert_int_equal(settle(), 2);
	copies_are(WORLD_OLD, WORLD_OLD);
	for (int i = 1; i < STATE_BREAKER_FAILURES; i++)
		state_fix_result(world.host.state, "chroot-stale", false);
	assert_true(state_breaker_open(world.host.state, "chroot-stale"));
	assert_int_equal(records_in(RECORD_CLOSED, RECORD_REVERTED), 2);
	/* it counts as a try */
	assert_int_equal(state_fix_count(world.host.state, "chroot-stale",
	                     world.finding.item, "refresh", 3600),
	    1);
}

static void
test_crash_after_all_was_made(void **state)
{
	struct effects effects = effects_real;

	(void)state;
	effects.perform = die_after_perform;
	crash(&effects);
	copies_are(WORLD_NEW, WORLD_NEW);
	/* the problem is gone: what is missing is only the last word */
	assert_int_equal(settle(), 2);
	copies_are(WORLD_NEW, WORLD_NEW);
	assert_int_equal(records_in(RECORD_KEPT, RECORD_VERIFIED), 2);
	assert_int_equal(undo("--last", "undone: copy a"), 0);
	copies_are(WORLD_OLD, WORLD_OLD);
}

static void
test_crash_while_verifying(void **state)
{
	(void)state;
	world.after = WORLD_LOOK_SICK;
	world.host.pause = die_at_pause;
	crash(&effects_real);
	copies_are(WORLD_NEW, WORLD_NEW);
	assert_int_equal(settle(), 2);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(records_in(RECORD_CLOSED, RECORD_REVERTED), 2);
}

static void
test_crash_then_foreign(void **state)
{
	struct effects effects = effects_real;

	(void)state;
	effects.perform = die_after_perform;
	crash(&effects);
	world_write(world_path(&world, "copy", "a"), "the admin's\n");
	assert_int_equal(settle(), 2);
	copies_are("the admin's\n", WORLD_OLD);
	assert_int_equal(logged("left-alone"), 1);
}

static void
test_crash_while_keeping(void **state)
{
	struct record_list list;

	(void)state;
	assert_int_equal(run(), 0);
	assert_int_equal(record_list_load(world.arena, world.host.state_dir,
	                     RECORD_KEPT, &list, NULL),
	    0);
	/* the first was moved, the second not yet verified */
	list.records[1].state = RECORD_PERFORMED;
	assert_int_equal(record_save(world.arena, world.host.state_dir,
	                     &list.records[1], NULL),
	    0);
	assert_int_equal(record_move(world.arena, world.host.state_dir,
	                     &list.records[1], RECORD_OPEN, NULL),
	    0);
	world.after = WORLD_LOOK_SICK;
	world_close(&world);
	assert_int_equal(settle(), 1);
	copies_are(WORLD_NEW, WORLD_NEW);
	assert_int_equal(records_in(RECORD_KEPT, RECORD_VERIFIED), 2);
}

static void
test_damaged_record(void **state)
{
	struct effects effects = effects_real;
	struct why why = {0};

	(void)state;
	effects.perform = die_after_perform;
	crash(&effects);
	world_write(
	    world_path(&world, "", "state/changes/open/" WORLD_RUN "-1/record"),
	    "{\"version\":2}");
	open_real();
	assert_int_equal(apply_settle(&world.host, &why), -EBADMSG);
	assert_non_null(strstr(why.text, "version 2"));
	copies_are(WORLD_NEW, WORLD_NEW);
}

static void
test_release(void **state)
{
	const struct table *row = schema_table_find("chroot_file", NULL);
	struct expr_place place = {.file = "test", .line = 1};
	struct lint lint = {.arena = world.arena};
	struct fact_set *facts = NULL;
	struct why why = {0};

	(void)state;
	world.fix.release = expr_parse(
	    world.arena, "not stale", row, EXPR_TYPE_BOOL, place, &lint);
	lint_done(&lint);
	world.fix.release_s = 600;
	assert_int_equal(run(), 0);
	world.host.run = "20261122T102000-0001"; /* a later one */
	assert_int_equal(world_look(&world, NULL, &facts, &why), 0);
	assert_int_equal(apply_release(&world.host, facts, NULL, &why), 0);
	clock_fix(world.now_s += 300);
	/* unknown in between: the time begins anew */
	world.after = WORLD_LOOK_UNKNOWN;
	assert_int_equal(world_look(&world, NULL, &facts, &why), 0);
	assert_int_equal(apply_release(&world.host, facts, NULL, &why), 0);
	world.after = WORLD_LOOK_TRUE;
	assert_int_equal(world_look(&world, NULL, &facts, &why), 0);
	clock_fix(world.now_s += 400);
	assert_int_equal(apply_release(&world.host, facts, NULL, &why), 0);
	copies_are(WORLD_NEW, WORLD_NEW);
	clock_fix(world.now_s += 600);
	assert_int_equal(apply_release(&world.host, facts, NULL, &why), 2);
	copies_are(WORLD_OLD, WORLD_OLD);
	assert_int_equal(records_in(RECORD_CLOSED, RECORD_UNDONE), 2);
}

static void
test_retention(void **state)
{
	(void)state;
	world.after = WORLD_LOOK_SICK;
	assert_int_equal(run(), 0);
	assert_int_equal(records_in(RECORD_CLOSED, RECORD_REVERTED), 2);
	clock_fix(-1);
	record_retain(world.arena, world.host.state_dir);
	assert_int_equal(records_in(RECORD_CLOSED, RECORD_REVERTED), 2);
	clock_fix(clock_now_s() + 40 * 86400);
	record_retain(world.arena, world.host.state_dir);
	assert_int_equal(records_in(RECORD_CLOSED, RECORD_REVERTED), 0);
}

static void
test_states_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < RECORD_STATE_MAX; i++)
		assert_int_equal(record_state_from_text(record_state_to_text(
		                     (enum record_state)i)),
		    i);
	assert_int_equal(record_state_from_text("nonsense"), -1);
	assert_int_equal(record_state_from_text(NULL), -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_verified_and_undone),
	    CASE(test_one_change_undone),
	    CASE(test_foreign_is_left_alone),
	    CASE(test_damaged_image_is_refused),
	    CASE(test_not_cured_is_reverted),
	    CASE(test_unknown_after_is_reverted),
	    CASE(test_lie_after_ends_the_run),
	    CASE(test_lie_before_ends_the_run),
	    CASE(test_after_a_fix_all_is_looked_at_again),
	    CASE(test_after_a_lie_nothing_is_done),
	    CASE(test_stale_is_skipped),
	    CASE(test_unknown_before_is_skipped),
	    CASE(test_fresh_plan_needs_no_look),
	    CASE(test_old_plan_is_looked_at_again),
	    CASE(test_clock_set_back_is_looked_at_again),
	    CASE(test_refused_by_check),
	    CASE(test_all_or_none),
	    CASE(test_dry_run_writes_nothing),
	    CASE(test_what_was_not_begun_is_dropped),
	    CASE(test_a_cure_mends_the_breaker),
	    CASE(test_no_cure_moves_the_breaker),
	    CASE(test_last_run_is_undone),
	    CASE(test_log_that_cannot_be_written),
	    CASE(test_told_to_stop),
	    CASE(test_stop_while_verifying),
	    CASE(test_crash_at_intent),
	    CASE(test_crash_at_capture),
	    CASE(test_crash_between_changes),
	    CASE(test_crash_after_all_was_made),
	    CASE(test_crash_while_verifying),
	    CASE(test_crash_then_foreign),
	    CASE(test_crash_while_keeping),
	    CASE(test_damaged_record),
	    CASE(test_release),
	    CASE(test_retention),
	    cmocka_unit_test(test_states_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
