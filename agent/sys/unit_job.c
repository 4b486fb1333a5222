/*
 * unit_job.c - one unit of systemd: looked at, and a job for it waited for
 *
 * Purpose  start, stop, restart, reload; believe the job's result
 * Input    unit names that the caller has checked; systemd's answers
 * Errors   negative errno; no bus is an error, never a reason to use a program
 * Runs as  actor
 * Source   org.freedesktop.systemd1(5): Manager.Subscribe, JobRemoved
 */
#include "agent/sys/unit_job.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-bus.h>

#include "agent/base/auto.h"

#define SYSTEMD_NAME    "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"
#define SYSTEMD_UNIT    SYSTEMD_NAME ".Unit"
#define SYSTEMD_SERVICE SYSTEMD_NAME ".Service"

/* One question to systemd; it answers in milliseconds unless it hangs. */
#define UNIT_CALL_US 5000000U

static void
bus_freep(sd_bus **bus)
{
	(void)sd_bus_flush_close_unref(*bus);
}

static void
message_freep(sd_bus_message **message)
{
	(void)sd_bus_message_unref(*message);
}

static int
bus_error(struct why *why, int r, sd_bus_error *error, const char *what,
    const char *name)
{
	r = why_set(why, r, "%s %s: %s", what, name,
	    error->message != NULL ? error->message : strerror(-r));
	sd_bus_error_free(error);
	return r;
}

static int
bus_open(sd_bus **ret, struct why *why)
{
	int r = sd_bus_open_system(ret);

	if (r < 0)
		return why_set(
		    why, r, "connect to the system bus: %s", strerror(-r));
	(void)sd_bus_set_method_call_timeout(*ret, UNIT_CALL_US);
	return 0;
}

/* A text property that may be missing; "" then. */
static int
unit_text(sd_bus *bus, const char *path, const char *interface,
    const char *property, char *ret, size_t size)
{
	AUTO_FREE char *text = NULL;
	int r = sd_bus_get_property_string(
	    bus, SYSTEMD_NAME, path, interface, property, NULL, &text);

	(void)snprintf(ret, size, "%s", r >= 0 && text != NULL ? text : "");
	return r;
}

static int
unit_word(sd_bus *bus, const char *path, const char *interface,
    const char *property, char ret[static UNIT_WORD_MAX])
{
	return unit_text(bus, path, interface, property, ret, UNIT_WORD_MAX);
}

static int
unit_job_id(sd_bus *bus, const char *path, uint32_t *ret)
{
	AUTO(message_freep) sd_bus_message *reply = NULL;
	int r = sd_bus_get_property(
	    bus, SYSTEMD_NAME, path, SYSTEMD_UNIT, "Job", NULL, &reply, "(uo)");

	if (r >= 0)
		r = sd_bus_message_enter_container(reply, 'r', "uo");
	if (r >= 0)
		r = sd_bus_message_read(reply, "u", ret);
	return r;
}

static int
unit_invocation(
    sd_bus *bus, const char *path, char ret[static UNIT_INVOCATION_MAX])
{
	AUTO(message_freep) sd_bus_message *reply = NULL;
	const void *bytes = NULL;
	size_t length = 0;
	int r = sd_bus_get_property(bus, SYSTEMD_NAME, path, SYSTEMD_UNIT,
	    "InvocationID", NULL, &reply, "ay");

	ret[0] = '\0';
	if (r >= 0)
		r = sd_bus_message_read_array(reply, 'y', &bytes, &length);
	if (r < 0)
		return r;
	for (size_t i = 0; i < length && i < (UNIT_INVOCATION_MAX - 1) / 2; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x",
		    (unsigned)((const unsigned char *)bytes)[i]);
	return 0;
}

int
unit_look(const char *name, struct unit_look *ret, struct why *why)
{
	AUTO(bus_freep) sd_bus *bus = NULL;
	AUTO(message_freep) sd_bus_message *reply = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct unit_look look = {0};
	const char *path = NULL;
	int r = bus_open(&bus, why);

	if (r < 0)
		return r;
	/* LoadUnit also tells about a unit that systemd has not in memory */
	r = sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
	    "LoadUnit", &error, &reply, "s", name);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return bus_error(why, r, &error, "look at", name);
	r = unit_text(bus, path, SYSTEMD_UNIT, "Id", look.id, sizeof(look.id));
	if (r >= 0)
		r = unit_word(bus, path, SYSTEMD_UNIT, "LoadState", look.load);
	if (r >= 0)
		r = unit_word(
		    bus, path, SYSTEMD_UNIT, "ActiveState", look.active);
	if (r >= 0)
		r = unit_word(bus, path, SYSTEMD_UNIT, "SubState", look.sub);
	if (r >= 0)
		r = unit_job_id(bus, path, &look.job);
	if (r >= 0)
		r = unit_invocation(bus, path, look.invocation);
	if (r < 0)
		return bus_error(why, r, &error, "look at", name);
	/* only services have it, and only loaded ones */
	(void)unit_word(bus, path, SYSTEMD_SERVICE, "Result", look.result);
	*ret = look;
	return 0;
}

