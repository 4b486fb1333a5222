/*
 * fuzz_audit.c - any bytes as lines of the log
 *
 * Purpose  what counts as a record has the writer's own form; what the writer
 *          makes is a record
 * Input    any bytes; each line is read as a record, and quoted in a new one
 * Errors   abort
 * Runs as  any user
 * Source   audit_line.h
 */
#include <errno.h>
#include <string.h>

#include "agent/audit/audit_line.h"
#include "tests/fuzz/fuzz.h"

static void
check_read(const char *text, size_t length)
{
	struct audit_line line;
	struct why why = {0};
	int r = audit_line_parse(text, length, &line, &why);

	FUZZ_PROMISE(r == 0 || r == 1 || r == -EBADMSG);
	if (r < 0)
		FUZZ_PROMISE(why.text[0] != '\0');
	if (r < 0)
		return;
	FUZZ_PROMISE(line.seq > 0);
	FUZZ_PROMISE(strlen(line.prev) == HASH_HEX_MAX - 1);
	FUZZ_PROMISE(strlen(line.hash) == HASH_HEX_MAX - 1);
	FUZZ_PROMISE((r == 0) == (strcmp(line.hash, line.real) == 0));
}

static void
check_write(const char *text)
{
	AUTO_JSON struct json *begin = json_object_new();
	AUTO_JSON struct json *ev = json_object_new();
	AUTO_JSON struct json *back = NULL;
	AUTO_BUF struct buf line = {0};
	char hash[HASH_HEX_MAX];
	struct audit_line parsed;

	json_set_int(begin, "seq", 7);
	json_set_text(begin, "prev", AUDIT_HASH_NONE);
	json_set_text(begin, "event", text);
	json_set_text(ev, "text", text);
	if (audit_line_make(begin, ev, &line, hash, NULL) == -E2BIG)
		return;
	/* one line, whatever is in it, that is read back as it was written */
	FUZZ_PROMISE(strcspn(line.text, "\n") == line.length - 1);
	FUZZ_PROMISE(
	    audit_line_parse(line.text, line.length - 1, &parsed, NULL) == 0);
	FUZZ_PROMISE(strcmp(parsed.hash, hash) == 0);
	FUZZ_PROMISE(json_parse(line.text, line.length - 1, &back, NULL) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf all = {0};

	buf_add_n(&all, data, size);
	for (const char *p = buf_text(&all), *end = p + all.length; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t length = (size_t)((newline != NULL ? newline : end) - p);

		check_read(p, length);
		p += length + 1;
	}
	check_write(buf_text(&all));
	return 0;
}
