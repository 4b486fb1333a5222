/*
 * dns_book.c - what is known of the DNS in this run, and what to ask next
 *
 * Purpose  a cache by name and type, and the list of what is not in it yet
 * Input    names: some were made by strangers (SPF macros); results as told
 * Errors   past DNS_BOOK_MAX questions, or past the end, a result is a timeout
 * Runs as  observer
 * Source   dns_book.h
 */
#include "agent/dns/dns_book.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"

#define SLOTS (2 * DNS_BOOK_MAX)

/* When nothing is asked any more, all that is left takes milliseconds. */
#define OVER_MS 2000

struct entry {
	const char *name; /* without the last dot */
	enum dns_type type;
	bool is_known, is_used;
	struct dns_result result;
};

struct dns_book {
	struct arena *arena;
	int64_t end_ms;
	size_t count, asked; /* entries; those before `asked` are known */
	unsigned waves;
	uint16_t slots[SLOTS]; /* entry + 1; 0 is free */
	struct entry entries[DNS_BOOK_MAX];
};

static const struct dns_result too_many = {.outcome = DNS_TIMEOUT,
    .detail = "not asked: there are too many questions in this run"};

struct dns_book *
dns_book_new(struct arena *arena, int64_t end_ms)
{
	struct dns_book *book = arena_alloc(arena, 1, sizeof(*book));

	book->arena = arena;
	book->end_ms = end_ms;
	return book;
}

static size_t
name_length(const char *name)
{
	const size_t length = strlen(name);

	/* "a\." ends with a dot that is part of its label */
	if (length > 1 && name[length - 1] == '.' && name[length - 2] != '\\')
		return length - 1;
	return length;
}

static size_t
slot_of(const char *name, size_t length, enum dns_type type)
{
	uint64_t hash = 14695981039346656037U ^ (uint64_t)type;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint64_t)tolower((unsigned char)name[i])) *
		       1099511628211U;
	return hash % SLOTS;
}

/* The entry, made when it is new; NULL: the book is full. */
static struct entry *
entry_get(struct dns_book *book, const char *name, enum dns_type type)
{
	const size_t length = name_length(name);
	size_t slot = slot_of(name, length, type);
	struct entry *entry;

	for (; book->slots[slot] != 0; slot = (slot + 1) % SLOTS) {
		entry = &book->entries[book->slots[slot] - 1];
		if (entry->type == type && strlen(entry->name) == length &&
		    strncasecmp(entry->name, name, length) == 0)
			return entry;
	}
	if (book->count == DNS_BOOK_MAX)
		return NULL;
	entry = &book->entries[book->count++];
	entry->name = arena_dup_n(book->arena, name, length);
	entry->type = type;
	book->slots[slot] = (uint16_t)book->count;
	return entry;
}

const struct dns_result *
dns_book_look(struct dns_book *book, const char *name, enum dns_type type)
{
	struct entry *entry = entry_get(book, name, type);

	if (entry == NULL)
		return &too_many;
	entry->is_used = true;
	return entry->is_known ? &entry->result : NULL;
}

const struct dns_result *
dns_book_peek(struct dns_book *book, const char *name, enum dns_type type)
{
	const struct entry *entry = entry_get(book, name, type);

	if (entry == NULL)
		return &too_many;
	return entry->is_known ? &entry->result : NULL;
}

void
dns_book_want(struct dns_book *book, const char *name, enum dns_type type)
{
	(void)entry_get(book, name, type);
}

size_t
dns_book_wants(const struct dns_book *book)
{
	size_t count = 0;

	for (size_t i = book->asked; i < book->count; i++)
		count += book->entries[i].is_known ? 0 : 1;
	return count;
}

/* Entries that `is_meant`, asked at once; results in their order. */
static int
ask(struct dns_book *book, const struct dns_asker *asker,
    struct entry *const *meant, size_t count, bool is_second,
    struct dns_result *results, struct why *why)
{
	const int64_t left_ms = book->end_ms - clock_boot_ms();
	struct dns_query *queries =
	    arena_alloc(book->arena, count, sizeof(*queries));

	for (size_t i = 0; i < count; i++) {
		queries[i] = (struct dns_query){.name = meant[i]->name,
		    .type = meant[i]->type,
		    .is_second = is_second};
		results[i].outcome = DNS_TIMEOUT;
	}
	if (left_ms <= 0)
		return 0;
	book->waves++;
	return asker->ask(asker->state, book->arena, queries, count,
	    (uint32_t)left_ms, results, why);
}

int
dns_book_wave(
    struct dns_book *book, const struct dns_asker *asker, struct why *why)
{
	const size_t count = dns_book_wants(book);
	struct entry **meant =
	    arena_alloc(book->arena, count + 1, sizeof(struct entry *));
	struct dns_result *results =
	    arena_alloc(book->arena, count + 1, sizeof(*results));
	size_t found = 0;
	int r;

	for (size_t i = book->asked; i < book->count; i++)
		if (!book->entries[i].is_known)
			meant[found++] = &book->entries[i];
	if (count == 0)
		return 0;
	r = ask(book, asker, meant, count, false, results, why);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		meant[i]->result = results[i];
		meant[i]->is_known = true;
	}
	book->asked = book->count;
	return (int)count;
}

static bool
is_absent(const struct entry *entry)
{
	return entry->is_known && entry->is_used &&
	       (entry->result.outcome == DNS_NODATA ||
	           entry->result.outcome == DNS_NXDOMAIN);
}

int
dns_book_dispute(
    struct dns_book *book, const struct dns_asker *asker, struct why *why)
{
	struct entry **meant =
	    arena_alloc(book->arena, book->count + 1, sizeof(struct entry *));
	struct dns_result *results =
	    arena_alloc(book->arena, book->count + 1, sizeof(*results));
	size_t count = 0;
	int changed = 0, r;

	for (size_t i = 0; i < book->count; i++)
		if (is_absent(&book->entries[i]))
			meant[count++] = &book->entries[i];
	if (count == 0)
		return 0;
	r = ask(book, asker, meant, count, true, results, why);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		/* nodata or nxdomain is no dispute: neither has the record */
		if (results[i].outcome != DNS_ANSWER)
			continue;
		meant[i]->result.outcome = DNS_DISPUTED;
		changed++;
	}
	return changed;
}

bool
dns_book_is_validated(const struct dns_book *book)
{
	for (size_t i = 0; i < book->count; i++)
		if (book->entries[i].is_known &&
		    book->entries[i].result.is_authentic)
			return true;
	return false;
}

bool
dns_book_is_over(const struct dns_book *book)
{
	return clock_boot_ms() > book->end_ms + OVER_MS;
}

unsigned
dns_book_waves(const struct dns_book *book)
{
	return book->waves;
}

size_t
dns_book_questions(const struct dns_book *book)
{
	return book->count;
}
