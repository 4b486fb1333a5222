"""Mail servers as people have them, of which mailfix was told nothing.

What it sends from, as whom and with which keys, it finds out for itself. The
DNS is in order until a test takes something away; what mailfix advises is put
into the zone as it stands, and then the finding must be gone.
"""

import base64
import collections
import configparser
import ipaddress
import re
from pathlib import Path

from lab import queue, sick, wait
from lab.case import LabCase, package
from lab.host import ADDRESSES, Host
from lab.world import World

_NAME, _DOMAIN = 'mx1.example.com', 'example.com'
# Has its mailboxes here, in virtual_mailbox_domains.
_SHOP = 'shop.test'
_V4, _V6 = ADDRESSES

_AREAS = ('mx-', 'spf-', 'ptr-', 'helo-', 'dkim-', 'dmarc-', 'mtasts-',
          'tlsrpt-', 'dane-', 'dnsbl-', 'certificate-')
_TABLES = ('domain', 'mx_host', 'address', 'helo', 'spf', 'spf_record',
           'mtasts', 'tlsrpt', 'dkim', 'dmarc', 'tlsa', 'blocklist', 'dnsbl',
           'signing_key', 'certificate')
_TABLE = re.compile(rf'(?:{"|".join(_TABLES)})(?:[.\[ ]|$)')

# Here a message can be delivered, over both families.
_PEER, _PEER_V4, _PEER_V6 = 'peer.test', '198.51.100.25', '2001:db8:25::25'

_POSTFIX = {
    'mydestination': f'{_NAME}, {_DOMAIN}, localhost.{_DOMAIN}, localhost',
    'virtual_mailbox_domains': _SHOP,
    'virtual_mailbox_maps': f'inline:{{info@{_SHOP}=x}}',
    'virtual_mailbox_base': '/var/mail/vhosts',
    'smtpd_sasl_type': 'dovecot', 'smtpd_sasl_path': 'private/auth',
    'smtpd_recipient_restrictions': 'permit_mynetworks, '
    'permit_sasl_authenticated, reject_unauth_destination',
    'smtpd_milters': 'inet:127.0.0.1:8891',
    'non_smtpd_milters': '$smtpd_milters',
    'milter_default_action': 'accept'}

# As the comments of master.cf have it.
_SUBMISSION = '''
postconf -M 'submission/inet=submission inet n - y - - smtpd'
postconf -P submission/inet/syslog_name=postfix/submission \
    submission/inet/smtpd_sasl_auth_enable=yes \
    submission/inet/smtpd_client_restrictions=permit_sasl_authenticated,reject
'''

# Its manual page's way, and Debian's folder.
_OPENDKIM = {
    '/etc/opendkim.conf': '''\
Syslog                  yes
SyslogSuccess           yes
UMask                   007
Canonicalization        relaxed/simple
Mode                    sv
SubDomains              no
OversignHeaders         From
UserID                  opendkim
Socket                  inet:8891@localhost
PidFile                 /run/opendkim/opendkim.pid
KeyTable                refile:/etc/opendkim/key.table
SigningTable            refile:/etc/opendkim/signing.table
InternalHosts           /etc/opendkim/trusted.hosts
''',
    '/etc/opendkim/trusted.hosts': '127.0.0.1\n::1\nlocalhost\n',
    '/etc/opendkim/key.table': ''.join(
        f'mail._domainkey.{domain} {domain}:mail:'
        f'/etc/opendkim/keys/{domain}/mail.private\n'
        for domain in (_DOMAIN, _SHOP)),
    '/etc/opendkim/signing.table': ''.join(
        f'*@{domain} mail._domainkey.{domain}\n'
        for domain in (_DOMAIN, _SHOP))}

# mail.txt beside each is what people are told to publish.
_MAKE_KEYS = f'''
cd /etc/opendkim
for domain in {_DOMAIN} {_SHOP}; do
    mkdir -p keys/$domain &&
    opendkim-genkey -b 2048 -D keys/$domain -d $domain -s mail || exit
done
chown -R opendkim:opendkim keys && chmod 700 keys
systemctl enable --quiet opendkim && systemctl start opendkim
'''

