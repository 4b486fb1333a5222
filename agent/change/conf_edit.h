/*
 * conf_edit.h - the life of a change that edits one file of the configuration
 *
 * What is ours is told by our own lines alone: what others write elsewhere in
 * the file, before or after, is theirs and stays.
 */
#ifndef MAILFIX_CHANGE_CONF_EDIT_H
#define MAILFIX_CHANGE_CONF_EDIT_H

#include "agent/change/change.h"
#include "agent/mta/postfix_edit.h"

/* One way to edit; the rows are the verbs of kinds postfix-param, -service. */
struct conf_edit {
	const char *verb;
	const char *leaf; /* "main.cf" */

	/* refuse - are its parts well-formed, and in the closed set? 0 or -errno */
	int (*refuse)(const struct change *change, struct why *why);

	/* look - by our own lines; why says what is foreign */
	int (*look)(const struct change *change, struct postfix_text text,
	    enum change_found *ret, struct why *why);

	/* make - append the edited text; the file is as `before` says */
	int (*make)(const struct change *change, struct postfix_text text,
	    struct buf *out, struct why *why);

	/*
	 * unmake - append the text with our lines as they were
	 * before  the whole file as it was when it was captured; may be empty
	 */
	int (*unmake)(const struct change *change, struct postfix_text text,
	    struct postfix_text before, struct buf *out, struct why *why);

	/* believe - the file is edited: does it work? NULL: the check will do */
	int (*believe)(const struct change *change, struct change_host *host,
	    struct why *why);

	/* release - may it go, or is it still used? -EBUSY; NULL: it may */
	int (*release)(const struct change *change, struct change_host *host,
	    struct why *why);
};

/*
 * The functions of a struct change_kind whose `edits` are such rows; the last
 * one has no verb.
 */
int conf_edit_check(
    const struct change *change, struct change_host *host, struct why *why);
int conf_edit_capture(
    const struct change *change, struct change_host *host, struct why *why);
int conf_edit_perform(
    const struct change *change, struct change_host *host, struct why *why);
int conf_edit_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why);
int conf_edit_undo(
    const struct change *change, struct change_host *host, struct why *why);
int conf_edit_take_over(const struct change *change, struct change_host *host,
    const struct change *older, struct change_host *older_host,
    struct why *why);
void conf_edit_tidy(const struct change *change, struct change_host *host);

#endif
