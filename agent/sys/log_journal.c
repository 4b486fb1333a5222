/*
 * log_journal.c - the mail log where the journal has it
 *
 * Purpose  entries of mail programs, as lines of a log
 * Input    the journal's files: what they hold is hostile
 * Errors   negative errno with why
 * Runs as  observer, with descriptors that the actor opened
 * Cost     measured: 1 us an entry; a match on the facility is one list of
 *          entries, where a match on each program's name would be a search in
 *          each of them at each step
 * Source   sd-journal(3), systemd.journal-fields(7); RFC 3164 section 4.1.1:
 *          facility 2 is the mail system's
 */
#include "agent/sys/log_journal.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <systemd/sd-journal.h>

#include "agent/base/clock.h"
#include "agent/base/mem.h"

#define MATCH_MAIL "SYSLOG_FACILITY=2"

/* Names of programs are short: "postfix/mailfix-c2/smtp". */
#define PROGRAM_MAX 128

/* The clock is asked after so many entries. */
#define ENTRIES_A_LOOK 1024

/*
 * A line stands in a file within this of its time in the journal: stamps of
 * whole seconds are up to one before, and rsyslog may be a little late.
 */
#define COPY_WITHIN_US 3000000
/* What journald lets one service log in that time, and more. */
#define COPY_ENTRIES_MAX 20000

struct log_journal {
	sd_journal *j;
	uid_t owner; /* whose lines are believed, beside root's */
};

/*
 * From systemd 255 on libsystemd loads these when it meets the first entry
 * that is compressed with one of them. In the sandbox it would be killed for
 * that; what is loaded already is not loaded again. What is not installed,
 * journald cannot have used.
 */
static void
decompressors_load(void)
{
	static const char *const names[] = {
	    "libzstd.so.1", "liblz4.so.1", "liblzma.so.5"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)dlopen(names[i], RTLD_NOW | RTLD_NODELETE);
}

int
log_journal_open(const int *fds, size_t count, uid_t owner,
    struct log_journal **ret, struct why *why)
{
	struct log_journal *journal;
	int copy[LOG_INPUTS_MAX];
	sd_journal *j = NULL;
	int r;

	if (count > LOG_INPUTS_MAX)
		count = LOG_INPUTS_MAX;
	(void)memcpy(copy, fds, count * sizeof(copy[0]));
	decompressors_load();
	r = sd_journal_open_files_fd(&j, copy, (unsigned)count, 0);
	if (r < 0)
		return why_set(why, r, "open the journal: %s", strerror(-r));
	(void)sd_journal_set_data_threshold(j, LOG_LINE_MAX);
	r = sd_journal_add_match(j, MATCH_MAIL, 0);
	if (r < 0) {
		sd_journal_close(j);
		return why_set(why, r, "search the journal: %s", strerror(-r));
	}
	journal = mem_alloc(1, sizeof(*journal));
	journal->j = j;
	journal->owner = owner;
	*ret = journal;
	return 0;
}

struct log_journal *
log_journal_free(struct log_journal *journal)
{
	if (journal != NULL)
		sd_journal_close(journal->j);
	free(journal);
	return NULL;
}

int64_t
log_journal_newest_us(struct log_journal *journal)
{
	uint64_t us = 0;

	if (sd_journal_seek_tail(journal->j) < 0 ||
	    sd_journal_previous(journal->j) <= 0 ||
	    sd_journal_get_realtime_usec(journal->j, &us) < 0 || us > INT64_MAX)
		return 0;
	return (int64_t)us;
}

/* A field's value, behind "NAME="; false when the entry has none. */
static bool
field_read(sd_journal *j, const char *name, struct span *ret)
{
	size_t length = 0, skip = strlen(name) + 1;
	const void *data = NULL;

	if (sd_journal_get_data(j, name, &data, &length) < 0 || length < skip ||
	    length - skip >= LOG_LINE_MAX)
		return false;
	ret->text = (const char *)data + skip;
	ret->length = (uint32_t)(length - skip);
	return true;
}

static int32_t
pid_read(sd_journal *j)
{
	struct span text;
	int32_t pid = 0;

	if (!field_read(j, "SYSLOG_PID", &text) &&
	    !field_read(j, "_PID", &text))
		return 0;
	for (uint32_t i = 0; i < text.length && i < 9; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return 0;
		pid = pid * 10 + (text.text[i] - '0');
	}
	return pid;
}

