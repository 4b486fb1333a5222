/*
 * identity.c - as whom this host sends: addresses, domains, names
 *
 * Purpose  identity.h
 * Input    mailfix.conf, the mail system's settings, routes; facts of this
 *          look: hostile
 * Errors   what cannot be known is said in its own member
 * Runs as  actor (identity_read), observer (identity_add_facts)
 * Source   SPEC section 5: [host]; udp(7): connect(2) sends nothing, and chooses
 *          the address that a packet would have
 *
 * A sender that a stranger can write into the queue or the log is not taken for
 * one of ours: a host that forwards mail would be told to publish records for
 * the domains of others. What counts is mail that was handed in here, by a
 * local program or after a login.
 */
#include "agent/probes/identity.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mail/mail_name.h"
#include "agent/mail/outside.h"
#include "agent/sys/idn.h"

/*
 * A place far outside, by which the way out is found: a.root-servers.net, which
 * is not asked anything.
 */
static const char *const far_away[PROBE_FAMILIES] = {
    "198.41.0.4", "2001:503:ba3e::2:30"};

static const int families[PROBE_FAMILIES] = {AF_INET, AF_INET6};

static const char *const family_names[PROBE_FAMILIES] = {"IPv4", "IPv6"};

/* Discard, RFC 863; nothing is sent to it. */
#define FAR_PORT 9

/* Octets before the IPv4 address in "::ffff:192.0.2.1", RFC 4291 2.5.5.2. */
#define MAPPED_PREFIX 12

static bool
is_auto(const char *value)
{
	return value == NULL || *value == '\0' || strcmp(value, "auto") == 0;
}

static const char *
lower(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_dup_n(arena, text, length);

	for (char *p = copy; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* The next of a list "a,b c"; NULL at its end. */
static const char *
word_next(struct arena *arena, const char **at)
{
	size_t length;
	const char *word;

	*at += strspn(*at, ", \t");
	length = strcspn(*at, ", \t");
	if (length == 0)
		return NULL;
	word = lower(arena, *at, length);
	*at += length;
	return word;
}

static void
address_add(struct identity *identity, struct arena *arena, const char *text,
    int family, const char *source)
{
	char canonical[INET6_ADDRSTRLEN];

	union {
		struct in6_addr v6;
		uint8_t bytes[16];
	} read;

	const uint8_t *bytes = read.bytes;

	if (inet_pton(family, text, read.bytes) != 1)
		return;
	if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&read.v6)) {
		family = AF_INET;
		bytes += MAPPED_PREFIX;
	}
	if (inet_ntop(family, bytes, canonical, sizeof(canonical)) == NULL)
		return;
	for (size_t i = 0; i < identity->address_count; i++)
		if (strcmp(identity->addresses[i].text, canonical) == 0)
			return;
	if (identity->address_count == IDENTITY_ADDRESSES_MAX)
		return;
	identity->addresses[identity->address_count++] =
	    (struct identity_address){
	        arena_dup(arena, canonical), family, source};
}

static void
addresses_configured(
    struct identity *identity, struct arena *arena, const char *list)
{
	const char *word;

	while ((word = word_next(arena, &list)) != NULL) {
		address_add(identity, arena, word, AF_INET, "configured");
		address_add(identity, arena, word, AF_INET6, "configured");
	}
}

/* What address a packet to far away would have; 0, or a negative errno. */
static int
source_find(enum probe_family at, char ret[static INET6_ADDRSTRLEN])
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} peer = {.any = {.sa_family = (sa_family_t)families[at]}};

	socklen_t length = at == PROBE_V4 ? sizeof(peer.v4) : sizeof(peer.v6);
	AUTO_CLOSE int fd =
	    socket(families[at], SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	void *bytes = at == PROBE_V4 ? (void *)&peer.v4.sin_addr
	                             : (void *)&peer.v6.sin6_addr;

	if (fd < 0 || inet_pton(families[at], far_away[at], bytes) != 1)
		return -errno;
	*(at == PROBE_V4 ? &peer.v4.sin_port : &peer.v6.sin6_port) =
	    htons(FAR_PORT);
	if (connect(fd, &peer.any, length) < 0 ||
	    getsockname(fd, &peer.any, &length) < 0 ||
	    inet_ntop(families[at], bytes, ret, INET6_ADDRSTRLEN) == NULL)
		return -errno;
	return 0;
}

