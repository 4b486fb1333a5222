/*
 * outside.c - addresses of the public internet
 *
 * Purpose  is a server outside of the own network?
 * Input    addresses: hostile, from a log or a name server
 * Errors   none: what is no address is not outside
 * Runs as  observer
 * Source   RFC 6890 and the registries of special addresses at IANA: RFC 1918,
 *          RFC 6598 (100.64/10), RFC 3927, RFC 5771 and RFC 1112 (224/3);
 *          RFC 4291 section 2.4: 2000::/3 is what is routed
 */
#include "agent/mail/outside.h"

#include <sys/socket.h>

#include <arpa/inet.h>

#include "agent/base/auto.h"

/* The first bits of an address that is not outside. */
static const struct {
	uint8_t first[2];
	uint8_t bits;
} inside[] = {
    {{0, 0},     8 },
    {{10, 0},    8 },
    {{100, 64},  10},
    {{127, 0},   8 },
    {{169, 254}, 16},
    {{172, 16},  12},
    {{192, 168}, 16},
    {{224, 0},   3 },
};

bool
outside_v4(const uint8_t address[static 4])
{
	const unsigned start = (unsigned)address[0] << 8 | address[1];

	for (size_t i = 0; i < ARRAY_COUNT(inside); i++) {
		const unsigned net =
		    (unsigned)inside[i].first[0] << 8 | inside[i].first[1];

		if ((start ^ net) >> (16 - inside[i].bits) == 0)
			return false;
	}
	return true;
}

bool
outside_v6(const uint8_t address[static 16])
{
	return (address[0] & 0xe0) == 0x20;
}

int
outside_family(struct span text)
{
	char copy[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	if (text.text == NULL || text.length >= sizeof(copy))
		return 0;
	(void)memcpy(copy, text.text, text.length);
	copy[text.length] = '\0';
	if (inet_pton(AF_INET, copy, bytes) == 1)
		return outside_v4(bytes) ? AF_INET : 0;
	if (inet_pton(AF_INET6, copy, bytes) == 1)
		return outside_v6(bytes) ? AF_INET6 : 0;
	return 0;
}
