"""Finds the host tests and runs them in parallel, each in a process.

Prints a line for each test as it ends, and at last `host: N passed, N failed,
N skipped`. What a failed test did, and the journal of its hosts, is printed
and kept.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import fnmatch
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from lab import base, case, machine, sweep, worker

_HERE = Path(__file__).parents[1]
_LOGS = machine.HOME / 'logs'

# How long a worker may be silent beyond a test's own limit: it boots hosts in
# setUpClass() and cleans up.
_GRACE_S = 120

_STATE_LINES = 60


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one test went."""

    test: str
    verdict: str            # ok, FAIL, skipped
    seconds: float = 0.0
    text: str = ''          # why
    state: str = ''         # of the hosts, after a failure


@dataclasses.dataclass(frozen=True)
class Unit:
    """Tests that run in one process, one after the other."""

    tests: tuple
    timeout_s: int
    is_waiting: bool
    measures_time: bool


class Runner:
    """One run."""

    def __init__(self, jobs, keep):
        self._jobs = jobs
        self._keep = keep
        self._workers = set()
        self._stopping = False
        self._output = threading.Lock()
        self.outcomes = []

    def run(self, units):
        """Run all units, the long ones first; return when all have ended.

        Those that mostly wait take no place from the others. A unit that
        measures time and fails is told, and tried again with the machine to
        itself: its figures were taken while others used it, too.
        """
        units = sorted(units, key=lambda unit: -unit.timeout_s)
        waiting = [unit for unit in units if unit.is_waiting]
        with (concurrent.futures.ThreadPoolExecutor(self._jobs) as pool,
              concurrent.futures.ThreadPoolExecutor(
                  max(len(waiting), 1)) as beside):
            done = [(beside if unit.is_waiting and not self._keep else pool).submit(
                self._run_unit, unit) for unit in units]
            try:
                for each in done:
                    each.result()
                for unit in filter(self._is_to_try_again, units):
                    self._forget(unit)
                    self._run_unit(unit)
            except BaseException:
                self._stop()
                raise

    def _is_to_try_again(self, unit):
        return unit.measures_time and any(
            each.verdict == 'FAIL' and each.test in unit.tests
            for each in self.outcomes)

    def _forget(self, unit):
        print('again, alone: ' + ', '.join(unit.tests))
        self.outcomes = [each for each in self.outcomes
                         if each.test not in unit.tests]

    def report(self, outcome):
        """Print how a test went, and keep what tells why."""
        with self._output:
            self.outcomes.append(outcome)
            if outcome.verdict == 'skipped':
                print(f'skipped {outcome.test}: {outcome.text.strip()}')
            else:
                print(f'{outcome.verdict} {outcome.test} '
                      f'{outcome.seconds:.1f}s')
            if outcome.verdict == 'FAIL':
                _keep_log(outcome)
                _print_failure(outcome)
            sys.stdout.flush()

    def _run_unit(self, unit):
        """Run a unit; tests that a dead worker leaves over count as failed."""
        if self._stopping:
            return
        left = dict.fromkeys(unit.tests)
        with tempfile.TemporaryFile() as output:
            process, events = self._start(unit, output)
            silence_s = None if self._keep else unit.timeout_s + _GRACE_S
            for event in _lines(events, silence_s):
                if event.pop('event') == 'end':
                    del left[event['test']]
                    self.report(Outcome(**event))
            rc = self._end(process)
            output.seek(0)
            text = output.read().decode(errors='replace')
        for test in left if not self._stopping else ():
            self.report(Outcome(test, 'FAIL', text=f'its process ended with '
                                f'status {rc} before it did\n{text}'))

    def _start(self, unit, output):
        read_end, write_end = os.pipe()
        process = subprocess.Popen(
            ['setpriv', '--pdeathsig', 'TERM', sys.executable, '-m',
             'lab.worker', str(write_end), *unit.tests],
            cwd=_HERE, pass_fds=[write_end], stdin=subprocess.DEVNULL,
            stdout=None if self._keep else output,
            stderr=None if self._keep else output, start_new_session=True)
        self._workers.add(process)
        os.close(write_end)
        return process, read_end

    def _end(self, process):
        """Await the end of a worker that closed its pipe or is silent."""
        for end in (lambda: None, process.terminate, process.kill):
            end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_GRACE_S / 4)
                break
        self._workers.discard(process)
        return process.returncode

    def _stop(self):
        """Let every worker clean up and end."""
        self._stopping = True
        for process in list(self._workers):
            process.terminate()


