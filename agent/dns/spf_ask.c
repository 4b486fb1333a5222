/*
 * spf_ask.c - what SPF looks up, and what that counts
 *
 * Purpose  questions of a term, void lookups, names that PTR confirms, macros
 * Input    records and answers of others: hostile
 * Errors   temperror when a name server does not tell; permerror past a limit
 * Runs as  both roles
 * Source   RFC 7208 sections 4.6.4, 5.5, 7.3
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "agent/dns/dns_paste.h"
#include "agent/dns/spf_run.h"
#include "agent/mail/outside.h"

/* A tree longer than this is read by nobody. */
#define LINES_MAX 400
#define LINE_MAX  300

void
spf_say(struct spf_run *run, const char *format, ...)
{
	AUTO_BUF struct buf line = {0};
	char text[LINE_MAX];
	va_list args;

	if (run->lines == NULL || run->line_count == LINES_MAX)
		return;
	if (run->line_count + 1 == LINES_MAX) {
		run->lines[run->line_count++] = "... and more";
		return;
	}
	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) >= (int)sizeof(text))
		(void)memcpy(text + sizeof(text) - 4, "...", 4);
	va_end(args);
	buf_addf(&line, "%*s", (int)run->depth * 2, "");
	buf_add(&line, dns_paste_octets(run->arena, text, strlen(text)));
	run->lines[run->line_count++] = arena_dup(run->arena, buf_text(&line));
}

void
spf_problem(struct spf_run *run, const char *format, ...)
{
	char text[LINE_MAX];
	va_list args;

	if (run->answer.problem != NULL)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	run->answer.problem = dns_paste_octets(run->arena, text, strlen(text));
}

static void
void_count(struct spf_run *run, const char *name, enum dns_type type,
    enum spf_verdict *ret_verdict)
{
	if (run->is_term_void)
		return;
	run->is_term_void = true;
	run->answer.voids++;
	buf_addf(&run->voids, "%s%s %s", run->voids.length > 0 ? ", " : "",
	    name, dns_type_name(type));
	if (run->answer.voids <= SPF_VOIDS_MAX)
		return;
	spf_problem(run,
	    "more than %d void lookups (names without an answer): "
	    "%s",
	    SPF_VOIDS_MAX, buf_text(&run->voids));
	*ret_verdict = SPF_ERROR_PERM;
}

static bool
has_inside(const struct dns_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		const char *text = result->records[i].name;

		if (text != NULL && outside_family((struct span){
		                        text, (uint32_t)strlen(text)}) == 0)
			return true;
	}
	return false;
}

const struct dns_result *
spf_ask(struct spf_run *run, const char *name, enum dns_type type,
    enum spf_verdict *ret_verdict)
{
	const struct dns_result *result = dns_book_look(run->book, name, type);

	if (result == NULL) {
		run->is_missing = true;
		return NULL;
	}
	if (!dns_is_known(result)) {
		spf_problem(run, "%s",
		    dns_unknown_text(run->arena, name, type, result));
		*ret_verdict = SPF_ERROR_TEMP;
		return NULL;
	}
	if (result->is_local && type != DNS_TXT && type != DNS_MX)
		run->answer.local_name = arena_dup(run->arena, name);
	if ((type == DNS_A || type == DNS_AAAA) && has_inside(result))
		run->answer.inside_name = arena_dup(run->arena, name);
	if (result->outcome == DNS_ANSWER)
		return result;
	void_count(run, name, type, ret_verdict);
	return NULL;
}

static bool
is_client(const struct spf_run *run, const struct dns_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		struct spf_client address;

		if (result->records[i].name != NULL &&
		    spf_client_parse(result->records[i].name, &address) &&
		    address.family == run->client.family &&
		    memcmp(address.bytes, run->client.bytes,
		        sizeof(address.bytes)) == 0)
			return true;
	}
	return false;
}

