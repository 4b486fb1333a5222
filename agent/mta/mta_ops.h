/*
 * mta_ops.h - what a mail system can be asked and told: one table of functions
 */
#ifndef MAILFIX_MTA_MTA_OPS_H
#define MAILFIX_MTA_MTA_OPS_H

#include "agent/mta/mta.h"
#include "agent/mta/mta_identity.h"

struct queue_scan;
struct stat;
struct queue_scan_result;

struct mta_ops {
	const char *kind;

	/* detect - is it installed here? fills *mta from arena; 0 not here, 1 */
	int (*detect)(struct arena *arena, const struct config *config,
	    struct mta *mta, struct why *why);

	/*
	 * master_pid - pid of the running main process, 0 when none runs
	 * Checked by /proc/PID/exe or comm, not by the pid file alone.
	 */
	int (*master_pid)(const struct mta *mta, pid_t *ret, struct why *why);

	/* config_check - argv of the mail system's own check; config_check.h */
	const char *const *config_check;

	/*
	 * config_quick - argv of a tool that reads the whole configuration and
	 * says what is wrong with it on its stderr; changes nothing
	 */
	const char *const *config_quick;

	/*
	 * reload - argv that has a running one read its configuration again;
	 * for hosts where no unit of systemd does
	 */
	const char *const *reload;

	/* unit_names - its units, where nothing runs that could be asked; NULL */
	const char *const *unit_names;

	/* start_programs - what the ExecStart= of its unit runs; NULL */
	const char *const *start_programs;

	/* chroot_files - copied into the chroot at start; relative to /; NULL */
	const char *const *chroot_files;

	/*
	 * queue_paths - directories of the queue as they must be
	 * Returns 0 or a negative errno with why.
	 */
	int (*queue_paths)(struct arena *arena, const struct mta *mta,
	    const struct mta_path **ret, size_t *ret_count, struct why *why);

	/* queue_id_ok - may this text be an id of a message? */
	bool (*queue_id_ok)(const char *id);

	/*
	 * queue_command - run the mail system's own queue tool over ids
	 * verb  MTA_QUEUE_*; queue is the state they are in ("deferred", "hold")
	 * Believe the queue afterwards, not the exit status.
	 */
	int (*queue_command)(const struct mta *mta, int verb, const char *queue,
	    const char *const *ids, size_t count, struct why *why);

	/* queue_scan - visit every message; see agent/mta/queue_scan.h */
	int (*queue_scan)(const struct queue_scan *scan,
	    struct queue_scan_result *ret, struct why *why);

	/*
	 * queue_depth - how deep the folders below a folder of the queue are
	 * queue_find - path below queue_dir of a file of that id in a folder
	 * depth   as queue_depth said, which costs a look at the folder
	 * ret_st  its attributes; may be NULL
	 * Returns 1, 0 when there is none, or a negative errno.
	 */
	unsigned (*queue_depth)(int queue_fd, const char *folder);
	int (*queue_find)(int queue_fd, const char *folder, unsigned depth,
	    const char *id, char ret_path[static MTA_QUEUE_PATH_MAX],
	    struct stat *ret_st);

	/* folders with what belongs to a message beside its file: logs */
	const char *const *queue_logs; /* NULL-terminated */

	/*
	 * log_parse - what one line of its log tells; NULL: no grammar
	 * Pure, allocates nothing; every byte of the line is hostile. Returns
	 * the event's kind; of one that does not count, LOG_EVENT_NONE,
	 * only the time and the process are set besides.
	 */
	enum log_event_kind (*log_parse)(
	    const struct log_line *line, struct log_event *ret);

	/*
	 * routed_by_hand - do the admin's own tables say how mail for a domain
	 * is to go, or is it one of this host's own? Asks the tables: takes
	 * some ten milliseconds.
	 * Returns 1 with what they say in *ret, 0, or a negative errno: it could
	 * not be told.
	 */
	int (*routed_by_hand)(struct arena *arena, const struct mta *mta,
	    const char *domain, const char **ret, struct why *why);

	/* tables_check - can the tables of ours that a setting names be opened? */
	int (*tables_check)(
	    struct arena *arena, const char *setting, struct why *why);

	/*
	 * throttle_rows - destinations that are slowed down, as the table says
	 * Returns 0, or a negative errno: the table cannot be read. NULL: this
	 * mail system cannot be slowed down.
	 */
	int (*throttle_rows)(struct arena *arena, const struct mta *mta,
	    struct mta_throttle_rows *ret, struct why *why);

	/*
	 * throttle_provision - what is still missing for a step
	 * nexthop  of the row; NULL: the destination's own. Pure.
	 */
	void (*throttle_provision)(struct arena *arena, const struct mta *mta,
	    const struct step *step, const char *nexthop,
	    struct mta_provision *ret);

	/* throttle_relay - the same for all mail that goes through the relay */
	void (*throttle_relay)(struct arena *arena, const struct mta *mta,
	    const struct step *step, struct mta_provision *ret);

	/*
	 * identity - who it says it is, for whom it sends, which lists it asks
	 * Runs its tools over tables that they can list. NULL: not told here.
	 * Returns 0, or a negative errno with why.
	 */
	int (*identity)(struct arena *arena, const struct mta *mta,
	    struct mta_identity *ret, struct why *why);

	/*
	 * certificates - of the identity, those alone: runs no tool, and asks no
	 * table. NULL: not told here.
	 * Returns 0, or a negative errno with why.
	 */
	int (*certificates)(struct arena *arena, const struct mta *mta,
	    struct mta_identity *ret, struct why *why);

	/*
	 * sender_relays - mail of which of these domains leaves through a relay
	 * of its own? Asks the tables that go by the sender. NULL: not here.
	 * ret  one for each domain
	 * Returns 1, 0: nothing goes by the sender, or a negative errno.
	 */
	int (*sender_relays)(struct arena *arena, const struct mta *mta,
	    const char *const *domains, size_t count, bool *ret,
	    struct why *why);

	/*
	 * domains_ask - which of these are in tables that cannot be listed?
	 * Runs its tools; a table that gives no answer has none. NULL: not here.
	 * names  lower case, mail_domain_ok
	 * ret    one for each name; its name is NULL when no table has it
	 */
	void (*domains_ask)(struct arena *arena, const struct mta *mta,
	    const struct mta_identity *identity, const char *const *names,
	    size_t count, struct mta_domain *ret);

	/*
	 * dnsbl_paste - the command that has a blocklist of its own count by
	 * another filter (NULL: not be asked any more). Pure. Returns NULL when
	 * its file does not name it in so many words.
	 */
	const char *(*dnsbl_paste)(struct arena *arena, const struct mta *mta,
	    const struct mta_dnsbl *list, const char *filter);

	/* map_build - argv to build one map, in arena */
	const char *const *(*map_build)(struct arena *arena,
	    const struct mta *mta, const struct mta_map *map);
};

enum mta_queue_verb {
	MTA_QUEUE_HOLD,
	MTA_QUEUE_RELEASE,
	MTA_QUEUE_DELETE,
	MTA_QUEUE_FLUSH,
	MTA_QUEUE_FLUSH_ALL /* of the queue, whatever the ids */
};

#endif
