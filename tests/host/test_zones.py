"""What mailfix says of real zones: each case of tests/host/zones, exactly.

Each area of cases is one host, booted once, and one world that serves all its
zones. Between the cases the configuration changes, nothing else.
"""

import base64
import hashlib

from lab import zones
from lab.case import LabCase, package
from lab.host import Host
from lab.report import Report
from lab.world import World

_PLAYBOOKS = [f'{area}-*' for area in (
    'mx', 'spf', 'ptr', 'helo', 'dkim', 'dmarc', 'mtasts', 'tlsrpt', 'dane',
    'dnsbl')]

_SIGNED = 'secure.test'
_EXPIRED = 'bogus.test'

# A loop of openssl calls for what the host's signer and server hold. The leaf
# is for DANE-TA, where the name counts.
_MAKE_KEYS = '''
mkdir -p /etc/keys && cd /etc/keys && exec 2>openssl.log
for bits in 512 1024 2048; do
    openssl genrsa -out rsa$bits.pem $bits || exit
done
openssl genrsa -out other.pem 2048 &&
openssl genpkey -algorithm ed25519 -out ed25519.pem &&
openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.pem \
    -days 30 -subj /CN=mail.test &&
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem \
    -days 30 -subj /CN=CA &&
openssl req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr \
    -subj /CN=leaf &&
echo subjectAltName=DNS:mail.dane-anchor.secure.test >leaf.ext &&
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
    -days 30 -extfile leaf.ext -out leaf.pem &&
cat leaf.pem ca.pem >chain.pem
'''

_KEYS = ('rsa512', 'rsa1024', 'rsa2048', 'other', 'ed25519')
_CERTIFICATES = ('server', 'ca', 'leaf')

# Where a string of TXT is cut: a key of 2048 bits does not fit into one.
_CUT = 200

# The rest of an Ed25519 key's SubjectPublicKeyInfo, RFC 8410 section 4.
_ED25519_HEAD = 12

# Resolvers that misbehave (lab/liar.py), and one that is not there.
_LIARS = {kind: f'198.51.100.{number}' for number, kind in enumerate((
    'honest', 'refused', 'servfail', 'slow', 'stuck', 'short', 'cut', 'old',
    'rubbish', 'wrong_id', 'wrong_question', 'wrong_port', 'rewrites',
    'first_lost', 'empty'), 201)}
_NOBODY = {'closed': '198.51.100.221', 'silent': '198.51.100.222'}

# The blocklists of the world, by what is the matter with them.
_TEST_ENTRIES = {'2.0.0.127': ['A 127.0.0.2', 'TXT "listed for tests"'],
                 # ::FFFF:7F00:2, for those that list IPv6 (RFC 5782)
                 '2.0.0.0.0.0.f.7.f.f.f.f' + '.0' * 20: ['A 127.0.0.2']}
_LISTS = {
    'good.bl.test': _TEST_ENTRIES,
    'zen.spamhaus.org': _TEST_ENTRIES,
    'bl.spamcop.net': {'2.0.0.127': ['A 127.0.0.2']},
    # none has a test entry
    'dead.bl.test': {},
    'refuses.bl.test': {'*': ['A 127.255.255.254']},
    'all.bl.test': {'*': ['A 127.0.0.2']},
    # parked: the answer of a web server for sale
    'parked.bl.test': {'*': ['A 203.0.113.252']},
    'one.bl.test': {'*': ['A 127.0.0.1']},
    # its name servers fail
    'lame.bl.test': None,
    'domains.bl.test': {'test': ['A 127.0.1.2']},
    'dbl.spamhaus.org': {'test': ['A 127.0.1.2'],
                         'dbltest.com': ['A 127.0.1.2']},
    'dnsbl-1.uceprotect.net': {'2.0.0.127': ['A 127.0.0.2']},
}

# Where every name is, and listed: the host's search domain. Who adds it to a
# name believes that everything is listed (mailinabox).
_SEARCH = 'search.test'
_EVERYTHING = {'*': ['A 127.0.0.2', 'MX 10 mx', 'TXT "v=spf1 -all"']}


