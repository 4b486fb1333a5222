/*
 * spf.c - check_host() of RFC 7208
 *
 * Purpose  records of domains, their terms in order, redirect, explanation
 * Input    records of others, senders: hostile
 * Errors   temperror, permerror with the problem in words
 * Runs as  both roles
 * Source   RFC 7208 sections 4 and 6
 *
 * An include within an include goes as deep as the limit of lookups: each level
 * has cost one.
 */
#include "agent/dns/spf.h"

#include <string.h>

#include "agent/dns/dns_paste.h"
#include "agent/dns/spf_run.h"

/* Local parts are 64 octets at most, domains 255: RFC 5321 section 4.5.3.1. */
#define SENDER_MAX 512

/* Lines for people: see LINES_MAX of spf_ask.c, and the end. */
#define TREE_SLOTS 401

/* What an explanation may have: one line in a reply, some times over. */
#define EXPLANATION_MAX 512

const char *const spf_result_names[SPF_RESULT_MAX + 1] = {
    [SPF_NONE] = "none",
    [SPF_NEUTRAL] = "neutral",
    [SPF_PASS] = "pass",
    [SPF_FAIL] = "fail",
    [SPF_SOFTFAIL] = "softfail",
    [SPF_TEMPERROR] = "temperror",
    [SPF_PERMERROR] = "permerror",
};

static enum spf_result domain_check(
    struct spf_run *run, const char *domain, bool is_first);

static enum spf_result
qualified(char qualifier)
{
	switch (qualifier) {
	case '-':
		return SPF_FAIL;
	case '~':
		return SPF_SOFTFAIL;
	case '?':
		return SPF_NEUTRAL;
	default:
		return SPF_PASS;
	}
}

/* All records of SPF at the name; a result that ends it, or SPF_PASS. */
static enum spf_result
records_find(struct spf_run *run, const char *name, const char ***ret,
    size_t *ret_count, size_t *ret_length)
{
	const struct dns_result *result =
	    dns_book_look(run->book, name, DNS_TXT);
	const char **records;
	size_t count = 0;

	if (result == NULL) {
		run->is_missing = true;
		return SPF_NONE;
	}
	if (!dns_is_known(result)) {
		spf_problem(run, "%s",
		    dns_unknown_text(run->arena, name, DNS_TXT, result));
		return SPF_TEMPERROR;
	}
	records = arena_alloc(run->arena, result->count + 1, sizeof(*records));
	for (size_t i = 0; i < result->count; i++) {
		const struct dns_record *txt = &result->records[i];

		if (!spf_record_is(txt->data, txt->length))
			continue;
		if (count == 0)
			*ret_length = txt->length;
		records[count++] = arena_dup_n(
		    run->arena, (const char *)txt->data, txt->length);
	}
	*ret = records;
	*ret_count = count;
	if (count > 1) {
		spf_problem(run,
		    "%s has %zu SPF records, and there may be one only", name,
		    count);
		return SPF_PERMERROR;
	}
	return count == 1 ? SPF_PASS : SPF_NONE;
}

static enum spf_result
record_read(struct spf_run *run, const char *name, bool is_first,
    struct spf_record *ret)
{
	const char **records = NULL, *text;
	enum spf_result result = SPF_PASS;
	size_t count = 0, length = 0;

	if (is_first && run->query->record != NULL) {
		text = run->query->record;
		length = strlen(text);
		if (!spf_record_is((const uint8_t *)text, length))
			return SPF_NONE;
	} else {
		result = records_find(run, name, &records, &count, &length);
		text = count > 0 ? records[0] : NULL;
	}
	if (is_first) {
		run->answer.records = records;
		run->answer.record_count = count;
		run->answer.record =
		    count > 0 ? dns_paste_octets(run->arena, text, length)
		              : NULL;
	}
	if (result != SPF_PASS) {
		if (result == SPF_NONE && !run->is_missing)
			spf_say(run, "%s: no SPF record", name);
		return result;
	}
	spf_say(
	    run, "%s: %s", name, dns_paste_octets(run->arena, text, length));
	spf_record_parse(run->arena, (const uint8_t *)text, length, ret);
	if (ret->problem == NULL)
		return SPF_PASS;
	spf_problem(run, "the record of %s: %s", name, ret->problem);
	return SPF_PERMERROR;
}

/* Counts a term that asks; false: it is one too many. */
static bool
lookup_count(
    struct spf_run *run, const struct spf_term *term, const char *domain)
{
	if (!spf_term_asks(term) || ++run->answer.lookups <= SPF_LOOKUPS_MAX)
		return true;
	spf_problem(run,
	    "more than %d lookups: \"%s\" in the record of %s is the next one",
	    SPF_LOOKUPS_MAX, term->text, domain);
	spf_say(run, "lookup %u: %s: past the limit of %d", run->answer.lookups,
	    term->text, SPF_LOOKUPS_MAX);
	return false;
}

