/*
 * hoststat.c - texts of /proc and of cgroups about the whole machine, parsed
 *
 * Purpose  numbers out of the kernel's text files
 * Input    texts made by the kernel
 * Errors   false
 * Runs as  observer
 * Source   proc(5); Documentation/accounting/psi.rst, admin-guide/cgroup-v2.rst
 */
#include "agent/sys/hoststat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
hoststat_load_parse(const char *text, struct hoststat_load *ret)
{
	struct hoststat_load load;

	if (sscanf(text, "%lf %lf %lf", &load.load1, &load.load5,
	        &load.load15) != 3)
		return false;
	*ret = load;
	return true;
}

/* The number after a name that begins a line; in what follows the name. */
static bool
line_number(const char *text, const char *name, const char *after, double *ret)
{
	size_t length = strlen(name);

	for (; text != NULL; text = strchr(text, '\n')) {
		char *end;
		double number;

		if (*text == '\n')
			text++;
		if (strncmp(text, name, length) != 0 ||
		    strncmp(text + length, after, strlen(after)) != 0)
			continue;
		text += length + strlen(after);
		number = strtod(text, &end);
		if (end == text || number < 0)
			return false;
		*ret = number;
		return true;
	}
	return false;
}

bool
hoststat_named_parse(const char *text, const char *name, double *ret)
{
	return line_number(text, name, " ", ret);
}

bool
hoststat_memory_parse(const char *text, struct hoststat_memory *ret)
{
	struct hoststat_memory memory;

	if (!line_number(text, "MemTotal", ":", &memory.total) ||
	    !line_number(text, "MemAvailable", ":", &memory.available) ||
	    !line_number(text, "SwapTotal", ":", &memory.swap_total) ||
	    !line_number(text, "SwapFree", ":", &memory.swap_free) ||
	    memory.total <= 0)
		return false;
	/* the kernel says kB and means KiB */
	memory.total *= 1024;
	memory.available *= 1024;
	memory.swap_total *= 1024;
	memory.swap_free *= 1024;
	*ret = memory;
	return true;
}

bool
hoststat_pressure_parse(const char *text, double *ret)
{
	double avg10, avg60;

	if (sscanf(text, "some avg10=%lf avg60=%lf", &avg10, &avg60) != 2 ||
	    avg60 < 0 || avg60 > 100)
		return false;
	*ret = avg60 / 100;
	return true;
}

bool
hoststat_files_parse(const char *text, double *ret_open, double *ret_max)
{
	double allocated, unused, max;

	if (sscanf(text, "%lf %lf %lf", &allocated, &unused, &max) != 3 ||
	    max <= 0)
		return false;
	*ret_open = allocated - unused;
	*ret_max = max;
	return true;
}

bool
hoststat_number_parse(const char *text, double *ret)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || (*end != '\n' && *end != '\0'))
		return false;
	*ret = number;
	return true;
}

bool
hoststat_cpu_max_parse(const char *text, double *ret)
{
	double quota, period;

	if (sscanf(text, "%lf %lf", &quota, &period) != 2 || quota <= 0 ||
	    period <= 0)
		return false;
	*ret = quota / period;
	return true;
}
