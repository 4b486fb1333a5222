/*
 * auto.h - scope-bound clean-up and hand-over of ownership
 *
 * AUTO_FREE char *p = NULL;  freed at the end of the scope
 * AUTO_CLOSE int fd = -1;    closed at the end of the scope
 * AUTO_DEFINE(struct plan, plan_free) makes plan_freep for AUTO(plan_freep).
 * TAKE(p) and TAKE_FD(fd) give the value away and leave NULL or -1 behind.
 */
#ifndef MAILFIX_BASE_AUTO_H
#define MAILFIX_BASE_AUTO_H

#include <stdlib.h>
#include <unistd.h>

#define AUTO(fn)   __attribute__((cleanup(fn)))
#define AUTO_FREE  AUTO(auto_free)
#define AUTO_CLOSE AUTO(auto_close)

#define AUTO_DEFINE(type, fn)                                                  \
	static inline void fn##p(type **p)                                     \
	{                                                                      \
		if (*p != NULL)                                                \
			fn(*p);                                                \
	}                                                                      \
	struct auto_define_eats_the_semicolon

#define TAKE(p)                                                                \
	__extension__({                                                        \
		__typeof__(p) take_value_ = (p);                               \
		(p) = NULL;                                                    \
		take_value_;                                                   \
	})
#define TAKE_FD(fd)                                                            \
	__extension__({                                                        \
		int take_fd_ = (fd);                                           \
		(fd) = -1;                                                     \
		take_fd_;                                                      \
	})

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

static inline void
auto_free(void *p)
{
	free(*(void **)p);
}

static inline void
auto_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#endif
