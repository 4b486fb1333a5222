"""Matches of nft's language, drawn at random; each with what it rests on.

A match is a function of (values, context) that returns text, or None where it
has no place; VOLATILE are those whose answer depends on time, state, or on what
a client is free to choose.
"""

import re

LOCAL = {'input', 'output', 'forward'}
ALL = LOCAL | {'prerouting', 'postrouting'}


class Context:
    """Where a rule stands."""

    def __init__(self, family, hooks, sets):
        self.family = family
        self.hooks = hooks  # hooks from which its chain is reached
        self.sets = sets  # those of the table: objects with .kind, .name
        self._version = None

    def begin(self):
        """Begin a rule: all of its matches are about one version of IP."""
        self._version = None

    def version(self, v):
        """Return the version of IP that a match is about."""
        if self.family in ('ip', 'ip6'):
            return 4 if self.family == 'ip' else 6
        if self._version is None:
            self._version = v.one(4, 6)
        return self._version

    def is_outward(self, v):
        """Is a packet here rather on its way out?"""
        out = self.hooks & {'output', 'postrouting'}
        inward = self.hooks - {'output', 'postrouting'}
        return bool(out) and (not inward or v.chance(0.5))

    def named(self, v, kind):
        """Return a named set of that kind, or None."""
        found = [s for s in self.sets if s.kind == kind and not s.is_map]
        return v.rng.choice(found) if found else None


def _not(v, share=0.15):
    return '!= ' if v.chance(share) else ''


def _many(v):
    """A large set is looked up in another way than a small one."""
    return v.rng.randint(40, 60) if v.chance(0.15) else 0


def ports(v, c):
    field = 'tcp dport'
    if v.chance(0.07):
        field = 'th dport'
    kind = v.weighed({'one': 6, 'range': 2, 'set': 3, 'named': 2, 'bits': 0.4,
                      'order': 0.6})
    if kind == 'range':
        low, high = v.port_range()
        return f'{field} {_not(v)}{low}-{high}'
    if kind == 'set':
        items = ', '.join(v.disjoint_ports(v.rng.randint(1, 5), _many(v)))
        return f'{field} {_not(v)}{{ {items} }}'
    if kind == 'named':
        named = c.named(v, 'inet_service')
        if named:
            return f'{field} {_not(v)}@{named.name}'
    if kind == 'bits':
        mask = v.one(1, 0x1f, 0xff00)
        return f'{field} & {mask} {v.one("==", "!=")} {v.port() & mask}'
    if kind == 'order':
        return f'{field} {v.one("<", ">", "<=", ">=")} {v.port()}'
    return f'{field} {_not(v)}{v.port()}'


def source_port(v, c):
    low, high = v.source_ports()
    if low == high:
        return f'tcp sport {_not(v)}{low}'
    return f'tcp sport {_not(v)}{low}-{high}'


def address(v, c):
    version = c.version(v)
    ip = 'ip' if version == 4 else 'ip6'
    side = v.one('saddr', 'daddr')
    is_world = (side == 'saddr') != c.is_outward(v)
    field = f'{ip} {side}'
    kind = v.weighed({'one': 4, 'prefix': 4, 'range': 2, 'set': 3, 'named': 3,
                      'mask': 1, 'order': 0.5})
    if kind == 'prefix':
        return f'{field} {_not(v)}{v.prefix(version, is_world)}'
    if kind == 'range':
        low, high = v.address_range(version, is_world)
        return f'{field} {_not(v)}{low}-{high}'
    if kind == 'set':
        items = ', '.join(v.disjoint(version, v.rng.randint(1, 4), _many(v)))
        return f'{field} {_not(v)}{{ {items} }}'
    if kind == 'named':
        named = c.named(v, f'ipv{version}_addr')
        if named:
            return f'{field} {_not(v)}@{named.name}'
    if kind == 'mask' and version == 4:
        mask = v.one('255.255.0.0', '0.0.0.255', '255.0.255.0')
        host = v.address(4, is_world).split('.')
        masked = '.'.join(str(int(a) & int(b))
                          for a, b in zip(host, mask.split('.')))
        return f'{field} & {mask} {v.one("==", "!=")} {masked}'
    if kind == 'order':
        return f'{field} {v.one("<=", ">=")} {v.address(version, is_world)}'
    return f'{field} {_not(v)}{v.address(version, is_world)}'


