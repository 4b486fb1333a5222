/*
 * spf_repair.c - the record that a domain should have instead
 *
 * Purpose  spf_repair.h
 * Input    records of the domain: hostile
 * Errors   NULL: nothing that keeps what is there would do
 * Runs as  both roles
 * Source   RFC 7208 sections 3.2 (one record), 4.6.4, 5, 10.1
 *
 * A first record ends with ~all: this host does not know who else sends for the
 * domain, and a wrong -all loses mail. When all senders are in it, -all says so.
 */
#include "agent/dns/spf_repair.h"

#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/dns/spf_macro.h"
#include "agent/dns/spf_mend.h"

/* More words are in nobody's record: 64 KiB of "a" would be. */
#define WORDS_MAX 256

/* What a report can show, in strings and with its owner: six parts of facts. */
#define RECORD_MAX 2000

struct words {
	const char *before[WORDS_MAX]; /* mechanisms but all */
	size_t before_count;
	const char *after[WORDS_MAX]; /* modifiers */
	size_t after_count;
	const char *all; /* or NULL */
};

static bool
has_word(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(words[i], word) == 0)
			return true;
	return false;
}

/* The mildest of several stays, and "pass" is none. */
static void
all_add(struct words *words, const char *word)
{
	static const char mildness[] = "-~?";
	const char sign = strchr(mildness, word[0]) != NULL ? word[0] : '~';

	if (words->all == NULL ||
	    strchr(mildness, sign) > strchr(mildness, words->all[0]))
		words->all = sign == '-'   ? "-all"
		             : sign == '?' ? "?all"
		                           : "~all";
}

static bool
modifier_add(struct words *words, const struct spf_term *term)
{
	const size_t name = strcspn(term->text, "=") + 1;

	if (words->after_count == WORDS_MAX)
		return false;
	/* of redirect and exp there may be one */
	for (size_t i = 0; i < words->after_count; i++)
		if (strncasecmp(words->after[i], term->text, name) == 0)
			return true;
	words->after[words->after_count++] = term->text;
	return true;
}

/* What include and redirect lead to has a record; -1: not known yet. */
static int
leads_somewhere(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, const struct spf_term *term)
{
	const struct dns_result *result;
	const char *name;

	if ((term->kind != SPF_INCLUDE && term->kind != SPF_REDIRECT) ||
	    strchr(term->domain, '%') != NULL)
		return 1;
	name = spf_name(arena, term->domain);
	if (name == NULL || strcasecmp(name, repair->domain) == 0)
		return 0;
	result = dns_book_look(book, name, DNS_TXT);
	if (result == NULL)
		return -1;
	if (!dns_is_known(result))
		return 1;
	for (size_t i = 0; i < result->count; i++)
		if (spf_record_is(
		        result->records[i].data, result->records[i].length))
			return 1;
	return 0;
}

/*
 * A name that is not there, whoever sends: it lets nobody send, and is a void
 * lookup for all. 1; 0: it may be there; -1: not known yet.
 */
static int
is_void(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, const char *word)
{
	static const enum dns_type types[SPF_KIND_MAX][2] = {
	    [SPF_A] = {DNS_A,  DNS_AAAA},
	    [SPF_MX] = {DNS_MX, DNS_MX  },
	    [SPF_EXISTS] = {DNS_A,  DNS_A   },
	};

	struct spf_term term;
	const char *name;
	int ret = 1;

	if (!spf_term_read(arena, word, &term) ||
	    (term.kind != SPF_A && term.kind != SPF_MX &&
	        term.kind != SPF_EXISTS) ||
	    (term.domain != NULL && strchr(term.domain, '%') != NULL))
		return 0;
	name =
	    spf_name(arena, term.domain != NULL ? term.domain : repair->domain);
	if (name == NULL)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		const struct dns_result *result =
		    dns_book_look(book, name, types[term.kind][i]);

		if (result == NULL)
			ret = -1;
		else if (!dns_is_known(result) || result->outcome == DNS_ANSWER)
			return 0;
	}
	return ret;
}

