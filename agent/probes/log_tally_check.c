/*
 * log_tally_check.c - may a kept tally be gone on with?
 *
 * Purpose  what could harm: indices, ends of texts, words, times that overflow
 * Input    bytes that whoever broke into an observer may have written
 * Errors   false: begin anew
 * Runs as  observer
 * Source   log_tally_data.h
 */
#include "agent/base/auto.h"
#include "agent/probes/log_tally_data.h"

/* Sums and differences of two of these do not overflow. */
#define TIME_MAX (INT64_C(1) << 60)

static bool
time_ok(int64_t time_us)
{
	return time_us >= 0 && time_us < TIME_MAX;
}

#define ENDS(text) ((text)[sizeof(text) - 1] == '\0')

static bool
detail_ok(const struct tally_detail *detail)
{
	const struct tally_episode *episode = &detail->episode;

	for (size_t i = 0; i < TALLY_CAUSES; i++) {
		const struct tally_cause *cause = &detail->causes[i];

		if (cause->cause >= REPLY_CAUSE_MAX ||
		    cause->stage >= REPLY_STAGE_MAX ||
		    !time_ok(cause->last_us) || !ENDS(cause->text) ||
		    !ENDS(cause->relay))
			return false;
	}
	for (size_t i = 0; i < TALLY_MOMENTS; i++)
		if (!time_ok(detail->moments[i].at_us))
			return false;
	for (size_t i = 0; i < TALLY_LINKS; i++)
		if (!time_ok(detail->links[i].end_us))
			return false;
	return ENDS(detail->name) && time_ok(detail->first_us) &&
	       time_ok(detail->last_us) && time_ok(episode->from_us) &&
	       time_ok(episode->from15_us) && time_ok(episode->first_us) &&
	       time_ok(episode->last_us) && time_ok(episode->onset_us);
}

/* index_ok - of details, and with room for as many again */
static bool
index_ok(const struct log_tally *tally)
{
	size_t used = 0;

	for (size_t i = 0; i < TALLY_INDEX; i++) {
		if (tally->index[i] > TALLY_DETAILS)
			return false;
		used += tally->index[i] != 0;
	}
	return used <= TALLY_DETAILS;
}

static bool
accounts_ok(const struct tally_accounts *all)
{
	for (size_t i = 0; i < TALLY_ACCOUNTS; i++)
		if (all->rows[i].kind >= ACCOUNT_KIND_MAX ||
		    !ENDS(all->rows[i].name) ||
		    !ENDS(all->rows[i].from[0].text) ||
		    !ENDS(all->rows[i].from[1].text))
			return false;
	for (size_t i = 0; i < TALLY_FROMS; i++)
		if (!ENDS(all->domains[i].name))
			return false;
	return true;
}

static bool
times_ok(const struct log_tally *tally)
{
	for (size_t i = 0; i < TALLY_RECENT; i++)
		if (!time_ok(tally->recent[i].end_us))
			return false;
	for (size_t i = 0; i < TALLY_LINKS; i++)
		if (!time_ok(tally->open[i].at_us))
			return false;
	return time_ok(tally->clock_us) && time_ok(tally->milter_us) &&
	       time_ok(tally->lookup_us) && time_ok(tally->full_us) &&
	       time_ok(tally->reload_us) && time_ok(tally->lost_us);
}

bool
log_tally_check(const struct log_tally *tally, size_t size)
{
	if (size < sizeof(*tally) || tally->magic != TALLY_MAGIC ||
	    tally->version != TALLY_VERSION || tally->size != sizeof(*tally) ||
	    !times_ok(tally) || !index_ok(tally) ||
	    !accounts_ok(&tally->accounts))
		return false;
	for (size_t i = 0; i < TEXT_MAX; i++)
		if (!ENDS(tally->texts[i].text) ||
		    !time_ok(tally->texts[i].at_us))
			return false;
	for (size_t i = 0; i < TALLY_TRANSPORTS; i++)
		if (!ENDS(tally->transports[i]))
			return false;
	for (size_t i = 0; i < TALLY_PENDING; i++)
		if (!time_ok(tally->pending[i].at_us) ||
		    !ENDS(tally->pending[i].text) ||
		    !ENDS(tally->pending[i].relay))
			return false;
	for (size_t i = 0; i < TALLY_LIGHT; i++)
		if (!ENDS(tally->light[i].name))
			return false;
	for (size_t i = 0; i < TALLY_DETAILS; i++)
		if (!detail_ok(&tally->details[i]))
			return false;
	for (size_t i = 0; i < TALLY_CLIENTS; i++)
		if (tally->clients[i].service >= TALLY_TRANSPORTS ||
		    !ENDS(tally->clients[i].address) ||
		    !ENDS(tally->clients[i].name))
			return false;
	return true;
}
