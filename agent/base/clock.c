/*
 * clock.c - the only source of time
 *
 * Purpose  wall time and boot time, which tests can fix
 * Input    the kernel's clocks; /proc/sys/kernel/random/boot_id
 * Errors   none: both clocks always exist on Linux
 * Runs as  both roles
 * Source   clock_gettime(2); random(4) for boot_id; RFC 3339
 */
#include "agent/base/clock.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/auto.h"

static int64_t fixed_s = -1;

int64_t
clock_now_s(void)
{
	struct timespec ts;

	if (fixed_s >= 0)
		return fixed_s;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

int64_t
clock_boot_ms(void)
{
	struct timespec ts;

	if (fixed_s >= 0)
		return fixed_s * 1000;
	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const char *
clock_boot_id(void)
{
	static char id[40];
	AUTO_CLOSE int fd = -1;
	ssize_t n;

	if (id[0] != '\0')
		return id;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, id, sizeof(id) - 1) : 0;
	id[n > 0 ? n : 0] = '\0';
	id[strcspn(id, "\n")] = '\0';
	return id;
}

const char *
clock_iso(int64_t now_s, char text[static CLOCK_ISO_MAX])
{
	time_t t = (time_t)now_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, CLOCK_ISO_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)strcpy(text, "?");
	return text;
}

void
clock_fix(int64_t now_s)
{
	fixed_s = now_s;
}
