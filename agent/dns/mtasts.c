/*
 * mtasts.c - the record that announces a policy of MTA-STS
 *
 * Purpose  is it there, is it right, is there a server for the policy?
 * Input    replies of name servers: hostile
 * Errors   what is not known is said in words
 * Runs as  observer. The policy itself is not fetched
 * Source   RFC 8461 sections 3.1 and 3.2
 */
#include "agent/dns/mtasts.h"

#include <ctype.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/dns/dns_host.h"
#include "agent/dns/dns_paste.h"
#include "agent/dns/policy_txt.h"

/* RFC 8461 section 3.1: sts-id. */
#define ID_MAX 32

const char *const mtasts_state_names[MTASTS_STATE_MAX] = {
    [MTASTS_NONE] = "none",
    [MTASTS_OK] = "ok",
    [MTASTS_DUPLICATE] = "duplicate",
    [MTASTS_INVALID] = "invalid",
    [MTASTS_NO_HOST] = "no-host",
};

static const char *
id_problem(const char *id)
{
	if (id == NULL)
		return "it has no id";
	if (*id == '\0')
		return "its id is empty";
	if (strlen(id) > ID_MAX)
		return "its id has more than 32 characters";
	for (; *id != '\0'; id++)
		if (!isalnum((unsigned char)*id))
			return "its id may have letters and digits only";
	return NULL;
}

/* What is right of the id, for it must change only with the policy. */
static const char *
record_paste(struct arena *arena, const char *name, const char *id)
{
	AUTO_BUF struct buf out = {0};

	for (; id != NULL && *id != '\0' && out.length < ID_MAX; id++)
		if (isalnum((unsigned char)*id))
			buf_add_char(&out, *id);
	return dns_paste_txt(arena, name,
	    arena_printf(arena, "v=STSv1; id=%s;",
	        out.length > 0 ? buf_text(&out) : "1"));
}

/* Where the policy is fetched from; false: not known yet. */
static bool
host_judge(struct dns_book *book, struct arena *arena, const char *domain,
    struct mtasts *ret)
{
	const char *name = arena_printf(arena, "mta-sts.%s", domain);
	struct dns_host host;

	if (!dns_host_look(book, arena, name, &host))
		return false;
	ret->state = MTASTS_OK;
	if (host.state == DNS_HOST_UNKNOWN) {
		ret->state = MTASTS_UNKNOWN;
		ret->unknown = host.unknown;
	} else if (host.state == DNS_HOST_MISSING) {
		ret->state = MTASTS_NO_HOST;
		ret->problem = arena_printf(arena,
		    "the policy is fetched from %s, which has no address",
		    name);
		ret->paste = NULL;
	}
	return true;
}

bool
mtasts_judge(struct dns_book *book, struct arena *arena, const char *domain,
    struct mtasts *ret)
{
	const char *name = arena_printf(arena, "_mta-sts.%s", domain);
	const char *problem = NULL, *id;
	struct policy_txt txt;

	*ret = (struct mtasts){.record = "", .id = "", .problem = ""};
	if (!policy_txt_look(book, arena, name, "v=STSv1", &txt))
		return false;
	ret->record = txt.text;
	ret->problem = txt.problem;
	ret->unknown = txt.unknown;
	id = policy_txt_field(&txt, "id", &problem);
	ret->id = id != NULL ? id : "";
	ret->paste = record_paste(arena, name, id);
	switch (txt.state) {
	case POLICY_TXT_NONE:
		ret->state = MTASTS_NONE;
		break;
	case POLICY_TXT_DUPLICATE:
		ret->state = MTASTS_DUPLICATE;
		break;
	case POLICY_TXT_INVALID:
		ret->state = MTASTS_INVALID;
		break;
	case POLICY_TXT_UNKNOWN:
		ret->state = MTASTS_UNKNOWN;
		break;
	case POLICY_TXT_OK:
		if (problem == NULL)
			problem = id_problem(id);
		if (problem == NULL)
			return host_judge(book, arena, domain, ret);
		ret->state = MTASTS_INVALID;
		ret->problem = problem;
		break;
	}
	return true;
}
