/*
 * pattern.c - regular expressions through PCRE2; the only file that sees it
 *
 * Purpose  compile once, match with limits
 * Input    patterns of playbooks (root's); texts from anywhere, hostile
 * Errors   -EINVAL for a pattern, -E2BIG for a match that takes too long
 * Runs as  both roles
 * Source   pcre2api(3), pcre2limits(3), pcre2pattern(3)
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "agent/base/pattern.h"

#include <errno.h>
#include <pcre2.h>
#include <stdint.h>
#include <string.h>

/* A line of an INI file, continued a few times. */
#define PATTERN_LENGTH_MAX 2048

/* Deeper nesting is no pattern that anybody wrote by hand. */
#define PATTERN_NEST_MAX 32

/*
 * Steps of one match. PCRE2's own default is ten million, which takes about a
 * second; a pattern that suits a log line or a reply of SMTP needs hundreds.
 */
#define PATTERN_MATCH_LIMIT 200000

/* Backtracking points held at once, and the memory for them. */
#define PATTERN_DEPTH_LIMIT 10000
#define PATTERN_HEAP_KIB    4096

/* No pattern of ours has more named groups, and the whole match is one. */
#define PATTERN_GROUPS_MAX 8

struct pattern_scratch {
	pcre2_match_context *limits;
	pcre2_match_data *data;
};

struct pattern {
	pcre2_code *code;                /* in the arena */
	struct pattern_scratch *scratch; /* NULL: a new one for each match */
};

static void *
arena_malloc(size_t size, void *arena)
{
	return arena_alloc(arena, 1, size);
}

static void
arena_keep(void *p, void *arena)
{
	(void)p;
	(void)arena; /* freed as a whole */
}

static pcre2_code *
code_compile(
    struct arena *arena, const char *regex, int *ret_error, PCRE2_SIZE *ret_at)
{
	pcre2_general_context *memory =
	    pcre2_general_context_create(arena_malloc, arena_keep, arena);
	pcre2_compile_context *context = pcre2_compile_context_create(memory);

	(void)pcre2_set_parens_nest_limit(context, PATTERN_NEST_MAX);
	return pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
	    PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C |
	        PCRE2_DOLLAR_ENDONLY,
	    ret_error, ret_at, context);
}

int
pattern_compile(struct arena *arena, const char *regex, struct pattern **ret,
    struct why *why)
{
	struct pattern *pattern;
	PCRE2_UCHAR text[160];
	PCRE2_SIZE at = 0;
	pcre2_code *code;
	int error = 0;

	if (strlen(regex) > PATTERN_LENGTH_MAX)
		return why_set(why, -EINVAL,
		    "the pattern is longer than %d bytes", PATTERN_LENGTH_MAX);
	code = code_compile(arena, regex, &error, &at);
	if (code == NULL) {
		if (pcre2_get_error_message(error, text, sizeof(text)) < 0)
			(void)strcpy((char *)text, "it cannot be compiled");
		return why_set(why, -EINVAL,
		    "wrong pattern '%s': %s, at its byte %zu", regex,
		    (const char *)text, at + 1);
	}
	pattern = arena_alloc(arena, 1, sizeof(*pattern));
	pattern->code = code;
	*ret = pattern;
	return 0;
}

static void
groups_fill(const struct pattern *pattern, pcre2_match_data *data,
    const char *bytes, struct pattern_group *groups, size_t count)
{
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);
	uint32_t pairs = pcre2_get_ovector_count(data);

	for (size_t i = 0; i < count; i++) {
		int n = pcre2_substring_number_from_name(
		    pattern->code, (PCRE2_SPTR)groups[i].name);

		groups[i].text = NULL;
		groups[i].length = 0;
		if (n <= 0 || (uint32_t)n >= pairs ||
		    ends[2 * n] == PCRE2_UNSET || ends[2 * n + 1] < ends[2 * n])
			continue;
		groups[i].text = bytes + ends[2 * n];
		groups[i].length = ends[2 * n + 1] - ends[2 * n];
	}
}

static pcre2_match_context *
limits_new(pcre2_general_context *memory)
{
	pcre2_match_context *limits = pcre2_match_context_create(memory);

	if (limits == NULL)
		return NULL;
	(void)pcre2_set_match_limit(limits, PATTERN_MATCH_LIMIT);
	(void)pcre2_set_depth_limit(limits, PATTERN_DEPTH_LIMIT);
	(void)pcre2_set_heap_limit(limits, PATTERN_HEAP_KIB);
	return limits;
}

struct pattern_scratch *
pattern_scratch_new(struct arena *arena)
{
	struct pattern_scratch *scratch =
	    arena_alloc(arena, 1, sizeof(*scratch));
	pcre2_general_context *memory =
	    pcre2_general_context_create(arena_malloc, arena_keep, arena);

	scratch->limits = limits_new(memory);
	scratch->data = pcre2_match_data_create(PATTERN_GROUPS_MAX, memory);
	return scratch;
}

void
pattern_share(struct pattern *pattern, struct pattern_scratch *scratch)
{
	pattern->scratch = scratch;
}

static int
match(const struct pattern *pattern, const char *bytes, size_t length,
    const struct pattern_scratch *scratch, struct pattern_group *groups,
    size_t count)
{
	int rc = PCRE2_ERROR_NOMEMORY;

	if (scratch->limits == NULL || scratch->data == NULL)
		return rc;
	rc = pcre2_match(pattern->code, (PCRE2_SPTR)bytes, length, 0, 0,
	    scratch->data, scratch->limits);
	if (rc >= 0)
		groups_fill(pattern, scratch->data, bytes, groups, count);
	return rc;
}

int
pattern_capture(const struct pattern *pattern, const char *bytes, size_t length,
    struct pattern_group *groups, size_t count, struct why *why)
{
	struct pattern_scratch own = {0};
	int rc;

	if (pattern->scratch != NULL) {
		rc = match(
		    pattern, bytes, length, pattern->scratch, groups, count);
	} else {
		own.limits = limits_new(NULL);
		own.data =
		    pcre2_match_data_create_from_pattern(pattern->code, NULL);
		rc = match(pattern, bytes, length, &own, groups, count);
		pcre2_match_data_free(own.data);
		pcre2_match_context_free(own.limits);
	}
	if (rc >= 0)
		return 1;
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	return why_set(why, -E2BIG, "the pattern takes too long on this text");
}

int
pattern_match(const struct pattern *pattern, const char *bytes, size_t length,
    struct why *why)
{
	return pattern_capture(pattern, bytes, length, NULL, 0, why);
}
