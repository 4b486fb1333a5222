/*
 * expect.c - EXPECT lines against what a run yielded
 *
 * Purpose  find what is expected, mark it as seen, and fail for the rest
 * Input    a judgement and a plan; lines of scenario files
 * Errors   scenario_fail
 * Runs as  the test
 * Source   scenario.h; leftovers fail, as in Unbound's testcode/replay.h
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "tests/scenario/scenario.h"

static struct words
split(struct scenario *scenario, const char *line)
{
	struct words words = {0};
	const char *colon = strstr(line, " : ");
	size_t length = colon != NULL ? (size_t)(colon - line) : strlen(line);
	char *rest = NULL, *word;

	if (colon != NULL)
		words.text = arena_dup(scenario->arena, colon + 3);
	word = strtok_r(arena_dup_n(scenario->arena, line, length), " ", &rest);
	for (; word != NULL && words.count < SCENARIO_WORDS_MAX - 1;
	     word = strtok_r(NULL, " ", &rest))
		words.word[words.count++] = word;
	return words;
}

static const char *
name_of(const struct scenario *scenario, const char *playbook, const char *item)
{
	return arena_printf(scenario->arena, "%s%s%s", playbook,
	    item != NULL ? " " : "", item != NULL ? item : "");
}

static const struct finding *
find(struct scenario *scenario, const char *playbook, const char *item)
{
	for (size_t i = 0; playbook != NULL && i < scenario->judgement.count;
	     i++) {
		const struct finding *finding =
		    &scenario->judgement.findings[i];

		if (strcmp(finding->playbook->name, playbook) != 0 ||
		    !text_equal(finding->item, item))
			continue;
		scenario->finding_seen[i] = true;
		scenario->finding_at = finding;
		return finding;
	}
	scenario_fail(scenario, "there is no finding %s",
	    name_of(scenario, playbook != NULL ? playbook : "?", item));
	return NULL;
}

static void
want_text(struct scenario *scenario, const char *what, const char *got,
    const char *want)
{
	if (want != NULL && (got == NULL || strstr(got, want) == NULL))
		scenario_fail(scenario, "%s is \"%s\"", what,
		    got != NULL ? got : "not there");
}

static void
want_state(struct scenario *scenario, const struct finding *finding,
    enum finding_state want)
{
	if (finding->state != want)
		scenario_fail(scenario, "it is %s",
		    finding_state_to_text(finding->state));
}

static void
expect_finding(struct scenario *scenario, const struct words *words)
{
	const struct finding *finding =
	    find(scenario, words->word[1], words->word[2]);

	if (finding == NULL)
		return;
	want_state(scenario, finding, FINDING_FOUND);
	if (strcmp(severity_to_text(finding->playbook->severity),
	        words->word[0]) != 0)
		scenario_fail(scenario, "its severity is %s",
		    severity_to_text(finding->playbook->severity));
	if (words->text == NULL && finding->doubt != NULL)
		scenario_fail(scenario, "it is doubtful: %s", finding->doubt);
}

static void
expect_doubt(struct scenario *scenario, const struct words *words)
{
	const struct finding *finding =
	    find(scenario, words->word[0], words->word[1]);

	if (finding == NULL)
		return;
	want_state(scenario, finding, FINDING_FOUND);
	want_text(scenario, "its doubt", finding->doubt,
	    words->text != NULL ? words->text : "");
}

static void
expect_masked(struct scenario *scenario, const struct words *words)
{
	const struct finding *finding, *cause;
	const char *item = NULL;
	size_t by = 1;

	if (words->count > 2 && strcmp(words->word[1], "BY") != 0) {
		item = words->word[1];
		by = 2;
	}
	finding = find(scenario, words->word[0], item);
	if (finding == NULL)
		return;
	want_state(scenario, finding, FINDING_MASKED);
	if (words->count <= by + 1 || strcmp(words->word[by], "BY") != 0) {
		scenario_fail(scenario, "EXPECT MASKED x BY y");
		return;
	}
	cause = find(scenario, words->word[by + 1], words->word[by + 2]);
	if (cause != NULL && finding->masked_by != cause)
		scenario_fail(scenario, "it is masked by %s",
		    finding->masked_by == NULL
		        ? "nothing"
		        : name_of(scenario, finding->masked_by->playbook->name,
		              finding->masked_by->item));
}

static void
expect_suppressed(struct scenario *scenario, const struct words *words)
{
	const struct finding *finding =
	    find(scenario, words->word[0], words->word[1]);

	if (finding == NULL)
		return;
	want_state(scenario, finding, FINDING_SUPPRESSED);
	want_text(scenario, "its note", finding->note, words->text);
}

static void
expect_unknown(struct scenario *scenario, const struct words *words)
{
	for (size_t i = 0; i < scenario->judgement.unknown_count; i++) {
		const struct unknown *unknown = &scenario->judgement.unknown[i];

		if (strcmp(unknown->fact, words->word[0]) != 0)
			continue;
		scenario->unknown_seen[i] = true;
		want_text(scenario, "the reason", unknown->reason, words->text);
		return;
	}
	scenario_fail(scenario, "%s is not among the unknown", words->word[0]);
}

static const struct planned_fix *
find_fix(struct scenario *scenario, const char *const *word)
{
	for (size_t i = 0; word[1] != NULL && i < scenario->plan.count; i++) {
		const struct planned_fix *planned = &scenario->plan.fixes[i];

		if (strcmp(planned->fix->name, word[0]) != 0 ||
		    strcmp(planned->finding->playbook->name, word[1]) != 0 ||
		    !text_equal(planned->finding->item, word[2]))
			continue;
		scenario->fix_seen[i] = true;
		return planned;
	}
	scenario_fail(scenario, "that fix is not in the plan");
	return NULL;
}

static void
want_planned(struct scenario *scenario, const struct planned_fix *planned,
    const char *want, const char *text)
{
	if (strcmp(planned_state_to_text(planned->state), want) != 0)
		scenario_fail(scenario, "it is %s%s%s",
		    planned_state_to_text(planned->state),
		    planned->reason != NULL ? ": " : "",
		    planned->reason != NULL ? planned->reason : "");
	want_text(scenario, "the reason", planned->reason, text);
}

/* changes_rest - a planned fix whose changes were not all expected */
static void
changes_rest(struct scenario *scenario)
{
	const struct planned_fix *planned = scenario->fix_at;

	if (planned != NULL && planned->state != PLANNED_SKIPPED &&
	    planned->state != PLANNED_LIMITED &&
	    scenario->change_at < planned->change_count)
		scenario_fail(scenario, "nobody expected the change: %s",
		    planned->changes[scenario->change_at].text);
	scenario->fix_at = NULL;
}

