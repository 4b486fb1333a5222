/*
 * test_playbook.c - playbooks: found, overlaid, masked, chosen, checked
 *
 * Purpose  a wrong playbook is refused with the place and the right name; a
 *          right one means what it says
 * Input    files made in a new folder
 * Errors   a failed assertion
 * Runs as  any user
 * Source   SPEC section 3
 */
#include <sys/stat.h>

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/playbook/playbook_read.h"
#include "tests/unit/unit.h"

static const char *const states[] = {"deferred", "hold", NULL};

static const struct action_param prune_params[] = {
    {.name = "state",
     .type = EXPR_TYPE_TEXT,
     .names = states,
     .is_required = true,
     .doc = "which"},
    {.name = "older",
     .type = EXPR_TYPE_NUMBER,
     .unit = UNIT_SECONDS,
     .doc = "age"},
    {.name = "sender",       .type = EXPR_TYPE_TEXT, .doc = "from"},
    {.name = "quick",      .type = EXPR_TYPE_BOOL, .doc = "soon"},
    {.name = NULL},
};

static const struct action_spec prune = {.name = "prune",
    .risk = RISK_DESTRUCTIVE,
    .doc = "set messages aside",
    .params = prune_params};

static const struct action_param no_params[] = {{.name = NULL}};

static const struct action_spec restart = {.name = "restart",
    .risk = RISK_DISRUPTIVE,
    .doc = "start again",
    .params = no_params};

static const struct action_spec *const actions[] = {&prune, &restart, NULL};

/* A playbook without errors, to which a test adds. */
#define GOOD                                                                   \
	"[playbook]\n"                                                         \
	"title = Disk {mount}\n"                                               \
	"severity = critical\n"                                                \
	"for-each = disk\n"                                                    \
	"when = used > 90%\n"
#define PLAIN                                                                  \
	"[playbook]\n"                                                         \
	"title = T\n"                                                          \
	"when = host.load1 > 1\n"

static char folder[64];
static struct arena *arena;
static struct lint lint;
static struct playbook_set set;

static int
folder_make(void **state)
{
	(void)state;
	(void)strcpy(folder, "/tmp/test_playbook.XXXXXX");
	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		return -1;
	arena = arena_new();
	lint = (struct lint){.arena = arena};
	return mkdir("ship", 0755) != 0 || mkdir("site", 0755) != 0;
}

static int
path_remove(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static int
folder_remove(void **state)
{
	(void)state;
	lint_done(&lint);
	arena = arena_free(arena);
	return chdir("/") != 0 ||
	       nftw(folder, path_remove, 8, FTW_DEPTH | FTW_PHYS) != 0;
}

static void
file_make(const char *path, const char *text)
{
	FILE *file;

	if (strstr(path, ".d/") != NULL) {
		char dir[128];

		(void)snprintf(dir, sizeof(dir), "%.*s",
		    (int)(strrchr(path, '/') - path), path);
		(void)mkdir(dir, 0755);
	}
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
load(const char *const *patterns)
{
	struct playbook_source source = {.shipped = "ship",
	    .site = "site",
	    .patterns = patterns,
	    .actions = actions};

	lint_done(&lint);
	lint.arena = arena;
	playbook_load(arena, &source, &set, &lint);
}

/* "a b(c)": names; those not chosen in brackets */
static const char *
names_of(void)
{
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < set.count; i++)
		buf_addf(&out, set.playbooks[i].is_chosen ? "%s " : "(%s) ",
		    set.playbooks[i].name);
	return arena_dup(arena, buf_text(&out));
}

static const char *
errors_of(void)
{
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < lint.count; i++)
		buf_addf(&out, "%s:%d: %s\n", lint.errors[i].file,
		    lint.errors[i].line, lint.errors[i].text);
	return arena_dup(arena, buf_text(&out));
}

