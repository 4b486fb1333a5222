#!/usr/bin/python3
"""Time what is asked of a large rule set against `nft -j list ruleset`.

Usage: bench_nft.py MAILFIX BENCH_PRUNE [RULES]

Rule sets are loaded into a network namespace of the bench. What is measured:

- bench_survey, a program around mailfix's library that opens a snapshot and
  asks what becomes of ports, in and out, in both families, each for anyone and
  for whom the rules name. As a whole program, and without its start (inside);
- `mailfix explain port`, the whole command with its sandbox;
- `nft -j list ruleset`, which says what the rules are, and answers nothing.

Prints medians; exits with 1 when a ratio misses its target, or when a verdict
is not the one that the rules were made for. Needs root.
"""

import ipaddress
import random
import statistics
import sys
from pathlib import Path

from bench_queue import Report, machine, proc

from lab import net
from lab.host import ADDRESSES
from lab.slot import Slot

_RULES = 20000
_PORTS = 25, 465, 587
_CHAINS = 100
_ROUNDS = 5
_HUGE_ROUNDS = 3    # of what takes a quarter of a minute
_INSIDE_ROUNDS = 50

_BASE = """\
flush ruleset
table inet filter {{
    {chains}
    chain input {{
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        {rules}
        tcp dport {{ 25, 587 }} accept
    }}
}}
"""

# As an admin of a mail host has it.
_ORDINARY = """\
flush ruleset
table inet filter {
    set banned { type ipv4_addr; flags interval
        elements = { 198.18.0.0/24, 198.18.7.1-198.18.7.9 } }
    set banned6 { type ipv6_addr; }
    chain mail {
        tcp dport 25 limit rate over 500/second drop
        tcp dport { 25, 587, 993 } accept
    }
    chain input {
        type filter hook input priority 0; policy drop;
        ct state vmap { established : accept, related : accept, invalid : drop }
        iif lo accept
        ip saddr @banned counter drop
        ip6 saddr @banned6 counter drop
        meta l4proto { icmp, ipv6-icmp } accept
        tcp dport 22 ct state new limit rate 10/minute accept
        tcp dport { 25, 465, 587, 993 } jump mail
        counter log prefix "refused: " limit rate 3/minute
        reject with icmpx admin-prohibited
    }
    chain forward { type filter hook forward priority 0; policy drop; }
    chain output {
        type filter hook output priority 0; policy accept;
        tcp dport 25 meta skuid != { 0, 105 } ct state new reject
    }
}
table inet f2b-table {
    set addr-set-postfix { type ipv4_addr; elements = { 198.18.1.1, 198.18.1.2 } }
    chain f2b-chain {
        type filter hook input priority -1;
        tcp dport { 25, 465, 587 } ip saddr @addr-set-postfix reject
    }
}
"""


class Bench:
    """The namespace, and the programs that look at its rules."""

    def __init__(self, slot):
        self._slot = slot
        slot.add_netns()
        net.plug(slot.netns, ADDRESSES)
        folder = Path(sys.argv[2]).parent
        self._run = folder / 'bench_run'
        self._survey = folder / 'bench_survey'

    def load(self, rules):
        """Load a rule set."""
        self.inside(['nft', '-f', '-'], stdin=rules)

    def inside(self, argv, **options):
        """Run argv in the namespace; return its output."""
        return proc.run(net.inside(self._slot.netns, argv), timeout_s=600,
                        **options).check().stdout

    def timed(self, argv, rounds):
        """Return the median seconds of argv, and the largest KiB."""
        told = [self.inside([self._run, *argv]).split() for _ in range(rounds)]
        return (statistics.median(float(seconds) for seconds, _ in told),
                max(int(kib) for _, kib in told))

    def survey(self, *ports):
        """Return the command that asks about ports."""
        return [self._survey, '1', *map(str, ports)]

    def verdicts(self, *ports, rounds=1):
        """Return (median milliseconds inside, verdicts)."""
        told = self.inside([self._survey, str(rounds), *map(str, ports)])
        return float(told.split()[1]), told.split()[2:]


class NftReport(Report):
    """Lines of this bench."""

    def against(self, ours, theirs, faster, smaller=None):
        """Print two (seconds, KiB) and their ratios."""
        for name, (seconds, kib) in (('bench_survey', ours),
                                     ('nft -j list ruleset', theirs)):
            print(f'  {name:<44} {seconds:7.3f} s {kib / 1024:7.1f} MiB')
        self.ratio('nft -j / bench_survey', theirs[0] / ours[0], faster)
        if smaller:
            self.ratio('memory, bench_survey / nft -j', ours[1] / theirs[1],
                       smaller, at_least=False)

    def verdicts(self, told, expected):
        """Print whether the verdicts are right."""
        self.ratio('wrong verdicts', sum(
            one != other for one, other in zip(told, expected, strict=True)),
            0, at_least=False)


