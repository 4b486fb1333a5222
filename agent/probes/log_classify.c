/*
 * log_classify.c - the meaning of replies, each different text once
 *
 * Purpose  fold what differs between repeats, look the rest up in a cache
 * Input    replies of servers: hostile
 * Errors   none: past the budget the code and the stage must do
 * Runs as  observer
 * Source   agent/mail/reply.h
 */
#include "agent/probes/log_classify.h"

#include <sys/random.h>

#include <string.h>

#include "agent/base/mem.h"
#include "agent/probes/log_part.h"

/* A refusing host has a dozen texts; the cache holds those of 200 hosts. */
#define CACHE_SIZE 4096
#define CACHE_LOAD 3072

/*
 * Different texts that are looked up in a run. One takes up to 0.2 ms, so that
 * this is 0.2 s of the deadline of 20 s, whoever writes the replies.
 */
#define BUDGET 1000

/* A word of so many bytes with a digit in it is an id, and no code. */
#define ID_LENGTH 9

struct entry {
	uint64_t key; /* 0: free */
	enum reply_cause cause;
};

/* The last texts as they are: most servers repeat theirs to the letter. */
#define SAME_SIZE 256

struct log_classify {
	const struct reply_catalogue *catalogue;
	/* who writes a reply must not find one with the hash of another's */
	uint64_t seed;
	struct entry same[SAME_SIZE]; /* by a hash of all bytes */
	struct entry cache[CACHE_SIZE];
	size_t used, spent;
};

struct log_classify *
log_classify_new(const struct reply_catalogue *catalogue)
{
	struct log_classify *classify = mem_alloc(1, sizeof(*classify));

	classify->catalogue = catalogue;
	if (getrandom(&classify->seed, sizeof(classify->seed), GRND_NONBLOCK) <
	    0)
		classify->seed = 0;
	return classify;
}

struct log_classify *
log_classify_free(struct log_classify *classify)
{
	free(classify);
	return NULL;
}

static bool
is_gap(char c)
{
	return c == ' ' || c == '<' || c == '>' || c == '(' || c == ')' ||
	       c == '"' || c == '\'' || c == ',' || c == ';' || c == '=';
}

/* is_code - "421", "4.7.28", "421-4.7.28", "60": kept; an IPv4 address not */
static bool
is_code(const char *word, size_t length)
{
	size_t dots = 0;

	for (size_t i = 0; i < length; i++) {
		dots += word[i] == '.';
		if (!(word[i] >= '0' && word[i] <= '9') && word[i] != '.' &&
		    word[i] != '-')
			return false;
	}
	return dots != 3 && length <= 12;
}

/* is_id - a word that differs from one reply to the next of the same meaning */
static bool
is_id(const char *word, size_t length)
{
	bool has_digit = false;
	size_t dots = 0, colons = 0;

	if (is_code(word, length))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (word[i] == '@')
			return true;
		has_digit = has_digit || (word[i] >= '0' && word[i] <= '9');
		dots += word[i] == '.';
		colons += word[i] == ':';
	}
	return has_digit && (length >= ID_LENGTH || dots == 3 || colons > 1);
}

static uint64_t
mix(uint64_t hash, uint64_t part)
{
	hash ^= part;
	hash *= 0x9e3779b97f4a7c15U;
	return hash ^ (hash >> 29);
}

/* fold_word - an id is a mark; a host's name counts without its digits */
static uint64_t
fold_word(uint64_t hash, const char *word, size_t length)
{
	const char *address = memchr(word, '[', length);
	const bool is_host = address != NULL && address != word;

	if (is_host)
		length = (size_t)(address - word);
	else if (is_id(word, length))
		return mix(hash, '#');
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = (unsigned char)word[i];

		if (!is_host || c < '0' || c > '9')
			hash = mix(hash, c | 0x20U);
	}
	return hash;
}

/* fold - hash of a text, without what differs between repeats; never 0 */
static uint64_t
fold(uint64_t seed, struct span text, int code, enum reply_stage stage)
{
	uint64_t hash = mix(
	    0x243f6a8885a308d3U ^ seed, (uint64_t)code * 64 + (uint64_t)stage);
	uint32_t at = 0;

	while (at < text.length) {
		const char *word = text.text + at;
		size_t length = 0;

		while (at + length < text.length && !is_gap(word[length]))
			length++;
		if (length == 0) {
			at++;
			continue;
		}
		hash = fold_word(hash, word, length);
		hash = mix(hash, ' ');
		at += (uint32_t)length;
	}
	return hash != 0 ? hash : 1;
}

static struct entry *
entry_get(struct log_classify *classify, uint64_t key)
{
	size_t at = key % CACHE_SIZE;

	while (classify->cache[at].key != 0 && classify->cache[at].key != key)
		at = (at + 1) % CACHE_SIZE;
	return &classify->cache[at];
}

void
log_classify_meaning(struct log_classify *classify, struct span text,
    enum reply_stage stage, struct reply_meaning *ret)
{
	struct arena *arena = arena_new();
	struct reply reply = {0};

	reply_read(arena, text.text != NULL ? text.text : "",
	    text.text != NULL ? text.length : 0, stage, &reply);
	reply_classify(classify->catalogue, &reply, ret);
	(void)arena_free(arena);
}

/* general - what the code and the stage alone tell */
static enum reply_cause
general(struct log_classify *classify, int code, enum reply_stage stage)
{
	const struct reply reply = {.code = code, .stage = stage, .text = ""};
	struct reply_meaning meaning = {0};

	reply_classify(classify->catalogue, &reply, &meaning);
	return meaning.cause;
}

static enum reply_cause
cause_of(struct log_classify *classify, struct span text, int code,
    enum reply_stage stage)
{
	const bool is_spent =
	    classify->spent >= BUDGET || classify->used >= CACHE_LOAD;
	const struct span none = {NULL, 0};
	uint64_t key = fold(classify->seed, text, code, stage);
	struct entry *entry = entry_get(classify, key);
	struct reply_meaning meaning = {0};

	if (entry->key == key)
		return entry->cause;
	if (is_spent) {
		key = fold(classify->seed, none, code, stage);
		entry = entry_get(classify, key);
		if (entry->key == key)
			return entry->cause;
		meaning.cause = general(classify, code, stage);
	} else {
		log_classify_meaning(classify, text, stage, &meaning);
		classify->spent++;
	}
	if (classify->used < CACHE_SIZE - 1) {
		*entry = (struct entry){.key = key, .cause = meaning.cause};
		classify->used++;
	}
	return meaning.cause;
}

enum reply_cause
log_classify_cause(struct log_classify *classify, struct span text, int code,
    enum reply_stage stage)
{
	const uint64_t seed =
	    classify->seed ^ ((uint64_t)code * 64 + (uint64_t)stage);
	const uint64_t key =
	    tally_hash(seed, text.text != NULL ? text.text : "",
	        text.text != NULL ? text.length : 0);
	struct entry *same = &classify->same[(key >> 32) % SAME_SIZE];

	if (same->key != key)
		*same = (struct entry){
		    .key = key, .cause = cause_of(classify, text, code, stage)};
	return same->cause;
}
