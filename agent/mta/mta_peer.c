/*
 * mta_peer.c - services beside the mail system: their sockets and units
 *
 * Purpose  from "inet:localhost:8891" to a socket, or to opendkim.service
 * Input    endpoints of the admin's configuration
 * Errors   negative errno
 * Runs as  the actor
 * Source   default sockets: opendkim(8), opendmarc(8), rspamd's worker proxy,
 *          clamav-milter(8), spamass-milter(1), amavisd.conf, postgrey(8),
 *          milter-greylist(8), Dovecot's auth service, saslauthd(8)
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/mta_unit.h"
#include "agent/sys/sockdiag.h"

#define NAMES(...)                                                             \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

/* Part of an endpoint, and the units that may serve it, likeliest first. */
static const struct {
	enum mta_peer_role role;
	const char *part;
	const char *const *units;
} peer_units[] = {
    {MTA_PEER_MILTER,         "opendkim",       NAMES("opendkim.service")         },
    {MTA_PEER_MILTER,         ":8891",          NAMES("opendkim.service")         },
    {MTA_PEER_MILTER,         "opendmarc",      NAMES("opendmarc.service")        },
    {MTA_PEER_MILTER,         ":8893",          NAMES("opendmarc.service")        },
    {MTA_PEER_MILTER,         "rspamd",         NAMES("rspamd.service")           },
    {MTA_PEER_MILTER,         ":11332",         NAMES("rspamd.service")           },
    {MTA_PEER_MILTER,         "clamav",         NAMES("clamav-milter.service")    },
    {MTA_PEER_MILTER,         ":7357",          NAMES("clamav-milter.service")    },
    {MTA_PEER_MILTER,         "spamass",        NAMES("spamass-milter.service")   },
    {MTA_PEER_MILTER,         "greylist",       NAMES("milter-greylist.service")  },
    {MTA_PEER_FILTER,         ":10024",
     NAMES("amavis.service",                                                        "amavisd.service", "amavisd-new.service")},
    {MTA_PEER_FILTER, "amavis",
     NAMES("amavis.service",                                     "amavisd.service", "amavisd-new.service")},
    {MTA_PEER_FILTER,  ":10023", NAMES("postgrey.service")},
    {MTA_PEER_FILTER,         "postgrey",                NAMES("postgrey.service")                        },
    {MTA_PEER_FILTER,         ":10031",       NAMES("policyd-rate-limit.service")},
    {MTA_PEER_FILTER,         "dovecot",         NAMES("dovecot.service") },
    {MTA_PEER_AUTH,         "saslauthd",        NAMES("saslauthd.service")         },
    {MTA_PEER_AUTH,           "",        NAMES("dovecot.service")        },
};

const char *const *
mta_peer_units(const struct mta_peer *peer)
{
	static const char *const none[] = {NULL};

	for (size_t i = 0; i < ARRAY_COUNT(peer_units); i++)
		if (peer_units[i].role == peer->role &&
		    strstr(peer->endpoint, peer_units[i].part) != NULL)
			return peer_units[i].units;
	return none;
}

static bool
host_is_here(const char *host, size_t length)
{
	static const char *const names[] = {
	    "localhost", "127.0.0.1", "[127.0.0.1]", "[::1]", "::1", ""};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (strlen(names[i]) == length &&
		    strncmp(names[i], host, length) == 0)
			return true;
	return false;
}

static int
inet_socket(const char *address, const struct sockdiag_listener *listeners,
    size_t count, uint64_t *ret)
{
	const char *colon = strrchr(address, ':');
	unsigned long port;
	char *end;

	/* "inet:port@host" is a milter's own way to write it */
	if (colon == NULL || !host_is_here(address, (size_t)(colon - address)))
		return 0;
	port = strtoul(colon + 1, &end, 10);
	if (end == colon + 1 || *end != '\0')
		return 0;
	for (size_t i = 0; i < count; i++)
		if (listeners[i].port == port) {
			*ret = listeners[i].inode;
			return 1;
		}
	return 0;
}

/* A path is below the queue directory when it is relative or chrooted. */
static int
unix_socket(const struct mta *mta, const char *path, uint64_t *ret)
{
	char below[512];
	int code = 0;

	(void)snprintf(below, sizeof(below), "%s%s%s", mta->queue_dir,
	    path[0] == '/' ? "" : "/", path);
	if (path[0] == '/')
		code = sockdiag_unix_inode(path, ret, NULL);
	return code != 0 ? code : sockdiag_unix_inode(below, ret, NULL);
}

int
mta_peer_socket(const struct mta *mta, const struct mta_peer *peer,
    const struct sockdiag_listener *listeners, size_t count, uint64_t *ret)
{
	if (text_starts(peer->endpoint, "inet:"))
		return inet_socket(
		    peer->endpoint + strlen("inet:"), listeners, count, ret);
	if (text_starts(peer->endpoint, "unix:"))
		return unix_socket(mta, peer->endpoint + strlen("unix:"), ret);
	return 0;
}
