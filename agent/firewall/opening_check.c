/*
 * opening_check.c - what an accept must not change
 *
 * Purpose  other ports keep their verdicts, and so do addresses that the rules
 *          treat in another way than anyone: bans, blocklists, a few that are
 *          let in on purpose
 * Input    the rule set, before and after
 * Errors   -EPERM with what would change
 * Runs as  observer; pure
 * Source   SPEC section 1: never wider than asked
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/opening_parts.h"
#include "agent/firewall/rule_text.h"

/*
 * Ports of every kind of service, the ends of the range, and some that nobody
 * uses. The neighbours of the port that is opened come to them.
 */
static const uint16_t control_ports[] = {1, 22, 25, 53, 80, 110, 143, 443, 465,
    587, 993, 995, 1023, 1024, 3306, 4190, 4711, 5432, 8080, 11334, 20479,
    32768, 49151, 60999, 65535};

#define CONTROLS_MAX (ARRAY_COUNT(control_ports) + 2)

/* Of these, ports that are closed for anyone unless all are open. */
static const uint16_t odd_ports[] = {4711, 20479, 60999};

/* One question, and what was answered before. */
struct control {
	struct nf_question question;
	const struct nf_verdict_row *row;
	const char *name; /* of an address, as the rules say it; or NULL */
	struct nf_answer before;
};

struct opening_check {
	struct control *controls;
	size_t count, size;
};

static int
ask(struct opening_work *work, const struct nf_question *question,
    const struct nf_options *options, struct nf_answer *ret)
{
	return nf_ask(work->arena, work->ruleset, work->net, question, options,
	    ret, work->why);
}

static struct control *
control_add(struct opening_work *work, struct opening_check *check,
    const struct nf_verdict_row *row)
{
	struct control *control;

	if (check->count == check->size) {
		size_t size = check->size * 2 + 64;
		struct control *more =
		    arena_alloc(work->arena, size, sizeof(*more));

		if (check->count > 0)
			(void)memcpy(more, check->controls,
			    check->count * sizeof(*more));
		check->controls = more;
		check->size = size;
	}
	control = &check->controls[check->count++];
	*control = (struct control){.row = row, .question = row->question};
	return control;
}

static int
ports_ask(struct opening_work *work, struct opening_check *check,
    const struct nf_verdict_row *row)
{
	uint16_t ports[CONTROLS_MAX];
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < ARRAY_COUNT(control_ports); i++)
		if (control_ports[i] != work->port)
			ports[count++] = control_ports[i];
	if (work->port > 1)
		ports[count++] = (uint16_t)(work->port - 1);
	if (work->port < UINT16_MAX)
		ports[count++] = (uint16_t)(work->port + 1);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct control *control = control_add(work, check, row);

		control->question.port = ports[i];
		r = ask(work, &control->question, NULL, &control->before);
	}
	return r;
}

/*
 * Is this address let in wherever anyone is not? Then it is a net that is
 * trusted, and that it may come in says nothing about this port. 1, 0, errno
 */
static int
is_trusted(struct opening_work *work, const struct nf_verdict_row *row,
    const struct nf_address *from)
{
	for (size_t i = 0; i < ARRAY_COUNT(odd_ports); i++) {
		struct nf_question question = row->question;
		struct nf_answer anyone, other;
		int r;

		question.port = odd_ports[i];
		if (question.port == work->port)
			continue;
		r = ask(work, &question, NULL, &anyone);
		if (r < 0)
			return r;
		question.from = *from;
		r = ask(work, &question, NULL, &other);
		if (r < 0)
			return r;
		if (opening_is_refused(&anyone) && opening_is_open(&other))
			return 1;
	}
	return 0;
}

/* Addresses that the rules on the way tell apart from anyone's. */
static int
addresses_ask(struct opening_work *work, struct opening_check *check,
    const struct nf_verdict_row *row)
{
	struct nf_samples samples = {0};
	const struct nf_options options = {.samples = &samples};
	struct nf_answer anyone;
	int r = ask(work, &row->question, &options, &anyone);

	for (size_t i = 0; r == 0 && i < samples.count; i++) {
		struct control *control;

		if (samples.addresses[i].family != row->family)
			continue;
		control = control_add(work, check, row);
		control->question.from = samples.addresses[i];
		control->name = samples.names[i];
		r = ask(work, &control->question, NULL, &control->before);
		if (r < 0 || !opening_is_refused(&anyone) ||
		    !opening_is_open(&control->before))
			continue;
		r = is_trusted(work, row, &samples.addresses[i]);
		if (r == 0)
			return why_set(work->why, -EPERM,
			    "port %u is open for %s, and closed for others: "
			    "that looks as if it were meant",
			    (unsigned)work->port, control->name);
		r = r > 0 ? 0 : r;
	}
	return r;
}

int
opening_check_begin(struct opening_work *work, struct opening_check **ret)
{
	struct opening_check *check =
	    arena_alloc(work->arena, 1, sizeof(*check));
	int r = 0;

	for (size_t i = 0; r == 0 && i < work->survey->count; i++) {
		const struct nf_verdict_row *row = &work->survey->rows[i];

		r = ports_ask(work, check, row);
		if (r == 0)
			r = addresses_ask(work, check, row);
	}
	if (r == 0)
		*ret = check;
	return r;
}

static bool
is_same(const struct nf_answer *a, const struct nf_answer *b)
{
	return a->outcome == b->outcome &&
	       (a->outcome != NF_DEPENDS || a->usual == b->usual);
}

/* A sample that only the opened place refused is one of "anyone". */
static bool
is_meant(const struct control *control)
{
	const struct nf_answer *anyone = &control->row->answer;

	return control->name != NULL && opening_is_refused(anyone) &&
	       control->before.chain == anyone->chain &&
	       control->before.rule == anyone->rule;
}

static int
has_changed(struct opening_work *work, const struct control *control)
{
	AUTO_BUF struct buf text = {0};

	if (control->before.chain != NULL)
		nf_place_text(&text, work->ruleset, control->before.chain,
		    control->before.rule, work->net);
	if (control->name != NULL)
		return why_set(work->why, -EPERM,
		    "the accept would let in %s as well, which is treated in "
		    "another way (%s)",
		    control->name, buf_text(&text));
	return why_set(work->why, -EPERM,
	    "the accept would change what happens to port %u (%s)",
	    (unsigned)control->question.port, buf_text(&text));
}

int
opening_check_end(struct opening_work *work, const struct opening_check *check)
{
	for (size_t i = 0; i < check->count; i++) {
		const struct control *control = &check->controls[i];
		struct nf_answer now;
		int r = ask(work, &control->question, NULL, &now);

		if (r < 0)
			return r;
		if (!is_same(&control->before, &now) && !is_meant(control))
			return has_changed(work, control);
	}
	return 0;
}
