/*
 * test_identity.c - as whom this host sends
 *
 * Purpose  unit tests of agent/probes/identity.c
 * Input    a mail system made of data; routes of the test's host matter not
 * Errors   a failing assertion
 * Runs as  any user
 * Source   SPEC section 5: [host]
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "agent/probes/identity.h"
#include "tests/unit/unit.h"

static struct mta_identity told;
static int told_r;

static int
identity_tell(struct arena *arena, const struct mta *mta,
    struct mta_identity *ret, struct why *why)
{
	(void)arena;
	(void)mta;
	if (told_r < 0)
		return why_set(why, told_r, "main.cf is broken");
	*ret = told;
	return 0;
}

static int by_sender;

static int
senders_tell(struct arena *arena, const struct mta *mta,
    const char *const *domains, size_t count, bool *ret, struct why *why)
{
	(void)arena;
	(void)mta;
	if (by_sender < 0)
		return why_set(why, by_sender, "mysql is away");
	for (size_t i = 0; i < count; i++)
		ret[i] = strcmp(domains[i], "shop.test") == 0;
	return by_sender;
}

static char asked_names[256];

/* A database that has sql.test, for people, and out.test, to be passed on. */
static void
domains_ask(struct arena *arena, const struct mta *mta,
    const struct mta_identity *identity, const char *const *names, size_t count,
    struct mta_domain *ret)
{
	(void)arena;
	(void)mta;
	assert_int_equal(identity->table_count, 1);
	asked_names[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		ret[i] = (struct mta_domain){.name = NULL};
		(void)strncat(asked_names, names[i],
		    sizeof(asked_names) - strlen(asked_names) - 2);
		(void)strcat(asked_names, " ");
		if (strcmp(names[i], "sql.test") == 0)
			ret[i] = (struct mta_domain){.name = names[i],
			    .source = "mysql",
			    .is_sender = true,
			    .is_hosted = true};
		if (strcmp(names[i], "out.test") == 0)
			ret[i] = (struct mta_domain){.name = names[i],
			    .source = "mysql",
			    .is_relayed = true};
	}
}

static const struct mta_ops ops = {.kind = "postfix",
    .domains_ask = domains_ask,
    .identity = identity_tell,
    .sender_relays = senders_tell};
static const struct mta mta = {.ops = &ops, .has_settings = true};

static struct mta_domain domains[] = {
    {.name = "relay.test", .source = "relay_domains", .is_relayed = true},
    {.name = "shop.test",
     .source = "virtual_mailbox_domains",
     .is_sender = true,
     .is_hosted = true},
    {.name = "forward.test",
     .source = "virtual_alias_domains",
     .is_hosted = true                                  },
};

static int
setup(void **state)
{
	*state = arena_new();
	told_r = by_sender = 0;
	told = (struct mta_identity){.helo = "mx1.shop.test",
	    .bind_v4 = "192.0.2.10",
	    .bind_setting_v4 = "smtp_bind_address",
	    .bind_v6 = "2001:db8::10",
	    .bind_setting_v6 = "inet_interfaces",
	    .uses_v4 = true,
	    .uses_v6 = true,
	    .domains = domains,
	    .domain_count = 3};
	return 0;
}

static int
teardown(void **state)
{
	*state = arena_free(*state);
	return 0;
}

static struct identity
read_with(struct arena *arena, struct config config)
{
	struct identity got;
	struct probe_job job = {.arena = arena, .config = &config, .mta = &mta};

	identity_read(&job, &got);
	return got;
}

static struct config
all_auto(void)
{
	return (struct config){
	    .domains = "auto", .addresses = "auto", .helo = "auto"};
}

static struct identity_domain
domain_of(const struct identity *identity, const char *name)
{
	for (size_t i = 0; i < identity->domain_count; i++)
		if (strcmp(identity->domains[i].name, name) == 0)
			return identity->domains[i];
	fail_msg("%s is not there", name);
	return (struct identity_domain){.name = ""};
}

