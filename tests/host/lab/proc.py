"""Programs: run to their end with a deadline, or as daemons."""

import contextlib
import dataclasses
import os
import select
import signal
import socket
import subprocess
import time

from lab import trace


class CommandFailed(AssertionError):
    """A command did not do what the test needs it to do."""


@dataclasses.dataclass(frozen=True)
class Result:
    """How a command ended."""

    argv: tuple
    rc: int
    raw: bytes
    stderr: str
    seconds: float

    @property
    def stdout(self):
        return self.raw.decode(errors='replace')

    def check(self):
        """Return self if the command succeeded, else raise."""
        if self.rc != 0:
            raise CommandFailed(
                f'exit status {self.rc}: {" ".join(self.argv)}\n'
                f'{self.stdout[-2000:]}{self.stderr[-2000:]}')
        return self


def run(argv, *, stdin=b'', timeout_s=60, env=None, where=None, shown=None):
    """Run argv to its end.

    stdin      bytes or text that it reads
    timeout_s  after it the command and its children are killed
    env        its whole environment; None means ours
    where      note it in the trace, as run there; None: part of the set-up
    shown      argv as the trace shows it, without what the lab put before

    Returns a Result whatever the exit status; raises CommandFailed when the
    deadline passes.
    """
    shown = tuple(map(str, shown or argv))
    data = stdin.encode() if isinstance(stdin, str) else stdin
    began = time.monotonic()
    # A session of its own, so that the deadline reaches its children too.
    with subprocess.Popen([str(word) for word in argv], env=env,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE,
                          start_new_session=True) as process:
        try:
            out, err = process.communicate(data, timeout=timeout_s)
        except BaseException as reason:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            _trace(where, shown, 'killed', began, out + err)
            if isinstance(reason, subprocess.TimeoutExpired):
                raise CommandFailed(f'not done after {timeout_s} s: '
                                    f'{" ".join(shown)}') from None
            raise
    _trace(where, shown, process.returncode, began, out + err)
    return Result(shown, process.returncode, out,
                  err.decode(errors='replace'), time.monotonic() - began)


def _trace(where, argv, rc, began, output):
    if where is not None:
        trace.command(where, argv, rc, time.monotonic() - began,
                      output.decode(errors='replace'))


class Daemon:
    """A program that runs until it is stopped and says when it is ready.

    Readiness is sd_notify(3): the program gets NOTIFY_SOCKET, a path and not
    an abstract name, because those do not reach across network namespaces.
    """

    def __init__(self, argv, log, env=None):
        """Start argv; its output goes to the file log."""
        self._log = log
        self.name = log.stem
        notify = log.with_suffix('.notify')
        notify.unlink(missing_ok=True)
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM
                                     | socket.SOCK_CLOEXEC)
        self._notify.bind(str(notify))
        with open(log, 'wb') as output:
            self._process = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**(env or os.environ), 'NOTIFY_SOCKET': str(notify)})
        self.pid = self._process.pid

    def await_ready(self, timeout_s=30):
        """Wait for READY=1; return all that was notified, as a dictionary."""
        told = {}
        deadline = time.monotonic() + timeout_s
        pidfd = os.pidfd_open(self.pid)
        try:
            poll = select.poll()
            poll.register(self._notify, select.POLLIN)
            poll.register(pidfd, select.POLLIN)
            while 'READY' not in told:
                left_ms = (deadline - time.monotonic()) * 1000
                ready = [fd for fd, _ in poll.poll(max(0, left_ms))]
                if self._notify.fileno() in ready:
                    told.update(_variables(self._notify.recv(8192)))
                else:
                    how = 'ended' if ready else f'not ready in {timeout_s} s'
                    raise CommandFailed(f'{self.name} {how}:\n{self.log()}')
        finally:
            os.close(pidfd)
            # A container's init goes on to tell what it does, and would hang
            # once the socket is full of what nobody reads.
            self._notify.close()
        return told

    def stop(self):
        """Ask it to end and wait until it has."""
        self._process.terminate()
        self.reap()

    def log(self):
        """Return the end of its output."""
        return self._log.read_text(errors='replace')[-4000:]

    def reap(self):
        """Wait for a process that is ending; doing it twice is harmless."""
        self._process.wait(timeout=30)
        self._notify.close()


def _variables(message):
    lines = message.decode(errors='replace').splitlines()
    return dict(line.split('=', 1) for line in lines if '=' in line)
