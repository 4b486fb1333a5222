/*
 * report.h - one run, for people and for programs
 */
#ifndef MAILFIX_REPORT_REPORT_H
#define MAILFIX_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/plan/plan.h"

enum run_status {
	RUN_HEALTHY,
	RUN_PROBLEMS,
	RUN_UNKNOWN,
	RUN_FIXED,
	RUN_FAILED,
	RUN_STATUS_MAX
};

const char *run_status_to_text(enum run_status status);

/* Everything a report may say. Texts are raw; each format escapes. */
struct report {
	const char *version, *run, *host,
	    *mode; /* mode "dry-run", "ask", ... */
	const struct mta *mta;
	int64_t started_s, duration_ms;
	enum run_status status;
	const struct judgement *judgement;
	const struct plan *plan;
	const struct plan *eased; /* steps back toward normal; or NULL */
	const char *const *notes; /* one-line remarks; NULL-terminated */
	bool has_root;
};

struct report_style {
	int columns; /* of the terminal; 80 when unknown */
	bool is_colour;
	int verbosity; /* -1 quiet, 0, 1 verbose */
};

struct report_format {
	const char *name; /* "text", "json", "nagios" */
	void (*write)(struct buf *out, const struct report *report,
	    const struct report_style *style);
	int (*exit_code)(const struct report *report);
};

extern const struct report_format *const report_formats[];

/* report_status - from findings and plan; and the exit status of SPEC.md 2 */
enum run_status report_status(
    const struct judgement *judgement, const struct plan *plan);
int report_exit(const struct report *report);

#endif
