/*
 * nft_message.c - tables, chains, sets and rules from their messages
 *
 * Purpose  one message, one object
 * Input    messages of the kernel; user data of whatever program made a rule
 * Errors   false: not such a message, or it lacks what it must have
 * Runs as  observer
 * Source   linux/netfilter/nf_tables.h; libnftnl's udata.h for user data
 */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_arp.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "agent/base/text.h"
#include "agent/sys/nft_decode.h"

/* NFTNL_UDATA_RULE_COMMENT */
#define USERDATA_COMMENT 0

/* Since Linux 6.16 a device may be the beginning of a name. */
#define DEVICE_NAME   1U
#define DEVICE_PREFIX 2U

/* A chain on more devices than this is on no host. */
#define DEVICES_MAX 256U

static bool
is_message(const struct nlmsghdr *message, unsigned type)
{
	return message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | type) &&
	       message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nfgenmsg));
}

static uint8_t
message_family(const struct nlmsghdr *message)
{
	const struct nfgenmsg *body = mnl_nlmsg_get_payload(message);

	return body->nfgen_family;
}

static const struct nf_table *
table_of(struct nft_decoder *decoder, const struct nlmsghdr *message,
    const struct nft_attrs *attrs, unsigned type)
{
	const char *name = nft_attr_text(attrs, type);
	uint8_t family = message_family(message);

	if (name == NULL)
		return NULL;
	/* dumps go table by table */
	if (decoder->table != NULL && decoder->table->family == family &&
	    strcmp(decoder->table->name, name) == 0)
		return decoder->table;
	if (!text_is_printable(name, strlen(name)))
		name = nft_text_dup(decoder->arena, name, strlen(name));
	decoder->table = nf_table_find(decoder->ruleset, family, name);
	return decoder->table;
}

bool
nft_table_read(struct nft_decoder *decoder, const struct nlmsghdr *message,
    struct nf_table *ret)
{
	struct nft_attrs attrs;
	const char *name;

	if (!is_message(message, NFT_MSG_NEWTABLE))
		return false;
	nft_attrs_read_message(message, "s4.8...", &attrs);
	name = nft_attr_text(&attrs, NFTA_TABLE_NAME);
	if (name == NULL)
		return false;
	*ret = (struct nf_table){.family = message_family(message),
	    .name = nft_name_keep(decoder, name),
	    .handle = nft_attr_u64(&attrs, NFTA_TABLE_HANDLE, 0),
	    .flags = nft_attr_u32(&attrs, NFTA_TABLE_FLAGS, 0)};
	ret->is_dormant = (ret->flags & NFT_TABLE_F_DORMANT) != 0;
	ret->is_owned = (ret->flags & NFT_TABLE_F_OWNER) != 0;
	return true;
}

static uint8_t
hook_of(uint8_t family, uint32_t number)
{
	static const uint8_t arp[] = {[NF_ARP_IN] = NF_HOOK_INPUT,
	    [NF_ARP_OUT] = NF_HOOK_OUTPUT,
	    [NF_ARP_FORWARD] = NF_HOOK_FORWARD};

	switch (family) {
	case NF_FAMILY_NETDEV:
		return number == NF_NETDEV_INGRESS  ? NF_HOOK_INGRESS
		       : number == NF_NETDEV_EGRESS ? NF_HOOK_EGRESS
		                                    : NF_HOOK_UNKNOWN;
	case NF_FAMILY_ARP:
		return number < sizeof(arp) ? arp[number] : NF_HOOK_UNKNOWN;
	default:
		return number <= NF_INET_INGRESS ? (uint8_t)number
		                                 : NF_HOOK_UNKNOWN;
	}
}

static uint8_t
chain_type_of(const char *name)
{
	if (name == NULL)
		return NF_CHAIN_TYPE_UNKNOWN;
	return strcmp(name, "filter") == 0  ? NF_CHAIN_FILTER
	       : strcmp(name, "nat") == 0   ? NF_CHAIN_NAT
	       : strcmp(name, "route") == 0 ? NF_CHAIN_ROUTE
	                                    : NF_CHAIN_TYPE_UNKNOWN;
}

