/*
 * prefer_ipv4.c - action prefer-ipv4: send over IPv4 where both ways are open
 *
 * Purpose  one action; row ACTION(prefer_ipv4) in actions/action_table.def: for
 *          the time until the IPv6 address has a name (PTR), which others want
 * Input    settings of the mail system; fact egress.state_v4
 * Errors   -ENODATA: whether IPv4 works is unknown; -EPERM: it does not, it is
 *          not used here, or the admin has a preference of his own; -EALREADY:
 *          it is preferred already; -EOPNOTSUPP: not with this mail system
 * Runs as  actor; pure
 * Source   postconf(5) smtp_address_preference: "any" takes both by turns, so a
 *          server's refusal of one of them delays half of the mail
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "actions/action.h"

#define SETTING "smtp_address_preference"
#define WANTED  "ipv4"

static int
settings_check(const struct action_input *input, struct why *why)
{
	const struct mta *mta = input->mta;
	const struct mta_param *param;

	if (mta == NULL || mta->throttle == NULL || mta->ops == NULL)
		return why_set(why, -EOPNOTSUPP,
		    "this mail system has no preference that can be set here");
	if (!mta->has_settings)
		return why_set(why, -ENODATA, "%s",
		    mta->settings_error != NULL ? mta->settings_error
		                                : "its settings are not known");
	if (mta->throttle->is_without_v4)
		return why_set(why, -EPERM, "inet_protocols leaves IPv4 out");
	if (mta->throttle->is_without_v6)
		return why_set(
		    why, -EALREADY, "mail leaves over IPv4 alone already");
	param = mta_param_find(mta, SETTING);
	if (param != NULL && strcasecmp(param->value, WANTED) == 0)
		return why_set(why, -EALREADY, "IPv4 is preferred already");
	if (param != NULL)
		return why_set(why, -EPERM,
		    "somebody has set " SETTING " = %s: that stays",
		    param->value);
	if (mta->throttle->args != NULL &&
	    strstr(mta->throttle->args, SETTING) != NULL)
		return why_set(why, -EPERM,
		    "the service that sends has a " SETTING
		    " of its own: that stays");
	return 0;
}

static int
prefer_ipv4_plan(const struct action_input *input, struct action_output *ret,
    struct why *why)
{
	const char *state = NULL;
	struct change *change;
	int r = settings_check(input, why);

	if (r == 0)
		r = action_cell_text(
		    input, "egress", NULL, "state_v4", &state, why);
	if (r < 0)
		return r;
	if (strcmp(state, "open") != 0)
		return why_set(why, -EPERM,
		    "the way out over IPv4 is not open: egress.state_v4 is %s",
		    state);
	change = action_change(input, ret);
	change->kind = change_kind_find("postfix-param");
	change->verb = "set";
	change->target = SETTING;
	change->before = NULL;
	change->after = WANTED;
	change->text = "set " SETTING " = " WANTED;
	change->detail = "reload both";
	return 0;
}

static const struct action_param params[] = {{0}};

static const char *const tables[] = {"egress", NULL};

const struct action action_prefer_ipv4 = {
    .spec =
        {
               .name = "prefer-ipv4",
               .risk = RISK_SAFE,
               .doc = "send over IPv4 where a server has both kinds of addresses",
               .params = params,
               .tables = tables,
               },
    .plan = prefer_ipv4_plan,
};
