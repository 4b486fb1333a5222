/*
 * output.h - where a command's result goes: stdout, or -o FILE
 */
#ifndef MAILFIX_MAIN_OUTPUT_H
#define MAILFIX_MAIN_OUTPUT_H

#include "agent/base/buf.h"
#include "agent/base/json.h"
#include "agent/main/options.h"

/*
 * output_write - the whole text
 *
 * status  the exit status so far
 * Returns it, or EX_IOERR when all was well but the text could not be written
 * (said on stderr; a reader that went away is not an error).
 */
int output_write(
    const struct options *options, const struct buf *text, int status);

/* output_json - a document, indented, and a line break; json is borrowed */
int output_json(
    const struct options *options, const struct json *json, int status);

/* output_is_json - was --format json given? */
bool output_is_json(const struct options *options);

#endif
