/*
 * set_lookup.c - is a key in a set, and which element is it
 *
 * Purpose  exact keys, intervals, concatenations with ranges, the catch-all;
 *          with keys of which some bits are not known
 * Input    elements as the kernel sent them: hostile in number and bytes, but
 *          each of the set's own length
 * Unknown  the elements could not be read; a map whose element hangs on what is
 *          not known
 * Errors   -ESTALE of the load ends the evaluation: context->code
 * Runs as  observer
 * Source   nft_set_do_lookup(), nft_lookup_eval() and nft_pipapo_lookup() of the
 *          kernel: the first element of a concatenation that matches counts; the
 *          catch-all when nothing does
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "agent/firewall/packet.h"
#include "agent/firewall/words.h"

/* Below, a walk is quicker than to make an index. */
#define INDEX_MIN 32U

/* As long as all registers. */
#define KEY_MAX (NF_SLOT_COUNT * NF_SLOT_BYTES)

/* To tell whether all values of some unknown bits are in the set. */
#define UNKNOWN_BITS_MAX 16U

/* One element; most keys are decided by their first eight bytes. */
struct slot {
	uint64_t head;
	const struct nf_element *element;
};

struct nf_set_index {
	struct slot *slots;
	size_t count;
};

static uint64_t
head_of(const uint8_t *key, size_t length)
{
	uint64_t head = 0;

	for (size_t i = 0; i < sizeof(head); i++)
		head = head << 8 | (i < length ? key[i] : 0);
	return head;
}

static int
compare_slots(const void *a, const void *b, void *length)
{
	const struct slot *x = a, *y = b;

	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	return memcmp(x->element->key, y->element->key, *(size_t *)length);
}

/* Are elements compared field by field, so that no order helps? */
static bool
is_by_field(const struct nf_set *set)
{
	return set->field_count > 0 && (set->flags & NFT_SET_INTERVAL);
}

static void
make_index(const struct nf_context *context, struct nf_set *set)
{
	struct arena *arena = context->ruleset->arena;
	struct nf_set_index *index = arena_alloc(arena, 1, sizeof(*index));
	size_t length = set->key_length;

	index->slots =
	    arena_alloc(arena, set->element_count, sizeof(*index->slots));
	for (size_t i = 0; i < set->element_count; i++) {
		const struct nf_element *element = &set->elements[i];

		if (!element->key)
			continue;
		index->slots[index->count++] =
		    (struct slot){head_of(element->key, length), element};
	}
	qsort_r(index->slots, index->count, sizeof(*index->slots),
	    compare_slots, &length);
	set->index = index;
}

/* The last element that begins at the key or before it. */
static const struct nf_element *
find_indexed(const struct nf_set *set, const uint8_t *key)
{
	const struct nf_element wanted = {.key = key};
	const struct slot slot = {head_of(key, set->key_length), &wanted};
	size_t low = 0, high = set->index->count, length = set->key_length;
	const struct nf_element *found;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_slots(&set->index->slots[middle], &slot, &length) <=
		    0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	found = set->index->slots[low - 1].element;
	return memcmp(key, found->key_end ? found->key_end : found->key,
	           length) <= 0 &&
	               (found->key_end || memcmp(key, found->key, length) == 0)
	           ? found
	           : NULL;
}

/* How a key with unknown bits stands to [from, to]. */
static enum nf_truth
compare_part(const uint8_t *key, const uint8_t *known, const uint8_t *from,
    const uint8_t *to, size_t length)
{
	uint8_t least[KEY_MAX], most[KEY_MAX];
	bool is_all_known = true;

	if (!to || memcmp(from, to, length) == 0) {
		for (size_t i = 0; i < length; i++) {
			if ((key[i] ^ from[i]) & known[i])
				return NF_NO;
			is_all_known = is_all_known && known[i] == 0xff;
		}
		return is_all_known ? NF_YES : NF_MAYBE;
	}
	for (size_t i = 0; i < length; i++) {
		least[i] = key[i] & known[i];
		most[i] = (uint8_t)(key[i] | ~known[i]);
	}
	if (memcmp(most, from, length) < 0 || memcmp(least, to, length) > 0)
		return NF_NO;
	return memcmp(least, from, length) >= 0 && memcmp(most, to, length) <= 0
	           ? NF_YES
	           : NF_MAYBE;
}

