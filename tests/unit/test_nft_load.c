/*
 * test_nft_load.c - a snapshot of rules that change under one's hands
 *
 * Purpose  unit tests of agent/sys/nft_load.c, netlink.c, nft_question.c
 * Input    answers of a process that plays the kernel
 * Errors   a failed assertion
 * Runs as  any user
 * Source   nft_load.h
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "agent/sys/nft_ask.h"
#include "tests/unit/unit.h"
/* after cmocka */
#include "tests/unit/nft_messages.h"

/* What the kernel does besides answering. */
enum play {
	PLAY_STEADY,
	PLAY_MOVED_ONCE,       /* a commit while the chains are dumped */
	PLAY_MOVING,           /* a commit at every question */
	PLAY_INTERRUPTED_ONCE, /* a dump of tables that is of no one moment */
	PLAY_RULES_MOVED,      /* a commit before rules are asked for */
	PLAY_RULES_GONE,       /* no such chain */
	PLAY_LEFTOVERS,        /* what was asked before comes first */
	PLAY_SILENT_ASKER,     /* the asker is gone */
};

struct kernel {
	enum play play;
	int wire, fd;
	uint32_t generation;
	unsigned tables_asked, chains_asked;
	struct message message;
};

static void
tell(struct kernel *kernel, const struct nlmsghdr *head)
{
	(void)!send(kernel->fd, head, head->nlmsg_len, MSG_NOSIGNAL);
}

static void
tell_end(struct kernel *kernel, uint32_t seq, uint16_t type, int code,
    uint16_t flags)
{
	struct nlmsghdr *head = mnl_nlmsg_put_header(kernel->message.bytes);

	head->nlmsg_type = type;
	head->nlmsg_flags = (uint16_t)(NLM_F_MULTI | flags);
	head->nlmsg_seq = seq;
	*(int *)mnl_nlmsg_put_extra_header(head, 2 * sizeof(int)) = code;
	tell(kernel, head);
}

static struct nlmsghdr *
begin(struct kernel *kernel, const struct nft_question *question, unsigned type)
{
	return message_begin(&kernel->message, type, NF_FAMILY_INET,
	    question->seq, kernel->generation);
}

static void
tell_generation(struct kernel *kernel, const struct nft_question *question)
{
	struct nlmsghdr *head = begin(kernel, question, NFT_MSG_NEWGEN);

	head->nlmsg_flags = 0;
	put_u32(head, NFTA_GEN_ID, kernel->generation);
	tell(kernel, head);
}

static void
tell_chain(struct kernel *kernel, const struct nft_question *question,
    const char *name)
{
	struct nlmsghdr *head = begin(kernel, question, NFT_MSG_NEWCHAIN);

	put_text(head, NFTA_CHAIN_TABLE, "filter");
	put_text(head, NFTA_CHAIN_NAME, name);
	tell(kernel, head);
}

static void
tell_table(struct kernel *kernel, const struct nft_question *question)
{
	struct nlmsghdr *head = begin(kernel, question, NFT_MSG_NEWTABLE);

	put_text(head, NFTA_TABLE_NAME, "filter");
	put_u32(head, NFTA_TABLE_FLAGS, NFT_TABLE_F_DORMANT);
	tell(kernel, head);
}

static void
tell_set(struct kernel *kernel, const struct nft_question *question)
{
	struct nlmsghdr *head = begin(kernel, question, NFT_MSG_NEWSET);

	put_text(head, NFTA_SET_TABLE, "filter");
	put_text(head, NFTA_SET_NAME, "ports");
	put_u32(head, NFTA_SET_KEY_LEN, 2);
	tell(kernel, head);
}

/* Enough of them that what is read grows. */
static void
tell_rules(struct kernel *kernel, const struct nft_question *question)
{
	for (unsigned i = 1; strcmp(question->name, "input") == 0 && i <= 100;
	     i++) {
		struct nlmsghdr *head =
		    begin(kernel, question, NFT_MSG_NEWRULE);
		struct nlattr *list;

		put_u64(head, NFTA_RULE_HANDLE, i);
		list = nest_begin(head, NFTA_RULE_EXPRESSIONS);
		expr_end(head, expr_begin(head, "counter"));
		mnl_attr_nest_end(head, list);
		tell(kernel, head);
	}
}

static void
tell_elements(struct kernel *kernel, const struct nft_question *question)
{
	struct nlmsghdr *head = begin(kernel, question, NFT_MSG_NEWSETELEM);
	struct nlattr *list = nest_begin(head, NFTA_SET_ELEM_LIST_ELEMENTS);
	struct nlattr *element = nest_begin(head, NFTA_LIST_ELEM);

	put_data(head, NFTA_SET_ELEM_KEY, "\0\31", 2);
	mnl_attr_nest_end(head, element);
	mnl_attr_nest_end(head, list);
	tell(kernel, head);
}

