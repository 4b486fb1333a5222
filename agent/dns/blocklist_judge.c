/*
 * blocklist_judge.c - is an address or a domain on a blocklist?
 *
 * Purpose  three states: listed, not listed, or why that cannot be told
 * Input    replies, by way of the book: hostile
 * Errors   none of its own
 * Runs as  observer
 * Source   RFC 5782 sections 2.1, 2.3 and 3.1
 */
#include "agent/dns/blocklist_judge.h"

#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/dns/dns_paste.h"

/* The list's own word that is shown: a sentence and an address of the web. */
#define TEXT_MAX 240

/* RFC 1035 section 2.3.4, as text without the last dot. */
#define NAME_MAX_OCTETS 253

/* Meanings that are told of one answer: ZEN may give five. */
#define MEANINGS_MAX 6

/* Codes and meanings of what was found, the weightiest kind. */
static bool
codes_take(struct arena *arena, const struct blocklist *list,
    const struct dns_result *result, struct blocklist_verdict *ret)
{
	const struct blocklist_code *seen[MEANINGS_MAX] = {NULL};
	AUTO_BUF struct buf codes = {0}, meaning = {0};
	size_t count = 0;

	ret->kind = BLOCKLIST_KINDS;
	for (size_t i = 0; i < result->count; i++) {
		const struct dns_record *record = &result->records[i];
		const struct blocklist_code *code;
		char text[BLOCKLIST_ADDRESS_MAX];
		bool is_new = true;

		if (record->data == NULL || record->length != 4)
			continue;
		code = blocklist_code_of(list, record->data);
		for (size_t j = 0; j < count; j++)
			is_new = is_new && seen[j] != code;
		if (count == MEANINGS_MAX)
			break;
		buf_addf(&codes, "%s%s", codes.length > 0 ? " " : "",
		    blocklist_address_text(record->data, text));
		if (code == NULL || !is_new)
			continue;
		seen[count++] = code;
		if (code->kind < ret->kind)
			ret->kind = code->kind;
		if (code->kind != BLOCKLIST_GOOD)
			buf_addf(&meaning, "%s%s",
			    meaning.length > 0 ? "; " : "", code->meaning);
	}
	ret->codes = arena_dup(arena, buf_text(&codes));
	ret->meaning = arena_dup(arena, buf_text(&meaning));
	return count > 0;
}

/* A list may answer with the name that was asked; a key in it is in no report. */
static const char *
text_mask(
    struct arena *arena, const struct blocklist_use *use, const char *text)
{
	const size_t length = strcspn(use->zone, ".");
	AUTO_BUF struct buf out = {0};

	if (use->shown == use->zone || length == 0)
		return text;
	while (*text != '\0') {
		const bool is_key = strncasecmp(text, use->zone, length) == 0;

		buf_add_n(&out, is_key ? "KEY" : text, is_key ? 3 : 1);
		text += is_key ? length : 1;
	}
	return arena_dup(arena, buf_text(&out));
}

/* The first of its texts, without what follows a NUL. */
static const char *
text_take(struct arena *arena, const struct blocklist_use *use,
    const struct dns_result *result)
{
	const struct dns_record *record = result->records;
	const char *text;

	if (result->outcome != DNS_ANSWER || result->count == 0 ||
	    record->data == NULL || record->length == 0)
		return NULL;
	text = text_mask(arena, use,
	    arena_dup_n(arena, (const char *)record->data, record->length));
	return arena_dup_n(arena, text, strnlen(text, TEXT_MAX));
}

static void
cannot_say(struct blocklist_verdict *ret, const char *reason)
{
	ret->listed = BLOCKLIST_CANNOT_SAY;
	ret->reason = reason;
}

/* The wording of a list that is well, but not for whom we ask by. */
static void
refused(struct arena *arena, const struct blocklist_use *use,
    const char *reason, struct blocklist_verdict *ret)
{
	cannot_say(
	    ret, arena_printf(arena, "cannot be checked from here: %s%s%s",
	             reason, use->list->hint != NULL ? "; " : "",
	             use->list->hint != NULL ? use->list->hint : ""));
}

/* An answer: it is listed, or worth nothing. */
static bool
answer_judge(struct dns_book *book, struct arena *arena,
    const struct blocklist_use *use, const char *name,
    const struct dns_result *result, struct blocklist_verdict *ret)
{
	const struct dns_result *txt;
	struct blocklist_answer answer;
	char text[BLOCKLIST_ADDRESS_MAX];

	blocklist_answer_read(use->list, result, &answer);
	if (answer.refusal != NULL) {
		refused(arena, use,
		    blocklist_refusal(arena, use, result, &answer), ret);
	} else if (answer.foreign > 0 || answer.count == 0) {
		cannot_say(
		    ret, arena_printf(arena,
		             "%s answers %s, outside of 127.0.0.0/8: the name "
		             "server %s rewrites it",
		             ret->question,
		             blocklist_address_text(answer.foreign_first, text),
		             blocklist_server(result)));
	} else if (result->is_local) {
		cannot_say(ret,
		    arena_printf(arena,
		        "%s: the name server %s says so from data of its own, "
		        "the world may see another answer",
		        ret->question, blocklist_server(result)));
	} else if (!codes_take(arena, use->list, result, ret)) {
		cannot_say(ret,
		    arena_printf(arena, "%s answers with an unknown code, %s",
		        ret->question, ret->codes));
	} else if (ret->kind != BLOCKLIST_GOOD && !use->list->is_allow) {
		ret->listed = BLOCKLIST_YES;
		txt = dns_book_peek(book, name, DNS_TXT);
		if (txt == NULL)
			return false;
		ret->text = text_take(arena, use, txt);
	}
	return true;
}

static bool
is_worth_something(const struct blocklist_health *health)
{
	return health->state == BLOCKLIST_ALIVE ||
	       health->state == BLOCKLIST_UNTESTED;
}

bool
blocklist_ask(struct dns_book *book, struct arena *arena,
    const struct blocklist_use *use, enum blocklist_family family,
    const char *subject, struct blocklist_verdict *ret)
{
	const bool is_domain = family == BLOCKLIST_DOMAIN;
	const char *name =
	    is_domain ? arena_printf(arena, "%s.%s", subject, use->zone)
	              : dns_reverse_name(arena, subject, use->zone);
	const struct dns_result *result =
	    name != NULL ? dns_book_peek(book, name, DNS_A) : NULL;
	bool is_known;

	*ret = (struct blocklist_verdict){.listed = BLOCKLIST_NO};
	is_known = blocklist_health(book, arena, use, family, &ret->health);
	if (name == NULL || strlen(name) > NAME_MAX_OCTETS) {
		cannot_say(ret, name == NULL ? "that is no address"
		                             : "its name is too long to ask");
		return is_known;
	}
	ret->question = is_domain
	                    ? arena_printf(arena, "%s.%s", subject, use->shown)
	                    : dns_reverse_name(arena, subject, use->shown);
	if (!is_known || result == NULL)
		return false;
	if (ret->health.state == BLOCKLIST_REFUSES)
		refused(arena, use, ret->health.reason, ret);
	else if (!is_worth_something(&ret->health))
		cannot_say(ret, ret->health.reason);
	else if (result->outcome == DNS_ANSWER)
		return answer_judge(book, arena, use, name, result, ret);
	else if (!dns_is_known(result) && result->outcome != DNS_DISPUTED)
		cannot_say(
		    ret, arena_printf(arena, "A of %s: %s (name server %s)",
		             ret->question, dns_outcome_text(result->outcome),
		             blocklist_server(result)));
	return true;
}
