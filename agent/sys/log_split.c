/*
 * log_split.c - bytes of a log file, line by line
 *
 * Purpose  the one loop that sees every byte of a log
 * Input    hostile bytes
 * Errors   none: what is no line of a log is counted and passed over
 * Runs as  observer
 * Cost     50 ns a line
 * Source   RFC 3164, RFC 5424; rsyslog's templates RSYSLOG_FileFormat and
 *          RSYSLOG_TraditionalFileFormat
 */
#include "agent/sys/log_split.h"

#include "agent/base/bytes.h"

/* pid_max has at most 22 bits; anything longer is no process. */
#define PID_DIGITS_MAX 9

/* The first of ":[ ", or the end. */
static const char *
program_end(const char *at, const char *end)
{
	for (; end - at >= 8; at += 8) {
		const uint64_t word = bytes_load(at);
		const uint64_t found = bytes_are(word, ':') |
		                       bytes_are(word, '[') |
		                       bytes_are(word, ' ');

		if (found != 0)
			return at + bytes_first(found);
	}
	while (at < end && *at != ':' && *at != '[' && *at != ' ')
		at++;
	return at;
}

/* "name[123]: " after the host; false when it is not there. */
static bool
program_split(const char *at, const char *end, struct log_line *ret)
{
	const char *start = at;
	unsigned digits = 0;
	int32_t pid = 0;

	at = program_end(at, end);
	if (at == start || at == end || *at == ' ')
		return false;
	ret->program = (struct span){start, (uint32_t)(at - start)};
	if (*at == '[') {
		for (at++; at < end && *at >= '0' && *at <= '9' &&
		           digits < PID_DIGITS_MAX;
		     at++, digits++)
			pid = pid * 10 + (*at - '0');
		if (end - at < 2 || at[0] != ']' || at[1] != ':')
			return false;
		at++;
	}
	at++;
	if (at < end && *at == ' ')
		at++;
	ret->pid = pid;
	ret->text = (struct span){at, (uint32_t)(end - at)};
	return true;
}

bool
log_split_line(struct log_clock *clock, const char *text, size_t length,
    struct log_line *ret)
{
	const char *end = text + length, *at;
	size_t taken;

	while (text < end && *text == '\0')
		text++;
	taken = log_time_read(clock, text, (size_t)(end - text), &ret->time_us);
	at = text + taken;
	if (taken == 0 || at == end || *at != ' ')
		return false;
	/* the host */
	at = memchr(at + 1, ' ', (size_t)(end - at - 1));
	return at != NULL && program_split(at + 1, end, ret);
}

static void
line_take(struct log_splitter *splitter, const char *text, size_t length,
    const struct log_sink *sink)
{
	bool is_long = length >= LOG_LINE_MAX;
	struct log_line line;

	if (splitter->is_inside) {
		splitter->is_inside = false;
		return;
	}
	if (length > 0 && text[length - 1] == '\r')
		length--;
	if (is_long || !log_split_line(&splitter->clock, text, length, &line)) {
		splitter->odd += length > 0;
		return;
	}
	if (line.time_us < splitter->from_us)
		return;
	splitter->lines++;
	if (line.time_us > splitter->newest_us)
		splitter->newest_us = line.time_us;
	sink->line(sink->user, &line);
}

size_t
log_split(struct log_splitter *splitter, const char *bytes, size_t length,
    const struct log_sink *sink)
{
	const char *at = bytes, *end = bytes + length, *eol;

	while ((eol = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		line_take(splitter, at, (size_t)(eol - at), sink);
		at = eol + 1;
	}
	/* else each run would read again what may be a gigabyte */
	if ((size_t)(end - at) >= LOG_LINE_MAX) {
		splitter->odd += !splitter->is_inside;
		splitter->is_inside = true;
		at = end;
	}
	return (size_t)(at - bytes);
}
