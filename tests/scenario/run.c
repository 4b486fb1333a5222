/*
 * run.c - the scenario tests: every shipped playbook on hosts of text
 *
 * Purpose  run scenario files through the real judge, plan and apply; check
 *          that all shipped playbooks load and have the scenarios they need
 * Input    run PLAYBOOK_DIR SCENARIO_DIR; the files are ours
 * Errors   FILE:LINE: text for each; the closing line counts scenarios
 * Runs as  the test; any user
 * Source   scenario.h; STYLE of the idea: Unbound's testdata
 */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "tests/scenario/scenario.h"

/* Scenario files are a page or two. */
#define FILE_BYTES_MAX 65536

/* A Monday morning; any will do. */
#define CLOCK_START_S 1767607200

static unsigned passed, failed;

void
scenario_fail(struct scenario *scenario, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)printf("%s:%d: ", scenario->file, scenario->line);
	(void)vprintf(format, args);
	(void)printf("\n");
	va_end(args);
	scenario->failures++;
}

static void
tell(bool is_ok, const char *what, const char *name)
{
	(void)printf("%s - %s: %s\n", is_ok ? "ok" : "not ok", what, name);
	if (is_ok)
		passed++;
	else
		failed++;
}

static void read_lines(struct scenario *scenario, const char *path);

static void
do_clock(struct scenario *scenario, const char *text)
{
	scenario->now_s = strtoll(text, NULL, 10);
	clock_fix(scenario->now_s);
}

static void
do_wait(struct scenario *scenario, const char *text)
{
	struct why why;
	enum unit unit;
	double seconds;

	if (unit_parse(text, &unit, &seconds, &why) < 0)
		scenario_fail(scenario, "%s", why.text);
	else
		scenario->now_s += (int64_t)seconds;
	clock_fix(scenario->now_s);
}

static void
do_base(struct scenario *scenario, const char *text)
{
	read_lines(scenario, arena_printf(scenario->arena, "%s/%s.facts",
	                         scenario->scenario_dir, text));
}

static void
do_playbook(struct scenario *scenario, const char *text)
{
	size_t count = 0;

	while (scenario->patterns[count] != NULL && scenario->has_patterns)
		count++;
	scenario->has_patterns = true; /* its own name is no longer meant */
	if (count + 2 > sizeof(scenario->patterns) / sizeof(char *)) {
		scenario_fail(scenario, "too many playbooks");
		return;
	}
	scenario->patterns[count] = arena_dup(scenario->arena, text);
	scenario->patterns[count + 1] = NULL;
}

static void
do_config(struct scenario *scenario, const char *text)
{
	unsigned number;

	if (sscanf(text, "changes-per-run = %u", &number) == 1)
		scenario->config.changes_per_run = number;
	else if (sscanf(text, "disruptive-per-hour = %u", &number) == 1)
		scenario->config.disruptive_per_hour = number;
	else if (sscanf(text, "disruptive-per-day = %u", &number) == 1)
		scenario->config.disruptive_per_day = number;
	else if (strcmp(text, "auto = safe") == 0)
		scenario->config.auto_risk = RISK_SAFE;
	else
		scenario_fail(scenario, "this setting is not understood");
}

static void
do_table(struct scenario *scenario, const char *text)
{
	(void)world_table(scenario, text);
}

static void
do_fact(struct scenario *scenario, const char *text)
{
	(void)world_fact(scenario, &scenario->world, text);
}

static void
do_effect(struct scenario *scenario, const char *text)
{
	if (text_starts(text, "FAILS "))
		scenario->effect_failure = arena_dup(scenario->arena, text + 6);
	else
		(void)world_fact(scenario, &scenario->effects, text);
}

static void
do_select(struct scenario *scenario, const char *text)
{
	unsigned count, all;
	const char **ids;

	if (sscanf(text, "%u of %u", &count, &all) != 2) {
		scenario_fail(scenario, "SELECT n of m");
		return;
	}
	ids = arena_alloc(scenario->arena, count + 1, sizeof(*ids));
	for (unsigned i = 0; i < count; i++)
		ids[i] = arena_printf(scenario->arena, "4bX%07u", i);
	scenario->selection = (struct queue_selection){
	    .ids = ids,
	    .count = count,
	    .matched = count,
	    .in_state = all,
	    .bytes = 2048.0 * count,
	    .oldest_s = 172800,
	};
}

