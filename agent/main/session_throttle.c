/*
 * session_throttle.c - what the table of slow-downs says, and what is known
 *
 * Purpose  before each look and after each change: the rows of the table with
 *          what the state remembers of them, for probes, plans and steps
 * Input    the table, which an admin may have edited: it is believed
 * Errors   a table that cannot be read is noted; then what is remembered holds
 * Runs as  the actor
 * Source   throttle.h, throttle_law.h
 */
#include <string.h>

#include "actions/throttle_plan.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/main/session.h"

/* The counters of agent/state: when runs were, and reloads for a step. */
#define COUNTER_RUN     "throttle.run"
#define COUNTER_RELOADS "throttle.reloads"

#define HOUR_S 3600.0

/* Runs that are further apart than this are no timer's. */
#define INTERVAL_MAX_S 3600.0

/* -1: never, or not in this boot. */
static double
counter_age_s(
    const struct session *session, const char *name, double *ret_value)
{
	int64_t at_s;

	if (session->state == NULL ||
	    !state_counter_get(session->state, name, ret_value, &at_s))
		return -1;
	return (double)(clock_now_s() - at_s);
}

/* A bucket that loses so many an hour as are allowed in one. */
static void
reloads_read(const struct session *session, struct throttle_list *list)
{
	double level = 0,
	       age_s = counter_age_s(session, COUNTER_RELOADS, &level);

	list->reload_age_s = age_s;
	if (age_s < 0)
		return;
	level -= age_s * THROTTLE_RELOADS_MAX / HOUR_S;
	list->reloads = level > 0 ? level : 0;
}

static void
interval_read(struct session *session)
{
	double ignored, age_s = counter_age_s(session, COUNTER_RUN, &ignored);

	session->throttles.interval_s =
	    age_s > 0 && age_s < INTERVAL_MAX_S ? age_s : 0;
	if (session->state != NULL && session->may_change)
		state_counter_set(session->state, COUNTER_RUN, 1);
}

/* "mailfix-c2:other.test" shares the limit of other.test. */
static const char *
group_of(const struct mta_throttle_row *row)
{
	const char *colon =
	    row != NULL && !row->is_relay ? strchr(row->value, ':') : NULL;

	return colon != NULL && colon[1] != '\0' ? colon + 1 : NULL;
}

/* The table says another step than what is remembered: from now on that. */
static void
follow(struct session *session, const char *domain,
    const struct mta_throttle_row *row)
{
	const struct step *to = row != NULL ? row->step : NULL;
	struct throttle_evidence evidence;
	struct throttle throttle = {
	    .domain = domain,
	    .step = to != NULL ? to->name : NULL,
	    .since_us = clock_now_s() * 1000000,
	    .group = group_of(row),
	};

	(void)throttle_evidence(session->facts, &session->throttles,
	    &session->mta, domain, &evidence);
	throttle_law_remember(&evidence, to, &throttle);
	if (session->state != NULL)
		state_throttle_set(session->state, &throttle);
}

static const struct mta_throttle_row *
row_find(const struct mta_throttle_rows *rows, const char *domain)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->rows[i].step != NULL &&
		    rows->rows[i].domain != NULL &&
		    strcasecmp(rows->rows[i].domain, domain) == 0)
			return &rows->rows[i];
	return NULL;
}

