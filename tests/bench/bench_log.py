#!/usr/bin/python3
"""Time the reading of a large mail log against what users have.

Usage: bench_log.py MAILFIX BENCH_PRUNE [MIB]

One run measures all of them, in turns, on one log that lies within the window
that mailfix reads: compare the ratios. Needs root, and the base of the host
tests. Prints medians; exits with 1 when a ratio misses its target.
"""

import json
import resource
import statistics
import sys
import time
from pathlib import Path

from bench_queue import Report, proc, root_made, timed, machine

_MIB = 954  # 1 GB
_DOMAINS = 500
_ROUNDS = 5

_MANY_DOMAINS = 100000
_MANY_MIB = 200

_NEW_LINES = 10000
_NEW_ROUNDS = 9

_RSS_MAX_KIB = 32 * 1024

# Younger than the 15 minutes of the window, whatever the time of the bench.
_SPAN_S = 600

_MAWK = r"""/ 421[ -]/ { if (match($0, /relay=[^[,]*/))
 n[substr($0, RSTART + 6, RLENGTH - 6)]++ } END { for (r in n) print n[r], r }"""

_COUNTED = ('attempts', 'sent', 'r421')
_COUNTS = r"""/postfix\/smtp\[.*status=/ && !/suspended: / {
 match($0, /to=<[^@]*@[^>]*/)
 d = substr($0, RSTART, RLENGTH); sub(/.*@/, "", d); a[d]++
 if (/status=sent/) s[d]++; else if (/(said|to me): 421/) r[d]++
} END { for (d in a) print d, a[d], s[d] + 0, r[d] + 0 }"""

_PLAYBOOK = """[playbook]
title = {destination}
severity = info
for-each = destination
when = log.lines < 0 or r421 < 0
"""


class Bench:
    """The log and the programs that read it."""

    def __init__(self, root):
        self.root = root
        self.log = root.outside('/var/log/mail.log')
        self.facts = ['chroot', root.path, '/usr/local/bin/mailfix', 'facts']
        root.outside('/root/p').mkdir(mode=0o755)
        root.outside('/root/p/read.ini').write_text(_PLAYBOOK)

    def make_log(self, mib, domains):
        """Write a log that ends now, and forget what was read of others."""
        self.root.outside('/var/lib/mailfix/log.tally').unlink(missing_ok=True)
        maker = Path(sys.argv[2]).with_name('bench_maillog')
        with self.log.open('wb') as log:
            proc.subprocess.run(
                [maker, str(mib), str(int(time.time())), str(_SPAN_S),
                 str(domains)], stdout=log, check=True)

    def table(self, name):
        """Return the rows of a table by key."""
        told = proc.run([*self.facts, name, '--format', 'json'],
                        timeout_s=600).check().stdout
        table = json.loads(told)['facts'][0]
        if not table['known']:
            raise SystemExit(f'bench_log: {name}: {table["reason"]}')
        return {row['key'] or '': row['values'] for row in table['rows']}

    def whole(self):
        """Return what reading the whole log takes.

        {tool: (median seconds, median seconds of CPU, largest KiB)}
        """
        tools = {
            'mailfix': [*self.facts, 'destination'],
            'mawk, 421s by relay only': ['mawk', _MAWK, self.log],
        }
        if len(self.table('destination')) < 100:
            raise SystemExit('bench_log: the log was not read')
        results = {name: [] for name in [*tools, 'pflogsumm']}
        for _ in range(_ROUNDS):
            for name, argv in tools.items():
                timed(['cat', self.log])
                results[name].append(cost(argv))
        results['pflogsumm'].append(cost(['pflogsumm', self.log]))
        return {name: (statistics.median(s for s, _, _ in each),
                       statistics.median(cpu for _, cpu, _ in each),
                       max(kib for _, _, kib in each))
                for name, each in results.items()}

    def timer_run(self):
        """Return the CPU milliseconds that the log takes in a timer's run.

        What the same run takes without a new line and without the log's
        tables is taken away.
        """
        def cpu(playbooks):
            before = cpu_s()
            proc.run(['chroot', self.root.path, '/usr/local/bin/mailfix',
                      '--auto', '-q', '--playbooks', playbooks],
                     timeout_s=600)
            return (cpu_s() - before) * 1000

        self.root.outside('/root/none').mkdir(mode=0o755)
        self.root.outside('/root/none/none.ini').write_text(
            _PLAYBOOK.replace('for-each = destination\n', '').replace(
                'log.lines < 0 or r421 < 0', 'not mta.running').replace(
                    '{destination}', 'x'))
        new = self.log.read_bytes()[-20 << 20:].split(b'\n')[1:_NEW_LINES + 1]
        text = b'\n'.join(new) + b'\n'
        cpu('/root/p')
        with_log, without = [], []
        for _ in range(_NEW_ROUNDS):
            with self.log.open('ab') as log:
                log.write(text)
            with_log.append(cpu('/root/p'))
            without.append(cpu('/root/none'))
        return statistics.median(with_log) - statistics.median(without)

    def counts(self):
        """Return {domain: [attempts, sent, r421]} as the log has them."""
        told = proc.run(['mawk', _COUNTS, self.log], timeout_s=600).stdout
        return {domain: [int(count) for count in counts] for domain, *counts in
                (line.split() for line in told.splitlines())}


