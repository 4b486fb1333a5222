/*
 * child.h - wait for a child process, never for longer than told
 */
#ifndef MAILFIX_SYS_CHILD_H
#define MAILFIX_SYS_CHILD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

/* Not clock.h: a test that fixes the clock must still see an end. */
int64_t child_now_ms(void);

/*
 * child_wait - at most that long
 * Returns true when it is gone, and reaped; *ret_status as of waitpid(2), 0
 * when somebody else has reaped it.
 */
bool child_wait(pid_t pid, int ms, int *ret_status);

/*
 * child_end - kill it, and its process group if it leads one
 *
 * What is not gone a second after SIGKILL waits in the kernel for a device,
 * such as a hung mount: then it returns false, and nobody waits for it.
 */
bool child_end(pid_t pid, int *ret_status);

#endif
