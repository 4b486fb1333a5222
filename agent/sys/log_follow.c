/*
 * log_follow.c - go on reading a log file where the run before stopped
 *
 * Purpose  every line exactly once, whatever became of the file
 * Input    hostile bytes; a mark that may be hostile
 * Errors   negative errno with why; a mark that is not found is a gap
 * Runs as  observer
 * Cost     what is new: a head and a tail of each file, some steps of a
 *          bisection
 * Source   logrotate(8); rsyslogd(8) keeps writing to the renamed file until it
 *          gets SIGHUP
 */
#include "agent/sys/log_follow.h"

#include <errno.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/mem.h"
#include "agent/sys/log_print.h"

struct follow {
	struct log_file files[LOG_INPUTS_MAX]; /* oldest first */
	size_t count;
	struct log_mark *mark;
	const struct log_sink *sink;
	struct log_splitter splitter;
	int64_t now_us, from_us, cut_ms;
	struct log_read *ret;
	char *buffer;
	/* the last bytes that were consumed */
	char tail[LOG_PRINT_MAX];
	size_t tail_length;
};

bool
log_mark_check(const struct log_mark *mark)
{
	return mark->head_length <= LOG_PRINT_MAX &&
	       mark->tail_length <= LOG_PRINT_MAX &&
	       mark->tail_length <= mark->offset &&
	       mark->head_length <= mark->offset && mark->offset <= INT64_MAX &&
	       mark->newest_us >= 0;
}

/* The log itself is the newest of all, even while it has no line. */
static int64_t
age_key(const struct log_input *first, const struct log_file *file)
{
	return file->input == first ? INT64_MAX : file->first_us;
}

/*
 * Not one that begins like another: a copy that is being made of it; nor an
 * older one without a line of a log.
 */
static void
file_add(struct follow *follow, const struct log_input *first,
    const struct log_input *input)
{
	struct log_file *file = mem_alloc(1, sizeof(*file));
	AUTO_FREE struct log_file *owned = file;
	size_t at = follow->count;

	if (log_file_open(file, input, follow->now_us, NULL) < 0 ||
	    (input != first && file->first_us == 0)) {
		log_file_done(file);
		return;
	}
	for (size_t i = 0; i < follow->count; i++)
		if (log_file_is_copy(&follow->files[i], file)) {
			log_file_done(file);
			return;
		}
	while (at > 0 &&
	       age_key(first, &follow->files[at - 1]) > age_key(first, file)) {
		follow->files[at] = follow->files[at - 1];
		at--;
	}
	follow->files[at] = *file;
	follow->count++;
}

static void
tail_add(struct follow *follow, const char *bytes, size_t length)
{
	size_t keep;

	if (length >= LOG_PRINT_MAX) {
		(void)memcpy(follow->tail, bytes + length - LOG_PRINT_MAX,
		    LOG_PRINT_MAX);
		follow->tail_length = LOG_PRINT_MAX;
		return;
	}
	keep = LOG_PRINT_MAX - length;
	if (keep > follow->tail_length)
		keep = follow->tail_length;
	(void)memmove(
	    follow->tail, follow->tail + follow->tail_length - keep, keep);
	(void)memcpy(follow->tail + keep, bytes, length);
	follow->tail_length = keep + length;
}

static void
mark_set(struct follow *follow, const struct log_file *file, uint64_t offset)
{
	struct log_mark *mark = follow->mark;
	uint64_t head = file->head_length;

	if (head > LOG_PRINT_MAX)
		head = LOG_PRINT_MAX;
	if (head > offset)
		head = offset;
	mark->device = (uint64_t)file->st.st_dev;
	mark->inode = (uint64_t)file->st.st_ino;
	mark->offset = offset;
	mark->head_length = (uint32_t)head;
	mark->head_hash = log_hash(file->head, (size_t)head);
	mark->tail_length = (uint32_t)follow->tail_length;
	mark->tail_hash = log_hash(follow->tail, follow->tail_length);
	mark->is_inside = follow->splitter.is_inside;
	mark->is_set = 1;
}

