/*
 * dns_address.c - where mail leaves, as the world sees it: address, helo
 *
 * Purpose  one check; row CHECK(address) in dns_check_table.def
 * Input    addresses and name of the identity; replies: hostile
 * Errors   a question without an answer makes its cells unknown; so do a relay
 *          and NAT, unless the configuration says what is behind
 * Runs as  observer
 * Source   agent/dns/address_ptr.h, agent/dns/helo.h
 */
#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/dns/address_ptr.h"
#include "agent/dns/dns_paste.h"
#include "agent/dns/domain_mx_paste.h"
#include "agent/dns/helo.h"
#include "agent/probes/dns_look.h"
#include "agent/probes/dns_ours.h"
#include "agent/probes/dns_tell.h"

struct address_check {
	struct dns_self self;
	struct address_ptr *ptrs; /* as identity.addresses */
	struct helo helo;
	bool is_unheard; /* nobody but a relay hears our name, or nobody */
};

static const char *const address_tables[] = {"address", "helo", NULL};
static const char *const families[DNS_FAMILIES] = {"ipv4", "ipv6"};

static void *
address_begin(struct dns_look *look)
{
	const struct identity *identity = look->identity;
	struct address_check *check =
	    arena_alloc(look->arena, 1, sizeof(*check));

	check->self = dns_ours(look->arena, identity);
	check->ptrs = arena_alloc(
	    look->arena, identity->address_count + 1, sizeof(*check->ptrs));
	check->is_unheard = identity->relay != NULL || identity->is_silent;
	return check;
}

static bool
address_run(struct dns_look *look, void *state)
{
	struct address_check *check = state;
	const struct identity *identity = look->identity;
	bool is_done = true;

	for (size_t i = 0; i < identity->address_count; i++)
		is_done =
		    address_ptr_judge(look->book, look->arena, &check->self,
		        identity->addresses[i].text, &check->ptrs[i]) &&
		    is_done;
	if (identity->helo != NULL && !check->is_unheard)
		is_done = helo_judge(look->book, look->arena, &check->self,
		              identity->helo, &check->helo) &&
		          is_done;
	return is_done;
}

/* Does it lead out well where IPv6 does not? */
static enum dns_truth
v4_judge(const struct dns_look *look, const struct address_check *check)
{
	const struct identity *identity = look->identity;
	enum dns_truth is_ok = DNS_NO;

	if (check->self.unknown[DNS_V4] != NULL)
		return DNS_NOT_TOLD;
	for (size_t i = 0; i < identity->address_count; i++) {
		const struct address_ptr *ptr = &check->ptrs[i];

		if (dns_self_family(identity->addresses[i].text) != DNS_V4)
			continue;
		if (ptr->state == ADDRESS_PTR_UNKNOWN || ptr->is_local)
			return DNS_NOT_TOLD;
		if (ptr->state != ADDRESS_PTR_OK)
			return DNS_NO;
		is_ok = DNS_YES;
	}
	return is_ok;
}

/* The name that it should have, where that can be told. */
static void
paste_tell(struct dns_look *look, const struct address_check *check,
    const char *address, const char *owner, struct fact_out *out)
{
	static const char unknown[] = "the name that it should have is not "
	                              "known";
	const char *name = look->identity->helo;
	const bool is_name = name != NULL && !check->is_unheard &&
	                     check->helo.state != HELO_LITERAL &&
	                     check->helo.state != HELO_INVALID;
	const char *inside;
	struct dns_host host;

	if (!is_name || !dns_host_look(look->book, look->arena, name, &host) ||
	    (host.unknown != NULL && !dns_host_has(&host, address))) {
		fact_out_unknown(out, "paste", "%s", unknown);
		fact_out_unknown(out, "paste_forward", "%s", unknown);
		dns_tell_truth(out, "helo_matches",
		    is_name || check->helo.state == HELO_INVALID
		        ? DNS_NOT_TOLD
		        : check->helo.matches,
		    unknown);
		return;
	}
	inside = dns_inside_text(look->arena, &check->self, name,
	    host.results[dns_self_family(address)]);
	dns_tell_truth(out, "helo_matches",
	    dns_host_has(&host, address) ? DNS_YES
	    : inside != NULL             ? DNS_NOT_TOLD
	                                 : DNS_NO,
	    inside);
	fact_out_text(out, "paste",
	    dns_paste(look->arena, owner, "PTR",
	        arena_printf(look->arena, "%s.", name)));
	if (dns_host_has(&host, address))
		fact_out_unknown(out, "paste_forward", "%s has it", name);
	else
		fact_out_text(out, "paste_forward",
		    dns_paste_address(look->arena, name, address));
}

static void
ptr_tell(const struct address_ptr *ptr, struct fact_out *out)
{
	if (ptr->state != ADDRESS_PTR_UNKNOWN) {
		fact_out_text(out, "ptr", ptr->names);
		fact_out_text(
		    out, "ptr_state", address_ptr_state_names[ptr->state]);
		fact_out_text(
		    out, "ptr_name", ptr->name != NULL ? ptr->name : "");
		fact_out_text(out, "ptr_problem", ptr->problem);
		return;
	}
	fact_out_unknown(out, "ptr", "%s", ptr->unknown);
	fact_out_unknown(out, "ptr_state", "%s", ptr->unknown);
	fact_out_unknown(out, "ptr_name", "%s", ptr->unknown);
	fact_out_unknown(out, "ptr_problem", "%s", ptr->unknown);
}