static bool
is_outside(const char *address)
{
	return outside_family(
	           (struct span){address, (uint32_t)strlen(address)}) != 0;
}

/* One family, by what the mail system binds, and else by routes. */
static void
address_find(
    struct identity *identity, struct arena *arena, enum probe_family at)
{
	const struct mta_identity *mta = identity->mta;
	const char *bound = at == PROBE_V4 ? mta->bind_v4 : mta->bind_v6;
	const char *setting =
	    at == PROBE_V4 ? mta->bind_setting_v4 : mta->bind_setting_v6;
	char found[INET6_ADDRSTRLEN] = "";
	int r = 0;

	if (!(at == PROBE_V4 ? mta->uses_v4 : mta->uses_v6))
		return;
	if (bound[0] == '\0') {
		setting = "route";
		r = source_find(at, found);
		bound = found;
	}
	/* no way out: nothing is sent over that family */
	if (r == -ENETUNREACH || r == -EADDRNOTAVAIL || r == -EAFNOSUPPORT ||
	    r == -EHOSTUNREACH)
		return;
	if (r < 0)
		identity->address_unknown[at] = arena_printf(arena,
		    "the source address for %s cannot be found: %s",
		    family_names[at], strerror(-r));
	else if (is_outside(bound))
		address_add(identity, arena, bound, families[at], setting);
	else
		identity->address_unknown[at] = arena_printf(arena,
		    "mail leaves as %s, behind NAT: the world sees another "
		    "address; set [host] addresses",
		    bound);
}

/* Without a public address of either family it is a network of its own. */
static void
inside_read(struct identity *identity)
{
	bool is_private[PROBE_FAMILIES], has_public = false;
	char found[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < PROBE_FAMILIES; i++) {
		const int r = source_find((enum probe_family)i, found);

		is_private[i] = r == 0 && !is_outside(found);
		has_public = has_public || (r == 0 && !is_private[i]);
	}
	for (size_t i = 0; i < PROBE_FAMILIES; i++)
		identity->is_inside[i] = is_private[i] || !has_public;
}

static void
addresses_read(struct identity *identity, const struct probe_job *job)
{
	inside_read(identity);
	if (!is_auto(job->config->addresses)) {
		addresses_configured(
		    identity, job->arena, job->config->addresses);
		return;
	}
	for (size_t i = 0; i < PROBE_FAMILIES; i++)
		if (identity->mta == NULL)
			/* maybe through a relay */
			identity->address_unknown[i] = arena_printf(job->arena,
			    "how mail leaves is not known (%s); set [host] "
			    "addresses",
			    identity->helo_unknown);
		else if (identity->is_silent)
			continue;
		else if (identity->relay != NULL)
			identity->address_unknown[i] = arena_printf(job->arena,
			    "mail leaves through %s: the world sees "
			    "addresses of that relay",
			    identity->relay);
		else
			address_find(
			    identity, job->arena, (enum probe_family)i);
}

struct identity_domain *
identity_domain_get(struct identity *identity, struct arena *arena,
    const char *name, const char *source)
{
	for (size_t i = 0; i < identity->domain_count; i++)
		if (strcmp(identity->domains[i].name, name) == 0)
			return &identity->domains[i];
	if (identity->domain_count == IDENTITY_DOMAINS_MAX) {
		if (identity->domains_unknown == NULL)
			identity->domains_unknown = arena_printf(arena,
			    "there are more than %d domains; name the ones to "
			    "look at in [host] domains",
			    IDENTITY_DOMAINS_MAX);
		return NULL;
	}
	identity->domains[identity->domain_count] =
	    (struct identity_domain){.name = name, .source = source};
	return &identity->domains[identity->domain_count++];
}

