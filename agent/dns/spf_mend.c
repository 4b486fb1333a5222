/*
 * spf_mend.c - one term of a record as it was meant
 *
 * Purpose  slips that have one meaning only: an address behind a wrong name, a
 *          name where an address belongs, signs at the end, two terms in one
 * Input    words of a record: hostile
 * Errors   NULL: it may mean several things
 * Runs as  both roles
 * Source   what checkers of SPF are asked about most
 */
#include "agent/dns/spf_mend.h"

#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"

bool
spf_term_read(struct arena *arena, const char *word, struct spf_term *ret)
{
	const char *text = arena_printf(arena, "v=spf1 %s", word);
	struct spf_record record;

	spf_record_parse(arena, (const uint8_t *)text, strlen(text), &record);
	if (record.problem != NULL || record.count != 1)
		return false;
	*ret = record.terms[0];
	return true;
}

bool
spf_term_is_slip(const struct spf_term *term)
{
	static const char *const names[] = {
	    "ip4=", "ip6=", "a=", "mx=", "include=", "exists="};

	for (size_t i = 0; term->kind == SPF_OTHER && i < ARRAY_COUNT(names);
	     i++)
		if (strncasecmp(term->text, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static bool
is_term(struct arena *arena, const char *word)
{
	struct spf_term term;

	return spf_term_read(arena, word, &term);
}

/* "ip4:192.0.2.1-all" */
static const char *
unglue(struct arena *arena, const char *word, const char **ret_more)
{
	static const char *const ends[] = {"-all", "~all", "?all", "+all"};

	for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
		const size_t length = strlen(word), end = strlen(ends[i]);
		const char *first;

		if (length <= end ||
		    strcasecmp(word + length - end, ends[i]) != 0)
			continue;
		first = arena_dup_n(arena, word, length - end);
		if (!is_term(arena, first))
			continue;
		*ret_more = ends[i];
		return first;
	}
	return NULL;
}

/* As one of these, what stands behind the first ":" or "=". */
static const char *
rename_term(struct arena *arena, const char *word)
{
	static const struct {
		const char *from, *to;
	} names[] = {
	    {"ip",       "ip4:"     },
	    {"ip",       "ip6:"     },
	    {"ipv4",     "ip4:"     },
	    {"ipv6",     "ip6:"     },
	    {"ip4",      "ip4:"     },
	    {"ip4",      "ip6:"     },
	    {"ip4",      "a:"       },
	    {"ip6",      "ip6:"     },
	    {"ip6",      "ip4:"     },
	    {"ip6",      "a:"       },
	    {"a",        "ip4:"     },
	    {"a",        "ip6:"     },
	    {"mx",       "ip4:"     },
	    {"mx",       "ip6:"     },
	    {"a",        "a:"       },
	    {"mx",       "mx:"      },
	    {"include",  "include:" },
	    {"exists",   "exists:"  },
	    {"redirect", "redirect="},
	};

	const char *name = word;
	char sign[2] = "";
	size_t length;

	if (name[0] != '\0' && strchr("+-~?", name[0]) != NULL)
		sign[0] = *name++;
	length = strcspn(name, ":=");
	if (name[length] == '\0')
		return NULL;
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		const char *meant;

		if (strlen(names[i].from) != length ||
		    strncasecmp(name, names[i].from, length) != 0)
			continue;
		meant = arena_printf(
		    arena, "%s%s%s", sign, names[i].to, name + length + 1);
		if (is_term(arena, meant))
			return meant;
	}
	return NULL;
}

const char *
spf_term_mend(struct arena *arena, const char *word, const char **ret_more)
{
	size_t length = strlen(word);
	const char *meant = unglue(arena, word, ret_more);
	struct spf_term term;

	if (meant != NULL)
		return meant;
	while (length > 0 && strchr(",;.\"'", word[length - 1]) != NULL)
		length--;
	word = arena_dup_n(arena, word, length);
	if (length > 0 && spf_term_read(arena, word, &term) &&
	    !spf_term_is_slip(&term))
		return word;
	return rename_term(arena, word);
}
