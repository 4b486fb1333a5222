/*
 * test_conf_change.c - postfix-param, postfix-service, map-entry: made, looked
 * at, undone
 *
 * Purpose  every change comes back byte for byte, whatever the file looks like
 *          and whatever others have written since; and what is refused
 * Input    a configuration of its own below /tmp; no Postfix is needed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   change.h, postconf(5), master(5), transport(5)
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/change/change.h"
#include "agent/mta/postfix_edit.h"
#include "tests/unit/unit.h"

static char root[64], conf[96], table[128];
static unsigned stores;
static struct arena *arena;
static struct mta mta;
static struct mta_ops ops;
static struct change_host host;
static struct why why;

static const char *const quick_true[] = {"/bin/true", NULL};
static const char *const quick_false[] = {
    "/bin/sh", "-c", "echo 'postmap: fatal: bad thing' >&2; exit 1", NULL};

static const char *const *
fake_build(struct arena *in, const struct mta *of, const struct mta_map *what)
{
	const char **argv = arena_alloc(in, 4, sizeof(*argv));

	(void)of;
	argv[0] = "/bin/cp";
	argv[1] = what->source;
	argv[2] = what->built;
	return argv;
}

static const char *const *
fake_build_fails(
    struct arena *in, const struct mta *of, const struct mta_map *what)
{
	const char **argv = arena_alloc(in, 2, sizeof(*argv));

	(void)of;
	(void)what;
	argv[0] = "/bin/false";
	return argv;
}

static int
fake_routed(struct arena *in, const struct mta *of, const char *domain,
    const char **ret, struct why *reason)
{
	(void)in;
	(void)of;
	(void)reason;
	*ret = "smtp:[x] in hash:/x";
	return strcmp(domain, "by-hand.test") == 0;
}

static int
fake_pid_fails(const struct mta *of, pid_t *ret, struct why *reason)
{
	(void)of;
	(void)ret;
	return why_set(reason, -EACCES, "no reload in this test");
}

static int
setup(void **state)
{
	(void)state;
	(void)strcpy(root, "/tmp/test-conf-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	(void)snprintf(conf, sizeof(conf), "%s/postfix", root);
	(void)snprintf(table, sizeof(table), "%s/mailfix_transport", conf);
	arena = arena_new();
	why = (struct why){0};
	stores = 0;
	ops = (struct mta_ops){.map_build = fake_build,
	    .config_quick = quick_true,
	    .routed_by_hand = fake_routed};
	mta = (struct mta){.kind = "postfix",
	    .ops = &ops,
	    .config_dir = conf,
	    .map_type = "hash"};
	host = (struct change_host){.arena = arena, .mta = &mta};
	return mkdir(conf, 0755);
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	arena = arena_free(arena);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command) == 0 ? 0 : -1;
}

static const char *
at(const char *leaf)
{
	return arena_printf(arena, "%s/%s", conf, leaf);
}

static void
put(const char *leaf, const char *text)
{
	struct stat like = {.st_mode = S_IFREG | 0644,
	    .st_uid = geteuid(),
	    .st_gid = getegid()};

	assert_int_equal(
	    file_replace(AT_FDCWD, at(leaf), text, strlen(text), &like, NULL),
	    0);
}

static const char *
get(const char *leaf)
{
	AUTO_BUF struct buf text = {0};

	if (file_read(AT_FDCWD, at(leaf), 1 << 20, &text, NULL) < 0)
		return NULL;
	return arena_dup(arena, buf_text(&text));
}

/* Others write: text in place of other text, anywhere in the file. */
static void
swap(const char *leaf, const char *old, const char *new)
{
	const char *text = get(leaf), *place = strstr(text, old);

	assert_non_null(place);
	put(leaf, arena_printf(arena, "%.*s%s%s", (int)(place - text), text,
	              new, place + strlen(old)));
}

/* Only the three files that may be there, and nothing beside them. */
static void
assert_clean(void)
{
	char command[256];

	(void)snprintf(command, sizeof(command),
	    "test -z \"$(ls -A '%s' | grep -v -x -e main.cf -e master.cf -e "
	    "mailfix_transport -e mailfix_transport.db)\"",
	    conf);
	assert_int_equal(system(command), 0);
}

static enum change_found
found(const struct change *change)
{
	enum change_found is = CHANGE_IS_FOREIGN;

	assert_int_equal(change->kind->look(change, &host, &is, &why), 0);
	return is;
}

