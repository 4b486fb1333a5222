/*
 * xt_text.h - matches and targets of xtables in iptables' words, by file
 */
#ifndef MAILFIX_FIREWALL_XT_TEXT_H
#define MAILFIX_FIREWALL_XT_TEXT_H

#include "agent/firewall/xt.h"

/* xt_text.c: what the others are made with */
/* "25", "25:30" */
void nf_xt_words_range(struct buf *out, unsigned from, unsigned to);
/* " ! --name", " --name" */
void nf_xt_words_option(struct buf *out, bool is_inverted, const char *name);
void nf_xt_words_address(struct buf *out, uint8_t family, const void *address);
/* "10.0.0.0/8" */
void nf_xt_words_network(
    struct buf *out, uint8_t family, const void *address, const void *mask);
/* names of bits, with commas; NULL-terminated from bit 0 on */
void nf_xt_words_bits(
    struct buf *out, unsigned bits, const char *const *names, size_t count);
/* "0x5", "0x5/0xff" */
void nf_xt_words_mark(struct buf *out, uint32_t mark, uint32_t mask);
/* text that need not have an end, escaped, in quotes */
void nf_xt_words_quoted(struct buf *out, const char *text, size_t size);

/* xt_text_match.c */
nf_xt_text_fn nf_xt_text_tcp, nf_xt_text_udp, nf_xt_text_multiport;
nf_xt_text_fn nf_xt_text_multiport_v0, nf_xt_text_comment;
nf_xt_text_fn nf_xt_text_addrtype, nf_xt_text_iprange, nf_xt_text_length;
nf_xt_text_fn nf_xt_text_ttl, nf_xt_text_hl, nf_xt_text_mark;
nf_xt_text_fn nf_xt_text_owner, nf_xt_text_icmp, nf_xt_text_pkttype;
nf_xt_text_fn nf_xt_text_set, nf_xt_text_mac, nf_xt_text_physdev;
/* xt_text_state.c */
nf_xt_text_fn nf_xt_text_conntrack, nf_xt_text_state, nf_xt_text_limit;
nf_xt_text_fn nf_xt_text_hashlimit, nf_xt_text_recent, nf_xt_text_connlimit;
nf_xt_text_fn nf_xt_text_statistic, nf_xt_text_string;
/* xt_text_target.c */
nf_xt_text_fn nf_xt_text_reject, nf_xt_text_log, nf_xt_text_nflog;
nf_xt_text_fn nf_xt_text_nat_v0, nf_xt_text_nat, nf_xt_text_mark_set;
nf_xt_text_fn nf_xt_text_ct, nf_xt_text_queue, nf_xt_text_connmark_set;

#endif