/* What is left when the next file has begun will not be ended any more. */
static size_t
rest_take(struct follow *follow, size_t length)
{
	follow->buffer[length] = '\n';
	(void)log_split(
	    &follow->splitter, follow->buffer, length + 1, follow->sink);
	return length;
}

/* From where its stream stands to its end. Positive: cut. */
static int
file_take(
    struct follow *follow, struct log_file *file, bool is_last, struct why *why)
{
	uint64_t offset = log_stream_offset(file->stream);
	size_t length = 0, taken;
	ssize_t n;

	do {
		n = log_stream_read(
		    file->stream, follow->buffer + length, LOG_READ_BYTES, why);
		if (n <= 0 && is_last)
			break;
		length += n > 0 ? (size_t)n : 0;
		taken = n > 0 ? log_split(&follow->splitter, follow->buffer,
		                    length, follow->sink)
		              : rest_take(follow, length);
		tail_add(follow, follow->buffer, taken);
		offset += taken;
		length -= taken;
		(void)memmove(follow->buffer, follow->buffer + taken, length);
	} while (n > 0 && clock_boot_ms() < follow->cut_ms);
	mark_set(follow, file, offset);
	/* a compressed file that is cut off has no more to give */
	return n < 0 && n != -EBADMSG ? (int)n : n > 0;
}

/* All of files[start ...]; the first one from where its stream stands. */
static int
files_take(struct follow *follow, size_t start, struct why *why)
{
	size_t last = follow->count;
	int r = 0;

	/* one without a byte: what comes may still go to the one before */
	while (last > start + 1 && follow->files[last - 1].head_length == 0)
		last--;
	for (size_t i = start; i < last && r == 0; i++) {
		if (i > start) {
			follow->tail_length = 0;
			follow->splitter.is_inside = false;
			follow->splitter.from_us = follow->from_us;
		}
		r = file_take(follow, &follow->files[i], i + 1 == last, why);
	}
	follow->ret->is_cut = r > 0;
	return r < 0 ? r : 0;
}

/* The last file that begins at that time or before; else the oldest. */
static size_t
start_find(const struct follow *follow, int64_t from_us)
{
	size_t start = 0;

	for (size_t i = 1; i < follow->count; i++)
		if (follow->files[i].first_us != 0 &&
		    follow->files[i].first_us <= from_us)
			start = i;
	return start;
}

/* Go to that time in this file, at or behind `low`. */
static int
time_seek(struct follow *follow, struct log_file *file, uint64_t low,
    int64_t from_us, struct why *why)
{
	uint64_t offset = file->input->is_gzip ? low
	                                       : log_file_bisect(file, low,
	                                             from_us, follow->now_us);

	if (offset == low && log_stream_offset(file->stream) == low)
		return 0;
	follow->tail_length = 0;
	/* in the middle of a line: its beginning was read, or is too old */
	if (offset > low)
		follow->splitter.is_inside = true;
	return log_stream_seek(file->stream, offset, why);
}

/* No mark: by time. Lines of the time `from_us` and later are read. */
static int
from_time(struct follow *follow, int64_t from_us, struct why *why)
{
	size_t start = start_find(follow, from_us);
	int r = time_seek(follow, &follow->files[start], 0, from_us, why);

	follow->splitter.from_us = from_us;
	follow->ret->since_us = follow->files[start].first_us > from_us
	                            ? follow->files[start].first_us
	                            : from_us;
	return r < 0 ? r : files_take(follow, start, why);
}

/*
 * The mark is nowhere. What was emptied, or has a used inode, is new as a
 * whole; else what is later than what was read.
 */
static int
from_gap(struct follow *follow, struct why *why)
{
	const struct log_mark *mark = follow->mark;
	int64_t after = mark->newest_us + 1;

	follow->ret->has_gap = true;
	for (size_t i = 0; i < follow->count; i++)
		if ((uint64_t)follow->files[i].st.st_ino == mark->inode &&
		    (uint64_t)follow->files[i].st.st_dev == mark->device &&
		    follow->files[i].first_us >= mark->newest_us &&
		    follow->files[i].first_us >= follow->from_us) {
			follow->ret->since_us = follow->files[i].first_us;
			return files_take(follow, i, why);
		}
	return from_time(
	    follow, after > follow->from_us ? after : follow->from_us, why);
}

