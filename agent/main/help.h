/*
 * help.h - the texts of --help and of the manual, from the tables
 */
#ifndef MAILFIX_MAIN_HELP_H
#define MAILFIX_MAIN_HELP_H

#include "agent/base/buf.h"

/* help_write - what `mailfix --help` prints */
void help_write(struct buf *out);

#endif
