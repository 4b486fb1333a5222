/*
 * port_words.h - the words of `mailfix explain port`
 */
#ifndef MAILFIX_MAIN_PORT_WORDS_H
#define MAILFIX_MAIN_PORT_WORDS_H

#include "agent/firewall/survey.h"

/*
 * port_words_parse - "in|out PORT [from ADDR] [to ADDR] [on IFACE]"
 *
 * words  NULL-terminated, after "port"; the clauses in any order, each once
 * ret    texts are borrowed from the words; users are not known
 *
 * Returns 0, or -EINVAL with why: what is wrong, and what was probably meant.
 */
int port_words_parse(
    const char *const *words, struct nf_survey_query *ret, struct why *why);

#endif
