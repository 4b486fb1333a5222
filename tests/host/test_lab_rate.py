"""How a peer of the lab counts messages against a rate."""

import unittest

from lab import rate


def taken(window, count, seconds, burst, times):
    """Return at which of the times a message is taken."""
    meter = rate.METERS[window](count, seconds, burst)
    return [now for now in times if meter.admits(now)]


class Meters(unittest.TestCase):
    """Two messages in ten seconds, offered each second and more often."""

    def test_sliding(self):
        self.assertEqual(taken('sliding', 2, 10, 0, range(25)),
                         [0, 1, 10, 11, 20, 21])
        self.assertEqual(taken('sliding', 2, 10, 0, [0, 9, 10, 18, 19]),
                         [0, 9, 10, 19])

    def test_fixed(self):
        self.assertEqual(taken('fixed', 2, 10, 0, range(5, 30)),
                         [5, 6, 15, 16, 25, 26])
        self.assertEqual(taken('fixed', 2, 10, 0, [0, 9, 9.5, 10, 11, 12]),
                         [0, 9, 10, 11])

    def test_bucket(self):
        self.assertEqual(taken('bucket', 2, 10, 3, range(12)),
                         [0, 1, 2, 5, 10])
        self.assertEqual(taken('bucket', 2, 10, 1, [0, 100, 101]), [0, 100])
