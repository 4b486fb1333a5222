"""Our own 421s, and causes that no throttle cures, on real hosts."""

import sys

from lab import queue, sick, wait
from lab.case import LabCase, package
from lab.disk import Disk
from lab.host import Host
from lab.policy import MAIL, Policy

_CONFIG = ('/etc/postfix/main.cf', '/etc/postfix/master.cf')

# A client of the world: so many sessions from an address, each of which says
# something and then stays open for a while; tells what each was answered.
_CLIENT = r"""
import socket, sys, time
source, target, sessions, stay, messages = sys.argv[1:]
def talk(line, *more):
    for each in (line, *more):
        call.sendall(each.encode() + b'\r\n')
        answer = call.recv(4096).decode()
        if answer[0] in '45':
            break
    return answer
calls = []
for n in range(int(sessions)):
    call = socket.create_connection((target, 25), 20, (source, 0))
    answer = call.recv(4096).decode()
    for m in range(int(messages)):
        answer = talk('EHLO client.test', 'MAIL FROM:<a@peer.test>',
                      'RCPT TO:<root@example.com>', 'DATA',
                      'Subject: hi\r\n\r\nhi\r\n.')
    print(answer.split()[0], flush=True)
    calls.append(call)
time.sleep(float(stay))
"""

# Processes come and go with their clients, and not a minute later.
_BRISK = {'smtpd_timeout': '300s', 'max_idle': '5s'}


class IncomingCase(LabCase):
    """A host in a world, and clients that come to it."""

    timeout_s = 240

    def setUp(self):
        self.net = self.world()

    def booted(self, **main_cf):
        """Boot a host whose name server is the world's."""
        host = self.host(world=self.net, main_cf={
            **_BRISK, 'mynetworks': '127.0.0.0/8', **main_cf})
        sick.ignore_machine(host)
        # the client's name is looked up inside of the chroot
        host.sh('cp /etc/resolv.conf /var/spool/postfix/etc/resolv.conf')
        return host

    def named(self, address, name):
        """Give a client of the world a name that leads back to it."""
        domain = name.partition('.')[2]
        self.net.zone(domain, {name + '.': [f'A {address}']})
        self.net.pointer(address, name)

    def come(self, host, address, sessions, *, stay_s=0, messages=0):
        """Open sessions one after the other; return the codes answered."""
        return self.net.run([sys.executable, '-c', _CLIENT, address,
                             host.address, sessions, stay_s, messages],
                            timeout_s=120).stdout.split()

    def stay(self, host, address, sessions):
        """Open sessions that stay open for the rest of the test."""
        self.net.slot.daemon(f'client-{address}', [
            'nsenter', f'--net=/run/netns/{self.net.slot.netns}',
            sys.executable, '-c', _CLIENT, address, host.address,
            str(sessions), '200', '0'])
        wait.until(lambda: self.open_from(host, address) >= sessions,
                   what=f'{sessions} sessions of {address}')

    def open_from(self, host, address):
        """Return how many connections an address holds."""
        return len(host.sh(['ss', '-Htn', 'state', 'established', 'dst',
                            address]).splitlines())

    def config(self, host):
        """Return the bytes of what an undo must bring back."""
        return {path: host.sh(['sha256sum', path]) for path in _CONFIG}

    def undone(self, host, before):
        """Undo the last run; the configuration is as it was, and in use."""
        host.sh(['mailfix', 'undo', '--last'])
        self.assertEqual(self.config(host), before)
        host.sh(['mailfix', 'audit', 'verify'])

    def found(self, report, playbook, item=None):
        """Return a finding; it is a root cause."""
        finding = report.finding(playbook, item)
        self.assertIsNotNone(finding, report.result)
        self.assertIsNone(finding['masked_by'], report.result)
        return finding

    def verified(self, report, playbook, fix, item=None):
        """Assert that this fix of it, and no other, was made and holds."""
        finding = self.found(report, playbook, item)
        made = {each['fix']: each['state'] for each in finding['fixes']
                if each['state'] not in ('skipped', 'planned')}
        self.assertEqual(made, {fix: 'verified'}, report.result)


