/*
 * queuefile.h - one deferred message as Postfix keeps it in its queue
 *
 * Two files make one: the message in deferred/, a sequence of records, and in
 * defer/ the log of why each recipient waits. Failures end the program.
 * Source: Postfix src/global/rec_type.h, mail_queue.h, bounce_log.c
 */
#ifndef MAILFIX_TESTS_QUEUEFILE_H
#define MAILFIX_TESTS_QUEUEFILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <time.h>

#define RECIPIENTS_MAX 5

struct recipient {
	char address[128];
	char status[16];  /* enhanced code, 4.x.x */
	char reason[512]; /* why it waits */
	size_t offset;    /* of its record in the file */
};

struct message {
	time_t arrived;
	long usec; /* of arrival, 0 to 999999 */
	time_t next_try;
	char id[32]; /* set by queuefile_write() */
	char message_id[128];
	char subject[128];
	char sender[128]; /* empty: a bounce */
	long line_count;  /* of the body */
	int recipient_count;
	struct recipient recipients[RECIPIENTS_MAX];
};

struct queue {
	const char *path;
	const char *host; /* its name */
	uid_t uid;        /* who owns the files */
	gid_t gid;
	bool long_ids;
};

/* queue_prepare - make the folders that the files are spread over */
void queue_prepare(const struct queue *queue);

/*
 * queuefile_write - put a message into the queue
 *
 * Gives the message its id, which holds the file's inode number. The file
 * appears by rename, so that a running Postfix sees all of it or nothing.
 */
void queuefile_write(const struct queue *queue, struct message *message);

#endif
