/*
 * read.c - the state from its file, or closed
 *
 * Purpose  believe a state file only when it is whole, ours and of this version
 * Input    DIR/state, written by us; may be cut, damaged, replaced, of a later
 *          version
 * Errors   negative errno with the reason and the way out; the state is closed
 * Runs as  actor
 * Source   state.h for the format and for the rules of time
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/hash.h"
#include "agent/base/json.h"
#include "agent/base/text.h"
#include "agent/state/entries.h"

/* "sha256 ", 64 digits, the newline */
#define SUM_PREFIX "sha256 "
#define SUM_LENGTH (sizeof(SUM_PREFIX) - 1 + HASH_HEX_MAX - 1 + 1)

/* An age that no clock can reach; beyond it the file is not ours. */
#define AGE_MS_MAX (INT64_C(1) << 52)

struct reading {
	struct state *state;
	int64_t now_ms;
	int64_t elapsed_ms; /* since the file was written, at least */
};

/* elapsed - how much later is it, at least? */
static int64_t
elapsed(const struct json *json, int64_t now_ms)
{
	const char *boot = json_get_text(json, "boot");
	int64_t then_ms = json_get_int(json, "boot_ms", 0);

	if (boot != NULL && strcmp(boot, clock_boot_id()) != 0)
		return now_ms; /* written before this boot: the uptime */
	return now_ms > then_ms ? now_ms - then_ms : 0;
}

/* born - of an entry with "age_ms"; false when it has no sane age */
static bool
born(const struct reading *reading, const struct json *json, int64_t *ret)
{
	int64_t age_ms = json_get_int(json, "age_ms", -1);

	if (age_ms < 0 || age_ms > AGE_MS_MAX)
		return false;
	*ret = reading->now_ms - age_ms - reading->elapsed_ms;
	return true;
}

static bool
read_finding(struct reading *reading, const struct json *json)
{
	struct state_finding *entry = state_add_finding(reading->state);
	int64_t runs = json_get_int(json, "runs", -1);

	entry->playbook =
	    state_dup(reading->state, json_get_text(json, "playbook"));
	entry->item = state_dup(reading->state, json_get_text(json, "item"));
	entry->runs = (unsigned)runs;
	return entry->playbook != NULL && runs >= 0 && runs <= UINT_MAX &&
	       born(reading, json, &entry->born_ms);
}

static bool
read_fix(struct reading *reading, const struct json *json)
{
	struct state_fix *entry = state_add_fix(reading->state);

	entry->playbook =
	    state_dup(reading->state, json_get_text(json, "playbook"));
	entry->item = state_dup(reading->state, json_get_text(json, "item"));
	entry->fix = state_dup(reading->state, json_get_text(json, "fix"));
	entry->is_disruptive = json_get_bool(json, "disruptive", true);
	entry->at_s = json_get_int(json, "at_s", 0);
	return entry->playbook != NULL && entry->fix != NULL &&
	       born(reading, json, &entry->born_ms);
}

static bool
read_breaker(struct reading *reading, const struct json *json)
{
	struct state_breaker *entry = state_add_breaker(reading->state);
	int64_t failures = json_get_int(json, "failures", -1);

	entry->playbook =
	    state_dup(reading->state, json_get_text(json, "playbook"));
	entry->failures = (unsigned)failures;
	return entry->playbook != NULL && failures >= 0 &&
	       failures <= STATE_BREAKER_FAILURES &&
	       born(reading, json, &entry->born_ms);
}

static bool
read_counter(struct reading *reading, const struct json *json)
{
	struct state_counter *entry = state_add_counter(reading->state);

	entry->name = state_dup(reading->state, json_get_text(json, "name"));
	entry->value = json_get_real(json, "value", 0);
	return entry->name != NULL && born(reading, json, &entry->born_ms);
}

/* A step that is not known is that of a later version: not ours to ease. */
static bool
read_throttle(struct reading *reading, const struct json *json)
{
	struct state *state = reading->state;
	struct state_throttle *entry = state_add_throttle(state);
	int64_t fails = json_get_int(json, "rise_fails", -1);

	entry->domain = state_dup(state, json_get_text(json, "domain"));
	entry->step = state_dup(state, json_get_text(json, "step"));
	entry->too_much = state_dup(state, json_get_text(json, "too_much"));
	entry->worked = state_dup(state, json_get_text(json, "worked"));
	entry->group = state_dup(state, json_get_text(json, "group"));
	entry->since_us = json_get_int(json, "since_us", 0);
	entry->rise_wait_s = json_get_real(json, "rise_wait_s", 0);
	entry->rise_fails = (unsigned)fails;
	entry->pause_s = json_get_real(json, "pause_s", 0);
	entry->taken = json_get_real(json, "taken", 0);
	entry->taken_s = json_get_real(json, "taken_s", 0);
	return entry->domain != NULL && fails >= 0 && fails <= UINT_MAX &&
	       born(reading, json, &entry->born_ms);
}

static bool
read_refused(struct reading *reading, const struct json *json)
{
	struct state *state = reading->state;
	const char *domain = json_get_text(json, "domain");

	if (domain != NULL && state->refused_count < STATE_REFUSED_MAX)
		state->refused[state->refused_count++] =
		    state_dup(state, domain);
	return domain != NULL;
}

