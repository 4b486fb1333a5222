"""The world outside of a mail host: its gateway, DNS, peers and clients.

    with World() as world:
        big = world.provider('big.test', Policy(connections=2))
        with Host(world=world) as host:
            host.boot()
            ...
            big.await_messages(200)

Its addresses are listed in net.py; its resolver is the gateway. The SMTP
servers are one process, which starts when a test first asks for it.
"""

import dataclasses
import itertools
import json
import os
import socket
import sys
from pathlib import Path

from lab import machine, net, proc
from lab.dns import Dns
from lab.policy import Policy
from lab.slot import Slot, closed_on_failure

_SILENCE = """\
table inet silence {
    set v4 { type ipv4_addr; }
    set v6 { type ipv6_addr; }
    chain input {
        type filter hook input priority 0;
        ip daddr @v4 drop
        ip6 daddr @v6 drop
    }
}
"""


class World:
    """One network namespace with everything a host can reach."""

    def __init__(self, signed=(), expired=()):
        """Make it.

        signed   names of zones that are signed, once there is such a zone
        expired  the same, with signatures that are no longer valid
        """
        machine.require_hosts()
        self._hosts = itertools.count(1)
        self._addresses = itertools.count(1)
        self._control = None
        self._silent = set()
        self.slot = Slot()
        with closed_on_failure(self):
            self.slot.add_netns()
            net.make_bridge(self.slot.netns)
            self.nft(_SILENCE)
            self._dns = Dns(self.slot, signed, expired)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End every process of it and remove the namespace."""
        self.slot.close()

    def plug(self, netns, addresses):
        """Connect a host's namespace to the hosts' network."""
        net.plug(netns, addresses, self.slot.netns,
                 f'port{next(self._hosts)}')

    def plug_second(self, netns, addresses):
        """Connect it to the second network as well, by its eth1."""
        net.plug_second(netns, addresses, self.slot.netns,
                        f'port{next(self._hosts)}')

    @staticmethod
    def sysctl(host, *settings):
        """Set what the kernel does for a host's network: 'net.x.y=1'."""
        proc.run(net.inside(host.slot.netns, [
            'sysctl', '--quiet', '--write', *settings])).check()

    def run(self, command, **options):
        """Run a program of this machine in the world's namespace.

        options  as of proc.run()
        """
        return proc.run(net.inside(self.slot.netns, command), shown=command,
                        where='world', **options)

    def nft(self, rules):
        """Load rules into the world's packet filter, as nft -f does."""
        self.run(['nft', '-f', '-'], stdin=rules).check()

    # DNS

    def zone(self, name, records):
        """Serve a zone: {owner: [record, ...]}.

        An owner is relative to the zone unless it ends in a dot, '@' is the
        zone itself; a record is written as in a zone file: 'MX 10 mx'.
        """
        self._dns.add(zones={name: records})

    def pointer(self, address, name):
        """Serve a PTR record."""
        self._dns.add(pointers={address: name})

    def zones(self, zones):
        """Serve many zones at once: {name: records}, see zone()."""
        self._dns.add(zones)

    def resolver(self, name, address, settings):
        """Start one more resolver; see Dns.resolve()."""
        self._dns.resolve(name, [address], settings)

    def liar(self, kind, address):
        """Start a resolver that misbehaves; see liar.py for the kinds."""
        self.ask('lie', kind=kind, address=address, upstream=net.GATEWAY)

    def drill(self, name, kind='A', resolver=net.GATEWAY):
        """Return what a resolver of the world says, as drill(1) shows it."""
        return self._dns.drill('-D', name, kind, f'@{resolver}')

    # SMTP

    def server(self, policy=Policy(), address=None, port=25):
        """Start an SMTP server; return its Server."""
        address = address or f'198.51.100.{next(self._addresses)}'
        server = Server(self, address, port)
        server.follow(policy)
        return server

    def provider(self, domain, policy=Policy(), **options):
        """Start a server that is the mail exchanger of a domain.

        It has an address record, mx.DOMAIN, and the PTR record for it.
        options  as of server()
        """
        server = self.server(policy, **options)
        kind = 'AAAA' if ':' in server.address else 'A'
        self._dns.add({domain: {'@': ['MX 10 mx'],
                                'mx': [f'{kind} {server.address}']}},
                      {server.address: f'mx.{domain}'})
        return server

    def dial(self, address, port=25, *, source=None, at_once=1, timeout_s=5):
        """Connect to a host from the world, with several calls at once.

        source  an address of the world to call from, e.g. 203.0.113.9

        Returns a Call for each. None is closed before all have met something.
        """
        met = self.ask('dial', address=address, port=port, source=source,
                       at_once=at_once, timeout_s=timeout_s)
        return [Call(**each) for each in met]

    def knock(self, calls, timeout_s):
        """Connect to hosts, all at once; wait for no banner.

        calls  (address, port, source) of each

        Returns a Call for each.
        """
        return [Call(**each) for each in
                self.ask('knock', calls=calls, timeout_s=timeout_s)]

    def ask(self, request, **arguments):
        """Have the agent do something; return its answer (see agent.py)."""
        if not self._control:
            self._control = self._start_agent()
        self._control.write(json.dumps({'do': request, **arguments}) + '\n')
        self._control.flush()
        answer = json.loads(self._control.readline())
        if 'error' in answer:
            raise proc.CommandFailed(f'{request}: {answer["error"]}')
        return answer['value']

    def silence(self, address):
        """Let packets to an address of the world get lost from now on."""
        if address not in self._silent:
            self._silent.add(address)
            self.nft(f'add {_silent_element(address)}')

    def unsilence(self, address):
        """Let them arrive again."""
        if address in self._silent:
            self._silent.remove(address)
            self.nft(f'delete {_silent_element(address)}')

    def _start_agent(self):
        path = self.slot.dir / 'agent.ctl'
        self.slot.daemon('agent', net.inside(self.slot.netns, [
            sys.executable, '-m', 'lab.agent', path]), env={
                **os.environ, 'PYTHONPATH': Path(__file__).parents[1]}
        ).await_ready()
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        control.connect(str(path))
        return control.makefile('rw', encoding='utf-8')


