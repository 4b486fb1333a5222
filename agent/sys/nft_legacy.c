/*
 * nft_legacy.c - does the older iptables have rules in this kernel?
 *
 * Purpose  names of its tables that are not as the kernel makes them
 * Input    files and answers of the kernel
 * Errors   none: what cannot be read is as good as rules, and is named
 * Runs as  the actor, root
 * Source   linux/netfilter_ipv4/ip_tables.h; to ask for a table that is not
 *          listed would make it
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/auto.h"
#include "agent/base/mem.h"
#include "agent/base/text.h"
#include "agent/sys/nft_ask.h"

/* Five names; ten times that is room for those of foreign modules. */
#define NAMES_BYTES 512U

/* A table of policies has at most five entries and an end, below 2 KiB. */
#define ENTRIES_BYTES_MAX 65536U

/* The same in both versions, but for where an entry says its target begins. */
struct version {
	int family, level, info, entries;
	const char *names;
	size_t target_at;
};

static const struct version version_4 = {.family = AF_INET,
    .level = IPPROTO_IP,
    .info = IPT_SO_GET_INFO,
    .entries = IPT_SO_GET_ENTRIES,
    .names = "/proc/net/ip_tables_names",
    .target_at = offsetof(struct ipt_entry, target_offset)};

static const struct version version_6 = {.family = AF_INET6,
    .level = IPPROTO_IPV6,
    .info = IP6T_SO_GET_INFO,
    .entries = IP6T_SO_GET_ENTRIES,
    .names = "/proc/net/ip6_tables_names",
    .target_at = offsetof(struct ip6t_entry, target_offset)};

_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
                   offsetof(struct ipt_get_entries, entrytable) ==
                       offsetof(struct ip6t_get_entries, entrytable),
    "one code for both");

/* The verdict of the policy of a chain, which is its last entry. */
static bool
is_accept(
    const struct version *version, const char *table, size_t size, size_t entry)
{
	uint16_t target;
	struct xt_standard_target standard;

	if (size < version->target_at + sizeof(target) ||
	    entry > size - version->target_at - sizeof(target))
		return false;
	(void)memcpy(
	    &target, table + entry + version->target_at, sizeof(target));
	if (size < sizeof(standard) + target ||
	    entry > size - sizeof(standard) - target)
		return false;
	(void)memcpy(&standard, table + entry + target, sizeof(standard));
	return standard.verdict == -NF_ACCEPT - 1;
}

/* Only policies, and all of them accept. */
static bool
is_as_made(int fd, const struct version *version, const char *name)
{
	static const size_t head = offsetof(struct ipt_get_entries, entrytable);
	AUTO_FREE struct ipt_get_entries *all = NULL;
	struct ipt_getinfo info = {0};
	socklen_t length = sizeof(info);

	(void)strcpy(info.name, name);
	if (getsockopt(fd, version->level, version->info, &info, &length) < 0 ||
	    info.num_entries >
	        (unsigned)__builtin_popcount(info.valid_hooks) + 1 ||
	    info.size > ENTRIES_BYTES_MAX)
		return false;
	all = mem_alloc(1, head + info.size);
	(void)strcpy(all->name, name);
	all->size = info.size;
	length = (socklen_t)(head + info.size);
	if (getsockopt(fd, version->level, version->entries, all, &length) < 0)
		return false;
	for (unsigned hook = 0; hook < NF_INET_NUMHOOKS; hook++)
		if ((info.valid_hooks & (1U << hook)) != 0 &&
		    !is_accept(version, (const char *)all + head, info.size,
		        info.underflow[hook]))
			return false;
	return true;
}

static void
name_add(char ret[NFT_LEGACY_MAX], const char *name)
{
	size_t used = strlen(ret);

	(void)snprintf(ret + used, NFT_LEGACY_MAX - used, "%s%s",
	    used != 0 ? ", " : "", name);
}

static void
version_look(const struct version *version, char ret[NFT_LEGACY_MAX])
{
	static const char tail[] = " of iptables-legacy";
	AUTO_CLOSE int file = open(version->names, O_RDONLY | O_CLOEXEC);
	AUTO_CLOSE int fd = -1;
	char names[NAMES_BYTES], *name, *end;
	ssize_t n = file >= 0 ? read(file, names, sizeof(names) - 1) : 0;

	ret[0] = '\0';
	/* no such table was ever used */
	if (n <= 0)
		return;
	names[n] = '\0';
	fd = socket(version->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (name = names; (end = strchr(name, '\n')) != NULL; name = end + 1) {
		*end = '\0';
		if (strlen(name) >= XT_TABLE_MAXNAMELEN ||
		    !text_is_printable(name, strlen(name)))
			continue;
		if (fd < 0 || !is_as_made(fd, version, name))
			name_add(ret, name);
	}
	if (ret[0] != '\0')
		(void)memcpy(ret + strnlen(ret, NFT_LEGACY_MAX - sizeof(tail)),
		    tail, sizeof(tail));
}

void
nft_legacy_look(char ret_ipv4[NFT_LEGACY_MAX], char ret_ipv6[NFT_LEGACY_MAX])
{
	version_look(&version_4, ret_ipv4);
	version_look(&version_6, ret_ipv6);
}
