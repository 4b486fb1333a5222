/*
 * test_template.c - texts with facts in them
 *
 * Purpose  what a title says is what was observed, with its unit
 * Input    a fixed row; tables of cases
 * Errors   a failed assertion
 * Runs as  any user
 * Source   SPEC section 3
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/playbook/expr.h"
#include "tests/unit/unit.h"

static struct arena *arena;
static struct fact_set *facts;

static void
cell_set(struct fact_table *table, const char *key, const char *column,
    struct value value)
{
	const struct fact_row *row = fact_row_find(table, key);

	if (row == NULL)
		row = fact_row_add(facts, table, key);
	row->cells[schema_column_find(table->schema, column)] = value;
}

static int
facts_make(void **state)
{
	struct fact_table *disk, *host;

	(void)state;
	arena = arena_new();
	facts = fact_set_new(arena);
	disk = fact_table_get(facts, schema_table_find("disk", NULL));
	host = fact_table_get(facts, schema_table_find("host", NULL));
	fact_table_set_known(disk);
	fact_table_set_known(host);
	cell_set(disk, "/var", "used", VALUE_NUMBER_OF(0.95));
	cell_set(disk, "/var", "free", VALUE_NUMBER_OF(2469606195.0));
	cell_set(disk, "/var", "type", VALUE_TEXT_OF("a{b}c"));
	cell_set(disk, "/var", "read_only", VALUE_BOOL_OF(true));
	cell_set(host, "", "uptime", VALUE_NUMBER_OF(7500));
	return 0;
}

static int
facts_free(void **state)
{
	(void)state;
	arena = arena_free(arena);
	return 0;
}

static const struct {
	const char *text, *want; /* '!' first: the errors */
} cases[] = {
    {"",                       ""                                                          },
    {"plain",                  "plain"                                                     },
    {"{mount} is {used} full", "/var is 95 % full"                                         },
    {"{disk}",                 "/var"                                                      },
    {"{disk.mount}",           "!title: table disk has no column 'mount'"                  },
    {"{free}",                 "2.3 GiB"                                                   },
    {"{disk.free}",            "2.3 GiB"                                                   },
    {"{read_only}",            "yes"                                                       },
    {"{type}",                 "a{b}c"                                                     },
    {"{inodes_used}",          "?"                                                         },
    {"up {host.uptime}",       "up 2 h 5 min"                                              },
    {"{mta.kind}",             "?"                                                         },
    {"{disk[/].free}",         "?"                                                         },
    {"{disk['/}'].free}",      "?"                                                         },
    {"{free / 2}",             "1.1 GiB"                                                   },
    {"{count(disk)} disks",    "1 disks"                                                   },
    {"{{mount}}",              "{mount}"                                                   },
    {"{{{mount}}}",            "{/var}"                                                    },
    {"a } b",                  "a } b"                                                     },
    {"}}{{",                   "}{"                                                        },
    {"{mount",                 "!title: '{' without its '}': {mount (write {{ for a brace)"},
    {"{}",                     "!title: a value is missing before the end"                 },
    {"{ mount }",              "/var"                                                      },
    {"{mont}",                 "!title: unknown name 'mont', did you mean 'mount'?"        },
    {"{mont} {fre}",           "!title: unknown name 'mont', did you mean 'mount'?|"
                     "title: unknown name 'fre', did you mean 'free'?" },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct lint lint = {.arena = arena};
		AUTO_BUF struct buf got = {0};
		struct template *template = template_parse(arena, cases[i].text,
		    schema_table_find("disk", NULL),
		    (struct expr_place){"f.ini", 3, "title"}, &lint);

		assert_int_equal(template == NULL, lint.count != 0);
		for (size_t j = 0; j < lint.count; j++)
			buf_addf(&got, "%c%s", j == 0 ? '!' : '|',
			    lint.errors[j].text);
		if (template != NULL) {
			buf_add(&got,
			    template_text(arena, template, facts, "/var"));
			assert_string_equal(
			    template_source(template), cases[i].text);
		}
		assert_string_equal(buf_text(&got), cases[i].want);
		lint_done(&lint);
	}
}

