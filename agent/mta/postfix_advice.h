/*
 * postfix_advice.h - settings that look like a throttle and are none
 */
#ifndef MAILFIX_MTA_POSTFIX_ADVICE_H
#define MAILFIX_MTA_POSTFIX_ADVICE_H

#include "agent/mta/postfix.h"

/* More than anybody has; the first ones are told. */
#define POSTFIX_ADVICE_MAX 64U

struct postfix_advice {
	struct arena *arena;
	const struct mta *mta; /* its params, config_dir, message_size_limit */
	const struct postfix_settings *settings;
	const struct postfix_services *services;
	const char *transport; /* that default_transport names: "smtp" */
	bool has_relay;        /* all mail goes to one relay */
	struct mta_advice *rows;
	size_t count;
};

/*
 * postfix_advice_find - into mta->advice; mta->params is filled already
 *
 * Pure. What main.cf does not set, and what is mailfix's own (mailfix-...),
 * is never told.
 */
void postfix_advice_find(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta);

/* Between its files. */

/*
 * postfix_advice_add - a row; NULL when there is one for that setting already
 * place and setting are filled in: from main.cf, or from a line of master.cf.
 */
struct mta_advice *postfix_advice_add(struct postfix_advice *advice,
    const char *problem, const char *setting, const char *value,
    const char *file, size_t line);

/*
 * postfix_advice_split - is it NAME_suffix of a transport, and which?
 *
 * Returns the suffix that the queue manager knows ("_destination_rate_delay")
 * with *ret_transport, or NULL.
 */
const char *postfix_advice_split(
    struct arena *arena, const char *name, const char **ret_transport);

/* postfix_advice_of - the effective value of TRANSPORT_suffix, a number */
double postfix_advice_of(const struct postfix_advice *advice,
    const char *transport, const char *suffix, double otherwise);

/* postfix_advice_main, _master - the rules for what each file sets */
void postfix_advice_main(
    struct postfix_advice *advice, const struct mta_param *param);
void postfix_advice_server(struct postfix_advice *advice, const char *setting,
    const char *name, const char *value, const char *file, size_t line);
void postfix_advice_service(
    struct postfix_advice *advice, const struct postfix_service *service);

#endif
