/*
 * audit.c - the chained log: opened, appended to, closed
 *
 * Purpose  nothing is done that is not written down first
 * Input    records of our own
 * Errors   negative errno; a write that may not be durable ends all writing
 * Runs as  actor
 * Source   fdatasync(2): after an error the next one may succeed without the
 *          data; so it is never tried again
 */
#include "agent/audit/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/audit/audit_line.h"
#include "agent/audit/audit_log.h"
#include "agent/base/clock.h"
#include "agent/base/config.h"
#include "agent/base/file.h"
#include "agent/base/mem.h"
#include "agent/base/text.h"
#include "agent/sys/journal_send.h"

/* journalctl MESSAGE_ID=... finds the copies of our records. */
#define AUDIT_MESSAGE_ID "7d1cf4a7b0b54c2c9c3f0a1b53c2ae61"

static int
parent_make(const char *path, struct why *why)
{
	AUTO_FREE char *parent = mem_dup(path);
	char *slash = strrchr(parent, '/');

	if (slash == NULL || slash == parent)
		return 0;
	*slash = '\0';
	return file_mkdirs(parent, 0750, why);
}

static int
audit_note(struct audit *audit, const char *event, const char *name,
    int64_t number, struct why *why)
{
	struct json *ev = json_object_new();

	if (name != NULL)
		json_set_int(ev, name, number);
	return audit_append(audit, event, ev, why);
}

/* What was found on the way in stands in the log as well. */
static int
open_finish(struct audit *audit, int64_t torn, bool is_rebuilt, struct why *why)
{
	int r = audit_head_save(&audit->files, &audit->at, why);

	if (r == 0 && audit_reserve_make(&audit->files, why) < 0)
		audit->is_stopped = true;
	if (r == 0 && torn > 0)
		r = audit_note(audit, "torn", "bytes", torn, why);
	if (r == 0 && is_rebuilt)
		r = audit_note(
		    audit, "head-rebuilt", "head", audit->at.seq, why);
	return r;
}

int
audit_open(
    const char *path, const char *run, struct audit **ret, struct why *why)
{
	struct audit *audit;
	int64_t torn = 0;
	bool is_rebuilt = false;
	int r = parent_make(path, why);

	if (r < 0)
		return r;
	audit = mem_alloc(1, sizeof(*audit));
	audit->files.dir = audit->fd = -1;
	audit->run = mem_dup(run);
	audit->rotate_bytes = AUDIT_ROTATE_BYTES;
	audit->is_hosts_own = text_equal(path, CONFIG_AUDIT);
	r = audit_files_open(path, &audit->files, why);
	if (r == 0)
		r = audit_recover(audit, &torn, &is_rebuilt, why);
	if (r == 0)
		r = open_finish(audit, torn, is_rebuilt, why);
	if (r < 0) {
		/* the head is left as it is: it is the evidence */
		audit->is_broken = true;
		(void)audit_free(audit);
		return r;
	}
	*ret = audit;
	return 0;
}

struct audit *
audit_free(struct audit *audit)
{
	if (audit == NULL)
		return NULL;
	if (!audit->is_broken && audit->unsaved > 0)
		(void)audit_head_save(&audit->files, &audit->at, NULL);
	auto_close(&audit->fd);
	audit_files_done(&audit->files);
	free(audit->run);
	free(audit);
	return NULL;
}

/* What a record is about, in the words that it has. */
static const char *
copy_text(const struct json *ev)
{
	static const char *const keys[] = {
	    "text", "title", "reason", "status", "mode"};
	const char *text = NULL;

	for (size_t i = 0; text == NULL && i < ARRAY_COUNT(keys); i++)
		text = json_get_text(ev, keys[i]);
	return text;
}

static void
append_copy(const struct audit *audit, const char *event, const char *text)
{
	char message[512], seq[24];
	const struct journal_field fields[] = {
	    {"MESSAGE",           message         },
	    {"MESSAGE_ID",        AUDIT_MESSAGE_ID},
	    {"PRIORITY",          "5"             },
	    {"SYSLOG_IDENTIFIER", "mailfix"       },
	    {"MAILFIX_EVENT",     event           },
	    {"MAILFIX_RUN",       audit->run      },
	    {"MAILFIX_SEQ",       seq             },
	    {"MAILFIX_HASH",      audit->at.hash  },
	};

	(void)snprintf(message, sizeof(message), "%s%s%s", event,
	    text != NULL ? ": " : "", text != NULL ? text : "");
	(void)snprintf(seq, sizeof(seq), "%" PRId64, audit->at.seq);
	/* a copy; the log itself is what counts */
	(void)journal_send(JOURNAL_SOCKET, fields, ARRAY_COUNT(fields), NULL);
}

