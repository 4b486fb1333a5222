/*
 * nft_ipset.c - is something in an ipset, which matches of iptables refer to
 *
 * Purpose  name and type of a set by its number, then a test of one element
 * Input    answers of the kernel; names that an administrator gave
 * Errors   negative errno: cannot be told
 * Runs as  observer, with an asker; or as root by itself
 * Source   linux/netfilter/ipset/ip_set.h, ipset(8); ip_set_test in
 *          net/netfilter/ipset/ip_set_core.c for what cannot match at all
 */
#include "agent/sys/nft_ipset.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "agent/base/auto.h"
#include "agent/sys/nft_ask.h"
#include "agent/sys/nft_decode.h"

/* Members of a list of sets; more are not tried, and then it is unknown. */
#define MEMBERS_MAX 64U

struct ipset {
	char name[IPSET_MAXNAMELEN], type[IPSET_MAXNAMELEN];
	uint8_t family;
	/* of a list */
	char members[MEMBERS_MAX][IPSET_MAXNAMELEN];
	size_t member_count;
	bool has_more;
};

struct asking {
	struct nft_link *link;
	void *buffer;
};

static void
text_copy(char to[IPSET_MAXNAMELEN], const char *text)
{
	size_t length = strnlen(text, IPSET_MAXNAMELEN - 1);

	(void)memcpy(to, text, length);
	to[length] = '\0';
}

static void
member_read(const struct nlattr *data, struct ipset *set)
{
	static const char kinds[] = ".................s............";
	struct nft_attrs attrs;

	nft_attrs_read(data, kinds, &attrs);
	if (attrs.at[IPSET_ATTR_NAME] == NULL)
		return;
	if (set->member_count == MEMBERS_MAX)
		set->has_more = true;
	else
		text_copy(set->members[set->member_count++],
		    nft_attr_text(&attrs, IPSET_ATTR_NAME));
}

static int
take_set(void *user, const struct nlmsghdr *message)
{
	struct ipset *set = user;
	struct nft_attrs attrs;
	const struct nlattr *attr;
	size_t left;

	nft_attrs_read_message(message, ".ss.1..n...", &attrs);
	if (attrs.at[IPSET_ATTR_SETNAME] != NULL)
		text_copy(set->name, nft_attr_text(&attrs, IPSET_ATTR_SETNAME));
	if (attrs.at[IPSET_ATTR_TYPENAME] != NULL)
		text_copy(
		    set->type, nft_attr_text(&attrs, IPSET_ATTR_TYPENAME));
	set->family =
	    (uint8_t)nft_attr_u32(&attrs, IPSET_ATTR_FAMILY, set->family);
	if (attrs.at[IPSET_ATTR_ADT] == NULL)
		return 0;
	for (attr = nft_attr_first(attrs.at[IPSET_ATTR_ADT], &left);
	     attr != NULL; attr = nft_attr_next(attr, &left))
		member_read(attr, set);
	return 0;
}

static int
ask(struct asking *asking, struct nft_question *question, struct ipset *set)
{
	struct netlink_walk walk = {.each = take_set, .user = set};
	int r;

	walk.seq = question->seq = ++asking->link->seq;
	r = nft_link_ask(asking->link, question);
	if (r == 0)
		r = netlink_walk(asking->link->fd, asking->buffer, &walk);
	return r == 0 && walk.is_interrupted ? -EAGAIN : r;
}

/* What a match gives for each field, as the type of the set wants it. */
static bool
field_put(const struct nf_ipset_key *key, const char *field, size_t length,
    unsigned number, struct nft_ipset_test *test)
{
	bool is_source = (key->flags & (1U << (number + 1))) != 0;

	if (length == 2 || length == 3) { /* ip, net */
		bool is_second = (test->parts & NFT_IPSET_IP) != 0;

		if (memcmp(field, "ip", length) != 0 &&
		    memcmp(field, "net", length) != 0)
			return false;
		(void)memcpy(is_second ? test->ip2 : test->ip,
		    is_source ? key->from : key->to, sizeof(test->ip));
		test->parts |= is_second ? NFT_IPSET_IP2 : NFT_IPSET_IP;
		return true;
	}
	if (length == 4 && memcmp(field, "port", length) == 0) {
		test->port = is_source ? key->from_port : key->to_port;
		test->protocol = key->protocol;
		test->parts |= NFT_IPSET_PORT;
		return true;
	}
	if (length == 5 && memcmp(field, "iface", length) == 0) {
		const char *name = is_source ? key->in : key->out;

		(void)snprintf(test->iface, sizeof(test->iface), "%s",
		    name != NULL ? name : "");
		test->parts |= NFT_IPSET_IFACE;
		return true;
	}
	return false;
}