static void
test_from_the_mail_system(void **state)
{
	struct identity got = read_with(*state, all_auto());

	assert_string_equal(got.helo, "mx1.shop.test");
	assert_int_equal(got.address_count, 2);
	assert_string_equal(got.addresses[0].text, "192.0.2.10");
	assert_string_equal(got.addresses[0].source, "smtp_bind_address");
	assert_int_equal(got.addresses[1].family, AF_INET6);
	assert_string_equal(got.addresses[1].source, "inet_interfaces");
	assert_null(got.address_unknown[PROBE_V4]);
	assert_null(got.address_unknown[PROBE_V6]);
	assert_int_equal(got.domain_count, 3);
	/* those that are sent for come first */
	assert_string_equal(got.domains[0].name, "shop.test");
	assert_true(got.domains[0].is_sender);
	assert_false(domain_of(&got, "forward.test").is_sender);
	assert_true(domain_of(&got, "forward.test").is_hosted);
	assert_true(domain_of(&got, "relay.test").is_relayed);
	assert_false(domain_of(&got, "relay.test").is_hosted);
	assert_null(got.domains_unknown);
}

static void
test_configured(void **state)
{
	struct config config = {.domains = "Other.test,shop.test",
	    .addresses = "203.0.113.5,2001:DB8:0::5",
	    .helo = "out.test"};
	struct identity got = read_with(*state, config);

	assert_string_equal(got.helo, "out.test");
	assert_int_equal(got.address_count, 2);
	assert_string_equal(got.addresses[1].text, "2001:db8::5");
	assert_string_equal(got.addresses[1].source, "configured");
	/* RFC 4291 section 2.5.5.2 */
	config.addresses = "::ffff:203.0.113.5";
	got = read_with(*state, config);
	assert_int_equal(got.address_count, 1);
	assert_string_equal(got.addresses[0].text, "203.0.113.5");
	assert_int_equal(got.addresses[0].family, AF_INET);
	config.addresses = "203.0.113.5,2001:DB8:0::5";
	assert_true(domain_of(&got, "other.test").is_sender);
	assert_true(domain_of(&got, "shop.test").is_hosted);
	/* nobody else is a sender then */
	told.domains[2].is_sender = true;
	got = read_with(*state, config);
	told.domains[2].is_sender = false;
	assert_false(domain_of(&got, "forward.test").is_sender);
}

static void
test_behind_nat(void **state)
{
	struct identity got;

	told.bind_v4 = "10.0.0.5";
	got = read_with(*state, all_auto());
	assert_int_equal(got.address_count, 1);
	assert_non_null(strstr(got.address_unknown[PROBE_V4], "10.0.0.5"));
	assert_non_null(
	    strstr(got.address_unknown[PROBE_V4], "[host] addresses"));
	assert_null(got.address_unknown[PROBE_V6]);
}

static void
test_one_family(void **state)
{
	struct identity got;

	told.uses_v6 = false;
	got = read_with(*state, all_auto());
	assert_int_equal(got.address_count, 1);
	assert_null(got.address_unknown[PROBE_V6]);
}

static void
test_relay(void **state)
{
	struct config config = all_auto();
	struct identity got;

	told.relay = "smart.test:587";
	got = read_with(*state, config);
	assert_int_equal(got.address_count, 0);
	assert_string_equal(got.relay, "smart.test:587");
	for (size_t i = 0; i < PROBE_FAMILIES; i++)
		assert_non_null(
		    strstr(got.address_unknown[i], "smart.test:587"));
	config.addresses = "203.0.113.5";
	got = read_with(*state, config);
	assert_int_equal(got.address_count, 1);
	assert_null(got.address_unknown[PROBE_V4]);
}

static void
test_by_sender(void **state)
{
	struct config config = all_auto();
	struct identity got = read_with(*state, config);

	assert_false(domain_of(&got, "shop.test").has_relay_of_its_own);
	by_sender = 1;
	got = read_with(*state, config);
	assert_true(domain_of(&got, "shop.test").has_relay_of_its_own);
	assert_false(domain_of(&got, "forward.test").has_relay_of_its_own);
	assert_true(got.is_by_sender);
	assert_int_equal(got.address_count, 2);
	/* cannot be asked: any mail may leave elsewhere */
	by_sender = -EIO;
	got = read_with(*state, config);
	assert_int_equal(got.address_count, 0);
	assert_non_null(strstr(got.address_unknown[PROBE_V4], "mysql is away"));
	assert_null(got.helo);
}

static void
test_way_unknown(void **state)
{
	struct config config = all_auto();
	struct identity got;

	told.way_unknown = "hash:/x cannot be asked";
	got = read_with(*state, config);
	assert_int_equal(got.address_count, 0);
	for (size_t i = 0; i < PROBE_FAMILIES; i++)
		assert_non_null(strstr(got.address_unknown[i], "hash:/x"));
	assert_non_null(strstr(got.helo_unknown, "hash:/x"));
	config.addresses = "203.0.113.5";
	got = read_with(*state, config);
	assert_int_equal(got.address_count, 1);
	assert_null(got.address_unknown[PROBE_V4]);
}

