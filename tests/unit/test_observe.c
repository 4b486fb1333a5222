/*
 * test_observe.c - observers that behave, and every way not to
 *
 * Purpose  what an observer sends, how it ends, and what it tries to do decide
 *          whether a look is good, tainted or void, and nothing else does
 * Input    probes of its own, in real observers with the real sandbox
 * Errors   a failed assertion
 * Runs as  root and then once more as nobody; or as any user, once
 * Source   -
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/fact/wire.h"
#include "agent/probes/observe.h"
#include "agent/sys/sandbox.h"
#include "tests/unit/unit.h"

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
host_collect(struct probe_job *job, struct fact_out *out)
{
	(void)job;
	fact_out_row(out, "host", "");
	fact_out_number(out, "cpus", 2);
	fact_out_table_end(out, "host");
}

static const char *const host_tables[] = {"host", NULL};
static const char *const disk_tables[] = {"disk", NULL};

static const struct probe honest = {
    .name = "honest",
    .tables = host_tables,
    .deadline_ms = 20000,
    .collect = host_collect,
};

/* One look at the tables host and disk, at the first by an honest observer. */
struct outcome {
	struct arena *arena;
	struct fact_set *set;
	struct observe_result result;
	struct why why;
	int r;
	int started, ended;
};

static const struct fact_table *
table_of(const struct outcome *outcome, const char *name)
{
	return fact_table_get(outcome->set, schema_table_find(name, NULL));
}

static void
count_progress(void *user, const char *probe, bool is_done)
{
	struct outcome *outcome = user;

	(void)probe;
	*(is_done ? &outcome->ended : &outcome->started) += 1;
}

static struct outcome
look(const struct probe *probe)
{
	const struct probe *const probes[] = {
	    &honest, probe == &honest ? NULL : probe, NULL};
	struct outcome outcome = {.arena = arena_new()};
	struct observe_request request = {
	    .progress = count_progress, .user = &outcome};
	bool wanted[64] = {false};
	size_t index = 0;

	assert_non_null(schema_table_find("host", &index));
	wanted[index] = true;
	assert_non_null(schema_table_find("disk", &index));
	wanted[index] = true;
	request.wanted = wanted;
	outcome.set = fact_set_new(outcome.arena);
	outcome.r = observe_with(
	    probes, &request, outcome.set, &outcome.result, &outcome.why);
	/* nobody is left behind */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return outcome;
}

/* Text that a probe wrote into disk[/].role. */
static const char *
told(const struct outcome *outcome)
{
	const struct table *disk = schema_table_find("disk", NULL);
	struct value value = fact_cell(outcome->set, disk, "/", 0);

	return value.text;
}

static void
tell(struct fact_out *out, const char *text)
{
	fact_out_row(out, "disk", "/");
	fact_out_text(out, "role", text);
	fact_out_table_end(out, "disk");
}

/* ---- what hostile observers do ---- */

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
	for (size_t i = 0; i < ARRAY_COUNT(hostiles); i++)
		if (sandbox_has_seccomp() || !hostiles[i].needs_seccomp)
			check_hostile(&hostiles[i]);
}

/* ---- what honest observers can and cannot do ---- */

static char entered[256];

static int
enter_asks(struct probe_job *job, struct why *why)
{
	(void)job, (void)why;
	(void)snprintf(entered, sizeof(entered),
	    "root %d groups %d nnp %d back %d",
	    getuid() == 0 || geteuid() == 0 || getgid() == 0,
	    getuid() == 0 ? 0 : getgroups(0, NULL) > 0 && job->is_root,
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), setuid(0) == 0);
	return 0;
}

static void
collect_entered(struct probe_job *job, struct fact_out *out)
{
	(void)job;
	tell(out, entered);
}

