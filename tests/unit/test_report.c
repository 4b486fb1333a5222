/*
 * test_report.c - the reports: what people read, what programs parse
 *
 * Purpose  verdict, counts, exit statuses; widths; nothing hostile gets through
 * Input    findings and plans made by hand
 * Errors   a failed assertion
 * Runs as  the test
 * Source   SPEC section 2
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/json.h"
#include "agent/base/text.h"
#include "agent/report/page.h"
#include "agent/report/report.h"

static const struct column used = {
    .name = "used", .type = COLUMN_NUMBER, .unit = UNIT_SHARE};
static const struct column reply = {.name = "reply", .type = COLUMN_TEXT};
static const struct column running = {.name = "running", .type = COLUMN_BOOL};
static const struct action_spec start = {
    .name = "start-unit", .risk = RISK_DISRUPTIVE, .doc = "start a unit"};
static const struct fix fix = {.name = "start", .action = &start};
static const struct playbook disk_full = {
    .name = "disk-full", .severity = SEVERITY_CRITICAL, .is_chosen = true};
static const struct playbook service_down = {.name = "service-down",
    .severity = SEVERITY_CRITICAL,
    .fixes = &fix,
    .fix_count = 1,
    .is_chosen = true};
static const struct playbook hint = {
    .name = "clock-off", .severity = SEVERITY_INFO, .is_chosen = true};
static const struct change_kind unit_kind = {
    .name = "unit", .is_undoable = true};

/* One run to be reported; each test changes what it is about. */
struct world {
	struct finding findings[3];
	struct evidence evidence[3];
	struct change change;
	struct planned_fix fix;
	struct unknown unknown[3];
	struct judgement judgement;
	struct plan plan;
	struct mta mta;
	struct report report;
};

static void
world_make(struct world *w)
{
	*w = (struct world){
	    .mta = {.kind = "postfix", .version = "3.7.11"}
        };
	w->mta.ops = (const struct mta_ops *)w;
	w->evidence[0] =
	    (struct evidence){"used", &used, VALUE_NUMBER_OF(0.96)};
	w->evidence[1] = (struct evidence){"reply", &reply,
	    VALUE_TEXT_OF("421 4.7.0 Too many concurrent SMTP connections")};
	w->evidence[2] =
	    (struct evidence){"unit.running", &running, VALUE_BOOL_OF(false)};
	w->findings[0] = (struct finding){.playbook = &service_down,
	    .item = "postfix@-.service",
	    .title = "postfix@-.service does not run",
	    .advice = "Start it.",
	    .evidence = w->evidence,
	    .evidence_count = 3};
	w->change = (struct change){.id = 1,
	    .kind = &unit_kind,
	    .verb = "start",
	    .target = "postfix@-.service",
	    .before = "inactive",
	    .after = "active",
	    .text = "start postfix@-.service"};
	w->fix = (struct planned_fix){.finding = &w->findings[0],
	    .fix = &fix,
	    .changes = &w->change,
	    .change_count = 1};
	w->judgement = (struct judgement){.findings = w->findings, .count = 1};
	w->plan = (struct plan){.fixes = &w->fix, .count = 1};
	w->report = (struct report){.version = "0.1.0",
	    .run = "20261122T101500-4f2a",
	    .host = "mx1.example.com",
	    .mode = "dry-run",
	    .mta = &w->mta,
	    .started_s = 1795342500,
	    .duration_ms = 412,
	    .judgement = &w->judgement,
	    .plan = &w->plan,
	    .has_root = true};
}

static const struct report_format *
format(const char *name)
{
	for (size_t i = 0; report_formats[i] != NULL; i++)
		if (strcmp(report_formats[i]->name, name) == 0)
			return report_formats[i];
	fail_msg("no format %s", name);
	return NULL;
}

static void
write_as(struct world *w, const char *name, int columns, struct buf *out)
{
	struct report_style style = {.columns = columns};

	w->report.status = report_status(&w->judgement, &w->plan);
	format(name)->write(out, &w->report, &style);
	if (getenv("REPORT_SHOW") != NULL)
		print_message("%s\n", buf_text(out));
}