static enum spf_result
redirect_check(
    struct spf_run *run, const struct spf_term *term, const char *domain)
{
	enum spf_verdict verdict = SPF_NO_MATCH;
	enum spf_result result;
	const char *name;

	if (!lookup_count(run, term, domain))
		return SPF_PERMERROR;
	spf_say(run, "lookup %u: %s", run->answer.lookups, term->text);
	if (run->query->is_stranger && !spf_is_fixed(term->domain))
		return SPF_NEUTRAL;
	name = spf_target(run, term->domain, domain, &verdict);
	if (verdict != SPF_NO_MATCH)
		return SPF_PERMERROR;
	result = name != NULL ? domain_check(run, name, false) : SPF_NONE;
	if (result != SPF_NONE || run->is_missing)
		return result;
	spf_problem(run, "\"%s\" in the record of %s: there is no SPF record",
	    term->text, domain);
	return SPF_PERMERROR;
}

/* A TXT that stands alone, whole, in US-ASCII; else there is none. */
static void
explain(
    struct spf_run *run, const struct spf_record *record, const char *domain)
{
	struct spf_answer *answer = &run->answer;
	const unsigned lookups = answer->lookups, voids = answer->voids;
	enum spf_verdict verdict = SPF_NO_MATCH;
	AUTO_BUF struct buf out = {0};
	const struct dns_result *result = NULL;
	const struct dns_record *txt;
	const char *name, *text;

	/* no limit is for it: section 4.6.4 */
	answer->lookups = answer->voids = 0;
	run->is_term_void = true;
	name = spf_target(run, record->exp->domain, domain, &verdict);
	if (name != NULL) {
		result = dns_book_look(run->book, name, DNS_TXT);
		run->is_missing = run->is_missing || result == NULL;
	}
	answer->lookups = lookups;
	answer->voids = voids;
	if (result == NULL || result->count != 1)
		return;
	txt = &result->records[0];
	text = arena_dup_n(run->arena, (const char *)txt->data, txt->length);
	if (!spf_macro_ok(text, txt->length, SPF_IN_TEXT))
		return;
	if (spf_macro_has(text, 'p'))
		spf_valid_find(run, domain, &verdict);
	answer->lookups = lookups;
	answer->voids = voids;
	run->macros.domain = domain;
	if (!spf_macro_expand(&out, text, &run->macros) ||
	    out.length > EXPLANATION_MAX)
		return;
	for (size_t i = 0; i < out.length; i++)
		if (out.text[i] < ' ' || out.text[i] > '~')
			return;
	answer->explanation = arena_dup(run->arena, buf_text(&out));
}

static enum spf_result
terms_check(struct spf_run *run, const struct spf_record *record,
    const char *domain, bool is_own)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct spf_term *term = &record->terms[i];
		enum spf_verdict verdict;
		enum spf_result result;

		if (spf_is_modifier(term))
			continue;
		if (!lookup_count(run, term, domain))
			return SPF_PERMERROR;
		verdict = spf_term_match(run, term, domain);
		if (verdict == SPF_NO_MATCH)
			continue;
		result = verdict == SPF_ERROR_TEMP ? SPF_TEMPERROR
		         : verdict == SPF_ERROR_PERM
		             ? SPF_PERMERROR
		             : qualified(term->qualifier);
		if (is_own) {
			run->answer.term = term->text;
			run->answer.term_domain = domain;
		}
		if (is_own && result == SPF_FAIL && record->exp != NULL &&
		    run->query->wants_explanation && !run->is_missing)
			explain(run, record, domain);
		return result;
	}
	if (record->redirect != NULL)
		return redirect_check(run, record->redirect, domain);
	spf_say(run, "nothing matches: neutral");
	return SPF_NEUTRAL;
}

/* As check_host for the domain of the sender, or the one redirected to. */
static enum spf_result
domain_check(struct spf_run *run, const char *domain, bool is_first)
{
	struct spf_record record;
	enum spf_result result = record_read(run, domain, is_first, &record);

	if (result != SPF_PASS)
		return result;
	run->depth++;
	result = terms_check(run, &record, domain, run->include_depth == 0);
	run->depth--;
	return result;
}

