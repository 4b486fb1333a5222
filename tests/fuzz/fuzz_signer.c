/*
 * fuzz_signer.c - any bytes as the configuration of a signer
 *
 * Purpose  what is read stays within its limits, and the reader comes to an end
 * Input    a file
 * Errors   abort
 * Runs as  any user
 * Source   agent/probes/ucl.h, signer.h
 */
#include <string.h>

#include "agent/probes/signer.h"
#include "agent/probes/ucl.h"
#include "tests/fuzz/fuzz.h"

/* As deep as the reader goes, and a root. */
#define DEPTH_MAX 40

static void
check_node(const struct ucl_node *node, unsigned depth)
{
	FUZZ_PROMISE(depth <= DEPTH_MAX);
	FUZZ_PROMISE(node->key != NULL);
	FUZZ_PROMISE(node->value == NULL || node->children == NULL);
	for (const struct ucl_node *child = node->children; child != NULL;
	     child = child->next) {
		check_node(child, depth + 1);
		FUZZ_PROMISE(child->next != NULL || child == node->last);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *text = arena_dup_n(
	    arena, (const char *)data, strnlen((const char *)data, size));
	struct ucl_node root = {.key = ""};
	struct why why = {0};
	const struct signer_row *rows;
	size_t count;

	(void)ucl_read(arena, "fuzz.conf", text, &root, &why);
	check_node(&root, 0);
	rows = signer_rows(arena, text, &count);
	for (size_t i = 0; i < count; i++) {
		FUZZ_PROMISE(rows[i].key[0] != '\0');
		FUZZ_PROMISE(strpbrk(rows[i].key, " \t\n#") == NULL);
		FUZZ_PROMISE(strpbrk(rows[i].value, "\n#") == NULL);
	}
	(void)arena_free(arena);
	return 0;
}
