/*
 * limit_clients.c - action limit-clients: who may hold how many connections
 *
 * Purpose  one action; row ACTION(limit_clients) in actions/action_table.def:
 *          either exempt one good client from the limits, or lower the limit
 *          for all others
 * Input    facts of tables client and mta; parameters as main.cf sets them
 * Errors   -ENODATA: a fact is unknown; -EPERM: a stranger would be exempt, or
 *          somebody of our own limited; -EALREADY: it is so already
 * Runs as  actor; pure. Names and addresses of clients are hostile: an address
 *          goes into main.cf only when it is one
 * Source   postconf(5) smtpd_client_connection_count_limit,
 *          smtpd_client_event_limit_exceptions; anvil(8)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "actions/action.h"
#include "agent/base/text.h"

#define COUNT_LIMIT "smtpd_client_connection_count_limit"
#define EXCEPTIONS  "smtpd_client_event_limit_exceptions"

/* Postfix's own default of EXCEPTIONS. */
#define EXCEPTIONS_DEFAULT "$mynetworks"

/* A person's mail program opens about five connections at a time. */
#define LIMIT_LEAST 5.0

/* With more good clients above it, a limit is too low, not they too many. */
#define EXEMPT_MAX 16U

/*
 * Postfix's own limit is half of its default_process_limit
 * (smtpd_client_connection_count_limit, postconf(5)).
 */
#define EXEMPT_SHARE_MAX 0.5

/* A line of main.cf that a person can still read. */
#define EXCEPTIONS_BYTES_MAX 2000U

static const char *
param_value(const struct action_input *input, const char *name)
{
	const struct mta_param *param =
	    input->mta != NULL ? mta_param_find(input->mta, name) : NULL;

	return param != NULL ? param->value : NULL;
}

/* As main.cf wants it: IPv6 in brackets; NULL: it is no address. */
static const char *
address_written(const struct action_input *input, const char *address)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, address, bytes) == 1)
		return arena_dup(input->arena, address);
	if (inet_pton(AF_INET6, address, bytes) == 1)
		return arena_printf(input->arena, "[%s]", address);
	return NULL;
}

static double
number_of(
    const struct action_input *input, const char *address, const char *column)
{
	struct value value = action_cell(input, "client", address, column);

	return value.kind == VALUE_NUMBER ? value.number : -1;
}

/*
 * A name that leads back to the address, and mail that we took, both of which
 * anybody can have: so nothing to its discredit either. Who holds most of the
 * processes is no case for an exemption, however good: nothing would stop it.
 */
static bool
is_good(const struct action_input *input, const char *address)
{
	struct value name = action_cell(input, "client", address, "name");
	struct value processes =
	    action_cell(input, "mta", NULL, "process_limit");
	double messages = number_of(input, address, "messages");
	double rejects = number_of(input, address, "rejects");
	double failures = number_of(input, address, "auth_failures");

	if (processes.kind == VALUE_NUMBER && processes.number > 0 &&
	    number_of(input, address, "at_once") >
	        EXEMPT_SHARE_MAX * processes.number)
		return false;
	return name.kind == VALUE_TEXT && name.text[0] != '\0' &&
	       strcmp(name.text, "unknown") != 0 && messages > 0 &&
	       failures >= 0 && failures < 1 && rejects >= 0 &&
	       rejects < messages;
}

static void
param_change(const struct action_input *input, struct action_output *ret,
    const char *name, const char *after)
{
	struct change *change = action_change(input, ret);

	change->kind = change_kind_find("postfix-param");
	change->verb = "set";
	change->target = name;
	change->before = param_value(input, name);
	change->after = after;
	change->text = arena_printf(input->arena, "set %s = %s", name, after);
	change->detail = "reload both";
}

static const char *
exceptions_with(const struct action_input *input, const char *addresses)
{
	const char *now = param_value(input, EXCEPTIONS);

	if (now == NULL)
		now = EXCEPTIONS_DEFAULT;
	return now[0] == '\0'
	           ? addresses
	           : arena_printf(input->arena, "%s, %s", now, addresses);
}

static int
exempt_plan(const struct action_input *input, const char *address,
    struct action_output *ret, struct why *why)
{
	const char *written = address_written(input, address);
	const char *after;
	bool is_own;
	int r;