# One key for one domain, and a socket in Postfix's chroot.
_OPENDKIM_ONE = f'''\
Syslog                  yes
UMask                   007
Domain                  {_DOMAIN}
Selector                mail
KeyFile                 /etc/dkimkeys/mail.private
UserID                  opendkim
Socket                  local:/var/spool/postfix/opendkim/opendkim.sock
PidFile                 /run/opendkim/opendkim.pid
'''
_USE_ONE = f'''
mkdir -p /etc/dkimkeys /var/spool/postfix/opendkim &&
chown opendkim:postfix /var/spool/postfix/opendkim &&
cp -p /etc/opendkim/keys/{_DOMAIN}/mail.private /etc/dkimkeys/ &&
systemctl restart opendkim &&
postconf -e smtpd_milters=local:opendkim/opendkim.sock
'''

# As its package and its documentation have it, but what runs is no rspamd.
_RSPAMD = {
    '/etc/rspamd/rspamd.conf': '.include "$CONFDIR/common.conf"\n',
    '/etc/rspamd/modules.d/dkim_signing.conf': '''\
dkim_signing {
  allow_hdrfrom_mismatch = false;
  try_fallback = true;
  path = "${DBDIR}/dkim/$domain.$selector.key";
  selector = "dkim";
  use_domain = "header";
  use_redis = false;
  .include(try=true,priority=5) "${DBDIR}/dynamic/dkim_signing.conf"
  .include(try=true,priority=1,duplicate=merge) "$LOCAL_CONFDIR/local.d/\
dkim_signing.conf"
}
''',
    '/etc/rspamd/local.d/dkim_signing.conf': f'''\
path = "/var/lib/rspamd/dkim/$selector.key";
selector = "mail";
domain {{
  {_DOMAIN} {{
    selector = "mail";
    path = "/var/lib/rspamd/dkim/{_DOMAIN}.key";
  }}
}}
''',
    '/etc/systemd/system/rspamd.service':
        '[Service]\nExecStart=/bin/sleep 1h\n'}
_USE_RSPAMD = f'''
mkdir -p /var/lib/rspamd/dkim &&
cp /etc/opendkim/keys/{_DOMAIN}/mail.private \
    /var/lib/rspamd/dkim/{_DOMAIN}.key &&
systemctl daemon-reload && systemctl stop opendkim &&
systemctl start rspamd &&
postconf -e smtpd_milters=inet:localhost:11332
'''
_USE_TABLES = '''
systemctl stop rspamd
rm -rf /etc/rspamd /etc/systemd/system/rspamd.service
systemctl restart opendkim
'''

# RFC 5782: 127.0.0.2 and ::ffff:7f00:2 are listed, and TEST.
_TEST_ENTRIES = {'2.0.0.127': ['A 127.0.0.2'],
                 '2.0.0.0.0.0.f.7.f.f.f.f' + '.0' * 20: ['A 127.0.0.2']}
_TEST_DOMAINS = {'test': ['A 127.0.1.2'], 'dbltest.com': ['A 127.0.1.2']}
_OWN_LISTS = {'good.bl.test': _TEST_ENTRIES, 'dead.bl.test': {},
              'refuses.bl.test': {'*': ['A 127.255.255.254']}}

_PASTED = re.compile(r'`([^`]+)`')
_RECORD = re.compile(r'(\S+)\s+(?:\d+\s+)?(?:IN\s+)?([A-Z]+)\s+(.+)')

_CATALOGUE = Path(__file__).parents[2] / 'playbooks' / 'blocklists.ini'

# Of a line of a private key: more than any other text has by chance.
_SECRET = 24

_Findings = collections.namedtuple('_Findings', 'names report')


