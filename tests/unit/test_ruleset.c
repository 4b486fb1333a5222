/*
 * test_ruleset.c - find parts of a rule set, and addresses of this host
 *
 * Purpose  unit tests of agent/firewall/ruleset.c, net.c
 * Input    models made here
 * Errors   a failed assertion
 * Runs as  any user
 * Source   ruleset.h, net.h
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/firewall/net.h"
#include "agent/firewall/ruleset.h"
#include "tests/unit/unit.h"

/* Enough for names whose places in the index meet. */
#define SET_COUNT 5000U

static void
find_check(const struct nf_ruleset *ruleset)
{
	for (unsigned i = 0; i < SET_COUNT; i += 97) {
		char name[32];

		(void)snprintf(name, sizeof(name), "__set%u", i);
		assert_ptr_equal(
		    nf_set_find(ruleset, &ruleset->tables[i % 2], name),
		    &ruleset->sets[i]);
		assert_null(
		    nf_set_find(ruleset, &ruleset->tables[1 - i % 2], name));
	}
	assert_ptr_equal(nf_chain_find(ruleset, &ruleset->tables[0], "input"),
	    &ruleset->chains[0]);
	assert_ptr_equal(nf_chain_find(ruleset, &ruleset->tables[1], "input"),
	    &ruleset->chains[1]);
	assert_null(nf_chain_find(ruleset, &ruleset->tables[0], "output"));
	assert_null(nf_set_find(ruleset, &ruleset->tables[0], ""));
}

static void
test_find(void **state)
{
	struct arena *arena = arena_new();
	struct nf_table tables[] = {
	    {.family = NF_FAMILY_IPV4, .name = "filter"},
	    {.family = NF_FAMILY_INET, .name = "filter"}
        };
	struct nf_rule rules[] = {{.handle = 4}, {.handle = 7}};
	struct nf_chain chains[] = {
	    {.table = &tables[0], .name = "input"},
	    { .table = &tables[1],
             .name = "input",
             .rules = rules,
             .rule_count = 2},
	};
	struct nf_ruleset ruleset = {.arena = arena,
	    .tables = tables,
	    .table_count = 2,
	    .chains = chains,
	    .chain_count = 2,
	    .set_count = SET_COUNT};

	(void)state;
	ruleset.sets = arena_alloc(arena, SET_COUNT, sizeof(*ruleset.sets));
	for (unsigned i = 0; i < SET_COUNT; i++)
		ruleset.sets[i] = (struct nf_set){.table = &tables[i % 2],
		    .name = arena_printf(arena, "__set%u", i)};
	find_check(&ruleset);
	nf_ruleset_index(&ruleset);
	find_check(&ruleset);
	assert_ptr_equal(
	    nf_table_find(&ruleset, NF_FAMILY_INET, "filter"), &tables[1]);
	assert_null(nf_table_find(&ruleset, NF_FAMILY_IPV6, "filter"));
	assert_ptr_equal(nf_rule_find(&chains[1], 7), &rules[1]);
	assert_null(nf_rule_find(&chains[0], 7));
	arena_free(arena);
}

static int
load_rules(void *user, struct nf_chain *chain, struct why *why)
{
	(void)why;
	chain->is_loaded = true;
	return *(int *)user;
}

static void
test_load(void **state)
{
	int code = -ESTALE;
	struct nf_source source = {.load_rules = load_rules, .user = &code};
	struct nf_ruleset ruleset = {.source = &source};
	struct nf_chain chain = {.name = "input"};
	struct nf_set set = {.name = "ports"};
	struct why why = {0};

	(void)state;
	assert_int_equal(nf_chain_load(&ruleset, &chain, &why), -ESTALE);
	assert_int_equal(nf_chain_load(&ruleset, &chain, &why), 0);
	assert_true(nf_set_load(&ruleset, &set, &why) < 0);
	assert_non_null(strstr(why.text, "ports"));
	set.is_loaded = true;
	assert_int_equal(nf_set_load(&ruleset, &set, &why), 0);
}

static void
test_addresses(void **state)
{
	static const char *const good[] = {
	    "192.0.2.1", "2001:db8::1", "::", "0.0.0.0"};
	static const char *const bad[] = {
	    "", "192.0.2", "192.0.2.1/24", "fe80::1%eth0", "host"};
	char text[INET6_ADDRSTRLEN];
	struct nf_address address, other;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(net_address_parse(good[i], &address), 0);
		assert_string_equal(
		    net_address_format(&address, text), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(net_address_parse(bad[i], &address), -EINVAL);
	/* what stands behind the four bytes of IPv4 does not count */
	assert_int_equal(net_address_parse("192.0.2.1", &address), 0);
	other = address;
	other.bytes[9] = 1;
	assert_true(net_address_equal(&address, &other));
	other.bytes[3] = 2;
	assert_false(net_address_equal(&address, &other));
}

static struct net_own_address
own(const char *text, bool is_global, bool is_deprecated)
{
	struct net_own_address own = {
	    .index = 2, .is_global = is_global, .is_deprecated = is_deprecated};

	assert_int_equal(net_address_parse(text, &own.address), 0);
	return own;
}

static void
test_net(void **state)
{
	struct net_interface interfaces[] = {
	    {.index = 1, .name = "lo"  },
            {.index = 2, .name = "eth0"}
        };
	struct net_own_address addresses[] = {
	    own("fe80::1", false, false),
	    own("2001:db8::d", true, true),
	    own("fd00::1", true, false),
	    own("2001:db8::1", true, false),
	    own("192.0.2.1", true, false),
	    own("192.0.2.2", true, false),
	};
	struct net net = {.interfaces = interfaces,
	    .interface_count = 2,
	    .addresses = addresses,
	    .address_count = sizeof(addresses) / sizeof(*addresses)};
	struct nf_address address;

	(void)state;
	assert_ptr_equal(net_interface_by_index(&net, 2), &interfaces[1]);
	assert_null(net_interface_by_index(&net, 0));
	assert_ptr_equal(net_interface_by_name(&net, "lo"), &interfaces[0]);
	assert_null(net_interface_by_name(&net, "eth"));
	assert_ptr_equal(
	    net_address_on(&net, 2, AF_INET6), &addresses[3].address);
	assert_ptr_equal(
	    net_address_on(&net, 2, AF_INET), &addresses[4].address);
	assert_null(net_address_on(&net, 1, AF_INET));
	assert_int_equal(net_address_parse("127.4.5.6", &address), 0);
	assert_true(net_is_own(&net, &address));
	assert_int_equal(net_address_parse("192.0.2.3", &address), 0);
	assert_false(net_is_own(&net, &address));
	assert_true(net_is_own(&net, &addresses[2].address));
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(nf_family_name(NF_FAMILY_INET), "inet");
	assert_string_equal(nf_family_name(NF_FAMILY_IPV6), "ip6");
	assert_string_equal(nf_family_name(99), "unknown");
	assert_string_equal(nf_hook_name(NF_HOOK_POSTROUTING), "postrouting");
	assert_string_equal(nf_hook_name(NF_HOOK_UNKNOWN), "unknown");
	assert_string_equal(nf_hook_name(200), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_load),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_net),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("ruleset", tests, NULL, NULL);
}
