/*
 * report_json.c - a run, for programs
 *
 * Purpose  one JSON document with the keys of the contract
 * Input    the report; texts in it are hostile, json.c makes them valid UTF-8
 * Errors   none
 * Runs as  the actor
 * Source   SPEC section 2; RFC 8259 (no NaN, no infinity)
 */
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/report/report.h"

static void
value_set(struct json *object, const char *key, const struct value *value)
{
	switch (value->kind) {
	case VALUE_UNKNOWN:
		json_set_text(object, key, NULL);
		break;
	case VALUE_BOOL:
		json_set_bool(object, key, value->is_true);
		break;
	case VALUE_NUMBER:
		json_set_real(object, key, value->number);
		break;
	case VALUE_TEXT:
		json_set_text(object, key, value->text);
		break;
	}
}

static struct json *
evidence_json(const struct finding *finding)
{
	struct json *object = json_object_new();

	for (size_t i = 0; i < finding->evidence_count; i++)
		value_set(object, finding->evidence[i].name,
		    &finding->evidence[i].value);
	return object;
}

static struct json *
change_json(const struct change *change)
{
	struct json *object = json_object_new();

	json_set_int(object, "id", change->id);
	json_set_text(object, "kind", change->kind->name);
	json_set_text(object, "target", change->target);
	json_set_text(object, "before", change->before);
	json_set_text(object, "after", change->after);
	json_set_text(object, "text", change->text);
	if (change->item_count > 0)
		json_set_int(object, "items", (int64_t)change->item_count);
	return object;
}

static struct json *
fix_json(const struct planned_fix *planned)
{
	struct json *object = json_object_new(), *changes = json_array_new();

	json_set_text(object, "fix", planned->fix->name);
	json_set_text(object, "action", planned->fix->action->name);
	json_set_text(object, "risk", risk_to_text(planned->fix->action->risk));
	json_set_text(object, "state", planned_state_to_text(planned->state));
	json_set_text(object, "reason", planned->reason);
	if (planned->summary != NULL)
		json_set_text(object, "summary", planned->summary);
	for (size_t i = 0; i < planned->change_count; i++)
		json_push(changes, change_json(&planned->changes[i]));
	json_set(object, "changes", changes);
	return object;
}

static struct json *
finding_json(const struct report *report, const struct finding *finding)
{
	struct json *object = json_object_new(), *fixes = json_array_new();

	json_set_text(object, "playbook", finding->playbook->name);
	json_set_text(object, "item", finding->item);
	json_set_text(
	    object, "severity", severity_to_text(finding->playbook->severity));
	json_set_text(object, "title", finding->title);
	json_set(object, "evidence", evidence_json(finding));
	json_set_lines(object, "advice", finding->advice);
	json_set_text(object, "state", finding_state_to_text(finding->state));
	json_set_text(object, "masked_by",
	    finding->masked_by != NULL ? finding->masked_by->playbook->name
	                               : NULL);
	for (size_t i = 0; i < report->plan->count; i++)
		if (report->plan->fixes[i].finding == finding)
			json_push(fixes, fix_json(&report->plan->fixes[i]));
	json_set(object, "fixes", fixes);
	return object;
}

/* Steps back toward normal; "not now" is no news. */
static struct json *
eased_json(const struct plan *eased)
{
	struct json *array = json_array_new();

	for (size_t i = 0; eased != NULL && i < eased->count; i++) {
		const struct planned_fix *step = &eased->fixes[i];
		struct json *object;

		if (step->state == PLANNED_SKIPPED)
			continue;
		object = fix_json(step);
		json_set_text(
		    object, "playbook", step->finding->playbook->name);
		json_set_text(object, "item", step->finding->item);
		json_push(array, object);
	}
	return array;
}

static struct json *
unknown_json(const struct judgement *judgement)
{
	struct json *array = json_array_new();

	for (size_t i = 0; i < judgement->unknown_count; i++) {
		struct json *object = json_object_new();

		json_set_text(object, "fact", judgement->unknown[i].fact);
		json_set_text(object, "reason", judgement->unknown[i].reason);
		json_push(array, object);
	}
	return array;
}

static void
head_set(struct json *root, const struct report *report)
{
	struct json *mta = json_object_new();
	char started[CLOCK_ISO_MAX];

	json_set_text(root, "mailfix", report->version);
	json_set_text(root, "run", report->run);
	json_set_text(root, "host", report->host);
	json_set_text(mta, "kind", report->mta->kind);
	json_set_text(mta, "version", report->mta->version);
	json_set(root, "mta", mta);
	json_set_text(root, "mode", report->mode);
	json_set_text(root, "started", clock_iso(report->started_s, started));
	json_set_int(root, "duration_ms", report->duration_ms);
	json_set_text(root, "status", run_status_to_text(report->status));
}

static void
report_json_write(struct buf *out, const struct report *report,
    const struct report_style *style)
{
	AUTO_JSON struct json *root = json_object_new();
	struct json *findings = json_array_new(), *notes = json_array_new();

	(void)style;
	head_set(root, report);
	for (size_t i = 0; i < report->judgement->count; i++)
		if (report->judgement->findings[i].playbook->is_chosen)
			json_push(
			    findings, finding_json(report,
			                  &report->judgement->findings[i]));
	json_set(root, "findings", findings);
	json_set(root, "eased", eased_json(report->eased));
	json_set(root, "unknown", unknown_json(report->judgement));
	for (size_t i = 0; report->notes != NULL && report->notes[i]; i++)
		json_push_text(notes, report->notes[i]);
	json_set(root, "notes", notes);
	json_write(out, root, true);
	buf_add_char(out, '\n');
}

const struct report_format report_json = {
    .name = "json",
    .write = report_json_write,
    .exit_code = report_exit,
};
