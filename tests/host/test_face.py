"""The text report, wherever it is read."""

import re

from lab.case import LabCase


class Face(LabCase):
    """As an ordinary user, in a pipe, without colour, in a narrow window."""

    def setUp(self):
        self.mx = self.host()
        self.mx.sh('systemctl stop postfix postfix@-')

    def test_ordinary_user(self):
        result = self.mx.run('mailfix --dry-run', user='nobody')
        self.assertEqual(result.stderr.strip().count('\n'), 0)
        self.assertIn('root', result.stdout + result.stderr)
        self.assertIn(result.rc, (1, 2))
        self.assertIn('[service-down]', result.stdout)

    def test_ordinary_user_changes_nothing(self):
        result = self.mx.run('mailfix --yes', user='nobody')
        self.assertNotEqual(result.rc, 0)
        self.assertNotEqual(self.mx.run(
            'systemctl is-active postfix@-').rc, 0)

    def test_pipe_has_no_escapes(self):
        text = self.mx.run('mailfix --dry-run | cat').stdout
        self.assertNotIn('\x1b', text)
        self.assertNotIn('\r', text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_terminal_has_colour_unless_told_otherwise(self):
        terminal = 'stty cols 80 2>/dev/null; %s mailfix --dry-run'
        for prefix, colour in (('', True), ('NO_COLOR=1', False)):
            text = self.mx.run(['script', '-qec', terminal % prefix,
                                '/dev/null'], env={'TERM': 'xterm'}).stdout
            sgr = re.findall(r'\x1b\[[0-9;]*m', text)
            self.assertEqual(bool(sgr), colour, text)

    def test_narrow_window(self):
        text = self.mx.run([
            'script', '-qec', 'stty cols 60; mailfix --dry-run', '/dev/null'],
            env={'TERM': 'xterm', 'NO_COLOR': '1'}).stdout
        text = re.sub(r'\x1b\[[0-9;?]*[A-Za-z]|.*\r(?!\n)', '', text)
        self.assertLessEqual(max(len(line.rstrip('\r'))
                                 for line in text.split('\n')), 60)
        self.assertIn('service-down', text)

    def test_without_a_terminal_nothing_is_applied(self):
        result = self.mx.run('mailfix < /dev/null')
        self.assertEqual(result.rc, 1)
        self.assertIn('--yes', result.stdout)
        self.assertNotEqual(self.mx.run('systemctl is-active postfix@-').rc, 0)
