/*
 * test_expr.c - the language: every operator, every unit, every error
 *
 * Purpose  an expression means one thing, or its error says what to write
 * Input    a fixed set of facts; tables of cases
 * Errors   a failed assertion that names the case
 * Runs as  any user
 * Source   SPEC section 3; Kleene's strong logic of indeterminacy
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/playbook/expr.h"
#include "tests/unit/unit.h"

static struct arena *arena;
static struct fact_set *facts;

struct cell {
	const char *table, *key, *column;
	struct value value;
};

#define NUMBER(n)                                                              \
	{                                                                      \
		.kind = VALUE_NUMBER, .number = (n)                            \
	}
#define BOOL(b)                                                                \
	{                                                                      \
		.kind = VALUE_BOOL, .is_true = (b)                             \
	}
#define TEXT(t)                                                                \
	{                                                                      \
		.kind = VALUE_TEXT, .text = (t)                                \
	}
#define UNKNOWN(t)                                                             \
	{                                                                      \
		.kind = VALUE_UNKNOWN, .text = (t)                             \
	}

/* host, mta and disk are known, port is unknown, map empty, unit not looked at */
static const struct cell cells[] = {
    {"host",  "",     "cpus",                   NUMBER(4)                       },
    {"host",  "",     "load5",                  NUMBER(10)                      },
    {"host",  "",     "memory_total",           NUMBER(8589934592.0)            },
    {"host",  "",     "memory_available",       NUMBER(1073741824.0)            },
    {"host",  "",     "memory_available_share", NUMBER(0.125)                   },
    {"host",  "",     "swap_total",             NUMBER(0)                       },
    {"host",  "",     "swap_used",              NUMBER(0)                       },
    {"host",  "",     "uptime",                 NUMBER(7200)                    },
    {"host",  "",     "in_container",           BOOL(false)                     },
    {"host",  "",     "pressure_io",            UNKNOWN("no PSI in this kernel")},
    {"mta",   "",     "kind",                   TEXT("postfix")                 },
    {"mta",   "",     "version",                TEXT("3.7.11")                  },
    {"mta",   "",     "running",                BOOL(true)                      },
    {"disk",  "/",    "used",                   NUMBER(0.5)                     },
    {"disk",  "/",    "free",                   NUMBER(1000)                    },
    {"disk",  "/",    "total",                  NUMBER(2000)                    },
    {"disk",  "/",    "read_only",              BOOL(false)                     },
    {"disk",  "/",    "type",                   TEXT("ext4")                    },
    {"disk",  "/",    "inodes_used",            NUMBER(0.1)                     },
    {"disk",  "/var", "used",                   NUMBER(0.95)                    },
    {"disk",  "/var", "free",                   NUMBER(10)                      },
    {"disk",  "/var", "total",                  NUMBER(200)                     },
    {"disk",  "/var", "read_only",              BOOL(true)                      },
    {"disk",  "/var", "type",                   TEXT("xfs")                     },
    {"disk",  "/var", "inodes_used",            UNKNOWN("no inodes")            },
    {"queue", "",     "arrival_rate",           NUMBER(2)                       },
    {"queue", "",     "messages",               NUMBER(1204)                    },
    {"queue", "",     "oldest",                 NUMBER(7200)                    },
};

static int
facts_make(void **state)
{
	static const char *const known[] = {
	    "host", "mta", "disk", "queue", "map", NULL};

	(void)state;
	arena = arena_new();
	facts = fact_set_new(arena);
	for (size_t i = 0; known[i] != NULL; i++)
		fact_table_set_known(
		    fact_table_get(facts, schema_table_find(known[i], NULL)));
	fact_table_set_unknown(facts,
	    fact_table_get(facts, schema_table_find("port", NULL)),
	    "it needs root");
	for (size_t i = 0; i < ARRAY_COUNT(cells); i++) {
		const struct cell *c = &cells[i];
		const struct table *table = schema_table_find(c->table, NULL);
		struct fact_table *t = fact_table_get(facts, table);
		const struct fact_row *row = fact_row_find(t, c->key);
		int column = schema_column_find(table, c->column);

		assert_true(column >= 0);
		if (row == NULL)
			row = fact_row_add(facts, t, c->key);
		row->cells[column] = c->value;
	}
	return 0;
}

static int
facts_free(void **state)
{
	(void)state;
	arena = arena_free(arena);
	return 0;
}

