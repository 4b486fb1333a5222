/*
 * record_json.c - a record as JSON and back
 *
 * Purpose  a later process, maybe of a later version, reads what this one did
 * Input    records of the state directory, written as root
 * Errors   -EBADMSG: damaged, or of a later version: never guessed at
 * Runs as  actor
 * Source   -
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/apply/record.h"
#include "agent/base/auto.h"
#include "agent/base/hash.h"
#include "agent/base/json.h"

#define RECORD_VERSION 1

static const char *const state_names[] = {
    [RECORD_INTENT] = "intent",
    [RECORD_CAPTURED] = "captured",
    [RECORD_PERFORMED] = "performed",
    [RECORD_VERIFIED] = "verified",
    [RECORD_REVERTED] = "reverted",
    [RECORD_UNDONE] = "undone",
    [RECORD_FAILED] = "failed",
    [RECORD_DROPPED] = "dropped",
    [RECORD_SUPERSEDED] = "superseded",
};
_Static_assert(ARRAY_COUNT(state_names) == RECORD_STATE_MAX, "all states");

const char *
record_state_to_text(enum record_state state)
{
	return state_names[state];
}

int
record_state_from_text(const char *text)
{
	for (size_t i = 0; text != NULL && i < ARRAY_COUNT(state_names); i++)
		if (strcmp(state_names[i], text) == 0)
			return (int)i;
	return -1;
}

/* The texts of a record, once, for both directions. */
struct text_row {
	const char *key;
	size_t offset;
	bool is_required;
};

#define TEXT(k, member, required)                                              \
	{                                                                      \
		.key = (k), .offset = offsetof(struct record, member),         \
		.is_required = (required)                                      \
	}

static const struct text_row texts[] = {
    TEXT("run", run, true),
    TEXT("playbook", playbook, true),
    TEXT("item", item, false),
    TEXT("fix", fix, true),
    TEXT("reason", reason, false),
    TEXT("took", took, false),
    TEXT("by", by, false),
    TEXT("verb", change.verb, true),
    TEXT("target", change.target, true),
    TEXT("before", change.before, false),
    TEXT("after", change.after, false),
    TEXT("text", change.text, true),
    TEXT("detail", change.detail, false),
    TEXT("base", change.base, false),
};

/* "<64 hex> name" */
static const char *
image_text(const struct record_image *image, struct buf *text)
{
	buf_clear(text);
	buf_addf(text, "%s %s", image->hash, image->name);
	return buf_text(text);
}

struct json *
record_to_json(const struct record *record)
{
	AUTO_BUF struct buf line = {0};
	struct json *json = json_object_new();
	struct json *items = json_array_new(), *images = json_array_new();

	json_set_int(json, "version", RECORD_VERSION);
	json_set_int(json, "id", record->change.id);
	json_set_text(json, "kind", record->change.kind->name);
	json_set_text(json, "state", state_names[record->state]);
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		const char *text;

		(void)memcpy(&text, (const char *)record + texts[i].offset,
		    sizeof(text));
		json_set_text(json, texts[i].key, text);
	}
	json_set_bool(json, "is_base", record->change.is_base);
	json_set_bool(json, "left_alone", record->is_left);
	json_set_bool(json, "release", record->has_release);
	json_set_int(json, "release_since", record->release_since_s);
	json_set_int(json, "made", record->made_s);
	json_set_int(json, "changed", record->changed_s);
	json_set_int(json, "tries", record->tries);
	for (size_t i = 0; i < record->change.item_count; i++)
		json_push_text(items, record->change.items[i]);
	json_set(json, "items", items);
	for (size_t i = 0; i < record->image_count; i++)
		json_push_text(images, image_text(&record->images[i], &line));
	json_set(json, "images", images);
	return json;
}

static int
texts_from_json(struct arena *arena, const struct json *json,
    struct record *record, struct why *why)
{
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		const char *text = json_get_text(json, texts[i].key);

