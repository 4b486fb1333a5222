"""The form of the cases in tests/host/zones is read as it is told."""

import textwrap
import unittest
from pathlib import Path

from lab import zones

_VALUES = {'key': 'QUJD'}


def _settle(text, number=2):
    """Return the setting of the one case in a text."""
    path = _File(textwrap.dedent(text))
    case, = zones.read(path)
    case.number = number
    return case.settle(_VALUES)


class _File:
    """What read() needs of a path."""

    name = 'one.zones'

    def __init__(self, text):
        self.read_text = lambda: text


class Cases(unittest.TestCase):
    """Each line does what the head of lab/zones.py says."""

    def test_what_is_not_said_is_in_order(self):
        setting = _settle('CASE one\n; Why.\n')
        self.assertEqual(setting.zones, {
            'one.test.': {'one.test.': ['MX 10 mail.one.test.',
                                        'TXT "v=spf1 ip4:203.0.113.2 -all"'],
                          '_dmarc.one.test.': ['TXT "v=DMARC1; p=none"'],
                          'mail.one.test.': ['A 203.0.113.2']},
            'arpa.': {'2.113.0.203.in-addr.arpa.': ['PTR mail.one.test.']}})
        self.assertEqual(setting.config(), textwrap.dedent('''\
            [host]
            addresses = 203.0.113.2
            [dns]
            blocklists = good.bl.test
            '''))
        self.assertEqual((setting.expected, setting.unknown), (set(), []))

    def test_records_replace_those_in_order(self):
        setting = _settle('''\
            CASE one
            ; Why.
            @ MX NONE
            mail CNAME other
            other A $ip4
            REVERSE $ip4 PTR other.$domain.
            s1._domainkey TXT "p=$key"
            ''')
        self.assertEqual(setting.zones['one.test.'], {
            'mail.one.test.': ['CNAME other.one.test.'],
            'other.one.test.': ['A 203.0.113.2'],
            's1._domainkey.one.test.': ['TXT "p=QUJD"'],
            'one.test.': ['TXT "v=spf1 ip4:203.0.113.2 -all"'],
            '_dmarc.one.test.': ['TXT "v=DMARC1; p=none"']})
        self.assertEqual(setting.zones['arpa.'], {
            '2.113.0.203.in-addr.arpa.': ['PTR other.one.test.']})

    def test_other_zones(self):
        setting = _settle('''\
            CASE one
            ; Why.
            IN secure.test
            BROKEN lame
            $ORIGIN other.test.
            @ A 198.51.100.1
            $rev6.list A 127.0.0.2
            ''')
        self.assertIsNone(setting.zones['lame.one.secure.test.'])
        self.assertIn('mail.one.secure.test.', setting.zones['secure.test.'])
        self.assertEqual(list(setting.zones['other.test.']), [
            'other.test.', '2.0.0.0' + '.0' * 16 + '.c.0.0.0'
            '.8.b.d.0.1.0.0.2.list.other.test.'])

    def test_the_host_and_what_is_expected(self):
        setting = _settle('''\
            CASE one
            ; Why.
            HOST dkim-selectors = s1:$domain
            POSTFIX smtp_helo_name = a.$domain
            SERVICE smtp/inet = smtp inet n - y - 1 postscreen
            SHADOW local-zone: "x.$domain." static
            ASK $shadow, $resolver
            EXPECT spf-fail $domain/$ip4
            EXPECT helo-mismatch
            UNKNOWN helo
            SAYS publish it
            ''')
        self.assertIn('dkim-selectors = s1:one.test\n', setting.config())
        self.assertEqual(setting.postfix['smtp_helo_name'], 'a.one.test')
        self.assertEqual(setting.services, {
            'smtp/inet': 'smtp inet n - y - 1 postscreen'})
        self.assertEqual(setting.shadow, ['local-zone: "x.one.test." static'])
        self.assertEqual(setting.ask, '203.0.113.253, 192.0.2.1')
        self.assertEqual(setting.expected, {
            ('spf-fail', 'one.test/203.0.113.2'), ('helo-mismatch', '')})
        self.assertEqual((setting.unknown, setting.says),
                         (['helo'], ['publish it']))

    def test_what_cannot_be_read(self):
        for text in ('@ MX 10 mail\n', 'CASE one\nnonsense\n',
                     'CASE one\n@ TXT "$nothing"\n', 'CASE one\nHOST helo\n'):
            with self.assertRaises(zones.BadCase):
                _settle(text)

    def test_no_case_serves_what_another_one_does(self):
        one = _settle('CASE one\n; Why.\n$ORIGIN x.test.\n@ A 192.0.2.9\n')
        two = _settle('CASE two\n; Why.\n$ORIGIN x.test.\n@ A 192.0.2.8\n', 3)
        with self.assertRaises(zones.BadCase):
            zones.merge([one, two])

    def test_all_files_are_in_order(self):
        areas = zones.read_all()
        self.assertEqual(set(areas), {path.stem for path in
                                      Path(zones.FOLDER).iterdir()})
        self.assertGreaterEqual(sum(map(len, areas.values())), 60)
