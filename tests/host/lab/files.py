"""Files on a host, by commands on the host itself.

Reaching into its tree from outside would follow the host's absolute links out
of it, and would not see what is mounted inside.
"""

import dataclasses

from lab import trace

_WRITE = '''
mkdir -p -- "$(dirname -- "$1")" && cat > "$1" &&
if [ -n "$2" ]; then chmod -- "$2" "$1"; fi &&
if [ -n "$3" ]; then chown -- "$3" "$1"; fi
'''

# Each file in eight fields that end in NUL; what is not there is left out.
_LIST = r"""
for path; do
    [ ! -e "$path" ] ||
        find "$path" -printf '%p\0%y\0%m\0%U\0%G\0%T@\0%s\0%l\0'
done
"""
_HASH = r"""
for path; do
    [ ! -e "$path" ] || find "$path" -type f -exec sha256sum --zero {} +
done
"""
_FIELDS = 8


@dataclasses.dataclass(frozen=True)
class Entry:
    """One file as a snapshot saw it."""

    kind: str           # as find prints it: f, d, l, p, s
    mode: str           # octal
    uid: int
    gid: int
    mtime: str          # seconds, with fraction
    size: int
    target: str         # of a link
    sha256: str = ''    # of a regular file


class Files:
    """File helpers for a class that has a name, run() and sh()."""

    def read(self, path):
        """Return a file's text."""
        return self.sh(['cat', '--', path])

    def write(self, path, content, mode='', owner=''):
        """Write text or bytes; mode and owner as for chmod and chown."""
        self.sh(['sh', '-c', _WRITE, 'write', path, mode, owner],
                stdin=content, traced=False)
        trace.note(f'{self.name}: wrote {path}')

    def put(self, source, path, mode='', owner=''):
        """Copy a file of this machine to the host."""
        with open(source, 'rb') as file:
            self.write(path, file.read(), mode, owner)

    def exists(self, path):
        """Tell whether something is at path, even a dangling link."""
        return self.run(['find', path, '-maxdepth', '0']).rc == 0

    def remove(self, *paths):
        """Remove files and trees, if they are there."""
        self.sh(['rm', '-rf', '--', *paths])

    def snapshot(self, *paths):
        """Return {path: Entry} of everything at and below paths."""
        fields = self.sh(['sh', '-c', _LIST, 'list', *paths],
                         traced=False).split('\0')[:-1]
        # A file may go away before it is hashed: that is no error.
        lines = self.run(['sh', '-c', _HASH, 'hash', *paths],
                         traced=False).stdout
        hashes = {line[66:]: line[:64] for line in lines.split('\0')}
        entries = {}
        for at in range(0, len(fields), _FIELDS):
            path, kind, mode, uid, gid, mtime, size, target = \
                fields[at:at + _FIELDS]
            entries[path] = Entry(kind, mode, int(uid), int(gid), mtime,
                                  int(size), target, hashes.get(path, ''))
        return entries


def changes(before, after):
    """Return the paths that differ between two snapshots, sorted."""
    return sorted(path for path in before.keys() | after.keys()
                  if before.get(path) != after.get(path))
