/*
 * hoststat.h - texts of /proc and of cgroups about the whole machine, parsed
 *
 * Pure: each takes the text of one file and returns false when it is not that
 * file's; *ret is set only on true.
 */
#ifndef MAILFIX_SYS_HOSTSTAT_H
#define MAILFIX_SYS_HOSTSTAT_H

#include <stdbool.h>

struct hoststat_load {
	double load1, load5, load15;
};

struct hoststat_memory {
	double total, available, swap_total, swap_free; /* bytes */
};

/* /proc/loadavg */
bool hoststat_load_parse(const char *text, struct hoststat_load *ret);

/* /proc/meminfo; before Linux 3.14 without MemAvailable: false */
bool hoststat_memory_parse(const char *text, struct hoststat_memory *ret);

/* "NAME NUMBER" on a line of its own: /proc/vmstat, memory.stat */
bool hoststat_named_parse(const char *text, const char *name, double *ret);

/* /proc/pressure/X: "some ... avg60=1.23": a share, 0.0123 */
bool hoststat_pressure_parse(const char *text, double *ret);

/* /proc/sys/fs/file-nr: allocated, free, most */
bool hoststat_files_parse(const char *text, double *ret_open, double *ret_max);

/* one number; "max" is no number */
bool hoststat_number_parse(const char *text, double *ret);

/* cpu.max "QUOTA PERIOD": processors; "max" is no limit: false */
bool hoststat_cpu_max_parse(const char *text, double *ret);

#endif
