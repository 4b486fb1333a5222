"""A host and the world around it: two network namespaces, joined by veth.

Nothing but descriptors holds them, so that they are gone with the process,
also when it is killed.

The host has two interfaces. The world answers under every address (what comes
in on a link is local there, whatever it is for), so that any source can be
tried and any destination reached. Neighbours are not asked for: a rule of
netdev ingress would see ARP, and a drop there would look like a dead link.
Both ends of a link have one and the same hardware address instead, which is
what a device without ARP sends to.
"""

import ctypes
import os
import socket
import subprocess

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000

# What the host is.
HOST = {
    'eth0': ('192.0.2.10', '2001:db8:1::10'),
    'eth1': ('10.0.0.10', '2001:db8:2::10'),
}
# A second address of eth0.
HOST_MORE = ('192.0.2.11', '2001:db8:1::11')
LINK = {'eth0': 'w0', 'eth1': 'w1'}

# Something listens on each of these, on the host and in the world.
PORTS = (22, 25, 80, 110, 143, 443, 465, 587, 993, 2525, 8080, 10025)
# On the host only: a listener that takes what tproxy brings.
TRANSPARENT_PORT = 8888

IPV6_TRANSPARENT = 75
IPV6_FREEBIND = 78
ROUTED_MARK = 7  # of packets that leave by eth1 whatever their destination

HOST_SETUP = """\
link set lo up
link add eth0 address 02:00:00:00:00:01 type veth peer name w0 address 02:00:00:00:00:01 netns {peer}
link add eth1 address 02:00:00:00:00:02 type veth peer name w1 address 02:00:00:00:00:02 netns {peer}
link set eth0 arp off up
link set eth1 arp off up
addr add 192.0.2.10/24 dev eth0
addr add 192.0.2.11/24 dev eth0
addr add 10.0.0.10/8 dev eth1
addr add 2001:db8:1::10/64 dev eth0 nodad
addr add 2001:db8:1::11/64 dev eth0 nodad
addr add 2001:db8:2::10/48 dev eth1 nodad
route add default via 192.0.2.1 dev eth0
route add default via 10.0.0.1 dev eth1 table 107
route add default via 2001:db8:1::1 dev eth0
route add default via 2001:db8:2::1 dev eth1 table 107
rule add fwmark 7 lookup 107
"""
HOST_RULES_V6 = """\
rule add fwmark 7 lookup 107
"""

WORLD_SETUP = """\
link set lo up
link set w0 arp off up
link set w1 arp off up
addr add 192.0.2.1/24 dev w0
addr add 10.0.0.1/8 dev w1
addr add 2001:db8:1::1/64 dev w0 nodad
addr add 2001:db8:2::1/48 dev w1 nodad
route add default via 192.0.2.10 dev w0
route add default via 2001:db8:1::10 dev w0
route add default via 10.0.0.10 dev w1 metric 9000
route add default via 2001:db8:2::10 dev w1 metric 9000
route add default via 10.0.0.10 dev w1 table 101
route add default via 2001:db8:2::10 dev w1 table 101
route add local default dev lo table 100
route add local ::/0 dev lo table 100
rule add iif w0 lookup 100 pref 10
rule add iif w1 lookup 100 pref 10
rule add to 10.0.0.0/8 lookup main pref 11
rule add from 10.0.0.0/8 lookup 101 pref 12
"""
WORLD_RULES_V6 = """\
rule add iif w0 lookup 100 pref 10
rule add iif w1 lookup 100 pref 10
rule add to 2001:db8:2::/48 lookup main pref 11
rule add from 2001:db8:2::/48 lookup 101 pref 12
"""

SYSCTLS = {
    'ipv4/conf/all/rp_filter': '0',
    'ipv4/conf/default/rp_filter': '0',
    'ipv4/conf/all/accept_local': '1',
    'ipv4/conf/default/accept_local': '1',
    'ipv6/conf/default/accept_dad': '0',
    'ipv6/conf/default/accept_ra': '0',
    'ipv6/conf/default/router_solicitations': '0',
    'ipv6/conf/default/addr_gen_mode': '1',
    # a budget of ICMP would silence a reject
    'ipv4/icmp_ratelimit': '0',
    'ipv4/icmp_msgs_per_sec': '1000000',
    'ipv4/icmp_msgs_burst': '1000000',
    'ipv6/icmp/ratelimit': '0',
    'ipv4/ip_forward': '1',
    'ipv6/conf/all/forwarding': '1',
}


def _check(result, what):
    if result:
        raise OSError(ctypes.get_errno(), f'{what}: '
                      + os.strerror(ctypes.get_errno()))


def _new():
    """Return a descriptor of a fresh network namespace; we are in it then."""
    _check(LIBC.unshare(CLONE_NEWNET), 'unshare')
    return os.open('/proc/thread-self/ns/net', os.O_RDONLY | os.O_CLOEXEC)


def _ip(batch, *options):
    subprocess.run(['ip', *options, '-batch', '-'], input=batch.encode(),
                   check=True)


def _sysctls():
    for name, value in SYSCTLS.items():
        try:
            with open(f'/proc/sys/net/{name}', 'w', encoding='ascii') as file:
                file.write(value)
        except FileNotFoundError:
            pass  # a kernel with one budget for all namespaces


def transparent(sock):
    """Let a socket have an address that is not this namespace's own."""
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TRANSPARENT, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_TRANSPARENT, 1)


def _listen(family, port, is_transparent, device=None):
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if is_transparent:
        transparent(sock)
    if device:
        # What comes in by a link is answered by that link.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                        device.encode())
    sock.bind(('', port))
    sock.listen(256)
    return sock


class Pair:
    """A fresh host and its world."""

    def __init__(self):
        self.world = _new()
        _sysctls()
        self.host = _new()
        _sysctls()
        peer = f'/proc/{os.getpid()}/fd/{self.world}'
        _ip(HOST_SETUP.format(peer=peer))
        _ip(HOST_RULES_V6, '-6')
        self.listeners = []
        self._listen_all(False)
        self.enter_world()
        _ip(WORLD_SETUP)
        _ip(WORLD_RULES_V6, '-6')
        self._listen_all(True)
        self.enter_host()

    def _listen_all(self, is_world):
        for family in (socket.AF_INET, socket.AF_INET6):
            for port in PORTS:
                for device in LINK.values() if is_world else (None,):
                    self.listeners.append(
                        _listen(family, port, is_world, device))
            if not is_world:
                self.listeners.append(_listen(family, TRANSPARENT_PORT, True))

    def enter_host(self):
        _check(LIBC.setns(self.host, CLONE_NEWNET), 'setns')

    def enter_world(self):
        _check(LIBC.setns(self.world, CLONE_NEWNET), 'setns')

    def close(self):
        for sock in self.listeners:
            sock.close()
        os.close(self.host)
        os.close(self.world)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