def cpu_s():
    """Return the seconds of CPU of all children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cost(argv):
    """Run argv; return seconds, seconds of CPU, and the largest KiB."""
    before = cpu_s()
    seconds, kib = timed(argv)
    return seconds, cpu_s() - before, kib


def main():
    """Make a host's root, write its log, measure, report."""
    if reason := machine.lacks_for_hosts():
        print(f'bench_log: skipped: {reason}')
        return 0
    mib = int(sys.argv[3]) if len(sys.argv) > 3 else _MIB
    report = Report()
    with root_made() as root:
        for program in sys.argv[1], sys.argv[2]:
            proc.run(['cp', program, root.outside('/usr/local/bin')]).check()
        proc.run(['install', '-D', '-m', '644',
                  Path(__file__).parents[2] / 'playbooks/replies.ini',
                  root.outside('/usr/share/mailfix/replies.ini')]).check()
        bench = Bench(root)
        bench.make_log(mib, _DOMAINS)
        whole = bench.whole()
        print(f'a mail log of {mib} MiB into the tables, warm')
        for name, (seconds, cpu, kib) in whole.items():
            print(f'  {name:<32} {seconds:6.3f} s, {cpu:6.3f} s of CPU '
                  f'{kib / 1024:6.1f} MiB')
        for of, what in enumerate(('', ', CPU')):
            ours = whole['mailfix'][of]
            report.ratio(f'pflogsumm / mailfix{what}',
                         whole['pflogsumm'][of] / ours, 35)
            report.ratio(f'mailfix / mawk{what}',
                         ours / whole['mawk, 421s by relay only'][of], 1.5,
                         at_least=False)
        report.ratio('MiB at most, of mailfix', whole['mailfix'][2] / 1024,
                     _RSS_MAX_KIB / 1024, at_least=False)
        print(f'a run of the timer after {_NEW_LINES} new lines of it')
        report.ratio("ms of CPU for the log's part", bench.timer_run(), 20,
                     at_least=False)
        print(f'{_MANY_DOMAINS} domains in one window')
        bench.make_log(_MANY_MIB, _MANY_DOMAINS)
        seconds, kib = timed([*bench.facts, 'destination'])
        print(f'  mailfix {seconds:.3f} s')
        report.ratio('MiB at most', kib / 1024, _RSS_MAX_KIB / 1024,
                     at_least=False)
        told, real = bench.table('destination'), bench.counts()
        wrong = [domain for domain in sorted(real, key=real.get)[-20:]
                 if [told.get(domain, {}).get(count) for count in _COUNTED]
                 != real[domain]]
        report.ratio('of the 20 busiest, miscounted', len(wrong), 0,
                     at_least=False)
    return 1 if report.missed else 0


if __name__ == '__main__':
    sys.exit(main())
