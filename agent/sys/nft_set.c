/*
 * nft_set.c - the elements of a set, intervals closed
 *
 * Purpose  keys, data, verdicts and guards of elements, sorted
 * Input    messages of the kernel
 * Errors   elements->odd: something in the set is not understood
 * Runs as  observer
 * Source   net/netfilter/nft_set_rbtree.c: an element is the beginning of an
 *          interval or, with a flag, the first key behind one
 */
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "agent/base/auto.h"
#include "agent/sys/nft_decode.h"

#define KNOWN_FLAGS                                                            \
	((uint32_t)NFT_SET_ELEM_INTERVAL_END | NFT_SET_ELEM_CATCHALL)

static const uint8_t *
key_read(struct nft_decoder *decoder, const struct nf_set *set,
    const struct nlattr *attr, struct nft_elements *elements)
{
	struct nft_data data;
	uint8_t *copy;

	if (attr == NULL)
		return NULL;
	if (!nft_data_read(decoder, attr, &data) || data.bytes == NULL ||
	    data.length != set->key_length) {
		elements->odd = "a key";
		return NULL;
	}
	copy = arena_alloc(decoder->arena, data.length, 1);
	(void)memcpy(copy, data.bytes, data.length);
	return copy;
}

static void
data_read(struct nft_decoder *decoder, const struct nf_set *set,
    const struct nlattr *attr, struct nft_elements *elements,
    struct nf_element *element)
{
	struct nft_data data;

	if (attr == NULL)
		return;
	if (!nft_data_read(decoder, attr, &data) ||
	    (data.bytes == NULL) != set->is_verdict_map ||
	    (data.bytes != NULL && data.length != set->data_length)) {
		elements->odd = "what a key leads to";
		return;
	}
	if (data.bytes != NULL)
		element->data = nft_data_keep(decoder, data.bytes, data.length);
	else
		element->verdict = data.verdict;
}

static void
guards_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_element *element)
{
	struct nf_expr *one;

	if (attrs->at[NFTA_SET_ELEM_EXPRESSIONS] != NULL) {
		element->expr_count = nft_exprs_read(decoder,
		    attrs->at[NFTA_SET_ELEM_EXPRESSIONS], &element->exprs);
	} else if (attrs->at[NFTA_SET_ELEM_EXPR] != NULL) {
		one = arena_alloc(decoder->arena, 1, sizeof(*one));
		nft_expr_read(decoder, attrs->at[NFTA_SET_ELEM_EXPR], one);
		element->exprs = one;
		element->expr_count = 1;
	}
}

static void
element_add(struct nft_elements *elements, const struct nf_element *element,
    uint32_t flags)
{
	if (elements->count == elements->size) {
		elements->size = elements->size == 0 ? 16 : elements->size * 2;
		elements->elements = mem_grow(elements->elements,
		    elements->size, sizeof(*elements->elements));
		elements->flags = mem_grow(
		    elements->flags, elements->size, sizeof(*elements->flags));
	}
	elements->elements[elements->count] = *element;
	elements->flags[elements->count++] = flags;
}

static void
element_read(struct nft_decoder *decoder, const struct nf_set *set,
    const struct nlattr *attr, struct nft_elements *elements)
{
	struct nf_element element = {0};
	struct nft_attrs attrs;
	uint32_t flags;

	nft_attrs_read(attr, "nn488.n.snn", &attrs);
	flags = nft_attr_u32(&attrs, NFTA_SET_ELEM_FLAGS, 0);
	if (attrs.odd != 0 || (flags & ~KNOWN_FLAGS) != 0)
		elements->odd = "an element";
	element.key =
	    key_read(decoder, set, attrs.at[NFTA_SET_ELEM_KEY], elements);
	element.key_end =
	    key_read(decoder, set, attrs.at[NFTA_SET_ELEM_KEY_END], elements);
	data_read(
	    decoder, set, attrs.at[NFTA_SET_ELEM_DATA], elements, &element);
	guards_read(decoder, &attrs, &element);
	if (element.key == NULL && (flags & NFT_SET_ELEM_CATCHALL) == 0)
		elements->odd = "an element without a key";
	element_add(elements, &element, flags);
}

