/*
 * exim.c - the row of Exim: found, and said what is not known of it
 *
 * Purpose  a host with Exim is not taken for one without a mail system
 * Input    which programs are installed
 * Errors   -EOPNOTSUPP for all that this version does not know of Exim
 * Runs as  the actor, or any user
 * Source   exim(8); Debian's exim4-base: paths
 */
#include "agent/mta/exim.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"

static const struct {
	const char *program, *config_dir, *queue_dir, *owner;
} exims[] = {
    {"/usr/sbin/exim4", "/etc/exim4", "/var/spool/exim4", "Debian-exim"},
    {"/usr/sbin/exim",  "/etc/exim",  "/var/spool/exim",  "exim"       },
};

static int
exim_detect(struct arena *arena, const struct config *config, struct mta *mta,
    struct why *why)
{
	static const char *const none[] = {NULL};

	(void)arena;
	(void)config;
	(void)why;
	for (size_t i = 0; i < ARRAY_COUNT(exims); i++) {
		if (access(exims[i].program, F_OK) < 0)
			continue;
		*mta = (struct mta){.ops = &exim_ops,
		    .kind = exim_ops.kind,
		    .config_dir = exims[i].config_dir,
		    .queue_dir = exims[i].queue_dir,
		    .program_dir = "/usr/sbin",
		    .owner = exims[i].owner,
		    .owner_uid = (uid_t)-1,
		    .owner_gid = (gid_t)-1,
		    .settings_error =
		        "this version of mailfix does not read Exim's settings",
		    .mailbox_dirs = none,
		    .instances = none};
		return 1;
	}
	return 0;
}

static int
exim_master_pid(const struct mta *mta, pid_t *ret, struct why *why)
{
	(void)mta;
	(void)ret;
	return why_set(why, -EOPNOTSUPP,
	    "this version of mailfix does not know Exim's processes");
}

static int
exim_queue_command(const struct mta *mta, int verb, const char *queue,
    const char *const *ids, size_t count, struct why *why)
{
	(void)mta;
	(void)verb;
	(void)queue;
	(void)ids;
	(void)count;
	return why_set(why, -EOPNOTSUPP,
	    "this version of mailfix does not change Exim's queue");
}

/* "1rABCD-000123-4X", and the longer form since 4.97 */
static bool
exim_queue_id_ok(const char *id)
{
	size_t length = strlen(id);

	if (length < 16 || length >= MTA_QUEUE_ID_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)id[i]) && id[i] != '-')
			return false;
	return true;
}

static const char *const *
exim_map_build(
    struct arena *arena, const struct mta *mta, const struct mta_map *map)
{
	(void)arena;
	(void)mta;
	(void)map;
	return NULL;
}

static const char *const check_argv[] = {"/usr/sbin/exim", "-bV", NULL};
static const char *const unit_names[] = {"exim4.service", "exim.service", NULL};
static const char *const start_programs[] = {"/usr/sbin/exim4",
    "/usr/sbin/exim", "/etc/init.d/exim4", "/usr/lib/exim4/exim4", NULL};

const struct mta_ops exim_ops = {
    .kind = "exim",
    .detect = exim_detect,
    .master_pid = exim_master_pid,
    .config_check = check_argv,
    .unit_names = unit_names,
    .start_programs = start_programs,
    .queue_id_ok = exim_queue_id_ok,
    .queue_command = exim_queue_command,
    .map_build = exim_map_build,
};