static size_t
padded(size_t width)
{
	return (width + NF_SLOT_BYTES - 1) / NF_SLOT_BYTES * NF_SLOT_BYTES;
}

/* Do the fields make up the key? */
static bool
is_sound(const struct nf_set *set)
{
	size_t length = 0;

	for (size_t i = 0; i < set->field_count && i < NF_FIELDS_MAX; i++)
		length += padded(set->fields[i]);
	return set->key_length > 0 && set->key_length <= KEY_MAX &&
	       (set->field_count == 0 || length == set->key_length);
}

static enum nf_truth
compare_element(const struct nf_set *set, const struct nf_element *element,
    const uint8_t *key, const uint8_t *known)
{
	enum nf_truth truth = NF_YES;
	size_t at = 0;

	if (!element->key)
		return NF_NO;
	if (!is_by_field(set))
		return compare_part(key, known, element->key, element->key_end,
		    set->key_length);
	for (size_t i = 0; i < set->field_count && i < NF_FIELDS_MAX; i++) {
		size_t width = set->fields[i];
		enum nf_truth part;

		part = compare_part(key + at, known + at, element->key + at,
		    element->key_end ? element->key_end + at : NULL, width);
		if (part == NF_NO)
			return NF_NO;
		if (part == NF_MAYBE)
			truth = NF_MAYBE;
		at += padded(width);
	}
	return truth;
}

/* Is it all the same whether this or that one is hit? */
static bool
is_same_effect(const struct nf_set *set, const struct nf_element *a,
    const struct nf_element *b)
{
	if (a == b)
		return true;
	if (a->expr_count > 0 || b->expr_count > 0)
		return false;
	if (set->is_verdict_map && a->verdict.code != b->verdict.code)
		return false;
	if (set->is_verdict_map && (a->verdict.chain || b->verdict.chain) &&
	    (!a->verdict.chain || !b->verdict.chain ||
	        strcmp(a->verdict.chain, b->verdict.chain) != 0))
		return false;
	if (!a->data || !b->data)
		return a->data == b->data;
	return memcmp(a->data, b->data, set->data_length) == 0;
}

static void
add_hit(const struct nf_set *set, struct nf_hits *hits,
    const struct nf_element *element)
{
	for (size_t i = 0; i < hits->count; i++) {
		if (is_same_effect(set, hits->elements[i], element))
			return;
	}
	if (hits->count == NF_HITS_MAX) {
		hits->is_cut = true;
		return;
	}
	hits->elements[hits->count++] = element;
}

/* 2 to the number of unknown bits; 0: more than are counted. */
static size_t
count_values(const uint8_t *known, size_t length)
{
	unsigned bits = 0;

	for (size_t i = 0; i < length; i++)
		bits += (unsigned)__builtin_popcount((uint8_t)~known[i]);
	return bits > UNKNOWN_BITS_MAX ? 0 : (size_t)1 << bits;
}

static void
walk(const struct nf_set *set, const uint8_t *key, const uint8_t *known,
    struct nf_hits *hits)
{
	size_t single_count = 0;

	hits->may_miss = true;
	for (size_t i = 0; i < set->element_count; i++) {
		const struct nf_element *element = &set->elements[i];
		enum nf_truth truth = compare_element(set, element, key, known);

		if (truth == NF_NO)
			continue;
		add_hit(set, hits, element);
		if (truth == NF_YES) {
			hits->may_miss = false;
			return;
		}
		single_count += !element->key_end;
	}
	/* each key stands in a set once */
	if (!is_by_field(set) && single_count > 0 &&
	    single_count == count_values(known, set->key_length))
		hits->may_miss = false;
}

static bool
is_all_known(const uint8_t *known, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (known[i] != 0xff)
			return false;
	}
	return true;
}

