/*
 * manager.c - who writes the rules of a chain
 *
 * Purpose  a rule that is put where another program writes is lost, or breaks
 *          that program; told by names, which each of them has of its own
 * Input    a rule set; names are what programs and admins chose
 * Errors   none
 * Runs as  observer; pure
 * Source   the names as ufw 0.36, firewalld 1.3 and 2.2, Docker 20 to 28,
 *          fail2ban 1.0, CrowdSec's bouncer, mailcow's netfilter, Shorewall 5 and
 *          CSF 14 give them; iptables-nft(8) for the tables and chains that it
 *          takes for its own
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/firewall/opening_parts.h"

static const char *const manager_names[] = {
    [NF_MANAGER_NONE] = "none",
    [NF_MANAGER_NFTABLES] = "nftables",
    [NF_MANAGER_IPTABLES] = "iptables",
    [NF_MANAGER_UFW] = "ufw",
    [NF_MANAGER_FIREWALLD] = "firewalld",
    [NF_MANAGER_OTHER] = "other",
};

const char *
nf_manager_name(enum nf_manager manager)
{
	return manager_names[manager];
}

enum mark_scope {
	MARK_TABLE,    /* the table's name begins so */
	MARK_CHAIN,    /* the chain's own name begins so */
	MARK_NEIGHBOUR /* a chain of the same table has this very name */
};

static const struct {
	enum mark_scope scope;
	const char *name, *program;
} marks[] = {
    {MARK_TABLE,     "f2b-",           "fail2ban"           },
    {MARK_TABLE,     "crowdsec",       "CrowdSec"           },
    {MARK_TABLE,     "sshguard",       "sshguard"           },
    {MARK_TABLE,     "docker-bridges", "Docker"             },
    {MARK_TABLE,     "netavark",       "Podman"             },
    {MARK_TABLE,     "kube-proxy",     "Kubernetes"         },
    {MARK_TABLE,     "foomuuri",       "foomuuri"           },
    {MARK_TABLE,     "wg-quick-",      "wg-quick"           },
    {MARK_TABLE,     "libvirt_",       "libvirt"            },
    {MARK_CHAIN,     "f2b-",           "fail2ban"           },
    {MARK_CHAIN,     "CROWDSEC",       "CrowdSec"           },
    {MARK_CHAIN,     "crowdsec",       "CrowdSec"           },
    {MARK_CHAIN,     "DOCKER",         "Docker"             },
    {MARK_CHAIN,     "MAILCOW",        "mailcow"            },
    {MARK_CHAIN,     "KUBE-",          "Kubernetes"         },
    {MARK_CHAIN,     "cali-",          "Calico"             },
    {MARK_CHAIN,     "LIBVIRT_",       "libvirt"            },
    {MARK_CHAIN,     "NETAVARK",       "Podman"             },
    {MARK_CHAIN,     "CNI-",           "a container network"},
    {MARK_CHAIN,     "ts-",            "Tailscale"          },
    {MARK_CHAIN,     "sshguard",       "sshguard"           },
    {MARK_NEIGHBOUR, "shorewall",      "Shorewall"          },
    {MARK_NEIGHBOUR, "LOCALINPUT",     "CSF"                },
};

static bool
table_has(const struct nf_ruleset *ruleset, const struct nf_table *table,
    const char *name)
{
	return nf_chain_find(ruleset, table, name) != NULL;
}

const char *
nf_manager_program(
    const struct nf_ruleset *ruleset, const struct nf_chain *chain)
{
	for (size_t i = 0; i < ARRAY_COUNT(marks); i++) {
		const char *name = marks[i].name;
		bool is_marked = false;

		switch (marks[i].scope) {
		case MARK_TABLE:
			is_marked = text_starts(chain->table->name, name);
			break;
		case MARK_CHAIN:
			is_marked = text_starts(chain->name, name);
			break;
		case MARK_NEIGHBOUR:
			is_marked = table_has(ruleset, chain->table, name);
			break;
		}
		if (is_marked)
			return marks[i].program;
	}
	return chain->table->is_owned ? "another program" : NULL;
}

/* ufw's own; before the chain is known to exist it writes into INPUT as well. */
static bool
is_ufw(const struct nf_ruleset *ruleset, const struct nf_chain *chain)
{
	return table_has(ruleset, chain->table, "ufw-user-input") ||
	       table_has(ruleset, chain->table, "ufw6-user-input");
}

static bool
has_xt(const struct nf_chain *chain)
{
	for (size_t i = 0; chain->is_loaded && i < chain->rule_count; i++)
		for (uint16_t k = 0; k < chain->rules[i].expr_count; k++)
			if (chain->rules[i].exprs[k].op == NF_OP_XT_MATCH ||
			    chain->rules[i].exprs[k].op == NF_OP_XT_TARGET)
				return true;
	return false;
}

/*
 * The tables that iptables-nft takes for its own. It makes no difference who
 * made them: iptables-save will be asked about them.
 */
static bool
is_iptables(const struct nf_ruleset *ruleset, const struct nf_chain *chain)
{
	static const char *const tables[] = {
	    "filter", "nat", "mangle", "raw", "security"};
	static const char *const chains[] = {
	    "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};
	const struct nf_table *table = chain->table;
	bool is_ours = false;

	if (table->family != NF_FAMILY_IPV4 && table->family != NF_FAMILY_IPV6)
		return false;
	if (has_xt(chain))
		return true;
	for (size_t i = 0; i < ARRAY_COUNT(tables); i++)
		is_ours |= strcmp(table->name, tables[i]) == 0;
	for (size_t i = 0; is_ours && i < ARRAY_COUNT(chains); i++)
		if (table_has(ruleset, table, chains[i]))
			return true;
	return false;
}

enum nf_manager
nf_manager_of(const struct nf_ruleset *ruleset, const struct nf_chain *chain)
{
	if (chain == NULL)
		return NF_MANAGER_NONE;
	if (strcmp(chain->table->name, "firewalld") == 0 ||
	    text_starts(chain->table->name, "firewalld_"))
		return NF_MANAGER_FIREWALLD;
	if (nf_manager_program(ruleset, chain) != NULL)
		return NF_MANAGER_OTHER;
	if (is_ufw(ruleset, chain))
		return NF_MANAGER_UFW;
	return is_iptables(ruleset, chain) ? NF_MANAGER_IPTABLES
	                                   : NF_MANAGER_NFTABLES;
}