/* Without a state: what the table says, from now. */
static void
list_bare(struct session *session, const struct mta_throttle_rows *rows)
{
	struct throttle *all =
	    arena_alloc(session->arena, rows->count + 1, sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (rows->rows[i].step != NULL)
			all[count++] =
			    (struct throttle){.domain = rows->rows[i].domain,
			        .step = rows->rows[i].step->name,
			        .since_us = clock_now_s() * 1000000,
			        .group = group_of(&rows->rows[i]),
			        .row = rows->rows[i].value};
	session->throttles.rows = all;
	session->throttles.count = count;
}

static void
list_known(struct session *session, const struct mta_throttle_rows *rows)
{
	struct throttle *all;

	session->throttles.count =
	    state_throttles(session->state, session->arena, &all);
	for (size_t i = 0; i < session->throttles.count; i++) {
		const struct mta_throttle_row *row =
		    row_find(rows, all[i].domain);

		all[i].row = row != NULL ? row->value : NULL;
		/* it may change while the step stays */
		all[i].group = group_of(row);
	}
	session->throttles.rows = all;
}

static bool
is_slow(const struct throttle_list *list, const char *domain)
{
	const struct throttle *throttle =
	    domain != NULL ? throttle_find(list, domain) : NULL;

	return throttle != NULL && throttle->step != NULL;
}

/*
 * What was set for a relay that is none any more, or not this one, is still
 * that relay's: so its fix sees that it must go. Nobody's is nobody's.
 */
static void
relay_adopt(struct session *session, struct mta_throttle_rows *rows)
{
	const struct throttle_list *list = &session->throttles;
	struct mta_throttle_row *all =
	    arena_alloc(session->arena, rows->count + 1, sizeof(*all));

	for (size_t i = 0; i < rows->count; i++) {
		struct mta_throttle_row *row = &all[i];

		*row = rows->rows[i];
		if (!row->is_relay || row->step == NULL ||
		    is_slow(list, row->domain))
			continue;
		for (size_t k = 0; k < list->count; k++)
			if (text_equal(list->rows[k].step, row->step->name) &&
			    row_find(rows, list->rows[k].domain) == NULL)
				row->domain = list->rows[k].domain;
		if (row->domain == NULL)
			row->step = NULL;
	}
	rows->rows = all;
}

static void
compare(struct session *session, const struct mta_throttle_rows *rows)
{
	const struct throttle_list *list = &session->throttles;

	for (size_t i = 0; i < rows->count; i++) {
		const struct mta_throttle_row *row = &rows->rows[i];
		const struct throttle *throttle =
		    throttle_find(list, row->domain);

		if (row->step != NULL &&
		    (throttle == NULL ||
		        !text_equal(throttle->step, row->step->name)))
			follow(session, row->domain, row);
	}
	for (size_t i = 0; i < list->count; i++)
		if (list->rows[i].step != NULL &&
		    row_find(rows, list->rows[i].domain) == NULL)
			follow(session, list->rows[i].domain, NULL);
}

/* What observers see: only what is slowed down now. */
static void
list_now(struct session *session)
{
	const struct throttle_list *list = &session->throttles;
	struct throttle *rows =
	    arena_alloc(session->arena, list->count + 1, sizeof(*rows));
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->rows[i].step != NULL)
			rows[count++] = list->rows[i];
	session->slowed = *list;
	session->slowed.rows = rows;
	session->slowed.count = count;
}

void
session_throttles(struct session *session)
{
	const struct mta_ops *ops = session->mta.ops;
	struct mta_throttle_rows rows = {0};
	struct why why = {0};

	if (ops == NULL || ops->throttle_rows == NULL)
		return;
	if (session->throttles.rows == NULL)
		interval_read(session);
	reloads_read(session, &session->throttles);
	if (session->state != NULL)
		session->throttles.refused_count = state_refused(session->state,
		    session->arena, &session->throttles.refused);
	if (ops->throttle_rows(session->arena, &session->mta, &rows, &why) <
	    0) {
		session_note(
		    session, "What is slowed down is not known: %s.", why.text);
		return;
	}
	if (session->state == NULL || state_is_closed(session->state)) {
		relay_adopt(session, &rows);
		list_bare(session, &rows);
	} else {
		list_known(session, &rows);
		relay_adopt(session, &rows);
		compare(session, &rows);
		list_known(session, &rows);
	}
	list_now(session);
}

static bool
is_reload(const struct change *change, bool is_made)
{
	const char *detail = change->detail != NULL ? change->detail : "";

	if (strcmp(change->kind->name, "unit") == 0)
		return strcmp(change->verb, "reload") == 0;
	return strcmp(detail, "reload both") == 0 ||
	       strcmp(detail, is_made ? "reload" : "reload-after-undo") == 0;
}

static bool
is_relay_setting(const struct session *session, const struct change *change)
{
	const struct mta_throttle *throttle = session->mta.throttle;

	return throttle != NULL && throttle->relay != NULL &&
	       strcmp(change->kind->name, "postfix-param") == 0 &&
	       strcmp(change->target, throttle->relay->setting) == 0;
}

void
session_changed(void *user, const struct change *change, bool is_made)
{
	struct session *session = user;

	if (session->state == NULL || change->kind == NULL)
		return;
	if (is_reload(change, is_made)) {
		session->reloaded_ms = clock_boot_ms();
		reloads_read(session, &session->throttles);
		state_counter_set(session->state, COUNTER_RELOADS,
		    session->throttles.reloads + 1);
	}
	if ((strcmp(change->kind->name, "map-entry") == 0 &&
	        text_starts(change->target, MTA_THROTTLE_TABLE)) ||
	    is_relay_setting(session, change))
		session_throttles(session);
}

/* More than a rule would ask for: only what the next run asks DNS about. */
static bool
is_refused(const struct fact_set *facts, const char *domain)
{
	struct throttle_evidence evidence;

	return throttle_evidence(facts, NULL, NULL, domain, &evidence) &&
	       evidence.refused > 0 && throttle_law_cures(evidence.cause);
}

void
session_refused_keep(struct session *session)
{
	const struct fact_table *table = fact_table_get(
	    session->facts, schema_table_find("destination", NULL));
	const char *domains[STATE_REFUSED_MAX];
	size_t count = 0;

	/* not looked at: what is known stays */
	if (session->state == NULL || table->state != FACT_KNOWN)
		return;
	for (size_t i = 0; i < table->count && count < STATE_REFUSED_MAX; i++)
		if (is_refused(session->facts, table->rows[i].key))
			domains[count++] = table->rows[i].key;
	state_refused_set(session->state, domains, count);
}