static void
assert_has(const struct buf *out, const char *text)
{
	if (strstr(buf_text(out), text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, buf_text(out));
}

static void
assert_has_not(const struct buf *out, const char *text)
{
	if (strstr(buf_text(out), text) != NULL)
		fail_msg("\"%s\" is in:\n%s", text, buf_text(out));
}

/* No line is wider than it may be. */
static void
assert_fits(const struct buf *out, int columns)
{
	char *copy = mem_dup(buf_text(out)), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (text_columns(line) > columns)
			fail_msg("wider than %d: \"%s\"", columns, line);
	free(copy);
}

static void
test_text_problem(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	write_as(&w, "text", 80, &out);
	assert_has(&out, "mx1.example.com   postfix 3.7.11   1 problem, can be "
	                 "fixed here");
	assert_has(&out, "dry run\n");
	assert_has(&out, "\nx postfix@-.service does not run ");
	assert_has(&out, " [service-down]\n");
	assert_has(&out, "  used 96 %, unit running: no\n");
	assert_has(
	    &out, "  > 421 4.7.0 Too many concurrent SMTP connections\n");
	assert_has(&out, "  fix   start: start postfix@-.service ");
	assert_has(&out, " disruptive, can be undone\n");
	assert_has(&out, "        - postfix@-.service: inactive\n");
	assert_has(&out, "        + postfix@-.service: active\n");
	assert_has(&out, "Nothing was changed.   To apply: mailfix\n"
	                 "Why: mailfix explain playbook service-down\n");
	/* a fix is planned: its advice would be one thing too many */
	assert_has_not(&out, "  do    ");
	assert_fits(&out, 80);
	assert_int_equal(report_exit(&w.report), 1);
}

static void
test_text_advice(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	w.plan.count = 0;
	w.findings[0].told = "It was killed; nobody knows by whom.";
	w.findings[0].advice =
	    "Look: `journalctl -u x -n 50`. If a command is longer than the "
	    "line: `a-command-that-is-long and-has-words and-is-to-be-copied "
	    "as-it-is-in-one-piece` `second`, or `none";
	write_as(&w, "text", 60, &out);
	assert_has(&out, "]\n  It was killed; nobody knows by whom.\n"
	                 "  do    Look:\n"
	                 "          journalctl -u x -n 50\n"
	                 "        If a command is longer than the line:\n"
	                 "          a-command-that-is-long and-has-words "
	                 "and-is-to-be-copied as-it-is-in-one-piece\n"
	                 "          second\n"
	                 "        or\n"
	                 "        none\n");
	/* the playbook's own words stand in the place of the list */
	assert_has_not(&out, "unit running: no");
}

/* Approved and refused by a check, or for another case: not "can be fixed". */
static void
test_text_not_fixable(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	w.fix.state = PLANNED_SKIPPED;
	w.fix.is_approved = true;
	w.fix.reason = "its source is not there";
	write_as(&w, "text", 80, &out);
	assert_has(&out, "1 problem  ");
	assert_has(&out, "not done: its source is not there\n");
	assert_has_not(&out, "can be fixed");
	assert_has_not(&out, "To apply");
	buf_clear(&out);
	w.fix.is_other_case = true;
	w.fix.change_count = 0;
	write_as(&w, "text", 80, &out);
	assert_has_not(&out, "  fix ");
}

static void
test_text_failed(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	w.findings[0].state = FINDING_FAILED;
	w.fix.state = PLANNED_REVERTED;
	write_as(&w, "text", 80, &out);
	assert_has(&out, "1 fix failed and was undone, 1 problem");
	assert_has(&out, "What was changed is undone.");
	assert_int_equal(report_exit(&w.report), 3);
	/* a restart has no way back: nothing may say that it was undone */
	buf_clear(&out);
	w.fix.state = PLANNED_FAILED;
	write_as(&w, "text", 80, &out);
	assert_has(&out, "1 fix failed, 1 problem");
	assert_has(&out, "What was done could not be undone.");
	assert_int_equal(report_exit(&w.report), 3);
}

static void
test_text_narrow(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	w.findings[0].title =
	    "a title in which there are so many words that it "
	    "cannot stand on one line of a narrow terminal";
	write_as(&w, "text", 60, &out);
	assert_fits(&out, 60);
	buf_clear(&out);
	write_as(&w, "text", 200, &out);
	assert_fits(&out, PAGE_COLUMNS_MAX);
}

static void
test_text_long_word(void **state)
{
	char word[400];
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	(void)memset(word, 'w', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	w.findings[0].title = word;
	write_as(&w, "text", 60, &out);
	assert_fits(&out, 60);
}

static void
test_text_hostile(void **state)
{
	static const char *const hostile[] = {"a\033[2Jb", "a\rb", "a\nb",
	    "\xff\xfe", "a\x07",
	    "\xc2\x9b"
	    "31m",
	    "\xe2\x80\xae", "a\tb"};
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(hostile); i++) {
		AUTO_BUF struct buf out = {0};
		AUTO_BUF struct buf flat = {0};

		world_make(&w);
		w.findings[0].title = hostile[i];
		w.findings[0].advice = hostile[i];
		w.evidence[1].value = VALUE_TEXT_OF(hostile[i]);
		w.change.text = w.change.target = w.change.after = hostile[i];
		w.fix.reason = hostile[i];
		w.report.host = w.mta.version = hostile[i];
		write_as(&w, "text", 80, &out);
		write_as(&w, "nagios", 80, &out);
		for (const char *p = buf_text(&out); *p != '\0'; p++)
			buf_add_char(&flat, *p == '\n' ? ' ' : *p);
		assert_true(text_is_printable(buf_text(&flat), flat.length));
	}
}

static void
test_text_colour(void **state)
{
	struct report_style style = {.columns = 80, .is_colour = true};
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	w.report.status = RUN_PROBLEMS;
	format("text")->write(&out, &w.report, &style);
	assert_has(&out, "\033[1;31mx postfix@-.service does not run\033[0m");
	buf_clear(&out);
	style.is_colour = false;
	format("text")->write(&out, &w.report, &style);
	assert_has_not(&out, "\033");
}

static void
test_text_quiet(void **state)
{
	struct report_style style = {.columns = 80, .verbosity = -1};
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	w.report.status = RUN_PROBLEMS;
	format("text")->write(&out, &w.report, &style);
	assert_has(&out, "[service-down]");
	assert_has_not(&out, "used 96 %");
	buf_clear(&out);
	w.judgement.count = 0;
	w.report.status = RUN_HEALTHY;
	format("text")->write(&out, &w.report, &style);
	assert_int_equal(out.length, 0);
}

static void
test_text_masked(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	w.findings[1] = (struct finding){
	    .playbook = &disk_full, .title = "/var is full", .advice = "Buy."};
	w.findings[0].state = FINDING_MASKED;
	w.findings[0].masked_by = &w.findings[1];
	w.judgement.count = 2;
	w.plan.count = 0;
	write_as(&w, "text", 80, &out);
	assert_has(&out, "1 problem ");
	assert_has(&out, "x /var is full");
	assert_has(&out, "  causes also  service-down (postfix@-.service)\n");
	assert_has(&out, "  do    Buy.\n");
	assert_has_not(&out, "[service-down]");
}

static void
test_text_unknown_grouped(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	w.judgement.count = 0;
	w.plan.count = 0;
	w.unknown[0] = (struct unknown){"queue", "no mail system"};
	w.unknown[1] = (struct unknown){"disk[/var].free", "it hangs"};
	w.unknown[2] = (struct unknown){"map", "no mail system"};
	w.judgement.unknown = w.unknown;
	w.judgement.unknown_count = 3;
	write_as(&w, "text", 80, &out);
	assert_has(&out, "no problem found, but not all is known");
	assert_has(&out, "? not known: queue, map (no mail system)\n");
	assert_has(&out, "? not known: disk[/var].free (it hangs)\n");
	assert_int_equal(report_exit(&w.report), 2);
}

static void
test_status(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	assert_int_equal(report_status(&w.judgement, &w.plan), RUN_PROBLEMS);
	w.findings[0].state = FINDING_FIXED;
	w.fix.state = PLANNED_VERIFIED;
	assert_int_equal(report_status(&w.judgement, &w.plan), RUN_FIXED);
	w.findings[0].state = FINDING_SUPPRESSED;
	w.fix.state = PLANNED_SKIPPED;
	assert_int_equal(report_status(&w.judgement, &w.plan), RUN_HEALTHY);
	w.findings[0].state = FINDING_FAILED;
	w.fix.state = PLANNED_REVERTED;
	assert_int_equal(report_status(&w.judgement, &w.plan), RUN_FAILED);
	/* a symptom that was not looked at again is not known to be gone */
	w.findings[0].state = FINDING_MASKED;
	w.plan.count = 0;
	assert_int_equal(report_status(&w.judgement, &w.plan), RUN_PROBLEMS);
	w.findings[0] = (struct finding){.playbook = &hint, .title = "x"};
	assert_int_equal(report_status(&w.judgement, &w.plan), RUN_HEALTHY);
}

static void
test_exit_codes(void **state)
{
	static const int want[RUN_STATUS_MAX] = {
	    [RUN_HEALTHY] = 0,
	    [RUN_PROBLEMS] = 1,
	    [RUN_UNKNOWN] = 2,
	    [RUN_FIXED] = 0,
	    [RUN_FAILED] = 3,
	};

	(void)state;
	for (int i = 0; i < RUN_STATUS_MAX; i++) {
		struct report report = {.status = (enum run_status)i};

		assert_int_equal(report_exit(&report), want[i]);
	}
}

static void
test_json(void **state)
{
	AUTO_BUF struct buf out = {0};
	AUTO_JSON struct json *root = NULL;
	struct json *finding, *fixes, *changes, *evidence;
	struct world w;

	(void)state;
	world_make(&w);
	write_as(&w, "json", 80, &out);
	assert_int_equal(
	    json_parse(buf_text(&out), out.length, &root, NULL), 0);
	assert_string_equal(json_get_text(root, "status"), "problems");
	assert_string_equal(
	    json_get_text(root, "started"), "2026-11-22T10:15:00Z");
	assert_int_equal(json_get_int(root, "duration_ms", 0), 412);
	assert_string_equal(
	    json_get_text(json_get(root, "mta"), "version"), "3.7.11");
	finding = json_at(json_get(root, "findings"), 0);
	assert_string_equal(json_get_text(finding, "playbook"), "service-down");
	assert_string_equal(json_get_text(finding, "severity"), "critical");
	evidence = json_get(finding, "evidence");
	assert_true(json_get_real(evidence, "used", 0) > 0.95);
	assert_false(json_get_bool(evidence, "unit.running", true));
	fixes = json_get(finding, "fixes");
	assert_string_equal(
	    json_get_text(json_at(fixes, 0), "state"), "planned");
	changes = json_get(json_at(fixes, 0), "changes");
	assert_int_equal(json_get_int(json_at(changes, 0), "id", 0), 1);
	assert_int_equal(json_length(json_get(root, "unknown")), 0);
}

static void
test_nagios(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct world w;

	(void)state;
	world_make(&w);
	w.findings[0].title = "a|b";
	write_as(&w, "nagios", 80, &out);
	assert_has(&out, "MAILFIX CRITICAL - 1 problem, can be fixed here: a/b "
	                 "| problems=1;0;;0 critical=1;;0;0 ");
	assert_has(&out, "time=0.412s;;;0\n");
	assert_int_equal(format("nagios")->exit_code(&w.report), 2);
	w.judgement.count = 0;
	w.report.status = RUN_UNKNOWN;
	assert_int_equal(format("nagios")->exit_code(&w.report), 3);
	w.report.status = RUN_HEALTHY;
	assert_int_equal(format("nagios")->exit_code(&w.report), 0);
}

static const char *const settings[] = {
    "mailfix-c2_destination_concurrency_limit = 2", NULL};
static const char *const traceless[] = {"flush", NULL};
static const struct change_kind queue_kind = {.name = "queue-move",
    .is_undoable = true,
    .lasting = traceless,
    .traceless = traceless};

/* As a slow-down: what it stands on, a row, a try again. */
static void
slow_down(struct world *w, struct change changes[static 3])
{
	world_make(w);
	changes[0] = (struct change){.id = 1,
	    .kind = &unit_kind,
	    .verb = "add",
	    .target = "main.cf",
	    .after = "1 setting",
	    .text = "main.cf: 1 setting for mailfix-c2",
	    .items = settings,
	    .item_count = 1,
	    .base = "mailfix_transport",
	    .is_base = true};
	changes[1] = (struct change){.id = 2,
	    .kind = &unit_kind,
	    .verb = "set",
	    .target = "mailfix_transport: big.test",
	    .after = "mailfix-c2:",
	    .text = "mailfix_transport: big.test -> mailfix-c2",
	    .base = "mailfix_transport"};
	changes[2] = (struct change){.id = 3,
	    .kind = &queue_kind,
	    .verb = "flush",
	    .target = "20 messages in deferred",
	    .before = "deferred",
	    .after = "deferred",
	    .text = "try again 20 of 30 deferred messages",
	    .base = "mailfix_transport"};
	w->fix.changes = changes;
	w->fix.change_count = 3;
	w->fix.summary = "2 sessions at a time to big.test";
}

static void
test_text_steps(void **state)
{
	struct report_style style = {.columns = 80, .verbosity = 1};
	AUTO_BUF struct buf out = {0};
	struct change changes[3];
	struct world w;

	(void)state;
	slow_down(&w, changes);
	write_as(&w, "text", 80, &out);
	assert_has(&out, "  fix   start: 2 sessions at a time to big.test");
	assert_has(&out, "can be undone\n");
	assert_has_not(&out, "cannot be undone");
	assert_has(
	    &out, "        + mailfix_transport: big.test -> mailfix-c2\n");
	assert_has(&out, "        + once: main.cf: 1 setting for mailfix-c2\n");
	assert_has(&out, "        try again 20 of 30 deferred messages\n");
	assert_has_not(&out, settings[0]);
	buf_clear(&out);
	format("text")->write(&out, &w.report, &style);
	assert_has(&out, settings[0]);
}

static void
test_text_eased(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct change changes[3];
	struct plan eased;
	struct world w;

	(void)state;
	slow_down(&w, changes);
	eased = w.plan;
	changes[1].before = "mailfix-c2:";
	changes[1].text = "mailfix_transport: big.test -> mailfix-c3";
	w.fix.changes = &changes[1];
	w.fix.change_count = 1;
	w.fix.summary = "3 sessions at a time to big.test";
	w.fix.state = PLANNED_VERIFIED;
	w.judgement.count = w.plan.count = 0;
	w.report.eased = &eased;
	w.plan = (struct plan){0};
	write_as(&w, "text", 80, &out);
	assert_has(&out, "^ Eased: 3 sessions at a time to big.test");
	assert_has(&out, "[service-down]\n");
	assert_has(&out,
	    "+ mailfix_transport: big.test -> mailfix-c3 (was mailfix-c2:)\n");
	assert_has(&out, "1 step back toward normal.");
	buf_clear(&out);
	write_as(&w, "json", 80, &out);
	assert_has(&out, "\"eased\": [");
	assert_has(&out, "\"summary\": \"3 sessions at a time to big.test\"");
	buf_clear(&out);
	w.fix.state = PLANNED_SKIPPED; /* not now is no news */
	write_as(&w, "text", 80, &out);
	assert_has_not(&out, "ased:");
	assert_has(&out, "Nothing was changed.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_problem),
	    cmocka_unit_test(test_text_advice),
	    cmocka_unit_test(test_text_not_fixable),
	    cmocka_unit_test(test_text_failed),
	    cmocka_unit_test(test_text_narrow),
	    cmocka_unit_test(test_text_long_word),
	    cmocka_unit_test(test_text_hostile),
	    cmocka_unit_test(test_text_colour),
	    cmocka_unit_test(test_text_quiet),
	    cmocka_unit_test(test_text_masked),
	    cmocka_unit_test(test_text_unknown_grouped),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_exit_codes),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_nagios),
	    cmocka_unit_test(test_text_steps),
	    cmocka_unit_test(test_text_eased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