	if (written == NULL)
		return why_set(
		    why, -EPERM, "%s is no address of a client", address);
	r = action_cell_bool(input, "client", address, "own", &is_own, why);
	if (r < 0)
		return r;
	if (is_own)
		return why_set(
		    why, -EALREADY, "%s is not limited already", address);
	if (!is_good(input, address))
		return why_set(why, -EPERM,
		    "%s has no name that leads back to it, no mail of it was "
		    "taken, it was refused for something else too, or it "
		    "holds most of the processes: strangers stay limited",
		    address);
	after = exceptions_with(input, written);
	if (strlen(after) > EXCEPTIONS_BYTES_MAX)
		return why_set(why, -EPERM,
		    EXCEPTIONS " is so long that a table would be better");
	param_change(input, ret, EXCEPTIONS, after);
	return 0;
}

/* Good clients who have more than that; NULL: none. */
static int
needy_find(const struct action_input *input, double limit, const char **ret,
    struct why *why)
{
	const struct fact_table *clients =
	    fact_table_get(input->facts, schema_table_find("client", NULL));
	const char *all = NULL;
	size_t count = 0;

	if (clients->state != FACT_KNOWN)
		return why_set(why, -ENODATA, "client is not known: %s",
		    clients->reason != NULL ? clients->reason : "not told");
	for (size_t i = 0; i < clients->count; i++) {
		const char *address = clients->rows[i].key;
		const char *written = address_written(input, address);
		bool is_own = false;

		if (written == NULL ||
		    number_of(input, address, "at_once") <= limit ||
		    !is_good(input, address) ||
		    action_cell_bool(
		        input, "client", address, "own", &is_own, NULL) < 0 ||
		    is_own)
			continue;
		if (++count > EXEMPT_MAX)
			return why_set(why, -EPERM,
			    "more than %u clients that send us real mail have "
			    "more than %.0f connections",
			    EXEMPT_MAX, limit);
		all = all == NULL
		          ? written
		          : arena_printf(input->arena, "%s, %s", all, written);
	}
	*ret = all;
	return 0;
}

static int
share_plan(const struct action_input *input, double share,
    struct action_output *ret, struct why *why)
{
	struct value processes =
	    action_cell(input, "mta", NULL, "process_limit");
	struct value now =
	    action_cell(input, "mta", NULL, "client_connections");
	const char *exceptions = param_value(input, EXCEPTIONS), *needy = NULL;
	double limit;
	int r;

	if (processes.kind != VALUE_NUMBER || now.kind != VALUE_NUMBER)
		return why_set(why, -ENODATA,
		    "the limits of processes and connections are not known");
	limit = fmax(floor(processes.number * share), LIMIT_LEAST);
	if (now.number > 0 && now.number <= limit)
		return why_set(why, -EALREADY,
		    "no client may have more than %.0f connections already",
		    now.number);
	if (exceptions != NULL && strstr(exceptions, "mynetworks") == NULL)
		return why_set(why, -EPERM,
		    EXCEPTIONS " leaves out mynetworks: our own would be "
		               "limited too");
	r = needy_find(input, limit, &needy, why);
	if (r < 0)
		return r;
	if (needy != NULL)
		param_change(
		    input, ret, EXCEPTIONS, exceptions_with(input, needy));
	param_change(
	    input, ret, COUNT_LIMIT, arena_printf(input->arena, "%.0f", limit));
	/* one reload each way: after the last one made, the last one undone */
	if (ret->count > 1) {
		ret->changes[0].detail = "reload-after-undo";
		ret->changes[1].detail = "reload";
	}
	return 0;
}

static int
limit_clients_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	const char *address = action_text(input, "exempt");
	double share = action_number(input, "share", 0);

	if ((address != NULL) == (share > 0) || share > 1)
		return why_set(why, -EINVAL,
		    "it needs either an address to exempt or a share");
	return address != NULL ? exempt_plan(input, address, ret, why)
	                       : share_plan(input, share, ret, why);
}

static const struct action_param params[] = {
    {.name = "exempt",
     .type = EXPR_TYPE_TEXT,
     .doc =
            "a client that no limit is to hold, as {address} of table client"},
    {.name = "share",
     .type = EXPR_TYPE_NUMBER,
     .unit = UNIT_SHARE,
     .doc = "of the server processes, that one client may hold; our own "
               "networks and good clients that need more are exempt"},
    {0                                                         },
};

static const char *const tables[] = {"client", "mta", NULL};

const struct action action_limit_clients = {
    .spec =
        {
               .name = "limit-clients",
               .risk = RISK_SAFE,
               .doc = "let no client hold more than a share of the processes, or "
                   "exempt a good one from such limits", .params = params,
               .tables = tables,
               },
    .plan = limit_clients_plan,
};
