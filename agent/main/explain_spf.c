/*
 * explain_spf.c - mailfix explain spf DOMAIN from ADDR ...
 *
 * Purpose  what receivers make of mail from an address, term by term
 * Input    the command line; answers of an observer, checked
 * Errors   64 for words that make no question; 2 when it cannot be told
 * Runs as  the actor, or any user
 * Source   SPEC section 2
 */
#include <errno.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/main/command.h"
#include "agent/main/output.h"
#include "agent/main/session.h"
#include "agent/main/spf_words.h"
#include "agent/probes/spf_question.h"
#include "agent/report/page.h"

static const enum page_look looks[SPF_RESULT_MAX] = {
    [SPF_NONE] = PAGE_WARN,
    [SPF_NEUTRAL] = PAGE_WARN,
    [SPF_PASS] = PAGE_GOOD,
    [SPF_FAIL] = PAGE_BAD,
    [SPF_SOFTFAIL] = PAGE_WARN,
    [SPF_TEMPERROR] = PAGE_WARN,
    [SPF_PERMERROR] = PAGE_BAD,
};

static void
text_line(struct page *page, const char *head, const char *text)
{
	if (text != NULL)
		page_line(page, PAGE_PLAIN, head, text, NULL);
}

/* What stands before a line of the tree stays, and its rest is indented so. */
static void
tree_lines(struct page *page, const char *const *tree)
{
	for (size_t i = 0; tree[i] != NULL; i++) {
		size_t indent = strspn(tree[i], " ");
		AUTO_BUF struct buf head = {0};

		buf_addf(&head, "%s%*s",
		    i == 0 ? "  tree      " : "            ", (int)indent, "");
		page_line(
		    page, PAGE_PLAIN, buf_text(&head), tree[i] + indent, NULL);
	}
}

static void
answer_text(struct page *page, const struct spf_query *query,
    const struct spf_answer *answer)
{
	AUTO_BUF struct buf line = {0};

	buf_addf(&line, "%s: %s in the name of %s",
	    spf_result_names[answer->result], query->address, query->domain);
	page_line(page, looks[answer->result], "", buf_text(&line), NULL);
	buf_clear(&line);
	if (answer->term != NULL) {
		buf_addf(&line, "%s, in the record of %s", answer->term,
		    answer->term_domain);
		page_line(
		    page, PAGE_PLAIN, "  term      ", buf_text(&line), NULL);
		buf_clear(&line);
	}
	buf_addf(&line, "%u of at most %d, void %u of %d", answer->lookups,
	    SPF_LOOKUPS_MAX, answer->voids, SPF_VOIDS_MAX);
	page_line(page, PAGE_PLAIN, "  lookups   ", buf_text(&line), NULL);
	text_line(page, "  void      ", answer->void_names);
	text_line(page, "  problem   ", answer->problem);
	text_line(page, "  they say  ", answer->explanation);
	tree_lines(page, answer->tree);
}

static struct json *
answer_json(const struct spf_query *query, const struct spf_answer *answer)
{
	struct json *json = json_object_new(), *tree = json_array_new();

	json_set_text(json, "explain", "spf");
	json_set_text(json, "domain", query->domain);
	json_set_text(json, "from", query->address);
	json_set_text(json, "result", spf_result_names[answer->result]);
	json_set_text(json, "explanation", answer->explanation);
	json_set_int(json, "lookups", answer->lookups);
	json_set_int(json, "void_lookups", answer->voids);
	json_set_text(json, "term", answer->term);
	for (size_t i = 0; answer->tree[i] != NULL; i++)
		json_push_text(tree, answer->tree[i]);
	json_set(json, "tree", tree);
	return json;
}

static int
answer_print(struct session *session, const struct spf_query *query,
    const struct spf_answer *answer)
{
	const int status =
	    answer->result == SPF_TEMPERROR ? EXIT_UNKNOWN : EXIT_HEALTHY;
	AUTO_JSON struct json *json = NULL;
	AUTO_BUF struct buf text = {0};
	struct page page;

	if (output_is_json(session->options)) {
		json = answer_json(query, answer);
		return output_json(session->options, json, status);
	}
	page = page_begin(
	    &text, session->terminal.columns, session->terminal.is_colour);
	answer_text(&page, query, answer);
	return output_write(session->options, &text, status);
}

static int
query_ask(struct session *session, struct spf_query *query)
{
	struct spf_answer answer;
	struct why why = {0};
	int status = session_config(session), r;

	if (status == 0)
		status = session_errors(session);
	if (status != 0)
		return status;
	query->wants_explanation = query->wants_tree = true;
	query->now_s = clock_now_s();
	r = spf_question_ask(
	    session->arena, session->config.resolver, query, &answer, &why);
	if (r < 0) {
		log_error("%s", why.text);
		/* with its own servers there are always some */
		return r == -EINVAL ? EXIT_USAGE : EXIT_UNKNOWN;
	}
	return answer_print(session, query, &answer);
}

int
explain_spf(const struct options *options)
{
	struct spf_query query;
	struct session session;
	struct why why = {0};
	int status = EXIT_USAGE;

	session_begin(&session, options);
	session.may_change = false;
	if (spf_words_parse(session.arena, options->args + 1, &query, &why) < 0)
		log_error("%s", why.text);
	else
		status = query_ask(&session, &query);
	session_end(&session);
	return status;
}
