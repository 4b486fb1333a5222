/*
 * queuefile.c - one deferred message as Postfix keeps it in its queue
 *
 * Purpose  see queuefile.h
 * Input    our own caller: trusted
 * Errors   end the program with a line on stderr
 * Runs as  root
 * Source   Postfix src/global/rec_type.h, mail_queue.h, bounce_log.c
 */
#include "queuefile.h"

#include <sys/stat.h>

#include <err.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_LEN 4096
/* Wide enough for the six numbers of the size record. */
#define SIZES_LEN 95

/* Bytes that grow; freed by the end of the program. */
struct text {
	char *data;
	size_t len;
	size_t size;
};

static void
text_append(struct text *text, const void *data, size_t len)
{
	if (text->len + len > text->size) {
		text->size = (text->len + len) * 2;
		text->data = realloc(text->data, text->size);
		if (text->data == NULL)
			err(1, "memory");
	}
	memcpy(text->data + text->len, data, len);
	text->len += len;
}

/* A record: its type, its length in groups of seven bits, its data. */
static void
record_add(struct text *file, char type, const char *data, size_t len)
{
	size_t rest = len;

	text_append(file, &type, 1);
	do {
		unsigned char group = rest & 0x7f;

		rest >>= 7;
		if (rest != 0)
			group |= 0x80;
		text_append(file, &group, 1);
	} while (rest != 0);
	text_append(file, data, len);
}

__attribute__((format(printf, 3, 4))) static void
record_printf(struct text *file, char type, const char *format, ...)
{
	char line[1024];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(line))
		errx(1, "a record is too long");
	record_add(file, type, line, (size_t)len);
}

/* A number in the digits of long queue ids, most significant first. */
static char *
digits_put(char *to, unsigned long number, unsigned base, size_t width)
{
	static const char digits[] =
	    "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	char reversed[16];
	size_t len = 0;

	while (number != 0 || len < width) {
		reversed[len++] = digits[number % base];
		number /= base;
	}
	while (len > 0)
		*to++ = reversed[--len];
	return to;
}

static void
message_name(struct message *message, bool long_id, ino_t inode)
{
	char *end = message->id;

	if (!long_id) {
		snprintf(message->id, sizeof(message->id), "%05lX%lX",
		    (unsigned long)message->usec, (unsigned long)inode);
		return;
	}
	end = digits_put(end, (unsigned long)message->arrived, 52, 6);
	end = digits_put(end, (unsigned long)message->usec, 52, 4);
	*end++ = 'z';
	end = digits_put(end, inode, 51, 1);
	*end = '\0';
}

static void
envelope_write(struct text *file, struct message *message)
{
	char sizes[SIZES_LEN];

	memset(sizes, ' ', sizeof(sizes));
	record_add(file, 'C', sizes, sizeof(sizes));
	record_printf(
	    file, 'T', "%ld %ld", (long)message->arrived, message->usec);
	record_printf(file, 'A', "create_time=%ld", (long)message->arrived);
	record_printf(file, 'A', "log_ident=%s", message->id);
	record_printf(file, 'A', "rewrite_context=local");
	record_printf(file, 'S', "%s", message->sender);
	record_printf(file, 'A', "log_client_name=localhost");
	record_printf(file, 'A', "log_client_address=127.0.0.1");
	record_printf(file, 'A', "log_message_origin=localhost[127.0.0.1]");
	record_printf(file, 'A', "log_helo_name=localhost");
	record_printf(file, 'A', "log_protocol_name=ESMTP");
	record_printf(file, 'A', "client_name=localhost");
	record_printf(file, 'A', "reverse_client_name=localhost");
	record_printf(file, 'A', "client_address=127.0.0.1");
	record_printf(file, 'A', "client_address_type=2");
	record_printf(file, 'A', "helo_name=localhost");
	record_printf(file, 'A', "protocol_name=ESMTP");
	for (int i = 0; i < message->recipient_count; i++) {
		struct recipient *recipient = &message->recipients[i];
		const char *address = recipient->address;

		record_printf(file, 'A', "dsn_orig_rcpt=rfc822;%s", address);
		record_printf(file, 'O', "%s", address);
		recipient->offset = file->len;
		record_printf(file, 'R', "%s", address);
	}
	record_add(file, 'M', "", 0);
}

static void
content_write(
    struct text *file, const struct queue *queue, const struct message *message)
{
	const char *from =
	    message->sender[0] ? message->sender : "MAILER-DAEMON";
	char date[64];
	struct tm utc;

