/*
 * conf_edit.c - the life of a change that edits one file of the configuration
 *
 * Purpose  check, capture, perform, look, undo for all such edits
 * Input    changes of actions and of records; files that others edit, too
 * Errors   -ESTALE: the lines are no longer as planned; -EPERM: refused;
 *          -EBUSY: somebody is at work on it; else negative errno
 * Runs as  actor
 * Source   SPEC section 1, rule 2
 *
 * Between the edit and the reload stands a note in the store, "done" or
 * "undoing": a crash between the two must not look as if all were over.
 */
#include "agent/change/conf_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/change/change_store.h"
#include "agent/change/conf_file.h"
#include "agent/change/conf_reload.h"
#include "agent/change/file_image.h"
#include "agent/sys/package_lock.h"

#define NOTE_DONE    "done"
#define NOTE_UNDOING "undoing"
#define NOTE_UNDONE  "undone"

static const struct conf_edit *
edit_find(const struct change *change)
{
	const struct conf_edit *edits = change->kind->edits;

	while (edits->verb != NULL && strcmp(edits->verb, change->verb) != 0)
		edits++;
	return edits->verb != NULL ? edits : NULL;
}

/* The verb's row, and the change's own parts looked at: also a record's. */
static int
edit_take(
    const struct change *change, const struct conf_edit **ret, struct why *why)
{
	const struct conf_edit *edit = edit_find(change);
	int r;

	if (edit == NULL)
		return why_set(why, -EINVAL, "no such verb: %s", change->verb);
	r = conf_reload_words(change, why);
	if (r == 0)
		r = edit->refuse(change, why);
	if (r == 0)
		*ret = edit;
	return r;
}

/* Is the text as planned, and would the edit be well-formed? */
static int
edit_make(const struct conf_edit *edit, const struct change *change,
    const struct conf_file *file, struct buf *out, struct why *why)
{
	enum change_found found = CHANGE_IS_FOREIGN;
	int r = edit->look(change, conf_file_text(file), &found, why);

	if (r < 0)
		return r;
	if (found == CHANGE_IS_AFTER)
		return why_set(why, -ESTALE, "%s says so already", file->path);
	if (found != CHANGE_IS_BEFORE) {
		why_prefix(why, "%s is no longer as planned", file->path);
		return -ESTALE;
	}
	return edit->make(change, conf_file_text(file), out, why);
}

int
conf_edit_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	AUTO_BUF struct buf out = {0};
	const struct conf_edit *edit = NULL;
	int r = edit_take(change, &edit, why);

	if (r == 0)
		r = conf_file_open(host, edit->leaf, false, &file, why);
	if (r == 0)
		r = conf_file_busy(&file, why);
	if (r == 0)
		r = edit_make(edit, change, &file, &out, why);
	if (r == 0)
		r = package_lock_held(why);
	return r > 0 ? -EBUSY : r;
}

int
conf_edit_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	const struct conf_edit *edit = NULL;
	int r = edit_take(change, &edit, why);

	if (r == 0)
		r = conf_file_open(host, edit->leaf, false, &file, why);
	if (r < 0)
		return r;
	return file_image_keep(host, "before", file.dir, file.leaf, why);
}

/* Refused: the bytes go back at once, before any process reads them. */
static int
edit_put_back(struct conf_file *file, const struct buf *old,
    const struct why *reason, struct why *why)
{
	struct why second = {0};

	*why = *reason;
	if (conf_file_write(file, old, &second) < 0)
		why_prefix(
		    why, "and it could not be put back (%s)", second.text);
	return reason->code;
}

static int
edit_write(const struct conf_edit *edit, const struct change *change,
    struct change_host *host, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	AUTO_BUF struct buf out = {0}, old = {0};
	struct why reason = {0};
	int r = conf_file_open(host, edit->leaf, true, &file, why);

	if (r == 0)
		r = edit_make(edit, change, &file, &out, why);
	if (r < 0)
		return r;
	buf_add_n(&old, buf_text(&file.text), file.text.length);
	r = conf_file_write(&file, &out, why);
	if (r < 0)
		return r;
	r = conf_check(host, &reason);
	if (r == 0 && edit->believe != NULL)
		r = edit->believe(change, host, &reason);
	return r < 0 ? edit_put_back(&file, &old, &reason, why) : 0;
}

int
conf_edit_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	const struct conf_edit *edit = NULL;
	int r = edit_take(change, &edit, why);

	if (r == 0)
		r = edit_write(edit, change, host, why);
	if (r == 0 && conf_reload_is_due(change, false))
		r = conf_reload(host, why);
	if (r == 0)
		r = change_store_put(host, NOTE_DONE, "", why);
	return r;
}

