/*
 * verdict.h - what becomes of a packet at the end of a rule
 */
#ifndef MAILFIX_FIREWALL_VERDICT_H
#define MAILFIX_FIREWALL_VERDICT_H

/* What ends a rule; jump and goto name a chain. */
enum nf_verdict_code {
	NF_VERDICT_CONTINUE,
	NF_VERDICT_BREAK,
	NF_VERDICT_JUMP,
	NF_VERDICT_GOTO,
	NF_VERDICT_RETURN,
	NF_VERDICT_ACCEPT,
	NF_VERDICT_DROP,
	NF_VERDICT_QUEUE,
	NF_VERDICT_STOLEN,
	NF_VERDICT_UNKNOWN
};

struct nf_verdict {
	enum nf_verdict_code code;
	const char *chain; /* of jump and goto, in the table of the rule */
};

#endif
