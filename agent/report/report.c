/*
 * report.c - the formats, and what a run's end means
 *
 * Purpose  the table of formats; status and exit status of a run
 * Input    the judgement and the plan, after they were carried out
 * Errors   none
 * Runs as  the actor
 * Source   SPEC section 2, "Exit status"
 */
#include "agent/report/report.h"

#include "agent/base/auto.h"
#include "agent/report/count.h"

#define FORMAT(name) extern const struct report_format report_##name;
#include "agent/report/format_table.def"
#undef FORMAT

const struct report_format *const report_formats[] = {
#define FORMAT(name) &report_##name,
#include "agent/report/format_table.def"
#undef FORMAT
    NULL,
};

static const char *const status_texts[] = {
    [RUN_HEALTHY] = "healthy",
    [RUN_PROBLEMS] = "problems",
    [RUN_UNKNOWN] = "unknown",
    [RUN_FIXED] = "fixed",
    [RUN_FAILED] = "failed",
};

_Static_assert(ARRAY_COUNT(status_texts) == RUN_STATUS_MAX, "a text for each");

static const int status_exits[] = {
    [RUN_HEALTHY] = 0,
    [RUN_PROBLEMS] = 1,
    [RUN_UNKNOWN] = 2,
    [RUN_FIXED] = 0,
    [RUN_FAILED] = 3,
};

_Static_assert(ARRAY_COUNT(status_exits) == RUN_STATUS_MAX, "one for each");

const char *
run_status_to_text(enum run_status status)
{
	return status < RUN_STATUS_MAX ? status_texts[status] : "unknown";
}

/*
 * A symptom is not a problem of its own, but as long as it was not looked at
 * again it is not known to be gone either: "fixed" would claim too much.
 */
enum run_status
report_status(const struct judgement *judgement, const struct plan *plan)
{
	struct report_count count;

	report_count(judgement, plan, &count);
	if (count.failed > 0)
		return RUN_FAILED;
	if (count.problems > 0 || count.symptoms > 0)
		return RUN_PROBLEMS;
	if (count.unknown > 0)
		return RUN_UNKNOWN;
	if (count.fixed > 0)
		return RUN_FIXED;
	return RUN_HEALTHY;
}

int
report_exit(const struct report *report)
{
	return report->status < RUN_STATUS_MAX ? status_exits[report->status]
	                                       : 2;
}
