/*
 * bench_maillog.c - write a mail log as long as wanted
 *
 * Purpose  what a busy host with Postfix and Dovecot logs: each message is a
 *          story of several lines with one queue id; most destinations take
 *          mail, the largest refuse much of it in the middle of the log
 * Input    argv: MIB END_S SPAN_S DOMAINS [SEED]; lines are from the SPAN_S
 *          seconds before END_S, seconds since the epoch
 * Yields   the log on stdout, the same for the same arguments
 * Errors   exit status 1
 * Runs as  any user
 * Source   the daemons' log lines; Zipf's law for the sizes of destinations
 */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DOMAINS_MAX 200000

/* Of 1000 stories. */
enum { SCANS = 120, LOGINS = 80, RETRIES = 90, ODD = 20 };

/* The largest so many are the ones with trouble. */
#define TROUBLED 3

static double cumulative[DOMAINS_MAX];
static unsigned domains;
static double from_s, span_s;
static uint64_t target, written, state = 88172645463325252U;

static uint64_t
draw(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

static double
chance(void)
{
	return (double)draw(1U << 30) / (1U << 30);
}

static unsigned
domain_draw(void)
{
	double wanted = chance() * cumulative[domains - 1];
	unsigned low = 0, high = domains - 1;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (cumulative[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static double
progress(void)
{
	return (double)written / (double)target;
}

static void __attribute__((format(printf, 2, 3)))
say(const char *program, const char *format, ...)
{
	static time_t second = -1;
	static char stamp[32];
	double now = from_s + span_s * progress();
	struct tm tm;
	va_list ap;
	int n;

	if ((time_t)now != second) {
		second = (time_t)now;
		(void)gmtime_r(&second, &tm);
		(void)strftime(stamp, sizeof(stamp), "%FT%T", &tm);
	}
	n = printf("%s.%06u+00:00 mx1 %s[%u]: ", stamp,
	    (unsigned)((now - (double)second) * 1e6), program,
	    (unsigned)(1000 + draw(400)));
	va_start(ap, format);
	n += vprintf(format, ap);
	va_end(ap);
	n += printf("\n");
	written += (uint64_t)n;
}

static const char *
address(void)
{
	static char text[4][20];
	static unsigned turn;

	turn = (turn + 1) % 4;
	(void)snprintf(text[turn], sizeof(text[turn]), "%u.%u.%u.%u",
	    (unsigned)(1 + draw(222)), (unsigned)draw(256), (unsigned)draw(256),
	    (unsigned)(1 + draw(254)));
	return text[turn];
}

static void
scan(void)
{
	const char *from = address();
	unsigned port = (unsigned)(1024 + draw(60000));

	if (draw(10) < 6) {
		say("postfix/postscreen",
		    "CONNECT from [%s]:%u to [203.0.113.10]:25", from, port);
		say("postfix/postscreen",
		    "PREGREET 14 after 0.02 from [%s]:%u: EHLO ylmf-pc\\r\\n",
		    from, port);
		say("postfix/postscreen", "DISCONNECT [%s]:%u", from, port);
		return;
	}
	say("postfix/smtpd", "connect from unknown[%s]", from);
	say("postfix/smtpd",
	    "warning: unknown[%s]: SASL LOGIN authentication failed: "
	    "UGFzc3dvcmQ6, sasl_username=info",
	    from);
	say("postfix/smtpd",
	    "NOQUEUE: reject: RCPT from unknown[%s]: 554 5.7.1 <x@y.example>: "
	    "Relay access denied; from=<a@b.example> to=<x@y.example> "
	    "proto=ESMTP helo=<win-%u>",
	    from, port);
	say("postfix/smtpd",
	    "disconnect from unknown[%s] ehlo=1 auth=0/1 rcpt=0/1 quit=1 "
	    "commands=2/4",
	    from);
}

static void
login(void)
{
	unsigned user = (unsigned)draw(400);

	say("dovecot",
	    "imap-login: Login: user=<user%u@test.local>, method=PLAIN, "
	    "rip=%s, lip=203.0.113.10, mpid=%u, TLS, session=<%016llx>",
	    user, address(), (unsigned)draw(99999),
	    (unsigned long long)draw(UINT64_MAX));
	if (draw(2) == 0)
		say("dovecot",
		    "imap(user%u@test.local)<%u><%llx>: Disconnected: Logged "
		    "out in=%u out=%u deleted=0 expunged=0 trashed=0 "
		    "hdr_count=0 hdr_bytes=0 body_count=0 body_bytes=0",
		    user, (unsigned)draw(9999),
		    (unsigned long long)draw(1ULL << 48), (unsigned)draw(9999),
		    (unsigned)draw(99999));
}

static void
odd(void)
{
	if (draw(2) == 0)
		say("postfix/anvil",
		    "statistics: max connection rate %u/60s for (smtp:%s) at "
		    "Nov 16 10:00:00",
		    (unsigned)draw(60), address());
	else
		say("postfix/smtpd",
		    "warning: hostname host-%u.example does not resolve to "
		    "address %s: Name or service not known",
		    (unsigned)draw(999), address());
}

static const char *const refusals[] = {
    "host %s said: 421-4.7.28 Gmail has detected an unusual rate of "
    "unsolicited mail originating 421-4.7.28 from your IP address "
    "[203.0.113.10      28]. To protect our users from spam, 421-4.7.28 mail "
    "sent from your IP address has been temporarily rate limited. 421 4.7.28 "
    "Please visit https://support.example/?p=UnsolicitedRateLimitError (in "
    "reply to end of DATA command)",
    "host %s refused to talk to me: 421 4.7.0 [TSS04] Messages from "
    "203.0.113.10 temporarily deferred due to unexpected volume or user "
    "complaints - 4.16.55.1; see https://postmaster.example/error-codes",
    "host %s refused to talk to me: 421 4.3.2 Service not available, closing "
    "transmission channel",
    "host %s said: 421 4.4.5 Too many connections from your host. (in reply "
    "to EHLO command)",
    "host %s said: 451 4.7.1 Greylisting in action, please come back in "
    "00:05:00 (in reply to RCPT TO command)",
    "host %s said: 452 4.2.2 The email account that you tried to reach is "
    "over quota (in reply to RCPT TO command)",
    "connect to %s: Connection timed out",
    "lost connection with %s while receiving the initial server greeting",
};

#define R421 4 /* the first so many of them */

static void
delivery(const char *id, unsigned to, bool is_retry)
{
	bool is_trouble =
	    to < TROUBLED && progress() > 0.4 && progress() < 0.55;
	double share = is_trouble ? 0.75 : 0.05, luck = chance();
	unsigned user = (unsigned)draw(1000000);
	char relay[80], reason[600], times[80];

	(void)snprintf(relay, sizeof(relay), "mx%u.d%u.example[198.51.%u.%u]",
	    to % 3, to, to / 250 % 250, to % 250 + 1);
	(void)snprintf(times, sizeof(times),
	    "delay=%.2f, delays=%.2f/0.01/%.2f/%.2f", chance() * 5, chance(),
	    chance(), chance() * 3);
	if (luck < share + 0.05) {
		const char *text = luck < share ? refusals[draw(R421)]
		                                : refusals[R421 + draw(4)];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(reason, sizeof(reason), text, relay);
#pragma GCC diagnostic pop
		say(is_retry && draw(3) == 0 ? "postfix/error" : "postfix/smtp",
		    "%s: to=<user%u@d%u.example>, relay=%s:25, %s, dsn=4.7.0, "
		    "status=deferred (%s%s)",
		    id, user, to, relay, times,
		    is_retry && draw(3) == 0
		        ? "delivery temporarily suspended: "
		        : "",
		    reason);
		return;
	}
	if (luck > 0.97) {
		say("postfix/smtp",
		    "%s: to=<user%u@d%u.example>, relay=%s:25, %s, dsn=5.1.1, "
		    "status=bounced (host %s said: 550 5.1.1 "
		    "<user%u@d%u.example>: Recipient address rejected: User "
		    "unknown (in reply to RCPT TO command))",
		    id, user, to, relay, times, relay, user, to);
		say("postfix/bounce",
		    "%s: sender non-delivery notification: %X%llX", id,
		    (unsigned)draw(0xfffff), (unsigned long long)draw(0xfffff));
	} else {
		if (draw(10) < 3)
			say("postfix/smtp",
			    "Untrusted TLS connection established to %s:25: "
			    "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 "
			    "(256/256 bits) key-exchange X25519 "
			    "server-signature ECDSA (P-256) server-digest "
			    "SHA256",
			    relay);
		say("postfix/smtp",
		    "%s: to=<user%u@d%u.example>, relay=%s:25, %s, dsn=2.0.0, "
		    "status=sent (250 2.0.0 OK  %u a1-%llx - gsmtp)",
		    id, user, to, relay, times, (unsigned)draw(1U << 31),
		    (unsigned long long)draw(1ULL << 48));
	}
	say("postfix/qmgr", "%s: removed", id);
}

static void
message(bool is_retry)
{
	unsigned size = (unsigned)(900 + draw(90000));
	unsigned app = (unsigned)draw(9);
	char id[32];

	(void)snprintf(id, sizeof(id), "%05X%llX", (unsigned)draw(0xfffff),
	    (unsigned long long)(0x100000 + draw(0xfffff)));
	if (!is_retry) {
		say("postfix/smtpd", "connect from app%u.test.local[10.0.0.%u]",
		    app, app + 1);
		say("postfix/smtpd",
		    "%s: client=app%u.test.local[10.0.0.%u], "
		    "sasl_method=PLAIN, sasl_username=app",
		    id, app, app + 1);
		say("postfix/cleanup", "%s: message-id=<%llx.%u@test.local>",
		    id, (unsigned long long)draw(1ULL << 60), size);
	}
	say("postfix/qmgr",
	    "%s: from=<news%u@test.local>, size=%u, nrcpt=1 (queue active)", id,
	    (unsigned)draw(40), size);
	if (!is_retry)
		say("postfix/smtpd",
		    "disconnect from app%u.test.local[10.0.0.%u] ehlo=2 "
		    "starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8",
		    app, app + 1);
	delivery(id, domain_draw(), is_retry);
}

int
main(int argc, char **argv)
{
	static char buffer[1 << 20];

	if (argc < 5)
		return 64;
	target = strtoull(argv[1], NULL, 10) << 20;
	span_s = strtod(argv[3], NULL);
	from_s = strtod(argv[2], NULL) - span_s;
	domains = (unsigned)strtoul(argv[4], NULL, 10);
	if (argc > 5)
		state += strtoull(argv[5], NULL, 10);
	if (domains == 0 || domains > DOMAINS_MAX)
		return 64;
	for (unsigned i = 0; i < domains; i++)
		cumulative[i] =
		    (i > 0 ? cumulative[i - 1] : 0) + 1 / pow(i + 1, 1.1);
	(void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	while (written < target) {
		unsigned what = (unsigned)draw(1000);

		if (what < SCANS)
			scan();
		else if (what < SCANS + LOGINS)
			login();
		else if (what < SCANS + LOGINS + ODD)
			odd();
		else
			message(what < SCANS + LOGINS + ODD + RETRIES);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