	gmtime_r(&message->arrived, &utc);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &utc);
	record_printf(file, 'N', "Received: from localhost ([127.0.0.1])");
	record_printf(file, 'N', "\tby %s (Postfix) with ESMTP id %s; %s",
	    queue->host, message->id, date);
	record_printf(file, 'N', "From: <%s>", from);
	record_printf(file, 'N', "To: <%s>", message->recipients[0].address);
	record_printf(file, 'N', "Subject: %s", message->subject);
	record_printf(file, 'N', "Date: %s", date);
	record_printf(file, 'N', "Message-ID: %s", message->message_id);
	record_add(file, 'N', "", 0);
	for (long i = 0; i < message->line_count; i++)
		record_printf(
		    file, 'N', "Line %ld of %s.", i, message->subject);
}

static void
message_compose(
    struct text *file, const struct queue *queue, struct message *message)
{
	char sizes[SIZES_LEN + 1];
	size_t content_at;
	size_t content_len;

	file->len = 0;
	envelope_write(file, message);
	content_at = file->len;
	content_write(file, queue, message);
	content_len = file->len - content_at;
	record_add(file, 'X', "", 0);
	record_add(file, 'E', "", 0);
	/* The first record, after its type and length, is known only now. */
	snprintf(sizes, sizeof(sizes), "%15zu %15zu %15d %15d %15zu %15d",
	    content_len, content_at, message->recipient_count, 0, content_len,
	    0);
	memcpy(file->data + 2, sizes, SIZES_LEN);
}

static void
defer_log_compose(struct text *log, const struct message *message)
{
	log->len = 0;
	for (int i = 0; i < message->recipient_count; i++) {
		const struct recipient *recipient = &message->recipients[i];
		char *entry;
		int len = asprintf(&entry,
		    "\n<%s>: %s\nrecipient=%s\noffset=%zu\n"
		    "dsn_orig_rcpt=rfc822;%s\nstatus=%s\naction=delayed\n"
		    "reason=%s\n",
		    recipient->address, recipient->reason, recipient->address,
		    recipient->offset, recipient->address, recipient->status,
		    recipient->reason);

		if (len < 0)
			err(1, "memory");
		text_append(log, entry, (size_t)len);
		free(entry);
	}
	text_append(log, "\n", 1);
}

static int
file_create(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void
file_finish(int fd, const struct queue *queue, const struct text *text,
    const char *path)
{
	if (write(fd, text->data, text->len) != (ssize_t)text->len ||
	    fchown(fd, queue->uid, queue->gid) != 0 || close(fd) != 0)
		err(1, "%s", path);
}

/* The folder is the first digit of the microseconds. */
static void
path_make(char *path, const struct queue *queue, const struct message *message,
    const char *kind)
{
	unsigned digit = (unsigned)message->usec >> 16;

	if (snprintf(path, PATH_LEN, "%s/%s/%X/%s", queue->path, kind, digit,
	        message->id) >= PATH_LEN)
		errx(1, "the path of the queue is too long");
}

void
queue_prepare(const struct queue *queue)
{
	static const char *const kinds[] = {"deferred", "defer"};
	const struct message nameless = {.id = ""};
	char path[PATH_LEN];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (long digit = 0; digit < 16; digit++) {
			struct message message = nameless;

			message.usec = digit << 16;
			path_make(path, queue, &message, kinds[i]);
			if (mkdir(path, 0700) == 0 &&
			    chown(path, queue->uid, queue->gid) != 0)
				err(1, "%s", path);
		}
}

void
queuefile_write(const struct queue *queue, struct message *message)
{
	static struct text text;
	const struct timespec times[2] = {
	    {.tv_sec = message->arrived}, {.tv_sec = message->next_try}};
	char draft[PATH_LEN];
	char path[PATH_LEN];
	struct stat status;
	int fd;

	snprintf(draft, sizeof(draft), "%s/incoming/mkqueue.%ld", queue->path,
	    (long)getpid());
	fd = file_create(draft);
	if (fstat(fd, &status) != 0)
		err(1, "%s", draft);
	message_name(message, queue->long_ids, status.st_ino);
	message_compose(&text, queue, message);
	file_finish(fd, queue, &text, draft);
	/* The mode says that it is complete, the time when it is next tried. */
	if (chmod(draft, 0700) != 0 ||
	    utimensat(AT_FDCWD, draft, times, 0) != 0)
		err(1, "%s", draft);

	path_make(path, queue, message, "defer");
	fd = file_create(path);
	defer_log_compose(&text, message);
	file_finish(fd, queue, &text, path);

	path_make(path, queue, message, "deferred");
	if (rename(draft, path) != 0)
		err(1, "rename to %s", path);
}