		if (text == NULL && texts[i].is_required)
			return why_set(
			    why, -EBADMSG, "it has no %s", texts[i].key);
		if (text != NULL)
			text = arena_dup(arena, text);
		(void)memcpy(
		    (char *)record + texts[i].offset, &text, sizeof(text));
	}
	return 0;
}

static int
items_from_json(struct arena *arena, const struct json *json,
    struct change *change, struct why *why)
{
	const struct json *items = json_get(json, "items");
	size_t count = items == NULL ? 0 : json_length(items);
	const char **list;

	if (count == 0)
		return 0;
	list = arena_alloc(arena, count + 1, sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		const char *text = json_text(json_at(items, i));

		if (text == NULL)
			return why_set(why, -EBADMSG, "an item is no text");
		list[i] = arena_dup(arena, text);
	}
	change->items = list;
	change->item_count = count;
	return 0;
}

static int
images_from_json(struct arena *arena, const struct json *json,
    struct record *record, struct why *why)
{
	const struct json *images = json_get(json, "images");
	size_t count = images == NULL ? 0 : json_length(images);

	if (count > RECORD_IMAGES_MAX)
		return why_set(why, -EBADMSG, "it has too many images");
	for (size_t i = 0; i < count; i++) {
		const char *text = json_text(json_at(images, i));

		if (text == NULL || strlen(text) < HASH_HEX_MAX ||
		    text[HASH_HEX_MAX - 1] != ' ' || strchr(text, '/') != NULL)
			return why_set(why, -EBADMSG, "an image is damaged");
		record->images[i].hash =
		    arena_dup_n(arena, text, HASH_HEX_MAX - 1);
		record->images[i].name = arena_dup(arena, text + HASH_HEX_MAX);
	}
	record->image_count = count;
	return 0;
}

static const char *
verb_find(const struct change_kind *kind, const char *verb)
{
	for (size_t i = 0; kind->verbs[i] != NULL; i++)
		if (strcmp(kind->verbs[i], verb) == 0)
			return kind->verbs[i];
	return NULL;
}

int
record_from_json(struct arena *arena, const struct json *json,
    struct record *ret, struct why *why)
{
	struct record record = {0};
	const char *kind = json_get_text(json, "kind");
	int64_t id = json_get_int(json, "id", 0);
	int state = record_state_from_text(json_get_text(json, "state"));
	int r;

	if (json_get_int(json, "version", 0) != RECORD_VERSION)
		return why_set(why, -EBADMSG, "it is of version %" PRId64,
		    json_get_int(json, "version", 0));
	if (id <= 0 || id > UINT32_MAX || state < 0 || kind == NULL)
		return why_set(why, -EBADMSG, "it is damaged");
	record.change.id = (unsigned)id;
	record.state = (enum record_state)state;
	record.change.kind = change_kind_find(kind);
	if (record.change.kind == NULL)
		return why_set(
		    why, -EBADMSG, "there is no kind of change \"%s\"", kind);
	r = texts_from_json(arena, json, &record, why);
	if (r == 0)
		r = items_from_json(arena, json, &record.change, why);
	if (r == 0)
		r = images_from_json(arena, json, &record, why);
	if (r < 0)
		return r;
	if (verb_find(record.change.kind, record.change.verb) == NULL)
		return why_set(why, -EBADMSG, "%s has no verb \"%s\"", kind,
		    record.change.verb);
	record.change.is_base = json_get_bool(json, "is_base", false);
	record.is_left = json_get_bool(json, "left_alone", false);
	record.has_release = json_get_bool(json, "release", false);
	record.release_since_s = json_get_int(json, "release_since", 0);
	record.made_s = json_get_int(json, "made", 0);
	record.changed_s = json_get_int(json, "changed", 0);
	record.tries = (unsigned)json_get_int(json, "tries", 0);
	*ret = record;
	return 0;
}
