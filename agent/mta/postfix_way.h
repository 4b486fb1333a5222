/*
 * postfix_way.h - where mail leaves, as tables of the admin say
 */
#ifndef MAILFIX_MTA_POSTFIX_WAY_H
#define MAILFIX_MTA_POSTFIX_WAY_H

#include "agent/base/buf.h"
#include "agent/mta/mta.h"
#include "agent/mta/mta_identity.h"
#include "agent/mta/postfix_settings.h"

/*
 * postfix_table_asker - lines "key\tvalue" of those keys that a table has
 * keys  a line for each
 * Returns 0 with *ret, "" for none, or a negative errno with why.
 */
typedef int postfix_table_asker(struct arena *arena, const char *table,
    const struct buf *keys, const char **ret, struct why *why);

/* postfix_table_ask - by one postmap(1) call for all keys */
postfix_table_asker postfix_table_ask;

/* postfix_table_value - of a key in such lines, in arena; NULL: none */
const char *postfix_table_value(
    struct arena *arena, const char *lines, const char *key);

/* What says where mail goes for which nothing else says it. */
struct postfix_way {
	bool is_told;      /* transport_maps do, whoever the sender is */
	const char *relay; /* "mx.test:587"; NULL: none */
};

/*
 * postfix_way_find - what transport_maps say of mail for anybody
 * Returns 0, or a negative errno with why: a table cannot be asked.
 */
int postfix_way_find(struct arena *arena,
    const struct postfix_settings *settings, postfix_table_asker *ask,
    struct postfix_way *ret, struct why *why);

/*
 * postfix_way_relay - a relay as text, NULL: there is none, or it is this
 * host itself by name
 *
 * A program at a loopback address is a relay, too (stunnel, another instance):
 * what it gave back would come to it again, so it sends elsewhere. A filter that
 * gives mail back is a content_filter.
 */
const char *postfix_way_relay(struct arena *arena,
    const struct postfix_settings *settings, const struct mta_relay *relay);

/*
 * postfix_way_senders - which of these domains have a relay of their own, or
 * leave from other addresses than other mail
 * ret  one for each
 * Returns 1, 0: no table goes by the sender, or a negative errno with why.
 */
int postfix_way_senders(struct arena *arena, const struct mta_own *own,
    postfix_table_asker *ask, const char *const *domains, size_t count,
    bool *ret, struct why *why);

/*
 * postfix_way_rewrite - domains in whose name nothing gets out, since tables
 * put another address in the place of each: is_sender false, is_rewritten true
 * Returns 0, or a negative errno with why: a table cannot be asked.
 */
int postfix_way_rewrite(struct arena *arena,
    const struct postfix_settings *settings, postfix_table_asker *ask,
    struct mta_identity *identity, struct why *why);

/* postfix_sender_relays - see mta_ops.h */
int postfix_sender_relays(struct arena *arena, const struct mta *mta,
    const char *const *domains, size_t count, bool *ret, struct why *why);

#endif