@dataclasses.dataclass(frozen=True)
class Call:
    """What a connection from the world met."""

    outcome: str        # open, refused, unreachable, timeout
    banner: str         # the first line, if open


class Server:
    """An SMTP server of the world, seen from the test."""

    def __init__(self, world, address, port):
        self.address = address
        self._world = world
        self._where = {'address': address, 'port': port}

    def follow(self, policy):
        """Follow another policy from now on."""
        self._world.ask('serve', **self._where,
                        policy=dataclasses.asdict(policy))
        if policy.listen == 'silent':
            self._world.silence(self.address)
        else:
            self._world.unsilence(self.address)

    def stats(self):
        """Return its counts."""
        return Stats(**self._world.ask('stats', **self._where))

    def seconds(self):
        """Return what happened in each second that something did."""
        return [Second(**each) for each in
                self._world.ask('seconds', **self._where)]

    def taken(self, since=0):
        """Return how many messages it has accepted since a time."""
        return self._world.ask('since', **self._where, time=since)['taken']

    def refusals(self, since=0):
        """Return how often it has answered 4xx since a time."""
        return self._world.ask('since', **self._where, time=since)['refused']

    def messages(self):
        """Return the messages it accepted."""
        return [Message(**each) for each in
                self._world.ask('messages', **self._where)]

    def await_messages(self, count, timeout_s=60):
        """Wait until it has accepted so many; return its counts."""
        stats = Stats(**self._world.ask('await_messages', **self._where,
                                        count=count, timeout_s=timeout_s))
        if stats.messages < count:
            raise AssertionError(f'{self.address} has {stats.messages} of '
                                 f'{count} messages after {timeout_s} s')
        return stats


@dataclasses.dataclass(frozen=True)
class Stats:
    """What an SMTP server counted."""

    connections: int
    peak: int           # most sessions of one client at a time
    served_peak: int    # the same, without those that were refused
    messages: int
    replies: dict       # 'STAGE CODE' -> how many

    def said(self, code):
        """Return how many replies had this code, at whatever stage."""
        return sum(count for reply, count in self.replies.items()
                   if reply.endswith(f' {code}'))


@dataclasses.dataclass(frozen=True)
class Second:
    """What an SMTP server did in one second."""

    time: int           # when it began
    taken: int          # messages
    refused: int        # replies of 4xx, at whatever stage
    served: int         # most sessions of one client at a time


@dataclasses.dataclass(frozen=True)
class Message:
    """A message that an SMTP server accepted."""

    message_id: str
    sha256: str         # of the body, its lines ending in LF
    sender: str
    recipients: list
    client: str
    helo: str
    time: float


def _silent_element(address):
    name = 'v6' if ':' in address else 'v4'
    return f'element inet silence {name} {{ {address} }}\n'
