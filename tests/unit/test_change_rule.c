/*
 * test_change_rule.c - the kind "nft-rule": checked, made, looked at, undone
 *
 * Purpose  unit tests of agent/change/nft_rule.c, nft_keep.c, rule_mark.c, on
 *          the kernel, in a network namespace of its own
 * Input    rule sets written here, loaded by nft(8); two links made by ip(8)
 * Errors   a failing assertion
 * Runs as  root; skipped without the right to make a namespace
 * Source   -
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/change/change.h"
#include "agent/change/change_store.h"
#include "agent/change/rule_mark.h"
#include "agent/change/ufw_tuple.h"
#include "tests/unit/program_say.h"

#define NFT "/usr/sbin/nft"
#define IP  "/usr/sbin/ip"

static const char links[] =
    "link add eth0 type veth peer name far\nlink set far up\nlink set lo up\nlink set eth0 up\n"
    "addr add 192.0.2.10/24 dev eth0\n"
    "addr add 2001:db8::10/64 dev eth0 nodad\n"
    "route add default via 192.0.2.1\n"
    "route add default via 2001:db8::1\n";

static const char closed[] =
    "table inet filter {\n chain input {\n"
    "  type filter hook input priority 0; policy drop;\n"
    "  iifname \"lo\" accept\n  ct state established,related accept\n"
    "  tcp dport 25 accept\n }\n}\n";

static char root[64], store[96];
static struct arena *arena;
static struct change_host host;
static struct change change;
static struct why why;

static void
load(const char *rules)
{
	AUTO_BUF struct buf said = {0};

	program_say(&said, rules, (const char *const[]){NFT, "-f", "-", NULL});
}

static void
list(struct buf *ret)
{
	program_say(ret, NULL,
	    (const char *const[]){NFT, "-a", "list", "ruleset", NULL});
}

static int
begin(void **state)
{
	AUTO_BUF struct buf said = {0};

	(void)state;
	if (access(NFT, X_OK) < 0 || access(IP, X_OK) < 0 ||
	    unshare(CLONE_NEWNET) < 0)
		skip();
	program_say(&said, links, (const char *const[]){IP, "-b", "-", NULL});
	load(closed);
	(void)strcpy(root, "/tmp/test-change-rule-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	(void)snprintf(store, sizeof(store), "%s/20261122T101500-4f2a-2", root);
	arena = arena_new();
	why = (struct why){0};
	host = (struct change_host){.arena = arena, .store = store};
	change = (struct change){
	    .id = 2,
	    .kind = change_kind_find("nft-rule"),
	    .verb = "accept",
	    .target = "inet filter input",
	    .after = "tcp dport 587 accept",
	    .detail = "at the end",
	    .text = "inet filter input: tcp dport 587 accept",
	};
	return mkdir(store, 0700);
}

static int
end(void **state)
{
	char command[128];

	(void)state;
	arena = arena_free(arena);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command) == 0 ? 0 : -1;
}

static enum change_found
found(void)
{
	enum change_found is = CHANGE_IS_PARTIAL;

	if (change.kind->look(&change, &host, &is, &why) < 0)
		fail_msg("%s", why.text);
	return is;
}

#define DO(step)                                                               \
	do {                                                                   \
		if (change.kind->step(&change, &host, &why) != 0)              \
			fail_msg(#step ": %s", why.text);                      \
	} while (0)

static void
test_made_and_undone(void **state)
{
	AUTO_BUF struct buf before = {0}, after = {0};

	(void)state;
	list(&before);
	DO(check);
	DO(capture);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
	list(&after);
	assert_string_equal(buf_text(&before), buf_text(&after));
	DO(perform);
	assert_int_equal(found(), CHANGE_IS_AFTER);
	list(&after);
	assert_non_null(strstr(buf_text(&after),
	    "tcp dport 587 counter packets 0 bytes 0 accept comment \"mailfix "
	    "20261122T101500-4f2a/2\""));
	assert_int_equal(change.kind->check(&change, &host, &why), -ESTALE);
	assert_non_null(strstr(why.text, "is open by now"));
	DO(undo);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
	list(&after);
	assert_string_equal(buf_text(&before), buf_text(&after));
	DO(undo);
}

/* Planned for another place, another chain, more than there is to open. */
static void
test_not_as_planned(void **state)
{
	static const struct {
		const char *target, *after, *detail;
		int code;
	} cases[] = {
	    {"inet filter input",   "tcp dport 587 accept",                  "before 4",   -ESTALE},
	    {"inet filter other",   "tcp dport 587 accept",                  "at the end",
             -ESTALE	                                                                      },
	    {"ip filter input",     "tcp dport 587 accept",                  "at the end", -ESTALE},
	    {"inet filter input",   "iifname \"eth1\" tcp dport 587 accept",
             "at the end",	                                                         -ESTALE},
	    {"inet filter input",   "tcp dport 25 accept",                   "at the end", -ESTALE},
	    {"inet filter input",   "accept",                                "at the end", -EINVAL},
	    {"inet filter input",   "tcp dport 587 accept",                  "before 0",   -EINVAL},
	    {"inet filter input",   "tcp dport 587 accept",                  "before -1",  -EINVAL},
	    {"inet filter input",   "tcp dport 587 accept",                  "anywhere",   -EINVAL},
	    {"bridge filter input", "tcp dport 587 accept",                  "at the end",
             -EINVAL	                                                                      },
	    {"inet filter",         "tcp dport 587 accept",                  "at the end", -EINVAL},
	    {"inet filter a b",     "tcp dport 587 accept",                  "at the end", -EINVAL},
	};
	AUTO_BUF struct buf before = {0}, after = {0};

	(void)state;
	list(&before);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		change.target = cases[i].target;
		change.after = cases[i].after;
		change.detail = cases[i].detail;
		if (change.kind->check(&change, &host, &why) != cases[i].code)
			fail_msg("check %zu: %s", i, why.text);
		if (change.kind->perform(&change, &host, &why) != cases[i].code)
			fail_msg("perform %zu: %s", i, why.text);
	}
	list(&after);
	assert_string_equal(buf_text(&before), buf_text(&after));
}