def pair(v, c):
    """Return a concatenation."""
    version = c.version(v)
    ip = 'ip' if version == 4 else 'ip6'
    kind = v.one('addr . port', 'ifname . port', 'proto . port', 'addr . addr',
                 'ifname . addr . port', 'named', 'named', 'mark . port')
    side = v.one('saddr', 'daddr')
    if kind == 'named':
        named = c.named(v, f'ipv{version}_addr . inet_service')
        if named:
            return f'{ip} {side} . tcp dport {_not(v)}@{named.name}'
        named = c.named(v, 'ifname . inet_service')
        if named:
            return f'iifname . tcp dport {_not(v)}@{named.name}'
        return None
    fields = {'addr': f'{ip} {side}', 'port': 'tcp dport', 'ifname': 'iifname',
              'proto': 'meta l4proto', 'mark': 'meta mark'}
    draw = {'addr': lambda: v.address(version), 'port': v.port,
            'ifname': lambda: f'"{v.interface()}"',
            'mark': v.mark, 'proto': lambda: v.one('tcp', 'tcp', 'udp')}
    names = kind.split(' . ')
    keys = [fields[name] for name in names]
    if kind == 'addr . addr':
        keys = [f'{ip} saddr', f'{ip} daddr']
    if v.chance(0.3):
        draw['port'] = lambda: '-'.join(map(str, v.port_range()))
        if v.chance(0.5) and kind != 'addr . addr':
            draw['addr'] = lambda: v.prefix(version)
    items = {' . '.join(str(draw[name]()) for name in names)}
    return f'{" . ".join(keys)} {_not(v)}{{ {", ".join(items)} }}'


def protocol(v, c):
    words = ('ip protocol tcp', 'ip protocol != { udp, icmp }')
    if c.version(v) == 6:
        words = ('ip6 nexthdr tcp', 'ip6 nexthdr != udp')
    if v.chance(0.08):
        return 'meta l4proto { tcp, udp }'
    return v.one(*words, 'meta l4proto tcp', 'meta l4proto { tcp, udp }',
                 'meta l4proto != udp', 'meta l4proto 6', 'meta l4proto udp',
                 'meta l4proto != { udp, icmp, ipv6-icmp }',
                 'meta l4proto < 17')


def family(v, c):
    return v.one('meta nfproto ipv4', 'meta nfproto ipv6',
                 'meta nfproto != ipv4', 'meta protocol ip',
                 'meta protocol ip6', 'meta protocol { ip, ip6 }')


def interface(v, c):
    key = v.weighed({'iifname': 6, 'oifname': 3})
    if c.is_outward(v):
        key = v.weighed({'oifname': 6, 'iifname': 2})
    name = v.interface()
    kind = v.weighed({'one': 5, 'wild': 2, 'set': 2, 'wildset': 1, 'index': 2,
                      'named': 1})
    if kind == 'wild':
        return f'{key} {_not(v)}"{v.one("eth*", "et*", "lo*", "w*", "eth0*")}"'
    if kind == 'set':
        names = ', '.join(f'"{n}"' for n in v.some(
            ('eth0', 'eth1', 'lo', 'wlan0', 'br0'), 3))
        return f'{key} {_not(v)}{{ {names} }}'
    if kind == 'wildset':
        return f'{key} {_not(v)}{{ "{v.one("eth*", "w*")}", "lo" }}'
    if kind == 'index' and name != 'wlan0':
        return f'{key[:3]} {_not(v)}"{name}"'
    if kind == 'named':
        named = c.named(v, 'ifname')
        if named:
            return f'{key} {_not(v)}@{named.name}'
    return f'{key} {_not(v, 0.25)}"{name}"'


def device(v, c):
    return v.one('iiftype ether', 'iiftype loopback', 'oiftype ether',
                 'iiftype != ether', 'oiftype != loopback', 'iifgroup default',
                 'oifgroup 0', 'iifgroup != 0', 'oifgroup != 3',
                 'meta iifkind "veth"', 'meta oifkind "veth"',
                 'meta iifkind != "bridge"', 'meta oifkind != "veth"',
                 'meta sdif 0', 'meta sdifname != "vrf0"')


def packet_type(v, c):
    return 'meta pkttype ' + v.one('host', 'unicast', '!= host', 'broadcast',
                                   '{ host, multicast }', 'other')


def mark(v, c):
    mask = v.one(0xf, 0xff, 0x1)
    return v.one(f'meta mark {_not(v)}{v.mark()}',
                 f'meta mark & {mask} {v.one("==", "!=")} {v.mark() & mask}',
                 f'meta mark {{ {v.mark()}, 0x20-0x40 }}',
                 f'meta mark {v.one("<", ">=")} {v.mark()}',
                 f'ct mark {_not(v)}{v.mark()}',
                 f'ct mark & {mask} {v.one("==", "!=")} {v.mark() & mask}',
                 f'ct mark {{ 0x2-0x7, {v.one(0, 0x10)} }}')


