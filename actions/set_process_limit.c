/*
 * set_process_limit.c - action set-process-limit: more server processes
 *
 * Purpose  one action; row ACTION(set_process_limit) in
 *          actions/action_table.def
 * Input    facts of tables mta, host and log; the services of master.cf
 * Errors   -ENODATA: a fact is unknown; -EPERM: the memory does not allow it,
 *          or sessions last so long that more of them would only wait too;
 *          -EALREADY: it is not limited, or as high as it may be
 * Runs as  actor; pure
 * Source   master(5) "Process limit"; STRESS_README; TUNING_README
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "actions/action.h"

/* One step: half as many again. */
#define STEP 1.5

/*
 * Ten times what Postfix comes with. A host that needs more has another
 * problem, or an admin who wants to say so.
 */
#define LIMIT_MAX 1000.0

/*
 * Who waits for DNS (5 s for each try of each server, resolv.conf(5)) or for a
 * milter (30 s, milter_connect_timeout) gives no process back: more of them
 * wait too. A session that delivers mail is over in seconds.
 */
#define SESSION_LONG_S 30.0

/* Each smtpd(8) has a cleanup(8) at its side, and buffers in the kernel. */
#define MEMORY_FACTOR 2.0

/*
 * When none runs that could be measured: ten times what an smtpd of Debian 12
 * has for itself without TLS (1.6 MiB).
 */
#define MEMORY_GUESS (16.0 * 1024 * 1024)

/* What is left to the others: a tenth of all, and at least this. */
#define RESERVE_SHARE 0.1
#define RESERVE_LEAST (64.0 * 1024 * 1024)

static int
number_get(const struct action_input *input, const char *table,
    const char *column, double *ret, struct why *why)
{
	struct value value = action_cell(input, table, NULL, column);

	if (value.kind != VALUE_NUMBER)
		return why_set(why, -ENODATA, "%s.%s is not known: %s", table,
		    column, value.text != NULL ? value.text : "not told");
	*ret = value.number;
	return 0;
}

static int
service_get(const struct action_input *input, const struct mta_service **ret,
    struct why *why)
{
	static const char *const types[] = {"inet", "pass", NULL};
	const char *name = action_text(input, "service");
	const struct mta_service *service =
	    name == NULL || input->mta == NULL
	        ? NULL
	        : mta_service_find(input->mta, name, types);

	if (service == NULL)
		return why_set(why, -ENODATA,
		    "it is not known which service is full: %s",
		    name != NULL ? name : "none is named");
	if (strcmp(service->program, "smtpd") != 0)
		return why_set(why, -EPERM,
		    "%s is %s, which one process does for all", name,
		    service->program);
	if (service->process_limit <= 0)
		return why_set(why, -EALREADY, "%s is not limited", name);
	*ret = service;
	return 0;
}

/* How many more processes the memory takes. */
static int
room_get(const struct action_input *input, double *ret, struct why *why)
{
	double available, total, each = MEMORY_GUESS, reserve;
	int r = number_get(input, "host", "memory_available", &available, why);

	if (r == 0)
		r = number_get(input, "host", "memory_total", &total, why);
	if (r < 0)
		return r;
	if (number_get(input, "mta", "process_memory", &each, NULL) == 0)
		each *= MEMORY_FACTOR;
	reserve = fmax(total * RESERVE_SHARE, RESERVE_LEAST);
	*ret = floor(fmax(available - reserve, 0) / fmax(each, 1));
	return 0;
}

static int
sessions_check(const struct action_input *input, struct why *why)
{
	double session_s;
	int r = number_get(input, "log", "session_time", &session_s, why);

	if (r == 0 && session_s >= SESSION_LONG_S)
		return why_set(why, -EPERM,
		    "half of the sessions last longer than %.0f s: they wait "
		    "for something, and more of them would wait too",
		    session_s);
	return r;
}

static int
set_process_limit_plan(const struct action_input *input,
    struct action_output *ret, struct why *why)
{
	const struct mta_service *service = NULL;
	struct change *change;
	double now, next, room = 0;
	int r = service_get(input, &service, why);

	if (r == 0)
		r = sessions_check(input, why);
	if (r == 0)
		r = room_get(input, &room, why);
	if (r < 0)
		return r;
	now = service->process_limit;
	if (now >= LIMIT_MAX)
		return why_set(why, -EALREADY,
		    "%.0f processes are as many as mailfix sets", now);
	next = fmin(fmin(ceil(now * STEP), LIMIT_MAX), now + room);
	/* less than a tenth more is not worth a reload */
	if (next < now + fmax(now / 10, 1))
		return why_set(why, -EPERM,
		    "the memory is enough for %.0f more processes, not for "
		    "%.0f",
		    room, ceil(now * STEP) - now);

	change = action_change(input, ret);
	change->kind = change_kind_find("postfix-service");
	change->verb = "set";
	change->target =
	    arena_printf(input->arena, "%s/%s", service->name, service->type);
	change->before = service->limit;
	change->after = arena_printf(input->arena, "%.0f", next);
	change->text = arena_printf(input->arena,
	    "master.cf: %s %s: at most %.0f processes", service->name,
	    service->type, next);
	change->detail = "reload both";
	return 0;
}

static const struct action_param params[] = {
    {.name = "service",
     .type = EXPR_TYPE_TEXT,
     .is_required = true,
     .doc = "the service that is full, as {log.full_service}"},
    {0},
};

static const char *const tables[] = {"mta", "host", "log", NULL};

const struct action action_set_process_limit = {
    .spec =
        {
               .name = "set-process-limit",
               .risk = RISK_SAFE,
               .doc = "let a service have half as many processes again, as far as "
                   "the memory goes", .params = params,
               .tables = tables,
               },
    .plan = set_process_limit_plan,
};