static void
expect_plan(struct scenario *scenario, const struct words *words)
{
	const struct planned_fix *planned;

	changes_rest(scenario);
	planned = find_fix(scenario, words->word);
	if (planned == NULL)
		return;
	want_planned(scenario, planned, "planned", NULL);
	scenario->fix_at = planned;
	scenario->change_at = 0;
}

static void
expect_skipped(struct scenario *scenario, const struct words *words)
{
	const struct planned_fix *planned = find_fix(scenario, words->word);

	if (planned != NULL)
		want_planned(scenario, planned, "skipped", words->text);
}

static void
expect_limited(struct scenario *scenario, const struct words *words)
{
	const struct planned_fix *planned = find_fix(scenario, words->word);

	if (planned != NULL)
		want_planned(scenario, planned, "limited", words->text);
}

static void
expect_fix(struct scenario *scenario, const struct words *words)
{
	const struct planned_fix *planned = find_fix(scenario, words->word + 1);

	if (planned != NULL)
		want_planned(scenario, planned, words->word[0], words->text);
}

static void
expect_state(struct scenario *scenario, const struct words *words)
{
	const struct finding *finding =
	    find(scenario, words->word[1], words->word[2]);

	if (finding != NULL &&
	    strcmp(finding_state_to_text(finding->state), words->word[0]) != 0)
		scenario_fail(scenario, "it is %s",
		    finding_state_to_text(finding->state));
}

static void
want_count(
    struct scenario *scenario, const char *what, unsigned got, const char *want)
{
	if (got != (unsigned)strtoul(want, NULL, 10))
		scenario_fail(scenario, "%s: %u", what, got);
}

static void
expect_made(struct scenario *scenario, const struct words *words)
{
	want_count(scenario, "changes made", scenario->made, words->word[0]);
}

static void
expect_undone(struct scenario *scenario, const struct words *words)
{
	want_count(
	    scenario, "changes undone", scenario->undone, words->word[0]);
}

/* words: state, fix, playbook, item */
static void
expect_eased(struct scenario *scenario, const struct words *words)
{
	for (size_t i = 0; i < scenario->eased.count; i++) {
		const struct planned_fix *step = &scenario->eased.fixes[i];

		if (!text_equal(step->fix->name, words->word[1]) ||
		    !text_equal(
		        step->finding->playbook->name, words->word[2]) ||
		    !text_equal(step->finding->item, words->word[3]))
			continue;
		scenario->eased_seen[i] = true;
		want_planned(scenario, step, words->word[0], words->text);
		scenario->fix_at = step;
		scenario->change_at = 0;
		return;
	}
	scenario_fail(scenario, "no such step was made");
}

static void
expect_released(struct scenario *scenario, const struct words *words)
{
	want_count(scenario, "changes released", (unsigned)scenario->released,
	    words->word[0]);
}

static void
expect_nothing(struct scenario *scenario, const struct words *words)
{
	(void)words;
	if (scenario->judgement.count != 0 || scenario->plan.count != 0 ||
	    scenario->judgement.unknown_count != 0)
		expect_rest(scenario);
}