def state(v, c):
    states = ', '.join(v.some(('new', 'established', 'related', 'invalid',
                               'untracked'), 3))
    return v.one(f'ct state {states.replace(" ", "")}',
                 f'ct state {{ {states} }}', f'ct state != {{ {states} }}',
                 'ct state new', 'ct state established,related',
                 'ct state != established', 'ct state != new',
                 'ct state established', 'ct state & new == new')


def connection(v, c):
    version = c.version(v)
    ip = 'ip' if version == 4 else 'ip6'
    way = v.one('original', 'reply')
    return v.one(
        'ct direction original', 'ct direction reply', 'ct direction != reply',
        'ct status dnat', 'ct status snat', 'ct status assured',
        'ct status seen-reply', 'ct status confirmed', 'ct status expected',
        'ct status & dnat == 0', 'ct status & snat != 0',
        'ct status & (dnat | snat) != 0', 'ct status != dnat',
        f'ct {way} {ip} saddr {v.address(version)}',
        f'ct {way} {ip} daddr {v.prefix(version)}',
        f'ct {way} {ip} daddr {_not(v)}{v.address(version)}',
        f'meta l4proto tcp ct {way} proto-dst {v.port()}',
        f'meta l4proto tcp ct {way} proto-src {v.port()}',
        f'meta l4proto tcp ct {way} proto-dst 1024-65535',
        'ct l3proto ipv4', 'ct original l3proto ipv4', 'ct protocol tcp',
        'ct original protocol tcp', 'ct protocol != udp', 'ct helper "ftp"',
        'ct helper != "ftp"', 'ct zone 0', 'ct original zone 0', 'ct zone != 0',
        'ct label 1', 'ct label != 1')


def flags(v, c):
    return v.one('tcp flags syn', 'tcp flags & (fin|syn|rst|ack) == syn',
                 'tcp flags & (syn|ack) == syn|ack', 'tcp flags syn,ack',
                 'tcp flags != syn', 'tcp flags & (fin|syn|rst|ack) != syn',
                 'tcp flags & syn == syn', 'tcp flags & (fin|rst) != 0',
                 'tcp flags { syn, syn|ack }', 'tcp flags ack',
                 'tcp flags syn / syn,ack,rst,fin')


def header(v, c):
    if c.version(v) == 4:
        return v.one('ip version 4', 'ip hdrlength 5', 'ip dscp 0', 'ip dscp cs1',
                     'ip dscp != cs0', 'ip frag-off & 0x1fff == 0',
                     'ip frag-off & 0x1fff != 0', 'ip ecn not-ect',
                     '@nh,0,4 4', '@nh,72,8 6', '@nh,96,8 203',
                     'ip protocol 6 @th,0,16 1024-65535')
    return v.one('ip6 version 6', 'ip6 nexthdr 6', 'ip6 dscp cs0',
                 'ip6 dscp != 0', 'exthdr frag missing', 'exthdr hbh exists',
                 'exthdr rt missing', 'frag nexthdr tcp', '@nh,0,4 6',
                 '@nh,48,8 6', '@nh,64,16 0x2001')


def raw(v, c):
    port = v.port()
    return v.one(f'meta l4proto tcp @th,16,16 {port}',
                 f'meta l4proto tcp @th,16,16 != {port}',
                 f'meta l4proto tcp @th,24,8 {port & 0xff}',
                 f'meta l4proto tcp @th,16,16 {{ {port}, 25 }}',
                 'ether type ip', 'ether saddr 02:00:00:00:00:01',
                 'ether saddr != 02:00:00:00:00:01',
                 'ether daddr { 02:00:00:00:00:01, 02:00:00:00:00:02 }')


def routes(v, c):
    ip = 'ip' if c.version(v) == 4 else 'ip6'
    gateway = '192.0.2.1' if ip == 'ip' else '2001:db8:1::1'
    return v.one(
        'fib daddr type local', 'fib daddr type { local, unicast }',
        'fib daddr type != local', 'fib saddr type unicast',
        'fib saddr type local', 'fib saddr type != { local, broadcast }',
        'fib daddr . iif type local', 'fib saddr . iif oif missing',
        'fib saddr . iif oif exists', 'fib saddr oif "eth0"',
        'fib saddr oif != "eth1"', 'fib saddr oifname "eth1"',
        'fib saddr . iif oifname "eth0"', 'fib daddr oifname "eth0"',
        'fib saddr . mark oif "eth0"', 'fib saddr . mark . iif oif exists',
        'fib daddr . oif type local', 'fib daddr oif exists',
        'fib saddr oifname "eth*"',
        f'rt {ip} nexthop {gateway}', f'rt {ip} nexthop != {gateway}',
        'rt classid 0', 'rt ipsec missing', 'meta ipsec missing')


