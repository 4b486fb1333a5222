/*
 * dmarc_walk.h - the way up the tree: whose policy, and which organization
 */
#ifndef MAILFIX_DNS_DMARC_WALK_H
#define MAILFIX_DNS_DMARC_WALK_H

#include "agent/dns/dmarc_record.h"
#include "agent/dns/dns_book.h"

/* RFC 9989 section 4.10: so many questions at most, whatever the name. */
#define DMARC_WALK_MAX 8

/* One name on the way. */
struct dmarc_step {
	const char *domain;
	const char *name; /* "_dmarc.example.com" */
	const char
	    *unknown; /* why it is not known what stands there, or NULL */
	size_t count; /* records that count; of several none does */
	struct dmarc_record record; /* the one, when count is 1 */
	/* when none counts: one that was meant to; kind FALSE, or OTHER: none */
	struct dmarc_record failed;
	const char *canonical;
};

struct dmarc_walk {
	struct dmarc_step steps[DMARC_WALK_MAX]; /* the domain itself first */
	size_t count;        /* up to where psd ends it, with that one */
	const char *unknown; /* why the whole is not known; NULL: it is */
};

/*
 * dmarc_walk_look - all names on the way, asked at once
 * Returns false while something must be asked first.
 */
bool dmarc_walk_look(struct arena *arena, struct dns_book *book,
    const char *domain, struct dmarc_walk *ret);

/*
 * dmarc_walk_organization - the Organizational Domain (section 4.10.2)
 * Only of a walk that is known.
 */
const char *dmarc_walk_organization(const struct dmarc_walk *walk);

/*
 * dmarc_walk_policy - the step whose record applies (section 4.10.1)
 * Returns NULL when there is none. Only of a walk that is known, or whose first
 * step has a record.
 */
const struct dmarc_step *dmarc_walk_policy(const struct dmarc_walk *walk);

#endif
