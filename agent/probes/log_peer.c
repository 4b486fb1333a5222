/*
 * log_peer.c - is the way out open? whose servers were reached
 *
 * Purpose  tries that reached a server outside at the port of mail, and tries
 *          at which no connection was made, for each family
 * Input    events of deliveries: hostile
 * Errors   none
 * Runs as  observer
 * Source   SPEC section 4: egress
 */
#include <sys/socket.h>

#include "agent/mail/outside.h"
#include "agent/probes/log_part.h"

/* family_of - of a server that tells about the way out; 0: it does not */
static int
family_of(const struct tally_line *line)
{
	const struct log_event *event = line->event;
	const struct mta_throttle *sending = line->with->sending;
	const struct mta_relay *relay = sending != NULL ? sending->relay : NULL;
	const int family = outside_family(event->address);

	if (event->address.text == NULL || event->is_local)
		return 0;
	if (relay == NULL)
		return event->port == MTA_PORT ? family : 0;
	if (event->port != mta_relay_port(relay) ||
	    !mta_relay_takes(sending, event))
		return 0;
	/* a relay may be within our own network */
	return memchr(event->address.text, ':', event->address.length) != NULL
	           ? AF_INET6
	           : AF_INET;
}

void
tally_peer(struct tally_line *line)
{
	const struct log_event *event = line->event;
	const int family = family_of(line);

	if (family == 0)
		return;
	/*
	 * A connection that breaks before a word was said tells nothing: what
	 * is in between may have taken it.
	 */
	if (event->net == LOG_NET_OK || event->stage > REPLY_STAGE_GREETING)
		tally_total(line,
		    family == AF_INET ? TOTAL_REACHED_V4 : TOTAL_REACHED_V6);
	else if (event->stage == REPLY_STAGE_CONNECT)
		tally_total(line, family == AF_INET ? TOTAL_UNREACHED_V4
		                                    : TOTAL_UNREACHED_V6);
}
