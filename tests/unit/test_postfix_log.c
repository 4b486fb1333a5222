/*
 * test_postfix_log.c - lines of many versions, and lines that lie
 *
 * Purpose  unit tests of agent/mta/postfix_log*.c
 * Input    texts in this file
 * Errors   a failed assertion
 * Runs as  any user
 * Source   Postfix 2.11 to 3.11
 */
#include <string.h>

#include "agent/base/auto.h"
#include "agent/mta/postfix_log.h"
#include "tests/unit/unit.h"

static struct log_event
parse(const char *program, const char *text)
{
	struct log_line line = {.time_us = 1000000, .pid = 77};
	struct log_event event;

	line.program = (struct span){program, (uint32_t)strlen(program)};
	line.text = (struct span){text, (uint32_t)strlen(text)};
	(void)postfix_log_parse(&line, &event);
	assert_int_equal(event.pid, 77);
	assert_int_equal(event.time_us, 1000000);
	return event;
}

static void
assert_text(const char *what, struct span got, const char *want)
{
	if (want == NULL ? got.text != NULL : !span_is(got, want))
		fail_msg("%s: %.*s, not %s", what, (int)got.length, got.text,
		    want == NULL ? "nothing" : want);
}

#define ASSERT_SPAN(got, want) assert_text(#got, got, want)

struct delivery {
	const char *program, *text, *domain, *relay, *address;
	enum log_status status;
	enum log_net net;
	int code;
	enum reply_stage stage;
	unsigned conn_use;
	bool is_repeat, is_local;
};

#define TAIL                                                                   \
	"delay=3.2, delays=0.1/0.02/1.1/2, dsn=4.7.0, status=deferred (host "
#define WHO "mx.big.test[192.0.2.7]"

