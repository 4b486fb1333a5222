/*
 * schema_mta.c - facts about the mail system: mta, setting, unit, map, chroot_file,
 * queue_path, port
 *
 * Purpose  the columns of the tables about the mail system and its services
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   postconf(5), postfix(1), org.freedesktop.systemd1(5), proc(5)
 */
#include "agent/fact/schema_firewall.h"
#include "agent/fact/schema_rows.h"
#include "agent/mta/mta_config.h"

static const char *const mta_kinds[] = {"postfix", "exim", "none", NULL};

static const struct column mta_columns[] = {
    ROW_ENUM("kind", mta_kinds, "which mail system", "installed programs"),
    ROW_TEXT("version", "its version", "postconf mail_version"),
    ROW_BOOL("running", "its main process runs",
        "pid file of the queue directory, /proc/PID"),
    ROW_NUMBER("pid", UNIT_COUNT, "its main process", "pid file"),
    ROW_NUMBER("uptime", UNIT_SECONDS, "since its main process started",
        "/proc/PID/stat"),
    ROW_TEXT("unit", "the systemd unit that runs it",
        "GetUnitByPID, or the unit whose ExecStart= starts it"),
    ROW_BOOL("config_valid", "its own tools accept the configuration",
        "postconf(1), postmap(1), master.cf"),
    ROW_TEXT("config_error", "what is wrong with it; empty when it passes",
        "the same"),
    ROW_TEXT("config_directory", "where its configuration is", "postconf"),
    ROW_TEXT("queue_directory", "where its queue is", "postconf"),
    ROW_NUMBER("process_limit", UNIT_COUNT, "server processes allowed",
        "default_process_limit"),
    ROW_NUMBER("process_used", UNIT_COUNT, "smtpd processes now, all services",
        "/proc"),
    ROW_NUMBER("process_share", UNIT_SHARE,
        "of the fullest service: its processes / its own limit",
        "/proc, master.cf"),
    ROW_NUMBER("process_memory", UNIT_BYTES,
        "memory that one more smtpd takes: the largest one's own pages",
        "/proc/PID/statm of those that run"),
    ROW_NUMBER("client_connections", UNIT_COUNT,
        "connections that one client may have at a time; 0: no limit",
        "smtpd_client_connection_count_limit"),
    ROW_NUMBER("client_rate", UNIT_PER_SECOND,
        "connections that one client may make; 0: no limit",
        "smtpd_client_connection_rate_limit, anvil_rate_time_unit"),
    ROW_TEXT("milter_action", "what it does when a milter is away",
        "milter_default_action"),
    ROW_NUMBER("message_size_limit", UNIT_BYTES, "largest message; 0: none",
        "message_size_limit"),
    ROW_NUMBER("queue_minfree", UNIT_BYTES,
        "free space below which it refuses mail", "queue_minfree"),
    ROW_NUMBER("other_instances", UNIT_COUNT,
        "further instances of it, which mailfix does not look at",
        "multi_instance_directories"),
    ROW_BOOL("maintenance", "a package manager is at work",
        "locks of dpkg, apt, rpm"),
};

const struct table schema_mta = {
    .name = "mta",
    .doc = "the mail system: version, configuration, processes",
    .columns = mta_columns,
    .column_count = ARRAY_COUNT(mta_columns),
    .row_max = 1,
};

static const struct column setting_columns[] = {
    ROW_TEXT("value", "what it is set to", "main.cf, master.cf"),
    ROW_TEXT("place", "where: file:line", "main.cf, master.cf"),
    ROW_ENUM("problem", mta_advice_problems, "what is wrong with it",
        "postconf(5), QSHAPE_README"),
    ROW_ENUM("effect", mta_advice_effects,
        "useless: it does nothing; harmful: not what one wants",
        "postconf(5), QSHAPE_README"),
    ROW_TEXT("does", "what it does", "postconf(5), QSHAPE_README"),
    ROW_TEXT("instead", "what to write instead", "postconf(5), QSHAPE_README"),
};

