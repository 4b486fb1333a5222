#!/usr/bin/python3
"""Time the census and the pruning of a real queue against Postfix's own tools.

Usage: bench_queue.py MAILFIX BENCH_PRUNE [MESSAGES]

One run measures all of them, in turns, on one queue: compare the ratios. Needs
root, and the base of the host tests. Prints medians; exits with 1 when a ratio
misses its target.
"""

import contextlib
import os
import shutil
import socket
import statistics
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'host'))

from lab import base, machine, proc, queue  # noqa: E402

_MESSAGES = 100000
_DOMAINS = 500
_PRUNED = 10000
_WARM_ROUNDS = 5
_COLD_ROUNDS = 2
_PRUNE_ROUNDS = 3

_RSS_MAX_KIB = 16 * 1024


class Root:
    """A root with Postfix that is not booted: the tools need no more."""

    name = 'mx1.example.com'

    def __init__(self, path):
        self.path = path

    def outside(self, inside):
        """Return the path of a file as this machine sees it."""
        return self.path / str(inside).lstrip('/')

    def sh(self, argv, stdin=''):
        """Run a command inside; return its output."""
        return proc.run(['chroot', self.path, *argv], stdin=stdin,
                        timeout_s=600).check().stdout


@contextlib.contextmanager
def root_made():
    """Copy the base to a file system of the disk, so that no overlay slows."""
    with contextlib.ExitStack() as stack:
        path = Path(tempfile.mkdtemp(prefix='bench-', dir=machine.HOME))
        stack.callback(shutil.rmtree, path)
        tree = path / 'root'
        proc.run(['cp', '-a', base.root(), tree], timeout_s=600).check()
        for kind, point in ('proc', tree / 'proc'), ('tmpfs', tree / 'dev'):
            proc.run(['mount', '-t', kind, kind, point]).check()
            stack.callback(proc.run, ['umount', '-l', point])
        os.mknod(tree / 'dev/null', 0o20666, os.makedev(1, 3))
        os.mknod(tree / 'dev/urandom', 0o20666, os.makedev(1, 9))
        stack.callback(log_drained(tree / 'dev/log').close)
        # creates the folders of the queue
        proc.run(['chroot', tree, 'postfix', 'check'])
        yield Root(tree)


def log_drained(path):
    """Take what is logged, as journald would; without it postsuper stops."""
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(str(path))
    path.chmod(0o666)

    def drain():
        with contextlib.suppress(OSError):
            while log.recv(65536):
                pass

    threading.Thread(target=drain, daemon=True).start()
    return log


def timed(argv, stdin=''):
    """Run argv; return seconds and the largest resident set in KiB."""
    runner = Path(sys.argv[2]).with_name('bench_run')
    told = proc.run([runner, *argv], stdin=stdin,
                    timeout_s=600).check().stdout.split()
    return float(told[0]), int(told[1])


def caches_dropped():
    """Forget all pages, names and inodes."""
    os.sync()
    Path('/proc/sys/vm/drop_caches').write_text('3\n')


def census(root, rounds, is_cold):
    """Return {tool: (median seconds, largest KiB)}."""
    spool = root.outside('/var/spool/postfix/deferred')
    tools = {
        'mailfix': ['chroot', root.path, '/usr/local/bin/mailfix', 'facts',
                    'queue_destination'],
        # the base has no whole perl; this machine's reads the same files
        'qshape': ['perl', root.outside('/usr/sbin/qshape'), spool],
        'postqueue': ['chroot', root.path, 'postqueue', '-j'],
    }
    results = {name: [] for name in tools}
    for _ in range(rounds):
        for name, argv in tools.items():
            if is_cold:
                caches_dropped()
            else:
                # By the tool itself: what another one leaves to be written
                # back (times of access) would be paid for in its time.
                timed(argv)
            results[name].append(timed(argv))
    return {name: (statistics.median(s for s, _ in each),
                   max(kib for _, kib in each))
            for name, each in results.items()}


def prune(root, ids):
    """Return the median seconds of our prune and of postsuper -d -."""
    ours, theirs = [], []
    for number in range(_PRUNE_ROUNDS):
        store = f'/var/lib/quarantine-{number}'
        root.outside(store).mkdir()
        chosen, ids = ids[:_PRUNED], ids[_PRUNED:]
        told = root.sh(['/usr/local/bin/bench_prune', store],
                       stdin=''.join(f'{each}\n' for each in chosen))
        ours.append(float(told) / 1000)
        chosen, ids = ids[:_PRUNED], ids[_PRUNED:]
        theirs.append(timed(['chroot', root.path, 'postsuper', '-d', '-'],
                            ''.join(f'{each}\n' for each in chosen))[0])
    return statistics.median(ours), statistics.median(theirs)


class Report:
    """Lines for people, and whether all targets are met."""

    def __init__(self):
        self.missed = 0

    def ratio(self, what, value, target, at_least=True):
        """Print one ratio beside its target."""
        met = value >= target if at_least else value <= target
        self.missed += not met
        print(f'  {what:<44} {value:7.2f}  '
              f'{"at least" if at_least else "at most"} {target:g}'
              f'{"" if met else "   MISSED"}')

    def census(self, title, results, targets):
        """Print the times of one census, and its ratios."""
        print(title)
        for name, (seconds, kib) in results.items():
            print(f'  {name:<44} {seconds:6.3f} s {kib / 1024:6.1f} MiB')
        for name, target in targets.items():
            self.ratio(f'{name} / mailfix',
                       results[name][0] / results['mailfix'][0], target)


def main():
    """Make a host's root, fill its queue, measure, report."""
    if reason := machine.lacks_for_hosts():
        print(f'bench_queue: skipped: {reason}')
        return 0
    count = int(sys.argv[3]) if len(sys.argv) > 3 else _MESSAGES
    report = Report()
    with root_made() as root:
        for program in sys.argv[1], sys.argv[2]:
            shutil.copy(program, root.outside('/usr/local/bin'))
        filled = queue.fill(root, count, domains=_DOMAINS, several=0.05,
                            bounces=0.03)
        warm = census(root, _WARM_ROUNDS, False)
        report.census(f'census of {count} messages, warm', warm,
                      {'qshape': 14, 'postqueue': 5})
        report.ratio('MiB at most, of mailfix', warm['mailfix'][1] / 1024,
                     _RSS_MAX_KIB / 1024, at_least=False)
        report.census('the same, cold', census(root, _COLD_ROUNDS, True),
                      {'qshape': 2, 'postqueue': 2})
        ids = [each.queue_id for each in filled]
        if len(ids) >= 2 * _PRUNE_ROUNDS * _PRUNED:
            ours, theirs = prune(root, ids)
            print(f'pruning {_PRUNED} of them\n'
                  f'  into the quarantine  {ours:.3f} s\n'
                  f'  postsuper -d -       {theirs:.3f} s')
            report.ratio('quarantine / postsuper', ours / theirs, 2.5,
                         at_least=False)
    return 1 if report.missed else 0


if __name__ == '__main__':
    sys.exit(main())
