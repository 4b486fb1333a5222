/*
 * rule_text_value.c - bytes of a rule in words
 *
 * Purpose  addresses, ports, states, interfaces, marks as nft writes them
 * Input    bytes of any program: hostile; names are escaped
 * Errors   none
 * Runs as  observer
 * Source   nft(8), data types
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/auto.h"
#include "agent/firewall/rule_words.h"
#include "agent/firewall/words.h"

struct word {
	uint32_t value;
	const char *name;
};

static const struct word protocols[] = {
    {IPPROTO_TCP,     "tcp"      },
    {IPPROTO_UDP,     "udp"      },
    {IPPROTO_ICMP,    "icmp"     },
    {IPPROTO_ICMPV6,  "ipv6-icmp"},
    {IPPROTO_SCTP,    "sctp"     },
    {IPPROTO_DCCP,    "dccp"     },
    {IPPROTO_ESP,     "esp"      },
    {IPPROTO_AH,      "ah"       },
    {IPPROTO_GRE,     "gre"      },
    {IPPROTO_IGMP,    "igmp"     },
    {IPPROTO_UDPLITE, "udplite"  },
    {0,               NULL       }
};

static const struct word nfprotos[] = {
    {NF_FAMILY_IPV4, "ipv4"},
    {NF_FAMILY_IPV6, "ipv6"},
    {0,              NULL  }
};

static const struct word ethertypes[] = {
    {ETHERTYPE_IP,   "ip"  },
    {ETHERTYPE_IPV6, "ip6" },
    {ETHERTYPE_ARP,  "arp" },
    {ETHERTYPE_VLAN, "vlan"},
    {0,              NULL  }
};

static const struct word directions[] = {
    {0, "original"},
    {1, "reply"   },
    {0, NULL      }
};

static const struct word pkttypes[] = {
    {0, "host"     },
    {1, "broadcast"},
    {2, "multicast"},
    {3, "other"    },
    {0, NULL       }
};

static const struct word types[] = {
    {RTN_UNSPEC,      "unspec"     },
    {RTN_UNICAST,     "unicast"    },
    {RTN_LOCAL,       "local"      },
    {RTN_BROADCAST,   "broadcast"  },
    {RTN_ANYCAST,     "anycast"    },
    {RTN_MULTICAST,   "multicast"  },
    {RTN_BLACKHOLE,   "blackhole"  },
    {RTN_UNREACHABLE, "unreachable"},
    {RTN_PROHIBIT,    "prohibit"   },
    {0,               NULL         }
};

static const struct word iftypes[] = {
    {ARPHRD_ETHER,    "ether"   },
    {ARPHRD_PPP,      "ppp"     },
    {ARPHRD_LOOPBACK, "loopback"},
    {ARPHRD_NONE,     "none"    },
    {ARPHRD_TUNNEL,   "ipip"    },
    {ARPHRD_TUNNEL6,  "ipip6"   },
    {0,               NULL      }
};

static const struct word exists[] = {
    {0, "missing"},
    {1, "exists" },
    {0, NULL     }
};

static const struct word icmp_types[] = {
    {0,  "echo-reply"             },
    {3,  "destination-unreachable"},
    {4,  "source-quench"          },
    {5,  "redirect"               },
    {8,  "echo-request"           },
    {9,  "router-advertisement"   },
    {10, "router-solicitation"    },
    {11, "time-exceeded"          },
    {12, "parameter-problem"      },
    {13, "timestamp-request"      },
    {14, "timestamp-reply"        },
    {0,  NULL                     }
};

static const struct word icmp6_types[] = {
    {1,   "destination-unreachable"},
    {2,   "packet-too-big"         },
    {3,   "time-exceeded"          },
    {4,   "parameter-problem"      },
    {128, "echo-request"           },
    {129, "echo-reply"             },
    {130, "mld-listener-query"     },
    {131, "mld-listener-report"    },
    {132, "mld-listener-done"      },
    {133, "nd-router-solicit"      },
    {134, "nd-router-advert"       },
    {135, "nd-neighbor-solicit"    },
    {136, "nd-neighbor-advert"     },
    {137, "nd-redirect"            },
    {143, "mld2-listener-report"   },
    {0,   NULL                     }
};

/* Bits. */
static const struct word states[] = {
    {1,    "invalid"    },
    {2,    "established"},
    {4,    "related"    },
    {8,    "new"        },
    {0x40, "untracked"  },
    {0,    NULL         }
};

