"""SPF over the wire: the suite of RFC 7208, as far as a zone can hold it."""

import json
import re
import shlex
from pathlib import Path

from lab.case import LabCase

_SUITE = Path(__file__).parents[1] / 'data' / 'rfc7208-tests.tsv'

# It tells of reverse names that unbound holds to be empty, and keeps nothing
# from one set to the next: all have the same names.
_RESOLVER = '203.0.113.54'
_OPEN = ['local-zone: "168.192.in-addr.arpa." nodefault',
         'cache-max-ttl: 0', 'cache-max-negative-ttl: 0']

# The exit status when the sender's domain is none that can be asked about.
_NO_DOMAIN = 64
# Of the 203; the rest has no such domain.
_AT_LEAST = 195

_PLAIN = re.compile(r'[A-Za-z0-9_-]')


def _octets(text):
    """Return the octets that a field of the suite stands for."""
    if text == r'\@':
        return b''
    return re.sub(rb'\\(\d{3})', lambda match: bytes([int(match[1])]),
                  text.encode())


def _escaped(octets, plain=''):
    """Return them as a master file has them."""
    return ''.join(
        chr(each) if _PLAIN.match(chr(each)) or chr(each) in plain
        else f'\\{each:03}' for each in octets)


def _name(text):
    """Return a name, absolute; without any octet the root."""
    return _escaped(_octets(text).rstrip(b'.'), '.').lower() + '.'


def _record(kind, fields):
    """Return a record; None: no zone can have it."""
    if kind == 'TXT':
        strings = [_octets(each) for each in fields]
        cut = [each[at:at + 255] for each in strings
               for at in range(0, len(each), 255)]
        if not cut:
            return None
        return 'TXT ' + ' '.join(f'"{_escaped(each)}"' for each in cut)
    if kind == 'MX':
        return f'MX {fields[0]} {_name(fields[1])}'
    if kind in ('PTR', 'CNAME'):
        return f'{kind} {_name(fields[0])}'
    return f'{kind} {fields[0]}'


class _Set:
    """One set: its zones and its tests."""

    def __init__(self):
        self.zones, self.tests, self._silent = {'arpa': {}}, [], []

    def zone_line(self, name, kind, *fields):
        """Take one record."""
        owner = _name(name)
        if kind == '*':
            self._silent.append(owner)
            return
        record = _record(kind, fields)
        labels = owner.rstrip('.').split('.')
        zone = 'arpa' if labels[-1] == 'arpa' else '.'.join(labels[-2:])
        if record:
            self.zones.setdefault(zone, {}).setdefault(owner, []).append(
                record)

    def complete(self):
        """Let names that never answer be zones that fail."""
        for owner in self._silent:
            labels = owner.rstrip('.').split('.')
            told = self.zones.get('.'.join(labels[-2:]), {})
            if len(labels) > 2 and owner not in told:
                self.zones[owner.rstrip('.')] = None
        return self


def _sets():
    sets = []
    for line in _SUITE.read_text().splitlines():
        kind, *fields = line.split('\t')
        if kind == 'S':
            sets.append(_Set())
        elif kind == 'Z':
            sets[-1].zone_line(*fields)
        elif kind == 'T':
            sets[-1].tests.append(fields)
    return [each.complete() for each in sets]


def _command(helo, address, sender):
    """Return the command of a test."""
    domain = sender.rpartition('@')[2] or helo
    more = ['sender', sender] if sender else []
    return ['mailfix', 'explain', 'spf', '--format', 'json', '--resolver',
            _RESOLVER, '--', domain, 'from', address, 'helo', helo, *more]


