/*
 * nft_question.c - a question about rules as the netlink message that it is
 *
 * Purpose  build GET requests of a closed list, and nothing else
 * Input    a record of a process that read hostile bytes: every field is checked
 * Errors   NULL: no such question
 * Runs as  the asker, with CAP_NET_ADMIN; or whoever asks by himself
 * Source   linux/netfilter/nf_tables.h, linux/netfilter/ipset/ip_set.h
 */
#include <arpa/inet.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "agent/base/auto.h"
#include "agent/sys/nft_ask.h"

/* IPSET_CMD_GET_BYINDEX is of protocol 7, which kernels have since 4.20. */
#define IPSET_VERSION     7
#define IPSET_VERSION_OLD 6
#define IPSET_GET_BYINDEX 15

struct request {
	uint16_t type, flags;
	bool has_table, has_name;
	uint16_t table_attribute, name_attribute;
};

#define NFT_TYPE(message)   ((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | (message)))
#define IPSET_TYPE(message) ((uint16_t)(NFNL_SUBSYS_IPSET << 8 | (message)))

#define ASK(message, how)                                                      \
	{                                                                      \
		.type = (message), .flags = (how)                              \
	}
#define ASK_NAMED(message, how, name)                                          \
	{                                                                      \
		.type = (message), .flags = (how), .has_name = true,           \
		.name_attribute = (name)                                       \
	}
#define ASK_PART(message, table, name)                                         \
	{                                                                      \
		.type = (message), .flags = NLM_F_DUMP, .has_table = true,     \
		.has_name = true, .table_attribute = (table),                  \
		.name_attribute = (name)                                       \
	}

/* In the order of enum nft_ask. */
static const struct request requests[] = {
    ASK(NFT_TYPE(NFT_MSG_GETGEN), 0),
    ASK(NFT_TYPE(NFT_MSG_GETTABLE), NLM_F_DUMP),
    ASK(NFT_TYPE(NFT_MSG_GETCHAIN), NLM_F_DUMP),
    ASK(NFT_TYPE(NFT_MSG_GETSET), NLM_F_DUMP),
    ASK_PART(NFT_TYPE(NFT_MSG_GETRULE), NFTA_RULE_TABLE, NFTA_RULE_CHAIN),
    ASK_PART(NFT_TYPE(NFT_MSG_GETSETELEM), NFTA_SET_ELEM_LIST_TABLE,
        NFTA_SET_ELEM_LIST_SET),
    ASK(IPSET_TYPE(IPSET_GET_BYINDEX), 0),
    ASK_NAMED(IPSET_TYPE(IPSET_CMD_HEADER), 0, IPSET_ATTR_SETNAME),
    ASK_NAMED(IPSET_TYPE(IPSET_CMD_TEST), NLM_F_ACK, IPSET_ATTR_SETNAME),
    ASK_NAMED(IPSET_TYPE(IPSET_CMD_LIST), NLM_F_DUMP, IPSET_ATTR_SETNAME),
};

_Static_assert(ARRAY_COUNT(requests) == NFT_ASK_MAX, "one row a question");

static bool
is_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	return length > 0 && length < size;
}

static bool
is_valid(const struct nft_question *question)
{
	const struct request *row;

	if (question->ask >= NFT_ASK_MAX)
		return false;
	row = &requests[question->ask];
	if (row->has_table &&
	    !is_text(question->table, sizeof(question->table)))
		return false;
	if (row->has_name && !is_text(question->name, sizeof(question->name)))
		return false;
	if (question->ask != NFT_ASK_IPSET_TEST)
		return true;
	return (question->test.family == NF_FAMILY_IPV4 ||
	           question->test.family == NF_FAMILY_IPV6) &&
	       ((question->test.parts & NFT_IPSET_IFACE) == 0 ||
	           is_text(question->test.iface, sizeof(question->test.iface)));
}

static void
put_address(struct nlmsghdr *message, uint16_t type,
    const struct nft_ipset_test *test, const uint8_t *bytes)
{
	bool is_ipv4 = test->family == NF_FAMILY_IPV4;
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	mnl_attr_put(message,
	    (is_ipv4 ? IPSET_ATTR_IPADDR_IPV4 : IPSET_ATTR_IPADDR_IPV6) |
	        NLA_F_NET_BYTEORDER,
	    is_ipv4 ? 4 : 16, bytes);
	mnl_attr_nest_end(message, nest);
}

static void
put_test(struct nlmsghdr *message, const struct nft_ipset_test *test)
{
	struct nlattr *nest = mnl_attr_nest_start(message, IPSET_ATTR_DATA);

	if ((test->parts & NFT_IPSET_IP) != 0)
		put_address(message, IPSET_ATTR_IP, test, test->ip);
	if ((test->parts & NFT_IPSET_PORT) != 0) {
		mnl_attr_put_u16(message, IPSET_ATTR_PORT | NLA_F_NET_BYTEORDER,
		    htons(test->port));
		/* a bitmap of ports knows no protocol, and says so */
		if ((test->parts & NFT_IPSET_IP) != 0)
			mnl_attr_put_u8(
			    message, IPSET_ATTR_PROTO, test->protocol);
	}
	if ((test->parts & NFT_IPSET_IP2) != 0)
		put_address(message, IPSET_ATTR_IP2, test, test->ip2);
	if ((test->parts & NFT_IPSET_IFACE) != 0)
		mnl_attr_put_strz(message, IPSET_ATTR_IFACE, test->iface);
	mnl_attr_nest_end(message, nest);
}

struct nlmsghdr *
nft_question_build(const struct nft_question *question, void *buffer)
{
	const struct request *row;
	struct nlmsghdr *message;
	struct nfgenmsg *body;
	bool is_ipset;

	if (!is_valid(question))
		return NULL;
	row = &requests[question->ask];
	is_ipset = row->type >> 8 == NFNL_SUBSYS_IPSET;
	message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = row->type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | row->flags);
	message->nlmsg_seq = question->seq;
	body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
	body->nfgen_family = row->has_table ? question->family
	                     : question->ask == NFT_ASK_IPSET_TEST
	                         ? question->test.family
	                         : 0;
	body->version = NFNETLINK_V0;
	body->res_id = 0;
	if (is_ipset)
		mnl_attr_put_u8(message, IPSET_ATTR_PROTOCOL,
		    question->ask == NFT_ASK_IPSET_NAME ? IPSET_VERSION
		                                        : IPSET_VERSION_OLD);
	if (question->ask == NFT_ASK_IPSET_NAME)
		mnl_attr_put_u16(message,
		    IPSET_ATTR_INDEX | NLA_F_NET_BYTEORDER,
		    htons(question->index));
	if (row->has_table)
		mnl_attr_put_strz(
		    message, row->table_attribute, question->table);
	if (row->has_name)
		mnl_attr_put_strz(message, row->name_attribute, question->name);
	if (question->ask == NFT_ASK_IPSET_TEST)
		put_test(message, &question->test);
	return message;
}
