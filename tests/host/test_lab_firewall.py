"""The lab's firewalls: rules are loaded, calls say what becomes of them."""

from lab.firewall import SECOND, FirewallCase
from lab.host import ADDRESSES

_RULES = """\
table inet filter {
    chain input {
        type filter hook input priority 0
        %s
    }
}
"""


class Calls(FirewallCase):
    """What a call from outside meets."""

    second = SECOND

    def test_open_dropped_and_rejected(self):
        self.assertEqual(self.calls(587, ADDRESSES + SECOND), ('open',) * 4)
        self.assertEqual(self.refuses(588), ('rejected',) * 2)
        self.load(_RULES % 'tcp dport 587 drop')
        self.assertEqual(self.refuses(), ('dropped',) * 2)
        for how in '', 'with icmpx admin-prohibited', 'with tcp reset':
            self.load(_RULES % f'tcp dport 587 reject {how}')
            self.assertEqual(self.refuses(), ('rejected',) * 2, how)

    def test_each_interface_has_its_own_way(self):
        for name, mine, other in (('eth0', ADDRESSES, SECOND),
                                  ('eth1', SECOND, ADDRESSES)):
            self.load(_RULES % f'iifname {name} tcp dport 587 drop')
            self.assertEqual(self.refuses(587, mine), ('dropped',) * 2)
            self.assertEqual(self.calls(587, other), ('open',) * 2)
            self.load(_RULES.replace('input', 'output') %
                      f'oifname {name} tcp sport 587 drop')
            self.assertEqual(self.refuses(587, mine), ('dropped',) * 2)
            self.assertEqual(self.calls(587, other), ('open',) * 2)

    def test_rules_are_told_without_counters(self):
        self.load(_RULES % 'tcp dport 587 counter accept')
        before = self.rules()
        self.assertEqual(self.call(), 'open')
        self.assertEqual(self.rules(), before)
        self.assertEqual(self.handle('tcp dport 587 counter accept'), 2)
        self.mx.sh('nft insert rule inet filter input counter')
        self.mx.sh('nft delete rule inet filter input handle 2')
        self.mx.sh('nft add rule inet filter input counter')
        self.assertNotEqual(self.rules(), before)


class Managers(FirewallCase):
    """ufw and firewalld work on a host, and are off until they are started."""

    has_firewalls = True

    def test_nothing_runs_by_itself(self):
        self.assertEqual(self.mx.sh('nft list ruleset'), '')
        self.assertEqual(self.mx.run('systemctl is-enabled ufw firewalld '
                                     'fail2ban').stdout, 'disabled\n' * 3)

    def test_ufw(self):
        self.mx.sh('ufw --force enable')
        self.assertEqual(self.refuses(), ('dropped',) * 2)
        self.mx.sh('ufw allow 587/tcp')
        self.assertEqual(self.calls(), ('open',) * 2)
        self.mx.sh('ufw --force reset')
        self.assertEqual(self.calls(), ('open',) * 2)

    def test_firewalld(self):
        self.start_firewalld()
        self.assertEqual(self.refuses(), ('rejected',) * 2)
        self.mx.sh('firewall-cmd --add-port 587/tcp')
        self.assertEqual(self.calls(), ('open',) * 2)
        self.mx.sh('systemctl stop firewalld')
        self.assertEqual(self.mx.sh('nft list ruleset'), '')
