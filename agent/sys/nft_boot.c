/*
 * nft_boot.c - where the rules of nf_tables come from when the host boots
 *
 * Purpose  the file that nftables.service loads, whether it is enabled, and the
 *          folder that this file includes at its end
 * Input    systemd's answers; a root-owned file
 * Errors   none: what cannot be told is not told
 * Runs as  actor
 * Source   nftables.service of Debian, Fedora, Arch: `nft -f FILE`; others run
 *          `nft 'flush ruleset; include "FILE"'`; nft(8), INCLUDE FILES
 */
#include "agent/sys/nft_boot.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "agent/base/auto.h"
#include "agent/base/file.h"
#include "agent/base/text.h"

#define SYSTEMD_NAME    "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"
#define UNIT            "nftables.service"

/* systemd answers in milliseconds unless it hangs. */
#define CALL_US 5000000U

/* A rule set that somebody keeps in one file. */
#define FILE_BYTES_MAX (4U * 1024U * 1024U)

#define INCLUDE "include \""
#define ALL     "/*.nft\""

static void
bus_freep(sd_bus **bus)
{
	(void)sd_bus_flush_close_unref(*bus);
}

static void
message_freep(sd_bus_message **message)
{
	(void)sd_bus_message_unref(*message);
}

/* An absolute path in the words of a command; of ... include "FILE" too. */
static const char *
file_in(struct arena *arena, const char *word)
{
	const char *at = strstr(word, INCLUDE);

	if (at != NULL)
		word = at + strlen(INCLUDE);
	if (word[0] != '/')
		return NULL;
	return arena_dup_n(arena, word, strcspn(word, "\" ;*"));
}

/* The argument after -f, --file; or an include in any of them. */
static int
command_read(struct arena *arena, sd_bus_message *reply, const char **ret_file)
{
	const char *word = NULL;
	bool is_file = false;
	int r = sd_bus_message_enter_container(reply, 'a', "s");

	while (r >= 0 && (r = sd_bus_message_read(reply, "s", &word)) > 0) {
		if (*ret_file == NULL &&
		    (is_file || strstr(word, INCLUDE) != NULL))
			*ret_file = file_in(arena, word);
		is_file =
		    strcmp(word, "-f") == 0 || strcmp(word, "--file") == 0;
	}
	return r < 0 ? r : sd_bus_message_exit_container(reply);
}

/* ExecStart: a(sasbttttuii), a program, its words, and how it went. */
static void
start_read(
    struct arena *arena, sd_bus *bus, const char *path, const char **ret_file)
{
	AUTO(message_freep) sd_bus_message *reply = NULL;
	const char *program = NULL;
	int r = sd_bus_get_property(bus, SYSTEMD_NAME, path,
	    SYSTEMD_NAME ".Service", "ExecStart", NULL, &reply,
	    "a(sasbttttuii)");

	if (r >= 0)
		r = sd_bus_message_enter_container(reply, 'a', "(sasbttttuii)");
	while (r >= 0 && (r = sd_bus_message_enter_container(
	                      reply, 'r', "sasbttttuii")) > 0) {
		r = sd_bus_message_read(reply, "s", &program);
		if (r >= 0)
			r = command_read(arena, reply, ret_file);
		if (r >= 0)
			r = sd_bus_message_skip(reply, "bttttuii");
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
	}
}

static void
unit_read(struct arena *arena, struct nft_boot *boot)
{
	AUTO(bus_freep) sd_bus *bus = NULL;
	AUTO(message_freep) sd_bus_message *reply = NULL;
	AUTO_FREE char *state = NULL;
	const char *path = NULL;
	int r = sd_bus_open_system(&bus);

	if (r < 0)
		return;
	(void)sd_bus_set_method_call_timeout(bus, CALL_US);
	r = sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
	    "LoadUnit", NULL, &reply, "s", UNIT);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r >= 0)
		r = sd_bus_get_property_string(bus, SYSTEMD_NAME, path,
		    SYSTEMD_NAME ".Unit", "UnitFileState", NULL, &state);
	if (r < 0 || state == NULL)
		return;
	boot->is_enabled = strcmp(state, "enabled") == 0;
	start_read(arena, bus, path, &boot->file);
}

/* Blanks and comments count for nothing. */
static const char *
line_of(struct arena *arena, const char *text, size_t length)
{
	size_t skip = 0;
	char *line;

	while (skip < length && (text[skip] == ' ' || text[skip] == '\t'))
		skip++;
	line = arena_dup_n(arena, text + skip, length - skip);
	length = strlen(line);
	while (length > 0 && strchr(" \t;\r", line[length - 1]) != NULL)
		line[--length] = '\0';
	return line[0] == '#' ? "" : line;
}

/* From nothing: whatever comes before the first statement is a comment. */
static bool
is_flushed(struct arena *arena, const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		const char *line = line_of(arena, text, length);

		if (line[0] != '\0')
			return strcmp(line, "flush ruleset") == 0;
		text += length;
		text += *text == '\n';
	}
	return false;
}

/*
 * The last statement is an include of all *.nft of a folder: what is added by a
 * file in it comes after all that the file itself has made.
 */
static const char *
folder_in(struct arena *arena, const char *text)
{
	const char *last = NULL;

	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		const char *line = line_of(arena, text, length);

		if (line[0] != '\0')
			last = line;
		text += length;
		text += *text == '\n';
	}
	if (last == NULL || !text_starts(last, INCLUDE "/") ||
	    !text_ends(last, ALL))
		return NULL;
	last += strlen(INCLUDE);
	return arena_dup_n(arena, last, strlen(last) - strlen(ALL));
}

void
nft_boot_find(struct arena *arena, struct nft_boot *ret)
{
	static const char iptables[] = "/etc/iptables";
	AUTO_BUF struct buf text = {0};
	struct nft_boot boot = {0};

	unit_read(arena, &boot);
	if (boot.file != NULL &&
	    file_read(AT_FDCWD, boot.file, FILE_BYTES_MAX, &text, NULL) == 0) {
		boot.folder = folder_in(arena, buf_text(&text));
		boot.is_from_nothing = is_flushed(arena, buf_text(&text));
	}
	if (access("/etc/iptables/rules.v4", F_OK) == 0 ||
	    access("/etc/iptables/rules.v6", F_OK) == 0)
		boot.iptables = iptables;
	*ret = boot;
}
