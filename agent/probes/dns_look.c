/*
 * dns_look.c - all checks of the DNS, wave after wave
 *
 * Purpose  run the checks over the book until none wants anything more
 * Input    replies, by way of the book: hostile
 * Errors   nobody to ask, or to believe: every table is unknown, with the
 *          reason
 * Runs as  observer
 * Source   dns_look.h, dns_rounds.h
 */
#include "agent/probes/dns_look.h"

#include "agent/base/auto.h"
#include "agent/probes/dns_rounds.h"

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
	struct dns_look *look;
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
runs_judge(void *user)
{
	struct runs *runs = user;
	struct dns_look *look = runs->look;
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

static void
run_tell(struct run *run, struct dns_look *look, const struct why *why, int r,
    struct fact_out *out)
{
	const char *const *tables = run->check->tables;

	look->prepared = run->prepared;
	if (r >= 0 && run->is_done && run->state != NULL) {
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
    const struct dns_asker *asker, bool asks_twice, void *const *prepared,
    struct fact_out *out)
{
	struct runs runs = {.look = look};
	const struct dns_rounds rounds = {.arena = look->arena,
	    .book = look->book,
	    .asker = asker,
	    .asks_twice = asks_twice,
	    .judge = runs_judge,
	    .user = &runs};
	struct why why = {0};
	int r;

	runs_begin(&runs, checks, look, prepared, out);
	r = dns_rounds_run(&rounds, &why);
	for (size_t i = 0; i < runs.count; i++)
		run_tell(&runs.all[i], look, &why, r, out);
}
