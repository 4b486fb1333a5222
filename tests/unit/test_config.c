/*
 * test_config.c - settings: defaults, overlays, every error with its place
 *
 * Purpose  a wrong setting is never taken for another one
 * Input    files made in a new folder
 * Errors   a failed assertion
 * Runs as  any user
 * Source   SPEC section 5
 */
#include <sys/stat.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/config.h"
#include "tests/unit/unit.h"

static void
file_make(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int
folder_make(void **state)
{
	static char dir[64];

	(void)strcpy(dir, "/tmp/test_config.XXXXXX");
	*state = dir;
	return mkdtemp(dir) == NULL || chdir(dir) != 0;
}

static int
folder_remove(void **state)
{
	(void)unlink("m.conf");
	(void)unlink("m.conf.d/10-a.ini");
	(void)unlink("m.conf.d/20-b.ini");
	(void)unlink("m.conf.d/README");
	(void)rmdir("m.conf.d");
	return chdir("/") != 0 || rmdir(*state) != 0;
}

static const char *
errors_text(struct buf *out, const struct lint *lint)
{
	for (size_t i = 0; i < lint->count; i++)
		buf_addf(out, "%s:%d: %s\n", lint->errors[i].file,
		    lint->errors[i].line, lint->errors[i].text);
	return buf_text(out);
}

static void
test_defaults(void **state)
{
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	struct config config;

	(void)state;
	config_load(arena, "absent.conf", &config, &lint);
	assert_int_equal(lint.count, 0);
	assert_string_equal(config.mta, "auto");
	assert_string_equal(config.domains, "auto");
	assert_string_equal(config.addresses, "auto");
	assert_string_equal(config.helo, "auto");
	assert_string_equal(config.wanted_ports, "auto");
	assert_string_equal(config.units, "auto");
	assert_string_equal(config.resolver, "system");
	assert_string_equal(config.blocklists, "default");
	assert_string_equal(config.dkim_selectors, "auto");
	assert_int_equal(config.auto_risk, RISK_NONE);
	assert_int_equal(config.changes_per_run, 10);
	assert_int_equal(config.disruptive_per_hour, 2);
	assert_int_equal(config.disruptive_per_day, 6);
	assert_int_equal(config.quiet_from_min, -1);
	assert_int_equal(config.quiet_to_min, -1);
	arena_free(arena);
}

static void
test_overlays(void **state)
{
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	struct config config;

	(void)state;
	file_make("m.conf",
	    "[host]\nmta = postfix\nwanted-ports = 25, 587\n"
	    "[policy]\nauto = safe\nquiet-hours = 22:00-06:30\n");
	assert_int_equal(mkdir("m.conf.d", 0755), 0);
	file_make("m.conf.d/20-b.ini",
	    "[policy]\nauto = destructive\nchanges-per-run = 0\n");
	file_make("m.conf.d/10-a.ini",
	    "[policy]\nauto = disruptive\nquiet-hours =\n"
	    "[host]\naddresses = 192.0.2.1, 2001:db8::1\n");
	file_make("m.conf.d/README", "not read\n");
	config_load(arena, "m.conf", &config, &lint);
	assert_int_equal(lint.count, 0);
	assert_string_equal(config.mta, "postfix");
	assert_string_equal(config.wanted_ports, "25, 587");
	assert_string_equal(config.addresses, "192.0.2.1, 2001:db8::1");
	assert_int_equal(config.auto_risk, RISK_DESTRUCTIVE);
	assert_int_equal(config.changes_per_run, 0);
	assert_int_equal(config.quiet_from_min, -1);
	arena_free(arena);
}

static void
test_hours(void **state)
{
	static const struct {
		const char *text;
		int from, to; /* -2: an error */
	} cases[] = {
	    {"22:00-06:30",  1320, 390 },
	    {"00:00-23:59",  0,    1439},
	    {"22:00-24:00",  -2,   -2  },
	    {"22:60-06:00",  -2,   -2  },
	    {"2:00-06:00",   -2,   -2  },
	    {"22:00 - 6:00", -2,   -2  },
	    {"22:00-22:00",  -2,   -2  },
	    {"22:00-06:00x", -2,   -2  },
	    {"never",        -2,   -2  },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct lint lint = {.arena = arena};
		AUTO_BUF struct buf text = {0};
		struct config config;

		buf_addf(&text, "[policy]\nquiet-hours = %s\n", cases[i].text);
		file_make("m.conf", buf_text(&text));
		config_load(arena, "m.conf", &config, &lint);
		assert_int_equal(lint.count, cases[i].from == -2);
		if (cases[i].from != -2) {
			assert_int_equal(config.quiet_from_min, cases[i].from);
			assert_int_equal(config.quiet_to_min, cases[i].to);
		}
		lint_done(&lint);
		arena_free(arena);
	}
}

/* All errors of all files at once. */
static void
test_errors(void **state)
{
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	AUTO_BUF struct buf got = {0};
	struct config config;

	(void)state;
	file_make("m.conf",
	    "[hots]\nmta = exim\n"
	    "[host]\nmta = sendmail\nwanted-ports = 25, 0\nheloo = x\n"
	    "addresses = 192.0.2.1, mx1\nunits = a,,b\ndomains =\n"
	    "[policy]\nauto = unsafe\nchanges-per-run = -1\n"
	    "disruptive-per-hour = 2.5\ndisruptive-per-day = 5min\n");
	assert_int_equal(mkdir("m.conf.d", 0755), 0);
	file_make("m.conf.d/10-a.ini", "[policy]\nauto = saf\nstray\n");
	config_load(arena, "m.conf", &config, &lint);
	assert_string_equal(errors_text(&got, &lint),
	    "m.conf:1: unknown section 'hots', did you mean 'host'?\n"
	    "m.conf:4: mta: 'sendmail' is none of: auto, postfix, exim\n"
	    "m.conf:5: wanted-ports: '0' is not a port (1 to 65535)\n"
	    "m.conf:6: unknown key 'heloo' in section host, did you mean "
	    "'helo'?\n"
	    "m.conf:7: addresses: 'mx1' is not an IP address\n"
	    "m.conf:8: units: an empty item in 'a,,b'\n"
	    "m.conf:9: domains: it has no value; leave the line out for the "
	    "default\n"
	    "m.conf:11: auto: 'unsafe' is none of: none, safe, disruptive, "
	    "destructive\n"
	    "m.conf:12: changes-per-run: '-1' is not a number\n"
	    "m.conf:13: disruptive-per-hour: '2.5' is not a whole number up to "
	    "10000\n"
	    "m.conf:14: disruptive-per-day: '5min' is not a whole number up to "
	    "10000\n"
	    "m.conf.d/10-a.ini:2: auto: 'saf' is not known, did you mean "
	    "'safe'?\n"
	    "m.conf.d/10-a.ini:3: neither a [section] nor 'key = value'\n");
	assert_int_equal(config.auto_risk, RISK_NONE);
	assert_string_equal(config.mta, "auto");
	lint_done(&lint);
	arena_free(arena);
}

static void
test_keys(void **state)
{
	(void)state;
	for (const struct config_key *key = config_keys; key->section; key++) {
		assert_true(strlen(key->doc) > 10);
		assert_non_null(key->otherwise);
		assert_true(key->offset < sizeof(struct config));
	}
	for (int risk = 0; risk < RISK_MAX; risk++)
		assert_true(strlen(risk_to_text((enum risk)risk)) > 3);
	assert_string_equal(risk_to_text(RISK_MAX), "?");
}

#define IN_FOLDER(test)                                                        \
	cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(test_defaults),
	    IN_FOLDER(test_overlays),
	    IN_FOLDER(test_hours),
	    IN_FOLDER(test_errors),
	    cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
