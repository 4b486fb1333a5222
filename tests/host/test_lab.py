"""The lab's hosts: they boot, obey, and can be filled and broken."""

import json
import os
import tempfile
import unittest.mock
from pathlib import Path

from lab import apt, base, proc, queue
from lab.case import LabCase
from lab.disk import Disk
from lab.files import changes
from lab.host import Host

_CONTROL = """\
Package: mailfix
Version: 0.0.1
Architecture: all
Maintainer: mailfix <mailfix@example.com>
Depends: libsystemd0, libnftnl11, libldns3, libinih1, libseccomp2, libssl3
Description: stands in for the real package
"""

_REPORT = {'mode': 'dry-run', 'status': 'problems', 'findings': [
    {'playbook': 'throttled', 'item': 'big.test', 'state': 'found'}],
    'unknown': [{'fact': 'port', 'reason': 'the rule set needs root'}]}

_PROGRAM = f"""\
#!/bin/sh
[ "$*" = '--format json --dry-run' ] || exit 64
echo '{json.dumps(_REPORT)}'
exit 1
"""

# The version of Landlock (system call 444), as landlock(7) asks for it.
_LANDLOCK = "perl -e 'exit(syscall(444, 0, 0, 1) < 1)'"


class Booting(LabCase):
    """A host boots and is a mail host."""

    def test_postfix_runs_under_systemd(self):
        mx = self.bare_host()
        self.assertEqual(mx.sh('systemctl is-system-running'), 'running\n')
        self.assertEqual(mx.sh('systemctl is-active postfix@-'), 'active\n')
        self.assertEqual(mx.sh('hostname'), 'mx1.example.com\n')
        self.assertIn('220 mx1.example.com', mx.sh(
            'exec 3<>/dev/tcp/127.0.0.1/25; head -n 1 <&3'))

    def test_landlock_can_be_hidden(self):
        for landlock in (True, False):
            mx = self.bare_host(landlock=landlock)
            self.assertEqual(mx.run(_LANDLOCK, as_unit=True).rc == 0, landlock)

    def test_name_and_parameters_are_set_before_boot(self):
        mx = self.bare_host(name='out.example.net',
                            main_cf={'maximal_queue_lifetime': '1h'})
        self.assertEqual(
            mx.sh('postconf -h myhostname maximal_queue_lifetime'),
            'out.example.net\n1h\n')

    def test_hosts_are_apart(self):
        first, second = self.bare_host(), self.bare_host()
        first.write('/etc/only-here', 'x')
        first.sh('systemctl stop postfix@-')
        self.assertFalse(second.exists('/etc/only-here'))
        self.assertEqual(second.sh('systemctl is-active postfix@-'),
                         'active\n')

    def test_changes_can_be_kept_on_disk(self):
        mx = self.bare_host(on_disk=True)
        mx.write('/root/file', 'x')
        self.assertTrue((mx.slot.dir / 'changes/upper/root/file').exists())


