/*
 * test_queue_select.c - the choice of messages, through a real observer
 *
 * Purpose  each member of a query; the cap; the counts
 * Input    a queue made here
 * Errors   a failed assertion
 * Runs as  any user; as root the observer is somebody else, as always
 * Source   queue_select.h
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>

#include "agent/base/clock.h"
#include "agent/probes/queue_pick.h"
#include "agent/probes/queue_select.h"
#include "tests/unit/queue_dir.h"

#define NOW 1800000000

static void
fill(const struct queue_dir *dir)
{
	queue_dir_message(dir, "deferred/4/4F2A1B3C01", NOW - 7200,
	    "News@here.test", "a@big.test", "b@small.test");
	queue_dir_message(
	    dir, "deferred/4/4F2A1B3C02", NOW - 90000, "", "a@big.test", NULL);
	queue_dir_message(dir, "deferred/5/5F2A1B3C03", NOW - 300000, "",
	    "x@small.test", NULL);
	queue_dir_message(dir, "hold/4F2A1B3C04", NOW - 900000,
	    "News@here.test", "c@big.test", NULL);
	queue_dir_write(dir, "deferred/4/4F2A1B3C07", 0700, "text", 4);
}

/* message_of - one to a@big.test, with what its taker noted of who sent it */
static void
message_of(const struct queue_dir *dir, const char *path, const char *sender,
    const char *const *attributes, const char *received)
{
	AUTO_BUF struct buf bytes = {0};
	char its_id[64];
	size_t offset, end;

	queue_file_begin(&bytes, NOW - 60, sender);
	for (size_t i = 0; attributes[i] != NULL; i++)
		record_add(&bytes, 'A', attributes[i]);
	record_add(&bytes, 'R', "a@big.test");
	record_add(&bytes, 'M', "");
	offset = bytes.length;
	if (received != NULL) {
		(void)snprintf(its_id, sizeof(its_id), "\tid %s; Mon",
		    strrchr(path, '/') + 1);
		record_add(&bytes, 'N', received);
		record_add(&bytes, 'N', its_id);
	}
	record_add(&bytes, 'N', "a line");
	end = bytes.length;
	record_add(&bytes, 'X', "");
	record_add(&bytes, 'E', "");
	queue_file_size(&bytes, end - offset, offset, 1);
	queue_dir_write(dir, path, 0700, bytes.text, bytes.length);
}

#define ATTRIBUTES(...)                                                        \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

static void
message_from(const struct queue_dir *dir, const char *path,
    const char *const *attributes, const char *received)
{
	message_of(dir, path, "x@here.test", attributes, received);
}

static void
fill_accounts(const struct queue_dir *dir)
{
	message_from(dir, "deferred/4/4F2A1B3D01",
	    ATTRIBUTES("sasl_username=alice", "client_address=192.0.2.7",
	        "log_client_address=192.0.2.7"),
	    NULL);
	message_from(dir, "deferred/4/4F2A1B3D02",
	    ATTRIBUTES(
	        "client_address=192.0.2.7", "log_client_address=192.0.2.7"),
	    NULL);
	/* passed on by 192.0.2.7 for somebody else */
	message_from(dir, "deferred/4/4F2A1B3D03",
	    ATTRIBUTES(
	        "client_address=192.0.2.7", "log_client_address=203.0.113.4"),
	    NULL);
	message_from(dir, "deferred/5/5F2A1B3D04", ATTRIBUTES("x=y"),
	    "Received: by here.test (Postfix, from userid 33)");
	/* answers to strangers are nobody's */
	message_of(dir, "deferred/5/5F2A1B3D06", "", ATTRIBUTES("x=y"),
	    "Received: by here.test (Postfix, from userid 33)");
	message_of(dir, "deferred/5/5F2A1B3D07", "",
	    ATTRIBUTES("sasl_username=alice"), NULL);
	/* the client wrote the line of a uid into its own message */
	message_from(dir, "deferred/5/5F2A1B3D05",
	    ATTRIBUTES(
	        "client_address=192.0.2.8", "log_client_address=192.0.2.8"),
	    "Received: by here.test (Postfix, from userid 33)");
}