/* One write(2): a line is there, or it is cut off again. */
static int
append_write(struct audit *audit, const struct buf *line, struct why *why)
{
	ssize_t n = write(audit->fd, line->text, line->length);
	int r = 0;

	if (n != (ssize_t)line->length) {
		if (n >= 0)
			errno = ENOSPC;
		r = why_errno(why, "write to the audit log");
		if (n != 0 && ftruncate(audit->fd, audit->at.size) < 0)
			audit->is_broken = true;
		return r;
	}
	if (fdatasync(audit->fd) < 0) {
		audit->is_broken = true;
		return why_errno(why, "sync the audit log");
	}
	return 0;
}

static int
append_line(struct audit *audit, const char *event, const struct json *ev,
    struct why *why)
{
	AUTO_JSON struct json *begin = json_object_new();
	AUTO_BUF struct buf line = {0};
	char time[CLOCK_ISO_MAX], hash[HASH_HEX_MAX];
	int r;

	json_set_int(begin, "seq", audit->at.seq + 1);
	json_set_text(begin, "prev", audit->at.hash);
	json_set_text(begin, "time", clock_iso(clock_now_s(), time));
	json_set_text(begin, "run", audit->run);
	json_set_text(begin, "event", event);
	r = audit_line_make(begin, ev, &line, hash, why);
	if (r == 0)
		r = append_write(audit, &line, why);
	if (r < 0)
		return r;
	audit->at.seq++;
	audit->at.size += (int64_t)line.length;
	(void)memcpy(audit->at.hash, hash, sizeof(hash));
	audit->unsaved++;
	return 0;
}

static int
append_rotate(struct audit *audit, struct why *why)
{
	AUTO_JSON struct json *ev = json_object_new();
	char name[AUDIT_NAME_MAX];
	int r;

	audit_files_name(&audit->files, audit->at.count + 1, name);
	json_set_text(ev, "file", name);
	r = append_line(audit, "rotate", ev, why);
	if (r == 0)
		r = audit_head_save(&audit->files, &audit->at, why);
	if (r == 0)
		r = audit_rotate_finish(audit, why);
	if (r < 0)
		audit->is_broken = true;
	return r;
}

/* The disk is full: say so with what is left, and begin nothing more. */
static void
append_stopped(struct audit *audit)
{
	AUTO_JSON struct json *ev = json_object_new();

	audit->is_stopped = true;
	audit_reserve_free(&audit->files);
	json_set_text(ev, "reason", "disk full");
	(void)append_line(audit, "stopped", ev, NULL);
}

static bool
is_full(int r)
{
	return r == -ENOSPC || r == -EDQUOT || r == -EFBIG;
}

int
audit_append(struct audit *audit, const char *event, struct json *ev_taken,
    struct why *why)
{
	AUTO_JSON struct json *ev = ev_taken;
	int r = 0;

	if (audit->is_broken)
		return why_set(why, -EIO,
		    "the audit log could not be written before: nothing more "
		    "is done");
	if (audit->is_stopped && strcmp(event, "intent") == 0)
		return why_set(
		    why, -ENOSPC, "the disk of the audit log is full");
	if (audit->at.size >= audit->rotate_bytes)
		r = append_rotate(audit, why);
	if (r == 0)
		r = append_line(audit, event, ev, why);
	if (is_full(r) && !audit->is_stopped && !audit->is_broken) {
		append_stopped(audit);
		/* an intent stays refused; what is under way is told */
		if (strcmp(event, "intent") != 0)
			r = append_line(audit, event, ev, why);
	}
	if (r < 0)
		return r;
	if (audit->is_hosts_own)
		append_copy(audit, event, copy_text(ev));
	if (audit->unsaved >= AUDIT_HEAD_EVERY &&
	    audit_head_save(&audit->files, &audit->at, NULL) == 0)
		audit->unsaved = 0;
	return 0;
}
