/*
 * test_log_follow.c - every line once, whatever became of the file
 *
 * Purpose  rotation of every kind, truncation, half lines, lost marks
 * Input    files of its own in a directory of its own
 * Errors   a failed assertion
 * Runs as  any user
 * Source   log_follow.h; logrotate(8)
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "agent/base/auto.h"
#include "agent/sys/log_follow.h"
#include "agent/sys/log_open.h"
#include "tests/unit/unit.h"

#define S 1000000LL

/* 2026-11-22T10:00:00Z */
#define T0 1795341600LL

/* As many as any test writes. */
#define LINES_MAX 200000

struct world {
	char dir[64];
	struct log_mark mark;
	struct log_read read;
	int64_t now_s, window_s;
	unsigned next; /* number of the next line that is written */
	unsigned char seen[LINES_MAX];
	bool is_old; /* stamps without a year */
};

static int
setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	(void)snprintf(world->dir, sizeof(world->dir), "/tmp/follow-XXXXXX");
	assert_non_null(mkdtemp(world->dir));
	assert_int_equal(chmod(world->dir, 0755), 0);
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	world->now_s = T0;
	world->window_s = 900;
	*state = world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;
	struct dirent *entry;
	DIR *dir = opendir(world->dir);

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	assert_int_equal(rmdir(world->dir), 0);
	free(world);
	return 0;
}

static const char *
path(const struct world *world, const char *name)
{
	static char text[2][128];
	static unsigned turn;

	turn = !turn;
	(void)snprintf(
	    text[turn], sizeof(text[turn]), "%s/%s", world->dir, name);
	return text[turn];
}

static void
append(const struct world *world, const char *name, const char *text)
{
	FILE *file = fopen(path(world, name), "a");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Lines, a second apart, the last one now. */
static void
log_lines(struct world *world, const char *name, unsigned count)
{
	FILE *file = fopen(path(world, name), "a");

	assert_non_null(file);
	world->now_s += count;
	for (unsigned i = 0; i < count; i++) {
		time_t s = (time_t)(world->now_s - count + 1 + i);
		char stamp[40];
		struct tm tm;

		assert_non_null(gmtime_r(&s, &tm));
		(void)strftime(stamp, sizeof(stamp),
		    world->is_old ? "%b %e %H:%M:%S" : "%FT%T.000000+00:00",
		    &tm);
		assert_true(fprintf(file,
		                "%s mx1 postfix/smtp[7]: line %u of what "
		                "happens\n",
		                stamp, world->next++) > 0);
	}
	assert_int_equal(fclose(file), 0);
}

static void
copy(const struct world *world, const char *from, const char *to, bool is_gzip)
{
	gzFile out = gzopen(path(world, to), is_gzip ? "wb" : "wbT");
	FILE *in = fopen(path(world, from), "r");
	char bytes[8192];
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(gzwrite(out, bytes, (unsigned)n), n);
	(void)fclose(in);
	assert_int_equal(gzclose(out), Z_OK);
}

static void
take(void *user, const struct log_line *line)
{
	struct world *world = user;
	char text[64];
	unsigned number;

	(void)snprintf(text, sizeof(text), "%.*s", (int)line->text.length,
	    line->text.text);
	assert_int_equal(sscanf(text, "line %u", &number), 1);
	assert_true(number < LINES_MAX);
	world->seen[number]++;
}

static void
look(struct world *world)
{
	struct log_opened opened[LOG_INPUTS_MAX];
	struct log_input inputs[LOG_INPUTS_MAX];
	struct log_sink sink = {.line = take, .user = world};
	char name[LOG_PATH_MAX];
	struct why why = {0};
	int n =
	    log_open_files(world->dir, 0, opened, LOG_INPUTS_MAX, name, &why);

	if (n < 0)
		fail_msg("%s", why.text);
	for (int i = 0; i < n; i++)
		inputs[i] = (struct log_input){
		    .fd = opened[i].fd, .is_gzip = opened[i].is_gzip};
	assert_true(log_mark_check(&world->mark));
	if (log_follow(inputs, (size_t)n, world->now_s * S,
	        (world->now_s - world->window_s) * S, INT64_MAX, &world->mark,
	        &sink, &world->read, &why) < 0)
		fail_msg("%s", why.text);
	for (int i = 0; i < n; i++)
		(void)close(inputs[i].fd);
}

/* All lines of [from, to) once, all others before `next` never. */
static void
assert_seen(const struct world *world, unsigned from, unsigned to)
{
	for (unsigned i = 0; i < world->next; i++)
		if (world->seen[i] != (i >= from && i < to))
			fail_msg("line %u of %u: %u times", i, world->next,
			    world->seen[i]);
}

static void
grows(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 10);
	look(world);
	assert_seen(world, 0, 10);
	look(world);
	assert_seen(world, 0, 10);
	append(world, "mail.log", "2026-11-22T10:00:10Z mx1 postfix/smtp[7]: ");
	look(world);
	assert_seen(world, 0, 10);
	append(world, "mail.log", "line 10\n");
	world->next = 11;
	log_lines(world, "mail.log", 5);
	look(world);
	assert_seen(world, 0, 16);
	assert_false(world->read.has_gap);
}

