/*
 * dns_ldns.h - libldns, loaded by those who ask
 *
 * For dns_wire.c and dns_record.c only, and for its codec only: its resolver
 * takes replies that are not to the question (CVE-2026-10846, 1.8.3).
 */
#ifndef MAILFIX_SYS_DNS_LDNS_H
#define MAILFIX_SYS_DNS_LDNS_H

#include <stdint.h>

#include <ldns/ldns.h>

/* X(rest of its name): one row a function, and nothing else to write. */
#define DNS_LDNS(X)                                                            \
	X(dname_compare)                                                       \
	X(dname_new_frm_str)                                                   \
	X(pkt2wire)                                                            \
	X(pkt_answer)                                                          \
	X(pkt_free)                                                            \
	X(pkt_query_new)                                                       \
	X(pkt_question)                                                        \
	X(pkt_set_edns_udp_size)                                               \
	X(pkt_set_id)                                                          \
	X(rdf_data)                                                            \
	X(rdf_deep_free)                                                       \
	X(rdf_new_frm_data)                                                    \
	X(rdf_size)                                                            \
	X(rr_get_class)                                                        \
	X(rr_get_type)                                                         \
	X(rr_list_rr)                                                          \
	X(rr_list_rr_count)                                                    \
	X(rr_owner)                                                            \
	X(rr_rd_count)                                                         \
	X(rr_rdf)                                                              \
	X(rr_ttl)                                                              \
	X(wire2pkt)

#define DNS_LDNS_MEMBER(name) __typeof__(ldns_##name) *name;

struct dns_ldns {
	DNS_LDNS(DNS_LDNS_MEMBER)
};

/* All NULL before dns_open. */
extern struct dns_ldns ldns;

#endif
