/*
 * test_units.c - numbers with units: read and written
 *
 * Purpose  one reading and one spelling of each number
 * Input    fixed
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/base/units.h
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/units.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	enum unit unit;
	double want;
} good[] = {
    {"0",               UNIT_COUNT,      0              },
    {"20",              UNIT_COUNT,      20             },
    {"1.5",             UNIT_COUNT,      1.5            },
    {"007",             UNIT_COUNT,      7              },
    {"90%",             UNIT_SHARE,      0.9            },
    {"0.1%",            UNIT_SHARE,      0.001          },
    {"33.3%",           UNIT_SHARE,      0.333          },
    {"150%",            UNIT_SHARE,      1.5            },
    {"250ms",           UNIT_SECONDS,    0.25           },
    {"5s",              UNIT_SECONDS,    5              },
    {"5sec",            UNIT_SECONDS,    5              },
    {"5min",            UNIT_SECONDS,    300            },
    {"1minute",         UNIT_SECONDS,    60             },
    {"2hours",          UNIT_SECONDS,    7200           },
    {"1h30min",         UNIT_SECONDS,    5400           },
    {"1w2d3h4min5s6ms", UNIT_SECONDS,    788645.006     },
    {"3d",              UNIT_SECONDS,    259200         },
    {"0.5h",            UNIT_SECONDS,    1800           },
    {"1B",              UNIT_BYTES,      1              },
    {"500kB",           UNIT_BYTES,      500000         },
    {"2MB",             UNIT_BYTES,      2e6            },
    {"2GiB",            UNIT_BYTES,      2147483648.0   },
    {"1.5GiB",          UNIT_BYTES,      1610612736.0   },
    {"1K",              UNIT_BYTES,      1024           },
    {"1M",              UNIT_BYTES,      1048576        },
    {"1T",              UNIT_BYTES,      1099511627776.0},
    {"1TB",             UNIT_BYTES,      1e12           },
    {"20/s",            UNIT_PER_SECOND, 20             },
    {"60/min",          UNIT_PER_SECOND, 1              },
    {"3600/h",          UNIT_PER_SECOND, 1              },
    {"86400/d",         UNIT_PER_SECOND, 1              },
    {"900719925474099", UNIT_COUNT,      900719925474099},
};

static const struct {
	const char *text, *want;
} bad[] = {
    {"",                  "'' is not a number"                                   },
    {"x",                 "'x' is not a number"                                  },
    {"-1",                "'-1' is not a number"                                 },
    {"+1",                "'+1' is not a number"                                 },
    {".5",                "'.5' is not a number"                                 },
    {"1.",                "'1.' is not a number"                                 },
    {"1..2",              "'1..2' is not a number"                               },
    {" 1",                "' 1' is not a number"                                 },
    {"1 ",                "'1 ': no space between a number and its unit"         },
    {"5 min",             "'5 min': no space between a number and its unit"      },
    {"5m",                "'5m': unknown unit 'm', did you mean 'min'?"          },
    {"5mins",             "'5mins': unknown unit 'mins', did you mean 'min'?"    },
    {"2Gib",              "'2Gib': unknown unit 'Gib', did you mean 'GiB'?"      },
    {"2gib",              "'2gib': unknown unit 'gib', did you mean 'GiB'?"      },
    {"2 GiB",             "'2 GiB': no space between a number and its unit"      },
    {"5parsec",           "'5parsec': unknown unit 'parsec'"                     },
    {"20/",               "'20/': unknown unit '/', a rate is /s, /min, /h or /d"},
    {"20/hour",
     "'20/hour': unknown unit '/hour', a rate is /s, /min, /h or /d"             },
    {"5min1h",            "'5min1h' is not a number"                             },
    {"5min5",             "'5min5' is not a number"                              },
    {"1GiB1MiB",          "'1GiB1MiB' is not a number"                           },
    {"1e9",               "'1e9': unknown unit 'e'"                              },
    {"0x10",              "'0x10': unknown unit 'x'"                             },
    {"nan",               "'nan' is not a number"                                },
    {"inf",               "'inf' is not a number"                                },
    {"1234567890123456",  "'1234567890123456': more than 15 digits"              },
    {"99999999999999TiB", "'99999999999999TiB' is too large"                     },
};

static const struct {
	enum unit unit;
	double number;
	const char *want;
} written[] = {
    {UNIT_COUNT,      0,                  "0"                    },
    {UNIT_COUNT,      999,                "999"                  },
    {UNIT_COUNT,      1204,               "1,204"                },
    {UNIT_COUNT,      1234567,            "1,234,567"            },
    {UNIT_COUNT,      9007199254740992.0, "9,007,199,254,740,992"},
    {UNIT_COUNT,      -1204,              "-1,204"               },
    {UNIT_COUNT,      0.42,               "0.42"                 },
    {UNIT_COUNT,      1.5,                "1.5"                  },
    {UNIT_COUNT,      12345.6,            "12,346"               },
    {UNIT_RATIO,      0.0123,             "0.0123"               },
    {UNIT_RATIO,      3,                  "3"                    },
    {UNIT_SHARE,      0.38,               "38 %"                 },
    {UNIT_SHARE,      0,                  "0 %"                  },
    {UNIT_SHARE,      1,                  "100 %"                },
    {UNIT_SHARE,      0.996,              "99.6 %"               },
    {UNIT_SHARE,      0.99999,            "99.9 %"               },
    {UNIT_SHARE,      0.004,              "0.4 %"                },
    {UNIT_SHARE,      1.5,                "150 %"                },
    {UNIT_BYTES,      0,                  "0 B"                  },
    {UNIT_BYTES,      1023,               "1023 B"               },
    {UNIT_BYTES,      1024,               "1 KiB"                },
    {UNIT_BYTES,      2469606195.0,       "2.3 GiB"              },
    {UNIT_BYTES,      1048575,            "1 MiB"                },
    {UNIT_BYTES,      536870912.0,        "512 MiB"              },
    {UNIT_SECONDS,    0,                  "0 s"                  },
    {UNIT_SECONDS,    0.25,               "250 ms"               },
    {UNIT_SECONDS,    1.5,                "1.5 s"                },
    {UNIT_SECONDS,    45,                 "45 s"                 },
    {UNIT_SECONDS,    90,                 "1 min 30 s"           },
    {UNIT_SECONDS,    900,                "15 min"               },
    {UNIT_SECONDS,    7500,               "2 h 5 min"            },
    {UNIT_SECONDS,    3599.7,             "1 h"                  },
    {UNIT_SECONDS,    7199,               "2 h"                  },
    {UNIT_SECONDS,    86399,              "1 d"                  },
    {UNIT_SECONDS,    100000,             "1 d 4 h"              },
    {UNIT_PER_SECOND, 20.0 / 3600,        "20/h"                 },
    {UNIT_PER_SECOND, 1.0 / 3600,         "1/h"                  },
    {UNIT_PER_SECOND, 2.5,                "2.5/s"                },
    {UNIT_PER_SECOND, 0,                  "0/s"                  },
    {UNIT_PER_SECOND, 1.0 / 86400,        "1/d"                  },
    {UNIT_PER_SECOND, 1234,               "1234/s"               },
    {UNIT_COUNT,      NAN,                "?"                    },
    {UNIT_BYTES,      INFINITY,           "?"                    },
    {UNIT_BYTES,      1e300,              "1e+300"               },
    {UNIT_SECONDS,    -90,                "-1 min 30 s"          },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		struct why why = {0};
		enum unit unit = UNIT_MAX;
		double got = -1;

		if (unit_parse(good[i].text, &unit, &got, &why) != 0)
			fail_msg("%s: %s", good[i].text, why.text);
		assert_int_equal(unit, good[i].unit);
		if (fabs(got - good[i].want) > 1e-9)
			fail_msg("%s: %.17g", good[i].text, got);
	}
	/* the nearest double, not a neighbour of it */
	for (int i = 0; i <= 1000; i++) {
		char text[32];
		enum unit unit;
		double got;

		(void)snprintf(text, sizeof(text), "%d.%d%%", i / 10, i % 10);
		assert_int_equal(unit_parse(text, &unit, &got, NULL), 0);
		assert_true(got == i / 1000.0);
	}
}