/* Those that are sent for come first, where there are too many. */
static void
domains_from_mta(struct identity *identity, struct arena *arena, bool is_closed)
{
	const struct mta_identity *mta = identity->mta;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < mta->domain_count; i++) {
			const struct mta_domain *from = &mta->domains[i];
			bool is_sender = from->is_sender && !is_closed;
			struct identity_domain *domain;

			if (is_sender != (pass == 0))
				continue;
			if (!is_sender && !from->is_hosted && !from->is_relayed)
				continue;
			domain = identity_domain_get(
			    identity, arena, from->name, from->source);
			if (domain == NULL)
				return;
			domain->is_sender |= is_sender;
			domain->is_hosted |= from->is_hosted;
			domain->is_relayed |= from->is_relayed;
			domain->is_own |= from->is_own;
			domain->is_rewritten |= from->is_rewritten;
		}
	if (mta->unread != NULL && mta->unread[0] != NULL && !is_closed)
		identity->domains_unknown = arena_printf(arena,
		    "domains in %s cannot be listed; name them in [host] "
		    "domains",
		    mta->unread[0]);
}

/* One that cannot be looked at is not left out in silence. */
static void
configured_add(struct identity *identity, struct arena *arena, const char *word)
{
	struct identity_domain *domain = NULL;
	struct why why = {0};
	const char *name = "";

	if (idn_to_ascii(arena, word, &name, &why) == 0 && mail_domain_ok(name))
		domain =
		    identity_domain_get(identity, arena, name, "configured");
	else
		identity->domains_unknown =
		    arena_printf(arena, "[host] domains: %s",
		        why.text[0] != '\0'
		            ? why.text
		            : arena_printf(arena, "\"%s\" is no domain", word));
	if (domain != NULL)
		domain->is_sender = true;
}

static void
domains_read(struct identity *identity, const struct probe_job *job)
{
	const char *list = job->config->domains, *word;
	bool is_configured = !is_auto(list);

	while (is_configured && (word = word_next(job->arena, &list)) != NULL)
		configured_add(identity, job->arena, word);
	identity->is_closed = is_configured || identity->is_silent;
	if (identity->mta != NULL)
		domains_from_mta(identity, job->arena, identity->is_closed);
}

static void
mta_read(struct identity *identity, const struct probe_job *job)
{
	struct mta_identity *mta = arena_alloc(job->arena, 1, sizeof(*mta));
	struct why why = {0};
	int r;

	if (job->mta == NULL || job->mta_error != NULL)
		(void)why_set(&why, -ENODATA, "%s",
		    job->mta_error != NULL ? job->mta_error : "not looked for");
	else if (job->mta->ops == NULL || job->mta->ops->identity == NULL)
		(void)why_set(&why, -ENODATA,
		    "the settings of the mail system are not read here");
	else {
		r = job->mta->ops->identity(job->arena, job->mta, mta, &why);
		if (r == 0)
			identity->mta = mta;
	}
	if (identity->mta == NULL)
		identity->domains_unknown = identity->helo_unknown =
		    arena_dup(job->arena, why.text);
}

static void
helo_read(struct identity *identity, const struct probe_job *job)
{
	if (!is_auto(job->config->helo)) {
		identity->helo = job->config->helo;
		identity->helo_unknown = NULL;
	} else if (identity->mta != NULL) {
		identity->helo = identity->mta->helo;
		identity->helo_unknown = identity->mta->helo_error;
	}
}

/* Whether other mail than ours meets the world here is not known either. */
static void
way_doubt(
    struct identity *identity, const struct probe_job *job, const char *why)
{
	const char *unknown = arena_printf(job->arena,
	    "how mail leaves is not known (%s); set [host] addresses", why);

	if (!is_auto(job->config->addresses))
		return;
	identity->address_count = 0;
	for (size_t i = 0; i < PROBE_FAMILIES; i++)
		identity->address_unknown[i] = unknown;
	if (is_auto(job->config->helo)) {
		identity->helo = NULL;
		identity->helo_unknown = unknown;
	}
}