/* Either "yes", "no", a number with its unit, a text, or "? why" */
static const char *
value_text(const struct expr *expr, struct value value)
{
	char number[UNIT_TEXT_MAX];

	switch (value.kind) {
	case VALUE_UNKNOWN:
		return arena_printf(arena, "? %s", value.text);
	case VALUE_BOOL:
		return value.is_true ? "yes" : "no";
	case VALUE_NUMBER:
		return arena_printf(arena, "%s (%s)",
		    unit_format(expr_unit(expr), value.number, number),
		    unit_name(expr_unit(expr)));
	case VALUE_TEXT:
		return value.text;
	}
	return "";
}

struct test_case {
	const char *text, *want;
};

/* Any type may be wanted: the first that is right. */
static const char *
result_of(const char *text, const char *table, const char *row)
{
	static const enum expr_type types[] = {
	    EXPR_TYPE_BOOL, EXPR_TYPE_NUMBER, EXPR_TYPE_TEXT};
	AUTO_BUF struct buf out = {0};

	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		struct lint lint = {.arena = arena};
		struct expr *expr = expr_parse(arena, text,
		    table != NULL ? schema_table_find(table, NULL) : NULL,
		    types[i], (struct expr_place){"f.ini", 7, "when"}, &lint);
		bool is_other = false;

		assert_int_equal(expr == NULL, lint.count != 0);
		if (expr != NULL)
			return value_text(
			    expr, expr_eval(arena, expr, facts, row));
		buf_clear(&out);
		buf_add_char(&out, '!');
		for (size_t j = 0; j < lint.count; j++) {
			const char *error = lint.errors[j].text;

			assert_int_equal(lint.errors[j].line, 7);
			assert_memory_equal(error, "when: ", 6);
			buf_addf(&out, "%s%s", j > 0 ? "|" : "", error + 6);
			if (strstr(error, " is needed") != NULL &&
			    strstr(error, "is needed here") == NULL)
				is_other = true;
		}
		lint_done(&lint);
		if (!is_other)
			break;
	}
	return arena_dup(arena, buf_text(&out));
}

