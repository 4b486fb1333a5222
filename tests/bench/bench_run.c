/*
 * bench_run.c - run a program, say how long it took and how big it was
 *
 * Purpose  a small parent: a process inherits the size of the one that forked
 *          it (ru_maxrss outlives execve), and Python is bigger than mailfix
 * Input    argv: the program; its output is thrown away
 * Yields   "SECONDS KIB" on stdout; KIB is the largest of its processes
 * Errors   exit status 1
 * Runs as  any user
 * Source   getrusage(2)
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct timespec began = {0}, ended = {0};
	struct rusage usage = {0};
	pid_t pid;
	int fd;

	if (argc < 2)
		return 64;
	(void)clock_gettime(CLOCK_MONOTONIC, &began);
	pid = fork();
	if (pid == 0) {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		(void)dup2(fd, STDOUT_FILENO);
		(void)dup2(fd, STDERR_FILENO);
		(void)execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, NULL, 0, &usage) < 0)
		return 1;
	(void)clock_gettime(CLOCK_MONOTONIC, &ended);
	(void)printf("%.6f %ld\n",
	    (double)(ended.tv_sec - began.tv_sec) +
	        (double)(ended.tv_nsec - began.tv_nsec) / 1e9,
	    usage.ru_maxrss);
	return 0;
}