static const struct {
	const char *account, *want;
} accounts[] = {
    {"login:alice",        "4F2A1B3D01 "},
    {"login:Alice",        ""           },
    {"login:alic",         ""           },
    {"client:192.0.2.7",   "4F2A1B3D02 "},
    {"client:192.0.2",     ""           },
    {"client:192.0.2.8",   "5F2A1B3D05 "},
    {"client:203.0.113.4", ""           },
    {"uid:33",             "5F2A1B3D04 "},
    {"uid:3",              ""           },
    {"sender:x@here.test", ""           },
    {"alice",              ""           },
};

static void
test_accounts(void **state)
{
	struct arena *arena = arena_new();
	struct queue_dir dir;

	(void)state;
	clock_fix(NOW);
	queue_dir_init(&dir);
	assert_int_equal(chmod(dir.path, 0755), 0);
	fill(&dir);
	fill_accounts(&dir);
	for (size_t i = 0; i < ARRAY_COUNT(accounts); i++) {
		const struct queue_query query = {
		    .state = "deferred", .account = accounts[i].account};
		struct queue_selection got = {0};
		AUTO_BUF struct buf ids = {0};
		struct why why = {0};
		int r = queue_select(arena, &dir.mta, &query, &got, &why);

		if (r < 0)
			fail_msg("%s: %s", accounts[i].account, why.text);
		for (size_t k = 0; k < got.count; k++)
			buf_addf(&ids, "%s ", got.ids[k]);
		if (strcmp(buf_text(&ids), accounts[i].want) != 0)
			fail_msg("%s: %s", accounts[i].account, buf_text(&ids));
		assert_int_equal(got.in_state, 10);
	}
	queue_dir_done(&dir);
	arena_free(arena);
}

static const struct {
	struct queue_query query;
	const char *want; /* ids, each with a blank behind */
	size_t matched, in_state;
} cases[] = {
    {{.state = "deferred"},                              "5F2A1B3C03 4F2A1B3C02 4F2A1B3C01 ", 3, 3},
    {{.state = "hold"},                                  "4F2A1B3C04 ",                       1, 1},
    {{.state = "active"},                                "",                                  0, 0},
    {{.state = "deferred", .sender = "<>"},              "5F2A1B3C03 4F2A1B3C02 ",            2, 3},
    {{.state = "deferred", .sender = "News@HERE.test"},  "4F2A1B3C01 ",                       1, 3},
    {{.state = "deferred", .sender = "news@here.test"},  "",                                  0, 3},
    {{.state = "deferred", .destination = "Small.test"},
     "5F2A1B3C03 4F2A1B3C01 ",                                                                2, 3},
    {{.state = "deferred", .older_s = 90000},            "5F2A1B3C03 ",                       1, 3},
    {{.state = "deferred", .older_s = 89999},            "5F2A1B3C03 4F2A1B3C02 ",            2, 3},
    {{.state = "deferred", .max = 1},                    "5F2A1B3C03 ",                       3, 3},
    {{.state = "deferred", .larger_bytes = 389},
     "5F2A1B3C03 4F2A1B3C02 4F2A1B3C01 ",                                                     3, 3},
    {{.state = "deferred", .larger_bytes = 390},         "",                                  0, 3},
    {{.state = "deferred",
         .sender = "<>",
         .destination = "big.test",
         .older_s = 3600},
     "4F2A1B3C02 ",                                                                           1, 3},
};

