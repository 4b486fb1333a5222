/*
 * test_nft_write.c - one rule into a rule set and out of it again
 *
 * Purpose  unit tests of agent/sys/nft_write.c and nft_find.c, on the kernel, in
 *          a network namespace of its own
 * Input    rule sets written here, loaded by nft(8) and iptables-nft(8)
 * Errors   a failing assertion
 * Runs as  root; skipped without the right to make a namespace
 * Source   -
 */
#include <sys/socket.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/sys/nft_write.h"
#include "tests/unit/program_say.h"

#define NFT  "/usr/sbin/nft"
#define MARK "mailfix 20261122T101500-4f2a/2"

static const char rules[] =
    "table inet filter {\n"
    "  set bans { type ipv4_addr; }\n"
    "  chain input {\n"
    "    type filter hook input priority 0; policy drop;\n"
    "    ct state established accept\n"
    "    ip saddr @bans drop\n"
    "    tcp dport 25 accept comment \"mail\"\n"
    "    tcp dport 587 drop\n"
    "    counter drop\n"
    "  }\n"
    "}\n";

/* What it says, or what it says wrong; the caller's buf. */
static void
load(const char *text)
{
	AUTO_BUF struct buf out = {0};

	program_say(&out, text, (const char *const[]){NFT, "-f", "-", NULL});
}

static void
list(struct buf *ret)
{
	buf_clear(ret);
	program_say(ret, NULL,
	    (const char *const[]){NFT, "-a", "list", "ruleset", NULL});
}

/* Without handles. */
static void
show(struct buf *ret)
{
	buf_clear(ret);
	program_say(
	    ret, NULL, (const char *const[]){NFT, "list", "ruleset", NULL});
}

static int
begin(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0 || access(NFT, X_OK) < 0)
		skip();
	load(rules);
	return 0;
}

static struct nf_accept
accept_at(uint64_t before)
{
	return (struct nf_accept){
	    .family = NF_FAMILY_INET,
	    .table = "filter",
	    .chain = "input",
	    .before = before,
	    .port = 587,
	};
}

static uint32_t
generation(void)
{
	struct why why = {0};
	uint32_t now = 0;

	assert_int_equal(nft_write_generation(&now, &why), 0);
	assert_int_not_equal(now, 0);
	return now;
}

