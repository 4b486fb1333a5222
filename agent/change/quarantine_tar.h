/*
 * quarantine_tar.h - headers of the archive that a quarantine is
 */
#ifndef MAILFIX_CHANGE_QUARANTINE_TAR_H
#define MAILFIX_CHANGE_QUARANTINE_TAR_H

#include "agent/change/quarantine.h"

#define QUARANTINE_BLOCK 512

/*
 * quarantine_tar_header - the block before the bytes of one file
 * Returns 0, or -EOVERFLOW when a number does not fit its field.
 */
int quarantine_tar_header(const struct quarantine_file *file,
    unsigned char ret[static QUARANTINE_BLOCK], struct why *why);

#endif
