/*
 * test_egress.c - is the way out open? decided from the log, rules and servers
 *
 * Purpose  unit tests of agent/probes/egress_*.c and agent/sys/reach.c
 * Input    facts; answers of a fake name server; sockets on loopback
 * Errors   a failed assertion
 * Runs as  any user
 * Source   agent/probes/egress_part.h
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/buf.h"
#include "agent/probes/egress_part.h"
#include "agent/probes/wanted_ports.h"
#include "tests/unit/probe_run.h"

struct world {
	struct arena *arena;
	struct fact_set *facts, *told;
	struct mta mta;
	struct mta_throttle sending;
	struct mta_relay relay;
	struct probe_asked asked;
};

static struct world world;

static void
set_cell(
    const char *table, const char *key, const char *column, struct value value)
{
	const struct table *schema = schema_table_find(table, NULL);
	struct fact_table *of = fact_table_get(world.facts, schema);
	struct fact_row *row;

	if (of->state != FACT_KNOWN)
		fact_table_set_known(of);
	row = (struct fact_row *)(uintptr_t)fact_row_find(
	    of, key != NULL ? key : "");
	if (row == NULL)
		row = fact_row_add(world.facts, of, key != NULL ? key : "");
	row->cells[schema_column_find(schema, column)] = value;
}

static void
number(const char *table, const char *key, const char *column, double value)
{
	set_cell(table, key, column, VALUE_NUMBER_OF(value));
}

static void
word(const char *table, const char *key, const char *column, const char *value)
{
	set_cell(table, key, column, VALUE_TEXT_OF(value));
}

static void
log_is(double reached4, double unreached4, double reached6, double unreached6)
{
	number("log", NULL, "reached_v4", reached4);
	number("log", NULL, "unreached_v4", unreached4);
	number("log", NULL, "reached_v6", reached6);
	number("log", NULL, "unreached_v6", unreached6);
}

static void
rules_are(const char *port, const char *v4, const char *v6, const char *rule)
{
	word("firewall", port, "outbound_v4", v4);
	word("firewall", port, "outbound_v6", v6);
	word("firewall", port, "outbound_rule", rule);
}

static int
begin(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.arena = arena_new();
	world.facts = fact_set_new(world.arena);
	world.mta = (struct mta){.throttle = &world.sending};
	log_is(0, 0, 0, 0);
	rules_are("25", "accept", "accept", "");
	number("queue", NULL, "deferred", 0);
	number("queue", NULL, "active", 0);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	world.arena = arena_free(world.arena);
	return 0;
}

static void
again(void)
{
	(void)end(NULL);
	(void)begin(NULL);
}

static void
gather(struct egress *ret)
{
	struct why why = {0};

	assert_true(
	    egress_gather(world.facts, &world.mta, world.arena, ret, &why));
}

static void
tell(void)
{
	struct fact_out *out;
	struct egress egress;

	gather(&egress);
	world.told = fact_set_new(world.arena);
	out = fact_out_to_set(world.told);
	egress_tell(
	    world.arena, &egress, &world.asked, "nobody was there", 1000, out);
	fact_out_end(out);
	fact_out_free(out);
}

/* what - the value of a column, or "?" and the reason */
static void
expect(const char *column, const char *want)
{
	const struct value got = probe_cell(world.told, "egress", NULL, column);
	const char *text = got.kind == VALUE_UNKNOWN
	                       ? arena_printf(world.arena, "? %s", got.text)
	                       : got.text;

	if (strcmp(text, want) != 0)
		fail_msg("%s is \"%s\", not \"%s\"", column, text, want);
}

/* Servers that were asked 100 s ago, the same over both families. */
static void
asked_are(double tried, double reached, double refused)
{
	world.asked.at_s = 900;
	world.asked.port = 25;
	world.asked.outside = 1;
	for (size_t at = 0; at < PROBE_FAMILIES; at++) {
		world.asked.tried[at] = tried;
		world.asked.reached[at] = reached;
		world.asked.refused[at] = refused;
	}
}

static bool
is_question(enum probe_family family)
{
	struct egress egress;

	gather(&egress);
	return egress_is_open_question(&egress, family);
}

