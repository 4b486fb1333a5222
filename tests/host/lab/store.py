"""Things that are costly to make and then used by every run.

Each lies at HOME/KIND-KEY, where the key is the hash of all it is made from.
It is built in a slot and renamed into place under a lock, so that parallel
runs build it once and nobody ever sees half of it.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import time

from lab import machine
from lab.slot import Slot


def key(*parts):
    """Return the hash of what a thing is made from: bytes, or plain values."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(b'%d:' % len(data) + data)
    return digest.hexdigest()[:16]


def build_once(name, build):
    """Return the thing called name, built if nobody has done so yet.

    build  gets an open Slot, returns the path of what it made in there
    """
    path = machine.HOME / name
    with locked(name):
        if not path.exists():
            print(f'making {path}, once', file=sys.stderr, flush=True)
            with Slot() as slot:
                os.rename(build(slot), path)
    return path


def drop_unused(seconds):
    """Remove the things not asked for since so long; return their names."""
    dropped = []
    for lock in machine.HOME.glob('*.lock'):
        path = lock.with_suffix('')
        age = time.time() - lock.stat().st_mtime
        if age > seconds and path.exists():
            with locked(path.name):
                _remove(path)
            dropped.append(path.name)
    return dropped


@contextlib.contextmanager
def locked(name):
    """Hold the lock of that name; its time stamp tells the last use."""
    machine.make_home()
    with open(machine.HOME / f'{name}.lock', 'wb') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.utime(lock.fileno())
        yield


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
