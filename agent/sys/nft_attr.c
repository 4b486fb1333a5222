/*
 * nft_attr.c - attributes by type, their lengths checked
 *
 * Purpose  what is common to tables, chains, sets, rules, expressions, elements
 * Input    messages of the kernel, names that an administrator or a program gave
 * Errors   what is odd is marked, never dropped
 * Runs as  observer
 * Source   linux/netfilter/nf_tables.h, libmnl's attr.c for the walk
 */
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "agent/base/text.h"
#include "agent/sys/nft_decode.h"

/* Texts of others are cut there: names have 255, comments 128. */
#define TEXT_MAX 256U

/* As many bytes as it says, of those that are left; or NULL. */
static const struct nlattr *
attr_at(const void *at, size_t left)
{
	const struct nlattr *attr = at;

	return left >= sizeof(*attr) && attr->nla_len >= sizeof(*attr) &&
	               attr->nla_len <= left
	           ? attr
	           : NULL;
}

const struct nlattr *
nft_attr_first(const struct nlattr *nest, size_t *left)
{
	*left = mnl_attr_get_payload_len(nest);
	return attr_at(mnl_attr_get_payload(nest), *left);
}

const struct nlattr *
nft_attr_next(const struct nlattr *attr, size_t *left)
{
	size_t step = (size_t)NLA_ALIGN(attr->nla_len);

	*left = *left > step ? *left - step : 0;
	return *left != 0 ? attr_at((const char *)attr + step, *left) : NULL;
}

static bool
is_kind(const struct nlattr *attr, char kind)
{
	size_t length = mnl_attr_get_payload_len(attr);
	const char *bytes = mnl_attr_get_payload(attr);

	switch (kind) {
	case '1':
	case '2':
	case '4':
	case '8':
		return length == (size_t)(kind - '0');
	case 's':
		return length > 0 && memchr(bytes, '\0', length) != NULL;
	case 'n':
	case 'b':
		return true;
	default:
		return false;
	}
}

static void
attr_take(const struct nlattr *attr, const char *kinds, size_t kind_count,
    struct nft_attrs *ret)
{
	unsigned type = mnl_attr_get_type(attr);
	char kind = type > 0 && type <= kind_count ? kinds[type - 1] : '-';

	if (kind == '.')
		return;
	if (is_kind(attr, kind))
		ret->at[type] = attr;
	else if (ret->odd == 0)
		ret->odd = type != 0 ? type : UINT16_MAX;
}

void
nft_attrs_read(
    const struct nlattr *nest, const char *kinds, struct nft_attrs *ret)
{
	const struct nlattr *attr;
	size_t kind_count = strlen(kinds), left;

	(void)memset(ret, 0, sizeof(*ret));
	for (attr = nft_attr_first(nest, &left); attr != NULL;
	     attr = nft_attr_next(attr, &left))
		attr_take(attr, kinds, kind_count, ret);
}

void
nft_attrs_read_message(
    const struct nlmsghdr *message, const char *kinds, struct nft_attrs *ret)
{
	const struct nlattr *attr;
	size_t kind_count = strlen(kinds), left;

	(void)memset(ret, 0, sizeof(*ret));
	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(struct nfgenmsg)))
		return;
	left = message->nlmsg_len - NLMSG_LENGTH(sizeof(struct nfgenmsg));
	for (attr = attr_at(
	         mnl_nlmsg_get_payload_offset(message, sizeof(struct nfgenmsg)),
	         left);
	     attr != NULL; attr = nft_attr_next(attr, &left))
		attr_take(attr, kinds, kind_count, ret);
}

uint32_t
nft_attr_u32(const struct nft_attrs *attrs, unsigned type, uint32_t otherwise)
{
	const struct nlattr *attr = attrs->at[type];

	if (attr == NULL)
		return otherwise;
	switch (mnl_attr_get_payload_len(attr)) {
	case 1:
		return mnl_attr_get_u8(attr);
	case 2:
		return be16toh(mnl_attr_get_u16(attr));
	default:
		return be32toh(mnl_attr_get_u32(attr));
	}
}

uint64_t
nft_attr_u64(const struct nft_attrs *attrs, unsigned type, uint64_t otherwise)
{
	const struct nlattr *attr = attrs->at[type];

	return attr != NULL ? be64toh(mnl_attr_get_u64(attr)) : otherwise;
}

const char *
nft_attr_text(const struct nft_attrs *attrs, unsigned type)
{
	const struct nlattr *attr = attrs->at[type];

	return attr != NULL ? mnl_attr_get_str(attr) : NULL;
}

const char *
nft_text_dup(struct arena *arena, const char *text, size_t length)
{
	AUTO_BUF struct buf out = {0};

	length = strnlen(text, length < TEXT_MAX ? length : TEXT_MAX);
	if (length == 0)
		return "";
	if (text_is_printable(text, length))
		return arena_dup_n(arena, text, length);
	text_escape(&out, text, length);
	return arena_dup(arena, buf_text(&out));
}

