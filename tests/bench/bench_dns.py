#!/usr/bin/python3
"""Time questions to a name server that takes 50 ms, against adnshost.

Usage: bench_dns.py MAILFIX BENCH_PRUNE

The server (dns_server.py) answers on loopback, in a network namespace of the
bench, each question a fixed time after it came. What is measured:

- bench_dns, a program around mailfix's resolver: one question, 60 at once, 300
  at once, 60 one by one, and three waves of 20 with a dead server before it;
- adnshost --asynch, which has all questions under way too;
- bench_domain, all checks of the DNS for one domain with two source addresses
  and six blocklists: how many round trips in a row.

Prints medians; exits with 1 when a ratio misses its target. Needs root.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench_queue import Report, machine, proc

from lab import net
from lab.slot import Slot

_GOOD, _DEAD = '127.0.0.1', '127.0.0.2'
_DELAY_MS = 50
_TRY_MS = 1500    # as in agent/probes/dns.c
_QUESTIONS = 60
_ROUNDS = 7

_PLAYBOOKS = Path(__file__).parents[2] / 'playbooks'


class Bench:
    """The namespace, its servers, and the programs that ask them."""

    def __init__(self, slot):
        self._slot = slot
        self._servers = []
        slot.add_netns()
        self._inside(['ip', 'link', 'set', 'lo', 'up'])
        folder = Path(sys.argv[2]).parent
        self._program = folder / 'bench_dns'
        self._domain = folder / 'bench_domain'
        for address, delay_ms in (_GOOD, _DELAY_MS), (_DEAD, -1):
            self._start(address, delay_ms)

    def _start(self, address, delay_ms):
        server = subprocess.Popen(
            net.inside(self._slot.netns, [
                sys.executable, Path(__file__).with_name('dns_server.py'),
                address, str(delay_ms)]),
            stdout=subprocess.PIPE, text=True)
        self._servers.append(server)
        server.stdout.readline()

    def _inside(self, argv, **options):
        return proc.run(net.inside(self._slot.netns, argv), timeout_s=600,
                        **options).check().stdout

    def close(self):
        """Stop the servers."""
        for server in self._servers:
            server.kill()
            server.wait()

    def ask(self, servers, waves, count):
        """Return the milliseconds that bench_dns takes inside."""
        told, answered = self._inside(
            [self._program, servers, str(_TRY_MS), str(waves),
             str(count)]).split()
        assert int(answered) == waves * count, f'{answered} answered'
        return float(told)

    def domain(self, servers):
        """Return (milliseconds, waves, questions) of all checks."""
        told = self._inside([self._domain, servers, _PLAYBOOKS]).split()
        return float(told[0]), int(told[1]), int(told[2])

    def adnshost(self, servers, waves, count):
        """Return the milliseconds of adnshost, with its start."""
        config = '\n'.join(f'nameserver {each}' for each in servers)
        began = time.monotonic()
        for wave in range(waves):
            names = ''.join(f'- n{wave}-{each}.bench.test\n'
                            for each in range(count))
            self._inside(['adnshost', '-a', '-f', '-ta', '--config', config],
                         stdin=names)
        return (time.monotonic() - began) * 1000


def median(ask, *arguments, rounds=_ROUNDS):
    """Return the median of so many."""
    return statistics.median(ask(*arguments) for _ in range(rounds))


def say(what, milliseconds):
    """Print a time."""
    print(f'  {what:<44} {milliseconds:7.1f} ms')


def in_parallel(bench, report):
    """However many are asked, it takes one round trip."""
    print(f'a name server that takes {_DELAY_MS} ms')
    one = median(bench.ask, _GOOD, 1, 1)
    many = median(bench.ask, _GOOD, 1, _QUESTIONS)
    huge = median(bench.ask, _GOOD, 1, 300)
    theirs = median(bench.adnshost, [_GOOD], 1, _QUESTIONS)
    serial = bench.ask(_GOOD, _QUESTIONS, 1)
    say('one question', one)
    say(f'{_QUESTIONS} at once', many)
    say('300 at once: 256, then the rest', huge)
    say(f'{_QUESTIONS} at once, adnshost with its start', theirs)
    say(f'{_QUESTIONS} one by one', serial)
    report.ratio(f'{_QUESTIONS} at once / one round trip', many / _DELAY_MS,
                 1.5, at_least=False)
    report.ratio('one by one / at once', serial / many, 40)
    report.ratio('adnshost / bench_dns', theirs / many, 0.9)


def one_dead(bench, report):
    """A dead server costs one try in all waves, not one a question."""
    print(f'three waves of 20, the first of two servers is dead, '
          f'{_TRY_MS} ms for a try')
    healthy = median(bench.ask, _GOOD, 3, 20)
    ours = median(bench.ask, f'{_DEAD},{_GOOD}', 3, 20, rounds=3)
    theirs = median(bench.adnshost, [_DEAD, _GOOD], 3, 20, rounds=1)
    say('both alive', healthy)
    say('one dead', ours)
    say('one dead, adnshost', theirs)
    report.ratio('what it costs / a try', (ours - healthy) / _TRY_MS, 1.1,
                 at_least=False)


def one_domain(bench, report):
    """All that is asked about a domain; a second server is asked again."""
    print('one domain, two source addresses, six blocklists')
    for servers in _GOOD, f'{_GOOD},{_GOOD}':
        told = [bench.domain(servers) for _ in range(_ROUNDS)]
        milliseconds = statistics.median(each[0] for each in told)
        say(f'{told[0][2]} questions, {servers}', milliseconds)
        report.ratio('round trips in a row', told[0][1], 6, at_least=False)
        report.ratio('ms', milliseconds, 6 * _DELAY_MS, at_least=False)


def main():
    """Make a namespace, measure, report."""
    if reason := machine.lacks_for_hosts():
        print(f'bench_dns: skipped: {reason}')
        return 0
    report = Report()
    with Slot() as slot:
        bench = Bench(slot)
        try:
            in_parallel(bench, report)
            one_dead(bench, report)
            one_domain(bench, report)
        finally:
            bench.close()
    return 1 if report.missed else 0


if __name__ == '__main__':
    sys.exit(main())
