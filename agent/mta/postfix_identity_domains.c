/*
 * postfix_identity_domains.c - the domains that Postfix takes and sends mail for
 *
 * Purpose  lists of domains of main.cf, with what is in their tables
 * Input    settings; files and tables that they name
 * Errors   what cannot be listed (a database, a pattern) is in `unread`
 * Runs as  the actor
 * Source   postconf(5): mydestination, virtual_mailbox_domains,
 *          virtual_alias_domains, relay_domains, myorigin, masquerade_domains;
 *          ADDRESS_CLASS_README; postmap(1) -s; texthash, inline in
 *          DATABASE_README
 *
 * Who sends: the domain that Postfix adds to a bare name (mail of cron), a
 * domain that others are masqueraded as, and domains with mailboxes here when
 * people log in here to send. Domains that are passed on or rewritten are sent
 * for elsewhere as a rule, so they do not count. Nor does this host's own name,
 * though every host may send as root@NAME: most that do so never send it out,
 * and a host that works well would be told to publish records for its name.
 * Who knows from the log or a signer that such mail goes out adds it.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"
#include "agent/mail/mail_name.h"
#include "agent/mta/postfix.h"
#include "agent/mta/postfix_identity.h"
#include "agent/sys/idn.h"
#include "agent/sys/program.h"

#define POSTMAP "/usr/sbin/postmap"

/* A file of a thousand domains lists in ten milliseconds. */
#define TABLE_DEADLINE_MS 3000U

/* Some thousand rows; a longer table is no list that we look through. */
#define TABLE_BYTES_MAX (256U * 1024U)

/* A dozen settings, each with a table or two. */
#define UNREAD_MAX 32U

/* postmap -s lists these; others are read here, or cannot be listed. */
static const char *const listed_types[] = {
    "hash", "btree", "lmdb", "cdb", "sdbm", "dbm"};

struct domains {
	struct arena *arena;
	const char *hostname; /* lower case; or "" */
	const char *setting;
	bool is_sender, is_hosted, is_relayed; /* of the setting at hand */
	struct mta_identity *identity;
	const char **unread;
	size_t unread_count;
};

/* First words of lines, without comments and lines that go on. */
static void
lines_read(
    struct arena *arena, const char *text, const char ***ret, size_t *ret_count)
{
	const char **all =
	    arena_alloc(arena, strlen(text) / 2 + 2, sizeof(*all));
	size_t count = 0;

	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		size_t word = strcspn(text, " \t\r\n");

		if (*text != '#' && word > 0)
			all[count++] = arena_dup_n(arena, text, word);
		text += length + (text[length] == '\n');
	}
	*ret = all;
	*ret_count = count;
}

/* An admin's file, maybe by a link; not to hang on what is no file. */
static int
text_read(const char *path, struct buf *ret, struct why *why)
{
	return file_read_link(path, TABLE_BYTES_MAX, ret, why);
}

static int
built_keys(struct arena *arena, const char *table, const char *const **ret,
    struct why *why)
{
	const char *const argv[] = {POSTMAP, "-s", table, NULL};
	const struct program program = {.argv = argv,
	    .output_max = TABLE_BYTES_MAX,
	    .deadline_ms = TABLE_DEADLINE_MS};
	struct program_result result = {0};
	const char **keys;
	size_t count;
	int r = program_run(&program, &result, why);

	if (r < 0)
		return r;
	if (result.is_late)
		r = why_set(why, -ETIME, "postmap gives no answer");
	else if (result.is_cut)
		r = why_set(why, -EFBIG, "it is too long");
	else if (result.status != 0)
		r = why_set(why, -EIO, "%s",
		    postfix_error_line(arena, buf_text(&result.errors)));
	else
		lines_read(arena, buf_text(&result.output), &keys, &count);
	if (r == 0)
		*ret = keys;
	buf_done(&result.output);
	buf_done(&result.errors);
	return r;
}

