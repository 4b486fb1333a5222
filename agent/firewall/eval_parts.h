/*
 * eval_parts.h - what the parts of the evaluator do for each other
 */
#ifndef MAILFIX_FIREWALL_EVAL_PARTS_H
#define MAILFIX_FIREWALL_EVAL_PARTS_H

#include "agent/firewall/eval.h"

/* An ordinary client's ports begin here (RFC 6056 section 3.2). */
#define EVAL_SOURCE_PORT_MIN 1024U

/* packet.c */
void eval_packet_first(struct nf_packet *packet,
    const struct nf_question *question, bool is_later);
/* the SYN, as it arrived, becomes its answer, as it leaves */
void eval_packet_answer(struct nf_packet *packet);
void eval_packet_address(
    struct nf_packet *packet, bool is_from, const struct nf_address *address);
/* the ports of the struct into the header */
void eval_packet_ports(struct nf_packet *packet);

/* eval_hooks.c */
void eval_hooks_collect(struct nf_eval *eval);
const struct eval_hook *eval_hook_get(struct nf_eval *eval, uint8_t family,
    uint8_t hook, const struct net_interface *device);

/* "eth0"; "eth*": all that begin so */
bool eval_device_matches(const char *pattern, const char *name);
/* did that chain run at the hook? */
bool eval_hook_has(const struct eval_hook *hook, const struct nf_chain *chain);

/* eval_below.c: an answer that rules below may change is not known */
int eval_below(const struct nf_eval *eval, struct nf_answer *answer);

/* eval_way.c: from hook to hook; 0, or the evaluation's code */
void eval_way_begin(struct nf_eval *eval);
/* every entry of the hook has accepted: where does it go? */
void eval_way_next(struct nf_eval *eval);
/* look for the route again: the mark or the destination has changed */
bool eval_way_reroute(struct nf_eval *eval);

/* eval_chain.c: run the branch until it ends, forks or waits */
void eval_chain_run(struct nf_eval *eval);

/* eval_expr.c */
enum eval_result eval_expr_run(
    struct nf_eval *eval, const struct nf_expr *expr);
/* can anything behind this expression still have an effect? */
bool eval_expr_has_effect(const struct nf_rule *rule, size_t from);

/* eval_register.c; false: it does not fit the registers */
bool eval_span(uint8_t slot, size_t length);
enum eval_result eval_store(
    struct nf_eval *eval, uint8_t slot, const void *data, size_t length);
/* known NULL: nothing of it is known; data may be NULL then */
enum eval_result eval_store_doubt(struct nf_eval *eval, uint8_t slot,
    const uint8_t *data, const uint8_t *known, size_t length,
    const struct eval_note *note);
extern const struct eval_note eval_note_client; /* what a client chooses */
enum eval_result eval_store_number(
    struct nf_eval *eval, const struct nf_expr *expr, uint32_t value);
/* all bits known? */
bool eval_is_known(
    const struct eval_registers *registers, uint8_t slot, size_t length);
const struct eval_note *eval_note_of(
    const struct eval_registers *registers, uint8_t slot, size_t length);
/* an answer that is in doubt, for the reason that the registers have */
enum eval_result eval_doubt_of(
    struct nf_eval *eval, uint8_t slot, size_t length, bool is_usual);
enum eval_result eval_doubt(struct nf_eval *eval, enum nf_truth truth,
    const char *reason, bool is_usual);
/* the expression cannot be understood: it can do anything */
enum eval_result eval_not_understood(struct nf_eval *eval, const char *what);

/* the expressions, by file */
enum eval_result eval_payload(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_exthdr(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_meta(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_ct(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_rt(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_realm(struct nf_eval *, const struct nf_expr *);

enum eval_result eval_fib(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_socket(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_tproxy(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_cmp(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_range(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_bitwise(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_byteorder(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_lookup(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_dynset(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_objref(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_numgen(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_hash(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_limit(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_connlimit(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_quota(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_reject(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_nat(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_masq(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_redir(struct nf_eval *, const struct nf_expr *);
enum eval_result eval_xt_target(struct nf_eval *, const struct nf_expr *);
/* the end of nat's place at a hook: undo for an answer what nat did */
void eval_nat_done(struct nf_eval *eval);

/* eval_sample.c */
void eval_sample_cmp(struct nf_eval *eval, const struct nf_expr *expr);
void eval_sample_lookup(struct nf_eval *eval, const struct nf_expr *expr);

/* eval_fork.c */
struct eval_branch *eval_branch_new(struct nf_eval *eval);
/* both: the branch ends when there are too many */
void eval_fork(struct nf_eval *eval, size_t expr); /* the less usual waits */
/* "no" is an end with that outcome; the branch goes on as "yes" */
void eval_fork_end(
    struct nf_eval *eval, enum nf_outcome outcome, const char *text);
/* has another branch been here in the same state? then this one has ended */
bool eval_is_seen(struct nf_eval *eval);
void eval_end(
    struct nf_eval *eval, enum nf_outcome outcome, const char *reason);
bool eval_next_branch(struct nf_eval *eval);

/* eval_answer.c */
void eval_path_add(struct nf_eval *eval, const char *text, const char *name);
void eval_answer_make(
    const struct nf_eval *eval, struct eval_node *root, struct nf_answer *ret);

#endif