class Senders(LabCase):
    """A small mail server, in order; each test spoils one thing."""

    timeout_s = 180

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lan = cls.enterClassContext(World())
        cls.servers = {address: cls.lan.server(address=address)
                       for address in (_PEER_V4, _PEER_V6)}
        cls.mx = cls.enterClassContext(Host(
            world=cls.lan, deb=package(), has_signer=True, judges_dns=True,
            main_cf=_POSTFIX))
        for path, text in _OPENDKIM.items():
            cls.mx.write(path, text)
        cls.mx.boot()
        sick.ignore_machine(cls.mx)
        cls.mx.sh(_MAKE_KEYS)
        cls.mx.sh(_SUBMISSION)
        cls.age()
        cls.zones = _zones(cls.mx)
        cls.reload()
        cls.mx.sh('postfix reload')

    @classmethod
    def age(cls):
        """Let what was changed be old: Postfix waits while it is new."""
        cls.mx.sh("touch -d '1 minute ago' /etc/postfix/ma*.cf")

    @classmethod
    def reload(cls):
        """Serve the zones as they are in order."""
        cls.served = {zone: dict(owners)
                      for zone, owners in cls.zones.items()}
        cls.lan.zones(cls.served)

    def setUp(self):
        super().setUp()
        self.main_cf = self.mx.read('/etc/postfix/main.cf')
        self.addCleanup(self.restore)

    def restore(self):
        """Bring back what every test finds."""
        self.mx.write('/etc/postfix/main.cf', self.main_cf)
        self.age()
        self.reload()

    def publish(self, owner, kind, *values):
        """Serve these records of a type at a name, and no others."""
        zone = next(zone for zone in (_DOMAIN, _SHOP, 'arpa')
                    if f'.{owner}'.endswith(f'.{zone}.'))
        at = self.served[zone]
        at[owner] = [each for each in at.get(owner, ())
                     if not each.startswith(f'{kind} ')]
        at[owner] += [f'{kind} {value}' for value in values]
        if zone == 'arpa':      # those are added to what is there
            self.served[zone] = {owner: at[owner]}
        self.lan.zones(self.served)

    def paste(self, finding):
        """Publish what the advice of a finding says, as it stands."""
        record = next(filter(None, map(
            _RECORD.fullmatch, _PASTED.findall(finding['advice']))))
        self.publish(*record.groups())

    def look(self, *options):
        """Run mailfix; return its Findings about the DNS."""
        report = self.mx.mailfix(*(options or ('--dry-run',)))
        self.assertIsNotNone(report.document, report.stderr)
        names, unknown = _told(report)
        self.assertEqual(unknown, {})
        return _Findings(names, report)

    def cured_by_paste(self, *expected):
        """Assert that these are the findings, and go by their advice."""
        found = self.look()
        self.assertEqual(found.names, sorted(expected))
        for each in expected:
            self.paste(found.report.finding(*each.split()))
        self.assertEqual(self.look().names, [])

    def test_in_order(self):
        self.assertEqual(self.look().names, [])

    def test_it_signs(self):
        """The keys are in use, as Postfix has the signer."""
        queue.submit(self.mx, f'x@{_PEER}', sender=f'info@{_SHOP}')
        wait.until(lambda: 'DKIM-Signature field added' in self.mx.sh(
            'journalctl --no-pager -q -u opendkim'), what='a signature')

    def test_no_key_in_the_dns(self):
        self.publish(f'mail._domainkey.{_DOMAIN}.', 'TXT')
        self.cured_by_paste(f'dkim-missing mail/{_DOMAIN}')

    def test_another_key_in_the_dns(self):
        other = self.served[_DOMAIN][f'mail._domainkey.{_DOMAIN}.'][0]
        self.publish(f'mail._domainkey.{_SHOP}.', 'TXT',
                     other.removeprefix('TXT '))
        self.cured_by_paste(f'dkim-mismatch mail/{_SHOP}')

    def signs_with_one(self, command):
        """Set the signer up otherwise; its key is looked for in the DNS."""
        self.addCleanup(self.sign_by_tables)
        self.mx.sh(command)
        self.age()
        keys = self.mx.mailfix('facts', 'signing_key').document
        self.assertEqual([row['key'] for row in keys['facts'][0]['rows']],
                         [f'mail/{_DOMAIN}'])
        self.assertEqual(self.look().names, [])
        self.publish(f'mail._domainkey.{_DOMAIN}.', 'TXT')
        self.cured_by_paste(f'dkim-missing mail/{_DOMAIN}')

    def sign_by_tables(self):
        """Bring OpenDKIM back as every test finds it."""
        for path, text in _OPENDKIM.items():
            self.mx.write(path, text)
        self.mx.sh(_USE_TABLES)

    def test_signs_with_one_key(self):
        self.mx.write('/etc/opendkim.conf', _OPENDKIM_ONE)
        self.signs_with_one(_USE_ONE)

    def test_signs_with_rspamd(self):
        for path, text in _RSPAMD.items():
            self.mx.write(path, text)
        self.signs_with_one(_USE_RSPAMD)

    def test_sends_over_ipv4_alone(self):
        """Then nobody sees its IPv6 address."""
        self.mx.postconf(inet_protocols='ipv4')
        self.age()
        pointer = f'{ipaddress.ip_address(_V6).reverse_pointer}.'
        self.publish(pointer, 'PTR')
        self.publish(f'{_DOMAIN}.', 'TXT', f'"v=spf1 ip4:{_V4} -all"')
        self.assertEqual(self.look().names, [])

    def test_domains_in_a_database(self):
        """They cannot be listed; each that a key names is asked for."""
        self.mx.write('/etc/postfix/domains', '/^shop\\.test$/ OK\n')
        self.mx.postconf(virtual_mailbox_domains='regexp:/etc/postfix/domains')
        self.age()
        found = self.look()
        self.assertEqual(found.names, [])
        self.assertIn('regexp:/etc/postfix/domains',
                      ''.join(found.report.document['notes']))
        self.publish(f'{_SHOP}.', 'MX', f'10 gone.{_SHOP}.', f'20 {_NAME}.')
        self.assertEqual(self.look().names,
                         [f'mx-target-missing {_SHOP}/gone.{_SHOP}'])

    def test_spf_without_ipv6(self):
        self.publish(f'{_DOMAIN}.', 'TXT', f'"v=spf1 ip4:{_V4} -all"')
        self.cured_by_paste(f'spf-fail {_DOMAIN}/{_V6}')


    def test_no_name_over_ipv6(self):
        """IPv4 first is a remedy of the host's own, and can be undone."""
        for address, server in self.servers.items():
            literal = f'IPv6:{address}' if ':' in address else address
            queue.submit(self.mx, f'x@[{literal}]')
            server.await_messages(1)
        pointer = f'{ipaddress.ip_address(_V6).reverse_pointer}.'
        self.publish(pointer, 'PTR')
        finding = f'ptr-missing-ipv6 {_V6}'
        found = self.look('--yes', 'ptr-*')
        self.assertEqual(found.names, [finding])
        fix = found.report.finding(*finding.split())['fixes'][0]
        self.assertEqual((fix['action'], fix['state']),
                         ('prefer-ipv4', 'verified'))
        self.assertEqual(self.preference(), 'ipv4')
        self.assertEqual(self.look().names, [])
        self.mx.sh(['mailfix', 'undo', '--last'])
        self.assertEqual(self.preference(), 'any')
        self.assertEqual(self.mx.read('/etc/postfix/main.cf'), self.main_cf)
        self.age()
        self.cured_by_paste(finding)

    def preference(self):
        """Return which family Postfix tries first."""
        return self.mx.sh('postconf -h smtp_address_preference').strip()

    def ask_list(self, zone):
        """Let Postfix ask a blocklist about its clients, as people do."""
        self.mx.sh(['postconf', '-e', 'smtpd_recipient_restrictions = '
                    'permit_mynetworks, permit_sasl_authenticated, '
                    'reject_unauth_destination, reject_rbl_client '
                    f'good.bl.test, reject_rbl_client {zone}'])
        self.age()

    def cured_by_command(self, expected):
        """Assert that this is the finding; run the command of its advice."""
        found = self.look()
        self.assertEqual(found.names, [expected])
        command = next(
            each for each in _PASTED.findall(found.report.finding(
                *expected.split())['advice']) if each.startswith('postconf '))
        self.mx.sh(command)
        self.mx.sh('postfix check')
        self.age()
        self.assertEqual(self.look().names, [])
        return self.mx.sh('postconf -h smtpd_recipient_restrictions')

    def test_asks_a_dead_list(self):
        self.ask_list('dead.bl.test')
        left = self.cured_by_command('dnsbl-own-dead dead.bl.test')
        self.assertNotIn('dead', left)
        self.assertIn('reject_rbl_client good.bl.test', left)

    def test_asks_a_list_that_refuses(self):
        self.ask_list('refuses.bl.test')
        left = self.cured_by_command('dnsbl-own-refuses refuses.bl.test')
        self.assertIn('reject_rbl_client refuses.bl.test=127.0.0.', left)

    def test_no_key_gets_out(self):
        """Nothing of a private key is in what mailfix says or keeps."""
        self.publish(f'mail._domainkey.{_DOMAIN}.', 'TXT')
        shown = self.look('--yes', 'dkim-*').report.result.stdout + ''.join(
            self.mx.sh(['mailfix', 'facts', table, '--format', 'json'])
            for table in ('signing_key', 'dkim'))
        kept = self.mx.sh('grep -rah "" /var/lib/mailfix /var/log/mailfix '
                          '/run/mailfix; journalctl --no-pager -q -o export',
                          traced=False)
        secrets = [*_secrets(self.mx, _DOMAIN), *_secrets(self.mx, _SHOP)]
        self.assertGreater(len(secrets), 20)
        for text in (shown, kept):
            self.assertIn(f'mail/{_DOMAIN}', text)
            self.assertEqual([each for each in secrets if each in text], [])


