/*
 * postfix_log.h - the grammar of Postfix's log, in parts
 *
 * Read from the left at known places, never searched for a pattern that an
 * address or a reply could hold as well. Where a line could be read in two
 * ways it tells nothing: who wrote it into his address or his reply hides his
 * own line and no other.
 */
#ifndef MAILFIX_MTA_POSTFIX_LOG_H
#define MAILFIX_MTA_POSTFIX_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "agent/mail/log_event.h"

/* postfix_log_parse - mta_ops.log_parse */
enum log_event_kind postfix_log_parse(
    const struct log_line *line, struct log_event *ret);

/* The parts: text is what stands after the queue id, or all; fill *ret. */
enum log_event_kind postfix_log_delivery(
    struct span text, struct span daemon, struct log_event *ret);
enum log_event_kind postfix_log_smtp(struct span text, struct log_event *ret);
enum log_event_kind postfix_log_smtpd(struct span text, struct log_event *ret);
enum log_event_kind postfix_log_postscreen(
    struct span text, struct log_event *ret);
/* postfix_log_message.c; text of queued: behind "from=<" */
void postfix_log_login(struct span text, struct log_event *ret);
enum log_event_kind postfix_log_pickup(struct span text, struct log_event *ret);
bool postfix_log_queued(struct span text, struct log_event *ret);
struct span postfix_log_given(struct span reply);
enum log_event_kind postfix_log_reject(struct span text, struct log_event *ret);
enum log_event_kind postfix_log_warning(
    struct span text, struct log_event *ret);
enum log_event_kind postfix_log_disk(struct span text, struct log_event *ret);
enum log_event_kind postfix_log_master(struct span text, struct log_event *ret);

/*
 * postfix_log_answer - what a server said, or how the connection failed
 * text  "host mx[192.0.2.1] said: 421 ... (in reply to MAIL FROM command)"
 * Sets relay, address, code, stage, net. False: none of these.
 */
bool postfix_log_answer(struct span text, struct log_event *ret);

/* Small tools. Each moves *text behind what it took, or leaves it. */

#define LOG_EAT(text, literal)    log_eat(text, literal, sizeof(literal) - 1)
#define LOG_STARTS(text, literal) log_starts(text, literal, sizeof(literal) - 1)
#define LOG_IS(of, literal)                                                    \
	((of).length == sizeof(literal) - 1 &&                                 \
	    memcmp((of).text, literal, sizeof(literal) - 1) == 0)

static inline struct span
log_from(struct span text, size_t skip)
{
	return (struct span){text.text + skip, (uint32_t)(text.length - skip)};
}

static inline bool
log_starts(struct span text, const char *literal, size_t length)
{
	return text.length >= length && memcmp(text.text, literal, length) == 0;
}

static inline bool
log_eat(struct span *text, const char *literal, size_t length)
{
	if (!log_starts(*text, literal, length))
		return false;
	*text = log_from(*text, length);
	return true;
}

/* log_find - where a literal first stands, or NULL */
#define LOG_FIND(in, literal) log_find(in, literal, sizeof(literal) - 1)
const char *log_find(struct span text, const char *literal, size_t length);

/* log_until - take what stands before a literal, and the literal */
#define LOG_UNTIL(text, literal, ret)                                          \
	log_until(text, literal, sizeof(literal) - 1, ret)
bool log_until(
    struct span *text, const char *literal, size_t length, struct span *ret);

/* log_number - take digits, at most 9; false: there are none */
bool log_number(struct span *text, uint32_t *ret);

/* log_peer - take name[address] and, when there, :port */
bool log_peer(struct span *text, struct span *ret_name,
    struct span *ret_address, uint16_t *ret_port);

/* log_code - a reply code at the beginning: 421; 0: none. Takes nothing. */
int log_code(struct span text);

#endif