static void
do_memory(struct scenario *scenario, const char *text)
{
	char fix[64], playbook[64], item[256], pause[32];
	int count = sscanf(text, "tried %63s %63s %255s", fix, playbook, item);
	struct why why;
	enum unit unit;
	double seconds;

	if (count >= 2) {
		state_fix_note(scenario->state, playbook,
		    count > 2 ? item : NULL, fix, true, scenario->now_s);
	} else if (sscanf(text, "failed %63s", playbook) == 1) {
		state_fix_result(scenario->state, playbook, false);
	} else if (sscanf(text, "paused %31s", pause) == 1 &&
	           unit_parse(pause, &unit, &seconds, &why) == 0) {
		state_pause(scenario->state, scenario->now_s + (int64_t)seconds,
		    "by hand");
	} else if (strcmp(text, "closed") == 0) {
		const char *path =
		    arena_printf(scenario->arena, "%s/state", scenario->dir);

		(void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		(void)state_free(scenario->state);
		(void)state_load(scenario->dir, &scenario->state, NULL);
	} else {
		scenario_fail(scenario, "this memory is not understood");
	}
}

static void
do_run(struct scenario *scenario, const char *text)
{
	(void)text;
	if (scenario->has_run)
		expect_rest(scenario);
	scenario_run(scenario);
}

static void
do_apply(struct scenario *scenario, const char *text)
{
	(void)text;
	if (!scenario->has_run)
		scenario_run(scenario);
	scenario_apply(scenario);
}

static void
do_release(struct scenario *scenario, const char *text)
{
	(void)text;
	if (!scenario->has_run)
		scenario_run(scenario);
	scenario_release(scenario);
}

static const struct command {
	const char *name;
	void (*run)(struct scenario *scenario, const char *text);
} commands[] = {
    {"CLOCK",    do_clock     },
    {"WAIT",     do_wait      },
    {"BASE",     do_base      },
    {"PLAYBOOK", do_playbook  },
    {"CONFIG",   do_config    },
    {"TABLE",    do_table     },
    {"FACT",     do_fact      },
    {"SELECT",   do_select    },
    {"OPENING",  opening_line },
    {"MEMORY",   do_memory    },
    {"THROTTLE", throttle_line},
    {"RUN",      do_run       },
    {"EFFECT",   do_effect    },
    {"APPLY",    do_apply     },
    {"RELEASE",  do_release   },
    {"EXPECT",   expect_line  },
};

static void
do_line(struct scenario *scenario, char *line)
{
	char *text = strchr(line, ' ');

	if (text != NULL)
		*text++ = '\0';
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, line) == 0) {
			commands[i].run(scenario, text != NULL ? text : "");
			return;
		}
	scenario_fail(scenario, "there is no %s", line);
}

/* master.cf, as far as actions ask for it. */
static const struct mta_service services[] = {
    {.name = "smtp",
     .type = "inet",
     .program = "smtpd",
     .limit = "-",
     .process_limit = 100}
};

static void
scenario_begin(struct scenario *scenario, const char *name, const char *stem)
{
	scenario->arena = arena_new();
	scenario->name = arena_dup(scenario->arena, name);
	scenario->failures = 0;
	scenario->patterns[0] = arena_dup(scenario->arena, stem);
	scenario->patterns[1] = NULL;
	scenario->config = (struct config){
	    .mta = "auto",
	    .auto_risk = RISK_DESTRUCTIVE,
	    .changes_per_run = 10,
	    .disruptive_per_hour = 2,
	    .disruptive_per_day = 6,
	    .quiet_from_min = -1,
	    .quiet_to_min = -1,
	};
	scenario->mta = (struct mta){.kind = "postfix",
	    .version = "3.7.11",
	    .config_dir = "/etc/postfix",
	    .queue_dir = "/var/spool/postfix",
	    .services = services,
	    .service_count = 1};
	throttle_begin(scenario);
	(void)strcpy(scenario->dir, "/tmp/scenario.XXXXXX");
	if (mkdtemp(scenario->dir) == NULL)
		abort();
	scenario->now_s = CLOCK_START_S;
	clock_fix(scenario->now_s);
	(void)state_load(scenario->dir, &scenario->state, NULL);
}

/* remove_files - what a run left in its directory */
static void
remove_files(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char below[300];

		if (entry->d_name[0] == '.' &&
		    (entry->d_name[1] == '\0' || entry->d_name[1] == '.'))
			continue;
		(void)snprintf(
		    below, sizeof(below), "%s/%s", path, entry->d_name);
		if (unlink(below) < 0)
			remove_files(below);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(path);
}

