/*
 * dkim.c - is the key that this host signs with the one that the DNS has?
 *
 * Purpose  one verdict for each selector and domain that a signer here uses
 * Input    TXT records: hostile; public keys as the signer's files have them
 * Errors   none: what is not known is said
 * Runs as  observer
 * Source   RFC 6376 sections 3.6.2 and 6.1.2; RFC 8301 section 3.2
 */
#include "agent/dns/dkim.h"

#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/base64.h"
#include "agent/dns/dkim_record.h"
#include "agent/dns/dns_paste.h"
#include "agent/dns/dns_tags.h"

const char *const dkim_state_names[DKIM_STATE_MAX + 1] = {
    [DKIM_OK] = "ok",
    [DKIM_MISSING] = "missing",
    [DKIM_DUPLICATE] = "duplicate",
    [DKIM_INVALID] = "invalid",
    [DKIM_REVOKED] = "revoked",
    [DKIM_MISMATCH] = "mismatch",
    [DKIM_WEAK] = "weak",
    [DKIM_TESTING] = "testing",
};

enum dkim_state
dkim_worst(enum dkim_state a, enum dkim_state b)
{
	/* from what is refused for sure to what most receivers accept */
	static const unsigned badness[DKIM_STATE_MAX] = {
	    [DKIM_MISMATCH] = 7,
	    [DKIM_INVALID] = 6,
	    [DKIM_REVOKED] = 5,
	    [DKIM_MISSING] = 4,
	    [DKIM_DUPLICATE] = 3,
	    [DKIM_WEAK] = 2,
	    [DKIM_TESTING] = 1,
	    [DKIM_OK] = 0,
	};

	return badness[a] >= badness[b] ? a : b;
}

struct judging {
	struct arena *arena;
	const struct dns_result *result;
	struct public_key own; /* when has_own */
	bool has_own;
	struct dkim_verdict *verdict;
};

/* False: it is not known, or no key that could be published. */
static bool
own_read(struct arena *arena, const char *letters, struct public_key *ret)
{
	size_t length = 0, bad = 0;
	uint8_t *octets;

	if (letters == NULL || letters[0] == '\0')
		return false;
	octets = arena_alloc(arena, 1, BASE64_OCTETS(strlen(letters)));
	return base64_read(letters, strlen(letters), octets, &length, &bad) ==
	           0 &&
	       public_key_read(octets, length, ret, NULL) == 0;
}

/* The record that belongs to the key here. */
static const char *
own_paste(struct arena *arena, const char *name, const char *letters,
    const struct public_key *own)
{
	AUTO_BUF struct buf value = {0};

	buf_addf(&value, "v=DKIM1; k=%s; p=", public_key_names[own->type]);
	if (own->type == PUBLIC_KEY_ED25519)
		base64_add(&value, own->point, PUBLIC_KEY_ED25519_LENGTH);
	else
		buf_add(&value, letters);
	return dns_paste_txt(arena, name, buf_text(&value));
}

static void
state_set(struct judging *judging, enum dkim_state state, const char *problem)
{
	judging->verdict->state = state;
	judging->verdict->problem = problem;
}

/* One record that is a good key. */
static void
key_judge(struct judging *judging, const struct dkim_record *record)
{
	struct dkim_verdict *verdict = judging->verdict;
	const struct public_key *key = &record->key;

	verdict->has_key = true;
	verdict->type = key->type;
	verdict->bits = key->bits;
	verdict->is_compared = judging->has_own;
	verdict->matches =
	    judging->has_own && public_key_same(key, &judging->own);
	if (verdict->is_compared && !verdict->matches)
		state_set(judging, DKIM_MISMATCH,
		    key->type == judging->own.type
		        ? "the key there is another one than the key here"
		        : arena_printf(judging->arena,
		              "the key there is of %s, the key here of %s",
		              public_key_names[key->type],
		              public_key_names[judging->own.type]));
	else if (key->type == PUBLIC_KEY_RSA && key->bits < DKIM_BITS_MIN)
		state_set(judging, DKIM_WEAK,
		    arena_printf(judging->arena,
		        "it has %u bits, and receivers accept none below %d",
		        key->bits, DKIM_BITS_MIN));
	else if (record->is_testing)
		state_set(judging, DKIM_TESTING,
		    "t=y asks receivers to act as if there were no signature");
}

static void
record_judge(struct judging *judging, const struct dkim_record *record,
    const struct dns_record *raw)
{
	switch (record->kind) {
	case DKIM_RECORD_GOOD:
		key_judge(judging, record);
		return;
	case DKIM_RECORD_REVOKED:
		state_set(judging, DKIM_REVOKED,
		    "its p= is empty: the key is revoked");
		return;
	case DKIM_RECORD_BAD:
		state_set(judging, DKIM_INVALID, record->problem);
		return;
	case DKIM_RECORD_NONE:
		state_set(judging, DKIM_MISSING,
		    arena_printf(judging->arena,
		        "the text there is no key, perhaps a wildcard's: %s",
		        dns_quote(judging->arena, raw->data, raw->length)));
		return;
	}
}

static void
records_judge(struct judging *judging)
{
	const struct dns_result *result = judging->result;
	struct dkim_record record = {0};
	size_t meant = 0;

	for (size_t i = 0; i < result->count; i++) {
		dkim_record_read(judging->arena, result->records[i].data,
		    result->records[i].length, &record);
		meant += record.kind != DKIM_RECORD_NONE ? 1 : 0;
	}
	/* a wildcard's are all of them, for no other name stands there */
	if (result->count > 1 && meant > 0)
		state_set(judging, DKIM_DUPLICATE,
		    arena_printf(judging->arena,
		        "%zu TXT records stand there, and each receiver takes "
		        "one of them",
		        result->count));
	else
		record_judge(
		    judging, &record, &result->records[result->count - 1]);
}

static void
absent_judge(struct judging *judging)
{
	const struct dns_result *result = judging->result;
	const char *text = dns_outcome_text(result->outcome);

	if (result->canonical != NULL)
		text = arena_printf(judging->arena,
		    "it is an alias of %s, and there %s", result->canonical,
		    result->outcome == DNS_NODATA ? "is no TXT record"
		                                  : "is nothing");
	if (result->is_local)
		text = arena_printf(judging->arena,
		    "%s (so says this host's own name server; the world may "
		    "ask another)",
		    text);
	state_set(judging, DKIM_MISSING, text);
}

bool
dkim_judge(struct arena *arena, struct dns_book *book,
    const struct dkim_key *key, struct dkim_verdict *ret)
{
	struct judging judging = {.arena = arena, .verdict = ret};
	const char *name =
	    arena_printf(arena, "%s._domainkey.%s", key->selector, key->domain);
	const char *owner;

	judging.result = dns_book_look(book, name, DNS_TXT);
	if (judging.result == NULL)
		return false;
	*ret = (struct dkim_verdict){
	    .state = DKIM_OK, .problem = "", .name = name};
	if (!dns_is_known(judging.result)) {
		ret->unknown =
		    dns_unknown_text(arena, name, DNS_TXT, judging.result);
		return true;
	}
	judging.has_own = own_read(arena, key->letters, &judging.own);
	/* beside an alias nothing else may stand: the record goes to its end */
	owner = judging.result->canonical != NULL ? judging.result->canonical
	                                          : name;
	if (judging.has_own)
		ret->paste =
		    own_paste(arena, owner, key->letters, &judging.own);
	if (judging.result->outcome == DNS_ANSWER)
		records_judge(&judging);
	else
		absent_judge(&judging);
	return true;
}
