/*
 * dns_check_table.c - the list of all checks of the DNS
 *
 * Purpose  one row a check
 * Input    none: data
 * Errors   none
 * Runs as  both roles
 * Source   -
 */
#include "agent/probes/dns_look.h"

#define CHECK(name) extern const struct dns_check dns_check_##name;
#include "agent/probes/dns_check_table.def"
#undef CHECK

const struct dns_check *const dns_checks[] = {
#define CHECK(name) &dns_check_##name,
#include "agent/probes/dns_check_table.def"
#undef CHECK
    NULL,
};
