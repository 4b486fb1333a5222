/*
 * generate.c - the manual, the configuration file, the completion: from tables
 *
 * Purpose  at build time: copy a template from stdin and put tables of the
 *          program in the place of lines like @OPTIONS@ (or of such words)
 * Input    our own templates and tables
 * Errors   an unknown @NAME@ in a template ends it with status 1
 * Runs as  whoever builds
 * Source   mdoc(7) for the manual
 */
#include <stdio.h>
#include <string.h>

#include "actions/action.h"
#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/fact/schema.h"
#include "agent/main/options.h"
#include "agent/playbook/playbook_read.h"
#include "agent/report/report.h"

/* roff takes a backslash, and a point or quote at the start of a line, for
 * its own. */
static void
roff_add(struct buf *out, const char *text)
{
	if (text[0] == '.' || text[0] == '\'')
		buf_add(out, "\\&");
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			buf_add(out, "\\e");
		else if (*text == '-')
			buf_add(out, "\\-");
		else
			buf_add_char(out, *text);
	}
}

static void
roff_line(struct buf *out, const char *text)
{
	roff_add(out, text);
	buf_add_char(out, '\n');
}

static void
manual_options(struct buf *out)
{
	for (const struct option_row *row = option_rows; row->name; row++) {
		buf_add(out, ".It ");
		if (row->letter != 0)
			buf_addf(out, "Fl %c , ", row->letter);
		buf_addf(out, "Fl \\-%s", row->name);
		if (row->value != NULL)
			buf_addf(out, " Ar %s", row->value);
		buf_add_char(out, '\n');
		roff_line(out, row->doc);
	}
}

static void
manual_commands(struct buf *out)
{
	for (const struct command *c = command_rows; c->name != NULL; c++) {
		buf_add(out, ".It ");
		if (c->name[0] != '\0')
			buf_addf(out, "Cm %s ", c->name);
		if (c->synopsis[0] != '\0') {
			buf_add(out, "Li ");
			buf_addf(out, "\"%s\"", c->synopsis);
		}
		buf_add_char(out, '\n');
		roff_line(out, c->doc);
	}
}

static void
manual_config(struct buf *out)
{
	for (const struct config_key *k = config_keys; k->section; k++) {
		buf_addf(out, ".It Bo %s Bc %s", k->section, k->key);
		buf_add(out, "\n");
		roff_line(out, k->doc);
		if (k->otherwise[0] != '\0')
			buf_addf(out, "Default:\n.Ql %s .\n", k->otherwise);
	}
}

static const char *
type_words(const struct column *column)
{
	switch (column->type) {
	case COLUMN_BOOL:
		return "true, false";
	case COLUMN_NUMBER:
		return unit_name(column->unit);
	case COLUMN_TEXT:
		return "text";
	case COLUMN_ENUM:
		break;
	}
	return "word";
}

static void
manual_facts(struct buf *out)
{
	for (size_t i = 0; schema_tables[i] != NULL; i++) {
		const struct table *table = schema_tables[i];

		buf_addf(out, ".Ss %s", table->name);
		buf_add(out, "\n");
		if (table->key != NULL)
			buf_addf(out, "For each %s: ", table->key);
		roff_line(out, table->doc);
		buf_add(out, ".Bl -tag -width 12n -compact\n");
		for (size_t k = 0; k < table->column_count; k++) {
			const struct column *column = &table->columns[k];

			buf_addf(out, ".It Va %s Pq %s\n", column->name,
			    type_words(column));
			roff_line(out, column->doc);
		}
		buf_add(out, ".El\n");
	}
}

static void
manual_actions(struct buf *out)
{
	for (size_t i = 0; action_table[i] != NULL; i++) {
		const struct action_spec *spec = &action_table[i]->spec;

		buf_addf(out, ".It Cm %s Pq %s\n", spec->name,
		    risk_to_text(spec->risk));
		roff_line(out, spec->doc);
		for (const struct action_param *p = spec->params;
		     p != NULL && p->name != NULL; p++) {
			buf_addf(out, ".br\n.Va %s%s: ", p->name,
			    p->is_required ? "" : " (may be left out)");
			roff_line(out, p->doc);
		}
	}
}

static void
manual_keys(struct buf *out)
{
	for (const struct playbook_key *k = playbook_keys; k->section; k++) {
		buf_addf(out, ".It Bo %s Bc %s =",
		    strcmp(k->section, "fix") == 0 ? "fix NAME" : k->section,
		    k->key);
		buf_addf(out, " \\&%s\n", k->form);
		roff_line(out, k->doc);
		if (!k->is_required) {
			buf_add(out, "Default:\n");
			roff_line(out, k->otherwise);
		}
	}
}

