/*
 * descriptors.c - a unit test that leaks a file descriptor fails
 *
 * Purpose  linked into every unit test: counts open descriptors before main()
 *          and after it, and ends with status 99 when there are more
 * Input    /proc/self/fd
 * Errors   none: where /proc is away nothing is compared
 * Runs as  the test
 * Source   proc(5); compilers and checkers of this age find no leaked
 *          descriptor
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int before = -1;
static pid_t owner;

static int
count(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}

static void __attribute__((constructor)) descriptors_begin(void)
{
	owner = getpid();
	before = count();
}

static void __attribute__((destructor)) descriptors_end(void)
{
	int after = count();

	/* a child of the test may end with what it was given */
	if (before < 0 || after <= before || getpid() != owner)
		return;
	(void)fflush(stdout);
	(void)fprintf(stderr, "%d file descriptors leaked\n", after - before);
	_exit(99);
}
