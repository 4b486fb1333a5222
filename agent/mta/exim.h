/*
 * exim.h - the row of Exim
 */
#ifndef MAILFIX_MTA_EXIM_H
#define MAILFIX_MTA_EXIM_H

#include "agent/mta/mta.h"

extern const struct mta_ops exim_ops;

#endif
