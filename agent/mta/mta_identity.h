/*
 * mta_identity.h - who the mail system says it is, and for whom it sends
 *
 * Read from its configuration, in the actor. What a setting takes from a
 * place that is not read here (a database) is said in `unread`, never guessed.
 */
#ifndef MAILFIX_MTA_MTA_IDENTITY_H
#define MAILFIX_MTA_MTA_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/mem.h"
#include "agent/base/why.h"

struct mta;

/* A name of no domain of the internet: localhost, *.local; mail_domain_ok. */
bool mta_domain_is_local(const char *name);

struct mta_domain {
	const char *name;   /* lower case, as mail_domain_ok */
	const char *source; /* "mydestination", "virtual_mailbox_domains" */
	/*
	 * Mail is sent in its name: myorigin, a masquerade; or people with
	 * mailboxes there log in here to send (SMTP AUTH).
	 */
	bool is_sender;
	bool is_hosted;  /* mail for it ends here */
	bool is_relayed; /* mail for it passes through: relay_domains */
	bool is_own;     /* this host's own name */
	/* tables write another domain in its place before mail leaves */
	bool is_rewritten;
};

/* A table of domains that nobody can list, and that can be asked. */
struct mta_domain_table {
	const char *table;     /* "mysql:/etc/postfix/domains.cf" */
	struct mta_domain has; /* what each domain in it is; it has no name */
};

/* A blocklist that this host's own server asks about its clients. */
struct mta_dnsbl {
	const char *zone;    /* "zen.spamhaus.org" */
	const char *filter;  /* "127.0.0.[2..11]", or NULL: any answer counts */
	const char *setting; /* "postscreen_dnsbl_sites" */
	/* of domain names (reject_rhsbl_...), not of addresses */
	bool is_domains;
	/* it refuses mail by itself; false: it scores, or only warns */
	bool refuses;
	bool
	    is_allow; /* a list of good ones: permit_dnswl_client, weight < 0 */
};

/* A file in PEM form with certificates that its server shows. */
struct mta_certificate {
	const char *path;
	bool is_mx; /* at port 25: what TLSA records of the DNS speak of */
	/* one of a list that is read as one file: a key, its certificates */
	bool is_chain;
};

struct mta_identity {
	const char *helo; /* NULL: see helo_error */
	const char *helo_error;
	const char *relay; /* all mail goes through it, "[mx.test]:587"; NULL */
	/* a table that says so cannot be asked: why; NULL: it is as told */
	const char *way_unknown;
	/* no mail leaves it: what is not for this host itself is refused */
	bool is_silent;
	/* where sockets are bound: "" the system chooses; never NULL */
	const char *bind_v4, *bind_v6;
	const char *bind_setting_v4, *bind_setting_v6; /* what says so */
	bool uses_v4, uses_v6;                         /* inet_protocols */
	bool prefers_v4; /* smtp_address_preference = ipv4 already */
	struct mta_domain *domains;
	size_t domain_count;
	struct mta_domain_table *tables;
	size_t table_count;
	struct mta_dnsbl *dnsbls;
	size_t dnsbl_count;
	struct mta_certificate *certificates;
	size_t certificate_count;
	/* why a client may be shown one that is not among them; or NULL */
	const char *certificates_unread;
	/* "mysql:/etc/x.cf (mydestination)": not listed; NULL-terminated */
	const char *const *unread;
};

#endif