static const struct expectation {
	const char *name;
	size_t words_min;
	void (*expect)(struct scenario *scenario, const struct words *words);
} expectations[] = {
    {"FINDING",    2, expect_finding   },
    {"DOUBT",      1, expect_doubt     },
    {"MASKED",     3, expect_masked    },
    {"SUPPRESSED", 1, expect_suppressed},
    {"UNKNOWN",    1, expect_unknown   },
    {"PLAN",       2, expect_plan      },
    {"SKIPPED",    2, expect_skipped   },
    {"LIMITED",    2, expect_limited   },
    {"FIX",        3, expect_fix       },
    {"STATE",      2, expect_state     },
    {"MADE",       1, expect_made      },
    {"UNDONE",     1, expect_undone    },
    {"EASED",      3, expect_eased     },
    {"RELEASED",   1, expect_released  },
    {"NOTHING",    0, expect_nothing   },
};

static void
expect_title(struct scenario *scenario, const char *want)
{
	if (scenario->finding_at == NULL ||
	    strcmp(scenario->finding_at->title, want) != 0)
		scenario_fail(scenario, "the title is \"%s\"",
		    scenario->finding_at != NULL ? scenario->finding_at->title
		                                 : "");
}

static void
expect_change(struct scenario *scenario, const char *want)
{
	const struct planned_fix *planned = scenario->fix_at;
	const char *got = NULL;

	if (planned != NULL && scenario->change_at < planned->change_count)
		got = planned->changes[scenario->change_at++].text;
	if (got == NULL || strcmp(got, want) != 0)
		scenario_fail(scenario, "the change is \"%s\"",
		    got != NULL ? got : "not there");
}

static void
expect_audit(struct scenario *scenario, const char *want)
{
	const char *got =
	    scenario->run != NULL ? scenario_events(scenario) : "";

	if (strcmp(got, want) != 0)
		scenario_fail(scenario, "the log has \"%s\"", got);
}

void
expect_line(struct scenario *scenario, const char *text)
{
	struct words words;

	if (!scenario->has_run)
		scenario_run(scenario);
	if (text_starts(text, "TITLE ")) {
		expect_title(scenario, text + 6);
		return;
	}
	if (text_starts(text, "CHANGE ")) {
		expect_change(scenario, text + 7);
		return;
	}
	if (text_starts(text, "AUDIT ")) {
		expect_audit(scenario, text + 6);
		return;
	}
	words = split(scenario, text);
	for (size_t i = 0; i < ARRAY_COUNT(expectations); i++) {
		struct words rest = {
		    .text = words.text, .count = words.count - 1};

		if (words.count == 0 ||
		    strcmp(words.word[0], expectations[i].name) != 0)
			continue;
		(void)memcpy(rest.word, words.word + 1,
		    (SCENARIO_WORDS_MAX - 1) * sizeof(rest.word[0]));
		if (rest.count < expectations[i].words_min)
			break;
		expectations[i].expect(scenario, &rest);
		return;
	}
	scenario_fail(scenario, "this expectation is not understood");
}

void
expect_rest(struct scenario *scenario)
{
	changes_rest(scenario);
	for (size_t i = 0; i < scenario->judgement.count; i++) {
		const struct finding *finding =
		    &scenario->judgement.findings[i];

		if (!scenario->finding_seen[i])
			scenario_fail(scenario,
			    "nobody expected the finding %s (%s): %s",
			    name_of(scenario, finding->playbook->name,
			        finding->item),
			    finding_state_to_text(finding->state),
			    finding->title);
		scenario->finding_seen[i] = true;
	}
	for (size_t i = 0; i < scenario->plan.count; i++) {
		const struct planned_fix *planned = &scenario->plan.fixes[i];

		if (!scenario->fix_seen[i])
			scenario_fail(scenario,
			    "nobody expected the fix %s of %s (%s): %s",
			    planned->fix->name,
			    name_of(scenario, planned->finding->playbook->name,
			        planned->finding->item),
			    planned_state_to_text(planned->state),
			    planned->reason != NULL ? planned->reason
			    : planned->change_count != 0
			        ? planned->changes[0].text
			        : "");
		scenario->fix_seen[i] = true;
	}
	for (size_t i = 0; i < scenario->eased.count; i++) {
		if (!scenario->eased_seen[i])
			scenario_fail(scenario,
			    "nobody expected the step of %s of %s (%s)",
			    scenario->eased.fixes[i].fix->name,
			    name_of(scenario,
			        scenario->eased.fixes[i]
			            .finding->playbook->name,
			        scenario->eased.fixes[i].finding->item),
			    planned_state_to_text(
			        scenario->eased.fixes[i].state));
		scenario->eased_seen[i] = true;
	}
	for (size_t i = 0; i < scenario->judgement.unknown_count; i++) {
		if (!scenario->unknown_seen[i])
			scenario_fail(scenario,
			    "nobody expected as unknown: %s: %s",
			    scenario->judgement.unknown[i].fact,
			    scenario->judgement.unknown[i].reason);
		scenario->unknown_seen[i] = true;
	}
}
