/*
 * postfix_queue_file.h - the envelope of one Postfix queue file
 *
 * A queue file is a row of records: a type byte, a length in 7-bit groups,
 * the data. First the envelope up to 'M', then the content, then an optional
 * second part of the envelope from 'X' to 'E'. A 'p' record points to where
 * reading goes on. Nothing in the file is believed.
 */
#ifndef MAILFIX_MTA_POSTFIX_QUEUE_FILE_H
#define MAILFIX_MTA_POSTFIX_QUEUE_FILE_H

#include "agent/mta/queue_scan.h"

/*
 * What one read(2) brings of nearly every message: its whole envelope. Of
 * 100,000 messages with up to five recipients: 8 % faster than 4096, which
 * copies more, and than 1024, which asks twice too often.
 */
#define POSTFIX_FIRST_READ 1536

/* Room for one record of any legal address and for a long list of them. */
#define POSTFIX_BUFFER_BYTES 16384

/* smtpd_line_length_limit is 2048; what is longer is cut for the key only. */
#define POSTFIX_SENDER_MAX 1024

#define POSTFIX_RECIPIENTS_PART 128

/* A login, or an address; what is longer is told as none. */
#define POSTFIX_ACCOUNT_MAX 256

/* Text of a queue file that is kept while reading goes on. */
struct postfix_kept {
	bool is_there; /* with length 0: it cannot be told */
	size_t length;
	char text[POSTFIX_ACCOUNT_MAX];
};

/* Work space of one thread: reused from file to file, no allocation. */
struct postfix_file {
	/*
	 * read - up to `size` bytes from an offset; how many, 0 at the end,
	 * or a negative errno
	 */
	int64_t (*read)(void *user, void *bytes, size_t size, int64_t offset);
	/* size - of the file; asked only when reading does not tell */
	int64_t (*size)(void *user);
	void *user; /* of read and size */

	void (*visit)(void *visit_user, const struct queue_message *message);
	void *visit_user;
	bool wants_account; /* see queue_scan.h */

	/* Private. */
	int64_t base;    /* offset of buffer[0] */
	size_t have, at; /* bytes in the buffer, next one to be taken */
	int64_t end;     /* size of the file, -1 as long as it is not known */
	int64_t budget;  /* bytes of envelope that may still be looked at */
	unsigned jumps;
	int64_t content_bytes, content_offset, recipients_told;
	int64_t recipients_seen;
	bool has_sender, has_size, has_time, has_content;
	bool in_content; /* its records are wanted */
	struct postfix_kept login, client, log_client, uid;
	struct queue_message message;
	struct queue_text recipients[POSTFIX_RECIPIENTS_PART];
	char sender[POSTFIX_SENDER_MAX];
	unsigned char buffer[POSTFIX_BUFFER_BYTES];
};

/*
 * postfix_file_parse - visit the message of one file
 *
 * state, id  as the directory says
 *
 * Returns 0 when it is a complete message (visited to its last part), -ENODATA
 * when nothing could be read, -EBADMSG when it is damaged, cut off or no queue
 * file (a part that was visited before is followed by a last one that is not
 * whole), or the negative errno of `read`. Allocates nothing.
 * Source: Postfix global/rec_type.h, qmgr/qmgr_message.c, 2.x to 3.10.
 */
int postfix_file_parse(
    struct postfix_file *file, enum queue_state state, const char *id);

/* postfix_queue_account.c: who submitted it */

/* postfix_account_attribute - take one of the file's named attributes */
void postfix_account_attribute(
    struct postfix_file *file, const char *data, size_t size);

/* postfix_account_uid - "Received: by NAME (Postfix, from userid 33)" */
bool postfix_account_uid(
    const char *data, size_t size, struct postfix_kept *ret);

/* postfix_account_tell - set the message's, when all was read */
void postfix_account_tell(struct postfix_file *file);

#endif
