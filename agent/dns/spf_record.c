/*
 * spf_record.c - an SPF record as its terms
 *
 * Purpose  the grammar of RFC 7208
 * Input    what stands in somebody's zone: hostile, any octets
 * Errors   the first problem, in words
 * Runs as  both roles
 * Source   RFC 7208 sections 4.5, 4.6.1, 5, 6 and 12
 */
#include "agent/dns/spf_record.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "agent/dns/spf_macro.h"

#define VERSION        "v=spf1"
#define VERSION_LENGTH 6

#define CIDR4_MAX 32
#define CIDR6_MAX 128

/* What may stand behind the name of a mechanism. */
enum argument {
	NOTHING,      /* all */
	DOMAIN,       /* include:example.com */
	MAYBE_DOMAIN, /* ptr */
	DOMAIN_CIDR,  /* a, mx */
	ADDRESS,      /* ip4, ip6 */
};

static const struct mechanism {
	const char *name;
	enum argument argument;
} mechanisms[SPF_REDIRECT] = {
    [SPF_ALL] = {"all",     NOTHING     },
    [SPF_INCLUDE] = {"include", DOMAIN      },
    [SPF_A] = {"a",       DOMAIN_CIDR },
    [SPF_MX] = {"mx",      DOMAIN_CIDR },
    [SPF_PTR] = {"ptr",     MAYBE_DOMAIN},
    [SPF_IP4] = {"ip4",     ADDRESS     },
    [SPF_IP6] = {"ip6",     ADDRESS     },
    [SPF_EXISTS] = {"exists",  DOMAIN      },
};

bool
spf_record_is(const uint8_t *data, size_t length)
{
	return length >= VERSION_LENGTH &&
	       strncasecmp((const char *)data, VERSION, VERSION_LENGTH) == 0 &&
	       (length == VERSION_LENGTH || data[VERSION_LENGTH] == ' ');
}

bool
spf_term_asks(const struct spf_term *term)
{
	switch (term->kind) {
	case SPF_INCLUDE:
	case SPF_A:
	case SPF_MX:
	case SPF_PTR:
	case SPF_EXISTS:
	case SPF_REDIRECT:
		return true;
	case SPF_ALL:
	case SPF_IP4:
	case SPF_IP6:
	case SPF_EXP:
	case SPF_OTHER:
	case SPF_KIND_MAX:
		break;
	}
	return false;
}

/*
 * "/24" or "//64" at the end of text[0..*length): taken off. Without it, or
 * with what is no such number, all stays: it is then no domain either.
 */
static bool
cidr_take(const char *text, size_t *length, const char *slashes, unsigned *ret)
{
	const size_t width = strlen(slashes);
	size_t at = *length, digits;
	unsigned value = 0;

	while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9')
		at--;
	digits = *length - at;
	if (digits == 0 || digits > 3 || (digits > 1 && text[at] == '0') ||
	    at < width || strncmp(text + at - width, slashes, width) != 0)
		return false;
	for (size_t i = at; i < *length; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	*length = at - width;
	*ret = value;
	return true;
}

/* What is wrong with it, or NULL. */
static const char *
cidrs_take(const char *text, size_t *length, struct spf_term *term)
{
	(void)cidr_take(text, length, "//", &term->cidr6);
	(void)cidr_take(text, length, "/", &term->cidr4);
	if (term->cidr4 > CIDR4_MAX)
		return "its prefix length is more than 32";
	if (term->cidr6 > CIDR6_MAX)
		return "its prefix length is more than 128";
	return NULL;
}

static const char *
address_take(struct arena *arena, const char *text, struct spf_term *term)
{
	const bool is_v6 = term->kind == SPF_IP6;
	unsigned *cidr = is_v6 ? &term->cidr6 : &term->cidr4;
	size_t length = strlen(text);
	const char *address;

	(void)cidr_take(text, &length, "/", cidr);
	if (*cidr > (is_v6 ? CIDR6_MAX : CIDR4_MAX))
		return is_v6 ? "its prefix length is more than 128"
		             : "its prefix length is more than 32";
	address = arena_dup_n(arena, text, length);
	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, address, term->address) == 1)
		return NULL;
	return is_v6 ? "it needs an IPv6 address" : "it needs an IPv4 address";
}

