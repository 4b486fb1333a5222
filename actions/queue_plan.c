/*
 * queue_plan.c - what the four actions on the queue have in common
 *
 * Purpose  from the parameters of a fix to ids, and from ids to one change
 * Input    parameters of a playbook; ids and counts that an observer told
 * Errors   as queue_plan.h says
 * Runs as  actor; pure but for the question to the observer
 * Source   SPEC section 5; DESIGN "Safety", 6
 */
#include "actions/queue_plan.h"

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/text.h"
#include "agent/change/queue_guard.h"

static const char *const states[] = {"deferred", "hold", NULL};

#define STATE_PARAM                                                            \
	{                                                                      \
		.name = "state", .type = EXPR_TYPE_TEXT, .names = states,      \
		.doc = "which messages: deferred (if not given) or hold"       \
	}
#define ACCOUNT_PARAM                                                          \
	{                                                                      \
		.name = "account", .type = EXPR_TYPE_TEXT,                     \
		.doc = "only those that this account submitted: login:NAME, "  \
		       "uid:33, client:ADDRESS"                                \
	}
#define LEAST_PARAM                                                            \
	{                                                                      \
		.name = "least", .type = EXPR_TYPE_NUMBER, .unit = UNIT_COUNT, \
		.doc = "with account: only when so many of its messages wait"  \
	}
#define OTHER_PARAMS                                                           \
	{.name = "older",                                                      \
	    .type = EXPR_TYPE_NUMBER,                                          \
	    .unit = UNIT_SECONDS,                                              \
	    .doc = "only those that arrived longer ago"},                      \
	    {.name = "sender",                                                 \
	        .type = EXPR_TYPE_TEXT,                                        \
	        .doc = "only from this address; <> is the null sender"},       \
	    {.name = "destination",                                            \
	        .type = EXPR_TYPE_TEXT,                                        \
	        .doc = "only with a recipient in this domain"},                \
	    {.name = "larger",                                                 \
	        .type = EXPR_TYPE_NUMBER,                                      \
	        .unit = UNIT_BYTES,                                            \
	        .doc = "only those with more content"},                        \
	    {.name = "max",                                                    \
	        .type = EXPR_TYPE_NUMBER,                                      \
	        .unit = UNIT_COUNT,                                            \
	        .doc = "no more than these, the oldest first"},                \
	{                                                                      \
		0                                                              \
	}

const struct action_param queue_plan_params[] = {STATE_PARAM, OTHER_PARAMS};
const struct action_param queue_plan_params_no_state[] = {OTHER_PARAMS};
const struct action_param queue_plan_params_account[] = {
    ACCOUNT_PARAM, LEAST_PARAM, OTHER_PARAMS};

/*
 * What an account does is told by the log, and where that is a file, each user
 * of the host can write lines into it: the queue itself must show a flood, too.
 * Fewer waiting messages of one account than this are everyday's, and no harm
 * comes of them; of a flood that is held at all there are more within minutes.
 */
#define LEAST_OF_ACCOUNT 25

/*
 * A text parameter that was given says which messages. When its facts come out
 * unknown or empty it must not widen the choice.
 */
static int
text_take(const struct action_input *input, const char *name, const char **ret,
    struct why *why)
{
	*ret = action_text(input, name);
	if (*ret != NULL && ((*ret)[0] == '\0' || strcmp(*ret, "?") == 0))
		return why_set(why, -ENODATA,
		    "it is not known which messages: %s is %s", name,
		    (*ret)[0] == '\0' ? "empty" : "unknown");
	return 0;
}

static int
query_make(const struct action_input *input, const struct queue_plan *plan,
    struct queue_query *ret, struct why *why)
{
	struct queue_query query = {
	    .older_s = action_number(input, "older", 0),
	    .larger_bytes = action_number(input, "larger", 0),
	};
	double max = action_number(input, "max", (double)plan->max);
	int r = text_take(input, "sender", &query.sender, why);