class _Zones(LabCase):
    """The cases of some files; what they have in common."""

    areas = ()
    timeout_s = 60

    @classmethod
    def setUpClass(cls):
        cls.world = cls.enterClassContext(
            World(signed=['.', _SIGNED], expired=[_EXPIRED]))
        cls.mx = cls.enterClassContext(Host(
            world=cls.world, deb=package(), judges_dns=True))
        cls.mx.boot()
        cls.mx.sh(f'printf "search {_SEARCH}\\noptions trust-ad\\n" '
                  '>>/etc/resolv.conf')
        cls.mx.sh(_MAKE_KEYS)
        cls.main_cf = cls.mx.read('/etc/postfix/main.cf')
        cls.master_cf = cls.mx.read('/etc/postfix/master.cf')
        values = {**_keys(cls.mx), **_certificates(cls.mx), **_LIARS,
                  **_NOBODY}
        cls.settings = {case.name: case.settle(values)
                        for area in cls.areas for case in _cases[area]}
        served = zones.merge(cls.settings.values())
        _serve_lists(served)
        served[f'{_SEARCH}.'] = _EVERYTHING
        _serve_top(served)
        cls.world.zones(served)
        cls.world.resolver('shadow', zones.SHADOW, [
            line for each in cls.settings.values() for line in each.shadow])

    def check(self, name):
        """Run mailfix for a case and compare what it says."""
        setting = self.settings[name]
        self.mx.write('/etc/postfix/main.cf', self.main_cf + ''.join(
            f'{key} = {value}\n' for key, value in setting.postfix.items()))
        self.mx.write('/etc/postfix/master.cf', self.master_cf)
        for name, line in setting.services.items():
            self.mx.sh(['postconf', '-M', f'{name}={line}'])
        self.mx.write('/root/mailfix.conf', setting.config())
        # Postfix waits while they are new.
        self.mx.sh("touch -d '1 minute ago' /etc/postfix/ma*.cf")
        report = Report(self.mx.run([
            '/usr/sbin/mailfix', '--dry-run', '--format', 'json',
            '--config', '/root/mailfix.conf',
            *(['--resolver', setting.ask] if setting.ask else []),
            *_PLAYBOOKS]))
        self.assertIsNotNone(report.document, report.stderr)
        self.assertEqual(_told(report), _wanted(setting),
                         f'{setting.case.where}: ' + ' '.join(
                             setting.case.why))
        self.check_unknown(setting, report.unknown())
        texts = '\n'.join(f'{each["title"]}\n{each.get("advice")}'
                          for each in report.document['findings'])
        for text in setting.says:
            self.assertIn(text, texts)
        is_problem = any(each['severity'] != 'info'
                         for each in report.document['findings'])
        self.assertEqual(report.rc,
                         1 if is_problem else 2 if setting.unknown else 0)

    def check_unknown(self, setting, unknown):
        """Assert that what is unknown is what should be."""
        for fact, reason in unknown.items():
            self.assertTrue(any(fact.startswith(each)
                                for each in setting.unknown),
                            f'{setting.case.where}: {fact} is not known: '
                            f'{reason}')
        for each in setting.unknown:
            self.assertTrue(any(fact.startswith(each) for fact in unknown),
                            f'{setting.case.where}: {each} is not said to be '
                            f'unknown, but {unknown}')


def _told(report):
    """Return the findings as lines, sorted."""
    return sorted(f'{each["playbook"]} {each.get("item") or ""}'.strip() +
                  ('' if each['state'] == 'found' else f' ({each["state"]})')
                  for each in report.document['findings'])


def _wanted(setting):
    return sorted(' '.join(each).strip() for each in setting.expected)


def _keys(host):
    """Return the values that stand for keys of the host's signer."""
    values = {}
    for name in _KEYS:
        file = f'/etc/keys/{name}.pem'
        spki = host.run(['openssl', 'pkey', '-in', file, '-pubout',
                         '-outform', 'DER']).check().raw
        public = spki[_ED25519_HEAD:] if name == 'ed25519' else spki
        text = base64.b64encode(public).decode()
        values |= {name: text, f'{name}_file': file,
                   f'{name}_1': text[:_CUT], f'{name}_2': text[_CUT:]}
    return values


def _certificates(host):
    """Return the values that stand for certificates of its server."""
    values = {}
    for name in _CERTIFICATES:
        file = f'/etc/keys/{name}.pem'
        whole = host.run(['openssl', 'x509', '-in', file,
                          '-outform', 'DER']).check().raw
        spki = host.run(f'openssl x509 -in {file} -noout -pubkey | '
                        'openssl pkey -pubin -outform DER').check().raw
        values |= {f'{name}_sha256': hashlib.sha256(whole).hexdigest(),
                   f'{name}_spki_sha256': hashlib.sha256(spki).hexdigest(),
                   f'{name}_spki_sha512': hashlib.sha512(spki).hexdigest()}
    return values


def _serve_lists(served):
    """Add the blocklists to what is served: {zone: {owner: records}}."""
    for name, entries in _LISTS.items():
        if entries is None:
            served[f'{name}.'] = None
        else:
            served[f'{name}.'] |= {f'{owner}.{name}.': records
                                   for owner, records in entries.items()}


def _serve_top(served):
    """Add a root that delegates what is not signed, and those zones."""
    tops = {f'{name.rstrip(".").rpartition(".")[2]}.' for name in served}
    for top in tops:
        served.setdefault(top, {})
    served['test.']['ns.world.test.'] = ['A 198.51.100.254']
    served['.'] = {'ns.world.test.': ['A 198.51.100.254'],
                   **{top: ['NS ns.world.test.'] for top in tops}}


def _with_cases(cls):
    """Give a class a test for each case of its areas."""
    for area in cls.areas:
        for case in _cases[area]:
            name = f'test_{case.name.replace("-", "_")}'
            setattr(cls, name, lambda self, case=case: self.check(case.name))
    return cls


_cases = zones.read_all()


@_with_cases
class ZonesOfHosts(_Zones):
    """MX, addresses, names."""

    areas = ('mx', 'ptr', 'helo')


@_with_cases
class ZonesOfPolicies(_Zones):
    """SPF, DMARC, MTA-STS, TLS-RPT."""

    areas = ('spf', 'dmarc', 'tls')


@_with_cases
class ZonesOfKeys(_Zones):
    """DKIM, DANE, blocklists."""

    areas = ('dkim', 'dane', 'dnsbl')


@_with_cases
class ZonesAndResolvers(_Zones):
    """Healthy zones, and resolvers that misbehave."""

    areas = ('resolver',)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for kind, address in _LIARS.items():
            cls.world.liar(kind, address)
        cls.world.silence(_NOBODY['silent'])