/* A name server that does not tell is no error here: section 5.5. */
static const struct dns_result *
doubt_look(struct spf_run *run, const char *name, enum dns_type type)
{
	const struct dns_result *result = dns_book_look(run->book, name, type);

	run->is_missing = run->is_missing || result == NULL;
	if (result != NULL && !dns_is_known(result))
		run->answer.doubt =
		    dns_unknown_text(run->arena, name, type, result);
	else if (result != NULL && result->is_local)
		run->answer.local_name = arena_dup(run->arena, name);
	return result;
}

const char *
spf_valid_name(struct spf_run *run,
    bool (*is_match)(const char *name, const char *target), const char *target,
    enum spf_verdict *ret_verdict)
{
	const enum dns_type type =
	    run->client.family == AF_INET ? DNS_A : DNS_AAAA;
	const char *reverse =
	    dns_reverse_name(run->arena, run->client.text, NULL);
	const struct dns_result *names = doubt_look(run, reverse, DNS_PTR);
	const char *found = NULL;

	if (names == NULL || names->outcome != DNS_ANSWER) {
		if (names != NULL && dns_is_known(names))
			void_count(run, reverse, DNS_PTR, ret_verdict);
		return NULL;
	}
	/* past the tenth they are ignored: section 4.6.4 */
	for (size_t i = 0; i < names->count && i < SPF_NAMES_MAX; i++) {
		const char *name = names->records[i].name;
		const struct dns_result *result;

		if (name == NULL)
			continue;
		result = doubt_look(run, name, type);
		/* all are looked up: what is missing comes in one wave */
		if (found == NULL && result != NULL &&
		    result->outcome == DNS_ANSWER && is_client(run, result) &&
		    is_match(name, target))
			found = name;
	}
	return found;
}

static bool
is_same(const char *name, const char *target)
{
	return strcasecmp(name, target) == 0;
}

static bool
is_below(const char *name, const char *target)
{
	const size_t a = strlen(name), b = strlen(target);

	return a > b && name[a - b - 1] == '.' &&
	       strcasecmp(name + a - b, target) == 0;
}

static bool
is_any(const char *name, const char *target)
{
	(void)name;
	(void)target;
	return true;
}

void
spf_valid_find(
    struct spf_run *run, const char *domain, enum spf_verdict *ret_verdict)
{
	static bool (*const ways[])(const char *, const char *) = {
	    is_same, is_below, is_any};

	run->macros.valid = "unknown";
	/* its question is one of those that are limited: section 4.6.4 */
	if (!run->has_valid && ++run->answer.lookups > SPF_LOOKUPS_MAX) {
		spf_problem(run,
		    "more than %d lookups: %%{p} in the record of %s is the "
		    "next one",
		    SPF_LOOKUPS_MAX, domain);
		*ret_verdict = SPF_ERROR_PERM;
		return;
	}
	run->has_valid = true;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const char *name =
		    spf_valid_name(run, ways[i], domain, ret_verdict);

		if (name == NULL)
			continue;
		run->macros.valid = name;
		return;
	}
}

bool
spf_is_fixed(const char *spec)
{
	static const char changing[] = "slihpvo";

	for (size_t i = 0; changing[i] != '\0'; i++)
		if (spf_macro_has(spec, changing[i]))
			return false;
	return true;
}

const char *
spf_target(struct spf_run *run, const char *text, const char *domain,
    enum spf_verdict *ret_verdict)
{
	AUTO_BUF struct buf out = {0};

	if (text == NULL)
		return domain;
	if (spf_macro_has(text, 'p'))
		spf_valid_find(run, domain, ret_verdict);
	if (spf_macro_has(text, 'l') || spf_macro_has(text, 's'))
		run->answer.by_sender = text;
	run->macros.domain = domain;
	if (!spf_macro_expand(&out, text, &run->macros))
		return NULL;
	return spf_name(run->arena, buf_text(&out));
}