/* One file a.ini with this text; its errors without the file's name. */
static const struct {
	const char *text, *want;
} errors[] = {
    {GOOD,                                                               ""                                             },
    {PLAIN,                                                              ""                                             },
    {"",                                                                 "0: there is no section [playbook]\n"          },
    {"[playbook]\n",                                                     "1: [playbook] has no 'title'\n"
                     "1: [playbook] has no 'when'\n"                                                },
    {"[playbook]\ntitle =\nwhen = yes\n",                                "2: title: it has no value\n"                  },
    {PLAIN "severty = info\n",
     "4: unknown key 'severty' in [playbook], did you mean 'severity'?\n"                                               },
    {PLAIN "severity = criticax\n",
     "4: severity: 'criticax' is none of: info, warning, critical, did you "
        "mean 'critical'?\n"                                                                                            },
    {PLAIN "severity = bad\n",
     "4: severity: 'bad' is none of: info, warning, critical\n"                                                         },
    {PLAIN "[playbok]\n",
     "4: unknown section [playbok], did you mean 'playbook'?\n"                                                         },
    {PLAIN "[fix]\n",                                                    "4: unknown section [fix]: a fix has a name, [fix "
                      "NAME]\n"                                                                    },
    {PLAIN "[fix Aa]\naction = restart\n",
     "4: 'Aa' is no name of a fix: lower case letters, digits, '-'\n"                                                   },
    {PLAIN "for-each = disc\n",
     "4: for-each: unknown table 'disc', did you mean 'disk'?\n"                                                        },
    {PLAIN "for-each = host\n",
     "4: for-each: table host has one row: leave for-each out and write "
        "host.COLUMN\n"                                                                                                 },
    {"[playbook]\ntitle = {mont}\nfor-each = disc\nwhen = usd > 1\n",
     "3: for-each: unknown table 'disc', did you mean 'disk'?\n"                                                        },
    {"[playbook]\ntitle = {mont}\nfor-each = disk\nwhen = usd > 1\n",
     "2: title: unknown name 'mont', did you mean 'mount'?\n"
        "4: when: unknown name 'usd', did you mean 'used'?\n"                                                           },
    {"[playbook]\ntitle = T\nwhen = host.load1\n",
     "3: when: 'host.load1' is a number (count), and yes or no is needed\n"                                             },
    {"[playbook]\ntitle = T\nwhen = host.load1\n  >\n",
     "3: when: a value is missing before the end\n"                                                                     },
    {PLAIN "for = 2 runs\n",                                             ""                                             },
    {PLAIN "for = 1 run\n",                                              ""                                             },
    {PLAIN "for = 10min\n",                                              ""                                             },
    {PLAIN "for = 0 runs\n",                                             "4: for: '0' is not a whole number from 1 to "
                             "1000\n"                                                       },
    {PLAIN "for = 1.5 runs\n",                                           "4: for: '1.5' is not a whole number from 1 "
                               "to 1000\n"                                                },
    {PLAIN "for = 2 times\n",
     "4: for: '2 times' is neither a duration, such as 10min, nor a number "
        "of runs, such as '2 runs'\n"                                                                                   },
    {PLAIN "for = 90%\n",
     "4: for: '90%' is no duration, such as 30s, 5min or 2h\n"                                                          },
    {PLAIN "for = long\n",                                               "4: for: 'long' is not a number\n"             },
    {PLAIN "masked-by = a\n",                                            "4: masked-by: a playbook cannot mask itself\n"},
    {PLAIN "masked-by = x y\n",
     "4: masked-by: 'x y' is no name of a playbook\n"                                                                   },
    {PLAIN "masked-by = ,\n",                                            "4: masked-by: '' is no name of a playbook\n"  },
    {PLAIN "masked-by = b\n",
     "4: masked-by: there is no playbook 'b', did you mean 'a'?\n"                                                      },
    {PLAIN "masked-by = other\n",
     "4: masked-by: there is no playbook 'other'\n"                                                                     },
    {PLAIN "masked-by =\nfor-each =\nfor =\n",                           ""                                             },
    {PLAIN "advice = {nothing}\n",
     "4: advice: unknown name 'nothing': without for-each, write "
        "TABLE.COLUMN, and a text in quotes\n"                                                                          },
    {PLAIN "advice = {load1}\n",
     "4: advice: unknown name 'load1': write host.load1\n"                                                              },
    {PLAIN "[fix x]\n",                                                  "4: [fix x] has no 'action'\n"                 },
    {PLAIN "[fix x]\naction = restrat\n",
     "5: action: there is no action 'restrat', did you mean 'restart'?\n"                                               },
    {PLAIN "[fix x]\naction = restart\n",                                ""                                             },
    {PLAIN "[fix x]\naction = restart\nunit = x\n",
     "6: action restart takes no 'unit'\n"                                                                              },
    {PLAIN "[fix x]\naction = restart\ncoldown = 1s\n",
     "6: action restart takes no 'coldown', did you mean 'cooldown'?\n"                                                 },
    {PLAIN "[fix x]\naction = prune\n",
     "4: [fix x] has no 'state', which action prune needs\n"                                                            },
    {PLAIN "[fix x]\naction = prune\nstate = deferrex\n",
     "6: state: 'deferrex' is not allowed here, did you mean 'deferred'?\n"                                             },
    {PLAIN "[fix x]\naction = prune\nstate = zzz\n",
     "6: state: 'zzz' is not allowed here; deferred is\n"                                                               },
    {PLAIN "[fix x]\naction = prune\nstate = {host.load1}\n",
     "6: state: '{host.load1}' is not allowed here; deferred is\n"                                                      },
    {PLAIN "[fix x]\naction = prune\nstate = hold\nolder = 5\n",
     "7: older: '5' is a number (count), and seconds are needed\n"                                                      },
    {PLAIN "[fix x]\naction = prune\nstate = hold\nolder = soon\n",
     "7: older: 'soon' is not a number\n"                                                                               },
    {PLAIN "[fix x]\naction = prune\nstate = hold\nquick = perhaps\n",
     "7: quick: 'perhaps' is neither yes nor no\n"                                                                      },
    {PLAIN "[fix x]\naction = prune\nstate = hold\nsender = {x}\n",
     "7: sender: unknown name 'x': without for-each, write TABLE.COLUMN, and "
        "a text in quotes\n"                                                                                            },
    {PLAIN "[fix x]\naction = prune\nstate = hold\nstat = hold\n",
     "7: action prune takes no 'stat', did you mean 'state'?\n"                                                         },
    {PLAIN "[fix x]\naction = restart\nlimit = 4\n",
     "6: limit: '4' is not COUNT per DURATION, such as '4 per 1h'\n"                                                    },
    {PLAIN "[fix x]\naction = restart\nlimit = 4 per 0s\n",
     "6: limit: per no time at all\n"                                                                                   },
    {PLAIN "[fix x]\naction = restart\nlimit = 4 per 5\n",
     "6: limit: '5' is no duration, such as 30s, 5min or 2h\n"                                                          },
    {PLAIN "[fix x]\naction = restart\nlimit = many per 1h\n",
     "6: limit: 'many' is not a number\n"                                                                               },
    {PLAIN "[fix x]\naction = restart\nverify = host.load1 within 5s\n",
     "6: verify: 'host.load1' is a number (count), and yes or no is "
        "needed\n"                                                                                                      },
    {PLAIN "[fix x]\naction = restart\nverify = yes within soon\n",
     "6: verify: after 'within' stands one duration, such as 60s\n"                                                     },
    {PLAIN "[fix x]\naction = restart\nverify = yes within 5s or no\n",
     "6: verify: after 'within' stands one duration, such as 60s\n"                                                     },
    {PLAIN "[fix x]\naction = restart\nverify = within 5s\n",
     "6: verify: a value is missing before the end\n"                                                                   },
    {PLAIN "[fix x]\naction = restart\nrelease = yes\n",
     "6: release: for how long must it have held? End it with, say, 'for "
        "30min'\n"                                                                                                      },
    {PLAIN "[fix x]\naction = restart\nrelease = yes for 5%\n",
     "6: release: after 'for' stands one duration, such as 60s\n"                                                       },
    {PLAIN "[fix x]\naction = restart\nwhen = maybe\n",
     "6: when: unknown name 'maybe': without for-each, write TABLE.COLUMN, "
        "and a text in quotes\n"                                                                                        },
    {PLAIN "stray\n",                                                    "4: neither a [section] nor 'key = value'\n"   },
    {PLAIN "title = again\n",                                            "4: 'title' is already in line 2\n"            },
};