static const struct word statuses[] = {
    {IPS_EXPECTED,   "expected"  },
    {IPS_SEEN_REPLY, "seen-reply"},
    {IPS_ASSURED,    "assured"   },
    {IPS_CONFIRMED,  "confirmed" },
    {IPS_SRC_NAT,    "snat"      },
    {IPS_DST_NAT,    "dnat"      },
    {IPS_DYING,      "dying"     },
    {0,              NULL        }
};

static const struct word tcp_flags[] = {
    {1,    "fin"},
    {2,    "syn"},
    {4,    "rst"},
    {8,    "psh"},
    {0x10, "ack"},
    {0x20, "urg"},
    {0x40, "ecn"},
    {0x80, "cwr"},
    {0,    NULL }
};

static const struct word *
words_of(enum text_kind kind)
{
	static const struct word *const tables[] = {
	    [TEXT_PROTOCOL] = protocols,
	    [TEXT_NFPROTO] = nfprotos,
	    [TEXT_ETHERTYPE] = ethertypes,
	    [TEXT_DIRECTION] = directions,
	    [TEXT_PKTTYPE] = pkttypes,
	    [TEXT_TYPE] = types,
	    [TEXT_IFTYPE] = iftypes,
	    [TEXT_EXISTS] = exists,
	    [TEXT_ICMP] = icmp_types,
	    [TEXT_ICMP6] = icmp6_types,
	    [TEXT_STATE] = states,
	    [TEXT_STATUS] = statuses,
	    [TEXT_TCP_FLAGS] = tcp_flags,
	};

	return kind < ARRAY_COUNT(tables) ? tables[kind] : NULL;
}

static bool
is_flags(enum text_kind kind)
{
	return kind == TEXT_STATE || kind == TEXT_STATUS ||
	       kind == TEXT_TCP_FLAGS;
}

bool
text_is_host_order(enum text_kind kind)
{
	return kind == TEXT_HOST_NUMBER || kind == TEXT_INDEX ||
	       kind == TEXT_MARK || kind == TEXT_PRIORITY ||
	       kind == TEXT_STATE || kind == TEXT_STATUS || kind == TEXT_TYPE ||
	       kind == TEXT_IFTYPE || kind == TEXT_EXISTS;
}

uint32_t
text_number(const uint8_t *bytes, size_t length, bool is_network)
{
	uint32_t number = 0;

	for (size_t i = 0; i < length && i < sizeof(number); i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		size_t at = is_network ? i : length - 1 - i;
#else
		size_t at = i;
		(void)is_network;
#endif
		number = number << 8 | bytes[at];
	}
	return number;
}

void
text_flags(
    struct buf *out, enum text_kind kind, uint32_t bits, const char *between)
{
	const char *before = "";

	for (const struct word *word = words_of(kind); word && word->name;
	     word++) {
		if (!(bits & word->value))
			continue;
		buf_addf(out, "%s%s", before, word->name);
		before = between;
		bits &= ~word->value;
	}
	if (bits || !*before)
		buf_addf(out, "%s0x%x", before, bits);
}

static void
add_hex(struct buf *out, const uint8_t *bytes, size_t length)
{
	buf_add(out, "0x");
	for (size_t i = 0; i < length; i++)
		buf_addf(out, "%02x", bytes[i]);
}

static void
add_mac(struct buf *out, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		buf_addf(out, "%s%02x", i > 0 ? ":" : "", bytes[i]);
}

