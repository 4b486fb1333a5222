/*
 * words.h - names of the kernel's, printable; reasons
 *
 * Names of sets, chains and modules are any bytes that somebody gave them.
 */
#ifndef MAILFIX_FIREWALL_WORDS_H
#define MAILFIX_FIREWALL_WORDS_H

#include "agent/base/buf.h"
#include "agent/firewall/ruleset.h"

/* nf_words - arena_printf, escaped as a whole */
const char *nf_words(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));

/* nf_set_words - "@blocked"; "a set of the rule" for one without a name */
const char *nf_set_words(struct arena *arena, const struct nf_set *set);

/* nf_set_is_anonymous - written in the rule itself, __set0 */
bool nf_set_is_anonymous(const struct nf_set *set);

/* nf_words_add - a name, escaped; NULL: nothing */
void nf_words_add(struct buf *out, const char *name);

#endif
