/*
 * map_entry.c - changes of kind "map-entry": rows of our own lookup tables
 *
 * Purpose  one kind of change; row CHANGE(map_entry) in change_table.def
 * Input    "create": target the table's name. "set": target "table: key",
 *          before and after its value (NULL: no row). detail: path of the source
 * Errors   -EPERM: not ours to set, or the admin routes the domain by hand;
 *          -ESTALE: the row is no longer as planned; -EBUSY; else negative errno
 * Runs as  actor
 * Source   transport(5), postmap(1)
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/change/change_store.h"
#include "agent/change/conf_words.h"
#include "agent/change/file_image.h"
#include "agent/change/map_table.h"
#include "agent/sys/package_lock.h"

/* RFC 1035: 253 bytes in writing; a network of addresses is shorter. */
#define KEY_MAX 253U

static const char separator[] = ": ";

static const char header[] =
    "# This table belongs to mailfix, which writes its rows and builds it:\n"
    "# what it says, and who wrote it when, is told by mailfix history.\n"
    "# Tables of your own come before it in main.cf and win.\n";

/* A change with its target taken apart. */
struct entry {
	const char *table, *key; /* key NULL: the table itself */
};

static int
value_refuse(const char *table, const char *value, struct why *why)
{
	const char *colon = strchr(value, ':');
	size_t length = colon != NULL ? (size_t)(colon - value) : strlen(value);
	int r = conf_value_check(table, value, why);

	if (r < 0 || strcmp(table, CONF_TABLE_TRANSPORT) != 0)
		return r;
	/* a transport of ours, a pause, or the name of a spread ("r8") */
	if (text_starts(value, CONF_OURS) || text_starts(value, "retry:") ||
	    (colon == NULL && length <= 8 && conf_word_ok(value, "")))
		return 0;
	return why_set(why, -EPERM, "\"%.80s\" is not a way of mailfix", value);
}

static int
entry_split(struct arena *arena, const struct change *change, struct entry *ret,
    struct why *why)
{
	const char *colon = strstr(change->target, separator);

	if (colon == NULL)
		return why_set(why, -EINVAL, "a row is written \"table: key\"");
	ret->table = arena_dup_n(
	    arena, change->target, (size_t)(colon - change->target));
	ret->key = colon + strlen(separator);
	if (strlen(ret->key) > KEY_MAX || !conf_word_ok(ret->key, ".-_:/[]"))
		return why_set(why, -EPERM, "this cannot be the key of a row");
	if (change->before != NULL &&
	    conf_value_check(ret->table, change->before, why) < 0)
		return -EPERM;
	return change->after != NULL
	           ? value_refuse(ret->table, change->after, why)
	           : 0;
}

/* Its parts, and its table: also when it comes from a record. */
static int
entry_open(const struct change *change, struct change_host *host,
    struct entry *ret, struct map_table *table, struct why *why)
{
	int r;

	*ret = (struct entry){.table = change->target};
	if (strcmp(change->verb, "set") == 0) {
		r = entry_split(host->arena, change, ret, why);
		if (r < 0)
			return r;
	} else if (strcmp(change->verb, "create") != 0) {
		return why_set(why, -EINVAL, "no such verb: %s", change->verb);
	}
	r = map_table_open(host, ret->table, table, why);
	if (r == 0 && !text_equal(change->detail, table->path))
		return why_set(
		    why, -EPERM, "%s is not the table's place", change->detail);
	return r;
}

/* *ret_has: is there a source at all? *ret: value of the row, or NULL */
static int
row_read(const struct entry *entry, struct change_host *host,
    struct conf_file *file, const char **ret, struct why *why)
{
	AUTO_BUF struct buf value = {0};
	struct postfix_line line;
	int r = conf_file_open(host, entry->table, false, file, why);

	*ret = NULL;
	if (r < 0)
		return r;
	if (postfix_table_find(conf_file_text(file), entry->key, &line, &value))
		*ret = arena_dup(host->arena, buf_text(&value));
	return 0;
}

static int
row_as_planned(const struct change *change, const char *now, struct why *why)
{
	if (text_equal(now, change->before))
		return 0;
	return why_set(why, -ESTALE, "%s is %.80s by now", change->target,
	    now != NULL ? now : "not there");
}

