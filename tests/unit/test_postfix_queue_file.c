/*
 * test_postfix_queue_file.c - envelopes of queue files, good and bad
 *
 * Purpose  what is told of a message; that damage is found and never believed
 * Input    files made in memory
 * Errors   a failed assertion
 * Runs as  any user
 * Source   Postfix global/rec_type.h, cleanup/cleanup_final.c
 */
#include <errno.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "agent/mta/postfix_queue_file.h"
#include "tests/unit/queue_file.h"
#include "tests/unit/unit.h"

struct seen {
	const struct buf *bytes;
	size_t reads;
	bool hides_size;
	/* what was told */
	struct buf recipients; /* each with a blank behind */
	char sender[200];
	int64_t arrival_s, size;
	unsigned parts, last;
	bool is_whole, wants_account;
	char account[300]; /* "login:x", "uid:33", "client:1"; "" */
};

static int64_t
read_bytes(void *user, void *bytes, size_t size, int64_t offset)
{
	struct seen *seen = user;
	size_t left;

	seen->reads++;
	if (offset < 0 || (size_t)offset >= seen->bytes->length)
		return 0;
	left = seen->bytes->length - (size_t)offset;
	if (size > left)
		size = left;
	memcpy(bytes, seen->bytes->text + offset, size);
	return (int64_t)size;
}

static int64_t
size_bytes(void *user)
{
	return (int64_t)((struct seen *)user)->bytes->length;
}

static void
visit(void *user, const struct queue_message *message)
{
	struct seen *seen = user;

	seen->parts++;
	seen->last += message->is_last;
	seen->is_whole = message->is_whole;
	(void)snprintf(seen->account, sizeof(seen->account),
	    "%s%.*s%s%.*s%s%.*s", message->login.text != NULL ? "login:" : "",
	    (int)message->login.length, message->login.text,
	    message->uid.text != NULL ? "uid:" : "", (int)message->uid.length,
	    message->uid.text, message->client.text != NULL ? "client:" : "",
	    (int)message->client.length, message->client.text);
	seen->arrival_s = message->arrival_s;
	seen->size = message->bytes;
	(void)snprintf(seen->sender, sizeof(seen->sender), "%.*s",
	    (int)message->sender.length,
	    message->sender.length > 0 ? message->sender.text : "");
	for (size_t i = 0; i < message->recipient_count; i++) {
		buf_add_n(&seen->recipients, message->recipients[i].text,
		    message->recipients[i].length);
		buf_add_char(&seen->recipients, ' ');
	}
}

static int
parse(const struct buf *bytes, struct seen *seen)
{
	AUTO_FREE struct postfix_file *file = mem_alloc(1, sizeof(*file));
	int r;

	file->wants_account = seen->wants_account;
	buf_done(&seen->recipients);
	memset(seen, 0, sizeof(*seen));
	seen->bytes = bytes;
	file->read = read_bytes;
	file->size = size_bytes;
	file->user = seen;
	file->visit = visit;
	file->visit_user = seen;
	r = postfix_file_parse(file, QUEUE_DEFERRED, "4F2A1B3C");
	assert_int_equal(seen->last, 1);
	assert_int_equal(seen->is_whole, r == 0);
	return r;
}

static void
test_ordinary(void **state)
{
	static const char *const to[] = {"a@x.test", "b@Y.test", NULL};
	AUTO_BUF struct buf bytes = {0};
	struct seen seen = {0};

	(void)state;
	queue_file_make(&bytes, 1700000000, "me@here.test", to, 3);
	assert_int_equal(parse(&bytes, &seen), 0);
	assert_string_equal(seen.sender, "me@here.test");
	assert_string_equal(buf_text(&seen.recipients), "a@x.test b@Y.test ");
	assert_int_equal(seen.arrival_s, 1700000000);
	assert_int_equal(seen.size, 3 * 39);
	assert_int_equal(seen.reads, 1);
	buf_done(&seen.recipients);
}

/* Content longer than a read is not read, when all recipients are before it. */
static void
test_long_content(void **state)
{
	static const char *const to[] = {"a@x.test", NULL};
	AUTO_BUF struct buf bytes = {0};
	struct seen seen = {0};

	(void)state;
	queue_file_make(&bytes, 1, "", to, 1000);
	assert_int_equal(parse(&bytes, &seen), 0);
	assert_string_equal(seen.sender, "");
	assert_int_equal(seen.reads, 1);
	buf_done(&seen.recipients);
}

