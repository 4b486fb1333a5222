"""A host whose rules may refuse mail, and calls to it from outside.

    class Dropped(FirewallCase):
        def test_it_is_opened(self):
            self.load(RULES)
            self.assertEqual(self.call(587), 'dropped')
            self.mx.mailfix('--yes')
            self.assertEqual(self.call(587), 'open')

The host lives as long as the class, and takes mail on 25 and 587. Each test
begins with no rules at all.
"""

from lab import sick
from lab.case import LabCase, package
from lab.host import ADDRESSES, Host
from lab.wait import until
from lab.world import World

SECOND = ('192.0.2.140', '2001:db8:1::10')

_SUBMISSION = 'submission/inet=submission inet n - y - - smtpd'

# A peer that gets no answer for so long gets none: a SYN that arrives is
# answered within a millisecond, and once more after a second.
_SILENCE_S = 1.5
# A session's first line, on a busy machine.
_BANNER_S = 20

_MET = {'open': 'open', 'timeout': 'dropped', 'refused': 'rejected',
        'unreachable': 'rejected'}


class FirewallCase(LabCase):
    """A mail host in a world; what a class may set is below."""

    # addresses of an eth1 with a default route of its own, e.g. SECOND
    second = ()
    # with ufw, firewalld, fail2ban and iptables
    has_firewalls = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lan = cls.enterClassContext(World())
        cls.mx = cls.enterClassContext(Host(
            world=cls.lan, deb=package(), second=cls.second,
            has_firewalls=cls.has_firewalls))
        cls.mx.sh(['postconf', '-M', _SUBMISSION])
        for address in (*ADDRESSES, *cls.second):
            cls.lan.pointer(address, cls.mx.name)
        cls.mx.boot()
        sick.ignore_machine(cls.mx)
        # Every refusal is told: by default so many a second are.
        cls.lan.sysctl(cls.mx, 'net.ipv4.icmp_ratelimit=0',
                       'net.ipv6.icmp.ratelimit=0')

    def setUp(self):
        super().setUp()
        self.mx.remove('/var/lib/mailfix', '/var/log/mailfix')
        self.load('')

    def load(self, rules):
        """Let the host have these rules and no others, as nft -f does."""
        self.mx.sh('nft -f -', stdin=f'flush ruleset\n{rules}')

    def start_firewalld(self):
        """Start firewalld; it has its name before it has its rules."""
        self.mx.sh('systemctl start firewalld')
        until(lambda: self.mx.run('firewall-cmd --state', traced=False
                                  ).rc == 0, what='the rules of firewalld')

    def rules(self, with_handles=True):
        """Return all rules of the host, without counters and what is in them."""
        handles = '--handle' if with_handles else ''
        return self.mx.sh(f'nft --stateless {handles} list ruleset')

    def handle(self, rule, chain='input', table='inet filter'):
        """Return the handle of the rule of that text in a chain."""
        listed = self.mx.sh(f'nft --stateless --handle list chain {table} '
                            f'{chain}')
        found = [line.rpartition('# handle ')[2] for line in
                 listed.splitlines() if line.strip().startswith(
                     f'{rule} # handle ')]
        self.assertEqual(len(found), 1, f'{rule} in {listed}')
        return int(found[0])

    def call(self, port=587, address=ADDRESSES[0], source=None):
        """Connect from outside, to be greeted: open, dropped or rejected.

        source  default: somebody whom no rule names
        """
        met, = self.lan.dial(address, port, source=source or anyone(address),
                             timeout_s=_BANNER_S)
        if met.outcome == 'open':
            self.assertIn('220 ', met.banner)
        return _MET.get(met.outcome, met.outcome)

    def calls(self, port=587, addresses=ADDRESSES):
        """Connect to each address; return what each met."""
        return tuple(self.call(port, address) for address in addresses)

    def refuses(self, port=587, addresses=ADDRESSES, source=None):
        """Connect where nobody may answer; return what each met."""
        met = self.lan.knock([(address, port, source or anyone(address))
                              for address in addresses], _SILENCE_S)
        return tuple(_MET.get(each.outcome, each.outcome) for each in met)


def anyone(address):
    """Return who calls that address: nobody that a rule knows by name."""
    return '2001:db8:c::9' if ':' in address else '203.0.113.9'
