/*
 * signer_opendkim.c - the keys of OpenDKIM, and of dkimpy-milter
 *
 * Purpose  one function a signer: signer.h
 * Input    opendkim.conf and the tables that it names
 * Errors   a table that is a database or a script is in `unknown`
 * Runs as  actor
 * Source   opendkim.conf(5): Domain, Selector, KeyFile, KeyTable, SigningTable,
 *          Mode, Include, "DATA SETS"; dkimpy-milter.conf(5), which took its
 *          words over and has a second key of ed25519
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/probes/signer.h"

/* An Include of an Include of an Include. */
#define INCLUDE_MAX 4U

/* Of one configuration in all: one for each of many domains is not known. */
#define FILES_MAX 64U

enum word {
	WORD_DOMAIN,
	WORD_MODE,
	WORD_SIGNING,
	WORD_SELECTOR,
	WORD_FILE,
	WORD_TABLE,
	WORD_SELECTOR_2,
	WORD_FILE_2,
	WORD_TABLE_2,
	WORD_MAX
};

static const char *const words[WORD_MAX] = {"Domain", "Mode", "SigningTable",
    "Selector", "KeyFile", "KeyTable", "SelectorEd25519", "KeyFileEd25519",
    "KeyTableEd25519"};

/* Data sets that only the signer itself can look into. */
static const char *const closed_types[] = {
    "db:", "bdb:", "dsn:", "erlang:", "ldap:", "ldapi:", "ldaps:", "lua:",
    "mdb:", "memcache:", "odbx:", "repute:", "socket:"};

struct look {
	struct signers *signers;
	struct signer *signer;
	const char *values[WORD_MAX];
	unsigned files;
};

struct rows {
	const struct signer_row *rows;
	size_t count;
};

/* 0, or -ENOENT when the file is not there. */
static int
conf_read(struct look *look, const char *path, unsigned depth)
{
	const struct signer_row *rows;
	const char *text;
	struct why why = {0};
	size_t count;
	int r;

	if (depth > INCLUDE_MAX || look->files == FILES_MAX) {
		signer_doubt(look->signers, look->signer,
		    depth > INCLUDE_MAX
		        ? "files include each other"
		        : "its configuration has more than %u files",
		    FILES_MAX);
		return 0;
	}
	r = signer_read(look->signers, path, &text, &why);
	if (r == -ENOENT && depth == 0)
		return r;
	look->files++;
	if (r < 0) {
		signer_doubt(look->signers, look->signer, "%s", why.text);
		return 0;
	}
	rows = signer_rows(look->signers->scratch, text, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(rows[i].key, "Include") == 0)
			(void)conf_read(look, rows[i].value, depth + 1);
		for (size_t j = 0; j < WORD_MAX; j++)
			if (strcasecmp(rows[i].key, words[j]) == 0)
				look->values[j] = rows[i].value;
	}
	return 0;
}

/* "a=b,c=d" or "a,c" */
static struct rows
csl_rows(struct arena *arena, const char *text)
{
	struct signer_row *rows =
	    arena_alloc(arena, strlen(text) / 2 + 2, sizeof(*rows));
	size_t count = 0;

	while (*text != '\0') {
		size_t length, key;

		text += strspn(text, ", \t");
		length = strcspn(text, ",");
		key = strcspn(text, "=, \t");
		if (key > 0)
			rows[count++] =
			    (struct signer_row){arena_dup_n(arena, text, key),
			        key < length && text[key] == '='
			            ? arena_dup_n(arena, text + key + 1,
			                  length - key - 1)
			            : ""};
		text += length;
	}
	return (struct rows){rows, count};
}

/* false: it cannot be looked into, and that is said. */
static bool
dataset_read(struct look *look, enum word word, struct rows *ret)
{
	const char *set = look->values[word], *text;
	struct why why = {0};

	for (size_t i = 0; i < ARRAY_COUNT(closed_types); i++)
		if (text_starts(set, closed_types[i])) {
			signer_doubt(look->signers, look->signer,
			    "%s is in %s..., which is not read here",
			    words[word], closed_types[i]);
			return false;
		}
	if (text_starts(set, "csl:")) {
		*ret = csl_rows(look->signers->scratch, set + strlen("csl:"));
		return true;
	}
	if (text_starts(set, "file:") || text_starts(set, "refile:"))
		set = strchr(set, ':') + 1;
	else if (set[0] != '/') {
		*ret = csl_rows(look->signers->scratch, set);
		return true;
	}
	if (signer_read(look->signers, set, &text, &why) < 0) {
		signer_doubt(look->signers, look->signer, "%s", why.text);
		return false;
	}
	ret->rows = signer_rows(look->signers->scratch, text, &ret->count);
	return true;
}

/* What a pattern of a signing table is for: "*@a.test", ".a.test", "a.test" */
static const char *
pattern_domain(const char *pattern)
{
	const char *at = strrchr(pattern, '@');

	pattern = at != NULL ? at + 1 : pattern;
	while (*pattern == '*' || *pattern == '.')
		pattern++;
	return strchr(pattern, '*') == NULL && *pattern != '\0' ? pattern
	                                                        : NULL;
}