class Others(LabCase):
    """Hosts that send no mail to the world by themselves."""

    timeout_s = 180

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lan = cls.enterClassContext(World())
        cls.lan.zones(_blocklists())
        cls.mx = cls.enterClassContext(Host(
            world=cls.lan, deb=package(), judges_dns=True))
        cls.mx.boot()
        sick.ignore_machine(cls.mx)
        cls.main_cf = cls.mx.read('/etc/postfix/main.cf')

    def configure(self, **main_cf):
        """Set Postfix up anew."""
        self.mx.write('/etc/postfix/main.cf', self.main_cf)
        self.mx.postconf(**main_cf)
        self.mx.sh("touch -d '1 minute ago' /etc/postfix/main.cf")

    def test_satellite(self):
        """Debian's "Satellite system": all mail goes by way of a relay."""
        self.relay_zones()
        self.configure(relayhost='[mx.big.test]',
                       inet_interfaces='loopback-only')
        # The relay's addresses are for the relay to look after.
        self.assertEqual(_told(self.mx.mailfix('--dry-run')), ([], {}))

    def relay_zones(self):
        """Publish a domain whose mail leaves from a relay of others."""
        self.lan.zone(_DOMAIN, {'@': ['MX 10 mx.big.test.', 'TXT "v=spf1 '
                                      'include:big.test -all"'],
                                '_dmarc': ['TXT "v=DMARC1; p=reject"']})
        self.lan.zone('big.test', {'@': ['TXT "v=spf1 mx -all"', 'MX 10 mx'],
                                   'mx': ['A 198.51.100.7']})

    def test_tunnel(self):
        """All mail goes to a program here, which sends it on elsewhere."""
        self.relay_zones()
        self.configure(relayhost='[127.0.0.1]:2525')
        self.assertEqual(_told(self.mx.mailfix('--dry-run')), ([], {}))

    def test_relay_by_transport_maps(self):
        """No relayhost; a table has all mail go by way of a relay."""
        self.relay_zones()
        for table in ('inline:{*=smtp:[mx.big.test]}',
                      'regexp:/etc/postfix/way'):
            self.mx.write('/etc/postfix/way', '/./ smtp:[mx.big.test]:587\n')
            self.configure(transport_maps=table)
            self.assertEqual(_told(self.mx.mailfix('--dry-run')), ([], {}))

    def test_table_that_cannot_be_asked(self):
        """Nothing is found where it is not known how mail leaves."""
        self.relay_zones()
        self.configure(transport_maps='hash:/etc/postfix/gone')
        names, unknown = _told(self.mx.mailfix('--dry-run'))
        self.assertEqual(names, [])
        self.assertIn('/etc/postfix/gone', ''.join(unknown.values()))

    def test_relay_by_sender(self):
        """One domain leaves by way of a relay, the others from here."""
        self.relay_zones()
        ours = {f'spf-fail {_DOMAIN}/{address}' for address in (_V4, _V6)}
        self.configure(relayhost='')
        self.assertLessEqual(ours, set(_told(self.mx.mailfix('--dry-run'))[0]))
        self.configure(sender_dependent_relayhost_maps=
                       f'inline:{{@{_DOMAIN}=[mx.big.test]:587}}')
        self.assertEqual(
            [each for each in _told(self.mx.mailfix('--dry-run'))[0]
             if each.split()[-1].split('/')[0] == _DOMAIN], [])

    def test_local_only(self):
        """Debian's "Local only"; it has no domain in the DNS."""
        self.mx.write('/etc/mailname', 'box\n')
        self.addCleanup(self.mx.write, '/etc/mailname', f'{_DOMAIN}\n')
        self.configure(myhostname='box', inet_interfaces='loopback-only',
                       mydestination='$myhostname, box, localhost.localdomain,'
                       ' localhost', default_transport='error',
                       relay_transport='error')
        self.assertEqual(_told(self.mx.mailfix('--dry-run')), ([], {}))


