/*
 * schema_rows.h - short forms for rows of a schema_AREA.c file
 */
#ifndef MAILFIX_FACT_SCHEMA_ROWS_H
#define MAILFIX_FACT_SCHEMA_ROWS_H

#include "agent/base/auto.h"
#include "agent/fact/schema.h"

#define ROW_NUMBER(n, u, d, s)                                                 \
	{                                                                      \
		.name = (n), .type = COLUMN_NUMBER, .unit = (u), .doc = (d),   \
		.source = (s)                                                  \
	}
#define ROW_JOINED(n, u, d, table, column, whole)                              \
	{                                                                      \
		.name = (n), .type = COLUMN_NUMBER, .unit = (u), .doc = (d),   \
		.source = "joined: " table "." column,                         \
		.joined_table = (table), .joined_column = (column),            \
		.joined_whole = (whole)                                        \
	}
/* The same of a bool, or of a text; neither has a unit. */
#define ROW_JOINED_AS(n, t, d, table, column)                                  \
	{                                                                      \
		.name = (n), .type = (t), .doc = (d),                          \
		.source = "joined: " table "." column,                         \
		.joined_table = (table), .joined_column = (column)             \
	}
/* A word, or a text, that is unknown where the other table has no such row. */
#define ROW_JOINED_ENUM(n, e, d, table, column)                                \
	{                                                                      \
		.name = (n), .type = COLUMN_ENUM, .names = (e), .doc = (d),    \
		.source = "joined: " table "." column,                         \
		.joined_table = (table), .joined_column = (column)             \
	}
#define ROW_JOINED_TEXT(n, d, table, column)                                   \
	{                                                                      \
		.name = (n), .type = COLUMN_TEXT, .doc = (d),                  \
		.source = "joined: " table "." column,                         \
		.joined_table = (table), .joined_column = (column),            \
		.is_joined_only = true                                         \
	}
#define ROW_BOOL(n, d, s)                                                      \
	{                                                                      \
		.name = (n), .type = COLUMN_BOOL, .doc = (d), .source = (s)    \
	}
#define ROW_TEXT(n, d, s)                                                      \
	{                                                                      \
		.name = (n), .type = COLUMN_TEXT, .doc = (d), .source = (s)    \
	}
#define ROW_LONG_TEXT(n, d, s)                                                 \
	{                                                                      \
		.name = (n), .type = COLUMN_TEXT, .doc = (d), .source = (s),   \
		.is_long = true                                                \
	}
#define ROW_ENUM(n, e, d, s)                                                   \
	{                                                                      \
		.name = (n), .type = COLUMN_ENUM, .names = (e), .doc = (d),    \
		.source = (s)                                                  \
	}

#endif