static void
test_queries(void **state)
{
	struct arena *arena = arena_new();
	struct queue_dir dir;

	(void)state;
	clock_fix(NOW);
	queue_dir_init(&dir);
	/* the observer of a run as root is another user */
	assert_int_equal(chmod(dir.path, 0755), 0);
	fill(&dir);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct queue_selection got = {0};
		AUTO_BUF struct buf ids = {0};
		struct why why = {0};
		int r =
		    queue_select(arena, &dir.mta, &cases[i].query, &got, &why);

		if (r < 0)
			fail_msg("case %zu: %s", i, why.text);
		for (size_t k = 0; k < got.count; k++)
			buf_addf(&ids, "%s ", got.ids[k]);
		assert_string_equal(buf_text(&ids), cases[i].want);
		assert_int_equal(got.matched, cases[i].matched);
		assert_int_equal(got.in_state, cases[i].in_state);
		assert_null(got.ids[got.count]);
	}
	queue_dir_done(&dir);
	arena_free(arena);
}

static void
test_numbers(void **state)
{
	const struct queue_query query = {.state = "deferred", .sender = "<>"};
	struct arena *arena = arena_new();
	struct queue_selection got = {0};
	struct why why = {0};
	struct queue_dir dir;

	(void)state;
	clock_fix(NOW);
	queue_dir_init(&dir);
	fill(&dir);
	assert_int_equal(queue_select(arena, &dir.mta, &query, &got, &why), 0);
	assert_true(got.bytes > 779 && got.bytes < 781);
	assert_true(got.oldest_s > 299999 && got.oldest_s < 300001);
	queue_dir_done(&dir);
	arena_free(arena);
}

/* A mail system whose walk tells ids that are none, or does worse. */
static int
scan_bad_id(const struct queue_scan *scan, struct queue_scan_result *ret,
    struct why *why)
{
	struct queue_message message = {.state = QUEUE_DEFERRED,
	    .id = "../../etc/passwd",
	    .is_last = true,
	    .is_whole = true};

	(void)ret;
	(void)why;
	scan->visit(scan->user, 0, &message);
	return 0;
}

static int
scan_twice(const struct queue_scan *scan, struct queue_scan_result *ret,
    struct why *why)
{
	struct queue_message message = {.state = QUEUE_DEFERRED,
	    .id = "4F2A1B3C01",
	    .is_last = true,
	    .is_whole = true};

	(void)ret;
	(void)why;
	scan->visit(scan->user, 0, &message);
	scan->visit(scan->user, 1, &message);
	return 0;
}

static int
scan_dying(const struct queue_scan *scan, struct queue_scan_result *ret,
    struct why *why)
{
	(void)scan;
	(void)ret;
	(void)why;
	_exit(0);
}

static int
scan_crashing(const struct queue_scan *scan, struct queue_scan_result *ret,
    struct why *why)
{
	(void)scan;
	(void)ret;
	(void)why;
	__builtin_trap();
}

#define MAGIC 0x6d61696c66697831U

/* As queue_select.c sends it first. */
struct told {
	uint64_t magic, count, matched, in_state;
	int32_t code;
	char text[WHY_TEXT_MAX];
};

/* Whichever descriptor it is: only the pipe can be written to. */
static void
tell_nothing_chosen(size_t more)
{
	char bytes[sizeof(struct told) + 1] = {0};
	const struct told told = {.magic = MAGIC};

	(void)memcpy(bytes, &told, sizeof(told));
	for (int fd = 3; fd < 32; fd++)
		(void)!write(fd, bytes, sizeof(told) + more);
}

/* A whole answer, and then no end: the run must not wait for ever. */
static int
scan_staying(const struct queue_scan *scan, struct queue_scan_result *ret,
    struct why *why)
{
	(void)scan;
	(void)ret;
	(void)why;
	tell_nothing_chosen(0);
	while (poll(NULL, 0, -1) <= 0)
		;
	return 0;
}

static int
scan_saying_more(const struct queue_scan *scan, struct queue_scan_result *ret,
    struct why *why)
{
	(void)scan;
	(void)ret;
	(void)why;
	tell_nothing_chosen(1);
	_exit(0);
}

