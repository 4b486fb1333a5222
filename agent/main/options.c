/*
 * options.c - the command line
 *
 * Purpose  turn words into struct options by the table of options
 * Input    argv of the user who started it; trusted, but checked
 * Errors   -EINVAL and what is wrong, with the name that was probably meant
 * Runs as  the actor, before anything else
 * Source   POSIX utility conventions with long options: --name=value, --name
 *          value, -n, -nq, -oFILE; "--" ends the options
 */
#include "agent/main/options.h"

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "agent/base/text.h"
#include "agent/report/report.h"

/* More formats than anybody will write. */
#define OPTIONS_FORMATS_MAX 16

static const char *const color_words[] = {"auto", "always", "never", NULL};

#define FLAG(l, n, member, who, text)                                          \
	{                                                                      \
		.letter = (l), .name = (n), .kind = OPTION_FLAG,               \
		.offset = offsetof(struct options, member), .commands = (who), \
		.doc = (text)                                                  \
	}
#define TEXT(l, n, v, member, who, text)                                       \
	{                                                                      \
		.letter = (l), .name = (n), .value = (v), .kind = OPTION_TEXT, \
		.offset = offsetof(struct options, member), .commands = (who), \
		.doc = (text)                                                  \
	}

#define FOR_LOOK (FOR_RUN | FOR_FACTS)

const struct option_row option_rows[] = {
    FLAG('n', "dry-run", is_dry_run, FOR_RUN,
        "look, diagnose and plan, but change nothing at all"),
    FLAG('y', "yes", is_yes, FOR_RUN, "approve every planned fix"),
    FLAG(0, "auto", is_auto, FOR_RUN,
        "approve what the policy in the configuration allows"),
    TEXT(0, "format", "FORMAT", format, FOR_ALL,
        "how to write the result: text, json, nagios"),
    TEXT('o', "output", "FILE", output, FOR_ALL,
        "write the result to FILE, replaced as a whole"),
    TEXT(0, "config", "FILE", config, FOR_ALL,
        "read FILE instead of /etc/mailfix/mailfix.conf"),
    TEXT(0, "playbooks", "DIR", playbooks,
        FOR_LOOK | FOR_LINT | FOR_EXPLAIN | FOR_UNDO,
        "read the playbooks in DIR, not the installed ones"),
    TEXT(0, "resolver", "ADDR[@PORT]", resolver, FOR_LOOK | FOR_EXPLAIN,
        "ask this name server instead of the system's"),
    {.name = "color",
       .value = "WHEN",
       .kind = OPTION_WORD,
       .offset = offsetof(struct options, color),
       .words = color_words,
       .commands = FOR_ALL,
       .doc = "auto, always or never; NO_COLOR means never"},
    FLAG(0, "last", is_last, FOR_UNDO,
        "undo the last run that changed anything"),
    FLAG(0, "temporary", is_temporary, FOR_UNDO,
        "undo what a later run would have ended by itself"),
    TEXT(0, "anchors", "FILE", anchors, FOR_AUDIT,
        "for verify: \"seq hash\" lines kept elsewhere"),
    FLAG('q', "quiet", is_quiet, FOR_ALL, "say only what is wrong"),
    FLAG('v', "verbose", is_verbose, FOR_ALL, "say more"),
    FLAG(0, "version", is_version, FOR_ALL, "print the version and end"),
    FLAG('h', "help", is_help, FOR_ALL, "print this text and end"),
    {.name = NULL},
};

/* One command line being read. */
struct reader {
	const char *const *argv;
	int argc, at;
	const struct command *commands;
	struct options *options;
	const struct option_row *seen[ARRAY_COUNT(option_rows)];
	size_t seen_count;
	struct why *why;
};

static const struct option_row *
row_by_name(const char *name, size_t length)
{
	for (const struct option_row *row = option_rows; row->name; row++)
		if (strlen(row->name) == length &&
		    memcmp(row->name, name, length) == 0)
			return row;
	return NULL;
}

static const struct option_row *
row_by_letter(char letter)
{
	for (const struct option_row *row = option_rows; row->name; row++)
		if (row->letter == letter)
			return row;
	return NULL;
}

static int
unknown_option(struct reader *reader, const char *word)
{
	const char *names[ARRAY_COUNT(option_rows)];
	AUTO_FREE char *name = mem_dup(word + 2);
	const char *nearest;
	size_t n = 0;

	name[strcspn(name, "=")] = '\0';
	for (const struct option_row *row = option_rows; row->name; row++)
		names[n++] = row->name;
	names[n] = NULL;
	nearest = text_nearest(name, names);
	if (nearest == NULL)
		return why_set(
		    reader->why, -EINVAL, "there is no option --%s", name);
	return why_set(reader->why, -EINVAL,
	    "there is no option --%s; did you mean --%s?", name, nearest);
}

