"""The mail service: dead, stopped, masked, misconfigured, without space."""

import re

from lab import wait
from lab.case import LabCase
from lab.disk import Disk

MASTER = '/var/spool/postfix/pid/master.pid'
UNIT = 'postfix@-.service'

# A package manager, as others see it.
_LOCK = r"""
use Fcntl;
$| = 1;
open(my $file, '+>>', '/var/lib/dpkg/lock-frontend') or die $!;
my $lock = pack('ssx4qqix4', F_WRLCK, 0, 0, 0, 0);
fcntl($file, F_SETLK, $lock) or die $!;
print "held\n";
sleep 1000;
"""


def problems(report):
    """Return the playbooks that found something that has lasted.

    A host shares its processors with the machine, which may well be busy.
    """
    return [finding['playbook'] for finding in report.document['findings']
            if finding['state'] != 'suppressed']


class ServiceCase(LabCase):
    """A host with Postfix, and what a test asks of it."""

    def setUp(self):
        self.mx = self.host()

    def master(self):
        """Return the pid of the running master, or None."""
        pid = self.mx.read(MASTER).strip()
        alive = self.mx.run(['cat', f'/proc/{pid}/comm']).stdout.strip()
        return pid if alive == 'master' else None

    def kill_master(self):
        """Kill master as the kernel does when memory is short."""
        self.mx.sh(['kill', '-KILL', self.master()])
        wait.until(lambda: not self.master(), what='the end of master')

    def fixed(self, report, playbook):
        """Assert that the one problem was found, fixed and verified."""
        finding = report.finding(playbook)
        self.assertEqual(report.rc, 0, report.result)
        self.assertEqual(report.document['status'], 'fixed')
        self.assertEqual(finding['state'], 'fixed')
        fix, = [fix for fix in finding['fixes'] if fix['state'] != 'skipped']
        self.assertEqual(fix['state'], 'verified')
        return fix

    def banner(self):
        """Return the greeting of the host's SMTP server."""
        return self.mx.run('exec 3<>/dev/tcp/127.0.0.1/25 && '
                           'head -n 1 <&3').stdout

    def starts(self):
        """Return how often systemd has begun to start Postfix."""
        journal = self.mx.sh(['journalctl', '--no-pager', '-q', '-o', 'cat',
                              '-u', UNIT])
        return len(re.findall(r'^Starting ', journal, re.M))


class Restarted(ServiceCase):
    """What died is started again, once it is known why it may be."""

    def test_healthy_host_has_no_problem(self):
        report = self.mx.mailfix('--dry-run')
        self.assertEqual((report.rc, report.document['status'],
                          problems(report), report.unknown()),
                         (0, 'healthy', [], {}))

    def test_killed(self):
        self.kill_master()
        plan = self.mx.mailfix('--dry-run')
        finding = plan.finding('service-down')
        self.assertEqual((plan.rc, finding['state'],
                          finding['fixes'][0]['state']),
                         (1, 'found', 'planned'))
        self.assertIsNone(self.master())
        self.fixed(self.mx.mailfix('--yes'), 'service-down')
        self.assertTrue(self.banner().startswith('220 '))
        after = self.mx.mailfix('--yes')
        self.assertEqual((after.rc, problems(after)), (0, []))

    def test_stopped(self):
        self.mx.sh(['systemctl', 'stop', 'postfix'])
        fix = self.fixed(self.mx.mailfix('--yes'), 'service-down')
        self.assertEqual(fix['action'], 'start-unit')
        self.assertTrue(self.banner().startswith('220 '))

    def test_undo_stops_what_was_started(self):
        self.mx.sh(['systemctl', 'stop', 'postfix'])
        self.fixed(self.mx.mailfix('--yes'), 'service-down')
        self.mx.sh(['mailfix', 'undo', '--last'])
        self.assertIsNone(self.master())
        self.mx.sh(['mailfix', 'audit', 'verify'])

    def test_symptom_goes_with_its_cause(self):
        self.mx.write('/etc/mailfix/playbooks/silence.ini', """
[playbook]
title = Nothing listens
when = not any(port.wanted and port.listening)
masked-by = service-down
""", mode='644')
        self.mx.sh(['systemctl', 'stop', 'postfix', 'postfix@-'])
        before = self.mx.mailfix('--dry-run')
        self.assertEqual(before.finding('silence')['masked_by'],
                         'service-down')
        after = self.mx.mailfix('--yes')
        self.fixed(after, 'service-down')
        self.assertEqual(after.finding('silence')['state'], 'fixed')

    def test_fix_rests_on_what_its_playbook_does_not_read(self):
        self.mx.write('/etc/mailfix/playbooks/again.ini', """
[playbook]
title = It is to be read again
when = host.uptime > 0s
[fix reload]
action = reload-unit
unit = postfix@-.service
verify = host.uptime > 0s within 5s
""", mode='644')
        report = self.mx.mailfix('--yes', 'again')
        fix, = report.finding('again')['fixes']
        self.assertEqual(fix['state'], 'verified', report.result)

    def test_timer_only_reports_until_it_is_allowed_to_fix(self):
        self.assertEqual(self.mx.sh('systemctl is-enabled mailfix.timer'),
                         'enabled\n')
        self.kill_master()
        self.mx.run(['systemctl', 'start', 'mailfix.service'])
        self.assertIsNone(self.master())
        self.assertIn('service-down', self.mx.sh(
            ['journalctl', '-q', '--no-pager', '-u', 'mailfix.service']))
        self.mx.write('/etc/mailfix/mailfix.conf.d/site.ini',
                      '[policy]\nauto = disruptive\n', mode='644')
        self.mx.sh(['systemctl', 'start', 'mailfix.service'])
        self.assertIsNotNone(self.master())


