/*
 * fuzz_postfix_log.c - any line, through the grammar into the tally
 *
 * Purpose  spans lie in the line; a domain is what stands behind an @; what
 *          was counted can be kept and gone on with
 * Input    lines "program text"; the digits of the program's end are the pid
 * Errors   abort
 * Runs as  the test
 * Source   agent/mta/postfix_log.h, agent/probes/log_tally.h
 */
#include <string.h>

#include "agent/mta/postfix_log.h"
#include "agent/probes/log_tally.h"
#include "tests/fuzz/fuzz.h"

#define NOW_US 1800000000000000LL

static void
span_check(struct span span, struct span line)
{
	if (span.text == NULL)
		return;
	/* or one of the grammar's own words */
	if (span_is(span, "postscreen"))
		return;
	FUZZ_PROMISE(span.text >= line.text);
	FUZZ_PROMISE(span.text + span.length <= line.text + line.length);
}

static void
event_check(const struct log_event *event, const struct log_line *line)
{
	const struct span all = {
	    line->program.text, (uint32_t)(line->text.text + line->text.length -
	                                   line->program.text)};
	const struct span *const spans[] = {&event->transport, &event->queue_id,
	    &event->domain, &event->relay, &event->address, &event->reply,
	    &event->client, &event->service, &event->detail};

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		span_check(*spans[i], all);
	FUZZ_PROMISE(event->code >= 0 && event->code <= 599);
	FUZZ_PROMISE(event->kind < LOG_EVENT_KIND_MAX);
	if (event->domain.text != NULL) {
		FUZZ_PROMISE(event->domain.text[-1] == '@');
		FUZZ_PROMISE(memchr(event->domain.text, '@',
		                 event->domain.length) == NULL);
	}
	if (event->kind == LOG_EVENT_DELIVERY)
		FUZZ_PROMISE(event->status != LOG_STATUS_NONE);
}

static void
line_take(struct log_tally *tally, const struct log_tally_with *with,
    const char *text, size_t length, int64_t time_us)
{
	const char *gap = memchr(text, ' ', length);
	struct log_line line = {.time_us = time_us, .pid = (int32_t)length % 5};
	struct log_event event;

	if (gap == NULL)
		return;
	line.program = (struct span){text, (uint32_t)(gap - text)};
	line.text = (struct span){
	    gap + 1, (uint32_t)(length - line.program.length - 1)};
	(void)postfix_log_parse(&line, &event);
	if (event.kind != LOG_EVENT_NONE)
		event_check(&event, &line);
	log_tally_add(tally, with, &event);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_tally *tally = aligned_alloc(64, log_tally_size());
	struct log_tally_with with = {.classify = log_classify_new(NULL)};
	const char *text = (const char *)data, *end = text + size;
	int64_t time_us = NOW_US;

	log_tally_begin(tally, 1);
	log_tally_clock(tally, NOW_US + 900000000LL);
	while (text < end) {
		const char *next = memchr(text, '\n', (size_t)(end - text));

		if (next == NULL)
			next = end;
		line_take(tally, &with, text, (size_t)(next - text), time_us);
		time_us += 1000000LL * (int64_t)(next - text);
		text = next == end ? end : next + 1;
	}
	FUZZ_PROMISE(log_tally_check(tally, log_tally_size()));
	with.classify = log_classify_free(with.classify);
	free(tally);
	return 0;
}