/* With a relay for all mail, no address is ours in any case. */
static void
ways_read(struct identity *identity, const struct probe_job *job)
{
	const char *names[IDENTITY_DOMAINS_MAX];
	bool has_relay[IDENTITY_DOMAINS_MAX] = {false};
	struct why why = {0};
	int r;

	if (identity->mta == NULL || identity->is_silent)
		return;
	if (identity->mta->way_unknown != NULL) {
		way_doubt(identity, job, identity->mta->way_unknown);
		return;
	}
	if (job->mta->ops->sender_relays == NULL)
		return;
	for (size_t i = 0; i < identity->domain_count; i++)
		names[i] = identity->domains[i].name;
	r = job->mta->ops->sender_relays(job->arena, job->mta, names,
	    identity->domain_count, has_relay, &why);
	if (r < 0 && identity->relay == NULL)
		way_doubt(identity, job, arena_dup(job->arena, why.text));
	identity->is_by_sender = r > 0;
	for (size_t i = 0; r > 0 && i < identity->domain_count; i++)
		identity->domains[i].has_relay_of_its_own = has_relay[i];
}

void
identity_read(const struct probe_job *job, struct identity *ret)
{
	*ret = (struct identity){.address_count = 0};
	mta_read(ret, job);
	if (ret->mta != NULL)
		ret->relay = ret->mta->relay;
	/* who tells of addresses knows of another way out */
	ret->is_silent = ret->mta != NULL && ret->mta->is_silent &&
	                 is_auto(job->config->addresses);
	addresses_read(ret, job);
	helo_read(ret, job);
	domains_read(ret, job);
	ways_read(ret, job);
}

static const struct fact_table *
known_table(const struct fact_set *facts, const char *name)
{
	const struct table *schema = schema_table_find(name, NULL);
	const struct fact_table *table =
	    schema != NULL ? fact_table_get(facts, schema) : NULL;

	return table != NULL && table->state == FACT_KNOWN ? table : NULL;
}

/* Who signs for a domain sends in its name. */
static void
keys_add(struct identity *identity, struct arena *arena,
    const struct fact_set *facts)
{
	const struct fact_table *keys = known_table(facts, "signing_key");

	for (size_t i = 0; keys != NULL && i < keys->count; i++) {
		struct value name =
		    fact_cell(facts, keys->schema, keys->rows[i].key,
		        (size_t)schema_column_find(keys->schema, "domain"));
		struct identity_domain *domain;
		const char *text;
		size_t count;

		if (name.kind != VALUE_TEXT)
			continue;
		text = lower(arena, name.text, strlen(name.text));
		if (!mail_domain_ok(text) || mta_domain_is_local(text))
			continue;
		count = identity->domain_count;
		domain =
		    identity_domain_get(identity, arena, text, "signing key");
		if (domain == NULL)
			continue;
		/* nobody asked the tables about it */
		if (identity->domain_count > count)
			domain->has_relay_of_its_own = identity->is_by_sender;
		domain->is_signed = true;
		domain->is_sender |= !identity->is_closed;
	}
}

/*
 * Of the senders in the log only domains that the mail system is told of: who
 * logs in, or forwards from within, may write any other. Not this host's own
 * name: what cron writes, and never leaves, is from there too.
 */
static void
senders_add(struct identity *identity, const struct fact_set *facts)
{
	const struct fact_table *senders = known_table(facts, "sender_domain");

	if (senders == NULL || identity->is_closed)
		return;
	for (size_t i = 0; i < identity->domain_count; i++) {
		struct identity_domain *domain = &identity->domains[i];

		if ((domain->is_hosted || domain->is_relayed) &&
		    !domain->is_own && !domain->is_rewritten &&
		    fact_row_find(senders, domain->name) != NULL)
			domain->is_sender = true;
	}
}

void
identity_add_facts(struct identity *identity, struct arena *arena,
    const struct fact_set *facts)
{
	if (facts == NULL)
		return;
	keys_add(identity, arena, facts);
	senders_add(identity, facts);
}
