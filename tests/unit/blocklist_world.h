/*
 * blocklist_world.h - blocklists of a test: what they answer stands in a table
 */
#ifndef MAILFIX_TESTS_UNIT_BLOCKLIST_WORLD_H
#define MAILFIX_TESTS_UNIT_BLOCKLIST_WORLD_H

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/clock.h"
#include "agent/dns/blocklist_judge.h"
#include "tests/unit/unit.h"

#define BLOCKLISTS_SHIPPED "playbooks/blocklists.ini"
#define SERVER             "192.0.2.53"

/* What the name server knows: a name, or "*.zone" for all below it. */
struct known {
	const char *name;
	const char *answer; /* "127.0.0.2 127.0.0.4", "!servfail", "~text" */
};

struct world {
	struct arena *arena;
	struct blocklist_catalogue *catalogue;
	struct dns_book *book;
	const struct known *known;
	size_t asked;
	char last[512];    /* all names of the last wave */
	bool is_local;     /* the resolver's own data */
	bool second_knows; /* the second name server has all test entries */
};

static inline const struct known *
known_find(const struct world *world, const char *name, bool is_text)
{
	for (const struct known *k = world->known; k->name != NULL; k++) {
		const size_t length = strlen(k->name);

		if ((k->answer[0] == '~') != is_text)
			continue;
		if (strcasecmp(k->name, name) == 0)
			return k;
		if (k->name[0] == '*' && strlen(name) >= length &&
		    strcasecmp(
		        k->name + 1, name + strlen(name) - (length - 1)) == 0)
			return k;
	}
	return NULL;
}

static inline void
addresses_give(struct arena *arena, const char *text, struct dns_result *ret)
{
	struct dns_record *records = arena_alloc(arena, 8, sizeof(*records));
	const char *item = text;

	ret->outcome = DNS_ANSWER;
	ret->records = records;
	while (*item != '\0') {
		const size_t length = strcspn(item, " ");
		char *one = arena_dup_n(arena, item, length);
		uint8_t *bytes = arena_alloc(arena, 1, 4);

		assert_int_equal(inet_pton(AF_INET, one, bytes), 1);
		records[ret->count].name = one;
		records[ret->count].data = bytes;
		records[ret->count++].length = 4;
		item += length + strspn(item + length, " ");
	}
}

static inline int
world_ask(void *state, struct arena *arena, const struct dns_query *queries,
    size_t count, uint32_t deadline_ms, struct dns_result *ret, struct why *why)
{
	struct world *world = state;

	(void)deadline_ms;
	(void)why;
	world->asked += count;
	world->last[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const bool is_text = queries[i].type == DNS_TXT;
		const struct known *known =
		    known_find(world, queries[i].name, is_text);
		const char *answer = known != NULL ? known->answer : "";

		ret[i] = (struct dns_result){.outcome = DNS_NXDOMAIN,
		    .server = SERVER,
		    .is_local = world->is_local};
		if (strlen(world->last) + strlen(queries[i].name) + 2 <
		    sizeof(world->last)) {
			(void)strcat(world->last, queries[i].name);
			(void)strcat(world->last, " ");
		}
		if (queries[i].is_second && world->second_knows)
			answer = "127.0.0.2";
		for (int o = 0; answer[0] == '!' && o < DNS_OUTCOME_MAX; o++)
			if (strcmp(answer + 1, dns_outcome_names[o]) == 0)
				ret[i].outcome = (enum dns_outcome)o;
		/* the root is there: dns_look.c */
		if (strcmp(queries[i].name, ".") == 0) {
			addresses_give(arena, "192.0.2.1", &ret[i]);
			continue;
		}
		if (is_text && known != NULL) {
			struct dns_record *record =
			    arena_alloc(arena, 1, sizeof(*record));

			record->data = (const uint8_t *)answer + 1;
			record->length = strlen(answer) - 1;
			ret[i].outcome = DNS_ANSWER;
			ret[i].records = record;
			ret[i].count = 1;
		} else if (answer[0] != '!' && answer[0] != '\0' &&
		           queries[i].type == DNS_A) {
			addresses_give(arena, answer, &ret[i]);
		} else if (known != NULL && answer[0] != '!') {
			ret[i].outcome = DNS_NODATA;
		}
	}
	return (int)count;
}

static inline int
world_begin(void **state)
{
	static struct world world;
	const char *const paths[] = {BLOCKLISTS_SHIPPED, NULL};
	struct lint lint;
	struct why why = {0};

	world = (struct world){.arena = arena_new()};
	lint = (struct lint){.arena = world.arena};
	if (blocklist_load(world.arena, paths, &lint, &world.catalogue, &why) <
	    0) {
		for (size_t i = 0; i < lint.count; i++)
			print_error("%d: %s\n", lint.errors[i].line,
			    lint.errors[i].text);
		fail_msg("%s", why.text);
	}
	lint_done(&lint);
	*state = &world;
	return 0;
}

static inline int
world_end(void **state)
{
	struct world *world = *state;

	world->arena = arena_free(world->arena);
	return 0;
}

/* A list that lives: its test entry for IPv4. */
#define GOOD(zone)                                                             \
	{                                                                      \
		"2.0.0.127." zone, "127.0.0.2"                                 \
	}

#endif
