/*
 * nft_load.c - a snapshot of the kernel's rules, its parts when they are needed
 *
 * Purpose  tables, chains, sets at once; rules and elements when asked for
 * Input    messages of the kernel
 * Errors   -ESTALE: of another generation; -EAGAIN: they keep changing
 * Runs as  observer, with an asker; or as root by itself
 * Source   nf_tables_api.c: each message of a dump carries the lower half of the
 *          generation in res_id
 */
#include "agent/sys/nft_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "agent/base/auto.h"
#include "agent/sys/nft_ask.h"
#include "agent/sys/nft_decode.h"
#include "agent/sys/nft_ipset.h"

/*
 * A dump of an ordinary host takes a millisecond: one that is changed at each of
 * these tries is changed all the time.
 */
#define TRIES_MAX 5

struct nft_loader {
	struct nft_link *link;
	struct nf_ruleset *ruleset;
	struct nf_source source;
	struct nft_decoder decoder;
	void *buffer; /* NETLINK_BYTES */
	bool is_stale;
	bool has_no_generation; /* the messages of a generation's own answer */
	uint32_t generation;    /* of the last answer */
	/* what is being read */
	struct nf_table *tables;
	struct nf_chain *chains;
	struct nf_set *sets;
	struct nf_rule *rules;
	size_t count, size;
	struct nf_set *set;
	struct nft_elements elements;
};

typedef bool nft_take_fn(
    struct nft_loader *loader, const struct nlmsghdr *message);

struct take {
	struct nft_loader *loader;
	nft_take_fn *fn;
};

static int
each(void *user, const struct nlmsghdr *message)
{
	struct take *take = user;
	struct nft_loader *loader = take->loader;
	const struct nfgenmsg *body = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)))
		return -EBADMSG;
	if (!loader->has_no_generation &&
	    ntohs(body->res_id) != (loader->ruleset->generation & 0xffff))
		return -ESTALE;
	/* of a table that was not there a moment ago */
	return take->fn(loader, message) ? 0 : -ESTALE;
}

static int
load(struct nft_loader *loader, struct nft_question *question, nft_take_fn *fn,
    size_t *ret_count)
{
	struct take take = {loader, fn};
	struct netlink_walk walk = {.each = each, .user = &take};
	int r;

	walk.seq = question->seq = ++loader->link->seq;
	loader->has_no_generation = question->ask == NFT_ASK_GENERATION;
	r = nft_link_ask(loader->link, question);
	if (r == 0)
		r = netlink_walk(loader->link->fd, loader->buffer, &walk);
	if (r == 0 && walk.is_interrupted)
		r = -ESTALE;
	if (ret_count != NULL)
		*ret_count = walk.count;
	return r;
}

static bool
take_generation(struct nft_loader *loader, const struct nlmsghdr *message)
{
	struct nft_attrs attrs;

	nft_attrs_read_message(message, "4..", &attrs);
	if (attrs.at[NFTA_GEN_ID] == NULL)
		return false;
	loader->generation = nft_attr_u32(&attrs, NFTA_GEN_ID, 0);
	return true;
}

static int
generation_load(struct nft_loader *loader)
{
	struct nft_question question = {.ask = NFT_ASK_GENERATION};

	return load(loader, &question, take_generation, NULL);
}

/* Room for one more of the array that is being read. */
static void *
next_of(struct nft_loader *loader, void *array, size_t size)
{
	char **at = array;

	if (loader->count == loader->size) {
		loader->size = loader->size == 0 ? 64 : loader->size * 2;
		*at = mem_grow(*at, loader->size, size);
	}
	return *at + loader->count * size;
}

static bool
take_table(struct nft_loader *loader, const struct nlmsghdr *message)
{
	struct nf_table *table =
	    next_of(loader, &loader->tables, sizeof(*table));

	if (!nft_table_read(&loader->decoder, message, table))
		return false;
	loader->count++;
	return true;
}

static bool
take_chain(struct nft_loader *loader, const struct nlmsghdr *message)
{
	struct nf_chain *chain =
	    next_of(loader, &loader->chains, sizeof(*chain));

	if (!nft_chain_read(&loader->decoder, message, chain))
		return false;
	chain->order = (unsigned)loader->count++;
	return true;
}

