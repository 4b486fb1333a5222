/*
 * dns_rounds.c - ask the DNS until a judge has all that he needs
 *
 * Purpose  waves, a second name server, and whether any is to be believed
 * Input    replies, by way of the book: hostile
 * Errors   -EBADMSG: a resolver that makes up answers is worth no question
 *          more, and one that knows of nothing at all says nothing of a domain
 * Runs as  observer
 * Source   RFC 6761 section 6.4: nothing is at .invalid; RFC 1034 section
 *          4.2.1: every zone has name servers, the root's too
 */
#include "agent/probes/dns_rounds.h"

#include <sys/random.h>

#include <errno.h>

/*
 * More waves than any honest zone needs: ten SPF includes in a chain, each by
 * the name that the one before gave, and what follows from the last.
 */
#define WAVES_MAX 32

/* What every resolver that sees the world knows. */
#define ROOT "."

/* A name that cannot be. */
static const char *
canary_make(struct arena *arena)
{
	uint64_t random = 0;

	/* without random numbers no question can be asked either */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = 0;
	return arena_printf(
	    arena, "%016llx.invalid", (unsigned long long)random);
}

static int
wave(const struct dns_rounds *rounds, const char *canary, struct why *why)
{
	struct dns_book *book = rounds->book;
	const struct dns_result *lie;
	int r;

	if (dns_book_waves(book) == 0 && dns_book_wants(book) > 0) {
		dns_book_want(book, canary, DNS_A);
		/* looked up, so that a second server is asked too */
		(void)dns_book_look(book, ROOT, DNS_NS);
	}
	r = dns_book_wave(book, rounds->asker, why);
	if (r <= 0)
		return r;
	lie = dns_book_look(book, canary, DNS_A);
	if (lie != NULL && lie->outcome == DNS_ANSWER)
		return why_set(why, -EBADMSG,
		    "the name server %s makes up answers: it has an address for "
		    "a name that cannot be",
		    lie->server != NULL ? lie->server : "of this host");
	return r;
}

/* A captive portal, a sinkhole, a forwarder that is cut off. */
static int
root_check(struct dns_book *book, struct why *why)
{
	const struct dns_result *root;

	if (dns_book_waves(book) == 0)
		return 1;
	root = dns_book_look(book, ROOT, DNS_NS);
	if (root == NULL ||
	    (root->outcome != DNS_NODATA && root->outcome != DNS_NXDOMAIN))
		return 1;
	return why_set(why, -EBADMSG,
	    "the name server %s knows of nothing: not even the root of the DNS "
	    "is there, it says",
	    root->server != NULL ? root->server : "of this host");
}

/*
 * Somebody's questions have no end. The others are told all the same, and so
 * not without a second name server either.
 */
static int
rest_judge(const struct dns_rounds *rounds, bool is_disputed, struct why *why)
{
	int r = is_disputed
	            ? 0
	            : dns_book_dispute(rounds->book, rounds->asker, why);

	if (r < 0)
		return r;
	(void)rounds->judge(rounds->user);
	r = root_check(rounds->book, why);
	return r < 0 ? r : 0;
}

int
dns_rounds_run(const struct dns_rounds *rounds, struct why *why)
{
	const char *canary = canary_make(rounds->arena);
	bool is_disputed = !rounds->asks_twice, is_done;
	int r = 0;

	for (unsigned waves = 0; r >= 0 && waves < WAVES_MAX; waves++) {
		is_done = rounds->judge(rounds->user);
		if (is_done && is_disputed)
			return root_check(rounds->book, why);
		if (is_done) {
			is_disputed = true;
			r = dns_book_dispute(rounds->book, rounds->asker, why);
		} else {
			r = wave(rounds, canary, why);
		}
	}
	return r < 0 ? r : rest_judge(rounds, is_disputed, why);
}
