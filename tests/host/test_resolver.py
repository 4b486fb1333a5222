"""Name servers that fail: what they do not tell is unknown, and nothing more.

The domain of the host is sick on purpose, so that each test can tell "nothing
is wrong" from "nothing is known". The resolvers are unbound, as hosts have it;
those that lie are cases of zones/resolver.zones.
"""

from lab import net
from lab.case import LabCase, package
from lab.host import Host
from lab.world import World

_DOMAIN = 'sick.test'
_LARGE = 'large.test'
_FORGED = 'forged.test'
_ADDRESS = '203.0.113.10'

# Addresses of the world for resolvers of these tests; nobody is at the last.
_REFUSES = '198.51.100.210'
_UDP_ONLY = '198.51.100.211'
_SILENT = '198.51.100.212'

_PLAYBOOKS = 'mx-*', 'ptr-*'

# The PTR record is missing, and a target of the MX.
_SICK = {'@': ['MX 10 mail', 'MX 20 gone'], 'mail': [f'A {_ADDRESS}']}

# More than fits a datagram: 1,232 octets.
_MANY = {'@': [f'MX {number} a-rather-long-name-{number}'
               for number in range(10, 70)],
         **{f'a-rather-long-name-{number}': [f'A {_ADDRESS}']
            for number in range(10, 70)}}

_CONFIG = f"""\
[host]
addresses = {_ADDRESS}
"""

_POSTFIX = """
myhostname = mail.{domain}
mydomain = {domain}
myorigin = {domain}
mydestination = {domain}
"""

# For one server to answer, in agent/probes/dns.c; runs differ by less.
_TRY_MS = 1500


class Resolvers(LabCase):
    """One host, one world, many resolvers."""

    @classmethod
    def setUpClass(cls):
        cls.world = cls.enterClassContext(World(expired=[_FORGED]))
        cls.world.zones({_DOMAIN: _SICK, _LARGE: _MANY, _FORGED: _SICK})
        cls.world.resolver('refuses', _REFUSES,
                           [f'access-control: {net.GATEWAY}/24 refuse'])
        cls.world.resolver('udponly', _UDP_ONLY, ['do-tcp: no'])
        cls.world.silence(_SILENT)
        cls.mx = cls.enterClassContext(Host(
            world=cls.world, deb=package(), judges_dns=True))
        cls.mx.boot()
        cls.main_cf = cls.mx.read('/etc/postfix/main.cf')
        cls.mx.write('/root/mailfix.conf', _CONFIG)

    def setUp(self):
        super().setUp()
        self.mail_for(_DOMAIN)

    def mail_for(self, domain):
        """Make it the host of a domain."""
        self.mx.write('/etc/postfix/main.cf',
                      self.main_cf + _POSTFIX.format(domain=domain))
        # Postfix waits while main.cf is new.
        self.mx.sh("touch -d '1 minute ago' /etc/postfix/main.cf")

    def look(self, *arguments):
        """Return what mailfix says."""
        report = self.mx.mailfix('--config', '/root/mailfix.conf', *arguments,
                                 *_PLAYBOOKS)
        self.assertIsNotNone(report.document, report.stderr)
        return report

    def check_unknown(self, reason, *arguments):
        """Assert that nothing is found or done, and why."""
        before = self.mx.sh('md5sum /etc/postfix/*.cf')
        # not only what it would do
        report = self.look('--yes', *arguments)
        self.assertEqual(report.document['findings'], [])
        self.assertEqual(report.rc, 2)
        told = report.unknown()
        for each in 'domain', 'address':
            self.assertTrue([fact for fact in told if fact.startswith(each)
                             and reason in told[fact]], told)
        self.assertEqual(self.mx.sh('md5sum /etc/postfix/*.cf'), before)

    def found(self, report):
        """Return (playbook, item) of what was found."""
        return {(each['playbook'], each['item'])
                for each in report.document['findings']}

    def test_one_that_works(self):
        self.assertEqual(self.found(self.look('--dry-run')), {
            ('mx-target-missing', f'{_DOMAIN}/gone.{_DOMAIN}'),
            ('ptr-missing', _ADDRESS)})

    def test_refuses(self):
        self.check_unknown('refused', '--resolver', _REFUSES)

    def test_is_down(self):
        self.check_unknown(_SILENT, '--resolver', _SILENT)

    def test_truncates(self):
        self.mail_for(_LARGE)
        self.assertEqual(self.found(self.look('--dry-run')),
                         {('ptr-missing', _ADDRESS)})

    def test_truncates_without_tcp(self):
        self.mail_for(_LARGE)
        report = self.look('--dry-run', '--resolver', _UDP_ONLY)
        self.assertEqual(self.found(report), {('ptr-missing', _ADDRESS)})
        self.assertTrue([fact for fact in report.unknown()
                         if fact.startswith(f'domain[{_LARGE}]')],
                        report.unknown())

    def test_signatures_do_not_hold(self):
        self.mail_for(_FORGED)
        report = self.look('--dry-run')
        self.assertEqual(self.found(report), {('ptr-missing', _ADDRESS)})
        self.assertTrue([reason for reason in report.unknown().values()
                         if 'DNSSEC' in reason], report.unknown())

    def test_first_of_two_is_dead(self):
        healthy = self.look('--dry-run')
        report = self.look('--dry-run', '--resolver',
                           f'{_SILENT},{net.GATEWAY}')
        self.assertEqual(self.found(report), self.found(healthy))
        self.assertLess(report.document['duration_ms'],
                        healthy.document['duration_ms'] + 2 * _TRY_MS)

    def test_without_the_library(self):
        library = self.mx.sh('ls /usr/lib/*/libldns.so.3').strip()
        self.mx.sh(f'mv {library} {library}.away')
        self.addCleanup(self.mx.sh, f'mv {library}.away {library}')
        self.check_unknown('libldns.so.3 cannot be loaded')
