/*
 * silence.h - a process that can reach no other: nothing gets into the log
 */
#ifndef MAILFIX_SYS_SILENCE_H
#define MAILFIX_SYS_SILENCE_H

/*
 * silence_enter - from now on connect(2) fails with EACCES, here and in what
 * this process starts; not socket(2), which Postfix makes to learn of IPv6
 *
 * A tool that only answers a question of ours needs no line in the mail log
 * for it. Where the kernel cannot filter, it gets one: no harm.
 */
void silence_enter(void);

#endif