static void
move(struct kernel *kernel, const struct nft_question *question)
{
	bool is_first_chains =
	    question->ask == NFT_ASK_CHAINS && ++kernel->chains_asked == 1;
	bool is_rules = question->ask == NFT_ASK_RULES;

	if ((kernel->play == PLAY_MOVED_ONCE && is_first_chains) ||
	    kernel->play == PLAY_MOVING ||
	    (kernel->play == PLAY_RULES_MOVED && is_rules))
		kernel->generation++;
}

static void
answer(struct kernel *kernel, const struct nft_question *question)
{
	uint16_t flags = 0;

	if (kernel->play == PLAY_LEFTOVERS)
		tell_end(kernel, question->seq - 1, NLMSG_ERROR, -EBUSY, 0);
	move(kernel, question);
	switch (question->ask) {
	case NFT_ASK_GENERATION:
		tell_generation(kernel, question);
		return;
	case NFT_ASK_TABLES:
		tell_table(kernel, question);
		if (kernel->play == PLAY_INTERRUPTED_ONCE &&
		    ++kernel->tables_asked == 1) {
			/* it was moved, and comes again */
			tell_table(kernel, question);
			flags = NLM_F_DUMP_INTR;
		}
		break;
	case NFT_ASK_CHAINS:
		tell_chain(kernel, question, "input");
		tell_chain(kernel, question, "empty");
		break;
	case NFT_ASK_SETS:
		tell_set(kernel, question);
		break;
	case NFT_ASK_RULES:
		if (kernel->play == PLAY_RULES_GONE) {
			tell_end(
			    kernel, question->seq, NLMSG_ERROR, -ENOENT, 0);
			return;
		}
		tell_rules(kernel, question);
		break;
	case NFT_ASK_ELEMENTS:
		tell_elements(kernel, question);
		break;
	default:
		break;
	}
	tell_end(kernel, question->seq, NLMSG_DONE, 0, flags);
}

static void
play(struct kernel *kernel)
{
	static const int32_t sent;
	struct nft_question question;

	if (kernel->play == PLAY_SILENT_ASKER)
		return;
	while (recv(kernel->wire, &question, sizeof(question), 0) ==
	       sizeof(question)) {
		(void)!send(kernel->wire, &sent, sizeof(sent), MSG_NOSIGNAL);
		answer(kernel, &question);
	}
}

static struct nft_link
kernel_begin(enum play what)
{
	struct nft_link link = {.fd = -1};
	int wires[2], fds[2];

	assert_return_code(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wires), 0);
	assert_return_code(
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), 0);
	link.helper = fork();
	assert_return_code(link.helper, 0);
	if (link.helper == 0) {
		struct kernel *kernel = mem_alloc(1, sizeof(*kernel));

		*kernel = (struct kernel){.play = what,
		    .wire = wires[1],
		    .fd = fds[1],
		    .generation = 0x10007};
		(void)close(wires[0]);
		(void)close(fds[0]);
		play(kernel);
		_exit(0);
	}
	(void)close(wires[1]);
	(void)close(fds[1]);
	link.asker = wires[0];
	link.fd = fds[0];
	return link;
}

static void
test_steady(void **state)
{
	static const enum play plays[] = {PLAY_STEADY, PLAY_MOVED_ONCE,
	    PLAY_INTERRUPTED_ONCE, PLAY_LEFTOVERS};

	(void)state;
	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		struct arena *arena = arena_new();
		struct nft_link link = kernel_begin(plays[i]);
		struct nf_ruleset *ruleset;
		struct why why = {0};

		assert_int_equal(nft_load(arena, &link, &ruleset, &why), 0);
		assert_int_equal(ruleset->generation,
		    plays[i] == PLAY_MOVED_ONCE ? 0x10008 : 0x10007);
		assert_int_equal(ruleset->table_count, 1);
		assert_true(ruleset->tables[0].is_dormant);
		assert_int_equal(ruleset->chain_count, 2);
		assert_int_equal(ruleset->set_count, 1);
		assert_false(ruleset->chains[0].is_loaded);
		assert_int_equal(
		    nf_chain_load(ruleset, &ruleset->chains[0], &why), 0);
		assert_int_equal(ruleset->chains[0].rule_count, 100);
		assert_int_equal(ruleset->chains[0].rules[99].handle, 100);
		assert_false(ruleset->chains[1].is_loaded);
		assert_int_equal(
		    nf_chain_load(ruleset, &ruleset->chains[1], &why), 0);
		assert_int_equal(ruleset->chains[1].rule_count, 0);
		assert_true(ruleset->chains[1].is_loaded);
		assert_int_equal(
		    nf_set_load(ruleset, &ruleset->sets[0], &why), 0);
		assert_int_equal(ruleset->sets[0].element_count, 1);
		assert_int_equal(nft_load_is_current(ruleset, &why), 1);
		nft_link_close(&link);
		arena_free(arena);
	}
}