/* The row would take mail from a way that somebody chose. */
static int
check_by_hand(const struct change *change, const struct entry *entry,
    struct change_host *host, struct why *why)
{
	const struct mta_ops *ops = host->mta->ops;
	const char *answer = NULL;
	int r;

	if (change->after == NULL || ops->routed_by_hand == NULL ||
	    strcmp(entry->table, CONF_TABLE_TRANSPORT) != 0)
		return 0;
	r = ops->routed_by_hand(
	    host->arena, host->mta, entry->key, &answer, why);
	if (r > 0)
		return why_set(
		    why, -EPERM, "the admin routes it by hand: %s", answer);
	return r;
}

static int
check_set(const struct change *change, const struct entry *entry,
    struct change_host *host, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	const char *now = NULL;
	int r = row_read(entry, host, &file, &now, why);

	/* the same fix may make the table, a change before */
	if (r == 0 || r == -ENOENT)
		r = row_as_planned(change, now, why);
	return r < 0 ? r : check_by_hand(change, entry, host, why);
}

static int
entry_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	AUTO_MAP struct map_table table = MAP_TABLE_NONE;
	enum map_state state = MAP_NONE;
	struct entry entry;
	int r = entry_open(change, host, &entry, &table, why);

	if (r == 0)
		r = map_table_state(&table, &state, why);
	if (r == 0 && entry.key != NULL)
		r = check_set(change, &entry, host, why);
	else if (r == 0 && state != MAP_NONE)
		r = why_set(why, -ESTALE, "%s is there by now", table.path);
	if (r == 0)
		r = package_lock_held(why);
	return r > 0 ? -EBUSY : r;
}

static int
entry_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	AUTO_MAP struct map_table table = MAP_TABLE_NONE;
	struct entry entry;
	int r = entry_open(change, host, &entry, &table, why);

	if (r < 0)
		return r;
	return file_image_keep(host, "before", table.dir, table.leaf, why);
}

/* A row that names a transport which Postfix does not have defers the mail. */
static int
transport_is_there(const char *value, struct change_host *host, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	const char *name = arena_dup_n(host->arena, value, strcspn(value, ":"));
	struct postfix_line line;
	int r;

	if (strchr(value, ':') == NULL)
		return 0; /* the table around it gives it a meaning */
	r = conf_file_open(host, "master.cf", false, &file, why);
	if (r < 0)
		return r;
	if (postfix_master_find(conf_file_text(&file), name, "unix", &line) > 0)
		return 0;
	return why_set(why, -ESTALE, "master.cf has no service %s", name);
}

static int
row_put(const struct entry *entry, const struct map_table *table,
    const struct conf_file *file, struct change_host *host, const char *value,
    struct why *why)
{
	AUTO_BUF struct buf out = {0};

	postfix_table_set(conf_file_text(file), entry->key, value, &out);
	return map_table_put(table, host, &out, why);
}

static int
perform_set(const struct change *change, const struct entry *entry,
    const struct map_table *table, struct change_host *host, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	const char *now;
	int r = row_read(entry, host, &file, &now, why);

	if (r == 0)
		r = row_as_planned(change, now, why);
	if (r == 0 && change->after != NULL &&
	    strcmp(entry->table, CONF_TABLE_TRANSPORT) == 0)
		r = transport_is_there(change->after, host, why);
	return r < 0 ? r
	             : row_put(entry, table, &file, host, change->after, why);
}

static int
perform_create(
    const struct map_table *table, struct change_host *host, struct why *why)
{
	AUTO_BUF struct buf source = {0};
	enum map_state state = MAP_NONE;
	int r = map_table_state(table, &state, why);

	if (r < 0)
		return r;
	if (state != MAP_NONE)
		return why_set(why, -ESTALE, "%s is there by now", table->path);
	buf_add(&source, header);
	return map_table_put(table, host, &source, why);
}

static int
entry_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	AUTO_MAP struct map_table table = MAP_TABLE_NONE;
	struct entry entry;
	int r = entry_open(change, host, &entry, &table, why);

	if (r < 0)
		return r;
	return entry.key != NULL
	           ? perform_set(change, &entry, &table, host, why)
	           : perform_create(&table, host, why);
}

