"""What rules are about: addresses, ports and names near those of the probes."""

import ipaddress

from oracle import space

WORLD = {
    4: ('203.0.113.9', '203.0.113.77', '198.51.100.7', '192.0.2.99',
        '10.0.0.5', '10.3.0.3', '172.16.5.5'),
    6: ('2001:db8:77::9', '2001:db8:77:1::5', '2001:db8:1::99', '2a00:1450::1',
        '2001:db8:2::5', '2001:db8:2:3::3', '2a00:1450:8000::7'),
}
# Of the world, those behind eth1.
BEHIND_ETH1 = ('10.', '2001:db8:2:')
HOST = {
    4: ('192.0.2.10', '192.0.2.11', '10.0.0.10'),
    6: ('2001:db8:1::10', '2001:db8:1::11', '2001:db8:2::10'),
}
LENGTHS = {4: (0, 7, 8, 12, 16, 20, 23, 24, 25, 28, 30, 31, 32),
           6: (0, 12, 16, 32, 44, 48, 56, 60, 64, 65, 96, 112, 127, 128)}
OTHER_PORTS = (21, 24, 26, 53, 81, 109, 111, 144, 442, 464, 466, 588, 992,
               1024, 3306, 5432, 8081, 10024, 32768, 65535)
INTERFACES = ('eth0', 'eth1', 'lo', 'wlan0')
MARKS = (0, 1, 2, 3, 7, 0x10, 0xff, 0x10001)
PROBE_UID = 1000


class Values:
    """Draws values; `rng` is a random.Random."""

    def __init__(self, rng):
        self.rng = rng

    def one(self, *things):
        return self.rng.choice(things)

    def weighed(self, table):
        """Return a key of {key: weight}."""
        return self.rng.choices(list(table), list(table.values()))[0]

    def chance(self, share):
        return self.rng.random() < share

    def some(self, things, most):
        things = list(things)
        return self.rng.sample(things, self.rng.randint(1, min(most,
                                                               len(things))))

    def port(self):
        return (self.rng.choice(space.PORTS) if self.chance(0.85)
                else self.rng.choice(OTHER_PORTS))

    def service(self):
        """Return a port on which something listens."""
        return self.rng.choice(space.PORTS)

    def port_range(self):
        low = max(1, self.port() - self.rng.choice((0, 1, 10, 100)))
        return low, min(65535, low + self.rng.choice((1, 2, 20, 120, 1000,
                                                      65535)))

    def source_ports(self):
        """Return (low, high): of a client, or of a service that answers."""
        if self.chance(0.5):
            port = self.port()
            return port, port
        return self.one((1024, 65535), (1024, 40000), (30000, 65535), (0, 1023),
                        (512, 1023))

    def address(self, version, is_world=None):
        if is_world is None:
            is_world = self.chance(0.6)
        pool = (WORLD if is_world else HOST)[version]
        if self.chance(0.9):
            return self.rng.choice(pool)
        return str(ipaddress.ip_address(self.rng.choice(pool))
                   + self.rng.choice((1, 2, -1)))

    def prefix(self, version, is_world=None):
        address = self.address(version, is_world)
        length = self.rng.choice(LENGTHS[version][1:])
        return str(ipaddress.ip_network(f'{address}/{length}', strict=False))

    def address_range(self, version, is_world=None):
        low = ipaddress.ip_address(self.address(version, is_world))
        low -= self.rng.choice((0, 1, 5))
        return str(low), str(low + self.rng.choice((1, 4, 100, 1000, 1 << 20)))

    def stranger(self, version):
        """Return a prefix or an address that no probe has."""
        bits = self.rng.getrandbits(16)
        if version == 4:
            return f'198.18.{bits >> 8}.{bits & 0xf8}/{self.one(29, 32)}'
        return f'2001:db8:ffff:{bits:x}::/{self.one(64, 128)}'

    def disjoint(self, version, count, strangers=0):
        """Return prefixes and addresses of which none is in another."""
        found = []
        for number in range(count + strangers):
            text = (self.stranger(version) if number >= count
                    else self.prefix(version) if self.chance(0.5)
                    else self.address(version))
            net = ipaddress.ip_network(text, strict=False)
            if not any(net.overlaps(other) for other in found):
                found.append(net)
        return [str(net.network_address) if net.prefixlen == net.max_prefixlen
                else str(net) for net in found]

    def disjoint_ports(self, count, strangers=0):
        """Return ports and ranges, as nft writes them, of which none overlap."""
        found = []
        for number in range(count + strangers):
            low, high = (self.port_range() if self.chance(0.4)
                         else (self.port(),) * 2)
            if number >= count:
                low = self.rng.randint(1, 60000)
                high = low + self.one(0, 0, 1, 5)
            if all(high < other[0] or low > other[1] for other in found):
                found.append((low, high))
        return [str(low) if low == high else f'{low}-{high}'
                for low, high in found]

    def interface(self):
        return self.weighed({'eth0': 6, 'eth1': 3, 'lo': 2, 'wlan0': 1})

    def mark(self):
        return self.rng.choice(MARKS)
