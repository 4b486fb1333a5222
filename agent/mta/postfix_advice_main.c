/*
 * postfix_advice_main.c - throttles that are none: what main.cf sets
 *
 * Purpose  one function for each kind of parameter
 * Input    a parameter as set, and what Postfix makes of it all
 * Errors   none
 * Runs as  the actor; pure
 * Source   postconf(5) of each parameter; qmgr_transport.c: a rate delay makes
 *          the concurrency 1; QSHAPE_README: cohort limit 100
 */
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix_advice.h"

#define MAIN "main.cf"

/*
 * initial_destination_concurrency, postconf(5): with which Postfix begins. Who
 * is below it for all domains never gives one of them its usual share.
 */
#define CONCURRENCY_USUAL 5

/* The least that postconf(5) advises beside a delay; QSHAPE_README: 100. */
#define COHORT_LEAST 10

/*
 * As many connections and messages a minute as an ordinary mail server with a
 * mailing list on it makes; large providers open up to 20 at a time.
 */
#define CLIENT_LEAST 10

#define INSTEAD_OWN                                                            \
	"nothing for all: mailfix slows down the one that answers 421, and "   \
	"speeds up again. By hand: a transport of its own in master.cf, its "  \
	"limits in main.cf, a row in transport_maps"

/* One transport's parameter at hand. */
struct transport_param {
	const struct mta_param *param;
	const char *transport, *suffix;
	bool is_for_all; /* it holds for all mail that has no other transport */
};

static const struct postfix_service *
service_find(const struct postfix_advice *advice, const char *name)
{
	for (size_t i = 0; i < advice->services->count; i++)
		if (strcmp(advice->services->services[i].name, name) == 0 &&
		    strcmp(advice->services->services[i].type, "unix") == 0)
			return &advice->services->services[i];
	return NULL;
}

static struct mta_advice *
param_add(struct postfix_advice *advice, const char *problem,
    const struct mta_param *param)
{
	return postfix_advice_add(
	    advice, problem, param->name, param->value, MAIN, param->line);
}

static bool
transport_missing(
    struct postfix_advice *advice, const struct transport_param *at)
{
	struct mta_advice *row;

	/* a table that could not be read says nothing about what is in it */
	if (strcmp(at->transport, "default") == 0 ||
	    advice->services->count == 0 ||
	    service_find(advice, at->transport) != NULL)
		return false;
	row = param_add(advice, "no-such-transport", at->param);
	if (row == NULL)
		return true;
	row->effect = "useless";
	row->does = arena_printf(advice->arena,
	    "master.cf has no service %s, so nothing is delivered by it",
	    at->transport);
	row->instead = arena_printf(advice->arena,
	    "a service in master.cf, `%s unix - - y - - smtp`, and a row in "
	    "transport_maps; or nothing",
	    at->transport);
	return true;
}

static void
delay_check(struct postfix_advice *advice, const struct transport_param *at)
{
	const char *name = at->transport;
	struct mta_advice *row;

	if (postfix_advice_of(advice, name, at->suffix, 0) <= 0)
		return;
	if (at->is_for_all && !advice->has_relay) {
		row = param_add(advice, "delay-for-all", at->param);
		if (row == NULL)
			return;
		row->does =
		    text_ends(at->suffix, "_transport_rate_delay")
		        ? "All mail to the world waits in one line, with "
		          "this pause after each message"
		        : "Every domain gets one message at a time and "
		          "this pause after each, whether it asked for "
		          "that or not";
		row->instead = INSTEAD_OWN;
		return;
	}
	if (!text_ends(at->suffix, "_destination_rate_delay") ||
	    postfix_advice_of(advice, name,
	        "_destination_concurrency_failed_cohort_limit",
	        1) >= COHORT_LEAST)
		return;
	row = param_add(advice, "dead-at-one-refusal", at->param);
	if (row == NULL)
		return;
	row->does = "With a delay one refused connection is enough: the "
	            "destination is taken for dead and all its mail put off";
	row->instead = arena_printf(advice->arena,
	    "beside it: %s_destination_concurrency_failed_cohort_limit = 100",
	    name);
}

static void
recipient_limit_check(
    struct postfix_advice *advice, const struct transport_param *at)
{
	const struct postfix_service *service =
	    service_find(advice, at->transport);
	struct mta_advice *row;

	/* one recipient at a time is right for programs that take no more */
	if (postfix_advice_of(advice, at->transport, at->suffix, 50) != 1 ||
	    (strcmp(at->transport, "default") != 0 &&
	        (service == NULL || strcmp(service->command, "smtp") != 0)))
		return;
	row = param_add(advice, "limits-by-recipient", at->param);
	if (row == NULL)
		return;
	row->does = arena_printf(advice->arena,
	    "With 1, limits and delays of %s count for each recipient and no "
	    "longer for each domain: a domain gets as many deliveries at a "
	    "time as there are processes",
	    at->transport);
	row->instead = arena_printf(advice->arena,
	    "%s = 2, or more; 50 is "
	    "what Postfix comes with",
	    at->param->name);
}

static void
concurrency_check(
    struct postfix_advice *advice, const struct transport_param *at)
{
	const char *name = at->is_for_all ? advice->transport : at->transport;
	double limit = postfix_advice_of(advice, name, at->suffix, 20);
	struct mta_advice *row;

