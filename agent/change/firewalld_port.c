/*
 * firewalld_port.c - changes of kind "firewalld-port": a TCP port of a zone
 *
 * Purpose  one kind of change; row CHANGE(firewalld_port) in change_table.def
 * Input    "add": target "zone public", after "587/tcp"
 * Errors   -ESTALE: it is no longer as planned; else negative errno
 * Runs as  actor
 * Source   firewalld.dbus(5)
 *
 * firewalld keeps no comment with a port. So each of the two settings, running
 * and permanent, is noted before it is made: what was there before stays there,
 * and after a crash what is there and noted is ours.
 */
#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/change/change_store.h"
#include "agent/probes/firewall_ask.h"
#include "agent/sys/firewalld.h"

/* In the store: "here" or "missing" before us; that we began; that somebody
 * else was faster. */
#define NOTE_BEFORE "before"
#define NOTE_BEGUN  "begun"
#define NOTE_OTHERS "others"

#define ZONE_PREFIX "zone "
#define PORT_SUFFIX "/tcp"

struct port_place {
	const char *zone;
	uint16_t port;
};

static int
place_take(const struct change *change, struct port_place *ret, struct why *why)
{
	struct port_place place;
	unsigned long port;
	char *end = NULL;

	if (!text_starts(change->target, ZONE_PREFIX) || change->after == NULL)
		return why_set(why, -EINVAL, "that is no port of a zone");
	place.zone = change->target + strlen(ZONE_PREFIX);
	port = strtoul(change->after, &end, 10);
	if (!firewalld_zone_is_valid(place.zone) || port == 0 ||
	    port > UINT16_MAX || change->after[0] < '1' ||
	    change->after[0] > '9' || strcmp(end, PORT_SUFFIX) != 0)
		return why_set(why, -EINVAL, "that is no port of a zone");
	place.port = (uint16_t)port;
	*ret = place;
	return 0;
}

/* Does firewalld refuse it still, and only firewalld? */
static int
plan_again(struct change_host *host, uint16_t port, struct why *why)
{
	struct nf_opening now = {0};
	int r = firewall_plan(host->arena, port, &now, why);

	if (r == -EALREADY)
		return why_set(
		    why, -ESTALE, "port %u is open by now", (unsigned)port);
	if (r == 0 && now.manager != NF_MANAGER_FIREWALLD)
		r = why_set(why, -ESTALE,
		    "it is no longer firewalld that refuses port %u",
		    (unsigned)port);
	return r;
}

static int
port_check(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct firewalld_port now;
	struct port_place place;
	int r = place_take(change, &place, why);

	if (r == 0)
		r = firewalld_port_look(place.zone, place.port, &now, why);
	if (r < 0)
		return r;
	if (now.is_running)
		return why_set(why, -ESTALE, "zone %s has port %u by now",
		    place.zone, (unsigned)place.port);
	return plan_again(host, place.port, why);
}

static int
port_capture(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct firewalld_port now;
	struct port_place place;
	int r = place_take(change, &place, why);

	if (r == 0)
		r = firewalld_port_look(place.zone, place.port, &now, why);
	if (r < 0)
		return r;
	return change_store_put(host, NOTE_BEFORE,
	    arena_printf(host->arena, "running %s permanent %s",
	        now.is_running ? "here" : "missing",
	        now.is_permanent ? "here" : "missing"),
	    why);
}

/* What was there before us, which is not ours to take out. */
static int
before_get(
    struct change_host *host, struct firewalld_port *ret, struct why *why)
{
	const char *text;
	int r = change_store_get(host, NOTE_BEFORE, &text, why);

	if (r < 0)
		return r;
	if (r == 0)
		return why_set(
		    why, -ENODATA, "it was not kept how the zone was before");
	ret->is_running = strstr(text, "running here") != NULL;
	ret->is_permanent = strstr(text, "permanent here") != NULL;
	return 0;
}

static int
port_remove(const struct port_place *place, const struct firewalld_port *before,
    struct why *why)
{
	struct firewalld_port now;
	int r = firewalld_port_look(place->zone, place->port, &now, why);

	if (r == 0 && now.is_running && !before->is_running)
		r = firewalld_port_set(
		    place->zone, place->port, false, false, why);
	if ((r == 0 || r == -EALREADY) && now.is_permanent &&
	    !before->is_permanent)
		r = firewalld_port_set(
		    place->zone, place->port, true, false, why);
	return r == -EALREADY ? 0 : r;
}

