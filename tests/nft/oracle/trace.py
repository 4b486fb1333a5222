"""The kernel's own account of a packet: nftrace events over netlink.

A table of ours sets the mark early on each hook. It also asks for the state of
a connection, so that there is conntrack whatever the rule set is. An event carries the packet's headers only once for each base chain,
so that the others are told apart by the trace id.
"""

import os
import socket
import struct

NETLINK_NETFILTER = 12
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP = 1
NETLINK_NO_ENOBUFS = 5
NFNLGRP_NFTRACE = 9
SO_RCVBUFFORCE = 33
NFT_MSG_TRACE = 10 << 8 | 17

TABLE = 'oracle_trace'
# Before every chain of a generated rule set (and before conntrack, -200).
PRIORITY = -500
RULES = f"""\
table inet {TABLE} {{
	chain in {{
		type filter hook prerouting priority {PRIORITY}; policy accept;
		meta l4proto {{ tcp, icmp, icmpv6 }} meta nftrace set 1
	}}
	chain out {{
		type filter hook output priority {PRIORITY}; policy accept;
		ct state invalid counter
		meta l4proto {{ tcp, icmp, icmpv6 }} meta nftrace set 1
	}}
}}
table netdev {TABLE} {{
	chain eth0 {{
		type filter hook ingress device "eth0" priority {PRIORITY}; policy accept;
		meta l4proto tcp meta nftrace set 1
	}}
	chain eth1 {{
		type filter hook ingress device "eth1" priority {PRIORITY}; policy accept;
		meta l4proto tcp meta nftrace set 1
	}}
}}
"""

# Attributes of a trace event (linux/netfilter/nf_tables.h).
(A_TABLE, A_CHAIN, A_HANDLE, A_TYPE, A_VERDICT, A_ID, _A_LL, A_NETWORK,
 A_TRANSPORT) = range(1, 10)
A_POLICY = 16
TYPE_POLICY, TYPE_RETURN, TYPE_RULE = 1, 2, 3
V_CODE, V_CHAIN = 1, 2

FAMILIES = {1: 'inet', 2: 'ip', 5: 'netdev', 7: 'bridge', 10: 'ip6'}
CONTINUE = -1
VERDICTS = {0: 'drop', 1: 'accept', 2: 'stolen', 3: 'queue', -1: 'continue',
            -2: 'break', -3: 'jump', -4: 'goto', -5: 'return'}

SYN, ACK, RST = 2, 16, 4


def _attributes(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from('=HH', data)
        if length < 4:
            break
        found[kind & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def _text(value):
    return value.rstrip(b'\0').decode()


def _verdict(value):
    parts = _attributes(value)
    code = struct.unpack('>i', parts[V_CODE])[0]
    # a queue's number, an errno of drop stand in the upper half
    name = VERDICTS[code if code < 0 else code & 0xff]
    return f'{name} {_text(parts[V_CHAIN])}' if V_CHAIN in parts else name


class Packet:
    """What the headers say: of which connection, and which part of it."""

    def __init__(self, network, transport):
        self.ports, self.flags, self.is_icmp = (), 0, False
        version = network[0] >> 4 if network else 0
        protocol = {4: network[9:10], 6: network[6:7]}.get(version, b'')
        if protocol in (b'\x01', b'\x3a'):
            self.is_icmp = True
        elif protocol == b'\x06' and len(transport) >= 14:
            self.ports = struct.unpack_from('>HH', transport)
            self.flags = transport[13]

    def is_syn(self, port):
        return (self.flags & (SYN | ACK | RST) == SYN
                and self.ports[0] == port)

    def is_answer(self, port):
        return (self.flags & (SYN | ACK | RST) == SYN | ACK
                and self.ports[1] == port)

    def is_refusal(self, port):
        """Is it what a reject sends? (An ICMP error quotes the packet.)"""
        return self.is_icmp or (self.flags & RST and port == self.ports[1])


class Event:
    """A verdict in a chain, about a packet."""

    def __init__(self, packet, family, attributes):
        self.packet = packet
        self.table = _text(attributes.get(A_TABLE, b''))
        self.kind = struct.unpack('>I', attributes[A_TYPE])[0]
        chain = _text(attributes.get(A_CHAIN, b''))
        if self.kind == TYPE_POLICY:
            verdict = VERDICTS[struct.unpack('>I', attributes[A_POLICY])[0]]
            where = 'policy'
        else:
            verdict = _verdict(attributes[A_VERDICT])
            where = ''
            if A_HANDLE in attributes:
                where = struct.unpack('>Q', attributes[A_HANDLE])[0]
        self.is_ours = self.table == TABLE
        self.family = FAMILIES.get(family, str(family))
        self.verdict = verdict
        # The end of a chain without a verdict and a rule without one say
        # nothing about the way.
        self.is_silent = verdict == 'continue'
        self.text = f'{self.family}:{self.table}:{chain}#{where}={verdict}'


class Trace:
    """The events of the namespace in which it was opened."""

    def __init__(self):
        self.sock = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC
            | socket.SOCK_NONBLOCK, NETLINK_NETFILTER)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        self.sock.bind((0, 0))
        self.sock.setsockopt(
            SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTRACE)
        self.packets = {}

    def fileno(self):
        return self.sock.fileno()

    def read(self):
        """Return the events that are there."""
        events = []
        while True:
            try:
                data = self.sock.recv(65536)
            except BlockingIOError:
                return events
            while len(data) >= 20:
                length, kind = struct.unpack_from('=IH', data)
                if kind == NFT_MSG_TRACE:
                    self._event(data[16:length], events)
                data = data[(length + 3) & ~3:]

    def _event(self, message, events):
        attributes = _attributes(message[4:])
        identity = attributes.get(A_ID)
        if A_NETWORK in attributes:
            self.packets[identity] = Packet(
                attributes[A_NETWORK], attributes.get(A_TRANSPORT, b''))
        packet = self.packets.get(identity)
        event = Event(packet, message[0], attributes)
        if packet:
            events.append(event)

    def close(self):
        os.close(self.sock.detach())
