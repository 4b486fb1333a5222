/*
 * postfix_advice_master.c - throttles that are none: what master.cf sets
 *
 * Purpose  -o settings that nobody reads there; too few processes
 * Input    services as master.cf has them
 * Errors   none
 * Runs as  the actor; pure
 * Source   master(5), smtp(8), qmgr(8): the queue manager reads main.cf, and
 *          the -o of its own line only
 */
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix_advice.h"

#define MASTER "master.cf"

/* What qmgr(8) alone reads, beside the limits of each transport. */
static const char *const queue_names[] = {"initial_destination_concurrency",
    "minimal_backoff_time", "maximal_backoff_time", "queue_run_delay",
    "maximal_queue_lifetime", "bounce_queue_lifetime",
    "qmgr_message_active_limit", "qmgr_message_recipient_limit",
    "in_flow_delay"};

/* in_flow_delay is cleanup's, qmgr's are the others. */
static bool
is_read_by(const char *name, const char *command)
{
	if (strcmp(name, "in_flow_delay") == 0)
		return strcmp(command, "cleanup") == 0;
	return strcmp(command, "qmgr") == 0 || strcmp(command, "oqmgr") == 0 ||
	       strcmp(command, "nqmgr") == 0;
}

static bool
is_of_queue(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(queue_names); i++)
		if (strcmp(queue_names[i], name) == 0)
			return true;
	return false;
}

static void
override_check(struct postfix_advice *advice,
    const struct postfix_service *service, const char *name, const char *value)
{
	struct arena *arena = advice->arena;
	const char *setting =
	    arena_printf(arena, "%s/%s:%s", service->name, service->type, name);
	const char *transport = NULL;
	const char *suffix = postfix_advice_split(arena, name, &transport);
	struct mta_advice *row;

	if (strcmp(service->command, "smtpd") == 0)
		postfix_advice_server(
		    advice, setting, name, value, MASTER, service->line);
	if ((suffix == NULL && !is_of_queue(name)) ||
	    is_read_by(name, service->command))
		return;
	row = postfix_advice_add(
	    advice, "not-read-there", setting, value, MASTER, service->line);
	if (row == NULL)
		return;
	row->effect = "useless";
	row->does = arena_printf(arena,
	    "The queue manager reads it, and from main.cf; %s, which gets it "
	    "here, never looks at it",
	    service->command);
	row->instead =
	    suffix != NULL
	        ? arena_printf(arena, "in main.cf: %s%s = %s", service->name,
	              suffix, value)
	        : arena_printf(arena, "in main.cf: %s = %s", name, value);
}

/* Is it what most mail goes by, to many domains? */
static bool
is_for_many(
    const struct postfix_advice *advice, const struct postfix_service *service)
{
	const char *relay =
	    postfix_setting_text(advice->settings, "relay_transport", "relay");

	return strcmp(service->type, "unix") == 0 &&
	       strcmp(service->command, "smtp") == 0 && !advice->has_relay &&
	       (strcmp(service->name, advice->transport) == 0 ||
	           (strlen(service->name) == strcspn(relay, ":") &&
	               text_starts(relay, service->name)));
}

static void
processes_check(
    struct postfix_advice *advice, const struct postfix_service *service)
{
	double concurrency = postfix_advice_of(
	    advice, service->name, "_destination_concurrency_limit", 20);
	struct mta_advice *row;

	if (!is_for_many(advice, service) || service->process_limit <= 0 ||
	    (concurrency > 0 && (double)service->process_limit >= concurrency))
		return;
	row = postfix_advice_add(advice, "too-few-processes",
	    arena_printf(
	        advice->arena, "%s/%s:maxproc", service->name, service->type),
	    arena_printf(advice->arena, "%ld", service->process_limit), MASTER,
	    service->line);
	if (row == NULL)
		return;
	row->does = arena_printf(advice->arena,
	    "One domain may take %.0f deliveries at a time and there are %ld "
	    "processes: a slow one holds them all, and mail to all others "
	    "waits",
	    concurrency, service->process_limit);
	row->instead = "- in that field (default_process_limit), and a limit "
	               "for the one domain that needs it";
}

void
postfix_advice_service(
    struct postfix_advice *advice, const struct postfix_service *service)
{
	for (size_t i = 0; service->overrides[i] != NULL; i++) {
		const char *sign = strchr(service->overrides[i], '=');

		if (sign != NULL)
			override_check(advice, service,
			    arena_dup_n(advice->arena, service->overrides[i],
			        (size_t)(sign - service->overrides[i])),
			    sign + 1);
	}
	processes_check(advice, service);
}
