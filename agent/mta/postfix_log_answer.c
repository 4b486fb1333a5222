/*
 * postfix_log_answer.c - what stands in the brackets of a delivery
 *
 * Purpose  who said it, the code, the stage, or how the connection failed
 * Input    the reason of a delivery that failed: hostile, a server wrote most
 * Errors   none of the known forms: nothing is set
 * Runs as  observer
 * Source   Postfix 2.11 to 3.11: smtp_proto.c, smtp_trouble.c, smtp_connect.c,
 *          smtp_addr.c, smtp_sasl_glue.c
 */
#include "agent/base/auto.h"
#include "agent/mta/postfix_log.h"

struct word {
	const char *text;
	int value;
};

/* "(in reply to X command)": smtp_proto.c, xfer_request */
static const struct word commands[] = {
    {"end of DATA command", REPLY_STAGE_END_OF_DATA},
    {"MAIL FROM command",   REPLY_STAGE_MAIL       },
    {"RCPT TO command",     REPLY_STAGE_RCPT       },
    {"DATA command",        REPLY_STAGE_DATA       },
    {"BDAT command",        REPLY_STAGE_END_OF_DATA},
    {"EHLO command",        REPLY_STAGE_EHLO       },
    {"HELO command",        REPLY_STAGE_EHLO       },
    {"LHLO command",        REPLY_STAGE_EHLO       },
    {"XCLIENT command",     REPLY_STAGE_EHLO       },
    {"STARTTLS command",    REPLY_STAGE_STARTTLS   },
    {"AUTH command",        REPLY_STAGE_AUTH       },
    {"final RSET command",  REPLY_STAGE_QUIT       },
    {"QUIT command",        REPLY_STAGE_QUIT       },
};

/* "while X": smtp_proto.c, xfer_state; the beginning is enough */
static const struct word moments[] = {
    {"receiving the initial server greeting", REPLY_STAGE_GREETING   },
    {"receiving the initial SMTP greeting",   REPLY_STAGE_GREETING   },
    {"performing the EHLO",                   REPLY_STAGE_EHLO       },
    {"performing the HELO",                   REPLY_STAGE_EHLO       },
    {"performing the LHLO",                   REPLY_STAGE_EHLO       },
    {"performing the XCLIENT",                REPLY_STAGE_EHLO       },
    {"receiving the STARTTLS",                REPLY_STAGE_STARTTLS   },
    {"performing the TLS",                    REPLY_STAGE_STARTTLS   },
    {"receiving AUTH",                        REPLY_STAGE_AUTH       },
    {"sending MAIL FROM",                     REPLY_STAGE_MAIL       },
    {"sending RCPT TO",                       REPLY_STAGE_RCPT       },
    {"sending DATA command",                  REPLY_STAGE_DATA       },
    {"sending message body",                  REPLY_STAGE_END_OF_DATA},
    {"sending end of data",                   REPLY_STAGE_END_OF_DATA},
    {"sending final RSET",                    REPLY_STAGE_QUIT       },
    {"sending QUIT",                          REPLY_STAGE_QUIT       },
};

/* strerror(3) of connect(2) */
static const struct word failures[] = {
    {"Connection timed out",            LOG_NET_TIMEOUT    },
    {"Operation timed out",             LOG_NET_TIMEOUT    },
    {"Connection refused",              LOG_NET_REFUSED    },
    {"Connection reset",                LOG_NET_LOST       },
    {"Broken pipe",                     LOG_NET_LOST       },
    {"No route to host",                LOG_NET_UNREACHABLE},
    {"Network is unreachable",          LOG_NET_UNREACHABLE},
    {"Network is down",                 LOG_NET_UNREACHABLE},
    {"Host is down",                    LOG_NET_UNREACHABLE},
    {"Host is unreachable",             LOG_NET_UNREACHABLE},
    {"Permission denied",               LOG_NET_REFUSED    },
    {"Operation not permitted",         LOG_NET_REFUSED    },
    {"Cannot assign requested address", LOG_NET_UNREACHABLE},
    {"Address family not supported",    LOG_NET_UNREACHABLE},
    {"No such file or directory",       LOG_NET_REFUSED    },
};

static int
word_find(const struct word *words, size_t count, struct span text, int other)
{
	for (size_t i = 0; i < count; i++)
		if (log_starts(text, words[i].text, strlen(words[i].text)))
			return words[i].value;
	return other;
}

#define WORD_FIND(words, text, other)                                          \
	word_find(words, ARRAY_COUNT(words), text, other)

/*
 * command_find - the stage that the end of the text tells
 * At the very end and nowhere else: a reply may hold those words as well.
 */
static enum reply_stage
command_find(struct span text)
{
	static const char before[] = "(in reply to ";
	/* longer than the longest: "(in reply to end of DATA command)" */
	const uint32_t longest = 40;
	const uint32_t skip = text.length > longest ? text.length - longest : 0;
	struct span tail = log_from(text, skip);
	const char *at = NULL, *next;

	if (tail.length == 0 || tail.text[tail.length - 1] != ')')
		return REPLY_STAGE_UNKNOWN;
	while ((next = memmem(tail.text, tail.length, before,
	            sizeof(before) - 1)) != NULL) {
		at = next;
		tail = log_from(tail, (size_t)(next - tail.text) + 1);
	}
	if (at == NULL)
		return REPLY_STAGE_UNKNOWN;
	tail = log_from(text, (size_t)(at - text.text) + sizeof(before) - 1);
	tail.length--;
	for (size_t i = 0; i < ARRAY_COUNT(commands); i++)
		if (span_is(tail, commands[i].text))
			return (enum reply_stage)commands[i].value;
	return REPLY_STAGE_UNKNOWN;
}