def sockets(v, c):
    return v.one('socket transparent 0', 'socket transparent 1',
                 'socket wildcard 1', 'socket wildcard 0', 'socket mark 0',
                 'meta skuid 0', 'meta skuid 1000', 'meta skuid != 0',
                 'meta skuid { 0, 1000 }', 'meta skuid 100-2000',
                 'meta skgid 0', 'meta skgid != 1000',
                 'meta rtclassid 0', 'meta skuid . tcp dport { 0 . 25, '
                 '1000 . 587 }')


def client(v, c):
    """Return what a client chooses, or a clock, a counter says."""
    words = ('ip ttl 64', 'ip ttl < 60', 'ip length 60', 'ip id > 1000',
             'ip checksum > 5000')
    if c.version(v) == 6:
        words = ('ip6 hoplimit 64', 'ip6 length 40', 'ip6 flowlabel 0')
    if v.chance(0.08):
        return 'meta l4proto { tcp, udp }'
    return v.one(*words, 'meta length 60', 'tcp doff 10', 'tcp window > 1000',
                 'tcp sequence > 100000', 'tcp option maxseg exists',
                 'tcp option sack-perm exists', 'tcp option timestamp missing',
                 'tcp option maxseg size 1460', 'tcp option fastopen exists',
                 'meta random > 0x7fffffff', 'numgen inc mod 2 == 0',
                 'numgen random mod 10 < 5', 'symhash mod 2 == 0',
                 'meta hour "08:00"-"20:00"', 'meta day "Monday"',
                 'meta time > "2020-01-01 00:00:00"', 'ct expiration > 1m',
                 'ct id > 1000', 'ct bytes > 100', 'ct packets > 1',
                 'ct reply packets 0', 'ct avgpkt > 100', 'meta priority 0',
                 'osf name "Linux"', 'tcp checksum > 100', 'tcp urgptr 0',
                 'meta cpu 0')


def limits(v, c):
    rate = v.one('1/second', '5/minute', '1000/second burst 5 packets',
                 '100 bytes/second', '10 mbytes/second')
    return v.one(f'limit rate {rate}', f'limit rate over {rate}',
                 'quota over 1 mbytes', 'quota 100 bytes', 'quota 10 mbytes',
                 'ct count over 2', 'ct count 20')


def hashes(v, c):
    """Return a hash of what the question says; its seed is in the rule."""
    ip = 'ip' if c.version(v) == 4 else 'ip6'
    key = v.one(f'{ip} saddr', f'{ip} saddr . {ip} daddr',
                f'{ip} saddr . tcp dport', 'tcp dport')
    mod = v.one(2, 3, 4, 16)
    test = v.one(f'== {v.rng.randrange(mod)}', f'!= {v.rng.randrange(mod)}',
                 f'< {mod // 2 + 1}')
    offset = v.one('', ' offset 5')
    if offset:
        test = f'> {v.rng.randint(4, 4 + mod)}'
    return f'jhash {key} mod {mod} seed 0x{v.rng.getrandbits(32):x}{offset} {test}'


# The kernel takes these only in chains that are reached from there alone.
_PLACES = (
    (r'\bsocket ', {'prerouting', 'input', 'output'}),
    (r'\bfib \S+( \. (mark|iif))* oif', {'prerouting', 'input', 'forward'}),
    (r'\bfib \S+ \. iif', {'prerouting', 'input', 'forward'}),
    (r'\bfib \S+ \. oif', {'output', 'postrouting', 'forward'}),
    (r'sdif', {'input', 'forward'}),
    (r'pkttype set', {'prerouting'}),
    (r'\b(ct|rt|meta sk\w+|oif\w*|ipsec)\b', LOCAL | {'postrouting',
                                                      'prerouting'}),
)


# What no question says: hardware addresses, and whose the socket is that
# answers.
UNSEEN = re.compile(r'\bether [sd]addr|\bmeta sk|\bsocket mark')


def fits(text, c):
    """Has that text a place in a rule there?"""
    if any(not c.hooks <= hooks and re.search(pattern, text)
           for pattern, hooks in _PLACES):
        return False
    if 'nfproto' in text and c.family != 'inet':
        return False
    wrong = {'ip': r'exthdr|\bip6 ', 'ip6': r'\bip '}.get(c.family)
    return not (wrong and re.search(wrong, text))


MATCHES = {ports: 26, source_port: 4, address: 20, pair: 5, protocol: 4,
           family: 2, interface: 9, device: 2, packet_type: 1.5, mark: 4,
           state: 9, connection: 5, flags: 3, header: 2.5, raw: 2, routes: 4,
           sockets: 3}
VOLATILE = {client: 2, limits: 3, hashes: 0.5}