static int
scan_writing(const struct queue_scan *scan, struct queue_scan_result *ret,
    struct why *why)
{
	(void)ret;
	(void)why;
	(void)unlinkat(scan->queue_fd, "hold/4F2A1B3C04", 0);
	return 0;
}

/* Heads, and a record, that no honest observer sends. */
static const struct {
	struct told head;
	struct queue_picked picked;
	const char *want;
} lies[] = {
    {{.magic = 1},                                              {{0}, 0, 0}, "no head"              },
    {{.magic = MAGIC, .code = 1},                               {{0}, 0, 0}, "makes no sense"       },
    {{.magic = MAGIC, .count = 3, .matched = 3, .in_state = 3}, {{0}, 0, 0},
     "counts that cannot be"                                                                        },
    {{.magic = MAGIC, .count = 1},                              {{0}, 0, 0}, "counts that cannot be"},
    {{.magic = MAGIC, .matched = 1},                            {{0}, 0, 0}, "counts that cannot be"},
    {{.magic = MAGIC, .count = 1, .matched = 1, .in_state = 1},
     {"4F2A1B3C01", 0, -1},                                                  "a size that cannot be"},
};

static size_t lie;

static int
scan_lying(const struct queue_scan *scan, struct queue_scan_result *ret,
    struct why *why)
{
	(void)scan;
	(void)ret;
	(void)why;
	for (int fd = 3; fd < 32; fd++) {
		(void)!write(fd, &lies[lie].head, sizeof(lies[lie].head));
		if (lies[lie].head.count == 1)
			(void)!write(
			    fd, &lies[lie].picked, sizeof(lies[lie].picked));
	}
	_exit(0);
}

static void
test_lies(void **state)
{
	const struct queue_query query = {.state = "deferred", .max = 2};
	struct arena *arena = arena_new();
	struct queue_selection got = {0};
	struct queue_dir dir;

	(void)state;
	queue_dir_init(&dir);
	dir.ops.queue_scan = scan_lying;
	for (lie = 0; lie < ARRAY_COUNT(lies); lie++) {
		struct why why = {0};
		int r = queue_select(arena, &dir.mta, &query, &got, &why);

		if (r != -EPROTO || strstr(why.text, lies[lie].want) == NULL)
			fail_msg("lie %zu: %d %s", lie, r, why.text);
	}
	queue_dir_done(&dir);
	arena_free(arena);
}

static void
test_liars(void **state)
{
	static const struct {
		int (*scan)(const struct queue_scan *,
		    struct queue_scan_result *, struct why *);
		int want;
	} liars[] = {
	    {scan_bad_id,      -EPROTO},
	    {scan_twice,       -EPROTO},
	    {scan_dying,       -EIO   },
	    {scan_crashing,    -EPROTO},
	    {scan_staying,     -EPROTO},
	    {scan_saying_more, -EPROTO},
	    {scan_writing,     -EPROTO},
	};
	const struct queue_query query = {.state = "deferred"};
	struct arena *arena = arena_new();
	struct queue_selection got = {0};
	struct queue_dir dir;

	(void)state;
	queue_dir_init(&dir);
	fill(&dir);
	for (size_t i = 0; i < ARRAY_COUNT(liars); i++) {
		struct why why = {0};
		int r;

		dir.ops.queue_scan = liars[i].scan;
		r = queue_select(arena, &dir.mta, &query, &got, &why);
		if (r != liars[i].want)
			fail_msg("liar %zu: %d %s", i, r, why.text);
	}
	assert_int_equal(faccessat(dir.fd, "hold/4F2A1B3C04", F_OK, 0), 0);
	queue_dir_done(&dir);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_queries),
	    cmocka_unit_test(test_accounts),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_lies),
	    cmocka_unit_test(test_liars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