static void
window_first(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 100000);
	look(world);
	/* the second of the beginning included */
	assert_seen(world, 100000 - 901, 100000);
	assert_int_equal(world->read.since_us, (world->now_s - 900) * S);
	/* a run after a long time */
	log_lines(world, "mail.log", 50000);
	memset(world->seen, 0, sizeof(world->seen));
	look(world);
	assert_seen(world, 150000 - 901, 150000);
	log_lines(world, "mail.log", 10);
	look(world);
	assert_seen(world, 150000 - 901, 150010);
}

static void
window_in_older(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 5000);
	assert_int_equal(
	    rename(path(world, "mail.log"), path(world, "mail.log.1")), 0);
	log_lines(world, "mail.log", 100);
	look(world);
	assert_seen(world, 5100 - 901, 5100);
}

static void
window_in_gzip(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 5000);
	copy(world, "mail.log", "mail.log.1.gz", true);
	assert_int_equal(unlink(path(world, "mail.log")), 0);
	log_lines(world, "mail.log", 100);
	look(world);
	assert_seen(world, 5100 - 901, 5100);
}

static void
renamed(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 1000);
	look(world);
	memset(world->seen, 0, 1000);
	log_lines(world, "mail.log", 7);
	assert_int_equal(
	    rename(path(world, "mail.log"), path(world, "mail.log.1")), 0);
	append(world, "mail.log", "");
	look(world);
	assert_seen(world, 1000, 1007);
	/* the writer has not noticed yet */
	log_lines(world, "mail.log.1", 3);
	look(world);
	assert_seen(world, 1000, 1010);
	log_lines(world, "mail.log", 5);
	look(world);
	assert_seen(world, 1000, 1015);
	/* twice between two looks */
	log_lines(world, "mail.log", 5);
	assert_int_equal(
	    rename(path(world, "mail.log.1"), path(world, "mail.log.2")), 0);
	assert_int_equal(
	    rename(path(world, "mail.log"), path(world, "mail.log.1")), 0);
	log_lines(world, "mail.log", 6);
	assert_int_equal(
	    rename(path(world, "mail.log.2"), path(world, "mail.log.3")), 0);
	assert_int_equal(
	    rename(path(world, "mail.log.1"), path(world, "mail.log.2")), 0);
	assert_int_equal(
	    rename(path(world, "mail.log"), path(world, "mail.log.1")), 0);
	log_lines(world, "mail.log", 7);
	look(world);
	assert_seen(world, 1000, 1033);
	assert_false(world->read.has_gap);
}

