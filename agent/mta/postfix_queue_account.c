/*
 * postfix_queue_account.c - who submitted a message, by its queue file
 *
 * Purpose  the login or the client that smtpd noted, the uid that pickup noted
 * Input    bytes of a queue file: hostile
 * Errors   what does not tell for sure tells nothing
 * Runs as  the queue's observer, in the closed sandbox, in several threads
 * Source   Postfix smtpd.c (mail_open_stream), pickup.c (pickup_copy)
 */
#include <string.h>

#include "agent/mta/postfix_queue_file.h"

static void
keep(struct postfix_kept *kept, const char *text, size_t length)
{
	if (kept->is_there) /* the first one counts */
		return;
	kept->is_there = true;
	if (length > sizeof(kept->text))
		return;
	memcpy(kept->text, text, length);
	kept->length = length;
}

#define LITERAL(text) (text), sizeof(text) - 1

static bool
begins(const char *data, size_t size, const char *with, size_t length)
{
	return size >= length && memcmp(data, with, length) == 0;
}

void
postfix_account_attribute(
    struct postfix_file *file, const char *data, size_t size)
{
	const struct {
		const char *name;
		struct postfix_kept *kept;
	} wanted[] = {
	    {"sasl_username=",      &file->login     },
	    {"client_address=",     &file->client    },
	    {"log_client_address=", &file->log_client},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const size_t length = strlen(wanted[i].name);

		if (!begins(data, size, wanted[i].name, length))
			continue;
		keep(wanted[i].kept, data + length, size - length);
		return;
	}
}

bool
postfix_account_uid(const char *data, size_t size, struct postfix_kept *ret)
{
	static const char before[] = ", from userid ";
	const char *end = data + size, *at, *digits;

	if (!begins(data, size, LITERAL("Received: by ")))
		return false;
	at = memmem(data, size, before, sizeof(before) - 1);
	if (at == NULL)
		return false;
	digits = at += sizeof(before) - 1;
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	if (at == digits || at + 1 != end || *at != ')')
		return false;
	keep(ret, digits, (size_t)(at - digits));
	return true;
}

static struct queue_text
told(const struct postfix_kept *kept)
{
	return (struct queue_text){
	    kept->length != 0 ? kept->text : NULL, kept->length};
}

/* One that a proxy or a filter passed on has another client than its own. */
void
postfix_account_tell(struct postfix_file *file)
{
	struct queue_message *message = &file->message;
	const struct postfix_kept *client = &file->client;

	if (file->login.is_there)
		message->login = told(&file->login);
	else if (client->is_there && file->log_client.is_there &&
	         client->length == file->log_client.length &&
	         memcmp(client->text, file->log_client.text, client->length) ==
	             0)
		message->client = told(client);
	else if (!client->is_there && !file->log_client.is_there)
		message->uid = told(&file->uid);
}