def _told(report):
    """Return the findings about the DNS, and what of it is unknown."""
    names = sorted(f'{each["playbook"]} {each.get("item") or ""}'.strip()
                   for each in report.document['findings']
                   if each['playbook'].startswith(_AREAS))
    unknown = {fact: reason for fact, reason in report.unknown().items()
               if _TABLE.match(fact)}
    return names, unknown


def _zones(host):
    """Return all zones as they are in order, every owner absolute."""
    zones = {**_blocklists(), 'arpa': {
        f'{ipaddress.ip_address(address).reverse_pointer}.': [f'PTR {_NAME}.']
        for address in (_V4, _V6)}}
    for domain in (_DOMAIN, _SHOP):
        zones[domain] = {
            f'{domain}.': [f'MX 10 {_NAME}.',
                           f'TXT "v=spf1 ip4:{_V4} ip6:{_V6} -all"'],
            f'_dmarc.{domain}.': ['TXT "v=DMARC1; p=none"'],
            f'mail._domainkey.{domain}.': [_published(host, domain)]}
    zones[_DOMAIN][f'{_NAME}.'] = [f'A {_V4}', f'AAAA {_V6}']
    zones[_PEER] = {'@': ['MX 10 mx'],
                    'mx': [f'A {_PEER_V4}', f'AAAA {_PEER_V6}']}
    return zones


