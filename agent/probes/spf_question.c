/*
 * spf_question.c - have an observer ask the DNS, and judge one sender by SPF
 *
 * Purpose  `explain spf`
 * Input    an observer's answer: hostile, each part of it is checked
 * Errors   -EPROTO; -EINVAL: no name server; those of dns_rounds.h
 * Runs as  actor; question_enter and question_work in the observer
 * Source   RFC 7208 section 4.6.4: 20 s for all of it, at least
 */
#include "agent/probes/spf_question.h"

#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/probes/dns_rounds.h"
#include "agent/probes/observer_ask.h"
#include "agent/probes/observer_wire.h"
#include "agent/sys/dns.h"
#include "agent/sys/sandbox.h"

#define RESOLV_CONF "/etc/resolv.conf"

/* For all waves, as RFC 7208 wants it; and to start and leave. */
#define ASK_MS      20000
#define DEADLINE_MS 23000
#define CPU_S       10

/* For one server to answer: twice the slowest round trip on Earth. */
#define TRY_MS 1500

/* Past any count that can be: they are limited to ten, and one too many. */
#define COUNT_MAX 100

struct question {
	const char *resolver;
	const struct spf_query *query;
	struct dns_servers servers;
};

/* A library, a file of root's, scopes of IPv6: not where it is shut in. */
static int
question_enter(void *user, const int *fds, struct why *why)
{
	struct question *question = user;
	int r = dns_open(why);

	(void)fds;
	return r < 0 ? r
	             : dns_servers_find(question->resolver, RESOLV_CONF,
	                   &question->servers, why);
}

static int
question_asker(void *state, struct arena *arena,
    const struct dns_query *queries, size_t count, uint32_t deadline_ms,
    struct dns_result *ret, struct why *why)
{
	struct question *question = state;
	const struct dns_limits limits = {
	    .deadline_ms = deadline_ms, .try_ms = TRY_MS, .rounds = 2};

	return dns_ask(
	    &question->servers, arena, queries, count, &limits, ret, why);
}

struct judge {
	struct arena *arena;
	struct dns_book *book;
	const struct spf_query *query;
	struct spf_answer answer;
};

static bool
judge(void *user)
{
	struct judge *judge = user;

	return spf_check(
	    judge->book, judge->arena, judge->query, &judge->answer);
}

int
spf_question_judge(struct arena *arena, const struct dns_asker *asker,
    bool asks_twice, const struct spf_query *query, struct spf_answer *ret,
    struct why *why)
{
	struct judge state = {.arena = arena,
	    .book = dns_book_new(arena, clock_boot_ms() + ASK_MS),
	    .query = query};
	const struct dns_rounds rounds = {.arena = arena,
	    .book = state.book,
	    .asker = asker,
	    .asks_twice = asks_twice,
	    .judge = judge,
	    .user = &state};
	int r = dns_rounds_run(&rounds, why);

	if (r == 0)
		return why_set(why, -ELOOP, "its questions have no end");
	if (r < 0)
		return r;
	*ret = state.answer;
	return 0;
}

static int
question_work(void *user, struct buf *out, struct why *why)
{
	const struct dns_asker asker = {question_asker, user};
	const struct question *question = user;
	struct arena *arena = arena_new();
	struct spf_answer answer;
	int r = spf_question_judge(arena, &asker, question->servers.count > 1,
	    question->query, &answer, why);

	if (r == 0)
		spf_answer_put(out, &answer);
	arena_free(arena);
	return r;
}

void
spf_answer_put(struct buf *out, const struct spf_answer *answer)
{
	wire_put_number(out, answer->result);
	wire_put_number(out, answer->lookups);
	wire_put_number(out, answer->voids);
	wire_put_text(out, answer->explanation);
	wire_put_text(out, answer->term);
	wire_put_text(out, answer->term_domain);
	wire_put_text(out, answer->problem);
	wire_put_text(out, answer->void_names);
	wire_put_lines(out, answer->tree);
}

int
spf_answer_get(struct arena *arena, const char *bytes, size_t length,
    struct spf_answer *ret, struct why *why)
{
	struct wire_in in = {.arena = arena, .at = bytes, .left = length};
	struct spf_answer answer = {.result = SPF_NONE};

	answer.result =
	    (enum spf_result)wire_get_number(&in, SPF_RESULT_MAX - 1);
	answer.lookups = (unsigned)wire_get_number(&in, COUNT_MAX);
	answer.voids = (unsigned)wire_get_number(&in, COUNT_MAX);
	answer.explanation = wire_get_text(&in);
	answer.term = wire_get_text(&in);
	answer.term_domain = wire_get_text(&in);
	answer.problem = wire_get_text(&in);
	answer.void_names = wire_get_text(&in);
	answer.tree = wire_get_lines(&in);
	if (in.is_bad || in.left != 0 ||
	    (answer.term == NULL) != (answer.term_domain == NULL))
		return why_set(
		    why, -EPROTO, "the observer of the DNS broke the protocol");
	*ret = answer;
	return 0;
}

int
spf_question_ask(struct arena *arena, const char *resolver,
    const struct spf_query *query, struct spf_answer *ret, struct why *why)
{
	struct question question = {.resolver = resolver, .query = query};
	const struct observer_question asked = {
	    .of = "the DNS",
	    .needs = SANDBOX_INET | SANDBOX_NO_OPEN,
	    .deadline_ms = DEADLINE_MS,
	    .cpu_s = CPU_S,
	    .bytes_max = SPF_QUESTION_BYTES_MAX,
	    .user = &question,
	    .enter = question_enter,
	    .work = question_work,
	};
	AUTO_BUF struct buf bytes = {0};
	int r = observer_ask(&asked, &bytes, why);

	return r < 0 ? r
	             : spf_answer_get(
	                   arena, buf_text(&bytes), bytes.length, ret, why);
}
