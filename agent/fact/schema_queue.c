/*
 * schema_queue.c - facts about the queue: queue, queue_destination,
 * queue_sender
 *
 * Purpose  the columns of the tables that a census of the queue fills
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   QSHAPE_README, qshape(1), postqueue(1)
 */
#include "agent/fact/schema_rows.h"

static const struct column queue_columns[] = {
    ROW_NUMBER("messages", UNIT_COUNT,
        "messages incoming, active, deferred and on hold", "queue files"),
    ROW_NUMBER("incoming", UNIT_COUNT, "arriving", "incoming/"),
    ROW_NUMBER("active", UNIT_COUNT, "being delivered", "active/"),
    ROW_NUMBER("deferred", UNIT_COUNT, "to be tried again", "deferred/"),
    ROW_NUMBER("hold", UNIT_COUNT, "on hold", "hold/"),
    ROW_NUMBER("maildrop", UNIT_COUNT, "submitted here, not yet picked up",
        "maildrop/"),
    ROW_NUMBER("corrupt", UNIT_COUNT, "set aside as damaged", "corrupt/"),
    ROW_NUMBER("unreadable", UNIT_COUNT,
        "files in the queue that are no complete message", "queue files"),
    ROW_NUMBER("bytes", UNIT_BYTES, "size of the content of all messages",
        "size record in the file"),
    ROW_NUMBER("oldest", UNIT_SECONDS, "age of the oldest message not on hold",
        "time of arrival in the file"),
    ROW_NUMBER("bounces", UNIT_COUNT, "deferred messages with a null sender",
        "sender record"),
    ROW_NUMBER("bounces_1h", UNIT_COUNT, "of these, older than 1 hour",
        "time of arrival"),
    ROW_NUMBER("bounces_6h", UNIT_COUNT, "older than 6 hours", "the same"),
    ROW_NUMBER("bounces_1d", UNIT_COUNT, "older than 1 day", "the same"),
    ROW_NUMBER("bounces_2d", UNIT_COUNT, "older than 2 days", "the same"),
    ROW_NUMBER("bounces_3d", UNIT_COUNT, "older than 3 days", "the same"),
    ROW_NUMBER("deferred_1h", UNIT_COUNT, "deferred messages older than 1 hour",
        "the same"),
    ROW_NUMBER("deferred_6h", UNIT_COUNT, "older than 6 hours", "the same"),
    ROW_NUMBER("deferred_1d", UNIT_COUNT, "older than 1 day", "the same"),
    ROW_NUMBER("arrival_rate", UNIT_PER_SECOND,
        "messages that arrived since the run before and still wait",
        "times of arrival, and the run before"),
    ROW_NUMBER("leaving_rate", UNIT_PER_SECOND,
        "messages that left, of those that the run before or this one saw",
        "counts of both runs, and arrivals"),
    ROW_NUMBER("destinations", UNIT_COUNT,
        "distinct recipient domains; unknown beyond 8,192",
        "recipient records"),
};

const struct table schema_queue = {
    .name = "queue",
    .doc = "the queue as a whole",
    .columns = queue_columns,
    .column_count = ARRAY_COUNT(queue_columns),
    .row_max = 1,
};

static const struct column queue_part_columns[] = {
    ROW_NUMBER("messages", UNIT_COUNT, "messages in all states", "queue files"),
    ROW_NUMBER("incoming", UNIT_COUNT, "arriving", "incoming/"),
    ROW_NUMBER("active", UNIT_COUNT, "being delivered", "active/"),
    ROW_NUMBER("deferred", UNIT_COUNT, "to be tried again", "deferred/"),
    ROW_NUMBER("hold", UNIT_COUNT, "on hold", "hold/"),
    ROW_NUMBER("bytes", UNIT_BYTES, "size of their content",
        "size record in the file"),
    ROW_NUMBER("oldest", UNIT_SECONDS, "age of the oldest one not on hold",
        "time of arrival in the file"),
    ROW_NUMBER("bounces", UNIT_COUNT, "with a null sender", "sender record"),
    ROW_NUMBER("deferred_1h", UNIT_COUNT, "deferred, older than 1 hour",
        "time of arrival"),
    ROW_NUMBER("deferred_1d", UNIT_COUNT, "deferred, older than 1 day",
        "time of arrival"),
    ROW_NUMBER("share", UNIT_SHARE, "of all messages in the queue",
        "messages / queue.messages"),
};

/*
 * The most that are told apart in a report; the ones with the most messages
 * come first, the rest is in `queue` only. qshape(1) prints 20.
 */
#define QUEUE_PARTS_MAX 500

const struct table schema_queue_destination = {
    .name = "queue_destination",
    .key = "domain",
    .doc = "the queue by recipient domain, largest first",
    .columns = queue_part_columns,
    .column_count = ARRAY_COUNT(queue_part_columns),
    .row_max = QUEUE_PARTS_MAX,
};

const struct table schema_queue_sender = {
    .name = "queue_sender",
    .key = "address",
    .doc = "the queue by sender, largest first; \"<>\" is the null sender",
    .columns = queue_part_columns,
    .column_count = ARRAY_COUNT(queue_part_columns),
    .row_max = QUEUE_PARTS_MAX,
};