static void
test_errors(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(errors); i++) {
		AUTO_BUF struct buf got = {0};

		file_make("ship/a.ini", errors[i].text);
		load(NULL);
		for (size_t j = 0; j < lint.count; j++) {
			assert_string_equal(lint.errors[j].file, "ship/a.ini");
			buf_addf(&got, "%d: %s\n", lint.errors[j].line,
			    lint.errors[j].text);
		}
		/* what only the whole set can tell leaves the playbook in it */
		if (strstr(errors[i].want, "there is no playbook") == NULL)
			assert_int_equal(set.count, errors[i].want[0] == '\0');
		if (strcmp(buf_text(&got), errors[i].want) == 0)
			continue;
		print_error("%s\n--- got\n%s--- want\n%s", errors[i].text,
		    buf_text(&got), errors[i].want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void
test_whole(void **state)
{
	const struct playbook *playbook;
	const struct fix *fix;
	char text[UNIT_TEXT_MAX];

	(void)state;
	file_make("ship/b.ini", PLAIN);
	file_make("ship/a.ini", GOOD
	    "for = 2 runs\nmasked-by = b\nadvice = Look at {mount}.\n"
	    "see = https://example.com/\n"
	    "[fix one]\naction = prune\nstate = deferred\nolder = 1h30min\n"
	    "sender = {mount}\nquick = yes\nwhen = queue.deferred > 10\n"
	    "limit = 4 per 1h\ncooldown = 2min\n"
	    "verify = used < 80% within 30s\n"
	    "release = used < 50% for 30min\n"
	    "[fix two]\naction = restart\n");
	load(NULL);
	assert_string_equal(errors_of(), "");
	assert_string_equal(names_of(), "a b ");
	playbook = playbook_find(&set, "a");
	assert_string_equal(playbook->file, "ship/a.ini");
	assert_int_equal(playbook->severity, SEVERITY_CRITICAL);
	assert_string_equal(playbook->for_each->name, "disk");
	assert_int_equal(playbook->for_runs, 2);
	assert_true(playbook->for_s == 0);
	assert_int_equal(playbook->masked_count, 1);
	assert_ptr_equal(playbook->masked_by[0], playbook_find(&set, "b"));
	assert_string_equal(playbook->see, "https://example.com/");
	assert_int_equal(playbook->fix_count, 2);
	fix = &playbook->fixes[0];
	assert_string_equal(fix->name, "one");
	assert_ptr_equal(fix->action, &prune);
	assert_int_equal(fix->param_count, 4);
	assert_string_equal(
	    unit_format(UNIT_SECONDS, fix->params[1].number, text),
	    "1 h 30 min");
	assert_string_equal(template_source(fix->params[2].text), "{mount}");
	assert_true(fix->params[3].number == 1);
	assert_int_equal(fix->limit_count, 4);
	assert_true(fix->limit_s == 3600 && fix->cooldown_s == 120);
	assert_true(fix->verify_s == 30 && fix->release_s == 1800);
	assert_non_null(fix->when);
	assert_non_null(fix->verify);
	assert_non_null(fix->release);
	fix = &playbook->fixes[1];
	assert_true(fix->verify == NULL && fix->verify_s == PLAYBOOK_VERIFY_S);
	assert_true(fix->limit_count == 0 && fix->release == NULL);
	/* queue is read by a guard alone */
	for (size_t i = 0; schema_tables[i] != NULL; i++) {
		const char *name = schema_tables[i]->name;

		assert_int_equal(set.tables[i],
		    strcmp(name, "disk") == 0 || strcmp(name, "queue") == 0 ||
		        strcmp(name, "host") == 0);
	}
	playbook = playbook_find(&set, "b");
	assert_int_equal(playbook->severity, SEVERITY_WARNING);
	assert_int_equal(playbook->for_runs, 1);
	assert_null(playbook_find(&set, "c"));
}

static void
test_site(void **state)
{
	(void)state;
	file_make("ship/a.ini", GOOD);
	file_make("ship/b.ini", PLAIN "masked-by = a, c\n");
	file_make("ship/c.ini", PLAIN);
	file_make("ship/README", "not read");
	file_make("site/a.ini", PLAIN "see = site\n");
	file_make("site/d.ini", PLAIN);
	assert_int_equal(symlink("/dev/null", "site/c.ini"), 0);
	load(NULL);
	assert_string_equal(errors_of(), "");
	assert_string_equal(names_of(), "a b d ");
	assert_string_equal(playbook_find(&set, "a")->file, "site/a.ini");
	assert_null(playbook_find(&set, "a")->for_each);
	/* the masked one is gone, and that is no error for who names it */
	assert_int_equal(playbook_find(&set, "b")->masked_count, 1);
}

static void
test_links(void **state)
{
	(void)state;
	file_make("ship/a.ini", PLAIN);
	assert_int_equal(symlink("../ship/a.ini", "site/b.ini"), 0);
	assert_int_equal(symlink("/nowhere", "site/c.ini"), 0);
	load(NULL);
	assert_string_equal(errors_of(),
	    "site/b.ini:0: site/b.ini is a link, and the only link that may "
	    "stand here is one to /dev/null\n"
	    "site/c.ini:0: site/c.ini is a link, and the only link that may "
	    "stand here is one to /dev/null\n");
	assert_string_equal(names_of(), "a ");
}

static void
test_overlays(void **state)
{
	const struct playbook *playbook;
	AUTO_BUF struct buf words = {0};

	(void)state;
	file_make(
	    "ship/a.ini", GOOD "masked-by = b\n[fix one]\naction = restart\n");
	file_make("ship/b.ini", PLAIN);
	file_make("site/a.ini.d/20-z.ini", "[playbook]\nwhen = used > 70%\n");
	file_make("site/a.ini.d/10-a.ini",
	    "[playbook]\nwhen = used > 80%\nmasked-by =\nseverity = info\n"
	    "[fix one]\nlimit = 1 per 1d\n"
	    "[fix two]\naction = restart\n");
	file_make("site/a.ini.d/notes.txt", "not read");
	load(NULL);
	assert_string_equal(errors_of(), "");
	playbook = playbook_find(&set, "a");
	expr_words(&words, playbook->when);
	assert_string_equal(buf_text(&words), "used is above 70 %");
	assert_int_equal(playbook->severity, SEVERITY_INFO);
	assert_int_equal(playbook->masked_count, 0);
	assert_int_equal(playbook->fix_count, 2);
	assert_int_equal(playbook->fixes[0].limit_count, 1);
	assert_string_equal(playbook->fixes[1].name, "two");
}

static void
test_overlay_errors(void **state)
{
	(void)state;
	file_make("ship/a.ini", PLAIN "[fix one]\naction = restart\n");
	file_make("site/a.ini.d/10.ini",
	    "\n[playbook]\nwhen = host.loud1 > 1\nwhe = x\n[fix on]\n"
	    "limit = 1 per 1h\n");
	file_make("site/aa.ini.d/10.ini", "[playbook]\n");
	load(NULL);
	assert_string_equal(errors_of(),
	    "site/a.ini.d/10.ini:3: when: table host has no column 'loud1', "
	    "did you mean 'load1'?\n"
	    "site/a.ini.d/10.ini:4: unknown key 'whe' in [playbook], did you "
	    "mean 'when'?\n"
	    "site/a.ini.d/10.ini:5: [fix on] has no 'action'\n"
	    "site/aa.ini.d:0: there is no playbook 'aa', did you mean 'a'?\n");
	assert_int_equal(set.count, 0);
}

static void
test_rings(void **state)
{
	(void)state;
	file_make("ship/a.ini", PLAIN "masked-by = b\n");
	file_make("ship/b.ini", PLAIN "masked-by = d, c\n");
	file_make("ship/c.ini", PLAIN "masked-by = a\n");
	file_make("ship/d.ini", PLAIN);
	file_make("ship/e.ini", PLAIN "masked-by = a, b\n");
	load(NULL);
	assert_string_equal(errors_of(),
	    "ship/a.ini:4: masked-by goes round: a by b by c by a\n");
}

static void
test_choice(void **state)
{
	static const char *const one[] = {"queue-*", NULL};
	static const char *const two[] = {"disk-full", "queue-old", NULL};
	static const char *const wrong[] = {"disk-ful", "zzz*", "gone", NULL};
	static const char *const none[] = {NULL};

	(void)state;
	file_make("ship/disk-full.ini", PLAIN);
	file_make("ship/queue-big.ini", PLAIN "masked-by = service\n");
	file_make("ship/queue-old.ini", PLAIN);
	file_make("ship/service.ini", PLAIN "masked-by = disk-full\n");
	file_make("ship/other.ini", PLAIN);
	assert_int_equal(symlink("/dev/null", "ship/gone.ini"), 0);
	load(one);
	assert_string_equal(errors_of(), "");
	assert_string_equal(
	    names_of(), "(disk-full) queue-big queue-old (service) ");
	load(two);
	assert_string_equal(names_of(), "disk-full queue-old ");
	load(none);
	assert_int_equal(set.count, 5);
	load(wrong);
	assert_string_equal(errors_of(),
	    "disk-ful:0: there is no such playbook, did you mean "
	    "'disk-full'?\n"
	    "gone:0: the playbook is masked\n"
	    "zzz*:0: there is no such playbook\n");
	/* a file that was not chosen is checked all the same */
	file_make("ship/other.ini", "[playbook]\ntitle = T\nwhen = x\n");
	load(two);
	assert_int_equal(lint.count, 1);
	assert_string_equal(names_of(), "disk-full queue-old ");
}

static void
test_names(void **state)
{
	(void)state;
	file_make("ship/Bad.ini", PLAIN);
	file_make("ship/under_score.ini", PLAIN);
	file_make("ship/-dash.ini", PLAIN);
	file_make("ship/good-1.ini", PLAIN);
	file_make("ship/replies.ini", "[421]\ncause = many\n");
	load(NULL);
	assert_string_equal(errors_of(),
	    "ship/-dash.ini:0: '-dash' is no name of a playbook: lower case "
	    "letters, digits, '-'\n"
	    "ship/Bad.ini:0: 'Bad' is no name of a playbook: lower case "
	    "letters, digits, '-'\n"
	    "ship/under_score.ini:0: 'under_score' is no name of a playbook: "
	    "lower case letters, digits, '-'\n");
	assert_string_equal(names_of(), "good-1 ");
}

static void
test_away(void **state)
{
	(void)state;
	assert_int_equal(rmdir("site"), 0);
	load(NULL);
	assert_int_equal(lint.count, 0);
	assert_int_equal(rmdir("ship"), 0);
	load(NULL);
	assert_string_equal(
	    errors_of(), "ship:0: open ship: No such file or directory\n");
}

static void
test_limits(void **state)
{
	AUTO_BUF struct buf text = {0};
	char path[64];

	(void)state;
	buf_add(&text, PLAIN);
	for (int i = 0; i < 17; i++)
		buf_addf(&text, "[fix f%d]\naction = restart\n", i);
	file_make("ship/a.ini", buf_text(&text));
	load(NULL);
	assert_string_equal(errors_of(), "ship/a.ini:36: more than 16 fixes\n");
	file_make("ship/a.ini", PLAIN);
	for (int i = 0; i < 512; i++) {
		(void)snprintf(path, sizeof(path), "ship/p%d.ini", i);
		file_make(path, PLAIN);
	}
	load(NULL);
	assert_int_equal(lint.count, 1);
	assert_string_equal(lint.errors[0].text, "more than 512 playbooks");
	assert_int_equal(set.count, 512);
}

static void
test_lint_file(void **state)
{
	(void)state;
	file_make("a.ini", PLAIN "masked-by = whoever\n");
	playbook_lint_file(arena, "a.ini", actions, &lint);
	assert_string_equal(errors_of(), "");
	file_make("ship/c.ini", GOOD);
	file_make("ship/c.ini.d/10.ini", "[playbook]\nwhen = used > 1%\n");
	playbook_lint_file(arena, "ship/c.ini.d/10.ini", actions, &lint);
	assert_string_equal(errors_of(), "");
	file_make("ship/c.ini.d/10.ini", "[playbook]\nwhen = usd > 1%\n");
	playbook_lint_file(arena, "ship/c.ini.d/10.ini", actions, &lint);
	assert_string_equal(errors_of(),
	    "ship/c.ini.d/10.ini:2: when: unknown name 'usd', did you mean "
	    "'used'?\n");
	lint_done(&lint);
	lint.arena = arena;
	file_make("b.ini", PLAIN "stray\n[fix x]\n");
	playbook_lint_file(arena, "b.ini", actions, &lint);
	playbook_lint_file(arena, "none.ini", actions, &lint);
	playbook_lint_file(arena, "b.conf", actions, &lint);
	assert_non_null(
	    strstr(errors_of(), "b.conf:0: a playbook's file ends in .ini\n"
	                        "b.ini:4: neither a [section] nor 'key = "
	                        "value'\nb.ini:5: [fix x] has no 'action'\n"
	                        "none.ini:0: "));
}

static void
test_words(void **state)
{
	AUTO_BUF struct buf got = {0};

	(void)state;
	file_make("ship/b.ini", PLAIN);
	file_make("ship/a.ini", GOOD
	    "for = 10min\nmasked-by = b\n"
	    "evidence = One. \\n\n   Two. Three\n[fix one]\naction = prune\n"
	    "state = hold\nolder = 90s\nlimit = 1 per 1h\n");
	load(NULL);
	playbook_words(&got, playbook_find(&set, "a"));
	assert_string_equal(buf_text(&got),
	    "a: Disk {mount}\n"
	    "  severity    critical\n"
	    "  one for     each mount (every mounted file system that mail "
	    "touches)\n"
	    "  found when  used is above 90 %\n"
	    "              for at least 10 min\n"
	    "  where       disk.used: share in use, as df(1) tells it\n"
	    "  symptom of  b\n"
	    "  fix         one: set messages aside (destructive)\n"
	    "              state: hold\n"
	    "              older: 1 min 30 s\n"
	    "              at most 1 time in 1 h for one item\n"
	    "              it has worked when the problem is gone within 1 min, "
	    "else it is undone\n"
	    "  evidence    One. \n"
	    "              Two. Three\n"
	    "  file        ship/a.ini\n");
}

static void
test_keys(void **state)
{
	(void)state;
	for (const struct playbook_key *k = playbook_keys; k->section; k++) {
		assert_true(strlen(k->doc) > 10 && strlen(k->form) > 2);
		assert_true(k->is_required == (k->otherwise[0] == '\0'));
	}
	for (int i = 0; i < SEVERITY_MAX; i++)
		assert_true(strlen(severity_to_text((enum severity)i)) > 3);
	assert_string_equal(severity_to_text(SEVERITY_MAX), "?");
}

#define IN_FOLDER(test)                                                        \
	cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(test_errors),
	    IN_FOLDER(test_whole),
	    IN_FOLDER(test_site),
	    IN_FOLDER(test_links),
	    IN_FOLDER(test_overlays),
	    IN_FOLDER(test_overlay_errors),
	    IN_FOLDER(test_rings),
	    IN_FOLDER(test_choice),
	    IN_FOLDER(test_names),
	    IN_FOLDER(test_away),
	    IN_FOLDER(test_limits),
	    IN_FOLDER(test_lint_file),
	    IN_FOLDER(test_words),
	    cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