static void
renamed_by_date(void **state)
{
	struct world *world = *state;

	world->is_old = true;
	log_lines(world, "maillog", 100);
	look(world);
	log_lines(world, "maillog", 10);
	assert_int_equal(
	    rename(path(world, "maillog"), path(world, "maillog-20261122")), 0);
	log_lines(world, "maillog", 10);
	look(world);
	assert_seen(world, 0, 120);
	assert_false(world->read.has_gap);
}

static void
compressed(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 300);
	look(world);
	log_lines(world, "mail.log", 50);
	copy(world, "mail.log", "mail.log.1.gz", true);
	assert_int_equal(unlink(path(world, "mail.log")), 0);
	append(world, "mail.log", "");
	look(world);
	assert_seen(world, 0, 350);
	look(world);
	assert_seen(world, 0, 350);
	log_lines(world, "mail.log", 20);
	look(world);
	assert_seen(world, 0, 370);
	assert_false(world->read.has_gap);
}

static void
compressing(void **state)
{
	struct world *world = *state;
	struct stat st;

	log_lines(world, "mail.log", 300);
	look(world);
	log_lines(world, "mail.log", 50);
	assert_int_equal(
	    rename(path(world, "mail.log"), path(world, "mail.log.1")), 0);
	/* half of it is written */
	copy(world, "mail.log.1", "mail.log.1.gz", true);
	assert_int_equal(stat(path(world, "mail.log.1.gz"), &st), 0);
	assert_int_equal(
	    truncate(path(world, "mail.log.1.gz"), st.st_size / 2), 0);
	log_lines(world, "mail.log", 20);
	look(world);
	assert_seen(world, 0, 370);
	assert_false(world->read.has_gap);
}

static void
copied_and_truncated(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 300);
	look(world);
	log_lines(world, "mail.log", 50);
	copy(world, "mail.log", "mail.log.1", false);
	/* between the two */
	look(world);
	assert_seen(world, 0, 350);
	/* these are in the log only, and we get them */
	log_lines(world, "mail.log", 5);
	look(world);
	assert_int_equal(truncate(path(world, "mail.log"), 0), 0);
	look(world);
	assert_seen(world, 0, 355);
	log_lines(world, "mail.log", 400);
	look(world);
	assert_seen(world, 0, 755);
	/* and without a look in between: longer than before */
	log_lines(world, "mail.log", 50);
	copy(world, "mail.log", "mail.log.1", false);
	assert_int_equal(truncate(path(world, "mail.log"), 0), 0);
	log_lines(world, "mail.log", 800);
	look(world);
	assert_seen(world, 0, 1605);
	assert_false(world->read.has_gap);
}

static void
copied_and_compressed(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 300);
	look(world);
	log_lines(world, "mail.log", 50);
	copy(world, "mail.log", "mail.log.1.gz", true);
	assert_int_equal(truncate(path(world, "mail.log"), 0), 0);
	log_lines(world, "mail.log", 20);
	look(world);
	assert_seen(world, 0, 370);
	assert_false(world->read.has_gap);
}

static void
emptied(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 300);
	look(world);
	assert_int_equal(truncate(path(world, "mail.log"), 0), 0);
	look(world);
	log_lines(world, "mail.log", 20);
	look(world);
	log_lines(world, "mail.log", 20);
	look(world);
	assert_seen(world, 0, 340);
	/* and it has grown beyond where we were */
	assert_int_equal(truncate(path(world, "mail.log"), 0), 0);
	log_lines(world, "mail.log", 400);
	look(world);
	assert_seen(world, 0, 740);
	assert_true(world->read.has_gap);
}

static void
cut_short(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 300);
	look(world);
	assert_int_equal(truncate(path(world, "mail.log"), 10000), 0);
	append(world, "mail.log", "\n");
	log_lines(world, "mail.log", 5);
	look(world);
	assert_seen(world, 0, 305);
	log_lines(world, "mail.log", 500);
	look(world);
	assert_seen(world, 0, 805);
}