class Commands(LabCase):
    """Commands and file helpers do on the host what they say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mx = cls.enterClassContext(Host()).boot()

    def test_result_holds_status_output_and_errors(self):
        result = self.mx.run('cat; echo oops >&2; exit 3', stdin='hello')
        self.assertEqual((result.rc, result.stdout, result.stderr),
                         (3, 'hello', 'oops\n'))

    def test_failure_of_sh_raises(self):
        with self.assertRaisesRegex(proc.CommandFailed, 'exit status 1'):
            self.mx.sh('false')

    def test_command_that_hangs_is_killed_with_its_children(self):
        with self.assertRaisesRegex(proc.CommandFailed, 'not done after'):
            self.mx.run('sleep 12345 & sleep 12345', timeout_s=0.5)
        self.assertEqual(self.mx.run('pgrep -f "^sleep 12345"').rc, 1)

    def test_user_has_no_privileges(self):
        for as_unit in (False, True):
            result = self.mx.run('id -un; cat /etc/shadow', user='nobody',
                                 as_unit=as_unit)
            self.assertEqual((result.rc, result.stdout), (1, 'nobody\n'))

    def test_root_cannot_reach_the_machine(self):
        """Or a test could set the machine's clock."""
        self.assertNotEqual(self.mx.run('date --set="2001-01-01"').rc, 0)

    def test_environment_is_clean(self):
        self.assertEqual(
            self.mx.sh(['env'], env={'ONE': '1'}).splitlines(),
            ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:'
             '/bin', 'HOME=/root', 'LANG=C.UTF-8', 'ONE=1'])

    def test_unit_is_a_child_of_systemd(self):
        self.assertIn('/system.slice/run-', self.mx.sh(
            'cat /proc/self/cgroup', as_unit=True))

    def test_files_come_and_go(self):
        self.mx.put(__file__, '/root/new/file', mode='750')
        self.assertEqual(self.mx.read('/root/new/file'),
                         Path(__file__).read_text())
        self.assertEqual(self.mx.snapshot('/root/new')['/root/new/file'].mode,
                         '750')
        self.mx.sh('ln -s nowhere /root/new/link')
        self.assertTrue(self.mx.exists('/root/new/link'))
        self.mx.remove('/root/new', '/root/never-there')
        self.assertFalse(self.mx.exists('/root/new/link'))

    def test_snapshot_sees_every_kind_of_change(self):
        self.mx.sh('mkdir /root/s; cd /root/s; touch same mode owner gone; '
                   'ln -s one link')
        self.mx.write('/root/s/text with space', 'before')
        before = self.mx.snapshot('/root/s', '/root/not-there')
        self.mx.sh('cd /root/s; chmod 600 mode; chown nobody owner; rm gone; '
                   'ln -sf two link; touch new')
        self.mx.write('/root/s/text with space', 'after.', mode='640',
                      owner='postfix')
        after = self.mx.snapshot('/root/s', '/root/not-there')
        self.assertEqual(changes(before, after), [
            f'/root/s{name}' for name in (
                '', '/gone', '/link', '/mode', '/new', '/owner',
                '/text with space')])
        self.assertEqual(after['/root/s/link'].target, 'two')
        self.assertEqual(after['/root/s/text with space'].mode, '640')
        self.assertEqual(self.mx.read('/root/s/text with space'), 'after.')


class Packages(LabCase):
    """A package is installed by apt, offline, before the host boots."""

    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.deb = folder / 'mailfix.deb'
        for path, text in (('DEBIAN/control', _CONTROL),
                           ('usr/sbin/mailfix', _PROGRAM)):
            (folder / 'tree' / path).parent.mkdir(parents=True)
            (folder / 'tree' / path).write_text(text)
        (folder / 'tree/usr/sbin/mailfix').chmod(0o755)
        self.build()

    def build(self):
        """Build the package, the same bytes whenever it is built."""
        proc.run(['dpkg-deb', '--root-owner-group', '--build',
                  self.deb.parent / 'tree', self.deb],
                 env={**os.environ, 'SOURCE_DATE_EPOCH': '0'}).check()

    def test_report_is_read_from_json(self):
        mx = self.bare_host(deb=self.deb)
        self.assertIn('ok installed', mx.sh('dpkg --status mailfix'))
        report = mx.mailfix('--dry-run')
        self.assertEqual(report.rc, 1)
        self.assertEqual(report.finding('throttled', 'big.test')['state'],
                         'found')
        self.assertIsNone(report.finding('throttled', 'small.test'))
        self.assertEqual(report.unknown(),
                         {'port': 'the rule set needs root'})

    def test_layer_is_made_once(self):
        layer, lower = base.layers(self.deb)
        made = layer.stat().st_ctime_ns
        self.assertEqual(base.layers(self.deb), [layer, lower])
        self.assertEqual(layer.stat().st_ctime_ns, made)
        self.assertFalse(list(layer.rglob('*.deb')))

    def test_package_with_unmet_dependency_is_refused(self):
        control = self.deb.parent / 'tree/DEBIAN/control'
        control.write_text(_CONTROL.replace('libsystemd0,', 'no-such,'))
        self.build()
        with self.assertRaisesRegex(proc.CommandFailed, 'no-such'):
            base.layers(self.deb)


