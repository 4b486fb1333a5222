/*
 * words.c - names of the kernel's, printable; reasons
 *
 * Purpose  what every text about rules is made with
 * Input    names: hostile
 * Errors   none
 * Runs as  observer
 * Source   nftables' own prefix for sets without a name: __set, __map
 */
#include "agent/firewall/words.h"

#include <linux/netfilter/nf_tables.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/text.h"

/* A reason is one line of a report. */
#define WORDS_MAX 512

const char *
nf_words(struct arena *arena, const char *format, ...)
{
	AUTO_BUF struct buf escaped = {0};
	char text[WORDS_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_escape(&escaped, text, strlen(text));
	return arena_dup(arena, buf_text(&escaped));
}

bool
nf_set_is_anonymous(const struct nf_set *set)
{
	return set->flags & NFT_SET_ANONYMOUS;
}

const char *
nf_set_words(struct arena *arena, const struct nf_set *set)
{
	if (nf_set_is_anonymous(set))
		return "a set of the rule";
	return nf_words(arena, "@%s", set->name);
}

void
nf_words_add(struct buf *out, const char *name)
{
	if (name)
		text_escape(out, name, strlen(name));
}