class Clients(IncomingCase):
    """Who meets our limits, and who is out of them."""

    def test_good_relay_is_exempt(self):
        self.named('203.0.113.9', 'mx.peer.test')
        host = self.booted(smtpd_client_connection_count_limit='2')
        before = self.config(host)
        codes = self.come(host, '203.0.113.9', 1, messages=8)
        self.assertEqual(codes, ['250'])
        codes = self.come(host, '203.0.113.9', 16)
        self.assertGreaterEqual(codes.count('421'), 10, codes)
        # a stranger meets the same limit, and is not told
        self.come(host, '203.0.113.66', 16)
        report = host.mailfix('--yes', 'our-421-clients')
        self.verified(report, 'our-421-clients', 'exempt', '203.0.113.9')
        self.assertIsNone(report.finding('our-421-clients', '203.0.113.66'))
        self.assertEqual(
            host.sh('postconf -h smtpd_client_event_limit_exceptions'),
            '$mynetworks, 203.0.113.9\n')
        codes = self.come(host, '203.0.113.9', 6)
        self.assertEqual(codes, ['220'] * 6)
        self.assertIn('421', self.come(host, '203.0.113.66', 6))
        self.undone(host, before)

    def test_removal_ends_an_exemption(self):
        # nobody would end it any more
        self.named('203.0.113.9', 'mx.peer.test')
        host = self.booted(smtpd_client_connection_count_limit='2')
        before = self.config(host)
        self.come(host, '203.0.113.9', 1, messages=8)
        self.come(host, '203.0.113.9', 16)
        report = host.mailfix('--yes', 'our-421-clients')
        self.verified(report, 'our-421-clients', 'exempt', '203.0.113.9')
        self.assertNotEqual(self.config(host), before)
        host.sh(['apt-get', '-o', 'Dpkg::Use-Pty=0', '--yes', 'remove',
                 'mailfix'], env={'DEBIAN_FRONTEND': 'noninteractive'},
                timeout_s=110)
        self.assertEqual(self.config(host), before)

    def test_few_strangers_hold_all(self):
        host = self.booted(default_process_limit='10')
        before = self.config(host)
        self.come(host, '203.0.113.5', 1)
        self.stay(host, '203.0.113.66', 10)
        self.net.dial(host.address, at_once=3, timeout_s=2)
        report = host.mailfix('--yes', 'our-421-processes')
        self.verified(report, 'our-421-processes', 'limit')
        self.assertEqual(
            host.sh('postconf -h smtpd_client_connection_count_limit'), '5\n')
        self.undone(host, before)


class Processes(IncomingCase):
    """All server processes are taken by many clients."""

    def test_more_processes(self):
        host = self.booted(default_process_limit='10')
        before = self.config(host)
        for last in range(1, 5):
            self.come(host, f'203.0.113.{last}', 1, messages=1)
        for last in range(10, 21):
            address = f'203.0.113.{last}'
            if last < 20:
                self.stay(host, address, 1)
        met, = self.net.dial(host.address, timeout_s=3)
        self.assertFalse(met.banner)
        plan = host.mailfix('--dry-run', 'our-421-processes')
        self.found(plan, 'our-421-processes')
        self.assertEqual(self.config(host), before)
        report = host.mailfix('--yes', 'our-421-processes')
        self.verified(report, 'our-421-processes', 'more')
        self.assertRegex(host.sh('postconf -M smtp/inet'), r'\s15\s+smtpd')
        met, = self.net.dial(host.address, timeout_s=5)
        self.assertTrue(met.banner.startswith('220'), met)
        self.undone(host, before)


class Causes(IncomingCase):
    """The cause is told, not the symptom, and nothing is changed."""

    def test_milter_is_away(self):
        host = self.booted(smtpd_milters='inet:127.0.0.1:8891')
        for _ in range(4):
            self.assertEqual(
                self.come(host, '203.0.113.9', 1, messages=1), ['451'])
        report = host.mailfix('--yes', 'our-421-milter', 'our-421-clients')
        finding = self.found(report, 'our-421-milter')
        self.assertIn('inet:127.0.0.1:8891', finding['title'])
        self.assertEqual(finding['fixes'], [])
        self.assertIn('systemctl restart NAME', finding['advice'])

    def test_harmful_settings(self):
        host = self.booted(soft_bounce='yes',
                           smtp_destination_rate_delay='1s')
        host.sh('printf "slow unix - - y - - smtp\\n  -o '
                'smtp_destination_concurrency_limit=2\\n" '
                '>> /etc/postfix/master.cf')
        before = self.config(host)
        report = host.mailfix('--yes', 'harmful-throttle-settings')
        self.assertEqual(report.rc, 0, report.result)
        items = {finding['item']: finding['evidence'] for finding in
                 report.document['findings']}
        self.assertEqual(set(items), {
            'soft_bounce', 'smtp_destination_rate_delay',
            'slow/unix:smtp_destination_concurrency_limit'})
        self.assertEqual(self.config(host), before)

    def test_stock_configuration_has_none(self):
        host = self.booted()
        report = host.mailfix('--dry-run', 'harmful-throttle-settings')
        self.assertEqual((report.rc, report.document['findings']), (0, []))


