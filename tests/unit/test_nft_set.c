/*
 * test_nft_set.c - chains, sets and their elements from netlink's attributes
 *
 * Purpose  unit tests of agent/sys/nft_message.c, nft_set.c
 * Input    messages built here
 * Errors   a failed assertion
 * Runs as  any user
 * Source   linux/netfilter/nf_tables.h
 */
#include "tests/unit/unit.h"
/* after cmocka */
#include "tests/unit/nft_messages.h"

static void
test_chain(void **state)
{
	struct world *world = *state;
	struct nlmsghdr *head = message_begin(
	    &world->message, NFT_MSG_NEWCHAIN, NF_FAMILY_INET, 1, 1);
	struct nlattr *hook, *devices;
	struct nf_chain chain;

	put_text(head, NFTA_CHAIN_TABLE, "filter");
	put_u64(head, NFTA_CHAIN_HANDLE, 3);
	put_text(head, NFTA_CHAIN_NAME, "input");
	hook = nest_begin(head, NFTA_CHAIN_HOOK);
	put_u32(head, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_IN);
	put_u32(head, NFTA_HOOK_PRIORITY, (uint32_t)-150);
	devices = nest_begin(head, NFTA_HOOK_DEVS);
	put_text(head, 1, "eth0");
	put_text(head, 2, "veth");
	mnl_attr_nest_end(head, devices);
	mnl_attr_nest_end(head, hook);
	put_u32(head, NFTA_CHAIN_POLICY, NF_DROP);
	put_text(head, NFTA_CHAIN_TYPE, "filter");
	assert_true(nft_chain_read(&world->decoder, head, &chain));
	assert_ptr_equal(chain.table, &world->table);
	assert_true(chain.is_base);
	assert_int_equal(chain.hook, NF_HOOK_INPUT);
	assert_int_equal(chain.type, NF_CHAIN_FILTER);
	assert_int_equal(chain.priority, -150);
	assert_int_equal(chain.policy.code, NF_VERDICT_DROP);
	assert_string_equal(chain.devices[0], "eth0");
	assert_string_equal(chain.devices[1], "veth*");
	assert_null(chain.devices[2]);
	assert_false(chain.is_loaded);
	assert_ptr_equal(nft_name_raw(&world->decoder, chain.name), chain.name);
	/* a name that only a program can have given */
	head = message_begin(
	    &world->message, NFT_MSG_NEWCHAIN, NF_FAMILY_INET, 1, 1);
	put_text(head, NFTA_CHAIN_TABLE, "filter");
	put_text(head, NFTA_CHAIN_NAME, "in\033put");
	assert_true(nft_chain_read(&world->decoder, head, &chain));
	assert_string_equal(chain.name, "in\\x1bput");
	assert_string_equal(
	    nft_name_raw(&world->decoder, chain.name), "in\033put");
	assert_false(chain.is_base);
	/* of a table that is not there (any more) */
	head = message_begin(
	    &world->message, NFT_MSG_NEWCHAIN, NF_FAMILY_IPV4, 1, 1);
	put_text(head, NFTA_CHAIN_TABLE, "filter");
	put_text(head, NFTA_CHAIN_NAME, "input");
	assert_false(nft_chain_read(&world->decoder, head, &chain));
}

static void
test_set(void **state)
{
	struct world *world = *state;
	struct nlmsghdr *head = message_begin(
	    &world->message, NFT_MSG_NEWSET, NF_FAMILY_INET, 1, 1);
	struct nlattr *desc, *concat;
	struct nf_set set;

	put_text(head, NFTA_SET_TABLE, "filter");
	put_text(head, NFTA_SET_NAME, "vm");
	put_u32(head, NFTA_SET_FLAGS,
	    NFT_SET_MAP | NFT_SET_INTERVAL | NFT_SET_CONCAT | NFT_SET_TIMEOUT);
	put_u32(head, NFTA_SET_KEY_LEN, 8);
	put_u32(head, NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT);
	put_u32(head, NFTA_SET_DATA_LEN, 16);
	desc = nest_begin(head, NFTA_SET_DESC);
	concat = nest_begin(head, NFTA_SET_DESC_CONCAT);
	for (unsigned i = 0; i < 40; i++) {
		struct nlattr *field = nest_begin(head, NFTA_LIST_ELEM);

		put_u32(head, NFTA_SET_FIELD_LEN, 4 + i);
		mnl_attr_nest_end(head, field);
	}
	mnl_attr_nest_end(head, concat);
	mnl_attr_nest_end(head, desc);
	assert_true(nft_set_read(&world->decoder, head, &set));
	assert_true(set.is_verdict_map);
	assert_true(set.is_changing);
	assert_int_equal(set.data_length, 0);
	assert_int_equal(set.field_count, NF_FIELDS_MAX);
	assert_int_equal(set.fields[1], 5);
	/* a key that no register holds */
	head = message_begin(
	    &world->message, NFT_MSG_NEWSET, NF_FAMILY_INET, 1, 1);
	put_text(head, NFTA_SET_TABLE, "filter");
	put_text(head, NFTA_SET_NAME, "big");
	put_u32(head, NFTA_SET_KEY_LEN, 65);
	assert_false(nft_set_read(&world->decoder, head, &set));
}

