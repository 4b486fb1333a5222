/*
 * postfix_route.c - does the admin say how mail for a domain is to go?
 *
 * Purpose  a row of ours must not take mail from a way that somebody chose, nor
 *          from this host itself: transport_maps holds for its own domains too
 * Input    transport_maps, the lists of this host's own domains, and what the
 *          tables in them answer to postmap(1)
 * Errors   negative errno: a table that cannot be asked may well have an answer
 * Runs as  the actor
 * Source   transport(5): the address, the domain, ".parent" of each parent,
 *          "*", in this order, each in all tables; postmap(1) -q -;
 *          ADDRESS_CLASS_README; postconf(5) mydestination for lists of domains
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_way.h"
#include "agent/sys/program.h"

#define POSTCONF "/usr/sbin/postconf"
#define POSTMAP  "/usr/sbin/postmap"

/* A file answers in milliseconds, a database over the network in some tens. */
#define ROUTE_DEADLINE_MS 5000U
#define ROUTE_OUTPUT_MAX  65536U

/* All tables of ours are called so, and nobody else's. */
static const char ours[] = "mailfix_";

static int
tool_run(const struct program *program, struct program_result *result,
    struct why *why)
{
	int r = program_run(program, result, why);

	if (r < 0)
		return r;
	if (result->is_late || result->status > 128)
		r = why_set(
		    why, -ETIME, "%s gives no answer", program->argv[0]);
	else if (result->is_cut)
		r = why_set(
		    why, -EFBIG, "%s prints too much", program->argv[0]);
	if (r < 0) {
		buf_done(&result->output);
		buf_done(&result->errors);
	}
	return r;
}

/* Lists of domains that a file holds: more is no list that a person wrote. */
#define LIST_BYTES_MAX (1024U * 1024U)

/*
 * In one call, the values in the order of the names; then what a bare parent
 * stands for.
 */
static int
settings_ask(struct arena *arena, const char *const *names, size_t count,
    const char **ret, const char **ret_parents, struct why *why)
{
	const char **argv = arena_alloc(arena, count + 5, sizeof(*argv));
	struct program program = {.argv = argv,
	    .output_max = ROUTE_OUTPUT_MAX,
	    .deadline_ms = ROUTE_DEADLINE_MS};
	struct program_result result = {0};
	const char *text;
	int r;

	argv[0] = POSTCONF;
	argv[1] = "-x";
	argv[2] = "-h";
	for (size_t i = 0; i < count; i++)
		argv[3 + i] = names[i];
	argv[3 + count] = "parent_domain_matches_subdomains";
	r = tool_run(&program, &result, why);
	if (r < 0)
		return r;
	text = buf_text(&result.output);
	for (size_t i = 0; r == 0 && i <= count; i++) {
		const char *newline = strchr(text, '\n');

		if (result.status != 0 || newline == NULL) {
			r = why_set(why, -EIO, "postconf: %s",
			    postfix_error_line(
			        arena, buf_text(&result.errors)));
			break;
		}
		*(i < count ? &ret[i] : ret_parents) =
		    arena_dup_n(arena, text, (size_t)(newline - text));
		text = newline + 1;
	}
	buf_done(&result.output);
	buf_done(&result.errors);
	return r;
}

/*
 * Is there anything but warnings? It is fatal where a table cannot be asked;
 * of a setting that main.cf has twice every tool warns.
 */
static bool
has_error(const char *text)
{
	while (*text != '\0') {
		const size_t length = strcspn(text, "\n");
		const char *warning = strstr(text, ": warning: ");

		if (length > 0 && (warning == NULL || warning >= text + length))
			return true;
		text += length + (text[length] == '\n');
	}
	return false;
}

int
postfix_table_ask(struct arena *arena, const char *table,
    const struct buf *keys, const char **ret, struct why *why)
{
	const char *argv[] = {POSTMAP, "-q", "-", table, NULL};
	struct program program = {.argv = argv,
	    .input = keys->text,
	    .input_length = keys->length,
	    .output_max = ROUTE_OUTPUT_MAX,
	    .deadline_ms = ROUTE_DEADLINE_MS};
	struct program_result result = {0};
	int r = tool_run(&program, &result, why);

	if (r < 0)
		return r;
	if (result.status > 1 ||
	    (result.status != 0 && has_error(buf_text(&result.errors))))
		r = why_set(why, -EIO, "%s cannot be asked: %s", table,
		    postfix_error_line(arena, buf_text(&result.errors)));
	else
		*ret = arena_dup(arena, buf_text(&result.output));
	buf_done(&result.output);
	buf_done(&result.errors);
	return r;
}

