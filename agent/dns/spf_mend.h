/*
 * spf_mend.h - one term of a record as it was meant
 */
#ifndef MAILFIX_DNS_SPF_MEND_H
#define MAILFIX_DNS_SPF_MEND_H

#include <stdbool.h>

#include "agent/base/mem.h"
#include "agent/dns/spf_record.h"

/*
 * spf_term_read - one word of a record as a term; false: it is none
 */
bool spf_term_read(struct arena *arena, const char *word, struct spf_term *ret);

/*
 * spf_term_is_slip - it can be read, and says nothing: "include=a.test" is a
 * modifier that nobody knows
 */
bool spf_term_is_slip(const struct spf_term *term);

/*
 * spf_term_mend - a word that is no term, or a slip, as it was meant
 * *ret_more: a second term that was glued to it, or NULL
 * Returns NULL when that cannot be told.
 */
const char *spf_term_mend(
    struct arena *arena, const char *word, const char **ret_more);

#endif
