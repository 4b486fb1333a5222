"""An opened port at the next boot: kept where the host's rules include it."""

from lab.firewall import FirewallCase

_CONF = '/etc/nftables.conf'
_FOLDER = '/etc/nftables.d'
_KEPT = f'{_FOLDER}/mailfix-587.nft'

_RULES = '''#!/usr/sbin/nft -f
# the host's own
flush ruleset

table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state established,related accept
		meta l4proto ipv6-icmp accept
		tcp dport 25 accept%s
	}
}
'''
_INCLUDE = f'include "{_FOLDER}/*.nft"\n'


class Boot(FirewallCase):
    """nftables.service loads the rules."""

    def boots_with(self, text):
        """Let the host load this at boot, now and from now on."""
        self.mx.sh(f'mkdir -p {_FOLDER} && cat >{_CONF}', stdin=text)
        self.mx.sh('systemctl enable nftables && systemctl restart nftables')
        self.addCleanup(self.mx.sh, 'systemctl disable nftables; systemctl '
                        f'stop nftables; rm -rf {_FOLDER}')
        self.assertEqual(self.refuses(), ('dropped',) * 2)

    def fix(self):
        """Open the port; return the fix and its changes."""
        report = self.mx.mailfix('--yes')
        fix, = report.finding('port-blocked-inbound')['fixes']
        self.assertEqual(report.rc, 0, report.result)
        self.assertEqual(self.calls(), ('open',) * 2)
        return fix

    def test_kept_by_a_file_of_its_own(self):
        self.boots_with(_RULES % '' + _INCLUDE)
        before = self.rules()
        self.assertEqual([(change['kind'], change['target'])
                          for change in self.fix()['changes']],
                         [('nft-rule', 'inet filter input'),
                          ('nft-rule', _KEPT)])
        self.assertIn('tcp dport 587', self.mx.read(_KEPT))
        self.mx.sh('systemctl restart nftables')
        self.assertEqual(self.calls(), ('open',) * 2)
        # the rule is another one by now; its mark is the same
        self.mx.sh('mailfix undo --last')
        self.assertEqual(self.mx.sh(f'ls {_FOLDER}'), '')
        self.assertEqual(self.rules(with_handles=False),
                         before_without_handles(before))
        self.assertEqual(self.refuses(), ('dropped',) * 2)

    def test_said_where_no_file_is_included(self):
        self.boots_with(_RULES % '')
        fix = self.fix()
        self.assertEqual(len(fix['changes']), 1)
        self.assertIn(f'"tcp dport 587 accept" into {_CONF}', fix['summary'])
        self.assertIn('at the end', fix['summary'])
        self.mx.sh('mailfix undo --last')

    def test_said_where_the_end_is_too_late(self):
        self.boots_with(_RULES % '\n\t\tdrop'
                        + _INCLUDE)
        fix = self.fix()
        self.assertEqual(len(fix['changes']), 1)
        self.assertIn('before what refuses it', fix['summary'])
        self.assertEqual(self.mx.sh(f'ls {_FOLDER}'), '')
        self.mx.sh('mailfix undo --last')


def before_without_handles(rules):
    """Return a listing without its handles."""
    return ''.join(f'{line.partition(" # handle ")[0]}\n'
                   for line in rules.splitlines())
