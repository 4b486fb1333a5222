/*
 * nft_talk.h - one exchange with nf_tables; between nft_write.c, nft_find.c
 *
 * A socket for each exchange: what an earlier one left unread cannot be taken
 * for the answer of a later one.
 */
#ifndef MAILFIX_SYS_NFT_TALK_H
#define MAILFIX_SYS_NFT_TALK_H

#include <stddef.h>
#include <stdint.h>

#include "agent/firewall/opening.h"

struct mnl_socket;
struct nlattr;
struct nlmsghdr;
struct nftnl_expr;
struct nftnl_rule;

/* The kernel sends no more than 32 KiB at a time. */
#define NFT_TALK_BYTES 32768U

/* nft(8) takes comments up to this, with their NUL. */
#define NFT_COMMENT_BYTES 128U

struct nft_talk {
	struct mnl_socket *socket; /* NULL: closed */
	uint32_t port_id, sequence;
};

#define NFT_TALK_NONE                                                          \
	{                                                                      \
		.socket = NULL                                                 \
	}

int nft_talk_open(struct nft_talk *ret, struct why *why);
void nft_talk_close(struct nft_talk *talk);

/*
 * nft_talk_dump - ask, and have each message of the answer looked at
 *
 * each  returns 0 to go on, or a negative errno that ends it
 *
 * -EINTR: the rule set changed meanwhile, and the answer is not whole.
 */
int nft_talk_dump(struct nft_talk *talk, const struct nlmsghdr *request,
    int (*each)(void *user, const struct nlmsghdr *message), void *user);

/*
 * nft_talk_batch - send three messages, numbered from `first`; the second one
 * is the one that counts. ret_handle gets the echoed handle, if there is one.
 */
int nft_talk_batch(struct nft_talk *talk, const void *bytes, size_t length,
    uint32_t first, uint64_t *ret_handle);

/* nft_talk_attr - of that type, and of that length unless 0; or NULL */
const struct nlattr *nft_talk_attr(
    const struct nlmsghdr *message, uint16_t type, size_t length);

/* As malloc would: never NULL. */
struct nftnl_expr *nft_expr_new(const char *name)
    __attribute__((returns_nonnull));
struct nftnl_rule *nft_rule_new(void) __attribute__((returns_nonnull));

/* nft_rule_build - the rule as it is written; nftnl_rule_free */
struct nftnl_rule *nft_rule_build(
    const struct nf_accept *accept, const char *comment);

#endif