bool
log_journal_has(struct log_journal *journal, const struct log_newest *line)
{
	sd_journal *j = journal->j;
	int64_t from_us = line->us - COPY_WITHIN_US;
	struct span text;
	uint64_t us = 0;

	if (line->us == 0 || line->length == 0 || from_us < 0 ||
	    sd_journal_seek_realtime_usec(j, (uint64_t)from_us) < 0)
		return false;
	for (unsigned i = 0; i < COPY_ENTRIES_MAX; i++) {
		if (sd_journal_next(j) <= 0 ||
		    sd_journal_get_realtime_usec(j, &us) < 0 ||
		    us > (uint64_t)(line->us + COPY_WITHIN_US))
			return false;
		if (field_read(j, "MESSAGE", &text) &&
		    text.length >= line->length &&
		    memcmp(text.text, line->text, line->length) == 0)
			return true;
	}
	return false;
}

/*
 * Did a daemon of the mail system write the entry at hand?
 * _UID is journald's own word, from the kernel; no client can set it or leave
 * it away. Where it is missing, somebody with root's rights brought the file.
 */
static bool
is_believed(const struct log_journal *journal)
{
	struct span text;
	uint64_t uid = 0;

	if (!field_read(journal->j, "_UID", &text))
		return true;
	for (uint32_t i = 0; i < text.length && i < 10; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return false;
		uid = uid * 10 + (uint64_t)(text.text[i] - '0');
	}
	return uid == 0 || uid == journal->owner;
}

/* The entry at hand as a line; false: it is none. */
static bool
entry_read(
    sd_journal *j, char program[static PROGRAM_MAX], struct log_line *ret)
{
	uint64_t us = 0;

	if (sd_journal_get_realtime_usec(j, &us) < 0 || us > INT64_MAX ||
	    !field_read(j, "SYSLOG_IDENTIFIER", &ret->program) ||
	    ret->program.length > PROGRAM_MAX)
		return false;
	ret->time_us = (int64_t)us;
	/* the next call may unmap it */
	(void)memcpy(program, ret->program.text, ret->program.length);
	ret->program.text = program;
	ret->pid = pid_read(j);
	return field_read(j, "MESSAGE", &ret->text);
}

/* To the entry before the first one that is to be read. */
static int
position(sd_journal *j, const char *cursor, int64_t after_us, int64_t from_us,
    struct log_read *ret)
{
	int64_t since = after_us >= from_us ? after_us + 1 : from_us;

	if (cursor[0] != '\0' && after_us >= from_us &&
	    sd_journal_seek_cursor(j, cursor) >= 0 && sd_journal_next(j) > 0 &&
	    sd_journal_test_cursor(j, cursor) > 0)
		return 0;
	ret->has_gap = cursor[0] != '\0' && after_us >= from_us;
	ret->since_us = since;
	return sd_journal_seek_realtime_usec(j, (uint64_t)since);
}

static void
cursor_keep(sd_journal *j, char cursor[static LOG_CURSOR_MAX])
{
	AUTO_FREE char *now = NULL;

	if (sd_journal_get_cursor(j, &now) >= 0 && strlen(now) < LOG_CURSOR_MAX)
		(void)snprintf(cursor, LOG_CURSOR_MAX, "%s", now);
	else
		cursor[0] = '\0';
}

int
log_journal_read(struct log_journal *journal,
    char cursor[static LOG_CURSOR_MAX], int64_t after_us, int64_t from_us,
    int64_t cut_ms, const struct log_sink *sink, struct log_read *ret,
    struct why *why)
{
	char program[PROGRAM_MAX];
	struct log_line line;
	uint64_t entries = 0;
	int r;

	*ret = (struct log_read){.newest_us = after_us};
	r = position(journal->j, cursor, after_us, from_us, ret);
	while (r >= 0 && (r = sd_journal_next(journal->j)) > 0) {
		entries++;
		if (!is_believed(journal) ||
		    !entry_read(journal->j, program, &line)) {
			ret->odd++;
			continue;
		}
		ret->lines++;
		if (line.time_us > ret->newest_us)
			ret->newest_us = line.time_us;
		sink->line(sink->user, &line);
		if (entries % ENTRIES_A_LOOK == 0 &&
		    clock_boot_ms() >= cut_ms) {
			ret->is_cut = true;
			break;
		}
	}
	if (entries > 0)
		cursor_keep(journal->j, cursor);
	return r < 0 ? why_set(why, r, "read the journal: %s", strerror(-r))
	             : 0;
}
