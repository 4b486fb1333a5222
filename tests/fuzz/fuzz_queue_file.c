/*
 * fuzz_queue_file.c - any bytes as a queue file
 *
 * Purpose  the parser stays inside its buffer, ends soon, and never tells of a
 *          recipient that is not in the file
 * Input    bytes
 * Errors   a sanitizer's report, or an abort
 * Runs as  any user
 * Source   postfix_queue_file.h
 */
#include <stdlib.h>
#include <string.h>

#include "agent/mta/postfix_queue_file.h"
#include "tests/fuzz/fuzz.h"

/* Longer than a buffer, so that reading goes on at other places. */
#define INPUT_MAX (4 * POSTFIX_BUFFER_BYTES)

struct input {
	const uint8_t *bytes;
	size_t length;
	unsigned last;
	size_t seen;
};

static int64_t
read_bytes(void *user, void *bytes, size_t size, int64_t offset)
{
	const struct input *input = user;
	size_t left;

	if (offset < 0)
		abort();
	if ((uint64_t)offset >= input->length)
		return 0;
	left = input->length - (size_t)offset;
	if (size > left)
		size = left;
	memcpy(bytes, input->bytes + offset, size);
	return (int64_t)size;
}

static int64_t
size_bytes(void *user)
{
	return (int64_t)((struct input *)user)->length;
}

static void
visit(void *user, const struct queue_message *message)
{
	struct input *input = user;
	char domain[QUEUE_DOMAIN_MAX];

	if (input->last != 0)
		abort();
	input->last += message->is_last;
	for (size_t i = 0; i < message->recipient_count; i++) {
		size_t length = queue_domain(&message->recipients[i], domain);

		if (length == 0 || domain[length] != '\0')
			abort();
		input->seen += length;
	}
	for (size_t i = 0; i < message->sender.length; i++)
		input->seen += (unsigned char)message->sender.text[i];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct postfix_file file;
	struct input input = {.bytes = data, .length = size};

	if (size > INPUT_MAX)
		return 0;
	file.read = read_bytes;
	file.size = size_bytes;
	file.user = &input;
	file.visit = visit;
	file.visit_user = &input;
	/* as a selection by account reads it, and as the census does */
	file.wants_account = size % 2 != 0;
	(void)postfix_file_parse(&file, QUEUE_DEFERRED, "4F2A1B3C01");
	if (input.last != 1)
		abort();
	return 0;
}