static int
look_row(const struct change *change, const struct entry *entry,
    struct change_host *host, enum change_found *ret, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	const char *now = NULL;
	int r = row_read(entry, host, &file, &now, why);

	if (r < 0 && r != -ENOENT)
		return r;
	if (text_equal(now, change->before))
		*ret = CHANGE_IS_BEFORE;
	else if (text_equal(now, change->after))
		*ret = CHANGE_IS_AFTER;
	else {
		*ret = CHANGE_IS_FOREIGN;
		(void)why_set(why, 0, "%s is %.80s now", change->target,
		    now != NULL ? now : "not there");
	}
	return 0;
}

static int
entry_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	AUTO_MAP struct map_table table = MAP_TABLE_NONE;
	enum map_state state = MAP_NONE;
	struct entry entry;
	int r = entry_open(change, host, &entry, &table, why);

	if (r == 0)
		r = map_table_state(&table, &state, why);
	if (r == 0 && entry.key != NULL)
		r = look_row(change, &entry, host, ret, why);
	else if (r == 0)
		*ret = state == MAP_NONE ? CHANGE_IS_BEFORE : CHANGE_IS_AFTER;
	if (r == 0 && state == MAP_HALF && *ret != CHANGE_IS_FOREIGN)
		*ret = CHANGE_IS_PARTIAL;
	return r;
}

/* Somebody's rows, or a setting that reads the table: it stays. */
static int
release_table(
    const struct entry *entry, struct change_host *host, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	AUTO_CONF struct conf_file main_cf = CONF_FILE_NONE;
	struct postfix_line line;
	size_t at = 0;
	int r = conf_file_open(host, entry->table, false, &file, why);

	if (r == 0 && postfix_line_next(conf_file_text(&file), &at, &line))
		return why_set(why, -EBUSY, "%s has rows", entry->table);
	if (r == 0 || r == -ENOENT)
		r = conf_file_open(host, "main.cf", false, &main_cf, why);
	if (r < 0)
		return r;
	for (at = 0; postfix_line_next(conf_file_text(&main_cf), &at, &line);)
		if (memmem(main_cf.text.text + line.begin,
		        line.end - line.begin, entry->table,
		        strlen(entry->table)) != NULL)
			return why_set(why, -EBUSY, "main.cf still names %s",
			    entry->table);
	return 0;
}

static int
undo_set(const struct change *change, const struct entry *entry,
    const struct map_table *table, struct change_host *host, struct why *why)
{
	AUTO_CONF struct conf_file file = CONF_FILE_NONE;
	const char *now;
	int r = row_read(entry, host, &file, &now, why);

	if (r < 0 || text_equal(now, change->before))
		return r == -ENOENT && change->before == NULL ? 0 : r;
	if (!text_equal(now, change->after))
		return why_set(why, -ESTALE, "%s is %.80s now", change->target,
		    now != NULL ? now : "not there");
	return row_put(entry, table, &file, host, change->before, why);
}

static int
entry_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	AUTO_MAP struct map_table table = MAP_TABLE_NONE;
	struct entry entry;
	int r = entry_open(change, host, &entry, &table, why);

	if (r == 0)
		r = map_table_tidy(&table, why);
	if (r < 0)
		return r;
	if (entry.key != NULL)
		return undo_set(change, &entry, &table, host, why);
	r = release_table(&entry, host, why);
	return r < 0 ? r : map_table_remove(&table, why);
}

/* Undo needs the value alone, which is in the record; people may want more. */
static int
entry_take_over(const struct change *change, struct change_host *host,
    const struct change *older, struct change_host *older_host, struct why *why)
{
	(void)change;
	(void)older;
	return file_image_take(host, "before", older_host, why);
}

static void
entry_tidy(const struct change *change, struct change_host *host)
{
	AUTO_MAP struct map_table table = MAP_TABLE_NONE;
	struct entry entry;

	if (entry_open(change, host, &entry, &table, NULL) < 0)
		return;
	(void)map_table_tidy(&table, NULL);
	conf_file_tidy(host, table.new_leaf);
}

static const char *const verbs[] = {"create", "set", NULL};

const struct change_kind change_map_entry = {
    .name = "map-entry",
    .verbs = verbs,
    .is_undoable = true,
    .check = entry_check,
    .capture = entry_capture,
    .perform = entry_perform,
    .look = entry_look,
    .undo = entry_undo,
    .take_over = entry_take_over,
    .tidy = entry_tidy,
};
