/*
 * spf_domain.c - SPF of a domain, and of each address that sends in its name
 *
 * Purpose  spf_domain.h
 * Input    records and answers of others: hostile
 * Errors   what cannot be told is unknown, with the question that had no answer
 * Runs as  both roles
 * Source   RFC 7208; an address that this host's resolver knows from data of
 *          its own (a hosts file) may be another one for the world
 */
#include "agent/dns/spf_domain.h"

#include <string.h>
#include <strings.h>

#include "agent/base/text.h"
#include "agent/dns/dns_paste.h"
#include "agent/dns/dns_self.h"
#include "agent/dns/spf_macro.h"
#include "agent/dns/spf_near.h"
#include "agent/dns/spf_repair.h"

/* Strangers of one family, a quarter of its addresses in use apart. */
#define FAR_COUNT 4

const char *const spf_state_names[SPF_STATE_MAX + 1] = {
    [SPF_STATE_OK] = "ok",
    [SPF_STATE_NONE] = "none",
    [SPF_STATE_MULTIPLE] = "multiple",
    [SPF_STATE_ERROR] = "permerror",
};

static bool
is_all(const char *term)
{
	if (term != NULL && strchr("+-~?", term[0]) != NULL)
		term++;
	return term == NULL || strcasecmp(term, "all") == 0;
}

const char *
spf_unknown_text(struct arena *arena, const struct spf_answer *answer)
{
	if (answer->result == SPF_PASS || answer->result == SPF_NONE)
		return NULL;
	if (answer->result == SPF_TEMPERROR)
		return answer->problem;
	if (answer->doubt != NULL)
		return answer->doubt;
	if (answer->local_name != NULL)
		return arena_printf(arena,
		    "the name server knows %s from data of its own, and the "
		    "world may see another",
		    answer->local_name);
	if (answer->by_sender != NULL)
		return arena_printf(arena,
		    "it depends on who of the domain sends: %s",
		    answer->by_sender);
	return NULL;
}

const char *
spf_inside_text(struct arena *arena, const struct spf_answer *answer)
{
	if (answer->result == SPF_PASS || answer->inside_name == NULL)
		return NULL;
	return arena_printf(arena,
	    "%s has a private address here, which the world may see "
	    "differently",
	    answer->inside_name);
}

static bool
sender_judge(struct dns_book *book, struct arena *arena, const char *domain,
    const char *helo, struct spf_sender *sender)
{
	const struct spf_query query = {
	    .domain = domain, .helo = helo, .address = sender->address};
	struct spf_answer *answer = &sender->answer;

	if (!spf_check(book, arena, &query, answer))
		return false;
	sender->unknown = spf_unknown_text(arena, answer);
	sender->is_left_out =
	    (answer->result == SPF_FAIL || answer->result == SPF_SOFTFAIL ||
	        answer->result == SPF_NEUTRAL) &&
	    is_all(answer->term);
	return true;
}

/* Of the stranger and of ours: an error of any is the record's. */
static void
state_judge(struct arena *arena, const struct spf_answer *stranger,
    struct spf_domain *ret)
{
	const struct spf_answer *error =
	    stranger->result == SPF_PERMERROR ? stranger : NULL;

	for (size_t i = 0; i < ret->sender_count; i++) {
		const struct spf_sender *sender = &ret->senders[i];

		if (error == NULL && sender->unknown == NULL &&
		    sender->answer.result == SPF_PERMERROR)
			error = &sender->answer;
	}
	ret->problem = "";
	if (stranger->result == SPF_NONE) {
		ret->state = SPF_STATE_NONE;
	} else if (error != NULL) {
		ret->state = stranger->record_count > 1 ? SPF_STATE_MULTIPLE
		                                        : SPF_STATE_ERROR;
		ret->unknown = spf_unknown_text(arena, error);
		ret->problem = error->problem;
	} else if (stranger->result == SPF_TEMPERROR) {
		ret->unknown = stranger->problem;
	}
}

static bool
needs_repair(const struct spf_domain *domain)
{
	if (domain->unknown != NULL)
		return false;
	if (domain->state != SPF_STATE_OK || domain->passes_all)
		return true;
	for (size_t i = 0; i < domain->sender_count; i++)
		if (domain->senders[i].unknown == NULL &&
		    domain->senders[i].answer.result != SPF_PASS)
			return true;
	return false;
}

