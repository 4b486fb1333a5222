/*
 * postfix_queue_file.c - the envelope of one Postfix queue file
 *
 * Purpose  sender, waiting recipients, arrival and size of a message
 * Input    bytes of a queue file: hostile. Whoever can write one there, or
 *          cut one off, must gain nothing: all lengths are checked against the
 *          buffer, all offsets against the file, all work against a budget
 * Errors   -EBADMSG for everything that is no complete message
 * Runs as  the queue's observer, in the closed sandbox, in several threads
 * Cost     one read of 4 KiB for nearly every message; no allocation, no copy
 *          but the sender's
 * Source   Postfix global/rec_type.h, global/record.c (types, lengths, 'p'
 *          records), qmgr/qmgr_message.c (where the second part begins)
 */
#include "agent/mta/postfix_queue_file.h"

#include <errno.h>
#include <string.h>

/*
 * The longest envelope that is read: 100,000 recipients with their DSN records
 * take about 12 MB. One record counts as at least RECORD_COST bytes, so that
 * empty records cannot make it long.
 */
#define ENVELOPE_BYTES_MAX (32 * 1024 * 1024)
#define RECORD_COST        16

/* Postfix itself gives up after as many (REVERSE_JUMP_LIMIT, record.c). */
#define JUMPS_MAX 10000

/* type byte, and 5 groups of 7 bits for the length of an int */
#define HEAD_BYTES_MAX 6

struct record {
	int type;
	const char *data; /* in the buffer */
	size_t length;
};

static void
visit(struct postfix_file *file, bool is_last, bool is_whole)
{
	file->message.is_last = is_last;
	file->message.is_whole = is_whole;
	file->message.recipients = file->recipients;
	file->visit(file->visit_user, &file->message);
	file->message.recipient_count = 0;
}

/* Bring bytes from an offset; what the recipients point to goes away. */
static int
fill(struct postfix_file *file, int64_t offset, size_t want)
{
	int64_t n;

	if (file->message.recipient_count > 0)
		visit(file, false, false);
	n = file->read(file->user, file->buffer, want, offset);
	if (n < 0)
		return (int)n;
	file->base = offset;
	file->at = 0;
	file->have = (size_t)n;
	if (n < (int64_t)want)
		file->end = offset + n;
	return 0;
}

static int
seek(struct postfix_file *file, int64_t offset)
{
	if (offset < 0 || (file->end >= 0 && offset > file->end))
		return -EBADMSG;
	if (offset >= file->base &&
	    offset <= file->base + (int64_t)file->have) {
		file->at = (size_t)(offset - file->base);
		return 0;
	}
	return fill(file, offset, sizeof(file->buffer));
}

/* Make sure of `want` bytes at the place at hand, as far as there are any. */
static int
ensure(struct postfix_file *file, size_t want)
{
	if (file->have - file->at >= want)
		return 0;
	if (file->end >= 0 && file->base + (int64_t)file->have >= file->end)
		return 0;
	return fill(file, file->base + (int64_t)file->at, sizeof(file->buffer));
}

static bool
is_wanted(const struct postfix_file *file, int type)
{
	return type == 'C' || type == 'T' || type == 'S' || type == 'R' ||
	       type == 'p' || (type == 'A' && file->wants_account) ||
	       (type == 'N' && file->in_content);
}

/*
 * The length of the record at hand, in groups of 7 bits, the lowest first.
 * Returns the bytes that type and length take, 0 when they are cut or too big.
 */
static size_t
read_head(const struct postfix_file *file, size_t *ret_length)
{
	const unsigned char *head = file->buffer + file->at;
	size_t left = file->have - file->at, length = 0, i = 1;

	for (; i < left && i < HEAD_BYTES_MAX; i++) {
		length |= (size_t)(head[i] & 0x7f) << (7 * (i - 1));
		if ((head[i] & 0x80) == 0) {
			*ret_length = length;
			return length <= INT32_MAX ? i + 1 : 0;
		}
	}
	return 0;
}

/*
 * Take one record. Its data is there only for the types that are wanted.
 * Returns 1, 0 at the end of the file, or a negative errno.
 */
