/*
 * dmarc_record.c - a DMARC policy record, as receivers read it
 *
 * Purpose  what counts in a record, and what receivers pass over
 * Input    bytes of a TXT record: hostile
 * Errors   told in the result
 * Runs as  both roles
 * Source   RFC 9989 sections 4.7, 4.8 and 4.10.1
 */
#include "agent/dns/dmarc_record.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/dns/dns_tags.h"
#include "agent/mail/mail_name.h"

const char *const dmarc_policy_names[DMARC_POLICY_MAX + 1] = {
    [DMARC_POLICY_NONE] = "none",
    [DMARC_POLICY_QUARANTINE] = "quarantine",
    [DMARC_POLICY_REJECT] = "reject",
};

/* All others are passed over (RFC 9989 section 4.7). */
static const char *const known[] = {
    "p", "sp", "np", "t", "adkim", "aspf", "psd", "fo", "rua", "ruf"};
#define KNOWN_COUNT ARRAY_COUNT(known)

struct reading {
	struct arena *arena;
	struct dmarc_record *record;
	bool has_policy, has_below, has_absent;
	bool is_policy_wrong; /* a p, sp or np is there and is none */
	struct buf problems;
	struct buf mended;
	const char *mended_rua, *mended_ruf; /* NULL: nothing is left of it */
	const char *seen[KNOWN_COUNT];       /* of those that are known */
	size_t seen_count;
};

static void
problem_add(struct reading *reading, const char *text)
{
	if (reading->problems.length > 0)
		buf_add(&reading->problems, "; ");
	buf_add(&reading->problems, text);
}

static void
value_problem(
    struct reading *reading, const struct dns_tag *tag, const char *wanted)
{
	problem_add(reading,
	    arena_printf(reading->arena, "%s is %s, and it must be %s",
	        tag->name,
	        dns_quote(reading->arena, tag->value, strlen(tag->value)),
	        wanted));
}

static bool
policy_read(struct reading *reading, const struct dns_tag *tag,
    enum dmarc_policy *ret, bool *ret_has)
{
	for (enum dmarc_policy p = 0; p < DMARC_POLICY_MAX; p++)
		if (strcasecmp(tag->value, dmarc_policy_names[p]) == 0) {
			*ret = p;
			*ret_has = true;
			return true;
		}
	reading->is_policy_wrong = true;
	value_problem(reading, tag, "none, quarantine or reject");
	return false;
}

/* One of two letters. */
static bool
letter_read(struct reading *reading, const struct dns_tag *tag,
    const char letters[static 3], bool *ret)
{
	const bool is_one = tag->value[0] != '\0' && tag->value[1] == '\0';
	const char letter = (char)tolower((unsigned char)tag->value[0]);

	if (is_one && (letter == letters[0] || letter == letters[1])) {
		*ret = letter == letters[1];
		return true;
	}
	value_problem(reading, tag,
	    arena_printf(reading->arena, "%c or %c", letters[0], letters[1]));
	return false;
}

static bool
psd_read(struct reading *reading, const struct dns_tag *tag)
{
	if (strcasecmp(tag->value, "y") == 0)
		reading->record->psd = DMARC_PSD_YES;
	else if (strcasecmp(tag->value, "n") == 0)
		reading->record->psd = DMARC_PSD_NO;
	else if (strcasecmp(tag->value, "u") != 0) {
		value_problem(reading, tag, "y, n or u");
		return false;
	}
	return true;
}

/* What a list has up to its next ",", without white space; NULL: no more. */
static const char *
uri_next(struct arena *arena, const char **list)
{
	const char *at = *list;
	size_t length, skip;

	if (at == NULL || *at == '\0')
		return NULL;
	length = strcspn(at, ",");
	*list = at + length + (at[length] == ',' ? 1 : 0);
	skip = strspn(at, " \t\r\n");
	if (skip > length)
		skip = length;
	while (length > skip && isspace((unsigned char)at[length - 1]))
		length--;
	return arena_dup_n(arena, at + skip, length - skip);
}