static void
test_log_tells(void **state)
{
	(void)state;
	log_is(5, 3, 0, 0);
	assert_false(is_question(PROBE_V4));
	assert_false(is_question(PROBE_V6));
	tell();
	expect("state", "open");
	expect("state_v4", "open");
	expect("state_v6", "? nothing was to be sent over IPv6");
	expect("blocked_for", "");
	expect("rule_for", "");
	expect("evidence", "IPv4: servers were reached 5 times in 15 min");
	expect("asked", "? nobody was there");
	/* nothing sent, nothing waits */
	log_is(0, 0, 0, 0);
	assert_false(is_question(PROBE_V4));
	tell();
	expect("state", "? nothing was to be sent over IPv4");
	expect("blocked_for", "");
	/* ... and then something does; only if nothing was tried at all */
	number("queue", NULL, "deferred", 1);
	assert_true(is_question(PROBE_V4));
	assert_true(is_question(PROBE_V6));
	log_is(0, 0, 1, 0);
	assert_false(is_question(PROBE_V4));
	/* a family that is not used */
	log_is(0, 1, 0, 1);
	assert_true(is_question(PROBE_V6));
	world.sending.is_without_v6 = true;
	assert_false(is_question(PROBE_V6));
	tell();
	expect("state_v6", "none");
	/* or has no way out */
	world.sending.is_without_v6 = false;
	rules_are("25", "accept", "none", "");
	assert_false(is_question(PROBE_V6));
	tell();
	expect("state_v6", "none");
}

static void
test_blocked(void **state)
{
	struct egress egress;

	(void)state;
	log_is(0, 9, 0, 4);
	asked_are(3, 0, 0);
	tell();
	expect("state", "path");
	expect("blocked_for", "IPv4 and IPv6");
	expect("rule_for", "");
	expect("evidence",
	    "IPv4: 3 of 3 mail servers in different networks do not answer, 9 "
	    "tries in 15 min failed; IPv6: 3 of 3 mail servers in different "
	    "networks do not answer, 4 tries in 15 min failed");
	assert_true(
	    probe_cell(world.told, "egress", NULL, "asked").number == 100);
	/* all refuse; some do */
	asked_are(2, 0, 2);
	tell();
	expect("state", "refused");
	expect("blocked_for", "IPv4 and IPv6");
	asked_are(3, 0, 2);
	tell();
	expect("state", "path");
	/* one of three answers: others may be down */
	asked_are(3, 1, 0);
	tell();
	expect("state", "open");
	expect("blocked_for", "");
	/* one that does not answer is no block, and no problem */
	asked_are(1, 0, 0);
	tell();
	expect("state",
	    "? only one mail server could be asked, and it does not answer");
	expect("blocked_for", "");
	/* one family alone */
	log_is(7, 0, 0, 4);
	asked_are(3, 0, 0);
	tell();
	expect("state", "open");
	expect("state_v6", "path");
	expect("blocked_for", "IPv6");
	gather(&egress);
	assert_true(egress_is_changed(&egress, &world.asked));
	asked_are(0, 0, 0);
	world.asked.tried[PROBE_V6] = 3;
	assert_false(egress_is_changed(&egress, &world.asked));
	/* since then the log has seen it open */
	log_is(7, 0, 1, 4);
	tell();
	expect("state_v6", "open");
	gather(&egress);
	assert_true(egress_is_changed(&egress, &world.asked));
}

static void
test_not_known(void **state)
{
	(void)state;
	log_is(0, 9, 0, 0);
	asked_are(3, 0, 0);
	world.asked.outside = 0;
	tell();
	expect("blocked_for",
	    "? no mail server answers, and nobody else outside was heard: the "
	    "network itself may be down");
	/* the rules are not known, or not clear */
	world.asked.outside = 1;
	rules_are("25", "depends", "accept", "");
	tell();
	expect("state_v4",
	    "? no mail server answers; whether a rule of this host does it is "
	    "not known: it depends on more than the port");
	expect("rule_for",
	    "? no mail server answers; whether a rule of this host does it is "
	    "not known: it depends on more than the port");
	set_cell("firewall", "25", "outbound_v4", VALUE_UNKNOWN_OF("legacy"));
	tell();
	expect("blocked_for",
	    "? no mail server answers; whether a rule of this host does it is "
	    "not known: legacy");
	/* that matters only when nobody answers */
	log_is(1, 9, 0, 0);
	tell();
	expect("state_v4", "open");
	expect("rule_for", "");
	/* nobody could be asked */
	log_is(0, 9, 0, 0);
	world.asked = (struct probe_asked){0};
	tell();
	expect("state_v4",
	    "? no mail server could be asked over IPv4: nobody was there");
	expect("blocked_for", "");
}