/* What follows the name: text begins with ':' or '/', or is empty. */
static const char *
argument_take(struct arena *arena, const char *text, struct spf_term *term)
{
	const enum argument argument = mechanisms[term->kind].argument;
	size_t length = strlen(text);
	const char *problem = NULL;

	if (argument == NOTHING)
		return length == 0 ? NULL : "nothing may follow \"all\"";
	if (argument == ADDRESS)
		return text[0] == ':' ? address_take(arena, text + 1, term)
		                      : "it needs \":\" and an address";
	if (argument == DOMAIN_CIDR)
		problem = cidrs_take(text, &length, term);
	if (problem != NULL)
		return problem;
	if (length == 0)
		return argument == DOMAIN ? "it needs \":\" and a domain"
		                          : NULL;
	if (text[0] != ':' || !spf_domain_spec_ok(text + 1, length - 1))
		return "what follows its name is no domain";
	term->domain = arena_dup_n(arena, text + 1, length - 1);
	return NULL;
}

/* How long the name of a modifier is, when "=" follows it; else 0. */
static size_t
modifier_name(const char *text)
{
	static const char more[] = "abcdefghijklmnopqrstuvwxyz"
	                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t length = strspn(text, more);

	/* the digits and signs stand after the letters */
	if (length == 0 || text[length] != '=' ||
	    strchr(more, text[0]) >= strchr(more, '0'))
		return 0;
	return length;
}

static const char *
modifier_take(struct arena *arena, const char *text, size_t name,
    struct spf_record *record, struct spf_term *term)
{
	const char *value = text + name + 1;
	const struct spf_term **slot;

	if (name == 8 && strncasecmp(text, "redirect", name) == 0) {
		term->kind = SPF_REDIRECT;
		slot = &record->redirect;
	} else if (name == 3 && strncasecmp(text, "exp", name) == 0) {
		term->kind = SPF_EXP;
		slot = &record->exp;
	} else {
		term->kind = SPF_OTHER;
		return spf_macro_ok(value, strlen(value), SPF_IN_OTHER)
		           ? NULL
		           : "what follows \"=\" has a wrong macro";
	}
	if (!spf_domain_spec_ok(value, strlen(value)))
		return "what follows \"=\" is no domain";
	if (*slot != NULL)
		return "it stands there twice";
	term->domain = arena_dup(arena, value);
	*slot = term;
	return NULL;
}

static const char *
mechanism_take(struct arena *arena, const char *text, struct spf_term *term)
{
	size_t length;

	term->qualifier = '+';
	if (text[0] != '\0' && strchr("+-~?", text[0]) != NULL)
		term->qualifier = *text++;
	length = strcspn(text, ":/");
	for (int kind = 0; kind < SPF_REDIRECT; kind++) {
		if (strlen(mechanisms[kind].name) != length ||
		    strncasecmp(text, mechanisms[kind].name, length) != 0)
			continue;
		term->kind = (enum spf_kind)kind;
		return argument_take(arena, text + length, term);
	}
	return "there is no such mechanism";
}

/* Visible ASCII and spaces; else what stands there, in words. */
static const char *
octets_problem(struct arena *arena, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (data[i] < ' ' || data[i] > '~')
			return arena_printf(arena, "octet %zu is %s (code %u)",
			    i + 1,
			    data[i] > '~' ? "not ASCII" : "a control character",
			    data[i]);
	return NULL;
}

static void
term_take(struct arena *arena, const char *text, struct spf_record *record,
    struct spf_term *term)
{
	const size_t name = modifier_name(text);
	const char *problem;

	*term = (struct spf_term){.text = text,
	    .kind = SPF_OTHER,
	    .cidr4 = CIDR4_MAX,
	    .cidr6 = CIDR6_MAX};
	problem = name > 0 ? modifier_take(arena, text, name, record, term)
	                   : mechanism_take(arena, text, term);
	if (problem == NULL)
		record->count++;
	else
		record->problem =
		    arena_printf(arena, "\"%s\": %s", text, problem);
}

void
spf_record_parse(struct arena *arena, const uint8_t *data, size_t length,
    struct spf_record *ret)
{
	char *text = arena_dup_n(arena, (const char *)data, length);
	struct spf_term *terms;
	size_t most = 0;

	*ret = (struct spf_record){.count = 0};
	ret->problem = octets_problem(arena, data, length);
	if (ret->problem != NULL)
		return;
	for (size_t i = 0; i < length; i++)
		most += text[i] == ' ' ? 1 : 0;
	ret->terms = terms = arena_alloc(arena, most + 1, sizeof(*terms));
	text += VERSION_LENGTH;
	while (ret->problem == NULL) {
		text += strspn(text, " ");
		if (*text == '\0')
			return;
		length = strcspn(text, " ");
		term_take(arena, arena_dup_n(arena, text, length), ret,
		    &terms[ret->count]);
		text += length;
	}
}
