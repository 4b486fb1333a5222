/*
 * postfix_param.c - changes of kind "postfix-param": settings of main.cf
 *
 * Purpose  one kind of change; row CHANGE(postfix_param) in change_table.def
 * Input    "set": target the parameter, before and after its value in main.cf
 *          (before NULL: not set there). "add": items "name = value", all new
 * Errors   as conf_edit.h
 * Runs as  actor
 * Source   postconf(5)
 */
#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/change/conf_edit.h"
#include "agent/change/conf_words.h"

/* Some thirty transports with a dozen settings each. */
#define ITEMS_MAX 512U

/* What a foreign value is shown with, at most: a report's line is short. */
#define SHOWN_MAX 80

enum param_value { PARAM_TEXT, PARAM_NUMBER };

/* The closed set. A wrong number would end master(8) at its next start. */
static const struct {
	const char *name;
	enum param_value value;
} params[] = {
    {"default_process_limit",                   PARAM_NUMBER},
    {"default_transport",                       PARAM_TEXT  },
    {"defer_transports",                        PARAM_TEXT  },
    {"sender_dependent_default_transport_maps", PARAM_TEXT  },
    {"smtp_address_preference",                 PARAM_TEXT  },
    {"smtpd_client_auth_rate_limit",            PARAM_NUMBER},
    {"smtpd_client_connection_count_limit",     PARAM_NUMBER},
    {"smtpd_client_connection_rate_limit",      PARAM_NUMBER},
    {"smtpd_client_event_limit_exceptions",     PARAM_TEXT  },
    {"smtpd_client_message_rate_limit",         PARAM_NUMBER},
    {"smtpd_client_new_tls_session_rate_limit", PARAM_NUMBER},
    {"smtpd_client_recipient_rate_limit",       PARAM_NUMBER},
    {"transport_maps",                          PARAM_TEXT  },
};

/* Postfix reads them as int. */
static bool
is_number(const char *text)
{
	size_t length = strspn(text, "0123456789");

	return length > 0 && length <= 9 && text[length] == '\0';
}

static int
param_refuse(const char *name, const char *value, struct why *why)
{
	int r = conf_value_check(name, value, why);

	if (r < 0)
		return r;
	/* of our own: also what the admin has written for ordinary mail, in
	 * whatever words; it reaches our own transports only */
	if (text_starts(name, CONF_OURS)) {
		if (conf_word_ok(name, "-_") && value[0] != '\0')
			return 0;
		return why_set(
		    why, -EPERM, "%s is not a setting of ours", name);
	}
	for (size_t i = 0; i < ARRAY_COUNT(params); i++) {
		if (strcmp(params[i].name, name) != 0)
			continue;
		if (params[i].value == PARAM_NUMBER && !is_number(value))
			return why_set(
			    why, -EPERM, "%s must be a number", name);
		return 0;
	}
	return why_set(why, -EPERM, "%s is not changed by this program", name);
}

/* An earlier value is the admin's: whatever it is, it may be put back. */
static int
set_refuse(const struct change *change, struct why *why)
{
	int r;

	if (change->after == NULL)
		return why_set(
		    why, -EINVAL, "%s: no value to set", change->target);
	r = param_refuse(change->target, change->after, why);
	if (r == 0 && change->before != NULL)
		r = conf_value_check(change->target, change->before, why);
	return r;
}

/* The value that counts; false when it is not set. */
static bool
value_get(struct postfix_text text, const char *name, struct postfix_line *line,
    struct buf *value)
{
	return postfix_main_find(text, name, line, value) > 0;
}

static int
set_look(const struct change *change, struct postfix_text text,
    enum change_found *ret, struct why *why)
{
	AUTO_BUF struct buf value = {0}, shown = {0};
	struct postfix_line line;
	bool is_set = value_get(text, change->target, &line, &value);
	const char *now = is_set ? buf_text(&value) : NULL;

	if (text_equal(now, change->before))
		*ret = CHANGE_IS_BEFORE;
	else if (text_equal(now, change->after))
		*ret = CHANGE_IS_AFTER;
	else {
		*ret = CHANGE_IS_FOREIGN;
		text_escape(&shown, buf_text(&value), value.length);
		(void)why_set(why, 0,
		    is_set ? "%s is \"%.*s\" there" : "%s is not set there%.*s",
		    change->target, SHOWN_MAX, buf_text(&shown));
	}
	return 0;
}

static int
set_make(const struct change *change, struct postfix_text text, struct buf *out,
    struct why *why)
{
	AUTO_BUF struct buf row = {0};
	struct postfix_line line;

	(void)why;
	if (value_get(text, change->target, &line, NULL)) {
		postfix_main_set(text, &line, change->after, out);
		return 0;
	}
	buf_addf(&row, "%s = %s\n", change->target, change->after);
	postfix_edit_append(text, buf_text(&row), out);
	return 0;
}

/* Byte for byte from what was captured, if that is the line of this value. */
static int
set_unmake(const struct change *change, struct postfix_text text,
    struct postfix_text before, struct buf *out, struct why *why)
{
	AUTO_BUF struct buf value = {0}, bytes = {0};
	struct postfix_line line, old;

