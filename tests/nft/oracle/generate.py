"""A rule set and the questions about it, from a seed."""

import random

from oracle import native, space, values, xtables
from oracle.probe import Question
from oracle.rules import RuleSet

# How much of what depends on time or state: in most rule sets none, so that
# these must be answered for certain.
VOLATILE_SHARES = (0, 0, 0, 0, 0, 0, 0.05, 0.15)


def rule_set(seed):
    """Return the RuleSet of that seed."""
    rng = random.Random(f'rules {seed}')
    v = values.Values(rng)
    found = RuleSet()
    share = rng.choice(VOLATILE_SHARES)
    kind = v.weighed({'native': 6, 'xtables': 2.5, 'both': 1.5})
    if kind != 'xtables':
        builder = native.Builder(v, share)
        for _ in range(v.weighed({1: 4, 2: 4, 3: 2, 4: 1})):
            found.tables.append(builder.table())
    if kind != 'native':
        found.xtables = xtables.tables(v, share)
        found.is_xtables_first = v.chance(0.5)
    return found


def _question(v, direction, version, port):
    """Return one Question; its source port is unique to `port`."""
    world = v.rng.choice(values.WORLD[version])
    own = v.rng.choice(values.HOST[version])
    is_behind = world.startswith(values.BEHIND_ETH1)
    kind = direction if v.chance(0.94) else 'self'
    is_told = v.chance(0.8)
    service = v.rng.choice(space.PORTS)
    if kind == 'self':
        to = own if v.chance(0.5) else v.rng.choice(values.HOST[version])
        return Question('in', own, to, service, port, None, 0, is_told)
    if kind == 'in':
        # It comes in where the world's route to that address leads.
        is_eth1 = is_behind or own == values.HOST[version][2]
        return Question('in', world, own, service, port,
                        'eth1' if is_eth1 else 'eth0', 0, is_told)
    # Out it goes under the address that the route prefers.
    source = values.HOST[version][2 if is_behind else 0]
    uid = values.PROBE_UID if v.chance(0.2) else 0
    return Question('out', source, world, service, port, None, uid, is_told)


def questions(seed, count):
    """Return `count` questions: both directions, both versions in turn."""
    rng = random.Random(f'questions {seed}')
    v = values.Values(rng)
    first = rng.randrange(10100, 30000)
    return [_question(v, ('in', 'out')[i % 2], (4, 6)[i // 2 % 2],
                      first + i * 7 + rng.randrange(7)) for i in range(count)]