struct part {
	const char *name;
	bool (*read)(struct reading *reading, const struct json *json);
	bool is_later; /* a file that an earlier mailfix wrote has none */
};

static const struct part parts[] = {
    {"findings",  read_finding,  false},
    {"fixes",     read_fix,      false},
    {"breakers",  read_breaker,  false},
    {"counters",  read_counter,  false},
    {"throttles", read_throttle, true },
    {"refused",   read_refused,  true },
};

static int
read_parts(struct reading *reading, const struct json *json, struct why *why)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct json *array = json_get(json, parts[i].name);

		if (array == NULL && parts[i].is_later)
			continue;
		if (array == NULL)
			return why_set(
			    why, -EBADMSG, "it has no %s", parts[i].name);
		for (size_t k = 0; k < json_length(array); k++)
			if (!parts[i].read(reading, json_at(array, k)))
				return why_set(why, -EBADMSG,
				    "entry %zu of its %s is no such thing",
				    k + 1, parts[i].name);
	}
	return 0;
}

/* A rate over a reboot would divide by a time that nobody knows. */
static void
read_rest(struct reading *reading, const struct json *json)
{
	struct state *state = reading->state;
	const char *boot = json_get_text(json, "boot");
	int64_t left_ms = json_get_int(json, "pause_left_ms", 0);

	if (boot != NULL && strcmp(boot, clock_boot_id()) != 0)
		state->counter_count = 0;
	state->observers_killed =
	    (unsigned)json_get_int(json, "observers_killed", 0);
	if (left_ms <= reading->elapsed_ms || left_ms > AGE_MS_MAX)
		return;
	state->is_paused = true;
	state->pause_end_ms = reading->now_ms + left_ms - reading->elapsed_ms;
	state->pause_reason =
	    state_dup(state, json_get_text(json, "pause_reason"));
}

/* check_sum - the last line must be the hash of all before it */
static int
check_sum(const struct buf *text, struct why *why)
{
	char wanted[SUM_LENGTH + 1], hex[HASH_HEX_MAX];
	struct hash hash;

	if (text->length == 0)
		return why_set(why, -EBADMSG, "it is empty");
	if (text->length <= SUM_LENGTH)
		return why_set(why, -EBADMSG, "it is cut off");
	hash_init(&hash);
	hash_add(&hash, text->text, text->length - SUM_LENGTH);
	hash_end(&hash, hex);
	(void)snprintf(wanted, sizeof(wanted), SUM_PREFIX "%s\n", hex);
	if (memcmp(text->text + text->length - SUM_LENGTH, wanted,
	        SUM_LENGTH) != 0)
		return why_set(why, -EBADMSG,
		    "it is damaged (its checksum is not that of its content)");
	return 0;
}

static int
parse(struct state *state, const struct buf *text, struct why *why)
{
	AUTO_JSON struct json *json = NULL;
	struct reading reading = {.state = state, .now_ms = clock_boot_ms()};
	int64_t version;
	int error = check_sum(text, why);

	if (error < 0)
		return error;
	error = json_parse(text->text, text->length - SUM_LENGTH, &json, why);
	if (error < 0)
		return error;
	version = json_get_int(json, "mailfix_state", 0);
	if (version != STATE_VERSION)
		return why_set(why, -EPROTONOSUPPORT,
		    "it is of version %lld, this mailfix reads %d",
		    (long long)version, STATE_VERSION);
	reading.elapsed_ms = elapsed(json, reading.now_ms);
	error = read_parts(&reading, json, why);
	if (error < 0)
		return error;
	read_rest(&reading, json);
	return 0;
}

/* check_owner - what others may write is not what we remember */
static int
check_owner(const char *path, struct why *why)
{
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? -ENOENT : why_errno(why, "look at it");
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return why_set(why, -EPERM, "others than root may write it");
	return 0;
}

static int
close_state(struct state *state, const char *path, struct why *why)
{
	struct state empty = *state;

	*state = (struct state){.arena = empty.arena, .is_closed = true};
	free(empty.findings);
	free(empty.fixes);
	free(empty.breakers);
	free(empty.counters);
	free(empty.throttles);
	if (why->code == -EACCES || why->code == -EPERM) {
		why_prefix(why,
		    geteuid() == 0 ? "%s cannot be read"
		                   : "%s is for root to read",
		    path);
	} else {
		char text[WHY_TEXT_MAX];

		(void)snprintf(text, sizeof(text), "%s", why->text);
		(void)why_set(why, why->code,
		    "%s: %s; nothing is fixed until it is put right: move %s.bak "
		    "in its place (one run older), or move it away (all limits "
		    "start anew)",
		    path, text, path);
	}
	(void)snprintf(state->reason, sizeof(state->reason), "%s", why->text);
	return why->code;
}

int
state_load(const char *dir, struct state **ret, struct why *why)
{
	struct state *state = state_new();
	AUTO_BUF struct buf text = {0};
	struct why own = {0};
	const char *path = arena_printf(state->arena, "%s/state", dir);
	int error;

	*ret = state;
	if (why == NULL)
		why = &own;
	error = check_owner(path, why);
	if (error == -ENOENT)
		return 0;
	if (error == 0)
		error = file_read(AT_FDCWD, path, STATE_BYTES_MAX, &text, why);
	if (error == 0)
		error = parse(state, &text, why);
	return error == 0 ? 0 : close_state(state, path, why);
}
