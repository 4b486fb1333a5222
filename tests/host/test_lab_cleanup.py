"""The lab leaves nothing behind, however its process ends."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from lab import machine, slot, sweep
from lab.case import LabCase
from lab.disk import Disk
from lab.host import Host
from lab.world import World

# A process with a host and a world that waits to be ended.
_HOLDER = """
import signal
from lab import slot
from lab.host import Host
from lab.world import World
slot.guard()
world = World()
world.provider('big.test')
host = Host(world=world).boot()
print(flush=True)
signal.pause()
"""


class CleanUp(LabCase):
    """No process, mount, namespace, device or file of a slot survives."""

    def test_after_close(self):
        with World() as world, Host(world=world) as mx:
            world.provider('big.test')
            Disk(mx, '/var/spool/postfix', size_mib=16)
            mx.boot()
            self.assertTrue(_traces(os.getpid()))
        self.assertEqual(_traces(os.getpid()), [])

    def test_after_a_constructor_failed(self):
        with self.assertRaises(AssertionError):
            Host(addresses=('nonsense',))
        self.assertEqual(_traces(os.getpid()), [])

    def test_after_a_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self._holder() as holder:
                holder.send_signal(number)
                self.assertEqual(holder.wait(timeout=30), -number)
                self.assertEqual(_traces(holder.pid), [])

    def test_after_a_kill_the_next_run_sweeps(self):
        with self._holder() as holder:
            holder.kill()
            holder.wait()
            self.assertTrue(_traces(holder.pid))
            sweep.sweep()
            self.assertEqual(_traces(holder.pid), [])

    def test_sweep_spares_the_living(self):
        mx = self.bare_host()
        sweep.sweep()
        self.assertEqual(mx.sh('systemctl is-active postfix@-'), 'active\n')

    def _holder(self):
        holder = subprocess.Popen(
            [sys.executable, '-c', _HOLDER], stdout=subprocess.PIPE,
            cwd=Path(__file__).parent)
        self.addCleanup(holder.kill)
        self.assertEqual(holder.stdout.readline(), b'\n')
        return holder


def _traces(pid):
    """Return all that is on this machine of the slots of a process."""
    marks = f'run-{pid}-', f'mfl-{pid}-', f'mailfix-lab-{pid}-'
    found = [name for name, owner in slot.names() if owner == pid]
    found += [line for line in
              Path('/proc/self/mountinfo').read_text().splitlines()
              if any(mark in line for mark in marks)]
    found += [str(path) for path in
              Path('/sys/block').glob('loop*/loop/backing_file')
              if f'{machine.HOME}/run-{pid}-' in path.read_text()]
    found += [str(path) for path in
              Path('/run/systemd/nspawn').rglob(f'mfl-{pid}-*')]
    return found + _processes(f'mailfix-lab-{pid}-')


def _processes(mark):
    """Return those in a control group; the dead have no command line."""
    found = []
    for process in Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if (mark in (process / 'cgroup').read_text() and
                    (process / 'cmdline').read_bytes()):
                found.append(str(process))
    return found
