/*
 * nft_fault.c - one step of the life of two accept rules, for the fault sweeps
 *
 * Purpose  `nft_fault DIR STEP`: a port that two base chains close is opened,
 *          verified, put back, so that a sweep can break any system call of it
 * Input    the steps of the table below; the rules that the sweep has loaded
 *          into this network namespace
 * Errors   status 1 and the broken promise on stdout
 * Runs as  root, in a namespace of its own
 * Source   sweep (NFT_RULES)
 */
#include <stdlib.h>

#include "agent/apply/record.h"
#include "agent/sys/nft_load.h"
#include "tests/unit/apply_world.h"

/* As the sweep loads them: the rule that refuses is the last one of each. */
#define PORT   "587"
#define CHAINS 2
#define OURS   "mailfix " WORLD_RUN "/"
#define ACCEPT "tcp dport " PORT " accept"

static const struct {
	const char *table, *chain, *target, *place;
	size_t rules;
	uint64_t refusing;
} chains[CHAINS] = {
    {"filter", "input", "inet filter input", "before 4", 3, 4},
    {"late",   "check", "inet late check",   "before 2", 1, 2},
};

static struct world world;
static bool is_sick_for_ever;
static struct change changes[CHAINS];

/* What is in one chain. */
struct seen {
	size_t rules, ours;
	bool is_in_place; /* the one of ours is just before what refuses */
};

static bool
rule_is_ours(const struct nf_rule *rule)
{
	return rule->comment != NULL && text_starts(rule->comment, OURS);
}

static int
chain_see(
    struct nf_ruleset *ruleset, size_t i, struct seen *ret, struct why *why)
{
	const struct nf_table *table =
	    nf_table_find(ruleset, NF_FAMILY_INET, chains[i].table);
	struct nf_chain *chain =
	    table != NULL ? nf_chain_find(ruleset, table, chains[i].chain)
	                  : NULL;
	int r = chain != NULL ? nf_chain_load(ruleset, chain, why)
	                      : why_set(why, -ENOENT, "a chain is gone");

	if (r < 0)
		return r;
	*ret = (struct seen){.rules = chain->rule_count};
	for (size_t k = 0; k < chain->rule_count; k++)
		if (rule_is_ours(&chain->rules[k])) {
			ret->ours++;
			ret->is_in_place =
			    k + 1 < chain->rule_count &&
			    chain->rules[k + 1].handle == chains[i].refusing;
		}
	return 0;
}

/* Both chains, at this moment; the status of the program when they cannot be
 * read. */
static void
see(struct seen seen[CHAINS])
{
	struct nft_link link = {.fd = -1, .asker = -1};
	struct nf_ruleset *ruleset = NULL;
	struct arena *arena = arena_new();
	struct why why = {0};
	int r = nft_link_open(false, &link, &why);

	if (r == 0)
		r = nft_load(arena, &link, &ruleset, &why);
	for (size_t i = 0; r == 0 && i < CHAINS; i++)
		r = chain_see(ruleset, i, &seen[i], &why);
	nft_link_close(&link);
	(void)arena_free(arena);
	if (r < 0) {
		(void)printf("the rules: %s\n", why.text);
		exit(1);
	}
}

static bool
is_old(void)
{
	struct seen seen[CHAINS] = {0};

	see(seen);
	for (size_t i = 0; i < CHAINS; i++)
		if (seen[i].ours != 0 || seen[i].rules != chains[i].rules)
			return false;
	return true;
}

static bool
is_new(void)
{
	struct seen seen[CHAINS] = {0};

	see(seen);
	for (size_t i = 0; i < CHAINS; i++)
		if (seen[i].ours != 1 || !seen[i].is_in_place ||
		    seen[i].rules != chains[i].rules + 1)
			return false;
	return true;
}

static int
look(void *user, const bool *wanted, struct fact_set **ret, struct why *why)
{
	bool is_cured = !is_sick_for_ever && is_new();

	world.before = is_cured ? WORLD_LOOK_CURED : WORLD_LOOK_SICK;
	world.after = world.before;
	return world_look(user, wanted, ret, why);
}

static void
nft_init(const char *root)
{
	world_init(&world, root);
	world.host.look = look;
	for (size_t i = 0; i < CHAINS; i++)
		changes[i] = (struct change){.id = (unsigned)i + 1,
		    .kind = change_kind_find("nft-rule"),
		    .verb = "accept",
		    .target = chains[i].target,
		    .after = ACCEPT,
		    .detail = chains[i].place,
		    .text = chains[i].target};
	world.planned.changes = changes;
	world.planned.change_count = CHAINS;
}

