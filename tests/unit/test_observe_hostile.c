/*
 * test_observe_hostile.c - observers that misbehave, in every way
 *
 * Purpose  what an observer sends, how it ends, and what it tries to do decide
 *          whether a look is good, tainted or void, and nothing else does
 * Input    probes of its own, in real observers with the real sandbox
 * Errors   a failed assertion
 * Runs as  observe_look.h says
 * Source   -
 */
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "agent/fact/wire.h"
#include "tests/unit/observe_look.h"

/* Found in enter, where it is still allowed to ask. */
static int wire_fd = -1;

static int
wire_find(struct probe_job *job, struct why *why)
{
	(void)job, (void)why;
	for (int fd = 3; fd < 64; fd++) {
		int type = 0;
		socklen_t size = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
		    type == SOCK_SEQPACKET)
			wire_fd = fd;
	}
	return 0;
}

static void
do_segv(void)
{
	volatile char *page =
	    mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	page[0] = 1;
}

static void
do_exec(void)
{
	(void)execl("/bin/true", "true", (char *)NULL);
}

static void
do_fork(void)
{
	if (fork() == 0)
		_exit(0);
}

static void
do_write_file(void)
{
	(void)open(
	    "/tmp/mailfix-observer", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static void
do_truncate(void)
{
	(void)open("/dev/null", O_RDONLY | O_TRUNC | O_CLOEXEC);
}

static void
do_unlink(void)
{
	(void)unlink("/tmp/mailfix-observer");
}

static void
do_socket(void)
{
	(void)socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void
do_kill(void)
{
	(void)kill(getppid(), SIGKILL);
}

static void
do_ptrace(void)
{
	(void)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static void
do_setuid(void)
{
	(void)!setuid(0);
}

static void
do_mmap_code(void)
{
	(void)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void
do_hang(void)
{
	(void)poll(NULL, 0, -1);
}

static void
do_spin(void)
{
	for (volatile unsigned i = 0;; i++)
		continue;
}

static void
do_allocate(void)
{
	for (;;)
		(void)memset(mem_alloc(1, 1 << 20), 1, 1 << 20);
}

static void
do_exit(void)
{
	_exit(0);
}

static void
do_exit_3(void)
{
	_exit(3);
}

static void
do_close_and_hang(void)
{
	(void)close(wire_fd);
	do_hang();
}

static void
do_end_and_hang(void)
{
	struct wire_record record = {
	    .magic = WIRE_MAGIC, .version = WIRE_VERSION, .type = WIRE_END};

	(void)send(wire_fd, &record, sizeof(record), 0);
	do_hang();
}

static size_t
table_number(const char *name)
{
	size_t index = 0;

	(void)schema_table_find(name, &index);
	return index;
}

static struct wire_record
row(const char *table, const char *key)
{
	struct wire_record record = {.magic = WIRE_MAGIC,
	    .version = WIRE_VERSION,
	    .type = WIRE_ROW,
	    .table = (uint16_t)table_number(table),
	    .length = (uint16_t)strlen(key)};

	(void)strcpy(record.text, key);
	return record;
}

static void
send_bytes(const void *bytes, size_t length)
{
	(void)send(wire_fd, bytes, length, 0);
}

static void
do_short(void)
{
	struct wire_record record = row("disk", "/");

	send_bytes(&record, sizeof(record) - 1);
	do_hang();
}

static void
do_long(void)
{
	static struct wire_record records[WIRE_BATCH + 1];

	send_bytes(records, sizeof(records));
	do_hang();
}

static void
do_empty(void)
{
	send_bytes("", 0);
	do_hang();
}

static void
do_replay(void)
{
	struct wire_record record = row("disk", "/");

	send_bytes(&record, sizeof(record));
	send_bytes(&record, sizeof(record));
	do_hang();
}

static void
do_foreign_table(void)
{
	struct wire_record record = row("host", "");

	send_bytes(&record, sizeof(record));
	do_hang();
}

static void
do_escapes(void)
{
	struct wire_record record = row("disk", "/\033[2J");

	send_bytes(&record, sizeof(record));
	do_hang();
}

static void
do_unterminated(void)
{
	struct wire_record record = row("disk", "/");

	(void)memset(record.text, 'x', sizeof(record.text));
	record.length = WIRE_TEXT_MAX;
	send_bytes(&record, sizeof(record));
	do_hang();
}

/* Each record is right; only there is no end of them. */
static void
do_flood(void)
{
	struct wire_record record = row("disk", "/");

	for (uint32_t seq = 0;; seq++) {
		record.seq = seq;
		if (send(wire_fd, &record, sizeof(record), 0) < 0)
			do_hang();
		record = (struct wire_record){.magic = WIRE_MAGIC,
		    .version = WIRE_VERSION,
		    .type = WIRE_CELL,
		    .table = (uint16_t)table_number("disk"),
		    .kind = VALUE_TEXT};
	}
}

static void
do_speak_after_end(void)
{
	struct wire_record record = {
	    .magic = WIRE_MAGIC, .version = WIRE_VERSION, .type = WIRE_END};

	send_bytes(&record, sizeof(record));
	record = row("disk", "/");
	record.seq = 1;
	send_bytes(&record, sizeof(record));
	_exit(0);
}

static void
do_pass_descriptor(void)
{
	struct wire_record record = row("disk", "/");

	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {.bytes = {0}};
	struct iovec iov = {.iov_base = &record, .iov_len = sizeof(record)};
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	(void)memcpy(CMSG_DATA(header), &wire_fd, sizeof(int));
	(void)sendmsg(wire_fd, &message, 0);
	do_hang();
}

enum verdict { SILENT, TAINTED, VOID };

static const struct hostile {
	const char *name;
	void (*act)(void);
	enum verdict want;
	const char *text;
	bool needs_seccomp;
	unsigned needs;
	uint32_t deadline_ms; /* 0: long; it is the act that ends it */
} hostiles[] = {
    {"segv",           do_segv,            TAINTED, "signal 11",           false, 0,                   0  },
    {"exec",           do_exec,            VOID,    "forbidden",           true,  0,                   0  },
    {"fork",           do_fork,            VOID,    "forbidden",           true,  0,                   0  },
    {"fork-threads",   do_fork,            VOID,    "forbidden",           true,  PROBE_NEEDS_THREADS, 0  },
    {"write-file",     do_write_file,      VOID,    "forbidden",           true,  0,                   0  },
    {"truncate",       do_truncate,        VOID,    "forbidden",           true,  0,                   0  },
    {"unlink",         do_unlink,          VOID,    "forbidden",           true,  0,                   0  },
    {"socket",         do_socket,          VOID,    "forbidden",           true,  0,                   0  },
    {"kill",           do_kill,            VOID,    "forbidden",           true,  0,                   0  },
    {"ptrace",         do_ptrace,          VOID,    "forbidden",           true,  0,                   0  },
    {"setuid",         do_setuid,          VOID,    "forbidden",           true,  0,                   0  },
    {"mmap-code",      do_mmap_code,       VOID,    "forbidden",           true,  0,                   0  },
    {"hang",           do_hang,            TAINTED, "no answer in 300 ms", false, 0,                   300},
    {"spin",           do_spin,            TAINTED, "no answer in 300 ms", false, 0,                   300},
    {"exit",           do_exit,            SILENT,  "status 0",            false, 0,                   0  },
    {"exit-3",         do_exit_3,          SILENT,  "status 3",            false, 0,                   0  },
    {"close-and-hang", do_close_and_hang,  TAINTED, "did not end",         false, 0,                   0  },
    {"end-and-hang",   do_end_and_hang,    TAINTED, "did not end",         false, 0,                   0  },
    {"short",          do_short,           VOID,    "a message of",        false, 0,                   0  },
    {"long",           do_long,            VOID,    "too long",            false, 0,                   0  },
    {"empty",          do_empty,           VOID,    "empty",               false, 0,                   0  },
    {"replay",         do_replay,          VOID,    "sequence",            false, 0,                   0  },
    {"foreign-table",  do_foreign_table,   VOID,    "not a table",         false, 0,                   0  },
    {"escapes",        do_escapes,         VOID,    "printable",           false, 0,                   0  },
    {"unterminated",   do_unterminated,    VOID,    "does not end",        false, 0,                   0  },
    {"flood",          do_flood,           VOID,    "too many",            false, 0,                   0  },
    {"after-end",      do_speak_after_end, VOID,    "after the end",       false, 0,                   0  },
    {"descriptor",     do_pass_descriptor, VOID,    "descriptor",          false,
     PROBE_NEEDS_UNIX,                                                                                 0  },
#ifndef __SANITIZE_ADDRESS__  /* there is no limit on its memory */
    {"allocate",       do_allocate,        SILENT,  "out of memory",       false, 0,                   0  },
#endif
};

static const struct hostile *acting;

static void
hostile_collect(struct probe_job *job, struct fact_out *out)
{
	(void)job, (void)out;
	acting->act();
}

static void
check_hostile(const struct hostile *hostile)
{
	struct probe probe = {
	    .name = "hostile",
	    .tables = disk_tables,
	    .needs = hostile->needs,
	    .deadline_ms = hostile->deadline_ms ? hostile->deadline_ms : 20000,
	    .enter = wire_find,
	    .collect = hostile_collect,
	};
	struct outcome outcome;
	const struct fact_table *disk, *host;

	acting = hostile;
	outcome = look(&probe);
	disk = table_of(&outcome, "disk");
	host = table_of(&outcome, "host");
	if (outcome.r != (hostile->want == VOID ? -EPROTO : 0) ||
	    strstr(disk->reason, hostile->text) == NULL)
		fail_msg("%s: %d, %s", hostile->name, outcome.r, disk->reason);
	assert_int_equal(disk->state, FACT_UNKNOWN);
	assert_int_equal(outcome.result.is_tainted, hostile->want != SILENT);
	if (hostile->want == SILENT)
		assert_null(outcome.result.text);
	else
		assert_non_null(
		    strstr(outcome.result.text, "the observer of hostile"));
	/* a void look has no facts at all, a tainted one keeps the others */
	assert_int_equal(
	    host->state, hostile->want == VOID ? FACT_UNKNOWN : FACT_KNOWN);
	arena_free(outcome.arena);
}

static void
test_hostile(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(hostiles); i++) {
		const struct hostile *hostile = &hostiles[i];

		if (hostile->needs_seccomp && !sandbox_has_seccomp())
			continue;
		if (!is_first_round &&
		    strstr(hostile->name, "and-hang") != NULL)
			continue;
		check_hostile(hostile);
	}
}

static const struct CMUnitTest hostile_tests[] = {
    cmocka_unit_test(test_hostile),
};

int
main(void)
{
	return rounds_run(hostile_tests, ARRAY_COUNT(hostile_tests));
}