	if (r == 0)
		r = text_take(input, "destination", &query.destination, why);
	if (r == 0)
		r = text_take(input, "account", &query.account, why);
	if (r == 0 && plan->state == NULL)
		r = text_take(input, "state", &query.state, why);
	if (r < 0)
		return r;
	if (plan->state != NULL)
		query.state = plan->state;
	else if (query.state == NULL)
		query.state = "deferred";
	if (query.older_s <= 0 && query.larger_bytes <= 0 &&
	    query.sender == NULL && query.destination == NULL &&
	    query.account == NULL)
		return why_set(why, -EINVAL,
		    "nothing restricts the choice: name older, sender, "
		    "destination, larger, or account where the action has it");
	if (max < 1)
		return why_set(why, -EINVAL, "max is %g", max);
	query.max = max < (double)plan->max ? (size_t)max : plan->max;
	*ret = query;
	return 0;
}

/* "from <>, older than 1 d, to x.test" */
static void
words(const struct queue_query *query, struct buf *out)
{
	char text[UNIT_TEXT_MAX];

	if (query->sender != NULL) {
		buf_add(out, " from ");
		text_escape(out, query->sender, strlen(query->sender));
	}
	if (query->account != NULL) {
		buf_add(out, " submitted by ");
		text_escape(out, query->account, strlen(query->account));
	}
	if (query->destination != NULL) {
		buf_add(out, " to ");
		text_escape(
		    out, query->destination, strlen(query->destination));
	}
	if (query->older_s > 0)
		buf_addf(out, " older than %s",
		    unit_format(UNIT_SECONDS, query->older_s, text));
	if (query->larger_bytes > 0)
		buf_addf(out, " larger than %s",
		    unit_format(UNIT_BYTES, query->larger_bytes, text));
}

static void
describe(const struct action_input *input, const struct queue_plan *plan,
    const struct queue_query *query, const struct queue_selection *got,
    struct change *change)
{
	AUTO_BUF struct buf text = {0};
	char count[UNIT_TEXT_MAX], of[UNIT_TEXT_MAX], bytes[UNIT_TEXT_MAX];

	unit_format(UNIT_COUNT, (double)got->count, count);
	unit_format(UNIT_COUNT, (double)got->in_state, of);
	unit_format(UNIT_BYTES, got->bytes, bytes);
	buf_addf(&text, "%s %s of %s %s messages", plan->word, count, of,
	    strcmp(query->state, "hold") == 0 ? "held" : query->state);
	words(query, &text);
	buf_addf(&text, " (%s)", bytes);
	if (got->matched > got->count)
		buf_addf(&text, ", the oldest of %s",
		    unit_format(UNIT_COUNT, (double)got->matched, of));
	change->text = arena_dup(input->arena, buf_text(&text));
	buf_clear(&text);
	buf_addf(&text, "%s messages in %s", count, query->state);
	change->target = arena_dup(input->arena, buf_text(&text));
}

/* is_enough - may the account's messages be taken, by how many wait? */
static int
is_enough(const struct action_input *input, const struct queue_query *query,
    const struct queue_selection *got, struct why *why)
{
	const double least = action_number(input, "least", LEAST_OF_ACCOUNT);

	if (got->count == 0)
		return why_set(why, -EALREADY, "no message matches");
	if (query->account != NULL && (double)got->matched < least)
		return why_set(why, -EALREADY,
		    "only %zu of its messages wait: nothing to hold",
		    got->matched);
	return 0;
}

int
queue_plan_make(const struct action_input *input, const struct queue_plan *plan,
    struct action_output *ret, struct why *why)
{
	struct queue_selection got = {0};
	struct queue_query query;
	struct change *change;
	int r = query_make(input, plan, &query, why);

	if (r < 0)
		return r;
	if (input->select == NULL)
		return why_set(
		    why, -ENODATA, "nobody can say which messages match");
	if ((r = input->select(input->user, &query, &got, why)) < 0)
		return r;
	if ((r = is_enough(input, &query, &got, why)) < 0)
		return r;
	if (plan->takes_away && query.account == NULL &&
	    (r = queue_guard(
	         got.count, got.matched, got.in_state, query.state, why)) < 0)
		return r;

	change = action_change(input, ret);
	change->kind = change_kind_find("queue-move");
	change->verb = plan->takes_away && query.account != NULL
	                   ? "hold-account"
	                   : plan->verb;
	change->detail = arena_dup(input->arena, query.state);
	change->before = change->detail;
	change->after = strcmp(plan->verb, "hold") == 0    ? "hold"
	                : strcmp(plan->verb, "prune") == 0 ? "quarantine"
	                                                   : "deferred";
	change->items = got.ids;
	change->item_count = got.count;
	describe(input, plan, &query, &got, change);
	return 0;
}