/* "host NAME[ADDRESS] said: ...", "host ... refused to talk to me: ..." */
static bool
said(struct span text, struct log_event *ret)
{
	(void)LOG_EAT(&text, "Protocol error: ");
	if (LOG_EAT(&text, "TLS is required, but host ")) {
		if (!log_peer(&text, &ret->relay, &ret->address, &ret->port) ||
		    !LOG_EAT(&text, " refused to start TLS: "))
			return false;
		ret->stage = REPLY_STAGE_STARTTLS;
	} else if (!LOG_EAT(&text, "host ") ||
	           !log_peer(&text, &ret->relay, &ret->address, &ret->port)) {
		return false;
	} else if (LOG_EAT(&text, " refused to talk to me: ")) {
		ret->stage = REPLY_STAGE_GREETING;
	} else if (LOG_EAT(&text, " said: ")) {
		ret->stage = command_find(text);
	} else {
		return false;
	}
	ret->code = (int16_t)log_code(text);
	return true;
}

/* "lost connection with X while Y", "conversation with X timed out while Y" */
static bool
broke(struct span text, struct log_event *ret)
{
	const bool is_lost = LOG_EAT(&text, "lost connection with ");

	if (!is_lost && !LOG_EAT(&text, "conversation with "))
		return false;
	if (!log_peer(&text, &ret->relay, &ret->address, &ret->port))
		return false;
	if (!LOG_EAT(&text, " while ") && !LOG_EAT(&text, " timed out while "))
		return false;
	ret->net = is_lost ? LOG_NET_LOST : LOG_NET_TIMEOUT;
	ret->stage =
	    (enum reply_stage)WORD_FIND(moments, text, REPLY_STAGE_UNKNOWN);
	return true;
}

/* "connect to NAME[ADDRESS]:25: Connection refused" */
static bool
not_connected(struct span text, struct log_event *ret)
{
	if (!LOG_EAT(&text, "connect to ") ||
	    !log_peer(&text, &ret->relay, &ret->address, &ret->port) ||
	    !LOG_EAT(&text, ": "))
		return false;
	ret->stage = REPLY_STAGE_CONNECT;
	ret->net = (enum log_net)WORD_FIND(failures, text, LOG_NET_UNREACHABLE);
	return true;
}

/* No address of the destination was found. */
static bool
not_found(struct span text, struct log_event *ret)
{
	if (!LOG_EAT(&text, "Host or domain name not found. ") &&
	    !LOG_EAT(&text, "Name service error for ") &&
	    !LOG_EAT(&text, "Host not found") &&
	    !LOG_EAT(&text, "unable to look up host ") &&
	    !LOG_EAT(&text, "unable to find primary relay for "))
		return false;
	ret->stage = REPLY_STAGE_CONNECT;
	ret->net = LOG_NET_DNS;
	return true;
}

/* Our login, or the TLS, failed on a connection that stood. */
static bool
not_secured(struct span text, struct log_event *ret)
{
	struct span before;

	if (LOG_EAT(&text, "TLS is required, but was not offered by host ")) {
		ret->stage = REPLY_STAGE_STARTTLS;
		return log_peer(&text, &ret->relay, &ret->address, &ret->port);
	}
	if (LOG_EAT(&text, "Cannot start TLS") ||
	    LOG_EAT(&text, "Server certificate not ") ||
	    LOG_EAT(&text, "TLS is required, but ")) {
		ret->stage = REPLY_STAGE_STARTTLS;
		return true;
	}
	/* "SASL authentication failed; server X[A] said: 535 ...", "[CACHED]" */
	if (!LOG_EAT(&text, "SASL ") ||
	    (!LOG_EAT(&text, "authentication failed") &&
	        !LOG_EAT(&text, "[CACHED] authentication failed")))
		return false;
	ret->stage = REPLY_STAGE_AUTH;
	if (LOG_UNTIL(&text, " server ", &before) &&
	    log_peer(&text, &ret->relay, &ret->address, &ret->port) &&
	    (LOG_EAT(&text, " said: ") || LOG_EAT(&text, ": ")))
		ret->code = (int16_t)log_code(text);
	return true;
}

bool
postfix_log_answer(struct span text, struct log_event *ret)
{
	if (text.length == 0)
		return false;
	switch (text.text[0]) {
	case 'h':
		return said(text, ret);
	case 'l':
		return broke(text, ret);
	case 'c':
		return broke(text, ret) || not_connected(text, ret);
	case 'P':
		return said(text, ret);
	case 'T':
		return said(text, ret) || not_secured(text, ret);
	case 'S':
	case 'C':
		return not_secured(text, ret);
	case 'H':
	case 'N':
	case 'u':
		return not_found(text, ret);
	default:
		return false;
	}
}
