"""A terminal on a host: a command, what it shows, what a person types."""

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time

from lab import trace
from lab.proc import CommandFailed

# Colours, and the wiping of a line.
_STYLES = re.compile(r'\x1b\[[0-9;]*[mK]')


class Terminal:
    """A command that runs at a terminal of its own, until end().

    Host.terminal() makes one.
    """

    def __init__(self, argv, shown, env, columns=80):
        self._shown = shown
        self._seen = 0
        self.raw = ''
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                    struct.pack('HHHH', 24, columns, 0, 0))
        self._process = subprocess.Popen(
            list(map(str, argv)), env=env, stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True)
        os.close(theirs)

    @property
    def screen(self):
        """All it has shown, without colours."""
        return _STYLES.sub('', self.raw).replace('\r\n', '\n')

    def expect(self, text, timeout_s=30):
        """Wait until it shows the text, after what was expected before."""
        deadline = time.monotonic() + timeout_s
        while (at := self.raw.find(text, self._seen)) < 0:
            if not self._read(deadline):
                raise CommandFailed(f'{self._shown} never showed {text!r}:\n'
                                    f'{self.screen}')
        self._seen = at + len(text)

    def type(self, text):
        """Type something; it is for the test to know that it is asked for."""
        os.write(self._ours, text.encode())

    def end(self, timeout_s=60):
        """Wait until the command has ended; return its exit status."""
        deadline = time.monotonic() + timeout_s
        while self._read(deadline):
            pass
        os.close(self._ours)
        try:
            rc = self._process.wait(max(1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise CommandFailed(f'{self._shown} does not end:\n'
                                f'{self.screen}') from None
        trace.note(f'{self._shown}   [{rc}, at a terminal]', self.screen)
        return rc

    def _read(self, deadline):
        """Take in what it shows; False when it has ended or is too late."""
        left = max(0, deadline - time.monotonic())
        if not select.select([self._ours], [], [], left)[0]:
            return False
        try:
            data = os.read(self._ours, 1 << 16)
        except OSError:     # EIO: nobody has the other end open any more
            return False
        self.raw += data.decode(errors='replace')
        return bool(data)
