"""What mailfix must not do to rules: doubt, races, crashes, no rights."""

import json

from lab.host import ADDRESSES
from lab.opening import OpeningCase, both

_TABLE = """
table inet filter {
    chain input {
        type filter hook input priority filter; policy accept;
        ct state established,related accept
        meta l4proto { icmp, ipv6-icmp } accept
        tcp dport { 22, 25 } accept
        %s
    }
}
"""
_DROP = 'tcp dport 587 drop'
_AUDIT = '/var/log/mailfix/audit.jsonl'

# A service of its own, so that it ends with the host.
_CHURN = ('systemd-run --quiet --unit=churn bash -c "while sleep 0.05; do '
          'nft add element inet bans banned { 198.18.0.1 }; '
          'nft flush set inet bans banned; done"')

# As strace breaks a run: calls that change something, or tell the kernel.
_CALLS = ('sendto', 'sendmsg', 'recvmsg', 'fsync', 'renameat', 'renameat2',
          'write', 'unlinkat')
_MOMENTS_OF_EACH = 5


class NotOpened(OpeningCase):
    """Where one rule in the right place would be wrong, or not enough."""

    def test_open_only_for_some(self):
        self.load(_TABLE % 'ip saddr 203.0.113.128/25 tcp dport 587 accept\n'
                  'tcp dport 587 drop')
        self.assertEqual(self.call(source='203.0.113.200'), 'open')
        self.assertEqual(self.refuses(), ('dropped',) * 2)
        self.stays_refused()
        report = self.mx.mailfix('--dry-run')
        found = report.finding('port-open-for-some', '587')
        self.assertIsNotNone(found, report.document)
        self.assertIn('203.0.113.128/25', json.dumps(found))

    def test_prerouting(self):
        self.load("""
            table inet early {
                chain pre {
                    type filter hook prerouting priority mangle
                    tcp dport 587 drop
                }
            }""")
        self.is_refused(both('drop'), ('inet', 'early', 'pre', 2))
        found = self.stays_refused()
        self.assertEqual(found['state'], 'found')
        self.assertTrue(found['advice'])

    def test_ingress_of_the_device(self):
        self.load("""
            table netdev guard {
                chain in {
                    type filter hook ingress device eth0 priority filter
                    tcp dport 587 drop
                }
            }""")
        self.is_refused(both('drop'), ('netdev', 'guard', 'in', 2))
        found = self.stays_refused()
        self.assertEqual(found['state'], 'found')

    def test_nothing_listens(self):
        self.load(_TABLE % 'tcp dport { 587, 4190 } drop')
        self.mx.write('/etc/mailfix/mailfix.conf.d/ports.ini',
                      '[host]\nwanted-ports = 25, 4190\n', mode='644')
        self.addCleanup(self.mx.remove,
                        '/etc/mailfix/mailfix.conf.d/ports.ini')
        before = self.state()
        self.mx.mailfix('--yes')
        self.assertEqual(self.state(), before)

    def test_what_is_not_wanted_stays_closed(self):
        self.load(_TABLE % 'tcp dport { 80, 3306 } drop')
        before = self.state()
        report = self.mx.mailfix('--yes')
        self.assertIsNone(report.finding('port-blocked-inbound'))
        self.assertEqual(self.state(), before)

    def test_a_limit_is_not_a_closed_port(self):
        self.load(_TABLE % 'tcp dport 587 limit rate over 100/second drop')
        told = self.explain('in', '587')['eth0', 'ipv4']
        self.assertEqual(told['verdict'], 'depends', told)
        self.assertTrue(told['reason'])
        self.stays_refused()

    def test_dry_run_changes_nothing(self):
        self.load(_TABLE % _DROP)
        before = self.state()
        report = self.mx.mailfix('--dry-run')
        self.assertEqual(self.finding(report)['fixes'][0]['state'], 'planned')
        self.assertEqual(self.state(), before)
        self.assertEqual(self.refuses(), ('dropped',) * 2)

    def test_without_root(self):
        self.load(_TABLE % _DROP)
        told = self.mx.run('mailfix explain port in 587', user='nobody')
        self.assertNotEqual(told.rc, 0)
        self.assertIn('needs root', told.stdout + told.stderr)
        report = self.mx.mailfix('--dry-run', user='nobody')
        self.assertIsNone(report.finding('port-blocked-inbound'))
        self.assertIn('needs root', json.dumps(report.unknown()))

    def test_capability_is_all_it_needs(self):
        self.load(_TABLE % _DROP)
        told = self.mx.run(
            'setpriv --reuid=nobody --regid=nogroup --clear-groups '
            '--inh-caps=+net_admin --ambient-caps=+net_admin '
            'mailfix explain port in 587 --format json')
        if told.rc == 0:
            verdicts = json.loads(told.stdout)['verdicts']
            self.assertEqual({each['verdict'] for each in verdicts}, {'drop'})
        else:
            self.assertIn('root', told.stdout + told.stderr)


