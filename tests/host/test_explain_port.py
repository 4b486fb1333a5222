"""What an admin is told about a port: asked, and found by a run."""

import json

from lab.firewall import FirewallCase
from lab.host import ADDRESSES

_LATE = """\
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iif lo accept
        meta l4proto ipv6-icmp accept
        tcp dport { 22, 25 } accept
        meta nfproto ipv4 reject
        tcp dport 587 accept
    }
}
"""

_SOME = """\
table inet filter {
    set friends {
        type ipv4_addr; flags interval; elements = { 198.51.100.0/24 }
    }
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iif lo accept
        meta l4proto { icmp, ipv6-icmp } accept
        tcp dport 25 accept
        ip saddr @friends tcp dport 587 accept
    }
}
"""

_CLOSED = """\
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iif lo accept
        meta l4proto { icmp, ipv6-icmp } accept
    }
}
"""


class Explain(FirewallCase):
    """mailfix explain port, and the playbooks of a closed port."""

    def explain(self, *words):
        """Return the document of `explain port`."""
        return json.loads(self.mx.sh(
            ['mailfix', 'explain', 'port', *words, '--format', 'json']))

    def mailfix(self, *arguments):
        """Run it as at a terminal of no colour; return what it says."""
        return self.mx.run(['mailfix', *arguments])

    def verdicts(self, *words):
        """Return the verdicts by family."""
        return {each['family']: each['verdict']
                for each in self.explain(*words)['verdicts']}

    def test_no_rules(self):
        answer = self.explain('in', '587')
        self.assertEqual(answer['explain'], 'port')
        self.assertEqual((answer['direction'], answer['port']), ('in', 587))
        first, second = answer['verdicts']
        self.assertEqual(first, {
            'family': 'ipv4', 'interface': 'eth0', 'from': None,
            'to': ADDRESSES[0], 'verdict': 'accept', 'rule': None,
            'path': [], 'reason': None})
        self.assertEqual(second['to'], ADDRESSES[1])

    def test_answers_are_what_calls_meet(self):
        self.load(_LATE)
        self.assertEqual(self.verdicts('in', '25'),
                         {'ipv4': 'accept', 'ipv6': 'accept'})
        self.assertEqual(self.verdicts('in', 'submission'),
                         {'ipv4': 'reject', 'ipv6': 'accept'})
        self.assertEqual(self.calls(25), ('open', 'open'))
        self.assertEqual(self.calls(587), ('rejected', 'open'))
        first = self.explain('in', '587', 'from', '203.0.113.9')
        rule = first['verdicts'][0]['rule']
        handle = self.handle('reject with icmp port-unreachable')
        self.assertEqual(len(first['verdicts']), 1)
        self.assertEqual(rule, {
            'family': 'inet', 'table': 'filter', 'chain': 'input',
            'handle': handle, 'text': 'reject with icmp port-unreachable'})
        self.assertEqual(first['verdicts'][0]['path'][-1],
                         f'inet:filter:input#{handle}=reject')
        self.load(_SOME)
        self.assertEqual(self.verdicts('in', '587'),
                         {'ipv4': 'drop', 'ipv6': 'drop'})
        self.assertEqual(self.verdicts('in', '587', 'from', '198.51.100.7'),
                         {'ipv4': 'accept'})
        policy = self.explain('in', '587')['verdicts'][1]
        self.assertEqual(policy['rule'], {
            'family': 'inet', 'table': 'filter', 'chain': 'input',
            'handle': None, 'text': 'policy drop'})
        self.assertEqual(policy['path'], ['inet:filter:input#policy=drop'])

    def test_an_accept_that_comes_too_late(self):
        self.load(_LATE)
        found = self.mailfix('--dry-run', 'firewall-shadowed-rule',
                                'port-blocked-inbound')
        self.assertEqual(found.rc, 1)
        self.assertIn('comes too late', found.stdout)
        self.assertIn('tcp dport 587 accept', found.stdout)
        self.assertNotIn('[port-blocked-inbound]', found.stdout)
        done = self.mailfix('--yes', 'firewall-shadowed-rule')
        self.assertEqual(done.rc, 0)
        self.assertEqual(self.calls(587), ('open', 'open'))

    def test_open_only_for_some(self):
        self.load(_SOME)
        found = self.mailfix('--dry-run', 'port-*')
        self.assertEqual(found.rc, 0)
        self.assertIn('Port 587 is open only for some: @friends: accept',
                      found.stdout)

    def test_two_ports_one_run(self):
        self.load(_CLOSED)
        found = self.mailfix('--dry-run', 'port-*')
        self.assertEqual(found.rc, 1)
        done = self.mailfix('--yes', 'port-*')
        self.assertEqual(done.rc, 0)
        self.assertEqual(self.calls(25) + self.calls(587), ('open',) * 4)
        self.assertIn('tcp dport 587 accept',
                      self.mx.sh('mailfix explain port in 587'))
        self.mx.sh('mailfix undo --last')
        self.assertEqual(self.refuses(25) + self.refuses(587),
                         ('dropped',) * 4)
