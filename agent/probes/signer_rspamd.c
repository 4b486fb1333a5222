/*
 * signer_rspamd.c - the keys of rspamd's module dkim_signing
 *
 * Purpose  one function: signer.h
 * Input    dkim_signing.conf of modules.d, local.d and override.d, the maps that
 *          they name, the names of files in the folder of keys
 * Errors   keys in Redis, in vault or behind a script are in `unknown`
 * Runs as  actor
 * Source   rspamd's documentation of dkim_signing: path, selector, domain,
 *          selector_map, path_map, try_fallback, use_redis, use_vault,
 *          signing_table, key_table
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/probes/signer.h"
#include "agent/probes/ucl.h"

#define CONFIG_DIR "/etc/rspamd"
#define MODULE     "dkim_signing"

/* rspamd's own defaults, as modules.d has them. */
#define PATH_DEFAULT     "/var/lib/rspamd/dkim/$domain.$selector.key"
#define SELECTOR_DEFAULT "dkim"

/* More names than that in a folder are not looked through. */
#define NAMES_MAX 4096U

struct look {
	struct signers *signers;
	struct signer *signer;
	struct ucl_node module;
	const char *path, *selector; /* of all that say nothing else */
};

/* modules.d wraps it in a section, the others stand in one already. */
static void
part_read(struct look *look, const char *folder, bool is_wrapped)
{
	struct arena *arena = look->signers->scratch;
	const char *path =
	    arena_printf(arena, CONFIG_DIR "/%s/" MODULE ".conf", folder);
	const char *text;
	struct ucl_node whole = {.key = ""};
	const struct ucl_node *inner = &whole;
	struct why why = {0};
	int r = signer_read(look->signers, path, &text, &why);

	if (r == -ENOENT)
		return;
	if (r == 0)
		r = ucl_read(arena, path, text, &whole, &why);
	if (r < 0)
		signer_doubt(look->signers, look->signer, "%s", why.text);
	if (is_wrapped)
		inner = ucl_find(&whole, MODULE);
	if (inner == NULL || inner->children == NULL)
		return;
	/* behind what is there: the last one counts */
	if (look->module.last != NULL)
		look->module.last->next = inner->children;
	else
		look->module.children = inner->children;
	look->module.last = inner->last;
}

static bool
is_set(const struct look *look, const char *key, const char *otherwise)
{
	const char *value = ucl_text(&look->module, key, otherwise);

	return strcmp(value, "true") == 0 || strcmp(value, "yes") == 0 ||
	       strcmp(value, "on") == 0 || strcmp(value, "1") == 0;
}

/* "$domain" and "$selector", and the folders of rspamd's data and settings. */
static const char *
path_fill(struct arena *arena, const char *path, const char *domain,
    const char *selector)
{
	const struct {
		const char *name, *value;
	} words[] = {
	    {"$domain",          domain           },
	    {"$selector",        selector         },
	    {"${DBDIR}",         "/var/lib/rspamd"},
	    {"$DBDIR",           "/var/lib/rspamd"},
	    {"${LOCAL_CONFDIR}", CONFIG_DIR       },
	    {"$LOCAL_CONFDIR",   CONFIG_DIR       },
	    {"${CONFDIR}",       CONFIG_DIR       },
	    {"$CONFDIR",         CONFIG_DIR       },
	};

	char out[PATH_MAX];
	size_t used = 0;
	const char *ret;

	while (*path != '\0') {
		const char *part = path;
		size_t i, length = 1;

		for (i = 0; i < ARRAY_COUNT(words); i++)
			if (text_starts(path, words[i].name))
				break;
		if (i < ARRAY_COUNT(words)) {
			part = words[i].value;
			length = strlen(part);
		}
		if (length >= sizeof(out) - used)
			break; /* no path is as long */
		(void)memcpy(out + used, part, length);
		used += length;
		path += i < ARRAY_COUNT(words) ? strlen(words[i].name) : 1;
	}
	ret = arena_dup_n(arena, out, *path == '\0' ? used : 0);
	explicit_bzero(out, used);
	return ret;
}

