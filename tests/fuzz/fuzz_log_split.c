/*
 * fuzz_log_split.c - any bytes as a log file
 *
 * Purpose  the splitter stays inside its buffer, and yields the same lines
 *          however the bytes come in pieces
 * Input    bytes; the first one says how long the pieces are
 * Errors   a sanitizer's report, or an abort
 * Runs as  any user
 * Source   log_split.h
 */
#include <string.h>

#include "agent/sys/log_follow.h"
#include "tests/fuzz/fuzz.h"

/* 2026-11-22T10:15:00Z */
#define NOW_US (1795342500 * 1000000LL)

/* Longer than a line may be, so that some are too long. */
#define INPUT_MAX (4 * LOG_LINE_MAX)

struct seen {
	uint64_t lines, sum;
};

static void
take(void *user, const struct log_line *line)
{
	struct seen *seen = user;
	const struct span *spans[] = {&line->program, &line->text};

	FUZZ_PROMISE(line->program.length > 0);
	FUZZ_PROMISE(line->pid >= 0);
	FUZZ_PROMISE(memchr(line->text.text, '\n', line->text.length) == NULL);
	seen->lines++;
	seen->sum = seen->sum * 31 + (uint64_t)line->time_us;
	for (size_t i = 0; i < 2; i++)
		for (uint32_t j = 0; j < spans[i]->length; j++)
			seen->sum =
			    seen->sum * 31 + (unsigned char)spans[i]->text[j];
}

/* All bytes, as a file that grows by `piece` bytes at a time. */
static struct seen
feed(const uint8_t *data, size_t size, size_t piece)
{
	static char buffer[INPUT_MAX];
	struct seen seen = {0};
	struct log_sink sink = {.line = take, .user = &seen};
	struct log_splitter splitter = {0};
	size_t length = 0, at = 0;

	log_clock_init(&splitter.clock, NOW_US);
	while (at < size) {
		size_t n = size - at < piece ? size - at : piece, taken;

		memcpy(buffer + length, data + at, n);
		at += n;
		length += n;
		taken = log_split(&splitter, buffer, length, &sink);
		FUZZ_PROMISE(taken <= length);
		length -= taken;
		FUZZ_PROMISE(length < LOG_LINE_MAX);
		memmove(buffer, buffer + taken, length);
	}
	FUZZ_PROMISE(splitter.lines == seen.lines);
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole, pieces;
	size_t piece;

	if (size < 2 || size > INPUT_MAX - LOG_LINE_MAX)
		return 0;
	(void)setenv("TZ", "Europe/Berlin", 1);
	piece = (size_t)data[0] * 16 + 1;
	whole = feed(data + 1, size - 1, size);
	pieces = feed(data + 1, size - 1, piece);
	FUZZ_PROMISE(whole.lines == pieces.lines);
	FUZZ_PROMISE(whole.sum == pieces.sum);
	return 0;
}