/* The domain of "mailto:a@b.test!10m"; NULL: none. */
static const char *
uri_domain(struct arena *arena, const char *uri)
{
	const char *at;
	size_t length;
	char *domain;

	if (strncasecmp(uri, "mailto:", strlen("mailto:")) != 0)
		return NULL;
	/* a size, which RFC 9989 no longer knows, and a subject */
	length = strcspn(uri, "!?");
	at = memrchr(uri, '@', length);
	if (at == NULL)
		return NULL;
	domain = arena_dup_n(arena, at + 1, (size_t)(uri + length - at) - 1);
	return mail_domain_ok(domain) ? domain : NULL;
}

/* Another scheme than mailto is a URI, though nobody sends there. */
static bool
uri_ok(struct arena *arena, const char *uri)
{
	const char *colon = strchr(uri, ':');

	/* RFC 3986 has no white space in it */
	if (strncasecmp(uri, "mailto:", strlen("mailto:")) == 0)
		return uri_domain(arena, uri) != NULL &&
		       strpbrk(uri, " \t\r\n") == NULL;
	if (colon == NULL || colon == uri || colon[1] == '\0' ||
	    !isalpha((unsigned char)uri[0]))
		return false;
	return strpbrk(uri, " \t@") == NULL || strpbrk(uri, " \t@") > colon;
}

/* What was meant: "a@b.test" without its mailto; else nothing. */
static void
uri_mend(struct reading *reading, const char *uri, struct buf *mended)
{
	const char *meant = arena_printf(reading->arena, "mailto:%s", uri);

	if (strchr(uri, ':') == NULL && uri_ok(reading->arena, meant))
		buf_addf(mended, "%s%s", mended->length > 0 ? "," : "", meant);
}

static void
uri_take(struct reading *reading, const struct dns_tag *tag, const char *uri,
    struct buf *good, struct buf *mended)
{
	if (uri_ok(reading->arena, uri)) {
		buf_addf(good, "%s%s", good->length > 0 ? "," : "", uri);
		buf_addf(mended, "%s%s", mended->length > 0 ? "," : "", uri);
		return;
	}
	problem_add(reading,
	    arena_printf(reading->arena,
	        "%s: %s is no address for reports, which is written "
	        "mailto:NAME@DOMAIN, and \",\" before the next",
	        tag->name, dns_quote(reading->arena, uri, strlen(uri))));
	for (const char *at = uri; *at != '\0';) {
		const size_t length = strcspn(at, " \t\r\n");
		const char *word = arena_dup_n(reading->arena, at, length);

		if (length < strlen(uri) && uri_ok(reading->arena, word))
			buf_addf(mended, "%s%s", mended->length > 0 ? "," : "",
			    word);
		else
			uri_mend(reading, word, mended);
		at += length;
		at += strspn(at, " \t\r\n");
	}
}

/* Those that are none are left out; ret_mended has what they seem to mean. */
static bool
uris_read(struct reading *reading, const struct dns_tag *tag, const char **ret,
    const char **ret_mended)
{
	AUTO_BUF struct buf good = {0}, mended = {0};
	const char *list = tag->value, *uri;

	while ((uri = uri_next(reading->arena, &list)) != NULL)
		uri_take(reading, tag, uri, &good, &mended);
	if (mended.length > 0)
		*ret_mended = arena_dup(reading->arena, buf_text(&mended));
	if (good.length == 0)
		return false;
	*ret = arena_dup(reading->arena, buf_text(&good));
	return true;
}

static bool
fo_read(struct reading *reading, const struct dns_tag *tag)
{
	const char *at = tag->value;

	/* RFC 7489 allowed any of them together */
	for (; *at != '\0'; at++)
		if (strchr((at - tag->value) % 2 == 0 ? "01dsDS" : ":", *at) ==
		    NULL)
			break;
	if (*at == '\0' && (at - tag->value) % 2 == 1)
		return true;
	value_problem(reading, tag, "0, 1, d or s");
	return false;
}