const char *
nft_name_keep(struct nft_decoder *decoder, const char *name)
{
	size_t length = strlen(name);
	const char *kept = nft_text_dup(decoder->arena, name, length);
	struct nft_odd_name *odd;

	if (strcmp(kept, name) == 0)
		return kept;
	odd = arena_alloc(decoder->arena, 1, sizeof(*odd));
	*odd = (struct nft_odd_name){.name = kept,
	    .raw = arena_dup_n(decoder->arena, name, length),
	    .next = decoder->odd_names};
	decoder->odd_names = odd;
	return kept;
}

const char *
nft_name_raw(const struct nft_decoder *decoder, const char *name)
{
	const struct nft_odd_name *odd = decoder->odd_names;

	while (odd != NULL && odd->name != name)
		odd = odd->next;
	return odd != NULL ? odd->raw : name;
}

const uint8_t *
nft_data_keep(struct nft_decoder *decoder, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint32_t hash = (uint32_t)length;
	struct nft_shared *shared;
	uint8_t *copy;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * 16777619U;
	shared = &decoder->shared[(hash ^ hash >> 15) % NFT_SHARED_COUNT];
	if (shared->bytes != NULL && shared->length == length &&
	    memcmp(shared->bytes, bytes, length) == 0)
		return shared->bytes;
	copy = arena_alloc(decoder->arena, length, 1);
	(void)memcpy(copy, bytes, length);
	if (length <= UINT8_MAX) {
		shared->bytes = copy;
		shared->length = (uint8_t)length;
	}
	return copy;
}

/* The low byte is netfilter's; above it may be a queue or an errno. */
static enum nf_verdict_code
verdict_code(int32_t code)
{
	switch (code) {
	case NFT_CONTINUE:
		return NF_VERDICT_CONTINUE;
	case NFT_BREAK:
		return NF_VERDICT_BREAK;
	case NFT_JUMP:
		return NF_VERDICT_JUMP;
	case NFT_GOTO:
		return NF_VERDICT_GOTO;
	case NFT_RETURN:
		return NF_VERDICT_RETURN;
	default:
		break;
	}
	if (code < 0)
		return NF_VERDICT_UNKNOWN;
	switch ((uint32_t)code & NF_VERDICT_MASK) {
	case NF_DROP:
		return NF_VERDICT_DROP;
	case NF_ACCEPT:
		return NF_VERDICT_ACCEPT;
	case NF_STOLEN:
		return NF_VERDICT_STOLEN;
	case NF_QUEUE:
		return NF_VERDICT_QUEUE;
	default:
		return NF_VERDICT_UNKNOWN;
	}
}

static bool
verdict_read(struct nft_decoder *decoder, const struct nlattr *nest,
    struct nf_verdict *ret)
{
	struct nft_attrs attrs;
	const char *name;

	nft_attrs_read(nest, "4s4", &attrs);
	if (attrs.odd != 0 || attrs.at[NFTA_VERDICT_CODE] == NULL)
		return false;
	*ret = (struct nf_verdict){.code = verdict_code((int32_t)nft_attr_u32(
	                               &attrs, NFTA_VERDICT_CODE, 0))};
	name = nft_attr_text(&attrs, NFTA_VERDICT_CHAIN);
	/* a few chains are jumped to by many rules */
	if (name != NULL && text_is_printable(name, strlen(name)))
		ret->chain = (const char *)nft_data_keep(
		    decoder, name, strlen(name) + 1);
	else if (name != NULL)
		ret->chain = nft_text_dup(decoder->arena, name, strlen(name));
	return ret->chain != NULL ||
	       (ret->code != NF_VERDICT_JUMP && ret->code != NF_VERDICT_GOTO);
}

bool
nft_data_read(struct nft_decoder *decoder, const struct nlattr *attr,
    struct nft_data *ret)
{
	struct nft_attrs attrs;
	const struct nlattr *value;

	*ret = (struct nft_data){0};
	nft_attrs_read(attr, "bn", &attrs);
	value = attrs.at[NFTA_DATA_VALUE];
	if (attrs.odd != 0)
		return false;
	if (value == NULL)
		return attrs.at[NFTA_DATA_VERDICT] != NULL &&
		       verdict_read(
		           decoder, attrs.at[NFTA_DATA_VERDICT], &ret->verdict);
	if (mnl_attr_get_payload_len(value) == 0 ||
	    mnl_attr_get_payload_len(value) > NFT_DATA_VALUE_MAXLEN)
		return false;
	ret->bytes = mnl_attr_get_payload(value);
	ret->length = (uint8_t)mnl_attr_get_payload_len(value);
	return true;
}