def _published(host, domain):
    """Return the record that opendkim-genkey made, on one line."""
    text = host.read(f'/etc/opendkim/keys/{domain}/mail.txt')
    return 'TXT ' + ' '.join(re.findall(r'"[^"]*"', text))


def _blocklists():
    """Return the zones of those that mailfix asks by itself, and of ours."""
    zones = {zone: dict(entries) for zone, entries in _OWN_LISTS.items()}
    catalogue = configparser.ConfigParser(interpolation=None, strict=False)
    catalogue.read(_CATALOGUE)
    for zone in catalogue.sections():
        if catalogue[zone].get('default') == 'yes':
            is_of_domains = 'domain' in catalogue[zone]['lists']
            zones[zone] = dict(_TEST_DOMAINS if is_of_domains
                               else _TEST_ENTRIES)
    return zones


def _secrets(host, domain):
    """Return texts by which a private key would be known.

    They are of the lines of its file, but the first half: what is public, the
    modulus, is in there. And its numbers, written in other ways.
    """
    file = f'/etc/opendkim/keys/{domain}/mail.private'
    lines = host.sh(['grep', '-v', '-e', '-----', file],
                    traced=False).splitlines()
    secrets = [line for line in lines[len(lines) // 2:]
               if len(line) >= _SECRET]
    numbers = host.sh(['openssl', 'pkey', '-in', file, '-noout', '-text'],
                      traced=False).partition('privateExponent:')[2]
    for text in re.findall(r'(?:[0-9a-f]{2}:?\s*){64,}', numbers):
        octets = bytes.fromhex(re.sub(r'[:\s]', '', text)).lstrip(b'\0')
        secrets += [octets.hex(), base64.b64encode(octets).decode()]
    return [each[:_SECRET] for each in secrets]
