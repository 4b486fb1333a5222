/*
 * command.c - the table of commands
 *
 * Purpose  which commands there are, what they take, who carries them out
 * Input    none: data
 * Errors   none
 * Runs as  the actor
 * Source   SPEC section 2
 */
#include "agent/main/command.h"

#include "agent/main/options.h"

#define COMMAND(n, arguments, who, how, function, text)                        \
	{                                                                      \
		.name = (n), .synopsis = (arguments), .bit = (who),            \
		.formats = (how), .run = (function), .doc = (text)             \
	}

static const char *const both[] = {"text", "json", NULL};

/* clang-format off: one command, one block */
const struct command command_rows[] = {
    COMMAND("", "[PLAYBOOK]...", FOR_RUN, NULL, cmd_run,
        "look, diagnose, plan; apply what is approved"),
    COMMAND("explain", "playbook NAME | reply TEXT | port ... | spf ...",
        FOR_EXPLAIN, both, cmd_explain,
        "a playbook; a reply; what the firewall does; SPF"),
    COMMAND("facts", "[TABLE]...", FOR_FACTS, both, cmd_facts,
        "what was observed, and what is not known and why"),
    COMMAND("lint", "[FILE]...", FOR_LINT, both, cmd_lint,
        "check playbooks and configuration"),
    COMMAND("history", "[RUN]", FOR_HISTORY, both, cmd_history,
        "runs, findings, changes"),
    COMMAND("undo", "RUN | RUN/CHANGE | --last | --temporary", FOR_UNDO, both,
        cmd_undo, "put back what a run changed"),
    COMMAND("audit", "verify | show [RUN]", FOR_AUDIT, both, cmd_audit,
        "check the chain of the audit log; print it"),
    COMMAND("pause", "DURATION [REASON]", FOR_PAUSE, both, cmd_pause,
        "let no run change anything for a while"),
    COMMAND("resume", "", FOR_PAUSE, both, cmd_resume, "end a pause"),
    {.name = NULL},
};