static void
scenario_end(struct scenario *scenario)
{
	if (scenario->name == NULL)
		return;
	if (!scenario->has_run)
		scenario_fail(scenario, "this scenario never runs");
	else
		expect_rest(scenario);
	tell(scenario->failures == 0, scenario->file, scenario->name);
	remove_files(scenario->dir);
	(void)state_free(scenario->state);
	free(scenario->world.entries);
	free(scenario->effects.entries);
	(void)arena_free(scenario->arena);
	*scenario = (struct scenario){
	    .file = scenario->file,
	    .line = scenario->line,
	    .playbook_dir = scenario->playbook_dir,
	    .scenario_dir = scenario->scenario_dir,
	};
}

static void
read_lines(struct scenario *scenario, const char *path)
{
	struct scenario outer = {
	    .file = scenario->file, .line = scenario->line};
	AUTO_BUF struct buf text = {0};
	struct why why;
	char *line, *rest;
	char stem[64];

	if (file_read(AT_FDCWD, path, FILE_BYTES_MAX, &text, &why) < 0) {
		scenario_fail(scenario, "%s", why.text);
		return;
	}
	(void)snprintf(stem, sizeof(stem), "%s", strrchr(path, '/') + 1);
	stem[strcspn(stem, ".")] = '\0';
	scenario->file = path;
	scenario->line = 0;
	rest = text.text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		scenario->line++;
		line += strspn(line, " \t");
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (text_starts(line, "SCENARIO ")) {
			scenario_end(scenario);
			scenario_begin(scenario, line + 9, stem);
		} else if (scenario->name == NULL) {
			scenario_fail(scenario, "a file starts with SCENARIO");
		} else {
			do_line(scenario, line);
		}
	}
	if (outer.file == NULL)
		scenario_end(scenario);
	scenario->file = outer.file;
	scenario->line = outer.line;
}

/* Every playbook needs these; without a fix there is none to fail. */
static const char *const needed[] = {
    "healthy", "sick", "unknown", "second run"};

static bool
has_scenario(const char *text, const char *name)
{
	AUTO_BUF struct buf line = {0};

	buf_addf(&line, "SCENARIO %s\n", name);
	return strstr(text, buf_text(&line)) != NULL;
}

static void
check_playbook(const struct playbook *playbook, const char *scenario_dir)
{
	AUTO_BUF struct buf text = {0}, path = {0};
	const char *fourth = playbook->fix_count != 0 ? "fix fails" : "no fix";
	bool is_ok;

	buf_addf(&path, "%s/%s.txt", scenario_dir, playbook->name);
	is_ok = file_read(AT_FDCWD, buf_text(&path), FILE_BYTES_MAX, &text,
	            NULL) == 0;
	for (size_t i = 0; is_ok && i < sizeof(needed) / sizeof(*needed); i++)
		if (!has_scenario(buf_text(&text), needed[i])) {
			(void)printf("%s: it has no SCENARIO %s\n",
			    buf_text(&path), needed[i]);
			is_ok = false;
		}
	if (is_ok && !has_scenario(buf_text(&text), fourth)) {
		(void)printf(
		    "%s: it has no SCENARIO %s\n", buf_text(&path), fourth);
		is_ok = false;
	}
	tell(is_ok, playbook->name, "has its scenarios");
}

static void
check_playbooks(const char *playbook_dir, const char *scenario_dir)
{
	struct arena *arena = arena_new();
	struct lint lint = {.arena = arena};
	struct playbook_set set = {0};
	const struct playbook_source source = {
	    .shipped = playbook_dir,
	    .actions = action_specs(),
	};

	playbook_load(arena, &source, &set, &lint);
	for (size_t i = 0; i < lint.count; i++)
		(void)printf("%s:%d: %s\n", lint.errors[i].file,
		    lint.errors[i].line, lint.errors[i].text);
	tell(lint.count == 0 && set.count != 0, playbook_dir,
	    "all playbooks load");
	for (size_t i = 0; i < set.count; i++)
		check_playbook(&set.playbooks[i], scenario_dir);
	lint_done(&lint);
	(void)arena_free(arena);
}

int
main(int argc, char **argv)
{
	glob_t files = {0};
	char pattern[256];

	if (argc != 3)
		return 64;
	check_playbooks(argv[1], argv[2]);
	(void)snprintf(pattern, sizeof(pattern), "%s/*.txt", argv[2]);
	(void)glob(pattern, 0, NULL, &files);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct scenario scenario = {
		    .playbook_dir = argv[1],
		    .scenario_dir = argv[2],
		};

		read_lines(&scenario, files.gl_pathv[i]);
	}
	globfree(&files);
	(void)printf(
	    "scenario: %u passed, %u failed, 0 skipped\n", passed, failed);
	return failed == 0 ? 0 : 1;
}