static bool
take_set(struct nft_loader *loader, const struct nlmsghdr *message)
{
	struct nf_set *set = next_of(loader, &loader->sets, sizeof(*set));

	if (!nft_set_read(&loader->decoder, message, set))
		return false;
	loader->count++;
	return true;
}

static bool
take_rule(struct nft_loader *loader, const struct nlmsghdr *message)
{
	struct nf_rule *rule = next_of(loader, &loader->rules, sizeof(*rule));

	if (!nft_rule_read(&loader->decoder, message, rule))
		return false;
	loader->count++;
	return true;
}

static bool
take_elements(struct nft_loader *loader, const struct nlmsghdr *message)
{
	return nft_elements_read(
	    &loader->decoder, loader->set, message, &loader->elements);
}

/* From the heap, where it grew, to the arena, where it stays. */
static void *
keep(struct nft_loader *loader, void *array, size_t size, size_t *ret_count)
{
	char **at = array;
	void *kept = arena_alloc(loader->ruleset->arena, loader->count, size);

	if (loader->count != 0)
		(void)memcpy(kept, *at, loader->count * size);
	if (ret_count != NULL)
		*ret_count = loader->count;
	free(*at);
	*at = NULL;
	loader->count = loader->size = 0;
	return kept;
}

/* Whatever was half read. */
static void
forget(struct nft_loader *loader)
{
	free(loader->tables);
	free(loader->chains);
	free(loader->sets);
	free(loader->rules);
	loader->tables = NULL;
	loader->chains = NULL;
	loader->sets = NULL;
	loader->rules = NULL;
	loader->count = loader->size = 0;
	nft_elements_done(&loader->elements);
}

static int
parts_load(struct nft_loader *loader)
{
	struct nf_ruleset *ruleset = loader->ruleset;
	struct nft_question question = {.ask = NFT_ASK_TABLES};
	int r = load(loader, &question, take_table, NULL);

	if (r < 0)
		return r;
	ruleset->tables = keep(loader, &loader->tables,
	    sizeof(*ruleset->tables), &ruleset->table_count);
	question.ask = NFT_ASK_CHAINS;
	r = load(loader, &question, take_chain, NULL);
	if (r < 0)
		return r;
	ruleset->chains = keep(loader, &loader->chains,
	    sizeof(*ruleset->chains), &ruleset->chain_count);
	question.ask = NFT_ASK_SETS;
	r = load(loader, &question, take_set, NULL);
	if (r < 0)
		return r;
	ruleset->sets = keep(
	    loader, &loader->sets, sizeof(*ruleset->sets), &ruleset->set_count);
	return 0;
}

/* All of one generation: the one before and the one after are the same. */
static int
snapshot_load(struct nft_loader *loader)
{
	int r = generation_load(loader);

	loader->decoder.table = NULL;
	loader->ruleset->generation = loader->generation;
	if (r == 0)
		r = parts_load(loader);
	if (r == 0)
		r = generation_load(loader);
	if (r == 0 && loader->generation != loader->ruleset->generation)
		r = -ESTALE;
	forget(loader);
	return r;
}

/* Nothing came: of this generation too, or is it gone? */
static int
is_current(struct nft_loader *loader)
{
	int r = loader->is_stale ? 0 : generation_load(loader);

	if (r < 0)
		return r;
	if (loader->generation != loader->ruleset->generation)
		loader->is_stale = true;
	return loader->is_stale ? 0 : 1;
}

static int
part_load(struct nft_loader *loader, struct nft_question *question,
    const struct nf_table *table, const char *name, nft_take_fn *fn)
{
	size_t count = 0;
	const char *table_name = nft_name_raw(&loader->decoder, table->name);
	int r, current;

	if (loader->is_stale)
		return -ESTALE;
	name = nft_name_raw(&loader->decoder, name);
	if (strlen(table_name) >= sizeof(question->table) ||
	    strlen(name) >= sizeof(question->name))
		return -ENAMETOOLONG;
	question->family = table->family;
	(void)strcpy(question->table, table_name);
	(void)strcpy(question->name, name);
	loader->decoder.table = table;
	r = load(loader, question, fn, &count);
	if (r == 0 && count > 0)
		return 0;
	if (r == -ESTALE) {
		loader->is_stale = true;
		return r;
	}
	current = is_current(loader);
	return current == 0 ? -ESTALE : current < 0 ? current : r;
}