/* What transport(5) would look up for any address of the domain. */
static void
keys_add(const char *domain, bool has_parents, struct buf *out)
{
	buf_addf(out, "mailfix-probe@%s\n%s\n", domain, domain);
	for (const char *dot = strchr(domain, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.'))
		buf_addf(out, "%s\n", has_parents ? dot + 1 : dot);
	buf_add(out, "*\n");
}

/* 1 with the first answer, 0: it has none. */
static int
table_ask(struct arena *arena, const char *table, const struct buf *keys,
    const char **ret, struct why *why)
{
	const char *argv[] = {POSTMAP, "-q", "-", table, NULL};
	struct program program = {.argv = argv,
	    .input = keys->text,
	    .input_length = keys->length,
	    .output_max = ROUTE_OUTPUT_MAX,
	    .deadline_ms = ROUTE_DEADLINE_MS};
	struct program_result result = {0};
	const char *text;
	int r = tool_run(&program, &result, why);

	if (r < 0)
		return r;
	text = buf_text(&result.output);
	if (text[0] != '\0') {
		AUTO_BUF struct buf line = {0};

		text_escape(&line, text, strcspn(text, "\t\n"));
		*ret = arena_printf(arena, "%s in %s", buf_text(&line), table);
		r = 1;
	} else if (result.status != 0 && result.errors.length != 0) {
		r = why_set(why, -EIO, "%s cannot be asked: %s", table,
		    postfix_error_line(arena, buf_text(&result.errors)));
	}
	buf_done(&result.output);
	buf_done(&result.errors);
	return r;
}

/* Does a name in a list mean this domain? */
static bool
name_means(const char *name, const char *domain, bool has_parents)
{
	size_t length = strlen(name), whole = strlen(domain);
	bool is_parent = name[0] == '.' || has_parents;

	if (strcasecmp(name, domain) == 0)
		return true;
	if (!is_parent || length == 0 || length >= whole ||
	    strcasecmp(domain + whole - length, name) != 0)
		return false;
	return name[0] == '.' || domain[whole - length - 1] == '.';
}

static int list_has(struct arena *arena, const char *list, const char *domain,
    bool has_parents, bool is_file, struct why *why);

/* A list may name files with more of it; those name no further ones here. */
static int
file_has(struct arena *arena, const char *path, const char *domain,
    bool has_parents, struct why *why)
{
	AUTO_BUF struct buf text = {0}, words = {0};
	int r = file_read(AT_FDCWD, path, LIST_BYTES_MAX, &text, why);

	if (r < 0)
		return r;
	for (const char *at = buf_text(&text); *at != '\0';) {
		size_t length = strcspn(at, "\n");

		if (*at != '#')
			buf_add_n(&words, at, length);
		buf_add(&words, " ");
		at += length + (at[length] == '\n');
	}
	return list_has(
	    arena, buf_text(&words), domain, has_parents, true, why);
}

static int
table_has(struct arena *arena, const char *table, const char *domain,
    bool has_parents, struct why *why)
{
	AUTO_BUF struct buf keys = {0};
	const char *answer;

	buf_addf(&keys, "%s\n", domain);
	for (const char *dot = strchr(domain, '.'); has_parents && dot != NULL;
	     dot = strchr(dot + 1, '.'))
		buf_addf(&keys, "%s\n", dot + 1);
	return table_ask(arena, table, &keys, &answer, why);
}

/* 1, 0, or a negative errno. What is excepted ("!name") counts as named. */
static int
list_has(struct arena *arena, const char *list, const char *domain,
    bool has_parents, bool is_file, struct why *why)
{
	const char *const *words = postfix_words(arena, list);
	int r = 0;

	for (size_t i = 0; r == 0 && words[i] != NULL; i++) {
		const char *word = words[i] + strspn(words[i], "!");

		if (word[0] == '/')
			r = is_file
			        ? why_set(why, -EPERM,
			              "a list of domains in a list: %s", word)
			        : file_has(
			              arena, word, domain, has_parents, why);
		else if (strchr(word, ':') != NULL && word[0] != '[')
			r = table_has(arena, word, domain, has_parents, why);
		else
			r = name_means(word, domain, has_parents);
	}
	return r;
}

/* Is it a domain that this host takes mail for, or passes it on to by plan? */
static int
is_own(
    struct arena *arena, const char *domain, const char **ret, struct why *why)
{
	static const char *const lists[] = {"mydestination",
	    "virtual_alias_domains", "virtual_mailbox_domains",
	    "relay_domains"};
	const char *values[ARRAY_COUNT(lists)], *parents;
	int r = settings_ask(
	    arena, lists, ARRAY_COUNT(lists), values, &parents, why);

	for (size_t i = 0; r == 0 && i < ARRAY_COUNT(lists); i++) {
		r = list_has(arena, values[i], domain,
		    strstr(parents, lists[i]) != NULL, false, why);
		if (r > 0)
			*ret = arena_printf(
			    arena, "it is one of this host (%s)", lists[i]);
	}
	return r;
}

int
postfix_routed_by_hand(struct arena *arena, const struct mta *mta,
    const char *domain, const char **ret, struct why *why)
{
	const char *maps = NULL;
	const char *const *tables;
	static const char setting[] = "transport_maps";
	const char *const names[] = {setting};
	const char *parents = NULL;
	AUTO_BUF struct buf keys = {0};
	int r;

	(void)mta;
	if (domain[0] == '\0' || strpbrk(domain, " \t\r\n") != NULL)
		return why_set(why, -EINVAL, "this is not a domain");
	r = is_own(arena, domain, ret, why);
	if (r == 0)
		r = settings_ask(arena, names, 1, &maps, &parents, why);
	if (r != 0)
		return r;
	keys_add(domain, strstr(parents, setting) != NULL, &keys);
	tables = postfix_words(arena, maps);
	for (size_t i = 0; r == 0 && tables[i] != NULL; i++)
		if (strstr(tables[i], ours) == NULL)
			r = table_ask(arena, tables[i], &keys, ret, why);
	return r;
}

int
postfix_tables_check(struct arena *arena, const char *setting, struct why *why)
{
	const char *maps = NULL, *answer, *parents;
	const char *const *tables;
	AUTO_BUF struct buf keys = {0};
	int r = settings_ask(arena, &setting, 1, &maps, &parents, why);

	if (r < 0)
		return r;
	/* RFC 2606: nobody's domain */
	buf_add(&keys, "mailfix-probe.invalid\n");
	tables = postfix_words(arena, maps);
	for (size_t i = 0; r >= 0 && tables[i] != NULL; i++)
		if (strstr(tables[i], ours) != NULL)
			r = table_ask(arena, tables[i], &keys, &answer, why);
	return r < 0 ? r : 0;
}
