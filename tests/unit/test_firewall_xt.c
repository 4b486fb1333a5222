/*
 * test_firewall_xt.c - matches and targets of the older iptables
 *
 * Purpose  each layout: what it comes to for a SYN, and in words
 * Input    info bytes that iptables-nft 1.8.9 left in a kernel 6.18; zNN: so many
 *          zeros
 * Errors   a failed assertion
 * Runs as  any user
 * Source   iptables-save of the same rules
 */
#include <sys/socket.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/firewall/eval_parts.h"
#include "agent/firewall/rule_text.h"
#include "agent/firewall/xt.h"
#include "tests/unit/unit.h"
#include "tests/unit/xt_vectors.h"

struct world {
	struct arena *arena;
	struct nf_ruleset ruleset;
	struct net net;
	struct net_interface eth0;
	struct net_own_address own[4];
	struct net_listener listener;
	struct nf_context context;
	struct nf_packet packet;
	uint8_t info[2048];
	struct nf_source source;
	bool is_in_set;
};

static int
route(void *user, const struct net_route_query *query, struct net_route *ret,
    struct why *why)
{
	(void)user;
	(void)query;
	(void)why;
	*ret = (struct net_route){.type = NET_ROUTE_UNICAST, .oif = 2};
	return 0;
}

static int
is_in_ipset(
    void *user, uint16_t index, const struct nf_ipset_key *key, struct why *why)
{
	struct world *world = user;

	if (index != 7)
		return why_set(why, -2, "no such set");
	assert_int_equal(key->from[3], 5);
	assert_int_equal(key->to_port, 25);
	assert_int_equal(key->from_port, 0);
	return world->is_in_set;
}

static struct nf_address
address(const char *text)
{
	struct nf_address parsed = {0};

	assert_int_equal(net_address_parse(text, &parsed), 0);
	return parsed;
}

static int
setup(void **state)
{
	struct world *world = mem_alloc(1, sizeof(*world));
	static const char *const own[] = {
	    "10.0.0.1", "2001:db8::1", "198.51.100.1", "2001:db8:1::1"};

	world->arena = arena_new();
	world->eth0 = (struct net_interface){
	    .index = 2, .name = "eth0", .group = 5, .is_up = true};
	for (size_t i = 0; i < ARRAY_COUNT(own); i++)
		world->own[i] = (struct net_own_address){.index = i < 2 ? 3 : 2,
		    .address = address(own[i]),
		    .prefix_length = 24,
		    .is_global = true};
	world->listener =
	    (struct net_listener){.address = {.family = AF_INET}, .port = 25};
	world->net = (struct net){.interfaces = &world->eth0,
	    .interface_count = 1,
	    .addresses = world->own,
	    .address_count = ARRAY_COUNT(own),
	    .listeners = &world->listener,
	    .listener_count = 1,
	    .has_listeners = true,
	    .route = route};
	world->source =
	    (struct nf_source){.is_in_ipset = is_in_ipset, .user = world};
	world->ruleset.arena = world->arena;
	world->ruleset.source = &world->source;
	world->context.arena = world->arena;
	world->context.ruleset = &world->ruleset;
	world->context.net = &world->net;
	*state = world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	arena_free(world->arena);
	free(world);
	return 0;
}

static void
make_packet(struct world *world, int family)
{
	struct nf_question question = {.port = 25};

	question.from = address(family == 4 ? "10.0.0.5" : "2001:db8::5");
	question.to = address(family == 4 ? "10.0.0.1" : "2001:db8::1");
	eval_packet_first(&world->packet, &question, false);
	world->packet.is_tracked = true;
	world->packet.in = &world->eth0;
	world->packet.out = &world->eth0;
	world->packet.has_socket = true;
	world->packet.uid = (struct nf_number){105, true};
	world->packet.gid = (struct nf_number){5, true};
	world->packet.mark = (struct nf_number){0x3aa, true};
	world->packet.ct_mark = (struct nf_number){1, true};
}

static unsigned
digit(char c)
{
	return (unsigned)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
}

