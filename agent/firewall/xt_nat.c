/*
 * xt_nat.c - targets of the compatibility layer that change addresses
 *
 * Purpose  DNAT, SNAT, REDIRECT, MASQUERADE, NETMAP in their layouts
 * Input    info of the right size, hostile in content
 * Unknown  one of several addresses or ports, which the kernel chooses
 * Errors   none
 * Runs as  observer
 * Source   net/netfilter/xt_nat.c, xt_NETMAP.c, xt_REDIRECT.c, xt_MASQUERADE.c
 *          of the kernel; nf_nat_l4proto_unique_tuple(): a port that is in the
 *          range already stays
 */
#include <sys/socket.h>

#include <endian.h>
#include <linux/netfilter/nf_nat.h>
#include <string.h>

#include "agent/firewall/xt.h"

static struct nf_nat_range2
range_of_v1(const struct nf_nat_range *old)
{
	struct nf_nat_range2 range = {.flags = old->flags,
	    .min_addr = old->min_addr,
	    .max_addr = old->max_addr,
	    .min_proto = old->min_proto,
	    .max_proto = old->max_proto};

	return range;
}

/* The kernel takes the only range there may be. */
static struct nf_nat_range2
range_of_v0(const struct nf_nat_ipv4_multi_range_compat *old)
{
	struct nf_nat_range2 range = {.flags = old->range[0].flags,
	    .min_addr = {.ip = old->range[0].min_ip},
	    .max_addr = {.ip = old->range[0].max_ip},
	    .min_proto = old->range[0].min,
	    .max_proto = old->range[0].max};

	return range;
}

static void
address_put(
    struct nf_address *address, uint8_t family, const union nf_inet_addr *from)
{
	address->family = family;
	(void)memcpy(address->bytes, from, nf_xt_address_length(family));
}

static bool
port_choose(const struct nf_packet *packet, const struct nf_nat_range2 *range,
    struct nf_xt_effect *effect)
{
	unsigned min = be16toh(range->min_proto.all);
	unsigned max = be16toh(range->max_proto.all);
	unsigned base = be16toh(range->base_proto.all);
	unsigned old = nf_xt_port_get(packet, false);

	if (!(range->flags & NF_NAT_RANGE_PROTO_SPECIFIED))
		return true;
	if (range->flags & NF_NAT_RANGE_PROTO_OFFSET) {
		unsigned size = max >= min ? max - min + 1 : 1;

		if (old < base)
			return false;
		effect->port = (uint16_t)(min + (old - base) % size);
		return true;
	}
	if (min == max) {
		effect->port = (uint16_t)min;
		return true;
	}
	return old >= min && old <= max &&
	       !(range->flags & NF_NAT_RANGE_PROTO_RANDOM_ALL);
}

static struct nf_xt_effect
not_known(const char *reason)
{
	return (struct nf_xt_effect){.action = NF_XT_UNKNOWN, .reason = reason};
}

static struct nf_xt_effect
dnat(const struct nf_xt_call *call, const struct nf_nat_range2 *range)
{
	struct nf_xt_effect effect = {.action = NF_XT_DNAT};
	size_t length = nf_xt_address_length(call->packet->family);

	if (range->flags & ~(unsigned)NF_NAT_RANGE_MASK)
		return not_known("DNAT with a flag that is not known");
	if (range->flags & NF_NAT_RANGE_MAP_IPS) {
		if (memcmp(&range->min_addr, &range->max_addr, length) != 0)
			return not_known("DNAT to one of several addresses");
		address_put(&effect.to, call->packet->family, &range->min_addr);
	}
	if (!port_choose(call->packet, range, &effect))
		return not_known("DNAT to one of several ports");
	return effect;
}

struct nf_xt_effect
nf_xt_dnat_v0(const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_ipv4_multi_range_compat, old, call);
	struct nf_nat_range2 range = range_of_v0(&old);

	return dnat(call, &range);
}

