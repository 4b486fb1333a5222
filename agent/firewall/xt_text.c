/*
 * xt_text.c - parts of iptables' words
 *
 * Purpose  ranges, addresses, marks, bits with names as iptables-save has them
 * Input    numbers and names of any program: hostile; names are escaped
 * Errors   none
 * Runs as  observer
 * Source   iptables-save(8)
 */
#include "agent/firewall/xt_text.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/firewall/rule_words.h"

void
nf_xt_words_range(struct buf *out, unsigned from, unsigned to)
{
	if (from == to)
		buf_addf(out, "%u", from);
	else
		buf_addf(out, "%u:%u", from, to);
}

void
nf_xt_words_option(struct buf *out, bool is_inverted, const char *name)
{
	buf_addf(out, "%s --%s", is_inverted ? " !" : "", name);
}

void
nf_xt_words_address(struct buf *out, uint8_t family, const void *address)
{
	struct nf_address parsed = {.family = family};
	char text[INET6_ADDRSTRLEN];

	(void)memcpy(parsed.bytes, address, nf_xt_address_length(family));
	buf_add(out, net_address_format(&parsed, text));
}

void
nf_xt_words_network(
    struct buf *out, uint8_t family, const void *address, const void *mask)
{
	size_t length = nf_xt_address_length(family);
	int bits = text_mask_bits(mask, length);

	nf_xt_words_address(out, family, address);
	if (bits == (int)length * 8)
		return;
	buf_add_char(out, '/');
	if (bits >= 0)
		buf_addf(out, "%d", bits);
	else
		nf_xt_words_address(out, family, mask);
}

void
nf_xt_words_bits(
    struct buf *out, unsigned bits, const char *const *names, size_t count)
{
	const char *before = "";

	for (size_t i = 0; i < count; i++) {
		if (!(bits & 1U << i) || !names[i])
			continue;
		buf_addf(out, "%s%s", before, names[i]);
		before = ",";
		bits &= ~(1U << i);
	}
	if (bits)
		buf_addf(out, "%s0x%x", before, bits);
}

void
nf_xt_words_mark(struct buf *out, uint32_t mark, uint32_t mask)
{
	buf_addf(out, "0x%x", mark);
	if (mask != UINT32_MAX)
		buf_addf(out, "/0x%x", mask);
}

void
nf_xt_words_quoted(struct buf *out, const char *text, size_t size)
{
	buf_add_char(out, '"');
	text_escape(out, text, strnlen(text, size));
	buf_add_char(out, '"');
}
