/*
 * dns_ldns.c - libldns, loaded by those who ask
 *
 * Purpose  dns_open: find the functions of the codec
 * Input    none
 * Errors   a library that is not installed, or of another version
 * Runs as  observer, before its sandbox closes
 * Source   dns_ldns.h, library.h
 */
#include "agent/sys/dns_ldns.h"

#include "agent/base/auto.h"
#include "agent/sys/dns.h"
#include "agent/sys/library.h"

/* 1.7 of Debian 11 to 1.9: the same for all that is used here. */
#define SONAME "libldns.so.3"

struct dns_ldns ldns;

#define SYMBOL(part) {"ldns_" #part, (void *)&ldns.part},

int
dns_open(struct why *why)
{
	const struct library_symbol symbols[] = {DNS_LDNS(SYMBOL)};

	return library_load(SONAME, symbols, ARRAY_COUNT(symbols), why);
}
