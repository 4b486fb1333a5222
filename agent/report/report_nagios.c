/*
 * report_nagios.c - a run, for Nagios, Icinga and what speaks like them
 *
 * Purpose  one status line with performance data, further problems below it,
 *          and the plugin's own exit codes
 * Input    the report; titles are hostile: escaped, and without "|"
 * Errors   none
 * Runs as  the actor
 * Source   Monitoring Plugins Development Guidelines, "Plugin Output for
 *          Nagios" and "Performance data"
 */
#include <string.h>

#include "agent/base/text.h"
#include "agent/report/count.h"
#include "agent/report/report.h"
#include "agent/report/words.h"

enum nagios { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

static const char *const nagios_texts[] = {
    [NAGIOS_OK] = "OK",
    [NAGIOS_WARNING] = "WARNING",
    [NAGIOS_CRITICAL] = "CRITICAL",
    [NAGIOS_UNKNOWN] = "UNKNOWN",
};

/* A run that could not be trusted is unknown even when nothing was found. */
static int
nagios_code(const struct report *report)
{
	struct report_count count;

	report_count(report->judgement, report->plan, &count);
	if (count.critical > 0 || count.failed > 0)
		return NAGIOS_CRITICAL;
	if (report->status == RUN_PROBLEMS)
		return NAGIOS_WARNING;
	if (report->status == RUN_UNKNOWN)
		return NAGIOS_UNKNOWN;
	return NAGIOS_OK;
}

/* "|" ends the text and begins the performance data. */
static void
safe_add(struct buf *out, const char *text)
{
	AUTO_BUF struct buf escaped = {0};

	text_escape(&escaped, text, strlen(text));
	for (const char *p = buf_text(&escaped); *p != '\0'; p++)
		buf_add_char(out, *p == '|' ? '/' : *p);
}

static void
numbers_add(struct buf *out, const struct report *report)
{
	struct report_count count;

	report_count(report->judgement, report->plan, &count);
	buf_addf(out,
	    " | problems=%zu;0;;0 critical=%zu;;0;0 warning=%zu;0;;0 "
	    "symptoms=%zu;;;0 unknown=%zu;;;0 fixed=%zu;;;0 failed=%zu;;0;0 "
	    "time=%lld.%03llds;;;0\n",
	    count.problems, count.critical, count.warning, count.symptoms,
	    count.unknown, count.fixed, count.failed,
	    (long long)(report->duration_ms / 1000),
	    (long long)(report->duration_ms % 1000));
}

static bool
is_standing(const struct finding *finding)
{
	return finding->playbook->is_chosen &&
	       finding->playbook->severity != SEVERITY_INFO &&
	       (finding->state == FINDING_FOUND ||
	           finding->state == FINDING_FAILED);
}

static void
report_nagios_write(struct buf *out, const struct report *report,
    const struct report_style *style)
{
	const struct judgement *judgement = report->judgement;
	AUTO_BUF struct buf rest = {0};
	bool is_first = true;

	(void)style;
	buf_addf(out, "MAILFIX %s - ", nagios_texts[nagios_code(report)]);
	words_verdict(out, report);
	for (size_t i = 0; i < judgement->count; i++) {
		if (!is_standing(&judgement->findings[i]))
			continue;
		buf_add(is_first ? out : &rest, is_first ? ": " : "");
		safe_add(is_first ? out : &rest, judgement->findings[i].title);
		if (!is_first)
			buf_add_char(&rest, '\n');
		is_first = false;
	}
	numbers_add(out, report);
	buf_add(out, buf_text(&rest));
	for (size_t i = 0; report->notes != NULL && report->notes[i]; i++) {
		safe_add(out, report->notes[i]);
		buf_add_char(out, '\n');
	}
}

const struct report_format report_nagios = {
    .name = "nagios",
    .write = report_nagios_write,
    .exit_code = nagios_code,
};