static void
removed(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 300);
	look(world);
	assert_int_equal(unlink(path(world, "mail.log")), 0);
	/* its inode may be used again */
	log_lines(world, "mail.log", 20);
	look(world);
	assert_seen(world, 0, 320);
	assert_true(world->read.has_gap);
}

/* A log that was empty: nothing but the inode tells it. */
static void
empty_first(void **state)
{
	struct world *world = *state;

	append(world, "mail.log", "");
	look(world);
	log_lines(world, "mail.log", 20);
	look(world);
	assert_seen(world, 0, 20);
	assert_int_equal(truncate(path(world, "mail.log"), 0), 0);
	look(world);
	log_lines(world, "mail.log", 20);
	assert_int_equal(
	    rename(path(world, "mail.log"), path(world, "mail.log.1")), 0);
	append(world, "mail.log", "");
	look(world);
	assert_seen(world, 0, 40);
}

static void
odd_files(void **state)
{
	struct world *world = *state;

	log_lines(world, "mail.log", 300);
	copy(world, "mail.log", "mail.log.bak", false);
	append(world, "mail.log.1", "");
	append(world, "mail.log.2.gz", "no gzip");
	append(world, "mail.log.3", "no log\n");
	append(world, "mail.log.offset", "12345\n");
	look(world);
	log_lines(world, "mail.log", 20);
	look(world);
	assert_seen(world, 0, 320);
}

/* A gigabyte without an end would else be read again in each run. */
static void
endless_line(void **state)
{
	struct world *world = *state;
	char *text = malloc(100001);

	assert_non_null(text);
	memset(text, 'x', 100000);
	text[100000] = '\0';
	log_lines(world, "mail.log", 10);
	append(world, "mail.log", text);
	look(world);
	append(world, "mail.log", text);
	look(world);
	append(world, "mail.log", "\n");
	log_lines(world, "mail.log", 10);
	look(world);
	assert_seen(world, 0, 20);
	free(text);
}

static void
hostile_marks(void **state)
{
	struct world *world = *state;
	struct log_mark mark;

	log_lines(world, "mail.log", 10);
	look(world);
	mark = world->mark;
	mark.head_length = LOG_PRINT_MAX + 1;
	assert_false(log_mark_check(&mark));
	mark = world->mark;
	mark.tail_length = UINT32_MAX;
	assert_false(log_mark_check(&mark));
	mark = world->mark;
	mark.offset = 1;
	assert_false(log_mark_check(&mark));
	mark = world->mark;
	mark.offset = UINT64_MAX;
	assert_false(log_mark_check(&mark));
	mark = world->mark;
	mark.newest_us = -1;
	assert_false(log_mark_check(&mark));
}

static void
links(void **state)
{
	struct world *world = *state;
	struct log_opened opened[LOG_INPUTS_MAX];
	char name[LOG_PATH_MAX];
	struct why why = {0};
	int n;

	append(world, "real", "x\n");
	assert_int_equal(
	    symlink(path(world, "real"), path(world, "mail.log")), 0);
	assert_int_equal(chmod(world->dir, 0775), 0);
	assert_true(log_open_files(
	                world->dir, 0, opened, LOG_INPUTS_MAX, name, &why) < 0);
	assert_int_equal(chmod(world->dir, 0755), 0);
	n = log_open_files(world->dir, 0, opened, LOG_INPUTS_MAX, name, &why);
	/* in a directory of root's */
	assert_int_equal(n, getuid() == 0 ? 1 : -ELOOP);
	if (n > 0)
		(void)close(opened[0].fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(grows),
	    TEST(window_first),
	    TEST(window_in_older),
	    TEST(window_in_gzip),
	    TEST(renamed),
	    TEST(renamed_by_date),
	    TEST(compressed),
	    TEST(compressing),
	    TEST(copied_and_truncated),
	    TEST(copied_and_compressed),
	    TEST(emptied),
	    TEST(cut_short),
	    TEST(removed),
	    TEST(empty_first),
	    TEST(odd_files),
	    TEST(endless_line),
	    TEST(hostile_marks),
	    TEST(links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
