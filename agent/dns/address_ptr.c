/*
 * address_ptr.c - the name of an address, and whether it leads back
 *
 * Purpose  what receivers ask first about a client: PTR, then A or AAAA of it
 * Input    replies of name servers: hostile
 * Errors   what is not known is said in words, and nothing rests on it
 * Runs as  observer
 * Source   RFC 8601 section 2.7.3 (iprev), RFC 1912 section 2.1, RFC 2317
 */
#include "agent/dns/address_ptr.h"

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/dns/dns_paste.h"

const char *const address_ptr_state_names[ADDRESS_PTR_STATE_MAX] = {
    [ADDRESS_PTR_OK] = "ok",
    [ADDRESS_PTR_MISSING] = "missing",
    [ADDRESS_PTR_UNCONFIRMED] = "unconfirmed",
};

/* What one name of the address leads to. */
struct forward {
	const char *name;
	const struct dns_result *result;
	bool is_back;
};

static bool
has_address(const struct dns_result *result, const char *address)
{
	for (size_t i = 0; i < result->count; i++)
		if (dns_address_same(result->records[i].name, address))
			return true;
	return false;
}

static const char *
names_text(struct arena *arena, const struct dns_result *ptr)
{
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < ptr->count && i < ADDRESS_PTR_MAX; i++)
		buf_addf(&out, "%s%s", i > 0 ? ", " : "", ptr->records[i].name);
	if (ptr->count > ADDRESS_PTR_MAX)
		buf_addf(&out, " and %zu more", ptr->count - ADDRESS_PTR_MAX);
	return arena_dup(arena, buf_text(&out));
}

static void
forward_say(struct buf *out, const struct forward *forward)
{
	const struct dns_result *result = forward->result;

	buf_addf(out, "%s%s ", out->length > 0 ? "; " : "", forward->name);
	if (result->outcome == DNS_NXDOMAIN)
		buf_add(out, "does not exist");
	else if (result->count == 0)
		buf_add(out, "has no such address");
	else
		buf_add(out, "has ");
	for (size_t i = 0; i < result->count; i++)
		buf_addf(
		    out, "%s%s", i > 0 ? ", " : "", result->records[i].name);
}

/* None of them leads back: is that so for the world? */
static void
unconfirmed_judge(struct arena *arena, const struct dns_self *self,
    enum dns_type type, const struct dns_result *ptr, const struct forward *all,
    size_t count, struct address_ptr *ret)
{
	AUTO_BUF struct buf out = {0};

	ret->state = ADDRESS_PTR_UNCONFIRMED;
	for (size_t i = 0; i < count; i++) {
		const struct dns_result *result = all[i].result;
		const char *inside =
		    dns_inside_text(arena, self, all[i].name, result);

		if (inside != NULL)
			ret->unknown = inside;
		else if (!dns_is_known(result))
			ret->unknown =
			    dns_unknown_text(arena, all[i].name, type, result);
		else if (result->is_local)
			ret->unknown =
			    dns_local_text(arena, all[i].name, type, result);
		else
			forward_say(&out, &all[i]);
	}
	if (ret->unknown == NULL && ptr->count > count)
		ret->unknown = arena_printf(arena,
		    "it has %zu names, and the first %zu do not lead back",
		    ptr->count, count);
	if (ret->unknown != NULL)
		ret->state = ADDRESS_PTR_UNKNOWN;
	else
		ret->problem = arena_dup(arena, buf_text(&out));
}

/* False: not known yet. */
static bool
names_judge(struct dns_book *book, struct arena *arena,
    const struct dns_self *self, const char *address,
    const struct dns_result *ptr, struct address_ptr *ret)
{
	const enum dns_type type =
	    dns_self_family(address) == DNS_V4 ? DNS_A : DNS_AAAA;
	struct forward all[ADDRESS_PTR_MAX];
	size_t count = 0;
	bool is_known = true;

	for (size_t i = 0; i < ptr->count && i < ADDRESS_PTR_MAX; i++) {
		struct forward *forward = &all[count++];

		forward->name = ptr->records[i].name;
		forward->result = dns_book_look(book, forward->name, type);
		if (forward->result == NULL)
			is_known = false;
		else if (ret->name == NULL &&
		         has_address(forward->result, address)) {
			ret->name = forward->name;
			ret->is_local =
			    ret->is_local || forward->result->is_local;
		}
	}
	if (ret->name == NULL && is_known)
		unconfirmed_judge(arena, self, type, ptr, all, count, ret);
	return is_known;
}

/* Whose record it is to set is another matter where it stands elsewhere. */
static void
missing_judge(
    struct arena *arena, const struct dns_result *ptr, struct address_ptr *ret)
{
	ret->state = ADDRESS_PTR_MISSING;
	if (ptr->canonical != NULL)
		ret->problem = arena_printf(arena,
		    "Its reverse name is an alias of %s (RFC 2317), which has "
		    "none: who runs the zone of that name has to set it",
		    ptr->canonical);
}

bool
address_ptr_judge(struct dns_book *book, struct arena *arena,
    const struct dns_self *self, const char *address, struct address_ptr *ret)
{
	const char *reverse = dns_reverse_name(arena, address, NULL);
	const struct dns_result *ptr = dns_book_look(book, reverse, DNS_PTR);

	*ret =
	    (struct address_ptr){.names = "", .problem = "", .owner = reverse};
	if (ptr == NULL)
		return false;
	ret->is_local = ptr->is_local;
	if (dns_is_known(ptr) && ptr->canonical != NULL)
		ret->owner = ptr->canonical;
	if (!dns_is_known(ptr))
		ret->unknown = dns_unknown_text(arena, reverse, DNS_PTR, ptr);
	else if (ptr->outcome != DNS_ANSWER && ptr->is_local)
		ret->unknown = dns_local_text(arena, reverse, DNS_PTR, ptr);
	else if (ptr->outcome != DNS_ANSWER)
		missing_judge(arena, ptr, ret);
	if (ret->unknown != NULL)
		ret->state = ADDRESS_PTR_UNKNOWN;
	if (ret->unknown != NULL || ptr->outcome != DNS_ANSWER)
		return true;
	ret->names = names_text(arena, ptr);
	if (!names_judge(book, arena, self, address, ptr, ret))
		return false;
	/* a wrong name that only this host's own name server has */
	if (ret->state == ADDRESS_PTR_UNCONFIRMED && ptr->is_local) {
		ret->state = ADDRESS_PTR_UNKNOWN;
		ret->problem = "";
		ret->unknown = dns_local_text(arena, reverse, DNS_PTR, ptr);
	}
	return true;
}
