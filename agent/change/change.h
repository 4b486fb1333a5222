/*
 * change.h - the closed set of changes that the privileged side can make
 *
 * A change is plain text in all its parts, so that it can be shown, recorded
 * durably before it is made, and undone by a later process. A new kind of
 * change is one file here and one row in change_table.def.
 */
#ifndef MAILFIX_CHANGE_CHANGE_H
#define MAILFIX_CHANGE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"
#include "agent/mta/mta.h"

struct change_kind;
struct conf_edit;

struct change {
	unsigned id; /* within the run, from 1 */
	const struct change_kind *kind;
	const char *verb; /* of the kind: "start", "hold", "prune", "build" */
	const char
	    *target; /* what is changed, for people and for the machine */
	const char *before; /* NULL: was not there, or does not apply */
	const char *after;  /* NULL: will not be there */
	const char *text; /* one line of the plan: "start postfix@-.service" */
	const char *detail; /* the kind's own argument, one line; or NULL */
	const char *const *items; /* long lists (queue ids); NULL-terminated */
	size_t item_count;
	/*
	 * Changes may stand on others: a row of a table on the services that its
	 * values name. `base` is what they share ("mailfix_transport"); is_base:
	 * this one makes a part of it, all others use it. By hand a base is not
	 * undone while a change that uses it is kept, and goes with the last one
	 * that did. NULL: it stands alone.
	 */
	const char *base;
	bool is_base;
};

/* What a kind may use while it works. */
struct change_host {
	struct arena *arena;
	const struct config *config;
	const struct mta *mta;
	const char *store; /* directory of this change's before-image; exists */
};

/* What is found when an interrupted or an old change is looked at again. */
enum change_found {
	CHANGE_IS_BEFORE,  /* the target is as it was before */
	CHANGE_IS_AFTER,   /* as we left it */
	CHANGE_IS_PARTIAL, /* between: ours, but only half made */
	CHANGE_IS_FOREIGN  /* somebody else has changed it since */
};

struct change_kind {
	const char *name;         /* "unit", "file", "queue-move", ... */
	const char *const *verbs; /* NULL-terminated */
	bool is_undoable;
	/*
	 * a target takes several side by side, told apart by `after`: the rules of
	 * a chain, the ports of a zone
	 */
	bool is_beside;
	/* how each verb edits a file of the configuration; conf_edit.h; or NULL */
	const struct conf_edit *edits;
	/* verbs that have no undo all the same; NULL-terminated, or NULL */
	const char *const *lasting;
	/*
	 * of these, verbs that leave nothing to undo: a reload, a delivery that
	 * was tried again; NULL-terminated, or NULL
	 */
	const char *const *traceless;

	/*
	 * check - may it be made, now? The actor's own second look at the decisive
	 * fact. -ESTALE: the host is no longer as planned; -EPERM: it would do
	 * harm (why says what).
	 */
	int (*check)(const struct change *change, struct change_host *host,
	    struct why *why);

	/* capture - keep in host->store all that undo needs; durable on return */
	int (*capture)(const struct change *change, struct change_host *host,
	    struct why *why);

	/* perform - make it; returns when it has taken effect or has failed */
	int (*perform)(const struct change *change, struct change_host *host,
	    struct why *why);

	/* look - where does the target stand? Read only; why says what differs */
	int (*look)(const struct change *change, struct change_host *host,
	    enum change_found *ret, struct why *why);

	/* undo - put back what capture kept; 0 also when it was back already */
	int (*undo)(const struct change *change, struct change_host *host,
	    struct why *why);

	/*
	 * take_over - `change` from now on stands for `older`, too, which was kept
	 * before it for the same target and verb, and whose `after` is its
	 * `before`: undo will lead back to where the target was before `older`.
	 * The caller gives `change` the older one's `before`; this gives its store
	 * what undo needs beyond that. Durable on return; called again after a
	 * crash. -EBADMSG, -EOPNOTSUPP: it cannot be done, each is undone on its
	 * own. NULL: so is each change of this kind.
	 */
	int (*take_over)(const struct change *change, struct change_host *host,
	    const struct change *older, struct change_host *older_host,
	    struct why *why);

	/*
	 * tidy - after a crash: remove what perform or undo may have left beside
	 * the target when they were cut off; best effort. May be NULL.
	 */
	void (*tidy)(const struct change *change, struct change_host *host);
};

extern const struct change_kind *const change_kinds[]; /* NULL-terminated */
const struct change_kind *change_kind_find(const char *name);

/* change_is_undoable - has this verb of its kind an undo? */
bool change_is_undoable(const struct change *change);

/* change_is_traceless - has it none because there is nothing to undo? */
bool change_is_traceless(const struct change *change);

/*
 * Effects: the last step, as a table. A run that only shows its plan has
 * another table plugged in; no function has a dry_run parameter. Such a table
 * answers EFFECTS_SHOWN where the change would begin to leave a trace.
 */
#define EFFECTS_SHOWN 1

struct effects {
	const char *mode; /* "apply", "dry-run" */
	int (*check)(const struct change *, struct change_host *, struct why *);
	int (*capture)(
	    const struct change *, struct change_host *, struct why *);
	int (*perform)(
	    const struct change *, struct change_host *, struct why *);
	int (*look)(const struct change *, struct change_host *,
	    enum change_found *ret, struct why *);
	int (*undo)(const struct change *, struct change_host *, struct why *);
	/* as of the kind; not to be called where it has none */
	int (*take_over)(const struct change *, struct change_host *,
	    const struct change *older, struct change_host *, struct why *);
	void (*tidy)(const struct change *, struct change_host *);
};

extern const struct effects effects_real, effects_none;

#endif
