/*
 * survey_place.c - through which interface, from whom, to which address
 *
 * Purpose  what an admin leaves out of "is port 587 open?"
 * Input    the network of this host; addresses and a name that were given
 * Errors   -ENODEV: the interface, or an address on it, is not there
 * Runs as  observer, tests
 * Source   RFC 6724 section 5 for which of our addresses is meant
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/survey_parts.h"

/*
 * Homes in three parts of the world: allocated, so that no list of bogons has
 * them, and not likely to be in anybody's list of friends. No packet is sent to
 * them.
 */
static const char *const strangers_v4[] = {
    "73.162.45.19", "84.115.201.77", "126.72.33.118", "190.55.61.142"};
static const char *const strangers_v6[] = {"2601:646:8a00:4d1::25",
    "2a02:8388:1c42:7a00::25", "2400:4050:c1e2:9300::25",
    "2800:810:4f3:81c2::25"};

_Static_assert(ARRAY_COUNT(strangers_v4) == SURVEY_STRANGERS + 1, "one spare");
_Static_assert(ARRAY_COUNT(strangers_v6) == SURVEY_STRANGERS + 1, "one spare");

struct nf_address
survey_stranger(const struct net *net, uint8_t family, unsigned i)
{
	const char *const *all =
	    family == AF_INET ? strangers_v4 : strangers_v6;
	struct nf_address address = {0};

	(void)net_address_parse(all[i], &address);
	if (net_is_own(net, &address))
		(void)net_address_parse(all[SURVEY_STRANGERS], &address);
	return address;
}

bool
survey_is_loopback(const struct nf_address *address)
{
	static const uint8_t one[16] = {[15] = 1};

	return address->family == AF_INET
	           ? address->bytes[0] == 127
	           : memcmp(address->bytes, one, 16) == 0;
}

