/*
 * test_postfix_advice.c - throttles that are none are found, others are left
 *
 * Purpose  unit tests of agent/mta/postfix_advice*.c, postfix_params.c
 * Input    texts in this file; no Postfix is needed
 * Errors   a failing assertion
 * Runs as  any user
 * Source   postconf(5), master(5), QSHAPE_README
 */
#include <string.h>

#include "agent/mta/postfix_advice.h"
#include "tests/unit/unit.h"

#define STOCK_MASTER                                                           \
	"smtp inet n - y - - smtpd\n"                                          \
	"qmgr unix n - n 300 1 qmgr\n"                                         \
	"smtp unix - - y - - smtp\n"                                           \
	"relay unix - - y - - smtp\n"                                          \
	"lmtp unix - - y - - lmtp\n"                                           \
	"maildrop unix - n n - - pipe flags=DR user=v argv=/m\n"

/* A configuration; settings are what main.cf says, over the defaults. */
static struct mta
advise(struct arena *arena, const char *main_cf, const char *master_cf)
{
	static const char defaults[] =
	    "default_transport = smtp\nrelay_transport = relay\nrelayhost =\n"
	    "message_size_limit = 10240000\nmynetworks = 127.0.0.0/8\n"
	    "smtpd_client_event_limit_exceptions = 127.0.0.0/8\n";
	struct postfix_services services = {0};
	struct postfix_settings settings;
	struct mta mta = {.config_dir = "/etc/postfix"};
	const char *all = defaults;
	struct why why;

	assert_int_equal(postfix_master_parse(arena, "master.cf", master_cf,
	                     strlen(master_cf), &services, &why),
	    0);
	postfix_params_parse(arena, main_cf, strlen(main_cf), &mta);
	/* the one set last holds, and the first of a name is found */
	for (size_t i = 0; i < mta.param_count; i++) {
		const struct mta_param *param = &mta.params[i];
		const char *old =
		    strstr(all, arena_printf(arena, "%s =", param->name));
		const char *rest = old != NULL ? strchr(old, '\n') + 1 : "";

		all = arena_printf(arena, "%.*s%s = %s\n%s",
		    (int)(old != NULL ? (size_t)(old - all) : strlen(all)), all,
		    param->name, param->value, rest);
	}
	postfix_settings_parse(arena, all, strlen(all), &settings);
	mta.message_size_limit =
	    postfix_setting_number(&settings, "message_size_limit", 0);
	mta.queue_minfree =
	    postfix_setting_number(&settings, "queue_minfree", 0);
	mta.clients.exempt = postfix_setting_text(
	    &settings, "smtpd_client_event_limit_exceptions", "");
	postfix_advice_find(arena, &settings, &services, &mta);
	return mta;
}

static int
arena_setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
arena_teardown(void **state)
{
	*state = arena_free(*state);
	return 0;
}

static void
test_params_have_lines(void **state)
{
	static const char text[] = "# a = b\n\nfirst=1\nlong = a,\n"
	                           "# in between\n  b\n\n\tc  \nno sign\n"
	                           "first = 2\n";
	struct mta mta = {0};

	postfix_params_parse(*state, text, strlen(text), &mta);
	assert_int_equal(mta.param_count, 3);
	assert_string_equal(mta_param_find(&mta, "first")->value, "2");
	assert_int_equal(mta_param_find(&mta, "first")->line, 10);
	assert_int_equal(mta_param_find(&mta, "long")->line, 4);
	assert_non_null(strstr(mta_param_find(&mta, "long")->value, "c"));
	assert_null(mta_param_find(&mta, "# a"));
	assert_null(mta_param_find(&mta, "b"));
}

