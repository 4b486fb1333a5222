/*
 * throttle_facts.c - from a row of facts to the evidence that the law wants
 *
 * Purpose  numbers and words of table `destination`, what is remembered of it,
 *          and what is normal here
 * Input    facts: typed, from the log, whose contents are hostile
 * Errors   none: what is unknown is no evidence
 * Runs as  actor; pure
 * Source   throttle_law.h; schema_log.c
 */
#include <string.h>

#include "actions/throttle_plan.h"

struct row {
	const struct fact_set *facts;
	const struct table *schema;
	const char *domain;
};

static struct value
cell(const struct row *row, const char *column)
{
	return fact_cell(row->facts, row->schema, row->domain,
	    (size_t)schema_column_find(row->schema, column));
}

static double
number(const struct row *row, const char *column)
{
	struct value value = cell(row, column);

	return value.kind == VALUE_NUMBER ? value.number : 0;
}

static const char *
text(const struct row *row, const char *column)
{
	struct value value = cell(row, column);

	return value.kind == VALUE_TEXT ? value.text : NULL;
}

static int
word(const struct row *row, const char *column, const char *const *names)
{
	const char *name = text(row, column);

	for (int i = 0; name != NULL && names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return 0; /* "unknown" is the first of each */
}

static void
log_read(const struct row *row, struct throttle_evidence *ret)
{
	ret->cause = (enum reply_cause)word(row, "cause", reply_cause_names);
	ret->stage = (enum reply_stage)word(row, "stage", reply_stage_names);
	ret->attempts = number(row, "attempts");
	ret->sent = number(row, "sent");
	ret->refused = number(row, "cause_count");
	ret->first_refused_s = number(row, "first_refused");
	ret->last_refused_s = number(row, "last_refused");
	ret->opened = number(row, "opened");
	ret->alive = number(row, "alive");
	ret->accepted_rate = number(row, "accepted_rate");
	ret->said_rate = number(row, "said_rate");
	ret->per_session = number(row, "per_session");
	ret->usual = number(row, "usual");
	ret->wait_s = number(row, "wait");
	ret->step_attempts = number(row, "step_attempts");
	ret->step_sent = number(row, "step_sent");
	ret->step_refused = number(row, "step_refused");
}

/* As the log's probe told them: it was shown what is remembered. */
static void
facts_read(const struct row *row, struct throttle_evidence *ret)
{
	ret->step = step_find(text(row, "step"));
	ret->step_age_s = number(row, "step_age");
	ret->too_much = step_find(text(row, "too_much"));
	ret->rise_wait_s = number(row, "rise_wait");
	ret->pause_s = number(row, "pause");
}

static void
memory_read(const struct throttle *throttle, struct throttle_evidence *ret)
{
	ret->step = step_find(throttle->step);
	ret->step_age_s = throttle->age_s;
	ret->too_much = step_find(throttle->too_much);
	ret->worked = step_find(throttle->worked);
	ret->rise_wait_s = throttle->rise_wait_s;
	ret->rise_fails = throttle->rise_fails;
	ret->pause_s = throttle->pause_s;
	ret->taken = throttle->taken;
	ret->taken_s = throttle->taken_s;
	ret->since_us = throttle->since_us;
}

bool
throttle_evidence(const struct fact_set *facts,
    const struct throttle_list *throttles, const struct mta *mta,
    const char *domain, struct throttle_evidence *ret)
{
	struct row row = {
	    .facts = facts,
	    .schema = schema_table_find("destination", NULL),
	    .domain = domain,
	};
	const struct fact_table *table =
	    facts != NULL ? fact_table_get(facts, row.schema) : NULL;
	const struct throttle *throttle = throttle_find(throttles, domain);
	bool is_told = table != NULL && table->state == FACT_KNOWN &&
	               fact_row_find(table, domain) != NULL;

	*ret = (struct throttle_evidence){.domain = domain};
	if (is_told) {
		log_read(&row, ret);
		facts_read(&row, ret);
	}
	if (throttle != NULL)
		memory_read(throttle, ret);
	if (throttles != NULL)
		ret->interval_s = throttles->interval_s;
	if (mta != NULL && mta->throttle != NULL) {
		ret->normal_sessions = mta->throttle->sessions;
		ret->normal_rate = mta->throttle->rate;
	}
	return is_told;
}
