/*
 * hygiene.h - what a process inherits, and must not
 */
#ifndef MAILFIX_MAIN_HYGIENE_H
#define MAILFIX_MAIN_HYGIENE_H

/*
 * hygiene - first thing in main
 *
 * Descriptors 0 to 2 are open; no signal is blocked or ignored that we rely
 * on; a write beyond a limit or to a closed pipe fails instead of killing;
 * root keeps nothing of the environment but what changes the looks of texts.
 */
void hygiene(void);

#endif
