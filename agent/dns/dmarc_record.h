/*
 * dmarc_record.h - a DMARC policy record, as receivers read it
 */
#ifndef MAILFIX_DNS_DMARC_RECORD_H
#define MAILFIX_DNS_DMARC_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/mem.h"

enum dmarc_policy {
	DMARC_POLICY_NONE,
	DMARC_POLICY_QUARANTINE,
	DMARC_POLICY_REJECT,
	DMARC_POLICY_MAX
};

extern const char *const dmarc_policy_names[DMARC_POLICY_MAX + 1];

enum dmarc_record_kind {
	DMARC_RECORD_GOOD,  /* it begins with v=DMARC1: it counts */
	DMARC_RECORD_FALSE, /* meant as one, and receivers pass over it */
	DMARC_RECORD_OTHER, /* a text about something else: a wildcard's */
};

enum dmarc_psd { DMARC_PSD_UNSET, DMARC_PSD_YES, DMARC_PSD_NO };

struct dmarc_record {
	enum dmarc_record_kind kind;
	/* false: without a p and without a place for reports nothing applies */
	bool applies;
	/* of the domain itself, of what is below it, of what is not there */
	enum dmarc_policy policy, below, absent;
	bool is_testing; /* t=y: a step less than it says */
	enum dmarc_psd psd;
	bool is_dkim_strict, is_spf_strict;
	const char *rua, *ruf; /* "mailto:a@b.test,..."; NULL: none */
	const char *problem;   /* for people; NULL: none */
	/* the same without what is wrong in it; NULL: no problem, or no idea */
	const char *mended;
};

/* dmarc_record_read - the text of one TXT record; *ret points into arena */
void dmarc_record_read(struct arena *arena, const uint8_t *data, size_t length,
    struct dmarc_record *ret);

/* Targets of reports: RFC 7489 wanted two at least to be heeded. */
#define DMARC_TARGETS_MAX 8

/*
 * dmarc_targets - the domains of all "mailto:" in a rua or ruf, each once
 * Returns how many; count of them were there before.
 */
size_t dmarc_targets(struct arena *arena, const char *list,
    const char *targets[DMARC_TARGETS_MAX], size_t count);

#endif