static int
plain_keys(struct arena *arena, const char *path, const char *const **ret,
    struct why *why)
{
	AUTO_BUF struct buf text = {0};
	const char **keys;
	size_t count;
	int r = text_read(path, &text, why);

	if (r < 0)
		return r;
	lines_read(arena, buf_text(&text), &keys, &count);
	*ret = keys;
	return 0;
}

/* "{ {a.test = x}, b.test=y }" */
static int
inline_keys(struct arena *arena, const char *text, const char *const **ret)
{
	size_t length = strlen(text);
	const char *const *rows;
	const char **keys;
	size_t count = 0;

	if (length >= 2 && text[0] == '{' && text[length - 1] == '}')
		text = arena_dup_n(arena, text + 1, length - 2);
	rows = postfix_words(arena, text);
	keys = arena_alloc(arena, strlen(text) / 2 + 2, sizeof(*keys));
	for (size_t i = 0; rows[i] != NULL; i++) {
		const char *row = rows[i] + strspn(rows[i], "{ \t");
		size_t key = strcspn(row, "= \t}");

		/* "a = x" without braces is three words */
		if (key > 0 && strchr(rows[i], '=') != NULL)
			keys[count++] = arena_dup_n(arena, row, key);
	}
	*ret = keys;
	return 0;
}

int
postfix_table_keys(struct arena *arena, const char *table,
    const char *const **ret, struct why *why)
{
	const char *colon;
	size_t length;

	/* the same table, by way of proxymap(8), which may not run */
	if (text_starts(table, "proxy:"))
		table += strlen("proxy:");
	if (table[0] == '/')
		return plain_keys(arena, table, ret, why);
	colon = strchr(table, ':');
	length = colon != NULL ? (size_t)(colon - table) : 0;
	for (size_t i = 0; i < ARRAY_COUNT(listed_types); i++)
		if (strlen(listed_types[i]) == length &&
		    strncmp(table, listed_types[i], length) == 0)
			return built_keys(arena, table, ret, why);
	if (text_starts(table, "texthash:/"))
		return plain_keys(arena, colon + 1, ret, why);
	if (text_starts(table, "inline:"))
		return inline_keys(arena, colon + 1, ret);
	return why_set(why, -EOPNOTSUPP, "it cannot be listed");
}

/* Of a table of Postfix's, which postmap(1) may ask though it cannot list it. */
static void
table_add(struct domains *domains, const char *word)
{
	struct mta_identity *identity = domains->identity;

	if (identity->table_count == POSTFIX_TABLES_MAX)
		return;
	identity->tables[identity->table_count++] = (struct mta_domain_table){
	    .table = word,
	    .has = {.source = domains->setting,
	            .is_sender = domains->is_sender,
	            .is_hosted = domains->is_hosted,
	            .is_relayed = domains->is_relayed},
	};
}

static void
unread_add(struct domains *domains, const char *word)
{
	/* of "inline:{...}" and the like, not what is in it */
	const char *name =
	    arena_dup_n(domains->arena, word, strcspn(word, "{"));

	if (domains->unread_count < UNREAD_MAX)
		domains->unread[domains->unread_count++] = arena_printf(
		    domains->arena, "%s (%s)", name, domains->setting);
}