/* A store of its own, as each change has one. */
static void
store_new(void)
{
	host.store = arena_printf(arena, "%s/store%u", root, ++stores);
	assert_int_equal(mkdir(host.store, 0700), 0);
}

static int
make(const struct change *change)
{
	int r;

	store_new();
	r = change->kind->check(change, &host, &why);
	if (r == 0)
		r = change->kind->capture(change, &host, &why);
	return r == 0 ? change->kind->perform(change, &host, &why) : r;
}

static int
undo(const struct change *change)
{
	return change->kind->undo(change, &host, &why);
}

static struct change
param(const char *name, const char *before, const char *after)
{
	return (struct change){.id = 1,
	    .kind = change_kind_find("postfix-param"),
	    .verb = "set",
	    .target = name,
	    .before = before,
	    .after = after};
}

static struct change
add(const char *kind, const char *target, const char *const *items,
    size_t count)
{
	return (struct change){.id = 1,
	    .kind = change_kind_find(kind),
	    .verb = "add",
	    .target = target,
	    .items = items,
	    .item_count = count};
}

static struct change
limit(const char *target, const char *before, const char *after)
{
	return (struct change){.id = 1,
	    .kind = change_kind_find("postfix-service"),
	    .verb = "set",
	    .target = target,
	    .before = before,
	    .after = after};
}

static struct change
row(const char *key, const char *before, const char *after)
{
	return (struct change){.id = 1,
	    .kind = change_kind_find("map-entry"),
	    .verb = "set",
	    .target = arena_printf(arena, "mailfix_transport: %s", key),
	    .before = before,
	    .after = after,
	    .detail = table};
}

static struct change
create(void)
{
	return (struct change){.id = 1,
	    .kind = change_kind_find("map-entry"),
	    .verb = "create",
	    .target = "mailfix_transport",
	    .after = "empty table",
	    .detail = table};
}

/* Made, looked at, undone: the file is what it was, to the byte. */
static void
round_trip(const struct change *change, const char *leaf, const char *text)
{
	put(leaf, text);
	assert_int_equal(make(change), 0);
	assert_int_equal(found(change), CHANGE_IS_AFTER);
	assert_string_not_equal(get(leaf), text);
	assert_int_equal(undo(change), 0);
	assert_int_equal(found(change), CHANGE_IS_BEFORE);
	assert_string_equal(get(leaf), text);
	assert_int_equal(undo(change), 0);
	assert_string_equal(get(leaf), text);
	assert_clean();
}

static void
test_param_round_trips(void **state)
{
	static const struct {
		const char *text, *before;
	} cases[] = {
	    {"",	                                                NULL     },
	    {"q = 1",	                                           NULL     },
	    {"q = 1\n  # c",	                                    NULL     },
	    {"q = 1\r\n",	                                       NULL     },
	    {" transport_maps = x\n",                                   NULL     },
	    {"transport_maps =\n",	                              ""       },
	    {"transport_maps=hash:/x",                                  "hash:/x"},
	    {"transport_maps = a:/x,\n# c\n\n\tb:/y  \n# d\nq = 1\n",
             "a:/x, b:/y"	                                                },
	    {"transport_maps = a:/x\nq = 1\ntransport_maps = b:/y\r\n", "b:/y"   },
	    {"transport_maps\n =\n   a:/x\n\n\n",                       "a:/x"   },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct change change = param("transport_maps", cases[i].before,
		    "hash:/etc/postfix/mailfix_transport");

		round_trip(&change, "main.cf", cases[i].text);
	}
}

static const char *const settings[] = {
    "mailfix-c1_destination_concurrency_limit = 1",
    "mailfix-c1_destination_concurrency_positive_feedback = 0.005",
    "mailfix-s1_destination_rate_delay = 1s",
};

static void
test_settings_round_trip(void **state)
{
	struct change change = add("postfix-param", "main.cf", settings, 3);

	(void)state;
	round_trip(&change, "main.cf", "");
	round_trip(&change, "main.cf", "q = 1\n");
	round_trip(&change, "main.cf", "q = 1\n\n# the end");
}

static const char *const services[] = {
    "mailfix-c1 unix - - y - - smtp -o syslog_name=postfix/mailfix-c1",
    "mailfix-s1 unix - - y - - smtp -o { smtp_helo_name = a b }",
};

