/*
 * playbook.h - playbooks: loaded, overlaid, checked
 *
 * The keys of a section are one table (playbook_keys); lint, the manual and
 * the loader read it.
 */
#ifndef MAILFIX_PLAYBOOK_PLAYBOOK_H
#define MAILFIX_PLAYBOOK_PLAYBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/config.h"
#include "agent/playbook/expr.h"

enum severity {
	SEVERITY_INFO,
	SEVERITY_WARNING,
	SEVERITY_CRITICAL,
	SEVERITY_MAX
};

const char *severity_to_text(enum severity severity);

/* One parameter of an action, as the loader must know it. */
struct action_param {
	const char *name;
	enum expr_type type;      /* of its value; a text is a template */
	enum unit unit;           /* of a number */
	const char *const *names; /* allowed words of a text, or NULL */
	bool is_required;
	const char *doc;
};

/* What the loader must know of an action; struct action embeds it. */
struct action_spec {
	const char *name;
	enum risk risk;
	const char *doc;
	const struct action_param *params; /* ends with a NULL name */
	const char *const *tables; /* of facts that its plan rests on; ends with
	                              NULL, or NULL: none */
};

struct fix_param {
	const struct action_param *spec;
	const struct template *text; /* a text parameter */
	double number;               /* a number or bool parameter */
};

struct fix {
	const char *name;
	const struct action_spec *action;
	const struct fix_param *params;
	size_t param_count;
	const struct expr *when; /* extra guard, or NULL */
	unsigned limit_count;    /* 0: no limit */
	double limit_s;
	double cooldown_s;
	const struct expr
	    *verify;     /* NULL: `when` of the playbook no longer holds */
	double verify_s; /* how long to wait for it */
	const struct expr *release; /* or NULL */
	double release_s;
	int line;
};

struct playbook {
	const char *name; /* the file's stem */
	const char *file;
	const struct template *title;
	enum severity severity;
	const struct table *for_each; /* or NULL */
	const struct expr *when;
	unsigned for_runs; /* 1 when not given */
	double for_s;      /* 0 when not given */
	const struct playbook **masked_by;
	size_t masked_count;
	const struct template *evidence; /* or NULL: the facts of `when` */
	const struct template *advice;   /* or NULL */
	const char *see;                 /* or NULL */
	const struct fix *fixes;
	size_t fix_count;
	bool is_chosen; /* to be reported; else only judged because it masks */
};

struct playbook_set {
	struct playbook *playbooks; /* by name */
	size_t count;
	bool *tables; /* by schema index: some loaded playbook needs it */
};

struct playbook_source {
	const char *shipped;         /* CONFIG_PLAYBOOKS, or --playbooks DIR */
	const char *site;            /* CONFIG_SITE, or NULL with --playbooks */
	const char *const *patterns; /* names or globs to load; NULL: all */
	const struct action_spec *const *actions; /* NULL-terminated */
};

/*
 * playbook_load - all of them, overlaid, type-checked
 *
 * A file in `site` replaces the shipped one of its name, a link to /dev/null
 * masks it, the .ini files of NAME.ini.d overlay single keys. All files are checked even
 * when patterns choose some; all errors of all files go to lint. A pattern
 * that matches nothing is an error. Chosen playbooks bring those that mask
 * them, judged but not reported (is_chosen).
 */
void playbook_load(struct arena *arena, const struct playbook_source *source,
    struct playbook_set *ret, struct lint *lint);

/*
 * playbook_lint_file - one file on its own, as `mailfix lint FILE`
 * A file in NAME.ini.d is checked over the playbook it belongs to.
 */
void playbook_lint_file(struct arena *arena, const char *path,
    const struct action_spec *const *actions, struct lint *lint);

const struct playbook *playbook_find(
    const struct playbook_set *set, const char *name);

/* playbook_words - `mailfix explain playbook NAME`, text without colour */
void playbook_words(struct buf *out, const struct playbook *playbook);

#endif