static int
word_set(struct reader *reader, const struct option_row *row, const char *value,
    int *target)
{
	const char *nearest;

	for (int i = 0; row->words[i] != NULL; i++)
		if (strcmp(row->words[i], value) == 0) {
			*target = i;
			return 0;
		}
	nearest = text_nearest(value, row->words);
	return why_set(reader->why, -EINVAL, "--%s does not take \"%s\"%s%s%s",
	    row->name, value, nearest != NULL ? "; did you mean " : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
}

/* value: given with the option, or NULL: the next word of the command line */
static int
option_set(
    struct reader *reader, const struct option_row *row, const char *value)
{
	char *target = (char *)reader->options + row->offset;

	reader->seen[reader->seen_count] = row;
	if (reader->seen_count + 1 < ARRAY_COUNT(reader->seen))
		reader->seen_count++;
	if (row->kind == OPTION_FLAG) {
		if (value != NULL)
			return why_set(reader->why, -EINVAL,
			    "--%s takes no value", row->name);
		*(bool *)(void *)target = true;
		return 0;
	}
	if (value == NULL && reader->at < reader->argc)
		value = reader->argv[reader->at++];
	if (value == NULL || value[0] == '\0')
		return why_set(reader->why, -EINVAL, "--%s needs a value: %s",
		    row->name, row->value);
	if (row->kind == OPTION_WORD)
		return word_set(reader, row, value, (int *)(void *)target);
	*(const char **)(void *)target = value;
	return 0;
}

static int
long_option(struct reader *reader, const char *word)
{
	const char *name = word + 2, *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_row *row = row_by_name(name, length);

	if (row == NULL)
		return unknown_option(reader, word);
	return option_set(reader, row, equals != NULL ? equals + 1 : NULL);
}

static int
short_options(struct reader *reader, const char *word)
{
	for (const char *p = word + 1; *p != '\0'; p++) {
		const struct option_row *row = row_by_letter(*p);
		const char *value = NULL;
		int r;

		if (row == NULL)
			return why_set(
			    reader->why, -EINVAL, "there is no option -%c", *p);
		if (row->kind != OPTION_FLAG && p[1] != '\0')
			value = p + 1;
		r = option_set(reader, row, value);
		if (r < 0 || row->kind != OPTION_FLAG)
			return r;
	}
	return 0;
}

static const struct command *
command_find(const struct command *commands, const char *name)
{
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void
word_add(struct reader *reader, const char **args, const char *word)
{
	struct options *options = reader->options;
	const struct command *command;

	if (options->arg_count == 0 && options->command == NULL) {
		command = command_find(reader->commands, word);
		if (command != NULL) {
			options->command = command;
			return;
		}
		options->command = command_find(reader->commands, "");
	}
	args[options->arg_count++] = word;
}

static int
words_read(struct reader *reader, const char **args)
{
	bool is_words_only = false;
	int r = 0;

	while (r == 0 && reader->at < reader->argc) {
		const char *word = reader->argv[reader->at++];

		if (is_words_only || word[0] != '-' || word[1] == '\0') {
			word_add(reader, args, word);
		} else if (strcmp(word, "--") == 0) {
			is_words_only = true;
			if (reader->options->command == NULL)
				reader->options->command =
				    command_find(reader->commands, "");
		} else if (word[1] == '-') {
			r = long_option(reader, word);
		} else {
			r = short_options(reader, word);
		}
	}
	return r;
}

/* Does the command take each option that was given, and the format? */
static int
options_fit(const struct reader *reader)
{
	const struct options *options = reader->options;
	const struct command *command = options->command;
	const char *name = command->name[0] != '\0' ? command->name : "a run";

	for (size_t i = 0; i < reader->seen_count; i++)
		if ((reader->seen[i]->commands & command->bit) == 0)
			return why_set(reader->why, -EINVAL,
			    "--%s does not go with %s", reader->seen[i]->name,
			    name);
	if (options->is_yes && options->is_auto)
		return why_set(reader->why, -EINVAL,
		    "--yes and --auto do not go together");
	if (options->is_dry_run && (options->is_yes || options->is_auto))
		return why_set(reader->why, -EINVAL,
		    "--dry-run changes nothing; it does not go with --%s",
		    options->is_yes ? "yes" : "auto");
	if (options->is_quiet && options->is_verbose)
		return why_set(reader->why, -EINVAL,
		    "--quiet and --verbose do not go together");
	return 0;
}

static int
format_fit(const struct reader *reader)
{
	const struct options *options = reader->options;
	const char *names[OPTIONS_FORMATS_MAX + 1] = {NULL};
	const char *const *formats = options->command->formats;
	const char *format = options->format, *nearest;

	if (format == NULL)
		return 0;
	for (size_t i = 0; i < OPTIONS_FORMATS_MAX; i++) {
		if (report_formats[i] == NULL)
			break;
		names[i] = report_formats[i]->name;
	}
	if (formats == NULL)
		formats = names;
	for (size_t i = 0; formats[i] != NULL; i++)
		if (strcmp(formats[i], format) == 0)
			return 0;
	nearest = text_nearest(format, formats);
	return why_set(reader->why, -EINVAL,
	    "there is no format \"%s\" here%s%s%s", format,
	    nearest != NULL ? "; did you mean " : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
}

int
options_parse(int argc, const char *const *argv, const struct command *commands,
    struct options *ret, struct why *why)
{
	AUTO_FREE const char **args =
	    mem_alloc((size_t)argc + 1, sizeof(*args));
	struct options options = {0};
	struct reader reader = {.argv = argv,
	    .argc = argc,
	    .at = 1,
	    .commands = commands,
	    .options = &options,
	    .why = why};
	int r;

	r = words_read(&reader, args);
	if (r < 0)
		return r;
	if (options.command == NULL)
		options.command = command_find(commands, "");
	if (!options.is_help && !options.is_version) {
		r = options_fit(&reader);
		if (r < 0)
			return r;
		r = format_fit(&reader);
		if (r < 0)
			return r;
	}
	options.args = TAKE(args);
	*ret = options;
	return 0;
}
