/*
 * answer.h - does a file system answer at all?
 */
#ifndef MAILFIX_SYS_ANSWER_H
#define MAILFIX_SYS_ANSWER_H

#include "agent/base/why.h"

/*
 * path_answers - ask for a path, and do not hang with its file system
 *
 * A path that is not there is an answer, too.
 * Returns 0, or -ETIMEDOUT with why after ms milliseconds without one. What
 * hangs later, the deadlines of the observers catch.
 */
int path_answers(const char *path, int ms, struct why *why);

#endif