/* Zero padded; shorter than a whole one: what begins so. */
static void
add_name(struct buf *out, const uint8_t *bytes, size_t length)
{
	char name[64];
	size_t n = length < sizeof(name) - 1 ? length : sizeof(name) - 1;

	(void)memcpy(name, bytes, n);
	name[n] = '\0';
	buf_add_char(out, '"');
	nf_words_add(out, name);
	buf_add(out, strnlen(name, n) == n && n < 16 ? "*\"" : "\"");
}

static void
add_dscp(struct buf *out, unsigned value)
{
	unsigned class = value >> 3, drop = value >> 1 & 3;

	if ((value & 7) == 0)
		buf_addf(out, "cs%u", class);
	else if (value == 0x2e)
		buf_add(out, "ef");
	else if ((value & 1) == 0 && class >= 1 && class <= 4)
		buf_addf(out, "af%u%u", class, drop);
	else
		buf_addf(out, "0x%02x", value);
}

static void
add_address(struct buf *out, const uint8_t *bytes, size_t length)
{
	struct nf_address address = {
	    .family = length <= 4 ? AF_INET : AF_INET6};
	char text[INET6_ADDRSTRLEN];

	(void)memcpy(address.bytes, bytes, length > 16 ? 16 : length);
	buf_add(out, net_address_format(&address, text));
}

static void
add_index(struct buf *out, const struct text *text, uint32_t index)
{
	const struct net_interface *interface =
	    text->net ? net_interface_by_index(text->net, index) : NULL;

	if (!interface) {
		buf_addf(out, "%u", index);
		return;
	}
	buf_add_char(out, '"');
	nf_words_add(out, interface->name);
	buf_add_char(out, '"');
}

void
text_value(struct buf *out, const struct text *text, enum text_kind kind,
    const uint8_t *bytes, size_t length, bool is_swapped)
{
	bool is_network = is_swapped || !text_is_host_order(kind);
	uint32_t number;

	if (kind == TEXT_ADDRESS && (length == 4 || length == 16)) {
		add_address(out, bytes, length);
		return;
	}
	if (kind == TEXT_NAME) {
		add_name(out, bytes, length);
		return;
	}
	if (kind == TEXT_MAC) {
		add_mac(out, bytes, length);
		return;
	}
	if (kind == TEXT_HEX || kind == TEXT_ADDRESS || length == 0 ||
	    length > 4) {
		add_hex(out, bytes, length);
		return;
	}
	number = text_number(bytes, length, is_network);
	if (is_flags(kind)) {
		text_flags(out, kind, number, ",");
		return;
	}
	if (kind == TEXT_INDEX) {
		add_index(out, text, number);
		return;
	}
	if (kind == TEXT_MARK) {
		buf_addf(out, "0x%08x", number);
		return;
	}
	if (kind == TEXT_PRIORITY) {
		buf_addf(out, "%x:%x", number >> 16, number & 0xffff);
		return;
	}
	if (kind == TEXT_DSCP) {
		add_dscp(out, number >> 2);
		return;
	}
	for (const struct word *word = words_of(kind); word && word->name;
	     word++) {
		if (word->value == number) {
			buf_add(out, word->name);
			return;
		}
	}
	buf_addf(out, "%u", number);
}

int
text_mask_bits(const uint8_t *mask, size_t length)
{
	unsigned bits = 0;

	while (bits < length * 8 && (mask[bits / 8] & (0x80U >> bits % 8)))
		bits++;
	for (size_t i = bits; i < length * 8; i++) {
		if (mask[i / 8] & (0x80U >> i % 8))
			return -1;
	}
	return (int)bits;
}

void
text_prefix(struct buf *out, const struct text *text, const uint8_t *bytes,
    size_t length, size_t full, unsigned bits)
{
	uint8_t whole[16] = {0};

	if (full < length)
		full = length;
	if (full > sizeof(whole))
		return;
	(void)memcpy(whole, bytes, length);
	text_value(out, text, TEXT_ADDRESS, whole, full, true);
	if (bits < full * 8)
		buf_addf(out, "/%u", bits);
}
