/*
 * blocklist_read.c - one section of blocklists.ini made a list
 *
 * Purpose  keys, codes, and what is wrong with them
 * Input    files of root's
 * Errors   to lint, with file and line: all of them
 * Runs as  actor
 * Source   the comment at the top of playbooks/blocklists.ini
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/dns/blocklist.h"
#include "agent/mail/mail_name.h"

const char *const blocklist_family_names[] = {
    [BLOCKLIST_IPV4] = "ipv4",
    [BLOCKLIST_IPV6] = "ipv6",
    [BLOCKLIST_DOMAIN] = "domain",
    [BLOCKLIST_FAMILIES] = NULL,
};

const char *const blocklist_kind_names[] = {
    [BLOCKLIST_REFUSAL] = "refuse",
    [BLOCKLIST_LISTING] = "code",
    [BLOCKLIST_POLICY] = "policy",
    [BLOCKLIST_NOTE] = "note",
    [BLOCKLIST_GOOD] = "good",
    [BLOCKLIST_KINDS] = NULL,
};

const char *const blocklist_state_names[] = {
    [BLOCKLIST_IS_ALIVE] = "alive",
    [BLOCKLIST_IS_CLOSED] = "closed",
    [BLOCKLIST_IS_DEAD] = "dead",
    [BLOCKLIST_IS_ODD] = "odd",
    [BLOCKLIST_IS_PAID] = "paid",
    [BLOCKLIST_STATES] = NULL,
};

_Static_assert(ARRAY_COUNT(blocklist_family_names) == BLOCKLIST_FAMILIES + 1,
    "each has its word");
_Static_assert(
    ARRAY_COUNT(blocklist_kind_names) == BLOCKLIST_KINDS + 1, "as above");
_Static_assert(
    ARRAY_COUNT(blocklist_state_names) == BLOCKLIST_STATES + 1, "as above");

struct key {
	const char *name;
	bool is_required;
	size_t offset; /* of a text; 0: see key_set */
};

#define AT(member) offsetof(struct blocklist, member)

static const struct key keys[] = {
    {"name",    true,  AT(name)  },
    {"lists",   true,  0         },
    {"see",     true,  AT(see)   },
    {"default", false, 0         },
    {"allow",   false, 0         },
    {"state",   false, 0         },
    {"test",    false, 0         },
    {"ended",   false, AT(ended) },
    {"delist",  false, AT(delist)},
    {"advice",  false, AT(advice)},
    {"hint",    false, AT(hint)  },
    {"filter",  false, AT(filter)},
};

