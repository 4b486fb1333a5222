"""The machine's own apt configuration, as far as building a root needs it."""

import dataclasses
import shlex
from pathlib import Path

from lab import proc

_ETC = Path('/etc/apt')


@dataclasses.dataclass(frozen=True)
class Source:
    """One archive: where it is, a suite of it, the key that signs it."""

    uri: str
    suite: str
    keyring: str = ''

    def line(self):
        """Return it as a line of sources.list."""
        option = f'[signed-by={self.keyring}] ' if self.keyring else ''
        return f'deb {option}{self.uri} {self.suite} main'


def sources(release):
    """Return the machine's sources of a Debian release, its main suite first.

    Updates and security count as parts of the release; backports do not.
    Raises LookupError when the machine has no source of it.
    """
    wanted = (release, f'{release}-updates', f'{release}-security')
    found = {source for source in _all_sources() if source.suite in wanted}
    if not any(source.suite == release for source in found):
        raise LookupError(f'apt on this machine has no source of {release}')
    return sorted(found, key=lambda s: (wanted.index(s.suite), s.uri))


def acquire_settings():
    """Return how the machine's apt fetches (proxies, dates), as apt.conf."""
    dump = proc.run(['apt-config', 'dump', '--no-empty']).check().stdout
    return ''.join(line + '\n' for line in dump.splitlines()
                   if line.startswith('Acquire::'))


def proxy():
    """Return the proxy of the machine's apt for http, or ''."""
    words = shlex.split(proc.run(['apt-config', 'shell', 'PROXY',
                                  'Acquire::http::Proxy']).check().stdout)
    return words[0].partition('=')[2] if words else ''


def _all_sources():
    yield from _one_line_sources(_ETC / 'sources.list')
    for path in sorted((_ETC / 'sources.list.d').glob('*')):
        if path.suffix == '.list':
            yield from _one_line_sources(path)
        elif path.suffix == '.sources':
            yield from _stanza_sources(path)


def _one_line_sources(path):
    """Read the format of sources.list(5) that has a line for each source."""
    for line in path.read_text().splitlines() if path.exists() else ():
        kind, _, rest = line.partition('#')[0].strip().partition(' ')
        options, keyring = '', ''
        if rest.startswith('['):
            options, _, rest = rest[1:].partition(']')
        for option in options.split():
            if option.startswith('signed-by='):
                keyring = option.partition('=')[2]
        if kind == 'deb' and 'main' in rest.split()[2:]:
            uri, suite = rest.split()[:2]
            yield Source(uri.rstrip('/'), suite, keyring)


def _stanza_sources(path):
    """Read the format of sources.list(5) that has a stanza for each source."""
    for stanza in path.read_text().split('\n\n'):
        fields = _fields(stanza)
        if ('deb' in fields.get('types', ()) and
                'main' in fields.get('components', ()) and
                fields.get('enabled') != ['no']):
            signed_by = fields.get('signed-by', [''])
            # The key itself may stand there instead of its file.
            keyring = signed_by[0] if len(signed_by) == 1 else ''
            for uri in fields.get('uris', ()):
                for suite in fields.get('suites', ()):
                    yield Source(uri.rstrip('/'), suite, keyring)


def _fields(stanza):
    """Return a stanza's fields, each as the list of its words."""
    fields, name = {}, None
    for line in stanza.splitlines():
        if line.startswith('#'):
            continue
        if not line[:1].isspace() and ':' in line:
            name, _, line = line.partition(':')
            fields[name.lower()] = []
        if name:
            fields[name.lower()] += line.split()
    return fields