static struct nf_expr
make_expr(struct world *world, enum nf_op op, const char *name,
    unsigned revision, unsigned length, const char *text)
{
	size_t at = 0;

	memset(world->info, 0, sizeof(world->info));
	while (*text) {
		if (*text == ' ') {
			text++;
		} else if (*text == 'z') {
			char *end;

			at += strtoul(text + 1, &end, 10);
			text = end;
		} else {
			world->info[at++] =
			    (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
			text += 2;
		}
	}
	assert_in_range(at, 0, length);
	return (struct nf_expr){
	    .op = op,
	    .xt = {.name = name,
	           .revision = revision,
	           .info = world->info,
	           .info_length = (uint16_t)length}
        };
}

static void
check_text(struct world *world, const struct nf_expr *expr, int family,
    const char *wanted)
{
	const struct nf_table table = {
	    .family = family == 4 ? NF_FAMILY_IPV4 : NF_FAMILY_IPV6,
	    .name = "filter"};
	const struct nf_chain chain = {.table = &table, .name = "INPUT"};
	const struct nf_rule rule = {.exprs = expr, .expr_count = 1};
	AUTO_BUF struct buf out = {0};

	nf_rule_text(&out, &world->ruleset, &chain, &rule, NULL);
	if (wanted)
		assert_string_equal(buf_text(&out), wanted);
	assert_true(text_is_printable(buf_text(&out), out.length));
}

static enum wanted
answer(struct world *world, const struct nf_expr *expr)
{
	struct nf_match match =
	    nf_xt_match(&world->context, &world->packet, expr);

	switch (match.truth) {
	case NF_NO:
		return NO;
	case NF_YES:
		return YES;
	case NF_MAYBE:
		assert_non_null(match.reason);
		return match.is_usual ? USUALLY : SELDOM;
	case NF_UNKNOWN:
		break;
	}
	assert_non_null(match.reason);
	return NOT_KNOWN;
}

static void
test_matches(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_COUNT(matches); i++) {
		const struct match *m = &matches[i];
		struct nf_expr expr = make_expr(world, NF_OP_XT_MATCH, m->name,
		    m->revision, m->length, m->info);

		make_packet(world, m->family);
		if (answer(world, &expr) != m->wanted)
			fail_msg("%zu: %s", i, m->text);
		check_text(world, &expr, m->family, m->text);
		/* in another size or revision it is not known */
		expr.xt.revision = 9;
		assert_int_equal(answer(world, &expr), NOT_KNOWN);
		expr.xt.revision = m->revision;
		expr.xt.info_length = 4;
		if (strcmp(m->name, "rt") != 0)
			assert_int_equal(answer(world, &expr), NOT_KNOWN);
	}
}

static void
tell(const struct nf_xt_effect *effect, char *text, size_t size)
{
	char to[64] = "", port[16] = "";

	if (effect->to.family)
		(void)net_address_format(&effect->to, to);
	if (effect->port)
		(void)snprintf(port, sizeof(port), ":%u", effect->port);
	switch (effect->action) {
	case NF_XT_CONTINUE:
		(void)snprintf(text, size, "continue");
		return;
	case NF_XT_VERDICT:
		assert_int_equal(effect->verdict.code, NF_VERDICT_QUEUE);
		(void)snprintf(text, size, "queue");
		return;
	case NF_XT_REJECT:
		(void)snprintf(text, size, "reject");
		return;
	case NF_XT_DNAT:
		(void)snprintf(text, size, "%s %s%s",
		    effect->is_redirect ? "redirect" : "dnat", to, port);
		return;
	case NF_XT_SNAT:
		(void)snprintf(text, size, "snat %s%s", to, port);
		return;
	case NF_XT_MARK:
		(void)snprintf(text, size, "mark 0x%x", effect->mark.value);
		return;
	case NF_XT_CT_MARK:
		(void)snprintf(text, size, "ctmark 0x%x", effect->mark.value);
		return;
	case NF_XT_NOTRACK:
		(void)snprintf(text, size, "notrack");
		return;
	case NF_XT_UNKNOWN:
		assert_non_null(effect->reason);
		(void)snprintf(text, size, "unknown");
		return;
	}
}

