/*
 * session_look.c - look, judge, plan
 *
 * Purpose  the first look of a run and what follows from it; the fresh looks
 *          that a fix needs while it is carried out
 * Input    facts from observers: typed, but their texts are hostile
 * Errors   a look that cannot be trusted bars all fixes
 * Runs as  the actor
 * Source   SPEC sections 1 and 4
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "agent/base/text.h"
#include "agent/main/session.h"
#include "agent/main/stop.h"
#include "agent/probes/firewall_ask.h"
#include "agent/probes/mx_confirm.h"
#include "agent/probes/observe.h"
#include "agent/probes/queue_select.h"
#include "agent/sys/package_lock.h"

/* The counter of agent/state that rates of the queue are made from. */
#define COUNTER_MESSAGES "queue.messages"

/*
 * Postfix stops within a second; the reload of a busy one takes longer. In all
 * 5 s, which a person at a terminal will wait.
 */
#define LOOK_TRIES    10
#define LOOK_PAUSE_MS 500

/*
 * The mail system as it is now: a fix may have changed the configuration that
 * was read at the start. What is planned and cached rests on that one still.
 */
static void
mta_again(struct session *session, struct mta *ret)
{
	*ret = session->mta;
	if (session->mta_error == NULL && session->mta.ops != NULL &&
	    mta_detect(session->arena, &session->config, ret, NULL) < 0)
		*ret = session->mta;
}

/* Callback of apply: user is the session. */
static int
look_again(
    void *user, const bool *wanted, struct fact_set **ret, struct why *why)
{
	struct session *session = user;
	struct mta mta;
	struct fact_set *set = fact_set_new(session->arena);
	struct observe_request request = {
	    .config = &session->config,
	    .mta = &mta,
	    .mta_error = session->mta_error,
	    .wanted = wanted,
	    .egress = &session->asked,
	    .throttles = &session->slowed,
	    .may_keep = session->may_change,
	    .replies = session->replies,
	    .blocklists = session->blocklists,
	};
	struct observe_result result = {0};
	int r;

	mta_again(session, &mta);
	r = observe(&request, set, &result, why);

	if (r < 0)
		return r;
	if (result.is_tainted)
		return why_set(why, -EPROTO, "%s", result.text);
	*ret = set;
	return 0;
}

static void
look_bad(struct session *session, const char *text)
{
	struct json *ev = json_object_new();

	json_set_text(ev, "reason", text);
	session_record(session, "look-void", ev);
	session_bar(
	    session, true, "this look at the host cannot be trusted: %s", text);
}

/* Callback of plan and apply: user is the session. */
static int
messages_choose(void *user, const struct queue_query *query,
    struct queue_selection *ret, struct why *why)
{
	struct session *session = user;
	int r = queue_select(session->arena, &session->mta, query, ret, why);

	/* as a probe that lied, died or never answered: nothing it told counts */
	if (r == -EPROTO || r == -ETIMEDOUT)
		look_bad(session, why->text);
	return r;
}

static void
apply_text(void *user, const char *text)
{
	struct session *session = user;

	progress_text(&session->progress, text);
}

/* Callback of plan and apply: user is the session. */
static bool
servers_confirm(void *user, const char *domain, const char *servers)
{
	struct session *session = user;

	return mx_confirm(
	    session->arena, &session->config, &session->mta, domain, servers);
}

/* Callback of plan: what would open a port, told by an observer. */
static int
opening_plan(
    void *user, uint16_t port, struct action_opening *ret, struct why *why)
{
	struct session *session = user;
	int r = firewall_plan(session->arena, port, &ret->rules, why);

	if (r == -EPROTO || r == -ETIMEDOUT)
		look_bad(session, why->text);
	if (r == 0)
		nft_boot_find(session->arena, &ret->boot);
	return r;
}

void
session_host(struct session *session)
{
	session->host = (struct apply_host){
	    .arena = session->arena,
	    .config = &session->config,
	    .mta = &session->mta,
	    .throttles = &session->throttles,
	    .state_dir = CONFIG_STATE,
	    .run = session->run,
	    .state = session->state,
	    .audit = session->audit,
	    .effects = session->may_change ? &effects_real : &effects_none,
	    .playbooks = &session->playbooks,
	    .look = look_again,
	    .select = messages_choose,
	    .confirm = servers_confirm,
	    .is_stopping = stop_is_asked,
	    .progress = apply_text,
	    .changed = session_changed,
	    .user = session,
	};
}

/* One line names all probes that see less without root, and what they miss. */
static void
root_note(struct session *session, const bool *wanted)
{
	const struct probe *seen = NULL;
	AUTO_BUF struct buf line = {0};

	for (size_t i = 0; schema_tables[i] != NULL; i++) {
		const struct probe *probe = probe_find_for(schema_tables[i]);

		if (!wanted[i] || probe == NULL || probe == seen ||
		    probe->root_for == NULL)
			continue;
		seen = probe;
		if (strstr(buf_text(&line), probe->root_for) != NULL)
			continue;
		buf_addf(&line, "%s%s (%s)", line.length > 0 ? ", " : "",
		    probe->name, probe->root_for);
	}
	if (line.length > 0)
		session_note(session, "These probes need root to see all: %s.",
		    buf_text(&line));
}

/* What the run before counted; false when there was none in this boot. */
static bool
history_load(const struct session *session, struct probe_history *history)
{
	return session->state != NULL &&
	       state_counter_get(session->state, COUNTER_MESSAGES,
	           &history->queue_messages, &history->at_s);
}