static void
test_second_part(void **state)
{
	AUTO_BUF struct buf bytes = {0};
	struct seen seen = {0};
	size_t offset, end;

	(void)state;
	queue_file_begin(&bytes, 5, "list@x.test");
	record_add(&bytes, 'R', "first@x.test");
	record_add(&bytes, 'D', "done@x.test");
	offset = queue_file_content(&bytes, 800);
	end = bytes.length;
	record_add(&bytes, 'X', "");
	record_add(&bytes, 'A', "notify_flags=1");
	record_add(&bytes, 'R', "second@x.test");
	record_add(&bytes, 'E', "");
	queue_file_size(&bytes, end - offset, offset, 3);
	assert_int_equal(parse(&bytes, &seen), 0);
	assert_string_equal(
	    buf_text(&seen.recipients), "first@x.test second@x.test ");
	assert_int_equal(seen.reads, 2);
	buf_done(&seen.recipients);
}

/* cleanup(8) writes a sender that a milter changed to the end of the file. */
static void
test_pointer(void **state)
{
	AUTO_BUF struct buf bytes = {0};
	struct seen seen = {0};
	size_t offset, end, pointer, back;
	char text[16];

	(void)state;
	queue_file_begin(&bytes, 5, "ignored");
	bytes.length -= 2 + strlen("log_client_name=localhost");
	bytes.length -= 2 + strlen("ignored");
	pointer = bytes.length + 2;
	record_add(&bytes, 'p', "               ");
	back = bytes.length;
	record_add(&bytes, 'R', "a@x.test");
	offset = queue_file_content(&bytes, 900);
	end = bytes.length;
	record_add(&bytes, 'X', "");
	record_add(&bytes, 'E', "");
	(void)snprintf(text, sizeof(text), "%15zu", bytes.length);
	memcpy(bytes.text + pointer, text, 15);
	record_add(&bytes, 'S', "new@x.test");
	(void)snprintf(text, sizeof(text), "%15zu", back);
	record_add(&bytes, 'p', text);
	queue_file_size(&bytes, end - offset, offset, 1);
	assert_int_equal(parse(&bytes, &seen), 0);
	assert_string_equal(seen.sender, "new@x.test");
	assert_string_equal(buf_text(&seen.recipients), "a@x.test ");
	buf_done(&seen.recipients);
}

static void
test_pointer_loop(void **state)
{
	AUTO_BUF struct buf bytes = {0};
	struct seen seen = {0};
	char text[16];

	(void)state;
	queue_file_begin(&bytes, 5, "me@x.test");
	(void)snprintf(text, sizeof(text), "%15zu", bytes.length);
	record_add(&bytes, 'p', text);
	queue_file_size(&bytes, 1, 100, 1);
	assert_int_equal(parse(&bytes, &seen), -EBADMSG);
	buf_done(&seen.recipients);
}

/* Thousands of recipients come in parts; none is lost between two reads. */
static void
test_many_recipients(void **state)
{
	AUTO_BUF struct buf bytes = {0}, want = {0};
	struct seen seen = {0};
	size_t offset, end;

	(void)state;
	queue_file_begin(&bytes, 5, "list@x.test");
	for (unsigned i = 0; i < 5000; i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "user%u@d%u.test", i, i % 7);
		record_add(&bytes, 'R', text);
		buf_addf(&want, "%s ", text);
	}
	offset = queue_file_content(&bytes, 1);
	end = bytes.length;
	record_add(&bytes, 'X', "");
	record_add(&bytes, 'E', "");
	queue_file_size(&bytes, end - offset, offset, 5000);
	assert_int_equal(parse(&bytes, &seen), 0);
	assert_string_equal(buf_text(&seen.recipients), buf_text(&want));
	assert_true(seen.parts > 5000 / POSTFIX_RECIPIENTS_PART);
	buf_done(&seen.recipients);
}

/* Cut anywhere, the file is damaged: never whole, never more recipients. */
static void
test_cut(void **state)
{
	static const char *const to[] = {"a@x.test", NULL};
	AUTO_BUF struct buf bytes = {0};
	struct seen seen = {0};
	size_t length;

	(void)state;
	queue_file_make(&bytes, 1700000000, "me@here.test", to, 200);
	for (length = bytes.length; bytes.length-- > 0;)
		assert_true(parse(&bytes, &seen) < 0);
	bytes.length = length;
	assert_int_equal(parse(&bytes, &seen), 0);
	buf_done(&seen.recipients);
}

static void
test_damaged(void **state)
{
	static const char *const to[] = {"a@x.test", NULL};
	static const char *const numbers[] = {"x", "-1 5 1",
	    "99999999999999999999 5 1", "10 0 1",
	    "9223372036854775807 9223372036854775807 1", ""};
	AUTO_BUF struct buf bytes = {0};
	struct seen seen = {0};

	(void)state;
	buf_add(&bytes, "this is a text file, not a message\n");
	assert_int_equal(parse(&bytes, &seen), -EBADMSG);
	buf_clear(&bytes);
	assert_int_equal(parse(&bytes, &seen), -ENODATA);
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
		buf_clear(&bytes);
		queue_file_make(&bytes, 1700000000, "me@here.test", to, 2);
		memset(bytes.text + SIZE_AT, ' ', SIZE_LENGTH);
		memcpy(bytes.text + SIZE_AT, numbers[i], strlen(numbers[i]));
		assert_int_equal(parse(&bytes, &seen), -EBADMSG);
	}
	/* a length of 5 groups that all go on */
	buf_clear(&bytes);
	buf_add_n(&bytes, "C\xff\xff\xff\xff\xff\xff", 7);
	assert_int_equal(parse(&bytes, &seen), -EBADMSG);
	buf_done(&seen.recipients);
}

