/*
 * options.h - the command line: one table of options, one of commands
 *
 * Parsing, --help, the manual page and the shell's completion read the same
 * two tables.
 */
#ifndef MAILFIX_MAIN_OPTIONS_H
#define MAILFIX_MAIN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/why.h"

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct command;

struct options {
	const struct command *command; /* never NULL after options_parse */
	const char **args;             /* what is left, NULL-terminated; heap */
	size_t arg_count;

	bool is_dry_run, is_yes, is_auto;
	bool is_quiet, is_verbose;
	bool is_last;      /* undo --last */
	bool is_temporary; /* undo --temporary */
	bool is_version, is_help;
	int color;          /* enum color_mode */
	const char *format; /* NULL: text */
	const char *output; /* -o FILE, or NULL */
	const char *config; /* NULL: the installed one, which may be absent */
	const char *playbooks; /* --playbooks DIR, or NULL */
	const char *resolver;
	const char *anchors; /* audit verify --anchors FILE */
};

enum option_kind {
	OPTION_FLAG, /* bool */
	OPTION_TEXT, /* const char * */
	OPTION_WORD  /* int: index of the word in `words` */
};

/* Which commands take an option; a run is a command too. */
enum {
	FOR_RUN = 1 << 0,
	FOR_FACTS = 1 << 1,
	FOR_LINT = 1 << 2,
	FOR_HISTORY = 1 << 3,
	FOR_UNDO = 1 << 4,
	FOR_AUDIT = 1 << 5,
	FOR_PAUSE = 1 << 6,
	FOR_EXPLAIN = 1 << 7,
	FOR_ALL = (1 << 8) - 1
};

struct option_row {
	char letter; /* or 0 */
	const char *name;
	const char *value; /* "FILE"; NULL: takes none */
	enum option_kind kind;
	size_t offset; /* in struct options */
	const char *const *words;
	unsigned commands; /* FOR_... */
	const char *doc;   /* one line */
};

extern const struct option_row option_rows[]; /* ends with a NULL name */

struct command {
	const char *name;           /* "" for a run */
	const char *synopsis;       /* after the name */
	unsigned bit;               /* FOR_... */
	const char *const *formats; /* for --format; NULL: those of reports */
	int (*run)(const struct options *options); /* exit status */
	const char *doc;
};

extern const struct command command_rows[]; /* ends with a NULL name */

/*
 * options_parse - the whole command line, options and words in any order
 *
 * The first word that is the name of a command is the command; all else is its
 * arguments. After "--" every word is an argument of a run.
 * Returns 0, or -EINVAL with why (what is wrong, and the nearest right name).
 * ret->args is the caller's to free.
 */
int options_parse(int argc, const char *const *argv,
    const struct command *commands, struct options *ret, struct why *why);

#endif
