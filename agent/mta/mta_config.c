/*
 * mta_config.c - what the configuration names, found by name
 *
 * Purpose  look parameters and services up; words for problems and effects
 * Input    what mta_detect() found
 * Errors   none
 * Runs as  both roles
 * Source   mta.h, mta_config.h
 */
#include <string.h>

#include "agent/mta/mta.h"

const char *const mta_advice_problems[] = {"no-such-transport", "delay-for-all",
    "dead-at-one-refusal", "limits-by-recipient", "delay-beats-concurrency",
    "slow-for-all", "not-read-there", "too-few-processes",
    "limits-good-clients", "limits-own-clients", "soft-bounce",
    "minfree-too-small", NULL};

const char *const mta_advice_effects[] = {"useless", "harmful", NULL};

const struct mta_param *
mta_param_find(const struct mta *mta, const char *name)
{
	for (size_t i = mta->param_count; i > 0; i--)
		if (strcmp(mta->params[i - 1].name, name) == 0)
			return &mta->params[i - 1];
	return NULL;
}

const struct mta_service *
mta_service_find(
    const struct mta *mta, const char *name, const char *const *types)
{
	for (; *types != NULL; types++)
		for (size_t i = 0; i < mta->service_count; i++)
			if (strcmp(mta->services[i].name, name) == 0 &&
			    strcmp(mta->services[i].type, *types) == 0)
				return &mta->services[i];
	return NULL;
}