/* Returns 1 when one was there; 0: none; -1: not known yet. */
static int
voids_drop(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, struct words *words)
{
	bool is_known = true;
	size_t left = 0;

	for (size_t i = 0; i < words->before_count; i++) {
		const int r = is_void(book, arena, repair, words->before[i]);

		is_known = is_known && r >= 0;
		if (r <= 0)
			words->before[left++] = words->before[i];
	}
	if (!is_known)
		return -1;
	if (left == words->before_count)
		return 0;
	words->before_count = left;
	return 1;
}

/* As good as +all: who sends from somewhere in it, nobody knows. */
static bool
is_wide(const struct spf_term *term)
{
	return term->qualifier == '+' &&
	       ((term->kind == SPF_IP4 && term->cidr4 <= SPF_WIDE4) ||
	           (term->kind == SPF_IP6 && term->cidr6 <= SPF_WIDE6));
}

/*
 * One word of a record. Returns 1; 0: more must be known; -1: they are too many.
 */
static int
word_add(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, struct words *words, const char *word)
{
	const char *more = NULL;
	struct spf_term term;
	int leads;

	if (!spf_term_read(arena, word, &term) || spf_term_is_slip(&term)) {
		word = spf_term_mend(arena, word, &more);
		/* what means nothing helps nobody, and spoils all the rest */
		if (word == NULL || !spf_term_read(arena, word, &term))
			return 1;
	}
	leads = leads_somewhere(book, arena, repair, &term);
	if (leads < 0)
		return 0;
	if (leads == 0 && term.kind == SPF_REDIRECT && words->all == NULL)
		words->all = "~all";
	if (leads == 0)
		return 1;
	/* of two records one may end what the other one begins */
	if (term.kind == SPF_REDIRECT && repair->record_count > 1) {
		term.text = arena_printf(arena, "include:%s", term.domain);
		term.kind = SPF_INCLUDE;
	}
	if (spf_is_modifier(&term))
		return modifier_add(words, &term) ? 1 : -1;
	if (term.kind == SPF_ALL)
		all_add(words, term.text);
	else if (repair->drops_wide && is_wide(&term))
		all_add(words, "+all");
	else if (words->before_count == WORDS_MAX)
		return -1;
	else if (!has_word(words->before, words->before_count, term.text))
		words->before[words->before_count++] = term.text;
	if (more != NULL)
		all_add(words, more);
	return 1;
}