static inline int
next(struct postfix_file *file, struct record *ret)
{
	size_t head, length = 0;
	int64_t spent;
	int r;

	if (file->have - file->at < HEAD_BYTES_MAX) {
		if ((r = ensure(file, HEAD_BYTES_MAX)) < 0)
			return r;
		if (file->have == file->at)
			return 0;
	}
	head = read_head(file, &length);
	if (head == 0)
		return -EBADMSG;
	spent = (int64_t)(head + length);
	file->budget -= spent > RECORD_COST ? spent : RECORD_COST;
	if (file->budget < 0)
		return -EBADMSG;
	ret->type = file->buffer[file->at];
	if (length > file->have - file->at - head) {
		if (!is_wanted(file, ret->type)) {
			ret->data = NULL;
			ret->length = 0;
			return seek(file,
			           file->base + (int64_t)file->at + spent) < 0
			           ? -EBADMSG
			           : 1;
		}
		if ((r = ensure(file, head + length)) < 0)
			return r;
		if (length > file->have - file->at - head)
			return -EBADMSG;
	}
	ret->data = (const char *)file->buffer + file->at + head;
	ret->length = length;
	file->at += head + length;
	return 1;
}

/* One number of a record, after blanks. Returns where it ends, NULL if none. */
static const char *
read_number(const char *p, const char *end, int64_t *ret)
{
	int64_t number = 0;

	while (p < end && *p == ' ')
		p++;
	if (p == end || *p < '0' || *p > '9')
		return NULL;
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		if (number > INT64_MAX / 16)
			return NULL;
		number = number * 10 + (*p - '0');
	}
	*ret = number;
	return p;
}

/* "content size, its offset, recipients": before Postfix 1.0 only the size. */
static int
take_size(struct postfix_file *file, const struct record *record)
{
	const char *p = record->data, *end = record->data + record->length;

	if (file->has_size)
		return -EBADMSG;
	if ((p = read_number(p, end, &file->content_bytes)) == NULL ||
	    (p = read_number(p, end, &file->content_offset)) == NULL ||
	    read_number(p, end, &file->recipients_told) == NULL)
		return -EBADMSG;
	if (file->content_offset <= 0 || file->content_bytes < 0)
		return -EBADMSG;
	file->has_size = true;
	file->message.bytes = file->content_bytes;
	return 0;
}

static int
take_time(struct postfix_file *file, const struct record *record)
{
	if (file->has_time) /* as Postfix: the first one counts */
		return 0;
	if (read_number(record->data, record->data + record->length,
	        &file->message.arrival_s) == NULL)
		return -EBADMSG;
	file->has_time = true;
	return 0;
}

static void
take_sender(struct postfix_file *file, const struct record *record)
{
	size_t length = record->length;

	if (file->has_sender)
		return;
	if (length > sizeof(file->sender))
		length = sizeof(file->sender);
	memcpy(file->sender, record->data, length);
	file->message.sender.text = file->sender;
	file->message.sender.length = length;
	file->has_sender = true;
}

static void
take_recipient(struct postfix_file *file, const struct record *record)
{
	struct queue_text *to;

	if (file->message.recipient_count == POSTFIX_RECIPIENTS_PART)
		visit(file, false, false);
	to = &file->recipients[file->message.recipient_count++];
	to->text = record->data;
	to->length = record->length;
	file->recipients_seen++;
}

static int
jump(struct postfix_file *file, const struct record *record)
{
	int64_t offset;

	if (read_number(record->data, record->data + record->length, &offset) ==
	        NULL ||
	    ++file->jumps > JUMPS_MAX)
		return -EBADMSG;
	if (offset == 0) /* room for a pointer that was not needed */
		return 0;
	return seek(file, offset);
}

/*
 * Is the file as long as its content? Its last record is 'E', two bytes, after
 * an 'X', two more.
 */
static int
check_length(struct postfix_file *file)
{
	int64_t need = file->content_offset + file->content_bytes + 4;

	if (file->content_bytes > INT64_MAX / 4 ||
	    file->content_offset > INT64_MAX / 4)
		return -EBADMSG;
	if (file->end < 0)
		file->end = file->size(file->user);
	return file->end >= need ? 0 : -EBADMSG;
}

