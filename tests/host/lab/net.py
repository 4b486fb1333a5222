"""Network namespaces joined with veth pairs.

Only addresses set aside for documentation are used (RFC 5737, RFC 3849), and
no namespace has a way out of the machine:

    192.0.2.0/24     2001:db8::/64       the hosts' network; .1 is the gateway
    192.0.2.128/25   2001:db8:1::/64     a second one, for hosts with two
                                         interfaces; .129 is its gateway
    198.51.100.0/24  2001:db8:25::/64    mail servers of the world
    203.0.113.0/24   2001:db8:c::/64     clients of the world
"""

from lab import proc

GATEWAY = '192.0.2.1'
GATEWAY6 = '2001:db8::1'
LAN_BITS = 24
LAN6_BITS = 64
GATEWAY_2 = '192.0.2.129'
GATEWAY6_2 = '2001:db8:1::1'
LAN_BITS_2 = 25
# Every address of these is one of the world's own.
WORLD_NETWORKS = ('198.51.100.0/24', '203.0.113.0/24',
                  '2001:db8:25::/64', '2001:db8:c::/64')


def ip(netns, *commands):
    """Run ip(8) commands, one line each, in a network namespace."""
    proc.run(['ip', '-n', netns, '-batch', '-'],
             stdin='\n'.join(commands) + '\n').check()


def inside(netns, argv):
    """Return argv, made to run in a network namespace.

    Not by `ip netns exec`: that makes a mount namespace as well, which would
    hold on to other hosts' mounts.
    """
    return ['nsenter', f'--net=/run/netns/{netns}', *argv]


def make_bridge(netns):
    """Make the world's end of the hosts' network in its namespace."""
    ip(netns, 'link add lan type bridge',
       f'addr add {GATEWAY}/{LAN_BITS} dev lan',
       f'addr add {GATEWAY6}/{LAN6_BITS} dev lan nodad',
       'link set lan up',
       *(f'route add local {network} dev lo' for network in WORLD_NETWORKS))
    # IPv4 allows it for every local route, IPv6 only when told to.
    proc.run(inside(netns, ['sysctl', '--quiet', '--write',
                            'net.ipv6.ip_nonlocal_bind=1'])).check()


def plug(netns, addresses, bridge=None, port='port0'):
    """Give a host's namespace eth0 with addresses and a way to the gateway.

    bridge  the world's namespace, where the other end becomes a port of the
            bridge; None leaves that end unconnected
    port    the name of that end
    """
    far = f'netns {bridge}' if bridge else ''
    ip(netns, f'link add eth0 type veth peer name {port} {far}',
       *(f'addr add {_options(address)} dev eth0' for address in addresses),
       'link set eth0 up')
    ip(bridge or netns, *([f'link set {port} master lan'] if bridge else []),
       f'link set {port} up')
    ip(netns, f'route add 0.0.0.0/0 via {GATEWAY}',
       f'route add ::/0 via {GATEWAY6}')


def plug_second(netns, addresses, bridge, port):
    """Give a host's namespace eth1 as well, on the second network.

    It has a default route there, which comes after that of eth0; what leaves
    from eth1's addresses goes that way.
    """
    if proc.run(['ip', '-n', bridge, 'link', 'show', 'lan2']).rc != 0:
        ip(bridge, 'link add lan2 type bridge',
           f'addr add {GATEWAY_2}/{LAN_BITS_2} dev lan2',
           f'addr add {GATEWAY6_2}/{LAN6_BITS} dev lan2 nodad',
           'link set lan2 up')
    ip(netns, f'link add eth1 type veth peer name {port} netns {bridge}',
       *(f'addr add {_options(address, LAN_BITS_2)} dev eth1'
         for address in addresses),
       'link set eth1 up')
    ip(bridge, f'link set {port} master lan2', f'link set {port} up')
    for default, gateway, metric in (('0.0.0.0/0', GATEWAY_2, 200),
                                     ('::/0', GATEWAY6_2, 2000)):
        ip(netns, f'route add {default} via {gateway} metric {metric}',
           f'route add {default} via {gateway} table 2')
    for address in addresses:
        family = '-6' if ':' in address else '-4'
        proc.run(['ip', '-n', netns, family, 'rule', 'add', 'from', address,
                  'lookup', '2']).check()


def _options(address, bits=LAN_BITS):
    """Return an address as ip(8) wants it: usable at once."""
    return (f'{address}/{LAN6_BITS} nodad' if ':' in address
            else f'{address}/{bits}')
