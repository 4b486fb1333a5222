/*
 * dmarc.c - what receivers are asked to do with mail in a domain's name
 *
 * Purpose  one verdict for each domain that this host sends for
 * Input    TXT records: hostile
 * Errors   none: what is not known is said
 * Runs as  observer
 * Source   RFC 9989 sections 4.7 (t) and 4.10.1
 */
#include "agent/dns/dmarc.h"

#include <string.h>

#include "agent/dns/dns_paste.h"

/* Asks nothing of receivers; the first record that anybody should have. */
#define FIRST_RECORD "v=DMARC1; p=none"

const char *const dmarc_state_names[DMARC_STATE_MAX + 1] = {
    [DMARC_OK] = "ok",
    [DMARC_MISSING] = "missing",
    [DMARC_DUPLICATE] = "duplicate",
    [DMARC_INVALID] = "invalid",
};

/* Is the domain there? Only np asks for that (RFC 9989 section 3.2.13). */
static bool
exists_look(struct arena *arena, struct dns_book *book, const char *domain,
    enum dns_truth *ret, const char **ret_unknown)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA, DNS_MX};

	bool is_known = true;

	*ret = DNS_NO;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		const struct dns_result *result =
		    dns_book_look(book, domain, types[i]);

		if (result == NULL) {
			is_known = false;
		} else if (result->outcome == DNS_ANSWER) {
			*ret = DNS_YES;
		} else if (!dns_is_known(result) && *ret == DNS_NO) {
			*ret = DNS_NOT_TOLD;
			*ret_unknown =
			    dns_unknown_text(arena, domain, types[i], result);
		}
	}
	return is_known;
}

/* t=y: a step less. */
static enum dmarc_policy
tested(const struct dmarc_record *record, enum dmarc_policy policy)
{
	if (!record->is_testing || policy == DMARC_POLICY_NONE)
		return policy;
	return policy - 1;
}

static bool
policy_judge(struct arena *arena, struct dns_book *book, const char *domain,
    const struct dmarc_walk *walk, const struct dmarc_step *step,
    struct dmarc_verdict *verdict)
{
	const struct dmarc_record *record = &step->record;
	enum dns_truth exists = DNS_YES;
	enum dmarc_policy policy = record->policy;

	verdict->record_at = step->domain;
	if (step != &walk->steps[0]) {
		policy = record->below;
		if (record->absent != record->below &&
		    !exists_look(
		        arena, book, domain, &exists, &verdict->policy_unknown))
			return false;
		if (exists == DNS_NO)
			policy = record->absent;
	}
	verdict->policy = tested(record, policy);
	return true;
}

static void
state_set(struct arena *arena, struct dmarc_verdict *verdict,
    enum dmarc_state state, const struct dmarc_step *step, const char *problem,
    const char *text)
{
	const char *owner =
	    step->canonical != NULL ? step->canonical : step->name;

	verdict->state = state;
	verdict->name = step->name;
	verdict->problem = problem;
	if (text != NULL)
		verdict->paste = dns_paste_txt(arena, owner, text);
}

static void
duplicate_set(struct arena *arena, struct dmarc_verdict *verdict,
    const struct dmarc_step *step)
{
	state_set(arena, verdict, DMARC_DUPLICATE, step,
	    arena_printf(arena,
	        "%zu records stand there, and receivers pass over all of them",
	        step->count),
	    NULL);
}

/* A name where something was meant to stand and none counts. */
static bool
failure_judge(struct arena *arena, struct dmarc_verdict *verdict,
    const struct dmarc_step *step)
{
	if (step->count > 1) {
		duplicate_set(arena, verdict, step);
		return true;
	}
	if (step->count == 1 || step->failed.kind != DMARC_RECORD_FALSE)
		return false;
	state_set(arena, verdict, DMARC_INVALID, step,
	    arena_printf(
	        arena, "receivers pass over it: %s", step->failed.problem),
	    step->failed.mended != NULL ? step->failed.mended : FIRST_RECORD);
	return true;
}

/* Without a policy: nobody has one, or somebody's was dropped. */
static void
missing_judge(struct arena *arena, struct dmarc_verdict *verdict,
    const struct dmarc_walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		/* not at a top-level domain, which is nobody's here */
		if (strchr(walk->steps[i].domain, '.') != NULL &&
		    failure_judge(arena, verdict, &walk->steps[i]))
			return;
	state_set(arena, verdict, DMARC_MISSING, &walk->steps[0],
	    "neither it nor a domain above it has a record", FIRST_RECORD);
}

static void
state_judge(struct arena *arena, struct dmarc_verdict *verdict,
    const struct dmarc_walk *walk, const struct dmarc_step *step)
{
	if (failure_judge(arena, verdict, &walk->steps[0]))
		return;
	if (step == NULL) {
		missing_judge(arena, verdict, walk);
		return;
	}
	verdict->name = step->name;
	if (step->record.problem != NULL)
		state_set(arena, verdict, DMARC_INVALID, step,
		    step->record.problem, step->record.mended);
}

bool
dmarc_judge(struct arena *arena, struct dns_book *book,
    const struct dmarc_query *query, struct dmarc_verdict *ret)
{
	const struct dmarc_step *step;
	struct dmarc_walk walk;
	bool is_done = true;

	*ret = (struct dmarc_verdict){
	    .state = DMARC_OK, .record_at = "", .problem = "", .refused = ""};
	if (!dmarc_walk_look(arena, book, query->domain, &walk))
		return false;
	ret->name = walk.steps[0].name;
	/* its own record applies, whatever the names above it have */
	if (walk.unknown != NULL &&
	    (walk.steps[0].unknown != NULL || walk.steps[0].count != 1)) {
		ret->unknown = ret->policy_unknown = ret->refused_unknown =
		    ret->aligned_by = walk.unknown;
		ret->is_aligned = DNS_NOT_TOLD;
		if (walk.steps[0].count > 1) {
			ret->unknown = NULL;
			duplicate_set(arena, ret, &walk.steps[0]);
		}
		return true;
	}
	step = dmarc_walk_policy(&walk);
	state_judge(arena, ret, &walk, step);
	if (step == NULL || !step->record.applies) {
		ret->is_aligned = DNS_NOT_TOLD;
		ret->aligned_by = "no policy applies";
		return true;
	}
	is_done = policy_judge(arena, book, query->domain, &walk, step, ret);
	is_done = dmarc_report_judge(arena, book, step, ret) && is_done;
	return dmarc_align_judge(
	           arena, book, query, &walk, &step->record, ret) &&
	       is_done;
}
