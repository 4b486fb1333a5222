/*
 * progress.c - what a person at a terminal waits for
 *
 * Purpose  one line on stderr, rewritten in place, gone when the work is done
 * Input    names of our own probes; texts of changes, which are escaped
 * Errors   none: a line that cannot be written is not missed
 * Runs as  the actor
 * Source   ECMA-48: CR, and EL (ESC [ K) to wipe the rest of the line
 */
#include "agent/main/progress.h"

#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/text.h"

/* A longer line would wrap, and could not be wiped. */
#define PROGRESS_COLUMNS 76

void
progress_begin(struct progress *progress, bool is_shown)
{
	*progress = (struct progress){.is_shown = is_shown};
}

static void
line_show(struct progress *progress, const char *text)
{
	AUTO_BUF struct buf escaped = {0}, line = {0};
	size_t length;

	if (!progress->is_shown)
		return;
	text_escape(&escaped, text, strlen(text));
	length = escaped.length;
	if (length > PROGRESS_COLUMNS) {
		length = PROGRESS_COLUMNS;
		while (
		    length > 0 && (buf_text(&escaped)[length] & 0xC0) == 0x80)
			length--;
	}
	buf_add_char(&line, '\r');
	buf_add_n(&line, buf_text(&escaped), length);
	buf_add(&line, "\033[K");
	(void)!write(STDERR_FILENO, buf_text(&line), line.length);
	progress->is_dirty = true;
}

void
progress_end(struct progress *progress)
{
	static const char wipe[] = "\r\033[K";

	if (progress->is_dirty)
		(void)!write(STDERR_FILENO, wipe, sizeof(wipe) - 1);
	progress->is_dirty = false;
	progress->started = 0;
	progress->done = 0;
	(void)memset(progress->out, 0, sizeof(progress->out));
}

static void
name_note(struct progress *progress, const char *probe, bool is_done)
{
	for (int i = 0; i < PROGRESS_NAMES; i++) {
		if (is_done && progress->out[i] != NULL &&
		    strcmp(progress->out[i], probe) == 0) {
			progress->out[i] = NULL;
			return;
		}
		if (!is_done && progress->out[i] == NULL) {
			progress->out[i] = probe;
			return;
		}
	}
}

void
progress_probe(void *user, const char *probe, bool is_done)
{
	struct progress *progress = user;
	AUTO_BUF struct buf line = {0};

	if (is_done)
		progress->done++;
	else
		progress->started++;
	name_note(progress, probe, is_done);
	buf_addf(
	    &line, "looking: %u of %u done", progress->done, progress->started);
	for (int i = 0; i < PROGRESS_NAMES; i++)
		if (progress->out[i] != NULL)
			buf_addf(&line, "%s%s",
			    strchr(buf_text(&line), ';') == NULL
			        ? "; still out: "
			        : ", ",
			    progress->out[i]);
	line_show(progress, buf_text(&line));
}

void
progress_text(void *user, const char *text)
{
	line_show(user, text);
}
