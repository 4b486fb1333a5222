/*
 * signer.c - which keys the signers of this host use
 *
 * Purpose  signer.h: who is in use, and what their files have in common
 * Input    files of the admin; a signer may own the folder of its tables
 * Errors   what cannot be read is in `unknown`
 * Runs as  actor
 * Source   opendkim(8), rspamd's dkim_signing module, dkimpy-milter(8): who
 *          takes mail from a milter of the mail system, or whose service runs
 */
#include "agent/probes/signer.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mail/mail_name.h"

#define LABEL_MAX 63

/* Where systemd has the processes of a service. */
static const char *const unit_places[] = {
    "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice"};

static const struct {
	const char *name, *unit;
	const char *port; /* where it listens, if nothing else is set */
	void (*read)(struct signers *signers, struct signer *signer);
} programs[] = {
    {"opendkim",      "opendkim.service",      "8891",  signer_opendkim},
    {"rspamd",        "rspamd.service",        "11332", signer_rspamd  },
    {"dkimpy-milter", "dkimpy-milter.service", "8892",  signer_dkimpy  },
};

_Static_assert(ARRAY_COUNT(programs) < SIGNERS_MAX, "and mailfix.conf");

/* "key2026", "2026._x": labels of letters, digits, "-" and "_" */
static bool
is_selector(const char *text)
{
	size_t label = 0;

	if (*text == '\0' || strlen(text) > 200)
		return false;
	for (; *text != '\0'; text++) {
		if (*text == '.' && label == 0)
			return false;
		label = *text == '.' ? 0 : label + 1;
		if (label > LABEL_MAX ||
		    (*text != '.' && *text != '-' && *text != '_' &&
		        !isalnum((unsigned char)*text)))
			return false;
	}
	return label > 0;
}

