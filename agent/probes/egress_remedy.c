/*
 * egress_remedy.c - is the way out open? the command that opens it
 *
 * Purpose  the one accept rule, for the mail system's user and that port alone,
 *          before the rule that refuses; where a program owns the rules, its
 *          own command
 * Input    the rule as table firewall tells it: names that an admin chose
 * Errors   none: empty where the rule cannot be taken apart
 * Runs as  observer
 * Source   nft(8), iptables-extensions(8) owner, ufw(8), firewall-cmd(1)
 */
#include <ctype.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/probes/egress_part.h"

/* "inet filter output, handle 7: ..." or "inet filter output, policy: drop" */
struct rule {
	const char *family, *table, *chain;
	const char *handle; /* NULL: it is the policy of the chain */
	bool is_of_answer;  /* it refuses what their servers answer */
};

/* What stands in a command is pasted into a shell: names as nft takes them. */
static const char *
word_take(struct arena *arena, const char **text, char ends)
{
	size_t length = 0;
	const char *word;

	while (isalnum((unsigned char)(*text)[length]) ||
	       (length > 0 && (*text)[length] != '\0' &&
	           strchr("_.-", (*text)[length]) != NULL))
		length++;
	if (length == 0 || (*text)[length] != ends)
		return NULL;
	word = arena_dup_n(arena, *text, length);
	*text += length + 1;
	return word;
}

static bool
rule_parse(struct arena *arena, const char *text, struct rule *ret)
{
	static const char handle[] = " handle ";

	ret->family = word_take(arena, &text, ' ');
	ret->table = ret->family != NULL ? word_take(arena, &text, ' ') : NULL;
	ret->chain = ret->table != NULL ? word_take(arena, &text, ',') : NULL;
	if (ret->chain == NULL)
		return false;
	ret->handle = NULL;
	ret->is_of_answer = text_ends(text, " (it stops the answer)");
	if (!text_starts(text, handle))
		return text_starts(text, " policy:");
	text += strlen(handle);
	ret->handle = word_take(arena, &text, ':');
	return ret->handle != NULL;
}

static const char *
iptables(
    struct arena *arena, const struct egress *egress, const struct rule *rule)
{
	const char *program =
	    text_equal(rule->family, "ip6") ? "ip6tables" : "iptables";
	/* what it takes when no table is given */
	const char *table = text_equal(rule->table, "filter")
	                        ? ""
	                        : arena_printf(arena, " -t %s", rule->table);

	if (rule->is_of_answer)
		return arena_printf(arena,
		    "%s%s -I %s -m conntrack --ctstate ESTABLISHED -j ACCEPT",
		    program, table, rule->chain);
	return arena_printf(arena,
	    "%s%s -I %s -p tcp --dport %u -m owner --uid-owner %s -j ACCEPT",
	    program, table, rule->chain, egress->port, egress->user);
}

static const char *
nft(struct arena *arena, const struct egress *egress, const struct rule *rule)
{
	const char *where =
	    rule->handle != NULL
	        ? arena_printf(arena, "insert rule %s %s %s handle %s",
	              rule->family, rule->table, rule->chain, rule->handle)
	        : arena_printf(arena, "add rule %s %s %s", rule->family,
	              rule->table, rule->chain);

	if (rule->is_of_answer)
		return arena_printf(
		    arena, "nft '%s ct state established accept'", where);
	return arena_printf(arena,
	    "nft '%s meta skuid \"%s\" tcp dport %u accept'", where,
	    egress->user, egress->port);
}

const char *
egress_remedy(struct arena *arena, const struct egress *egress)
{
	const char *user = egress->user;
	struct rule rule;

	if (text_equal(egress->manager, "ufw"))
		return arena_printf(
		    arena, "ufw allow out %u/tcp", egress->port);
	if (text_equal(egress->manager, "firewalld") || user == NULL ||
	    word_take(arena, &user, '\0') == NULL ||
	    !rule_parse(arena, egress->rule, &rule))
		return "";
	return text_equal(egress->manager, "iptables")
	           ? iptables(arena, egress, &rule)
	           : nft(arena, egress, &rule);
}
