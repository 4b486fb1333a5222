/*
 * observer_child.h - the observer's own side, after the fork
 */
#ifndef MAILFIX_PROBES_OBSERVER_CHILD_H
#define MAILFIX_PROBES_OBSERVER_CHILD_H

#include "agent/probes/probe.h"
#include "agent/sys/sandbox.h"

/*
 * observer_child - shut itself in, collect, tell, end
 * wanted  by schema index: the tables to tell about
 */
void observer_child(struct probe_job *job, int wire, const bool *wanted,
    const struct sandbox *sandbox) __attribute__((noreturn));

#endif
