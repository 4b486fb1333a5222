/*
 * command.h - one function a command; each returns the exit status
 */
#ifndef MAILFIX_MAIN_COMMAND_H
#define MAILFIX_MAIN_COMMAND_H

#include "agent/main/options.h"

/* Exit statuses of SPEC section 2; 64, 75 and 78 are those of sysexits(3). */
enum {
	EXIT_HEALTHY = 0,
	EXIT_PROBLEMS = 1,
	EXIT_UNKNOWN = 2,
	EXIT_UNDONE = 3,
	EXIT_USAGE = 64,
	EXIT_BUSY = 75,
	EXIT_CONFIG = 78
};

int cmd_run(const struct options *options);
int cmd_explain(const struct options *options);

/* explain_reply - of cmd_explain: `explain reply TEXT` */
int explain_reply(const struct options *options);
/* explain_port - of cmd_explain: `explain port in|out PORT ...` */
int explain_port(const struct options *options);
/* explain_spf - of cmd_explain: `explain spf DOMAIN from ADDR` */
int explain_spf(const struct options *options);
int cmd_facts(const struct options *options);
int cmd_lint(const struct options *options);
int cmd_history(const struct options *options);
int cmd_undo(const struct options *options);
int cmd_audit(const struct options *options);
int cmd_pause(const struct options *options);
int cmd_resume(const struct options *options);

#endif
