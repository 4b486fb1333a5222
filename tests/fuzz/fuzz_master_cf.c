/*
 * fuzz_master_cf.c - any bytes as a master.cf
 *
 * Purpose  parsed or refused with a reason; what is parsed is whole, and
 *          listeners, tables and peers can be taken from it
 * Input    the bytes of the file
 * Errors   abort
 * Runs as  any user
 * Source   postfix_master.h, master(5)
 */
#include <string.h>

#include "agent/mta/postfix.h"
#include "tests/fuzz/fuzz.h"

/* Ports by number only: names would be looked up in a file. */
static bool
is_looked_up(const struct postfix_services *services)
{
	for (size_t i = 0; i < services->count; i++) {
		const char *name = services->services[i].name;
		const char *colon = strrchr(name, ':');
		const char *port = colon != NULL ? colon + 1 : name;

		if (strspn(port, "0123456789") != strlen(port))
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct postfix_services services = {0};
	struct postfix_settings settings = {0};
	struct mta mta = {0};
	struct why why = {0};
	int code = postfix_master_parse(
	    arena, "master.cf", (const char *)data, size, &services, &why);

	FUZZ_PROMISE(code == 0 || (code < 0 && why.text[0] != '\0'));
	for (size_t i = 0; i < services.count; i++) {
		const struct postfix_service *service = &services.services[i];

		FUZZ_PROMISE(service->name != NULL && service->type != NULL);
		FUZZ_PROMISE(service->command != NULL);
		FUZZ_PROMISE(service->process_limit >= -1);
		for (size_t j = 0; service->overrides[j] != NULL; j++)
			FUZZ_PROMISE(strchr(service->overrides[j], '='));
	}
	postfix_maps_find(arena, &settings, &services, &mta);
	postfix_peers_find(arena, &settings, &services, &mta);
	if (!is_looked_up(&services)) {
		postfix_listeners_find(arena, &settings, &services, &mta);
		for (size_t i = 0; i < mta.listener_count; i++)
			FUZZ_PROMISE(mta.listeners[i].port - 1U < 65535U);
	}
	arena_free(arena);
	return 0;
}