static void
key_add(struct look *look, const char *domain, const char *selector,
    const char *path, const char *source)
{
	signer_key_add(look->signers, look->signer,
	    (struct signer_key){.domain = domain,
	        .selector = selector,
	        .path =
	            path_fill(look->signers->scratch, path, domain, selector),
	        .source = source});
}

/* domain { a.test { path, selector } b.test { selectors [ { } ] } } */
static void
domains_read(struct look *look, const struct ucl_node *domains)
{
	for (const struct ucl_node *domain = domains->children; domain != NULL;
	     domain = domain->next) {
		const struct ucl_node *many = ucl_find(domain, "selectors");

		if (strchr(domain->key, '*') != NULL) {
			look->path = ucl_text(domain, "path", look->path);
			look->selector =
			    ucl_text(domain, "selector", look->selector);
			continue;
		}
		if (many == NULL)
			key_add(look, domain->key,
			    ucl_text(domain, "selector", look->selector),
			    ucl_text(domain, "path", look->path), domain->file);
		for (const struct ucl_node *one = many != NULL ? many->children
		                                               : NULL;
		     one != NULL; one = one->next)
			key_add(look, domain->key,
			    ucl_text(one, "selector", look->selector),
			    ucl_text(one, "path", look->path), domain->file);
	}
}

/* A map of lines "a.test value"; false: it is elsewhere, and that is said. */
static bool
map_read(struct look *look, const char *key, const struct signer_row **ret,
    size_t *ret_count, const char **ret_path)
{
	const struct ucl_node *node = ucl_find(&look->module, key);
	const char *path = node != NULL ? node->value : NULL, *text;
	struct why why = {0};

	*ret_count = 0;
	if (node == NULL)
		return true;
	while (path != NULL &&
	       (text_starts(path, "file://") || text_starts(path, "fallback+")))
		path += text_starts(path, "file://") ? strlen("file://")
		                                     : strlen("fallback+");
	path =
	    path != NULL ? path_fill(look->signers->scratch, path, "", "") : "";
	if (path[0] != '/') {
		signer_doubt(look->signers, look->signer,
		    "%s: what %s is in is not read here", node->file, key);
		return false;
	}
	if (signer_read(look->signers, path, &text, &why) < 0) {
		signer_doubt(look->signers, look->signer, "%s", why.text);
		return false;
	}
	*ret = signer_rows(look->signers->scratch, text, ret_count);
	*ret_path = path;
	return true;
}

static void
maps_read(struct look *look)
{
	const struct signer_row *selectors = NULL, *paths = NULL;
	size_t selector_count, path_count;
	const char *source = look->signer->config, *found;
	struct signer_index index;

	if (!map_read(
	        look, "selector_map", &selectors, &selector_count, &source) ||
	    !map_read(look, "path_map", &paths, &path_count, &source))
		return;
	index = signer_index(look->signers->scratch, paths, path_count);
	for (size_t i = 0; i < selector_count; i++) {
		found = signer_value(&index, selectors[i].key);
		key_add(look, selectors[i].key, selectors[i].value,
		    found != NULL ? found : look->path, source);
	}
	index = signer_index(look->signers->scratch, selectors, selector_count);
	for (size_t i = 0; i < path_count; i++) {
		found = signer_value(&index, paths[i].key);
		key_add(look, paths[i].key,
		    found != NULL ? found : look->selector, paths[i].value,
		    source);
	}
}

/* Of "X.dkim.key" for "$domain.dkim.key": X; NULL: another file. */
static const char *
name_domain(struct arena *arena, const char *name, const char *pattern)
{
	const char *mark = strstr(pattern, "$domain");
	size_t before = (size_t)(mark - pattern), length = strlen(name);
	const char *after = mark + strlen("$domain");

	if (length <= before + strlen(after) ||
	    strncmp(name, pattern, before) != 0 || !text_ends(name, after))
		return NULL;
	return arena_dup_n(
	    arena, name + before, length - before - strlen(after));
}

/*
 * One key for whoever sends. Those that this host is known to send for are
 * told; of a name with more labels than two, the module may sign for the end
 * only (use_esld), and nobody here knows which.
 */