static void
row_tell(struct dns_look *look, const struct address_check *check, size_t i,
    struct fact_out *out)
{
	const struct identity_address *address = &look->identity->addresses[i];

	fact_out_row(out, "address", address->text);
	fact_out_text(out, "family", families[dns_self_family(address->text)]);
	fact_out_text(out, "source", address->source);
	ptr_tell(&check->ptrs[i], out);
	dns_tell_truth(out, "v4_ok", v4_judge(look, check),
	    "what the world sees of IPv4 is not known");
	if (look->identity->mta != NULL)
		fact_out_bool(out, "v4_first", look->identity->mta->prefers_v4);
	if (look->identity->helo != NULL)
		fact_out_text(out, "helo", look->identity->helo);
	paste_tell(look, check, address->text, check->ptrs[i].owner, out);
}

/* One row stands for the addresses of a family that nobody can tell. */
static void
family_tell(const struct dns_self *self, size_t family, struct fact_out *out)
{
	static const char *const keys[DNS_FAMILIES] = {"IPv4", "IPv6"};
	const char *unknown = self->unknown[family];

	if (unknown == NULL)
		return;
	fact_out_row(out, "address", keys[family]);
	fact_out_text(out, "family", families[family]);
	fact_out_unknown(out, "ptr_state", "%s", unknown);
	fact_out_unknown(out, "v4_ok", "%s", unknown);
}

static void
addresses_tell(struct dns_look *look, const struct address_check *check,
    struct fact_out *out)
{
	const struct dns_self *self = &check->self;
	const char *unknown = self->unknown[DNS_V4] != NULL
	                          ? self->unknown[DNS_V4]
	                          : self->unknown[DNS_V6];

	/* what a relay's addresses are called is the relay's to know */
	if (self->address_count == 0 && look->identity->relay != NULL) {
		fact_out_table_end(out, "address");
		return;
	}
	if (self->address_count == 0 && unknown != NULL) {
		fact_out_table_unknown(out, "address", "%s", unknown);
		return;
	}
	for (size_t i = 0; i < self->address_count; i++)
		row_tell(look, check, i, out);
	for (size_t i = 0; i < DNS_FAMILIES; i++)
		family_tell(self, i, out);
	fact_out_table_end(out, "address");
}

static const char *
ours_text(struct arena *arena, const struct dns_self *self)
{
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < self->address_count; i++)
		buf_addf(&out, "%s%s", i > 0 ? ", " : "", self->addresses[i]);
	return arena_dup(arena, buf_text(&out));
}

static void
better_tell(struct dns_look *look, const struct address_check *check,
    struct fact_out *out)
{
	for (size_t i = 0; i < look->identity->address_count; i++)
		if (check->ptrs[i].name != NULL && !check->ptrs[i].is_local) {
			fact_out_text(out, "better", check->ptrs[i].name);
			return;
		}
	fact_out_unknown(out, "better", "no address has a name of its own");
}

static void
helo_tell(struct dns_look *look, const struct address_check *check,
    struct fact_out *out)
{
	const struct helo *helo = &check->helo;
	const struct dns_self *self = &check->self;
	const char *name = look->identity->helo;
	const char *unknown = helo->unknown != NULL
	                          ? helo->unknown
	                          : "not all addresses of this host are known";

	fact_out_row(out, "helo", "");
	fact_out_text(out, "name", name);
	if (helo->state == HELO_UNKNOWN) {
		fact_out_unknown(out, "state", "%s", unknown);
		fact_out_unknown(out, "problem", "%s", unknown);
		fact_out_unknown(out, "addresses", "%s", unknown);
	} else {
		fact_out_text(out, "state", helo_state_names[helo->state]);
		fact_out_text(out, "problem", helo->problem);
		fact_out_text(out, "addresses", helo->addresses);
	}
	/* one that has no address, or is none, is told of once */
	dns_tell_truth(out, "matches", helo->matches, unknown);
	fact_out_text(out, "ours", ours_text(look->arena, self));
	better_tell(look, check, out);
	if (helo->state == HELO_UNRESOLVABLE && self->address_count > 0)
		fact_out_text(out, "paste",
		    dns_paste_address(look->arena, name, self->addresses[0]));
	else
		fact_out_unknown(out, "paste", "it needs none");
}

static void
unheard_tell(struct dns_look *look, struct fact_out *out)
{
	static const char *const columns[] = {
	    "addresses", "ours", "matches", "better", "paste"};
	const struct identity *identity = look->identity;

	fact_out_row(out, "helo", "");
	fact_out_text(out, "name", identity->helo);
	fact_out_text(out, "state", identity->is_silent ? "silent" : "relayed");
	fact_out_text(out, "problem", "");
	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		if (identity->is_silent)
			fact_out_unknown(
			    out, columns[i], "no mail leaves this host");
		else
			fact_out_unknown(out, columns[i],
			    "mail leaves through %s", identity->relay);
}

static void
address_tell(struct dns_look *look, void *state, struct fact_out *out)
{
	const struct address_check *check = state;
	const struct identity *identity = look->identity;

	addresses_tell(look, check, out);
	if (identity->helo == NULL) {
		fact_out_table_unknown(out, "helo", "%s",
		    identity->helo_unknown != NULL ? identity->helo_unknown
		                                   : "the name is not known");
		return;
	}
	if (check->is_unheard)
		unheard_tell(look, out);
	else
		helo_tell(look, check, out);
	fact_out_table_end(out, "helo");
}

const struct dns_check dns_check_address = {
    .tables = address_tables,
    .begin = address_begin,
    .run = address_run,
    .tell = address_tell,
};
