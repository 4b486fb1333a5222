/*
 * test_history.c - runs as the audit log tells them
 *
 * Purpose  records become runs, with their findings, changes and end
 * Input    an audit log that the test writes
 * Errors   a failed assertion
 * Runs as  the test
 * Source   agent/main/history.h
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/audit/audit.h"
#include "agent/main/history.h"

static char place[] = "/tmp/test-history-XXXXXX";
static char path[64];

static void
note(struct audit *audit, const char *event, const char *key, const char *text)
{
	struct why why = {0};
	struct json *ev = json_object_new();

	if (key != NULL)
		json_set_text(ev, key, text);
	if (audit_append(audit, event, ev, &why) < 0)
		fail_msg("%s", why.text);
}

static void
run_write(const char *run, bool is_loud, bool has_end)
{
	struct audit *audit = NULL;
	struct why why = {0};

	if (audit_open(path, run, &audit, &why) < 0)
		fail_msg("%s", why.text);
	note(audit, "run-begin", "mode", "auto");
	if (is_loud)
		note(audit, "finding", "title", "a\033b");
	if (has_end)
		note(audit, "run-end", "status", "problems");
	(void)audit_free(audit);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(place) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/audit.jsonl", place);
	run_write("20261122T101500-0001", true, true);
	run_write("20261122T101600-0002", false, true);
	run_write("20261122T101700-0003", true, false);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = {
	    "audit.jsonl", "audit.head", "audit.reserve", "audit.lock"};
	char file[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", place, names[i]);
		(void)unlink(file);
	}
	(void)rmdir(place);
	return 0;
}

static void
test_runs(void **state)
{
	struct history history = {.arena = arena_new()};

	(void)state;
	assert_int_equal(history_read(&history, path, NULL), 0);
	assert_int_equal(history.count, 3);
	assert_string_equal(history.runs[0].run, "20261122T101500-0001");
	assert_string_equal(history.runs[0].mode, "auto");
	assert_string_equal(history.runs[0].status, "problems");
	assert_int_equal(history.runs[0].event_count, 1);
	assert_string_equal(history.runs[0].events[0].event, "finding");
	assert_false(history_is_quiet(&history.runs[0]));
	assert_true(history_is_quiet(&history.runs[1]));
	/* a run that did not end is not quiet: something happened to it */
	assert_null(history.runs[2].status);
	assert_false(history_is_quiet(&history.runs[2]));
	history_done(&history);
	history.arena = arena_free(history.arena);
}

static void
test_one_run(void **state)
{
	struct history history = {
	    .arena = arena_new(), .only = "20261122T101600-0002"};

	(void)state;
	assert_int_equal(history_read(&history, path, NULL), 0);
	assert_int_equal(history.count, 1);
	assert_string_equal(history.runs[0].run, "20261122T101600-0002");
	history_done(&history);
	history.arena = arena_free(history.arena);
}

static void
test_words(void **state)
{
	AUTO_JSON struct json *record = json_object_new();
	AUTO_BUF struct buf out = {0};

	(void)state;
	json_set_text(record, "playbook", "disk-full");
	json_set_text(record, "item", "/var");
	json_set_text(record, "fix", "prune");
	json_set_text(record, "text", "quarantine 3 messages");
	json_set_text(record, "reason", "too many");
	buf_add(&out, "> ");
	history_words(&out, record);
	assert_string_equal(buf_text(&out),
	    "> disk-full /var, prune: quarantine 3 messages; too many");
}

static void
test_words_of_a_step(void **state)
{
	AUTO_JSON struct json *record = json_object_new();
	AUTO_BUF struct buf out = {0};

	(void)state;
	json_set_text(record, "verb", "set");
	json_set_text(record, "before", "mailfix-c2:");
	json_set_text(
	    record, "text", "mailfix_transport: big.test -> mailfix-c3");
	history_words(&out, record);
	assert_string_equal(buf_text(&out),
	    "mailfix_transport: big.test -> mailfix-c3 (was mailfix-c2:)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_runs),
	    cmocka_unit_test(test_one_run),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_words_of_a_step),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