static void
history_keep(struct session *session)
{
	struct value messages =
	    fact_cell_named(session->facts, "queue", NULL, "messages");

	if (session->may_change && messages.kind == VALUE_NUMBER)
		state_counter_set(
		    session->state, COUNTER_MESSAGES, messages.number);
}

enum stand { STANDS, CONTRADICTS, MOVES };

/*
 * stand_of - one unit of the mail system at the moment of a look
 *
 * A look while systemd starts or stops it sees neither what was nor what will
 * be. And its parts are read one after the other: a main process that runs in
 * a unit that does not has ended between the two.
 */
static enum stand
stand_of(const struct table *schema, const struct value *cells)
{
	const struct value *busy = &cells[schema_column_find(schema, "busy")],
	                   *running =
	                       &cells[schema_column_find(schema, "running")];
	const char *state = cells[schema_column_find(schema, "active")].text;
	bool is_active = text_equal(state, "active");

	/* systemd also stops, without a job, what is left of a dead one */
	if ((busy->kind == VALUE_BOOL && busy->is_true) ||
	    text_equal(state, "deactivating") ||
	    text_equal(state, "activating"))
		return MOVES;
	if (running->kind == VALUE_BOOL && running->is_true != is_active)
		return CONTRADICTS;
	return STANDS;
}

static enum stand
mail_system_stands(const struct fact_set *facts)
{
	const struct table *schema = schema_table_find("unit", NULL);
	const struct fact_table *units = fact_table_get(facts, schema);
	int role = schema_column_find(schema, "role");

	for (size_t i = 0; units->state == FACT_KNOWN && i < units->count;
	     i++) {
		const struct value *cells = units->rows[i].cells;

		if (text_equal(cells[role].text, "mta"))
			return stand_of(schema, cells);
	}
	return STANDS;
}

/*
 * look_settled - look, and again while the mail system is being moved; a
 * contradiction that stays is a fact (it was started without systemd)
 */
static int
look_settled(struct session *session, const struct observe_request *request,
    struct observe_result *result, struct why *why)
{
	static const struct timespec pause = {
	    .tv_nsec = LOOK_PAUSE_MS * 1000000L};

	for (unsigned tries = 0, contradictions = 0;; tries++) {
		enum stand stand;
		int r;

		session->facts = fact_set_new(session->arena);
		r = observe(request, session->facts, result, why);
		session_asked_keep(session);
		stand = mail_system_stands(session->facts);
		contradictions += stand == CONTRADICTS;
		if (r < 0 || result->is_tainted || tries == LOOK_TRIES ||
		    stand == STANDS ||
		    (stand == CONTRADICTS && contradictions > 1) ||
		    stop_is_asked(NULL))
			return r;
		(void)ppoll(NULL, 0, &pause, NULL);
	}
}

int
session_look(struct session *session, const bool *wanted)
{
	struct probe_history history = {0};
	struct observe_request request = {
	    .config = &session->config,
	    .mta = &session->mta,
	    .mta_error = session->mta_error,
	    .wanted = wanted,
	    .egress = &session->asked,
	    .throttles = &session->slowed,
	    .may_keep = session->may_change,
	    .replies = session->replies,
	    .blocklists = session->blocklists,
	    .progress = progress_probe,
	    .user = &session->progress,
	};
	struct observe_result result = {0};
	struct why why = {0};
	int r;

	session_throttles(session);
	session_asked_load(session);
	if (history_load(session, &history))
		request.history = &history;
	r = look_settled(session, &request, &result, &why);
	progress_end(&session->progress);
	if (r < 0 || result.is_tainted)
		look_bad(session, result.is_tainted && result.text != NULL
		                      ? result.text
		                      : why.text);
	session->host.looked_s = session->facts->taken_s;
	for (size_t i = 0; result.notes != NULL && result.notes[i]; i++)
		session_note(session, "%s", result.notes[i]);
	if (!session->is_root)
		root_note(session, wanted);
	if (session->state != NULL)
		history_keep(session);
	if (session->may_change)
		session_refused_keep(session);
	if (session->state != NULL && session->may_change)
		(void)state_observer_killed(
		    session->state, r < 0 || result.is_tainted);
	return 0;
}

int
session_judge(struct session *session)
{
	struct finding_memory memory = {
	    .held = state_finding_held, .user = session->state};

	finding_judge(session->arena, &session->playbooks, session->facts,
	    &memory, &session->judgement);
	if (session->judgement.persist_error.code != 0)
		session_note(
		    session, "%s", session->judgement.persist_error.text);
	return 0;
}

int
session_plan(struct session *session)
{
	struct why who = {0};
	struct plan_request request = {
	    .arena = session->arena,
	    .judgement = &session->judgement,
	    .facts = session->facts,
	    .config = &session->config,
	    .mta = &session->mta,
	    .throttles = &session->throttles,
	    .state = session->state,
	    .now_s = session->started_s,
	    .select = messages_choose,
	    .confirm = servers_confirm,
	    .open_plan = opening_plan,
	    .user = session,
	};

	if (package_lock_held(&who) > 0) {
		session->maintenance = arena_dup(session->arena, who.text);
		session_note(session,
		    "A package manager is at work (%s): services may be away "
		    "for a moment.",
		    who.text);
	}
	request.maintenance = session->maintenance;
	plan_build(&request, &session->plan);
	return 0;
}