/* A tag that RFC 9989 knows; false: it is passed over. */
static bool
known_read(struct reading *reading, const struct dns_tag *tag)
{
	struct dmarc_record *record = reading->record;

	if (strcmp(tag->name, "p") == 0)
		return policy_read(
		    reading, tag, &record->policy, &reading->has_policy);
	if (strcmp(tag->name, "sp") == 0)
		return policy_read(
		    reading, tag, &record->below, &reading->has_below);
	if (strcmp(tag->name, "np") == 0)
		return policy_read(
		    reading, tag, &record->absent, &reading->has_absent);
	if (strcmp(tag->name, "t") == 0)
		return letter_read(reading, tag, "ny", &record->is_testing);
	if (strcmp(tag->name, "adkim") == 0)
		return letter_read(reading, tag, "rs", &record->is_dkim_strict);
	if (strcmp(tag->name, "aspf") == 0)
		return letter_read(reading, tag, "rs", &record->is_spf_strict);
	if (strcmp(tag->name, "psd") == 0)
		return psd_read(reading, tag);
	if (strcmp(tag->name, "fo") == 0)
		return fo_read(reading, tag);
	if (strcmp(tag->name, "rua") == 0)
		return uris_read(
		    reading, tag, &record->rua, &reading->mended_rua);
	if (strcmp(tag->name, "ruf") == 0)
		return uris_read(
		    reading, tag, &record->ruf, &reading->mended_ruf);
	return true;
}

static bool
is_seen(const struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->seen_count; i++)
		if (strcmp(reading->seen[i], name) == 0)
			return true;
	return false;
}

/* The name as it is known, whatever its case; or NULL. */
static const char *
known_name(const char *name)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++)
		if (strcasecmp(known[i], name) == 0)
			return known[i];
	return NULL;
}

/* Names have a case: RFC 6376 section 3.2. Some receivers may not know. */
static void
miswritten_take(
    struct reading *reading, const struct dns_tag *tag, const char *name)
{
	problem_add(reading,
	    arena_printf(reading->arena,
	        "the tag \"%.16s\" counts for nothing: it is written \"%s\"",
	        tag->name, name));
	if (is_seen(reading, name))
		return;
	reading->seen[reading->seen_count++] = name;
	buf_addf(&reading->mended, "; %s=%s", name, tag->value);
}

static void
tag_take(struct reading *reading, const struct dns_tag *tag)
{
	const char *value = tag->value, *name = known_name(tag->name);

	if (name != NULL && strcmp(name, tag->name) != 0) {
		miswritten_take(reading, tag, name);
		return;
	}
	/* it is not said which of two counts */
	if (is_seen(reading, tag->name)) {
		problem_add(reading,
		    arena_printf(reading->arena,
		        "the tag \"%.16s\" stands in it twice", tag->name));
		return;
	}
	if (name != NULL)
		reading->seen[reading->seen_count++] = tag->name;
	if (!known_read(reading, tag) && strcmp(tag->name, "p") != 0 &&
	    strncmp(tag->name, "ru", 2) != 0)
		return;
	if (strcmp(tag->name, "p") == 0 && !reading->has_policy)
		value = dmarc_policy_names[DMARC_POLICY_NONE];
	if (strcmp(tag->name, "rua") == 0)
		value = reading->mended_rua;
	if (strcmp(tag->name, "ruf") == 0)
		value = reading->mended_ruf;
	if (value != NULL)
		buf_addf(&reading->mended, "; %s=%s", tag->name, value);
}

/* What a missing or wrong policy comes to: RFC 9989 section 4.10.1. */
static void
policies_settle(struct reading *reading)
{
	struct dmarc_record *record = reading->record;

	record->applies = true;
	if (!reading->has_policy || reading->is_policy_wrong) {
		record->applies = record->rua != NULL;
		record->policy = record->below = record->absent =
		    DMARC_POLICY_NONE;
	}
	/* with rua, and no p at all, it is p=none, and may be */
	if (!reading->has_policy && record->rua == NULL &&
	    !is_seen(reading, "p")) {
		problem_add(reading, "it has no p, and no rua: nothing follows "
		                     "from it");
		buf_add(&reading->mended, "; p=none");
	}
	if (!reading->has_below)
		record->below = record->policy;
	if (!reading->has_absent)
		record->absent = record->below;
}

