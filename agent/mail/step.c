/*
 * step.c - the ladder of speed steps
 *
 * Purpose  one table, and the way up and down in it
 * Input    names, from the state and from transports in the log
 * Errors   none
 * Runs as  both roles
 * Source   postconf(5): *_destination_concurrency_limit, *_destination_rate_-
 *          delay (whole seconds); notes at each family
 */
#include "agent/mail/step.h"

#include <string.h>

/*
 * Concurrency: each step is at most 1.7 times the one below it, so that at
 * least 60 % of any limit is used. 20 is Postfix's own default, above these.
 *
 * Rate: Postfix's delay is in whole seconds, and one connection without a delay
 * makes dozens of messages a second: between them N transports of one message
 * a second each. 10 s is also the trickle that finds out when a limit ends.
 */
#define CONCURRENCY(n, t)                                                      \
	{                                                                      \
		.name = "c" #n, .family = STEP_CONCURRENCY,                    \
		.concurrency = (n), .shards = 1, .text = (t)                   \
	}
#define RATE(n, t)                                                             \
	{                                                                      \
		.name = "r" #n, .family = STEP_RATE, .per_s = (n),             \
		.shards = (n), .text = (t)                                     \
	}
#define DELAY(n, t)                                                            \
	{                                                                      \
		.name = "d" #n, .family = STEP_RATE, .per_s = 1.0 / (n),       \
		.concurrency = 1, .shards = 1, .text = (t)                     \
	}
#define MESSAGES(n, t)                                                         \
	{                                                                      \
		.name = "m" #n, .family = STEP_MESSAGES, .messages = (n),      \
		.shards = 1, .text = (t)                                       \
	}

const struct step step_table[] = {
    CONCURRENCY(12, "12 sessions at a time"),
    CONCURRENCY(8, "8 sessions at a time"),
    CONCURRENCY(5, "5 sessions at a time"),
    CONCURRENCY(3, "3 sessions at a time"),
    CONCURRENCY(2, "2 sessions at a time"),
    CONCURRENCY(1, "one session at a time"),
    RATE(12, "12 messages a second"),
    RATE(10, "10 messages a second"),
    RATE(7, "7 messages a second"),
    RATE(5, "5 messages a second"),
    RATE(3, "3 messages a second"),
    RATE(2, "2 messages a second"),
    RATE(1, "one message a second"),
    DELAY(2, "one message each 2 seconds"),
    DELAY(3, "one message each 3 seconds"),
    DELAY(5, "one message each 5 seconds"),
    DELAY(10, "one message each 10 seconds"),
    DELAY(30, "one message each 30 seconds"),
    DELAY(60, "one message a minute"),
    MESSAGES(100, "at most 100 messages in a connection"),
    MESSAGES(20, "at most 20 messages in a connection"),
    MESSAGES(5, "at most 5 messages in a connection"),
    MESSAGES(1, "one message in a connection"),
    {.name = "pause",            .family = STEP_PAUSE, .text = "nothing for now"},
    {.name = NULL},
};

const struct step *
step_find(const char *name)
{
	for (size_t i = 0; name != NULL && step_table[i].name != NULL; i++)
		if (strcmp(step_table[i].name, name) == 0)
			return &step_table[i];
	return NULL;
}

const struct step *
step_slower(const struct step *step)
{
	return step[1].name != NULL && step[1].family == step->family ? step + 1
	                                                              : NULL;
}

const struct step *
step_faster(const struct step *step)
{
	return step > step_table && step[-1].family == step->family ? step - 1
	                                                            : NULL;
}

bool
step_owns(const struct step *step, const char *transport, size_t length)
{
	static const char prefix[] = "mailfix-";
	const size_t skip = sizeof(prefix) - 1;

	if (length <= skip || memcmp(transport, prefix, skip) != 0)
		return false;
	transport += skip;
	length -= skip;
	/* a rate is spread over shards: mailfix-s1, mailfix-s2, ... */
	if (step->family == STEP_RATE && step->shards >= 1 &&
	    step->name[0] == 'r')
		return transport[0] == 's';
	return strlen(step->name) == length &&
	       memcmp(step->name, transport, length) == 0;
}
