/*
 * nft_write.h - put one accept rule in, take exactly that rule out
 *
 * Each write is one batch of one rule, which the kernel refuses when anything
 * changed since the generation that was looked at: compare and swap.
 */
#ifndef MAILFIX_SYS_NFT_WRITE_H
#define MAILFIX_SYS_NFT_WRITE_H

#include "agent/firewall/opening.h"

/* nft_write_generation - of the rule set, at this moment */
int nft_write_generation(uint32_t *ret, struct why *why);

/*
 * nft_write_find - the rule with that comment, in the chain that `accept` says
 *
 * ret_handle  of it; ret_before: of the rule it stands before, 0 at the end
 *
 * Only this chain is read, and each rule only as far as its comment. Returns 1;
 * 0 when there is none, or no such chain; -EEXIST: several have that comment;
 * -EBADMSG: one has it and is another rule than `accept` (counters aside).
 */
int nft_write_find(const struct nf_accept *accept, const char *comment,
    uint64_t *ret_handle, uint64_t *ret_before, struct why *why);

/*
 * nft_write_insert - the rule, with its comment, where `accept` says
 *
 * generation  it was planned for
 * ret_handle  of the new rule
 *
 * -ESTALE: the rule set is another one by now, nothing was done; -ENOENT: the
 * chain or the rule to stand before is gone; -EPERM: not allowed, or the table
 * belongs to another program.
 */
int nft_write_insert(const struct nf_accept *accept, const char *comment,
    uint32_t generation, uint64_t *ret_handle, struct why *why);

/* nft_write_delete - that rule, by its handle; errors as above */
int nft_write_delete(const struct nf_accept *accept, uint64_t handle,
    uint32_t generation, struct why *why);

#endif