/* The handle that nft -a shows for a rule. */
static uint64_t
handle_of(const char *rule)
{
	AUTO_BUF struct buf text = {0};
	const char *at;
	unsigned long handle = 0;

	list(&text);
	at = strstr(buf_text(&text), rule);
	assert_non_null(at);
	at = strstr(at, "# handle ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "# handle %lu", &handle), 1);
	return handle;
}

static void
test_goes_in_before_and_comes_out_again(void **state)
{
	AUTO_BUF struct buf before = {0}, after = {0};
	struct nf_accept accept = accept_at(handle_of("tcp dport 587 drop"));
	uint64_t handle = 0, found = 0, next = 0;
	struct why why = {0};

	(void)state;
	list(&before);
	assert_int_equal(nft_write_find(&accept, MARK, &found, &next, &why), 0);
	assert_int_equal(
	    nft_write_insert(&accept, MARK, generation(), &handle, &why), 0);
	show(&after);
	assert_non_null(strstr(buf_text(&after),
	    "comment \"mail\"\n\t\ttcp dport 587 counter packets 0 bytes 0 "
	    "accept comment \"" MARK "\"\n\t\ttcp dport 587 drop\n"));
	assert_int_equal(handle, handle_of(MARK));
	assert_int_equal(nft_write_find(&accept, MARK, &found, &next, &why), 1);
	assert_int_equal(found, handle);
	assert_int_equal(next, accept.before);
	assert_int_equal(
	    nft_write_delete(&accept, handle, generation(), &why), 0);
	list(&after);
	assert_string_equal(buf_text(&before), buf_text(&after));
}

static void
test_goes_to_the_end(void **state)
{
	AUTO_BUF struct buf text = {0};
	struct nf_accept accept = accept_at(0);
	uint64_t handle = 0, found = 0, next = 1;
	struct why why = {0};

	(void)state;
	accept.only_family = AF_INET6;
	(void)strcpy(accept.only_interface, "eth1");
	assert_int_equal(
	    nft_write_insert(&accept, MARK, generation(), &handle, &why), 0);
	show(&text);
	assert_non_null(strstr(buf_text(&text),
	    " drop\n\t\tmeta nfproto ipv6 iifname \"eth1\" tcp dport 587 "
	    "counter packets 0 bytes 0 accept"));
	assert_int_equal(nft_write_find(&accept, MARK, &found, &next, &why), 1);
	assert_int_equal(found, handle);
	assert_int_equal(next, 0);
	/* the mark on another rule than the one that is looked for */
	accept.port = 588;
	assert_int_equal(
	    nft_write_find(&accept, MARK, &found, &next, &why), -EBADMSG);
}

static void
test_is_refused_when_anything_changed(void **state)
{
	AUTO_BUF struct buf before = {0}, after = {0};
	struct nf_accept accept = accept_at(0);
	uint32_t planned = generation();
	uint64_t handle = 77;
	struct why why = {0};

	(void)state;
	load("add element inet filter bans { 192.0.2.1 }\n");
	list(&before);
	assert_int_equal(
	    nft_write_insert(&accept, MARK, planned, &handle, &why), -ESTALE);
	assert_int_equal(handle, 77);
	assert_int_equal(
	    nft_write_delete(&accept, handle_of("tcp dport 25"), planned, &why),
	    -ESTALE);
	list(&after);
	assert_string_equal(buf_text(&before), buf_text(&after));
}

static void
test_what_is_gone_is_said(void **state)
{
	AUTO_BUF struct buf before = {0}, after = {0};
	struct nf_accept accept = accept_at(4711);
	uint64_t handle = 0, found = 0, next = 0;
	struct why why = {0};

	(void)state;
	list(&before);
	assert_int_equal(
	    nft_write_insert(&accept, MARK, generation(), &handle, &why),
	    -ENOENT);
	assert_non_null(strstr(why.text, "is gone"));
	(void)strcpy(accept.chain, "nowhere");
	accept.before = 0;
	assert_int_equal(
	    nft_write_insert(&accept, MARK, generation(), &handle, &why),
	    -ENOENT);
	assert_int_equal(nft_write_find(&accept, MARK, &found, &next, &why), 0);
	assert_int_equal(
	    nft_write_delete(&accept, 4711, generation(), &why), -ENOENT);
	list(&after);
	assert_string_equal(buf_text(&before), buf_text(&after));
}

/* The kernel would take it for "all rules of the chain". */
static void
test_never_deletes_without_a_handle(void **state)
{
	AUTO_BUF struct buf before = {0}, after = {0};
	struct nf_accept accept = accept_at(0);
	struct why why = {0};

	(void)state;
	list(&before);
	assert_int_equal(
	    nft_write_delete(&accept, 0, generation(), &why), -EINVAL);
	accept.chain[0] = '\0';
	assert_int_equal(
	    nft_write_delete(&accept, 5, generation(), &why), -EINVAL);
	list(&after);
	assert_string_equal(buf_text(&before), buf_text(&after));
}

static void
test_two_rules_with_the_mark_are_none_of_ours(void **state)
{
	struct nf_accept accept = accept_at(0);
	uint64_t handle = 0, found = 0, next = 0;
	struct why why = {0};

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(nft_write_insert(&accept, MARK, generation(),
		                     &handle, &why),
		    0);
	assert_int_equal(
	    nft_write_find(&accept, MARK, &found, &next, &why), -EEXIST);
}

/* A wider rule under our mark is not taken for ours. */
static void
test_a_changed_rule_is_not_ours(void **state)
{
	static const char *const others[] = {
	    "tcp dport 587 accept",
	    "tcp dport 587 counter drop",
	    "tcp dport != 587 counter accept",
	    "udp dport 587 counter accept",
	    "tcp sport 587 counter accept",
	    "iifname \"lo\" tcp dport 587 counter accept",
	    "tcp dport 587 counter log accept",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		AUTO_BUF struct buf text = {0};
		struct nf_accept accept = accept_at(0);
		uint64_t found = 0, next = 0;
		struct why why = {0};

		buf_addf(&text,
		    "flush chain inet filter input\n"
		    "add rule inet filter input %s comment \"" MARK "\"\n",
		    others[i]);
		load(buf_text(&text));
		assert_int_equal(
		    nft_write_find(&accept, MARK, &found, &next, &why),
		    -EBADMSG);
	}
	load("flush chain inet filter input\nadd rule inet filter input tcp "
	     "dport 587 counter packets 7 bytes 9 accept comment \"" MARK
	     "\"\n");
	{
		struct nf_accept accept = accept_at(0);
		uint64_t found = 0, next = 0;
		struct why why = {0};

		assert_int_equal(
		    nft_write_find(&accept, MARK, &found, &next, &why), 1);
	}
}

/* What iptables-save shows must be what the rule is. */
static void
test_iptables_shows_it_truly(void **state)
{
	static const char save[] = "/usr/sbin/iptables-nft-save";
	AUTO_BUF struct buf before = {0}, text = {0}, after = {0};
	struct nf_accept accept = {
	    .family = NF_FAMILY_IPV4,
	    .table = "filter",
	    .chain = "INPUT",
	    .port = 587,
	    .only_interface = "eth1",
	};
	uint64_t handle = 0, next = 0;
	struct why why = {0};

	(void)state;
	if (access(save, X_OK) < 0)
		skip();
	program_say(&text,
	    "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 25 -j "
	    "ACCEPT\nCOMMIT\n",
	    (const char *const[]){"/usr/sbin/iptables-nft-restore", NULL});
	list(&before);
	assert_int_equal(
	    nft_write_insert(&accept, MARK, generation(), &handle, &why), 0);
	buf_clear(&text);
	program_say(&text, NULL, (const char *const[]){save, NULL});
	assert_non_null(strstr(buf_text(&text),
	    "-A INPUT -i eth1 -p tcp -m tcp --dport 587 -m comment --comment "
	    "\"" MARK "\" -j ACCEPT\n"));
	assert_int_equal(
	    nft_write_delete(&accept, handle, generation(), &why), 0);
	list(&after);
	assert_string_equal(buf_text(&before), buf_text(&after));

	/* saved and restored, the comment is a match: ours all the same */
	program_say(&after, buf_text(&text),
	    (const char *const[]){"/usr/sbin/iptables-nft-restore", NULL});
	show(&before);
	assert_null(strstr(buf_text(&before), MARK));
	assert_int_equal(
	    nft_write_find(&accept, MARK, &handle, &next, &why), 1);
	assert_int_equal(
	    nft_write_find(&accept, MARK "3", &handle, &next, &why), 0);
	accept.port = 588;
	assert_int_equal(
	    nft_write_find(&accept, MARK, &handle, &next, &why), -EBADMSG);
}

#define IN_NAMESPACE(f) cmocka_unit_test_setup(f, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_NAMESPACE(test_goes_in_before_and_comes_out_again),
	    IN_NAMESPACE(test_goes_to_the_end),
	    IN_NAMESPACE(test_is_refused_when_anything_changed),
	    IN_NAMESPACE(test_what_is_gone_is_said),
	    IN_NAMESPACE(test_never_deletes_without_a_handle),
	    IN_NAMESPACE(test_two_rules_with_the_mark_are_none_of_ours),
	    IN_NAMESPACE(test_a_changed_rule_is_not_ours),
	    IN_NAMESPACE(test_iptables_shows_it_truly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
