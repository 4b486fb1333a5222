/*
 * queue_prune.h - messages into the quarantine, and back
 *
 * In this order, each step durable before the next one:
 *   1  put on hold: from now on nobody delivers them
 *   2  copied to the store, synced, read back, sums compared; manifest
 *   3  `deleting` is noted
 *   4  the mail system removes them; what is really gone is noted in `gone`
 *   5  what is not gone is released again
 * So at any instant a message is in the queue, or in a checked quarantine, or
 * both and on hold.
 * Back: all files into hold/, synced, `restored` noted, then released: so that
 * no message is put back twice, whatever happens in between.
 */
#ifndef MAILFIX_CHANGE_QUEUE_PRUNE_H
#define MAILFIX_CHANGE_QUEUE_PRUNE_H

#include "agent/change/queue_ids.h"

/* Names in the store. */
#define QUEUE_LIST_CHOSEN   "ids"      /* that were in the state at capture */
#define QUEUE_LIST_BEGUN    "begun"    /* empty list: from now on it is us */
#define QUEUE_LIST_DELETING "deleting" /* about to be removed */
#define QUEUE_LIST_GONE     "gone"     /* really removed */
#define QUEUE_LIST_RESTORED "restored" /* back in the queue, by us */
#define QUEUE_LIST_UNDONE   "undone"   /* empty list: all is done */

/* queue_prune_check - is there room for the copy? -ENOSPC */
int queue_prune_check(
    struct queue_work *work, struct queue_ids ids, struct why *why);

int queue_prune_perform(
    struct queue_work *work, struct queue_ids ids, struct why *why);
int queue_prune_look(struct queue_work *work, struct queue_ids ids,
    enum change_found *ret, struct why *why);
int queue_prune_undo(
    struct queue_work *work, struct queue_ids ids, struct why *why);

#endif