/*
 * take_uid - pickup writes it into the first header, and the queue id below it:
 * who submits a message cannot know that one beforehand, and so not forge it
 * where an admin has that header removed
 */
static int
take_uid(struct postfix_file *file)
{
	struct postfix_kept uid = {0};
	struct record record = {0};
	const size_t length = strlen(file->message.id);
	int r = seek(file, file->content_offset);

	file->in_content = true;
	while (r == 0 && (r = next(file, &record)) > 0) {
		r = record.type == 'p' ? jump(file, &record) : 0;
		if (record.type == 'p')
			continue;
		if (record.type != 'N' || record.data == NULL)
			break;
		if (!uid.is_there) {
			if (!postfix_account_uid(
			        record.data, record.length, &uid))
				break;
			continue;
		}
		if (record.length > 4 + length &&
		    memcmp(record.data, "\tid ", 4) == 0 &&
		    record.data[4 + length] == ';' &&
		    memcmp(record.data + 4, file->message.id, length) == 0)
			file->uid = uid;
		break;
	}
	file->in_content = false;
	return r < 0 ? r : 0;
}

/*
 * The first part is read. The second one, behind the content, is read only
 * when it has recipients. Returns 1 when there is nothing more to read.
 */
static int
take_content(struct postfix_file *file)
{
	int r;

	if (file->has_content || !file->has_size ||
	    (r = check_length(file)) < 0)
		return -EBADMSG;
	file->has_content = true;
	if (file->wants_account && !file->client.is_there &&
	    (r = take_uid(file)) < 0)
		return r;
	if (file->has_sender && file->has_time &&
	    file->recipients_seen >= file->recipients_told &&
	    file->recipients_told > 0)
		return 1;
	return seek(file, file->content_offset + file->content_bytes);
}

/* Returns 1 after the last record that matters. */
static int
take(struct postfix_file *file, const struct record *record)
{
	switch (record->type) {
	case 'A':
		if (file->wants_account && record->data != NULL)
			postfix_account_attribute(
			    file, record->data, record->length);
		return 0;
	case 'R':
		take_recipient(file, record);
		return 0;
	case 'D':
		file->recipients_seen++;
		return 0;
	case 'C':
		return take_size(file, record);
	case 'T':
		return take_time(file, record);
	case 'S':
		take_sender(file, record);
		return 0;
	case 'p':
		return jump(file, record);
	case 'M':
		return take_content(file);
	case 'N': /* content: we are not where we ought to be */
		return -EBADMSG;
	case 'E':
		return file->has_sender && file->has_time && file->has_size
		           ? 1
		           : -EBADMSG;
	default:
		return 0;
	}
}

static int
parse(struct postfix_file *file)
{
	struct record record = {0};
	int r;

	if ((r = fill(file, 0, POSTFIX_FIRST_READ)) < 0)
		return r;
	if (file->have == 0)
		return -ENODATA;
	/* 'C' is first in every file that cleanup(8) wrote. */
	if (file->buffer[0] != 'C')
		return -EBADMSG;
	do {
		if ((r = next(file, &record)) == 0)
			r = -EBADMSG; /* ends without 'E' */
		if (r > 0)
			r = take(file, &record);
	} while (r == 0);
	return r < 0 ? r : 0;
}

int
postfix_file_parse(
    struct postfix_file *file, enum queue_state state, const char *id)
{
	int r;

	file->end = -1;
	file->budget = ENVELOPE_BYTES_MAX;
	file->jumps = 0;
	file->have = file->at = 0;
	file->recipients_seen = file->recipients_told = 0;
	file->has_sender = file->has_size = false;
	file->has_time = file->has_content = file->in_content = false;
	file->login.is_there = file->client.is_there = false;
	file->log_client.is_there = file->uid.is_there = false;
	file->login.length = file->client.length = 0;
	file->log_client.length = file->uid.length = 0;
	file->message = (struct queue_message){.state = state, .id = id};

	r = parse(file);
	if (r == 0) {
		postfix_account_tell(file);
		visit(file, true, true);
	} else {
		visit(file, true, false);
	}
	return r;
}