static void
test_targets(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_COUNT(targets); i++) {
		const struct target *t = &targets[i];
		struct nf_expr expr = make_expr(world, NF_OP_XT_TARGET, t->name,
		    t->revision, t->length, t->info);
		struct nf_xt_effect effect;
		char text[128];

		make_packet(world, t->family);
		effect = nf_xt_target(&world->context, &world->packet, &expr);
		tell(&effect, text, sizeof(text));
		assert_string_equal(text, t->effect);
		check_text(world, &expr, t->family, t->text);
		expr.xt.revision = 9;
		effect = nf_xt_target(&world->context, &world->packet, &expr);
		assert_int_equal(effect.action, NF_XT_UNKNOWN);
	}
}

/* Before connections are looked up, and the answer. */
static void
test_states(void **state)
{
	struct world *world = *state;
	struct nf_expr new = make_expr(
	    world, NF_OP_XT_MATCH, "conntrack", 3, 168, "z146 0100000008");
	struct nf_expr notrack =
	    make_expr(world, NF_OP_XT_TARGET, "CT", 2, 72, "01");
	struct nf_expr multiport = notrack;
	struct nf_xt_effect effect;

	make_packet(world, 4);
	world->packet.is_tracked = false;
	effect = nf_xt_target(&world->context, &world->packet, &notrack);
	assert_int_equal(effect.action, NF_XT_NOTRACK);
	new = make_expr(
	    world, NF_OP_XT_MATCH, "conntrack", 3, 168, "z146 0100000008");
	assert_int_equal(answer(world, &new), NO);
	world->info[150] = 1; /* INVALID */
	assert_int_equal(answer(world, &new), YES);
	world->packet.is_untracked = true;
	assert_int_equal(answer(world, &new), NO);
	world->info[150] = 0;
	world->info[151] = 1; /* UNTRACKED */
	assert_int_equal(answer(world, &new), YES);
	make_packet(world, 4);
	eval_packet_answer(&world->packet);
	world->packet.is_tracked = true;
	new = make_expr(
	    world, NF_OP_XT_MATCH, "conntrack", 3, 168, "z146 0100000002");
	assert_int_equal(answer(world, &new), YES);
	world->info[147] = 0x10; /* and in the original direction */
	assert_int_equal(answer(world, &new), NO);
	/* its ports have changed places */
	multiport =
	    make_expr(world, NF_OP_XT_MATCH, "multiport", 1, 48, "000119");
	assert_int_equal(answer(world, &multiport), YES);
	world->info[0] = 1;
	assert_int_equal(answer(world, &multiport), NO);
}

static void
test_ipset(void **state)
{
	struct world *world = *state;
	struct nf_expr set =
	    make_expr(world, NF_OP_XT_MATCH, "set", 1, 8, "07000102");

	make_packet(world, 4);
	world->is_in_set = true;
	assert_int_equal(answer(world, &set), YES);
	check_text(world, &set, 4, "-m set --match-set [number 7] src");
	world->info[3] = 3; /* inverted */
	assert_int_equal(answer(world, &set), NO);
	world->is_in_set = false;
	assert_int_equal(answer(world, &set), YES);
	world->info[0] = 8;
	assert_int_equal(answer(world, &set), NOT_KNOWN);
	world->ruleset.source = NULL;
	assert_int_equal(answer(world, &set), NOT_KNOWN);
}

/* Any bytes: nothing is read beyond them, and all of it may be shown. */
static void
test_hostile(void **state)
{
	struct world *world = *state;
	uint32_t seed = 1;

	for (size_t i = 0; i < ARRAY_COUNT(matches) * 50; i++) {
		const struct match *m = &matches[i % ARRAY_COUNT(matches)];
		uint8_t *info = malloc(m->length);
		struct nf_expr expr = make_expr(world, NF_OP_XT_MATCH, m->name,
		    m->revision, m->length, m->info);

		assert_non_null(info);
		for (size_t k = 0; k < m->length; k++) {
			seed = seed * 1664525U + 1013904223U;
			info[k] = (uint8_t)(seed >> 24);
		}
		expr.xt.info = info;
		make_packet(world, m->family);
		(void)answer(world, &expr);
		check_text(world, &expr, m->family, NULL);
		free(info);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_matches, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_targets, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_states, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ipset, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