static int
word_find(const char *word, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static void
word_fail(struct arena *arena, const struct ini_entry *entry, const char *word,
    const char *const *words, struct lint *lint)
{
	const char *nearest = text_nearest(word, words);

	lint_add(lint, entry->file, entry->line, "%s: '%s' is not known%s",
	    entry->key, word,
	    nearest != NULL
	        ? arena_printf(arena, ", did you mean '%s'?", nearest)
	        : "");
}

/* The next item of "a, b"; NULL: there is none. */
static const char *
item_next(struct arena *arena, const char **list)
{
	const char *from = *list + strspn(*list, ", ");
	const size_t length = strcspn(from, ", ");

	*list = from + length;
	return length > 0 ? arena_dup_n(arena, from, length) : NULL;
}

static void
families_set(struct arena *arena, const struct ini_entry *entry,
    struct blocklist *ret, struct lint *lint)
{
	const char *list = entry->value, *item;

	while ((item = item_next(arena, &list)) != NULL) {
		int family = word_find(item, blocklist_family_names);

		if (family < 0)
			word_fail(
			    arena, entry, item, blocklist_family_names, lint);
		else
			ret->families[family] = true;
	}
}

static void
tests_set(struct arena *arena, const struct ini_entry *entry,
    struct blocklist *ret, struct lint *lint)
{
	const char *list = entry->value, *item;
	size_t count = 0;

	while ((item = item_next(arena, &list)) != NULL) {
		if (count == BLOCKLIST_TESTS_MAX)
			lint_add(lint, entry->file, entry->line,
			    "test: more than %d names", BLOCKLIST_TESTS_MAX);
		else if (!mail_domain_ok(item))
			lint_add(lint, entry->file, entry->line,
			    "test: '%s' is no domain", item);
		else
			ret->tests[count++] = item;
	}
}

static void
yes_set(const struct ini_entry *entry, bool *target, struct lint *lint)
{
	if (strcmp(entry->value, "yes") != 0 && strcmp(entry->value, "no") != 0)
		lint_add(lint, entry->file, entry->line,
		    "%s: '%s' is neither yes nor no", entry->key, entry->value);
	*target = strcmp(entry->value, "yes") == 0;
}

static void
key_set(struct arena *arena, const struct key *key,
    const struct ini_entry *entry, struct blocklist *ret, struct lint *lint)
{
	struct blocklist_filter filter;
	int state;

	if (entry->value[0] == '\0')
		lint_add(lint, entry->file, entry->line, "%s has no value",
		    entry->key);
	else if (key->offset != 0)
		*(const char **)((char *)ret + key->offset) = entry->value;
	else if (strcmp(key->name, "lists") == 0)
		families_set(arena, entry, ret, lint);
	else if (strcmp(key->name, "test") == 0)
		tests_set(arena, entry, ret, lint);
	else if (strcmp(key->name, "default") == 0)
		yes_set(entry, &ret->is_default, lint);
	else if (strcmp(key->name, "allow") == 0)
		yes_set(entry, &ret->is_allow, lint);
	else if ((state = word_find(entry->value, blocklist_state_names)) >= 0)
		ret->state = (enum blocklist_state)state;
	else
		word_fail(
		    arena, entry, entry->value, blocklist_state_names, lint);
	if (key->offset == AT(filter) &&
	    !blocklist_filter_read(entry->value, &filter))
		lint_add(lint, entry->file, entry->line,
		    "filter: '%s' is no set of addresses such as "
		    "127.0.0.[2..11]",
		    entry->value);
}

/* "bits.6": some of these bits of the last octet */
static bool
bits_read(const char *text, unsigned *ret)
{
	if (!text_starts(text, "bits."))
		return false;
	text += strlen("bits.");
	if (strlen(text) > 3 || text[strspn(text, "0123456789")] != '\0')
		return false;
	*ret = 0;
	for (; *text != '\0'; text++)
		*ret = *ret * 10 + (unsigned)(*text - '0');
	return *ret > 0 && *ret <= UINT8_MAX;
}

/* "KIND.SET = meaning"; false: it is no such key */
static bool
code_set(
    const struct ini_entry *entry, struct blocklist *ret, struct lint *lint)
{
	struct blocklist_code code = {.meaning = entry->value};
	const char *dot = strchr(entry->key, '.');
	int kind = -1;

	for (int i = 0; dot != NULL && i < BLOCKLIST_KINDS; i++)
		if (strlen(blocklist_kind_names[i]) ==
		        (size_t)(dot - entry->key) &&
		    text_starts(entry->key, blocklist_kind_names[i]))
			kind = i;
	if (kind < 0)
		return false;
	code.kind = (enum blocklist_kind)kind;
	if (!bits_read(dot + 1, &code.bits) &&
	    !blocklist_filter_read(dot + 1, &code.filter))
		lint_add(lint, entry->file, entry->line,
		    "'%s' is no set of addresses such as 127.0.0.[2..11], and "
		    "no bits.N",
		    dot + 1);
	else if (entry->value[0] == '\0')
		lint_add(lint, entry->file, entry->line,
		    "%s does not say what it means", entry->key);
	else
		ret->codes[ret->code_count++] = code;
	return true;
}

/* What does not fit together. */
static void
codes_check(const struct blocklist *list, struct lint *lint)
{
	struct blocklist_filter filter;
	bool has_listing = false, filter_takes_refusal = false;

	for (size_t i = 0; i < list->code_count; i++) {
		has_listing |= list->codes[i].kind == BLOCKLIST_LISTING ||
		               list->codes[i].kind == BLOCKLIST_POLICY ||
		               list->codes[i].kind == BLOCKLIST_NOTE;
	}
	if (list->filter != NULL &&
	    blocklist_filter_read(list->filter, &filter))
		for (unsigned i = 0; i <= UINT8_MAX; i++) {
			const uint8_t refusal[4] = {127, 255, 255, (uint8_t)i};

			filter_takes_refusal |=
			    blocklist_filter_has(&filter, refusal);
		}
	if (filter_takes_refusal)
		lint_add(lint, list->file, list->line,
		    "[%s] filter takes in 127.255.255.0/24, which is no listing",
		    list->zone);
	if (list->is_allow && (has_listing || list->is_default))
		lint_add(lint, list->file, list->line,
		    "[%s] is a list of good ones: it has no code., policy. or "
		    "note. and is no default",
		    list->zone);
	if (!list->is_allow && !has_listing &&
	    list->state != BLOCKLIST_IS_CLOSED &&
	    list->state != BLOCKLIST_IS_DEAD)
		lint_add(lint, list->file, list->line,
		    "[%s] has no code., policy. or note.", list->zone);
	if (list->is_default && list->state != BLOCKLIST_IS_ALIVE)
		lint_add(lint, list->file, list->line,
		    "[%s] is a default, but %s", list->zone,
		    blocklist_state_names[list->state]);
}

static void
list_complete(const struct blocklist *list, const struct ini_entry *entries,
    size_t count, struct lint *lint)
{
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
		bool is_there = !keys[i].is_required;

		for (size_t j = 0; j < count; j++)
			is_there |= strcmp(entries[j].key, keys[i].name) == 0;
		if (!is_there)
			lint_add(lint, list->file, list->line, "[%s] has no %s",
			    list->zone, keys[i].name);
	}
	if (!mail_domain_ok(list->zone))
		lint_add(lint, list->file, list->line, "[%s] is no domain",
		    list->zone);
	codes_check(list, lint);
}

static void
key_unknown(
    struct arena *arena, const struct ini_entry *entry, struct lint *lint)
{
	const char *names[ARRAY_COUNT(keys) + 1] = {NULL}, *nearest;

	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		names[i] = keys[i].name;
	nearest = text_nearest(entry->key, names);
	lint_add(lint, entry->file, entry->line, "unknown key '%s'%s",
	    entry->key,
	    nearest != NULL
	        ? arena_printf(arena, ", did you mean '%s'?", nearest)
	        : "");
}

bool
blocklist_read(struct arena *arena, const struct ini_section *section,
    const struct ini_entry *entries, size_t count, struct blocklist *ret,
    struct lint *lint)
{
	const size_t before = lint->count;

	*ret = (struct blocklist){
	    .zone = section->name,
	    .file = section->file,
	    .line = section->line,
	    .codes = arena_alloc(arena, count + 1, sizeof(*ret->codes)),
	};
	for (size_t i = 0; i < count; i++) {
		const struct key *key = NULL;

		for (size_t j = 0; j < ARRAY_COUNT(keys); j++)
			if (strcmp(keys[j].name, entries[i].key) == 0)
				key = &keys[j];
		if (key != NULL)
			key_set(arena, key, &entries[i], ret, lint);
		else if (!code_set(&entries[i], ret, lint))
			key_unknown(arena, &entries[i], lint);
	}
	list_complete(ret, entries, count, lint);
	return lint->count == before;
}
