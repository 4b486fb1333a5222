"""Waiting for a condition that announces itself to nobody."""

import time

_PAUSE_S = 0.05


def until(condition, timeout_s=30, what='the condition'):
    """Return the first true value of condition(); raise after timeout_s."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f'not within {timeout_s} s: {what}')
        time.sleep(_PAUSE_S)
