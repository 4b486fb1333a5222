"""A rule set made as small as it can be while the two still differ."""

import copy
import subprocess

from oracle import rules as rules_, trial

# Longest that one difference is worth, in trials of some 0.1 s.
TRIALS_MAX = 150


class _Over(Exception):
    pass


def _attempt(rules, question, driver):
    """Return the judgement on one question, None when it does not load."""
    result = trial.Result(0)
    tried = copy.deepcopy(rules)  # what does not load is taken out of it
    tried.skipped = []
    try:
        trial.run(tried, [question], driver, result)
    except (rules_.LoadError, RuntimeError, subprocess.SubprocessError):
        return None
    if result.skipped:
        return None
    return result.differences[0] if result.differences else None


def shrink(rules, question, driver):
    """Take away what does not matter; return (difference, trials).

    Of `rules` all must load.
    """
    count = 0

    def differs():
        nonlocal count
        if count >= TRIALS_MAX:
            raise _Over
        count += 1
        return _attempt(rules, question, driver)

    best = differs()
    if not best:
        return None, count
    want = best[3]
    try:
        is_smaller = True
        while is_smaller:
            is_smaller = False
            for items in list(rules.lists()):
                size = len(items)
                while size:
                    found = _without(items, size, differs, want)
                    if found:
                        best, is_smaller = found, True
                    size = min(size // 2, len(items))
    except _Over:
        pass
    return best, count


def _without(items, size, differs, want):
    """Try to take each run of `size` items away; return the last success."""
    best, start = None, 0
    while start < len(items):
        gone = items[start:start + size]
        kept = list(items)
        del items[start:start + size]
        found = None
        try:
            found = differs()
        finally:
            if not (found and found[3] == want):
                items[:] = kept
        if found and found[3] == want:
            best = found
        else:
            start += len(gone)
    return best