/* expr_grammar, as it is, in a literal block */
static void
manual_grammar(struct buf *out)
{
	AUTO_BUF struct buf text = {0};

	expr_grammar(&text);
	for (const char *line = buf_text(&text); *line != '\0';) {
		size_t length = strcspn(line, "\n");
		AUTO_FREE char *copy = strndup(line, length);

		if (copy != NULL)
			roff_line(out, copy);
		line += length + (line[length] == '\n');
	}
}

static void
manual_formats(struct buf *out)
{
	for (size_t i = 0; report_formats[i] != NULL; i++)
		buf_addf(
		    out, "%s%s", i > 0 ? " " : "", report_formats[i]->name);
}

static void
manual_date(struct buf *out)
{
	buf_add(out, "November 22, 2026");
}

static void
config_file(struct buf *out)
{
	const char *section = "";

	buf_add(out,
	    "# mailfix: every key with its default. Everything here is "
	    "optional; remove the\n# \"#\" before a key to change it. mailfix "
	    "lint checks this file; mailfix(8)\n# explains it. Files in "
	    "mailfix.conf.d/ are read after this one.\n");
	for (const struct config_key *k = config_keys; k->section; k++) {
		if (strcmp(section, k->section) != 0)
			buf_addf(out, "\n[%s]\n", k->section);
		section = k->section;
		buf_addf(out, "# %s\n#%s =%s%s\n", k->doc, k->key,
		    k->otherwise[0] != '\0' ? " " : "", k->otherwise);
	}
}

static void
words_commands(struct buf *out)
{
	for (const struct command *c = command_rows; c->name != NULL; c++)
		if (c->name[0] != '\0')
			buf_addf(
			    out, "%s%s", out->length > 0 ? " " : "", c->name);
}

static void
words_options(struct buf *out)
{
	for (const struct option_row *row = option_rows; row->name; row++)
		buf_addf(out, "%s--%s", out->length > 0 ? " " : "", row->name);
}

static void
words_tables(struct buf *out)
{
	for (size_t i = 0; schema_tables[i] != NULL; i++)
		buf_addf(out, "%s%s", i > 0 ? " " : "", schema_tables[i]->name);
}

static const struct {
	const char *mode, *name;
	void (*write)(struct buf *out);
} parts[] = {
    {"manual",     "OPTIONS",  manual_options },
    {"manual",     "COMMANDS", manual_commands},
    {"manual",     "CONFIG",   manual_config  },
    {"manual",     "FACTS",    manual_facts   },
    {"manual",     "KEYS",     manual_keys    },
    {"manual",     "GRAMMAR",  manual_grammar },
    {"manual",     "ACTIONS",  manual_actions },
    {"manual",     "DATE",     manual_date    },
    {"completion", "OPTIONS",  words_options  },
    {"completion", "COMMANDS", words_commands },
    {"completion", "TABLES",   words_tables   },
    {"completion", "FORMATS",  manual_formats },
};

/* Replace the first @NAME@ of the line; false when there is none. */
static int
line_fill(const char *mode, const char *line, struct buf *out)
{
	const char *begin = strchr(line, '@');
	const char *end = begin != NULL ? strchr(begin + 1, '@') : NULL;

	if (end == NULL) {
		buf_add(out, line);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
		AUTO_BUF struct buf part = {0};

		if (strcmp(parts[i].mode, mode) != 0 ||
		    strlen(parts[i].name) != (size_t)(end - begin - 1) ||
		    memcmp(parts[i].name, begin + 1, strlen(parts[i].name)))
			continue;
		parts[i].write(&part);
		buf_add_n(out, line, (size_t)(begin - line));
		buf_add(out, buf_text(&part));
		if (part.length > 0 && part.text[part.length - 1] == '\n')
			end += strspn(end + 1, "\n");
		buf_add(out, end + 1);
		return 0;
	}
	(void)fprintf(stderr, "generate: what is %s", begin);
	return 1;
}

int
main(int argc, char **argv)
{
	AUTO_BUF struct buf out = {0};
	char line[1024];

	if (argc != 2)
		return 1;
	if (strcmp(argv[1], "config") == 0)
		config_file(&out);
	while (fgets(line, sizeof(line), stdin) != NULL)
		if (line_fill(argv[1], line, &out) != 0)
			return 1;
	return fputs(buf_text(&out), stdout) == EOF || fflush(stdout) == EOF;
}
