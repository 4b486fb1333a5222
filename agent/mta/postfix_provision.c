/*
 * postfix_provision.c - the transports that a speed step needs
 *
 * Purpose  lines of master.cf and settings of main.cf, a family at a time, and
 *          the value of a row
 * Input    how ordinary mail goes; what is there already
 * Errors   none
 * Runs as  the actor; pure
 * Source   qmgr(8), postconf(5): transport_destination_*; smtp(8) for
 *          smtp_connection_reuse_count_limit; DATABASE_README for pipemap,
 *          randmap and inline; transport(5)
 *
 * Parameters of the queue manager must stand in main.cf: it does not see the
 * -o options of a service. A name of its own in the log says which step
 * delivered.
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"

/* c12 has the most with five parameters, and what is carried over. */
#define TRANSPORTS_MAX 32
#define PARAMS_MAX     16

/* Room for "mailfix-pause". */
#define NAME_MAX_LENGTH 24

/* The value of pipemap that names a shard: it must not be empty. */
#define MARK "x"

/* All that the queue manager knows of one transport: postconf(5). */
static const char *const carried[] = {"_transport_rate_delay",
    "_destination_recipient_limit",
    "_destination_concurrency_negative_feedback", "_delivery_slot_cost",
    "_delivery_slot_loan", "_delivery_slot_discount", "_minimum_delivery_slots",
    "_recipient_limit", "_extra_recipient_limit", "_recipient_refill_limit",
    "_recipient_refill_delay", NULL};

struct making {
	struct arena *arena;
	const struct mta *mta;
	const char **services, **params;
	size_t service_count, param_count;
};

static void
param_add(struct making *making, const char *transport, const char *suffix,
    const char *value)
{
	const char *name =
	    arena_printf(making->arena, "%s%s", transport, suffix);

	if (mta_param_find(making->mta, name) == NULL)
		making->params[making->param_count++] =
		    arena_printf(making->arena, "%s = %s", name, value);
}

static void
service_add(struct making *making, const char *transport, const char *options)
{
	static const char *const types[] = {"unix", NULL};
	const struct mta_throttle *like = making->mta->throttle;
	const char *args = like->args != NULL ? like->args : "";

	if (mta_service_find(making->mta, transport, types) != NULL)
		return;
	making->services[making->service_count++] = arena_printf(making->arena,
	    "%s unix %s %s%s%s%s -o syslog_name=postfix/%s", transport,
	    like->fields, like->program, args[0] != '\0' ? " " : "", args,
	    options, transport);
}

/* What the admin has set for ordinary mail holds for ours as well. */
static void
carry_over(struct making *making, const char *transport)
{
	const char *base = making->mta->throttle->transport;

	for (size_t i = 0; carried[i] != NULL; i++) {
		const struct mta_param *param = mta_param_find(making->mta,
		    arena_printf(making->arena, "%s%s", base, carried[i]));

		if (param != NULL)
			param_add(making, transport, carried[i], param->value);
	}
}

/*
 * So many refusals at the greeting in a row, not one, make it dead: some bad
 * greetings do not. Sessions that the transport before left open refuse all that
 * begins for 2 s, 200 tries a second (measured): with 100 it is no less dead.
 */
#define FAILED_COHORTS "10"

/*
 * After a refusal, a session less; then 200 deliveries before one more is tried
 * (measured: 0.4 % of the tries are refused then, whatever the limit is).
 */
static void
make_sessions(struct making *making, const struct step *step, const char *name)
{
	char limit[16];

	(void)snprintf(limit, sizeof(limit), "%u", step->concurrency);
	service_add(making, name, "");
	param_add(making, name, "_destination_concurrency_limit", limit);
	param_add(making, name, "_initial_destination_concurrency", limit);
	param_add(making, name, "_destination_concurrency_failed_cohort_limit",
	    FAILED_COHORTS);
	param_add(making, name, "_destination_concurrency_positive_feedback",
	    "0.005");
	carry_over(making, name);
}

