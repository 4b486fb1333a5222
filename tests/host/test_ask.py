"""A run at a terminal asks before each fix: yes, no, diff, all, quit."""

from lab import sick
from lab.case import LabCase, package
from lab.host import Host

_COPY = '/var/spool/postfix/etc/resolv.conf'
_POSTFIX = '/var/spool/postfix'


class Asking(LabCase):
    """Two fixes wait: a stale copy in the chroot, and two wrong modes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mx = cls.enterClassContext(Host(deb=package())).boot()
        sick.ignore_machine(cls.mx)

    def setUp(self):
        super().setUp()
        self.mx.remove('/var/lib/mailfix', '/var/log/mailfix')
        self.mx.write(_COPY, 'stale\n')
        sick.spoil_modes(self.mx)

    def answer(self, *answers, command='mailfix'):
        """Run it at a terminal and type the answers; return (rc, screen).

        Each is typed when the question for it stands there.
        """
        terminal = self.mx.terminal(command)
        for text in answers:
            terminal.expect('[q]uit: ')
            terminal.type(text)
        return terminal.end(), terminal.screen

    def fixed(self):
        """Return which of the three are fixed: copy, active, public."""
        owner, mode = self.mx.sh(
            f'stat --format=%U {_POSTFIX}/active; '
            f'stat --format=%a {_POSTFIX}/public').split()
        return (self.mx.read(_COPY) != 'stale\n', owner == 'postfix',
                mode == '2710')

    def test_yes_and_no(self):
        rc, screen = self.answer('y\n', 'n\n', 'yes\n')
        self.assertEqual(self.fixed(), (True, False, True), screen)
        self.assertEqual(rc, 1, screen)
        self.assertIn('not approved', screen)

    def test_all(self):
        rc, screen = self.answer('n\n', 'a\n')
        self.assertEqual(self.fixed(), (False, True, True), screen)
        self.assertEqual(rc, 1)

    def test_quit(self):
        rc, screen = self.answer('y\n', 'q\n')
        self.assertEqual(self.fixed(), (True, False, False), screen)
        self.assertEqual(rc, 1)

    def test_diff_shows_and_asks_again(self):
        rc, screen = self.answer('d\n', 'what?\n', 'n\n', 'q\n')
        self.assertEqual(self.fixed(), (False, False, False), screen)
        self.assertEqual(rc, 1)
        self.assertEqual(screen.count('[q]uit: '), 4, screen)
        shown = screen.split('[q]uit: ')[1]     # after d was typed
        self.assertIn(f'copy /etc/resolv.conf to {_COPY}', shown)
        self.assertIn(f'+ {_COPY}', shown)

    def test_end_of_input_is_quit(self):
        rc, screen = self.answer('y\n', '\x04')
        self.assertEqual(self.fixed(), (True, False, False), screen)
        self.assertEqual(rc, 1)

    def test_ctrl_c_is_quit(self):
        rc, screen = self.answer('y\n', '\x03')
        self.assertEqual(self.fixed()[1:], (False, False), screen)
        self.assertIn('told to end', ' '.join(screen.split()))
        self.assertEqual(rc, 1)
        self.assertEqual(self.mx.run('mailfix audit verify').rc, 0)

    def test_dry_run_does_not_ask(self):
        rc, screen = self.answer(command='mailfix --dry-run')
        self.assertEqual((rc, self.fixed()), (1, (False, False, False)))
        self.assertNotIn('[q]uit: ', screen)
