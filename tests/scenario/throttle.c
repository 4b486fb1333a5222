/*
 * throttle.c - THROTTLE: how the mail system of a scenario can be slowed down
 *
 * Purpose  a stock configuration, one with our transports made already, one
 *          that stands in the way
 * Input    scenario files: our own
 * Errors   scenario_fail
 * Runs as  any user
 * Source   scenario.h
 */
#include <string.h>

#include "agent/base/text.h"
#include "agent/mta/postfix.h"
#include "tests/scenario/scenario.h"

#define SERVICES_MAX 64
#define PARAMS_MAX   256

static const struct mta_throttle stock = {
    .transport = "smtp",
    .table = "/etc/postfix/mailfix_transport",
    .type = "hash",
    .has_shards = true,
    .has_lists = true,
    .sessions = 20,
    .fields = "- - y - -",
    .program = "smtp",
    .args = "",
};

static struct mta_throttle *
throttle_new(struct scenario *scenario)
{
	struct mta_throttle *throttle =
	    arena_alloc(scenario->arena, 1, sizeof(*throttle));

	*throttle = stock;
	scenario->mta.throttle = throttle;
	return throttle;
}

void
throttle_begin(struct scenario *scenario)
{
	static struct mta_ops ops;

	/* the tables of the host that the tests run on are asked nothing */
	ops = postfix_ops;
	ops.routed_by_hand = NULL;
	scenario->mta.ops = &ops;
	scenario->mta.has_settings = true;
	(void)throttle_new(scenario);
}

static const char *
first_word(struct scenario *scenario, const char *text)
{
	return arena_dup_n(scenario->arena, text, strcspn(text, " "));
}

/* What the family of this step would make is there. */
static void
family_make(struct scenario *scenario, const char *name,
    struct mta_service *services, struct mta_param *params)
{
	struct mta *mta = &scenario->mta;
	struct mta_provision made;

	mta->ops->throttle_provision(
	    scenario->arena, mta, step_find(name), NULL, &made);
	for (size_t i = 0; i < made.service_count; i++)
		services[mta->service_count++] = (struct mta_service){
		    .name = first_word(scenario, made.services[i]),
		    .type = "unix"};
	for (size_t i = 0; i < made.param_count; i++)
		params[mta->param_count++] = (struct mta_param){
		    .name = first_word(scenario, made.params[i]), .value = "1"};
	for (size_t i = 0; i < made.setting_count; i++)
		params[mta->param_count++] =
		    (struct mta_param){.name = made.settings[i].name,
		        .value = made.settings[i].after};
}

/* All mail goes through it. */
static void
relay_make(
    struct scenario *scenario, struct mta_throttle *throttle, const char *name)
{
	struct mta_relay *relay =
	    arena_alloc(scenario->arena, 1, sizeof(*relay));
	const char **hosts = arena_alloc(scenario->arena, 2, sizeof(*hosts));

	hosts[0] = arena_dup(scenario->arena, name);
	*relay = (struct mta_relay){
	    .name = hosts[0],
	    .hosts = hosts,
	    .nexthop = "",
	    .setting = "sender_dependent_default_transport_maps",
	};
	throttle->relay = relay;
}

void
throttle_line(struct scenario *scenario, const char *text)
{
	static const char by_name[] = "by-name ";
	static const char *const families[] = {"r10", "c1", "m1", "pause"};
	struct mta_throttle *throttle;
	struct mta_service *services;
	struct mta_param *params;

	if (text_starts(text, by_name)) {
		throttle = arena_alloc(scenario->arena, 1, sizeof(*throttle));
		*throttle = *scenario->mta.throttle;
		throttle->by_nexthop =
		    arena_dup(scenario->arena, text + strlen(by_name));
		scenario->mta.throttle = throttle;
		return;
	}
	throttle = throttle_new(scenario);
	if (text_starts(text, "relay ")) {
		relay_make(scenario, throttle, text + strlen("relay "));
		return;
	}
	if (text_starts(text, "refused ")) {
		throttle->refusal =
		    arena_dup(scenario->arena, text + strlen("refused "));
		throttle->is_refusal_sure = true;
		return;
	}
	if (strcmp(text, "old") == 0) {
		throttle->has_shards = false;
		return;
	}
	if (strcmp(text, "ready") != 0) {
		scenario_fail(scenario,
		    "THROTTLE ready, old, relay NAME, or refused ...");
		return;
	}
	throttle->has_table = true;
	services =
	    arena_alloc(scenario->arena, SERVICES_MAX, sizeof(*services));
	params = arena_alloc(scenario->arena, PARAMS_MAX, sizeof(*params));
	for (size_t i = 0; i < scenario->mta.service_count; i++)
		services[i] = scenario->mta.services[i];
	scenario->mta.services = services;
	scenario->mta.params = params;
	scenario->mta.param_count = 0;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		family_make(scenario, families[i], services, params);
}
