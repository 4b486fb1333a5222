"""A slot: one place on the machine that a host or a world lives in.

A slot is a folder run-PID-N and all that goes with it: a control group with
every process that was started there, a network namespace of the same name,
mounts below the folder. So the clean-up needs no records: remove() finds
everything by the name, for a slot of ours and for one whose owner died.
"""

import atexit
import contextlib
import itertools
import os
import select
import shutil
import signal
from pathlib import Path

from lab import machine, proc

_numbers = itertools.count(1)
_open_slots = {}


class Slot:
    """One slot of this process, removed by close() or at exit."""

    def __init__(self):
        self.name = f'{os.getpid()}-{next(_numbers)}'
        self.netns = _netns(self.name)
        self.dir = _folder(self.name)
        self._cgroup = machine.cgroup_home() / f'mailfix-lab-{self.name}'
        self._daemons = []
        machine.make_home()
        _open_slots[self.name] = self
        self.dir.mkdir()
        # Who sweeps may be in another group than we are.
        (self.dir / 'cgroup').symlink_to(self._cgroup)
        self._cgroup.mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def inside(self, argv):
        """Return argv, made to run in the slot's control group."""
        return ['sh', '-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"',
                self._cgroup, *argv]

    def daemon(self, name, argv, env=None):
        """Start a program that runs until the slot is removed."""
        daemon = proc.Daemon(self.inside(argv), self.dir / f'{name}.log', env)
        self._daemons.append(daemon)
        return daemon

    def add_netns(self):
        """Make the slot's network namespace, with its loopback up."""
        proc.run(['ip', 'netns', 'add', self.netns]).check()
        proc.run(['ip', '-n', self.netns, 'link', 'set', 'lo', 'up']).check()

    def close(self):
        """Remove all that the slot has; doing it twice is harmless."""
        if self.name in _open_slots:
            remove(self.name, [daemon.reap for daemon in self._daemons])
            del _open_slots[self.name]


def close_all():
    """Remove every slot of this process, the newest first."""
    for slot in reversed(list(_open_slots.values())):
        slot.close()


def names():
    """Return the slots on this machine, as (name, pid of the owner)."""
    found = [path.name.removeprefix('run-')
             for path in machine.HOME.glob('run-*-*')]
    return [(name, int(name.partition('-')[0])) for name in sorted(found)]


def remove(name, reapers=()):
    """Remove the slot of that name; what is gone already is no error.

    reapers  called once its processes are dead, by the parent of them
    """
    folder = _folder(name)
    cgroup = Path(os.path.realpath(folder / 'cgroup'))
    if cgroup.exists():
        _end_processes(cgroup)
        for reap in reapers:
            reap()
        _remove_cgroup(cgroup)
    if mounts := _mounts_below(folder):
        proc.run(['umount', *reversed(mounts)]).check()
    if Path('/run/netns', _netns(name)).exists():
        proc.run(['ip', 'netns', 'delete', _netns(name)]).check()
    # Last: as long as it is there, the rest can be found.
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _folder(name):
    return machine.HOME / f'run-{name}'


def _netns(name):
    return f'mfl-{name}'


def _end_processes(cgroup):
    """End a slot's processes: a container from within, then all the rest.

    When its first process dies, systemd-nspawn still takes down what it made.
    """
    if (cgroup / 'payload').exists():
        (cgroup / 'payload/cgroup.kill').write_text('1')
        _await_empty(cgroup, timeout_s=5)
    (cgroup / 'cgroup.kill').write_text('1')
    if not _await_empty(cgroup, timeout_s=30):
        raise RuntimeError(f'processes in {cgroup} cannot be ended')


def _await_empty(cgroup, timeout_s):
    with open(cgroup / 'cgroup.events', encoding='ascii') as events:
        poll = select.poll()
        poll.register(events, select.POLLPRI)
        while 'populated 0' not in events.read():
            if not poll.poll(timeout_s * 1000):
                return False
            events.seek(0)
    return True


def _remove_cgroup(cgroup):
    for folder, _, _ in os.walk(cgroup, topdown=False):
        os.rmdir(folder)


def _mounts_below(folder):
    """Return what is mounted at or below folder, in the order of mounting."""
    lines = Path('/proc/self/mountinfo').read_text().splitlines()
    points = [Path(line.split()[4]) for line in lines]
    return [point for point in points if point.is_relative_to(folder)]


@contextlib.contextmanager
def closed_on_failure(thing):
    """Close a thing that has a slot if the body, its constructor, fails."""
    try:
        yield
    except BaseException:
        thing.close()
        raise


def guard():
    """Remove our slots also when this process is told to end."""
    atexit.register(close_all)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)


def _leave(number, _frame):
    close_all()
    # The default action, so that our parent sees what ended us.
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