static const char *
device_read(struct nft_decoder *decoder, const struct nlattr *attr)
{
	const char *bytes = mnl_attr_get_payload(attr);
	size_t length = mnl_attr_get_payload_len(attr);
	const char *name = nft_text_dup(decoder->arena, bytes, length);

	return mnl_attr_get_type(attr) == DEVICE_PREFIX
	           ? arena_printf(decoder->arena, "%s*", name)
	           : name;
}

static const char *const *
devices_read(struct nft_decoder *decoder, const struct nft_attrs *hook)
{
	const char **devices;
	const struct nlattr *attr;
	size_t count = 0, left;

	if (hook->at[NFTA_HOOK_DEV] == NULL && hook->at[NFTA_HOOK_DEVS] == NULL)
		return NULL;
	devices =
	    arena_alloc(decoder->arena, DEVICES_MAX + 1, sizeof(*devices));
	/* with one device the kernel says it both ways */
	if (hook->at[NFTA_HOOK_DEVS] != NULL) {
		for (attr = nft_attr_first(hook->at[NFTA_HOOK_DEVS], &left);
		     attr != NULL; attr = nft_attr_next(attr, &left))
			if (count < DEVICES_MAX)
				devices[count++] = device_read(decoder, attr);
	} else {
		devices[0] = device_read(decoder, hook->at[NFTA_HOOK_DEV]);
	}
	return devices;
}

static void
base_read(struct nft_decoder *decoder, const struct nft_attrs *attrs,
    struct nf_chain *chain)
{
	struct nft_attrs hook;
	uint32_t policy = nft_attr_u32(attrs, NFTA_CHAIN_POLICY, NF_ACCEPT);

	nft_attrs_read(attrs->at[NFTA_CHAIN_HOOK], "44sn", &hook);
	chain->is_base = true;
	chain->hook = hook_of(chain->table->family,
	    nft_attr_u32(&hook, NFTA_HOOK_HOOKNUM, UINT32_MAX));
	chain->priority = (int32_t)nft_attr_u32(&hook, NFTA_HOOK_PRIORITY, 0);
	chain->type = chain_type_of(nft_attr_text(attrs, NFTA_CHAIN_TYPE));
	chain->policy.code = policy == NF_ACCEPT ? NF_VERDICT_ACCEPT
	                     : policy == NF_DROP ? NF_VERDICT_DROP
	                                         : NF_VERDICT_UNKNOWN;
	chain->devices = devices_read(decoder, &hook);
}

bool
nft_chain_read(struct nft_decoder *decoder, const struct nlmsghdr *message,
    struct nf_chain *ret)
{
	struct nft_attrs attrs;
	const char *name;

	if (!is_message(message, NFT_MSG_NEWCHAIN))
		return false;
	nft_attrs_read_message(message, "s8sn4.s..4..", &attrs);
	name = nft_attr_text(&attrs, NFTA_CHAIN_NAME);
	*ret = (struct nf_chain){
	    .table = table_of(decoder, message, &attrs, NFTA_CHAIN_TABLE),
	    .handle = nft_attr_u64(&attrs, NFTA_CHAIN_HANDLE, 0)};
	if (ret->table == NULL || name == NULL)
		return false;
	ret->name = nft_name_keep(decoder, name);
	if (attrs.at[NFTA_CHAIN_HOOK] != NULL)
		base_read(decoder, &attrs, ret);
	return true;
}