#define MASTER                                                                 \
	"# comment\nsmtp      inet  n       -       y       -       -       "  \
	"smtpd\n  -o x=y\nsmtp unix - - y - - smtp\n"

static void
test_services_round_trip(void **state)
{
	struct change change = add("postfix-service", "master.cf", services, 2);

	(void)state;
	round_trip(&change, "master.cf", MASTER);
	round_trip(&change, "master.cf", "smtp unix - - y - - smtp");
}

static void
test_limit_round_trip(void **state)
{
	struct change change = limit("smtp/inet", "-", "200");

	(void)state;
	round_trip(&change, "master.cf", MASTER);
	assert_int_equal(make(&change), 0);
	assert_non_null(strstr(get("master.cf"),
	    "smtp      inet  n       -       y       -       200       smtpd"));
}

/* Theirs stays, ours goes. */
static void
test_others_have_edited(void **state)
{
	struct change change =
	    param("transport_maps", "a:/x", "a:/x, hash:/our");
	struct change more = add("postfix-param", "main.cf", settings, 3);
	const char *store;

	(void)state;
	put("main.cf", "transport_maps = a:/x\nq = 1");
	assert_int_equal(make(&change), 0);
	store = host.store;
	assert_int_equal(make(&more), 0);
	swap("main.cf", "q = 1", "q = 2\n  # mine");
	swap("main.cf", "mailfix-s1", "r = 3\nmailfix-s1");
	assert_int_equal(found(&more), CHANGE_IS_AFTER);
	assert_int_equal(undo(&more), 0);
	host.store = store;
	assert_int_equal(found(&change), CHANGE_IS_AFTER);
	assert_int_equal(undo(&change), 0);
	assert_string_equal(
	    get("main.cf"), "transport_maps = a:/x\nq = 2\n  # mine\nr = 3\n");
}

static void
test_ours_edited_by_others(void **state)
{
	struct change change =
	    param("transport_maps", "a:/x", "a:/x, hash:/our");
	struct change more = add("postfix-param", "main.cf", settings, 3);
	struct change max = limit("smtp/inet", "-", "200");

	(void)state;
	put("main.cf", "transport_maps = a:/x\n");
	put("master.cf", MASTER);
	assert_int_equal(make(&change), 0);
	swap("main.cf", "hash:/our", "hash:/theirs");
	assert_int_equal(found(&change), CHANGE_IS_FOREIGN);
	assert_non_null(strstr(why.text, "hash:/theirs"));
	assert_int_equal(undo(&change), -ESTALE);
	assert_int_equal(make(&more), 0);
	swap("main.cf", "limit = 1", "limit = 5");
	assert_int_equal(found(&more), CHANGE_IS_FOREIGN);
	assert_int_equal(undo(&more), -ESTALE);
	assert_int_equal(make(&max), 0);
	swap("master.cf", "200", "300");
	assert_int_equal(found(&max), CHANGE_IS_FOREIGN);
	assert_int_equal(undo(&max), -ESTALE);
	swap("master.cf", "smtp      inet", "25 inet");
	assert_int_equal(found(&max), CHANGE_IS_FOREIGN);
	assert_clean();
}

/* One of ours was removed by hand: the others still can be. */
static void
test_one_of_ours_removed(void **state)
{
	struct change more = add("postfix-param", "main.cf", settings, 3);

	(void)state;
	put("main.cf", "q = 1\n");
	assert_int_equal(make(&more), 0);
	swap("main.cf", settings[1], "# gone");
	assert_int_equal(found(&more), CHANGE_IS_PARTIAL);
	assert_int_equal(undo(&more), 0);
	assert_string_equal(get("main.cf"), "q = 1\n# gone\n");
}

static void
test_no_longer_as_planned(void **state)
{
	struct change change = param("transport_maps", "a:/x", "hash:/our");
	struct change max = limit("smtp/inet", "100", "200");

	(void)state;
	put("main.cf", "transport_maps = b:/y\n");
	put("master.cf", MASTER);
	assert_int_equal(make(&change), -ESTALE);
	put("main.cf", "q = 1\n");
	assert_int_equal(make(&change), -ESTALE);
	put("main.cf", "transport_maps = hash:/our\n");
	assert_int_equal(make(&change), -ESTALE);
	assert_int_equal(make(&max), -ESTALE);
	put("master.cf", MASTER "smtp inet n - n - 100 smtpd\n");
	assert_int_equal(make(&max), -ESTALE);
}

