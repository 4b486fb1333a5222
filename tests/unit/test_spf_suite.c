/*
 * test_spf_suite.c - the test suite of RFC 7208, all of it
 *
 * Purpose  203 tests in 16 sets: result and explanation
 * Input    tests/data/rfc7208-tests.tsv (its licence stands beside it)
 * Errors   a failed assertion, named by set and test
 * Runs as  any user
 * Source   rfc7208-tests.yml of pyspf; RFC 7208
 */
#include <stdio.h>
#include <string.h>

#include "agent/dns/spf.h"
#include "tests/unit/dns_zone.h"
#include "tests/unit/unit.h"

#define SUITE      "tests/data/rfc7208-tests.tsv"
#define TESTS      203
#define FIELDS_MAX 16
#define SETS       16
#define LINE_BYTES 8192

struct test {
	const char *name, *helo, *address, *sender, *results, *explanation;
	struct zone *zone;
};

static struct zone sets[SETS];
static struct test cases[TESTS];
static struct CMUnitTest tests[TESTS];
static size_t set_count, case_count;

/* "\DDD" is an octet; "\@" is nothing. Returns the length. */
static size_t
unescape(char *text)
{
	char *to = text, *at = text;

	if (strcmp(text, "\\@") == 0)
		*text = '\0';
	while (*at != '\0') {
		if (*at == '\\') {
			*to++ = (char)((at[1] - '0') * 100 +
			               (at[2] - '0') * 10 + at[3] - '0');
			at += 4;
		} else {
			*to++ = *at++;
		}
	}
	*to = '\0';
	return (size_t)(to - text);
}

static enum dns_type
type_of(const char *name)
{
	static const enum dns_type types[] = {
	    DNS_A, DNS_AAAA, DNS_TXT, DNS_MX, DNS_PTR, DNS_CNAME};

	for (size_t i = 0; i < ARRAY_COUNT(types); i++)
		if (strcmp(dns_type_name(types[i]), name) == 0)
			return types[i];
	abort();
}

static void
record_line(struct zone *zone, char **fields, size_t count)
{
	const char *name = fields[1];
	AUTO_BUF struct buf text = {0};
	enum dns_type type;

	(void)unescape(fields[1]);
	if (strcmp(fields[2], "*") == 0) {
		zone_break(zone, arena_dup(zone->arena, name), DNS_TIMEOUT);
		return;
	}
	type = type_of(fields[2]);
	if (type == DNS_MX) {
		size_t length = unescape(fields[4]);

		zone_add(zone, name, type, 0, fields[4], length);
		return;
	}
	for (size_t i = 3; i < count; i++) {
		size_t length = unescape(fields[i]);

		buf_add_n(&text, fields[i], length);
	}
	zone_add(zone, name, type, 0, buf_text(&text), text.length);
}

static void
run_case(void **state)
{
	const struct test *test = *state;
	const char *at = strrchr(test->sender, '@');
	struct arena *arena = arena_new();
	struct dns_book *book = dns_book_new(arena, clock_boot_ms() + 60000);
	const struct dns_asker asker = {zone_ask, test->zone};
	const struct spf_query query = {.address = test->address,
	    .domain = at != NULL ? at + 1 : test->helo,
	    .sender = test->sender,
	    .helo = test->helo,
	    .receiver = "receiver.test",
	    .wants_explanation = true,
	    .wants_tree = true};
	const char *result;
	struct spf_answer answer;
	struct why why = {0};

	while (!spf_check(book, arena, &query, &answer))
		assert_true(dns_book_wave(book, &asker, &why) > 0);
	result = spf_result_names[answer.result];
	/* the first of several is the one that the suite prefers */
	if (strncmp(test->results, result, strlen(result)) != 0)
		fail_msg("%s, and not %s (%s)", result, test->results,
		    answer.problem != NULL ? answer.problem : "-");
	if (strcmp(test->explanation, "DEFAULT") == 0)
		assert_null(answer.explanation);
	else if (strcmp(test->explanation, "-") != 0)
		assert_string_equal(answer.explanation, test->explanation);
	assert_true(
	    (answer.problem != NULL) == (answer.result == SPF_TEMPERROR ||
	                                    answer.result == SPF_PERMERROR) ||
	    answer.result == SPF_NONE);
	assert_true(dns_book_waves(book) <= SPF_LOOKUPS_MAX + 3);
	arena_free(arena);
}

static void
case_line(char **fields)
{
	struct test *test = &cases[case_count];
	struct zone *zone = &sets[set_count - 1];

	for (size_t i = 1; i < 7; i++) {
		(void)unescape(fields[i]);
		fields[i] = arena_dup(zone->arena, fields[i]);
	}
	*test = (struct test){fields[1], fields[2], fields[3], fields[4],
	    fields[5], fields[6], zone};
	tests[case_count++] =
	    (struct CMUnitTest){test->name, run_case, NULL, NULL, test};
}

static void
suite_read(void)
{
	FILE *file = fopen(SUITE, "re");
	char line[LINE_BYTES];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		char *fields[FIELDS_MAX] = {0}, *rest = line;
		size_t count = 0;

		line[strcspn(line, "\n")] = '\0';
		while (rest != NULL && count < FIELDS_MAX)
			fields[count++] = strsep(&rest, "\t");
		if (line[0] == 'S' && set_count < SETS)
			sets[set_count++].arena = arena_new();
		else if (line[0] == 'Z' && count >= 3)
			record_line(&sets[set_count - 1], fields, count);
		else if (line[0] == 'T' && count == 7 && case_count < TESTS)
			case_line(fields);
	}
	(void)fclose(file);
}

int
main(void)
{
	int failed;

	suite_read();
	if (case_count != TESTS) {
		(void)printf(
		    "not ok - %zu tests, and not %d\n", case_count, TESTS);
		return 1;
	}
	failed = _cmocka_run_group_tests("rfc7208", tests, TESTS, NULL, NULL);
	for (size_t i = 0; i < set_count; i++)
		arena_free(sets[i].arena);
	return failed;
}
