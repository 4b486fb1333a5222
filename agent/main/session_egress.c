/*
 * session_egress.c - when mail servers were last asked for a connection
 *
 * Purpose  what that came to, from look to look and from run to run: they are
 *          not asked again so soon
 * Input    the state; facts of a look: numbers
 * Errors   none: without a state each run asks anew
 * Runs as  the actor
 * Source   agent/probes/egress.c
 */
#include "agent/base/clock.h"
#include "agent/main/session.h"

/* Two looks at one asking may differ by rounding. */
#define SAME_S 2

/* A column of the table egress, and where its number is in what is kept. */
static const struct {
	const char *column, *counter;
	size_t offset;
} kept[] = {
    {"port",       "egress.port",       offsetof(struct probe_asked, port)      },
    {"tried_v4",   "egress.tried_v4",   offsetof(struct probe_asked, tried[0])  },
    {"reached_v4", "egress.reached_v4",
     offsetof(struct probe_asked,                                    reached[0])},
    {"refused_v4", "egress.refused_v4",
     offsetof(struct probe_asked,                                    refused[0])},
    {"tried_v6",   "egress.tried_v6",   offsetof(struct probe_asked, tried[1])  },
    {"reached_v6", "egress.reached_v6",
     offsetof(struct probe_asked,                                    reached[1])},
    {"refused_v6", "egress.refused_v6",
     offsetof(struct probe_asked,                                    refused[1])},
    {"outside",    "egress.outside",    offsetof(struct probe_asked, outside)   },
};

static double *
number_at(struct probe_asked *asked, size_t i)
{
	return (double *)(void *)((char *)asked + kept[i].offset);
}

static struct value
told(const struct session *session, const char *column)
{
	return fact_cell_named(session->facts, "egress", NULL, column);
}

void
session_asked_load(struct session *session)
{
	struct probe_asked asked = {0};

	for (size_t i = 0; i < ARRAY_COUNT(kept); i++)
		if (session->state == NULL ||
		    !state_counter_get(session->state, kept[i].counter,
		        number_at(&asked, i), &asked.at_s))
			return;
	session->asked = asked;
}

void
session_asked_keep(struct session *session)
{
	const struct value age = told(session, "asked");
	struct probe_asked asked = {0};

	if (age.kind != VALUE_NUMBER)
		return;
	asked.at_s = clock_now_s() - (int64_t)age.number;
	if (asked.at_s <= session->asked.at_s + SAME_S)
		return;
	for (size_t i = 0; i < ARRAY_COUNT(kept); i++) {
		const struct value value = told(session, kept[i].column);

		if (value.kind != VALUE_NUMBER)
			return;
		*number_at(&asked, i) = value.number;
	}
	session->asked = asked;
	for (size_t i = 0; session->state != NULL && session->may_change &&
	                   i < ARRAY_COUNT(kept);
	     i++)
		state_counter_set(
		    session->state, kept[i].counter, *number_at(&asked, i));
}
