/*
 * eval.h - the run of the evaluator: branches, registers, the tree of forks
 *
 * Inside agent/firewall only. A branch is the packet at one place of its way.
 * Where something is not known a branch forks; the one with the usual case goes
 * on first, the other waits. What a branch comes to is a node of a tree: an end,
 * a fork, or "the same as there" when it met a state that was seen already.
 */
#ifndef MAILFIX_FIREWALL_EVAL_H
#define MAILFIX_FIREWALL_EVAL_H

#include "agent/firewall/packet.h"

/* As deep as the kernel goes (NFT_JUMP_STACK_SIZE). */
#define EVAL_FRAMES_MAX 16U
/* Branches that wait; a rule set with more doubts than that is not decided. */
#define EVAL_BRANCHES_MAX 64U
/* Forks of one question: 64 waiting branches can still be forked for ever. */
#define EVAL_FORKS_MAX 1024U
/* Rules of one question; some 50 times the largest rule set we were told of
 * (55,000 rules), and about a second. */
#define EVAL_RULES_MAX 3000000U
/* Steps of a path, a jump each; who can read more? */
#define EVAL_PATH_MAX 10000U
/* States that later branches may meet; 700 bytes each. */
#define EVAL_SEEN_MAX 2048U

#define EVAL_REGISTER_BYTES (NF_SLOT_COUNT * NF_SLOT_BYTES)

/* Why the bytes of a register are not known. */
struct eval_note {
	enum nf_truth truth; /* NF_MAYBE, NF_UNKNOWN */
	const char *reason;
	bool is_source_port; /* the whole of it, in network order */
};

struct eval_registers {
	uint8_t bytes[EVAL_REGISTER_BYTES];
	bool has_unknown; /* else `known` and `notes` are not set up */
	uint8_t known[EVAL_REGISTER_BYTES];
	const struct eval_note *notes[NF_SLOT_COUNT];
	/* where the address is that samples are taken of; NF_SLOT_NONE */
	uint8_t address_slot, address_skip;
	const uint8_t *address_mask; /* of a bitwise; or NULL */
};

enum eval_entry_kind {
	EVAL_CHAIN,
	EVAL_CONNTRACK, /* the connection is looked up here */
	EVAL_NAT_CHAIN,
	EVAL_NAT_DONE, /* nothing mapped it: it stays as it is */
	EVAL_CONFIRM,  /* the connection is in the table from here on */
};

struct eval_entry {
	enum eval_entry_kind kind;
	int32_t priority;
	struct nf_chain *chain;
};

/* What runs at one hook, in order. */
struct eval_hook {
	struct eval_hook *next;
	uint8_t family, hook;
	const struct net_interface *device; /* ingress, egress */
	struct eval_entry *entries;
	size_t count;
};

struct eval_frame {
	const struct nf_chain *chain;
	size_t rule;
};

/* Two branches with the same state come to the same. */
struct eval_state {
	struct nf_packet packet;
	const struct eval_hook *hook;
	size_t entry;
	const struct nf_chain *chain; /* NULL: the entry is not begun */
	size_t rule;
	uint32_t frame_count;
	bool is_loopback;              /* goes through lo */
	bool is_forwarded;             /* to, port are another host's */
	bool is_dst_done, is_src_done; /* nat has had its say */
	bool is_traced;
	struct nf_number zone, entry_zone; /* of the packet, of the SYN */
	uint8_t labels[16];                /* of the connection */
	/* the mark and the addresses when the chain of type route began */
	struct nf_number mark_before;
	/* which way the SYN came and went */
	const struct net_interface *syn_in, *syn_out;
	/* where it leaves after a change of its route, once output is over */
	const struct net_interface *leaves_by;
	bool has_entry; /* conntrack saw the SYN: the answer belongs to it */
	struct eval_frame frames[EVAL_FRAMES_MAX];
};

struct eval_step {
	const struct eval_step *before;
	struct nf_step step;
	const char *name; /* behind step.text; or NULL */
};

enum eval_node_kind { EVAL_OPEN, EVAL_END, EVAL_FORK, EVAL_SAME };

struct eval_node {
	enum eval_node_kind kind;
	uint8_t outcomes; /* bits of enum nf_outcome; 0: not counted yet */
	bool is_asked;    /* branches meet: each node is looked at once */
	const struct nf_chain *chain; /* of the fork, or what decided */
	const struct nf_rule *rule;
	/* fork */
	struct nf_match match;
	struct eval_node *yes, *no;
	struct eval_node *same;
	/* end */
	enum nf_outcome outcome;
	const char *reason; /* NF_NOT_KNOWN */
	bool is_reply, is_forwarded;
	struct nf_address to;
	uint16_t port;
	const struct eval_step *path;
	size_t path_length;
};

struct eval_branch {
	struct eval_state state;
	struct eval_node *node;
	const struct eval_step *path;
	size_t path_length;
	/* the last that accepted */
	const struct nf_chain *chain;
	const struct nf_rule *rule;
	/* in the middle of a rule, behind a fork; else NULL */
	struct eval_registers *registers;
	uint16_t expr;
	size_t hit; /* of a map: which of those that may be meant */
	struct nf_verdict verdict; /* of a map in doubt; else CONTINUE */
	bool may_meet;             /* another branch may have been here */
};

/* How a fork narrows the source port. */
struct eval_narrow {
	bool is_set;
	uint16_t yes_min, yes_max, no_min, no_max;
};

/* What an expression did. */
enum eval_result {
	EVAL_NEXT,
	EVAL_BREAK,
	EVAL_VERDICT, /* eval->verdict */
	EVAL_DOUBT,   /* eval->match: goes on, or breaks */
	EVAL_STOP,    /* the branch has ended, or the evaluation failed */
};

struct eval_seen;

struct nf_eval {
	struct nf_context context; /* arena, rule set, net, samples, ... */
	struct arena *scratch;     /* until the answer is there */
	const struct nf_question *question;
	const struct nf_rule *const *ignored;
	bool is_later;
	struct nf_chain **bases; /* all base chains that can matter */
	size_t base_count;
	struct eval_hook *hooks;
	struct eval_branch *branch; /* the one that runs */
	struct eval_branch *waiting[EVAL_BRANCHES_MAX];
	size_t waiting_count;
	struct eval_seen *seen;
	size_t seen_count;
	size_t fork_count;
	size_t rule_count;
	struct eval_registers *registers;
	/* of the expression that ran last */
	struct nf_verdict verdict;
	const char *verdict_text; /* instead of the verdict's name; or NULL */
	bool is_reject;           /* a drop that tells */
	bool is_bypass;           /* a queue that may be empty */
	/* in doubt: its number in the rule; the way on is that verdict; a map
	 * that may have meant others: "no" asks again from there */
	size_t doubt;
	bool has_verdict;
	size_t next_hit;
	const struct eval_registers *before_hit;
	struct nf_match match;
	struct eval_narrow narrow;
};

#endif
