/*
 * output.c - write the result of a command
 *
 * Purpose  stdout, or a file that is replaced as a whole
 * Input    the finished text; the path that the user gave
 * Errors   said on stderr, EX_IOERR
 * Runs as  the actor
 * Source   SPEC section 2, -o; sysexits(3)
 */
#include "agent/main/output.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/log.h"

/* A report is for others to read: a monitoring system, a web server. */
#define OUTPUT_MODE 0644

static int
file_write(const char *path, const struct buf *text, struct why *why)
{
	struct stat like, new = {.st_mode = S_IFREG | OUTPUT_MODE,
	                      .st_uid = geteuid(),
	                      .st_gid = getegid()};

	if (fstatat(AT_FDCWD, path, &like, AT_SYMLINK_NOFOLLOW) < 0)
		like = new;
	else if (!S_ISREG(like.st_mode))
		return why_set(why, -EINVAL, "%s is not a regular file", path);
	else if (like.st_uid != geteuid())
		like = new; /* what others put there gets no say, as in /tmp */
	return file_replace(
	    AT_FDCWD, path, buf_text(text), text->length, &like, why);
}

int
output_write(const struct options *options, const struct buf *text, int status)
{
	struct why why = {0};
	int r;

	if (options->output != NULL && strcmp(options->output, "-") != 0)
		r = file_write(options->output, text, &why);
	else
		r = file_write_all(
		    STDOUT_FILENO, buf_text(text), text->length, &why);
	if (r >= 0 || r == -EPIPE)
		return status;
	log_error("the result could not be written: %s", why.text);
	return status == 0 ? EX_IOERR : status;
}

int
output_json(const struct options *options, const struct json *json, int status)
{
	AUTO_BUF struct buf text = {0};

	json_write(&text, json, true);
	buf_add_char(&text, '\n');
	return output_write(options, &text, status);
}

bool
output_is_json(const struct options *options)
{
	return options->format != NULL && strcmp(options->format, "json") == 0;
}