static const struct {
	const char *text, *want; /* NULL: nothing is left */
} known_cases[] = {
    {"{used} is used; {free} is free.",        "95 % is used; 2.3 GiB is free."},
    {"{used} is used; {inodes_used} of files", "95 % is used"                  },
    {"{inodes_used} of files; {used} is used", "95 % is used"                  },
    {"{inodes_used}. Look: `df {mount}`.",     "Look: `df /var`."              },
    {"a. {type}; {inodes_used}. b",            "a. a{b}c; b"                   },
    {"1.5 {used}",                             "1.5 95 %"                      },
    {"{inodes_used}; {inodes_used}.",          NULL                            },
    {"{inodes_used}",                          NULL                            },
};

static void
test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(known_cases); i++) {
		struct lint lint = {.arena = arena};
		const struct template *template = template_parse(arena,
		    known_cases[i].text, schema_table_find("disk", NULL),
		    (struct expr_place){"f.ini", 3, "evidence"}, &lint);
		const char *got =
		    template_known(arena, template, facts, "/var");

		if (known_cases[i].want == NULL)
			assert_null(got);
		else
			assert_string_equal(got, known_cases[i].want);
		lint_done(&lint);
	}
}

static void
test_advice(void **state)
{
	struct lint lint = {.arena = arena};
	struct fact_table *disk =
	    fact_table_get(facts, schema_table_find("disk", NULL));
	const struct template *template = template_parse(arena,
	    "Look: `df {type}`.", schema_table_find("disk", NULL),
	    (struct expr_place){"f.ini", 3, "advice"}, &lint);

	(void)state;
	cell_set(disk, "/var", "type", VALUE_TEXT_OF("a` `id"));
	assert_string_equal(template_advice(arena, template, facts, "/var"),
	    "Look: `df a' 'id`.");
	assert_string_equal(template_known(arena, template, facts, "/var"),
	    "Look: `df a` `id`.");
	lint_done(&lint);
}

static void
test_many(void **state)
{
	struct lint lint = {.arena = arena};
	AUTO_BUF struct buf text = {0};

	(void)state;
	for (int i = 0; i < 40; i++)
		buf_add(&text, "{mount}");
	assert_null(template_parse(arena, buf_text(&text),
	    schema_table_find("disk", NULL),
	    (struct expr_place){"f.ini", 3, "title"}, &lint));
	assert_string_equal(
	    lint.errors[0].text, "title: more than 32 names in braces");
	lint_done(&lint);
}

static void
seen_add(void *user, const struct table *table, const char *key, int column)
{
	buf_addf(user, "%s[%s].%s ", table->name, key != NULL ? key : "",
	    table->columns[column].name);
}

static void
test_reads(void **state)
{
	struct lint lint = {.arena = arena};
	struct template *template =
	    template_parse(arena, "{used} {host.load1} {disk[/].free}",
	        schema_table_find("disk", NULL),
	        (struct expr_place){"f.ini", 3, NULL}, &lint);
	struct template *fixed = template_parse(
	    arena, "fixed", NULL, (struct expr_place){"f.ini", 3, NULL}, &lint);
	bool wanted[64] = {false};
	AUTO_BUF struct buf seen = {0};
	size_t index;

	(void)state;
	template_facts(template, seen_add, &seen);
	assert_string_equal(
	    buf_text(&seen), "disk[].used host[].load1 disk[/].free ");
	template_tables(template, wanted);
	(void)schema_table_find("host", &index);
	assert_true(wanted[index]);
	(void)schema_table_find("disk", &index);
	assert_true(wanted[index]);
	(void)schema_table_find("unit", &index);
	assert_false(wanted[index]);
	assert_true(template_is_fixed(fixed));
	assert_false(template_is_fixed(template));
}

#define WITH_FACTS(test)                                                       \
	cmocka_unit_test_setup_teardown(test, facts_make, facts_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_FACTS(test_cases),
	    WITH_FACTS(test_known),
	    WITH_FACTS(test_advice),
	    WITH_FACTS(test_many),
	    WITH_FACTS(test_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
