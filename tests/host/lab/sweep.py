"""Remove what dead runs left behind, and layers nobody has used for a week.

A run that is killed outright cannot clean up. The runner sweeps before it
starts and when it ends; by hand: python3 -m lab.sweep, in tests/host.
"""

import os
import sys

from lab import slot, store

_UNUSED_S = 7 * 24 * 3600


def sweep():
    """Remove slots whose owner is dead, and old layers; return their names.

    What cannot be removed, because somebody looks at it, is left for the next
    time with a word on stderr.
    """
    swept = []
    with store.locked('sweep'):
        for name, owner in slot.names():
            if not os.path.exists(f'/proc/{owner}'):
                try:
                    slot.remove(name)
                    swept.append(name)
                except (AssertionError, OSError, RuntimeError) as reason:
                    print(f'run {name} is left over: {reason}',
                          file=sys.stderr)
        return swept + store.drop_unused(_UNUSED_S)


if __name__ == '__main__':
    print('\n'.join(sweep()) or 'nothing to remove')
