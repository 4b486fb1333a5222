"""The class that tests of hosts derive from."""

import os
import signal
import sys
import unittest

from lab import host
from lab.host import Host
from lab.world import World

# Set by the runner: the package under test; pause at the end of a test.
PACKAGE_VARIABLE = 'MAILFIX_DEB'
KEEP_VARIABLE = 'LAB_KEEP'


def package():
    """Return the path of the package under test, or skip the test."""
    path = os.environ.get(PACKAGE_VARIABLE)
    if not path:
        raise unittest.SkipTest('no package to test: give --deb FILE or set '
                                + PACKAGE_VARIABLE)
    return path


class LabCase(unittest.TestCase):
    """A test with hosts and worlds, which end with it.

    The runner gives each test method a process of its own, except that the
    methods of a class with a setUpClass() share one, and so what it makes
    with cls.enterClassContext(Host(...)).
    """

    # How long one test may take; a method may have one of its own.
    timeout_s = 120
    # It has next to nothing to do while minutes pass: for the clock of a
    # provider, not for the machine.
    is_waiting = False
    longMessage = True
    maxDiff = None

    def host(self, **options):
        """Boot a host with the package under test; options as of Host()."""
        return self.prepared_host(deb=package(), **options).boot()

    def bare_host(self, **options):
        """Boot a host without the package."""
        return self.prepared_host(**options).boot()

    def prepared_host(self, **options):
        """Make a host that is still to be changed and booted."""
        return self.enterContext(Host(**options))

    def world(self):
        """Make a world."""
        return self.enterContext(World())

    def doCleanups(self):
        """Pause before the hosts go, if a person wants to look at them."""
        if os.environ.get(KEEP_VARIABLE) and host.open_hosts():
            _pause()
        return super().doCleanups()


def _pause():
    for each in host.open_hosts():
        print(f'kept {each.name}: {each.enter_command()}')
    print('Ctrl-C ends it')
    sys.stdout.flush()
    signal.pause()
