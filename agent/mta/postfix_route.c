/*
 * postfix_route.c - does the admin say how mail for a domain is to go?
 *
 * Purpose  a row of ours must not take mail from a way that somebody chose
 * Input    transport_maps, and what the tables in it answer to postmap(1)
 * Errors   negative errno: a table that cannot be asked may well have an answer
 * Runs as  the actor
 * Source   transport(5): the address, the domain, ".parent" of each parent,
 *          "*", in this order, each in all tables; postmap(1) -q -
 */
#include <errno.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mta/postfix.h"
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

/* Both in one call: the lists of tables, then what a bare parent stands for. */
static int
settings_ask(struct arena *arena, const char *setting, const char **ret_maps,
    bool *ret_parents, struct why *why)
{
	const char *argv[] = {POSTCONF, "-x", "-h", setting,
	    "parent_domain_matches_subdomains", NULL};
	struct program program = {.argv = argv,
	    .output_max = ROUTE_OUTPUT_MAX,
	    .deadline_ms = ROUTE_DEADLINE_MS};
	struct program_result result = {0};
	const char *text, *newline;
	int r = tool_run(&program, &result, why);

	if (r < 0)
		return r;
	text = buf_text(&result.output);
	newline = strchr(text, '\n');
	if (result.status != 0 || newline == NULL) {
		r = why_set(why, -EIO, "postconf: %s",
		    postfix_error_line(arena, buf_text(&result.errors)));
	} else {
		*ret_maps = arena_dup_n(arena, text, (size_t)(newline - text));
		*ret_parents = strstr(newline, "transport_maps") != NULL;
	}
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

int
postfix_routed_by_hand(struct arena *arena, const struct mta *mta,
    const char *domain, const char **ret, struct why *why)
{
	const char *maps = NULL;
	const char *const *tables;
	bool has_parents = false;
	AUTO_BUF struct buf keys = {0};
	int r = settings_ask(arena, "transport_maps", &maps, &has_parents, why);

	(void)mta;
	if (r < 0)
		return r;
	if (domain[0] == '\0' || strpbrk(domain, " \t\r\n") != NULL)
		return why_set(why, -EINVAL, "this is not a domain");
	keys_add(domain, has_parents, &keys);
	tables = postfix_words(arena, maps);
	for (size_t i = 0; r == 0 && tables[i] != NULL; i++)
		if (strstr(tables[i], ours) == NULL)
			r = table_ask(arena, tables[i], &keys, ret, why);
	return r;
}

int
postfix_tables_check(struct arena *arena, const char *setting, struct why *why)
{
	const char *maps = NULL, *answer;
	const char *const *tables;
	bool has_parents;
	AUTO_BUF struct buf keys = {0};
	int r = settings_ask(arena, setting, &maps, &has_parents, why);

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
