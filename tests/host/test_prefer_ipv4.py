"""Mail over IPv4 first, and as before again; certificates and keys read."""

import json

from lab import queue, sick, wait
from lab.case import LabCase, package
from lab.host import Host
from lab.world import World

_CONFIG = ('/etc/postfix/main.cf', '/etc/postfix/master.cf')
_DOMAIN = 'a.test'
_V4, _V6 = '198.51.100.25', '2001:db8:25::25'

# Of the address, no more: that it has no name is for the tests of the DNS.
_PLAYBOOK = """
[playbook]
title    = IPv4 first
severity = warning
when     = known(egress.state_v4)
advice   = nothing
[fix prefer]
action   = prefer-ipv4
verify   = mta.config_valid
"""


class Prefer(LabCase):
    """A host that sends to a domain with servers of both families."""

    timeout_s = 180

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lan = cls.enterClassContext(World())
        cls.v4 = cls.lan.server(address=_V4)
        cls.v6 = cls.lan.server(address=_V6)
        cls.lan.zone(_DOMAIN, {'@': ['MX 10 mx'],
                               'mx': [f'A {_V4}', f'AAAA {_V6}']})
        cls.mx = cls.enterClassContext(Host(
            world=cls.lan, deb=package(), judges_dns=True, main_cf={}))
        cls.mx.boot()
        sick.ignore_machine(cls.mx)
        cls.mx.write('/etc/mailfix/playbooks/first.ini', _PLAYBOOK)

    def config(self):
        """Return the bytes of what an undo must bring back."""
        return [self.mx.read(path) for path in _CONFIG]

    def send(self, count=1):
        """Send messages, and wait until they have left."""
        for _ in range(count):
            queue.submit(self.mx, f'x@{_DOMAIN}')
        wait.until(lambda: not queue.listing(self.mx), timeout_s=60,
                   what='an empty queue')

    def facts(self, table):
        """Return the rows of a table, by key."""
        told = json.loads(self.mx.sh(
            f'/usr/sbin/mailfix facts {table} --format json'))
        return {row.get('key'): row['values']
                for row in told['facts'][0]['rows']}

    def fix(self):
        """Run the playbook; return its fix."""
        report = self.mx.mailfix('--yes', 'first')
        return report.finding('first')['fixes'][0]

    def test_there_and_back(self):
        self.mx.sh('postconf -e smtp_address_preference=ipv4')
        self.mx.sh('postfix reload')
        self.send()
        fix = self.fix()
        self.assertEqual(fix['state'], 'skipped')
        self.assertIn('preferred already', fix['reason'])
        self.mx.sh('postconf -e smtp_address_preference=ipv6')
        self.assertIn('somebody has set', self.fix()['reason'])
        self.mx.sh('postconf -X smtp_address_preference')
        before = self.config()
        self.assertEqual(self.fix()['state'], 'verified')
        self.assertEqual(self.mx.sh('postconf -h smtp_address_preference'),
                         'ipv4\n')
        met = self.v6.stats().connections
        self.send(6)
        self.assertEqual(self.v6.stats().connections, met)
        self.mx.sh(['mailfix', 'undo', '--last'])
        self.assertEqual(self.config(), before)
        self.mx.sh(['mailfix', 'audit', 'verify'])

    def test_certificate_and_key(self):
        self.mx.sh('mkdir -p /etc/dkimkeys && cd /etc/dkimkeys && '
                   'openssl genrsa -out s1.private 2048 && chmod 600 *')
        self.mx.sh('openssl req -x509 -newkey rsa:2048 -nodes -days 9 '
                   '-subj /CN=mx.test -addext subjectAltName=DNS:mx.test '
                   '-keyout /etc/ssl/k.pem -out /etc/ssl/c.pem')
        self.mx.write('/etc/mailfix/mailfix.conf',
                      '[dns]\ndkim-selectors = '
                      's1:a.test:/etc/dkimkeys/s1.private\n')
        self.mx.sh('postconf -e smtpd_tls_security_level=may '
                   'smtpd_tls_cert_file=/etc/ssl/c.pem '
                   'smtpd_tls_key_file=/etc/ssl/k.pem')
        key = self.facts('signing_key')['s1/a.test']
        self.assertEqual((key['type'], key['bits'], key['problem']),
                         ('rsa', 2048, ''))
        public = self.mx.sh('openssl pkey -in /etc/dkimkeys/s1.private '
                            '-pubout -outform DER | base64 -w0')
        self.assertEqual(key['public'], public.strip())
        shown = self.facts('certificate')['/etc/ssl/c.pem#1']
        digest = self.mx.sh('openssl x509 -in /etc/ssl/c.pem -outform DER | '
                            'sha256sum').split()[0]
        self.assertEqual((shown['sha256'], shown['names'], shown['is_mx']),
                         (digest, 'mx.test', True))
