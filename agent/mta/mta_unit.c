/*
 * mta_unit.c - which unit of systemd runs the mail system
 *
 * Purpose  find it by the process, else by what its ExecStart= starts
 * Input    systemd's answers
 * Errors   negative errno; -ENOENT when no unit runs it
 * Runs as  observer
 * Source   systemd.unit(5); Debian's postfix package: postfix.service runs
 *          /bin/true, its generator pulls in postfix@-.service, which has no
 *          MainPID=
 */
#include "agent/mta/mta_unit.h"

#include <errno.h>
#include <string.h>

#include "agent/base/text.h"

/* Target <- postfix.service <- postfix@-.service; a socket may be between. */
#define PULLED_DEPTH 3

static bool
starts_mta(const struct mta *mta, const struct bus_unit *unit)
{
	const char *const *wanted = mta->ops->start_programs;

	for (size_t i = 0; wanted != NULL && wanted[i] != NULL; i++)
		for (size_t j = 0; unit->programs[j] != NULL; j++)
			if (strcmp(unit->programs[j], wanted[i]) == 0)
				return true;
	return false;
}

static bool
pulled(struct bus *bus, struct arena *arena, const struct bus_unit *unit,
    int depth, bool *is_masked)
{
	if (strcmp(unit->load, "masked") == 0) {
		*is_masked = true;
		return false;
	}
	if (strcmp(unit->file_state, "enabled") == 0)
		return true;
	for (size_t i = 0; unit->pulled_by[i] != NULL; i++) {
		struct bus_unit other;

		if (text_ends(unit->pulled_by[i], ".target"))
			return true;
		if (depth > 0 &&
		    bus_unit_read(
		        bus, arena, unit->pulled_by[i], &other, NULL) == 0 &&
		    pulled(bus, arena, &other, depth - 1, is_masked))
			return true;
	}
	return false;
}

bool
mta_unit_is_pulled(struct bus *bus, struct arena *arena,
    const struct bus_unit *unit, bool *ret_masked)
{
	bool is_masked = false;
	bool is_pulled = pulled(bus, arena, unit, PULLED_DEPTH, &is_masked);

	for (size_t i = 0; unit->part_of[i] != NULL && !is_masked; i++) {
		struct bus_unit whole;

		is_masked = bus_unit_read(bus, arena, unit->part_of[i], &whole,
		                NULL) == 0 &&
		            strcmp(whole.load, "masked") == 0;
	}
	*ret_masked = is_masked;
	return is_pulled && !is_masked;
}

/* How likely it is the one; 0: it is not there. */
static int
unit_rank(struct bus *bus, struct arena *arena, const struct mta *mta,
    const struct bus_unit *unit)
{
	bool is_masked;
	int rank = 1;

	/* more than any that only pulls it in (Debian's postfix.service, which
	 * stays active), less than any that really starts it */
	if (strcmp(unit->load, "masked") == 0)
		return 8;
	if (strcmp(unit->load, "loaded") != 0)
		return 0;
	if (starts_mta(mta, unit))
		rank += 8;
	if (strcmp(unit->active, "inactive") != 0)
		rank += 2;
	if (mta_unit_is_pulled(bus, arena, unit, &is_masked) || is_masked)
		rank += 4;
	return rank;
}

int
mta_unit_find(struct bus *bus, struct arena *arena, const struct mta *mta,
    pid_t pid, struct bus_unit *ret, struct why *why)
{
	const char *name = NULL;
	int best = 0, code = -ENOENT;

	if (mta->ops == NULL)
		return why_set(why, -ENOENT, "there is no mail system here");
	if (pid > 0)
		code = bus_unit_of_pid(bus, arena, pid, &name, why);
	if (code < 0 && code != -ENOENT)
		return code;
	/* one that was started by hand runs in a session's scope */
	if (code == 0 && text_ends(name, ".service"))
		return bus_unit_read(bus, arena, name, ret, why);
	for (size_t i = 0; mta->ops->unit_names[i] != NULL; i++) {
		struct bus_unit unit;
		int rank;

		code = bus_unit_read(
		    bus, arena, mta->ops->unit_names[i], &unit, why);
		if (code < 0)
			return code;
		rank = unit_rank(bus, arena, mta, &unit);
		if (rank > best) {
			best = rank;
			*ret = unit;
		}
	}
	return best > 0 ? 0
	                : why_set(why, -ENOENT,
	                      "no unit of systemd starts the mail system");
}
