/*
 * map_table.h - a lookup table of our own: its source and its built file
 *
 * Both are made beside and renamed, the source first. While the built file
 * waits beside with its source gone from there, only the last rename is
 * missing: map_table_tidy makes it. So a crash leaves the old table or the new
 * one, and never none.
 */
#ifndef MAILFIX_CHANGE_MAP_TABLE_H
#define MAILFIX_CHANGE_MAP_TABLE_H

#include "agent/change/change.h"
#include "agent/change/conf_file.h"

struct map_table {
	const char *leaf, *path; /* of the source */
	const char *type;        /* "hash" */
	const char *built;       /* name of the built file, without directory */
	/* beside, while they are made */
	const char *new_leaf, *new_path, *new_built;
	int dir;
};

#define MAP_TABLE_NONE                                                         \
	{                                                                      \
		.dir = -1                                                      \
	}
#define AUTO_MAP __attribute__((cleanup(map_table_done)))

/*
 * map_table_open - names and directory of a table; nothing is read or made
 * -EPERM: not a table of ours, or a type of table that has no single built file
 */
int map_table_open(struct change_host *host, const char *leaf,
    struct map_table *ret, struct why *why);
void map_table_done(struct map_table *table);

enum map_state {
	MAP_NONE,  /* neither file */
	MAP_WHOLE, /* both */
	MAP_HALF   /* one of them, or the last rename is missing */
};

int map_table_state(
    const struct map_table *table, enum map_state *ret, struct why *why);

/* map_table_put - the table with this source, durably; both 0644 */
int map_table_put(const struct map_table *table, struct change_host *host,
    const struct buf *source, struct why *why);

/* map_table_remove - both files; not there is fine */
int map_table_remove(const struct map_table *table, struct why *why);

/* map_table_tidy - after a crash: finish what was begun, remove what was not */
int map_table_tidy(const struct map_table *table, struct why *why);

#endif
