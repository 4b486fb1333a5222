"""Cases of DNS: what a domain publishes, and what mailfix must say of it.

A case is a mail host for one domain. What it does not mention is in order, as
_HEALTHY has it; so it holds what is unusual about it, and no more. The format,
of files tests/host/zones/AREA.zones:

    CASE several-pointers
    ; Any of several PTR records may confirm; the first one does not here.
    REVERSE $ip4 PTR www.elsewhere.test.
    REVERSE $ip4 PTR mail.$domain.

    CASE name           begins one; its domain is name.test
    ; text              why it is there: at least one line
    DOMAIN name         its domain is that one
    IN zone             its domain is name.zone, and all that zone is signed
    owner TYPE value    a record, as in a master file; relative to the domain,
                        '@'; records of a type replace those of _HEALTHY for
                        that owner, a CNAME all; the value NONE leaves them out
    $ORIGIN zone.       the records that follow are of this zone
    REVERSE addr TYPE value    a record at the reverse name of an address
    BROKEN name         the name servers of the zone of that name fail
    HOST key = value    a setting of mailfix.conf
    POSTFIX name = value       one of main.cf
    SERVICE name/type = line   one of master.cf
    SHADOW setting      a line of unbound.conf for the resolver $shadow, which
                        all cases have in common
    ASK addr, ...       the resolvers; without it those of resolv.conf
    EXPECT playbook item       a finding; without any there must be none
    UNKNOWN fact        what mailfix must say is not known: all facts that
                        begin so, '*': whatever; without any there must be none
    SAYS text           what is in the title or the advice of a finding

$domain, $ip4, $ip6 (its own addresses), $rev4, $rev6 (as in the name that a
blocklist is asked for), $shadow, $resolver, and the names of keys (test_zones)
stand for what they are.
"""

import collections
import dataclasses
import ipaddress
import re
from pathlib import Path

from lab import net

FOLDER = Path(__file__).parents[1] / 'zones'

# The resolver of the lines SHADOW.
SHADOW = '203.0.113.253'

# Case number n has address n of these.
_NETWORK = ipaddress.ip_network('203.0.113.0/24')
_NETWORK6 = ipaddress.ip_network('2001:db8:c::/64')
_CASES_MAX = 251

_HEALTHY = """\
@ MX 10 mail
@ TXT "v=spf1 ip4:$ip4 -all"
_dmarc TXT "v=DMARC1; p=none"
mail A $ip4
REVERSE $ip4 PTR mail.$domain.
HOST addresses = $ip4
HOST blocklists = good.bl.test
POSTFIX myhostname = mail.$domain
POSTFIX mydomain = $domain
POSTFIX myorigin = $domain
POSTFIX mydestination = $domain
"""

_SECTIONS = {'resolver': 'dns', 'blocklists': 'dns', 'dkim-selectors': 'dns'}

# Their value ends in a name.
_WITH_NAME = ('MX', 'CNAME', 'NS', 'PTR')

_LINE = re.compile(r'(\S+)\s+(.*)')
_SETTING = re.compile(r'([\w-]+)\s*=\s*(.*)')
_RECORD = re.compile(r'(\S+)\s+([A-Z0-9]+)\s+(.*)')
_NAME = re.compile(r'\$([a-z]\w*)')


class BadCase(ValueError):
    """A file of cases that cannot be read."""


@dataclasses.dataclass
class Case:
    """One case, as it stands in its file."""

    name: str
    where: str              # FILE:LINE
    number: int = 0
    why: list = dataclasses.field(default_factory=list)
    lines: list = dataclasses.field(default_factory=list)

    def settle(self, values):
        """Return what it means, a Setting; values are by name."""
        domain, zone = f'{self.name}.test', None
        for word, rest in self.lines:
            if word == 'DOMAIN':
                domain = rest
            elif word == 'IN':
                domain, zone = f'{self.name}.{rest}', rest
        ip4 = _NETWORK[self.number]
        ip6 = _NETWORK6[self.number]
        setting = Setting(self, domain, zone or domain, {
            **values, 'domain': domain, 'ip4': str(ip4), 'ip6': str(ip6),
            'rev4': _reverse(ip4), 'rev6': _reverse(ip6),
            'shadow': SHADOW, 'resolver': net.GATEWAY})
        for word, rest in self.lines:
            setting.obey(word, rest)
        setting.complete()
        return setting


