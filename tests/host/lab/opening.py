"""A port that rules refuse: found and named, opened, tried, put back.

    class Planted(OpeningCase):
        def test_input_chain(self):
            self.load(RULES)
            self.opens(refused={'eth0': 'drop'}, chain='input', ...)
"""

import json
import re

from lab.firewall import FirewallCase
from lab.host import ADDRESSES

PORT = 587
PLAYBOOK = 'port-blocked-inbound'

_TAG = re.compile(r'comment "mailfix [^"]+"')
_FAMILIES = 'ipv4', 'ipv6'


class OpeningCase(FirewallCase):
    """What mailfix says of a port, and what it does about it."""

    # what a test may look at besides the rules: more that must come back
    kept_files = ()

    def explain(self, *words, **options):
        """Return the verdicts of `mailfix explain port`, by interface, family."""
        out = self.mx.run(['/usr/sbin/mailfix', 'explain', 'port', *words,
                           '--format', 'json'], **options).check().stdout
        return {(each['interface'], each['family']): each
                for each in json.loads(out)['verdicts']}

    def verdicts(self, *words):
        """Return them as words only: {('eth0', 'ipv4'): 'drop'}."""
        return {key: each['verdict']
                for key, each in self.explain(*words).items()}

    def state(self):
        """Return all that an undo must bring back."""
        files = {path: entry.sha256 for path, entry in
                 self.mx.snapshot(*self.kept_files).items()} \
            if self.kept_files else {}
        return self.rules(self.has_stable_handles()), files

    def has_stable_handles(self):
        """Tell whether nobody but us writes rules on this host."""
        return not self.has_firewalls

    def ours(self):
        """Return the rules that carry our tag, as nft lists them."""
        return [line.strip() for line in
                self.rules(with_handles=False).splitlines()
                if _TAG.search(line)]

    def finding(self, report, playbook=PLAYBOOK, item=str(PORT)):
        """Return a finding, which must be there."""
        found = report.finding(playbook, item)
        self.assertIsNotNone(found, report.document)
        return found

    def is_named(self, verdict, path_end, place):
        """Assert that a verdict names what decides, and how it got there.

        path_end  the last of its path: 'inet:filter:input#12=drop'
        place     (family, table, chain, handle); handle None: the policy
        """
        rule = verdict['rule']
        self.assertEqual((rule['family'], rule['table'], rule['chain'],
                          rule['handle']), place, verdict)
        self.assertIn(path_end, verdict['path'], verdict)

    def opens(self, refused, place, met='dropped', addresses=ADDRESSES,
              kind='nft-rule'):
        """Find, name, open, try, and put back.

        refused    {(interface, family): verdict}; what is not there accepts
        place      (family, table, chain, handle) of what refuses
        met        what a call from outside meets, at each of addresses
        addresses  those that are refused

        Returns the report of the run that opened it.
        """
        self.is_refused(refused, place, met, addresses)
        before = self.state()
        report = self.is_opened(place, addresses, kind)
        self.is_undone(before, met, addresses)
        return report

    def is_refused(self, refused, place, met='dropped', addresses=ADDRESSES):
        """Assert that calls are refused, and that mailfix says so."""
        self.assertEqual(self.refuses(PORT, addresses),
                         (met,) * len(addresses))
        told = self.explain('in', str(PORT))
        family, table, chain, handle = place
        for key, verdict in told.items():
            self.assertEqual(verdict['verdict'], refused.get(key, 'accept'),
                             (key, verdict))
            if key in refused:
                what = 'policy' if handle is None else handle
                self.is_named(verdict, f'{family}:{table}:{chain}#{what}='
                              f'{refused[key]}', place)
        self.assertLessEqual(refused.keys(), told.keys())

    def is_opened(self, place, addresses=ADDRESSES, kind='nft-rule'):
        """Let mailfix open it; assert that it is said, done and true."""
        family, table, chain, handle = place
        before = self.state()
        planned = self.mx.mailfix('--dry-run')
        found = self.finding(planned)
        self.assertEqual((found['state'], found['fixes'][0]['action'],
                          found['fixes'][0]['state']),
                         ('found', 'open-port', 'planned'), found)
        named = f'{family} {table} {chain}'
        self.assertIn(named if handle is None else f'{named}, handle {handle}',
                      json.dumps(found))
        self.assertEqual(self.state(), before)
        report = self.mx.mailfix('--yes')
        found = self.finding(report)
        self.assertEqual((report.rc, found['state'],
                          found['fixes'][0]['state']),
                         (0, 'fixed', 'verified'), report.result)
        kinds = {change['kind'] for change in found['fixes'][0]['changes']}
        self.assertEqual(kinds, {kind}, found)
        self.assertEqual(self.calls(PORT, addresses),
                         ('open',) * len(addresses))
        self.assertEqual(set(self.verdicts('in', str(PORT)).values()),
                         {'accept'})
        self.assertIsNone(self.mx.mailfix('--dry-run').finding(PLAYBOOK))
        return report

    def is_undone(self, before, met='dropped', addresses=ADDRESSES):
        """Undo it; assert that all is as it was."""
        self.assertNotEqual(self.state(), before)
        self.mx.sh('mailfix undo --last')
        self.assertEqual(self.state(), before)
        self.assertEqual(self.refuses(PORT, addresses),
                         (met,) * len(addresses))
        self.assertEqual(self.mx.run('mailfix audit verify').rc, 0)

    def stays_refused(self, playbook=PLAYBOOK):
        """Run with --yes; assert that no rule was touched.

        Returns the finding, or None where there is none.
        """
        before = self.state()
        report = self.mx.mailfix('--yes')
        self.assertEqual(self.state(), before)
        found = report.finding(playbook, str(PORT))
        for fix in found['fixes'] if found else ():
            self.assertNotIn(fix['state'], ('applied', 'verified', 'reverted',
                                            'failed'), found)
        return found


def both(verdict, *interfaces):
    """Return {(interface, family): verdict} for both families."""
    return {(name, family): verdict for name in interfaces or ('eth0',)
            for family in _FAMILIES}
