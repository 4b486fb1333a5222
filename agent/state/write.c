/*
 * write.c - the state to its file
 *
 * Purpose  one line of JSON, one line with its SHA-256, replaced by rename
 * Input    the state of this run
 * Errors   negative errno; then the file before it stands untouched
 * Runs as  actor
 * Source   state.h for the format; rename(2), link(2)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/hash.h"
#include "agent/base/json.h"
#include "agent/state/entries.h"

static struct json *
findings_json(const struct state *state)
{
	struct json *array = json_array_new();

	for (size_t i = 0; i < state->finding_count; i++) {
		const struct state_finding *entry = &state->findings[i];
		struct json *json = json_object_new();

		json_set_text(json, "playbook", entry->playbook);
		json_set_text(json, "item", entry->item);
		json_set_int(json, "runs", entry->runs);
		json_set_int(json, "age_ms", state_age_ms(entry->born_ms));
		json_push(array, json);
	}
	return array;
}

static struct json *
fixes_json(const struct state *state)
{
	struct json *array = json_array_new();

	for (size_t i = 0; i < state->fix_count; i++) {
		const struct state_fix *entry = &state->fixes[i];
		struct json *json = json_object_new();
		char at[CLOCK_ISO_MAX];

		json_set_text(json, "playbook", entry->playbook);
		json_set_text(json, "item", entry->item);
		json_set_text(json, "fix", entry->fix);
		json_set_bool(json, "disruptive", entry->is_disruptive);
		json_set_int(json, "age_ms", state_age_ms(entry->born_ms));
		json_set_text(json, "at", clock_iso(entry->at_s, at));
		json_set_int(json, "at_s", entry->at_s);
		json_push(array, json);
	}
	return array;
}

static struct json *
breakers_json(const struct state *state)
{
	struct json *array = json_array_new();

	for (size_t i = 0; i < state->breaker_count; i++) {
		const struct state_breaker *entry = &state->breakers[i];
		struct json *json = json_object_new();

		json_set_text(json, "playbook", entry->playbook);
		json_set_int(json, "failures", entry->failures);
		json_set_int(json, "age_ms", state_age_ms(entry->born_ms));
		json_push(array, json);
	}
	return array;
}

static struct json *
counters_json(const struct state *state)
{
	struct json *array = json_array_new();

	for (size_t i = 0; i < state->counter_count; i++) {
		const struct state_counter *entry = &state->counters[i];
		struct json *json = json_object_new();

		json_set_text(json, "name", entry->name);
		json_set_real(json, "value", entry->value);
		json_set_int(json, "age_ms", state_age_ms(entry->born_ms));
		json_push(array, json);
	}
	return array;
}

static struct json *
throttles_json(const struct state *state)
{
	struct json *array = json_array_new();

	for (size_t i = 0; i < state->throttle_count; i++) {
		const struct state_throttle *entry = &state->throttles[i];
		struct json *json = json_object_new();

		json_set_text(json, "domain", entry->domain);
		json_set_text(json, "step", entry->step);
		json_set_text(json, "too_much", entry->too_much);
		json_set_text(json, "worked", entry->worked);
		json_set_text(json, "group", entry->group);
		json_set_int(json, "since_us", entry->since_us);
		json_set_real(json, "rise_wait_s", entry->rise_wait_s);
		json_set_int(json, "rise_fails", entry->rise_fails);
		json_set_real(json, "pause_s", entry->pause_s);
		json_set_real(json, "taken", entry->taken);
		json_set_real(json, "taken_s", entry->taken_s);
		json_set_int(json, "age_ms", state_age_ms(entry->born_ms));
		json_push(array, json);
	}
	return array;
}

static struct json *
refused_json(const struct state *state)
{
	struct json *array = json_array_new();

	for (size_t i = 0; i < state->refused_count; i++) {
		struct json *json = json_object_new();

		json_set_text(json, "domain", state->refused[i]);
		json_push(array, json);
	}
	return array;
}

static void
state_text(const struct state *state, struct buf *out)
{
	AUTO_JSON struct json *json = json_object_new();
	char hex[HASH_HEX_MAX];
	struct hash hash;

	json_set_int(json, "mailfix_state", STATE_VERSION);
	json_set_text(json, "boot", clock_boot_id());
	json_set_int(json, "boot_ms", clock_boot_ms());
	json_set(json, "findings", findings_json(state));
	json_set(json, "fixes", fixes_json(state));
	json_set(json, "breakers", breakers_json(state));
	json_set(json, "counters", counters_json(state));
	json_set(json, "throttles", throttles_json(state));
	json_set(json, "refused", refused_json(state));
	json_set_int(json, "observers_killed", state->observers_killed);
	if (state->is_paused && state->pause_end_ms > clock_boot_ms()) {
		json_set_int(json, "pause_left_ms",
		    state->pause_end_ms - clock_boot_ms());
		json_set_text(json, "pause_reason", state->pause_reason);
	}
	json_write(out, json, false);
	buf_add_char(out, '\n');
	hash_init(&hash);
	hash_add(&hash, out->text, out->length);
	hash_end(&hash, hex);
	buf_addf(out, "sha256 %s\n", hex);
}

/*
 * keep_old - the file at hand becomes state.bak
 * It is for an admin only: when it cannot be kept, the new state still counts.
 */
static void
keep_old(int dirfd)
{
	(void)unlinkat(dirfd, "state.bak.new", 0);
	if (linkat(dirfd, "state", dirfd, "state.bak.new", 0) == 0)
		(void)renameat(dirfd, "state.bak.new", dirfd, "state.bak");
}

int
state_save(struct state *state, const char *dir, struct why *why)
{
	AUTO_CLOSE int dirfd = -1;
	AUTO_BUF struct buf text = {0};
	int error;

	if (state->is_closed)
		return why_set(why, -EBADMSG, "%s", state->reason);
	error = file_mkdirs(dir, 0750, why);
	if (error < 0)
		return error;
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dirfd < 0)
		return why_errno(why, "open %s", dir);
	state_text(state, &text);
	if (text.length > STATE_BYTES_MAX)
		return why_set(why, -EFBIG,
		    "the state would be %zu bytes, more than will be read",
		    text.length);
	keep_old(dirfd);
	error = file_replace(dirfd, "state", text.text, text.length, NULL, why);
	if (error < 0)
		why_prefix(why, "save %s/state", dir);
	return error;
}
