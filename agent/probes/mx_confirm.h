/*
 * mx_confirm.h - are these the mail servers of a domain? asked for it alone
 */
#ifndef MAILFIX_PROBES_MX_CONFIRM_H
#define MAILFIX_PROBES_MX_CONFIRM_H

#include "agent/base/config.h"
#include "agent/base/mem.h"
#include "agent/mta/mta.h"

/*
 * mx_confirm - ask once more, in an observer that sees this domain's replies
 * and no others
 *
 * Before mail for a domain is sent by the name of servers: what another
 * domain's name server answers cannot have made this observer lie. Returns
 * false also when it could not be told.
 */
bool mx_confirm(struct arena *arena, const struct config *config,
    const struct mta *mta, const char *domain, const char *servers);

#endif
