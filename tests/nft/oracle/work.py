"""Seeds spread over processes; what they found, counted and told."""

import collections
import ctypes
import multiprocessing
import os
import queue
import signal
import time
import traceback

from oracle import rules, trial

PR_SET_PDEATHSIG = 1


def _worker(tasks, results, probes, driver):
    # The namespaces of a process are gone with it, and it goes with its parent.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        return
    while True:
        number = tasks.get()
        if number is None:
            return
        try:
            told = one(number, probes, driver)
        except Exception:  # one seed shall not end the search
            told = _told(number, error=traceback.format_exc())
        results.put(told)


def _told(number, **more):
    told = {'seed': number, 'unloaded': None, 'counts': {}, 'skipped': [],
            'report': '', 'error': None, 's': 0, 'reasons': {}}
    told.update(more)
    return told


def one(number, probes, driver):
    """Try a seed or an example; return what is to be told of it, as plain data."""
    begun = time.monotonic()
    try:
        if isinstance(number, str):
            result = trial.example(number, driver)
        else:
            result = trial.seed(number, probes, driver)
    except rules.LoadError as error:
        return _told(number, unloaded=str(error))
    report = describe(number, result) if result.differences else ''
    return _told(number, counts=result.counts, error=result.error,
                 reasons=dict(result.reasons), skipped=result.skipped, report=report,
                 s=time.monotonic() - begun)


def describe(number, result):
    """Return the first difference of a seed in words."""
    question, kernel, said, text = result.differences[0]
    return trial.explain(question, kernel, said, f'seed {number}: {text} '
                         f'({len(result.differences)} questions)')


def _next(results, workers):
    """Return what comes next; a worker that was killed ends the search."""
    while True:
        try:
            return results.get(timeout=1)
        except queue.Empty:
            if not all(worker.is_alive() for worker in workers):
                raise RuntimeError('a worker is gone') from None


def spread(numbers, probes, driver, jobs, is_over):
    """Yield the outcome of each of `numbers`, until is_over()."""
    tasks = multiprocessing.Queue(2 * jobs)
    results = multiprocessing.Queue()
    workers = [multiprocessing.Process(
        target=_worker, args=(tasks, results, probes, driver))
        for _ in range(jobs)]
    for worker in workers:
        worker.start()
    given = taken = 0
    try:
        for number in numbers:
            if is_over():
                break
            if given - taken >= 2 * jobs:
                yield _next(results, workers)
                taken += 1
            tasks.put(number)
            given += 1
        while taken < given:
            yield _next(results, workers)
            taken += 1
        for _ in workers:
            tasks.put(None)
        for worker in workers:
            worker.join()
    finally:
        for worker in workers:
            if worker.is_alive():
                worker.kill()


class Tally:
    """Sums over all that was tried."""

    def __init__(self):
        self.counts = {}
        self.passed = self.failed = self.unloaded = 0
        self.skipped = {}
        self.differing = []
        self.reasons = collections.Counter()
        self.begun = time.monotonic()

    def add(self, told):
        for name, count in told['counts'].items():
            self.counts[name] = self.counts.get(name, 0) + count
        for item in told['skipped']:
            self.skipped[item] = self.skipped.get(item, 0) + 1
        self.reasons.update(told['reasons'])
        if told['unloaded']:
            self.unloaded += 1
        elif told['error'] or told['report']:
            self.failed += 1
            if told['report']:
                self.differing.append(told['seed'])
        else:
            self.passed += 1

    def text(self):
        """Return the figures, a line each."""
        counts = self.counts
        lines = []
        for way in ('in', 'out'):
            total = sum(n for name, n in counts.items()
                        if name.startswith(way + ' ')) or 1
            lines.append(f'{way}: ' + ', '.join(
                f'{outcome} {100 * counts.get(f"{way} {outcome}", 0) / total:.0f} %'
                for outcome in ('accept', 'drop', 'reject', 'None')))
        judged = ', '.join(f'{counts.get(name, 0)} {word}' for name, word in (
            ('agree', 'agree'),
            ('other way', 'agree but for the way there'), ('depends', 'depend on time or state'),
            ('unknown', 'unknown'), ('silent', 'without evidence'),
            ('differ', 'differ')))
        lines.append(f'questions: {judged}')
        skips = sum(self.skipped.values())
        lines.append(f'not loaded: {self.unloaded} rule sets, {skips} rules')
        seconds = time.monotonic() - self.begun
        total = sum(n for name, n in counts.items() if ' ' in name
                    and name.split()[0] in ('in', 'out'))
        lines.append(f'{seconds:.0f} s, {total / seconds:.0f} connections a second')
        return '\n'.join(lines)
