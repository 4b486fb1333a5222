/*
 * postfix_service.c - changes of kind "postfix-service": lines of master.cf
 *
 * Purpose  one kind of change; row CHANGE(postfix_service) in change_table.def
 * Input    "add": items are whole service lines of our own transports. "set":
 *          target "smtp/inet", before and after its process limit
 * Errors   as conf_edit.h
 * Runs as  actor
 * Source   master(5)
 */
#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/change/conf_edit.h"
#include "agent/change/conf_words.h"
#include "agent/mta/postfix_master.h"

/* Two dozen steps, and the eight transports that a rate is spread over. */
#define ITEMS_MAX 64U

AUTO_DEFINE(struct arena, arena_free);

/* One line, one service: a transport of ours that delivers by SMTP. */
static int
item_check(struct arena *arena, const char *item, struct postfix_service *ret,
    struct why *why)
{
	struct postfix_services services = {0};
	int r = conf_value_check("a service", item, why);

	if (r == 0)
		r = postfix_master_parse(
		    arena, "service", item, strlen(item), &services, why);
	if (r < 0)
		return r;
	if (services.count != 1 ||
	    !text_starts(services.services[0].name, CONF_OURS) ||
	    !conf_word_ok(services.services[0].name, "-") ||
	    strcmp(services.services[0].type, "unix") != 0 ||
	    (strcmp(services.services[0].command, "smtp") != 0 &&
	        strcmp(services.services[0].command, "lmtp") != 0))
		return why_set(
		    why, -EPERM, "this is not a transport of mailfix");
	*ret = services.services[0];
	return 0;
}

static int
add_refuse(const struct change *change, struct why *why)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	int r = 0;

	if (change->item_count == 0 || change->item_count > ITEMS_MAX)
		return why_set(
		    why, -EINVAL, "%zu services to add", change->item_count);
	for (size_t i = 0; r == 0 && i < change->item_count; i++) {
		struct postfix_service service;

		r = item_check(arena, change->items[i], &service, why);
	}
	return r;
}

/* The same words, however they are spaced. */
static bool
is_same_line(
    struct postfix_text text, const struct postfix_line *line, const char *item)
{
	AUTO_BUF struct buf joined = {0};
	const char *a, *b = item;

	postfix_line_join(text, line, &joined);
	a = buf_text(&joined);
	for (;;) {
		size_t length;

		a += strspn(a, " \t\r\v\f");
		b += strspn(b, " \t");
		length = strcspn(b, " \t");
		if (strcspn(a, " \t\r\v\f") != length ||
		    strncmp(a, b, length) != 0)
			return false;
		if (length == 0)
			return true;
		a += length;
		b += length;
	}
}

static int
add_look(const struct change *change, struct postfix_text text,
    enum change_found *ret, struct why *why)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t there = 0;

	for (size_t i = 0; i < change->item_count; i++) {
		struct postfix_service service = {0};
		struct postfix_line line;
		int r = item_check(arena, change->items[i], &service, why);

		if (r < 0)
			return r;
		if (postfix_master_find(text, service.name, "unix", &line) == 0)
			continue;
		if (!is_same_line(text, &line, change->items[i])) {
			*ret = CHANGE_IS_FOREIGN;
			(void)why_set(why, 0, "%s is another service there",
			    service.name);
			return 0;
		}
		there++;
	}
	*ret = there == 0                    ? CHANGE_IS_BEFORE
	       : there == change->item_count ? CHANGE_IS_AFTER
	                                     : CHANGE_IS_PARTIAL;
	return 0;
}

/* What Postfix could not read would end it: the whole text is read first. */
static int
make_check(const struct buf *out, struct why *why)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct postfix_services services;

	return postfix_master_parse(
	    arena, "master.cf", buf_text(out), out->length, &services, why);
}

static int
add_make(const struct change *change, struct postfix_text text, struct buf *out,
    struct why *why)
{
	AUTO_BUF struct buf block = {0};

	for (size_t i = 0; i < change->item_count; i++)
		buf_addf(&block, "%s\n", change->items[i]);
	postfix_edit_append(text, buf_text(&block), out);
	return make_check(out, why);
}

static int
add_unmake(const struct change *change, struct postfix_text text,
    struct postfix_text before, struct buf *out, struct why *why)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO_BUF struct buf now = {0};

	(void)before;
	buf_add_n(&now, text.bytes, text.length);
	for (size_t i = 0; i < change->item_count; i++) {
		struct postfix_service service = {0};
		struct buf less = {0};
		struct postfix_line line;
		int r = item_check(arena, change->items[i], &service, why);

		if (r < 0)
			return r;
		text = (struct postfix_text){buf_text(&now), now.length};
		if (postfix_master_find(text, service.name, "unix", &line) == 0)
			continue;
		postfix_edit_remove(text, &line, &less);
		buf_done(&now);
		now = less;
	}
	buf_add_n(out, buf_text(&now), now.length);
	return 0;
}