static void
test_rule(void **state)
{
	static const char rule[] = "inet filter output, handle 7: drop";

	(void)state;
	rules_are("25", "drop", "accept", rule);
	log_is(0, 9, 3, 0);
	/* nobody needs to be asked what the rule says */
	assert_false(is_question(PROBE_V4));
	tell();
	expect("state", "open");
	expect("state_v4", "rule");
	expect("rule_for", "IPv4");
	expect("rule", rule);
	expect("blocked_for", "");
	expect("evidence",
	    "IPv4: refused by inet filter output, handle 7: drop, 9 tries in "
	    "15 min failed; IPv6: servers were reached 3 times in 15 min");
	rules_are("25", "reject", "drop", rule);
	log_is(0, 0, 0, 0);
	tell();
	expect("state", "rule");
	expect("rule_for", "IPv4 and IPv6");
	expect("evidence",
	    "IPv4: refused by inet filter output, handle 7: drop; "
	    "IPv6: refused by a rule of this host, too");
	/* is it younger than the window? */
	log_is(5, 0, 0, 0);
	assert_true(is_question(PROBE_V4));
	tell();
	expect("state_v4",
	    "? a rule of this host refuses it, and yet servers were reached in "
	    "the last 15 minutes");
	asked_are(3, 0, 0);
	tell();
	expect("state_v4", "rule");
	asked_are(3, 1, 0);
	tell();
	expect("state_v4", "open");
	/* the rule for another port */
	again();
	rules_are("587", "drop", "drop", rule);
	log_is(1, 0, 1, 0);
	tell();
	expect("rule_for", "");
}

static void
test_remedy(void **state)
{
	static const struct {
		const char *manager, *rule, *remedy;
	} cases[] = {
	    {"nftables",  "inet filter output, handle 7: tcp dport 25 drop",
             "nft 'insert rule inet filter output handle 7 meta skuid "
	        "\"postfix\" tcp dport 25 accept'"	                                                                                    },
	    {"other",     "ip a-b c.d_e, policy: drop",
             "nft 'add rule ip a-b c.d_e meta skuid \"postfix\" tcp dport 25 "
	        "accept'"	                                                                                                             },
	    {"iptables",  "ip6 filter OUTPUT, handle 9: drop",
             "ip6tables -I OUTPUT -p tcp --dport 25 -m owner --uid-owner "
	        "postfix -j ACCEPT"	                                                                                                   },
	    {"iptables",  "ip filter OUTPUT, policy: drop",
             "iptables -I OUTPUT -p tcp --dport 25 -m owner --uid-owner "
	        "postfix -j ACCEPT"	                                                                                                   },
	    {"nftables",  "inet f input, policy: drop (it stops the answer)",
             "nft 'add rule inet f input ct state established accept'"                                                                        },
	    {"iptables",
             "ip filter INPUT, handle 9: drop (it stops the answer)",         "iptables -I INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"},
	    {"iptables",  "ip mangle OUTPUT, handle 9: drop",
             "iptables -t mangle -I OUTPUT -p tcp --dport 25 -m owner "
	        "--uid-owner postfix -j ACCEPT"	                                                                                       },
	    {"ufw",       "ip filter ufw-user-output, handle 9: drop",
             "ufw allow out 25/tcp"	                                                                                                   },
	    {"firewalld", "inet firewalld filter_OUT, handle 9: drop",        ""                                                              },
	    {"nftables",  "",	                                         ""	                                                      },
	    {"nftables",  "inet filter out'put, handle 9: drop",              ""                                                              },
	    {"nftables",  "inet filter output, handle $(x): drop",            ""                                                              },
	    {"nftables",  "inet filter output",                               ""	                                                      },
	    {"nftables",  "inet filter output, what: drop",                   ""	                                                      },
	};

	(void)state;
	world.mta.owner = "postfix";
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		rules_are("25", "drop", "drop", cases[i].rule);
		word("firewall", "25", "manager", cases[i].manager);
		tell();
		expect("remedy", cases[i].remedy[0] != '\0'
		                     ? cases[i].remedy
		                     : "? no rule refuses it, or whose is "
		                       "not known");
	}
	/* what is pasted into a shell is a name, or nothing */
	world.mta.owner = "post$(x)fix";
	rules_are("25", "drop", "drop", cases[0].rule);
	word("firewall", "25", "manager", "nftables");
	tell();
	expect("remedy", "? no rule refuses it, or whose is not known");
}

