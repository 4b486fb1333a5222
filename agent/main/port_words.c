/*
 * port_words.c - the words of `mailfix explain port`
 *
 * Purpose  from words to a question
 * Input    the command line
 * Errors   -EINVAL with a text that says what would be right
 * Runs as  the actor, or any user
 * Source   SPEC section 2; IANA, Service Name and Port Number Registry
 */
#include "agent/main/port_words.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

/* Nothing of /etc/services is asked: these are what mail is about. */
static const struct service {
	const char *name;
	uint16_t port;
} services[] = {
    {"smtp",        25  },
    {"submission",  587 },
    {"submissions", 465 },
    {"smtps",       465 },
    {"imap",        143 },
    {"imaps",       993 },
    {"pop3",        110 },
    {"pop3s",       995 },
    {"sieve",       4190},
};

#define PORT_MAX 65535UL

static const char *
guess(const char *word, const char *const *names)
{
	return text_nearest(word, names);
}

static int
direction_parse(const char *word, enum nf_direction *ret, struct why *why)
{
	static const char *const names[] = {"in", "out", NULL};
	const char *nearest;

	for (size_t i = 0; names[i] != NULL; i++)
		if (word != NULL && strcmp(word, names[i]) == 0) {
			*ret = i == 0 ? NF_IN : NF_OUT;
			return 0;
		}
	if (word == NULL)
		return why_set(why, -EINVAL,
		    "which way? mailfix explain port in|out PORT "
		    "[from ADDR] [to ADDR] [on IFACE]");
	nearest = guess(word, names);
	return why_set(why, -EINVAL, "\"%s\" is neither in nor out%s%s%s", word,
	    nearest != NULL ? "; did you mean " : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
}

static int
port_parse(const char *word, uint16_t *ret, struct why *why)
{
	const char *names[ARRAY_COUNT(services) + 1] = {NULL};
	const char *nearest;
	unsigned long number;
	char *end;

	if (word == NULL)
		return why_set(why, -EINVAL,
		    "which port? a number, or smtp, submission, submissions");
	for (size_t i = 0; i < ARRAY_COUNT(services); i++) {
		names[i] = services[i].name;
		if (strcmp(word, services[i].name) == 0) {
			*ret = services[i].port;
			return 0;
		}
	}
	number = strtoul(word, &end, 10);
	if (word[0] >= '0' && word[0] <= '9' && *end == '\0' && number > 0 &&
	    number <= PORT_MAX) {
		*ret = (uint16_t)number;
		return 0;
	}
	nearest = guess(word, names);
	return why_set(why, -EINVAL,
	    "\"%s\" is no port: a number from 1 to 65535, or a name such as "
	    "%s",
	    word, nearest != NULL ? nearest : "submission");
}

/* An IPv4 address in IPv6's clothes: no packet has it. */
static bool
is_mapped(const struct nf_address *address)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return address->family == AF_INET6 &&
	       memcmp(address->bytes, prefix, sizeof(prefix)) == 0;
}

static bool
is_any(const struct nf_address *address)
{
	static const uint8_t none[16];

	return memcmp(address->bytes, none, sizeof(none)) == 0;
}

static int
address_parse(const char *clause, const char *word, struct nf_address *ret,
    struct why *why)
{
	if (net_address_parse(word, ret) < 0)
		return why_set(why, -EINVAL,
		    "%s \"%s\": that is no address such as 192.0.2.1 or "
		    "2001:db8::1",
		    clause, word);
	if (is_mapped(ret))
		return why_set(why, -EINVAL,
		    "%s \"%s\": write the IPv4 address alone", clause, word);
	if (is_any(ret))
		return why_set(why, -EINVAL,
		    "%s \"%s\": leave it out to ask about anyone", clause,
		    word);
	return 0;
}

static int
interface_parse(const char *word, const char **ret, struct why *why)
{
	static const struct net_interface like;

	if (word[0] == '\0' || strlen(word) >= sizeof(like.name))
		return why_set(
		    why, -EINVAL, "on \"%s\": that is no interface", word);
	*ret = word;
	return 0;
}

enum clause { CLAUSE_FROM, CLAUSE_TO, CLAUSE_ON, CLAUSE_MAX };

static const char *const clauses[] = {
    [CLAUSE_FROM] = "from",
    [CLAUSE_TO] = "to",
    [CLAUSE_ON] = "on",
    [CLAUSE_MAX] = NULL,
};

static int
clause_find(const char *word, enum clause *ret, struct why *why)
{
	const char *nearest;

	for (size_t i = 0; i < CLAUSE_MAX; i++)
		if (strcmp(word, clauses[i]) == 0) {
			*ret = (enum clause)i;
			return 0;
		}
	nearest = guess(word, clauses);
	return why_set(why, -EINVAL,
	    "\"%s\" is not understood%s%s%s; after the port come from ADDR, to "
	    "ADDR, on IFACE",
	    word, nearest != NULL ? ", did you mean " : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
}

static int
clause_parse(const char *const *words, bool *seen,
    struct nf_survey_query *query, struct why *why)
{
	enum clause clause = CLAUSE_MAX;
	int r = clause_find(words[0], &clause, why);

	if (r < 0)
		return r;
	if (seen[clause])
		return why_set(why, -EINVAL, "\"%s\" twice", words[0]);
	seen[clause] = true;
	if (words[1] == NULL)
		return why_set(why, -EINVAL, "%s %s?", words[0],
		    clause == CLAUSE_ON ? "which interface" : "which address");
	switch (clause) {
	case CLAUSE_FROM:
		return address_parse(words[0], words[1], &query->from, why);
	case CLAUSE_TO:
		return address_parse(words[0], words[1], &query->to, why);
	case CLAUSE_ON:
		return interface_parse(words[1], &query->interface, why);
	case CLAUSE_MAX:
		break;
	}
	return 0;
}

int
port_words_parse(
    const char *const *words, struct nf_survey_query *ret, struct why *why)
{
	struct nf_survey_query query = {.direction = NF_IN};
	bool seen[CLAUSE_MAX] = {false};
	int r = direction_parse(words[0], &query.direction, why);

	if (r == 0)
		r = port_parse(words[1], &query.port, why);
	for (size_t i = 2; r == 0 && words[i] != NULL; i += 2)
		r = clause_parse(&words[i], seen, &query, why);
	if (r < 0)
		return r;
	if (query.from.family != 0 && query.to.family != 0 &&
	    query.from.family != query.to.family)
		return why_set(why, -EINVAL,
		    "one of the two addresses is IPv4, the other IPv6");
	*ret = query;
	return 0;
}
