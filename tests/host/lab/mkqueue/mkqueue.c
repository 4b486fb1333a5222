/*
 * mkqueue.c - fill a Postfix queue with deferred messages nobody has sent
 *
 * Purpose  tests and benchmarks need queues of up to a million messages within
 *          seconds; Postfix itself takes minutes, and needs a peer that defers
 * Input    the command line, see the table of settings: trusted
 * Yields   one line for each message on stdout: queue id, message id,
 *          recipients, with tabs between them
 * Errors   end the program; what was written before them stays
 * Runs as  root
 * Source   queuefile.h; splitmix64 is public domain (Vigna, 2015)
 *
 * The same seed makes the same messages, apart from what holds the time or an
 * inode number.
 * Source   Postfix src/global/rec_type.h and record(3), as queuefile.c says
 */
#include <err.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queuefile.h"

#define DOMAINS_MAX 100000

struct range {
	long min;
	long max;
};

/* What is asked for. */
struct order {
	struct queue queue;
	long count;
	long invented; /* so many domains, when none is named */
	struct range ages_s;
	struct range bounce_ages_s;
	long next_try_s;
	double skew;
	double several; /* share of messages with several recipients */
	double bounces;
	const char *reason;
	long seed;
	long domain_count;
	const char *domains[DOMAINS_MAX];
	double cumulated[DOMAINS_MAX]; /* the domains' weights */
};

static struct order order = {
    .queue = {.host = "mx1.example.com"},
    .count = 1000,
    .invented = 500,
    .ages_s = { 60,                5 * 86400},
    .bounce_ages_s = { 60,                5 * 86400},
    .next_try_s = 3600,
    .skew = 1.1,
    .seed = 1,
};

/* Why mail waits, after its status; %s is the domain. */
static const char *const reasons[] = {
    "4.7.0 host mx.%s[198.51.100.1] said: 421 4.7.0 [TSS04] Messages from "
    "192.0.2.10 temporarily deferred due to unexpected volume or user "
    "complaints (in reply to MAIL FROM command)",
    "4.7.28 host mx.%s[198.51.100.1] said: 421 4.7.28 Our system has detected "
    "an unusual rate of unsolicited mail (in reply to end of DATA command)",
    "4.7.1 host mx.%s[198.51.100.1] refused to talk to me: 421 4.7.1 Service "
    "not available - too many connections from your IP",
    "4.4.1 connect to mx.%s[198.51.100.1]:25: Connection timed out",
    "4.4.1 connect to mx.%s[198.51.100.1]:25: Connection refused",
    "4.7.1 host mx.%s[198.51.100.1] said: 451 4.7.1 Greylisting in action, "
    "please come back later (in reply to RCPT TO command)",
    "4.2.2 host mx.%s[198.51.100.1] said: 452 4.2.2 The email account that you "
    "tried to reach is over quota (in reply to RCPT TO command)",
    "4.4.3 Host or domain name not found. Name service error for name=%s "
    "type=MX: Host not found, try again",
};

#define REASON_COUNT (sizeof(reasons) / sizeof(reasons[0]))

static void
parse_count(void *target, const char *text)
{
	*(long *)target = strtol(text, NULL, 10);
}

static void
parse_real(void *target, const char *text)
{
	*(double *)target = strtod(text, NULL);
}

static void
parse_range(void *target, const char *text)
{
	struct range *range = target;

	if (sscanf(text, "%ld-%ld", &range->min, &range->max) != 2 ||
	    range->min > range->max)
		errx(64, "not a range of seconds: %s", text);
}

static void
parse_text(void *target, const char *text)
{
	*(const char **)target = text;
}

static void
parse_owner(void *target, const char *text)
{
	struct queue *queue = target;

	if (sscanf(text, "%u:%u", &queue->uid, &queue->gid) != 2)
		errx(64, "not UID:GID: %s", text);
}

static void
parse_id_length(void *target, const char *text)
{
	*(bool *)target = strcmp(text, "long") == 0;
}

static void
parse_domain(void *target, const char *text)
{
	long *count = target;

	if (*count == DOMAINS_MAX)
		errx(64, "too many domains");
	order.domains[(*count)++] = text;
}

static const struct {
	char letter;
	void (*parse)(void *target, const char *text);
	void *target;
	const char *help;
} settings[] = {
    {'n', parse_count,     &order.count,          "COUNT messages (1000)"                  },
    {'d', parse_count,     &order.invented,       "COUNT of domains to invent (500)"       },
    {'D', parse_domain,    &order.domain_count,   "DOMAIN to use; repeat for more"         },
    {'z', parse_real,      &order.skew,           "EXPONENT of the domains' Zipf law (1.1)"},
    {'m', parse_real,      &order.several,        "SHARE with several recipients (0)"      },
    {'b', parse_real,      &order.bounces,        "SHARE that are bounces (0)"             },
    {'a', parse_range,     &order.ages_s,         "MIN-MAX seconds old (60-432000)"        },
    {'A', parse_range,     &order.bounce_ages_s,  "MIN-MAX, the same for bounces"          },
    {'f', parse_count,     &order.next_try_s,     "SECONDS to the next try (3600)"         },
    {'r', parse_text,      &order.reason,         "STATUS TEXT why all wait (a mix)"       },
    {'H', parse_text,      &order.queue.host,     "NAME of the host"                       },
    {'o', parse_owner,     &order.queue,          "UID:GID who owns the files (0:0)"       },
    {'i', parse_id_length, &order.queue.long_ids, "short|long queue ids"                   },
    {'s', parse_count,     &order.seed,           "SEED of the random numbers (1)"         },
};

