/*
 * spf_run.h - one evaluation of SPF, as its parts see it
 */
#ifndef MAILFIX_DNS_SPF_RUN_H
#define MAILFIX_DNS_SPF_RUN_H

#include "agent/dns/spf.h"
#include "agent/dns/spf_macro.h"
#include "agent/dns/spf_record.h"

enum spf_verdict {
	SPF_NO_MATCH,
	SPF_MATCH,
	SPF_ERROR_TEMP,
	SPF_ERROR_PERM,
};

struct spf_run {
	struct dns_book *book;
	struct arena *arena;
	const struct spf_query *query;
	struct spf_client client;
	struct spf_macros macros; /* of the sender; domain and valid change */
	/* something is not in the book: go on as if it did not match */
	bool is_missing;
	bool is_term_void;      /* this term has had one: it counts once */
	bool has_valid;         /* %{p} was asked for: it counts once */
	unsigned depth;         /* of the tree */
	unsigned include_depth; /* 0: what decides here decides all */
	struct spf_answer answer;
	struct buf voids;
	const char **lines;
	size_t line_count;
};

/* spf_ask - NULL: not there (void, missing) or *ret_verdict is an error */
const struct dns_result *spf_ask(struct spf_run *run, const char *name,
    enum dns_type type, enum spf_verdict *ret_verdict);

/*
 * spf_valid_names - names of the client that lead back to it; RFC 7208 5.5
 * is_match of each is asked until one says true. Returns that name, or NULL.
 */
const char *spf_valid_name(struct spf_run *run,
    bool (*is_match)(const char *name, const char *target), const char *target,
    enum spf_verdict *ret_verdict);

/*
 * spf_valid_find - what %{p} is: the domain itself, a name below it, or any
 * that PTR confirms; else "unknown". RFC 7208 7.3
 */
void spf_valid_find(
    struct spf_run *run, const char *domain, enum spf_verdict *ret_verdict);

/*
 * spf_target - what a domain-spec comes to, with macros; NULL: no name
 * text NULL: domain itself. Sets *ret_verdict on an error only.
 */
const char *spf_target(struct spf_run *run, const char *text,
    const char *domain, enum spf_verdict *ret_verdict);

/* spf_is_fixed - it depends on nobody who sends */
bool spf_is_fixed(const char *spec);

/* spf_include - in spf.c: the record of another domain; name is spf_target */
enum spf_verdict spf_include(
    struct spf_run *run, const struct spf_term *term, const char *name);

/* spf_term_match - any mechanism; run->answer.lookups is counted already */
enum spf_verdict spf_term_match(
    struct spf_run *run, const struct spf_term *term, const char *domain);

/* spf_say - a line of the tree, indented; escaped and cut */
void spf_say(struct spf_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* spf_problem - the first one stays */
void spf_problem(struct spf_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