struct key {
	uint16_t key;
	uint32_t flags;
};

static struct nlmsghdr *
elements_put(struct world *world, const struct key *keys, size_t count)
{
	struct nlmsghdr *head = message_begin(
	    &world->message, NFT_MSG_NEWSETELEM, NF_FAMILY_INET, 1, 1);
	struct nlattr *list;

	put_text(head, NFTA_SET_ELEM_LIST_TABLE, "filter");
	put_text(head, NFTA_SET_ELEM_LIST_SET, "ports");
	list = nest_begin(head, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = 0; i < count; i++) {
		struct nlattr *element = nest_begin(head, NFTA_LIST_ELEM);
		uint16_t key = htons(keys[i].key);

		if ((keys[i].flags & NFT_SET_ELEM_CATCHALL) == 0)
			put_data(head, NFTA_SET_ELEM_KEY, &key, sizeof(key));
		put_u32(head, NFTA_SET_ELEM_FLAGS, keys[i].flags);
		mnl_attr_nest_end(head, element);
	}
	mnl_attr_nest_end(head, list);
	return head;
}

/* As the kernel sends them, from the highest to the lowest. */
static void
test_intervals(void **state)
{
	static const struct key keys[] = {
	    {65000, 0	                },
	    {588,   NFT_SET_ELEM_INTERVAL_END},
	    {587,   0	                },
	    {26,    0	                }, /* right behind the one before */
	    {26,    NFT_SET_ELEM_INTERVAL_END},
	    {25,    0	                },
	    {0,     NFT_SET_ELEM_INTERVAL_END},
	    {0,     NFT_SET_ELEM_CATCHALL    },
	};
	static const uint8_t want[][4] = {
	    {0,    25,   0,    25  },
	    {0,    26,   0x02, 0x4a},
	    {0x02, 0x4b, 0x02, 0x4b},
	    {0xfd, 0xe8, 0xff, 0xff},
	};
	struct world *world = *state;
	struct nft_elements elements = {0};

	world->set.flags = NFT_SET_INTERVAL;
	assert_true(nft_elements_read(&world->decoder, &world->set,
	    elements_put(world, keys, sizeof(keys) / sizeof(keys[0])),
	    &elements));
	assert_null(elements.odd);
	nft_elements_end(world->arena, &elements, &world->set);
	assert_int_equal(world->set.element_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_memory_equal(world->set.elements[i].key, want[i], 2);
		assert_memory_equal(
		    world->set.elements[i].key_end, want[i] + 2, 2);
	}
	assert_non_null(world->set.catch_all);
	assert_true(world->set.is_loaded);
}

static void
test_elements(void **state)
{
	static const struct key keys[] = {
	    {587, 0},
            {25,  0},
            {465, 0}
        };
	static const struct key odd[] = {
	    {25, 0},
            {26, 8}
        };
	struct world *world = *state;
	struct nft_elements elements = {0};

	assert_true(nft_elements_read(&world->decoder, &world->set,
	    elements_put(world, keys, 3), &elements));
	nft_elements_end(world->arena, &elements, &world->set);
	assert_int_equal(world->set.element_count, 3);
	assert_int_equal(world->set.elements[0].key[1], 25);
	assert_int_equal(world->set.elements[2].key[1], 0x4b);
	assert_null(world->set.elements[0].key_end);
	assert_null(world->set.catch_all);
	/* a flag of a newer kernel */
	assert_true(nft_elements_read(&world->decoder, &world->set,
	    elements_put(world, odd, 2), &elements));
	assert_non_null(elements.odd);
	nft_elements_done(&elements);
	/* keys of another length than the set says */
	world->set.key_length = 4;
	assert_true(nft_elements_read(&world->decoder, &world->set,
	    elements_put(world, keys, 1), &elements));
	assert_non_null(elements.odd);
	nft_elements_done(&elements);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_chain, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_set, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_intervals, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_elements, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("nft_set", tests, NULL, NULL);
}
