/*
 * replay_main.c - a fuzzer's corpus as a plain test
 *
 * Purpose  feed each file of a folder to the fuzzer; so each find stays fixed
 * Input    argv[1]: the folder; nothing in it is trusted
 * Errors   status 1 when there is no file; a crash is a crash
 * Runs as  any user, in every build
 * Source   the habit of systemd's src/fuzz/fuzz-main.c
 */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "tests/fuzz/fuzz.h"

/* libFuzzer's own limit is 1 MiB, too. */
#define INPUT_MAX (1U << 20)

static int
replay(int dir, const char *name)
{
	AUTO_BUF struct buf input = {0};
	AUTO_FREE uint8_t *exact = NULL;
	struct why why;

	(void)printf("  %s\n", name);
	(void)fflush(stdout); /* the last one told is the one that crashes */
	if (file_read(dir, name, INPUT_MAX, &input, &why) < 0) {
		(void)printf("%s\n", why.text);
		return -1;
	}
	/* of exactly that size, so that a sanitizer sees one byte too far */
	exact = malloc(input.length != 0 ? input.length : 1);
	if (exact == NULL)
		return -1;
	if (input.length != 0)
		(void)memcpy(exact, input.text, input.length);
	return LLVMFuzzerTestOneInput(exact, input.length);
}

int
main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	const struct dirent *entry;
	size_t count = 0;
	int failed = 0;

	if (dir == NULL) {
		(void)fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 1;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay(dirfd(dir), entry->d_name) < 0)
			failed++;
		count++;
	}
	(void)closedir(dir);
	(void)printf("%zu inputs\n", count);
	return count == 0 || failed > 0;
}