def main(arguments):
    """Run as the command line says; return the exit status."""
    options = _options(arguments)
    tests, broken = _discover()
    chosen = [test for test in tests if _matches(test, options.pattern)]
    if options.list:
        print('\n'.join(test.id() for test in chosen))
        return 0
    if options.deb:
        os.environ[case.PACKAGE_VARIABLE] = str(options.deb.resolve())
    if options.keep:
        os.environ[case.KEEP_VARIABLE] = '1'
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    runner = Runner(1 if options.keep else options.jobs, options.keep)
    for name, error in broken:
        runner.report(Outcome(name, 'FAIL', text=error))
    if reason := _cannot_run(chosen):
        for test in chosen:
            runner.report(Outcome(test.id(), 'skipped', text=reason))
    else:
        try:
            runner.run(_units(chosen))
        except KeyboardInterrupt:
            print('interrupted')
        sweep.sweep()
    return _conclude(runner.outcomes, len(chosen))


def _options(arguments):
    parser = argparse.ArgumentParser(prog='tests/host/run', description=(
        'Try mailfix on mail hosts that are booted for it.'))
    parser.add_argument('-j', dest='jobs', type=int, default=4,
                        help='so many processes at a time (4)')
    parser.add_argument('-k', dest='pattern', default='*',
                        help='only tests whose name contains this, or matches '
                        'it as a glob')
    parser.add_argument('--deb', type=Path,
                        default=os.environ.get(case.PACKAGE_VARIABLE),
                        help='the package under test ($MAILFIX_DEB)')
    parser.add_argument('--keep', action='store_true',
                        help='stop at the end of the first test that has '
                        'hosts, tell how to enter them, wait for Ctrl-C')
    parser.add_argument('--list', action='store_true',
                        help='print the names of the tests and run none')
    options = parser.parse_args(arguments)
    if options.deb and not options.deb.is_file():
        parser.error(f'no such package: {options.deb}')
    return options


def _discover():
    """Return the tests, and (file, error) for files that cannot be loaded."""
    tests, broken = [], []
    for path in sorted(_HERE.glob('test_*.py')):
        loader = unittest.TestLoader()
        suite = loader.loadTestsFromName(path.stem)
        if loader.errors:
            broken.append((path.stem, '\n'.join(loader.errors)))
        else:
            tests += _flat(suite)
    return tests, broken


def _flat(suite):
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from _flat(each)
        else:
            yield each


def _matches(test, pattern):
    return fnmatch.fnmatchcase(test.id(), f'*{pattern}*')


def _units(tests):
    """Group tests: a class that sets up something shares one process."""
    groups = {}
    for test in tests:
        shared = (type(test).setUpClass.__func__ is not
                  unittest.TestCase.setUpClass.__func__)
        groups.setdefault(type(test) if shared else test.id(), []).append(test)
    return [Unit(tuple(test.id() for test in group),
                 max(worker.timeout_of(test) for test in group),
                 all(getattr(test, 'is_waiting', False) for test in group),
                 all(getattr(test, 'measures_time', False) for test in group))
            for group in groups.values()]


def _cannot_run(tests):
    """Prepare what the tests need; say why that is impossible, or None."""
    if reason := machine.lacks_for_hosts():
        return reason
    sweep.sweep()
    try:
        package = os.environ.get(case.PACKAGE_VARIABLE)
        base.layers(package)
        if any(getattr(test, 'has_firewalls', False) for test in tests):
            base.layers(package, has_firewalls=True)
        base.name_server_layers()
    except (AssertionError, OSError, LookupError) as error:
        return f'what hosts start from cannot be built: {error}'
    return None


def _lines(fd, silence_s):
    """Yield the events from a worker until it closes or is silent too long."""
    pending = b''
    with open(fd, 'rb', buffering=0) as pipe:
        while select.select([pipe], [], [], silence_s)[0]:
            chunk = pipe.read(1 << 16)
            if not chunk:
                return
            *lines, pending = (pending + chunk).split(b'\n')
            yield from map(json.loads, lines)


def _keep_log(outcome):
    _LOGS.mkdir(exist_ok=True)
    (_LOGS / f'{outcome.test}.log').write_text(
        f'{outcome.text}\n{outcome.state}\n')


def _print_failure(outcome):
    for line in outcome.text.splitlines():
        print(f'    {line}')
    for line in outcome.state.splitlines()[-_STATE_LINES:]:
        print(f'    {line}')
    print(f'    all of it: {_LOGS / outcome.test}.log')


def _conclude(outcomes, expected):
    """Print the last line; return the exit status."""
    counts = {verdict: sum(each.verdict == verdict for each in outcomes)
              for verdict in ('ok', 'FAIL', 'skipped')}
    for each in outcomes:
        if each.verdict == 'FAIL':
            lines = each.text.strip().splitlines() or ['no word of why']
            print(f'  FAIL {each.test}: {lines[-1]}')
    print(f'host: {counts["ok"]} passed, {counts["FAIL"]} failed, '
          f'{counts["skipped"]} skipped')
    failed = counts['FAIL'] or len(outcomes) < expected or not outcomes
    if os.environ.get('CI') == 'true':
        failed = failed or counts['skipped']
    return 1 if failed else 0
