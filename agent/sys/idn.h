/*
 * idn.h - domains as people write them, made what the DNS has
 */
#ifndef MAILFIX_SYS_IDN_H
#define MAILFIX_SYS_IDN_H

#include "agent/base/mem.h"
#include "agent/base/why.h"

/*
 * idn_to_ascii - "b\303\274cher.test" is "xn--bcher-kva.test" (RFC 5891)
 *
 * By libidn2, as UTS #46 has it without its transitional part: what browsers
 * and mail programs do. It is loaded when a name needs it.
 *
 * name  UTF-8, any text; borrowed
 * ret   in arena, lower case; a name of ASCII only is name itself, as it is
 *
 * Returns 0; -EINVAL: that is no domain; -ENOENT, -ENOSYS: no library; then
 * with why.
 */
int idn_to_ascii(
    struct arena *arena, const char *name, const char **ret, struct why *why);

#endif