#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))

static _Noreturn void
usage(void)
{
	fputs("usage: mkqueue [-LETTER VALUE]... QUEUE-DIRECTORY\n", stderr);
	for (size_t i = 0; i < SETTING_COUNT; i++)
		fprintf(
		    stderr, "  -%c %s\n", settings[i].letter, settings[i].help);
	exit(64);
}

static void
order_read(int argc, char **argv)
{
	char letters[2 * SETTING_COUNT + 1] = "";
	int option;

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		letters[2 * i] = settings[i].letter;
		letters[2 * i + 1] = ':';
	}
	while ((option = getopt(argc, argv, letters)) >= 0) {
		if (option == '?')
			usage();
		for (size_t i = 0; i < SETTING_COUNT; i++)
			if (settings[i].letter == option)
				settings[i].parse(settings[i].target, optarg);
	}
	if (optind != argc - 1 || order.invented < 1 ||
	    order.invented > DOMAINS_MAX)
		usage();
	order.queue.path = argv[optind];
}

/* Invent domains if none is named, and weigh them as Zipf says. */
static void
domains_prepare(void)
{
	double sum = 0;

	if (order.domain_count == 0)
		for (long i = 1; i <= order.invented; i++) {
			char *name;

			if (asprintf(&name, "d%ld.test", i) < 0)
				err(1, "memory");
			parse_domain(&order.domain_count, name);
		}
	for (long i = 0; i < order.domain_count; i++) {
		sum += pow((double)i + 1, -order.skew);
		order.cumulated[i] = sum;
	}
}

/* The splitmix64 generator: small, and the same everywhere. */
static uint64_t
random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static double
random_share(uint64_t *state)
{
	return (double)(random_next(state) >> 11) * 0x1p-53;
}

static long
random_in(uint64_t *state, struct range range)
{
	uint64_t width = (uint64_t)(range.max - range.min) + 1;

	return range.min + (long)(random_next(state) % width);
}

static const char *
random_domain(uint64_t *state)
{
	long low = 0;
	long high = order.domain_count - 1;
	double at = random_share(state) * order.cumulated[high];

	while (low < high) {
		long middle = (low + high) / 2;

		if (order.cumulated[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return order.domains[low];
}

static void
recipient_draw(
    struct recipient *recipient, long number, int which, uint64_t *state)
{
	const char *domain = random_domain(state);
	const char *reason = order.reason;
	const char *mark;

	if (reason == NULL)
		reason = reasons[random_next(state) % REASON_COUNT];
	snprintf(recipient->address, sizeof(recipient->address),
	    "user%ld.%d@%s", number, which, domain);
	snprintf(recipient->status, sizeof(recipient->status), "%.*s",
	    (int)strcspn(reason, " "), reason);
	reason += strcspn(reason, " ");
	reason += strspn(reason, " ");
	mark = strstr(reason, "%s");
	if (mark == NULL)
		snprintf(
		    recipient->reason, sizeof(recipient->reason), "%s", reason);
	else
		snprintf(recipient->reason, sizeof(recipient->reason),
		    "%.*s%s%s", (int)(mark - reason), reason, domain,
		    mark + strlen("%s"));
}

static void
message_draw(struct message *message, long number)
{
	const struct range several = {2, RECIPIENTS_MAX};
	/* Each message has numbers of its own, whatever the count. */
	uint64_t state =
	    (uint64_t)order.seed * 1000003 + (uint64_t)number * 7919;
	bool is_bounce = random_share(&state) < order.bounces;
	time_t now = time(NULL);

	memset(message, 0, sizeof(*message));
	message->arrived =
	    now -
	    random_in(&state, is_bounce ? order.bounce_ages_s : order.ages_s);
	message->usec = random_in(&state, (struct range){0, 999999});
	message->next_try = now + order.next_try_s;
	message->line_count = random_in(&state, (struct range){1, 200});
	snprintf(message->message_id, sizeof(message->message_id),
	    "<%ld.%ld@%s>", order.seed, number, order.queue.host);
	snprintf(
	    message->subject, sizeof(message->subject), "message %ld", number);
	if (!is_bounce)
		snprintf(message->sender, sizeof(message->sender), "news%ld@%s",
		    number % 40, order.queue.host);
	message->recipient_count = 1;
	if (random_share(&state) < order.several)
		message->recipient_count = (int)random_in(&state, several);
	for (int i = 0; i < message->recipient_count; i++)
		recipient_draw(&message->recipients[i], number, i, &state);
}

static void
message_tell(const struct message *message)
{
	printf("%s\t%s", message->id, message->message_id);
	for (int i = 0; i < message->recipient_count; i++)
		printf("\t%s", message->recipients[i].address);
	putchar('\n');
}

int
main(int argc, char **argv)
{
	struct message message;

	order_read(argc, argv);
	domains_prepare();
	queue_prepare(&order.queue);
	for (long i = 0; i < order.count; i++) {
		message_draw(&message, i);
		queuefile_write(&order.queue, &message);
		message_tell(&message);
	}
	return 0;
}
