/*
 * firewalld.c - ports of a zone, asked for and changed over D-Bus
 *
 * Purpose  query, add and remove a TCP port, running and permanent
 * Input    a zone's name, checked; firewalld's answers
 * Errors   as firewalld.h
 * Runs as  actor
 * Source   firewalld.dbus(5): FirewallD1.zone.addPort, config.zone.addPort.
 *          Never a reload: it would drop what other programs have put in
 */
#include "agent/sys/firewalld.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <systemd/sd-bus.h>

#include "agent/base/auto.h"

#define FIREWALLD_NAME   "org.fedoraproject.FirewallD1"
#define FIREWALLD_PATH   "/org/fedoraproject/FirewallD1"
#define FIREWALLD_ZONE   FIREWALLD_NAME ".zone"
#define FIREWALLD_CONFIG FIREWALLD_NAME ".config"

/* A change of the rules of a big zone takes it a second or two. */
#define CALL_US 30000000U

/* "65535" */
#define PORT_TEXT_MAX 6

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

bool
firewalld_zone_is_valid(const char *zone)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
	                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789-_";
	size_t length = strlen(zone);

	return length > 0 && length < FIREWALLD_ZONE_MAX &&
	       strspn(zone, allowed) == length;
}

/*
 * All errors of firewalld are one D-Bus error; its text begins with the name
 * of the kind: "INVALID_ZONE: nowhere".
 */
static int
call_failed(struct why *why, int r, sd_bus_error *error, const char *what)
{
	static const struct {
		const char *name;
		int code;
	} kinds[] = {
	    {"ALREADY_ENABLED", -EALREADY},
	    {"NOT_ENABLED",     -EALREADY},
	    {"INVALID_ZONE",    -ENOENT  },
	    {"NOT_AUTHORIZED",  -EPERM   },
	};

	const char *text =
	    error->message != NULL ? error->message : strerror(-r);

	if (sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
	    sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
		r = -ENOTCONN;
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
		if (strncmp(text, kinds[i].name, strlen(kinds[i].name)) == 0)
			r = kinds[i].code;
	r = why_set(why, r, "firewalld, %s: %s", what, text);
	sd_bus_error_free(error);
	return r;
}

/* It is never started by a question. */
static int
call(sd_bus *bus, const char *path, const char *interface, const char *method,
    sd_bus_message **ret_reply, struct why *why, const char *types, ...)
{
	AUTO(message_freep) sd_bus_message *message = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	va_list args;
	int r = sd_bus_message_new_method_call(
	    bus, &message, FIREWALLD_NAME, path, interface, method);

	if (r >= 0)
		r = sd_bus_message_set_auto_start(message, false);
	va_start(args, types);
	if (r >= 0)
		r = sd_bus_message_appendv(message, types, args);
	va_end(args);
	if (r >= 0)
		r = sd_bus_call(bus, message, CALL_US, &error, ret_reply);
	return r < 0 ? call_failed(why, r, &error, method) : 0;
}

static int
bus_get(sd_bus **ret, struct why *why)
{
	int r = sd_bus_open_system(ret);

	return r < 0 ? why_set(why, r, "connect to the system bus: %s",
	                   strerror(-r))
	             : 0;
}

static int
reply_bool(sd_bus_message *reply, bool *ret, struct why *why)
{
	int is_true = 0;
	int r = sd_bus_message_read(reply, "b", &is_true);

	if (r < 0)
		return why_set(why, r, "firewalld's answer: %s", strerror(-r));
	*ret = is_true != 0;
	return 0;
}

/* Path of the zone's permanent settings; the reply holds it. */
static int
zone_path(sd_bus *bus, const char *zone, sd_bus_message **ret_reply,
    const char **ret, struct why *why)
{
	int r = call(bus, FIREWALLD_PATH "/config", FIREWALLD_CONFIG,
	    "getZoneByName", ret_reply, why, "s", zone);

	if (r < 0)
		return r;
	r = sd_bus_message_read(*ret_reply, "o", ret);
	return r < 0 ? why_set(why, r, "firewalld's answer: %s", strerror(-r))
	             : 0;
}

static int
look_permanent(
    sd_bus *bus, const char *zone, const char *port, bool *ret, struct why *why)
{
	AUTO(message_freep) sd_bus_message *where = NULL;
	AUTO(message_freep) sd_bus_message *reply = NULL;
	const char *path = NULL;
	int r = zone_path(bus, zone, &where, &path, why);

	if (r == 0)
		r = call(bus, path, FIREWALLD_CONFIG ".zone", "queryPort",
		    &reply, why, "ss", port, "tcp");
	return r == 0 ? reply_bool(reply, ret, why) : r;
}

int
firewalld_port_look(const char *zone, uint16_t port, struct firewalld_port *ret,
    struct why *why)
{
	AUTO(bus_freep) sd_bus *bus = NULL;
	AUTO(message_freep) sd_bus_message *reply = NULL;
	struct firewalld_port look = {0};
	char text[PORT_TEXT_MAX];
	int r;

	if (!firewalld_zone_is_valid(zone))
		return why_set(why, -EINVAL, "that is no zone of firewalld");
	(void)snprintf(text, sizeof(text), "%u", (unsigned)port);
	r = bus_get(&bus, why);
	if (r == 0)
		r = call(bus, FIREWALLD_PATH, FIREWALLD_ZONE, "queryPort",
		    &reply, why, "sss", zone, text, "tcp");
	if (r == 0)
		r = reply_bool(reply, &look.is_running, why);
	if (r == 0)
		r = look_permanent(bus, zone, text, &look.is_permanent, why);
	if (r == 0)
		*ret = look;
	return r;
}

static int
set_permanent(sd_bus *bus, const char *zone, const char *port, bool is_to_be,
    struct why *why)
{
	AUTO(message_freep) sd_bus_message *where = NULL;
	AUTO(message_freep) sd_bus_message *reply = NULL;
	const char *path = NULL;
	int r = zone_path(bus, zone, &where, &path, why);

	if (r < 0)
		return r;
	return call(bus, path, FIREWALLD_CONFIG ".zone",
	    is_to_be ? "addPort" : "removePort", &reply, why, "ss", port,
	    "tcp");
}

int
firewalld_port_set(const char *zone, uint16_t port, bool is_permanent,
    bool is_to_be, struct why *why)
{
	AUTO(bus_freep) sd_bus *bus = NULL;
	AUTO(message_freep) sd_bus_message *reply = NULL;
	char text[PORT_TEXT_MAX];
	int r;

	if (!firewalld_zone_is_valid(zone))
		return why_set(why, -EINVAL, "that is no zone of firewalld");
	(void)snprintf(text, sizeof(text), "%u", (unsigned)port);
	r = bus_get(&bus, why);
	if (r < 0)
		return r;
	if (is_permanent)
		return set_permanent(bus, zone, text, is_to_be, why);
	if (is_to_be)
		return call(bus, FIREWALLD_PATH, FIREWALLD_ZONE, "addPort",
		    &reply, why, "sssi", zone, text, "tcp", 0);
	return call(bus, FIREWALLD_PATH, FIREWALLD_ZONE, "removePort", &reply,
	    why, "sss", zone, text, "tcp");
}