static void
shared_read(struct look *look, const char *path)
{
	struct signers *signers = look->signers;
	const struct mta *mta = signers->mta;
	const bool is_cut = is_set(look, "use_esld", "true");
	struct mta_identity identity = {0};
	struct why why = {0};

	path = arena_printf(signers->scratch, "%s%s", signers->root, path);
	if (access(path, F_OK) < 0)
		return;
	signer_doubt(signers, look->signer,
	    "it has a key for whatever domain somebody sends from");
	if (mta == NULL || mta->ops == NULL || mta->ops->identity == NULL ||
	    mta->ops->identity(signers->scratch, mta, &identity, &why) < 0)
		return;
	for (size_t i = 0; i < identity.domain_count; i++) {
		const struct mta_domain *domain = &identity.domains[i];
		const char *dot = strchr(domain->name, '.');

		if (domain->is_sender && !domain->is_own && dot != NULL &&
		    (!is_cut || strchr(dot + 1, '.') == NULL))
			key_add(look, domain->name, look->selector, look->path,
			    look->signer->config);
	}
}

/* Whoever sends: the key that lies there for his domain, if one does. */
static void
folder_read(struct look *look)
{
	struct arena *arena = look->signers->scratch;
	const char *path =
	    path_fill(arena, look->path, "$domain", look->selector);
	const char *leaf = strrchr(path, '/');
	const char *folder;
	const struct dirent *entry;
	unsigned count = 0;
	DIR *dir;

	if (leaf == NULL)
		return;
	if (strstr(path, "$domain") == NULL) {
		shared_read(look, path);
		return;
	}
	if (strstr(path, "$domain") < leaf) {
		signer_doubt(look->signers, look->signer,
		    "the path %s is not looked through", look->path);
		return;
	}
	folder = arena_printf(
	    arena, "%s%.*s", look->signers->root, (int)(leaf - path), path);
	dir = opendir(folder);
	if (dir == NULL && errno != ENOENT)
		signer_doubt(look->signers, look->signer, "%s: %s", folder,
		    strerror(errno));
	while (dir != NULL && count++ < NAMES_MAX &&
	       (entry = readdir(dir)) != NULL) {
		const char *domain =
		    name_domain(arena, entry->d_name, leaf + 1);

		if (domain != NULL)
			key_add(look, domain, look->selector, look->path,
			    look->signer->config);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

static void
elsewhere_say(struct look *look)
{
	static const char *const switches[] = {"use_redis", "use_vault"};
	static const char *const tables[] = {"signing_table", "key_table"};

	for (size_t i = 0; i < ARRAY_COUNT(switches); i++)
		if (is_set(look, switches[i], "false"))
			signer_doubt(look->signers, look->signer,
			    MODULE ": %s: keys that are not in files",
			    switches[i]);
	for (size_t i = 0; i < ARRAY_COUNT(tables); i++)
		if (ucl_find(&look->module, tables[i]) != NULL)
			signer_doubt(look->signers, look->signer,
			    MODULE ": %s is not read here", tables[i]);
}

void
signer_rspamd(struct signers *signers, struct signer *signer)
{
	struct look look = {
	    .signers = signers, .signer = signer, .module = {.key = MODULE}};
	const struct ucl_node *domains;
	const char *text;

	if (signer_read(signers, CONFIG_DIR "/rspamd.conf", &text, NULL) ==
	    -ENOENT)
		return;
	signer->config = CONFIG_DIR "/local.d/" MODULE ".conf";
	if (!signer->in_use)
		return;
	part_read(&look, "modules.d", true);
	part_read(&look, "local.d", false);
	part_read(&look, "override.d", false);
	if (!is_set(&look, "enabled", "true"))
		return;
	look.path = ucl_text(&look.module, "path", PATH_DEFAULT);
	look.selector = ucl_text(&look.module, "selector", SELECTOR_DEFAULT);
	domains = ucl_find(&look.module, "domain");
	if (domains != NULL)
		domains_read(&look, domains);
	maps_read(&look);
	elsewhere_say(&look);
	if (is_set(&look, "try_fallback", "true"))
		folder_read(&look);
}