const struct table schema_setting = {
    .name = "setting",
    .key = "parameter",
    .doc = "settings that look like a throttle and are none",
    .columns = setting_columns,
    .column_count = ARRAY_COUNT(setting_columns),
    .row_max = 64, /* more than anybody has; the first ones are told */
};

static const char *const unit_roles[] = {
    "mta", "milter", "auth", "filter", "resolver", "other", NULL};
static const char *const unit_loads[] = {"loaded", "not-found", "bad-setting",
    "error", "merged", "masked", "stub", NULL};
static const char *const unit_actives[] = {"active", "reloading", "inactive",
    "failed", "activating", "deactivating", "maintenance", "refreshing", NULL};

static const struct column unit_columns[] = {
    ROW_ENUM("role", unit_roles, "what it does for mail",
        "configuration, processes, unit names"),
    ROW_ENUM("load", unit_loads,
        "was its file read; masked also when the unit that pulls it in is",
        "LoadState, PartOf"),
    ROW_ENUM("active", unit_actives, "its state", "ActiveState"),
    ROW_TEXT("sub", "its state in detail", "SubState"),
    ROW_TEXT("result",
        "how it ended: success, exit-code, signal, timeout, "
        "oom-kill, start-limit-hit, ...",
        "Result"),
    ROW_NUMBER("restarts", UNIT_COUNT,
        "restarts by systemd itself since it was last started by hand",
        "NRestarts"),
    ROW_NUMBER("since", UNIT_SECONDS, "in this state for",
        "StateChangeTimestampMonotonic"),
    ROW_BOOL("enabled", "started at boot, or pulled in by a unit that is",
        "UnitFileState, WantedBy"),
    ROW_BOOL("running", "its main process really runs",
        "MainPID, or the mail system's own pid file"),
    ROW_BOOL("wanted", "it should run: enabled, installed, not masked",
        "load, enabled"),
    ROW_BOOL("busy", "a job of systemd waits or runs for it", "Job"),
    ROW_TEXT("switch",
        "the unit to enable or unmask: the one it is part of, or itself",
        "PartOf"),
    ROW_TEXT("description", "what it calls itself", "Description"),
};

const struct table schema_unit = {
    .name = "unit",
    .key = "name",
    .doc = "the services that mail needs",
    .columns = unit_columns,
    .column_count = ARRAY_COUNT(unit_columns),
    .row_max = 64,
};

static const struct column map_columns[] = {
    ROW_TEXT(
        "type", "kind of the built table: hash, lmdb, ...", "configuration"),
    ROW_TEXT("built", "the built file", "postmap(1)"),
    ROW_TEXT("setting", "a setting that names it", "configuration"),
    ROW_BOOL("exists", "the built file is there", "stat(2)"),
    ROW_BOOL("stale", "the source was changed after the table was built",
        "stat(2) of both"),
    ROW_NUMBER("behind", UNIT_SECONDS, "by how much; 0 when not stale",
        "stat(2) of both"),
};

const struct table schema_map = {
    .name = "map",
    .key = "path",
    .doc = "lookup tables built from a text file",
    .columns = map_columns,
    .column_count = ARRAY_COUNT(map_columns),
    .row_max = 128, /* settings that can name a table, with room */
};

static const struct column chroot_file_columns[] = {
    ROW_TEXT("source", "the file of the host", "postfix-script"),
    ROW_BOOL("exists", "there is a copy in the chroot", "stat(2)"),
    ROW_BOOL("stale", "the copy differs from the file of the host",
        "both files' bytes"),
};

const struct table schema_chroot_file = {
    .name = "chroot_file",
    .key = "path",
    .doc = "copies of system files in the mail system's chroot",
    .columns = chroot_file_columns,
    .column_count = ARRAY_COUNT(chroot_file_columns),
    .row_max = 32,
};

