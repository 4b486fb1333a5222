/*
 * fuzz_postfix_settings.c - any bytes as what postconf(1) prints
 *
 * Purpose  what is kept is sorted, found again, and written so that it reads
 *          back the same; maps, peers and advice of it are whole
 * Input    the bytes that it prints
 * Errors   abort
 * Runs as  any user
 * Source   postfix_settings.h
 */
#include <string.h>

#include "agent/mta/postfix_advice.h"
#include "tests/fuzz/fuzz.h"

static void
check_again(struct arena *arena, const struct postfix_settings *settings)
{
	struct postfix_settings again;
	struct buf text = {0};

	postfix_settings_write(settings, &text);
	postfix_settings_parse(arena, buf_text(&text), text.length, &again);
	FUZZ_PROMISE(again.count == settings->count);
	buf_done(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct postfix_services services = {0};
	struct postfix_settings settings;
	struct mta mta = {0};

	postfix_settings_parse(arena, (const char *)data, size, &settings);
	for (size_t i = 0; i < settings.count; i++) {
		const char *name = settings.settings[i].name;

		FUZZ_PROMISE(
		    postfix_setting_text(&settings, name, NULL) != NULL);
		FUZZ_PROMISE(
		    i == 0 || strcmp(settings.settings[i - 1].name, name) <= 0);
	}
	check_again(arena, &settings);
	postfix_maps_find(arena, &settings, &services, &mta);
	for (size_t i = 0; i < mta.map_count; i++)
		FUZZ_PROMISE(mta.maps[i].source[0] == '/');
	postfix_peers_find(arena, &settings, &services, &mta);
	for (size_t i = 0; i < mta.peer_count; i++)
		FUZZ_PROMISE(strchr(mta.peers[i].endpoint, ':') != NULL);
	/* the same bytes as a main.cf */
	mta.config_dir = "/etc/postfix";
	mta.clients.exempt = "";
	postfix_params_parse(arena, (const char *)data, size, &mta);
	postfix_advice_find(arena, &settings, &services, &mta);
	for (size_t i = 0; i < mta.advice_count; i++)
		FUZZ_PROMISE(mta.advice[i].does != NULL &&
		             mta.advice[i].instead != NULL);
	FUZZ_PROMISE(
	    postfix_error_line(arena,
	        size != 0
	            ? settings.count != 0 ? settings.settings[0].value : ""
	            : "")[0] != '\0');
	arena_free(arena);
	return 0;
}
