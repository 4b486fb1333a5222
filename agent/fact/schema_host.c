/*
 * schema_host.c - facts about the machine: host, disk
 *
 * Purpose  the columns of the tables that every host has, mail or not
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   proc(5); Documentation/accounting/psi.rst; statvfs(3); adjtimex(2)
 */
#include "agent/fact/schema_rows.h"

static const struct column host_columns[] = {
    ROW_NUMBER("cpus", UNIT_COUNT, "processors that may be used",
        "sched_getaffinity(2), cgroup cpu.max"),
    ROW_NUMBER("load1", UNIT_COUNT, "load, 1 minute", "/proc/loadavg"),
    ROW_NUMBER("load5", UNIT_COUNT, "load, 5 minutes", "/proc/loadavg"),
    ROW_NUMBER("load15", UNIT_COUNT, "load, 15 minutes", "/proc/loadavg"),
    ROW_NUMBER("load_per_cpu", UNIT_COUNT, "load of 5 minutes by processor",
        "load5 / cpus"),
    ROW_NUMBER("memory_total", UNIT_BYTES,
        "memory of the host, or the limit of its cgroup when that is less",
        "/proc/meminfo MemTotal, cgroup memory.max"),
    ROW_NUMBER("memory_available", UNIT_BYTES,
        "memory that can be had without swapping",
        "/proc/meminfo MemAvailable, cgroup memory.current"),
    ROW_NUMBER("memory_available_share", UNIT_SHARE,
        "memory_available / memory_total", "/proc/meminfo"),
    ROW_NUMBER("swap_total", UNIT_BYTES, "swap space", "/proc/meminfo"),
    ROW_NUMBER("swap_used", UNIT_BYTES, "swap in use", "/proc/meminfo"),
    ROW_NUMBER("swap_used_share", UNIT_SHARE,
        "swap_used / swap_total; 0 without swap", "/proc/meminfo"),
    ROW_NUMBER("oom_kills", UNIT_COUNT,
        "processes killed for lack of memory since boot",
        "/proc/vmstat oom_kill"),
    ROW_NUMBER("pressure_cpu", UNIT_SHARE,
        "share of the last minute in which some task waited for a processor",
        "/proc/pressure/cpu some avg60"),
    ROW_NUMBER("pressure_memory", UNIT_SHARE, "the same, for memory",
        "/proc/pressure/memory some avg60"),
    ROW_NUMBER("pressure_io", UNIT_SHARE, "the same, for the disks",
        "/proc/pressure/io some avg60"),
    ROW_NUMBER("files_open", UNIT_COUNT, "file handles in use",
        "/proc/sys/fs/file-nr"),
    ROW_NUMBER("files_max", UNIT_COUNT, "file handles allowed",
        "/proc/sys/fs/file-nr"),
    ROW_NUMBER("files_share", UNIT_SHARE, "files_open / files_max",
        "/proc/sys/fs/file-nr"),
    ROW_NUMBER("conntrack_count", UNIT_COUNT,
        "connections the firewall keeps track of",
        "/proc/sys/net/netfilter/nf_conntrack_count"),
    ROW_NUMBER("conntrack_max", UNIT_COUNT, "connections it can keep track of",
        "/proc/sys/net/netfilter/nf_conntrack_max"),
    ROW_NUMBER("conntrack_share", UNIT_SHARE,
        "conntrack_count / conntrack_max; 0 where nothing is tracked",
        "/proc/sys/net/netfilter"),
    ROW_BOOL("clock_synced", "the kernel's clock is kept in step by something",
        "adjtimex(2) STA_UNSYNC"),
    ROW_NUMBER("clock_error", UNIT_SECONDS,
        "largest error the kernel expects of its clock",
        "adjtimex(2) maxerror"),
    ROW_NUMBER("uptime", UNIT_SECONDS, "since boot", "CLOCK_BOOTTIME"),
    ROW_BOOL("in_container", "this is a container, not a machine",
        "/run/systemd/container, /proc/1/environ"),
};

const struct table schema_host = {
    .name = "host",
    .doc = "the machine: processors, memory, pressure, handles, clock",
    .columns = host_columns,
    .column_count = ARRAY_COUNT(host_columns),
    .row_max = 1,
};

static const struct column disk_columns[] = {
    ROW_TEXT("role",
        "what of the mail system is on it: queue, log, root, "
        "mailboxes, state; joined by \", \"",
        "configuration, /proc/self/mountinfo"),
    ROW_BOOL("holds_queue", "the mail queue is on it", "the same"),
    ROW_BOOL("holds_log", "/var/log is on it", "the same"),
    ROW_TEXT("device", "what is mounted", "/proc/self/mountinfo"),
    ROW_TEXT("type", "its file system", "/proc/self/mountinfo"),
    ROW_NUMBER("total", UNIT_BYTES, "its size", "statvfs(3) f_blocks"),
    ROW_NUMBER(
        "free", UNIT_BYTES, "free for ordinary users", "statvfs(3) f_bavail"),
    ROW_NUMBER(
        "used", UNIT_SHARE, "share in use, as df(1) tells it", "statvfs(3)"),
    ROW_NUMBER("inodes_total", UNIT_COUNT, "inodes", "statvfs(3) f_files"),
    ROW_NUMBER("inodes_free", UNIT_COUNT, "inodes free", "statvfs(3) f_favail"),
    ROW_NUMBER("inodes_used", UNIT_SHARE,
        "share of inodes in use; 0 where they are not limited", "statvfs(3)"),
    ROW_BOOL(
        "read_only", "the file system is read-only", "/proc/self/mountinfo"),
    ROW_NUMBER("needed", UNIT_BYTES,
        "free space below which the mail system refuses mail; 0 when the "
        "queue is not on it",
        "postconf(5) queue_minfree, 1.5 * message_size_limit"),
};

const struct table schema_disk = {
    .name = "disk",
    .key = "mount",
    .doc = "every mounted file system that mail touches",
    .columns = disk_columns,
    .column_count = ARRAY_COUNT(disk_columns),
    .row_max = 64, /* as many places as mail may touch, doubled */
};