class Suite(LabCase):
    """mailfix explain spf, asked of a resolver before NSD."""

    def test_suite(self):
        world, served, judged = self.world(), set(), 0
        world.resolver('plain', _RESOLVER, _OPEN)
        mx = self.host(world=world)
        for each in _sets():
            gone = {name: {} for name in served - set(each.zones)}
            world.zones({**gone, **each.zones})
            served |= set(each.zones)
            for test in each.tests:
                with self.subTest(test[0]):
                    judged += self.judge(mx, test)
            arpa = {owner: [] for owner in each.zones['arpa']}
            world.zones({'arpa': arpa})
        self.assertGreaterEqual(judged, _AT_LEAST)

    def judge(self, mx, test):
        """Ask one; return how many were: none without a domain to ask for."""
        _, helo, address, sender, results, explanation = test
        helo, sender = (_octets(each).decode() for each in (helo, sender))
        told = mx.run(_command(helo, address, sender))
        results = results.split(',')
        if told.rc == _NO_DOMAIN:
            self.assertEqual(results, ['none'])
            return 0
        answer = json.loads(told.stdout)
        self.assertIn(answer['result'], results,
                      '\n'.join(answer['tree']) + shlex.join(test))
        self.assertEqual(told.rc, 2 if answer['result'] == 'temperror' else 0)
        if explanation == 'DEFAULT':
            self.assertIsNone(answer['explanation'])
        elif explanation != '-':
            self.assertEqual(answer['explanation'], explanation.replace(
                r'\032', ' '))
        return 1


class Explain(LabCase):
    """The tree, its counts, and who may ask."""

    def test_tree(self):
        world = self.world()
        world.zone('a.test', {'@': [
            'TXT "v=spf1 mx include:b.test a:gone.a.test -all exp=w.a.test"',
            'MX 10 mx'], 'mx': ['A 198.51.100.7'], 'w': ['TXT "not %{i}"']})
        world.zone('b.test', {'@': ['TXT "v=spf1 ip4:198.51.100.8 ~all"']})
        mx = self.host(world=world)
        asked = ['mailfix', 'explain', 'spf', 'a.test', 'from']
        answer = json.loads(mx.sh([*asked, '198.51.100.9', '--format',
                                   'json']))
        self.assertEqual(answer, {
            'explain': 'spf', 'domain': 'a.test', 'from': '198.51.100.9',
            'result': 'fail', 'explanation': 'not 198.51.100.9',
            'lookups': 3, 'void_lookups': 1, 'term': '-all', 'tree': [
                'a.test: v=spf1 mx include:b.test a:gone.a.test -all '
                'exp=w.a.test',
                '  lookup 1: mx (mx.a.test: 198.51.100.7): no match',
                '  lookup 2: include:b.test',
                '    b.test: v=spf1 ip4:198.51.100.8 ~all',
                '      ip4:198.51.100.8: no match',
                '      ~all: match',
                '  include:b.test: softfail there, no match',
                '  lookup 3: a:gone.a.test (gone.a.test: no IPv4 address): '
                'no match, void lookup 1',
                '  -all: match']})
        told = mx.run(['runuser', '-u', 'nobody', '--', *asked,
                       '198.51.100.8'])
        self.assertEqual(told.rc, 0)
        self.assertIn('pass: 198.51.100.8', told.stdout)
        self.assertIn('include:b.test, in the record of a.test', told.stdout)
        told = mx.run([*asked, '198.51.100.8', '--resolver', '203.0.113.99'])
        self.assertEqual(told.rc, 2)
        self.assertIn('no name server answered', told.stdout)
        world.zone('xn--bcher-kva.test', {'@': ['TXT "v=spf1 -all"']})
        told = json.loads(mx.sh(['mailfix', 'explain', 'spf', 'bücher.test',
                                 'from', '::1', '--format', 'json']))
        self.assertEqual([told['domain'], told['result']],
                         ['xn--bcher-kva.test', 'fail'])
        for words in (['a.test', 'from', 'b'], ['a@a.test', 'from', '::1'],
                      ['a.test'], ['a.test', 'form', '::1']):
            self.assertEqual(mx.run(['mailfix', 'explain', 'spf',
                                     *words]).rc, 64)