/* 1 or 0, or a negative errno */
static int
note_is(struct change_host *host, const char *name, struct why *why)
{
	struct why reason = {0}; /* that it is not there is no reason */
	const char *text;
	int r = change_store_get(host, name, &text, &reason);

	if (r < 0)
		*why = reason;
	return r;
}

/* The lines are all in place, or gone; is the mail system told as well? */
static int
look_notes(struct change_host *host, enum change_found *found, struct why *why)
{
	int done = note_is(host, NOTE_DONE, why);
	int undoing = note_is(host, NOTE_UNDOING, why);
	int undone = note_is(host, NOTE_UNDONE, why);

	if (done < 0 || undoing < 0 || undone < 0)
		return done < 0 ? done : undoing < 0 ? undoing : undone;
	if (*found == CHANGE_IS_AFTER && done == 0)
		*found = CHANGE_IS_PARTIAL;
	if (*found == CHANGE_IS_BEFORE && undoing > 0 && undone == 0)
		*found = CHANGE_IS_PARTIAL;
	return 0;
}

int
conf_edit_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	const struct conf_edit *edit = NULL;
	enum change_found found = CHANGE_IS_FOREIGN;
	int r = edit_take(change, &edit, why);

	if (r == 0)
		r = conf_file_open(host, edit->leaf, false, &file, why);
	if (r == 0)
		r = edit->look(change, conf_file_text(&file), &found, why);
	if (r == 0)
		r = look_notes(host, &found, why);
	if (r == 0)
		*ret = found;
	return r;
}

/* A newline that only our lines needed goes with them. */
static void
end_as_before(struct buf *out, const struct buf *before)
{
	if (out->length == before->length + 1 &&
	    out->text[before->length] == '\n' &&
	    memcmp(out->text, buf_text(before), before->length) == 0)
		out->text[--out->length] = '\0';
}

static int
edit_unmake(const struct conf_edit *edit, const struct change *change,
    struct change_host *host, struct conf_file *file, struct why *why)
{
	AUTO_BUF struct buf before = {0}, out = {0};
	const char *path = arena_printf(host->arena, "%s/before", host->store);
	int r = file_read(AT_FDCWD, path, CONF_FILE_BYTES_MAX, &before, why);

	if (r == 0)
		r = edit->unmake(change, conf_file_text(file),
		    (struct postfix_text){buf_text(&before), before.length},
		    &out, why);
	if (r < 0)
		return r;
	end_as_before(&out, &before);
	return conf_file_write(file, &out, why);
}

static int
edit_take_out(const struct conf_edit *edit, const struct change *change,
    struct change_host *host, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	enum change_found found = CHANGE_IS_FOREIGN;
	int r = conf_file_open(host, edit->leaf, true, &file, why);

	if (r == 0)
		r = edit->look(change, conf_file_text(&file), &found, why);
	if (r < 0 || found == CHANGE_IS_BEFORE)
		return r;
	if (found == CHANGE_IS_FOREIGN)
		return -ESTALE;
	if (edit->release != NULL)
		r = edit->release(change, host, why);
	return r < 0 ? r : edit_unmake(edit, change, host, &file, why);
}

/*
 * The reload only when the mail system takes what is there now: others may
 * have broken it since. Then the undo stays open, and is tried again.
 */
int
conf_edit_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	const struct conf_edit *edit = NULL;
	bool is_due = conf_reload_is_due(change, true);
	int r = edit_take(change, &edit, why);

	if (r == 0 && is_due)
		r = change_store_put(host, NOTE_UNDOING, "", why);
	if (r == 0)
		r = edit_take_out(edit, change, host, why);
	if (r < 0 || !is_due)
		return r;
	r = conf_check(host, why);
	if (r == 0)
		r = conf_reload(host, why);
	if (r == 0)
		r = change_store_put(host, NOTE_UNDONE, "", why);
	return r;
}

/* The older one's file has the bytes of the line that undo puts back. */
int
conf_edit_take_over(const struct change *change, struct change_host *host,
    const struct change *older, struct change_host *older_host, struct why *why)
{
	(void)change;
	(void)older;
	return file_image_take(host, "before", older_host, why);
}

void
conf_edit_tidy(const struct change *change, struct change_host *host)
{
	const struct conf_edit *edit = edit_find(change);

	if (edit != NULL)
		conf_file_tidy(host, edit->leaf);
}