/* "!a.test" is an exception, ".a.test" all below, "[192.0.2.1]" no domain. */
static void
domain_add(struct domains *domains, const char *word)
{
	struct mta_identity *identity = domains->identity;
	struct mta_domain *domain = NULL;
	const char *ascii;
	char *name;
	bool is_own;

	/* Postfix takes both forms: SMTPUTF8_README */
	if (idn_to_ascii(domains->arena, word, &ascii, NULL) < 0) {
		unread_add(domains, word);
		return;
	}
	name = arena_dup(domains->arena, ascii);
	for (char *p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!mail_domain_ok(name) || mta_domain_is_local(name))
		return;
	is_own = strcmp(name, domains->hostname) == 0;
	if (is_own && !domains->is_hosted)
		return;
	for (size_t i = 0; i < identity->domain_count; i++)
		if (strcmp(identity->domains[i].name, name) == 0)
			domain = &identity->domains[i];
	if (domain == NULL && identity->domain_count == POSTFIX_DOMAINS_MAX)
		return;
	if (domain == NULL) {
		domain = &identity->domains[identity->domain_count++];
		domain->name = name;
		domain->source = domains->setting;
		domain->is_own = is_own;
	}
	domain->is_sender |= domains->is_sender && !is_own;
	domain->is_hosted |= domains->is_hosted;
	domain->is_relayed |= domains->is_relayed;
}

static void
list_add(struct domains *domains, const char *setting, const char *list)
{
	const char *const *words = postfix_words(domains->arena, list);

	domains->setting = setting;
	for (size_t i = 0; words[i] != NULL; i++) {
		const char *const *keys;

		if (words[i][0] == '!')
			continue;
		if (words[i][0] != '/' &&
		    (strchr(words[i], ':') == NULL || words[i][0] == '[')) {
			domain_add(domains, words[i]);
			continue;
		}
		if (postfix_table_keys(domains->arena, words[i], &keys, NULL) <
		    0) {
			unread_add(domains, words[i]);
			table_add(domains, words[i]);
			continue;
		}
		for (size_t j = 0; keys[j] != NULL; j++)
			domain_add(domains, keys[j]);
	}
	if (domains->identity->domain_count == POSTFIX_DOMAINS_MAX)
		unread_add(domains, "more domains");
}

/*
 * One that its people write from: a host with mailboxes and nothing but its
 * own name to be written to.
 */
static void
own_name_count(struct domains *domains, bool has_users)
{
	struct mta_identity *identity = domains->identity;
	struct mta_domain *own = NULL;
	size_t hosted = 0;

	for (size_t i = 0; i < identity->domain_count; i++) {
		hosted += identity->domains[i].is_hosted;
		if (strcmp(identity->domains[i].name, domains->hostname) == 0)
			own = &identity->domains[i];
	}
	if (own != NULL && has_users && hosted == 1 &&
	    domains->unread_count == 0)
		own->is_sender = true;
}

void
postfix_identity_domains(struct arena *arena,
    const struct postfix_settings *settings, bool has_users,
    struct mta_identity *ret)
{
	static const struct {
		const char *setting;
		bool is_sender, is_user, is_hosted, is_relayed;
	} lists[] = {
	    {"myorigin",                true,  false, false, false},
	    {"masquerade_domains",      true,  false, false, false},
	    {"mydestination",           false, true,  true,  false},
	    {"virtual_mailbox_domains", false, true,  true,  false},
	    {"virtual_alias_domains",   false, false, true,  false},
	    {"relay_domains",           false, false, false, true },
	};
	struct domains domains = {
	    .arena = arena,
	    .identity = ret,
	    .unread =
	        arena_alloc(arena, UNREAD_MAX + 1, sizeof(*domains.unread)),
	};
	char *hostname =
	    arena_dup(arena, postfix_setting_text(settings, "myhostname", ""));

	for (char *p = hostname; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	domains.hostname = hostname;
	ret->domains =
	    arena_alloc(arena, POSTFIX_DOMAINS_MAX, sizeof(*ret->domains));
	ret->tables =
	    arena_alloc(arena, POSTFIX_TABLES_MAX, sizeof(*ret->tables));
	for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
		domains.is_sender =
		    lists[i].is_sender || (lists[i].is_user && has_users);
		domains.is_hosted = lists[i].is_hosted;
		domains.is_relayed = lists[i].is_relayed;
		list_add(&domains, lists[i].setting,
		    postfix_setting_text(settings, lists[i].setting, ""));
	}
	own_name_count(&domains, has_users);
	ret->unread = domains.unread;
}
