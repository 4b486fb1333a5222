"""An observer that is killed, hangs, lies or floods: no action in that run."""

import json

from lab import wait
from lab.case import LabCase


class Observer(LabCase):
    """Signals from outside; what lies is in the unit tests of the actor."""

    timeout_s = 150

    def setUp(self):
        self.mx = self.host()
        self.mx.sh('systemctl stop postfix postfix@-')

    def run_with(self, signal):
        """Send a signal to every observer that appears.

        To all: one that has told everything may end as it likes. Returns how
        the run ended and what it said.
        """
        script = f'''
            mailfix --yes --format json > /root/out 2> /root/err &
            run=$!
            while kill -0 $run 2>/dev/null; do
                pkill -{signal} -u _mailfix
            done
            wait $run; echo $?
        '''
        code = int(self.mx.sh(script, timeout_s=110).split()[-1])
        return code, self.mx.read('/root/out'), self.mx.read('/root/err')

    def no_action(self, code, out, err):
        """Assert that nothing was done and that it was said clearly."""
        self.assertNotEqual(code, 0)
        self.assertNotEqual(self.mx.run('systemctl is-active postfix@-').rc, 0)
        self.assertIn('observer', (out + err).lower())
        if out.strip():
            for finding in json.loads(out)['findings']:
                for fix in finding['fixes']:
                    self.assertNotIn(fix['state'], ('applied', 'verified'))
        self.mx.sh('mailfix audit verify')

    def test_killed(self):
        self.no_action(*self.run_with('KILL'))

    def test_hanging(self):
        self.no_action(*self.run_with('STOP'))

    def test_crashing(self):
        self.no_action(*self.run_with('SEGV'))


class Sandbox(LabCase):
    """It also works where the kernel has less to offer."""

    def test_without_landlock(self):
        mx = self.host(landlock=False)
        report = mx.mailfix('--dry-run', as_unit=True)
        self.assertEqual(report.document['status'], 'healthy', report.result)
        mx.sh('systemctl stop postfix postfix@-')
        report = mx.mailfix('--yes', as_unit=True)
        self.assertEqual(report.rc, 0, report.result)
        wait.until(lambda: mx.run('systemctl is-active postfix@-').rc == 0,
                   what='Postfix')