static int
from_mark(
    struct follow *follow, size_t at, enum log_match match, struct why *why)
{
	struct log_file *file = &follow->files[at];
	struct log_mark *mark = follow->mark;

	if (match == LOG_MATCH_SHORT) {
		/* the log itself was cut */
		if (at + 1 == follow->count)
			return from_gap(follow, why);
		if (follow->files[at + 1].head_length == 0)
			return 0;
		return files_take(follow, at + 1, why);
	}
	follow->tail_length = mark->tail_length;
	follow->splitter.is_inside = mark->is_inside != 0;
	if (mark->newest_us < follow->from_us) {
		int r =
		    time_seek(follow, file, mark->offset, follow->from_us, why);

		if (r < 0)
			return r;
	}
	return files_take(follow, at, why);
}

/* The file with the mark: by its inode first, then any, then a short copy. */
static enum log_match
mark_find(struct follow *follow, size_t *ret_at)
{
	const struct log_mark *mark = follow->mark;
	enum log_match found = LOG_MATCH_NONE;

	for (int is_other = 0; is_other <= 1; is_other++)
		for (size_t i = follow->count; i-- > 0;) {
			struct log_file *file = &follow->files[i];
			bool is_same =
			    (uint64_t)file->st.st_ino == mark->inode &&
			    (uint64_t)file->st.st_dev == mark->device;
			enum log_match match;

			if (is_same == (is_other == 1))
				continue;
			match = log_file_match(file, mark, follow->tail);
			if (match == LOG_MATCH_HERE) {
				*ret_at = i;
				return match;
			}
			/* it was moved by looking for the tail */
			(void)log_stream_seek(file->stream, 0, NULL);
			if (match == LOG_MATCH_SHORT &&
			    found == LOG_MATCH_NONE) {
				*ret_at = i;
				found = match;
			}
		}
	return found;
}

static int
start(struct follow *follow, struct why *why)
{
	enum log_match match;
	size_t at = 0;

	if (follow->count == 0)
		return why_set(why, -ENODATA, "no log can be read");
	follow->splitter.from_us = follow->from_us;
	if (!follow->mark->is_set)
		return from_time(follow,
		    follow->mark->newest_us >= follow->from_us
		        ? follow->mark->newest_us + 1
		        : follow->from_us,
		    why);
	match = mark_find(follow, &at);
	return match == LOG_MATCH_NONE ? from_gap(follow, why)
	                               : from_mark(follow, at, match, why);
}

int
log_follow(const struct log_input *inputs, size_t count, int64_t now_us,
    int64_t from_us, int64_t cut_ms, struct log_mark *mark,
    const struct log_sink *sink, struct log_read *ret, struct why *why)
{
	AUTO_FREE struct follow *follow = mem_alloc(1, sizeof(*follow));
	AUTO_FREE char *buffer = mem_alloc(1, LOG_BUFFER_BYTES);
	int r;

	*ret = (struct log_read){0};
	follow->mark = mark;
	follow->sink = sink;
	follow->now_us = now_us;
	follow->from_us = from_us;
	follow->cut_ms = cut_ms;
	follow->ret = ret;
	follow->buffer = buffer;
	log_clock_init(&follow->splitter.clock, now_us);
	follow->splitter.newest_us = mark->newest_us;
	for (size_t i = 0; i < count && i < LOG_INPUTS_MAX; i++)
		file_add(follow, &inputs[0], &inputs[i]);
	r = start(follow, why);
	ret->lines = follow->splitter.lines;
	ret->odd = follow->splitter.odd;
	ret->newest_us = follow->splitter.newest_us;
	mark->newest_us = follow->splitter.newest_us;
	for (size_t i = 0; i < follow->count; i++)
		log_file_done(&follow->files[i]);
	return r;
}