static void
fields_read(const struct nlattr *desc, struct nf_set *set)
{
	struct nft_attrs attrs;
	const struct nlattr *attr;
	size_t left;

	nft_attrs_read(desc, "4n", &attrs);
	if (attrs.at[NFTA_SET_DESC_CONCAT] == NULL)
		return;
	for (attr = nft_attr_first(attrs.at[NFTA_SET_DESC_CONCAT], &left);
	     attr != NULL; attr = nft_attr_next(attr, &left)) {
		struct nft_attrs field;
		uint32_t length;

		nft_attrs_read(attr, "4", &field);
		length = nft_attr_u32(&field, NFTA_SET_FIELD_LEN, 0);
		if (set->field_count < NF_FIELDS_MAX)
			set->fields[set->field_count++] =
			    length <= UINT8_MAX ? (uint8_t)length : 0;
	}
}

bool
nft_set_read(struct nft_decoder *decoder, const struct nlmsghdr *message,
    struct nf_set *ret)
{
	struct nft_attrs attrs;
	const char *name;
	uint32_t key_length, data_length;

	if (!is_message(message, NFT_MSG_NEWSET))
		return false;
	nft_attrs_read_message(message, "ss44444.n.......8..", &attrs);
	name = nft_attr_text(&attrs, NFTA_SET_NAME);
	key_length = nft_attr_u32(&attrs, NFTA_SET_KEY_LEN, 0);
	data_length = nft_attr_u32(&attrs, NFTA_SET_DATA_LEN, 0);
	*ret = (struct nf_set){
	    .table = table_of(decoder, message, &attrs, NFTA_SET_TABLE),
	    .handle = nft_attr_u64(&attrs, NFTA_SET_HANDLE, 0),
	    .flags = nft_attr_u32(&attrs, NFTA_SET_FLAGS, 0),
	    .key_type = nft_attr_u32(&attrs, NFTA_SET_KEY_TYPE, 0)};
	if (ret->table == NULL || name == NULL ||
	    key_length > NFT_DATA_VALUE_MAXLEN)
		return false;
	ret->name = nft_name_keep(decoder, name);
	ret->key_length = (uint8_t)key_length;
	ret->is_verdict_map =
	    (ret->flags & NFT_SET_MAP) != 0 &&
	    nft_attr_u32(&attrs, NFTA_SET_DATA_TYPE, 0) == NFT_DATA_VERDICT;
	if (!ret->is_verdict_map && data_length <= NFT_DATA_VALUE_MAXLEN)
		ret->data_length = (uint8_t)data_length;
	ret->is_changing = (ret->flags & (NFT_SET_TIMEOUT | NFT_SET_EVAL)) != 0;
	if (attrs.at[NFTA_SET_DESC] != NULL)
		fields_read(attrs.at[NFTA_SET_DESC], ret);
	return true;
}

/* Records of type, length, value; whoever made the rule may have put anything. */
static const char *
comment_read(struct nft_decoder *decoder, const struct nlattr *attr)
{
	const uint8_t *bytes = mnl_attr_get_payload(attr);
	size_t length = mnl_attr_get_payload_len(attr), at = 0;

	while (length - at >= 2) {
		size_t size = bytes[at + 1];

		if (size > length - at - 2)
			break;
		if (bytes[at] == USERDATA_COMMENT && size > 0)
			return nft_text_dup(
			    decoder->arena, (const char *)bytes + at + 2, size);
		at += 2 + size;
	}
	return NULL;
}

bool
nft_rule_read(struct nft_decoder *decoder, const struct nlmsghdr *message,
    struct nf_rule *ret)
{
	struct nft_attrs attrs;

	if (!is_message(message, NFT_MSG_NEWRULE))
		return false;
	nft_attrs_read_message(message, "ss8n..b....", &attrs);
	*ret = (struct nf_rule){
	    .handle = nft_attr_u64(&attrs, NFTA_RULE_HANDLE, 0)};
	if (attrs.at[NFTA_RULE_USERDATA] != NULL)
		ret->comment =
		    comment_read(decoder, attrs.at[NFTA_RULE_USERDATA]);
	if (attrs.at[NFTA_RULE_EXPRESSIONS] != NULL)
		ret->expr_count = nft_exprs_read(
		    decoder, attrs.at[NFTA_RULE_EXPRESSIONS], &ret->exprs);
	return true;
}
