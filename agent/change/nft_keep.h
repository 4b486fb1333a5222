/*
 * nft_keep.h - the verb "keep" of kind "nft-rule": the rule at the next boot
 *
 * target  "/etc/nftables.d/mailfix-587.nft", in a folder that the host's file of
 *         rules includes at its end
 * after   the rule, "add rule inet filter input tcp dport 587 counter accept"
 * detail  that file, "/etc/nftables.conf"
 *
 * It follows the change that has made the rule (its id is one less), and has its
 * mark: undo of that one finds the rule also after the host has loaded it anew.
 */
#ifndef MAILFIX_CHANGE_NFT_KEEP_H
#define MAILFIX_CHANGE_NFT_KEEP_H

#include "agent/change/change.h"

/* As the functions of struct change_kind. */
int nft_keep_check(
    const struct change *change, struct change_host *host, struct why *why);
int nft_keep_capture(
    const struct change *change, struct change_host *host, struct why *why);
int nft_keep_perform(
    const struct change *change, struct change_host *host, struct why *why);
int nft_keep_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why);
int nft_keep_undo(
    const struct change *change, struct change_host *host, struct why *why);
void nft_keep_tidy(const struct change *change, struct change_host *host);

#endif