static void
test_identity(void **state)
{
	const struct probe probe = {
	    .name = "identity",
	    .tables = disk_tables,
	    .deadline_ms = 20000,
	    .enter = enter_asks,
	    .collect = collect_entered,
	};
	struct outcome outcome = look(&probe);

	(void)state;
	assert_int_equal(outcome.r, 0);
	assert_string_equal(told(&outcome), "root 0 groups 0 nnp 1 back 0");
	assert_false(outcome.result.is_tainted);
	assert_null(outcome.result.text);
	assert_int_equal(table_of(&outcome, "host")->state, FACT_KNOWN);
	assert_int_equal(outcome.started, 2);
	assert_int_equal(outcome.ended, 2);
	arena_free(outcome.arena);
}

static int secret_fd = -1;

static int
prepare_opens(struct probe_job *job, struct why *why)
{
	int ends[2];

	(void)why;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	(void)!write(ends[1], "passed on", 9);
	(void)close(ends[1]);
	job->fds[3] = ends[0];
	return 0;
}

static void
collect_reads(struct probe_job *job, struct fact_out *out)
{
	char text[64] = "";

	(void)!read(job->fds[3], text, sizeof(text) - 1);
	if (fcntl(secret_fd, F_GETFD) >= 0)
		(void)strcat(text, ", and the secret");
	/* goes nowhere */
	(void)!write(STDERR_FILENO, "\033[31mhostile\n", 13);
	tell(out, text);
}

static void
test_descriptors(void **state)
{
	const struct probe probe = {
	    .name = "descriptors",
	    .tables = disk_tables,
	    .deadline_ms = 20000,
	    .prepare = prepare_opens,
	    .collect = collect_reads,
	};
	struct outcome outcome;

	(void)state;
	secret_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	outcome = look(&probe);
	(void)close(secret_fd);
	assert_int_equal(outcome.r, 0);
	assert_string_equal(told(&outcome), "passed on");
	arena_free(outcome.arena);
}

static int
fail_why(struct probe_job *job, struct why *why)
{
	(void)job;
	return why_set(why, -ENOENT, "there is no such thing");
}

static void
test_prepare_and_enter_fail(void **state)
{
	struct probe probe = {
	    .name = "failing",
	    .tables = disk_tables,
	    .deadline_ms = 20000,
	    .prepare = fail_why,
	    .collect = host_collect,
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct outcome outcome = look(&probe);

		assert_int_equal(outcome.r, 0);
		assert_false(outcome.result.is_tainted);
		assert_string_equal(table_of(&outcome, "disk")->reason,
		    "there is no such thing");
		arena_free(outcome.arena);
		probe.enter = probe.prepare;
		probe.prepare = NULL;
	}
}

static void
collect_nothing(struct probe_job *job, struct fact_out *out)
{
	(void)job, (void)out;
}

static void
test_not_told(void **state)
{
	const struct probe probe = {
	    .name = "lazy",
	    .tables = disk_tables,
	    .deadline_ms = 20000,
	    .collect = collect_nothing,
	};
	struct outcome outcome = look(&probe);

	(void)state;
	assert_int_equal(outcome.r, 0);
	assert_false(outcome.result.is_tainted);
	assert_string_equal(
	    table_of(&outcome, "disk")->reason, "the probe did not tell");
	arena_free(outcome.arena);
	outcome = look(&honest); /* nobody tells about disk */
	assert_string_equal(
	    table_of(&outcome, "disk")->reason, "no probe tells about it");
	arena_free(outcome.arena);
}

/* As many as a whole run has, one after the other without a leak. */
static void
test_many_looks(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct outcome outcome = look(&honest);

		assert_int_equal(outcome.r, 0);
		assert_int_equal(table_of(&outcome, "host")->state, FACT_KNOWN);
		arena_free(outcome.arena);
	}
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_identity),
    cmocka_unit_test(test_descriptors),
    cmocka_unit_test(test_prepare_and_enter_fail),
    cmocka_unit_test(test_not_told),
    cmocka_unit_test(test_many_looks),
    cmocka_unit_test(test_hostile),
};

int
main(void)
{
	int failed = cmocka_run_group_tests_name("observe", tests, NULL, NULL);

	if (geteuid() != 0)
		return failed;
	if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 65534) < 0)
		return 1;
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* /proc/self/fd is ours */
	return failed +
	       cmocka_run_group_tests_name("observe, user", tests, NULL, NULL);
}
