/*
 * postfix_identity.h - between the parts of postfix_identity*.c
 */
#ifndef MAILFIX_MTA_POSTFIX_IDENTITY_H
#define MAILFIX_MTA_POSTFIX_IDENTITY_H

#include "agent/mta/mta_identity.h"
#include "agent/mta/postfix_master.h"
#include "agent/mta/postfix_settings.h"
#include "agent/mta/postfix_way.h"

struct mta_own;

/* More than a report tells apart; then the list is said to be cut. */
#define POSTFIX_DOMAINS_MAX 256U

/*
 * Postfix's own howtos have one for each kind of domain. Each may take the
 * deadline of one question, when its database hangs.
 */
#define POSTFIX_TABLES_MAX 4U

/* Each server asks a handful; with filters of several weights, some more. */
#define POSTFIX_DNSBLS_MAX 64U

/*
 * postfix_identity_domains - into ret->domains, ret->tables and ret->unread
 * has_users  people log in here to send
 */
void postfix_identity_domains(struct arena *arena,
    const struct postfix_settings *settings, bool has_users,
    struct mta_identity *ret);

/*
 * postfix_leaves_otherwise - does what leaves by this transport leave from
 * other addresses than what takes default_transport?
 * transport  "name:nexthop"; one that master.cf does not have: no
 */
bool postfix_leaves_otherwise(
    struct arena *arena, const struct mta_own *own, const char *transport);

/* postfix_identity_lists - into ret->dnsbls */
void postfix_identity_lists(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta_identity *ret);

/* postfix_identity_certificates - into ret->certificates */
void postfix_identity_certificates(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_services *services, struct mta_identity *ret);

/*
 * postfix_service_value - what a setting is for a service: its own -o, with
 * $names filled in from main.cf, or main.cf's
 */
const char *postfix_service_value(struct arena *arena,
    const struct postfix_settings *settings,
    const struct postfix_service *service, const char *name,
    const char *otherwise);

/*
 * postfix_table_keys - the keys of a lookup table, if it can list them
 * Returns 0, or a negative errno with why: a database, a pattern, no file.
 */
int postfix_table_keys(struct arena *arena, const char *table,
    const char *const **ret, struct why *why);

/* postfix_domains_ask_by - as mta_ops.h has it; hostname as in main.cf */
void postfix_domains_ask_by(struct arena *arena, postfix_table_asker *ask,
    const struct mta_identity *identity, const char *hostname,
    const char *const *names, size_t count, struct mta_domain *ret);

#endif
