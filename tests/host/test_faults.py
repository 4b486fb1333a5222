"""Bad input and a host that fails: refused with the reason, nothing lost."""

import hashlib
import json
import re

from lab import sick
from lab.case import LabCase, package
from lab.disk import Disk
from lab.hang import Hang
from lab.host import Host

_COPY = '/var/spool/postfix/etc/resolv.conf'
_STATE = '/var/lib/mailfix/state'
_LOG = '/var/log/mailfix/audit.jsonl'
_HEAD = '/var/log/mailfix/audit.head'
_CONTROLS = re.compile(r'[\x00-\x09\x0b-\x1f\x7f-\x9f]')


class FaultCase(LabCase):
    """A host with one thing to fix: a stale copy in the chroot."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mx = cls.enterClassContext(Host(deb=package())).boot()

    def setUp(self):
        """Forget what the test before did, and make the copy stale."""
        super().setUp()
        self.mx.remove('/var/lib/mailfix', '/var/log/mailfix')
        self.mx.sh('rm -rf /etc/mailfix/playbooks/* '
                   '/etc/mailfix/mailfix.conf.d/*')
        sick.ignore_machine(self.mx)
        self.mx.write('/etc/resolv.conf', 'nameserver 127.0.0.1\n')
        self.mx.write(_COPY, 'stale\n')

    def run_mailfix(self, *arguments, **options):
        """Run it; whatever happens it is no crash and prints no controls."""
        result = self.mx.run(['mailfix', *arguments], **options)
        self.assertIn(result.rc, (0, 1, 2, 3, 64, 75, 77, 78),
                      result.stdout + result.stderr)
        self.assertNotRegex(result.stdout + result.stderr, _CONTROLS)
        return result

    def assert_fixes(self):
        """A run now fixes what is there to fix."""
        result = self.run_mailfix('--yes', 'chroot-stale')
        self.assertEqual(result.rc, 0, result.stdout + result.stderr)
        self.assertEqual(self.mx.read(_COPY), 'nameserver 127.0.0.1\n')

    def assert_refuses(self, *texts, rc=None):
        """A run now fixes nothing, and says why."""
        result = self.run_mailfix('--yes')
        said = ' '.join((result.stdout + result.stderr).split())
        if rc is None:
            self.assertNotEqual(result.rc, 0, said)
        else:
            self.assertEqual(result.rc, rc, said)
        for text in texts:
            self.assertIn(text, said)
        self.assertEqual(self.mx.read(_COPY), 'stale\n')
        return result


class BadInput(FaultCase):
    """Playbooks and configuration with errors."""

    def test_all_errors_are_told_and_nothing_is_done(self):
        folder = '/etc/mailfix/playbooks'
        self.mx.write(f'{folder}/mine.ini', '[playbook]\ntitle = mine\n'
                      'severity = warning\nwhen = queue.deferd > 3\n')
        self.mx.write(f'{folder}/queue-backlog.ini.d/site.ini',
                      '[playbook]\n\nwhen = disk.free > 3min\n')
        self.mx.write('/etc/mailfix/mailfix.conf.d/site.ini',
                      '[policy]\nauto = everything\nquiet = 1\n')
        for arguments in (('--yes',), ('--auto',), ('--dry-run',), ('lint',)):
            result = self.run_mailfix(*arguments)
            self.assertEqual(result.rc, 78, arguments)
            for place in (f'{folder}/mine.ini:4: ',
                          f'{folder}/queue-backlog.ini.d/site.ini:3: ',
                          '/etc/mailfix/mailfix.conf.d/site.ini:2: ',
                          '/etc/mailfix/mailfix.conf.d/site.ini:3: '):
                self.assertIn(f'\n{place}', '\n' + result.stdout +
                              result.stderr, arguments)
        self.assertIn('deferred', result.stdout + result.stderr)
        self.assertEqual(self.mx.read(_COPY), 'stale\n')
        self.assertFalse(self.mx.exists(_LOG))

    def test_files_that_are_no_playbooks(self):
        folder = '/etc/mailfix/playbooks'
        self.mx.sh(f'head -c 300000 /dev/urandom > {folder}/noise.ini; '
                   f'mkdir {folder}/folder.ini; mkfifo {folder}/fifo.ini; '
                   f'ln -s nowhere {folder}/dangling.ini')
        result = self.assert_refuses(rc=78)
        for name in ('noise', 'folder', 'fifo', 'dangling'):
            self.assertIn(f'{folder}/{name}.ini', result.stderr)
        self.mx.sh(f'rm -rf {folder}/*.ini')

    def test_playbook_that_others_may_write(self):
        path = '/etc/mailfix/playbooks/mine.ini'
        self.mx.write(path, '[playbook]\ntitle = mine\nseverity = info\n'
                      'when = queue.deferred > 3\n', mode='666')
        self.assertIn(path, self.assert_refuses(rc=78).stderr)


class State(FaultCase):
    """The memory of earlier runs is damaged."""

    def refuses(self, content, *texts):
        """With this state no fix is made, and it stays as it is."""
        self.run_mailfix('--yes', 'disk-full')
        self.mx.write(_STATE, content, mode='600')
        self.assert_refuses('No fix in this run', _STATE, *texts)
        self.assertEqual(self.mx.sh(['cat', _STATE]),
                         content if isinstance(content, str)
                         else content.decode(errors='replace'))
        self.assertEqual(self.run_mailfix('--dry-run').rc & ~3, 0)
        self.assertNotEqual(self.run_mailfix('pause', '1h').rc, 0)
        self.mx.remove(_STATE)
        self.assert_fixes()

    def test_empty(self):
        self.refuses('')

    def test_garbage(self):
        self.refuses(bytes(range(1, 128)) * 50)

    def test_cut_off(self):
        self.run_mailfix('--yes', 'disk-full')
        content = self.mx.read(_STATE)
        self.refuses(content[:len(content) // 2])

    def test_one_character_changed(self):
        self.run_mailfix('--yes', 'disk-full')
        content = self.mx.read(_STATE)
        self.refuses(content.replace('1', '2', 1))

    def test_of_a_later_version(self):
        self.run_mailfix('--yes', 'disk-full')
        first, last = self.mx.read(_STATE).splitlines()
        state = json.loads(first)
        self.assertIn('mailfix_state', state)
        state['mailfix_state'] = 999
        line = json.dumps(state, separators=(',', ':')) + '\n'
        digest = hashlib.sha256(line.encode()).hexdigest()
        self.refuses(line + re.sub('[0-9a-f]{64}', digest, last) + '\n',
                     'version 999')

    def test_unreadable(self):
        self.run_mailfix('--yes', 'disk-full')
        self.mx.sh(f'rm {_STATE}; mkdir {_STATE}')
        self.assert_refuses('No fix in this run', _STATE)


class Audit(FaultCase):
    """Somebody, or a power cut, has been at the audit log."""

    def setUp(self):
        super().setUp()
        for _ in range(3):
            self.run_mailfix('--yes', 'chroot-stale')
            self.mx.write(_COPY, 'stale\n')
        # each of them fixed it: no cooldown in the way of the next
        self.mx.remove(_STATE)
        self.assertEqual(self.run_mailfix('audit', 'verify').rc, 0)

    def found(self, *texts):
        """Verify finds it; runs refuse to fix anything."""
        result = self.run_mailfix('audit', 'verify')
        self.assertEqual(result.rc, 1, result.stdout)
        before = self.mx.read(_LOG)
        self.assert_refuses('No fix in this run', 'audit', *texts)
        self.assertEqual(self.mx.read(_LOG), before)
        return result

    def test_last_record_edited(self):
        self.mx.sh(f"sed -i '$ s/\"problems\":0/\"problems\":5/; "
                   f"$ s/yes/YES/; $ s/run-end/run-END/' {_LOG}")
        self.assertIn('hash', self.found().stdout)

    def test_tail_cut(self):
        self.mx.sh(f"sed -i '$ d' {_LOG}")
        self.found()

    def test_emptied(self):
        self.mx.sh(f': > {_LOG}')
        self.found()

    def test_log_gone_but_head_there(self):
        self.mx.remove(_LOG)
        self.assertEqual(self.run_mailfix('audit', 'verify').rc, 1)
        self.assert_refuses('No fix in this run')

    def test_middle_edited_is_found_by_verify(self):
        self.mx.sh(f"sed -i '3 s/\"time\":\"2/\"time\":\"1/' {_LOG}")
        result = self.run_mailfix('audit', 'verify')
        self.assertEqual(result.rc, 1)
        self.assertIn('record 3', result.stdout)

    def test_middle_removed_is_found_by_verify(self):
        self.mx.sh(f"sed -i '3 d' {_LOG}")
        self.assertEqual(self.run_mailfix('audit', 'verify').rc, 1)

    def test_head_gone_is_made_again(self):
        self.mx.remove(_HEAD)
        self.assert_fixes()
        self.assertTrue(self.mx.exists(_HEAD))
        self.assertEqual(self.run_mailfix('audit', 'verify').rc, 0)

    def test_head_unreadable(self):
        self.mx.sh(f'rm {_HEAD}; mkdir {_HEAD}')
        self.assert_refuses('No fix in this run')
        self.mx.sh(f'rmdir {_HEAD}; echo garbage > {_HEAD}')
        self.assert_refuses('No fix in this run')

    def test_log_is_a_link(self):
        self.mx.sh(f'mv {_LOG} /root/elsewhere; ln -s /root/elsewhere {_LOG}')
        self.assert_refuses('No fix in this run')

    def test_torn_last_line_is_put_aside(self):
        self.mx.sh(f"printf '{{\"seq\":99,\"prev\":\"' >> {_LOG}")
        self.assertEqual(self.run_mailfix('audit', 'verify').rc, 1)
        self.assert_fixes()
        self.assertEqual(self.run_mailfix('audit', 'verify').rc, 0)
        self.assertEqual(self.mx.read('/var/log/mailfix/audit.torn').strip(),
                         '{"seq":99,"prev":"')


class Services(FaultCase):
    """What a run asks, or tells, is away."""

    def tearDown(self):
        self.mx.run('systemctl start dbus.socket systemd-journald.socket '
                    'systemd-journald-dev-log.socket systemd-journald; '
                    'mount -o remount,hidepid=0 /proc')
        super().tearDown()

    def test_without_a_bus_units_are_unknown(self):
        self.mx.sh('systemctl stop dbus.socket dbus.service')
        report = self.mx.mailfix('--dry-run')
        self.assertIn('unit', ' '.join(report.unknown()))
        self.assertIsNone(report.finding('service-down'))
        self.assert_fixes()     # no unit is needed for it

    def test_without_a_journal(self):
        self.mx.sh('systemctl stop systemd-journald.socket '
                   'systemd-journald-dev-log.socket systemd-journald 2>&1')
        self.assert_fixes()

    def test_processes_hidden_from_a_user(self):
        self.mx.sh('mount -o remount,hidepid=2 /proc')
        result = self.run_mailfix('--dry-run', user='nobody')
        self.assertIn(result.rc, (1, 2))
        self.assertNotIn('service-down', result.stdout)
        self.assertIn('/proc does not show all', result.stdout)


class Runs(FaultCase):
    """More than one run, or none for a while."""

    def test_lock(self):
        self.run_mailfix('--yes', 'disk-full')
        self.mx.sh('setsid flock /run/mailfix/lock sleep 30 '
                   '> /dev/null 2>&1 & sleep 0.2')
        for arguments in (('--yes',), ('undo', '--last'), ('pause', '1h')):
            result = self.run_mailfix(*arguments)
            self.assertEqual(result.rc, 75, arguments)
            self.assertIn('another run', result.stderr)
            self.assertLess(result.seconds, 1)
        self.assertEqual(self.run_mailfix('--dry-run').rc, 1)
        self.mx.sh('pkill -f "sleep 30"')
        self.assert_fixes()

    def test_pause(self):
        self.assertEqual(self.run_mailfix('pause', '2h', 'moving', 'disks'
                                          ).rc, 0)
        result = self.assert_refuses('moving disks', rc=75)
        self.assertIn('mailfix resume', result.stderr)
        self.assertEqual(self.run_mailfix('--auto').rc, 75)
        looked = self.run_mailfix('--dry-run')
        self.assertEqual(looked.rc, 1)
        self.assertIn('paused', looked.stdout)
        self.assertEqual(self.run_mailfix('resume').rc, 0)
        self.assert_fixes()

    def test_told_to_end(self):
        self.mx.sh('ln -sf /dev/null /etc/mailfix/playbooks/chroot-stale.ini')
        self.mx.write('/etc/mailfix/playbooks/slow.ini', (
            '[playbook]\ntitle = slow\nseverity = warning\n'
            'for-each = chroot_file\nwhen = stale\n[fix slow]\n'
            'action = refresh-chroot\npath = {path}\n'
            'verify = queue.messages < 0 within 60s\n'))
        result = self.mx.run(
            'mailfix --yes & pid=$!; for i in $(seq 300); do '
            f'grep -q nameserver {_COPY} && break; sleep 0.1; done; '
            f'cat {_COPY}; kill -TERM $pid; wait $pid')
        self.assertIn('nameserver', result.stdout)
        self.assertEqual(result.rc, 3, result.stdout + result.stderr)
        self.assertIn('told to end', ' '.join(result.stdout.split()))
        self.assertLess(result.seconds, 30)
        self.assertEqual(self.mx.read(_COPY), 'stale\n')
        self.assertEqual(self.run_mailfix('audit', 'verify').rc, 0)


class Mounts(LabCase):
    """File systems that are full, read-only, or hang."""

    def small(self, path):
        """Boot a host with a small disk there and a stale copy."""
        mx = self.prepared_host(deb=package())
        mx.sh(['mkdir', '-p', path])
        disk = Disk(mx, path, size_mib=1)
        mx.boot()
        sick.ignore_machine(mx)
        # the disk that is full on purpose must not be the finding
        sick.mask(mx, 'disk-full', 'inodes-full')
        mx.write(_COPY, 'stale\n')
        return mx, disk

    def test_no_space_for_the_state(self):
        mx, disk = self.small('/var/lib/mailfix')
        disk.fill()
        self.assert_refused_for_space(mx)
        disk.free()
        self.assertEqual(mx.run('mailfix --yes').rc, 0)
        self.assertNotEqual(mx.read(_COPY), 'stale\n')

    def test_no_space_for_the_log(self):
        mx, disk = self.small('/var/log/mailfix')
        disk.fill()
        self.assert_refused_for_space(mx)
        disk.free()
        self.assertEqual(mx.run('mailfix --yes').rc, 0)
        self.assertNotEqual(mx.read(_COPY), 'stale\n')

    def assert_refused_for_space(self, mx):
        result = mx.run('mailfix --yes')
        said = result.stdout + result.stderr
        self.assertIn(result.rc, (1, 2, 3), said)
        self.assertRegex(said, 'No space left|space')
        self.assertEqual(mx.read(_COPY), 'stale\n')

    def test_state_on_a_disk_that_failed(self):
        mx, disk = self.small('/var/lib/mailfix')
        disk.fail()
        result = mx.run('mailfix --yes')
        self.assertIn(result.rc, (1, 2, 3), result.stdout)
        self.assertRegex(result.stdout, 'Read-only|read-only')
        self.assertEqual(mx.read(_COPY), 'stale\n')

    def test_queue_is_read_only(self):
        mx = self.host()
        sick.ignore_machine(mx)
        mx.write(_COPY, 'stale\n')
        mx.sh('mount --bind /var/spool/postfix /var/spool/postfix && '
              'mount -o remount,bind,ro /var/spool/postfix')
        result = mx.run('mailfix --yes chroot-stale')
        self.assertIn(result.rc, (1, 2, 3), result.stdout)
        self.assertEqual(mx.read(_COPY), 'stale\n')
        self.assertEqual(mx.run('mailfix audit verify').rc, 0)

    def test_configuration_is_read_only(self):
        mx = self.host()
        sick.ignore_machine(mx)
        mx.sh('cd /etc/postfix; echo "one.test ok" > relay; '
              'postmap relay; postconf -e relay_domains=hash:$PWD/relay; '
              'echo "two.test ok" >> relay; touch -d "3 hours ago" relay.db; '
              'touch -d "2 hours ago" relay; mount --bind . . && '
              'mount -o remount,bind,ro /etc/postfix')
        before = mx.snapshot('/etc/postfix')
        result = mx.run('mailfix --yes maps-stale')
        self.assertIn(result.rc, (1, 2, 3), result.stdout)
        self.assertRegex(result.stdout, '[Rr]ead-only')
        self.assertEqual(mx.snapshot('/etc/postfix'), before)
        self.assertEqual(mx.run('mailfix audit verify').rc, 0)

    def test_mount_that_hangs(self):
        mx = self.host()
        sick.ignore_machine(mx)
        mx.write(_COPY, 'stale\n')
        Hang(mx, '/var/mail')
        report = mx.mailfix('--dry-run', timeout_s=60)
        self.assertIn('disk', ' '.join(report.unknown()))
        self.assertLess(report.result.seconds, 30)
        self.assertIsNotNone(report.finding('chroot-stale'))

    def test_queue_that_hangs(self):
        mx = self.host()
        sick.ignore_machine(mx)
        Hang(mx, '/var/spool/postfix')
        result = mx.run('mailfix --dry-run', timeout_s=60)
        self.assertEqual(result.rc, 2, result.stdout + result.stderr)
        self.assertIn('does not answer', ' '.join(result.stdout.split()))