static void
run(const struct test_case *cases, size_t count, const char *table,
    const char *row)
{
	unsigned failed = 0;

	for (size_t i = 0; i < count; i++) {
		const char *got = result_of(cases[i].text, table, row);

		if (strcmp(got, cases[i].want) == 0)
			continue;
		print_error("%s\n  got  %s\n  want %s\n", cases[i].text, got,
		    cases[i].want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void
test_logic(void **state)
{
	/* U is unknown */
	static const char *const u = "host.pressure_io > 1%";
	static const char *const names[] = {"no", "U", "yes"};
	static const int and_table[3][3] = {
	    {0, 0, 0},
            {0, 1, 1},
            {0, 1, 2}
        };
	static const int or_table[3][3] = {
	    {0, 1, 2},
            {1, 1, 2},
            {2, 2, 2}
        };

	(void)state;
	for (int op = 0; op < 2; op++)
		for (int a = 0; a < 3; a++)
			for (int b = 0; b < 3; b++) {
				const char *text = arena_printf(arena,
				    "%s %s %s", a == 1 ? u : names[a],
				    op == 0 ? "and" : "or",
				    b == 1 ? u : names[b]);
				int want =
				    op == 0 ? and_table[a][b] : or_table[a][b];
				const char *got = result_of(text, NULL, NULL);

				if (want == 1)
					assert_string_equal(got,
					    "? host.pressure_io: no PSI in "
					    "this kernel");
				else
					assert_string_equal(got, names[want]);
			}
}

static void
test_values(void **state)
{
	static const struct test_case cases[] = {
	    {"yes",	                   "yes"	                    },
	    {"true",	                  "yes"	                    },
	    {"no",	                    "no"	                     },
	    {"false",	                 "no"	                     },
	    {"not no",	                "yes"	                    },
	    {"not not no",                    "no"                             },
	    {"not yes or yes",                "yes"                            },
	    {"not (yes or yes)",              "no"                             },
	    {"yes or yes and no",             "yes"                            },
	    {"(yes or yes) and no",           "no"                             },
	    {"not 1 == 2",                    "yes"                            },
	    {"1",	                     "1 (count)"                      },
	    {"1 + 2 * 3",                     "7 (count)"                      },
	    {"(1 + 2) * 3",                   "9 (count)"                      },
	    {"7 - 2 - 1",                     "4 (count)"                      },
	    {"8 / 4 / 2",                     "1 (ratio)"                      },
	    {"-2 * -3",                       "6 (count)"                      },
	    {"max(-2, -3)",                   "-2 (count)"                     },
	    {"min(2, 3)",                     "2 (count)"                      },
	    {"- - 2",	                 "2 (count)"                      },
	    {"1 - -1",	                "2 (count)"                      },
	    {"90%",	                   "90 % (share)"                   },
	    {"5min",	                  "5 min (seconds)"                },
	    {"2GiB",	                  "2 GiB (bytes)"                  },
	    {"20/h",	                  "20/h (rate)"                    },
	    {"20/h * 2h",                     "40 (count)"                     },
	    {"2h * 20/h",                     "40 (count)"                     },
	    {"40 / 2h",                       "20/h (rate)"                    },
	    {"40 / (20/h)",                   "2 h (seconds)"                  },
	    {"40 / 20/h",                     "2 h (seconds)"                  },
	    {"1GiB / 512MiB",                 "2 (ratio)"                      },
	    {"1GiB / 4",                      "256 MiB (bytes)"                },
	    {"1GiB * 50%",                    "512 MiB (bytes)"                },
	    {"50% * 50%",                     "25 % (share)"                   },
	    {"10 * 50%",                      "5 (count)"                      },
	    {"1GiB / 50%",                    "2 GiB (bytes)"                  },
	    {"1GiB * (1 / 2)",                "512 MiB (bytes)"                },
	    {"100% - 10%",                    "90 % (share)"                   },
	    {"1h / 2",	                "30 min (seconds)"               },
	    {"1h / 30min",                    "2 (ratio)"                      },
	    {"1h / 30min + 1",                "3 (ratio)"                      },
	    {"1 / 2 == 50%",                  "yes"                            },
	    {"1 / 2 < 1",                     "yes"                            },
	    {"1.5 > 1",                       "yes"                            },
	    {"1 == 1",	                "yes"	                    },
	    {"1 != 1",	                "no"	                     },
	    {"1 <= 1",	                "yes"	                    },
	    {"1 >= 2",	                "no"	                     },
	    {"2 < 1",	                 "no"	                     },
	    {"60s == 1min",                   "yes"                            },
	    {"1024KiB == 1MiB",               "yes"                            },
	    {"60/h == 1/min",                 "yes"                            },
	    {"'a'",	                   "a"	                      },
	    {"\"it's\"",                      "it's"                           },
	    {"'a' == \"a\"",                  "yes"                            },
	    {"'a' == 'A'",                    "no"                             },
	    {"yes == yes",                    "yes"                            },
	    {"yes != no",                     "yes"                            },
	    {"1 in (1, 2)",                   "yes"                            },
	    {"3 in (1, 2)",                   "no"                             },
	    {"3 not in (1, 2)",               "yes"                            },
	    {"'a' in ('a')",                  "yes"                            },
	    {"yes in (no, yes)",              "yes"                            },
	    {"'abc' matches 'b'",             "yes"                            },
	    {"'abc' matches '^b'",            "no"                             },
	    {"'abc' not matches '^b'",        "yes"                            },
	    {"'Abc' matches '(?i)^a'",        "yes"                            },
	    {"'a.c' matches 'a\\.c'",         "yes"                            },
	    {"1 / 0",	                 "? 1 / 0: division by zero"      },
	    {"1 / (2 - 2) > 1",               "? 1 / (2 - 2): division by zero"},
	    {"1 / 0 > 1 or yes",              "yes"                            },
	    {"min(3, 1, 2)",                  "1 (count)"                      },
	    {"max(3, 1, 2)",                  "3 (count)"                      },
	    {"max(1h, 30min)",                "1 h (seconds)"                  },
	    {"max(1 / 2, 1)",                 "1 (ratio)"                      },
	    {"known(1)",                      "yes"                            },
	    {"'x' matches '(x+x+)+y' or yes", "yes"                            },
	};

	(void)state;
	run(cases, ARRAY_COUNT(cases), NULL, NULL);
}

static void
test_facts(void **state)
{
	static const struct test_case cases[] = {
	    {"host.cpus",	                                  "4 (count)"                                  },
	    {"host.load5 / host.cpus > 2",                         "yes"                                        },
	    {"host.memory_available < 2GiB",                       "yes"                                        },
	    {"host.memory_available / host.memory_total == 12.5%", "yes"                                        },
	    {"host.memory_available_share < 10%",                  "no"                                         },
	    {"host.uptime > 1h",	                           "yes"	                                },
	    {"host.in_container",	                          "no"	                                 },
	    {"not host.in_container",                              "yes"                                        },
	    {"mta.kind == postfix",                                "yes"                                        },
	    {"postfix == mta.kind",                                "yes"                                        },
	    {"mta.kind == 'exim'",                                 "no"	                                 },
	    {"mta.kind in (postfix, exim)",                        "yes"                                        },
	    {"mta.kind != none",	                           "yes"	                                },
	    {"mta.version matches '^3\\.7\\.'",                    "yes"                                        },
	    {"mta.kind matches 'post'",                            "yes"                                        },
	    {"queue.arrival_rate * 1min > 100",                    "yes"                                        },
	    {"queue.messages / 1h > 1/s",                          "no"                                         },
	    {"disk[/].used",	                               "50 % (share)"                               },
	    {"disk['/'].used == 50%",                              "yes"                                        },
	    {"disk[\"/var\"].used > disk[/].used",                 "yes"                                        },
	    {"disk[/var].free / disk[/var].total < 10%",           "yes"                                        },
	    {"disk[/home].used",	                           "? disk[/home].used: there is no mount /home"},
	    {"known(disk[/home].used)",                            "no"                                         },
	    {"known(disk[/].used)",                                "yes"                                        },
	    {"disk[/var].inodes_used > 90%",
             "? disk[/var].inodes_used: no inodes"	                                                      },
	    {"disk[/var].inodes_used > 90% and no",                "no"                                         },
	    {"host.pressure_io",	                           "? host.pressure_io: no PSI in this kernel"  },
	    {"host.pressure_io in (1%, 2%)",
             "? host.pressure_io: no PSI in this kernel"                                                        },
	    {"1% in (host.pressure_io, 1%)",                       "yes"                                        },
	    {"2% in (host.pressure_io, 1%)",
             "? host.pressure_io: no PSI in this kernel"                                                        },
	    {"known(host.pressure_io)",                            "no"                                         },
	    {"known(host.pressure_io > 1%)",                       "no"                                         },
	    {"known(host.pressure_io) and host.pressure_io > 1%",  "no"                                         },
	    {"min(1%, host.pressure_io)",
             "? host.pressure_io: no PSI in this kernel"                                                        },
	    {"not host.pressure_io > 1%",
             "? host.pressure_io: no PSI in this kernel"                                                        },
	    {"-host.pressure_io < 1%",
             "? host.pressure_io: no PSI in this kernel"                                                        },
	    {"host.swap_used / host.swap_total > 50%",
             "? host.swap_used / host.swap_total: division by zero"                                             },
	    {"port[25].listening",                                 "? port: it needs root"                      },
	    {"known(port)",	                                "no"	                                 },
	    {"known(disk)",	                                "yes"	                                },
	    {"known(unit)",	                                "no"	                                 },
	    {"unit[x].running",	                            "? unit: was not looked at"                  },
	    {"host.load1",	                                 "? host.load1: not told"                     },
	};

	(void)state;
	run(cases, ARRAY_COUNT(cases), NULL, NULL);
}

static void
test_rows(void **state)
{
	static const struct test_case cases[] = {
	    {"used > 90%",              "yes"	                                },
	    {"disk.used > 90%",         "yes"	                                },
	    {"read_only",               "yes"	                                },
	    {"not read_only",           "no"	                                 },
	    {"mount == '/var'",         "yes"	                                },
	    {"disk == '/var'",          "yes"	                                },
	    {"mount matches '^/'",      "yes"	                                },
	    {"type in ('ext4', 'xfs')", "yes"                                        },
	    {"inodes_used > 1%",        "? disk[/var].inodes_used: no inodes"        },
	    {"disk[/].used < used",     "yes"                                        },
	    {"used == max(disk.used)",  "yes"                                        },
	    {"any(disk.used > 99%)",    "no"	                                 },
	    {"count(disk)",             "2 (count)"                                  },
	    {"known(disk)",             "yes"	                                },
	    {"free-1 > 0",
             "!unknown name 'free-1': to subtract, put spaces around '-'"            },
	    {"free - 1B > 0B",          "yes"	                                },
	    {"usd > 1%",                "!unknown name 'usd', did you mean 'used'?"  },
	    {"mont == '/'",             "!unknown name 'mont', did you mean 'mount'?"},
	    {"ext4 == type",
             "!unknown name 'ext4'; a text is written in quotes"                     },
	    {"type == ext4",
             "!unknown name 'ext4'; a text is written in quotes"                     },
	    {"cpus > 1",                "!unknown name 'cpus': write host.cpus"      },
	    {"mount == 1",
             "!comparing 'mount', a text, and '1', a number (count), does not "
	        "fit"	                                                        },
	};

	(void)state;
	run(cases, ARRAY_COUNT(cases), "disk", "/var");
}

static void
test_aggregates(void **state)
{
	static const struct test_case cases[] = {
	    {"any(disk.used > 90%)",                                    "yes"                                },
	    {"any(disk.used > 99%)",                                    "no"                                 },
	    {"all(disk.used > 40%)",                                    "yes"                                },
	    {"all(disk.used > 90%)",                                    "no"                                 },
	    {"count(disk.used > 90%)",                                  "1 (count)"                          },
	    {"count(disk.read_only)",                                   "1 (count)"                          },
	    {"count(disk)",	                                     "2 (count)"                          },
	    {"count(map)",	                                      "0 (count)"                          },
	    {"sum(disk.free)",	                                  "1010 B (bytes)"                     },
	    {"sum(disk.free) / sum(disk.total) < 50%",                  "yes"                                },
	    {"min(disk.used)",	                                  "50 % (share)"                       },
	    {"max(disk.used)",	                                  "95 % (share)"                       },
	    {"max(max(disk.used), 99%)",                                "99 % (share)"                       },
	    {"max(disk.free / disk.total)",                             "0.5 (ratio)"                        },
	    {"sum(disk.total - disk.free) > 1KiB",                      "yes"                                },
	    {"any(disk.type == 'xfs' and disk.used > 90%)",             "yes"                                },
	    {"any(disk.type == 'ext4' and disk.used > 90%)",            "no"                                 },
	    {"any(disk.used > disk[/].used)",                           "yes"                                },
	    {"any(min(disk.used, 1%) > 1%)",                            "no"                                 },
 /* one row is unknown */
	    {"any(disk.inodes_used > 1%)",                              "yes"                                },
	    {"any(disk.inodes_used > 50%)",
             "? disk[/var].inodes_used: no inodes"	                                                   },
	    {"all(disk.inodes_used > 50%)",                             "no"                                 },
	    {"all(disk.inodes_used > 1%)",
             "? disk[/var].inodes_used: no inodes"	                                                   },
	    {"count(disk.inodes_used > 1%)",
             "? disk[/var].inodes_used: no inodes"	                                                   },
	    {"max(disk.inodes_used)",                                   "? disk[/var].inodes_used: no inodes"},
	    {"sum(disk.inodes_used)",                                   "? disk[/var].inodes_used: no inodes"},
	    {"count(known(disk.inodes_used))",                          "1 (count)"                          },
	    {"any(known(disk.inodes_used) and disk.inodes_used > 50%)", "no"                                 },
 /* no row */
	    {"any(map.stale)",	                                  "no"                                 },
	    {"all(map.stale)",	                                  "yes"                                },
	    {"count(map.stale)",	                                "0 (count)"                          },
	    {"sum(map.behind)",	                                 "0 s (seconds)"                      },
	    {"max(map.behind)",	                                 "? max(map.behind): there is no row" },
	    {"min(map.behind) > 1s",                                    "? min(map.behind): there is no row" },
 /* no table */
	    {"any(port.listening)",	                             "? port: it needs root"              },
	    {"count(port)",	                                     "? port: it needs root"              },
	    {"count(unit.active == failed)",                            "? unit: was not looked at"          },
	    {"known(any(port.listening))",                              "no"                                 },
 /* errors */
	    {"any(yes)",
             "!any(...) goes over the rows of a table: name a column of it as "
	        "TABLE.COLUMN"	                                                                       },
	    {"max(host.load1)",
             "!max(...) goes over the rows of a table: name a column of it as "
	        "TABLE.COLUMN"	                                                                       },
	    {"any(disk.used > 1% and unit.running)",
             "!any(...) goes over the rows of one table, not of disk and unit"                               },
	    {"any(disk.used > 1% and any(unit.running))",
             "!any(...) goes over the rows of one table, not of disk and unit"                               },
	    {"any(disk.used == max(disk.used))",
             "!max(...) inside of another function over rows"                                                },
	    {"any(disk.used)",
             "!'disk.used' is a number (share), and yes or no is needed here"                                },
	    {"sum(disk.read_only)",
             "!'disk.read_only' is yes or no, and a number is needed here"                                   },
	    {"sum(disk.type)",
             "!'disk.type' is a text, and a number is needed here"                                           },
	    {"any(disk.used > 1%, yes)",                                "!any() takes 1 argument, not 2"     },
	    {"any()",	                                           "!a value is missing before ')'"     },
	    {"any disk.used",	                                   "!'disk' after 'any' makes no sense" },
	    {"count(host)",	                                     "1 (count)"                          },
	};

	(void)state;
	run(cases, ARRAY_COUNT(cases), NULL, NULL);
}

static void
test_errors(void **state)
{
	static const struct test_case cases[] = {
	    {"",	                              "!a value is missing before the end"                        },
	    {"   ",	                           "!a value is missing before the end"                        },
	    {"1 +",	                           "!a value is missing before the end"                        },
	    {"and yes",	                       "!a value is missing before 'and'"                          },
	    {"yes and",	                       "!a value is missing before the end"                        },
	    {"yes no",	                        "!'no' after 'yes' makes no sense"                          },
	    {"(yes",	                          "!')' is missing before the end"                            },
	    {"yes)",	                          "!')' after 'yes' makes no sense"                           },
	    {"()",	                            "!a value is missing before ')'"                            },
	    {"1 in 2",	                        "!'(' is missing before '2'"                                },
	    {"1 in ()",	                       "!a value is missing before ')'"                            },
	    {"1 in (1 2)",	                    "!')' is missing before '2'"                                },
	    {"1 < 2 < 3",
             "!one comparison after another: join them with 'and', or use "
	        "brackets, before '<'"	                                                                    },
	    {"1 == 1 == 1",
             "!one comparison after another: join them with 'and', or use "
	        "brackets, before '=='"	                                                                   },
	    {"(1 == 1) == yes",                       "yes"	                                               },
	    {"1 = 1",	                         "!'=': write '==' to compare"                               },
	    {"yes && no",	                     "!'&&': write 'and'"                                        },
	    {"yes || no",	                     "!'||': write 'or'"                                         },
	    {"!yes",	                          "!'!': write 'not'"	                                 },
	    {"1 <> 2",	                        "!a value is missing before '>'"                            },
	    {"1 @ 2",	                         "!'@ 2' has no meaning here"                                },
	    {"5 min",	                         "!'min' after '5' makes no sense: no space between a "
	              "number and its unit"	                                          },
	    {"90 %",	                          "!'%': write a share without a space, as 90%"               },
	    {"5m",	                            "!'5m': unknown unit 'm', did you mean 'min'?"              },
	    {"2Gib",	                          "!'2Gib': unknown unit 'Gib', did you mean 'GiB'?"          },
	    {"1e5",	                           "!'1e5': unknown unit 'e'"                                  },
	    {"'open",	                         "!a text without its closing quote: 'open (in a line, ' "
	              ";' begins a comment)"	                                         },
	    {"disk[/",	                        "!a key without its closing ']': [/"                        },
	    {"disk['/].used",                         "!a key without its closing ']': ['/].used"                 },
	    {"disk[].used",                           "!a key is missing between [ and ]"                         },
	    {"disk[/]",	                       "!disk[/] is a row: write disk[/].COLUMN"                   },
	    {"disk [/].used",                         "!'[': write TABLE[KEY].COLUMN without spaces"              },
	    {"host.",	                         "!a column is missing after 'host.'"                        },
	    {"host.5",	                        "!a column is missing after 'host.'"                        },
	    {"hots.cpus",	                     "!unknown table 'hots', did you mean 'host'?"               },
	    {"host.cpu",
             "!table host has no column 'cpu', did you mean 'cpus'?"                                              },
	    {"host.zzzzzz",                           "!table host has no column 'zzzzzz'"                        },
	    {"host[x].cpus",                          "!host has one row: write host.cpus"                        },
	    {"disk.used > 90%",
             "!disk has many rows: write disk[mount].used for one of them, or "
	        "any(...), all(...), max(disk.used) for all"                                                      },
	    {"used > 90%",	                    "!unknown name 'used': write disk[KEY].used"                },
	    {"cpus > 1",	                      "!unknown name 'cpus': write host.cpus"                     },
	    {"nothing > 1",
             "!unknown name 'nothing': without for-each, write TABLE.COLUMN, "
	        "and a text in quotes"	                                                                    },
	    {"host > 1",	                      "!'host' is a table: write host.COLUMN"                     },
	    {"mta.kind == sendmail",                  "!'sendmail' is none of the values here: "
	                             "postfix, ..."                           },
	    {"mta.kind == postfx",
             "!'postfx' is none of the values here, did you mean 'postfix'?"                                      },
	    {"postfx == mta.kind",
             "!'postfx' is none of the values here, did you mean 'postfix'?"                                      },
	    {"mta.kind == 'postfx'",
             "!'mta.kind' is never 'postfx', did you mean 'postfix'?"                                             },
	    {"mta.kind in (postfix, exin)",
             "!'exin' is none of the values here, did you mean 'exim'?"                                           },
	    {"unit[a].load == not-fund",              "!'not-fund' is none of the values "
	                                 "here, did you mean 'not-found'?"},
	    {"unit[a].load == not-found",             "? unit: was not looked at"                                 },
	    {"mta.version == 3",
             "!comparing 'mta.version', a text, and '3', a number (count), does "
	        "not fit"	                                                                                 },
	    {"mta.version < '4'",
             "!'mta.version' is a text: only == and != compare it"                                                },
	    {"yes < no",	                      "!'yes' is yes or no: only == and != compare it"            },
	    {"yes + 1",	                       "!'yes' is yes or no, and a number is needed here"          },
	    {"1 and yes",	                     "!'1' is a number (count), and yes or no is needed "
	                  "here"	                                                 },
	    {"not 1",	                         "!'1' is a number (count), and yes or no is needed here"    },
	    {"-'a'",	                          "!'a' is a text, and a number is needed here"               },
	    {"1 matches 'a'",                         "!'1' is a number (count), and a text is needed "
	                      "here"	                                         },
	    {"'a' matches a",
             "!after 'matches' stands a regular expression in quotes"                                             },
	    {"'a' matches '('",
             "!wrong pattern '(': missing closing parenthesis, at its byte 2"                                     },
	    {"'a' matches 'a\\Cb'",
             "!wrong pattern 'a\\Cb': using \\C is "
	        "disabled by the application, at its byte 4"                                                      },
	    {"1GiB > 1h",
             "!comparing '1GiB' (bytes) and '1h' (seconds) does not "
	        "fit"	                                                                                     },
	    {"host.memory_available > host.uptime",
             "!comparing 'host.memory_available' (bytes) and 'host.uptime' "
	        "(seconds) does not fit"	                                                                  },
	    {"host.memory_available_share > 90",
             "!comparing 'host.memory_available_share' (share) and '90' (count) "
	        "does not fit; a share is written as 90%"	                                                 },
	    {"1GiB > 5",	                      "!comparing '1GiB' (bytes) and '5' (count) does not "
	                 "fit"	                                                    },
	    {"1GiB + 1h",	                     "!adding '1GiB' (bytes) and '1h' (seconds) does not "
	                  "fit"	                                                  },
	    {"1GiB - 1",	                      "!subtracting '1GiB' (bytes) and '1' (count) does not "
	                 "fit"	                                                    },
	    {"1GiB * 1GiB",
             "!multiplying '1GiB' (bytes) and '1GiB' (bytes) does "
	        "not fit"	                                                                                 },
	    {"1GiB / 1h",
             "!dividing '1GiB' (bytes) and '1h' (seconds) does not "
	        "fit"	                                                                                     },
	    {"1/s * 1/s",	                     "!multiplying '1/s' (rate) and '1/s' (rate) does not "
	                  "fit"	                                                  },
	    {"1/s > 1",	                       "!comparing '1/s' (rate) and '1' (count) does not fit"      },
	    {"max(1, 1s)",	                    "!comparing '1' (count) and '1s' (seconds) does not "
	                   "fit"	                                                },
	    {"1 in (1, 'a')",                         "!comparing '1', a number (count), and 'a', a "
	                      "text, does not fit"                                   },
	    {"max()",	                         "!a value is missing before ')'"                            },
	    {"max(1,2,3,4,5,6,7,8,9)",                "!max() takes 8 at most, not 9"                             },
	    {"known(1, 2)",                           "!known() takes 1 argument, not 2"                          },
	    {"host.cpuss > 1 and mta.knd == postfix",
             "!table host has no column 'cpuss', did you mean 'cpus'?|table mta "
	        "has no column 'knd', did you mean 'kind'?"                                                       },
	};

	(void)state;
	run(cases, ARRAY_COUNT(cases), NULL, NULL);
}

static void
test_limits(void **state)
{
	AUTO_BUF struct buf text = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_add_char(&text, '(');
	assert_string_equal(result_of(buf_text(&text), NULL, NULL),
	    "!nested more deeply than 32 levels");
	buf_clear(&text);
	for (int i = 0; i < 1000; i++)
		buf_add(&text, "not ");
	assert_string_equal(result_of(buf_text(&text), NULL, NULL),
	    "!nested more deeply than 32 levels");
	buf_clear(&text);
	for (int i = 0; i < 1000; i++)
		buf_add_char(&text, '-');
	assert_string_equal(result_of(buf_text(&text), NULL, NULL),
	    "!nested more deeply than 32 levels");
	buf_clear(&text);
	buf_add(&text, "1");
	for (int i = 0; i < 500; i++)
		buf_add(&text, "+1");
	assert_string_equal(result_of(buf_text(&text), NULL, NULL),
	    "!more than 256 names, numbers and operators");
	buf_clear(&text);
	buf_add(&text, "1");
	for (int i = 0; i < 127; i++)
		buf_add(&text, "+1");
	assert_string_equal(
	    result_of(buf_text(&text), NULL, NULL), "128 (count)");
	buf_clear(&text);
	for (int i = 0; i < 5000; i++)
		buf_add_char(&text, ' ');
	assert_string_equal(
	    result_of(buf_text(&text), NULL, NULL), "!longer than 4096 bytes");
}

/* A pattern that would take for ever is given up, and unknown. */
static void
test_pattern_limit(void **state)
{
	const char *text = "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' "
	                   "matches '(a+a+)+(a+a+)+b|(a|aa)+$'";

	(void)state;
	assert_non_null(strstr(result_of(text, NULL, NULL),
	    "the pattern takes too long on this text"));
}

struct seen {
	struct buf text;
};

static void
fact_visit(void *user, const struct table *table, const char *key, int column)
{
	struct seen *seen = user;

	buf_addf(&seen->text, "%s[%s].%s ", table->name, key != NULL ? key : "",
	    column >= 0 ? table->columns[column].name : "*");
}

static void
test_reads(void **state)
{
	struct lint lint = {.arena = arena};
	struct expr *expr = expr_parse(arena,
	    "used > 1% and any(unit.running) and disk[/].free > 1B and "
	    "count(port) > 1 and mount != 'x' and 1 in (host.load1, 2)",
	    schema_table_find("disk", NULL), EXPR_TYPE_BOOL,
	    (struct expr_place){"f.ini", 7, "when"}, &lint);
	bool wanted[64] = {false};
	struct seen seen = {{0}};

	(void)state;
	assert_int_equal(lint.count, 0);
	expr_tables(expr, wanted);
	for (size_t i = 0; schema_tables[i] != NULL; i++) {
		const char *name = schema_tables[i]->name;

		assert_int_equal(wanted[i],
		    strcmp(name, "disk") == 0 || strcmp(name, "unit") == 0 ||
		        strcmp(name, "port") == 0 || strcmp(name, "host") == 0);
	}
	expr_facts(expr, fact_visit, &seen);
	assert_string_equal(buf_text(&seen.text),
	    "disk[].used unit[].running disk[/].free port[].* host[].load1 ");
	buf_done(&seen.text);
}

static void
test_words(void **state)
{
	static const struct test_case cases[] = {
	    {"used >= 95% and free < 2GiB",
             "used is at least 95 % and free is below 2 GiB"                                  },
	    {"(used > 1% or read_only) and not read_only",
             "(used is above 1 % or read_only is yes) and read_only is no"                    },
	    {"type in ('xfs', 'ext4', 'btrfs')",
             "type is \"xfs\", \"ext4\" or \"btrfs\""                                         },
	    {"type not in ('xfs', 'ext4')",                "type is not \"xfs\" nor \"ext4\"" },
	    {"type matches '^e'",                          "type matches \"^e\""              },
	    {"any(unit.active == failed)",                 "any(unit.active is \"failed\")"   },
	    {"max(used, 1%) < 5%",                         "max(used, 1 %) is below 5 %"      },
	    {"read_only",	                          "read_only is yes"                 },
	    {"not (used > 1% and read_only)",
             "not (used is above 1 % and read_only is yes)"                                   },
	    {"free - (free - 1B) > -1B",                   "free - (free - 1 B) is above -1 B"},
	    {"(free + 1B) * 2 > 1B",                       "(free + 1 B) * 2 is above 1 B"    },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct lint lint = {.arena = arena};
		AUTO_BUF struct buf got = {0};
		struct expr *expr = expr_parse(arena, cases[i].text,
		    schema_table_find("disk", NULL), EXPR_TYPE_BOOL,
		    (struct expr_place){"f.ini", 7, NULL}, &lint);

		assert_non_null(expr);
		expr_words(&got, expr);
		assert_string_equal(buf_text(&got), cases[i].want);
	}
}

static void
test_grammar(void **state)
{
	AUTO_BUF struct buf got = {0};

	(void)state;
	expr_grammar(&got);
	assert_non_null(strstr(buf_text(&got), "expression   = "));
	assert_non_null(strstr(buf_text(&got), "matches"));
	assert_non_null(strstr(buf_text(&got), "known"));
}

#define WITH_FACTS(test)                                                       \
	cmocka_unit_test_setup_teardown(test, facts_make, facts_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_FACTS(test_logic),
	    WITH_FACTS(test_values),
	    WITH_FACTS(test_facts),
	    WITH_FACTS(test_rows),
	    WITH_FACTS(test_aggregates),
	    WITH_FACTS(test_errors),
	    WITH_FACTS(test_limits),
	    WITH_FACTS(test_pattern_limit),
	    WITH_FACTS(test_reads),
	    WITH_FACTS(test_words),
	    WITH_FACTS(test_grammar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