static void
good_read(struct reading *reading, struct dns_tags *tags)
{
	struct dns_tag tag;
	struct why why = {0};
	int r;

	buf_add(&reading->mended, "v=DMARC1");
	while ((r = dns_tags_next(tags, &tag, &why)) != 0)
		if (r > 0)
			tag_take(reading, &tag);
		else if (r != -ENODATA)
			problem_add(reading, why.text);
	policies_settle(reading);
	if (reading->problems.length == 0)
		return;
	reading->record->problem =
	    arena_dup(reading->arena, buf_text(&reading->problems));
	reading->record->mended =
	    arena_dup(reading->arena, buf_text(&reading->mended));
}

/* Does it look as if somebody meant a policy? */
static bool
is_meant(const uint8_t *data, size_t length)
{
	static const char wanted[] = "DMARC1";

	if (length >= 7 && strncasecmp((const char *)data, "v=DMARC", 7) == 0)
		return true;
	for (size_t i = 0; i + strlen(wanted) <= length; i++)
		if (strncasecmp(
		        (const char *)data + i, wanted, strlen(wanted)) == 0)
			return true;
	return false;
}

/* A text that receivers pass over; without its quote marks it may be good. */
static void
false_read(struct reading *reading, const uint8_t *data, size_t length,
    const char *problem)
{
	const char *escapes = dns_escape_problem(data, length);
	uint8_t *plain = arena_alloc(reading->arena, 1, length + 1);
	struct dmarc_record mended;
	size_t count = 0;

	reading->record->kind = DMARC_RECORD_FALSE;
	reading->record->problem = escapes != NULL ? escapes : problem;
	for (size_t i = 0; i < length; i++)
		if (data[i] != '"' && data[i] != '\\')
			plain[count++] = data[i];
	if (count == length)
		return;
	dmarc_record_read(reading->arena, plain, count, &mended);
	if (mended.kind == DMARC_RECORD_GOOD)
		reading->record->mended = mended.mended != NULL
		                              ? mended.mended
		                              : arena_dup_n(reading->arena,
		                                    (const char *)plain, count);
}

void
dmarc_record_read(struct arena *arena, const uint8_t *data, size_t length,
    struct dmarc_record *ret)
{
	struct reading reading = {.arena = arena, .record = ret};
	struct dns_tags tags = {.arena = arena, .data = data, .length = length};
	struct dns_tag version = {.name = "", .value = ""};
	struct why why = {0};
	int r;

	*ret = (struct dmarc_record){.kind = DMARC_RECORD_OTHER};
	if (!is_meant(data, length))
		return;
	r = dns_tags_next(&tags, &version, &why);
	if (isspace(data[0]))
		false_read(&reading, data, length,
		    "white space stands before v=DMARC1");
	else if (r < 0)
		false_read(&reading, data, length, arena_dup(arena, why.text));
	else if (strcasecmp(version.name, "v") != 0)
		false_read(
		    &reading, data, length, "it does not begin with v=DMARC1");
	else if (strcmp(version.value, "DMARC1") != 0)
		false_read(&reading, data, length,
		    arena_printf(arena, "v is %s, and it must be \"DMARC1\"",
		        dns_quote(
		            arena, version.value, strlen(version.value))));
	else {
		ret->kind = DMARC_RECORD_GOOD;
		good_read(&reading, &tags);
	}
	buf_done(&reading.problems);
	buf_done(&reading.mended);
}

size_t
dmarc_targets(struct arena *arena, const char *list,
    const char *targets[DMARC_TARGETS_MAX], size_t count)
{
	const char *uri;

	while ((uri = uri_next(arena, &list)) != NULL) {
		const char *domain = uri_domain(arena, uri);
		bool is_there = domain == NULL;

		for (size_t i = 0; i < count && !is_there; i++)
			is_there = strcasecmp(targets[i], domain) == 0;
		if (!is_there && count < DMARC_TARGETS_MAX)
			targets[count++] = domain;
	}
	return count;
}
