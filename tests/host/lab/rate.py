"""How a server of the world counts messages against a rate.

Each meter is of one client. admits(now) counts one more message if the rate
still allows it, and tells whether it did; what is refused does not count.
"""

import collections


class Sliding:
    """At most so many in any time of that length."""

    def __init__(self, count, seconds, _burst):
        self._count = count
        self._seconds = seconds
        self._times = collections.deque()

    def admits(self, now):
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        if len(self._times) >= self._count:
            return False
        self._times.append(now)
        return True


class Fixed:
    """At most so many in each such time since the first message."""

    def __init__(self, count, seconds, _burst):
        self._count = count
        self._seconds = seconds
        self._began = None
        self._window = None
        self._taken = 0

    def admits(self, now):
        if self._began is None:
            self._began = now
        window = (now - self._began) // self._seconds
        if window != self._window:
            self._window, self._taken = window, 0
        if self._taken >= self._count:
            return False
        self._taken += 1
        return True


class Bucket:
    """A token for each message; so many come back in that time."""

    def __init__(self, count, seconds, burst):
        self._per_s = count / seconds
        self._size = self._tokens = burst
        self._last = None

    def admits(self, now):
        if self._last is not None:
            self._tokens = min(self._size, self._tokens +
                               (now - self._last) * self._per_s)
        self._last = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


METERS = {'sliding': Sliding, 'fixed': Fixed, 'bucket': Bucket}
