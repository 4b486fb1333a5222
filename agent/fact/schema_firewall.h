/*
 * schema_firewall.h - what tables firewall and port both have: words, texts
 */
#ifndef MAILFIX_FACT_SCHEMA_FIREWALL_H
#define MAILFIX_FACT_SCHEMA_FIREWALL_H

/* As nf_manager_name. */
extern const char *const firewall_managers[];
/* As nf_outcome_name; none: there is no such connection to speak of. */
extern const char *const firewall_verdicts[];

#define FIREWALL_DOC_MANAGER "who writes the rules that decide about it"
#define FIREWALL_DOC_IN_V4                                                     \
	"a new connection from anyone outside over IPv4; none: no IPv4 here"
#define FIREWALL_DOC_IN_V6 "the same over IPv6"
#define FIREWALL_DOC_IN_RULE                                                   \
	"the rule that refuses it: \"inet filter input, handle 12: drop\"; "   \
	"empty: none does"
#define FIREWALL_DOC_CLOSED                                                    \
	"where it listens and is refused: \"IPv4\", \"IPv4 and IPv6\", "       \
	"\"IPv6 on eth1\"; empty: nowhere"
#define FIREWALL_DOC_SOME                                                      \
	"refused, and yet open for these: \"203.0.113.0/24: accept\"; empty: " \
	"all are treated alike"
#define FIREWALL_DOC_SHADOWED                                                  \
	"an accept rule for it that is never reached; empty: none"
#define FIREWALL_DOC_SHADOWED_BY                                               \
	"the rule before it that refuses first; empty: none"
#define FIREWALL_DOC_OUT_V4                                                    \
	"a new connection of the mail system to anyone's port of this number " \
	"over IPv4; none: no IPv4 here"
#define FIREWALL_DOC_OUT_V6   "the same over IPv6"
#define FIREWALL_DOC_OUT_RULE "the rule that refuses it; empty: none does"
#define FIREWALL_DOC_BLOCKED                                                   \
	"where that is refused, as closed_for; empty: nowhere"

#endif