static void
test_domain(void **state)
{
	static const struct {
		const char *address, *want;
	} cases[] = {
	    {"a@X.Test",               "x.test"                  },
	    {"a@b@c.test.",            "c.test"                  },
	    {"root",                   QUEUE_DOMAIN_NONE         },
	    {"a@",	             QUEUE_DOMAIN_NONE         },
	    {"",	               QUEUE_DOMAIN_NONE         },
	    {"a@[192.0.2.1]",          "[192.0.2.1]"             },
	    {"a@b\xc3\xbc"
	     "cher.test", "b\xc3\xbc"
	        "cher.test"},
	};

	char got[QUEUE_DOMAIN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct queue_text text = {
		    cases[i].address, strlen(cases[i].address)};

		assert_int_equal(
		    queue_domain(&text, got), strlen(cases[i].want));
		assert_string_equal(got, cases[i].want);
	}
}

/* account_of - of a message with these attributes and this content */
static void
assert_account(const char *const *attributes, const char *const *content,
    bool is_second_part, const char *want)
{
	AUTO_BUF struct buf bytes = {0};
	struct seen seen = {.wants_account = true};
	size_t offset, end;

	queue_file_begin(&bytes, 1, "me@here.test");
	for (; *attributes != NULL; attributes++)
		record_add(&bytes, 'A', *attributes);
	if (!is_second_part)
		record_add(&bytes, 'R', "a@x.test");
	record_add(&bytes, 'M', "");
	offset = bytes.length;
	for (; *content != NULL; content++)
		record_add(&bytes, 'N', *content);
	end = bytes.length;
	record_add(&bytes, 'X', "");
	if (is_second_part)
		record_add(&bytes, 'R', "a@x.test");
	record_add(&bytes, 'E', "");
	queue_file_size(&bytes, end - offset, offset, 1);
	assert_int_equal(parse(&bytes, &seen), 0);
	assert_string_equal(seen.account, want);
	assert_string_equal(buf_text(&seen.recipients), "a@x.test ");
	assert_int_equal(seen.parts, 1);
	buf_done(&seen.recipients);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define CLIENT     "client_address=192.0.2.7", "log_client_address=192.0.2.7"
#define USERID     "Received: by mx.test (Postfix, from userid 33)"
#define ITS_ID     "\tid 4F2A1B3C; Mon, 1 Jan 2024 00:00:00 +0000 (UTC)"

static void
test_account(void **state)
{
	char name[400] = "sasl_username=";

	(void)state;
	memset(name + strlen(name), 'x', 300);
	for (int second = 0; second < 2; second++) {
		assert_account(TEXTS("sasl_username=al@x", CLIENT),
		    TEXTS("Received: from x"), second, "login:al@x");
		assert_account(TEXTS(CLIENT), TEXTS(USERID, ITS_ID), second,
		    "client:192.0.2.7");
		assert_account(TEXTS("rewrite_context=local"),
		    TEXTS(USERID, ITS_ID, "Subject: x"), second, "uid:33");
		/* the second one, and one of a filter, and one too long */
		assert_account(
		    TEXTS(CLIENT, "sasl_username=a", "sasl_username=b"),
		    TEXTS("x"), second, "login:a");
		assert_account(TEXTS("client_address=127.0.0.1",
		                   "log_client_address=192.0.2.7"),
		    TEXTS(USERID, ITS_ID), second, "");
		assert_account(TEXTS(CLIENT, name), TEXTS("x"), second, "");
		/* forged: another id, no id, behind other headers */
		assert_account(TEXTS("x=y"),
		    TEXTS(USERID, "\tid 4F2A1B3D; Mon"), second, "");
		assert_account(TEXTS("x=y"),
		    TEXTS(USERID, "\tid 4F2A1B3CA; Mon"), second, "");
		assert_account(TEXTS("x=y"), TEXTS(USERID), second, "");
		assert_account(TEXTS("x=y"),
		    TEXTS("Subject: x", USERID, ITS_ID), second, "");
		assert_account(TEXTS("x=y"),
		    TEXTS("Received: by mx.test (Postfix, from userid x)",
		        ITS_ID),
		    second, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ordinary),
	    cmocka_unit_test(test_long_content),
	    cmocka_unit_test(test_second_part),
	    cmocka_unit_test(test_pointer),
	    cmocka_unit_test(test_pointer_loop),
	    cmocka_unit_test(test_many_recipients),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_domain),
	    cmocka_unit_test(test_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
