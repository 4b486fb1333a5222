/*
 * program.h - start a helper program safely
 *
 * Fixed argument vector, a clean environment (PATH, LC_ALL=C, TZ kept), no
 * shell, stdin from bytes or /dev/null, output bounded, its own process group
 * killed at the deadline. Never through PATH: argv[0] is absolute. It dies with
 * the process that started it, so that after a crash the next run finds a host
 * that stands still.
 */
#ifndef MAILFIX_SYS_PROGRAM_H
#define MAILFIX_SYS_PROGRAM_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/why.h"

/* Longer than any tool of a mail system takes on a host that still works. */
#define PROGRAM_DEADLINE_MS 30000U

/* When output_max is 0: more than any tool says that we read. */
#define PROGRAM_OUTPUT_MAX (1024U * 1024U)

struct program {
	const char *const *argv; /* NULL-terminated; argv[0] absolute */
	const void *input;       /* may be NULL */
	size_t input_length;
	size_t output_max;    /* of stdout, and of stderr; more is dropped */
	uint32_t deadline_ms; /* 0: PROGRAM_DEADLINE_MS */
	bool is_read_only;    /* it may write nothing but /dev/null */
	bool is_silent; /* it may connect to nothing: no line in the log */
	bool is_joined; /* stderr into the same text as stdout */
};

struct program_result {
	int status;        /* exit status, or 128 + signal */
	bool is_late;      /* killed at the deadline */
	bool is_cut;       /* output_max reached */
	struct buf output; /* caller: buf_done */
	struct buf errors; /* stderr, unless is_joined */
};

/*
 * program_run - run it and wait
 *
 * ret  written only on success; the caller then owns output and errors
 *
 * What it wrote after its own end (by a child it left behind) is not waited
 * for. Where the kernel has no Landlock a read-only program does not run.
 * Returns 0 when it ran (whatever its status), or a negative errno:
 * -EOPNOTSUPP when is_read_only cannot be had.
 */
int program_run(
    const struct program *program, struct program_result *ret, struct why *why);

/*
 * program_start - run it with its stdout in a pipe, and do not wait
 *
 * For the actor: the read end goes to an observer. The child dies with its
 * parent (PR_SET_PDEATHSIG). Only argv, is_read_only, is_joined are used.
 */
int program_start(const struct program *program, pid_t *ret_pid, int *ret_fd,
    struct why *why);

#endif