static void
test_moving(void **state)
{
	struct arena *arena = arena_new();
	struct nft_link link = kernel_begin(PLAY_MOVING);
	struct nf_ruleset *ruleset;
	struct why why = {0};

	(void)state;
	assert_int_equal(nft_load(arena, &link, &ruleset, &why), -EAGAIN);
	assert_non_null(strstr(why.text, "changed all the time"));
	nft_link_close(&link);
	arena_free(arena);
}

/* `which` chain: one with rules tells by them, an empty one must be asked */
static void
stale_check(size_t which)
{
	struct arena *arena = arena_new();
	struct nft_link link = kernel_begin(PLAY_RULES_MOVED);
	struct nf_ruleset *ruleset;
	struct why why = {0};

	assert_int_equal(nft_load(arena, &link, &ruleset, &why), 0);
	assert_int_equal(
	    nf_chain_load(ruleset, &ruleset->chains[which], &why), -ESTALE);
	assert_false(ruleset->chains[which].is_loaded);
	assert_int_equal(
	    nf_set_load(ruleset, &ruleset->sets[0], &why), -ESTALE);
	assert_int_equal(nft_load_is_current(ruleset, &why), 0);
	/* begun anew over the same link */
	assert_int_equal(nft_load(arena, &link, &ruleset, &why), 0);
	assert_int_equal(nf_set_load(ruleset, &ruleset->sets[0], &why), 0);
	nft_link_close(&link);
	arena_free(arena);
}

static void
test_stale(void **state)
{
	(void)state;
	stale_check(0);
	stale_check(1);
}

static void
test_failures(void **state)
{
	struct arena *arena = arena_new();
	struct nft_link link = kernel_begin(PLAY_RULES_GONE);
	struct nf_ruleset *ruleset;
	struct why why = {0};

	(void)state;
	assert_int_equal(nft_load(arena, &link, &ruleset, &why), 0);
	assert_int_equal(
	    nf_chain_load(ruleset, &ruleset->chains[0], &why), -ENOENT);
	assert_non_null(strstr(why.text, "inet filter input"));
	nft_link_close(&link);
	link = kernel_begin(PLAY_SILENT_ASKER);
	assert_true(nft_load(arena, &link, &ruleset, &why) < 0);
	nft_link_close(&link);
	arena_free(arena);
}

/* What the asker refuses to send. */
static void
test_questions(void **state)
{
	uint32_t buffer[NFT_QUESTION_BYTES / sizeof(uint32_t)] = {0};
	struct nft_question question = {.ask = NFT_ASK_RULES,
	    .seq = 5,
	    .family = NF_FAMILY_IPV6,
	    .table = "filter",
	    .name = "input"};
	struct nlmsghdr *head = nft_question_build(&question, buffer);

	(void)state;
	assert_non_null(head);
	assert_int_equal(
	    head->nlmsg_type, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE);
	assert_int_equal(head->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	question.name[0] = '\0';
	assert_null(nft_question_build(&question, buffer));
	(void)memset(question.name, 'x', sizeof(question.name));
	assert_null(nft_question_build(&question, buffer));
	question.ask = NFT_ASK_MAX;
	assert_null(nft_question_build(&question, buffer));
	/* no question of the list is anything but a look */
	for (uint32_t ask = 0; ask < NFT_ASK_MAX; ask++) {
		question = (struct nft_question){.ask = ask,
		    .table = "t",
		    .name = "n",
		    .test = {.family = NF_FAMILY_IPV4}};
		head = nft_question_build(&question, buffer);
		assert_non_null(head);
		assert_true(head->nlmsg_len < sizeof(buffer) / 2);
		assert_int_equal(head->nlmsg_flags &
		                     (NLM_F_CREATE | NLM_F_REPLACE |
		                         NLM_F_EXCL | NLM_F_APPEND) &
		                     ~NLM_F_DUMP,
		    0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_steady),
	    cmocka_unit_test(test_moving),
	    cmocka_unit_test(test_stale),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_questions),
	};

	return cmocka_run_group_tests_name("nft_load", tests, NULL, NULL);
}