enum spf_verdict
spf_include(struct spf_run *run, const struct spf_term *term, const char *name)
{
	enum spf_result result;

	spf_say(run, "lookup %u: %s", run->answer.lookups, term->text);
	run->depth++;
	run->include_depth++;
	result = domain_check(run, name, false);
	run->include_depth--;
	run->depth--;
	if (run->is_missing && result == SPF_NONE)
		return SPF_NO_MATCH;
	spf_say(run, "%s: %s there, %s", term->text, spf_result_names[result],
	    result == SPF_PASS                              ? "match"
	    : result == SPF_NONE || result == SPF_PERMERROR ? "permerror"
	    : result == SPF_TEMPERROR                       ? "temperror"
	                                                    : "no match");
	switch (result) {
	case SPF_PASS:
		return SPF_MATCH;
	case SPF_TEMPERROR:
		return SPF_ERROR_TEMP;
	case SPF_NONE:
		spf_problem(
		    run, "\"%s\": %s has no SPF record", term->text, name);
		return SPF_ERROR_PERM;
	case SPF_PERMERROR:
		return SPF_ERROR_PERM;
	case SPF_NEUTRAL:
	case SPF_FAIL:
	case SPF_SOFTFAIL:
	case SPF_RESULT_MAX:
		break;
	}
	return SPF_NO_MATCH;
}

static void
sender_take(struct spf_run *run, const char *domain)
{
	const struct spf_query *query = run->query;
	const char *sender = query->sender != NULL ? query->sender : "";
	const char *at = strrchr(sender, '@');

	if (strlen(sender) > SENDER_MAX)
		at = NULL;
	run->macros = (struct spf_macros){.client = &run->client,
	    .local = "postmaster",
	    .sender_domain = at != NULL && at[1] != '\0' ? at + 1 : domain,
	    .domain = domain,
	    .helo = query->helo != NULL && strlen(query->helo) <= SENDER_MAX
	                ? query->helo
	                : domain,
	    .valid = "unknown",
	    .receiver = query->receiver != NULL ? query->receiver : "unknown",
	    .now_s = query->now_s};
	if (at != NULL && at > sender)
		run->macros.local =
		    arena_dup_n(run->arena, sender, (size_t)(at - sender));
}

static const char *
text_keep(struct arena *arena, const char *text)
{
	return text != NULL ? arena_dup(arena, text) : NULL;
}

static const char *const *
texts_keep(struct arena *arena, const char *const *texts, size_t count)
{
	const char **kept = arena_alloc(arena, count + 1, sizeof(*kept));

	for (size_t i = 0; i < count; i++)
		kept[i] = arena_dup(arena, texts[i]);
	return kept;
}

/* The answer alone outlives what it was found with. */
static void
answer_keep(
    struct arena *arena, const struct spf_run *run, struct spf_answer *ret)
{
	*ret = run->answer;
	ret->explanation = text_keep(arena, ret->explanation);
	ret->term = text_keep(arena, ret->term);
	ret->term_domain = text_keep(arena, ret->term_domain);
	ret->problem = text_keep(arena, ret->problem);
	ret->doubt = text_keep(arena, ret->doubt);
	ret->local_name = text_keep(arena, ret->local_name);
	ret->inside_name = text_keep(arena, ret->inside_name);
	ret->by_sender = text_keep(arena, ret->by_sender);
	ret->record = text_keep(arena, ret->record);
	ret->records = texts_keep(arena, ret->records, ret->record_count);
	if (run->voids.length > 0)
		ret->void_names = arena_dup(arena, buf_text(&run->voids));
	if (run->lines != NULL)
		ret->tree = texts_keep(arena, run->lines, run->line_count);
}

static void
run_check(struct spf_run *run)
{
	const struct spf_query *query = run->query;
	const char *domain = NULL;

	if (spf_domain_ok(query->domain) &&
	    spf_client_parse(query->address, &run->client))
		domain = spf_name(run->arena, query->domain);
	if (query->wants_tree)
		run->lines =
		    arena_alloc(run->arena, TREE_SLOTS, sizeof(*run->lines));
	if (domain == NULL) {
		spf_problem(run, "%s is no domain that can have a record",
		    query->domain);
	} else {
		sender_take(run, domain);
		run->answer.result = domain_check(run, domain, true);
	}
	/* what an error of a name server or a limit was, and nothing else */
	if (run->answer.result != SPF_TEMPERROR &&
	    run->answer.result != SPF_PERMERROR && domain != NULL)
		run->answer.problem = NULL;
	if (run->answer.problem != NULL)
		spf_say(run, "%s: %s", spf_result_names[run->answer.result],
		    run->answer.problem);
}

bool
spf_check(struct dns_book *book, struct arena *arena,
    const struct spf_query *query, struct spf_answer *ret)
{
	/* records of 64 KiB, ten a check, and a check for each wave: not kept */
	struct arena *scratch = arena_new();
	struct spf_run run = {.book = book, .arena = scratch, .query = query};

	run_check(&run);
	if (!run.is_missing)
		answer_keep(arena, &run, ret);
	buf_done(&run.voids);
	(void)arena_free(scratch);
	return !run.is_missing;
}