class AptSources(LabCase):
    """The base comes from the mirror that the machine itself uses."""

    def test_both_formats_are_read(self):
        etc = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (etc / 'sources.list.d').mkdir()
        (etc / 'sources.list').write_text(
            '# deb http://old.example/debian bookworm main\n'
            'deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian/ '
            'bookworm-security contrib main # fast\n'
            'deb-src http://a.example/debian bookworm main\n'
            'deb http://a.example/debian bookworm-backports main\n')
        (etc / 'sources.list.d/b.sources').write_text(
            'Types: deb deb-src\nURIs: http://b.example/debian\n'
            '# comment\nSuites: bookworm\n  bookworm-updates\n'
            'Components: main\nSigned-By: /b.gpg\n\n'
            'Enabled: no\nTypes: deb\nURIs: http://c.example/debian\n'
            'Suites: bookworm\nComponents: main\n')
        with unittest.mock.patch('lab.apt._ETC', etc):
            self.assertEqual(
                [source.line() for source in apt.sources('bookworm')],
                ['deb [signed-by=/b.gpg] http://b.example/debian bookworm '
                 'main',
                 'deb [signed-by=/b.gpg] http://b.example/debian '
                 'bookworm-updates main',
                 'deb [signed-by=/k.gpg] http://a.example/debian '
                 'bookworm-security main'])
            with self.assertRaises(LookupError):
                apt.sources('trixie')


class Disks(LabCase):
    """A folder of a host can be on a disk that fills up or breaks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mx = cls.enterClassContext(Host())
        cls.disk = Disk(cls.mx, '/var/spool/postfix', size_mib=16,
                        inodes=1024)
        cls.mx.boot()

    def test_1_postfix_runs_on_it(self):
        self.assertEqual(self.mx.run('postfix check && postfix status').rc, 0)

    def test_2_it_fills_up_and_is_freed(self):
        for fill in (self.disk.fill, self.disk.fill_inodes):
            fill()
            self.assertIn('No space left', self._write_a_page().stderr)
            self.disk.free()
            self.assertEqual(self._write_a_page().rc, 0)

    def test_3_it_breaks(self):
        self.disk.fail()
        self.assertIn('Read-only file system', self._write_a_page().stderr)

    def _write_a_page(self):
        return self.mx.run('head -c 8192 /dev/zero > '
                           '"$(mktemp --tmpdir=/var/spool/postfix)"')


class Queues(LabCase):
    """What fill() writes is what Postfix itself would have written."""

    def test_postfix_accepts_every_file(self):
        for long_ids in (False, True):
            mx = self.bare_host(main_cf={
                'enable_long_queue_ids': 'yes' if long_ids else 'no'})
            queued = queue.fill(mx, 300, several=0.2, bounces=0.1,
                                domains=['big.test', 'small.test'],
                                reason='4.7.0 %s answers 421',
                                long_ids=long_ids)
            # It would rename or report what does not look right to it.
            mx.sh('postsuper -s && postsuper -p')
            self.assertEqual(queue.ids(mx, state='deferred'),
                             {each.queue_id for each in queued})
            self.assertNotIn('postsuper', mx.read('/var/log/mail.log'))
            self._check_listing(queue.listing(mx), queued)

    def _check_listing(self, listing, queued):
        recipients = {each.queue_id: each.recipients for each in queued}
        for each in listing:
            self.assertEqual(tuple(to['address'] for to in each['recipients']),
                             recipients[each['queue_id']])
            for to in each['recipients']:
                domain = to['address'].partition('@')[2]
                self.assertEqual(to['delay_reason'], f'{domain} answers 421')
        senders = [each['sender'] for each in listing]
        self.assertTrue(0 < senders.count('MAILER-DAEMON') < 100)

    def test_same_seed_makes_the_same_messages(self):
        mx = self.bare_host()
        first, again, other = (
            [each.recipients for each in queue.fill(mx, 50, seed=seed)]
            for seed in (1, 1, 2))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
