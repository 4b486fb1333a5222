"""The runner tells what happened, and never calls a skipped test passed."""

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from lab import machine
from lab.case import PACKAGE_VARIABLE, LabCase

_HERE = Path(__file__).parent

_SAMPLE = '''
import os
import signal
import time

from lab.case import LabCase, package


class Alone(LabCase):
    def test_passes(self):
        pass

    def test_fails(self):
        print('printed on the way')
        host = self.bare_host()
        host.run('echo done on the host; logger for the journal')
        self.fail('for this reason')

    def test_needs_the_package(self):
        package()

    def test_hangs(self):
        time.sleep(600)

    test_hangs.timeout_s = 1

    def test_takes_its_process_down(self):
        os.kill(os.getpid(), signal.SIGKILL)


class Together(LabCase):
    @classmethod
    def setUpClass(cls):
        cls.pid = os.getpid()

    def test_first(self):
        self.assertEqual(os.getpid(), self.pid)

    def test_second(self):
        self.assertEqual(os.getpid(), self.pid)


class Unfit(LabCase):
    @classmethod
    def setUpClass(cls):
        raise OSError('cannot be set up')

    def test_never_runs(self):
        pass
'''


class Verdicts(LabCase):
    """A sample of tests, run as a person would run it."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copy(_HERE / 'run', self.folder)
        (self.folder / 'lab').symlink_to(_HERE / 'lab')
        (self.folder / 'test_sample.py').write_text(_SAMPLE)

    def run_sample(self, *options, **env):
        """Run the sample; return (exit status, lines)."""
        clean = {name: value for name, value in os.environ.items()
                 if name not in ('CI', PACKAGE_VARIABLE)}
        done = subprocess.run([self.folder / 'run', *options], check=False,
                              stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, env={**clean, **env})
        return done.returncode, done.stdout.splitlines()

    def test_every_test_has_its_line_and_the_last_one_counts(self):
        rc, lines = self.run_sample()
        verdicts = {tuple(line.replace(':', '').split()[:2])
                    for line in lines[:-1] if not line.startswith(' ')}
        self.assertEqual(verdicts, {
            (verdict, f'test_sample.{name}')
            for verdict, name in (
                ('ok', 'Alone.test_passes'), ('FAIL', 'Alone.test_fails'),
                ('skipped', 'Alone.test_needs_the_package'),
                ('FAIL', 'Alone.test_hangs'),
                ('FAIL', 'Alone.test_takes_its_process_down'),
                ('ok', 'Together.test_first'), ('ok', 'Together.test_second'),
                ('FAIL', 'Unfit.test_never_runs'))})
        self.assertEqual(lines[-1], 'host: 3 passed, 4 failed, 1 skipped')
        self.assertEqual(rc, 1)

    def test_failure_tells_all_and_is_kept(self):
        _, lines = self.run_sample('-k', 'test_fails')
        log = machine.HOME / 'logs/test_sample.Alone.test_fails.log'
        for text in ('\n'.join(lines), log.read_text()):
            for part in ('for this reason', 'printed on the way',
                         'echo done on the host', 'for the journal'):
                self.assertIn(part, text)

    def test_hanging_test_tells_where_it_hung(self):
        _, lines = self.run_sample('-k', 'test_hangs')
        self.assertIn('time.sleep(600)', '\n'.join(lines))

    def test_skipped_test_fails_a_ci_run_only(self):
        for env, status in (({}, 0), ({'CI': 'true'}, 1)):
            rc, lines = self.run_sample('-k', 'needs_the_package', **env)
            self.assertEqual(lines[-1], 'host: 0 passed, 0 failed, 1 skipped')
            self.assertEqual(rc, status)

    def test_pattern_that_matches_nothing_fails(self):
        rc, lines = self.run_sample('-k', 'no such test')
        self.assertEqual((rc, lines),
                         (1, ['host: 0 passed, 0 failed, 0 skipped']))

    def test_file_that_cannot_be_loaded_fails(self):
        (self.folder / 'test_broken.py').write_text('import no_such_module')
        rc, lines = self.run_sample('-k', 'test_passes')
        self.assertIn('FAIL test_broken 0.0s', lines)
        self.assertEqual((rc, lines[-1]),
                         (1, 'host: 1 passed, 1 failed, 0 skipped'))

    def test_kept_host_can_be_entered_until_the_run_is_ended(self):
        kept = subprocess.Popen([self.folder / 'run', '--keep', '-k', 'fails'],
                                stdout=subprocess.PIPE, text=True)
        self.addCleanup(kept.wait)
        self.addCleanup(kept.terminate)
        for line in kept.stdout:
            if line.startswith('kept '):
                break
        enter = shlex.split(line.partition(': ')[2])
        done = subprocess.run([*enter, '-c', 'hostname'], check=True,
                              stdout=subprocess.PIPE)
        self.assertEqual(done.stdout, b'mx1.example.com\n')
        kept.terminate()
        self.assertEqual(kept.stdout.read().splitlines(), [
            'Ctrl-C ends it', 'interrupted',
            'host: 0 passed, 0 failed, 0 skipped'])

    def test_list_runs_nothing(self):
        rc, lines = self.run_sample('--list', '-k', 'Together')
        self.assertEqual((rc, lines), (0, ['test_sample.Together.test_first',
                                           'test_sample.Together.test_second']
                                       ))