class LeftAlone(ServiceCase):
    """What somebody wanted so, or what would do harm, is only reported."""

    def left_alone(self, *arguments):
        """Run a fix of everything; assert that nothing was started."""
        before = self.starts()
        report = self.mx.mailfix('--yes', *arguments)
        self.assertEqual(report.rc, 1, report.result)
        self.assertEqual(self.starts(), before)
        self.assertIsNone(self.master())
        return report

    def test_masked(self):
        self.mx.sh(['systemctl', 'mask', 'postfix@-.service',
                    'postfix.service'])
        self.mx.sh(['systemctl', 'stop', 'postfix', 'postfix@-'])
        report = self.left_alone()
        finding = report.finding('service-down')
        self.assertEqual(finding['state'], 'found')
        self.assertNotIn('applied', [fix['state'] for fix in finding['fixes']])

    def test_disabled(self):
        self.mx.sh(['systemctl', 'disable', '--now', 'postfix'])
        self.mx.sh(['systemctl', 'stop', 'postfix@-'])
        before = self.starts()
        self.mx.mailfix('--yes')
        self.assertEqual(self.starts(), before)

    def test_broken_configuration(self):
        for number, line in enumerate((
                'default_process_limit = many', 'inet_interfaces = !',
                'this is no parameter')):
            with self.subTest(line):
                self.mx.sh(['cp', '-p', '/etc/postfix/main.cf',
                            '/root/main.cf'])
                self.mx.sh(f'echo "{line}" >> /etc/postfix/main.cf')
                if number == 0:
                    self.kill_master()
                report = self.left_alone()
                self.assertEqual(report.finding('config-broken')['state'],
                                 'found')
                down = report.finding('service-down')
                self.assertEqual((down['state'], down['masked_by']),
                                 ('masked', 'config-broken'))
                self.mx.sh(['cp', '-p', '/root/main.cf',
                            '/etc/postfix/main.cf'])

    def test_maintenance(self):
        self.kill_master()
        self.mx.write('/root/lock', _LOCK)
        self.mx.sh('setsid perl /root/lock > /root/lock.log 2>&1 &')
        wait.until(lambda: 'held' in self.mx.read('/root/lock.log'),
                   what='the lock')
        self.left_alone()


class NoSpace(LabCase):
    """A full disk is the finding; all else is its consequence."""

    def setUp(self):
        self.mx = self.prepared_host()
        self.disk = Disk(self.mx, '/var/spool/postfix', size_mib=32,
                         inodes=2000)

    def prepared_host(self, **options):
        from lab.case import package
        return super().prepared_host(deb=package(), **options)

    def full(self, fill, playbook):
        """Fill the disk and stop Postfix; assert that one is the cause."""
        self.mx.boot()
        self.mx.sh(['systemctl', 'stop', 'postfix'])
        fill()
        report = self.mx.mailfix('--yes')
        self.assertEqual(report.rc, 1)
        self.assertEqual(report.finding(playbook, '/var/spool/postfix')
                         ['state'], 'found')
        self.assertEqual(report.finding('service-down')['masked_by'],
                         playbook)

    def test_bytes(self):
        self.full(self.disk.fill, 'disk-full')

    def test_inodes(self):
        self.full(self.disk.fill_inodes, 'inodes-full')
