"""The machine under the lab: what it has, and what the lab lacks on it."""

import functools
import os
import shutil
import stat
import unittest
from pathlib import Path

# All that the lab keeps or makes lies here, outside of any checkout.
HOME = Path('/var/tmp/mailfix-lab')

_TOOLS = ('debootstrap', 'systemd-nspawn', 'ip', 'nft', 'nsenter',
               'setpriv', 'mount', 'umount', 'losetup', 'chroot', 'journalctl')


@functools.lru_cache(maxsize=None)
def lacks_for_hosts():
    """Say why no host can be booted here, or None."""
    if os.geteuid() != 0:
        return 'booting hosts needs root'
    if missing := _missing(_TOOLS):
        return f'not installed: {missing}'
    if 'overlay' not in Path('/proc/filesystems').read_text():
        return 'the kernel has no overlay file system'
    try:
        home = cgroup_home()
    except LookupError as reason:
        return str(reason)
    if not os.access(home, os.W_OK):
        return f'{home} cannot be written'
    return None


def require_hosts():
    """Skip the test when no host can be booted here."""
    if reason := lacks_for_hosts():
        raise unittest.SkipTest(reason)


def make_home():
    """Make HOME; refuse one that somebody else could change."""
    HOME.mkdir(mode=0o700, exist_ok=True)
    status = HOME.lstat()
    if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode):
        raise PermissionError(f'{HOME} is not a folder of ours')
    HOME.chmod(0o700)


def cgroup_home():
    """Return our own cgroup's folder in the unified hierarchy.

    On a machine with the hybrid setup that hierarchy is mounted beside the
    old controllers; systemd in a container is content with it alone.
    """
    for line in Path('/proc/self/mountinfo').read_text().splitlines():
        before, _, after = line.partition(' - ')
        if after.startswith('cgroup2 '):
            return Path(before.split()[4]) / _own_cgroup()
    raise LookupError('no cgroup2 hierarchy is mounted')


def _own_cgroup():
    for line in Path('/proc/self/cgroup').read_text().splitlines():
        if line.startswith('0::'):
            return line[3:].strip('/')
    raise LookupError('this process is in no cgroup2 hierarchy')


def _missing(tools):
    return ', '.join(tool for tool in tools if not shutil.which(tool))