static const char *
family_text(uint8_t family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

static bool
is_any(const struct nf_address *address)
{
	static const uint8_t none[16];

	return memcmp(address->bytes, none, sizeof(none)) == 0;
}

bool
survey_listens(const struct net_listener *listener, uint16_t port,
    const struct nf_address *address)
{
	if (listener->port != port)
		return false;
	if (net_address_equal(&listener->address, address))
		return true;
	return is_any(&listener->address) &&
	       (listener->address.family == address->family ||
	           (address->family == AF_INET && !listener->is_v6_only));
}

/*
 * A service may be bound to one of several addresses: the question is about
 * that one. NULL: no reason to prefer any.
 */
static const struct nf_address *
address_served(const struct survey *survey, unsigned index, uint8_t family)
{
	const struct net *net = survey->net;

	for (size_t i = 0; i < net->address_count; i++) {
		const struct net_own_address *own = &net->addresses[i];

		if (own->index != index || own->address.family != family ||
		    !own->is_global)
			continue;
		for (size_t k = 0; k < net->listener_count; k++)
			if (net->listeners[k].port == survey->query->port &&
			    net_address_equal(
			        &net->listeners[k].address, &own->address))
				return &own->address;
	}
	return NULL;
}

/* The best there, when it is one that others can reach us by. */
static const struct nf_address *
address_global(const struct net *net, unsigned index, uint8_t family)
{
	const struct nf_address *best = net_address_on(net, index, family);

	for (size_t i = 0; best != NULL && i < net->address_count; i++)
		if (&net->addresses[i].address == best)
			return net->addresses[i].is_global ? best : NULL;
	return NULL;
}

static const struct net_interface *
interface_of(const struct net *net, const struct nf_address *address)
{
	for (size_t i = 0; i < net->address_count; i++)
		if (net_address_equal(&net->addresses[i].address, address))
			return net_interface_by_index(
			    net, net->addresses[i].index);
	return NULL;
}

/* The route there; false: it cannot be told, or there is none. */
static bool
route_find(const struct survey *survey, const struct nf_address *to,
    struct net_route *ret)
{
	const struct nf_survey_query *query = survey->query;
	struct net_route_query asked = {.to = *to};
	struct why why = {0};

	if (query->direction == NF_OUT) {
		asked.from = query->from;
		asked.uid = query->uid;
		asked.is_uid_known = query->is_user_known;
	}
	return survey->net->route != NULL &&
	       survey->net->route(survey->net->user, &asked, ret, &why) == 0 &&
	       (ret->type == NET_ROUTE_UNICAST || ret->type == NET_ROUTE_LOCAL);
}

static bool
has_default(const struct net_interface *interface, uint8_t family)
{
	return family == AF_INET ? interface->has_default_v4
	                         : interface->has_default_v6;
}

/* Another host of the network of that address; family 0: it has none. */
static struct nf_address
neighbour_of(
    const struct net *net, const struct net_own_address *own, unsigned number)
{
	const unsigned bits = own->address.family == AF_INET ? 32 : 128;
	const unsigned room =
	    bits - own->prefix_length < 8 ? bits - own->prefix_length : 8;
	const unsigned last = bits / 8 - 1, mask = (1U << room) - 1;

	for (unsigned k = 1; k <= mask; k++) {
		struct nf_address other = own->address;
		unsigned host;

		other.bytes[last] = (uint8_t)(other.bytes[last] ^ k);
		host = other.bytes[last] & mask;
		/* the network's own address, and its broadcast */
		if (room > 1 && (host == 0 || host == mask))
			continue;
		if (!net_is_own(net, &other) && number-- == 0)
			return other;
	}
	return (struct nf_address){0};
}

struct nf_address
survey_anyone(const struct survey *survey,
    const struct net_interface *interface, uint8_t family, unsigned i)
{
	const struct net *net = survey->net;
	struct nf_address neighbour = {0};

	if (survey->query->direction == NF_OUT || interface == NULL ||
	    has_default(interface, family))
		return survey_stranger(net, family, i);
	for (size_t k = 0; k < net->address_count; k++) {
		const struct net_own_address *own = &net->addresses[k];

		if (neighbour.family == 0 && own->index == interface->index &&
		    own->address.family == family && own->is_global)
			neighbour = neighbour_of(net, own, i);
	}
	return neighbour.family != 0 ? neighbour
	                             : survey_stranger(net, family, i);
}

static bool
has_outside(const struct net *net)
{
	for (size_t i = 0; i < net->interface_count; i++)
		if (net->interfaces[i].has_default_v4 ||
		    net->interfaces[i].has_default_v6)
			return true;
	return false;
}

/*
 * The interfaces that the world is behind. A host of a local network alone has
 * none: its neighbours stand for the world. Where one family has a way out, an
 * address of the other one, on a bridge of containers perhaps, is no way in.
 */
static size_t
interfaces_outside(const struct net *net, uint8_t family,
    const struct net_interface *ret[SURVEY_PLACES_MAX])
{
	bool is_local = !has_outside(net);
	size_t count = 0;

	for (size_t i = 0; i < net->interface_count; i++) {
		const struct net_interface *interface = &net->interfaces[i];

		if (count == (is_local ? 1 : SURVEY_PLACES_MAX))
			break;
		if (address_global(net, interface->index, family) != NULL &&
		    (is_local ? interface->is_up && !interface->is_loopback
		              : has_default(interface, family)))
			ret[count++] = interface;
	}
	return count;
}

/* Through which interfaces it comes, as far as what was given tells. */
static size_t
interfaces_in(const struct survey *survey, uint8_t family,
    const struct net_interface *ret[SURVEY_PLACES_MAX])
{
	const struct nf_survey_query *query = survey->query;
	const struct net *net = survey->net;
	const struct net_interface *one = NULL;
	struct net_route route;

	if (query->from.family != 0 && route_find(survey, &query->from, &route))
		one = net_interface_by_index(net, route.oif);
	if (one == NULL && query->from.family == 0 && query->to.family != 0)
		one = interface_of(net, &query->to);
	if (one == NULL)
		return interfaces_outside(net, family, ret);
	ret[0] = one;
	return 1;
}

static size_t
interfaces_out(const struct survey *survey, uint8_t family,
    const struct net_interface *ret[SURVEY_PLACES_MAX])
{
	const struct nf_survey_query *query = survey->query;
	struct nf_address to = query->to.family != 0
	                           ? query->to
	                           : survey_stranger(survey->net, family, 0);
	struct net_route route;

	if (survey->net->route == NULL)
		return interfaces_outside(survey->net, family, ret);
	if (!route_find(survey, &to, &route))
		return 0;
	ret[0] = net_interface_by_index(survey->net, route.oif);
	return ret[0] != NULL ? 1 : 0;
}

/* Our address there; what stays on this host talks to itself. */
static struct nf_address
address_ours(const struct survey *survey, const struct net_interface *interface,
    uint8_t family)
{
	const struct net *net = survey->net;
	const struct nf_address *own = NULL;

	if (survey->query->direction == NF_IN)
		own = address_served(survey, interface->index, family);
	if (own == NULL)
		own = address_global(net, interface->index, family);
	if (own == NULL && survey->query->interface != NULL)
		own = net_address_on(net, interface->index, family);
	for (size_t i = 0; own == NULL && i < net->address_count; i++)
		if (net->addresses[i].is_global &&
		    net->addresses[i].address.family == family)
			own = &net->addresses[i].address;
	return own != NULL ? *own : (struct nf_address){0};
}

static void
ends_in(const struct survey *survey, uint8_t family, struct survey_place *place)
{
	const struct nf_survey_query *query = survey->query;
	struct nf_question *question = &place->question;

	question->from = query->from;
	question->to = query->to.family != 0
	                   ? query->to
	                   : address_ours(survey, place->interface, family);
	if (query->to.family == 0 && query->from.family != 0 &&
	    net_is_own(survey->net, &query->from))
		question->to = query->from;
	if (query->from.family != 0)
		return;
	/* nobody outside can reach an address of loopback */
	if (place->interface->is_loopback ||
	    survey_is_loopback(&question->to)) {
		question->from = question->to;
		return;
	}
	question->from = survey_anyone(survey, place->interface, family, 0);
	place->is_from_anyone = true;
}

static void
ends_out(
    const struct survey *survey, uint8_t family, struct survey_place *place)
{
	const struct nf_survey_query *query = survey->query;
	struct nf_question *question = &place->question;
	struct net_route route = {0};

	question->to = query->to;
	if (query->to.family == 0) {
		question->to = survey_stranger(survey->net, family, 0);
		place->is_to_anyone = true;
	}
	question->from = query->from;
	if (question->from.family == 0 && query->interface == NULL &&
	    route_find(survey, &question->to, &route))
		question->from = route.source;
	/* what the kernel takes when the family has no address but ::1 */
	if (query->from.family == 0 && survey_is_loopback(&question->from) &&
	    !net_is_own(survey->net, &question->to))
		question->from = (struct nf_address){0};
	if (question->from.family == 0)
		question->from =
		    net_is_own(survey->net, &question->to)
		        ? question->to
		        : address_ours(survey, place->interface, family);
}

/* false: it has no end on this host */
static bool
place_fill(const struct survey *survey, uint8_t family,
    const struct net_interface *interface, struct survey_place *place)
{
	const struct nf_survey_query *query = survey->query;

	*place = (struct survey_place){.interface = interface};
	place->question = (struct nf_question){
	    .direction = query->direction,
	    .port = query->port,
	    .is_user_known = query->is_user_known,
	    .uid = query->uid,
	    .gid = query->gid,
	};
	if (query->direction == NF_IN) {
		place->question.interface = interface->index;
		ends_in(survey, family, place);
	} else {
		if (query->interface != NULL)
			place->question.interface = interface->index;
		ends_out(survey, family, place);
	}
	return place->question.from.family == family &&
	       place->question.to.family == family;
}

/* A way out that waits for the first to fail: nobody comes in there till then. */
static bool
is_standby(const struct survey *survey, const struct survey_place *place)
{
	const struct net *net = survey->net;
	const struct net_route_query query = {.to = place->question.to,
	    .from = place->question.from,
	    .iif = place->question.interface};
	struct net_route route = {0};
	struct why why = {0};

	return survey->query->interface == NULL && place->is_from_anyone &&
	       query.to.family == AF_INET && net->route != NULL &&
	       net->route(net->user, &query, &route, &why) == 0 &&
	       route.type == NET_ROUTE_FILTERED;
}

/* The interface that was asked for; 0: it has no such address. */
static int
interface_given(const struct survey *survey, uint8_t family,
    const struct net_interface **ret, struct why *why)
{
	const char *name = survey->query->interface;

	*ret = net_interface_by_name(survey->net, name);
	if (*ret == NULL)
		return why_set(
		    why, -ENODEV, "there is no interface \"%s\"", name);
	return net_address_on(survey->net, (*ret)->index, family) != NULL;
}

static const char *
none_text(const struct survey *survey, uint8_t family)
{
	const char *name = survey->query->interface;

	if (name != NULL)
		return arena_printf(survey->arena, "%s has no %s address", name,
		    family_text(family));
	if (survey->query->direction == NF_OUT)
		return arena_printf(survey->arena,
		    "no way there over %s: no route, or no address",
		    family_text(family));
	return arena_printf(survey->arena,
	    "no way in over %s: no default route, or no address",
	    family_text(family));
}

int
survey_places(const struct survey *survey, uint8_t family,
    struct survey_place places[SURVEY_PLACES_MAX], const char **ret_none,
    struct why *why)
{
	const struct net_interface *interfaces[SURVEY_PLACES_MAX];
	size_t found;
	int count = 0, r;

	if (survey->query->interface != NULL) {
		r = interface_given(survey, family, &interfaces[0], why);
		if (r < 0)
			return r;
		found = (size_t)r;
	} else if (survey->query->direction == NF_IN)
		found = interfaces_in(survey, family, interfaces);
	else
		found = interfaces_out(survey, family, interfaces);
	for (size_t i = 0; i < found; i++)
		if (place_fill(survey, family, interfaces[i], &places[count]) &&
		    !is_standby(survey, &places[count]))
			count++;
	if (count == 0)
		*ret_none = none_text(survey, family);
	return count;
}
