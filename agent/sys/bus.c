/*
 * bus.c - questions to systemd over D-Bus; asks only, never changes
 *
 * Purpose  what systemd knows of the units of mail
 * Input    systemd's answers; texts of unit files in them
 * Errors   negative errno; no fallback to a program
 * Runs as  observer: connected before the sandbox closes, used after
 * Source   org.freedesktop.systemd1(5), sd_bus_call_method(3)
 */
#include "agent/sys/bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-bus.h>

#define SYSTEMD_NAME    "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"
#define SYSTEMD_UNIT    SYSTEMD_NAME ".Unit"
#define SYSTEMD_SERVICE SYSTEMD_NAME ".Service"
#define BUS_PROPERTIES  "org.freedesktop.DBus.Properties"

/* Names that one unit may be pulled in by; more are not looked at. */
#define PULLED_BY_MAX 32U
#define PROGRAMS_MAX  8U

struct bus {
	sd_bus *bus;
};

static void
message_freep(sd_bus_message **message)
{
	(void)sd_bus_message_unref(*message);
}

#define AUTO_MESSAGE AUTO(message_freep)

static int
bus_why(struct why *why, int r, sd_bus_error *error, const char *what)
{
	r = why_set(why, r, "%s: %s", what,
	    error->message != NULL ? error->message : strerror(-r));
	sd_bus_error_free(error);
	return r;
}

