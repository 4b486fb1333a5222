/*
 * dns_book.h - what is known of the DNS in this run, and what to ask next
 *
 * Those who judge (SPF, MX, blocklists) read the book as if all were known.
 * What is not there yet is noted and asked for in the next wave, together with
 * what all others want; then they begin anew. So a look takes as many round
 * trips as the longest chain of questions that follow from answers, and nobody
 * who judges waits, knows a socket, or has more than one path through him.
 *
 *   do {
 *           is_done = judge(book);           (looks; may want)
 *   } while (!is_done && dns_book_wave(book, asker, &why) > 0);
 *
 * Names are the same whatever their case and with or without the last dot.
 */
#ifndef MAILFIX_DNS_DNS_BOOK_H
#define MAILFIX_DNS_DNS_BOOK_H

#include "agent/dns/dns_data.h"

/*
 * Some hundred for a host with ten domains and six blocklists. Past it nothing
 * more is asked: the rest is a timeout.
 */
#define DNS_BOOK_MAX 4096

struct dns_book;

/* dns_book_new - an empty one, in arena */
struct dns_book *dns_book_new(struct arena *arena, int64_t end_ms);

/*
 * dns_book_look - what is known of a name
 * Returns NULL when it is not known yet: it is asked for in the next wave. The
 * result stays as it is until the book goes.
 */
const struct dns_result *dns_book_look(
    struct dns_book *book, const char *name, enum dns_type type);

/*
 * dns_book_peek - as dns_book_look, but no finding will rest on its absence
 * No second name server is asked about it (dns_book_dispute): "not listed" is
 * what a blocklist says nearly always, and one that another name server asks
 * in vain would contradict each time.
 */
const struct dns_result *dns_book_peek(
    struct dns_book *book, const char *name, enum dns_type type);

/* dns_book_want - ask for it in the next wave: it will be needed */
void dns_book_want(struct dns_book *book, const char *name, enum dns_type type);

/* dns_book_wants - how many questions the next wave has */
size_t dns_book_wants(const struct dns_book *book);

/*
 * dns_book_wave - ask everything that is wanted, at once
 *
 * Returns how many were asked: 0 when nothing was wanted; or a negative errno
 * with why when nothing can be asked at all. Past end_ms (clock_boot_ms) all is
 * a timeout, and nothing is asked.
 */
int dns_book_wave(
    struct dns_book *book, const struct dns_asker *asker, struct why *why);

/*
 * dns_book_dispute - ask again, of a second name server where there is one, for
 * each answer that says that something is not there (nodata, nxdomain) and was
 * used
 *
 * One bad resolver of a pool must not decide, nor one bad moment of the only
 * one: a change may rest on it. Where they differ, the result becomes
 * DNS_DISPUTED, and who judges begins anew. One wave. No answer to it changes
 * nothing.
 *
 * Returns how many results changed, or a negative errno.
 */
int dns_book_dispute(
    struct dns_book *book, const struct dns_asker *asker, struct why *why);

/*
 * dns_book_is_over - is it so long past end_ms that judging itself is slow?
 * Records of 64 KiB for hundreds of addresses are: what is left stays unknown.
 */
bool dns_book_is_over(const struct dns_book *book);

/*
 * dns_book_is_validated - was DNSSEC seen to vouch for anything in this run?
 * Without that it is not known whether this host's name server checks it, and
 * may be believed: that an answer lacks it then says nothing.
 */
bool dns_book_is_validated(const struct dns_book *book);

/* For tests and figures: waves asked, and questions in all. */
unsigned dns_book_waves(const struct dns_book *book);
size_t dns_book_questions(const struct dns_book *book);

#endif
