/*
 * journal_send.c - one structured entry into the journal
 *
 * Purpose  the copy of the audit log that leaves this host with the journal
 * Input    texts of our own records
 * Errors   negative errno; sd_journal_send(3) would wait for a journal that
 *          hangs, so its protocol is spoken here without waiting
 * Runs as  actor
 * Source   systemd's Native Journal Protocol
 */
#include "agent/sys/journal_send.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"

int
journal_send(const char *path, const struct journal_field *fields, size_t count,
    struct why *why)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	AUTO_BUF struct buf text = {0};
	AUTO_CLOSE int fd =
	    socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return why_errno(why, "make a socket");
	if ((size_t)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path) >=
	    sizeof(to.sun_path))
		return why_set(why, -ENAMETOOLONG, "%s: too long", path);
	for (size_t i = 0; i < count; i++) {
		buf_addf(&text, "%s=", fields[i].name);
		buf_add_n(
		    &text, fields[i].value, strcspn(fields[i].value, "\n"));
		buf_add_char(&text, '\n');
	}
	if (sendto(fd, text.text, text.length, MSG_NOSIGNAL,
	        (const struct sockaddr *)&to, sizeof(to)) < 0)
		return why_errno(why, "send to the journal");
	return 0;
}
