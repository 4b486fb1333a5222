/*
 * reply_classify.c - the first rule that speaks of a reply
 *
 * Purpose  the meaning of one reply
 * Input    hostile text; rules of root's
 * Errors   none: at worst the meaning is that there is none. A pattern that
 *          takes too long does not match.
 * Runs as  both roles
 * Source   the order of replies.ini; RFC 5321 section 4.2 for what has no rule
 */
#include <string.h>
#include <strings.h>

#include "agent/mail/reply_rule.h"

int
reply_pattern_of(const struct reply_catalogue *catalogue,
    struct reply_rule *rule, struct why *why)
{
	int rc;

	if (rule->pattern != NULL)
		return 0;
	rc = pattern_compile(
	    catalogue->patterns, rule->regex, &rule->pattern, why);
	rule->is_broken = rc < 0;
	if (rc == 0)
		pattern_share(rule->pattern, catalogue->scratch);
	return rc;
}

/* "google.com, googlemail.com": is the host one of theirs? */
static bool
is_from(const char *host, const char *hosts)
{
	size_t length = strlen(host);

	while (length > 0 && host[length - 1] == '.')
		length--;
	while (*(hosts += strspn(hosts, ", ")) != '\0') {
		size_t n = strcspn(hosts, ", ");

		if (length >= n &&
		    strncasecmp(host + length - n, hosts, n) == 0 &&
		    (length == n || host[length - n - 1] == '.'))
			return true;
		hosts += n;
	}
	return false;
}

bool
reply_rule_fits(const struct reply_catalogue *catalogue,
    struct reply_rule *rule, const struct reply *reply, const char *subject,
    size_t length, const struct reply_trigrams *trigrams)
{
	struct why why = {0};

	if (rule->is_broken ||
	    !reply_literals_occur(rule, trigrams, subject, length))
		return false;
	if (rule->at != 0 && (rule->at >> reply->stage & 1) == 0)
		return false;
	if (rule->hosts != NULL &&
	    (reply->relay == NULL || !is_from(reply->relay, rule->hosts)))
		return false;
	if (reply_pattern_of(catalogue, rule, &why) < 0)
		return false;
	return pattern_match(rule->pattern, subject, length, &why) == 1;
}

static void
meaning_none(const struct reply *reply, struct reply_meaning *ret)
{
	bool is_reply = reply->code != 0;

	*ret = (struct reply_meaning){
	    .stage = reply->stage,
	    .match = REPLY_MATCH_NONE,
	    .meaning = is_reply ? "No rule knows this reply."
	                        : "There is no reply in this text, and no "
	                          "words that are known.",
	    .remedy = is_reply ? "Read its text; ask the postmaster who wrote "
	                         "it."
	                       : "Give the reply itself, or the whole line of "
	                         "the log that has it.",
	    .source = "no rule",
	};
	ret->advice = ret->remedy;
}

static void
meaning_of(const struct reply_rule *rule, const struct reply *reply,
    struct reply_meaning *ret)
{
	*ret = (struct reply_meaning){
	    .cause = rule->cause,
	    .side = rule->side,
	    .scope = rule->scope,
	    .stage = reply->stage != REPLY_STAGE_UNKNOWN ? reply->stage
	                                                 : rule->stage,
	    .match = rule->is_general ? REPLY_MATCH_GENERAL : REPLY_MATCH_EXACT,
	    .name = rule->name,
	    .provider = rule->provider,
	    .meaning = rule->meaning,
	    .remedy = rule->remedy,
	    .advice = rule->advice,
	    .source = rule->source,
	    .wait_s = rule->wait_s,
	    .usual = rule->usual,
	    .usual_per_s = rule->usual_per_s,
	};
}

void
reply_classify(const struct reply_catalogue *catalogue,
    const struct reply *reply, struct reply_meaning *ret)
{
	char subject[REPLY_SUBJECT_MAX];
	size_t length = reply_subject(reply, subject);
	struct reply_trigrams trigrams;

	reply_trigrams_of(subject, length, &trigrams);
	/* without a catalogue, the code and the stage alone */
	for (size_t i = 0; catalogue != NULL && i < catalogue->count; i++) {
		struct reply_rule *rule = &catalogue->rules[i];

		if (!reply_rule_fits(
		        catalogue, rule, reply, subject, length, &trigrams))
			continue;
		meaning_of(rule, reply, ret);
		reply_told(rule, subject, length, ret);
		return;
	}
	meaning_none(reply, ret);
}