static int
add_release(
    const struct change *change, struct change_host *host, struct why *why)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < change->item_count; i++)
		r = conf_unused(host,
		    arena_dup_n(host->arena, change->items[i],
		        strcspn(change->items[i], " \t")),
		    why);
	return r;
}

/* "-": the default; 0 would be no limit at all, and is never set here. */
static bool
is_limit(const char *text)
{
	size_t length = strspn(text, "0123456789");

	return strcmp(text, "-") == 0 ||
	       (length > 0 && length <= 5 && text[length] == '\0' &&
	           text[0] != '0');
}

/* "smtp/inet" into both, in arena */
static int
target_split(struct arena *arena, const char *target, const char **ret_name,
    const char **ret_type, struct why *why)
{
	const char *slash = strrchr(target, '/');

	if (slash == NULL || slash == target || !conf_word_ok(slash + 1, "-") ||
	    strpbrk(target, " \t\r\n") != NULL)
		return why_set(
		    why, -EINVAL, "%s is not a service of master.cf", target);
	*ret_name = arena_dup_n(arena, target, (size_t)(slash - target));
	*ret_type = slash + 1;
	return 0;
}

static int
set_refuse(const struct change *change, struct why *why)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *name, *type;

	if (change->before == NULL || change->after == NULL ||
	    !conf_word_ok(change->before, "-") || !is_limit(change->after))
		return why_set(why, -EPERM,
		    "%s: this is not a limit of processes", change->target);
	return target_split(arena, change->target, &name, &type, why);
}

/* The field of the one line; -ESTALE when there is none, or more. */
static int
limit_find(const struct change *change, struct postfix_text text,
    size_t *ret_begin, size_t *ret_end, struct why *why)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *name, *type;
	struct postfix_line line;
	size_t count;
	int r = target_split(arena, change->target, &name, &type, why);

	if (r < 0)
		return r;
	count = postfix_master_find(text, name, type, &line);
	if (count != 1 ||
	    !postfix_master_limit(text, &line, ret_begin, ret_end))
		return why_set(why, -ESTALE, "%s stands there %zu times",
		    change->target, count);
	return 0;
}

static int
set_look(const struct change *change, struct postfix_text text,
    enum change_found *ret, struct why *why)
{
	AUTO_BUF struct buf now = {0};
	size_t begin, end;
	int r = limit_find(change, text, &begin, &end, why);

	*ret = CHANGE_IS_FOREIGN;
	if (r == -ESTALE)
		return 0;
	if (r < 0)
		return r;
	buf_add_n(&now, text.bytes + begin, end - begin);
	if (strcmp(buf_text(&now), change->before) == 0)
		*ret = CHANGE_IS_BEFORE;
	else if (strcmp(buf_text(&now), change->after) == 0)
		*ret = CHANGE_IS_AFTER;
	else
		(void)why_set(why, 0, "the limit of %s is %.20s there",
		    change->target, buf_text(&now));
	return 0;
}

static int
limit_put(const struct change *change, struct postfix_text text,
    const char *limit, struct buf *out, struct why *why)
{
	size_t begin, end;
	int r = limit_find(change, text, &begin, &end, why);

	if (r == 0)
		postfix_edit_splice(text, begin, end, limit, out);
	return r;
}

static int
set_make(const struct change *change, struct postfix_text text, struct buf *out,
    struct why *why)
{
	int r = limit_put(change, text, change->after, out, why);

	return r < 0 ? r : make_check(out, why);
}

static int
set_unmake(const struct change *change, struct postfix_text text,
    struct postfix_text before, struct buf *out, struct why *why)
{
	(void)before;
	return limit_put(change, text, change->before, out, why);
}

static const struct conf_edit edits[] = {
    {.verb = "add",
     .leaf = "master.cf",
     .refuse = add_refuse,
     .look = add_look,
     .make = add_make,
     .unmake = add_unmake,
     .release = add_release},
    {.verb = "set",
     .leaf = "master.cf",
     .refuse = set_refuse,
     .look = set_look,
     .make = set_make,
     .unmake = set_unmake},
    {.verb = NULL    },
};

static const char *const verbs[] = {"add", "set", NULL};

const struct change_kind change_postfix_service = {
    .name = "postfix-service",
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