bool
nft_elements_read(struct nft_decoder *decoder, const struct nf_set *set,
    const struct nlmsghdr *message, struct nft_elements *elements)
{
	struct nft_attrs attrs;
	const struct nlattr *attr;
	size_t left;

	if (message->nlmsg_type !=
	    (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM))
		return false;
	nft_attrs_read_message(message, "ssn.", &attrs);
	decoder->table = set->table;
	if (attrs.at[NFTA_SET_ELEM_LIST_ELEMENTS] != NULL)
		for (attr = nft_attr_first(
		         attrs.at[NFTA_SET_ELEM_LIST_ELEMENTS], &left);
		     attr != NULL; attr = nft_attr_next(attr, &left))
			element_read(decoder, set, attr, elements);
	return true;
}

struct sort_row {
	struct nf_element element;
	uint32_t flags;
	uint8_t key_length;
};

/* What ends at a key comes before what begins there. */
static int
compare_rows(const void *a, const void *b)
{
	const struct sort_row *x = a, *y = b;
	int order = memcmp(x->element.key, y->element.key, x->key_length);

	if (order != 0)
		return order;
	return (int)(y->flags & NFT_SET_ELEM_INTERVAL_END) -
	       (int)(x->flags & NFT_SET_ELEM_INTERVAL_END);
}

/* The key before this one, as a big number; all ones before zero. */
static const uint8_t *
key_before(struct arena *arena, const uint8_t *key, size_t length)
{
	uint8_t *before = arena_alloc(arena, length, 1);
	size_t i = length;

	(void)memcpy(before, key, length);
	while (i > 0 && before[--i]-- == 0)
		;
	return before;
}

static const uint8_t *
key_last(struct arena *arena, size_t length)
{
	uint8_t *last = arena_alloc(arena, length, 1);

	return memset(last, 0xff, length);
}

/* An interval ends before the next element, whether that begins or ends. */
static size_t
intervals_close(struct arena *arena, const struct nf_set *set,
    struct sort_row *rows, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct nf_element *element = &rows[i].element;

		if ((rows[i].flags & NFT_SET_ELEM_INTERVAL_END) != 0)
			continue;
		if (element->key_end == NULL)
			element->key_end =
			    i + 1 < count
			        ? key_before(arena, rows[i + 1].element.key,
			              set->key_length)
			        : key_last(arena, set->key_length);
		rows[kept++] = rows[i];
	}
	return kept;
}

void
nft_elements_end(
    struct arena *arena, struct nft_elements *elements, struct nf_set *set)
{
	AUTO_FREE struct sort_row *rows =
	    mem_alloc(elements->count, sizeof(*rows));
	struct nf_element *kept;
	size_t count = 0;

	set->catch_all = NULL;
	for (size_t i = 0; i < elements->count; i++) {
		struct nf_element *catch_all;

		if (elements->elements[i].key != NULL) {
			rows[count++] =
			    (struct sort_row){.element = elements->elements[i],
			        .flags = elements->flags[i],
			        .key_length = set->key_length};
			continue;
		}
		catch_all = arena_alloc(arena, 1, sizeof(*catch_all));
		*catch_all = elements->elements[i];
		set->catch_all = catch_all;
	}
	if (set->field_count == 0 && count > 0)
		qsort(rows, count, sizeof(*rows), compare_rows);
	if ((set->flags & NFT_SET_INTERVAL) != 0 && set->field_count == 0)
		count = intervals_close(arena, set, rows, count);
	kept = arena_alloc(arena, count, sizeof(*kept));
	for (size_t i = 0; i < count; i++)
		kept[i] = rows[i].element;
	set->elements = kept;
	set->element_count = count;
	set->is_loaded = true;
	nft_elements_done(elements);
}

void
nft_elements_done(struct nft_elements *elements)
{
	free(elements->elements);
	free(elements->flags);
	*elements = (struct nft_elements){0};
}
