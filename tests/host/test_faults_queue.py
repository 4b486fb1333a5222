"""A queue with files that no mail system makes, or that vanish meanwhile."""

import re

from lab import queue, sick
from lab.case import LabCase, package
from lab.host import Host

_DEFERRED = '/var/spool/postfix/deferred'
_CONTROLS = re.compile(r'[\x00-\x09\x0b-\x1f\x7f-\x9f]')

_MAIL = 200
_BOUNCES = 150


class QueueFaults(LabCase):
    """Among good mail lies something else; the rest is still counted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mx = cls.enterClassContext(Host(deb=package())).boot()
        sick.ignore_machine(cls.mx)
        # what lies in the queue may not be tried, moved or sent back
        cls.mx.sh('systemctl stop postfix@-')
        sick.mask(cls.mx, 'service-down', 'not-listening')

    def setUp(self):
        super().setUp()
        self.mx.sh(f'rm -rf {_DEFERRED}/*')
        sick.add_bounces(self.mx, _BOUNCES, _MAIL)

    def assert_counted(self, others=0):
        """Mail that is sound is counted, whatever lies beside it.

        others  how many more there may be, if that could pass for mail
        """
        text = self.mx.sh('mailfix facts queue')
        self.assertNotRegex(text, _CONTROLS)
        shown = self.mx.run('mailfix --dry-run')
        self.assertIn(shown.rc, (0, 1, 2))
        self.assertNotRegex(shown.stdout + shown.stderr, _CONTROLS)
        self.assertIn(self.fact(text, 'deferred') - _MAIL - _BOUNCES,
                      range(others + 1), text)
        self.assertIn(self.fact(text, 'bounces_1d') - _BOUNCES,
                      range(others + 1), text)

    def fact(self, text, name):
        found = re.search(rf'^\s*{name}\s+([\d,]+)', text, re.M)
        self.assertIsNotNone(found, text)
        return int(found[1].replace(',', ''))

    def spoil(self, command, name='A0B1C2D3'):
        """Make one more entry in the place of a message."""
        self.mx.sh(f'mkdir -p {_DEFERRED}/A; cd {_DEFERRED}/A; {command}; '
                   f'chown -h postfix:root {name}; '
                   f'[ -L {name} ] || chmod 700 {name}')

    def good(self):
        return self.mx.sh(f'find {_DEFERRED} -type f | head -n 1').strip()

    def test_sound_mail_is_counted(self):
        self.assert_counted()

    def test_cut_off(self):
        self.spoil(f'head -c 200 {self.good()} > A0B1C2D3')
        self.assert_counted(others=1)

    def test_cut_at_every_length(self):
        good = self.good()
        self.mx.sh(f'mkdir -p {_DEFERRED}/A; cd {_DEFERRED}/A; '
                   f'for n in $(seq 0 150); do name=$(printf A%07X $n); '
                   f'head -c $n {good} > $name; done; chmod 700 *; '
                   'chown postfix *')
        self.assert_counted(others=151)

    def test_empty(self):
        self.spoil(': > A0B1C2D3')
        self.assert_counted(others=1)

    def test_noise(self):
        self.spoil('head -c 100000 /dev/urandom > A0B1C2D3')
        self.assert_counted(others=1)

    def test_huge_and_sparse(self):
        good = self.good()
        self.spoil(f'cat {good} > A0B1C2D3; truncate -s 200M A0B1C2D3')
        self.mx.sh(f'mkdir -p {_DEFERRED}/B; truncate -s 200M '
                   f'{_DEFERRED}/B/B0B1C2D3; chmod 700 {_DEFERRED}/B/*')
        self.assert_counted(others=2)

    def test_folder(self):
        self.spoil('mkdir A0B1C2D3')
        self.assert_counted()

    def test_fifo(self):
        self.spoil('mkfifo A0B1C2D3')
        self.assert_counted()

    def test_link(self):
        good = self.good()
        self.spoil('ln -s /etc/shadow A0B1C2D3')
        self.mx.sh(f'ln -s {good} {_DEFERRED}/A/A0B1C2D4; '
                   f'ln -s /dev/zero {_DEFERRED}/A/A0B1C2D5')
        self.assert_counted()

    def test_names_that_move_the_cursor(self):
        self.mx.sh(f"mkdir -p {_DEFERRED}/A; cd {_DEFERRED}/A; "
                   "for name in $'\\e[2JA0B1' $'A\\rB' $'x\\ny' $'\\xff\\xfe' "
                   "'A0B1C2D3 ' '$(id)' '-rf'; do "
                   f"cp {self.good()} \"./$name\"; done")
        self.assert_counted()

    def test_nothing_is_pruned_that_is_not_mail(self):
        self.spoil('mkdir A0B1C2D3')
        self.mx.sh(f'cd {_DEFERRED}/A; : > A0B1C2D4; mkfifo A0B1C2D5; '
                   'ln -s /etc/shadow A0B1C2D6')
        result = self.mx.run('mailfix --yes stale-bounces', timeout_s=110)
        self.assertEqual(result.rc, 0, result.stdout + result.stderr)
        self.assertEqual(self.mx.sh(f'ls {_DEFERRED}/A | grep ^A0B1C2D'
                                    ).split(),
                         [f'A0B1C2D{n}' for n in (3, 4, 5, 6)])
        self.assertEqual(len(self.mx.sh(
            f'find {_DEFERRED} -type f -size +0').split()), _MAIL)


class Vanishing(LabCase):
    """Mail comes and goes while it is counted."""

    timeout_s = 240

    def test_counts_stay_plausible_while_mail_flows(self):
        world = self.world()
        big = world.provider('big.test')
        mx = self.host(world=world)
        sick.ignore_machine(mx)
        mx.sh('(while [ ! -e /root/stop ]; do mailfix --format json '
              '--dry-run; echo; echo "rc $?"; done > /root/runs 2>&1) '
              '> /dev/null 2>&1 &')
        queue.submit(mx, 'someone@big.test', count=2000)
        big.await_messages(2000, timeout_s=150)
        mx.sh('touch /root/stop; while pgrep -x mailfix; do sleep 0.1; done')
        runs = mx.read('/root/runs')
        statuses = re.findall(r'^rc (\d+)$', runs, re.M)
        self.assertGreater(len(statuses), 3)
        self.assertNotIn('cannot be trusted', runs)
        self.assertEqual(set(re.findall(r'"status": ?"(\w+)"', runs)),
                         {'healthy'}, runs[-3000:])
        self.assertEqual(sick.waiting(mx, 'corrupt'), 0)