/* text: of an MX its host, else the address; NULL: no answer */
static const struct {
	const char *name;
	enum dns_type type;
	const char *text;
} answers[] = {
    {"a.test",         DNS_MX,   "mx.a.test"     },
    {"mx.a.test",      DNS_A,    "198.51.100.1"  },
    {"mx.a.test",      DNS_AAAA, "2001:db8:1::"  },
    {"same.test",      DNS_MX,   "mx.same.test"  },
    {"mx.same.test",   DNS_A,    "198.51.7.7"    },
    {"mx.same.test",   DNS_AAAA, "2001:db8:2::"  },
    {"six.test",       DNS_MX,   "mx.six.test"   },
    {"mx.six.test",    DNS_A,    "198.51.100.2"  },
    {"mx.six.test",    DNS_AAAA, "2002:db8:1::"  },
    {"bare.test",      DNS_MX,   NULL            },
    {"bare.test",      DNS_A,    "203.0.113.1"   },
    {"null.test",      DNS_MX,   "."             },
    {"inside.test",    DNS_MX,   "mx.inside.test"},
    {"mx.inside.test", DNS_A,    "10.0.0.1"      },
    {"mx.inside.test", DNS_AAAA, "fd00::1"       },
    {"d.test",         DNS_MX,   "mx.d.test"     },
    {"mx.d.test",      DNS_A,    "192.0.2.1"     },
    {"smart.test",     DNS_A,    "10.0.0.9"      },
};

static const char *server;

static void
answer(enum dns_type type, const char *text, struct dns_result *ret)
{
	struct dns_record *record =
	    arena_alloc(world.arena, 1, sizeof(*record));
	uint8_t *bytes = arena_alloc(world.arena, 16, 1);

	ret->outcome = text == NULL ? DNS_NODATA : DNS_ANSWER;
	ret->records = record;
	ret->count = text != NULL;
	*record = (struct dns_record){.name = text, .data = bytes};
	if (text == NULL || type == DNS_MX)
		return;
	record->length = type == DNS_A ? 4 : 16;
	assert_int_equal(
	    inet_pton(type == DNS_A ? AF_INET : AF_INET6, text, bytes), 1);
}

static int
ask(struct dns_servers *servers, struct arena *arena,
    const struct dns_query *queries, size_t count,
    const struct dns_limits *limits, struct dns_result *ret, struct why *why)
{
	(void)servers, (void)arena, (void)limits, (void)why;
	assert_true(count <= EGRESS_DOMAINS * PROBE_FAMILIES);
	for (size_t i = 0; i < count; i++) {
		ret[i] = (struct dns_result){
		    .outcome = DNS_NXDOMAIN, .server = server};
		for (size_t k = 0; k < ARRAY_COUNT(answers); k++)
			if (answers[k].type == queries[i].type &&
			    strcmp(answers[k].name, queries[i].name) == 0)
				answer(
				    answers[k].type, answers[k].text, &ret[i]);
	}
	return 0;
}

static void
waits(const char *domain)
{
	number("queue_destination", domain, "messages", 1);
}

/* "198.51.100.1 2001:db8::1 ", in their order */
static const char *
picked(void)
{
	struct reach all[EGRESS_SERVERS * PROBE_FAMILIES];
	struct dns_servers servers = {.count = 1};
	const char *reason;
	struct egress egress;
	AUTO_BUF struct buf out = {0};
	size_t count;

	gather(&egress);
	world.asked = (struct probe_asked){0};
	count = egress_pick(
	    &egress, ask, &servers, world.arena, all, &world.asked, &reason);
	assert_true(count <= ARRAY_COUNT(all));
	for (size_t i = 0; i < count; i++) {
		char text[INET6_ADDRSTRLEN];

		assert_int_equal(all[i].port, egress.port);
		buf_addf(&out, "%s ",
		    inet_ntop(
		        all[i].family, all[i].address, text, sizeof(text)));
	}
	return arena_dup(world.arena, buf_text(&out));
}

static void
test_pick(void **state)
{
	(void)state;
	server = "192.168.0.1";
	log_is(0, 1, 0, 1);
	waits("gone.test");
	waits("null.test");
	waits("inside.test");
	waits("[192.0.2.9]");
	assert_string_equal(picked(), "");
	assert_true(world.asked.outside <= 0);
	server = "198.51.100.53@53";
	waits("a.test");
	waits("same.test");
	waits("six.test");
	waits("bare.test");
	waits("d.test");
	assert_string_equal(picked(), "198.51.100.1 2001:db8:1:: "
	                              "2002:db8:1:: 203.0.113.1 ");
	assert_true(world.asked.outside > 0);
	/* only the family that is in question */
	log_is(1, 0, 0, 1);
	assert_string_equal(picked(), "2001:db8:1:: 2002:db8:1:: ");
	/* what could not be reached comes first */
	log_is(0, 1, 1, 0);
	number("destination", "d.test", "share_down", 1);
	number("destination", "six.test", "share_down", 0.5);
	assert_string_equal(picked(), "192.0.2.1 198.51.100.1 203.0.113.1 ");
	/* and then what was reached in the end, over the other family */
	number("destination", "bare.test", "timeouts", 1);
	assert_string_equal(picked(), "192.0.2.1 203.0.113.1 198.51.100.1 ");
	/* no more domains than that are looked up */
	again();
	log_is(0, 1, 0, 0);
	for (unsigned i = 0; i < EGRESS_DOMAINS; i++)
		waits(arena_printf(world.arena, "none%u.test", i));
	waits("a.test");
	assert_string_equal(picked(), "");
}

