"""A port that rules close: found, named, opened, tried from outside, undone."""

from lab.firewall import SECOND
from lab.host import ADDRESSES
from lab.opening import OpeningCase, both

# As an admin writes them; what closes 587 stands where %s is.
_INPUT = """
table inet filter {
    %s
    chain input {
        type filter hook input priority filter; policy %s;
        ct state established,related accept
        ct state invalid drop
        iif lo accept
        meta l4proto { icmp, ipv6-icmp } accept
        tcp dport { 22, 25 } counter accept
        %s
    }
}
"""


def rules(closing, before='', policy='accept'):
    """Return the rules of a host with something in its input chain."""
    return _INPUT % (before, policy, closing)


class Planted(OpeningCase):
    """In one table, in each of the ways it is done."""

    def place(self, rule, chain='input', table='inet filter'):
        """Return where the rule of that text stands."""
        return (*table.split(), chain, self.handle(rule, chain, table))

    def test_rule_of_the_input_chain(self):
        self.load(rules('tcp dport 587 drop\ntcp dport 4190 accept'))
        self.opens(both('drop'), self.place('tcp dport 587 drop'))

    def test_rule_that_rejects(self):
        self.load(rules('tcp dport 1-1023 reject with tcp reset'))
        self.opens(both('reject'), self.place(
            'tcp dport 1-1023 reject with tcp reset'), 'rejected')

    def test_last_rule_refuses_all(self):
        self.load(rules('counter reject with icmpx admin-prohibited'))
        self.opens(both('reject'), self.place(
            'counter reject with icmpx admin-prohibited'), 'rejected')

    def test_chain_that_is_jumped_to(self):
        self.load(rules('tcp dport { 143, 587, 993 } jump mail',
                        'chain mail {\ntcp dport 143 accept\n'
                        'tcp dport 587 counter drop\n}'))
        place = self.place('tcp dport 587 counter drop', 'mail')
        jump = self.handle('tcp dport { 143, 587, 993 } jump mail')
        self.assertIn(f'inet:filter:input#{jump}=jump mail', self.explain(
            'in', '587')['eth0', 'ipv4']['path'])
        self.opens(both('drop'), place)

    def test_chain_behind_a_goto_and_a_map(self):
        self.load(rules('tcp dport vmap { 143 : accept, 587 : goto deep }',
                        'chain deeper {\ndrop\n}\n'
                        'chain deep {\njump deeper\n}'))
        self.opens(both('drop'), self.place('drop', 'deeper'))

    def test_set(self):
        self.load(rules('tcp dport @closed drop',
                        'set closed {\ntype inet_service\nflags interval\n'
                        'elements = { 110, 500-600, 993 }\n}'))
        self.opens(both('drop'), self.place('tcp dport @closed drop'))

    def test_map_of_verdicts(self):
        self.load(rules('tcp dport vmap @ports',
                        'map ports {\ntype inet_service : verdict\n'
                        'elements = { 110 : accept, 587 : drop }\n}'))
        self.opens(both('drop'), self.place('tcp dport vmap @ports'))

    def test_policy(self):
        self.load(rules('tcp dport 4190 accept\ncounter log', policy='drop'))
        self.opens(both('drop'), ('inet', 'filter', 'input', None))

    def test_second_base_chain_of_a_later_priority(self):
        self.load(rules('tcp dport 587 accept') + """
            table inet late {
                chain check {
                    type filter hook input priority filter + 20
                    tcp dport 587 drop
                }
            }""")
        self.opens(both('drop'), self.place('tcp dport 587 drop', 'check',
                                            'inet late'))

    def test_two_base_chains_that_both_refuse(self):
        self.load(rules('tcp dport 587 drop') + """
            table inet late {
                chain check {
                    type filter hook input priority filter + 20
                    policy drop
                    ct state established,related accept
                    meta l4proto { icmp, ipv6-icmp } accept
                }
            }""")
        self.opens(both('drop'), self.place('tcp dport 587 drop'))

    def test_ipv6_only(self):
        self.load(rules('meta nfproto ipv6 tcp dport 587 drop'))
        self.opens({('eth0', 'ipv6'): 'drop'},
                   self.place('meta nfproto ipv6 tcp dport 587 drop'),
                   addresses=ADDRESSES[1:])

    def test_ipv6_only_in_a_table_of_its_own(self):
        self.load("""
            table ip6 six {
                chain in {
                    type filter hook input priority filter; policy drop
                    ct state established,related accept
                    meta l4proto ipv6-icmp accept
                    tcp dport 25 accept
                }
            }""")
        self.opens({('eth0', 'ipv6'): 'drop'}, ('ip6', 'six', 'in', None),
                   addresses=ADDRESSES[1:])

    def test_the_answer_is_what_is_dropped(self):
        self.load("""
            table inet filter {
                chain output {
                    type filter hook output priority filter
                    tcp sport 587 drop
                }
            }""")
        self.assertEqual(self.refuses(), ('dropped',) * 2)
        self.assertEqual(self.verdicts('in', '587'), both('drop'))
        found = self.stays_refused()
        self.assertIsNotNone(found)


class OneInterface(OpeningCase):
    """A host with two ways out, and a drop on the second."""

    second = SECOND

    def test_drop_on_one_interface(self):
        self.load(rules('iifname "eth1" tcp dport 587 drop'))
        self.assertEqual(self.calls(), ('open',) * 2)
        handle = self.handle('iifname "eth1" tcp dport 587 drop')
        self.opens(both('drop', 'eth1'), ('inet', 'filter', 'input', handle),
                   addresses=SECOND)

    def test_drop_on_one_interface_for_one_family(self):
        self.load(rules('iif eth1 ip6 version 6 tcp dport 587 drop'))
        handle = self.handle('iif "eth1" ip6 version 6 tcp dport 587 drop')
        self.opens({('eth1', 'ipv6'): 'drop'},
                   ('inet', 'filter', 'input', handle), addresses=SECOND[1:])

    def test_only_the_inner_interface_is_meant(self):
        self.load(rules('iifname "eth1" tcp dport 587 drop'))
        told = self.verdicts('in', '587', 'on', 'eth1')
        self.assertEqual(told, both('drop', 'eth1'))
        self.assertEqual(self.verdicts('in', '587', 'on', 'eth0'),
                         both('accept', 'eth0'))