static void
make_delay(struct making *making, const char *name, unsigned delay_s)
{
	char delay[16];

	(void)snprintf(delay, sizeof(delay), "%us", delay_s);
	service_add(making, name, "");
	param_add(making, name, "_destination_rate_delay", delay);
	param_add(making, name, "_destination_concurrency_failed_cohort_limit",
	    FAILED_COHORTS);
	carry_over(making, name);
}

/* The limit counts how often a connection is used again: one less. */
static void
make_messages(struct making *making, const struct step *step, const char *name)
{
	char options[64] = " -o smtp_connection_cache_on_demand=no";

	if (step->messages > 1)
		(void)snprintf(options, sizeof(options),
		    " -o smtp_connection_reuse_count_limit=%u",
		    step->messages - 1);
	service_add(making, name, options);
	carry_over(making, name);
}

/*
 * It stands in defer_transports. A flush of the whole queue goes over that, and
 * then one message each ten minutes is tried, and no more.
 */
static void
make_pause(struct making *making, const char *name)
{
	make_delay(making, name, 600);
	param_add(making, name, "_initial_destination_concurrency", "1");
}

static void
make_step(struct making *making, const struct step *step)
{
	char name[NAME_MAX_LENGTH];

	(void)snprintf(name, sizeof(name), "mailfix-%s", step->name);
	switch (step->family) {
	case STEP_CONCURRENCY:
		make_sessions(making, step, name);
		break;
	case STEP_RATE:
		if (step->per_s < 1)
			make_delay(
			    making, name, (unsigned)(1 / step->per_s + 0.5));
		break;
	case STEP_MESSAGES:
		make_messages(making, step, name);
		break;
	case STEP_PAUSE:
		make_pause(making, name);
		break;
	case STEP_FAMILY_MAX:
		break;
	}
}

static unsigned
shards_most(void)
{
	unsigned most = 1;

	for (const struct step *step = step_table; step->name != NULL; step++)
		if (step->shards > most)
			most = step->shards;
	return most;
}

static void
make_family(struct making *making, enum step_family family)
{
	unsigned shards = making->mta->throttle->has_shards ? shards_most() : 1;

	for (unsigned i = 1; family == STEP_RATE && i <= shards; i++) {
		char name[NAME_MAX_LENGTH];

		(void)snprintf(name, sizeof(name), "mailfix-s%u", i);
		make_delay(making, name, 1);
	}
	for (const struct step *step = step_table; step->name != NULL; step++)
		if (step->family == family)
			make_step(making, step);
}

/* One for each number of shards: the row says which, the map draws one. */
static void
shards_words(const char *table, struct buf *out)
{
	for (const struct step *step = step_table; step->name != NULL; step++) {
		if (step->shards < 2)
			continue;
		buf_addf(out, "pipemap:{%s, inline:{%s=" MARK "}, randmap:{",
		    table, step->name);
		for (unsigned i = 1; i <= step->shards; i++)
			buf_addf(out, "%smailfix-s%u:", i > 1 ? "," : "", i);
		buf_add(out, "}}, ");
	}
}

/*
 * Where a list names our table, with its type: default_database_type may be
 * another one by now, and the table is still built as the list has it. NULL: it
 * does not.
 */
static const char *
table_named(const char *maps)
{
	const char *path =
	    strstr(maps, ":$config_directory/" MTA_THROTTLE_TABLE);
	const char *at = path;

	while (at != NULL && at > maps && at[-1] >= 'a' && at[-1] <= 'z')
		at--;
	return at != path ? at : NULL;
}

/* Our table after the admin's own, which therefore win. */
static const char *
maps_with(struct arena *arena, const struct mta *mta, const char *maps,
    bool needs_shards)
{
	const char *ours = table_named(maps);
	const char *table =
	    arena_printf(arena, "%.*s:$config_directory/" MTA_THROTTLE_TABLE,
	        ours != NULL ? (int)strcspn(ours, ":")
	                     : (int)strlen(mta->throttle->type),
	        ours != NULL ? ours : mta->throttle->type);
	bool has_shards = strstr(maps, "pipemap:{") != NULL &&
	                  strstr(maps, "mailfix-s1:") != NULL;
	AUTO_BUF struct buf out = {0};

	if (ours != NULL && (has_shards || !needs_shards))
		return maps;
	buf_add_n(
	    &out, maps, ours != NULL ? (size_t)(ours - maps) : strlen(maps));
	if (ours == NULL && maps[0] != '\0')
		buf_add(&out, ", ");
	if (needs_shards)
		shards_words(table, &out);
	buf_add(&out, ours != NULL ? ours : table);
	return arena_dup(arena, buf_text(&out));
}

