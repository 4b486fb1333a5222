/*
 * playbook_read.h - one playbook: from merged INI entries to a checked playbook
 *
 * playbook_load.c finds and overlays the files, playbook_read.c goes through
 * their sections, playbook_keys.c knows each key. Others include playbook.h;
 * the manual and the lint test may read playbook_keys.
 */
#ifndef MAILFIX_PLAYBOOK_PLAYBOOK_READ_H
#define MAILFIX_PLAYBOOK_PLAYBOOK_READ_H

#include "agent/base/ini.h"
#include "agent/playbook/playbook.h"

/* A playbook has one problem and a few ways out of it. */
#define PLAYBOOK_FIXES_MAX     16
#define PLAYBOOK_MASKED_BY_MAX 32

/*
 * How long a fix may take to show its effect when `verify` does not say:
 * as long as a service of a mail host takes to start, with room.
 */
#define PLAYBOOK_VERIFY_S 60

/* A name in masked-by, and where it stands. */
struct masked_name {
	const char *name, *file;
	int line;
};

/* A playbook while it is read. */
struct playbook_draft {
	struct playbook playbook;
	struct masked_name masked[PLAYBOOK_MASKED_BY_MAX];
	size_t masked_count;
	bool is_masked; /* by a link to /dev/null */
	bool is_wrong;  /* has errors */
	bool is_needed; /* chosen, or masks one that is */
};

struct playbook_reader {
	struct arena *arena;
	struct lint *lint;
	const struct action_spec *const *actions;
	struct ini ini; /* the file with its overlays */
	struct playbook_draft *draft;
	struct fix *fix;  /* the [fix] at hand */
	bool is_row_lost; /* for-each is wrong: names cannot be judged */
};

struct playbook_key {
	const char *section; /* "playbook" or "fix" */
	const char *key;
	bool is_required;
	const char *form;      /* what the value looks like */
	const char *otherwise; /* what holds when it is not given */
	const char *doc;

	/* parse - set it in reader->draft or reader->fix; false: told to lint */
	bool (*parse)(
	    struct playbook_reader *reader, const struct ini_entry *entry);
};

/* Ends with a NULL section. In the order in which they are parsed. */
extern const struct playbook_key playbook_keys[];

/* playbook_read - all sections of reader->ini into reader->draft */
void playbook_read(struct playbook_reader *reader);

/* playbook_param_read - one parameter of the fix's action */
bool playbook_param_read(struct playbook_reader *reader,
    const struct action_param *spec, const struct ini_entry *entry,
    struct fix_param *ret);

/* playbook_error - to lint, "key: text" at the entry's place; false */
bool playbook_error(struct playbook_reader *reader,
    const struct ini_entry *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* playbook_guess - ", did you mean 'x'?" or "" */
const char *playbook_guess(
    struct arena *arena, const char *name, const char *const *names);

/* playbook_name_is_right - lower case letters, digits, '-' */
bool playbook_name_is_right(const char *name);

/* playbook_masks_find - names in masked-by to drafts: all there, no ring */
void playbook_masks_check(
    struct playbook_draft *const *drafts, size_t count, struct lint *lint);

/* playbook_draft_find - index by name, or -1; drafts are sorted by it */
int playbook_draft_find(
    struct playbook_draft *const *drafts, size_t count, const char *name);

/* playbook_tables - mark the tables that a playbook reads */
void playbook_tables(const struct playbook *playbook, bool *wanted);

#endif