	if (limit > 1 &&
	    postfix_advice_of(advice, name, "_destination_rate_delay", 0) > 0) {
		row = param_add(advice, "delay-beats-concurrency", at->param);
		if (row == NULL)
			return;
		row->effect = "useless";
		row->does = "There is a delay for it as well, and with a delay "
		            "there is never more than one delivery at a time";
		row->instead = "one of the two: the delay, or the concurrency";
		return;
	}
	if (!at->is_for_all || advice->has_relay || limit < 1 ||
	    limit >= CONCURRENCY_USUAL)
		return;
	row = param_add(advice, "slow-for-all", at->param);
	if (row == NULL)
		return;
	row->does = arena_printf(advice->arena,
	    "Every domain gets at most %s deliveries at a time, also those "
	    "that take twenty",
	    at->param->value);
	row->instead = INSTEAD_OWN;
}

static void
transport_check(struct postfix_advice *advice, const struct transport_param *at)
{
	if (transport_missing(advice, at))
		return;
	if (text_ends(at->suffix, "_rate_delay"))
		delay_check(advice, at);
	else if (strcmp(at->suffix, "_destination_recipient_limit") == 0)
		recipient_limit_check(advice, at);
	else if (strcmp(at->suffix, "_destination_concurrency_limit") == 0)
		concurrency_check(advice, at);
}

static void
minfree_check(struct postfix_advice *advice, const struct mta_param *param)
{
	double least = 1.5 * advice->mta->message_size_limit;
	struct mta_advice *row;

	if (advice->mta->queue_minfree <= 0 ||
	    advice->mta->queue_minfree >= least)
		return;
	row = param_add(advice, "minfree-too-small", param);
	if (row == NULL)
		return;
	row->effect = "useless";
	row->does = "Below 1.5 times message_size_limit Postfix refuses mail "
	            "anyway, so this smaller limit is never met";
	row->instead = arena_printf(
	    advice->arena, "nothing, or at least: queue_minfree = %.0f", least);
}

static void
exceptions_check(struct postfix_advice *advice, const struct mta_param *param)
{
	const char *const *own = postfix_words(advice->arena,
	    postfix_setting_text(advice->settings, "mynetworks", ""));
	const char *const *exempt =
	    postfix_words(advice->arena, advice->mta->clients.exempt);
	struct mta_advice *row;

	for (size_t i = 0; own[i] != NULL; i++) {
		size_t j = 0;

		while (exempt[j] != NULL && strcmp(exempt[j], own[i]) != 0)
			j++;
		if (exempt[j] != NULL)
			continue;
		row = param_add(advice, "limits-own-clients", param);
		if (row == NULL)
			return;
		row->does = arena_printf(advice->arena,
		    "%s is one of mynetworks and is limited as strangers are",
		    own[i]);
		row->instead = arena_printf(advice->arena,
		    "%s = $mynetworks, and what else is in it", param->name);
		return;
	}
}

static void
client_check(struct postfix_advice *advice, const char *setting,
    const char *name, const char *value, const char *file, size_t line)
{
	bool is_count = text_ends(name, "_count_limit");
	double number = strtod(value, NULL);
	double unit_s = postfix_setting_seconds(
	    advice->settings, "anvil_rate_time_unit", 60);
	struct mta_advice *row;

	if (!is_count && unit_s > 0)
		number *= 60 / unit_s;
	if (number <= 0 || number >= CLIENT_LEAST)
		return;
	row = postfix_advice_add(
	    advice, "limits-good-clients", setting, value, file, line);
	if (row == NULL)
		return;
	row->does = is_count
	                ? "A good mail server with much mail for us opens more "
	                  "connections than that, and is answered 421"
	                : "A good mail server with some mail for us is refused "
	                  "and comes back later; against abuse it is too "
	                  "coarse, and it must not be used on good mail";
	row->instead = is_count ? "50, as Postfix comes with it; more for "
	                          "some: smtpd_client_event_limit_exceptions"
	                        : "0, no limit; or several times what the "
	                          "busiest good client needs";
}

void
postfix_advice_server(struct postfix_advice *advice, const char *setting,
    const char *name, const char *value, const char *file, size_t line)
{
	struct mta_advice *row;

	if (text_starts(name, "smtpd_client_") && text_ends(name, "_limit")) {
		client_check(advice, setting, name, value, file, line);
		return;
	}
	if (strcmp(name, "soft_bounce") != 0 || strcmp(value, "yes") != 0)
		return;
	row = postfix_advice_add(
	    advice, "soft-bounce", setting, value, file, line);
	if (row == NULL)
		return;
	row->does = "Mail that can never be delivered is not returned but "
	            "tried for days, and senders who are refused come back";
	row->instead = "soft_bounce = no; yes is for the hour of a test";
}

void
postfix_advice_main(
    struct postfix_advice *advice, const struct mta_param *param)
{
	struct transport_param at = {.param = param};
	const char *effective =
	    postfix_setting_text(advice->settings, param->name, param->value);

	at.suffix =
	    postfix_advice_split(advice->arena, param->name, &at.transport);
	if (at.suffix != NULL) {
		at.is_for_all = strcmp(at.transport, "default") == 0 ||
		                strcmp(at.transport, advice->transport) == 0;
		transport_check(advice, &at);
	} else if (strcmp(param->name, "queue_minfree") == 0) {
		minfree_check(advice, param);
	} else if (strcmp(param->name, "smtpd_client_event_limit_"
	                               "exceptions") == 0) {
		exceptions_check(advice, param);
	} else {
		postfix_advice_server(advice, param->name, param->name,
		    effective, MAIN, param->line);
	}
}