static void
find(const struct nf_context *context, struct nf_set *set, const uint8_t *key,
    const uint8_t *known, struct nf_hits *hits)
{
	const struct nf_element *element;

	if (is_by_field(set) || set->element_count < INDEX_MIN ||
	    !is_all_known(known, set->key_length)) {
		walk(set, key, known, hits);
	} else {
		if (!set->index)
			make_index(context, set);
		element = find_indexed(set, key);
		hits->may_miss = !element;
		if (element)
			add_hit(set, hits, element);
	}
	if (hits->may_miss && set->catch_all) {
		add_hit(set, hits, set->catch_all);
		hits->may_miss = false;
	}
}

/* What is in `exprs` may end the rule although the key is there. */
static const struct nf_expr *
guard_of(const struct nf_element *element)
{
	for (size_t i = 0; i < element->expr_count; i++) {
		uint8_t op = element->exprs[i].op;

		if (op != NF_OP_COUNTER && op != NF_OP_LAST)
			return &element->exprs[i];
	}
	return NULL;
}

static struct nf_match
load(struct nf_context *context, struct nf_set *set)
{
	struct why why = {0};
	int r = nf_set_load(context->ruleset, set, &why);

	if (r >= 0 && is_sound(set))
		return (struct nf_match){.truth = NF_YES};
	if (r == -ESTALE) {
		context->code = why_set(context->why, r, "%s", why.text);
		return (struct nf_match){
		    NF_UNKNOWN, "the rules changed", false};
	}
	return (struct nf_match){NF_UNKNOWN,
	    r < 0 ? nf_words(context->arena, "the elements of %s: %s",
	                nf_set_words(context->arena, set), why.text)
	          : nf_words(context->arena, "keys of %s, %u bytes",
	                nf_set_words(context->arena, set),
	                (unsigned)set->key_length),
	    false};
}

static struct nf_match
maybe(struct nf_context *context, const struct nf_set *set, bool is_usual,
    const char *format)
{
	const char *name = nf_set_words(context->arena, set);

	return (struct nf_match){NF_MAYBE,
	    nf_words(context->arena, "%s %s", name, format), is_usual};
}

struct nf_match
nf_set_hits(struct nf_context *context, struct nf_set *set, const uint8_t *key,
    const uint8_t *known, struct nf_hits *ret)
{
	struct nf_match loaded = load(context, set);
	const struct nf_expr *guard;

	*ret = (struct nf_hits){0};
	if (loaded.truth != NF_YES)
		return loaded;
	find(context, set, key, known, ret);
	if (ret->count == 0 && !(set->flags & NFT_SET_EVAL))
		/* a timeout only takes away */
		return (struct nf_match){.truth = NF_NO};
	if (ret->count == 0) {
		ret->may_miss = true;
		return maybe(context, set, false, "is filled by packets");
	}
	if (ret->is_cut)
		return (struct nf_match){NF_UNKNOWN,
		    nf_words(context->arena,
		        "%s has too many elements for this",
		        nf_set_words(context->arena, set)),
		    false};
	if (ret->may_miss)
		return maybe(context, set, false,
		    "has some of the values that are possible here");
	if (ret->count > 1)
		return maybe(
		    context, set, true, "tells apart what is not known here");
	if (set->is_changing && ret->elements[0] != set->catch_all) {
		ret->may_miss = true;
		return maybe(context, set, true, "has it for the time being");
	}
	guard = guard_of(ret->elements[0]);
	if (!guard)
		return (struct nf_match){.truth = NF_YES};
	ret->may_miss = true;
	return maybe(context, set, !guard->is_inverted,
	    "has a limit for each of its elements");
}

struct nf_match
nf_set_lookup(struct nf_context *context, struct nf_set *set,
    const uint8_t *key, const uint8_t *known, const struct nf_element **ret)
{
	struct nf_hits hits;
	struct nf_match match = nf_set_hits(context, set, key, known, &hits);
	bool is_map = set->flags & (NFT_SET_MAP | NFT_SET_OBJECT);

	*ret = NULL;
	if (match.truth != NF_YES && match.truth != NF_MAYBE)
		return match;
	if (hits.count > 1 && is_map) {
		match.truth = NF_UNKNOWN;
		return match;
	}
	if (hits.count > 0)
		*ret = hits.elements[0];
	return match;
}
