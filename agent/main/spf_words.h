/*
 * spf_words.h - the words of `mailfix explain spf`
 */
#ifndef MAILFIX_MAIN_SPF_WORDS_H
#define MAILFIX_MAIN_SPF_WORDS_H

#include "agent/dns/spf.h"

/*
 * spf_words_parse - "DOMAIN from ADDR [helo NAME] [sender ADDR]"
 *
 * words  NULL-terminated, after "spf"; the clauses in any order, each once;
 *        domains may be in UTF-8
 * ret    texts are borrowed from the words, or in arena
 *
 * Returns 0, or -EINVAL with why: what is wrong, and what was probably meant.
 */
int spf_words_parse(struct arena *arena, const char *const *words,
    struct spf_query *ret, struct why *why);

#endif