struct nf_xt_effect
nf_xt_dnat_v1(const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_range, old, call);
	struct nf_nat_range2 range = range_of_v1(&old);

	return dnat(call, &range);
}

struct nf_xt_effect
nf_xt_dnat_v2(const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_range2, range, call);

	return dnat(call, &range);
}

static struct nf_xt_effect
redirect(const struct nf_xt_call *call, struct nf_nat_range2 *range)
{
	struct nf_xt_effect effect;

	/* to this host, whatever the range says */
	range->flags &= ~(unsigned)NF_NAT_RANGE_MAP_IPS;
	effect = dnat(call, range);
	effect.is_redirect = effect.action == NF_XT_DNAT;
	return effect;
}

struct nf_xt_effect
nf_xt_redirect_v4(const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_ipv4_multi_range_compat, old, call);
	struct nf_nat_range2 range = range_of_v0(&old);

	return redirect(call, &range);
}

struct nf_xt_effect
nf_xt_redirect_v6(const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_range, old, call);
	struct nf_nat_range2 range = range_of_v1(&old);

	return redirect(call, &range);
}

/* Of several addresses the first: the source no longer matters much there. */
static struct nf_xt_effect
snat(const struct nf_xt_call *call, const struct nf_nat_range2 *range)
{
	struct nf_xt_effect effect = {.action = NF_XT_SNAT};

	if (range->flags & NF_NAT_RANGE_MAP_IPS)
		address_put(&effect.to, call->packet->family, &range->min_addr);
	if ((range->flags & NF_NAT_RANGE_PROTO_SPECIFIED) &&
	    range->min_proto.all == range->max_proto.all)
		effect.port = be16toh(range->min_proto.all);
	return effect;
}

struct nf_xt_effect
nf_xt_snat_v0(const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_ipv4_multi_range_compat, old, call);
	struct nf_nat_range2 range = range_of_v0(&old);

	return snat(call, &range);
}

/* The second revision only adds a field at the end. */
struct nf_xt_effect
nf_xt_snat_v1(const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_range, old, call);
	struct nf_nat_range2 range = range_of_v1(&old);

	return snat(call, &range);
}

struct nf_xt_effect
nf_xt_masquerade(const struct nf_xt_call *call)
{
	struct nf_xt_effect effect = {.action = NF_XT_SNAT};
	const struct nf_packet *packet = call->packet;
	const struct nf_address *address =
	    packet->out ? net_address_on(call->context->net, packet->out->index,
	                      packet->family)
	                : NULL;

	if (address)
		effect.to = *address;
	return effect;
}

static struct nf_xt_effect
netmap(const struct nf_xt_call *call, const uint8_t *min, const uint8_t *max)
{
	const struct nf_packet *packet = call->packet;
	bool is_source = packet->hook == NF_HOOK_POSTROUTING ||
	                 packet->hook == NF_HOOK_INPUT;
	struct nf_xt_effect effect = {
	    .action = is_source ? NF_XT_SNAT : NF_XT_DNAT};

	if (is_source)
		nf_packet_from(packet, &effect.to);
	else
		nf_packet_to(packet, &effect.to);
	for (size_t i = 0; i < nf_xt_address_length(packet->family); i++) {
		uint8_t mask = (uint8_t) ~(min[i] ^ max[i]);

		effect.to.bytes[i] =
		    (uint8_t)((effect.to.bytes[i] & ~mask) | (min[i] & mask));
	}
	return effect;
}

struct nf_xt_effect
nf_xt_netmap_v4(const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_ipv4_multi_range_compat, info, call);

	return netmap(call, (const uint8_t *)&info.range[0].min_ip,
	    (const uint8_t *)&info.range[0].max_ip);
}

struct nf_xt_effect
nf_xt_netmap_v6(const struct nf_xt_call *call)
{
	XT_INFO(struct nf_nat_range, info, call);

	return netmap(call, (const uint8_t *)&info.min_addr,
	    (const uint8_t *)&info.max_addr);
}