/* Changed between capture and perform. */
static void
test_changed_in_between(void **state)
{
	struct change change = param("transport_maps", "a:/x", "hash:/our");

	(void)state;
	put("main.cf", "transport_maps = a:/x\n");
	store_new();
	assert_int_equal(change.kind->capture(&change, &host, &why), 0);
	put("main.cf", "transport_maps = b:/y\n");
	assert_int_equal(change.kind->perform(&change, &host, &why), -ESTALE);
	assert_string_equal(get("main.cf"), "transport_maps = b:/y\n");
	assert_clean();
}

static void
test_refused_by_postfix(void **state)
{
	struct change change = param("transport_maps", NULL, "hash:/our");

	(void)state;
	put("main.cf", "q = 1");
	ops.config_quick = quick_false;
	assert_int_equal(make(&change), -EPERM);
	assert_non_null(strstr(why.text, "bad thing"));
	assert_string_equal(get("main.cf"), "q = 1");
	assert_int_equal(found(&change), CHANGE_IS_BEFORE);
	assert_clean();
}

static void
test_hostile_values(void **state)
{
	static const struct {
		const char *name, *value;
	} cases[] = {
	    {"transport_maps",               "a\nmail_owner = root"},
	    {"transport_maps",               "a\rb"                },
	    {"transport_maps",               "a\x1b[2J"            },
	    {"transport_maps",               "a\xe2\x80\xa8"
	                       "b"   }, /* line separator */
	    {"transport_maps",               "a\xff"               },
	    {"transport_maps",               " a"                  },
	    {"transport_maps",               "a\t"                 },
	    {"mail_owner",                   "root"                },
	    {"import_environment",           "LD_PRELOAD=/x"       },
	    {"default_process_limit",        "many"                },
	    {"default_process_limit",        "-1"                  },
	    {"default_process_limit",        "9999999999"          },
	    {"mailfix-c1\n",                 "1"                   },
	    {"mailfix-c1_x = 1\nmail_owner", "1"                   },
	    {"mailfix-c1_limit",             ""                    },
	    {"",	                     "1"                   },
	};

	(void)state;
	put("main.cf", "q = 1\n");
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct change change =
		    param(cases[i].name, NULL, cases[i].value);
		const char *item = arena_printf(
		    arena, "%s = %s", cases[i].name, cases[i].value);
		struct change more = add("postfix-param", "main.cf", &item, 1);

		assert_int_equal(make(&change), -EPERM);
		assert_int_equal(
		    change.kind->perform(&change, &host, &why), -EPERM);
		assert_int_equal(make(&more), -EPERM);
	}
	assert_string_equal(get("main.cf"), "q = 1\n");
}

static void
test_hostile_services(void **state)
{
	static const char *const items[] = {
	    "mailfix-c1 unix - - y - - smtp\nx unix - - n - - pipe argv=/x",
	    "mailfix-c1 unix - - n - - pipe flags= user=root argv=/bin/sh",
	    "mailfix-c1 inet n - n - - smtpd",
	    "smtp unix - - y - - smtp",
	    "mailfix-c1 unix - - y - - spawn user=nobody argv=/x",
	    "mailfix-../x unix - - y - - smtp",
	    "mailfix-c1 unix - - y - many smtp",
	    "mailfix-c1 unix",
	    "# mailfix-c1 unix - - y - - smtp",
	    "",
	};
	static const char *const limits[] = {
	    "0", "007", "", "1\n2", "100000", "-1", "x", NULL};

	(void)state;
	put("master.cf", MASTER);
	for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
		struct change change =
		    add("postfix-service", "master.cf", &items[i], 1);

		assert_true(make(&change) < 0);
	}
	for (size_t i = 0; i < ARRAY_COUNT(limits); i++) {
		struct change max = limit("smtp/inet", "-", limits[i]);

		assert_int_equal(make(&max), -EPERM);
	}
	assert_string_equal(get("master.cf"), MASTER);
}

static void
test_links_are_refused(void **state)
{
	struct change change = param("transport_maps", NULL, "hash:/our");
	const char *shared = arena_printf(arena, "%s/shared.cf", root);

	(void)state;
	put("main.cf", "q = 1\n");
	assert_int_equal(rename(at("main.cf"), shared), 0);
	assert_int_equal(symlink(shared, at("main.cf")), 0);
	assert_int_equal(make(&change), -EPERM);
	assert_non_null(strstr(why.text, "is a link"));
	assert_int_equal(unlink(at("main.cf")), 0);
	assert_int_equal(link(shared, at("main.cf")), 0);
	assert_int_equal(make(&change), -EPERM);
	assert_non_null(strstr(why.text, "second name"));
	assert_int_equal(unlink(shared), 0);
	assert_int_equal(make(&change), 0);
	assert_int_equal(chmod(conf, 0777), 0);
	assert_int_equal(make(&change), -EPERM);
}