static int
port_believe(
    const struct port_place *place, struct change_host *host, struct why *why)
{
	struct nf_opening left = {0};
	int r = firewall_plan(host->arena, place->port, &left, why);

	if (r == -EALREADY)
		return 0;
	/* another zone may refuse it still: then its own change follows */
	if (r == 0 && left.manager == NF_MANAGER_FIREWALLD) {
		const char *chain = arena_printf(
		    host->arena, "filter_IN_%s_allow", place->zone);

		for (size_t i = 0; i < left.count; i++)
			if (strcmp(left.accepts[i].chain, chain) == 0)
				r = -EIO;
		if (r == 0)
			return 0;
	}
	return why_set(why, -EIO,
	    "zone %s has the port, and port %u is not open", place->zone,
	    (unsigned)place->port);
}

static int
port_add(const struct port_place *place, const struct firewalld_port *before,
    struct why *why)
{
	int r = 0;

	if (!before->is_running)
		r = firewalld_port_set(
		    place->zone, place->port, false, true, why);
	if (r == 0 && !before->is_permanent)
		r = firewalld_port_set(
		    place->zone, place->port, true, true, why);
	return r;
}

/* Between our look and this: somebody else's, and left to them. */
static int
port_leave(
    const struct port_place *place, struct change_host *host, struct why *why)
{
	int r = change_store_put(host, NOTE_OTHERS, "", why);

	return r < 0 ? r
	             : why_set(why, -ESTALE,
	                   "somebody else opened port %u in zone %s",
	                   (unsigned)place->port, place->zone);
}

static int
port_perform(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct firewalld_port before = {0};
	struct port_place place;
	struct why second = {0};
	int r = place_take(change, &place, why);

	if (r == 0)
		r = before_get(host, &before, why);
	if (r == 0)
		r = plan_again(host, place.port, why);
	if (r == 0)
		r = change_store_put(host, NOTE_BEGUN, "", why);
	if (r == 0)
		r = port_add(&place, &before, why);
	if (r == -EALREADY)
		return port_leave(&place, host, why);
	if (r == 0)
		r = port_believe(&place, host, why);
	if (r < 0 && r != -ESTALE && port_remove(&place, &before, &second) < 0)
		why_prefix(
		    why, "and it could not be taken out (%s)", second.text);
	return r;
}

static int
port_look(const struct change *change, struct change_host *host,
    enum change_found *ret, struct why *why)
{
	struct firewalld_port before = {0}, now;
	struct port_place place;
	const char *begun, *others = NULL;
	bool is_running, is_permanent;
	int r = place_take(change, &place, why);

	if (r == 0)
		r = before_get(host, &before, why);
	if (r == 0)
		r = firewalld_port_look(place.zone, place.port, &now, why);
	if (r == 0)
		r = change_store_get(host, NOTE_OTHERS, &others, why);
	if (r >= 0)
		r = change_store_get(host, NOTE_BEGUN, &begun, why);
	if (r < 0)
		return r;
	is_running = now.is_running == before.is_running;
	is_permanent = now.is_permanent == before.is_permanent;
	if (r == 0 || (is_running && is_permanent))
		*ret = CHANGE_IS_BEFORE; /* what is there is not ours */
	else if (others != NULL)
		*ret = CHANGE_IS_FOREIGN;
	else if (now.is_running && now.is_permanent)
		*ret = CHANGE_IS_AFTER;
	else
		*ret = CHANGE_IS_PARTIAL;
	return 0;
}

static int
port_undo(
    const struct change *change, struct change_host *host, struct why *why)
{
	struct firewalld_port before = {0};
	struct port_place place;
	int r = place_take(change, &place, why);

	if (r == 0)
		r = before_get(host, &before, why);
	return r < 0 ? r : port_remove(&place, &before, why);
}

static const char *const verbs[] = {"add", NULL};

const struct change_kind change_firewalld_port = {
    .name = "firewalld-port",
    .verbs = verbs,
    .is_undoable = true,
    .is_beside = true,
    .check = port_check,
    .capture = port_capture,
    .perform = port_perform,
    .look = port_look,
    .undo = port_undo,
};
