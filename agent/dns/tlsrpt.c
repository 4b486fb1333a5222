/*
 * tlsrpt.c - the record that asks for reports about TLS
 *
 * Purpose  is it there, is it right?
 * Input    replies of name servers: hostile
 * Errors   what is not known is said in words
 * Runs as  observer
 * Source   RFC 8460 section 3; RFC 3986 section 3.1 (schemes have no case)
 */
#include "agent/dns/tlsrpt.h"

#include <string.h>
#include <strings.h>

#include "agent/base/buf.h"
#include "agent/dns/dns_paste.h"
#include "agent/dns/policy_txt.h"

const char *const tlsrpt_state_names[TLSRPT_STATE_MAX] = {
    [TLSRPT_NONE] = "none",
    [TLSRPT_OK] = "ok",
    [TLSRPT_DUPLICATE] = "duplicate",
    [TLSRPT_INVALID] = "invalid",
};

static bool
begins(const char *text, const char *scheme)
{
	return strncasecmp(text, scheme, strlen(scheme)) == 0 &&
	       text[strlen(scheme)] != '\0';
}

static bool
uri_ok(const char *uri)
{
	if (strpbrk(uri, " \t!") != NULL)
		return false;
	return begins(uri, "https://") ||
	       (begins(uri, "mailto:") && strchr(uri, '@') != NULL);
}

/* The next of "a, b" without blanks; NULL at the end. */
static const char *
uri_next(struct arena *arena, const char **at)
{
	const char *text = *at;
	size_t length;

	if (text == NULL)
		return NULL;
	text += strspn(text, " \t");
	length = strcspn(text, ",");
	*at = text[length] == ',' ? text + length + 1 : NULL;
	while (
	    length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	return arena_dup_n(arena, text, length);
}

static const char *
rua_problem(struct arena *arena, const char *rua)
{
	const char *uri;

	if (rua == NULL)
		return "it has no rua: nobody gets the reports";
	while ((uri = uri_next(arena, &rua)) != NULL)
		if (!uri_ok(uri))
			return arena_printf(arena,
			    "\"%s\" is none of mailto:ADDRESS and https://...",
			    uri);
	return NULL;
}

/* What can be told of where they were meant to go. */
static const char *
record_paste(
    struct arena *arena, const char *domain, const char *name, const char *rua)
{
	AUTO_BUF struct buf out = {0};
	const char *uri;

	while ((uri = uri_next(arena, &rua)) != NULL) {
		const bool is_bare =
		    strchr(uri, ':') == NULL && strchr(uri, '@') != NULL;
		const char *right =
		    is_bare ? arena_printf(arena, "mailto:%s", uri) : uri;

		if (uri_ok(right))
			buf_addf(
			    &out, "%s%s", out.length > 0 ? "," : "", right);
	}
	if (out.length == 0)
		buf_addf(&out, "mailto:postmaster@%s", domain);
	return dns_paste_txt(arena, name,
	    arena_printf(arena, "v=TLSRPTv1; rua=%s", buf_text(&out)));
}

bool
tlsrpt_judge(struct dns_book *book, struct arena *arena, const char *domain,
    struct tlsrpt *ret)
{
	const char *name = arena_printf(arena, "_smtp._tls.%s", domain);
	const char *problem = NULL, *rua;
	struct policy_txt txt;

	*ret = (struct tlsrpt){.record = "", .rua = "", .problem = ""};
	if (!policy_txt_look(book, arena, name, "v=TLSRPTv1", &txt))
		return false;
	ret->record = txt.text;
	ret->problem = txt.problem;
	ret->unknown = txt.unknown;
	rua = policy_txt_field(&txt, "rua", &problem);
	ret->rua = rua != NULL ? rua : "";
	ret->paste = record_paste(arena, domain, name, rua);
	switch (txt.state) {
	case POLICY_TXT_NONE:
		ret->state = TLSRPT_NONE;
		break;
	case POLICY_TXT_DUPLICATE:
		ret->state = TLSRPT_DUPLICATE;
		break;
	case POLICY_TXT_INVALID:
		ret->state = TLSRPT_INVALID;
		break;
	case POLICY_TXT_UNKNOWN:
		ret->state = TLSRPT_UNKNOWN;
		break;
	case POLICY_TXT_OK:
		if (problem == NULL)
			problem = rua_problem(arena, rua);
		ret->state = problem == NULL ? TLSRPT_OK : TLSRPT_INVALID;
		ret->problem = problem != NULL ? problem : "";
		break;
	}
	return true;
}