static void
test_silent(void **state)
{
	struct config config = all_auto();
	struct identity got;

	told.is_silent = true;
	got = read_with(*state, config);
	assert_int_equal(got.address_count, 0);
	assert_true(got.is_silent && got.is_closed);
	for (size_t i = 0; i < PROBE_FAMILIES; i++)
		assert_null(got.address_unknown[i]);
	assert_false(domain_of(&got, "shop.test").is_sender);
	assert_true(domain_of(&got, "shop.test").is_hosted);
	/* told otherwise */
	config.addresses = "203.0.113.5";
	got = read_with(*state, config);
	assert_false(got.is_silent);
	assert_int_equal(got.address_count, 1);
	assert_true(domain_of(&got, "shop.test").is_sender);
}

static void
test_unknown(void **state)
{
	struct config config = all_auto();
	struct identity got;
	static const char *const unread[] = {
	    "mysql:/x.cf (mydestination)", NULL};

	told_r = -EINVAL;
	got = read_with(*state, config);
	assert_int_equal(got.address_count, 0);
	assert_null(got.helo);
	assert_string_equal(got.helo_unknown, "main.cf is broken");
	assert_string_equal(got.domains_unknown, "main.cf is broken");
	assert_non_null(strstr(got.address_unknown[PROBE_V4], "is broken"));
	config.helo = "x.test";
	got = read_with(*state, config);
	assert_string_equal(got.helo, "x.test");
	assert_null(got.helo_unknown);
	told_r = 0;
	told.unread = unread;
	got = read_with(*state, config);
	assert_non_null(strstr(got.domains_unknown, "mysql:/x.cf"));
	config.domains = "a.test";
	got = read_with(*state, config);
	assert_null(got.domains_unknown);
}

static void
test_configured_domains(void **state)
{
	struct config config = all_auto();
	struct identity got;

	config.domains = "B\xc3\x9c"
	                 "CHER.test, A.test";
	got = read_with(*state, config);
	assert_true(domain_of(&got, "xn--bcher-kva.test").is_sender);
	assert_true(domain_of(&got, "a.test").is_sender);
	assert_null(got.domains_unknown);
	config.domains = "a.test, a..test";
	got = read_with(*state, config);
	assert_true(domain_of(&got, "a.test").is_sender);
	assert_non_null(strstr(got.domains_unknown, "\"a..test\" is no"));
	config.domains = "\xc3.test";
	got = read_with(*state, config);
	assert_non_null(strstr(got.domains_unknown, "[host] domains: "));
}

static void
test_too_many(void **state)
{
	static struct mta_domain many[100];
	struct identity got;

	for (size_t i = 0; i < 100; i++)
		many[i] = (struct mta_domain){
		    .name = arena_printf(*state, "d%zu.test", i),
		    .is_hosted = true,
		    .is_sender = i == 99};
	told.domains = many;
	told.domain_count = 100;
	got = read_with(*state, all_auto());
	assert_int_equal(got.domain_count, IDENTITY_DOMAINS_MAX);
	assert_string_equal(got.domains[0].name, "d99.test");
	assert_non_null(strstr(got.domains_unknown, "more than 64"));
}

static struct fact_set *
keys_of(struct arena *arena, const char *const *names)
{
	struct fact_set *set = fact_set_new(arena);
	struct fact_out *out = fact_out_to_set(set);

	for (size_t i = 0; names[i] != NULL; i++) {
		fact_out_row(out, "signing_key",
		    arena_printf(arena, "s%zu/%s", i, names[i]));
		fact_out_text(out, "domain", names[i]);
	}
	fact_out_table_end(out, "signing_key");
	fact_out_end(out);
	fact_out_free(out);
	return set;
}