class Setting:
    """What a case means: what is served, what the host is, what is expected."""

    def __init__(self, case, domain, zone, values):
        self.case = case
        self.zones = collections.defaultdict(dict)  # zone: {owner: [record]}
        self.host = {}
        self.postfix = {}
        self.services = {}
        self.shadow = []
        self.ask = None
        self.expected = set()       # of (playbook, item)
        self.unknown = []
        self.says = []
        self._domain = domain
        self._zone = zone
        self._origin = None         # None: the domain itself
        self._values = values
        self._given = set()         # of (owner, type), NONE too

    def obey(self, word, rest):
        """Take one line."""
        rest = self._replace(rest)
        act = getattr(self, f'_take_{word.lower().lstrip("$")}',
                      None) if word.strip('$').isupper() else None
        if act:
            act(rest)
        else:
            self._take_record(f'{self._replace(word)} {rest}')

    def complete(self):
        """Add what is in order."""
        given, self._given = frozenset(self._given), set()
        host, postfix = self.host, self.postfix
        self.host, self.postfix, self._origin = {}, {}, None
        for line in _HEALTHY.splitlines():
            word, rest = _LINE.fullmatch(self._replace(line)).groups()
            owner, kind = self._owner_of(word, rest)
            if not given & {(owner, kind), (owner, 'CNAME')}:
                self.obey(word, rest)
        self.host.update(host)
        self.postfix.update(postfix)

    def config(self):
        """Return its mailfix.conf."""
        lines = []
        for section in ('host', 'dns'):
            lines += [f'[{section}]', *(
                f'{key} = {value}' for key, value in self.host.items()
                if _SECTIONS.get(key, 'host') == section)]
        return '\n'.join(lines) + '\n'

    def _replace(self, text):
        def value(match):
            if match[1] not in self._values:
                raise BadCase(f'{self.case.where}: what is ${match[1]}?')
            return self._values[match[1]]
        return _NAME.sub(value, text)

    def _owner_of(self, word, rest):
        if word == 'REVERSE':
            address, kind, _ = rest.split(maxsplit=2)
            return f'{_pointer(address)}.', kind
        return self._absolute(word), rest.split()[0]

    def _absolute(self, owner):
        origin = self._origin or f'{self._domain}.'
        return (owner if owner.endswith('.') else
                origin if owner == '@' else f'{owner}.{origin}')

    def _take_record(self, text):
        owner, kind, value = self._match(_RECORD, text).groups()
        zone = self._origin or f'{self._zone}.'
        self._add(zone, self._absolute(owner), kind, value)

    def _add(self, zone, owner, kind, value):
        self._given.add((owner, kind))
        if kind in _WITH_NAME and value != 'NONE':
            # not as the file would take it: its zone may be another one
            *words, name = value.split()
            value = ' '.join([*words, self._absolute(name)])
        if value != 'NONE':
            self.zones[zone].setdefault(owner, []).append(f'{kind} {value}')

    def _take_origin(self, text):
        self._origin = text

    def _take_reverse(self, text):
        address, kind, value = self._match(_RECORD, text).groups()
        self._add('arpa.', f'{_pointer(address)}.', kind, value)

    def _take_broken(self, text):
        self.zones[self._absolute(text)] = None

    def _take_host(self, text):
        key, value = self._match(_SETTING, text).groups()
        self.host[key] = value

    def _take_postfix(self, text):
        name, value = self._match(_SETTING, text).groups()
        self.postfix[name] = value

    def _take_service(self, text):
        name, value = text.split(' = ', 1)
        self.services[name] = value

    def _take_shadow(self, text):
        self.shadow.append(text)

    def _take_ask(self, text):
        self.ask = text

    def _take_expect(self, text):
        playbook, _, item = text.partition(' ')
        self.expected.add((playbook, item.strip()))

    def _take_unknown(self, text):
        self.unknown.append('' if text == '*' else text)

    def _take_says(self, text):
        self.says.append(text)

    def _take_domain(self, _):
        """Settled before."""

    _take_in = _take_domain

    def _match(self, pattern, text):
        match = pattern.fullmatch(text)
        if not match:
            raise BadCase(f'{self.case.where}: cannot read {text!r}')
        return match


def read(path):
    """Return the cases of a file."""
    cases = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f'{path.name}:{number}'
        if line.startswith(';'):
            if cases:
                cases[-1].why.append(line[1:].strip())
        elif match := _LINE.fullmatch(line.strip()):
            if match[1] == 'CASE':
                cases.append(Case(match[2], where))
            elif not cases:
                raise BadCase(f'{where}: a line before the first CASE')
            else:
                cases[-1].lines.append(match.groups())
        elif line.strip():
            raise BadCase(f'{where}: cannot read {line!r}')
    return cases


def read_all():
    """Return {AREA: cases} of all files, each case with a number of its own."""
    areas = {path.stem: read(path) for path in sorted(FOLDER.glob('*.zones'))}
    seen = set()
    for number, case in enumerate(
            (case for cases in areas.values() for case in cases), 2):
        case.number = number
        if not case.why or case.name in seen or number > _CASES_MAX:
            raise BadCase(f'{case.where}: {case.name} needs a comment, a name '
                          'of its own, and an address')
        seen.add(case.name)
    return areas


def merge(settings):
    """Return all that they serve: {zone: {owner: [record, ...]} or None}."""
    zones = collections.defaultdict(dict)
    for setting in settings:
        for zone, owners in setting.zones.items():
            if owners is None:
                zones[zone] = None
                continue
            for owner, records in owners.items():
                if owner in zones[zone]:
                    raise BadCase(f'{setting.case.where}: {owner} is '
                                  'served by another case')
                zones[zone][owner] = records
    return zones


def _pointer(address):
    return ipaddress.ip_address(address).reverse_pointer


def _reverse(address):
    """Return "10.2.0.192", or the nibbles."""
    return address.reverse_pointer.rsplit('.', 2)[0]
