/*
 * mta_relay.c - which deliveries went to the relay
 *
 * Purpose  what a relay refuses is its own limit, whatever domain the mail is
 *          for
 * Input    a line of the log: hostile; the relay as configured
 * Errors   none: in doubt the recipient's domain is the destination
 * Runs as  observer
 * Source   postconf(5): relayhost, default_transport; smtp(8) logs the name
 *          that it looked up, which is the one in brackets or an MX host
 */
#include <string.h>
#include <strings.h>

#include "agent/mta/mta.h"

static bool
is_same(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && strncasecmp(name, text, length) == 0;
}

static bool
is_ordinary(const struct mta_throttle *throttle, struct span transport)
{
	static const char ours[] = "mailfix-";

	return span_is(transport, throttle->transport) ||
	       (transport.text != NULL && transport.length >= strlen(ours) &&
	           memcmp(transport.text, ours, strlen(ours)) == 0);
}

static bool
is_host(const struct mta_relay *relay, struct span host)
{
	for (size_t i = 0; relay->hosts[i] != NULL; i++)
		if (is_same(relay->hosts[i], host.text, host.length))
			return true;
	return false;
}

/* mx1.isp.test of isp.test */
static bool
is_below(const struct mta_relay *relay, struct span host)
{
	size_t length = strlen(relay->name);

	return host.length > length + 1 &&
	       host.text[host.length - length - 1] == '.' &&
	       is_same(relay->name, host.text + host.length - length, length);
}

bool
mta_relay_takes(
    const struct mta_throttle *throttle, const struct log_event *event)
{
	const struct mta_relay *relay =
	    throttle != NULL ? throttle->relay : NULL;

	if (relay == NULL || !is_ordinary(throttle, event->transport))
		return false;
	/* no connection: the log does not say to whom */
	if (event->relay.text == NULL)
		return relay->is_only;
	if (is_host(relay, event->relay))
		return true;
	return relay->is_domain &&
	       (relay->is_only || is_below(relay, event->relay));
}
