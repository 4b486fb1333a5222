/*
 * mail_name.h - names that may stand in a table of the mail system
 */
#ifndef MAILFIX_MAIL_MAIL_NAME_H
#define MAILFIX_MAIL_MAIL_NAME_H

#include <stdbool.h>

/*
 * mail_domain_ok - a domain that mail can be sent to, or a mail server's name
 *
 * Letters, digits, "-" and "_", and a dot within; no address, in brackets or
 * not, no dot at an end, at most 253 bytes: RFC 1035 section 2.3.4.
 */
bool mail_domain_ok(const char *text);

/*
 * mail_servers_ok - "[a.test],[b.test]", each of them mail_domain_ok
 * *ret_count is how many; at least 1.
 */
bool mail_servers_ok(const char *text, unsigned *ret_count);

#endif
