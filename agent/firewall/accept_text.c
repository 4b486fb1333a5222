/*
 * accept_text.c - the one accept rule: as text, back, and as expressions
 *
 * Purpose  what is shown, recorded, inserted and looked for is the same rule
 * Input    a plan, or the text of a record, which is parsed anew
 * Errors   -EINVAL: the text is not one that nf_accept_text writes
 * Runs as  actor and observer; pure
 * Source   nft(8); iptables-save shows exactly this form truly, its counter
 *          included: one port, no set, no conntrack, the name of an interface
 *          compared with its NUL
 */
#include <sys/socket.h>

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/firewall/opening.h"

/* The three conditions, a load and a compare each; counter; verdict. */
#define ACCEPT_EXPRS_MAX 10U

/* Offset of the destination port in a TCP header (RFC 9293, section 3.1). */
#define TCP_DPORT 2U

void
nf_accept_text(struct buf *out, const struct nf_accept *accept)
{
	if (accept->only_family != 0)
		buf_addf(out, "meta nfproto %s ",
		    accept->only_family == AF_INET6 ? "ipv6" : "ipv4");
	if (accept->only_interface[0] != '\0')
		buf_addf(out, "iifname \"%s\" ", accept->only_interface);
	buf_addf(out, "tcp dport %u accept", (unsigned)accept->port);
}

/* Goes past `word` when the text begins with it. */
static bool
skip_word(const char **text, const char *word)
{
	if (!text_starts(*text, word))
		return false;
	*text += strlen(word);
	return true;
}

/* As the kernel takes them (dev_valid_name), and nothing that nft quotes. */
static bool
interface_is_valid(const char *name, size_t length)
{
	if (length == 0 || length >= IFNAMSIZ ||
	    (name[0] == '.' &&
	        (length == 1 || (length == 2 && name[1] == '.'))))
		return false;
	for (size_t i = 0; i < length; i++)
		if (name[i] <= ' ' || name[i] > '~' ||
		    strchr("/:\"\\*+", name[i]) != NULL)
			return false;
	return true;
}

static int
interface_parse(const char **text, struct nf_accept *ret)
{
	const char *end;

	if (!skip_word(text, "iifname \""))
		return 0;
	end = strchr(*text, '"');
	if (end == NULL || end[1] != ' ' ||
	    !interface_is_valid(*text, (size_t)(end - *text)))
		return -EINVAL;
	(void)memcpy(ret->only_interface, *text, (size_t)(end - *text));
	*text = end + 2;
	return 0;
}

int
nf_accept_parse(const char *text, struct nf_accept *ret)
{
	struct nf_accept accept = {0};
	unsigned long port = 0;
	size_t digits;

	if (skip_word(&text, "meta nfproto ipv6 "))
		accept.only_family = AF_INET6;
	else if (skip_word(&text, "meta nfproto ipv4 "))
		accept.only_family = AF_INET;
	if (interface_parse(&text, &accept) < 0 ||
	    !skip_word(&text, "tcp dport "))
		return -EINVAL;
	digits = strspn(text, "0123456789");
	for (size_t i = 0; i < digits && port <= UINT16_MAX; i++)
		port = port * 10 + (unsigned long)(text[i] - '0');
	if (digits == 0 || text[0] == '0' || port > UINT16_MAX ||
	    strcmp(text + digits, " accept") != 0)
		return -EINVAL;
	accept.port = (uint16_t)port;
	ret->only_family = accept.only_family;
	(void)memcpy(ret->only_interface, accept.only_interface,
	    sizeof(ret->only_interface));
	ret->port = accept.port;
	return 0;
}

bool
nf_accept_is_valid(const struct nf_accept *accept)
{
	size_t length =
	    strnlen(accept->only_interface, sizeof(accept->only_interface));

	if (accept->only_family != 0 && accept->family != NF_FAMILY_INET)
		return false;
	return accept->port != 0 && accept->table[0] != '\0' &&
	       accept->chain[0] != '\0' &&
	       (accept->family == NF_FAMILY_INET ||
	           accept->family == NF_FAMILY_IPV4 ||
	           accept->family == NF_FAMILY_IPV6) &&
	       (accept->only_family == 0 || accept->only_family == AF_INET ||
	           accept->only_family == AF_INET6) &&
	       (length == 0 ||
	           interface_is_valid(accept->only_interface, length));
}

struct build {
	struct arena *arena;
	struct nf_expr *exprs;
	uint16_t count;
};

static struct nf_expr *
expr_add(struct build *build, enum nf_op op)
{
	struct nf_expr *expr = &build->exprs[build->count++];

	*expr = (struct nf_expr){
	    .op = (uint8_t)op,
	    .sreg = NF_SLOT_NONE,
	    .sreg2 = NF_SLOT_NONE,
	    .dreg = NF_SLOT_NONE,
	};
	return expr;
}

static void
meta_load(struct build *build, uint32_t key, uint8_t length)
{
	struct nf_expr *expr = expr_add(build, NF_OP_META);

	expr->dreg = 0;
	expr->length = length;
	expr->key.key = key;
}

static void
cmp_equal(struct build *build, const void *data, size_t length)
{
	struct nf_expr *expr = expr_add(build, NF_OP_CMP);
	uint8_t *copy = arena_alloc(build->arena, length, 1);

	(void)memcpy(copy, data, length);
	expr->sreg = 0;
	expr->length = (uint8_t)length;
	expr->cmp.op = NFT_CMP_EQ;
	expr->cmp.data = copy;
}

struct nf_rule
nf_accept_rule(
    struct arena *arena, const struct nf_accept *accept, const char *comment)
{
	struct build build = {.arena = arena};
	const uint8_t protocol = IPPROTO_TCP;
	const uint8_t family = accept->only_family == AF_INET6
	                           ? (uint8_t)NF_FAMILY_IPV6
	                           : (uint8_t)NF_FAMILY_IPV4;
	const uint16_t port = htons(accept->port);
	struct nf_expr *expr;

	build.exprs = arena_alloc(arena, ACCEPT_EXPRS_MAX, sizeof(*expr));
	if (accept->only_family != 0) {
		meta_load(&build, NFT_META_NFPROTO, sizeof(family));
		cmp_equal(&build, &family, sizeof(family));
	}
	if (accept->only_interface[0] != '\0') {
		meta_load(&build, NFT_META_IIFNAME, IFNAMSIZ);
		cmp_equal(&build, accept->only_interface,
		    strlen(accept->only_interface) + 1);
	}
	meta_load(&build, NFT_META_L4PROTO, sizeof(protocol));
	cmp_equal(&build, &protocol, sizeof(protocol));
	expr = expr_add(&build, NF_OP_PAYLOAD);
	expr->dreg = 0;
	expr->length = sizeof(port);
	expr->payload.base = NFT_PAYLOAD_TRANSPORT_HEADER;
	expr->payload.offset = TCP_DPORT;
	cmp_equal(&build, &port, sizeof(port));
	(void)expr_add(&build, NF_OP_COUNTER);
	expr = expr_add(&build, NF_OP_IMMEDIATE);
	expr->dreg = NF_SLOT_VERDICT;
	expr->immediate.verdict.code = NF_VERDICT_ACCEPT;
	return (struct nf_rule){
	    .comment = comment != NULL ? arena_dup(arena, comment) : NULL,
	    .exprs = build.exprs,
	    .expr_count = build.count,
	};
}
