"""Runs the tests of one process and tells the runner how each one went.

Run as: python3 -m lab.worker FD TEST... Each event is a line of JSON on the
descriptor: {"event": "start" or "end", "test": ID}, and at the end what
Outcome in runner.py holds.
"""

import json
import os
import signal
import sys
import time
import unittest

from lab import host, slot, trace
from lab.case import KEEP_VARIABLE


class TimeLimit(BaseException):
    """The test took too long; not an Exception, so that no test catches it."""


class EventResult(unittest.TestResult):
    """A result that reports each test when it ends."""

    def __init__(self, events):
        super().__init__()
        self._events = events
        self._verdict = None
        self._texts = []
        self._began = time.monotonic()
        self._printed = 0
        self.ended = set()

    def startTest(self, test):
        super().startTest(test)
        self._begin()
        self._send(event='start', test=test.id())
        if not os.environ.get(KEEP_VARIABLE):
            signal.alarm(timeout_of(test))

    def stopTest(self, test):
        signal.alarm(0)
        super().stopTest(test)
        self.end(test.id())

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._verdict = self._verdict or 'skipped'
        self._texts.append(reason)

    def addError(self, test, err):
        super().addError(test, err)
        self._fail(self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fail(self.failures[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._fail(f'{subtest}\n{self._exc_info_to_string(err, test)}')

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._fail('passed, but is marked as failing')

    def end(self, name):
        """Report how the test of that name went."""
        self.ended.add(name)
        self._send(event='end', test=name, verdict=self._verdict or 'ok',
                   seconds=time.monotonic() - self._began,
                   text='\n'.join(self._texts + self._output()),
                   state=trace.take())

    def _begin(self):
        self._verdict = None
        self._texts = []
        self._began = time.monotonic()
        trace.take()

    def _fail(self, text):
        """Note a failure while its hosts are still there to be asked."""
        self._verdict = 'FAIL'
        self._texts += [text, trace.take()]
        for each in host.open_hosts():
            each.trace_state()

    def _output(self):
        """Return what was printed since the last test."""
        if os.environ.get(KEEP_VARIABLE):
            return []       # it went to a person, not to a file
        sys.stdout.flush()
        sys.stderr.flush()
        end = os.lseek(1, 0, os.SEEK_CUR)
        text = os.pread(1, end - self._printed, self._printed)
        self._printed = end
        return [text.decode(errors='replace')] if text else []

    def _send(self, **event):
        self._events.write(json.dumps(event) + '\n')
        self._events.flush()


def timeout_of(test):
    """Return how many seconds a test may take."""
    method = getattr(test, test.id().rpartition('.')[2], None)
    return getattr(method, 'timeout_s', getattr(test, 'timeout_s', 120))


def _out_of_time(_number, _frame):
    raise TimeLimit('the test takes too long')


def main(events_fd, names):
    """Run the tests; what they print must go to a file."""
    slot.guard()
    signal.signal(signal.SIGALRM, _out_of_time)
    with open(events_fd, 'w', encoding='utf-8') as events:
        result = EventResult(events)
        unittest.defaultTestLoader.loadTestsFromNames(names).run(result)
        # Those whose setUpClass() failed or was skipped never started.
        for name in names:
            if name not in result.ended:
                result.end(name)


if __name__ == '__main__':
    main(int(sys.argv[1]), sys.argv[2:])
