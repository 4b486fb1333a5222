/*
 * record.h - what is durably known of one change, from intent to undo
 *
 * STATE_DIR/changes/PLACE/RUN-N/record, JSON, replaced as a whole; the
 * directory moves from open to kept to closed.
 */
#ifndef MAILFIX_APPLY_RECORD_H
#define MAILFIX_APPLY_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/change/change.h"

enum record_place { RECORD_OPEN, RECORD_KEPT, RECORD_CLOSED, RECORD_PLACE_MAX };

enum record_state {
	RECORD_INTENT,    /* to be made; nothing was touched */
	RECORD_CAPTURED,  /* undo is possible; it may have begun */
	RECORD_PERFORMED, /* it was made */
	RECORD_VERIFIED,  /* it had its effect */
	RECORD_REVERTED,  /* put back by the run that made it, or by the next */
	RECORD_UNDONE,    /* put back later, by hand or by `release` */
	RECORD_FAILED,    /* neither verified nor put back; reason says why */
	RECORD_DROPPED,   /* never made */
	RECORD_SUPERSEDED, /* a later change of the target stands for it, too */
	RECORD_STATE_MAX
};

const char *record_state_to_text(enum record_state state);
int record_state_from_text(const char *text); /* -1: no such state */

/* Before-images whose hash stands in the record; a kind keeps two or three. */
#define RECORD_IMAGES_MAX 16

struct record_image {
	const char *name, *hash;
};

struct record {
	enum record_place place;
	const char *run; /* that made it */
	struct change change;
	const char *playbook, *item, *fix; /* item may be NULL */
	enum record_state state;
	const char *reason; /* or NULL */
	/* "RUN/CHANGE" for which this one stands, too, the last one; or NULL */
	const char *took;
	const char *by; /* of a superseded one: which one stands for it */
	bool is_left; /* asked for, and left alone: somebody else changed it */
	bool has_release;
	int64_t release_since_s; /* its `release` holds since; 0: it does not */
	int64_t made_s;          /* when the intent was written */
	int64_t changed_s;       /* the last step */
	unsigned tries;          /* settlings that failed */
	struct record_image images[RECORD_IMAGES_MAX];
	size_t image_count;
};

/* record_name - "RUN/CHANGE"; in arena */
const char *record_name(struct arena *arena, const struct record *record);

/* record_dir - its directory; in arena */
const char *record_dir(
    struct arena *arena, const char *state_dir, const struct record *record);

/* record_begin - make the directory and the first record, durably */
int record_begin(struct arena *arena, const char *state_dir,
    const struct record *record, struct why *why);

/* record_save - replace the record, durably */
int record_save(struct arena *arena, const char *state_dir,
    const struct record *record, struct why *why);

/* record_move - to another place, durably; sets record->place */
int record_move(struct arena *arena, const char *state_dir,
    struct record *record, enum record_place place, struct why *why);

/* record_hash_images - note the hashes of what capture kept */
int record_hash_images(struct arena *arena, const char *state_dir,
    struct record *record, struct why *why);

/* record_check_images - -EBADMSG when one is not as it was kept */
int record_check_images(struct arena *arena, const char *state_dir,
    const struct record *record, struct why *why);

struct record_list {
	struct record *records; /* in the arena, by run and number */
	size_t count;
};

/*
 * record_list_load - all records of one place
 *
 * A directory of `open` without a record (a crash while it was begun) is
 * removed: nothing was made. -EBADMSG: a record is damaged or of a later
 * version; why names it.
 */
int record_list_load(struct arena *arena, const char *state_dir,
    enum record_place place, struct record_list *ret, struct why *why);

/*
 * record_list_load_release - of the kept ones, those with a `release`
 * Every run asks for them; the others may be many and long.
 */
int record_list_load_release(struct arena *arena, const char *state_dir,
    struct record_list *ret, struct why *why);

/* record_list_find - by "RUN/CHANGE"; NULL when there is none */
struct record *record_list_find(
    const struct record_list *list, const char *name);

/* record_retain - remove closed records that are old; best effort */
void record_retain(struct arena *arena, const char *state_dir);

/* The text form, for the list and for fuzzing. */
struct json;
struct json *record_to_json(const struct record *record);
int record_from_json(struct arena *arena, const struct json *json,
    struct record *ret, struct why *why);

#endif