/* Mechanisms behind "all" have no effect, and do not get one. */
static int
record_add(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, struct words *words, const char *record)
{
	char *text = arena_dup(arena, record), *rest;
	bool is_past_all = false;
	size_t count = 0;

	/* what is not ASCII was pasted along with it: a space, an invisible one */
	for (char *at = text; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~')
			*at = ' ';
	rest = text + strlen("v=spf1");
	for (char *word; (word = strsep(&rest, " ")) != NULL;) {
		struct spf_term term;
		int r;

		if (*word == '\0')
			continue;
		/* also those that mean nothing: each is tried in many ways */
		if (count++ == WORDS_MAX)
			return -1;
		if (is_past_all && spf_term_read(arena, word, &term) &&
		    !spf_is_modifier(&term))
			continue;
		r = word_add(book, arena, repair, words, word);
		if (r <= 0)
			return r;
		is_past_all =
		    is_past_all ||
		    (spf_term_read(arena, word, &term) && term.kind == SPF_ALL);
	}
	return 1;
}

static const char *
words_join(struct arena *arena, const struct words *words,
    const char *const *added, size_t added_count, bool is_first)
{
	AUTO_BUF struct buf out = {0};

	buf_add(&out, "v=spf1");
	for (size_t i = 0; is_first && i < added_count; i++)
		buf_addf(&out, " %s", added[i]);
	for (size_t i = 0; i < words->before_count; i++)
		if (!is_first ||
		    !has_word(added, added_count, words->before[i]))
			buf_addf(&out, " %s", words->before[i]);
	for (size_t i = 0; !is_first && i < added_count; i++)
		buf_addf(&out, " %s", added[i]);
	if (words->all != NULL)
		buf_addf(&out, " %s", words->all);
	for (size_t i = 0; i < words->after_count; i++)
		buf_addf(&out, " %s", words->after[i]);
	return arena_dup(arena, buf_text(&out));
}

static bool
result_of(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, const char *record, const char *address,
    enum spf_result *ret)
{
	const struct spf_query query = {
	    .domain = repair->domain,
	    .helo = repair->helo,
	    .record = record,
	    .address = address != NULL ? address : "0.0.0.0",
	    .is_stranger = address == NULL,
	};
	struct spf_answer answer;

	if (!spf_check(book, arena, &query, &answer))
		return false;
	*ret = answer.result;
	return true;
}

/* Those that do not pass, as terms; false: more must be known. */
static bool
left_out(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, const char *record, const char **terms,
    size_t *ret_count)
{
	enum spf_result result;
	struct spf_client client;
	bool is_known = true;

	*ret_count = 0;
	for (size_t i = 0; i < repair->address_count; i++) {
		const char *address = repair->addresses[i];

		if (!spf_client_parse(address, &client))
			continue;
		if (!result_of(book, arena, repair, record, address, &result))
			is_known = false;
		else if (result != SPF_PASS)
			terms[(*ret_count)++] = arena_printf(arena, "ip%c:%s",
			    client.family == AF_INET ? '4' : '6', client.text);
	}
	return is_known;
}

/*
 * A record in which all pass: 2, and it is none for the rest to err about; 1:
 * it is one still; 0: they do not; -1: more must be known.
 */
static int
record_try(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, const char *record)
{
	const char **terms =
	    arena_alloc(arena, repair->address_count + 1, sizeof(*terms));
	enum spf_result rest = SPF_NEUTRAL;
	size_t count;

	if (strlen(record) > RECORD_MAX)
		return 0;
	if (!left_out(book, arena, repair, record, terms, &count) ||
	    !result_of(book, arena, repair, record, NULL, &rest))
		return -1;
	if (count > 0)
		return 0;
	return rest == SPF_PERMERROR ? 1 : 2;
}

/*
 * With the addresses at the end, where they cost nothing; else at the front.
 * best: how good *ret is already, as of record_try
 */
static bool
best_find(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, const struct words *words, int *best,
    const char **ret)
{
	const char **terms =
	    arena_alloc(arena, repair->address_count + 1, sizeof(*terms));
	const char *base = words_join(arena, words, NULL, 0, false);
	size_t count;

	if (!left_out(book, arena, repair, base, terms, &count))
		return false;
	for (int i = 0; i < 2; i++) {
		const char *record =
		    words_join(arena, words, terms, count, i == 1);
		int r = record_try(book, arena, repair, record);

		if (r < 0)
			return false;
		if (r > *best) {
			*ret = record;
			*best = r;
		}
	}
	return true;
}

bool
spf_repair_make(struct dns_book *book, struct arena *arena,
    const struct spf_repair *repair, const char **ret)
{
	struct words *words = arena_alloc(arena, 1, sizeof(*words));
	int best = 0, dropped;

	*ret = NULL;
	if (repair->address_count == 0)
		return true;
	for (size_t i = 0; i < repair->record_count; i++) {
		int r =
		    record_add(book, arena, repair, words, repair->records[i]);

		if (r <= 0)
			return r < 0;
	}
	if (repair->record_count == 0)
		words->all = "~all";
	if (!best_find(book, arena, repair, words, &best, ret))
		return false;
	if (best == 2)
		return true;
	dropped = voids_drop(book, arena, repair, words);
	return dropped == 0 || (dropped > 0 && best_find(book, arena, repair,
	                                           words, &best, ret));
}
