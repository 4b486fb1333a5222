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

const struct command command_rows[] = {
    {.name = "",
     .synopsis = "[PLAYBOOK]...",
     .bit = FOR_RUN,
     .run = cmd_run,
     .doc = "look, diagnose, plan; apply what is approved"},
    {.name = NULL},
};
