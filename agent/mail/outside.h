/*
 * outside.h - addresses of the public internet
 *
 * What the world of mail is reached by. Those set aside for documentation and
 * for benchmarks count as outside: nobody has them by mistake.
 */
#ifndef MAILFIX_MAIL_OUTSIDE_H
#define MAILFIX_MAIL_OUTSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/mail/log_event.h"

/* outside_v4, outside_v6 - the bytes of an address, in network order */
bool outside_v4(const uint8_t address[static 4]);
bool outside_v6(const uint8_t address[static 16]);

/* outside_family - of an address as text: AF_INET, AF_INET6, or 0: inside */
int outside_family(struct span text);

#endif
