/*
 * postfix.h - parts of the Postfix row, between its files
 */
#ifndef MAILFIX_MTA_POSTFIX_H
#define MAILFIX_MTA_POSTFIX_H

#include "agent/mta/mta.h"
#include "agent/mta/postfix_master.h"
#include "agent/mta/postfix_settings.h"

extern const struct mta_ops postfix_ops;

/* What is asked for later than at the start. */
struct mta_own {
	struct postfix_settings settings;
	struct postfix_services services;
};

/* postfix_listeners_find - into mta->listeners, from master.cf */
void postfix_listeners_find(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta);

/* postfix_maps_find - into mta->maps: tables with a source and a built file */
void postfix_maps_find(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta);

/* postfix_params_parse - text of main.cf into mta->params */
void postfix_params_parse(
    struct arena *arena, const char *text, size_t length, struct mta *mta);

/* postfix_services_list - into mta->services, from master.cf */
void postfix_services_list(struct arena *arena,
    const struct postfix_services *services, struct mta *mta);

/* postfix_peers_find - into mta->peers: milters, filters, authentication */
void postfix_peers_find(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta);

/* postfix_filters_find - into mta->filters: who gives mail back */
void postfix_filters_find(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta);

/* postfix_dnsbl_paste - mta_ops.dnsbl_paste */
struct mta_dnsbl;
const char *postfix_dnsbl_paste(struct arena *arena, const struct mta *mta,
    const struct mta_dnsbl *list, const char *filter);

/* postfix_words - split a list at blanks and commas; braces keep together */
const char *const *postfix_words(struct arena *arena, const char *text);

/* postfix_identity, postfix_certificates - see mta_ops.h */
int postfix_certificates(struct arena *arena, const struct mta *mta,
    struct mta_identity *ret, struct why *why);
int postfix_identity(struct arena *arena, const struct mta *mta,
    struct mta_identity *ret, struct why *why);
void postfix_domains_ask(struct arena *arena, const struct mta *mta,
    const struct mta_identity *identity, const char *const *names, size_t count,
    struct mta_domain *ret);

int postfix_routed_by_hand(struct arena *arena, const struct mta *mta,
    const char *domain, const char **ret, struct why *why);

int postfix_tables_check(
    struct arena *arena, const char *setting, struct why *why);

const char *const *postfix_map_build(
    struct arena *arena, const struct mta *mta, const struct mta_map *map);

/* postfix_throttle_find - into mta->throttle: what our transports are like */
void postfix_throttle_find(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta *mta);

int postfix_throttle_rows(struct arena *arena, const struct mta *mta,
    struct mta_throttle_rows *ret, struct why *why);

void postfix_throttle_provision(struct arena *arena, const struct mta *mta,
    const struct step *step, const char *nexthop, struct mta_provision *ret);

void postfix_throttle_relay(struct arena *arena, const struct mta *mta,
    const struct step *step, struct mta_provision *ret);

/*
 * postfix_relay_find - the relay of ordinary mail, or NULL
 * nexthop  that default_transport names, or ""
 */
const struct mta_relay *postfix_relay_find(struct arena *arena,
    const struct postfix_settings *settings, const char *nexthop);

/* postfix_relay_is_ours - is this value of its setting one of ours? */
bool postfix_relay_is_ours(const char *value);

/* postfix_relay_value - of its setting, for a step */
const char *postfix_relay_value(struct arena *arena,
    const struct mta_relay *relay, const struct step *step);

/*
 * postfix_relay_row - is the relay slowed down, as main.cf says now?
 * Returns 1 with the row, 0, or a negative errno.
 */
int postfix_relay_row(struct arena *arena, const struct mta *mta,
    struct mta_throttle_row *ret, struct why *why);

int postfix_queue_paths(struct arena *arena, const struct mta *mta,
    const struct mta_path **ret, size_t *ret_count, struct why *why);

/*
 * postfix_files_parse - the $queue_directory lines of a postfix-files text
 * Unknown users and groups are an error: -ENOENT with why.
 */
int postfix_files_parse(struct arena *arena, const char *text,
    const char *queue_dir, const char *mail_owner, const char *setgid_group,
    const struct mta_path **ret, size_t *ret_count, struct why *why);

int postfix_master_pid(const struct mta *mta, pid_t *ret, struct why *why);

#endif