static bool
repair(struct dns_book *book, struct arena *arena, const char *domain,
    const char *helo, const struct spf_answer *stranger,
    const char *const *addresses, struct spf_domain *ret)
{
	struct spf_repair asked = {.domain = domain,
	    .helo = helo,
	    .records = stranger->records,
	    .record_count = stranger->record_count,
	    .addresses = addresses,
	    .address_count = ret->sender_count,
	    .drops_wide = ret->passes_all};
	const char *record, *near, *found;

	if (!needs_repair(ret))
		return true;
	near = ret->state == SPF_STATE_NONE
	           ? spf_near_find(book, arena, domain, &found)
	           : NULL;
	if (near != NULL) {
		asked.records = &near;
		asked.record_count = 1;
		ret->problem = arena_printf(arena,
		    "One that was meant as such, and that receivers pass "
		    "over: %s",
		    found);
	}
	if (!spf_repair_make(book, arena, &asked, &record))
		return false;
	/* one that is there already is no cure */
	if (record != NULL && (stranger->record_count == 0 ||
	                          strcmp(record, stranger->records[0]) != 0))
		ret->paste = dns_paste_txt(arena, domain, record);
	return true;
}

/* The family that the record is measured for: voids differ by it. */
static const char *
stranger_address(const char *const *addresses, size_t count)
{
	struct spf_client client;

	for (size_t i = 0; i < count; i++)
		if (spf_client_parse(addresses[i], &client) &&
		    client.family == AF_INET)
			return "0.0.0.0";
	return count == 0 ? "0.0.0.0" : "::";
}

/*
 * Everybody passes: one "all" or /0 does it, or pieces of the internet that are
 * so wide that nobody owns one, and have addresses far apart among them.
 */
static bool
passes_all_judge(struct dns_book *book, struct arena *arena,
    struct spf_query query, const struct spf_answer *stranger, bool *ret)
{
	static const char *const far[DNS_FAMILIES][FAR_COUNT] = {
	    {"24.0.0.1",    "89.0.0.1", "150.0.0.1", "202.0.0.1"},
	    {"2001:200::1", "2400::1",  "2600::1",   "2a00::1"  },
	};
	const bool is_v6 = strchr(query.address, ':') != NULL;
	struct spf_answer answer;

	*ret = stranger->result == SPF_PASS;
	if (stranger->result == SPF_NONE || stranger->result == SPF_PERMERROR ||
	    stranger->result == SPF_TEMPERROR)
		return true;
	query.stranger_bits = is_v6 ? SPF_WIDE6 : SPF_WIDE4;
	for (size_t i = 0; !*ret && i < FAR_COUNT; i++) {
		query.address = far[is_v6 ? 1 : 0][i];
		if (!spf_check(book, arena, &query, &answer))
			return false;
		if (answer.result != SPF_PASS)
			return true;
	}
	*ret = true;
	return true;
}

bool
spf_domain_judge(struct dns_book *book, struct arena *arena, const char *domain,
    const char *helo, const char *const *addresses, size_t address_count,
    struct spf_domain *ret)
{
	const struct spf_query query = {.domain = domain,
	    .helo = helo,
	    .address = stranger_address(addresses, address_count),
	    .is_stranger = true};
	struct spf_domain result = {.sender_count = address_count};
	struct spf_answer stranger;
	bool is_known = spf_check(book, arena, &query, &stranger);

	result.senders =
	    arena_alloc(arena, address_count + 1, sizeof(*result.senders));
	for (size_t i = 0; i < address_count; i++) {
		result.senders[i].address = addresses[i];
		is_known = sender_judge(
		               book, arena, domain, helo, &result.senders[i]) &&
		           is_known;
	}
	if (!is_known)
		return false;
	state_judge(arena, &stranger, &result);
	result.record = stranger.record != NULL ? stranger.record : "";
	result.lookups = stranger.lookups;
	result.voids = stranger.voids;
	result.void_names =
	    stranger.void_names != NULL ? stranger.void_names : "";
	if (!passes_all_judge(
	        book, arena, query, &stranger, &result.passes_all))
		return false;
	if (!repair(book, arena, domain, helo, &stranger, addresses, &result))
		return false;
	*ret = result;
	return true;
}