class Meanwhile(OpeningCase):
    """Somebody changes the rules between the plan and the change."""

    def approve(self, meanwhile):
        """Run at a terminal; before the yes, change the rules."""
        self.load(_TABLE % _DROP)
        terminal = self.mx.terminal('mailfix port-blocked-inbound')
        terminal.expect('[q]uit: ')
        self.mx.sh('nft -f -', stdin=meanwhile)
        terminal.type('y\n')
        return terminal.end(), terminal.screen

    def fix(self):
        """Run for that problem alone; the world's DNS lacks this host."""
        return self.mx.mailfix('--yes', 'port-blocked-inbound').rc

    def test_another_rule_is_added(self):
        rc, screen = self.approve(
            'insert rule inet filter input tcp dport 8080 drop')
        self.assertEqual(rc, 0, screen)
        self.assertEqual(self.calls(), ('open',) * 2)
        self.assertEqual(len(self.ours()), 1)
        self.mx.sh('mailfix undo --last')
        self.assertEqual(self.ours(), [])
        self.assertIn('8080', self.rules())

    def test_the_rule_that_refuses_is_gone(self):
        rc, screen = self.approve(
            f'flush ruleset\n{_TABLE % "tcp dport 587 accept"}')
        self.assertEqual(self.ours(), [], screen)
        self.assertIn(rc, (0, 1, 3), screen)
        self.assertEqual(self.calls(), ('open',) * 2)

    def test_all_is_another_rule_set(self):
        rules = ('flush ruleset\ntable ip6 other {\nchain in {\n'
                 'type filter hook input priority 0\ntcp dport 587 reject\n}\n}')
        rc, screen = self.approve(rules)
        self.assertNotEqual(rc, 0, screen)
        self.assertEqual(self.ours(), [], screen)

    def test_the_rules_are_loaded_anew_after_it(self):
        self.load(_TABLE % _DROP)
        self.assertEqual(self.fix(), 0)
        self.load(_TABLE % _DROP)   # as `systemctl reload nftables` does
        before = self.state()
        self.mx.sh('mailfix undo --last')
        self.assertEqual(self.state(), before)

    def test_rules_that_never_rest(self):
        """A ban list changes several times a second; each is a generation."""
        self.load(_TABLE % _DROP + """
            table inet bans {
                set banned { type ipv4_addr; }
            }""")
        before = self.state()
        self.mx.sh(_CHURN)
        self.addCleanup(self.mx.run, 'systemctl stop churn')
        opened = [self.fix() for _ in range(5)]
        self.assertLessEqual(len(self.ours()), 1)
        self.assertIn(0, opened)
        self.assertEqual(self.calls(), ('open',) * 2)
        self.mx.sh('mailfix undo --last')
        self.assertEqual(self.ours(), [])
        self.mx.sh('systemctl stop churn; nft flush set inet bans banned')
        self.assertEqual(self.state(), before)

    def test_undo_takes_only_our_rule(self):
        self.load(_TABLE % _DROP)
        self.assertEqual(self.fix(), 0)
        self.mx.sh('nft insert rule inet filter input tcp dport 587 accept '
                   'comment \\"by hand\\"')
        self.mx.sh('mailfix undo --last')
        self.assertEqual(self.ours(), [])
        self.assertIn('by hand', self.rules())


class Crash(OpeningCase):
    """kill -9 while it opens: the old rules or the new ones, then settled."""

    timeout_s = 600

    def broken(self, call, number):
        """Run until that call for the number-th time; tell if it got there."""
        return self.mx.run(
            ['strace', '-qq', '-o', '/dev/null', '-e', f'trace={call}', '-e',
             f'inject={call}:signal=KILL:when={number}', 'mailfix', '--yes',
             'port-blocked-inbound']).rc in (137, -9)

    def calls_of_a_run(self):
        """Return how often a whole run makes each of the calls."""
        self.load(_TABLE % _DROP)
        self.mx.run(['strace', '-qq', '-o', '/root/calls', '-e',
                     'trace=' + ','.join(_CALLS), 'mailfix', '--yes',
                     'port-blocked-inbound'])
        self.assertEqual(len(self.ours()), 1)
        lines = self.mx.read('/root/calls').splitlines()
        return {call: sum(line.startswith(f'{call}(') for line in lines)
                for call in _CALLS}

    def test_any_instant(self):
        counts = self.calls_of_a_run()
        killed = left_open = 0
        for call, count in counts.items():
            step = max(count // _MOMENTS_OF_EACH, 1)
            # the last ones most closely: the rule is made near the end
            for number in {*range(count, 0, -step), *range(
                    max(count - 3, 1), count + 1)}:
                self.mx.remove('/var/lib/mailfix', '/var/log/mailfix')
                self.load(_TABLE % _DROP)
                before = self.rules()
                killed += self.broken(call, number)
                where = f'{call} {number}'
                self.assertLessEqual(len(self.ours()), 1, where)
                left_open += bool(self.mx.run(
                    'ls /var/lib/mailfix/changes/open').stdout)
                settled = self.mx.mailfix('--yes', 'port-blocked-inbound')
                self.assertNotEqual(settled.document['status'], 'failed',
                                    f'{where}: {settled.result}')
                self.assertEqual(len(self.ours()), 1, where)
                self.assertEqual(self.mx.run(
                    'ls /var/lib/mailfix/changes/open').stdout, '', where)
                self.mx.sh('mailfix audit verify')
                self.mx.sh('mailfix undo --last')
                self.assertEqual(self.rules(), before, where)
        print(f'{killed} kills, {left_open} left a change open')
        self.assertGreater(killed, 15)
        self.assertGreater(left_open, 2)
        self.assertEqual(self.refuses(addresses=ADDRESSES), ('dropped',) * 2)