static void
test_not_a_text(void **state)
{
	struct change change = param("transport_maps", NULL, "hash:/our");

	(void)state;
	assert_int_equal(
	    file_replace(AT_FDCWD, at("main.cf"), "a\0b", 3, NULL, NULL), 0);
	assert_int_equal(make(&change), -EPERM);
	assert_int_equal(unlink(at("main.cf")), 0);
	assert_int_equal(make(&change), -ENOENT);
}

/* postconf -e at work: its lock is seen, and what a crash left is no lock. */
static void
test_lock(void **state)
{
	struct change change = param("transport_maps", NULL, "hash:/our");
	AUTO_CLOSE int fd = -1;

	(void)state;
	put("main.cf", "q = 1\n");
	fd = open(at("main.cf.tmp"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(make(&change), -EBUSY);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	assert_int_equal(make(&change), 0);
	assert_clean();
	(void)close(
	    open(at("main.cf.tmp"), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	change.kind->tidy(&change, &host);
	assert_clean();
}

static void
test_owner_and_mode_stay(void **state)
{
	struct change change = param("transport_maps", NULL, "hash:/our");
	struct stat st;

	(void)state;
	put("main.cf", "q = 1\n");
	assert_int_equal(chmod(at("main.cf"), 0640), 0);
	assert_int_equal(make(&change), 0);
	assert_int_equal(stat(at("main.cf"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(undo(&change), 0);
	assert_int_equal(stat(at("main.cf"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* The file is edited, the mail system not told: neither made nor undone. */
static void
test_cut_off_before_the_reload(void **state)
{
	struct change change = param("transport_maps", NULL, "hash:/our");

	(void)state;
	put("main.cf", "q = 1\n");
	change.detail = "reload both";
	ops.master_pid = fake_pid_fails;
	assert_int_equal(make(&change), -EACCES);
	assert_int_equal(found(&change), CHANGE_IS_PARTIAL);
	assert_int_equal(undo(&change), -EACCES);
	assert_string_equal(get("main.cf"), "q = 1\n");
	assert_int_equal(found(&change), CHANGE_IS_PARTIAL);
	ops.master_pid = NULL;
	assert_int_equal(undo(&change), 0);
	assert_int_equal(found(&change), CHANGE_IS_BEFORE);
	change.detail = "reload-after-undo";
	ops.master_pid = fake_pid_fails;
	assert_int_equal(make(&change), 0);
	assert_int_equal(found(&change), CHANGE_IS_AFTER);
	change.detail = "sometimes";
	assert_int_equal(make(&change), -EINVAL);
}

/* A later step stands for the first: back to the first's bytes. */
static void
test_take_over(void **state)
{
	struct change first = param("default_process_limit", NULL, "50");
	struct change later = param("default_process_limit", "50", "25");
	struct change maps = param("transport_maps", "a:/x, b:/y", "c:/z");
	struct change more = param("transport_maps", "c:/z", "d:/z");
	struct change_host older;

	(void)state;
	put("main.cf", "transport_maps=a:/x,\n  b:/y\nq = 1");
	assert_int_equal(make(&first), 0);
	older = host;
	assert_int_equal(make(&later), 0);
	assert_int_equal(
	    later.kind->take_over(&later, &host, &first, &older, &why), 0);
	assert_int_equal(
	    later.kind->take_over(&later, &host, &first, &older, &why), 0);
	later.before = first.before;
	assert_int_equal(found(&later), CHANGE_IS_AFTER);
	assert_int_equal(undo(&later), 0);
	assert_string_equal(
	    get("main.cf"), "transport_maps=a:/x,\n  b:/y\nq = 1");
	assert_int_equal(make(&maps), 0);
	older = host;
	assert_int_equal(make(&more), 0);
	assert_int_equal(
	    more.kind->take_over(&more, &host, &maps, &older, &why), 0);
	more.before = maps.before;
	assert_int_equal(undo(&more), 0);
	assert_string_equal(
	    get("main.cf"), "transport_maps=a:/x,\n  b:/y\nq = 1");
}

#define TABLE_HEADER                                                           \
	"# This table belongs to mailfix, which writes its rows and builds "   \
	"it:\n# what it says, and who wrote it when, is told by mailfix "      \
	"history.\n# Tables of your own come before it in main.cf and win.\n"

static void
provision(void)
{
	struct change table_new = create();

	put("main.cf", "q = 1\n");
	put("master.cf", arena_printf(arena, "%s%s\n", MASTER, services[0]));
	assert_int_equal(make(&table_new), 0);
	assert_int_equal(found(&table_new), CHANGE_IS_AFTER);
}

static void
test_table_create(void **state)
{
	struct change table_new = create();
	struct stat st;

	(void)state;
	provision();
	assert_string_equal(get("mailfix_transport"), TABLE_HEADER);
	assert_string_equal(get("mailfix_transport.db"), TABLE_HEADER);
	assert_int_equal(stat(at("mailfix_transport.db"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(make(&table_new), -ESTALE);
	put("main.cf", "transport_maps = hash:$config_directory/"
	               "mailfix_transport\n");
	assert_int_equal(undo(&table_new), -EBUSY);
	put("main.cf", "# mailfix_transport\n");
	assert_int_equal(undo(&table_new), 0);
	assert_null(get("mailfix_transport"));
	assert_null(get("mailfix_transport.db"));
	assert_int_equal(found(&table_new), CHANGE_IS_BEFORE);
	assert_clean();
}

static void
test_rows(void **state)
{
	struct change table_new = create();
	struct change b = row("b.test", NULL, "mailfix-c1:");
	struct change a = row("a.test", NULL, "retry:4.7.0 paused");

	(void)state;
	provision();
	put("master.cf", MASTER "retry unix - - y - - error\n"
	                        "mailfix-c1 unix - - y - - smtp\n");
	assert_int_equal(make(&b), 0);
	assert_int_equal(found(&b), CHANGE_IS_AFTER);
	assert_int_equal(make(&a), 0);
	assert_string_equal(get("mailfix_transport"),
	    TABLE_HEADER "a.test\tretry:4.7.0 paused\nb.test\tmailfix-c1:\n");
	assert_string_equal(
	    get("mailfix_transport.db"), get("mailfix_transport"));
	assert_int_equal(make(&a), -ESTALE);
	assert_int_equal(undo(&table_new), -EBUSY);
	assert_int_equal(undo(&a), 0);
	assert_int_equal(found(&a), CHANGE_IS_BEFORE);
	assert_int_equal(undo(&a), 0);
	b = row("b.test", "mailfix-c1:", NULL);
	assert_int_equal(make(&b), 0);
	assert_string_equal(get("mailfix_transport"), TABLE_HEADER);
	assert_int_equal(undo(&b), 0);
	swap("mailfix_transport", "mailfix-c1:", "smtp:");
	assert_int_equal(found(&b), CHANGE_IS_FOREIGN);
	assert_int_equal(undo(&b), -ESTALE);
	assert_clean();
}

static void
test_rows_refused(void **state)
{
	static const struct {
		const char *key, *value;
	} cases[] = {
	    {"*",              "mailfix-c1:"               },
	    {"a b",            "mailfix-c1:"               },
	    {"a.test\nb.test", "mailfix-c1:"               },
	    {"",               "mailfix-c1:"               },
	    {"a.test",         "smtp:[evil.test]"          },
	    {"a.test",         "local:"                    },
	    {"a.test",         "mailfix-c1:\nb.test local:"},
	    {"a.test",         "discard:"                  },
	    {"by-hand.test",   "mailfix-c1:"               },
	};
	struct change change;

	(void)state;
	provision();
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		change = row(cases[i].key, NULL, cases[i].value);
		assert_int_equal(make(&change), -EPERM);
	}
	change = row("a.test", NULL, "mailfix-c9:");
	assert_int_equal(make(&change), -ESTALE);
	change = row("a.test", NULL, "mailfix-c1:");
	change.detail = "/etc/passwd";
	assert_int_equal(make(&change), -EPERM);
	change.target = "../x: a.test";
	assert_int_equal(make(&change), -EPERM);
	change = row("a.test", NULL, "mailfix-c1:");
	mta.map_type = "texthash";
	assert_int_equal(make(&change), -EPERM);
	assert_string_equal(get("mailfix_transport"), TABLE_HEADER);
	assert_clean();
}

static void
test_build_fails(void **state)
{
	struct change change = row("a.test", NULL, "mailfix-c1:");

	(void)state;
	provision();
	ops.map_build = fake_build_fails;
	assert_int_equal(make(&change), -EIO);
	assert_string_equal(get("mailfix_transport"), TABLE_HEADER);
	assert_int_equal(found(&change), CHANGE_IS_BEFORE);
	assert_clean();
}

/* Each instant of a crash, as it is found: the table is whole afterwards. */
static void
test_table_cut_off(void **state)
{
	struct change change = row("a.test", NULL, "mailfix-c1:");
	const char *new = TABLE_HEADER "a.test\tmailfix-c1:\n";

	(void)state;
	provision();
	store_new();
	/* both made, none renamed: nothing has happened */
	put(".mailfix_transport.mailfix-new", new);
	put(".mailfix_transport.mailfix-new.db", new);
	assert_int_equal(found(&change), CHANGE_IS_BEFORE);
	change.kind->tidy(&change, &host);
	assert_clean();
	assert_string_equal(get("mailfix_transport.db"), TABLE_HEADER);
	/* the source is renamed: tidy makes the second step */
	put(".mailfix_transport.mailfix-new.db", new);
	put("mailfix_transport", new);
	assert_int_equal(found(&change), CHANGE_IS_PARTIAL);
	change.kind->tidy(&change, &host);
	assert_clean();
	assert_string_equal(get("mailfix_transport.db"), new);
	assert_int_equal(found(&change), CHANGE_IS_AFTER);
	assert_int_equal(undo(&change), 0);
	assert_string_equal(get("mailfix_transport.db"), TABLE_HEADER);
	/* the same on the way back, and undo without tidy */
	put(".mailfix_transport.mailfix-new.db", TABLE_HEADER);
	put("mailfix_transport.db", new);
	assert_int_equal(found(&change), CHANGE_IS_PARTIAL);
	assert_int_equal(undo(&change), 0);
	assert_string_equal(get("mailfix_transport.db"), TABLE_HEADER);
	assert_clean();
}

static void
test_used_transports_stay(void **state)
{
	struct change more = add("postfix-service", "master.cf", services, 1);
	struct change limits = add("postfix-param", "main.cf", settings, 2);
	struct change used = row("a.test", NULL, "mailfix-c1:");
	const char *more_store, *limits_store, *used_store;

	(void)state;
	provision();
	put("master.cf", MASTER);
	assert_int_equal(make(&more), 0);
	more_store = host.store;
	assert_int_equal(make(&limits), 0);
	limits_store = host.store;
	assert_int_equal(make(&used), 0);
	used_store = host.store;
	host.store = more_store;
	assert_int_equal(undo(&more), -EBUSY);
	assert_non_null(strstr(why.text, "a.test"));
	host.store = limits_store;
	assert_int_equal(undo(&limits), -EBUSY);
	host.store = used_store;
	assert_int_equal(undo(&used), 0);
	swap("main.cf", "q = 1", "default_transport = mailfix-c1");
	host.store = more_store;
	assert_int_equal(undo(&more), -EBUSY);
	swap("main.cf", "default_transport = mailfix-c1",
	    "default_transport = mailfix-c11");
	host.store = limits_store;
	assert_int_equal(undo(&limits), 0);
	host.store = more_store;
	assert_int_equal(undo(&more), 0);
	assert_string_equal(get("master.cf"), MASTER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_param_round_trips),
	    TEST(test_settings_round_trip),
	    TEST(test_services_round_trip),
	    TEST(test_limit_round_trip),
	    TEST(test_others_have_edited),
	    TEST(test_ours_edited_by_others),
	    TEST(test_one_of_ours_removed),
	    TEST(test_no_longer_as_planned),
	    TEST(test_changed_in_between),
	    TEST(test_refused_by_postfix),
	    TEST(test_hostile_values),
	    TEST(test_hostile_services),
	    TEST(test_links_are_refused),
	    TEST(test_not_a_text),
	    TEST(test_lock),
	    TEST(test_owner_and_mode_stay),
	    TEST(test_cut_off_before_the_reload),
	    TEST(test_take_over),
	    TEST(test_table_create),
	    TEST(test_rows),
	    TEST(test_rows_refused),
	    TEST(test_build_fails),
	    TEST(test_table_cut_off),
	    TEST(test_used_transports_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
