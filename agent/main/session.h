/*
 * session.h - one run, step by step; the commands share its steps
 *
 * A step returns 0 to go on, or the exit status with which the command ends
 * (it has said why). What forbids fixes without ending the run is a bar:
 * session_bar. A look-only session (a dry run, or without root) takes no lock
 * and opens nothing for writing.
 */
#ifndef MAILFIX_MAIN_SESSION_H
#define MAILFIX_MAIN_SESSION_H

#include "agent/apply/apply.h"
#include "agent/dns/blocklist.h"
#include "agent/mail/reply.h"
#include "agent/main/options.h"
#include "agent/main/progress.h"
#include "agent/main/terminal.h"
#include "agent/probes/probe.h"
#include "agent/report/report.h"

#define SESSION_RUN_MAX 24 /* "20261122T101500-4f2a" and the NUL */

struct session {
	const struct options *options;
	struct terminal terminal;
	struct progress progress;
	struct arena *arena;
	struct lint lint;
	struct config config;
	struct playbook_set playbooks;
	struct reply_catalogue *replies; /* NULL: not wanted */
	struct blocklist_catalogue *blocklists;
	struct mta mta;
	const char *mta_error; /* or NULL */

	const char *mode; /* "dry-run", "ask", "yes", "auto" */
	char run[SESSION_RUN_MAX];
	int64_t started_s, started_ms;
	bool is_root;
	bool may_change; /* has the lock, the state and the audit log */

	int lock_fd;
	struct state *state; /* heap */
	struct audit *audit; /* heap; NULL: not open */
	struct apply_host host;

	/* what is known of slow-downs, and of these what is slowed down now */
	struct throttle_list throttles, slowed;
	int64_t reloaded_ms; /* when this run last reloaded for a step; 0 */
	struct probe_asked asked; /* mail servers, for a connection: egress */
	struct fact_set *facts;
	struct judgement judgement;
	struct plan plan;
	struct plan eased;       /* steps back toward normal; apply.h */
	const char *bar;         /* why no fix may be done, or NULL */
	bool is_untrusted;       /* the bar is a fault, not a choice */
	const char *maintenance; /* the package manager at work, or NULL */
	const char **notes;      /* heap, NULL-terminated */
	size_t note_count;
};

void session_begin(struct session *session, const struct options *options);
void session_end(struct session *session);

/* session_run - the whole way through; the exit status */
int session_run(struct session *session);

/* Steps, in their order. */
int session_config(struct session *session);
int session_playbooks(struct session *session, const char *const *patterns);
/* session_replies - what replies mean; errors to lint */
void session_replies(struct session *session);
/* session_blocklists - what blocklists answer; the same */
void session_blocklists(struct session *session);
/* session_catalogues_for - those that a wanted table rests on */
void session_catalogues_for(struct session *session, const bool *wanted);
int session_errors(struct session *session); /* print lint's; 78 if any */
int session_mta(struct session *session);
int session_lock(struct session *session);
int session_state(struct session *session);
int session_pause(struct session *session);
int session_audit(struct session *session);
int session_settle(struct session *session);
int session_look(struct session *session, const bool *wanted);
int session_judge(struct session *session);
int session_plan(struct session *session);
int session_approve(struct session *session);
int session_apply(struct session *session);
int session_report(struct session *session);

/* session_after - which symptoms of what was fixed are gone with it */
void session_after(struct session *session); /* the exit status */

/* session_host - what apply needs; after state and audit */
void session_host(struct session *session);

/* session_done - the last record of a command that is not a run */
void session_done(struct session *session);

/* session_bar - no fix in this run; the first reason is kept, and noted */
void session_bar(struct session *session, bool is_fault, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

void session_note(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* session_asked_load, _keep - when mail servers were asked, and their answers */
void session_asked_load(struct session *session);
void session_asked_keep(struct session *session); /* after each look */

/* session_throttles - read the table of slow-downs, and follow it */
void session_throttles(struct session *session);
/* session_refused_keep - which domains the next run asks DNS about */
void session_refused_keep(struct session *session);
/* session_changed - callback of apply: remember what a change means */
void session_changed(void *user, const struct change *change, bool is_made);

/*
 * session_retry - what waits for destinations that are slowed down is tried
 * again, as far as their steps allow; the last thing that a run does
 */
void session_retry(struct session *session);

/* session_record - one audit record, if the log is open; ev is consumed */
void session_record(
    struct session *session, const char *event, struct json *ev);

#endif