static const struct delivery deliveries[] = {
  /* taken, 3.7 */
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@Big.TEST>, relay=" WHO ":25, conn_use=12, "
        "delay=3.2, delays=0.1/0.02/0/2, dsn=2.0.0, status=sent (250 2.0.0 "
        "Ok: queued as 4Zx)",                                                   "Big.TEST",  "mx.big.test",    "192.0.2.7",            LOG_STATUS_SENT,     LOG_NET_OK,   0,
     REPLY_STAGE_UNKNOWN,                                                                                                                                                                               12, false, false},
 /* refused at the greeting, by a transport of its own; long queue id */
    {"postfix/mailfix-c2/smtp",
     "4Vt0zY1Nq8z2pQx: to=<a@big.test>, relay=" WHO ":25, " TAIL WHO
        " refused to talk to me: 421 4.7.0 Too many concurrent SMTP "
        "connections from this IP address)",                                    "big.test",  "mx.big.test",    "192.0.2.7",            LOG_STATUS_DEFERRED, LOG_NET_OK,
     421,                                                                                                                                                                      REPLY_STAGE_GREETING,    0,  false, false},
 /* after the message, a reply of several lines */
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@gmail.com>, orig_to=<alias@here.test>, relay=" WHO
        ":25, " TAIL WHO " said: 421-4.7.28 Gmail has detected an unusual "
        "rate 421-4.7.28 of mail. 421 4.7.28 https://x (in reply to end of "
        "DATA command))",                                                       "gmail.com", "mx.big.test",    "192.0.2.7",            LOG_STATUS_DEFERRED,
     LOG_NET_OK,                                                                                                                                                          421, REPLY_STAGE_END_OF_DATA, 0,  false, false},
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=mx[2001:db8::1]:25, delay=1, "
        "delays=0/0/1/0, dsn=5.1.1, status=bounced (host mx[2001:db8::1] "
        "said: 550 5.1.1 <a@b.test>: no (in reply to RCPT TO command))",        "b.test",    "mx",             "2001:db8::1",          LOG_STATUS_BOUNCED,  LOG_NET_OK,   550,
     REPLY_STAGE_RCPT,                                                                                                                                                                                  0,  false, false},
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=none, delay=30, delays=0/0/30/0, "
        "dsn=4.4.1, status=deferred (connect to mx.b.test[192.0.2.9]:25: "
        "Connection timed out)",                                                "b.test",    "mx.b.test",      "192.0.2.9",            LOG_STATUS_DEFERRED,
     LOG_NET_TIMEOUT,                                                                                                                                                     0,   REPLY_STAGE_CONNECT,     0,  false, false},
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=none, delay=30, delays=0/0/30/0, "
        "dsn=4.4.1, status=deferred (connect to mx.b.test[192.0.2.9]:25: "
        "Connection refused)",                                                  "b.test",    "mx.b.test",      "192.0.2.9",            LOG_STATUS_DEFERRED,
     LOG_NET_REFUSED,                                                                                                                                                     0,   REPLY_STAGE_CONNECT,     0,  false, false},
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":25, delay=30, "
        "delays=0/0/30/0, dsn=4.4.2, status=deferred (lost connection with " WHO
        " while sending end of data -- message may be sent more than once)",    "b.test",    "mx.big.test",    "192.0.2.7",            LOG_STATUS_DEFERRED, LOG_NET_LOST,
     0,                                                                                                                                                                        REPLY_STAGE_END_OF_DATA, 0,  false, false},
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":25, delay=30, "
        "delays=0/0/30/0, dsn=4.4.2, status=deferred (conversation with " WHO
        " timed out while receiving the initial server greeting)",              "b.test",    "mx.big.test",    "192.0.2.7",            LOG_STATUS_DEFERRED,
     LOG_NET_TIMEOUT,                                                                                                                                                     0,   REPLY_STAGE_GREETING,    0,  false, false},
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=none, delay=0, delays=0/0/0/0, "
        "dsn=4.4.3, status=deferred (Host or domain name not found. Name "
        "service error for name=b.test type=MX: Host not found, try again)",    "b.test",    NULL,             NULL,                   LOG_STATUS_DEFERRED, LOG_NET_DNS,  0,
     REPLY_STAGE_CONNECT,                                                                                                                                                                               0,  false, false},
    {"postfix/relay/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=smart.test[192.0.2.1]:587, delay=0, "
        "delays=0/0/0/0, dsn=4.7.8, status=deferred (SASL authentication "
        "failed; server smart.test[192.0.2.1] said: 535 5.7.8 no)",             "b.test",    "smart.test",     "192.0.2.1",            LOG_STATUS_DEFERRED, LOG_NET_OK,
     535,                                                                                                                                                                      REPLY_STAGE_AUTH,        0,  false, false},
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":25, delay=0, "
        "delays=0/0/0/0, dsn=4.7.4, status=deferred (TLS is required, but "
        "was not offered by host " WHO ")",
     "b.test",                                                                               "mx.big.test",    "192.0.2.7",            LOG_STATUS_DEFERRED, LOG_NET_OK,
     0,                                                                                                                                                                        REPLY_STAGE_STARTTLS,    0,  false, false},
 /* a field that this version does not know */
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":25, delay=1.5, "
        "delays=0/0/1/0.5, tls=dane:nosni, dsn=2.0.0, status=sent (250 ok)",    "b.test",    "mx.big.test",    "192.0.2.7",            LOG_STATUS_SENT,     LOG_NET_OK,   0,
     REPLY_STAGE_UNKNOWN,                                                                                                                                                                               0,  false, false},
 /* old refusals, and rows of our own */
    {"postfix/error",
     "4F2A1B2C3D: to=<a@b.test>, relay=none, delay=9, delays=9/0/0/0, "
        "dsn=4.7.0, status=deferred (delivery temporarily suspended: host " WHO
        " refused to talk to me: 421 no)",                                      "b.test",    NULL,             NULL,                   LOG_STATUS_DEFERRED, LOG_NET_OK,   0,
     REPLY_STAGE_UNKNOWN,                                                                                                                                                                               0,  true,  true },
    {"postfix/retry",
     "4F2A1B2C3D: to=<a@b.test>, relay=none, delay=9, delays=9/0/0/0, "
        "dsn=4.7.0, status=deferred (paused by mailfix until 12:00)",           "b.test",    NULL,             NULL,                   LOG_STATUS_DEFERRED, LOG_NET_OK,   0,
     REPLY_STAGE_UNKNOWN,                                                                                                                                                                               0,  true,  true },
    {"postfix/qmgr",
     "4F2A1B2C3D: to=<a@b.test>, relay=none, delay=9, delays=9/0/0/0, "
        "dsn=4.7.0, status=deferred (delivery temporarily suspended: lost "
        "connection with " WHO " while receiving the initial server greeting)",
     "b.test",                                                                               NULL,             NULL,                   LOG_STATUS_DEFERRED, LOG_NET_OK,   0,
     REPLY_STAGE_UNKNOWN,                                                                                                                                                                               0,  true,  true },
 /* delivered here */
    {"postfix/local",
     "4F2A1B2C3D: to=<root@here.test>, orig_to=<root>, relay=local, delay=9, "
        "delays=9/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)",        "here.test", NULL,             NULL,                   LOG_STATUS_SENT,     LOG_NET_OK,   0,
     REPLY_STAGE_UNKNOWN,                                                                                                                                                                               0,  false, true },
    {"postfix/lmtp",
     "4F2A1B2C3D: to=<u@here.test>, "
        "relay=mail.here.test[private/dovecot-lmtp], delay=9, "
        "delays=9/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 <u> Saved)",         "here.test", "mail.here.test", "private/dovecot-lmtp", LOG_STATUS_SENT,
     LOG_NET_OK,                                                                                                                                                          0,   REPLY_STAGE_UNKNOWN,     0,  false, true },
    {"postfix/amavis/smtp",
     "4F2A1B2C3D: to=<u@here.test>, relay=127.0.0.1[127.0.0.1]:10024, "
        "delay=9, delays=9/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 from "
        "MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 1)",              "here.test", "127.0.0.1",      "127.0.0.1",            LOG_STATUS_SENT,     LOG_NET_OK,   0,
     REPLY_STAGE_UNKNOWN,                                                                                                                                                                               0,  false, true },
 /* local parts: quoted, with @, spaces, brackets, "status=sent (" */
    {"postfix/smtp",
     "4F2A1B2C3D: to=<\"x@gmail.com status=sent (250 ok)\"@b.test>, relay=" WHO
        ":25, " TAIL WHO " said: 450 4.2.0 later (in reply to RCPT TO "
        "command))",                                                            "b.test",    "mx.big.test",    "192.0.2.7",            LOG_STATUS_DEFERRED, LOG_NET_OK,
     450,                                                                                                                                                                      REPLY_STAGE_RCPT,        0,  false, false},
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a b[1](c), relay=x@b.test>, relay=" WHO
        ":25, " TAIL WHO
        " said: 450 4.2.0 later (in reply to RCPT TO command))",                "b.test",    "mx.big.test",    "192.0.2.7",            LOG_STATUS_DEFERRED, LOG_NET_OK,
     450,                                                                                                                                                                      REPLY_STAGE_RCPT,        0,  false, false},
    {"postfix/smtp",
     "4F2A1B2C3D: to=<nodomain>, relay=" WHO ":25, " TAIL WHO
        " said: 450 4.2.0 later (in reply to RCPT TO command))",                NULL,        "mx.big.test",    "192.0.2.7",            LOG_STATUS_DEFERRED, LOG_NET_OK,   450,
     REPLY_STAGE_RCPT,                                                                                                                                                                                  0,  false, false},
 /* a reply that would like to be of another stage, code, status */
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":25, " TAIL WHO
        " said: 450 4.2.0 421 4.7.0 (in reply to end of DATA command) "
        "status=sent (250 ok) refused to talk to me: 421 (in reply to MAIL "
        "FROM command))",                                                       "b.test",    "mx.big.test",    "192.0.2.7",            LOG_STATUS_DEFERRED, LOG_NET_OK,
     450,                                                                                                                                                                      REPLY_STAGE_MAIL,        0,  false, false},
 /* a number that is no code */
    {"postfix/smtp",
     "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":25, " TAIL WHO
        " said: 4210 messages (in reply to MAIL FROM command))",                "b.test",    "mx.big.test",    "192.0.2.7",            LOG_STATUS_DEFERRED, LOG_NET_OK,
     0,                                                                                                                                                                        REPLY_STAGE_MAIL,        0,  false, false},
};

