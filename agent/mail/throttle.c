/*
 * throttle.c - find a destination among those that are slowed down
 *
 * Purpose  one look-up, and the bound of reloads
 * Input    rows from the state: our own
 * Errors   none
 * Runs as  both roles
 * Source   SPEC section 5, lower-concurrency
 */
#include "agent/mail/throttle.h"

#include <strings.h>

const struct throttle *
throttle_find(const struct throttle_list *list, const char *domain)
{
	for (size_t i = 0; list != NULL && i < list->count; i++)
		if (strcasecmp(list->rows[i].domain, domain) == 0)
			return &list->rows[i];
	return NULL;
}

const char *
throttle_may_reload(const struct throttle_list *list)
{
	if (list == NULL)
		return NULL;
	if (list->reload_age_s >= 0 &&
	    list->reload_age_s < THROTTLE_RELOAD_PAUSE_S)
		return "the mail system was reloaded a moment ago";
	if (list->reloads + 1 > THROTTLE_RELOADS_MAX)
		return "the mail system was reloaded often in this hour";
	return NULL;
}
