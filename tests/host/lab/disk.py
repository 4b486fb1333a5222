"""A small disk under one folder of a host, to be filled or broken.

    host = Host()
    disk = Disk(host, '/var/spool/postfix', size_mib=16)
    host.boot()
    disk.fill()
"""

import itertools
from pathlib import Path

from lab import proc

_numbers = itertools.count(1)


class Disk:
    """An ext4 file system of its own, with what was in the folder before."""

    def __init__(self, host, path, *, size_mib, inodes=None):
        """Mount it. The host must not be booted yet.

        inodes  how many it has in all; default as mkfs.ext4 thinks right
        """
        self._host = host
        self._filler = f'{path}/.filler'
        home = host.slot.dir / f'disk-{next(_numbers)}'
        image = home.with_suffix('.img')
        with open(image, 'wb') as file:
            file.truncate(size_mib << 20)
        proc.run(['mkfs.ext4', '-q', '-m', '0', '-e', 'remount-ro',
                  *(['-N', inodes] if inodes else []), image]).check()
        self._device = proc.run(['losetup', '--find', '--show', image]
                                ).check().stdout.strip()
        home.mkdir()
        proc.run(['mount', self._device, home]).check()
        # The device goes away by itself when it is unmounted.
        proc.run(['losetup', '--detach', self._device]).check()
        (home / 'lost+found').rmdir()
        inside = host.outside(path)
        proc.run(['cp', '-a', f'{inside}/.', home]).check()
        proc.run(['mount', '--bind', home, inside]).check()

    def fill(self):
        """Use up the space."""
        self._host.run(f'head -c 1T /dev/zero > {self._filler}',
                       traced=False)

    def fill_inodes(self):
        """Use up the inodes."""
        self._host.run(f'mkdir {self._filler}; cd {self._filler} && '
                       'seq "$(stat --file-system --format=%d .)" | '
                       'xargs touch', traced=False)

    def free(self):
        """Give back what was used up."""
        self._host.remove(self._filler)

    def fail(self):
        """Let it meet an error, after which it is read-only."""
        name = Path(self._device).name
        Path(f'/sys/fs/ext4/{name}/trigger_fs_error').write_text('lab')
