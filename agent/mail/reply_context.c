/*
 * reply_context.c - what stands around a reply: who said it, and when
 *
 * Purpose  stage of the dialogue, relay, and where the reply ends
 * Input    one line, hostile
 * Errors   none: what is not told stays unknown
 * Runs as  both roles
 * Source   Postfix smtp_proto.c, smtp_trouble.c, smtpd.c; Exim deliver.c and
 *          transports/smtp.c; Sendmail deliver.c; qmail-remote.c; RFC 3464
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agent/base/auto.h"
#include "agent/base/text.h"
#include "agent/mail/reply_parts.h"

/* The first that occurs decides: the more special ones come first. */
static const struct {
	const char *words;
	enum reply_stage stage;
} stages[] = {
    {"in reply to end of DATA",                         REPLY_STAGE_END_OF_DATA},
    {"in reply to DATA",                                REPLY_STAGE_DATA       },
    {"in reply to RCPT",                                REPLY_STAGE_RCPT       },
    {"in reply to MAIL",                                REPLY_STAGE_MAIL       },
    {"in reply to EHLO",                                REPLY_STAGE_EHLO       },
    {"in reply to HELO",                                REPLY_STAGE_EHLO       },
    {"in reply to LHLO",                                REPLY_STAGE_EHLO       },
    {"in reply to STARTTLS",                            REPLY_STAGE_STARTTLS   },
    {"in reply to AUTH",                                REPLY_STAGE_AUTH       },
    {"in reply to QUIT",                                REPLY_STAGE_QUIT       },
    {"while sending end of data",                       REPLY_STAGE_END_OF_DATA},
    {"while sending message body",                      REPLY_STAGE_END_OF_DATA},
    {"while sending DATA",                              REPLY_STAGE_DATA       },
    {"while sending RCPT",                              REPLY_STAGE_RCPT       },
    {"while sending MAIL",                              REPLY_STAGE_MAIL       },
    {"while sending QUIT",                              REPLY_STAGE_QUIT       },
    {"while performing the initial protocol handshake", REPLY_STAGE_EHLO       },
    {"while performing the EHLO",                       REPLY_STAGE_EHLO       },
    {"while performing the HELO",                       REPLY_STAGE_EHLO       },
    {"initial server greeting",                         REPLY_STAGE_GREETING   },
    {"refused to talk to me",                           REPLY_STAGE_GREETING   },
    {"but greeting failed",                             REPLY_STAGE_GREETING   },
    {"after initial connection",                        REPLY_STAGE_GREETING   },
    {"after end of data",                               REPLY_STAGE_END_OF_DATA},
    {"after sending data block",                        REPLY_STAGE_END_OF_DATA},
    {"after END-OF-MESSAGE",                            REPLY_STAGE_END_OF_DATA},
    {"failed after I sent the message",                 REPLY_STAGE_END_OF_DATA},
    {"does not like recipient",                         REPLY_STAGE_RCPT       },
    {"but sender was rejected",                         REPLY_STAGE_MAIL       },
    {"failed on DATA command",                          REPLY_STAGE_DATA       },
    {"END-OF-MESSAGE from ",                            REPLY_STAGE_END_OF_DATA},
    {"after RCPT",                                      REPLY_STAGE_RCPT       },
    {"after pipelined RCPT",                            REPLY_STAGE_RCPT       },
    {"after MAIL",                                      REPLY_STAGE_MAIL       },
    {"after pipelined MAIL",                            REPLY_STAGE_MAIL       },
    {"after DATA",                                      REPLY_STAGE_DATA       },
    {"after sending DATA",                              REPLY_STAGE_DATA       },
    {"after pipelined sending DATA",                    REPLY_STAGE_DATA       },
    {"after STARTTLS",                                  REPLY_STAGE_STARTTLS   },
    {"after AUTH",                                      REPLY_STAGE_AUTH       },
    {"after EHLO",                                      REPLY_STAGE_EHLO       },
    {"after HELO",                                      REPLY_STAGE_EHLO       },
    {"after CONNECT",                                   REPLY_STAGE_GREETING   },
    {"RCPT from ",                                      REPLY_STAGE_RCPT       },
    {"MAIL from ",                                      REPLY_STAGE_MAIL       },
    {"DATA from ",                                      REPLY_STAGE_DATA       },
    {"STARTTLS from ",                                  REPLY_STAGE_STARTTLS   },
    {"EHLO from ",                                      REPLY_STAGE_EHLO       },
    {"HELO from ",                                      REPLY_STAGE_EHLO       },
    {"CONNECT from ",                                   REPLY_STAGE_GREETING   },
    {"SASL authentication failed",                      REPLY_STAGE_AUTH       },
    {"Cannot start TLS",                                REPLY_STAGE_STARTTLS   },
    {"(EHLO)",                                          REPLY_STAGE_EHLO       },
    {"(HELO)",                                          REPLY_STAGE_EHLO       },
    {"(in RCPT TO)",                                    REPLY_STAGE_RCPT       },
    {"connect to ",                                     REPLY_STAGE_CONNECT    },
    {"able to establish an SMTP connection",            REPLY_STAGE_CONNECT    },
};