	if (!value_get(text, change->target, &line, NULL))
		return why_set(
		    why, -ESTALE, "%s is not set any more", change->target);
	if (change->before == NULL) {
		postfix_edit_remove(text, &line, out);
	} else if (value_get(before, change->target, &old, &value) &&
	           strcmp(buf_text(&value), change->before) == 0) {
		buf_add_n(
		    &bytes, before.bytes + old.begin, old.end - old.begin);
		postfix_edit_splice(
		    text, line.begin, line.end, buf_text(&bytes), out);
	} else {
		postfix_main_set(text, &line, change->before, out);
	}
	return 0;
}

/* A list of tables that Postfix cannot open would defer all mail. */
static int
set_believe(
    const struct change *change, struct change_host *host, struct why *why)
{
	const struct mta_ops *ops = host->mta->ops;

	if (ops->tables_check == NULL || !text_ends(change->target, "_maps"))
		return 0;
	return ops->tables_check(host->arena, change->target, why);
}

/* "name = value" into both; the item is one of ours, well-formed. */
static int
item_split(
    const char *item, struct buf *name, struct buf *value, struct why *why)
{
	const char *sign = strstr(item, " = ");

	if (sign == NULL)
		return why_set(
		    why, -EINVAL, "a setting is written \"name = value\"");
	buf_add_n(name, item, (size_t)(sign - item));
	buf_add(value, sign + 3);
	return param_refuse(buf_text(name), buf_text(value), why);
}

static int
add_refuse(const struct change *change, struct why *why)
{
	if (change->item_count == 0 || change->item_count > ITEMS_MAX)
		return why_set(
		    why, -EINVAL, "%zu settings to add", change->item_count);
	for (size_t i = 0; i < change->item_count; i++) {
		AUTO_BUF struct buf name = {0}, value = {0};
		int r = item_split(change->items[i], &name, &value, why);

		if (r < 0)
			return r;
	}
	return 0;
}

static int
add_look(const struct change *change, struct postfix_text text,
    enum change_found *ret, struct why *why)
{
	size_t there = 0;

	for (size_t i = 0; i < change->item_count; i++) {
		AUTO_BUF struct buf name = {0}, value = {0}, now = {0};
		struct postfix_line line;
		int r = item_split(change->items[i], &name, &value, why);

		if (r < 0)
			return r;
		if (!value_get(text, buf_text(&name), &line, &now))
			continue;
		if (strcmp(buf_text(&now), buf_text(&value)) != 0) {
			*ret = CHANGE_IS_FOREIGN;
			(void)why_set(why, 0, "%s is \"%.*s\" there",
			    buf_text(&name), SHOWN_MAX, buf_text(&now));
			return 0;
		}
		there++;
	}
	*ret = there == 0                    ? CHANGE_IS_BEFORE
	       : there == change->item_count ? CHANGE_IS_AFTER
	                                     : CHANGE_IS_PARTIAL;
	return 0;
}

static int
add_make(const struct change *change, struct postfix_text text, struct buf *out,
    struct why *why)
{
	AUTO_BUF struct buf block = {0};

	(void)why;
	for (size_t i = 0; i < change->item_count; i++)
		buf_addf(&block, "%s\n", change->items[i]);
	postfix_edit_append(text, buf_text(&block), out);
	return 0;
}

/* Each line by itself: others may have written between them. */
static int
add_unmake(const struct change *change, struct postfix_text text,
    struct postfix_text before, struct buf *out, struct why *why)
{
	AUTO_BUF struct buf now = {0};

	(void)before;
	buf_add_n(&now, text.bytes, text.length);
	for (size_t i = 0; i < change->item_count; i++) {
		AUTO_BUF struct buf name = {0}, value = {0};
		struct buf less = {0};
		struct postfix_line line;
		int r = item_split(change->items[i], &name, &value, why);

		text = (struct postfix_text){buf_text(&now), now.length};
		if (r < 0)
			return r;
		if (!value_get(text, buf_text(&name), &line, NULL))
			continue;
		postfix_edit_remove(text, &line, &less);
		buf_done(&now);
		now = less;
	}
	buf_add_n(out, buf_text(&now), now.length);
	return 0;
}

/* "mailfix-c2_destination_rate_delay" belongs to mailfix-c2. */
static int
add_release(
    const struct change *change, struct change_host *host, struct why *why)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < change->item_count; i++) {
		const char *item = change->items[i];

		if (text_starts(item, CONF_OURS))
			r = conf_unused(host,
			    arena_dup_n(host->arena, item, strcspn(item, "_ ")),
			    why);
	}
	return r;
}

static const struct conf_edit edits[] = {
    {.verb = "set",
     .leaf = "main.cf",
     .refuse = set_refuse,
     .look = set_look,
     .make = set_make,
     .unmake = set_unmake,
     .believe = set_believe},
    {.verb = "add",
     .leaf = "main.cf",
     .refuse = add_refuse,
     .look = add_look,
     .make = add_make,
     .unmake = add_unmake,
     .release = add_release},
    {.verb = NULL    },
};

static const char *const verbs[] = {"set", "add", NULL};

const struct change_kind change_postfix_param = {
    .name = "postfix-param",
    .verbs = verbs,
    .is_undoable = true,
    .edits = edits,
    .check = conf_edit_check,
    .capture = conf_edit_capture,
    .perform = conf_edit_perform,
    .look = conf_edit_look,
    .undo = conf_edit_undo,
    .take_over = conf_edit_take_over,
    .tidy = conf_edit_tidy,
};