static void
test_parse_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct why why = {0};
		enum unit unit = UNIT_MAX;
		double got = -1;

		assert_int_equal(
		    unit_parse(bad[i].text, &unit, &got, &why), -EINVAL);
		assert_string_equal(why.text, bad[i].want);
		assert_true(got == -1 && unit == UNIT_MAX);
	}
}

static void
test_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(written); i++) {
		char text[UNIT_TEXT_MAX];

		assert_string_equal(
		    unit_format(written[i].unit, written[i].number, text),
		    written[i].want);
	}
}

/* What is written fits, and says the number within a tenth. */
static void
test_format_all(void **state)
{
	(void)state;
	for (int unit = 0; unit < UNIT_MAX; unit++)
		for (double number = 1e-6; number < 1e20; number *= 1.01) {
			char text[UNIT_TEXT_MAX];

			(void)unit_format((enum unit)unit, number, text);
			assert_true(strlen(text) < UNIT_TEXT_MAX - 1);
			assert_true(text[0] >= '0' && text[0] <= '9');
		}
}

static void
test_names(void **state)
{
	(void)state;
	for (int unit = 0; unit < UNIT_MAX; unit++)
		assert_true(strlen(unit_name((enum unit)unit)) > 3);
	assert_string_equal(unit_name(UNIT_MAX), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_bad),
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_format_all),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
