/*
 * nft_ask.h - the closed list of questions about rules, and who may send them
 *
 * Between nft_link.c (sockets, the asker), nft_question.c (a question as the
 * netlink message that it is) and those who read the answers.
 */
#ifndef MAILFIX_SYS_NFT_ASK_H
#define MAILFIX_SYS_NFT_ASK_H

#include <linux/netfilter/nf_tables.h>

#include "agent/sys/netlink.h"
#include "agent/sys/nft_load.h"

enum nft_ask {
	NFT_ASK_GENERATION,
	NFT_ASK_TABLES,
	NFT_ASK_CHAINS,
	NFT_ASK_SETS,
	NFT_ASK_RULES,      /* of family, table, name: a chain */
	NFT_ASK_ELEMENTS,   /* of family, table, name: a set */
	NFT_ASK_IPSET_NAME, /* of index */
	NFT_ASK_IPSET_TYPE, /* of name */
	NFT_ASK_IPSET_TEST, /* of name, with test */
	NFT_ASK_IPSET_LIST, /* of name: a list of sets */
	NFT_ASK_MAX
};

/* The parts that an element of an ipset may have. */
enum {
	NFT_IPSET_IP = 1 << 0,
	NFT_IPSET_IP2 = 1 << 1,
	NFT_IPSET_PORT = 1 << 2, /* and protocol */
	NFT_IPSET_IFACE = 1 << 3,
};

struct nft_ipset_test {
	uint32_t parts;
	uint8_t family; /* NF_FAMILY_IPV4, NF_FAMILY_IPV6 */
	uint8_t protocol;
	uint16_t port; /* host order */
	uint8_t ip[16], ip2[16];
	char iface[16];
};

/* What the reader may say to the asker: fixed in size, checked there again. */
struct nft_question {
	uint32_t ask; /* enum nft_ask */
	uint32_t seq;
	uint16_t index;
	uint8_t family;
	char table[NFT_NAME_MAXLEN];
	char name[NFT_NAME_MAXLEN];
	struct nft_ipset_test test;
};

/* Header, fields, two names, a test. */
#define NFT_QUESTION_BYTES 2048U

/*
 * nft_question_build - the message, into buffer (NFT_QUESTION_BYTES, aligned)
 * Returns NULL when the question is none of the list.
 */
struct nlmsghdr *nft_question_build(
    const struct nft_question *question, void *buffer);

/* nft_link_ask - have it sent; the answer comes to link->fd; -errno */
int nft_link_ask(
    const struct nft_link *link, const struct nft_question *question);

/* nft_legacy_look - the tables of the older iptables that have rules */
void nft_legacy_look(
    char ret_ipv4[NFT_LEGACY_MAX], char ret_ipv6[NFT_LEGACY_MAX]);

#endif
