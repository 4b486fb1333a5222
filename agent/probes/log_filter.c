/*
 * log_filter.c - who gives back mail that the mail system handed to him
 *
 * Purpose  users and hosts that are no accounts: what they send is others'
 * Input    uids and addresses of the log: hostile; the mail system's settings
 * Errors   none
 * Runs as  observer
 * Source   mta_config.h: struct mta_filters
 */
#include "agent/probes/log_part.h"

bool
tally_is_filter_uid(
    const struct mta_filters *filters, const char *digits, size_t length)
{
	uint64_t uid = 0;

	if (filters == NULL || filters->uid_count == 0)
		return false;
	for (size_t i = 0; i < length && uid <= UINT32_MAX; i++)
		uid = uid * 10 + (uint64_t)(digits[i] - '0');
	for (size_t i = 0; i < filters->uid_count; i++)
		if (filters->uids[i] == uid)
			return true;
	return false;
}

bool
tally_is_filter_host(
    const struct mta_filters *filters, const char *address, const char *name)
{
	return filters != NULL && filters->hosts != NULL &&
	       tally_client_listed(filters->hosts, address, name) > 0;
}