static int
step_init(void)
{
	world_files(&world);
	return 0;
}

static int
step_nothing(void)
{
	return 0;
}

static int
step_run(void)
{
	struct why why = {0};

	if (world_open(&world, &why) < 0 ||
	    apply_plan(&world.host, &world.plan, &why) < 0)
		(void)printf("run: %s\n", why.text);
	return 0;
}

static int
step_run_sick(void)
{
	is_sick_for_ever = true;
	return step_run();
}

static void
die(void *user, int ms)
{
	(void)user;
	(void)ms;
	_exit(0);
}

static int
step_die(void)
{
	world.host.pause = die;
	return step_run_sick();
}

static int
step_settle(void)
{
	struct why why = {0};

	if (world_open(&world, &why) == 0 &&
	    apply_settle(&world.host, &why) >= 0)
		return 0;
	(void)printf("settle: %s\n", why.text);
	return 1;
}

static int
step_settle_sick(void)
{
	is_sick_for_ever = true;
	return step_settle();
}

static void
line_ignore(void *user, const char *line)
{
	(void)user;
	(void)line;
}

static int
step_undo(void)
{
	struct why why = {0};
	int r = world_open(&world, &why);

	if (r == 0)
		r = apply_undo(&world.host, "--last", line_ignore, NULL, &why);
	if (r < 0 && r != -ENOENT)
		(void)printf("undo: %s\n", why.text);
	return r < 0 && r != -ENOENT;
}

static int
broken(const char *promise)
{
	(void)printf("broken: %s\n", promise);
	return 1;
}

static int
count_in(enum record_place place)
{
	struct record_list list = {0};
	struct why why = {0};

	if (record_list_load(
	        world.arena, world.host.state_dir, place, &list, &why) < 0) {
		(void)printf("records: %s\n", why.text);
		return -1;
	}
	return (int)list.count;
}

/* At once after the fault: each chain has its rules, and at most one of ours,
 * where it belongs. */
static int
step_check_raw(void)
{
	struct seen seen[CHAINS] = {0};

	see(seen);
	for (size_t i = 0; i < CHAINS; i++)
		if (seen[i].ours > 1 ||
		    (seen[i].ours == 1 && !seen[i].is_in_place) ||
		    seen[i].rules != chains[i].rules + seen[i].ours)
			return broken("a rule of ours is there once, or not");
	return 0;
}

/* After the settling. */
static int
step_check(void)
{
	bool was_new = is_new();
	int64_t records;
	struct why why = {0};

	if (!was_new && !is_old())
		return broken("a fix is all or none");
	if (count_in(RECORD_OPEN) != 0)
		return broken("nothing stays open");
	if (count_in(RECORD_KEPT) != (was_new ? CHAINS : 0))
		return broken("what was made is kept, and nothing else");
	if (audit_verify(world_path(&world, "", "log/audit.jsonl"), NULL, NULL,
	        NULL, &records, &why) != 0)
		return broken("the audit log verifies");
	if (step_settle() != 0 || is_new() != was_new)
		return broken("settling again does nothing");
	return 0;
}

static int
step_check_new(void)
{
	int r = step_check();

	return r == 0 && !is_new() ? broken("both rules are there") : r;
}

static int
step_check_old(void)
{
	int r = step_check();

	return r == 0 && !is_old() ? broken("what was undone is old") : r;
}

static const struct {
	const char *name;
	int (*run)(void);
} steps[] = {
    {"init",        step_init       },
    {"nothing",     step_nothing    },
    {"run",         step_run        },
    {"run-sick",    step_run_sick   },
    {"die",         step_die        },
    {"settle",      step_settle     },
    {"settle-sick", step_settle_sick},
    {"undo",        step_undo       },
    {"check",       step_check      },
    {"check-new",   step_check_new  },
    {"check-old",   step_check_old  },
    {"check-raw",   step_check_raw  },
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < ARRAY_COUNT(steps); i++)
		if (strcmp(steps[i].name, argv[2]) == 0) {
			int r;

			nft_init(argv[1]);
			r = steps[i].run();
			world_done(&world);
			return r;
		}
	(void)fputs("usage: nft_fault DIR STEP\n", stderr);
	return 64;
}
