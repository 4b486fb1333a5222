/*
 * dns_look.c - all checks of the DNS, wave after wave
 *
 * Purpose  run the checks over the book until none wants anything more
 * Input    replies, by way of the book: hostile
 * Errors   nobody to ask: every table is unknown, with the reason; a resolver
 *          that makes up answers is worth no question more, and one that knows
 *          of nothing at all says nothing of our domains
 * Runs as  observer
 * Source   dns_look.h; RFC 6761 section 6.4: nothing is at .invalid; RFC 1034
 *          section 4.2.1: every zone has name servers, the root's too
 */
#include "agent/probes/dns_look.h"

#include <sys/random.h>

#include <errno.h>

#include "agent/base/auto.h"

/*
 * More waves than any honest zone needs: ten SPF includes in a chain, each by
 * the name that the one before gave, and what follows from the last.
 */
#define WAVES_MAX 32

/* What every resolver that sees the world knows. */
#define ROOT "."

/* Rows in the table of checks at most. */
#define CHECKS_MAX 32

struct run {
	const struct dns_check *check;
	void *state, *prepared;
	bool is_done;
};

struct runs {
	struct run all[CHECKS_MAX];
	size_t count;
	const char *canary; /* a name that cannot be */
};

static bool
is_wanted(const struct dns_check *check, const struct fact_out *out)
{
	for (size_t i = 0; check->tables[i] != NULL; i++)
		if (fact_out_is_wanted(out, check->tables[i]))
			return true;
	return false;
}

static void
runs_begin(struct runs *runs, const struct dns_check *const *checks,
    struct dns_look *look, void *const *prepared, const struct fact_out *out)
{
	uint64_t random = 0;

	/* without random numbers no question can be asked either */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = 0;
	runs->canary = arena_printf(
	    look->arena, "%016llx.invalid", (unsigned long long)random);
	for (size_t i = 0; checks[i] != NULL && i < CHECKS_MAX; i++) {
		struct run *run = &runs->all[runs->count];

		if (!is_wanted(checks[i], out))
			continue;
		*run = (struct run){.check = checks[i],
		    .prepared = prepared != NULL ? prepared[i] : NULL};
		look->prepared = run->prepared;
		run->state = checks[i]->begin(look);
		runs->count++;
	}
}

/* Once over all of them; true: none wants anything. */
static bool
runs_judge(struct runs *runs, struct dns_look *look)
{
	bool is_done = true;

	for (size_t i = 0; i < runs->count; i++) {
		struct run *run = &runs->all[i];

		look->prepared = run->prepared;
		run->is_done =
		    run->state == NULL || run->check->run(look, run->state);
		is_done = is_done && run->is_done;
	}
	return is_done;
}

static int
runs_wave(struct runs *runs, struct dns_look *look,
    const struct dns_asker *asker, struct why *why)
{
	const struct dns_result *lie;
	int r;

	if (dns_book_waves(look->book) == 0 && dns_book_wants(look->book) > 0) {
		dns_book_want(look->book, runs->canary, DNS_A);
		/* looked up, so that a second server is asked too */
		(void)dns_book_look(look->book, ROOT, DNS_NS);
	}
	r = dns_book_wave(look->book, asker, why);
	if (r <= 0)
		return r;
	lie = dns_book_look(look->book, runs->canary, DNS_A);
	if (lie != NULL && lie->outcome == DNS_ANSWER)
		return why_set(why, -EBADMSG,
		    "the name server %s makes up answers: it has an address for "
		    "a name that cannot be",
		    lie->server != NULL ? lie->server : "of this host");
	return r;
}

/* A captive portal, a sinkhole, a forwarder that is cut off. */
static int
root_check(struct dns_look *look, struct why *why)
{
	const struct dns_result *root;

	if (dns_book_waves(look->book) == 0)
		return 0;
	root = dns_book_look(look->book, ROOT, DNS_NS);
	if (root == NULL ||
	    (root->outcome != DNS_NODATA && root->outcome != DNS_NXDOMAIN))
		return 0;
	return why_set(why, -EBADMSG,
	    "the name server %s knows of nothing: not even the root of the DNS "
	    "is there, it says",
	    root->server != NULL ? root->server : "of this host");
}

static int
runs_all(struct runs *runs, struct dns_look *look,
    const struct dns_asker *asker, bool has_second, struct why *why)
{
	bool is_disputed = !has_second, is_done;
	int r = 0;

	for (unsigned waves = 0; r >= 0 && waves < WAVES_MAX; waves++) {
		is_done = runs_judge(runs, look);
		if (is_done && is_disputed)
			return root_check(look, why);
		if (is_done) {
			is_disputed = true;
			r = dns_book_dispute(look->book, asker, why);
		} else {
			r = runs_wave(runs, look, asker, why);
		}
	}
	return r < 0 ? r : 0;
}

static void
run_tell(struct run *run, struct dns_look *look, const struct why *why, int r,
    struct fact_out *out)
{
	const char *const *tables = run->check->tables;

	look->prepared = run->prepared;
	if (r == 0 && run->is_done && run->state != NULL) {
		run->check->tell(look, run->state, out);
		return;
	}
	for (size_t i = 0; tables[i] != NULL; i++)
		if (r < 0)
			fact_out_table_unknown(out, tables[i], "%s", why->text);
		else if (!run->is_done)
			fact_out_table_unknown(
			    out, tables[i], "its questions have no end");
		else
			fact_out_table_end(out, tables[i]);
}

void
dns_look_run(const struct dns_check *const *checks, struct dns_look *look,
    const struct dns_asker *asker, bool has_second, void *const *prepared,
    struct fact_out *out)
{
	struct runs runs = {.count = 0};
	struct why why = {0};
	int r;

	runs_begin(&runs, checks, look, prepared, out);
	r = runs_all(&runs, look, asker, has_second, &why);
	for (size_t i = 0; i < runs.count; i++)
		run_tell(&runs.all[i], look, &why, r, out);
}