def bans(count, seed=1):
    """Return rules that refuse somebody each, as ban lists have them."""
    chance = random.Random(seed)
    v4 = int(ipaddress.ip_address('198.18.0.0'))
    v6 = int(ipaddress.ip_address('2001:db8:ffff::'))
    for number in range(count):
        one = ipaddress.ip_address(v4 + chance.randrange(1 << 17))
        kind = number % 10
        if kind < 5:
            yield f'ip saddr {one} counter drop'
        elif kind < 8:
            yield f'ip saddr {one} tcp dport {chance.choice(_PORTS)} drop'
        else:
            one = ipaddress.ip_address(v6 + chance.randrange(1 << 64))
            yield f'ip6 saddr {one} drop'


def in_chains(count, chains):
    """Return chains with so many rules in all."""
    rules = list(bans(count))
    each = count // chains
    return '\n'.join(
        f'chain part{number} {{\n' + '\n'.join(
            rules[number * each:(number + 1) * each]) + '\n}'
        for number in range(chains))


# in 25, out 25, in 465, ...: IPv4 and IPv6 each
_EXPECTED = (['accept'] * 4 + ['drop'] * 2 + ['accept'] * 2 + ['accept'] * 4)


def one_chain(bench, report, count):
    """All rules in the chain that every packet walks through."""
    print(f'{count} rules in one chain, {len(_PORTS)} ports, both ways, '
          'both families')
    bench.load(_BASE.format(chains='', rules='\n'.join(bans(count))))
    nft = ['nft', '-j', 'list', 'ruleset']
    report.verdicts(bench.verdicts(*_PORTS)[1], _EXPECTED)
    ours, theirs = turns(bench, bench.survey(*_PORTS), nft, _ROUNDS)
    report.against(ours, theirs, 2.5, 0.1)


def many_chains(bench, report, count):
    """Every packet walks through all chains."""
    print(f'{count} rules in {_CHAINS} chains, the same questions')
    bench.load(_BASE.format(
        chains=in_chains(count, _CHAINS),
        rules='\n'.join(f'jump part{each}' for each in range(_CHAINS))))
    report.verdicts(bench.verdicts(*_PORTS)[1], _EXPECTED)
    ours, theirs = turns(bench, bench.survey(*_PORTS),
                         ['nft', '-j', 'list', 'ruleset'], _HUGE_ROUNDS)
    report.against(ours, theirs, 10)


def never_reached(bench, report, count):
    """A packet to the port does not go through the huge chain."""
    print(f'one port, {count} rules in a chain that is never reached')
    bench.load(_BASE.format(chains=in_chains(count, 1),
                            rules='tcp dport 8080 jump part0'))
    report.verdicts(bench.verdicts(25)[1], _EXPECTED[:4])
    for name, argv in (('bench_survey as a whole', bench.survey(25)),
                       ('mailfix explain port in 25', _explain(25))):
        seconds, _ = bench.timed(argv, _ROUNDS)
        report.ratio(f'ms, {name}', seconds * 1000, 20, at_least=False)


def ordinary(bench, report):
    """A rule set of a usual size."""
    print('an ordinary rule set, one port, both ways, both families')
    bench.load(_ORDINARY)
    inside, told = bench.verdicts(587, rounds=_INSIDE_ROUNDS)
    report.verdicts(told, ['accept'] * 4)
    report.ratio('ms, inside bench_survey', inside, 3, at_least=False)
    for name, argv in (('bench_survey as a whole', bench.survey(587)),
                       ('mailfix explain port in 587', _explain(587)),
                       ('nft -j list ruleset', ['nft', '-j', 'list',
                                                'ruleset'])):
        seconds, _ = bench.timed(argv, 4 * _ROUNDS)
        print(f'  {name:<44} {seconds * 1000:7.2f} ms')


def turns(bench, ours, theirs, rounds):
    """Run two programs in turns; return (seconds, KiB) of each."""
    results = [], []
    for _ in range(rounds):
        for argv, into in zip((ours, theirs), results):
            into.append(bench.timed(argv, 1))
    return [(statistics.median(seconds for seconds, _ in each),
             max(kib for _, kib in each)) for each in results]


def _explain(port):
    return [sys.argv[1], 'explain', 'port', 'in', str(port)]


def main():
    """Make a namespace; load, measure, report."""
    if reason := machine.lacks_for_hosts():
        print(f'bench_nft: skipped: {reason}')
        return 0
    count = int(sys.argv[3]) if len(sys.argv) > 3 else _RULES
    report = NftReport()
    with Slot() as slot:
        bench = Bench(slot)
        ordinary(bench, report)
        one_chain(bench, report, count)
        never_reached(bench, report, 5 * count)
        many_chains(bench, report, 5 * count)
    return 1 if report.missed else 0


if __name__ == '__main__':
    sys.exit(main())