static const char *
lower(struct arena *arena, const char *text)
{
	char *copy = arena_dup(arena, text);

	for (char *p = copy; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* NULL unless it is one; "" of a configuration is no path either. */
static const char *
path_kept(struct signers *signers, const char *path)
{
	return path != NULL && path[0] == '/' && strlen(path) < PATH_MAX &&
	               text_is_printable(path, strlen(path))
	           ? arena_dup(signers->arena, path)
	           : NULL;
}

void
signer_key_add(
    struct signers *signers, struct signer *signer, struct signer_key key)
{
	key.domain = lower(signers->scratch, key.domain);
	key.selector = lower(signers->scratch, key.selector);
	if (!mail_domain_ok(key.domain) || !is_selector(key.selector))
		return;
	for (size_t i = 0; i < signers->key_count; i++)
		if (strcmp(signers->keys[i].domain, key.domain) == 0 &&
		    strcmp(signers->keys[i].selector, key.selector) == 0)
			return;
	if (signers->key_count == SIGNER_KEYS_MAX) {
		signer_doubt(signers, signer, "there are more than %u keys",
		    SIGNER_KEYS_MAX);
		return;
	}
	key.is_inside = key.inside != NULL;
	if (key.is_inside)
		bundle_add_text(signers->bundle, key.inside,
		    SIGNER_KEY_BYTES_MAX, &key.file);
	key.inside = NULL;
	key.domain = arena_dup(signers->arena, key.domain);
	key.selector = arena_dup(signers->arena, key.selector);
	key.path = path_kept(signers, key.path);
	key.source = arena_dup(signers->arena, key.source);
	key.signer = signer->name;
	signer->key_count++;
	signers->keys[signers->key_count++] = key;
}

void
signer_doubt(
    struct signers *signers, struct signer *signer, const char *format, ...)
{
	char text[WHY_TEXT_MAX];
	va_list ap;

	if (signer->unknown != NULL)
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	signer->unknown = arena_dup(signers->arena, text);
}

const struct signer_row *
signer_rows(struct arena *arena, const char *text, size_t *ret_count)
{
	size_t size = 16, count = 0;
	struct signer_row *rows = arena_alloc(arena, size, sizeof(*rows));

	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		size_t used = strcspn(text, "#\n"), blank, key, value;

		blank = strspn(text, " \t\r");
		blank = blank < used ? blank : used;
		key = strcspn(text + blank, " \t\r\n#");
		value = blank + key;
		while (value < used && isspace((unsigned char)text[value]))
			value++;
		while (used > value && isspace((unsigned char)text[used - 1]))
			used--;
		if (key > 0 && count == size) {
			struct signer_row *more =
			    arena_alloc(arena, size * 2, sizeof(*more));

			(void)memcpy(more, rows, size * sizeof(*more));
			rows = more;
			size *= 2;
		}
		if (key > 0)
			rows[count++] = (struct signer_row){
			    arena_dup_n(arena, text + blank, key),
			    arena_dup_n(arena, text + value, used - value)};
		text += length + (text[length] == '\n');
	}
	*ret_count = count;
	return rows;
}

static int
compare(const void *a, const void *b)
{
	const struct signer_row *left = *(const struct signer_row *const *)a;
	const struct signer_row *right = *(const struct signer_row *const *)b;
	const int order = strcmp(left->key, right->key);

	return order != 0 ? order : (left > right) - (left < right);
}

struct signer_index
signer_index(struct arena *arena, const struct signer_row *rows, size_t count)
{
	struct signer_index index = {.count = count};

	index.rows = arena_alloc(arena, count + 1, sizeof(*index.rows));
	for (size_t i = 0; i < count; i++)
		index.rows[i] = &rows[i];
	if (count > 0)
		qsort(index.rows, count, sizeof(*index.rows), compare);
	return index;
}

const char *
signer_value(const struct signer_index *index, const char *key)
{
	size_t from = 0, to = index->count;

	while (from < to) {
		const size_t at = from + (to - from) / 2;

		if (strcmp(index->rows[at]->key, key) < 0)
			from = at + 1;
		else
			to = at;
	}
	return from < index->count && strcmp(index->rows[from]->key, key) == 0
	           ? index->rows[from]->value
	           : NULL;
}

static bool
unit_runs(struct signers *signers, const char *unit)
{
	for (size_t i = 0; i < ARRAY_COUNT(unit_places); i++) {
		const char *path =
		    arena_printf(signers->scratch, "%s%s/%s/cgroup.procs",
		        signers->root, unit_places[i], unit);
		FILE *file = fopen(path, "re");
		int first = file != NULL ? fgetc(file) : EOF;

		if (file != NULL)
			(void)fclose(file);
		if (first != EOF)
			return true;
	}
	return false;
}

/* "inet:localhost:8891", "unix:/run/opendkim/opendkim.sock" */
static bool
is_milter(const struct signers *signers, const char *name, const char *port)
{
	const char *ending = arena_printf(signers->scratch, ":%s", port);

	for (size_t i = 0; signers->mta != NULL && i < signers->mta->peer_count;
	     i++) {
		const struct mta_peer *peer = &signers->mta->peers[i];

		if (peer->role == MTA_PEER_MILTER &&
		    (strstr(peer->endpoint, name) != NULL ||
		        (text_starts(peer->endpoint, "inet:") &&
		            text_ends(peer->endpoint, ending))))
			return true;
	}
	return false;
}

void
signers_find(struct signers *signers)
{
	signers->scratch = arena_new();
	signers->keys = arena_alloc(
	    signers->arena, SIGNER_KEYS_MAX, sizeof(*signers->keys));
	for (size_t i = 0; i < ARRAY_COUNT(programs); i++) {
		struct signer *signer = &signers->all[signers->count];

		*signer = (struct signer){.name = programs[i].name,
		    .in_use =
		        unit_runs(signers, programs[i].unit) ||
		        is_milter(signers, programs[i].name, programs[i].port)};
		/* sets config when it is here; keys when it is in use */
		programs[i].read(signers, signer);
		if (signer->config != NULL)
			signers->count++;
	}
	signers->scratch = arena_wipe(signers->scratch);
}

void
signers_configured(struct signers *signers, const char *list)
{
	struct signer *signer = &signers->all[signers->count++];

	signers->scratch = arena_new();
	signers->keys = arena_alloc(
	    signers->arena, SIGNER_KEYS_MAX, sizeof(*signers->keys));
	*signer = (struct signer){.name = "mailfix.conf",
	    .config = "[dns] dkim-selectors",
	    .in_use = true};
	while (*list != '\0') {
		size_t length = strcspn(list, ",");
		char *word = arena_dup_n(signers->scratch, list, length);
		char *domain = strchr(word, ':'), *file;

		list += length + (list[length] == ',');
		if (domain == NULL)
			continue;
		*domain++ = '\0';
		file = strchr(domain, ':');
		if (file != NULL)
			*file++ = '\0';
		signer_key_add(signers, signer,
		    (struct signer_key){.selector = word + strspn(word, " "),
		        .domain = domain,
		        .path = file,
		        .source = signer->config});
	}
	signers->scratch = arena_wipe(signers->scratch);
}