static const struct column queue_path_columns[] = {
    ROW_BOOL("exists", "it is there", "stat(2)"),
    ROW_TEXT("mode", "owner, group and mode: \"postfix root 0700\"", "stat(2)"),
    ROW_TEXT("wanted", "what it must be", "postfix-files"),
    ROW_BOOL(
        "wrong", "owner, group or mode differ from what they must be", "both"),
};

const struct table schema_queue_path = {
    .name = "queue_path",
    .key = "path",
    .doc = "directories of the queue and who may use them",
    .columns = queue_path_columns,
    .column_count = ARRAY_COUNT(queue_path_columns),
    .row_max = 64,
};

static const struct column port_columns[] = {
    ROW_BOOL(
        "wanted", "the mail system's configuration listens on it", "master.cf"),
    ROW_BOOL("wanted_all", "the configuration wants it on all interfaces",
        "inet_interfaces, master.cf"),
    ROW_TEXT("service", "the name of the service that wants it", "master.cf"),
    ROW_BOOL("listening", "something listens on it, beyond loopback or not",
        "NETLINK_SOCK_DIAG"),
    ROW_BOOL("listening_v4", "on IPv4", "NETLINK_SOCK_DIAG"),
    ROW_BOOL("listening_v6", "on IPv6", "NETLINK_SOCK_DIAG"),
    ROW_BOOL("local_only", "only on loopback addresses", "NETLINK_SOCK_DIAG"),
    ROW_TEXT("process", "name of the process that listens",
        "/proc/PID/fd, /proc/PID/comm"),
    ROW_NUMBER("pid", UNIT_COUNT, "that process", "/proc/PID/fd"),
    ROW_TEXT("unit", "the unit of that process", "/proc/PID/cgroup"),
    ROW_BOOL("by_mta", "it belongs to the mail system", "/proc/PID"),
    ROW_JOINED_ENUM("firewall", firewall_managers, FIREWALL_DOC_MANAGER,
        "firewall", "manager"),
    ROW_JOINED_ENUM("inbound_v4", firewall_verdicts, FIREWALL_DOC_IN_V4,
        "firewall", "inbound_v4"),
    ROW_JOINED_ENUM("inbound_v6", firewall_verdicts, FIREWALL_DOC_IN_V6,
        "firewall", "inbound_v6"),
    ROW_JOINED_TEXT(
        "inbound_rule", FIREWALL_DOC_IN_RULE, "firewall", "inbound_rule"),
    ROW_JOINED_TEXT(
        "closed_for", FIREWALL_DOC_CLOSED, "firewall", "closed_for"),
    ROW_JOINED_TEXT(
        "open_for_some", FIREWALL_DOC_SOME, "firewall", "open_for_some"),
    ROW_JOINED_TEXT("shadowed", FIREWALL_DOC_SHADOWED, "firewall", "shadowed"),
    ROW_JOINED_TEXT(
        "shadowed_by", FIREWALL_DOC_SHADOWED_BY, "firewall", "shadowed_by"),
    ROW_JOINED_ENUM("outbound_v4", firewall_verdicts, FIREWALL_DOC_OUT_V4,
        "firewall", "outbound_v4"),
    ROW_JOINED_ENUM("outbound_v6", firewall_verdicts, FIREWALL_DOC_OUT_V6,
        "firewall", "outbound_v6"),
    ROW_JOINED_TEXT(
        "outbound_rule", FIREWALL_DOC_OUT_RULE, "firewall", "outbound_rule"),
    ROW_JOINED_TEXT(
        "blocked_for", FIREWALL_DOC_BLOCKED, "firewall", "blocked_for"),
};

const struct table schema_port = {
    .name = "port",
    .key = "number",
    .doc = "the ports of mail: who listens, and who may reach them",
    .columns = port_columns,
    .column_count = ARRAY_COUNT(port_columns),
    .row_max = 64,
};
