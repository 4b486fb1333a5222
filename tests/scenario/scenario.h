/*
 * scenario.h - a host in a text file: facts, runs, what must come of them
 *
 * One file for each playbook, with scenarios one after the other:
 *
 *   SCENARIO sick
 *   CLOCK 1767607200              seconds; WAIT 2min moves it
 *   BASE healthy                  the facts of healthy.facts
 *   PLAYBOOK disk-full            chosen; the file's own name when left out
 *   CONFIG disruptive-per-hour = 1
 *   TABLE port known              empty; or: TABLE port unknown 'reason'
 *   FACT disk[/var].free = 0B     or: = unknown 'reason'
 *   SELECT 1000 of 3000           what a selection from the queue finds
 *   OPENING nftables inet filter input before 12   what would open a port:
 *                                 who writes its rules, the chain, the place
 *   OPENING ufw | firewalld public | refused the reason
 *   OPENING boot /etc/nftables.conf       what is loaded at boot
 *   MEMORY tried start service-down a.service     in an earlier run, now
 *   MEMORY failed service-down    a fix had no effect
 *   MEMORY paused 1h | closed
 *   THROTTLE ready | old | relay NAME | refused the reason
 *                                                of a stock mail system;
 *                                 with our transports; an old one; never
 *   THROTTLE by-name SETTING      and a setting that looks at the nexthop
 *   RUN                           look, judge, plan
 *   EXPECT FINDING critical disk-full /var
 *   EXPECT TITLE /var (queue) is full: 0 B free
 *   EXPECT MASKED service-down a.service BY disk-full /var
 *   EXPECT SUPPRESSED not-listening 25 : seen in 1 of 2 runs
 *   EXPECT DOUBT service-down a.service : not known: ...
 *   EXPECT UNKNOWN disk[/var].free : the reason
 *   EXPECT PLAN start service-down a.service
 *   EXPECT CHANGE start a.service
 *   EXPECT SKIPPED start service-down a.service : the reason
 *   EXPECT LIMITED start service-down a.service : the reason
 *   EXPECT NOTHING
 *   EFFECT unit[a.service].running = true   when a change is made; or:
 *   EFFECT FAILS 'reason'
 *   APPLY                         approve and carry out the plan
 *   EXPECT FIX verified start service-down a.service
 *   EXPECT STATE fixed service-down a.service
 *   EXPECT MADE 1                 changes made, and
 *   EXPECT UNDONE 0               put back
 *   RELEASE                       what is kept goes, or eases off by a step
 *   EXPECT EASED verified slow-down throttled big.test : reason, if any
 *   EXPECT CHANGE ...             as of a plan
 *   EXPECT RELEASED 1             changes undone, for they are not needed
 *   EXPECT AUDIT intent captured done verified    all of its log, in order
 *
 * The text after " : " must be a part of what is said. Whatever a run yields
 * and nobody expected is a failure, and so is an expectation that is not met.
 */
#ifndef MAILFIX_TESTS_SCENARIO_SCENARIO_H
#define MAILFIX_TESTS_SCENARIO_SCENARIO_H

#include "agent/plan/plan.h"

struct world_entry {
	const struct table *table;
	const char *key; /* NULL: of the table as a whole */
	int column;      /* -1: TABLE */
	bool is_known;   /* of a TABLE */
	struct value value;
};

struct world {
	struct world_entry *entries; /* heap */
	size_t count, size;
};

struct scenario {
	struct arena *arena;
	const char *file, *name;
	int line;
	unsigned failures;
	int64_t now_s;

	const char *playbook_dir, *scenario_dir;
	const char *patterns[8]; /* NULL-terminated */
	struct playbook_set playbooks;
	bool has_patterns;

	struct world world, effects;
	size_t world_before; /* entries before the effects, for undo */
	const char *effect_failure;
	struct queue_selection selection;
	struct action_opening opening; /* its port: the one that is asked */
	struct why opening_refused;    /* code 0: it is not */
	struct config config;
	struct mta mta;
	struct state *state;
	char dir[64]; /* state and audit of this scenario */

	bool has_run;
	unsigned applied; /* how often */
	const char *run;  /* of the last APPLY, in the log */
	struct fact_set *facts;
	struct judgement judgement;
	struct plan plan;
	bool *finding_seen, *fix_seen, *unknown_seen;
	const struct finding *finding_at;
	const struct planned_fix *fix_at;
	size_t change_at;
	unsigned made, undone;
	struct plan eased; /* of the last RELEASE */
	bool *eased_seen;
	int released;
};

/* One line is words, and the text after " : " or NULL. */
#define SCENARIO_WORDS_MAX 8

struct words {
	const char *word[SCENARIO_WORDS_MAX]; /* NULL past the last one */
	size_t count;
	const char *text;
};

/* scenario_fail - print FILE:LINE: text, and count it */
void scenario_fail(struct scenario *scenario, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* world_fact - "table[key].column = value", with whose units; false: failed */
bool world_fact(
    struct scenario *scenario, struct world *world, const char *text);
bool world_table(struct scenario *scenario, const char *text);
struct fact_set *world_look(struct scenario *scenario);
void world_add(struct world *world, const struct world_entry *entry);

/* throttle_begin - a stock mail system; throttle_line - THROTTLE ... */
void throttle_begin(struct scenario *scenario);
void throttle_line(struct scenario *scenario, const char *text);

/* opening_line - OPENING ...; opening_plan - callback of plan */
void opening_line(struct scenario *scenario, const char *text);
int opening_plan(
    void *user, uint16_t port, struct action_opening *ret, struct why *why);

/* scenario_run - RUN; scenario_apply - APPLY; scenario_release - RELEASE */
void scenario_run(struct scenario *scenario);
void scenario_apply(struct scenario *scenario);
void scenario_release(struct scenario *scenario);

/* scenario_events - what the last APPLY has in the log, between blanks */
const char *scenario_events(struct scenario *scenario);

/* expect_line - EXPECT ...; expect_rest - fail for what nobody expected */
void expect_line(struct scenario *scenario, const char *text);
void expect_rest(struct scenario *scenario);

#endif