static void
test_rules_loaded_anew(void **state)
{
	AUTO_BUF struct buf before = {0}, after = {0};

	(void)state;
	DO(capture);
	DO(perform);
	load("flush ruleset\n");
	load(closed);
	/* the handle of ours is another's now, the rule is gone */
	assert_int_equal(found(), CHANGE_IS_BEFORE);
	list(&before);
	DO(undo);
	list(&after);
	assert_string_equal(buf_text(&before), buf_text(&after));
}

static void
test_changed_by_somebody_else(void **state)
{
	(void)state;
	DO(capture);
	load("add rule inet filter input tcp dport 588 counter accept comment "
	     "\"mailfix 20261122T101500-4f2a/2\"\n");
	assert_int_equal(found(), CHANGE_IS_FOREIGN);
	assert_int_equal(change.kind->undo(&change, &host, &why), -ESTALE);
}

/* The first of two accepts does not open the port yet, and stays. */
static void
test_two_chains_refuse(void **state)
{
	AUTO_BUF struct buf before = {0}, after = {0};

	(void)state;
	load("table inet later {\n chain in {\n  type filter hook input "
	     "priority 10;\n  tcp dport 587 reject\n }\n}\n");
	list(&before);
	DO(check);
	DO(capture);
	DO(perform);
	assert_int_equal(found(), CHANGE_IS_AFTER);
	DO(undo);
	list(&after);
	assert_string_equal(buf_text(&before), buf_text(&after));
}