/* "%" is the domain of who sends. What is too long for a path is no name. */
static const char *
filled(struct arena *arena, const char *text, const char *domain)
{
	char out[PATH_MAX];
	size_t used = 0;
	const char *ret;

	for (; *text != '\0'; text++) {
		const bool is_mark = *text == '%' && domain != NULL;
		const size_t length = is_mark ? strlen(domain) : 1;

		if (length >= sizeof(out) - used)
			break;
		(void)memcpy(out + used, is_mark ? domain : text, length);
		used += length;
	}
	ret = arena_dup_n(arena, out, *text == '\0' ? used : 0);
	explicit_bzero(out, used);
	return ret;
}

/* "domain:selector:key"; sender: whom a signing table has it for, or NULL */
static void
table_key_add(
    struct look *look, enum word word, const char *value, const char *sender)
{
	struct arena *arena = look->signers->scratch;
	const char *source = look->values[word];
	const char *selector = strchr(value, ':');
	const char *data = selector != NULL ? strchr(selector + 1, ':') : NULL;
	const char *domain;
	bool is_path;

	if (data == NULL) {
		signer_doubt(look->signers, look->signer,
		    "a line of %s is no \"domain:selector:key\"", words[word]);
		return;
	}
	domain = filled(arena,
	    arena_dup_n(arena, value, (size_t)(selector - value)), sender);
	if (strchr(domain, '%') != NULL) {
		signer_doubt(look->signers, look->signer,
		    "%s has a key for whatever domain somebody sends from",
		    words[word]);
		return;
	}
	selector =
	    arena_dup_n(arena, selector + 1, (size_t)(data - selector - 1));
	data++;
	is_path = data[0] == '/';
	if (is_path)
		data = filled(arena, data, sender);
	if (strchr(source, ':') != NULL && strchr(source, '/') != NULL)
		source = strchr(source, '/');
	signer_key_add(look->signers, look->signer,
	    (struct signer_key){.domain = domain,
	        .selector = selector,
	        .path = is_path ? data : NULL,
	        .inside = is_path ? NULL : data,
	        .source = source[0] == '/' ? source : look->signer->config});
}

static void
named_key_add(struct look *look, enum word word,
    const struct signer_index *keys, const char *name, const char *sender)
{
	const char *value = signer_value(keys, name);

	if (value != NULL) {
		table_key_add(look, word, value, sender);
		return;
	}
	signer_doubt(look->signers, look->signer,
	    "SigningTable names a key that %s has not", words[word]);
}

static void
tables_read(struct look *look, enum word word)
{
	struct rows keys = {0}, signing = {0};
	struct signer_index index;

	if (!dataset_read(look, word, &keys))
		return;
	if (look->values[WORD_SIGNING] == NULL ||
	    !dataset_read(look, WORD_SIGNING, &signing)) {
		for (size_t i = 0; i < keys.count; i++)
			table_key_add(look, word, keys.rows[i].value, NULL);
		return;
	}
	index = signer_index(look->signers->scratch, keys.rows, keys.count);
	for (size_t i = 0; i < signing.count; i++) {
		const char *sender = pattern_domain(signing.rows[i].key);
		const char *value = signing.rows[i].value;
		/* "name:signer": whom the signature names (i=), if another */
		const char *name = arena_dup_n(
		    look->signers->scratch, value, strcspn(value, ": \t"));

		named_key_add(look, word, &index,
		    filled(look->signers->scratch, name, sender), sender);
	}
}

/* One key for a list of domains. */
static void
single_read(struct look *look, enum word selector, enum word file)
{
	struct rows domains = {0};

	if (look->values[WORD_DOMAIN] == NULL ||
	    look->values[selector] == NULL || look->values[file] == NULL ||
	    !dataset_read(look, WORD_DOMAIN, &domains))
		return;
	for (size_t i = 0; i < domains.count; i++)
		signer_key_add(look->signers, look->signer,
		    (struct signer_key){.domain = domains.rows[i].key,
		        .selector = look->values[selector],
		        .path = look->values[file],
		        .source = look->signer->config});
}

static void
conf_find(
    struct signers *signers, struct signer *signer, const char *const *paths)
{
	struct look look = {.signers = signers, .signer = signer};
	const char *mode;

	for (size_t i = 0; paths[i] != NULL && signer->config == NULL; i++)
		if (conf_read(&look, paths[i], 0) == 0)
			signer->config = paths[i];
	if (signer->config == NULL || !signer->in_use)
		return;
	mode = look.values[WORD_MODE];
	if (mode != NULL && strchr(mode, 's') == NULL)
		return; /* it verifies only */
	if (look.values[WORD_TABLE] != NULL)
		tables_read(&look, WORD_TABLE);
	else
		single_read(&look, WORD_SELECTOR, WORD_FILE);
	if (look.values[WORD_TABLE_2] != NULL)
		tables_read(&look, WORD_TABLE_2);
	else
		single_read(&look, WORD_SELECTOR_2, WORD_FILE_2);
}

void
signer_opendkim(struct signers *signers, struct signer *signer)
{
	static const char *const paths[] = {
	    "/etc/opendkim.conf", "/etc/opendkim/opendkim.conf", NULL};

	conf_find(signers, signer, paths);
}

void
signer_dkimpy(struct signers *signers, struct signer *signer)
{
	static const char *const paths[] = {
	    "/etc/dkimpy-milter/dkimpy-milter.conf", "/etc/dkimpy-milter.conf",
	    NULL};

	conf_find(signers, signer, paths);
}
