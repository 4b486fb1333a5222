"""A mount on a host that hangs: nobody ever answers for its file system.

    Hang(host, '/var/mail')

It is a FUSE file system whose server reads nothing. Whoever asks about it
waits until the server is gone, which is at the end of the host; such a wait
can be ended by SIGKILL only.

Run as: python3 -m lab.hang PID PATH, in the mount namespace of process PID.
"""

import ctypes
import os
import signal
import socket
import sys
from pathlib import Path

_DEVICE = '/dev/fuse'


class Hang:
    """A hanging mount at a path of a booted host."""

    def __init__(self, host, path):
        self.path = path
        host.sh(['mkdir', '-p', path])
        host.slot.daemon('hang', [sys.executable, '-m', 'lab.hang',
                                  host.leader, path], env={
            **os.environ, 'PYTHONPATH': Path(__file__).parents[1]}
        ).await_ready()


def _main(pid, path):
    libc = ctypes.CDLL(None, use_errno=True)
    device = os.open(_DEVICE, os.O_RDWR)
    namespace = os.open(f'/proc/{pid}/ns/mnt', os.O_RDONLY)
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.connect(os.environ['NOTIFY_SOCKET'])
    options = f'fd={device},rootmode=40000,user_id=0,group_id=0,allow_other'
    if (libc.setns(namespace, 0) < 0 or
            libc.mount(b'hang', path.encode(), b'fuse', 0,
                       options.encode()) < 0):
        raise OSError(ctypes.get_errno(), f'mount {path}')
    notify.send(b'READY=1')
    signal.pause()


if __name__ == '__main__':
    _main(int(sys.argv[1]), sys.argv[2])