static void
setting_set(struct mta_provision *ret, const char *name,
    const struct mta_param *before, const char *after)
{
	const char *value = before != NULL ? before->value : NULL;

	if (!text_equal(value, after))
		ret->settings[ret->setting_count++] =
		    (struct mta_setting){name, value, after};
}

static void
make_maps(
    struct making *making, const struct step *step, struct mta_provision *ret)
{
	const struct mta *mta = making->mta;
	const struct mta_param *maps = mta_param_find(mta, "transport_maps");
	bool needs_shards =
	    step->family == STEP_RATE && mta->throttle->has_shards;

	setting_set(ret, "transport_maps", maps,
	    maps_with(making->arena, mta, maps != NULL ? maps->value : "",
	        needs_shards));
}

static void
make_deferred(
    struct making *making, const struct step *step, struct mta_provision *ret)
{
	static const char paused[] = "mailfix-pause";
	const struct mta_param *deferred =
	    mta_param_find(making->mta, "defer_transports");

	if (step->family != STEP_PAUSE)
		return;
	if (deferred == NULL || deferred->value[0] == '\0')
		setting_set(ret, "defer_transports", deferred, paused);
	else if (strstr(deferred->value, paused) == NULL)
		setting_set(ret, "defer_transports", deferred,
		    arena_printf(
		        making->arena, "%s, %s", deferred->value, paused));
}

/* "mailfix-c1 ... mailfix-c12" */
static const char *
words_of(struct making *making, enum step_family family)
{
	const struct step *first = NULL, *last = NULL;

	for (const struct step *step = step_table; step->name != NULL; step++) {
		if (step->family != family)
			continue;
		if (first == NULL)
			first = step;
		last = step;
	}
	if (first == NULL || first == last)
		return "mailfix-pause";
	return arena_printf(making->arena, "mailfix-%s ... mailfix-%s",
	    family == STEP_RATE ? "s1" : last->name,
	    family == STEP_RATE ? last->name : first->name);
}

/* What a row and the relay's setting stand on alike. */
static void
make(struct arena *arena, const struct mta *mta, const struct step *step,
    bool is_row, struct mta_provision *ret)
{
	struct making making = {
	    .arena = arena,
	    .mta = mta,
	    .services =
	        arena_alloc(arena, TRANSPORTS_MAX + 1, sizeof(const char *)),
	    .params = arena_alloc(
	        arena, TRANSPORTS_MAX * PARAMS_MAX + 1, sizeof(const char *)),
	};

	*ret = (struct mta_provision){.words = words_of(&making, step->family)};
	make_family(&making, step->family);
	if (is_row)
		make_maps(&making, step, ret);
	make_deferred(&making, step, ret);
	ret->services = making.services;
	ret->service_count = making.service_count;
	ret->params = making.params;
	ret->param_count = making.param_count;
}

void
postfix_throttle_relay(struct arena *arena, const struct mta *mta,
    const struct step *step, struct mta_provision *ret)
{
	make(arena, mta, step, false, ret);
	ret->value = postfix_relay_value(arena, mta->throttle->relay, step);
}

void
postfix_throttle_provision(struct arena *arena, const struct mta *mta,
    const struct step *step, const char *nexthop, struct mta_provision *ret)
{
	make(arena, mta, step, true, ret);
	ret->needs_table = !mta->throttle->has_table;
	if (nexthop == NULL)
		nexthop = "";
	if (step->shards > 1)
		ret->value = step->name;
	else if (step->family == STEP_RATE && step->per_s >= 1)
		ret->value = arena_printf(arena, "mailfix-s1:%s", nexthop);
	else
		ret->value =
		    arena_printf(arena, "mailfix-%s:%s", step->name, nexthop);
}