static void
test_pick_relay(void **state)
{
	static const char *const hosts[] = {
	    "smart.test", "192.0.2.7", "2001:db8::7", "192.0.2.8", NULL};

	(void)state;
	world.relay = (struct mta_relay){
	    .name = "smart.test", .hosts = hosts, .port = 587};
	world.sending.relay = &world.relay;
	waits("a.test");
	log_is(0, 1, 0, 1);
	assert_string_equal(picked(), "192.0.2.7 2001:db8::7 10.0.0.9 ");
	world.relay.is_domain = true;
	world.relay.name = "a.test";
	assert_string_equal(picked(), "198.51.100.1 2001:db8:1:: ");
	asked_are(1, 0, 0);
	rules_are("587", "accept", "accept", "");
	tell();
	assert_true(
	    probe_cell(world.told, "egress", NULL, "port").number == 587);
	expect("relay", "a.test");
}

/* The rule set is asked about a relay's port, whatever it is. */
static void
test_relay_port(void **state)
{
	unsigned ports[WANTED_PORTS_MAX];

	(void)state;
	assert_int_equal(wanted_ports(NULL, &world.mta, ports), 3);
	world.relay = (struct mta_relay){.name = "smart.test", .port = 2525};
	world.sending.relay = &world.relay;
	assert_int_equal(wanted_ports(NULL, &world.mta, ports), 4);
	assert_int_equal(ports[3], 2525);
}

/* A client from outside says that the network is there. */
static void
test_outside(void **state)
{
	struct egress egress;

	(void)state;
	number("client", "10.0.0.7", "connections", 5);
	number("client", "198.51.100.9", "connections", 0);
	gather(&egress);
	assert_false(egress.is_outside);
	number("client", "2001:db8::9", "connections", 1);
	gather(&egress);
	assert_true(egress.is_outside);
}

static void
test_no_log(void **state)
{
	struct egress egress;
	struct why why = {0};

	(void)state;
	fact_table_set_unknown(world.facts,
	    fact_table_get(world.facts, schema_table_find("log", NULL)),
	    "there is no log");
	assert_false(
	    egress_gather(world.facts, &world.mta, world.arena, &egress, &why));
	assert_string_equal(why.text, "there is no log");
}

/* A socket that listens on loopback, or is only bound there. */
static int
local_socket(bool is_listening, uint16_t *ret_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_return_code(fd, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, length), 0);
	if (is_listening)
		assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* From another address of loopback: else it is this host itself. */
static int
from(const char *address)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_return_code(fd, 0);
	assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void
test_reach(void **state)
{
	struct reach all[4];
	struct probe_asked asked = {0};
	uint16_t open, closed;
	int open_fd = local_socket(true, &open),
	    closed_fd = local_socket(false, &closed);

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(all); i++)
		all[i] = (struct reach){
		    .fd = i < 3 ? from("127.0.0.2") : -1,
		    .family = AF_INET,
		    .address = {127, 0, 0, 1},
		    .port = i == 1 ? closed : open
                };
	/* not bound: the kernel chooses 127.0.0.1 itself */
	(void)close(all[2].fd);
	all[2].fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	reach_try(all, ARRAY_COUNT(all), 5000);
	assert_int_equal(all[0].outcome, REACH_OPEN);
	assert_int_equal(all[1].outcome, REACH_REFUSED);
	assert_int_equal(all[2].outcome, REACH_SELF);
	assert_int_equal(all[3].outcome, REACH_NOT_TRIED);
	egress_count(all, ARRAY_COUNT(all), &asked);
	assert_true(asked.tried[PROBE_V4] == 2);
	assert_true(asked.reached[PROBE_V4] == 1);
	assert_true(asked.refused[PROBE_V4] == 1);
	for (size_t i = 0; i < 3; i++)
		(void)close(all[i].fd);
	(void)close(open_fd);
	(void)close(closed_fd);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	static const struct CMUnitTest tests[] = {
	    CASE(test_log_tells),
	    CASE(test_blocked),
	    CASE(test_not_known),
	    CASE(test_rule),
	    CASE(test_remedy),
	    CASE(test_pick),
	    CASE(test_pick_relay),
	    CASE(test_relay_port),
	    CASE(test_outside),
	    CASE(test_no_log),
	    CASE(test_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