enum reply_stage
reply_stage_find(const char *text)
{
	for (size_t i = 0; i < ARRAY_COUNT(stages); i++)
		if (strcasestr(text, stages[i].words) != NULL)
			return stages[i].stage;
	return REPLY_STAGE_UNKNOWN;
}

/* What stands before a server's name; what the name must be followed by. */
static const struct {
	const char *words;
	bool needs_address;
} names[] = {
    {"host ",             true },
    {"relay=",            false},
    {"connect to ",       true },
    {" with ",            true },
    {"H=",                true },
    {"Remote-MTA: dns;",  false},
    {"Remote-MTA:dns;",   false},
    {"Remote-MTA: smtp;", false},
};

static size_t
host_length(const char *text)
{
	size_t n = 0;
	bool has_dot = false, has_letter = false;

	while (isalnum((unsigned char)text[n]) ||
	       (text[n] != '\0' && strchr("._-", text[n]) != NULL)) {
		has_dot |= text[n] == '.';
		has_letter |= isalpha((unsigned char)text[n]) != 0;
		n++;
	}
	while (n > 0 && text[n - 1] == '.')
		n--;
	return has_dot && has_letter && n <= 255 ? n : 0;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]", perhaps after a space or a point */
static const char *
address_after(const char *text, size_t *ret_length)
{
	size_t n = 0;

	while (*text == ' ' || *text == '.')
		text++;
	if (*text++ != '[')
		return NULL;
	if (strncasecmp(text, "IPv6:", 5) == 0)
		text += 5;
	while (isxdigit((unsigned char)text[n]) || text[n] == '.' ||
	       text[n] == ':')
		n++;
	if (n < 3 || n > 45 || text[n] != ']')
		return NULL;
	*ret_length = n;
	return text;
}

static bool
relay_take(struct arena *arena, const char *text, bool needs_address,
    struct reply *ret)
{
	size_t n, length = 0;
	const char *address;

	while (*text == ' ' || *text == '"')
		text++;
	n = host_length(text);
	if (n == 0)
		return false;
	address = address_after(text + n, &length);
	if (address == NULL && needs_address)
		return false;
	ret->relay = arena_dup_n(arena, text, n);
	if (address != NULL)
		ret->relay_address = arena_dup_n(arena, address, length);
	return true;
}

void
reply_relay_find(struct arena *arena, const char *text, struct reply *ret)
{
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		const char *at = text;

		while ((at = strcasestr(at, names[i].words)) != NULL) {
			at += strlen(names[i].words);
			if (relay_take(arena, at, names[i].needs_address, ret))
				return;
		}
	}
}

/* What comes after a reply and is not of it. */
static const char *const tails[] = {" (in reply to ", "; from=<", "; client=",
    "; proto=", " Last-Attempt-Date:", " Will-Retry-Until:", " Remote-MTA:",
    " Final-Recipient:", " Original-Recipient:", " Action:", " Status: ",
    " Reporting-MTA:", " Diagnostic-Code:", "\" Attempted failover",
    ". Attempted failover", "}[", NULL};

size_t
reply_tail_cut(const char *text, size_t length)
{
	size_t end = length;

	for (size_t i = 0; tails[i] != NULL; i++) {
		const char *at = strcasestr(text, tails[i]);

		if (at != NULL && (size_t)(at - text) < end)
			end = (size_t)(at - text);
	}
	return end;
}