static void
test_delivery(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(deliveries); i++) {
		const struct delivery *want = &deliveries[i];
		const struct log_event got = parse(want->program, want->text);

		print_message("%s\n", want->text);
		assert_int_equal(got.kind, LOG_EVENT_DELIVERY);
		assert_text("domain", got.domain, want->domain);
		assert_int_equal(got.status, want->status);
		assert_int_equal(got.is_repeat, want->is_repeat);
		assert_int_equal(got.is_local, want->is_local);
		assert_int_equal(got.conn_use, want->conn_use);
		assert_text("relay", got.relay, want->relay);
		assert_text("address", got.address, want->address);
		assert_int_equal(got.net, want->net);
		assert_int_equal(got.code, want->code);
		assert_int_equal(got.stage, want->stage);
	}
}

static void
test_delivery_times(void **state)
{
	struct log_event got = parse("postfix/smtp",
	    "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":2525, conn_use=3, "
	    "delay=312.75, delays=310/0.25/0.5/2, dsn=2.0.0, status=sent (250 "
	    "2.0.0 Ok)");

	(void)state;
	assert_float_equal(got.setup_s, 0.5, 1e-9);
	assert_float_equal(got.transfer_s, 2, 1e-9);
	assert_int_equal(got.port, 2525);
	ASSERT_SPAN(got.queue_id, "4F2A1B2C3D");
	ASSERT_SPAN(got.transport, "smtp");
	ASSERT_SPAN(got.reply, "250 2.0.0 Ok");
	got = parse("postfix-out/mailfix-c2/smtp",
	    "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":25, delay=1, "
	    "delays=1/x, dsn=2.0.0, status=sent (250 2.0.0 Ok)");
	assert_int_equal(got.kind, LOG_EVENT_DELIVERY);
	assert_true(got.setup_s < 0 && got.transfer_s < 0);
	ASSERT_SPAN(got.transport, "mailfix-c2");
}