static int
part_failed(int code, const char *what, const struct nf_table *table,
    const char *name, struct why *why)
{
	return why_set(why, code, "read %s of %s %s %s: %s", what,
	    nf_family_name(table->family), table->name, name,
	    code == -ESTALE ? "it has been changed meanwhile"
	                    : strerror(-code));
}

static int
load_rules(void *user, struct nf_chain *chain, struct why *why)
{
	struct nft_loader *loader = user;
	struct nft_question question = {.ask = NFT_ASK_RULES};
	int r =
	    part_load(loader, &question, chain->table, chain->name, take_rule);

	if (r == 0) {
		chain->rules = keep(loader, &loader->rules,
		    sizeof(*chain->rules), &chain->rule_count);
		chain->is_loaded = true;
	}
	forget(loader);
	return r < 0
	           ? part_failed(r, "the rules", chain->table, chain->name, why)
	           : 0;
}

static int
load_elements(void *user, struct nf_set *set, struct why *why)
{
	struct nft_loader *loader = user;
	struct nft_question question = {.ask = NFT_ASK_ELEMENTS};
	int r;

	loader->set = set;
	r = part_load(loader, &question, set->table, set->name, take_elements);
	if (r == 0 && loader->elements.odd != NULL)
		r = why_set(why, -EOPNOTSUPP,
		    "the set %s has %s that is not understood", set->name,
		    loader->elements.odd);
	else if (r < 0)
		r = part_failed(r, "the elements", set->table, set->name, why);
	else
		nft_elements_end(
		    loader->ruleset->arena, &loader->elements, set);
	forget(loader);
	return r;
}

static int
is_in_ipset(
    void *user, uint16_t index, const struct nf_ipset_key *key, struct why *why)
{
	struct nft_loader *loader = user;

	return nft_ipset_test(loader->link, loader->buffer, index, key, why);
}

static struct nft_loader *
loader_new(struct arena *arena, struct nft_link *link)
{
	struct nft_loader *loader = arena_alloc(arena, 1, sizeof(*loader));
	struct nf_ruleset *ruleset = arena_alloc(arena, 1, sizeof(*ruleset));

	*ruleset =
	    (struct nf_ruleset){.arena = arena, .source = &loader->source};
	*loader = (struct nft_loader){.link = link, .ruleset = ruleset};
	loader->source = (struct nf_source){.load_rules = load_rules,
	    .load_elements = load_elements,
	    .is_in_ipset = is_in_ipset,
	    .user = loader};
	loader->decoder =
	    (struct nft_decoder){.arena = arena, .ruleset = ruleset};
	loader->buffer = arena_alloc(arena, 1, NETLINK_BYTES);
	if (link->legacy_ipv4[0] != '\0')
		ruleset->legacy_ipv4 = arena_dup(arena, link->legacy_ipv4);
	if (link->legacy_ipv6[0] != '\0')
		ruleset->legacy_ipv6 = arena_dup(arena, link->legacy_ipv6);
	return loader;
}

int
nft_load(struct arena *arena, struct nft_link *link, struct nf_ruleset **ret,
    struct why *why)
{
	struct nft_loader *loader = loader_new(arena, link);
	int r = -ESTALE;

	for (int i = 0; i < TRIES_MAX && r == -ESTALE; i++)
		r = snapshot_load(loader);
	if (r == -ESTALE)
		return why_set(why, -EAGAIN,
		    "the firewall's rules are being changed all the time");
	if (r < 0)
		return why_set(
		    why, r, "read the firewall's rules: %s", strerror(-r));
	nf_ruleset_index(loader->ruleset);
	*ret = loader->ruleset;
	return 0;
}

int
nft_load_is_current(const struct nf_ruleset *ruleset, struct why *why)
{
	struct nft_loader *loader = ruleset->source->user;
	int r = is_current(loader);

	return r < 0 ? why_set(why, r, "ask for the rules' generation: %s",
	                   strerror(-r))
	             : r;
}
