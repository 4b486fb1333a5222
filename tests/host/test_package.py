"""The package: what it installs, its upgrades, its end, its hardened unit."""

import tempfile
from pathlib import Path

from lab import proc, sick
from lab.case import LabCase, package
from lab.host import Host
from lab.wait import until

_UNIT = 'mailfix.service'

# All that the package holds besides playbooks and documentation.
_FILES = {
    '/etc/mailfix/mailfix.conf': '644',
    '/lib/systemd/system/mailfix.service': '644',
    '/lib/systemd/system/mailfix.timer': '644',
    '/usr/lib/sysusers.d/mailfix.conf': '644',
    '/usr/sbin/mailfix': '755',
    '/usr/share/bash-completion/completions/mailfix': '644',
    '/usr/share/mailfix/blocklists.ini': '644',
    '/usr/share/mailfix/replies.ini': '644',
    '/usr/share/man/man8/mailfix.8.gz': '644',
}
_FOLDERS = ('/etc/mailfix', '/etc/mailfix/mailfix.conf.d',
            '/etc/mailfix/blocklists.d', '/etc/mailfix/playbooks',
            '/etc/mailfix/replies.d', '/usr/share/mailfix',
            '/usr/share/mailfix/playbooks')

_AUTO = """\
[policy]
auto = destructive
changes-per-run = 50
disruptive-per-hour = 50
disruptive-per-day = 50
"""

# A fix that never helps and takes a minute to say so.
_SLOW = """\
[playbook]
title = slow
severity = warning
for-each = chroot_file
when = stale
[fix slow]
action = refresh-chroot
path = {path}
verify = queue.messages < 0 within 60s
"""


def version_of(deb):
    """Return a package's version."""
    return proc.run(['dpkg-deb', '-f', deb, 'Version']).check().stdout.strip()


def rebuilt(deb, folder, version, change=lambda tree: None):
    """Return a package like deb, of another version and changed.

    change  called with the folder that holds its files
    """
    tree = Path(folder) / version
    proc.run(['dpkg-deb', '-R', deb, tree]).check()
    control = tree / 'DEBIAN/control'
    control.write_text(control.read_text().replace(
        f'\nVersion: {version_of(deb)}\n', f'\nVersion: {version}\n'))
    change(tree)
    new = Path(folder) / f'mailfix_{version}.deb'
    proc.run(['dpkg-deb', '-b', '--root-owner-group', tree, new],
             timeout_s=300).check()
    return new


class PackageCase(LabCase):
    """Common to all."""

    def upgrade(self, mx, version, change=lambda tree: None):
        """Install a higher version, made from the package under test."""
        with tempfile.TemporaryDirectory() as folder:
            mx.put(rebuilt(package(), folder, version, change),
                   '/root/new.deb')
        self.apt(mx, 'install', '-o', 'Dpkg::Options::=--force-confold',
                 '/root/new.deb')
        self.assertEqual(mx.sh('dpkg-query -Wf \'${Version}\' mailfix'),
                         version)

    def apt(self, mx, *words):
        """Run apt-get as a machine does that nobody watches."""
        return mx.sh(['apt-get', '-o', 'Dpkg::Use-Pty=0', '--yes', *words],
                     env={'DEBIAN_FRONTEND': 'noninteractive'},
                     timeout_s=110)

    def start(self, mx):
        """Run the unit; return how mailfix ended."""
        mx.sh(['systemctl', 'start', _UNIT], timeout_s=110)
        return int(self.show(mx, 'ExecMainStatus'))

    def show(self, mx, name):
        return mx.sh(['systemctl', 'show', '--value', '-p', name,
                      _UNIT]).strip()

    def start_slow(self, mx):
        """Start a run that takes a minute; return when it is at its fix."""
        sick.ignore_machine(mx)
        sick.mask(mx, 'chroot-stale')
        sick.configure(mx, _AUTO)
        mx.write('/etc/mailfix/playbooks/slow.ini', _SLOW)
        sick.change_resolver(mx)
        mx.sh(['systemctl', 'start', '--no-block', _UNIT])
        until(lambda: mx.run('grep done /var/log/mailfix/audit.jsonl | '
                             'grep slow', traced=False).rc == 0,
              timeout_s=60, what='a fix at work')