/* Lines that can be read in two ways, or are cut off, tell nothing. */
static const char *const silent[] = {
    /* a recipient at b.test, whose quoted name names another one */
    "4F2A1B2C3D: to=<\"a@gmail.com>, orig_to=<\"@b.test>, relay=" WHO
    ":25, " TAIL WHO
    " said: 421 4.7.0 Too many concurrent SMTP connections (in reply "
    "to MAIL FROM command))",
    "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":25, " TAIL WHO
    " said: 450 x@gmail.com>, relay=g[192.0.2.1]:25, delay=1, "
    "delays=0/0/0/1, dsn=4.7.0, status=deferred (host g[192.0.2.1] said: 421 "
    "4.7.0 slow down (in reply to MAIL FROM command))",
    "4F2A1B2C3D: to=<a@gmail.com>, relay=g[192.0.2.1]:25, delay=1, "
    "delays=0/0/0/1, dsn=4.7.0, status=deferred (421)@b.test>, relay=" WHO
    ":25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250)",
    "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":25, delay=1, delays=0/0/0/1, "
    "dsn=2.0.0, status=sent (250",
    "4F2A1B2C3D: to=<a@b.test>, relay=" WHO ":25, delay=1",
    "4F2A1B2C3D: to=<a@b.test>, relay=" WHO,
    "4F2A1B2C3D: to=<a@b.test>",
    "4F2A1B2C3D: to=<a@b.test>, relay=none, delay=1, delays=0/0/0/1, "
    "dsn=2.0.0, status=deliverable (250 ok)",
    "4F2A1B2C3D: removed",
    "4F2A1B2C3D: ",
    "4F2A1B2C3D:",
    "to=<a@b.test>, relay=none, delay=1, delays=0/0/0/1, dsn=4.0.0, "
    "status=deferred (host " WHO " said: 421 x)",
    "enabling PIX workarounds: disable_esmtp delay_dotcrlf for " WHO ":25",
    "Untrusted TLS connection established to " WHO ":25: TLSv1.3",
    "",
};

static void
test_silent(void **state)
{
	struct log_line line = {
	    .text = {"4F2A1B2C3D: to=<a@b.test>", 25}
        };
	struct log_event event;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(silent); i++) {
		const struct log_event got = parse("postfix/smtp", silent[i]);

		print_message("%s\n", silent[i]);
		assert_int_equal(got.kind, LOG_EVENT_NONE);
	}
	assert_int_equal(postfix_log_parse(&line, &event), LOG_EVENT_NONE);
	assert_int_equal(
	    parse("postfix/", "4F2A1B2C3D: client=a[192.0.2.1]").kind,
	    LOG_EVENT_NONE);
	assert_int_equal(
	    parse("smtpd", "connect from a[192.0.2.1]").kind, LOG_EVENT_NONE);
}

