/*
 * policy_txt.c - TXT records of one kind: "v=NAME; field=value; ..."
 *
 * Purpose  find the one that counts, and its fields
 * Input    replies of name servers: hostile
 * Errors   what is not known is said in words
 * Runs as  observer
 * Source   RFC 8461 section 3.1; RFC 8460 section 3
 */
#include "agent/dns/policy_txt.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agent/base/buf.h"
#include "agent/base/text.h"

/* RFC 8461: sts-ext-name; RFC 8460: the same for TLS-RPT. */
#define FIELD_NAME_MAX 32

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The strings of a record as one text; a NUL ends nothing. */
static const char *
record_text(struct arena *arena, const struct dns_record *record)
{
	char *text = arena_alloc(arena, record->length + 1, 1);

	for (size_t i = 0; i < record->length; i++)
		text[i] = record->data[i] != 0 ? (char)record->data[i] : '\x7f';
	return text;
}

/* RFC: *WSP ";" follows the version; without it the record is another's. */
static bool
counts(const char *text, const char *version)
{
	const size_t length = strlen(version);

	if (strncmp(text, version, length) != 0)
		return false;
	text += length;
	while (is_blank(*text))
		text++;
	return *text == ';' || *text == '\0';
}

/* In capitals, with blanks or quotes where none may be. */
static bool
is_meant(const char *text, const char *version)
{
	while (*text != '\0' && *version != '\0') {
		if (is_blank(*text) || *text == '"' || *text == '\'') {
			text++;
			continue;
		}
		if (tolower((unsigned char)*text) !=
		    tolower((unsigned char)*version))
			return false;
		text++;
		version++;
	}
	return *version == '\0' && !isalnum((unsigned char)*text);
}

/* Without the blanks at both ends. */
static const char *
trim(struct arena *arena, const char *text, size_t length)
{
	while (length > 0 && is_blank(text[length - 1]))
		length--;
	while (length > 0 && is_blank(*text)) {
		text++;
		length--;
	}
	return arena_dup_n(arena, text, length);
}

static bool
field_name_ok(const char *name, size_t length)
{
	if (length == 0 || length > FIELD_NAME_MAX ||
	    !isalnum((unsigned char)*name))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    strchr("_-.", name[i]) == NULL)
			return false;
	return true;
}

/* One field; what is wrong with it, or NULL. */
static const char *
field_read(struct arena *arena, const char *text, struct policy_txt *ret)
{
	const char *equal = strchr(text, '=');

	if (*text == '\0')
		return "there is nothing between two \";\"";
	if (equal == NULL || !field_name_ok(text, (size_t)(equal - text)))
		return arena_printf(
		    arena, "\"%s\" is not of the form name=value", text);
	for (const char *c = equal + 1; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			return "it has a character that no such record may "
			       "have";
	if (ret->count < POLICY_FIELDS_MAX)
		ret->fields[ret->count++] = (struct policy_field){
		    .name = arena_dup_n(arena, text, (size_t)(equal - text)),
		    .value = equal + 1};
	return NULL;
}

static void
fields_read(struct arena *arena, const char *at, struct policy_txt *ret)
{
	const char *problem = NULL;

	at += strcspn(at, ";");
	while (*at == ';' && problem == NULL) {
		const size_t length = strcspn(++at, ";");
		const char *field = trim(arena, at, length);

		at += length;
		/* the last ";" may end the record */
		if (*field == '\0' && *at == '\0')
			break;
		problem = field_read(arena, field, ret);
	}
	if (problem == NULL)
		return;
	ret->state = POLICY_TXT_INVALID;
	ret->problem = problem;
}

bool
policy_txt_look(struct dns_book *book, struct arena *arena, const char *name,
    const char *version, struct policy_txt *ret)
{
	const struct dns_result *result = dns_book_look(book, name, DNS_TXT);
	const char *meant = NULL;
	size_t count = 0;

	*ret = (struct policy_txt){.text = "", .problem = ""};
	if (result == NULL)
		return false;
	if (!dns_is_known(result)) {
		ret->state = POLICY_TXT_UNKNOWN;
		ret->unknown = dns_unknown_text(arena, name, DNS_TXT, result);
		return true;
	}
	for (size_t i = 0; i < result->count; i++) {
		const char *text = record_text(arena, &result->records[i]);

		if (counts(text, version) && count++ == 0)
			ret->text = text;
		else if (is_meant(text, version) && meant == NULL)
			meant = text;
	}
	if (count > 1) {
		ret->state = POLICY_TXT_DUPLICATE;
		ret->problem = arena_printf(arena,
		    "there are %zu such records, so that none counts", count);
	} else if (count == 1) {
		ret->state = POLICY_TXT_OK;
		fields_read(arena, ret->text, ret);
	} else if (meant != NULL) {
		ret->state = POLICY_TXT_INVALID;
		ret->text = meant;
		ret->problem =
		    arena_printf(arena, "it must begin with \"%s;\"", version);
	}
	return true;
}

const char *
policy_txt_field(
    const struct policy_txt *txt, const char *name, const char **ret_problem)
{
	const char *value = NULL;

	for (size_t i = 0; i < txt->count; i++) {
		if (strcmp(txt->fields[i].name, name) == 0) {
			if (value != NULL)
				*ret_problem = "a field is there twice";
			value = txt->fields[i].value;
		} else if (strcasecmp(txt->fields[i].name, name) == 0) {
			*ret_problem = "a field's name is in capitals, and "
			               "then it is another one";
		}
	}
	return value;
}
