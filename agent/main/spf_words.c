/*
 * spf_words.c - the words of `mailfix explain spf`
 *
 * Purpose  from words to a question
 * Input    the command line
 * Errors   -EINVAL with a text that says what would be right
 * Runs as  the actor, or any user
 * Source   SPEC section 2; RFC 5321 section 4.5.3.1 (lengths)
 */
#include "agent/main/spf_words.h"

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/dns/spf_macro.h"
#include "agent/sys/idn.h"

#define SENDER_MAX 320 /* 64 of the local part, "@", 255 of the domain */
#define HELO_MAX   255

#define USAGE "mailfix explain spf DOMAIN from ADDR [helo NAME] [sender ADDR]"

enum clause { CLAUSE_FROM, CLAUSE_HELO, CLAUSE_SENDER, CLAUSE_MAX };

static const char *const clauses[] = {
    [CLAUSE_FROM] = "from",
    [CLAUSE_HELO] = "helo",
    [CLAUSE_SENDER] = "sender",
    [CLAUSE_MAX] = NULL,
};

static bool
is_ascii(const char *word)
{
	for (size_t i = 0; word[i] != '\0'; i++)
		if ((unsigned char)word[i] > '~')
			return false;
	return true;
}

static int
domain_parse(
    struct arena *arena, const char *word, const char **ret, struct why *why)
{
	const char *domain;
	int r;

	if (word == NULL)
		return why_set(why, -EINVAL, "which domain? " USAGE);
	if (strchr(word, '@') != NULL)
		return why_set(why, -EINVAL,
		    "\"%s\" is an address: give its domain, and the address "
		    "after \"sender\"",
		    word);
	r = idn_to_ascii(arena, word, &domain, why);
	if (r < 0)
		return r;
	if (!spf_domain_ok(domain))
		return why_set(why, -EINVAL,
		    "\"%s\" is no domain such as example.com", word);
	*ret = domain;
	return 0;
}

static int
address_parse(const char *word, const char **ret, struct why *why)
{
	struct spf_client client;

	if (!spf_client_parse(word, &client))
		return why_set(why, -EINVAL,
		    "from \"%s\": that is no address such as 192.0.2.1 or "
		    "2001:db8::1",
		    word);
	*ret = word;
	return 0;
}

/* Any word that a client could say; what it may mean is SPF's business. */
static int
word_parse(const char *clause, const char *word, size_t most, const char **ret,
    struct why *why)
{
	if (word[0] == '\0' || strlen(word) > most || !is_ascii(word) ||
	    !text_is_printable(word, strlen(word)))
		return why_set(why, -EINVAL,
		    "%s \"%s\": it must be 1 to %zu characters of ASCII",
		    clause, word, most);
	*ret = word;
	return 0;
}

/* What the name before the "@" may mean elsewhere is nothing to the DNS. */
static int
sender_parse(
    struct arena *arena, const char *word, const char **ret, struct why *why)
{
	const char *at = strrchr(word, '@'), *domain;
	int r;

	if (at != NULL) {
		r = idn_to_ascii(arena, at + 1, &domain, why);
		if (r < 0)
			return r;
		word = arena_printf(
		    arena, "%.*s%s", (int)(at + 1 - word), word, domain);
	}
	return word_parse(clauses[CLAUSE_SENDER], word, SENDER_MAX, ret, why);
}

static int
clause_find(const char *word, enum clause *ret, struct why *why)
{
	const char *nearest;

	for (size_t i = 0; i < CLAUSE_MAX; i++)
		if (strcmp(word, clauses[i]) == 0) {
			*ret = (enum clause)i;
			return 0;
		}
	nearest = text_nearest(word, clauses);
	return why_set(why, -EINVAL,
	    "\"%s\" is not understood%s%s%s; after the domain come from ADDR, "
	    "helo NAME, sender ADDR",
	    word, nearest != NULL ? ", did you mean " : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
}

static int
clause_parse(struct arena *arena, const char *const *words, bool *seen,
    struct spf_query *query, struct why *why)
{
	enum clause clause = CLAUSE_MAX;
	int r = clause_find(words[0], &clause, why);

	if (r < 0)
		return r;
	if (seen[clause])
		return why_set(why, -EINVAL, "\"%s\" twice", words[0]);
	seen[clause] = true;
	if (words[1] == NULL)
		return why_set(why, -EINVAL, "%s which %s?", words[0],
		    clause == CLAUSE_HELO ? "name" : "address");
	switch (clause) {
	case CLAUSE_FROM:
		return address_parse(words[1], &query->address, why);
	case CLAUSE_HELO:
		return word_parse(
		    words[0], words[1], HELO_MAX, &query->helo, why);
	case CLAUSE_SENDER:
		return sender_parse(arena, words[1], &query->sender, why);
	case CLAUSE_MAX:
		break;
	}
	return 0;
}

int
spf_words_parse(struct arena *arena, const char *const *words,
    struct spf_query *ret, struct why *why)
{
	bool seen[CLAUSE_MAX] = {false};
	struct spf_query query = {.address = NULL};
	int r = domain_parse(arena, words[0], &query.domain, why);

	for (size_t i = 1; r == 0 && words[i] != NULL; i += 2)
		r = clause_parse(arena, &words[i], seen, &query, why);
	if (r < 0)
		return r;
	if (query.address == NULL)
		return why_set(why, -EINVAL, "from which address? " USAGE);
	*ret = query;
	return 0;
}