static void
test_kept_for_the_next_boot(void **state)
{
	static const char rule[] =
	    "add rule inet filter input tcp dport 587 counter accept";
	AUTO_BUF struct buf bytes = {0};

	(void)state;
	change.id = 3;
	change.verb = "keep";
	change.target = arena_printf(arena, "%s/mailfix-587.nft", root);
	change.after = rule;
	change.detail = arena_printf(arena, "%s/rules.conf", root);
	/* the folder is in nobody's file here */
	assert_int_equal(change.kind->check(&change, &host, &why), -ESTALE);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
	buf_addf(
	    &bytes, "flush ruleset\n%sinclude \"%s/*.nft\"\n", closed, root);
	assert_int_equal(file_replace(AT_FDCWD, change.detail, buf_text(&bytes),
	                     bytes.length, NULL, &why),
	    0);
	DO(perform);
	assert_int_equal(found(), CHANGE_IS_AFTER);
	buf_clear(&bytes);
	assert_int_equal(
	    file_read(AT_FDCWD, change.target, 4096, &bytes, &why), 0);
	assert_string_equal(buf_text(&bytes),
	    "add rule inet filter input tcp dport 587 counter accept comment "
	    "\"mailfix 20261122T101500-4f2a/2\"\n");
	DO(undo);
	assert_int_equal(found(), CHANGE_IS_BEFORE);
	assert_int_equal(access(change.target, F_OK), -1);

	/* a chain that the file does not make: nft refuses, nothing is left */
	change.after = "add rule inet filter nowhere tcp dport 587 counter "
	               "accept";
	assert_int_equal(change.kind->perform(&change, &host, &why), -EIO);
	assert_int_equal(access(change.target, F_OK), -1);
	change.after = "add rule inet filter input counter accept";
	assert_int_equal(change.kind->perform(&change, &host, &why), -EINVAL);
	change.after = "add rule inet filter input tcp dport 587 counter "
	               "accept; flush ruleset";
	assert_int_equal(change.kind->perform(&change, &host, &why), -EINVAL);
	change.after = rule;
	change.target = arena_printf(arena, "%s/passwd", root);
	assert_int_equal(change.kind->perform(&change, &host, &why), -EINVAL);
}

static void
test_ufw_tuples(void **state)
{
	static const char text[] =
	    "*filter\n### RULES ###\n\n"
	    "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n-A x\n"
	    "### tuple ### deny any any 0.0.0.0/0 any 192.0.2.0/24 in\n"
	    "### tuple ### deny any 587 0.0.0.0/0 any 0.0.0.0/0 in\n"
	    "### tuple ### reject tcp 25,460:470 0.0.0.0/0 any 0.0.0.0/0 in\n"
	    "### tuple ### deny_log tcp 465 0.0.0.0/0 any 0.0.0.0/0 in "
	    "comment=6f6c64206f6e65\n"
	    "### tuple ### route:deny tcp 993 0.0.0.0/0 any 0.0.0.0/0 in\n"
	    "### tuple ### deny tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 Full - in\n"
	    "### tuple ### what is this\nCOMMIT\n";
	struct ufw_tuples tuples;

	(void)state;
	arena = arena_new();
	ufw_tuples_read(arena, text, &tuples);
	assert_int_equal(tuples.count, 8);
	assert_true(ufw_tuple_is_port(&tuples.tuples[0], 22));
	assert_false(ufw_tuple_refuses(&tuples.tuples[0], 22));
	assert_false(ufw_tuple_refuses(&tuples.tuples[1], 587));
	assert_true(ufw_tuple_refuses(&tuples.tuples[2], 587));
	assert_false(ufw_tuple_is_port(&tuples.tuples[2], 587));
	assert_true(ufw_tuple_refuses(&tuples.tuples[3], 465));
	assert_true(ufw_tuple_refuses(&tuples.tuples[3], 25));
	assert_false(ufw_tuple_refuses(&tuples.tuples[3], 471));
	assert_true(ufw_tuple_is_port(&tuples.tuples[4], 465));
	assert_string_equal(tuples.tuples[4].comment, "old one");
	assert_false(ufw_tuple_refuses(&tuples.tuples[5], 993));
	assert_true(ufw_tuple_refuses(&tuples.tuples[6], 443));
	assert_null(tuples.tuples[7].action);
	arena = arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_made_and_undone, begin, end),
	    cmocka_unit_test_setup_teardown(test_not_as_planned, begin, end),
	    cmocka_unit_test_setup_teardown(test_rules_loaded_anew, begin, end),
	    cmocka_unit_test_setup_teardown(
	        test_changed_by_somebody_else, begin, end),
	    cmocka_unit_test_setup_teardown(test_two_chains_refuse, begin, end),
	    cmocka_unit_test_setup_teardown(
	        test_kept_for_the_next_boot, begin, end),
	    cmocka_unit_test(test_ufw_tuples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