/* What a database has is asked of it by name, and what is left out is said. */
static void
test_database(void **state)
{
	static const char *const unread[] = {
	    "mysql:/x.cf (relay_domains)", NULL};
	static const char *const signing[] = {
	    "Key.test", "SQL.test", "*", "a b.test", NULL};
	struct mta_domain_table table = {.table = "mysql:/x.cf"};
	struct config config = all_auto();
	struct probe_job job = {
	    .arena = *state, .config = &config, .mta = &mta};
	struct fact_set *facts = keys_of(*state, signing);
	struct fact_out *out = fact_out_to_set(facts);
	struct identity got;

	fact_out_row(out, "sender_domain", "out.test");
	fact_out_row(out, "sender_domain", "spam.test");
	fact_out_row(out, "sender_domain", "box.local");
	fact_out_table_end(out, "sender_domain");
	fact_out_end(out);
	fact_out_free(out);
	job.facts = facts;
	told.unread = unread;
	told.tables = &table;
	told.table_count = 1;
	identity_read(&job, &got);
	identity_ask(&got, &job);
	assert_string_equal(
	    asked_names, "key.test sql.test out.test spam.test ");
	assert_string_equal(job.note,
	    "Not all domains are looked at: domains in mysql:/x.cf "
	    "(relay_domains) cannot be listed; name them in [host] domains.");
	assert_true(domain_of(&got, "sql.test").is_hosted);
	assert_true(domain_of(&got, "sql.test").is_sender);
	assert_true(domain_of(&got, "out.test").is_relayed);
	assert_false(domain_of(&got, "out.test").is_sender);
	assert_int_equal(got.domain_count, 5);
	identity_add_facts(&got, *state, facts);
	assert_true(domain_of(&got, "out.test").is_sender);
	/* [host] domains tells all that are sent for */
	config.domains = "sql.test";
	identity_read(&job, &got);
	job.note = NULL;
	identity_ask(&got, &job);
	assert_string_equal(asked_names, "sql.test key.test ");
	assert_true(domain_of(&got, "sql.test").is_hosted);
	assert_null(job.note);
}

static void
test_keys(void **state)
{
	static const char *const names[] = {"Shop.test", "new.test", "*",
	    "x.local", "a b.test", "bad\x1b.test", NULL};
	const struct fact_set *facts = keys_of(*state, names);
	struct config config = all_auto();
	struct identity got = read_with(*state, config);

	identity_add_facts(&got, *state, facts);
	assert_int_equal(got.domain_count, 4);
	assert_true(domain_of(&got, "shop.test").is_signed);
	assert_true(domain_of(&got, "new.test").is_sender);
	assert_string_equal(domain_of(&got, "new.test").source, "signing key");
	config.domains = "shop.test";
	got = read_with(*state, config);
	identity_add_facts(&got, *state, facts);
	assert_true(domain_of(&got, "new.test").is_signed);
	assert_false(domain_of(&got, "new.test").is_sender);
	identity_add_facts(&got, *state, NULL);
}

static void
test_senders_of_the_log(void **state)
{
	static const char *const names[] = {
	    "forward.test", "relay.test", "gmail.test", "mx1.shop.test"};
	struct mta_domain all[4];
	struct fact_set *set = fact_set_new(*state);
	struct fact_out *out = fact_out_to_set(set);
	struct identity got;

	(void)memcpy(all, domains, sizeof(domains));
	all[3] = (struct mta_domain){
	    .name = "mx1.shop.test", .is_hosted = true, .is_own = true};
	told.domains = all;
	told.domain_count = 4;
	for (size_t i = 0; i < 4; i++) {
		fact_out_row(out, "sender_domain", names[i]);
		fact_out_number(out, "messages", 9);
	}
	fact_out_table_end(out, "sender_domain");
	fact_out_end(out);
	fact_out_free(out);
	got = read_with(*state, all_auto());
	identity_add_facts(&got, *state, set);
	assert_true(domain_of(&got, "forward.test").is_sender);
	assert_true(domain_of(&got, "relay.test").is_sender);
	assert_false(domain_of(&got, "mx1.shop.test").is_sender);
	/* a stranger's: forwarded, or written by whoever logs in */
	assert_int_equal(got.domain_count, 4);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_from_the_mail_system, setup, teardown),
    cmocka_unit_test_setup_teardown(test_configured, setup, teardown),
    cmocka_unit_test_setup_teardown(test_configured_domains, setup, teardown),
    cmocka_unit_test_setup_teardown(test_behind_nat, setup, teardown),
    cmocka_unit_test_setup_teardown(test_one_family, setup, teardown),
    cmocka_unit_test_setup_teardown(test_relay, setup, teardown),
    cmocka_unit_test_setup_teardown(test_by_sender, setup, teardown),
    cmocka_unit_test_setup_teardown(test_way_unknown, setup, teardown),
    cmocka_unit_test_setup_teardown(test_silent, setup, teardown),
    cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
    cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
    cmocka_unit_test_setup_teardown(test_database, setup, teardown),
    cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
    cmocka_unit_test_setup_teardown(test_senders_of_the_log, setup, teardown),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
