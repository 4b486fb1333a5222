/*
 * postfix_advice.c - settings that look like a throttle and are none
 *
 * Purpose  go through what main.cf and master.cf set; rows for the harmful and
 *          the useless; what both kinds of rules share
 * Input    the admin's configuration, and what Postfix makes of it
 * Errors   none
 * Runs as  the actor; pure
 * Source   postconf(5), TUNING_README, QSHAPE_README, SCHEDULER_README
 */
#include "agent/mta/postfix_advice.h"

#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

/* What qmgr(8) reads for each transport; the longest that ends alike first. */
static const char *const suffixes[] = {
    "_destination_concurrency_failed_cohort_limit",
    "_destination_concurrency_positive_feedback",
    "_destination_concurrency_negative_feedback",
    "_initial_destination_concurrency", "_destination_concurrency_limit",
    "_destination_recipient_limit", "_destination_rate_delay",
    "_transport_rate_delay"};

const char *
postfix_advice_split(
    struct arena *arena, const char *name, const char **ret_transport)
{
	for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++) {
		size_t length = strlen(name), tail = strlen(suffixes[i]);

		if (length <= tail ||
		    strcmp(name + length - tail, suffixes[i]) != 0)
			continue;
		*ret_transport = arena_dup_n(arena, name, length - tail);
		return suffixes[i];
	}
	return NULL;
}

double
postfix_advice_of(const struct postfix_advice *advice, const char *transport,
    const char *suffix, double otherwise)
{
	const char *names[] = {
	    arena_printf(advice->arena, "%s%s", transport, suffix),
	    arena_printf(advice->arena, "default%s", suffix)};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		double number =
		    postfix_setting_seconds(advice->settings, names[i], -1);

		if (number >= 0)
			return number;
	}
	return otherwise;
}

struct mta_advice *
postfix_advice_add(struct postfix_advice *advice, const char *problem,
    const char *setting, const char *value, const char *file, size_t line)
{
	struct mta_advice *row = &advice->rows[advice->count];

	if (advice->count == POSTFIX_ADVICE_MAX)
		return NULL;
	for (size_t i = 0; i < advice->count; i++)
		if (strcmp(advice->rows[i].setting, setting) == 0)
			return NULL;
	*row = (struct mta_advice){
	    .setting = setting,
	    .value = value,
	    .place = arena_printf(advice->arena, "%s/%s:%zu",
	        advice->mta->config_dir, file, line),
	    .problem = problem,
	    .effect = "harmful",
	};
	advice->count++;
	return row;
}

/* A parameter that is set twice holds as set last. */
static bool
is_last(const struct mta *mta, size_t index)
{
	for (size_t i = index + 1; i < mta->param_count; i++)
		if (strcmp(mta->params[i].name, mta->params[index].name) == 0)
			return false;
	return true;
}

/* "smtp:[relay.example.com]" -> "smtp" */
static const char *
transport_name(struct arena *arena, const char *text)
{
	return arena_dup_n(arena, text, strcspn(text, ":"));
}

void
postfix_advice_find(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta)
{
	const char *transport =
	    postfix_setting_text(settings, "default_transport", "smtp");
	const char *relay = postfix_setting_text(settings, "relayhost", "");
	struct postfix_advice advice = {
	    .arena = arena,
	    .mta = mta,
	    .settings = settings,
	    .services = services,
	    .transport = transport_name(arena, transport),
	    .has_relay = relay[0] != '\0' || strchr(transport, ':') != NULL,
	    .rows =
	        arena_alloc(arena, POSTFIX_ADVICE_MAX, sizeof(*advice.rows)),
	};

	for (size_t i = 0; i < mta->param_count; i++)
		if (is_last(mta, i) &&
		    !text_starts(mta->params[i].name, "mailfix-"))
			postfix_advice_main(&advice, &mta->params[i]);
	for (size_t i = 0; i < services->count; i++)
		if (!text_starts(services->services[i].name, "mailfix-"))
			postfix_advice_service(&advice, &services->services[i]);
	mta->advice = advice.rows;
	mta->advice_count = advice.count;
}