int
unit_pid_find(int pid, char *ret, size_t size, struct why *why)
{
	AUTO(bus_freep) sd_bus *bus = NULL;
	AUTO(message_freep) sd_bus_message *reply = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	AUTO_FREE char *id = NULL;
	const char *path = NULL;
	int r = bus_open(&bus, why);

	if (r < 0)
		return r;
	r = sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
	    "GetUnitByPID", &error, &reply, "u", (uint32_t)pid);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r >= 0)
		r = sd_bus_get_property_string(
		    bus, SYSTEMD_NAME, path, SYSTEMD_UNIT, "Id", &error, &id);
	if (r < 0)
		return bus_error(
		    why, r, &error, "find the unit of", "a process");
	(void)snprintf(ret, size, "%s", id);
	return 0;
}

/* What the waiting needs to know of our job. */
struct job_wait {
	const char *path; /* NULL until systemd has told it */
	char result[UNIT_WORD_MAX];
	bool is_over;
};

static int
job_removed(sd_bus_message *message, void *user, sd_bus_error *ret_error)
{
	struct job_wait *wait = user;
	const char *path, *unit, *result;
	uint32_t id;

	(void)ret_error;
	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) <
	    0)
		return 0;
	if (wait->path != NULL && strcmp(path, wait->path) == 0) {
		(void)snprintf(
		    wait->result, sizeof(wait->result), "%s", result);
		wait->is_over = true;
	}
	return 0;
}

static uint64_t
monotonic_us(void)
{
	struct timespec now = {0};

	/* not clock.h: a test that fixes the clock must still see an end */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static int
job_wait_end(sd_bus *bus, struct job_wait *wait, int deadline_ms)
{
	uint64_t end = monotonic_us() + (uint64_t)deadline_ms * 1000U;

	while (!wait->is_over) {
		uint64_t now = monotonic_us();
		int r = sd_bus_process(bus, NULL);

		if (r < 0)
			return r;
		if (r > 0)
			continue;
		if (now >= end)
			return -ETIME;
		r = sd_bus_wait(bus, end - now);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

static const char *
job_method(const char *verb)
{
	static const struct {
		const char *verb, *method;
	} methods[] = {
	    {"start",   "StartUnit"  },
	    {"stop",    "StopUnit"   },
	    {"restart", "RestartUnit"},
	    {"reload",  "ReloadUnit" },
	};

	for (size_t i = 0; i < ARRAY_COUNT(methods); i++)
		if (strcmp(methods[i].verb, verb) == 0)
			return methods[i].method;
	return NULL;
}

/* Listening begins before the job, or its end could be missed. */
static int
job_listen(sd_bus *bus, struct job_wait *wait)
{
	int r = sd_bus_match_signal(bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH,
	    SYSTEMD_MANAGER, "JobRemoved", job_removed, wait);

	if (r < 0)
		return r;
	return sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH,
	    SYSTEMD_MANAGER, "Subscribe", NULL, NULL, NULL);
}

static int
job_begin(sd_bus *bus, const char *verb, const char *name,
    sd_bus_message **ret_reply, struct job_wait *wait, struct why *why)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r =
	    sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
	        job_method(verb), &error, ret_reply, "ss", name, "fail");

	if (r >= 0)
		r = sd_bus_message_read(*ret_reply, "o", &wait->path);
	if (r >= 0)
		return 0;
	if (sd_bus_error_has_name(
	        &error, SYSTEMD_NAME ".TransactionIsDestructive"))
		r = -EBUSY;
	return bus_error(why, r, &error, verb, name);
}

int
unit_job_run(
    const char *verb, const char *name, int deadline_ms, struct why *why)
{
	AUTO(bus_freep) sd_bus *bus = NULL;
	AUTO(message_freep) sd_bus_message *reply = NULL;
	struct job_wait wait = {0};
	int r = bus_open(&bus, why);

	if (r < 0)
		return r;
	if (job_method(verb) == NULL)
		return why_set(why, -EINVAL, "no such verb: %s", verb);
	r = job_listen(bus, &wait);
	if (r < 0)
		return why_set(why, r, "listen to systemd: %s", strerror(-r));
	r = job_begin(bus, verb, name, &reply, &wait, why);
	if (r < 0)
		return r;
	r = job_wait_end(bus, &wait, deadline_ms);
	if (r == -ETIME)
		return why_set(why, r, "%s %s: not done after %d s", verb, name,
		    deadline_ms / 1000);
	if (r < 0)
		return why_set(why, r, "%s %s: lost the bus: %s", verb, name,
		    strerror(-r));
	if (strcmp(wait.result, "done") == 0)
		return 0;
	return why_set(
	    why, -EIO, "%s %s: systemd says %s", verb, name, wait.result);
}
