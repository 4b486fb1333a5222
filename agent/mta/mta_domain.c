/*
 * mta_domain.c - names that are no domain of the internet
 *
 * Purpose  mta_domain_is_local
 * Input    a name that passed mail_domain_ok, lower case
 * Errors   none
 * Runs as  both roles
 * Source   RFC 6761 (localhost, invalid), RFC 6762 and its appendix G (local,
 *          and what networks use in private), RFC 8375 (home.arpa), RFC 7686
 *          (onion); ICANN SAC113: internal. .test and .example, which RFC 6761
 *          sets aside too, are used by nobody by mistake, and resolve where
 *          somebody tries things out
 */
#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/mta_identity.h"

static const char *const suffixes[] = {".localhost", ".local", ".localdomain",
    ".lan", ".internal", ".intranet", ".home.arpa", ".home", ".corp",
    ".private", ".invalid", ".onion"};

bool
mta_domain_is_local(const char *name)
{
	if (text_starts(name, "localhost."))
		return true;
	for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++)
		if (text_ends(name, suffixes[i]))
			return true;
	return false;
}