static void
test_refusal(void **state)
{
	struct log_event got = parse("postfix/smtp",
	    "4F2A1B2C3D: host " WHO " said: 452 4.3.1 full (in reply to DATA "
	    "command)");

	(void)state;
	assert_int_equal(got.kind, LOG_EVENT_REFUSAL);
	assert_int_equal(got.code, 452);
	assert_int_equal(got.stage, REPLY_STAGE_DATA);
	ASSERT_SPAN(got.queue_id, "4F2A1B2C3D");
	got = parse("postfix/smtp",
	    "connect to mx.b.test[192.0.2.9]:25: No route to host");
	assert_int_equal(got.kind, LOG_EVENT_REFUSAL);
	assert_int_equal(got.net, LOG_NET_UNREACHABLE);
	assert_null(got.queue_id.text);
	got = parse("postfix/smtp", "4F2A1B2C3D: lost connection with " WHO
	                            " while performing the EHLO "
	                            "handshake");
	assert_int_equal(got.kind, LOG_EVENT_REFUSAL);
	assert_int_equal(got.net, LOG_NET_LOST);
	assert_int_equal(got.stage, REPLY_STAGE_EHLO);
	got = parse("postfix/smtp", "SSL_connect error to " WHO ":25: -1");
	assert_int_equal(got.kind, LOG_EVENT_TLS_ERROR);
	got = parse("postfix/smtp",
	    "warning: SASL authentication failure: No worthy mechs found");
	assert_int_equal(got.kind, LOG_EVENT_SASL_OUT_FAILED);
	ASSERT_SPAN(got.detail, "No worthy mechs found");
}

struct other {
	const char *program, *text;
	enum log_event_kind kind;
	enum log_why why;
	int code;
	const char *address, *service, *reply;
	unsigned count;
};

