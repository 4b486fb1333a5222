/*
 * log_stream.h - the bytes of one log file, plain or compressed
 */
#ifndef MAILFIX_SYS_LOG_STREAM_H
#define MAILFIX_SYS_LOG_STREAM_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/auto.h"
#include "agent/base/why.h"

struct log_stream; /* heap */

/*
 * log_stream_new - read from the beginning
 * fd  borrowed; its own offset is neither used nor moved
 */
struct log_stream *log_stream_new(int fd, bool is_gzip);
struct log_stream *log_stream_free(struct log_stream *stream);
AUTO_DEFINE(struct log_stream, log_stream_free);

/*
 * log_stream_read - the next bytes, at most `size`; 0 at the end
 * The end of a compressed file that is cut off is -EBADMSG, after all that
 * could be read of it.
 */
ssize_t log_stream_read(
    struct log_stream *stream, void *bytes, size_t size, struct why *why);

/*
 * log_stream_seek - go to this byte (of the uncompressed text)
 * A compressed file is read up to there. Returns 0; -ENODATA when it ends
 * before; or another negative errno.
 */
int log_stream_seek(
    struct log_stream *stream, uint64_t offset, struct why *why);

uint64_t log_stream_offset(const struct log_stream *stream);

#endif
