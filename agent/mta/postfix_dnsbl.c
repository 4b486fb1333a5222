/*
 * postfix_dnsbl.c - the command that corrects a blocklist in main.cf
 *
 * Purpose  a setting with one list written in another way, or left out
 * Input    main.cf: root's
 * Errors   NULL: main.cf does not name the list there in a way that can be
 *          changed by one command
 * Runs as  both roles; pure
 * Source   postconf(5): postscreen_dnsbl_sites, reject_rbl_client
 */
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/base/text.h"
#include "agent/mta/mta.h"
#include "agent/mta/postfix.h"

#define SEPARATORS ", \t\r\n"

/* Words of a setting, as they stand, with what was between them. */
struct word {
	const char *text;
	bool has_comma; /* between it and the one before */
};

/* A setting with more words is not shown as one command. */
#define WORDS_MAX 128

static size_t
words_split(
    struct arena *arena, const char *value, struct word words[static WORDS_MAX])
{
	size_t count = 0;

	for (;;) {
		const size_t between = strspn(value, SEPARATORS);
		const char *comma = memchr(value, ',', between);
		size_t length;

		value += between;
		length = strcspn(value, SEPARATORS);
		if (length == 0 || count == WORDS_MAX)
			return length == 0 ? count : 0;
		words[count].text = arena_dup_n(arena, value, length);
		words[count++].has_comma = comma != NULL;
		value += length;
	}
}

/* "zone", "zone=filter", "zone=filter*weight"; its weight in *ret_rest */
static bool
is_list(const char *word, const struct mta_dnsbl *list, const char **ret_rest)
{
	const size_t length = strlen(list->zone);
	size_t filter = 0;

	if (strncasecmp(word, list->zone, length) != 0)
		return false;
	word += length;
	if (list->filter != NULL) {
		filter = strlen(list->filter);
		if (word[0] != '=' ||
		    strncmp(word + 1, list->filter, filter) != 0)
			return false;
		word += filter + 1;
	}
	*ret_rest = word;
	return *word == '\0' || *word == '*';
}

/* "reject_rbl_client", "permit_dnswl_client", "reject_rhsbl_helo" */
static bool
asks_list(const char *word)
{
	return strncasecmp(word, "reject_rbl", 10) == 0 ||
	       strncasecmp(word, "reject_rhsbl_", 13) == 0 ||
	       strcasecmp(word, "permit_dnswl_client") == 0 ||
	       strcasecmp(word, "permit_rhswl_client") == 0;
}

static void
word_put(struct buf *out, const struct word *word)
{
	if (out->length > 0)
		buf_add(out, word->has_comma ? ", " : " ");
	buf_add(out, word->text);
}

/* Marks what goes when a list goes: it, what asks it, a warn_if_reject. */
static void
leave_out(struct word *words, size_t at, bool is_screen)
{
	words[at].text = NULL;
	if (is_screen || at == 0)
		return;
	words[at - 1].text = NULL;
	if (at > 1 && words[at - 2].text != NULL &&
	    strcasecmp(words[at - 2].text, "warn_if_reject") == 0)
		words[at - 2].text = NULL;
}

static bool
words_change(struct arena *arena, const struct mta_dnsbl *list,
    const char *filter, struct word *words, size_t count)
{
	const bool is_screen = text_starts(list->setting, "postscreen_");
	bool is_changed = false;

	for (size_t i = 0; i < count; i++) {
		const char *rest;

		if (words[i].text == NULL ||
		    !is_list(words[i].text, list, &rest) ||
		    (!is_screen && (i == 0 || words[i - 1].text == NULL ||
		                       !asks_list(words[i - 1].text))))
			continue;
		is_changed = true;
		if (filter != NULL)
			words[i].text = arena_printf(
			    arena, "%s=%s%s", list->zone, filter, rest);
		else
			leave_out(words, i, is_screen);
	}
	return is_changed;
}

const char *
postfix_dnsbl_paste(struct arena *arena, const struct mta *mta,
    const struct mta_dnsbl *list, const char *filter)
{
	const struct mta_param *param = mta_param_find(mta, list->setting);
	struct word words[WORDS_MAX] = {
	    {NULL, false}
        };
	AUTO_BUF struct buf out = {0};
	size_t count;

	/* what a shell, or Postfix, would read in another way */
	if (param == NULL || strpbrk(param->value, "'{}#") != NULL)
		return NULL;
	count = words_split(arena, param->value, words);
	if (!words_change(arena, list, filter, words, count))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (words[i].text != NULL)
			word_put(&out, &words[i]);
	return arena_printf(arena, "postconf -e '%s = %s' && postfix reload",
	    list->setting, buf_text(&out));
}