class Installed(PackageCase):
    """As apt leaves it, on a host that has booted since."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mx = cls.enterClassContext(Host(deb=package())).boot()

    def test_files_have_owners_and_modes(self):
        playbooks = self.mx.sh('echo /usr/share/mailfix/playbooks/*.ini'
                               ).split()
        self.assertGreaterEqual(len(playbooks), 17)
        wanted = {**_FILES, **dict.fromkeys(_FOLDERS, '755'),
                  **dict.fromkeys(playbooks, '644')}
        seen = self.mx.sh(['stat', '--format=%n %U:%G %a', *wanted])
        self.assertEqual(dict(line.split(' ', 1) for line in
                              seen.splitlines()),
                         {path: f'root:root {mode}'
                          for path, mode in wanted.items()})

    def test_nothing_else_is_installed(self):
        listed = set(self.mx.sh('dpkg -L mailfix').splitlines())
        known = {*_FILES, *_FOLDERS}
        known |= {str(parent) for path in known
                  for parent in Path(path).parents}
        self.assertEqual(
            {path for path in listed - known
             if not path.startswith(('/usr/share/mailfix/playbooks/',
                                     '/usr/share/doc', '/usr/share/lintian'))
             and path not in ('/.', '/usr/share', '/usr/share/man')}, set())

    def test_configuration_is_marked_as_such(self):
        self.assertEqual(self.mx.sh(
            'dpkg-query -Wf \'${Conffiles}\' mailfix').split()[0::2],
            ['/etc/mailfix/mailfix.conf'])

    def test_user_can_do_nothing_else(self):
        name, _, uid, _, _, home, shell = self.mx.sh(
            'getent passwd _mailfix').strip().split(':')
        self.assertEqual((name, shell), ('_mailfix', '/usr/sbin/nologin'))
        self.assertLess(int(uid), 1000)
        self.assertEqual(home, '/')
        self.assertEqual(self.mx.sh('id -Gn _mailfix'), '_mailfix\n')

    def test_timer_is_on_and_the_service_waits_for_it(self):
        self.assertEqual(
            self.mx.run('systemctl is-enabled mailfix.timer mailfix.service'
                        ).stdout.split(), ['enabled', 'static'])
        self.assertEqual(self.mx.sh('systemctl is-active mailfix.timer'),
                         'active\n')

    def test_unit_is_without_faults(self):
        self.assertEqual(self.mx.run('systemd-analyze verify --man=no '
                                     'mailfix.service mailfix.timer 2>&1 | '
                                     'grep -i mailfix').stdout, '')

    def test_unit_is_hardened(self):
        self.mx.sh('systemd-analyze security --threshold=40 mailfix.service')

    def test_manual_is_complete(self):
        page = self.mx.sh('zcat /usr/share/man/man8/mailfix.8.gz')
        self.assertNotRegex(page, r'@[A-Z]+@')
        for word in ('undo', 'history', 'audit', 'pause', 'resume', 'lint',
                     'explain', 'facts', 'dry', 'nagios'):
            self.assertIn(word, page)

    def test_completion_completes(self):
        words = self.mx.sh(
            '. /usr/share/bash-completion/completions/mailfix; '
            'complete -p mailfix >&2; COMP_WORDS=(mailfix --dr); '
            'COMP_CWORD=1; _mailfix; echo "${COMPREPLY[@]}"; '
            'COMP_WORDS=(mailfix service-); _mailfix; '
            'echo "${COMPREPLY[@]}"')
        self.assertEqual(words.split(), ['--dry-run', 'service-down',
                                         'service-flapping'])

    def test_shipped_playbooks_and_configuration_have_no_error(self):
        result = self.mx.run('mailfix lint')
        self.assertEqual((result.rc, result.stderr), (0, ''))


class Unit(PackageCase):
    """Runs of the unit, hardened as it is."""

    def test_it_looks_and_ends_clean(self):
        mx = self.host()
        sick.ignore_machine(mx)
        self.assertEqual(self.start(mx), 0)
        self.assertEqual(self.show(mx, 'Result'), 'success')
        journal = mx.sh(['journalctl', '-u', _UNIT, '-o', 'cat'])
        self.assertIn('healthy', journal)
        self.assertNotIn('not known', journal)
        self.assertNotIn('Sandbox', journal)
        folders = mx.sh('stat --format="%U %a" /var/lib/mailfix '
                        '/var/log/mailfix /run/mailfix')
        self.assertEqual(folders.splitlines(),
                         ['root 750', 'root 750', 'root 755'])

    def test_it_changes_nothing_by_default(self):
        mx = self.host()
        sick.ignore_machine(mx)
        sick.kill_mta(mx)
        self.assertEqual(self.start(mx), 1)
        self.assertEqual(self.show(mx, 'Result'), 'success')
        self.assertNotEqual(mx.run('systemctl is-active postfix@-').rc, 0)

    def test_kill_switch(self):
        mx = self.host()
        sick.ignore_machine(mx)
        sick.configure(mx, _AUTO)
        sick.kill_mta(mx)
        mx.sh(f'touch {sick.SITE}/disabled; systemctl start {_UNIT}')
        self.assertNotEqual(mx.run('systemctl is-active postfix@-').rc, 0)
        self.assertFalse(mx.exists('/var/log/mailfix/audit.jsonl'))
        mx.remove(f'{sick.SITE}/disabled')
        self.start(mx)
        self.assertEqual(mx.sh('systemctl is-active postfix@-'), 'active\n')

    def test_every_fix_works_from_inside(self):
        mx = self.host()
        sick.ignore_machine(mx)
        sick.configure(mx, _AUTO)

        sick.kill_mta(mx)
        self.assert_fixed(mx, {'service-down': 1})
        self.assertEqual(mx.sh('systemctl is-active postfix@-'), 'active\n')

        sick.age_aliases(mx)
        mx.write('/etc/postfix/relay', 'relay.test ok\n')
        mx.sh('postconf -e relay_domains=hash:/etc/postfix/relay; '
              'postmap /etc/postfix/relay; cd /etc/postfix; '
              'echo "two.test ok" >> relay; touch -d "3 hours ago" relay.db; '
              'touch -d "2 hours ago" relay')
        self.assert_fixed(mx, {'maps-stale': 2})
        self.assertEqual(mx.sh('postalias -q sales /etc/aliases; '
                               'postmap -q two.test /etc/postfix/relay'),
                         'alice\nok\n')

        sick.change_resolver(mx)
        self.assert_fixed(mx, {'chroot-stale': 1})
        mx.sh('cmp /etc/resolv.conf /var/spool/postfix/etc/resolv.conf')

        sick.spoil_modes(mx)
        self.assert_fixed(mx, {'queue-permissions': 2})
        self.assertEqual(
            mx.sh('cd /var/spool/postfix; stat --format="%U:%G %a" public '
                  'active'), 'postfix:postdrop 2710\npostfix:root 700\n')

        sick.add_bounces(mx)
        self.assert_fixed(mx, {'stale-bounces': 1})
        self.assertEqual(sick.waiting(mx), 320)

        self.assertEqual(self.start(mx), 0)
        self.assertIn('the chain is whole', mx.sh('mailfix audit verify'))

    test_every_fix_works_from_inside.timeout_s = 300

    def assert_fixed(self, mx, wanted):
        """One run of the unit fixes so many items of each playbook."""
        self.assertEqual(self.start(mx), 0, wanted)
        run = mx.sh("grep run-end /var/log/mailfix/audit.jsonl | tail -n 1 | "
                    "sed 's/.*\"run\":\"\\([^\"]*\\)\".*/\\1/'").strip()
        records = mx.sh(f'grep {run} /var/log/mailfix/audit.jsonl')
        for playbook, count in wanted.items():
            verified = [line for line in records.splitlines()
                        if '"event":"verified"' in line
                        and f'"playbook":"{playbook}"' in line]
            self.assertEqual(len(verified), count, records)


class Upgrade(PackageCase):
    """A higher version comes."""

    timeout_s = 240

    def test_edited_configuration_and_disabled_timer_stay(self):
        mx = self.host()
        mx.sh('sed -i "1i # edited here" /etc/mailfix/mailfix.conf; '
              'systemctl disable --now mailfix.timer')

        def change(tree):
            conf = tree / 'etc/mailfix/mailfix.conf'
            conf.write_text(conf.read_text() + '; new in 99\n')

        self.upgrade(mx, '99.0', change)
        self.assertIn('# edited here', mx.read('/etc/mailfix/mailfix.conf'))
        self.assertIn('; new in 99',
                      mx.read('/etc/mailfix/mailfix.conf.dpkg-dist'))
        self.assertEqual(mx.run('systemctl is-enabled mailfix.timer').stdout,
                         'disabled\n')
        self.assertEqual(mx.run('systemctl is-active mailfix.timer').stdout,
                         'inactive\n')

    def test_run_at_work_goes_on(self):
        mx = self.host()
        self.start_slow(mx)
        pid = self.show(mx, 'MainPID')
        self.upgrade(mx, '99.0')
        self.assertEqual(self.show(mx, 'MainPID'), pid)
        self.assertNotEqual(pid, '0')
        self.assertEqual(mx.sh('systemctl is-active mailfix.timer'),
                         'active\n')


class Removal(PackageCase):
    """It goes again."""

    def test_remove_ends_a_run_and_puts_its_change_back(self):
        mx = self.host()
        copy = '/var/spool/postfix/etc/resolv.conf'
        before = mx.read(copy)
        self.start_slow(mx)
        self.assertNotEqual(mx.read(copy), before)
        self.apt(mx, 'remove', 'mailfix')
        self.assertEqual(mx.read(copy), before)
        self.assertEqual(mx.sh('systemctl --failed --no-legend --plain'), '')
        self.assertNotEqual(mx.run('pgrep -x mailfix').rc, 0)
        self.assertTrue(mx.exists('/etc/mailfix/mailfix.conf'))
        self.assertTrue(mx.exists('/var/log/mailfix/audit.jsonl'))

    def test_purge_leaves_only_the_user(self):
        mx = self.host(judges_dns=True)
        before = {'/etc/mailfix', '/var/lib/mailfix', '/var/log/mailfix'}
        self.start(mx)
        self.assertEqual({path for path in before if mx.exists(path)}, before)
        self.apt(mx, 'purge', 'mailfix')
        self.assertEqual(mx.sh(
            'find / -xdev -iname "*mailfix*" -not -path "/proc/*" '
            '-not -path "/sys/*" -not -path "/var/log/apt/*" '
            '-not -path "/var/log/journal/*"'), '')
        self.assertEqual(mx.run('getent passwd _mailfix').rc, 0)
        self.assertEqual(mx.sh('systemctl --failed --no-legend --plain'), '')