class Storage(LabCase):
    """Space that was gone, and is gone."""

    def test_disk_is_the_cause(self):
        host = self.prepared_host(deb=package())
        disk = Disk(host, '/var/spool/postfix', size_mib=32)
        host.boot()
        sick.ignore_machine(host)
        disk.fill()
        host.run('smtp-source -m 3 -s 1 -t root@example.com 127.0.0.1:25')
        report = host.mailfix('--dry-run', 'our-421-storage')
        self.assertEqual(report.finding('our-421-storage')['masked_by'],
                         'disk-full', report.result)
        disk.free()
        report = host.mailfix('--dry-run', 'our-421-storage')
        finding = report.finding('our-421-storage')
        self.assertEqual((finding['state'], finding['masked_by']),
                         ('found', None))


class Outgoing(IncomingCase):
    """What no throttle cures: each with the side that must act."""

    def send(self, host, *domains, count=6):
        """Send mail to each and wait until it was tried."""
        for domain in domains:
            queue.submit(host, f'someone@{domain}', count=count)
        wait.until(lambda: host.sh(
            "journalctl -q -o cat -u 'postfix*' | grep -c status= || true"
            ).strip() >= '1' and not queue.ids(host, state='active'),
            what='a first try of all')

    def refusing(self, reply, playbook, *words, **main_cf):
        """A provider refuses with this; the playbook finds it."""
        self.net.provider('good.test')
        self.net.provider('big.test', Policy(reject={MAIL: reply}))
        host = self.booted(**main_cf)
        before = self.config(host)
        self.send(host, 'big.test', 'good.test')
        report = host.mailfix('--yes', playbook)
        finding = self.found(report, playbook, 'big.test')
        self.assertIsNone(report.finding(playbook, 'good.test'))
        self.assertEqual(finding['fixes'], [])
        for word in words:
            self.assertIn(word, finding['advice'])
        self.assertEqual(self.config(host), before)
        return finding

    def test_missing_pointer(self):
        self.refusing(
            '421 4.7.1 Client host rejected: cannot find your reverse '
            'hostname, [192.0.2.10]', 'deferred-by-auth', 'sender',
            'reverse name')

    def test_spf(self):
        self.refusing(
            '421 4.7.26 This mail has been rate limited because it is '
            'unauthenticated. SPF did not pass', 'deferred-by-auth', 'sender')

    def test_reputation(self):
        self.refusing(
            '421 4.7.0 Our system has detected that this message is '
            'suspicious due to the very low reputation of the sending IP '
            'address', 'deferred-by-reputation', 'sender')

    def silent(self, listen):
        """Three domains none of which answers; return the report."""
        for name in ('one.test', 'two.test', 'three.test'):
            self.net.provider(name, Policy(listen=listen))
        host = self.booted(smtp_connect_timeout='2s')
        self.send(host, 'one.test', 'two.test', 'three.test', count=2)
        return host.mailfix('--dry-run', 'timeouts-outbound',
                            'connections-refused-outbound', 'remote-down')

    def test_all_time_out(self):
        report = self.silent('silent')
        self.found(report, 'timeouts-outbound')
        self.assertIsNone(report.finding('connections-refused-outbound'))

    def test_all_refuse(self):
        report = self.silent('refuse')
        self.found(report, 'connections-refused-outbound')
        self.assertIsNone(report.finding('timeouts-outbound'))

    def test_one_is_down(self):
        self.net.provider('good.test')
        self.net.provider('fine.test')
        self.net.provider('dead.test', Policy(listen='refuse'))
        host = self.booted()
        queue.fill(host, 20, domains=['dead.test'], ages_s=(1800, 3600),
                   next_try_s=0)
        self.send(host, 'good.test', 'fine.test', 'dead.test')
        host.sh('postqueue -f; sleep 3; postqueue -f; sleep 3')
        report = host.mailfix('--dry-run', 'remote-down')
        self.found(report, 'remote-down', 'dead.test')
        self.assertIsNone(report.finding('remote-down', 'good.test'))
        self.assertEqual(report.rc, 0, report.result)