static const struct other others[] = {
    {"postfix/smtpd",            "connect from unknown[192.0.2.3]",
     LOG_EVENT_CLIENT_CONNECT,                                                                                            LOG_WHY_NONE,      0,   "192.0.2.3",   "smtpd",               NULL,
     0                                                                                                                                                                                           },
    {"postfix/submission/smtpd", "connect from c.test[2001:db8::3]:4021",
     LOG_EVENT_CLIENT_CONNECT,                                                                                            LOG_WHY_NONE,      0,   "2001:db8::3", "submission",
     NULL,                                                                                                                                                                                    0  },
    {"postfix/smtpd",            "disconnect from unknown[192.0.2.3] ehlo=1 quit=1",
     LOG_EVENT_CLIENT_DISCONNECT,                                                                                         LOG_WHY_NONE,      0,   "192.0.2.3",   "smtpd",
     NULL,                                                                                                                                                                                    0  },
    {"postfix/smtpd",            "4F2A1B2C3D: client=unknown[192.0.2.3], sasl_method=X",
     LOG_EVENT_CLIENT_MESSAGE,                                                                                            LOG_WHY_NONE,      0,   "192.0.2.3",   "smtpd",               NULL,
     0                                                                                                                                                                                           },
    {"postfix/smtpd",
     "warning: Connection concurrency limit exceeded: 51 from "
        "unknown[192.0.2.3] for service smtp",                                              LOG_EVENT_CLIENT_LIMIT,       LOG_WHY_COUNT,     421, "192.0.2.3",   "smtp",                NULL,
     51                                                                                                                                                                                          },
    {"postfix/smtpd",
     "warning: Connection rate limit exceeded: 91 from a.test[192.0.2.3] for "
        "service smtp",                                                                     LOG_EVENT_CLIENT_LIMIT,       LOG_WHY_RATE,      421, "192.0.2.3",   "smtp",                NULL,
     91                                                                                                                                                                                          },
    {"postfix/submission/smtpd",
     "warning: AUTH command rate limit exceeded: 9 from a.test[192.0.2.3] for "
        "service submission",                                                               LOG_EVENT_CLIENT_LIMIT,       LOG_WHY_AUTH,      450, "192.0.2.3",   "submission",
     NULL,                                                                                                                                                                                    9  },
    {"postfix/smtpd",
     "warning: unknown[192.0.2.3]: SASL LOGIN authentication failed: "
        "UGFzc3dvcmQ6, sasl_username=x[192.0.2.99]: SASL PLAIN",                            LOG_EVENT_CLIENT_AUTH_FAILED, LOG_WHY_AUTH,      535, "192.0.2.3",   "smtpd",
     NULL,                                                                                                                                                                                    0  },
    {"postfix/smtpd",
     "NOQUEUE: reject: RCPT from unknown[192.0.2.3]: 450 4.7.1 <x>: Client "
        "host rejected: cannot find your hostname, [192.0.2.3]; "
        "from=<a@b> to=<c@d> proto=ESMTP helo=<e>",                                         LOG_EVENT_CLIENT_REJECT,      LOG_WHY_POLICY,    450, "192.0.2.3",   "smtpd",
     "450 4.7.1 <x>: Client host rejected: cannot find your hostname, "
        "[192.0.2.3]",                                                                                                                                                                        0  },
    {"postfix/smtpd",
     "NOQUEUE: reject: MAIL from unknown[192.0.2.3]: 452 4.3.1 Insufficient "
        "system storage; proto=ESMTP helo=<e>",                                             LOG_EVENT_CLIENT_REJECT,      LOG_WHY_STORAGE,   452, "192.0.2.3",   "smtpd",
     "452 4.3.1 Insufficient system storage",                                                                                                                                                 0  },
    {"postfix/smtpd",
     "NOQUEUE: reject: RCPT from unknown[192.0.2.3]: 451 4.3.0 <a@b>: "
        "Temporary lookup failure; from=<x> to=<a@b> proto=ESMTP helo=<e>",                 LOG_EVENT_CLIENT_REJECT,      LOG_WHY_LOOKUP,    451, "192.0.2.3",   "smtpd",
     "451 4.3.0 <a@b>: Temporary lookup failure",                                                                                                                                             0  },
    {"postfix/smtpd",
     "NOQUEUE: reject: RCPT from unknown[192.0.2.3]: 451 4.3.5 Server "
        "configuration problem; from=<x> to=<a@b> proto=ESMTP helo=<e>",                    LOG_EVENT_CLIENT_REJECT,      LOG_WHY_CONFIG,    451, "192.0.2.3",   "smtpd",
     "451 4.3.5 Server configuration problem",                                                                                                                                                0  },
    {"postfix/smtpd",
     "NOQUEUE: milter-reject: CONNECT from unknown[192.0.2.3]: 451 4.7.1 "
        "Service unavailable - try again later; proto=SMTP",                                LOG_EVENT_CLIENT_REJECT,      LOG_WHY_MILTER,    451, "192.0.2.3",   "smtpd",
     "451 4.7.1 Service unavailable - try again later",                                                                                                                                       0  },
    {"postfix/cleanup",
     "4F2A1B2C3D: milter-reject: END-OF-MESSAGE from unknown[192.0.2.3]: "
        "4.7.1 Service unavailable - try again later; from=<a@b> to=<c@d> "
        "proto=ESMTP helo=<e>",                                                             LOG_EVENT_CLIENT_REJECT,      LOG_WHY_MILTER,    451, "192.0.2.3",   "cleanup",
     "4.7.1 Service unavailable - try again later",                                                                                                                                           0  },
    {"postfix/cleanup",
     "4F2A1B2C3D: milter-reject: END-OF-MESSAGE from unknown[192.0.2.3]: "
        "5.7.1 Spam message rejected; from=<a@b>",                                          LOG_EVENT_CLIENT_REJECT,      LOG_WHY_POLICY,    550, "192.0.2.3",   "cleanup",
     "5.7.1 Spam message rejected",                                                                                                                                                           0  },
    {"postfix/smtpd",            "lost connection after AUTH from unknown[192.0.2.3]",
     LOG_EVENT_CLIENT_LOST,                                                                                               LOG_WHY_NONE,      0,   "192.0.2.3",   "smtpd",               NULL, 0  },
    {"postfix/smtpd",            "timeout after DATA (9 bytes) from unknown[192.0.2.3]",
     LOG_EVENT_CLIENT_LOST,                                                                                               LOG_WHY_TIMEOUT,   421, "192.0.2.3",   "smtpd",               NULL,
     0                                                                                                                                                                                           },
    {"postfix/smtpd",            "too many errors after RCPT from unknown[192.0.2.3]",
     LOG_EVENT_CLIENT_REJECT,                                                                                             LOG_WHY_ERRORS,    421, "192.0.2.3",   "smtpd",
     NULL,                                                                                                                                                                                    0  },
    {"postfix/smtpd",
     "SSL_accept error from unknown[192.0.2.3]: lost connection",                           LOG_EVENT_TLS_ERROR,          LOG_WHY_NONE,      0,   NULL,          "smtpd",               NULL, 0  },
    {"postfix/postscreen",
     "NOQUEUE: reject: CONNECT from [192.0.2.3]:4021: too many connections",                LOG_EVENT_CLIENT_LIMIT,       LOG_WHY_COUNT,     421, "192.0.2.3",   "postscreen",
     NULL,                                                                                                                                                                                    0  },
    {"postfix/postscreen",
     "NOQUEUE: reject: CONNECT from [192.0.2.3]:4021: all server ports busy",               LOG_EVENT_CLIENT_REJECT,      LOG_WHY_PROCESSES, 421, "192.0.2.3",
     "postscreen",                                                                                                                                                                      NULL, 0  },
    {"postfix/postscreen",
     "reject: connect from [192.0.2.3]:4021: all screening ports busy",                     LOG_EVENT_CLIENT_REJECT,      LOG_WHY_PROCESSES, 421, "192.0.2.3",
     "postscreen",                                                                                                                                                                      NULL, 0  },
    {"postfix/postscreen",
     "NOQUEUE: reject: RCPT from [192.0.2.3]:4021: 550 5.7.1 Service "
        "unavailable; client [192.0.2.3] blocked using x; from=<a@b>",                      LOG_EVENT_CLIENT_REJECT,      LOG_WHY_POLICY,    550, "192.0.2.3",   "postscreen",
     NULL,                                                                                                                                                                                    0  },
    {"postfix/master",
     "warning: service \"smtp\" (25) has reached its process limit \"100\": "
        "new clients may experience noticeable delays",                                     LOG_EVENT_PROCESS_LIMIT,      LOG_WHY_PROCESSES, 0,   NULL,          "smtp",                NULL, 100},
    {"postfix/master",           "terminating on signal 15",                                LOG_EVENT_SHUTDOWN,
     LOG_WHY_SHUTDOWN,                                                                                                                       0,   NULL,          NULL,                  NULL, 0  },
    {"postfix/master",           "reload -- version 3.7.11, configuration /etc/postfix",
     LOG_EVENT_SHUTDOWN,                                                                                                  LOG_WHY_SHUTDOWN,  0,   NULL,          NULL,                  NULL, 0  },
    {"postfix/smtpd",
     "warning: connect to Milter service inet:localhost:8891: Connection "
        "refused",                                                                          LOG_EVENT_MILTER_DOWN,        LOG_WHY_MILTER,    0,   NULL,          "inet:localhost:8891",
     NULL,                                                                                                                                                                                    0  },
    {"postfix/cleanup",
     "warning: milter unix:/run/x.sock: can't read SMFIC_BODYEOB reply packet "
        "header: Connection timed out",                                                     LOG_EVENT_MILTER_DOWN,        LOG_WHY_MILTER,    0,   NULL,          "unix:/run/x.sock",
     NULL,                                                                                                                                                                                    0  },
    {"postfix/smtpd",
     "warning: problem talking to server 127.0.0.1:10023: Connection refused",              LOG_EVENT_LOOKUP_FAILED,      LOG_WHY_LOOKUP,    0,   NULL,          "127.0.0.1:10023",
     NULL,                                                                                                                                                                                    0  },
    {"postfix/smtpd",
     "warning: SASL: Connect to private/auth failed: Connection refused",                   LOG_EVENT_LOOKUP_FAILED,      LOG_WHY_LOOKUP,    0,   NULL,          "private/auth",        NULL,
     0                                                                                                                                                                                           },
    {"postfix/smtpd",
     "warning: SASL: Connect to Dovecot auth socket 'private/auth' failed: "
        "Connection refused",                                                               LOG_EVENT_LOOKUP_FAILED,      LOG_WHY_LOOKUP,    0,   NULL,          "private/auth",        NULL,
     0                                                                                                                                                                                           },
    {"postfix/trivial-rewrite",
     "warning: hash:/etc/postfix/transport is unavailable. open database "
        "/etc/postfix/transport.db: No such file or directory",                             LOG_EVENT_LOOKUP_FAILED,      LOG_WHY_LOOKUP,    0,   NULL,
     "hash:/etc/postfix/transport",                                                                                                                                                     NULL, 0  },
    {"postfix/cleanup",
     "warning: proxy:mysql:/etc/postfix/v.cf lookup error for \"a@b\"",                     LOG_EVENT_LOOKUP_FAILED,      LOG_WHY_LOOKUP,    0,   NULL,
     "proxy:mysql:/etc/postfix/v.cf",                                                                                                                                                   NULL, 0  },
    {"postfix/smtpd",
     "warning: not enough free space in mail queue: 9 bytes < 1.5*message "
        "size limit",                                                                       LOG_EVENT_STORAGE,            LOG_WHY_STORAGE,   452, NULL,          NULL,                  NULL, 0  },
    {"postfix/cleanup",
     "warning: 4F2A1B2C3D: write queue file: No space left on device",                      LOG_EVENT_STORAGE,            LOG_WHY_STORAGE,   0,   NULL,          NULL,                  NULL, 0  },
 /* a client wrote these */
    {"postfix/smtpd",
     "warning: Illegal address syntax from x[192.0.2.3] in MAIL command: x: "
        "No space left on device",                                                          LOG_EVENT_NONE,               LOG_WHY_NONE,      0,   NULL,          NULL,                  NULL, 0  },
    {"postfix/cleanup",
     "4F2A1B2C3D: warning: header Subject: x: No space left on device",                     LOG_EVENT_NONE,               LOG_WHY_NONE,      0,   NULL,          NULL,                  NULL, 0  },
    {"postfix/smtpd",
     "NOQUEUE: reject_warning: RCPT from unknown[192.0.2.3]: 450 4.7.1 x; "
        "from=<>",                                                                          LOG_EVENT_NONE,               LOG_WHY_NONE,      0,   NULL,          NULL,                  NULL, 0  },
    {"postfix/smtpd",            "connect from a b[192.0.2.3]",                             LOG_EVENT_NONE,
     LOG_WHY_NONE,                                                                                                                           0,   NULL,          NULL,                  NULL, 0  },
    {"postfix/smtpd",            "client=unknown[192.0.2.3]",                               LOG_EVENT_NONE,               LOG_WHY_NONE,
     0,                                                                                                                                           NULL,          NULL,                  NULL, 0  },
    {"postfix/qmgr",             "4F2A1B2C3D: from=<a@b>, size=9, nrcpt=1 (queue expired)",
     LOG_EVENT_NONE,                                                                                                      LOG_WHY_NONE,      0,   NULL,          NULL,                  NULL, 0  },
    {"postfix/cleanup",          "4F2A1B2C3D: message-id=<>",                               LOG_EVENT_NONE,
     LOG_WHY_NONE,                                                                                                                           0,   NULL,          NULL,                  NULL, 0  },
    {"postfix/smtpd",            "4F2A1B2C3D: message-id=<a@x>",                            LOG_EVENT_NONE,
     LOG_WHY_NONE,                                                                                                                           0,   NULL,          NULL,                  NULL, 0  },
    {"postfix/cleanup",          "4F2A1B2C3D: message-id=<421 4.7.0@x>",                    LOG_EVENT_NAMED,
     LOG_WHY_NONE,                                                                                                                           0,   NULL,          NULL,                  NULL, 0  },
};

static void
test_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
		const struct other *want = &others[i];
		const struct log_event got = parse(want->program, want->text);

		print_message("%s\n", want->text);
		assert_int_equal(got.kind, want->kind);
		if (want->kind == LOG_EVENT_NONE)
			continue;
		assert_int_equal(got.why, want->why);
		assert_int_equal(got.code, want->code);
		assert_int_equal(got.count, want->count);
		if (want->address != NULL)
			assert_text("address", got.address, want->address);
		if (want->service != NULL)
			assert_text("service", got.service, want->service);
		if (want->reply != NULL)
			assert_text("reply", got.reply, want->reply);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_delivery),
	    cmocka_unit_test(test_delivery_times),
	    cmocka_unit_test(test_silent),
	    cmocka_unit_test(test_refusal),
	    cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
