/*
 * fuzz_proc_text.c - any bytes as texts of /proc
 *
 * Purpose  the small parsers give an answer or none, and stay in bounds
 * Input    the bytes of a stat, cgroup, loadavg, meminfo, ... file
 * Errors   abort
 * Runs as  any user
 * Source   proc.h, hoststat.h, socket_owner.h
 */
#include <string.h>

#include "agent/base/mem.h"
#include "agent/sys/hoststat.h"
#include "agent/sys/proc.h"
#include "agent/sys/socket_owner.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_alloc(size + 1, 1), unit[64];
	struct hoststat_memory memory;
	struct hoststat_load load;
	struct proc_stat stat;
	double a = 0, b = 0;

	(void)memcpy(text, data, size);
	(void)proc_stat_parse(text, &stat);
	(void)hoststat_load_parse(text, &load);
	if (hoststat_memory_parse(text, &memory))
		FUZZ_PROMISE(memory.total > 0 && memory.available >= 0);
	if (hoststat_pressure_parse(text, &a))
		FUZZ_PROMISE(a >= 0 && a <= 1);
	if (hoststat_files_parse(text, &a, &b))
		FUZZ_PROMISE(b > 0);
	if (hoststat_cpu_max_parse(text, &a))
		FUZZ_PROMISE(a > 0);
	if (hoststat_named_parse(text, "oom_kill", &a))
		FUZZ_PROMISE(a >= 0);
	socket_owner_unit_parse(text, unit, sizeof(unit));
	FUZZ_PROMISE(strlen(unit) < sizeof(unit));
	FUZZ_PROMISE(unit[0] == '\0' || strlen(unit) > strlen(".scope") - 1);
	free(text);
	return 0;
}
