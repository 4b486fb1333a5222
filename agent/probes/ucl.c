/*
 * ucl.c - the part of libucl's language that rspamd's own files are written in
 *
 * Purpose  ucl.h
 * Input    files of the admin
 * Errors   -EINVAL: a macro, a text block, braces that do not fit, too deep
 * Runs as  actor
 * Source   libucl's README: "key = value;", "key: value", "key { }",
 *          "key name { }", "[ ]", "#", nested comments, "\" in quotes, .include
 */
#include "agent/probes/ucl.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

/* rspamd's own files have four. */
#define DEPTH_MAX 16U

struct ucl_reader {
	struct arena *arena;
	const char *file, *at;
	struct why *why;
};

static int
refuse(struct ucl_reader *reader, const char *what)
{
	return why_set(reader->why, -EINVAL, "%s: %s is not understood",
	    reader->file, what);
}

/* Comments nest; one without an end goes to the end. */
static void
comment_skip(struct ucl_reader *reader)
{
	unsigned depth = 0;

	do {
		if (text_starts(reader->at, "/*")) {
			depth++;
			reader->at += 2;
		} else if (text_starts(reader->at, "*/")) {
			depth--;
			reader->at += 2;
		} else {
			reader->at++;
		}
	} while (depth > 0 && *reader->at != '\0');
}

static void
blank_skip(struct ucl_reader *reader, const char *also)
{
	for (;;) {
		if (*reader->at == '#')
			reader->at += strcspn(reader->at, "\n");
		else if (text_starts(reader->at, "/*"))
			comment_skip(reader);
		else if (isspace((unsigned char)*reader->at) ||
		         (*reader->at != '\0' &&
		             strchr(also, *reader->at) != NULL))
			reader->at++;
		else
			return;
	}
}

static const char *
quoted_read(struct ucl_reader *reader)
{
	char quote = *reader->at++;
	const char *end = reader->at;
	char *out, *to;

	while (*end != '\0' && *end != quote)
		end += *end == '\\' && end[1] != '\0' ? 2 : 1;
	/* within the arena from the first byte: the caller may wipe it */
	out = to =
	    arena_alloc(reader->arena, (size_t)(end - reader->at) + 1, 1);
	while (reader->at < end) {
		if (*reader->at == '\\' && reader->at[1] != '\0')
			reader->at++;
		*to++ = *reader->at++;
	}
	reader->at += *reader->at != '\0';
	return out;
}

/* Up to a blank, or a sign that ends it; a value may have blanks in it. */
static const char *
bare_read(struct ucl_reader *reader, const char *ends)
{
	size_t length = strcspn(reader->at, ends);
	const char *start = reader->at;

	reader->at += length;
	while (length > 0 && isspace((unsigned char)start[length - 1]))
		length--;
	return arena_dup_n(reader->arena, start, length);
}

static struct ucl_node *
node_add(struct ucl_reader *reader, struct ucl_node *parent, const char *key)
{
	struct ucl_node *node = arena_alloc(reader->arena, 1, sizeof(*node));

	node->key = key;
	node->file = reader->file;
	if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->children = node;
	parent->last = node;
	return node;
}

static int object_read(
    struct ucl_reader *reader, struct ucl_node *object, unsigned depth);
static int array_read(
    struct ucl_reader *reader, struct ucl_node *array, unsigned depth);

static int
value_read(struct ucl_reader *reader, struct ucl_node *parent, const char *key,
    unsigned depth)
{
	struct ucl_node *node = node_add(reader, parent, key);
	int r = 0;

	if (*reader->at == '{') {
		reader->at++;
		r = object_read(reader, node, depth + 1);
	} else if (*reader->at == '[') {
		reader->at++;
		r = array_read(reader, node, depth + 1);
	} else if (text_starts(reader->at, "<<")) {
		r = refuse(reader, "a block of text (<<)");
	} else if (*reader->at == '"' || *reader->at == '\'') {
		node->value = quoted_read(reader);
	} else {
		node->value = bare_read(reader, ",;\n}]#");
	}
	return r;
}

static int
array_read(struct ucl_reader *reader, struct ucl_node *array, unsigned depth)
{
	if (depth > DEPTH_MAX)
		return refuse(reader, "such depth");
	for (;;) {
		int r;

		blank_skip(reader, ",;");
		if (*reader->at == '\0' || *reader->at == '}')
			return refuse(reader, "an array without its end");
		if (*reader->at == ']') {
			reader->at++;
			return 0;
		}
		r = value_read(reader, array, "", depth);
		if (r < 0)
			return r;
	}
}

/* ".include ..." and its kind say where more is; other macros do things. */
static int
macro_skip(struct ucl_reader *reader)
{
	if (!text_starts(reader->at, ".include"))
		return refuse(reader, "a macro");
	reader->at += strcspn(reader->at, "\n;");
	return 0;
}

/* "key = value", "key value", "key name { }" */
static int
pair_read(struct ucl_reader *reader, struct ucl_node *object, unsigned depth)
{
	const char *key = *reader->at == '"' || *reader->at == '\''
	                      ? quoted_read(reader)
	                      : bare_read(reader, " \t\r\n=:{}[];,\"'#");
	const char *start = reader->at, *name;
	size_t length;

	if (*key == '\0' && reader->at == start &&
	    strchr("}=:]", *reader->at) != NULL)
		return refuse(reader, "a value without a name");
	blank_skip(reader, "=:");
	/* a section with a name: one object in another */
	length = strcspn(reader->at, "{;,\n}");
	if (memchr(start, '=', (size_t)(reader->at - start)) == NULL &&
	    memchr(start, ':', (size_t)(reader->at - start)) == NULL &&
	    length > 0 && reader->at[length] == '{') {
		name = *reader->at == '"' || *reader->at == '\''
		           ? quoted_read(reader)
		           : bare_read(reader, " \t{");
		blank_skip(reader, "");
		if (*reader->at != '{')
			return refuse(reader, "a section of several names");
		return value_read(
		    reader, node_add(reader, object, key), name, depth + 1);
	}
	return value_read(reader, object, key, depth);
}

static int
object_read(struct ucl_reader *reader, struct ucl_node *object, unsigned depth)
{
	if (depth > DEPTH_MAX)
		return refuse(reader, "such depth");
	for (;;) {
		int r;

		blank_skip(reader, ",;");
		if (*reader->at == '\0')
			return depth == 0
			           ? 0
			           : refuse(reader, "a brace without its end");
		if (*reader->at == '}') {
			reader->at++;
			return depth > 0 ? 0
			                 : refuse(reader, "a brace too many");
		}
		r = *reader->at == '.' ? macro_skip(reader)
		                       : pair_read(reader, object, depth);
		if (r < 0)
			return r;
	}
}

int
ucl_read(struct arena *arena, const char *file, const char *text,
    struct ucl_node *root, struct why *why)
{
	struct ucl_reader reader = {
	    .arena = arena, .file = file, .at = text, .why = why};

	return object_read(&reader, root, 0);
}

const struct ucl_node *
ucl_find(const struct ucl_node *object, const char *key)
{
	const struct ucl_node *found = NULL;

	for (const struct ucl_node *node = object->children; node != NULL;
	     node = node->next)
		if (strcmp(node->key, key) == 0)
			found = node;
	return found;
}

const char *
ucl_text(const struct ucl_node *object, const char *key, const char *otherwise)
{
	const struct ucl_node *node = ucl_find(object, key);

	return node != NULL && node->value != NULL ? node->value : otherwise;
}
