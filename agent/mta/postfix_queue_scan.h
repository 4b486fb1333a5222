/*
 * postfix_queue_scan.h - walk the queue directory of Postfix
 */
#ifndef MAILFIX_MTA_POSTFIX_QUEUE_SCAN_H
#define MAILFIX_MTA_POSTFIX_QUEUE_SCAN_H

#include "agent/mta/queue_scan.h"

/*
 * postfix_queue_scan - visit every message of the wanted states
 *
 * Folders below a state are entered when their name is one character
 * (hash_queue_depth), to a bounded depth. A folder that is not there is empty.
 *
 * Returns 0 with *ret set, or a negative errno with why when a folder could
 * not be read. Allocates only before the threads start.
 */
int postfix_queue_scan(const struct queue_scan *scan,
    struct queue_scan_result *ret, struct why *why);

#endif