static void
test_each_problem(void **state)
{
	static const struct {
		const char *main_cf, *more_master, *setting, *problem;
		const char *effect, *place, *instead;
	} cases[] = {
  /* clang-format off */
	    {"\n" "ghost_destination_rate_delay = 1s\n", "",
	     "ghost_destination_rate_delay", "no-such-transport", "useless",
	     "/etc/postfix/main.cf:2", "ghost unix"},
	    {"smtp_destination_rate_delay = 1s\n", "",
	     "smtp_destination_rate_delay", "delay-for-all", "harmful",
	     "/etc/postfix/main.cf:1", "nothing for all"},
	    {"default_destination_rate_delay = 1m\n", "",
	     "default_destination_rate_delay", "delay-for-all", "harmful",
	     "main.cf:1", "transport of its own"},
	    {"default_transport_rate_delay = 1s\n", "",
	     "default_transport_rate_delay", "delay-for-all", "harmful",
	     "main.cf:1", "transport of its own"},
	    {"slow_destination_rate_delay = 1s\n",
	     "slow unix - - y - - smtp\n", "slow_destination_rate_delay",
	     "dead-at-one-refusal", "harmful", "main.cf:1",
	     "slow_destination_concurrency_failed_cohort_limit = 100"},
	    {"slow_destination_rate_delay = 1s\n"
	     "slow_destination_concurrency_failed_cohort_limit = 100\n"
	     "slow_destination_concurrency_limit = 5\n",
	     "slow unix - - y - - smtp\n",
	     "slow_destination_concurrency_limit", "delay-beats-concurrency",
	     "useless", "main.cf:3", "one of"},
	    {"relay_destination_recipient_limit = 1\n", "",
	     "relay_destination_recipient_limit", "limits-by-recipient",
	     "harmful", "main.cf:1", "= 2"},
	    {"default_destination_concurrency_limit = 2\n", "",
	     "default_destination_concurrency_limit", "slow-for-all",
	     "harmful", "main.cf:1", "mailfix slows"},
	    {"", "slow unix - - y - - smtp\n"
	     "  -o smtp_destination_concurrency_limit=2\n",
	     "slow/unix:smtp_destination_concurrency_limit", "not-read-there",
	     "useless", "/etc/postfix/master.cf:7",
	     "slow_destination_concurrency_limit = 2"},
	    {"", "slow unix - - y - - smtp -o minimal_backoff_time=1h\n",
	     "slow/unix:minimal_backoff_time", "not-read-there", "useless",
	     "master.cf:7", "in main.cf: minimal_backoff_time = 1h"},
	    {"default_transport = out\n", "out unix - - y - 3 smtp\n",
	     "out/unix:maxproc", "too-few-processes", "harmful",
	     "master.cf:7", "default_process_limit"},
	    {"smtpd_client_connection_count_limit = 3\n", "",
	     "smtpd_client_connection_count_limit", "limits-good-clients",
	     "harmful", "main.cf:1", "50"},
	    {"smtpd_client_message_rate_limit = 60\n"
	     "anvil_rate_time_unit = 1h\n", "",
	     "smtpd_client_message_rate_limit", "limits-good-clients",
	     "harmful", "main.cf:1", "no limit"},
	    {"",
	     "587 inet n - y - - smtpd -o smtpd_client_connection_rate_limit=2\n",
	     "587/inet:smtpd_client_connection_rate_limit",
	     "limits-good-clients", "harmful", "master.cf:7", "no limit"},
	    {"smtpd_client_event_limit_exceptions = 10.0.0.5\n", "",
	     "smtpd_client_event_limit_exceptions", "limits-own-clients",
	     "harmful", "main.cf:1", "$mynetworks"},
	    {"soft_bounce = no\n" "soft_bounce = yes\n", "", "soft_bounce",
	     "soft-bounce", "harmful", "main.cf:2", "= no"},
	    {"queue_minfree = 1000\n", "", "queue_minfree",
	     "minfree-too-small", "useless", "main.cf:1", "15360000"},
  /* clang-format on */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mta mta = advise(*state, cases[i].main_cf,
		    arena_printf(
		        *state, "%s%s", STOCK_MASTER, cases[i].more_master));

		if (mta.advice_count != 1)
			fail_msg("%s%s: %zu rows", cases[i].main_cf,
			    cases[i].more_master, mta.advice_count);
		assert_string_equal(mta.advice[0].setting, cases[i].setting);
		assert_string_equal(mta.advice[0].problem, cases[i].problem);
		assert_string_equal(mta.advice[0].effect, cases[i].effect);
		assert_non_null(strstr(mta.advice[0].place, cases[i].place));
		assert_non_null(
		    strstr(mta.advice[0].instead, cases[i].instead));
		assert_non_null(mta.advice[0].does);
	}
}

static void
test_what_is_right_is_left_alone(void **state)
{
	static const struct {
		const char *main_cf, *more_master;
	} cases[] = {
  /* clang-format off */
	    {"", ""},
	    {"slow_destination_rate_delay = 1s\n"
	     "slow_destination_concurrency_failed_cohort_limit = 100\n"
	     "slow_destination_concurrency_limit = 1\n",
	     "slow unix - - y - 2 smtp\n"},
	    {"maildrop_destination_recipient_limit = 1\n"
	     "lmtp_destination_recipient_limit = 1\n", ""},
	    {"smtp_destination_rate_delay = 0s\n"
	     "smtp_destination_concurrency_limit = 5\n", ""},
	    {"relayhost = [relay.test]\n"
	     "smtp_destination_concurrency_limit = 2\n", ""},
	    {"relayhost = [relay.test]\n" "smtp_destination_rate_delay = 1s\n"
	     "smtp_destination_concurrency_failed_cohort_limit = 100\n"
	     "smtp_destination_recipient_limit = 20\n", ""},
	    {"smtpd_client_connection_count_limit = 50\n"
	     "smtpd_client_connection_rate_limit = 30\n"
	     "smtpd_client_event_limit_exceptions = 127.0.0.0/8, 10.0.0.1\n",
	     "submission inet n - y - - smtpd -o soft_bounce=no\n"},
	    {"queue_minfree = 15360000\n" "soft_bounce = no\n", ""},
	    {"queue_minfree = 1000\n" "message_size_limit = 0\n", ""},
	    {"soft_bounce = yes\n" "soft_bounce = no\n", ""},
	    {"mailfix-c2_destination_concurrency_limit = 2\n"
	     "mailfix-d10_destination_rate_delay = 10s\n"
	     "mailfix-gone_destination_rate_delay = 10s\n",
	     "mailfix-c2 unix - - y - - smtp\n"
	     "mailfix-d10 unix - - y - - smtp\n"},
  /* clang-format on */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mta mta = advise(*state, cases[i].main_cf,
		    arena_printf(
		        *state, "%s%s", STOCK_MASTER, cases[i].more_master));

		if (mta.advice_count != 0)
			fail_msg("%s: %s", mta.advice[0].setting,
			    mta.advice[0].problem);
	}
}

static void
test_only_so_many(void **state)
{
	const char *main_cf = "";

	for (int i = 0; i < 100; i++)
		main_cf = arena_printf(
		    *state, "%sg%d_destination_rate_delay = 1\n", main_cf, i);
	assert_int_equal(advise(*state, main_cf, STOCK_MASTER).advice_count,
	    POSTFIX_ADVICE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_params_have_lines),
	    cmocka_unit_test(test_each_problem),
	    cmocka_unit_test(test_what_is_right_is_left_alone),
	    cmocka_unit_test(test_only_so_many),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