static uint64_t
now_us(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/*
 * Until the bus has greeted us. The first call would wait for that without an
 * end: a bus that is stopped takes connections all the same.
 */
static int
ready_wait(sd_bus *connection)
{
	uint64_t end = now_us() + (uint64_t)BUS_CALL_MS * 1000;
	int r = 0;

	while (r >= 0 && (r = sd_bus_is_ready(connection)) == 0) {
		uint64_t now = now_us();

		if (now >= end)
			return -ETIMEDOUT;
		r = sd_bus_process(connection, NULL);
		if (r == 0)
			r = sd_bus_wait(connection, end - now);
	}
	return r < 0 ? r : 0;
}

int
bus_open(struct bus **ret, struct why *why)
{
	struct bus *bus;
	sd_bus *connection = NULL;
	int r = sd_bus_open_system(&connection);

	if (r >= 0)
		r = ready_wait(connection);
	if (r < 0) {
		(void)sd_bus_close_unref(connection);
		return why_set(
		    why, r, "connect to the system bus: %s", strerror(-r));
	}
	(void)sd_bus_set_method_call_timeout(
	    connection, (uint64_t)BUS_CALL_MS * 1000);
	bus = mem_alloc(1, sizeof(*bus));
	bus->bus = connection;
	*ret = bus;
	return 0;
}

struct bus *
bus_free(struct bus *bus)
{
	if (bus != NULL)
		(void)sd_bus_close_unref(bus->bus);
	free(bus);
	return NULL;
}

int
bus_fd(const struct bus *bus)
{
	return bus != NULL ? sd_bus_get_fd(bus->bus) : -1;
}

int
bus_unit_of_pid(struct bus *bus, struct arena *arena, pid_t pid,
    const char **ret, struct why *why)
{
	AUTO_MESSAGE sd_bus_message *reply = NULL;
	AUTO_FREE char *name = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *path;
	int r = sd_bus_call_method(bus->bus, SYSTEMD_NAME, SYSTEMD_PATH,
	    SYSTEMD_MANAGER, "GetUnitByPID", &error, &reply, "u",
	    (uint32_t)pid);

	if (r < 0 &&
	    sd_bus_error_has_name(&error, SYSTEMD_NAME ".NoUnitForPID"))
		r = -ENOENT;
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return bus_why(why, r, &error, "the unit of a process");
	r = sd_bus_path_decode(path, SYSTEMD_PATH "/unit", &name);
	if (r <= 0)
		return why_set(
		    why, -EBADMSG, "systemd names a unit that is none");
	*ret = arena_dup(arena, name);
	return 0;
}

/* What a property of a unit is put into. */
struct property {
	const char *name;
	char type; /* 's', 'u', 't', 'A' strings, 'J' job, 'X' programs */
	void *target;
};

static int
strings_read(
    sd_bus_message *message, struct arena *arena, const char *const **target)
{
	size_t count = 0;
	const char **list;
	const char *text;
	int r = sd_bus_message_enter_container(message, 'a', "s");

	if (r < 0)
		return r;
	while (*target != NULL && (*target)[count] != NULL)
		count++;
	list = arena_alloc(arena, PULLED_BY_MAX + 1, sizeof(*list));
	if (count != 0)
		(void)memcpy(list, *target, count * sizeof(*list));
	while ((r = sd_bus_message_read(message, "s", &text)) > 0)
		if (count < PULLED_BY_MAX)
			list[count++] = arena_dup(arena, text);
	*target = list;
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* ExecStart: path, argv, ignore, times, pid, codes; the path is enough */
static int
programs_read(
    sd_bus_message *message, struct arena *arena, const char *const **target)
{
	const char **list = arena_alloc(arena, PROGRAMS_MAX + 1, sizeof(*list));
	const char *path;
	size_t count = 0;
	int r = sd_bus_message_enter_container(message, 'a', "(sasbttttuii)");

	while (r >= 0 && (r = sd_bus_message_enter_container(
	                      message, 'r', "sasbttttuii")) > 0) {
		r = sd_bus_message_read(message, "s", &path);
		if (r >= 0 && count < PROGRAMS_MAX)
			list[count++] = arena_dup(arena, path);
		if (r >= 0)
			r = sd_bus_message_skip(message, "asbttttuii");
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	*target = list;
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* The variant's content into the target; the variant is entered already. */
static int
property_take(sd_bus_message *message, struct arena *arena,
    const struct property *property)
{
	const char *text, *path;
	int r;

	switch (property->type) {
	case 's':
		r = sd_bus_message_read(message, "s", &text);
		if (r >= 0)
			*(const char **)property->target =
			    arena_dup(arena, text);
		return r;
	case 'u':
		return sd_bus_message_read(message, "u", property->target);
	case 't':
		return sd_bus_message_read(message, "t", property->target);
	case 'J':
		return sd_bus_message_read(
		    message, "(uo)", property->target, &path);
	case 'A':
		return strings_read(message, arena, property->target);
	case 'X':
		return programs_read(message, arena, property->target);
	default:
		return -EINVAL;
	}
}

static const char *
property_signature(char type)
{
	switch (type) {
	case 's':
		return "s";
	case 'u':
		return "u";
	case 't':
		return "t";
	case 'J':
		return "(uo)";
	case 'A':
		return "as";
	default:
		return "a(sasbttttuii)";
	}
}

static int
property_read(sd_bus_message *message, struct arena *arena,
    const struct property *properties)
{
	const char *name, *contents;
	char type;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	while (properties->name != NULL && strcmp(properties->name, name) != 0)
		properties++;
	if (properties->name == NULL)
		return sd_bus_message_skip(message, "v");
	r = sd_bus_message_peek_type(message, &type, &contents);
	if (r < 0 || contents == NULL ||
	    strcmp(contents, property_signature(properties->type)) != 0)
		return sd_bus_message_skip(message, "v");
	r = sd_bus_message_enter_container(message, 'v', contents);
	if (r >= 0)
		r = property_take(message, arena, properties);
	if (r >= 0)
		r = sd_bus_message_exit_container(message);
	return r;
}

/* One question for all properties: cheaper than one for each of ten. */
static int
properties_read(struct bus *bus, struct arena *arena, const char *path,
    const char *interface, const struct property *properties, struct why *why)
{
	AUTO_MESSAGE sd_bus_message *reply = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_call_method(bus->bus, SYSTEMD_NAME, path, BUS_PROPERTIES,
	    "GetAll", &error, &reply, "s", interface);

	if (r >= 0)
		r = sd_bus_message_enter_container(reply, 'a', "{sv}");
	while (r >= 0 &&
	       (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
		r = property_read(reply, arena, properties);
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
	}
	return r < 0 ? bus_why(why, r, &error, "the state of a unit") : 0;
}

int
bus_unit_read(struct bus *bus, struct arena *arena, const char *name,
    struct bus_unit *ret, struct why *why)
{
	static const char *const none[] = {NULL};
	struct bus_unit unit = {.name = arena_dup(arena, name),
	    .description = "",
	    .load = "",
	    .active = "",
	    .sub = "",
	    .file_state = "",
	    .result = "",
	    .pulled_by = none,
	    .part_of = none,
	    .programs = none};
	const struct property of_unit[] = {
	    {"Description",                   's', &unit.description},
	    {"LoadState",                     's', &unit.load       },
	    {"ActiveState",                   's', &unit.active     },
	    {"SubState",                      's', &unit.sub        },
	    {"UnitFileState",                 's', &unit.file_state },
	    {"StateChangeTimestampMonotonic", 't', &unit.since_us   },
	    {"Job",	                   'J', &unit.job        },
	    {"WantedBy",                      'A', &unit.pulled_by  },
	    {"RequiredBy",                    'A', &unit.pulled_by  },
	    {"UpheldBy",                      'A', &unit.pulled_by  },
	    {"TriggeredBy",                   'A', &unit.pulled_by  },
	    {"PartOf",	                'A', &unit.part_of    },
	    {NULL,	                    0,   NULL             },
	};
	const struct property of_service[] = {
	    {"Result",    's', &unit.result  },
	    {"NRestarts", 'u', &unit.restarts},
	    {"MainPID",   'u', &unit.main_pid},
	    {"ExecStart", 'X', &unit.programs},
	    {NULL,        0,   NULL          },
	};
	AUTO_FREE char *path = NULL;
	const char *dot = strrchr(name, '.');
	int r = sd_bus_path_encode(SYSTEMD_PATH "/unit", name, &path);

	if (r < 0)
		return why_set(why, r, "%s is not a unit's name", name);
	r = properties_read(bus, arena, path, SYSTEMD_UNIT, of_unit, why);
	if (r == 0 && dot != NULL && strcmp(dot, ".service") == 0 &&
	    strcmp(unit.load, "loaded") == 0)
		r = properties_read(
		    bus, arena, path, SYSTEMD_SERVICE, of_service, why);
	if (r == 0)
		*ret = unit;
	return r;
}

int
bus_unit_files(struct bus *bus, struct arena *arena, const char *const *names,
    const char *const **ret, struct why *why)
{
	AUTO_MESSAGE sd_bus_message *message = NULL, *reply = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const char **list =
	    arena_alloc(arena, PULLED_BY_MAX + 1, sizeof(*list));
	size_t count = 0;
	const char *path;
	int r = sd_bus_message_new_method_call(bus->bus, &message, SYSTEMD_NAME,
	    SYSTEMD_PATH, SYSTEMD_MANAGER, "ListUnitFilesByPatterns");

	if (r >= 0)
		r = sd_bus_message_append(message, "as", 0);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "s");
	for (; r >= 0 && *names != NULL; names++)
		r = sd_bus_message_append(message, "s", *names);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	if (r >= 0)
		r = sd_bus_call(bus->bus, message, (uint64_t)BUS_CALL_MS * 1000,
		    &error, &reply);
	if (r >= 0)
		r = sd_bus_message_enter_container(reply, 'a', "(ss)");
	while (r >= 0 &&
	       (r = sd_bus_message_read(reply, "(ss)", &path, NULL)) > 0) {
		const char *slash = strrchr(path, '/');

		if (count < PULLED_BY_MAX)
			list[count++] =
			    arena_dup(arena, slash != NULL ? slash + 1 : path);
	}
	if (r < 0)
		return bus_why(why, r, &error, "the list of units");
	*ret = list;
	return (int)count;
}