/* "hash:ip,port" and a packet; 0: none of it can be in, by the kernel's rules */
static int
test_make(const struct ipset *set, const struct nf_ipset_key *key,
    struct nft_question *question, struct why *why)
{
	const char *field = strchr(set->type, ':');
	unsigned number = 0;

	*question = (struct nft_question){
	    .ask = NFT_ASK_IPSET_TEST, .test = {.family = key->family}};
	(void)strcpy(question->name, set->name);
	while (field != NULL) {
		size_t length = strcspn(++field, ",");

		if (!field_put(key, field, length, number, &question->test))
			return why_set(why, -EOPNOTSUPP,
			    "ipset %s of type %s is not looked into", set->name,
			    set->type);
		number++;
		field = strchr(field, ',');
	}
	if (number == 0)
		return why_set(why, -EOPNOTSUPP,
		    "ipset %s of type \"%s\" is not looked into", set->name,
		    set->type);
	/* a packet that leaves came in nowhere, and is in no such set */
	if ((question->test.parts & NFT_IPSET_IFACE) != 0 &&
	    question->test.iface[0] == '\0')
		return 0;
	return number <= key->dim &&
	       (set->family == NFPROTO_UNSPEC || set->family == key->family);
}

static int
plain_test(struct asking *asking, const struct ipset *set,
    const struct nf_ipset_key *key, struct why *why)
{
	struct nft_question question;
	struct ipset unused = {0};
	int r = test_make(set, key, &question, why);

	if (r <= 0)
		return r;
	r = ask(asking, &question, &unused);
	if (r == -IPSET_ERR_EXIST)
		return 0;
	return r < 0 ? why_set(why, -EIO, "ipset %s: the kernel answers %d",
	                   set->name, r)
	             : 1;
}

static int
header_read(struct asking *asking, struct ipset *set, struct why *why)
{
	struct nft_question question = {.ask = NFT_ASK_IPSET_TYPE};
	int r;

	(void)strcpy(question.name, set->name);
	r = ask(asking, &question, set);
	return r < 0 ? why_set(why, -EIO, "ipset %s: the kernel answers %d",
	                   set->name, r)
	             : 0;
}

/* In the list when it is in one of its sets; a list has no lists in it. */
static int
list_test(struct asking *asking, struct ipset *list,
    const struct nf_ipset_key *key, struct why *why)
{
	struct nft_question question = {.ask = NFT_ASK_IPSET_LIST};
	int r;

	(void)strcpy(question.name, list->name);
	r = ask(asking, &question, list);
	if (r < 0)
		return why_set(why, -EIO, "ipset %s: the kernel answers %d",
		    list->name, r);
	for (size_t i = 0; i < list->member_count; i++) {
		struct ipset member = {0};

		(void)strcpy(member.name, list->members[i]);
		r = header_read(asking, &member, why);
		if (r == 0)
			r = plain_test(asking, &member, key, why);
		if (r != 0)
			return r;
	}
	return list->has_more ? why_set(why, -EOPNOTSUPP,
	                            "ipset %s has too many sets", list->name)
	                      : 0;
}

int
nft_ipset_test(struct nft_link *link, void *buffer, uint16_t index,
    const struct nf_ipset_key *key, struct why *why)
{
	struct asking asking = {link, buffer};
	struct nft_question question = {
	    .ask = NFT_ASK_IPSET_NAME, .index = index};
	struct ipset set = {0};
	int r = ask(&asking, &question, &set);

	if (r < 0 || set.name[0] == '\0')
		return why_set(
		    why, -EIO, "ipset %u: the kernel answers %d", index, r);
	r = header_read(&asking, &set, why);
	if (r < 0)
		return r;
	return strcmp(set.type, "list:set") == 0
	           ? list_test(&asking, &set, key, why)
	           : plain_test(&asking, &set, key, why);
}
