/*
 * spf_question.h - have an observer ask the DNS, and judge one sender by SPF
 *
 * Name servers' answers are read by a process that is shut in; what comes back
 * is text and numbers, each checked.
 */
#ifndef MAILFIX_PROBES_SPF_QUESTION_H
#define MAILFIX_PROBES_SPF_QUESTION_H

#include "agent/base/buf.h"
#include "agent/dns/spf.h"

/* Lines of the tree: what spf.c makes at most, and the end. */
#define SPF_QUESTION_BYTES_MAX (1024U * 1024U)

/*
 * spf_question_ask - as any user; texts of the answer are in arena
 *
 * resolver  "system", or ADDR[@PORT], ...
 * ret       result, explanation, lookups, voids, term, term_domain, problem,
 *           void_names, tree; the others are not told
 *
 * Returns 0; -EINVAL: resolver is no list of addresses; -EPROTO: the observer
 * broke the protocol; -EBADMSG: the name servers are not to be believed;
 * -ETIMEDOUT; another negative errno: nothing can be asked.
 */
int spf_question_ask(struct arena *arena, const char *resolver,
    const struct spf_query *query, struct spf_answer *ret, struct why *why);

/*
 * spf_question_judge - what the observer does, by any asker; texts in arena
 * Returns 0, or a negative errno: -EBADMSG: its name servers are not to be
 * believed; -ELOOP.
 */
int spf_question_judge(struct arena *arena, const struct dns_asker *asker,
    bool asks_twice, const struct spf_query *query, struct spf_answer *ret,
    struct why *why);

/* For tests and fuzzers. -EPROTO: it is none. */
void spf_answer_put(struct buf *out, const struct spf_answer *answer);
int spf_answer_get(struct arena *arena, const char *bytes, size_t length,
    struct spf_answer *ret, struct why *why);

#endif
