"""Is port 25 to the outside open, blocked here, or blocked by the provider?

The world's end of the wire is the provider: what it drops is on the way.
"""

import json

from lab import queue, sick, wait
from lab.case import LabCase, package
from lab.host import Host
from lab.world import World

# Servers in networks of their own, so that none stands for another.
_SERVERS = {'a.test': ('198.51.100.25', '2001:db8:25::25'),
            'b.test': ('203.0.113.25', '3fff:1::25')}
# Another provider's network than all of 2001:db8::/32.
_FAR = '3fff:1::/32'

# A try of Postfix is over soon: it is the log that is read, not the clock.
_MAIN_CF = {'smtp_connect_timeout': '2s', 'smtp_address_preference': 'ipv6',
            'minimal_backoff_time': '300s',
            'queue_run_delay': '300s'}

_BLOCK = '''
table inet block {
    chain in {
        type filter hook input priority 0;
        %s
    }
}
'''
_LOCAL = '''
table inet filter {
    chain output {
        type filter hook output priority 0;
        oifname != "lo" %s drop
    }
}
'''


class Egress(LabCase):
    """A host that sends to domains of two networks of each family."""

    timeout_s = 180

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lan = cls.enterClassContext(World())
        cls.lan.run(['ip', 'route', 'add', 'local', _FAR, 'dev', 'lo']).check()
        cls.servers = [cls.lan.server(address=address)
                       for both in _SERVERS.values() for address in both]
        for domain, (v4, v6) in _SERVERS.items():
            cls.lan.zone(domain, {'@': ['MX 10 mx'],
                                  'mx': [f'A {v4}', f'AAAA {v6}']})
        cls.lan.zone('c.test', {'@': ['MX 10 mx.a.test.']})
        cls.mx = cls.enterClassContext(Host(
            world=cls.lan, deb=package(), main_cf=_MAIN_CF))
        cls.mx.boot()
        sick.ignore_machine(cls.mx)

    def setUp(self):
        super().setUp()
        self.mx.remove('/var/lib/mailfix', '/var/log/mailfix')
        self.local('')
        self.mx.sh('systemctl start postfix; postsuper -d ALL')
        self.mx.sh('journalctl --rotate; journalctl --vacuum-time=1s')

    def tearDown(self):
        self.lan.run(['nft', 'delete', 'table', 'inet', 'block'])
        super().tearDown()

    def block(self, *matches):
        """Have the provider drop what comes from the host and matches."""
        self.lan.nft(_BLOCK % '\n        '.join(
            f'iifname lan {match} tcp dport 25 counter drop'
            for match in matches))

    def local(self, rules):
        """Let the host have these rules and no others."""
        self.mx.sh('nft -f -', stdin=f'flush ruleset\n{rules}')

    def dropped(self):
        """Return how many packets the provider has dropped."""
        listed = self.lan.run(['nft', '-j', 'list', 'table', 'inet', 'block']
                              ).check().stdout
        return sum(word['counter']['packets']
                   for each in json.loads(listed)['nftables']
                   for word in each.get('rule', {}).get('expr', ())
                   if 'counter' in word)

    def send(self, *domains):
        """Send a message to each, and wait until none is on its way."""
        for domain in domains:
            queue.submit(self.mx, f'x@{domain}')
        wait.until(lambda: not {each['queue_name']
                                for each in queue.listing(self.mx)}
                   - {'deferred'}, timeout_s=60, what='the first tries')

    def wait_in_queue(self, *domains):
        """Have a message for each wait that nothing was tried of."""
        self.mx.sh('systemctl stop postfix')
        self.mx.sh('journalctl --rotate; journalctl --vacuum-time=1s')
        queue.fill(self.mx, len(domains), domains=domains)

    def egress(self):
        """Return what `mailfix facts egress` tells; unknown is left out."""
        told = self.mx.sh('/usr/sbin/mailfix facts egress --format json')
        row, = json.loads(told)['facts'][0]['rows']
        for name, reason in row['unknown'].items():
            print(f'{name}: {reason}')
        return {name: value for name, value in row['values'].items()
                if value is not None}

    def connections(self):
        """Return how many connections each server had so far."""
        return [server.stats().connections for server in self.servers]

    def test_the_log_tells(self):
        self.send('a.test')
        before = self.connections()
        told = self.egress()
        self.assertEqual((told['state'], told['state_v6']), ('open', 'open'))
        self.assertNotIn('asked', told)
        self.assertEqual(self.connections(), before)

    def test_provider_blocks_it(self):
        self.block('')
        self.send(*_SERVERS, 'c.test')
        report = self.mx.mailfix('--dry-run')
        finding = report.finding('egress-blocked')
        self.assertEqual(
            finding['title'],
            'Port 25 to the outside is blocked on the way, IPv4 and IPv6')
        timeouts = report.finding('timeouts-outbound')
        self.assertEqual(timeouts['masked_by'], 'egress-blocked')
        told = self.egress()
        self.assertEqual((told['tried_v4'], told['tried_v6']), (2, 2))
        # who was asked is not asked again
        self.mx.sh('systemctl stop postfix')
        self.mx.mailfix('--auto')
        before = self.dropped()
        report = self.mx.mailfix('--auto')
        self.assertIsNotNone(report.finding('egress-blocked'))
        self.assertEqual(self.dropped(), before)
        # and when the provider opens it, the log tells
        self.lan.run(['nft', 'delete', 'table', 'inet', 'block']).check()
        self.mx.sh('systemctl start postfix; postqueue -f')
        wait.until(lambda: not queue.listing(self.mx), timeout_s=60,
                   what='an empty queue')
        report = self.mx.mailfix('--auto')
        self.assertIsNone(report.finding('egress-blocked'))

    def test_ipv6_alone(self):
        self.block('meta nfproto ipv6')
        self.send(*_SERVERS)
        report = self.mx.mailfix('--dry-run')
        self.assertIsNotNone(report.finding('egress-blocked-ipv6'))
        self.assertIsNone(report.finding('egress-blocked'))

    def test_one_server_that_is_down(self):
        self.block('ip daddr 198.51.100.25', 'ip6 daddr 2001:db8:25::25')
        self.send('a.test')
        report = self.mx.mailfix('--dry-run')
        self.assertIsNone(report.finding('egress-blocked'))
        self.assertNotIn('state', self.egress())

    def test_mail_waits_and_nothing_was_tried(self):
        self.wait_in_queue(*_SERVERS)
        before = [server.stats() for server in self.servers]
        told = self.egress()
        self.assertEqual((told['state_v4'], told['state_v6']),
                         ('open', 'open'))
        # a connection at most, and not a word
        for was, server in zip(before, self.servers):
            now = server.stats()
            self.assertLessEqual(now.connections - was.connections, 1)
            said = {reply for reply, count in now.replies.items()
                    if count != was.replies.get(reply)}
            self.assertLessEqual(said, {'greeting 220'})

    def test_asked_as_the_mail_system(self):
        self.wait_in_queue(*_SERVERS)
        self.local(_LOCAL % 'meta skuid != postfix tcp dport 25')
        self.assertEqual(self.egress()['state'], 'open')

    def test_a_local_rule(self):
        self.local(_LOCAL % 'tcp dport 25')
        self.block('')
        self.send('a.test', 'b.test')
        before = self.dropped()
        finding = self.mx.mailfix('--dry-run').finding(
            'port-blocked-outbound')
        self.assertIn('inet filter output, handle',
                      finding['evidence']['egress.evidence'])
        # nobody needs to be asked
        self.assertEqual(self.dropped(), before)
        self.mx.sh(self.egress()['remedy'])
        self.lan.run(['nft', 'delete', 'table', 'inet', 'block']).check()
        self.mx.sh('postqueue -f')
        wait.until(lambda: not queue.listing(self.mx), timeout_s=60,
                   what='an empty queue')
        report = self.mx.mailfix('--dry-run')
        self.assertIsNone(report.finding('port-blocked-outbound'))

    def test_a_relay(self):
        relay = self.lan.server(address='203.0.113.77', port=587)
        self.mx.postconf(relayhost='[203.0.113.77]:587')
        self.addCleanup(self.mx.sh, 'postconf -X relayhost; postfix reload')
        self.mx.sh('postfix reload')
        self.block('')
        self.send('a.test')
        self.assertEqual(relay.stats().messages, 1)
        told = self.egress()
        self.assertEqual((told['port'], told['relay'], told['state']),
                         (587, '203.0.113.77', 'open'))
