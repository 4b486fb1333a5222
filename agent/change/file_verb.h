/*
 * file_verb.h - the verbs of kind "file"; each is one file, a row in file.c
 */
#ifndef MAILFIX_CHANGE_FILE_VERB_H
#define MAILFIX_CHANGE_FILE_VERB_H

#include "agent/change/change.h"

/* As the functions of struct change_kind, with the way to the target walked. */
struct file_verb {
	const char *name;
	/* a program gets the path: only root may lead it anywhere */
	bool is_by_path;
	int (*check)(const struct change *change, struct change_host *host,
	    int dir, const char *leaf, struct why *why);
	int (*capture)(const struct change *change, struct change_host *host,
	    int dir, const char *leaf, struct why *why);
	int (*perform)(const struct change *change, struct change_host *host,
	    int dir, const char *leaf, struct why *why);
	int (*look)(const struct change *change, struct change_host *host,
	    int dir, const char *leaf, enum change_found *ret, struct why *why);
	int (*undo)(const struct change *change, struct change_host *host,
	    int dir, const char *leaf, struct why *why);
};

extern const struct file_verb file_verb_build, file_verb_mode, file_verb_copy;

#endif
